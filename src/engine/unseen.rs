//! Files that nobody could look at are as they were: deletions are taken only from folders that were
//! listed, and an empty root on another device is a mount that is missing.
//! Gets a scan and what is recorded. Gives the scan with those files put in, and where that was so.
//! Never: takes a file for gone that was not looked for.

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
            let from = scan
                .files
                .partition_point(|found| found.path.as_str() < root.as_str());
            let inside = scan.files.get(from).is_some_and(|found| {
                found
                    .path
                    .strip_prefix(&*root)
                    .is_some_and(|rest| root.is_empty() || rest.starts_with('/'))
            });
            if !inside && self.origin.device(&root).is_some_and(|now| now != device) {
                let reason = "it is empty, and on another device than before".to_owned();
                scan.unreadable.push((root, reason));
            }
        }
        let mut unseen = Vec::new();
        for (folder, reason) in &scan.unreadable {
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
                }
            }
        }
        Ok(unseen)
    }
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
