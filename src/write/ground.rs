//! The files of one write, on their way: staged, put in place, looked at again.
//! Gets changes; gives for each whether it was done.
//! Never: decides the order of the steps (that is `session`).

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{atomic, clock, fault, hash, unique};
use crate::write::folder::{Folder, Folders, Meta};
use crate::write::journal::{Act, Entry, Hash};
use crate::write::recover::{self, Kept};
use crate::write::replace::{self, Stage};
use crate::write::session::{Change, LIMIT, Landed};
use crate::write::{WriteError, place};

/// From so many files on, the whole file system is synced once, not each file.
const MANY: usize = 8;
/// An editor that empties a file and then writes it is done by then.
const QUIET_NS: i64 = 50_000_000;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    Nothing,
    File(Hash),
    /// Something else, or something that cannot be read.
    Else,
}

impl There {
    pub(super) fn in_folder(folder: &Folder, name: &OsStr) -> Self {
        match folder.read(name, LIMIT) {
            Ok(Some(now)) => Self::File(hash::content_hash(&now.bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Nothing,
            Ok(None) | Err(_) => Self::Else,
        }
    }

    pub(super) fn is_nothing(self) -> bool {
        self == Self::Nothing
    }
}

/// The folders that a write works in.
pub(super) struct Ground<'r> {
    root: &'r Path,
    folders: Folders<'r>,
    stage: Folder,
}

impl<'r> Ground<'r> {
    pub(super) fn new(root: &'r Path, stage: Folder) -> Self {
        Self {
            root,
            folders: Folders::new(root),
            stage,
        }
    }

    /// Looks at where the changes of a group are to happen; makes the folders of new files.
    pub(super) fn entries(
        &self,
        changes: &[Change],
        group: usize,
    ) -> Result<Vec<Entry>, WriteError> {
        let entry = |change| self.entry(change, group);
        changes.iter().map(entry).collect()
    }

    fn entry(&self, change: &Change, group: usize) -> Result<Entry, WriteError> {
        let path = change.path();
        let folder = if let Change::Create { .. } = change {
            place::check_new(path)?;
            self.check_foreign(path)?;
            Rc::new(Folder::making(self.root, path)?.0)
        } else {
            place::check(path)?;
            self.folders.of(path)?.0
        };
        let mut to = None;
        let (before, after) = match change {
            Change::Replace { before, bytes, .. } => {
                (Some(*before), Some(hash::content_hash(bytes)))
            }
            Change::Create { bytes, .. } => (None, Some(hash::content_hash(bytes))),
            Change::Remove { before, .. } => (Some(*before), None),
            Change::Move {
                to: name, before, ..
            } => {
                place::check_new(name)?;
                self.check_foreign(name)?;
                to = Some(name.clone());
                (Some(*before), None)
            }
        };
        let mount = |folder: &Folder| {
            folder
                .mount()
                .map_err(|error| WriteError::io("look at", folder.path(), error))
        };
        // Where a new file is made, it gets the group and the rights that its folder hands on.
        let hands_on = matches!(change, Change::Create { .. }) && folder.hands_on();
        Ok(Entry {
            before,
            after,
            stage: format!("{}{}.tmp", atomic::TEMP_PREFIX, unique::hex()).into(),
            beside: hands_on || mount(&folder)? != mount(&self.stage)?,
            group,
            path: path.to_owned(),
            to,
        })
    }

    /// Nothing is put into another repository: its files are not ours.
    fn check_foreign(&self, path: &Path) -> Result<(), WriteError> {
        let mut folders = path.ancestors().skip(1);
        let is_foreign = |folder: &Path| {
            !folder.as_os_str().is_empty()
                && self
                    .root
                    .join(folder)
                    .join(".git")
                    .symlink_metadata()
                    .is_ok()
        };
        match folders.find(|folder| is_foreign(folder)) {
            None => Ok(()),
            Some(folder) => Err(WriteError::Unsafe {
                path: path.to_owned(),
                reason: format!("`{}` is another repository", folder.display()),
            }),
        }
    }

    pub(super) fn place<'f>(&'f self, entry: &'f Entry, folder: &'f Folder) -> Stage<'f> {
        Stage {
            folder: if entry.beside { folder } else { &self.stage },
            name: &entry.stage,
        }
    }

    /// Writes the new bytes where nobody looks for them.
    pub(super) fn stage_file(&self, change: &Change, entry: &Entry) -> Result<(), WriteError> {
        let path = change.path();
        let (folder, name) = self.folders.of(path)?;
        let (bytes, like) = match change {
            Change::Replace { bytes, .. } => {
                let meta = folder.meta(name);
                let like = meta.and_then(|meta| Ok((meta, folder.attributes(name)?)));
                let like = like.map_err(|error| WriteError::of_file("look at", path, error))?;
                (bytes, Some(like))
            }
            Change::Create { bytes, .. } => (bytes, None),
            Change::Remove { .. } | Change::Move { .. } => return Ok(()),
        };
        let stage = self.place(entry, &folder);
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

    pub(super) fn sync_stages<'s>(
        &self,
        entries: impl Iterator<Item = &'s Entry>,
    ) -> Result<(), WriteError> {
        let entries: Vec<&Entry> = entries.filter(|entry| entry.after.is_some()).collect();
        let mut synced: Vec<(u64, u64)> = Vec::new();
        for entry in &entries {
            let (folder, _) = self.folders.of(&entry.path)?;
            let folder = self.place(entry, &folder).folder;
            let failed = |error| WriteError::io("sync", folder.path(), error);
            if entries.len() >= MANY {
                let mount = folder.mount().map_err(failed)?;
                if synced.contains(&mount) {
                    continue;
                }
                if folder.sync_all().map_err(failed)? {
                    synced.push(mount);
                    continue;
                }
            }
            let file = File::open(folder.at(&entry.stage));
            file.and_then(|file| file.sync_all()).map_err(failed)?;
        }
        Ok(())
    }

    /// Carries out the changes of a group, if all its files are as they are expected.
    pub(super) fn put_in_place(&self, entries: &[Entry], ours: &HashSet<&str>) -> Landed {
        let mut landed = Landed {
            done: 0,
            error: self.expected(entries).err(),
        };
        for at in 0..entries.len() {
            if landed.error.is_some() {
                break;
            }
            match self.put_one(entries, at, ours) {
                Ok(()) => landed.done += 1,
                Err(error) => landed.error = Some(error),
            }
        }
        landed
    }

    /// Whether every file of a group is as it is expected.
    fn expected(&self, entries: &[Entry]) -> Result<(), WriteError> {
        for (at, entry) in entries.iter().enumerate() {
            let path = &entry.path;
            if entries[..at].iter().any(|other| other.path == *path) {
                continue;
            }
            let (folder, name) = self.folders.of(path)?;
            let changed = || WriteError::Changed { path: path.clone() };
            match (&entry.before, folder.read(name, LIMIT)) {
                (Some(before), Ok(Some(now))) => {
                    if hash::content_hash(&now.bytes) != *before {
                        return Err(changed());
                    }
                }
                (Some(_), Ok(None)) => return Err(changed()),
                (None, Ok(_)) => return Err(WriteError::Exists { path: path.clone() }),
                (None, Err(error)) if error.kind() == io::ErrorKind::NotFound => {}
                (_, Err(error)) => return Err(WriteError::of_file("read", path, error)),
            }
        }
        for entry in entries {
            if let Some(to) = &entry.to {
                let (folder, name) = Folder::making(self.root, to)?;
                if folder.meta(name).is_ok() {
                    return Err(WriteError::Exists { path: to.clone() });
                }
            }
        }
        Ok(())
    }

    /// Carries out one entry of a group, those before it being done.
    pub(super) fn put_one(
        &self,
        entries: &[Entry],
        at: usize,
        ours: &HashSet<&str>,
    ) -> Result<(), WriteError> {
        let entry = &entries[at];
        let path = &entry.path;
        let failed = |act| move |error: io::Error| WriteError::of_file(act, path, error);
        let changed = || WriteError::Changed { path: path.clone() };
        let (folder, name) = self.folders.of(path)?;
        let stage = self.place(entry, &folder);
        fault::point("write.before-exchange").map_err(failed("write"))?;
        match entry.act() {
            None => {}
            Some(Act::Replace { before, after }) => {
                replace::replace(&folder, name, path, &stage, before, after)?;
            }
            Some(Act::Create { .. }) => stage
                .folder
                .rename_new(stage.name, &folder, name)
                .map_err(failed("make"))?,
            Some(Act::Remove { before }) => {
                folder
                    .rename_new(name, stage.folder, stage.name)
                    .map_err(failed("remove"))?;
                fault::point("write.after-exchange").map_err(failed("remove"))?;
                if replace::hash_in(&stage) != Some(*before) {
                    stage
                        .folder
                        .rename_new(stage.name, &folder, name)
                        .map_err(failed("give back"))?;
                    return Err(changed());
                }
            }
            Some(Act::Move { before, to }) => {
                // What was displaced goes back to where it was, which a move leaves.
                let mut same = entries[..at].iter().filter(|other| other.path == *path);
                same.try_for_each(|other| self.settle_one(other, ours))?;
                let now = folder.read(name, LIMIT).map_err(failed("read"))?;
                if now.is_none_or(|now| hash::content_hash(&now.bytes) != *before) {
                    return Err(changed());
                }
                let (target, to_name) = Folder::making(self.root, to)?;
                folder
                    .rename_new(name, &target, to_name)
                    .map_err(|error| WriteError::of_file("move to", to, error))?;
                let synced = target.sync();
                synced.map_err(|error| WriteError::io("sync the folder", target.path(), error))?;
            }
        }
        fault::point("write.after-one").map_err(failed("write"))
    }

    /// Looks once more at what was displaced by a group that was carried out.
    pub(super) fn settle(&self, entries: &[Entry], ours: &HashSet<&str>) -> Landed {
        let moves = |entry: &Entry| {
            let same = |other: &Entry| other.to.is_some() && other.path == entry.path;
            entries.iter().any(same)
        };
        for (at, entry) in entries.iter().enumerate() {
            // That was done before the file was moved.
            if moves(entry) {
                continue;
            }
            if let Err(error) = self.settle_one(entry, ours) {
                let error = Some(error);
                return Landed { done: at, error };
            }
        }
        Landed {
            done: entries.len(),
            error: None,
        }
    }

    /// Whoever had the old file open may have written into it since: then it goes back. What was
    /// written just now may be the first half of something: that is waited for, except where the
    /// last write of ours made it (`ours`).
    fn settle_one(&self, entry: &Entry, ours: &HashSet<&str>) -> Result<(), WriteError> {
        let (Some(Act::Replace { before, after }), path) = (entry.act(), &entry.path) else {
            return Ok(());
        };
        let (folder, name) = self.folders.of(path)?;
        let stage = self.place(entry, &folder);
        if let Ok(meta) = stage.folder.meta(stage.name)
            && !ours.contains(&*state(&meta))
        {
            let age = clock::system_ns().saturating_sub(meta.state.1);
            if (0..QUIET_NS).contains(&age) {
                std::thread::sleep(Duration::from_nanos((QUIET_NS - age).unsigned_abs()));
            }
        }
        match replace::hash_in(&stage) {
            // Where files cannot change places, nothing is left of the old one.
            None => Ok(()),
            Some(now) if now == *before => Ok(()),
            Some(_) => {
                replace::give_back(&folder, name, path, &stage, after, || {})?;
                Err(WriteError::Changed { path: path.clone() })
            }
        }
    }

    /// How the files stand that were put in place.
    pub(super) fn states<'s>(&self, entries: impl Iterator<Item = &'s Entry>) -> String {
        let state = |entry: &Entry| {
            let (folder, name) = self.folders.of(&entry.path).ok()?;
            Some(state(&folder.meta(name).ok()?))
        };
        let states: Vec<String> = entries.filter_map(state).collect();
        states.join("\n")
    }

    pub(super) fn sync_folders<'s>(
        &self,
        entries: impl Iterator<Item = &'s Entry>,
    ) -> Result<(), WriteError> {
        let parents = entries.filter_map(|entry| entry.path.parent());
        for parent in parents.collect::<BTreeSet<_>>() {
            let folder = Folder::open(self.root, parent);
            let synced = folder.and_then(|folder| folder.sync());
            synced.map_err(|error| WriteError::io("sync the folder", parent, error))?;
        }
        Ok(())
    }

    /// What is at a path below the root.
    pub(super) fn there(&self, path: &Path) -> There {
        match self.folders.of(path) {
            Ok((folder, name)) => There::in_folder(&folder, name),
            Err(WriteError::Gone { .. }) => There::Nothing,
            Err(_) => There::Else,
        }
    }

    /// Makes the names of stages durable; what is in them is by [`Self::sync_stages`].
    pub(super) fn sync_names(&self) -> Result<(), WriteError> {
        let synced = self.stage.sync();
        synced.map_err(|error| WriteError::io("sync the folder", self.stage.path(), error))
    }

    /// Runs a step on the stage of an entry; none where the folder is gone that it was in, which took
    /// it along.
    pub(super) fn in_stage<T>(
        &self,
        entry: &Entry,
        step: impl FnOnce(Stage<'_>) -> T,
    ) -> Option<T> {
        match (self.folders.of(&entry.path), entry.beside) {
            (Ok((folder, _)), _) => Some(step(self.place(entry, &folder))),
            (Err(_), true) => None,
            (Err(_), false) => Some(step(Stage {
                folder: &self.stage,
                name: &entry.stage,
            })),
        }
    }

    /// Takes the stages of a group away. Where it failed, somebody's save may be in one.
    pub(super) fn clear(&self, entries: &[Entry], failed: bool) -> Result<Vec<Kept>, WriteError> {
        let mut kept = Vec::new();
        for entry in entries {
            let cleared = self.in_stage(entry, |stage| match failed {
                true => recover::clear(&self.stage, &stage, entry),
                false => {
                    drop(stage.folder.remove(stage.name));
                    Ok(None)
                }
            });
            kept.extend(cleared.transpose()?.flatten());
        }
        Ok(kept)
    }
}

/// A line for the state of a file.
fn state(meta: &Meta) -> String {
    let (inode, modified) = meta.state;
    format!("{inode} {modified}")
}
