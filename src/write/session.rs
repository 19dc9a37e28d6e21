//! One write of one or more files, under the lock that all writers of a repository share.
//!
//! ```text
//! lock -> what was cut off before is put right -> read -> journal -> stage -> sync
//!      -> each file changes places with its stage -> sync folders -> stages and journal removed
//! ```
//!
//! At every instant each file is old or new. Never: knows what is in a file.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::lock::{Lock, LockError};
use crate::base::{atomic, clock, fault};
use crate::write::folder::{Current, Folder};
use crate::write::ground::{Ground, Step};
use crate::write::journal::{CutOff, Hash, Journal};
use crate::write::recover::{Kept, recover_entry, told};
use crate::write::{WriteError, place};

/// Files with more bytes are not written.
pub(super) const LIMIT: u64 = 64 << 20;

const JOURNAL: &str = "journal";
/// The last write of several files that did not come to its end, for people to see.
const CUT_OFF: &str = "cut-off";
const STAGE: &str = "stage";
/// Inode and time of the files that the last write put in place.
const OURS: &str = "ours";

/// Where a repository keeps what writers share.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// The lock of all work trees of the repository.
    pub lock: PathBuf,
    /// The folder of this work tree's journal and stages.
    pub folder: PathBuf,
}

impl Home {
    /// Whether a writer was killed and nobody has put right yet what it left.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.folder.join(JOURNAL).exists() && !Lock::is_held(&self.lock)
    }

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

/// Changes that are carried out together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'c> {
    /// The command in a few words, for people who come upon half of it.
    pub what: &'c str,
    /// The files of one item each, as a rule.
    pub groups: &'c [Vec<Change>],
    /// No other group is carried out where the first one is not.
    pub first_decides: bool,
}

/// What became of a group.
#[derive(Debug)]
pub(crate) struct Landed {
    /// So many of its changes stand, from the first one on.
    pub done: usize,
    /// Why the next one does not.
    pub error: Option<WriteError>,
}

impl Landed {
    pub(crate) fn into_result(self) -> Result<(), WriteError> {
        self.error.map_or(Ok(()), Err)
    }
}

/// The right to write, held.
#[derive(Debug)]
pub(crate) struct Session {
    root: PathBuf,
    home: Home,
    /// What an earlier write left half done, told once.
    pub(crate) cut_off: Option<CutOff>,
    /// Versions of files that somebody saved at an instant in which they had no other place.
    kept: RefCell<Vec<Kept>>,
    _lock: Lock,
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
            kept: RefCell::new(Vec::new()),
            _lock: lock,
        };
        session.recover()?;
        Ok(session)
    }

    /// Carries out changes, group by group. No file of a group is touched where one of them is not as
    /// it is expected; a group that cannot be carried out hinders no other, except where the first one
    /// decides about all.
    pub(crate) fn apply(&self, batch: &Batch<'_>) -> Result<Vec<Landed>, WriteError> {
        let ground = Ground::new(&self.root, self.stage()?);
        let mut landed: Vec<Landed> = Vec::with_capacity(batch.groups.len());
        let mut steps: Vec<Vec<Step<'_>>> = Vec::with_capacity(batch.groups.len());
        for changes in batch.groups {
            let (own, error) = match ground.steps(changes) {
                Ok(own) => (own, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            steps.push(own);
            landed.push(Landed { done: 0, error });
        }
        let journal = Journal {
            root: self.root.clone(),
            what: batch.what.to_owned(),
            at: clock::iso(clock::now_ns()),
            entries: steps
                .iter()
                .flatten()
                .map(|step| step.entry.clone())
                .collect(),
            staged: false,
        };
        let path = self.home.folder.join(JOURNAL);
        let failed = |error| WriteError::io("write", &path, error);
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(&journal.bytes()).map_err(failed)?;
        fault::point("write.after-journal").map_err(failed)?;
        for (steps, landed) in steps.iter_mut().zip(&mut landed) {
            let staged = steps.iter().try_for_each(|step| ground.stage_file(step));
            if let Err(error) = staged {
                landed.error = Some(error);
                ground.clear(steps, false)?;
                steps.clear();
            }
        }
        fault::point("write.after-stage").map_err(failed)?;
        ground.sync_stages(steps.iter().flatten())?;
        file.write_all(&Journal::staged_mark()).map_err(failed)?;
        if journal.entries.len() > 1 {
            file.sync_all().map_err(failed)?;
        }
        drop(file);
        let ours = std::fs::read_to_string(self.home.folder.join(OURS)).unwrap_or_default();
        let ours: HashSet<&str> = ours.lines().collect();
        let mut is_decided = false;
        for (steps, landed) in steps.iter().zip(&mut landed) {
            if landed.error.is_none() && !is_decided {
                *landed = ground.put_in_place(steps, &ours);
            } else if let Some(step) = steps.first() {
                landed.error.get_or_insert(WriteError::Changed {
                    path: step.entry.path.clone(),
                });
            }
            is_decided |= batch.first_decides && landed.error.is_some();
            fault::point("write.between").map_err(failed)?;
        }
        for (steps, landed) in steps.iter().zip(&mut landed) {
            if landed.error.is_none() {
                *landed = ground.settle(steps, &ours);
            }
        }
        ground.sync_folders(steps.iter().flatten())?;
        // Where it cannot be written, the next write only waits longer.
        let states = ground.states(steps.iter().flatten());
        drop(
            File::create(self.home.folder.join(OURS))
                .and_then(|mut file| file.write_all(states.as_bytes())),
        );
        fault::point("write.before-end").map_err(failed)?;
        for (steps, landed) in steps.iter().zip(&landed) {
            let kept = ground.clear(steps, landed.error.is_some())?;
            self.kept.borrow_mut().extend(kept);
        }
        drop(std::fs::remove_file(&path));
        Ok(landed)
    }

    /// What is to be told when all is done: a write that was cut off, and versions that were kept.
    pub(crate) fn end(self) -> (Option<CutOff>, Vec<Kept>) {
        (self.cut_off, self.kept.into_inner())
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
        if bytes.is_empty() {
            // Cut off before anything was said: nothing was staged.
        } else if let Some(journal) = Journal::parse(&bytes) {
            for entry in &journal.entries {
                let kept = recover_entry(&journal, entry, &stage)?;
                self.kept.borrow_mut().extend(kept);
            }
            self.cut_off = told(&journal, &self.root);
            if self.cut_off.is_some() {
                atomic::write(&self.home.folder.join(CUT_OFF), &bytes)
                    .map_err(|error| WriteError::io(error.act, &error.path, error.source))?;
            }
        } else {
            // Of a version to come: what it says is not thrown away.
            let aside = format!("journal-{}", clock::system_ns());
            atomic::write(&self.home.folder.join(aside), &bytes)
                .map_err(|error| WriteError::io(error.act, &error.path, error.source))?;
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
