//! After a writer was killed: what an editor had saved in the very moment goes back, stages go.
//! Gets its journal. Never: takes bytes away that nobody else has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::{clock, hash};
use crate::write::WriteError;
use crate::write::folder::Folder;
use crate::write::journal::{CutOff, Entry, Fate, Journal};
use crate::write::replace::{self, Stage};
use crate::write::session::LIMIT;

/// What lies in the stage of a write that was killed is the old file, our new one, or what an editor
/// saved in the very moment: only that goes back, as nobody else has it.
pub(super) fn recover_entry(
    journal: &Journal,
    entry: &Entry,
    ours: &Folder,
) -> Result<Option<Kept>, WriteError> {
    // The folder may be gone by now, and with it what was beside the file.
    let found = Folder::of(&journal.root, &entry.path);
    let (folder, stage_folder) = match (&found, entry.beside) {
        (Ok((folder, _)), true) => (Some(folder), folder),
        (Ok((folder, _)), false) => (Some(folder), ours),
        (Err(_), false) => (None, ours),
        (Err(_), true) => return Ok(None),
    };
    let stage = Stage {
        folder: stage_folder,
        name: &entry.stage,
    };
    if stage.folder.meta(stage.name).is_err() {
        return Ok(None);
    }
    let staged = replace::hash_in(&stage);
    let is_known = staged.is_some() && (staged == entry.before || staged == entry.after);
    if journal.staged && !is_known {
        let back = folder.zip(entry.path.file_name());
        let Some((folder, name)) = back else {
            return keep(ours, &stage, &entry.path).map(Some);
        };
        let there = folder
            .read(name, LIMIT)
            .ok()
            .flatten()
            .map(|found| hash::content_hash(&found.bytes));
        match (there, &entry.after) {
            (Some(there), Some(after)) if there == *after => {
                replace::give_back(folder, name, &entry.path, &stage, after, || {})?;
            }
            (None, _) if stage.folder.rename_new(stage.name, folder, name).is_ok() => {
                return Ok(None);
            }
            // Somebody has saved since: both versions stay.
            _ => return keep(ours, &stage, &entry.path).map(Some),
        }
    }
    drop(stage.folder.remove(stage.name));
    Ok(None)
}

/// Takes a stage away, unless somebody's bytes are in it that nobody else has.
pub(super) fn clear(
    ours: &Folder,
    stage: &Stage<'_>,
    entry: &Entry,
) -> Result<Option<Kept>, WriteError> {
    let staged = replace::hash_in(stage);
    if staged.is_none() || staged == entry.before || staged == entry.after {
        drop(stage.folder.remove(stage.name));
        return Ok(None);
    }
    keep(ours, stage, &entry.path).map(Some)
}

/// A version of a file that has no other place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// Where its version is.
    pub at: PathBuf,
}

/// Keeps bytes that have no other place: under the name of the file, in the folder of the stages.
fn keep(ours: &Folder, stage: &Stage<'_>, path: &Path) -> Result<Kept, WriteError> {
    let name = path.file_name().unwrap_or(stage.name).to_string_lossy();
    let kept = OsString::from(format!("kept-{}-{name}", clock::system_ns()));
    stage
        .folder
        .rename_new(stage.name, ours, &kept)
        .map_err(|error| WriteError::io("keep a version of", path, error))?;
    Ok(Kept {
        path: path.to_owned(),
        at: ours.at(&kept),
    })
}

/// What is to be told of a write that was cut off: where several files were meant and not all are
/// as it meant them.
pub(super) fn told(journal: &Journal, root: &Path) -> Option<CutOff> {
    if journal.root != root || journal.entries.len() < 2 {
        return None;
    }
    let files: Vec<(String, Fate)> = journal
        .entries
        .iter()
        .map(|entry| {
            let now = std::fs::read(root.join(&entry.path)).ok();
            let now = now.map(|bytes| hash::content_hash(&bytes));
            let fate = match now {
                _ if now == entry.after => Fate::Done,
                _ if now == entry.before => Fate::Untouched,
                _ => Fate::Other,
            };
            (entry.path.to_string_lossy().into_owned(), fate)
        })
        .collect();
    let is_whole = files.iter().all(|(_, fate)| *fate != Fate::Untouched);
    (!is_whole).then(|| CutOff {
        what: journal.what.clone(),
        at: journal.at.clone(),
        files,
    })
}
