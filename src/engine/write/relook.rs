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
use crate::engine::snapshot::Snapshot;
use crate::engine::watch::resident;
use crate::model::file::Scan;
use crate::stores::generation::Current;
use crate::stores::sqlite::Stamps;

impl Engine {
    pub(super) fn look_again(&self, snapshot: &mut Snapshot, paths: &[String]) -> Option<Scan> {
        let scan = snapshot.scan.take()?;
        let root = self.origin.root();
        let files: BTreeSet<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        let is_known = |path: &String| {
            let found = scan.files.binary_search_by(|found| found.path.cmp(path));
            found.is_ok() && root.join(path).is_file()
        };
        match paths.iter().all(is_known) {
            true => resident::renew(scan, root, &files),
            false if self.still_serves(snapshot) => self.look_in(scan, paths),
            false => None,
        }
    }

    /// Whether nobody has gone on with the cache: what others made and projected since is not in our look,
    /// and would be taken for gone.
    fn still_serves(&self, snapshot: &Snapshot) -> bool {
        let Ok(Current::Ready(now)) = self.current() else {
            return false;
        };
        let feed = now.stamps().and_then(Stamps::feed);
        let number = feed.and_then(|feed| feed.generation());
        now.dir == snapshot.generation.dir
            && number.is_ok_and(|number| number == snapshot.freshness.generation)
    }

    /// The scan with the folders of these paths as they are now.
    fn look_in(&self, mut scan: Scan, paths: &[String]) -> Option<Scan> {
        let folder = |path: &String| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let folders: Option<BTreeSet<String>> = paths.iter().map(folder).collect();
        let folders: Vec<String> = folders?.into_iter().collect();
        let root = self.origin.root();
        let is_whole = |folder: &String| {
            root.join(folder).is_dir()
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
