//! Advisory locks on files, held by the system: they end with the process, however it ends.
//! Gets a path; gives a guard.
//! Never: removes the lock file (two processes would then hold two locks), or trusts what is in it.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("cannot {act} the lock file {path}")]
pub(crate) struct LockError {
    pub act: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

/// A held lock; released on drop.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Lock {
    /// Waits, without limit, until no other process holds the lock.
    pub(crate) fn exclusive(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock()
            .map_err(|source| refused("take", path, source))?;
        Ok(Self { file })
    }

    /// `None` where another holds the lock.
    pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(refused("take", path, source)),
        }
    }

    /// Whether a process holds the lock at this moment; a look, which takes it for an instant where
    /// nobody does. False where there is no such file.
    pub(crate) fn is_held(path: &Path) -> bool {
        File::open(path)
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Whether the file of this lock is still the one that others find at `path`.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        let (Ok(own), Ok(there)) = (self.file.metadata(), std::fs::metadata(path)) else {
            return false;
        };
        is_same(&own, &there)
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}

fn open(path: &Path) -> Result<File, LockError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|source| refused("open", path, source))
}

fn refused(act: &'static str, path: &Path, source: io::Error) -> LockError {
    LockError {
        act,
        path: path.to_owned(),
        source,
    }
}
