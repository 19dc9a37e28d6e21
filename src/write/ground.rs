//! The files of one write, on their way: staged, put in place, looked at again.
//! Gets changes; gives for each whether it was done.
//! Never: decides the order of the steps (that is `session`).

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::base::{atomic, clock, hash, unique};
use crate::write::folder::{Folder, Folders, Meta};
use crate::write::journal::Entry;
use crate::write::recover::{self, Kept};
use crate::write::replace::{self, Stage};
use crate::write::session::{Change, LIMIT, Landed};
use crate::write::{WriteError, place};

/// From so many files on, the whole file system is synced once, not each file.
const MANY: usize = 8;
/// An editor that empties a file and then writes it is done by then.
const QUIET_NS: i64 = 50_000_000;

/// One file on its way.
pub(super) struct Step<'c> {
    change: &'c Change,
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

    /// Looks at where the changes of a group are to happen; makes the folders of new files.
    pub(super) fn steps<'c>(&self, changes: &'c [Change]) -> Result<Vec<Step<'c>>, WriteError> {
        changes.iter().map(|change| self.step(change)).collect()
    }

    fn step<'c>(&self, change: &'c Change) -> Result<Step<'c>, WriteError> {
        let path = change.path();
        let folder = if let Change::Create { .. } = change {
            place::check_new(path)?;
            self.check_foreign(path)?;
            Rc::new(Folder::making(self.root, path)?.0)
        } else {
            place::check(path)?;
            self.folders.of(path)?.0
        };
        if let Change::Move { to, .. } = change {
            place::check_new(to)?;
            self.check_foreign(to)?;
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
        // Where a new file is made, it gets the group and the rights that its folder hands on.
        let hands_on = matches!(change, Change::Create { .. }) && folder.hands_on();
        Ok(Step {
            change,
            entry: Entry {
                before,
                after,
                stage: format!("{}{}.tmp", atomic::TEMP_PREFIX, unique::hex()).into(),
                beside: hands_on || mount(&folder)? != mount(&self.stage)?,
                path: path.to_owned(),
            },
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
                let meta = folder.meta(name);
                let like = meta.and_then(|meta| Ok((meta, folder.attributes(name)?)));
                let like = like.map_err(|error| WriteError::of_file("look at", path, error))?;
                (bytes, Some(like))
            }
            Change::Create { bytes, .. } => (bytes, None),
            Change::Remove { .. } | Change::Move { .. } => return Ok(()),
        };
        let stage = self.place(step, &folder);
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
        steps: impl Iterator<Item = &'s Step<'s>>,
    ) -> Result<(), WriteError> {
        let steps: Vec<&Step<'_>> = steps.filter(|step| step.entry.after.is_some()).collect();
        let mut synced: Vec<(u64, u64)> = Vec::new();
        for step in &steps {
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

    /// Carries out the changes of a group, if all its files are as they are expected.
    pub(super) fn put_in_place(&self, steps: &[Step<'_>], ours: &HashSet<&str>) -> Landed {
        let mut landed = Landed {
            done: 0,
            error: self.expected(steps).err(),
        };
        for (at, step) in steps.iter().enumerate() {
            if landed.error.is_some() {
                break;
            }
            // What was displaced goes back to where it was, which a move leaves.
            let before = steps[..at].iter();
            let mut same = before.filter(|other| other.entry.path == step.entry.path);
            let settled = match step.change {
                Change::Move { .. } => same.try_for_each(|step| self.settle_one(step, ours)),
                Change::Replace { .. } | Change::Create { .. } | Change::Remove { .. } => Ok(()),
            };
            match settled.and_then(|()| self.put_one(step)) {
                Ok(()) => landed.done += 1,
                Err(error) => landed.error = Some(error),
            }
        }
        landed
    }

    /// Whether every file of a group is as it is expected.
    fn expected(&self, steps: &[Step<'_>]) -> Result<(), WriteError> {
        for (at, step) in steps.iter().enumerate() {
            let path = &step.entry.path;
            if steps[..at].iter().any(|other| other.entry.path == *path) {
                continue;
            }
            let (folder, name) = self.folders.of(path)?;
            let changed = || WriteError::Changed { path: path.clone() };
            match (&step.entry.before, folder.read(name, LIMIT)) {
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
        for step in steps {
            if let Change::Move { to, .. } = step.change {
                let (folder, name) = Folder::making(self.root, to)?;
                if folder.meta(name).is_ok() {
                    return Err(WriteError::Exists { path: to.clone() });
                }
            }
        }
        Ok(())
    }

    fn put_one(&self, step: &Step<'_>) -> Result<(), WriteError> {
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

    /// Looks once more at what was displaced by a group that was carried out.
    pub(super) fn settle(&self, steps: &[Step<'_>], ours: &HashSet<&str>) -> Landed {
        let moves = |step: &&Step<'_>| {
            let same = |other: &Step<'_>| {
                matches!(other.change, Change::Move { .. }) && other.entry.path == step.entry.path
            };
            steps.iter().any(same)
        };
        for (at, step) in steps.iter().enumerate() {
            // That was done before the file was moved.
            if moves(&step) {
                continue;
            }
            if let Err(error) = self.settle_one(step, ours) {
                let error = Some(error);
                return Landed { done: at, error };
            }
        }
        Landed {
            done: steps.len(),
            error: None,
        }
    }

    /// Whoever had the old file open may have written into it since: then it goes back. What was
    /// written just now may be the first half of something: that is waited for, except where the
    /// last write of ours made it (`ours`).
    fn settle_one(&self, step: &Step<'_>, ours: &HashSet<&str>) -> Result<(), WriteError> {
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
                replace::give_back(&folder, name, path, &stage, after, || {})?;
                Err(WriteError::Changed { path: path.clone() })
            }
        }
    }

    /// How the files stand that were put in place.
    pub(super) fn states<'s>(&self, steps: impl Iterator<Item = &'s Step<'s>>) -> String {
        let state = |step: &Step<'_>| {
            let (folder, name) = self.folders.of(step.change.path()).ok()?;
            Some(state(&folder.meta(name).ok()?))
        };
        let states: Vec<String> = steps.filter_map(state).collect();
        states.join("\n")
    }

    pub(super) fn sync_folders<'s>(
        &self,
        steps: impl Iterator<Item = &'s Step<'s>>,
    ) -> Result<(), WriteError> {
        let parents = steps.filter_map(|step| step.change.path().parent());
        for parent in parents.collect::<BTreeSet<_>>() {
            let folder = Folder::open(self.root, parent);
            let synced = folder.and_then(|folder| folder.sync());
            synced.map_err(|error| WriteError::io("sync the folder", parent, error))?;
        }
        Ok(())
    }

    /// Takes the stages of a group away. Where it failed, somebody's save may be in one.
    pub(super) fn clear(&self, steps: &[Step<'_>], failed: bool) -> Result<Vec<Kept>, WriteError> {
        let mut kept = Vec::new();
        for step in steps {
            // A folder that is gone took what was in it along.
            let folder = self
                .folders
                .of(step.change.path())
                .map(|(folder, _)| folder);
            let stage = match (&folder, step.entry.beside) {
                (Ok(folder), true) => Stage {
                    folder,
                    name: &step.entry.stage,
                },
                (Err(_), true) => continue,
                (_, false) => Stage {
                    folder: &self.stage,
                    name: &step.entry.stage,
                },
            };
            if failed {
                kept.extend(recover::clear(&self.stage, &stage, &step.entry)?);
            } else {
                drop(stage.folder.remove(stage.name));
            }
        }
        Ok(kept)
    }
}

/// A line for the state of a file.
fn state(meta: &Meta) -> String {
    let (inode, modified) = meta.state;
    format!("{inode} {modified}")
}
