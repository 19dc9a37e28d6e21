//! Files that nobody could look at are as they were: deletions are taken only from folders that were
//! listed, and an empty root on another device is a mount that is missing.
//! Gets a scan and what is recorded. Gives the scan with those files put in, and where that was so.
//! Never: takes a file for gone that was not looked for.

use crate::base::path;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::model::file::Scan;
use crate::stores::generation::Generation;

impl Engine {
    /// Files that could not be looked at are as they were: those recorded below folders that could
    /// not be listed are put into the scan. Gives these folders with the reasons.
    pub(super) fn keep_unseen(
        &self,
        generation: &Generation,
        scan: &mut Scan,
    ) -> Result<Vec<(String, String)>, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = generation.stamps().map_err(fail)?;
        let devices = stamps.devices().map_err(fail)?;
        for (root, device) in devices {
            if !has_files(scan, &root)
                && self
                    .origin
                    .device_around(&root)
                    .is_some_and(|now| now != device)
            {
                let reason = "it is empty, and on another device than before".to_owned();
                scan.unreadable.push((root, reason));
            }
        }
        let mut unseen = Vec::new();
        let markers = stamps.fact("markers").map_err(fail)?.unwrap_or_default();
        for (folder, reason) in &scan.unreadable {
            // By these its conventions are known.
            let below = markers.lines().filter(|marker| path::holds(folder, marker));
            for marker in below {
                if let Err(at) = scan
                    .marker_dirs
                    .binary_search_by(|here| here.as_str().cmp(marker))
                {
                    scan.marker_dirs.insert(at, marker.to_owned());
                }
            }
            let known = stamps.below(folder).map_err(fail)?;
            if !known.is_empty() {
                unseen.push((folder.clone(), reason.clone()));
            }
            for found in known {
                if let Err(at) = scan
                    .files
                    .binary_search_by(|here| here.path.cmp(&found.path))
                {
                    scan.files.insert(at, found);
                    // Its numbers are others now.
                    scan.only = None;
                }
            }
        }
        Ok(unseen)
    }
}

/// Whether a file lies below the folder.
fn has_files(scan: &Scan, folder: &str) -> bool {
    if folder.is_empty() {
        return !scan.files.is_empty();
    }
    let inside = format!("{folder}/");
    let from = scan.files.partition_point(|found| found.path < inside);
    let first = scan.files.get(from);
    first.is_some_and(|found| found.path.starts_with(&inside))
}

/// For a warning.
pub(super) fn blind(folders: &[(String, String)]) -> String {
    let (folder, reason) = &folders[0];
    let more = match folders.len() {
        1 => String::new(),
        count => format!(" and {} more folders", count - 1),
    };
    format!("`{folder}`{more} could not be listed ({reason}); what is known of it is kept")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file::{Found, Stamp};

    #[test]
    fn a_folder_beside_another_of_like_name_is_not_empty() {
        let paths = ["docs-old/x.md", "docs.md", "docs/x.md", "e/x.md"];
        let files = paths.map(|path| Found::new(path.to_owned(), Stamp::default()));
        let scan = Scan {
            files: files.into(),
            ..Scan::default()
        };
        for (folder, expected) in [
            ("", true),
            ("docs", true),
            ("docs-old", true),
            ("e", true),
            ("doc", false),
            ("docs.md", false),
            ("f", false),
        ] {
            assert_eq!(has_files(&scan, folder), expected, "{folder}");
        }
        assert!(!has_files(&Scan::default(), ""));
    }
}
