//! Advisory locks on files, held by the system: they end with the process, however it ends.
//! Gets a path; gives a guard.
//! Never: removes the lock file (two processes would then hold two locks), or trusts what is in it.

use std::fs::{File, OpenOptions, TryLockError};
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
    _file: File,
}

impl Lock {
    /// Waits, without limit, until no other process holds the lock.
    pub(crate) fn exclusive(path: &Path) -> Result<Self, LockError> {
        let file = open(path)?;
        file.lock()
            .map_err(|source| refused("take", path, source))?;
        Ok(Self { _file: file })
    }

    /// `None` where another holds the lock.
    pub(crate) fn try_exclusive(path: &Path) -> Result<Option<Self>, LockError> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(refused("take", path, source)),
        }
    }
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
