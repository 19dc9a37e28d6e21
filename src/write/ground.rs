//! The files of one write, on their way: staged, put in place, looked at again.
//! Gets changes; gives for each whether it was done.
//! Never: decides the order of the steps (that is `session`).

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{atomic, clock, hash};
use crate::write::folder::{Folder, Folders, Meta};
use crate::write::journal::Entry;
use crate::write::recover::{self, Kept};
use crate::write::replace::{self, Stage};
use crate::write::session::{Change, LIMIT};
use crate::write::{WriteError, place};

/// From so many files on, the whole file system is synced once, not each file.
const MANY: usize = 8;
/// An editor that empties a file and then writes it is done by then.
const QUIET_NS: i64 = 50_000_000;

/// One file on its way.
pub(super) struct Step<'c> {
    change: &'c Change,
    /// Place in the list of changes.
    pub number: usize,
    pub entry: Entry,
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

    /// Looks at where a change is to happen; makes the folders of a new file.
    pub(super) fn step<'c>(
        &self,
        change: &'c Change,
        number: usize,
    ) -> Result<Step<'c>, WriteError> {
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
    pub(super) fn stage_file(&self, step: &Step<'_>) -> Result<(), WriteError> {
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

    pub(super) fn sync_stages(&self, steps: &[Step<'_>]) -> Result<(), WriteError> {
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

    pub(super) fn put_in_place(&self, step: &Step<'_>) -> Result<(), WriteError> {
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

    /// Whoever had the old file open may have written into it since: then it goes back. What was
    /// written just now may be the first half of something: that is waited for, except where the
    /// last write of ours made it (`ours`).
    pub(super) fn settle(&self, step: &Step<'_>, ours: &HashSet<&str>) -> Result<(), WriteError> {
        let (Change::Replace { path, .. }, Some(after)) = (step.change, &step.entry.after) else {
            return Ok(());
        };
        let (folder, name) = self.folders.of(path)?;
        let stage = self.place(step, &folder);
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
            now if now == step.entry.before => Ok(()),
            Some(_) => {
                replace::give_back(&folder, name, path, &stage, after)?;
                Err(WriteError::Changed { path: path.clone() })
            }
        }
    }

    /// How the files stand that were put in place.
    pub(super) fn states(&self, steps: &[Step<'_>]) -> String {
        let state = |step: &Step<'_>| {
            let (folder, name) = self.folders.of(step.change.path()).ok()?;
            Some(state(&folder.meta(name).ok()?))
        };
        let states: Vec<String> = steps.iter().filter_map(state).collect();
        states.join("\n")
    }

    pub(super) fn sync_folders(&self, steps: &[Step<'_>]) -> Result<(), WriteError> {
        let parents = steps.iter().filter_map(|step| step.change.path().parent());
        for parent in parents.collect::<BTreeSet<_>>() {
            let folder = Folder::open(self.root, parent);
            let synced = folder.and_then(|folder| folder.sync());
            synced.map_err(|error| WriteError::io("sync the folder", parent, error))?;
        }
        Ok(())
    }

    /// Takes the stage away. Where the step failed, somebody's save may be in it.
    pub(super) fn clear(&self, step: &Step<'_>, failed: bool) -> Result<Option<Kept>, WriteError> {
        let (folder, _) = self.folders.of(step.change.path())?;
        let stage = self.place(step, &folder);
        if failed {
            return recover::clear(&self.stage, &stage, &step.entry);
        }
        drop(stage.folder.remove(stage.name));
        Ok(None)
    }
}

/// A line for the state of a file.
fn state(meta: &Meta) -> String {
    let (inode, modified) = meta.state;
    format!("{inode} {modified}")
}
