//! The scan that a watcher keeps, brought up to date where events name files that it knows.
//!
//! A file that was a candidate stays one while no ignore file, no index, no configuration and no folder
//! changes, and those are told by other hints. So its stamp is all there is to look at. Of all else,
//! files that come or go above all, nothing is concluded: everything is looked at anew then.
//! Gets a scan and paths. Gives the scan that a look at everything would give.
//! Never: opens a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::base::clock;
use crate::model::file::Scan;
use crate::source::stamp;

/// The scan with the present stamps of these files; none where that is not enough.
pub(in crate::engine) fn renew(
    mut scan: Scan,
    root: &Path,
    files: &BTreeSet<PathBuf>,
) -> Option<Scan> {
    // Before the first look, and by the clock that stamps files. Files that are not looked at now are
    // as they were seen: had one changed since, there would be an event.
    scan.started_ns = clock::system_ns();
    let mut only = Vec::new();
    for file in files {
        let path = file.strip_prefix(root).ok()?.to_str()?;
        let known = scan
            .files
            .binary_search_by(|found| found.path.as_str().cmp(path));
        match (known, stamp::of_file(file)) {
            // By which name it was changed is all that an event tells.
            (Ok(_), Some(_)) if stamp::has_other_names(file) => return None,
            (Ok(at), Some(stamp)) => {
                scan.files[at].stamp = stamp;
                only.push(at);
            }
            // Came and went, as the temp files of editors do.
            (Err(_), None) => {}
            (Ok(_), None) | (Err(_), Some(_)) => return None,
        }
    }
    only.sort_unstable();
    scan.only = Some(only);
    Some(scan)
}
