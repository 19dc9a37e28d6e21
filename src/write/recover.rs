//! After a writer was killed: what an editor had saved in the very moment goes back, what was begun
//! is finished, stages go.
//! Gets its journal. Gives what is to be told. Never: takes bytes away that nobody else has.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::base::{atomic, clock, fault, hash};
use crate::write::WriteError;
use crate::write::folder::Folder;
use crate::write::forward;
use crate::write::ground::Ground;
use crate::write::journal::{CutOff, Ending, Entry, Fate, Journal};
use crate::write::replace::{self, Stage};
use crate::write::session::LIMIT;

/// Puts right what the journal tells of, and notes in it how that ended, so that whoever is killed
/// here, too, is followed by one who ends it alike.
pub(super) fn recover(
    mut journal: Journal,
    top: &Path,
    path: &Path,
    ours: Folder,
    head: Option<&str>,
    last: &HashSet<&str>,
) -> Result<(Journal, Vec<Kept>), WriteError> {
    let failed = |error| WriteError::io("recover from", path, error);
    let root = top.join(&journal.root);
    let mut kept = Vec::new();
    for entry in journal.entries.iter().filter(|_| journal.staged) {
        kept.extend(give_back(&root, entry, &ours)?);
    }
    fault::point("recover.after-giving-back").map_err(failed)?;
    let ground = Ground::new(&root, ours);
    if journal.ending == Ending::Open {
        journal.ending = forward::carry_on(&journal, &ground, head, last)?;
        fault::point("recover.after-forward").map_err(failed)?;
        atomic::write(path, &journal.record())
            .map_err(|error| WriteError::io(error.act, &error.path, error.source))?;
    }
    fault::point("recover.before-clear").map_err(failed)?;
    // Nothing of what nobody began is anybody else's.
    kept.extend(ground.clear(&journal.entries, journal.staged)?);
    fault::point("recover.before-end").map_err(failed)?;
    Ok((journal, kept))
}

/// What lies in the stage of a write that was killed is the old file, our new one, or what an editor
/// saved in the very moment: only that goes back, as nobody else has it.
fn give_back(root: &Path, entry: &Entry, ours: &Folder) -> Result<Option<Kept>, WriteError> {
    // The folder may be gone by now, and with it what was beside the file.
    let found = Folder::of(root, &entry.path);
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
    if staged.is_some() && (staged == entry.before || staged == entry.after) {
        return Ok(None);
    }
    let Some((folder, name)) = folder.zip(entry.path.file_name()) else {
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
            Ok(None)
        }
        (None, _) if stage.folder.rename_new(stage.name, folder, name).is_ok() => Ok(None),
        // Somebody has saved since: both versions stay.
        _ => keep(ours, &stage, &entry.path).map(Some),
    }
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

/// How versions are called that have no other place.
pub(super) const KEPT: &str = "kept-";
/// So many bytes of a file's name are in the name of its version: no name is longer than 255.
const LONGEST_KEPT: usize = 200;

/// A version of a file that has no other place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// Where its version is.
    pub at: PathBuf,
}

/// Keeps bytes that have no other place: under the name of the file, in the folder of the stages. A
/// stage beside the file, on another file system, is copied there; where that fails, it stays where it
/// is, and no write waits for it.
fn keep(ours: &Folder, stage: &Stage<'_>, path: &Path) -> Result<Kept, WriteError> {
    let name = path.file_name().unwrap_or(stage.name).to_string_lossy();
    let name = &name[..name.floor_char_boundary(LONGEST_KEPT)];
    let kept = OsString::from(format!("{KEPT}{}-{name}", clock::system_ns()));
    let failed = |error| WriteError::io("keep a version of", path, error);
    let renamed = stage.folder.rename_new(stage.name, ours, &kept);
    let at = match renamed {
        Ok(()) => ours.at(&kept),
        Err(error) if stage.folder.path() == ours.path() => return Err(failed(error)),
        Err(_) => match copy(stage, ours, &kept) {
            Ok(()) => ours.at(&kept),
            Err(_) => stage.folder.at(stage.name),
        },
    };
    Ok(Kept {
        path: path.to_owned(),
        at,
    })
}

/// Moves a file to another file system.
fn copy(stage: &Stage<'_>, ours: &Folder, kept: &OsStr) -> io::Result<()> {
    let found = stage.folder.read(stage.name, u64::MAX - 1)?;
    let found = found.ok_or(io::ErrorKind::InvalidInput)?;
    let like = (found.meta, stage.folder.attributes(stage.name)?);
    let made = ours.create(kept, &found.bytes, Some(&like));
    let synced = made.and_then(|file| file.sync_all());
    if let Err(error) = synced.and_then(|()| ours.sync()) {
        drop(ours.remove(kept));
        return Err(error);
    }
    stage.folder.remove(stage.name)
}

/// What is to be told of a write that was cut off; nothing where all is as it meant it, though nobody
/// finished it.
pub(super) fn told(journal: &Journal, top: &Path, root: &Path) -> Option<CutOff> {
    if top.join(&journal.root) != root || journal.entries.is_empty() {
        return None;
    }
    let hash_of = |path: &Path| {
        let bytes = std::fs::read(root.join(path)).ok()?;
        Some(hash::content_hash(&bytes))
    };
    let moves = journal.entries.iter().filter_map(|entry| {
        let to = entry.to.as_deref()?;
        Some((entry.path.as_path(), to))
    });
    let moves: HashMap<&Path, &Path> = moves.collect();
    let mut files: BTreeMap<String, Fate> = BTreeMap::new();
    for entry in &journal.entries {
        let mut now = hash_of(&entry.path);
        if now.is_none() && entry.after.is_some() {
            // It has another name by now.
            now = moves.get(entry.path.as_path()).and_then(|to| hash_of(to));
        }
        let fate = match now {
            _ if now == entry.after => Fate::Done,
            _ if now == entry.before => Fate::Untouched,
            _ => Fate::Other,
        };
        let known = files
            .entry(entry.path.to_string_lossy().into_owned())
            .or_insert(fate);
        *known = fate.max(*known);
    }
    let is_whole = files.values().all(|fate| *fate == Fate::Done);
    let is_over = is_whole && matches!(journal.ending, Ending::Untouched | Ending::Left);
    (!is_over).then(|| CutOff {
        what: journal.what.clone(),
        at: journal.at.clone(),
        ending: journal.ending,
        files: files.into_iter().collect(),
    })
}

/// Takes away what no journal names: after a loss of power a journal may be lost that was not worth a
/// sync, and its stage be there.
pub(super) fn sweep(home: &Path, stage: &Folder) {
    let listed = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_temp = |entry: &DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with(atomic::TEMP_PREFIX)
    };
    for entry in listed(stage.path()).filter(is_temp) {
        drop(stage.remove(&entry.file_name()));
    }
    for entry in listed(home).filter(is_temp) {
        let path = entry.path();
        let Ok(meta) = entry.metadata() else { continue };
        if !meta.is_dir() {
            drop(std::fs::remove_file(path));
        } else if is_old(&meta) {
            // Versions that somebody compares, without our lock.
            drop(std::fs::remove_dir_all(path));
        }
    }
}

/// Whether nobody can be at work in it any more.
fn is_old(meta: &Metadata) -> bool {
    const OLD_NS: i64 = 3600 * 1_000_000_000;
    let modified = meta.modified().ok();
    let since = modified.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let since = since.and_then(|since| i64::try_from(since.as_nanos()).ok());
    since.is_some_and(|since| clock::system_ns().saturating_sub(since) > OLD_NS)
}
