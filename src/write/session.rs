//! One write of one or more files, under the lock that all writers of a repository share.
//!
//! ```text
//! lock -> what was cut off before is put right -> read -> journal -> stage -> sync
//!      -> each file changes places with its stage -> sync folders -> stages and journal removed
//! ```
//!
//! At every instant each file is old or new. Never: knows what is in a file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::base::lock::{Lock, LockError};
use crate::base::{atomic, clock, fault, hash};
use crate::write::folder::{Current, Folder, Folders};
use crate::write::journal::{CutOff, Entry, Fate, Hash, Journal};
use crate::write::replace::{self, Stage};
use crate::write::{WriteError, place};

/// Files with more bytes are not written.
pub(super) const LIMIT: u64 = 64 << 20;
/// From so many files on, the whole file system is synced once, not each file.
const MANY: usize = 8;

const JOURNAL: &str = "journal";
/// The last write of several files that did not come to its end, for people to see.
const CUT_OFF: &str = "cut-off";
const STAGE: &str = "stage";

/// Where a repository keeps what writers share.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// The lock of all work trees of the repository.
    pub lock: PathBuf,
    /// The folder of this work tree's journal and stages.
    pub folder: PathBuf,
}

impl Home {
    /// The last write of several files that was cut off, if its files are not all as it meant them.
    /// Nothing while somebody writes.
    pub(crate) fn cut_off(&self, root: &Path) -> Option<CutOff> {
        if Lock::is_held(&self.lock) {
            return None;
        }
        let read = |name: &str| Journal::parse(&std::fs::read(self.folder.join(name)).ok()?);
        let journal = read(JOURNAL).or_else(|| read(CUT_OFF))?;
        told(&journal, root)
    }
}

/// What is to be done with one file; paths are relative to the root.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Other bytes in place of those with that hash.
    Replace {
        path: PathBuf,
        before: Hash,
        bytes: Vec<u8>,
    },
    /// A file where there must be none; folders are made.
    Create { path: PathBuf, bytes: Vec<u8> },
    /// The file with that hash is taken away.
    Remove { path: PathBuf, before: Hash },
    /// The file with that hash gets another name, which nobody may have.
    Move {
        path: PathBuf,
        to: PathBuf,
        before: Hash,
    },
}

impl Change {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Replace { path, .. }
            | Self::Create { path, .. }
            | Self::Remove { path, .. }
            | Self::Move { path, .. } => path,
        }
    }
}

/// The right to write, held.
#[derive(Debug)]
pub(crate) struct Session {
    root: PathBuf,
    home: Home,
    /// What an earlier write left half done, told once.
    pub(crate) cut_off: Option<CutOff>,
    _lock: Lock,
}

/// One file on its way.
struct Step<'c> {
    change: &'c Change,
    /// Place in the list of changes.
    number: usize,
    entry: Entry,
}

/// The folders that a write works in.
struct Ground<'r> {
    root: &'r Path,
    folders: Folders<'r>,
    stage: Folder,
}

impl Session {
    /// Waits for the other writers of the repository, then puts right what one that was killed left.
    pub(crate) fn begin(root: &Path, home: &Home) -> Result<Self, WriteError> {
        for folder in [home.folder.as_path(), home.lock.parent().unwrap_or(root)] {
            std::fs::create_dir_all(folder)
                .map_err(|error| WriteError::io("make the folder", folder, error))?;
        }
        let lock = Lock::exclusive(&home.lock)
            .map_err(|LockError { act, path, source }| WriteError::Io { act, path, source })?;
        let mut session = Self {
            root: root.to_owned(),
            home: home.clone(),
            cut_off: None,
            _lock: lock,
        };
        session.recover()?;
        Ok(session)
    }

    /// The bytes of a file that can be written to.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, WriteError> {
        read(&self.root, path)
    }

    /// Carries out the changes; `what` tells people of them. Gives for each whether it was done: one
    /// that could not be done hinders no other.
    pub(crate) fn apply(
        &self,
        what: &str,
        changes: &[Change],
    ) -> Result<Vec<Result<(), WriteError>>, WriteError> {
        let ground = Ground {
            root: &self.root,
            folders: Folders::new(&self.root),
            stage: self.stage()?,
        };
        let mut results: Vec<Result<(), WriteError>> = Vec::with_capacity(changes.len());
        let mut steps: Vec<Step<'_>> = Vec::with_capacity(changes.len());
        for (number, change) in changes.iter().enumerate() {
            match ground.step(change, number) {
                Ok(step) => {
                    results.push(Ok(()));
                    steps.push(step);
                }
                Err(error) => results.push(Err(error)),
            }
        }
        let journal = Journal {
            root: self.root.clone(),
            what: what.to_owned(),
            at: clock::iso(clock::now_ns()),
            entries: steps.iter().map(|step| step.entry.clone()).collect(),
            staged: false,
        };
        let path = self.home.folder.join(JOURNAL);
        let failed = |error| WriteError::io("write", &path, error);
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(&journal.bytes()).map_err(failed)?;
        fault::point("write.after-journal").map_err(failed)?;
        steps.retain(|step| match ground.stage_file(step) {
            Ok(()) => true,
            Err(error) => {
                results[step.number] = Err(error);
                false
            }
        });
        fault::point("write.after-stage").map_err(failed)?;
        ground.sync_stages(&steps)?;
        file.write_all(&Journal::staged_mark()).map_err(failed)?;
        if steps.len() > 1 {
            file.sync_all().map_err(failed)?;
        }
        drop(file);
        for step in &steps {
            if let Err(error) = ground.put_in_place(step) {
                results[step.number] = Err(error);
            }
            fault::point("write.between").map_err(failed)?;
        }
        for step in &steps {
            if results[step.number].is_ok() {
                results[step.number] = ground.settle(step);
            }
        }
        ground.sync_folders(&steps)?;
        fault::point("write.before-end").map_err(failed)?;
        for step in &steps {
            ground.drop_stage(step);
        }
        drop(std::fs::remove_file(&path));
        Ok(results)
    }

    fn stage(&self) -> Result<Folder, WriteError> {
        Folder::make(&self.home.folder, Path::new(STAGE)).map_err(|error| {
            WriteError::io("make the folder", &self.home.folder.join(STAGE), error)
        })
    }

    /// Puts right what a writer that was killed left: what an editor had saved goes back, stages go.
    fn recover(&mut self) -> Result<(), WriteError> {
        let path = self.home.folder.join(JOURNAL);
        let stage = self.stage()?;
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => return Err(WriteError::io("read", &path, error)),
        };
        if let Some(journal) = Journal::parse(&bytes) {
            for entry in &journal.entries {
                recover_entry(&journal, entry, &stage)?;
            }
            self.cut_off = told(&journal, &self.root);
            if self.cut_off.is_some() {
                atomic::write(&self.home.folder.join(CUT_OFF), &bytes)
                    .map_err(|error| WriteError::io(error.act, &error.path, error.source))?;
            }
        }
        drop(std::fs::remove_file(&path));
        Ok(())
    }
}

/// The bytes of a file below the root that could be written to.
pub(crate) fn read(root: &Path, path: &Path) -> Result<Vec<u8>, WriteError> {
    place::check(path)?;
    let (folder, name) = Folder::of(root, path)?;
    let found = folder
        .read(name, LIMIT)
        .map_err(|error| WriteError::of_file("read", path, error))?;
    let Some(Current { bytes, meta }) = found else {
        return Err(WriteError::NotAFile {
            path: path.to_owned(),
        });
    };
    if meta.is_read_only() {
        return Err(WriteError::ReadOnly {
            path: path.to_owned(),
        });
    }
    if bytes.len() as u64 > LIMIT {
        return Err(WriteError::TooLarge {
            path: path.to_owned(),
            limit: LIMIT,
        });
    }
    Ok(bytes)
}

impl Ground<'_> {
    /// Looks at where a change is to happen; makes the folders of a new file.
    fn step<'c>(&self, change: &'c Change, number: usize) -> Result<Step<'c>, WriteError> {
        let path = change.path();
        let folder = if let Change::Create { .. } = change {
            place::check_new(path)?;
            Rc::new(Folder::making(self.root, path)?.0)
        } else {
            place::check(path)?;
            self.folders.of(path)?.0
        };
        if let Change::Move { to, .. } = change {
            place::check_new(to)?;
        }
        let (before, after) = match change {
            Change::Replace { before, bytes, .. } => {
                (Some(*before), Some(hash::content_hash(bytes)))
            }
            Change::Create { bytes, .. } => (None, Some(hash::content_hash(bytes))),
            Change::Remove { before, .. } | Change::Move { before, .. } => (Some(*before), None),
        };
        let mount = |folder: &Folder| {
            folder
                .mount()
                .map_err(|error| WriteError::io("look at", folder.path(), error))
        };
        let stage = format!("{}{}-{number}.tmp", atomic::TEMP_PREFIX, std::process::id());
        Ok(Step {
            change,
            number,
            entry: Entry {
                before,
                after,
                stage: stage.into(),
                beside: mount(&folder)? != mount(&self.stage)?,
                path: path.to_owned(),
            },
        })
    }

    fn place<'f>(&'f self, step: &'f Step<'_>, folder: &'f Folder) -> Stage<'f> {
        Stage {
            folder: if step.entry.beside {
                folder
            } else {
                &self.stage
            },
            name: &step.entry.stage,
        }
    }

    /// Writes the new bytes where nobody looks for them.
    fn stage_file(&self, step: &Step<'_>) -> Result<(), WriteError> {
        let path = step.change.path();
        let (folder, name) = self.folders.of(path)?;
        let (bytes, like) = match step.change {
            Change::Replace { bytes, .. } => {
                let like = folder.meta(name);
                let like = like.map_err(|error| WriteError::of_file("look at", path, error))?;
                (bytes, Some(like))
            }
            Change::Create { bytes, .. } => (bytes, None),
            Change::Remove { .. } | Change::Move { .. } => return Ok(()),
        };
        let stage = self.place(step, &folder);
        // A process of that number was killed before its journal stood.
        drop(stage.folder.remove(stage.name));
        let made = stage.folder.create(stage.name, bytes, like.as_ref());
        made.map(drop).map_err(|error| {
            drop(stage.folder.remove(stage.name));
            if error.kind() == io::ErrorKind::PermissionDenied && like.is_some() {
                WriteError::Foreign {
                    path: path.to_owned(),
                }
            } else {
                WriteError::io("write a new file for", path, error)
            }
        })
    }

    fn sync_stages(&self, steps: &[Step<'_>]) -> Result<(), WriteError> {
        let mut synced: Vec<(u64, u64)> = Vec::new();
        for step in steps {
            if step.entry.after.is_none() {
                continue;
            }
            let (folder, _) = self.folders.of(step.change.path())?;
            let folder = self.place(step, &folder).folder;
            let failed = |error| WriteError::io("sync", folder.path(), error);
            if steps.len() >= MANY {
                let mount = folder.mount().map_err(failed)?;
                if synced.contains(&mount) {
                    continue;
                }
                if folder.sync_all().map_err(failed)? {
                    synced.push(mount);
                    continue;
                }
            }
            let file = File::open(folder.at(&step.entry.stage));
            file.and_then(|file| file.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    fn put_in_place(&self, step: &Step<'_>) -> Result<(), WriteError> {
        let path = step.change.path();
        let at = |act| move |error: io::Error| WriteError::of_file(act, path, error);
        let changed = || WriteError::Changed {
            path: path.to_owned(),
        };
        let (folder, name) = self.folders.of(path)?;
        let stage = self.place(step, &folder);
        match (step.change, &step.entry) {
            (
                Change::Replace { .. },
                Entry {
                    before: Some(before),
                    after: Some(after),
                    ..
                },
            ) => replace::replace(&folder, name, path, &stage, before, after),
            (Change::Remove { .. }, entry) => {
                folder
                    .rename_new(name, stage.folder, stage.name)
                    .map_err(at("remove"))?;
                if replace::hash_in(&stage) == entry.before {
                    return Ok(());
                }
                stage
                    .folder
                    .rename_new(stage.name, &folder, name)
                    .map_err(at("give back"))?;
                Err(changed())
            }
            (Change::Move { to, .. }, entry) => {
                let now = folder.read(name, LIMIT).map_err(at("read"))?;
                if now.map(|now| hash::content_hash(&now.bytes)) != entry.before {
                    return Err(changed());
                }
                let (target, to_name) = Folder::making(self.root, to)?;
                folder
                    .rename_new(name, &target, to_name)
                    .map_err(|error| WriteError::of_file("move to", to, error))?;
                let synced = target.sync();
                synced.map_err(|error| WriteError::io("sync the folder", target.path(), error))
            }
            (Change::Create { .. } | Change::Replace { .. }, _) => stage
                .folder
                .rename_new(stage.name, &folder, name)
                .map_err(at("make")),
        }
    }

    /// Whoever had the old file open may have written into it since: then it goes back.
    fn settle(&self, step: &Step<'_>) -> Result<(), WriteError> {
        let (Change::Replace { path, .. }, Some(after)) = (step.change, &step.entry.after) else {
            return Ok(());
        };
        let (folder, name) = self.folders.of(path)?;
        let stage = self.place(step, &folder);
        match replace::hash_in(&stage) {
            // Where files cannot change places, nothing is left of the old one.
            None => Ok(()),
            now if now == step.entry.before => Ok(()),
            Some(_) => {
                replace::give_back(&folder, name, path, &stage, after)?;
                Err(WriteError::Changed { path: path.clone() })
            }
        }
    }

    fn sync_folders(&self, steps: &[Step<'_>]) -> Result<(), WriteError> {
        let parents = steps.iter().filter_map(|step| step.change.path().parent());
        for parent in parents.collect::<BTreeSet<_>>() {
            let folder = Folder::open(self.root, parent);
            let synced = folder.and_then(|folder| folder.sync());
            synced.map_err(|error| WriteError::io("sync the folder", parent, error))?;
        }
        Ok(())
    }

    fn drop_stage(&self, step: &Step<'_>) {
        if let Ok((folder, _)) = self.folders.of(step.change.path()) {
            let stage = self.place(step, &folder);
            drop(stage.folder.remove(stage.name));
        }
    }
}

/// What lies in the stage of a write that was killed is the old file, our new one, or what an editor
/// saved in the very moment: only that goes back, as nobody else has it.
fn recover_entry(journal: &Journal, entry: &Entry, ours: &Folder) -> Result<(), WriteError> {
    // The folder may be gone by now, and with it what was beside the file.
    let found = Folder::of(&journal.root, &entry.path);
    let (folder, stage_folder) = match (&found, entry.beside) {
        (Ok((folder, _)), true) => (Some(folder), folder),
        (Ok((folder, _)), false) => (Some(folder), ours),
        (Err(_), false) => (None, ours),
        (Err(_), true) => return Ok(()),
    };
    let stage = Stage {
        folder: stage_folder,
        name: &entry.stage,
    };
    if stage.folder.meta(stage.name).is_err() {
        return Ok(());
    }
    let staged = replace::hash_in(&stage);
    let is_known = staged.is_some() && (staged == entry.before || staged == entry.after);
    if journal.staged && !is_known {
        let back = folder.zip(entry.path.file_name());
        let Some((folder, name)) = back else {
            return keep(ours, &stage, &entry.path);
        };
        let there = folder
            .read(name, LIMIT)
            .ok()
            .flatten()
            .map(|found| hash::content_hash(&found.bytes));
        match (there, &entry.after) {
            (Some(there), Some(after)) if there == *after => {
                replace::give_back(folder, name, &entry.path, &stage, after)?;
            }
            (None, _) if stage.folder.rename_new(stage.name, folder, name).is_ok() => return Ok(()),
            // Somebody has saved since: both versions stay.
            _ => return keep(ours, &stage, &entry.path),
        }
    }
    drop(stage.folder.remove(stage.name));
    Ok(())
}

/// Keeps bytes that have no other place: under the name of the file, in the folder of the stages.
fn keep(ours: &Folder, stage: &Stage<'_>, path: &Path) -> Result<(), WriteError> {
    let name = path.file_name().unwrap_or(stage.name).to_string_lossy();
    let kept = OsString::from(format!("kept-{}-{name}", clock::system_ns()));
    tracing::warn!(path = %path.display(), kept = %ours.at(&kept).display(), "a version was kept");
    stage
        .folder
        .rename_new(stage.name, ours, &kept)
        .map_err(|error| WriteError::io("keep a version of", path, error))
}

/// What is to be told of a write that was cut off: where several files were meant and not all are
/// as it meant them.
fn told(journal: &Journal, root: &Path) -> Option<CutOff> {
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
