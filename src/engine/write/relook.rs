//! The look that a command began with, brought up to what the command itself has written.
//!
//! Where files only changed, their stamps are enough. Where some came or went, the folders that they are in
//! are looked at as a whole look would.
//! Gets a snapshot with its scan, and the paths. Gives the scan that a whole look would give, but for what
//! others did meanwhile; nothing where that cannot be said. Never: opens an item.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::sight::Sight;
use crate::engine::snapshot::Snapshot;
use crate::engine::watch::resident;
use crate::model::file::Scan;

impl Engine {
    pub(super) fn look_again(&self, snapshot: &mut Snapshot, paths: &[String]) -> Option<Sight> {
        let Sight { scan, mark } = snapshot.sight.take()?;
        let root = self.origin.root();
        let files: BTreeSet<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        let is_known = |path: &String| {
            let found = scan.files.binary_search_by(|found| found.path.cmp(path));
            found.is_ok() && root.join(path).is_file()
        };
        let scan = match paths.iter().all(is_known) {
            true => resident::renew(scan, root, &files),
            false => self.look_in(scan, paths),
        };
        scan.map(|scan| Sight { scan, mark })
    }

    /// The scan with the folders of these paths as they are now.
    fn look_in(&self, mut scan: Scan, paths: &[String]) -> Option<Scan> {
        let folders: BTreeSet<&str> = paths.iter().map(|path| path::folder_of(path)).collect();
        let folders: Vec<String> = folders.into_iter().map(str::to_owned).collect();
        let root = self.origin.root();
        let is_whole = |folder: &String| {
            !folder.is_empty()
                && root.join(folder).is_dir()
                && self
                    .origin
                    .is_below_roots(&format!("{folder}/"), &self.config)
        };
        if scan.only.is_some() || !scan.unreadable.is_empty() || !folders.iter().all(is_whole) {
            return None;
        }
        let part = self
            .origin
            .scan_in(self.presets(), &self.config, &folders)
            .ok()?;
        let is_other = |path: &str| {
            folders
                .iter()
                .all(|folder| path::below(folder, path).is_none())
        };
        scan.files.retain(|found| is_other(&found.path));
        scan.files.extend(part.files);
        scan.files.sort_by(|a, b| a.path.cmp(&b.path));
        scan.marker_dirs.retain(|path| is_other(path));
        scan.marker_dirs.extend(part.marker_dirs);
        scan.marker_dirs.sort_unstable();
        scan.marker_dirs.dedup();
        scan.unreadable = part.unreadable;
        scan.started_ns = part.started_ns;
        Some(scan)
    }
}
