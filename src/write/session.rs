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

    /// Carries out the changes; `what` tells people of them. Gives for each whether it was done: one
    /// that could not be done hinders no other.
    pub(crate) fn apply(
        &self,
        what: &str,
        changes: &[Change],
    ) -> Result<Vec<Result<(), WriteError>>, WriteError> {
        let ground = Ground::new(&self.root, self.stage()?);
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
        let ours = std::fs::read_to_string(self.home.folder.join(OURS)).unwrap_or_default();
        let ours: HashSet<&str> = ours.lines().collect();
        for step in &steps {
            if results[step.number].is_ok() {
                results[step.number] = ground.settle(step, &ours);
            }
        }
        ground.sync_folders(&steps)?;
        // Where it cannot be written, the next write only waits longer.
        drop(
            File::create(self.home.folder.join(OURS))
                .and_then(|mut file| file.write_all(ground.states(&steps).as_bytes())),
        );
        fault::point("write.before-end").map_err(failed)?;
        for step in &steps {
            let kept = ground.clear(step, results[step.number].is_err())?;
            self.kept.borrow_mut().extend(kept);
        }
        drop(std::fs::remove_file(&path));
        Ok(results)
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
        if let Some(journal) = Journal::parse(&bytes) {
            for entry in &journal.entries {
                let kept = recover_entry(&journal, entry, &stage)?;
                self.kept.borrow_mut().extend(kept);
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
