//! Advisory locks on files, held by the system: they end with the process, however it ends.
//! Gets a path; gives a guard. An exclusive holder writes its process id into the file, for messages
//! only: nobody decides by it.
//! Never: removes the lock file (two processes would then hold two locks), or trusts a process id.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("cannot {act} the lock file {path}")]
    Io {
        act: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("{path} is locked by {holder}")]
    Held { path: PathBuf, holder: String },
}

/// A held lock; released on drop.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Waits, without limit, until no other process holds any lock on the file.
    pub(crate) fn exclusive(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock()
            .map_err(|source| io_error("take", path, source))?;
        Self::signed(file, path)
    }

    /// `None` where another holds any lock on the file.
    pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Self::signed(file, path).map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io_error("take", path, source)),
        }
    }

    /// Waits up to `limit`.
    ///
    /// # Errors
    /// `Held`, with the process that holds it as far as known, after that time.
    pub(crate) fn exclusive_within(path: &Path, limit: Duration) -> Result<Self, LockError> {
        let start = Instant::now();
        // The system has no lock with a time limit; asking again costs microseconds.
        let mut pause = Duration::from_micros(200);
        loop {
            if let Some(lock) = Self::try_exclusive(path)? {
                return Ok(lock);
            }
            let left = limit.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(LockError::Held {
                    path: path.to_owned(),
                    holder: describe(holder(path)),
                });
            }
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    }

    /// Waits, without limit, until nobody holds the file exclusively; any number may share it.
    pub(crate) fn shared(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock_shared()
            .map_err(|source| io_error("share", path, source))?;
        Ok(Self::held(file, path))
    }

    /// `None` where another holds the file exclusively.
    pub(crate) fn try_shared(path: &Path) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self::held(file, path))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(io_error("share", path, source)),
        }
    }

    /// The file the lock is on.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn held(file: File, path: &Path) -> Self {
        Self {
            file,
            path: path.to_owned(),
        }
    }

    fn signed(file: File, path: &Path) -> Result<Self, LockError> {
        let mut lock = Self::held(file, path);
        let text = format!("{}\n", std::process::id());
        lock.file
            .set_len(0)
            .and_then(|()| lock.file.rewind())
            .and_then(|()| lock.file.write_all(text.as_bytes()))
            .map_err(|source| io_error("write", path, source))?;
        Ok(lock)
    }
}

/// The process that took the lock exclusively last, if it said so. It may be gone, and where locks
/// are mandatory the file cannot be read while it is locked: for messages only.
pub(crate) fn holder(path: &Path) -> Option<u32> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn describe(holder: Option<u32>) -> String {
    holder.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

fn open(path: &Path) -> Result<File, LockError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|source| io_error("open", path, source))
}

fn io_error(act: &'static str, path: &Path, source: io::Error) -> LockError {
    LockError::Io {
        act,
        path: path.to_owned(),
        source,
    }
}
