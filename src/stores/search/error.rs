//! Why the search index failed, sorted by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

/// A failure of the search index.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    /// Missing, damaged, or of another version: a rebuild heals it.
    #[error("the search index in {} cannot be used: {reason}", dir.display())]
    Unusable { dir: PathBuf, reason: String },
    /// The system refused; the index may be whole, so nothing may be thrown away.
    #[error("cannot {act} the search index in {}", dir.display())]
    Io {
        act: &'static str,
        dir: PathBuf,
        source: io::Error,
    },
}

impl SearchError {
    /// True where a rebuild heals it.
    pub(crate) fn rebuildable(&self) -> bool {
        matches!(self, Self::Unusable { .. })
    }

    /// True where there is no room left on the device.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            // Its indexing threads pass the reason on as text only.
            Self::Unusable { reason, .. } => reason.contains("No space left"),
        }
    }

    /// Sorts a failure of tantivy that came up while doing `act` in `dir`.
    pub(crate) fn sort(act: &'static str, dir: &Path, error: TantivyError) -> Self {
        let io = match &error {
            TantivyError::IoError(source) => Some(source),
            TantivyError::LockFailure(LockError::IoError(source), _) => Some(source),
            TantivyError::OpenDirectoryError(
                OpenDirectoryError::IoError {
                    io_error: source, ..
                }
                | OpenDirectoryError::FailedToCreateTempDir(source),
            ) => Some(source),
            TantivyError::OpenReadError(OpenReadError::IoError {
                io_error: source, ..
            }) => Some(source),
            TantivyError::OpenWriteError(OpenWriteError::IoError {
                io_error: source, ..
            }) => Some(source),
            _ => None,
        };
        match io.and_then(|source| source.raw_os_error()) {
            // Only what the system says is about the system; tantivy words damage as IO errors too.
            Some(code) => Self::io(act, dir, io::Error::from_raw_os_error(code)),
            None => Self::Unusable {
                dir: dir.to_owned(),
                reason: error.to_string(),
            },
        }
    }

    /// Sorts a failure of the system.
    pub(crate) fn io(act: &'static str, dir: &Path, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Unusable {
                dir: dir.to_owned(),
                reason: source.to_string(),
            };
        }
        Self::Io {
            act,
            dir: dir.to_owned(),
            source,
        }
    }
}
