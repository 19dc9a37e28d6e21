//! One write of one or more files, under the lock that all writers of a repository share.
//!
//! ```text
//! lock -> what was cut off before is finished -> read -> journal -> stage -> sync
//!      -> each file changes places with its stage -> sync folders -> stages and journal removed
//! ```
//!
//! At every instant each file is old or new. Never: knows what is in a file.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::atomic::{self, AtomicError};
use crate::base::lock::{Lock, LockError};
use crate::base::{clock, fault, hash};
use crate::write::folder::{Current, Folder};
use crate::write::ground::Ground;
use crate::write::journal::{self, CutOff, Ending, Entry, Hash, Journal};
use crate::write::recover::{self, KEPT, Kept, told};
use crate::write::{WriteError, place};

/// Files with more bytes are not written.
pub(super) const LIMIT: u64 = 64 << 20;

const JOURNAL: &str = "journal";
/// The last write that did not come to its end by itself, for people to see; with a number behind it for
/// a root in a folder of the work tree.
const CUT_OFF: &str = "cut-off";
const STAGE: &str = "stage";
/// Inode and time of the files that the last write put in place.
const OURS: &str = "ours";
/// How journals are called that this version cannot read.
const ASIDE: &str = "journal-";

/// Where a repository keeps what writers share.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// The top of the work tree, or the plain folder: journals name their roots relative to it, as it
    /// may be moved or copied with them.
    pub top: PathBuf,
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

    /// The last write that was cut off, until people were told of its end, or all is as it meant it.
    /// Nothing while somebody writes.
    pub(crate) fn cut_off(&self, root: &Path) -> Option<CutOff> {
        if Lock::is_held(&self.lock) {
            return None;
        }
        let read = |path: PathBuf| Journal::parse(&std::fs::read(path).ok()?);
        let told = |journal: Journal| told(&journal, &self.top, root);
        let open = read(self.folder.join(JOURNAL)).and_then(told);
        open.or_else(|| read(self.record(self.inner(root))).and_then(told))
    }

    /// What is in the folder of the journal for people to look at: journals that were put aside, and
    /// versions of files that have no other place.
    pub(crate) fn leftovers(&self) -> Vec<PathBuf> {
        let listed = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
        let all = listed(&self.folder).chain(listed(&self.folder.join(STAGE)));
        let is_left = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(ASIDE) || name.starts_with(KEPT)
        };
        let mut left: Vec<PathBuf> = all.map(|entry| entry.path()).filter(is_left).collect();
        left.sort();
        left
    }

    /// A root relative to the top of the work tree.
    fn inner<'r>(&self, root: &'r Path) -> &'r Path {
        let inner = root.strip_prefix(&self.top);
        inner.expect("because a root is in its work tree")
    }

    /// Where it is noted how the last write below a root has ended that was cut off.
    fn record(&self, inner: &Path) -> PathBuf {
        if inner.as_os_str().is_empty() {
            return self.folder.join(CUT_OFF);
        }
        let hash = hash::content_hash(inner.as_os_str().as_encoded_bytes());
        let number = &hash::hex(&hash)[..16];
        self.folder.join(format!("{CUT_OFF}-{number}"))
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
    /// The command with all its words, for people who come upon half of it.
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

/// What people are to be told when a session ends.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// How an earlier write has ended.
    pub cut_off: Option<CutOff>,
    pub kept: Vec<Kept>,
    /// A journal that this version cannot read was put aside there.
    pub aside: Option<PathBuf>,
}

/// The right to write, held.
#[derive(Debug)]
pub(crate) struct Session {
    root: PathBuf,
    home: Home,
    /// How an earlier write has ended that was cut off.
    cut_off: Option<CutOff>,
    /// A journal that this version cannot read, and what it was called then.
    aside: Option<PathBuf>,
    /// Branch and commit; none where they cannot be read.
    head: Option<String>,
    /// Versions of files that somebody saved at an instant in which they had no other place.
    kept: RefCell<Vec<Kept>>,
    _lock: Lock,
}

impl Session {
    /// Waits for the other writers of the repository, then puts right what one that was killed left.
    /// `head` tells branch and commit, once nobody else writes.
    pub(crate) fn begin(
        root: &Path,
        home: &Home,
        head: impl FnOnce() -> Option<String>,
    ) -> Result<Self, WriteError> {
        for folder in [home.folder.as_path(), home.lock.parent().unwrap_or(root)] {
            std::fs::create_dir_all(folder)
                .map_err(|error| WriteError::io("make the folder", folder, error))?;
        }
        fault::point("write.before-lock")
            .map_err(|error| WriteError::io("lock", &home.lock, error))?;
        let lock = Lock::exclusive(&home.lock)
            .map_err(|LockError { act, path, source }| WriteError::Io { act, path, source })?;
        let mut session = Self {
            root: root.to_owned(),
            home: home.clone(),
            cut_off: None,
            aside: None,
            head: head(),
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
        let mut groups: Vec<Vec<Entry>> = Vec::with_capacity(batch.groups.len());
        for (number, changes) in batch.groups.iter().enumerate() {
            let (own, error) = match ground.entries(changes, number) {
                Ok(own) => (own, None),
                Err(error) => (Vec::new(), Some(error)),
            };
            groups.push(own);
            landed.push(Landed { done: 0, error });
        }
        let journal = Journal {
            root: self.home.inner(&self.root).to_owned(),
            head: self.head.clone(),
            what: batch.what.to_owned(),
            at: clock::iso(clock::now_ns()),
            first_decides: batch.first_decides,
            entries: groups.iter().flatten().cloned().collect(),
            staged: false,
            ending: Ending::Open,
        };
        let path = self.home.folder.join(JOURNAL);
        let failed = |error| WriteError::io("write", &path, error);
        let mut file = File::create(&path).map_err(failed)?;
        file.write_all(&journal.bytes()).map_err(failed)?;
        fault::point("write.after-journal").map_err(failed)?;
        let mut dropped = Vec::new();
        for (number, (entries, landed)) in groups.iter_mut().zip(&mut landed).enumerate() {
            let mut all = batch.groups[number].iter().zip(&*entries);
            let staged = all.try_for_each(|(change, entry)| ground.stage_file(change, entry));
            if let Err(error) = staged {
                landed.error = Some(error);
                ground.clear(entries, false)?;
                entries.clear();
                dropped.push(number);
            }
        }
        fault::point("write.after-stage").map_err(failed)?;
        ground.sync_stages(groups.iter().flatten())?;
        file.write_all(&Journal::staged_mark(dropped.into_iter()))
            .map_err(failed)?;
        // One file is old or new by itself; several must be known after a loss of power.
        if journal.entries.len() > 1 {
            ground.sync_names()?;
            file.sync_all().map_err(failed)?;
            atomic::sync_folder(&self.home.folder).map_err(failed)?;
        }
        fault::point("write.after-mark").map_err(failed)?;
        let ours = self.ours();
        let ours: HashSet<&str> = ours.lines().collect();
        let mut is_decided = false;
        for (entries, landed) in groups.iter().zip(&mut landed) {
            if landed.error.is_none() && !is_decided {
                *landed = ground.put_in_place(entries, &ours);
            } else if let Some(entry) = entries.first() {
                landed.error.get_or_insert(WriteError::Changed {
                    path: entry.path.clone(),
                });
            }
            is_decided |= batch.first_decides && landed.error.is_some();
            fault::point("write.between").map_err(failed)?;
        }
        for (entries, landed) in groups.iter().zip(&mut landed) {
            if landed.error.is_none() {
                *landed = ground.settle(entries, &ours);
            }
        }
        fault::point("write.after-settle").map_err(failed)?;
        ground.sync_folders(groups.iter().flatten())?;
        // Where it cannot be written, the next write only waits longer.
        let states = ground.states(groups.iter().flatten());
        drop(
            File::create(self.home.folder.join(OURS))
                .and_then(|mut file| file.write_all(states.as_bytes())),
        );
        fault::point("write.before-end").map_err(failed)?;
        // Without stages nobody can tell any more what was begun.
        let is_whole = landed.iter().all(|landed| landed.error.is_none());
        let ending = if is_whole {
            Ending::Finished
        } else {
            Ending::Left
        };
        file.write_all(&ending.mark()).map_err(failed)?;
        drop(file);
        for (entries, landed) in groups.iter().zip(&landed) {
            let kept = ground.clear(entries, landed.error.is_some())?;
            self.kept.borrow_mut().extend(kept);
        }
        fault::point("write.after-clear").map_err(failed)?;
        drop(std::fs::remove_file(&path));
        Ok(landed)
    }

    /// The files that the last write put in place.
    fn ours(&self) -> String {
        std::fs::read_to_string(self.home.folder.join(OURS)).unwrap_or_default()
    }

    /// What is to be told when all is done: a write that was cut off, and versions that were kept.
    /// What was told needs not be told again.
    pub(crate) fn end(self) -> Told {
        let cut_off = self.cut_off.clone().or_else(|| self.record());
        self.forget();
        Told {
            cut_off,
            ..self.healed()
        }
    }

    /// The same, for who only came upon it: it is told again by whoever writes next.
    pub(crate) fn healed(self) -> Told {
        Told {
            cut_off: self.cut_off,
            kept: self.kept.into_inner(),
            aside: self.aside,
        }
    }

    /// Whether a write of these words was cut off and has been finished since, and nobody has written
    /// anything after that: to do it again may be what nobody wants. Said once.
    pub(crate) fn was_just_finished(&self, what: &str, groups: &[Vec<Change>]) -> bool {
        let told = self.cut_off.clone().or_else(|| self.record());
        let is_it = told.is_some_and(|told| {
            let known: HashSet<&Path> = told.files.iter().map(|(path, _)| path.as_ref()).collect();
            let mut paths = groups.iter().flatten().map(Change::path);
            told.ending == Ending::Finished
                && told.what == what
                && paths.all(|path| known.contains(path))
        });
        if is_it {
            self.forget();
        }
        is_it
    }

    fn record(&self) -> Option<CutOff> {
        let path = self.home.record(self.home.inner(&self.root));
        let bytes = std::fs::read(path).ok()?;
        told(&Journal::parse(&bytes)?, &self.home.top, &self.root)
    }

    fn forget(&self) {
        let path = self.home.record(self.home.inner(&self.root));
        drop(std::fs::remove_file(path));
    }

    fn stage(&self) -> Result<Folder, WriteError> {
        Folder::make(&self.home.folder, Path::new(STAGE)).map_err(|error| {
            WriteError::io("make the folder", &self.home.folder.join(STAGE), error)
        })
    }

    /// Puts right what a writer that was killed left.
    fn recover(&mut self) -> Result<(), WriteError> {
        let path = self.home.folder.join(JOURNAL);
        let failed = |act| move |error: AtomicError| WriteError::io(act, &error.path, error.source);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.sweep()?;
                return Ok(());
            }
            Err(error) => return Err(WriteError::io("read", &path, error)),
        };
        if let Some(journal) = Journal::parse(&bytes) {
            let ours = self.ours();
            let ours = ours.lines().collect();
            let head = self.head.as_deref();
            let (journal, kept) =
                recover::recover(journal, &self.home.top, &path, self.stage()?, head, &ours)?;
            self.kept.borrow_mut().extend(kept);
            self.cut_off = told(&journal, &self.home.top, &self.root);
            let record = self.home.record(&journal.root);
            atomic::rename(&path, &record).map_err(failed("replace"))?;
        } else if bytes.starts_with(journal::MAGIC) {
            // Of a version to come: what it says is not thrown away.
            let aside = format!("{ASIDE}{}", clock::system_ns());
            let aside = self.home.folder.join(aside);
            atomic::rename(&path, &aside).map_err(failed("put aside"))?;
            self.aside = Some(aside);
        } else {
            // Of one file, which is old or new by itself, and lost with the power; or empty: cut off
            // before anything was said.
            drop(std::fs::remove_file(&path));
        }
        self.sweep()
    }

    /// Takes away what nobody knows of, except where a journal tells more than we can read.
    fn sweep(&self) -> Result<(), WriteError> {
        let listed = std::fs::read_dir(&self.home.folder);
        let listed = listed.map_err(|error| WriteError::io("list", &self.home.folder, error))?;
        let mut names = listed.flatten().map(|entry| entry.file_name());
        if !names.any(|name| name.to_string_lossy().starts_with(ASIDE)) {
            recover::sweep(&self.home.folder, &self.stage()?);
        }
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
