//! Why hooks could not be looked at or changed.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::atomic::AtomicError;
use crate::base::lock::LockError;
use crate::source::SourceError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HooksError {
    #[error("cannot {act} {path}")]
    Io {
        act: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("cannot {act}: {message}")]
    Config { act: &'static str, message: String },
}

impl HooksError {
    pub(super) fn io(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            act,
            path: path.to_owned(),
            source,
        }
    }
}

impl From<AtomicError> for HooksError {
    fn from(error: AtomicError) -> Self {
        Self::Io {
            act: error.act,
            path: error.path,
            source: error.source,
        }
    }
}

impl From<LockError> for HooksError {
    fn from(error: LockError) -> Self {
        Self::Io {
            act: match error.act {
                "take" => "take the lock",
                _ => "open the lock",
            },
            path: error.path,
            source: error.source,
        }
    }
}
