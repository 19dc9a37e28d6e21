//! Why a file was not written.

use std::io;
use std::path::{Path, PathBuf};

/// What stood in the way; the file is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The path leads somewhere that is never written to.
    #[error("{path} is no path for an item: {reason}")]
    Unsafe { path: PathBuf, reason: String },
    /// A symbolic link stands in the path.
    #[error("{path} leads through a symbolic link")]
    Link { path: PathBuf },
    #[error("{path} is no regular file")]
    NotAFile { path: PathBuf },
    /// Nobody may write to the file.
    #[error("{path} is read-only")]
    ReadOnly { path: PathBuf },
    /// A new file could not be given to the owner of the old one.
    #[error("{path} belongs to somebody else")]
    Foreign { path: PathBuf },
    /// It holds other bytes than those that were expected.
    #[error("{path} was changed by somebody else")]
    Changed { path: PathBuf },
    #[error("{path} is there already")]
    Exists { path: PathBuf },
    #[error("{path} is gone")]
    Gone { path: PathBuf },
    #[error("{path} has more than {limit} bytes")]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("cannot {act} {path}")]
    Io {
        act: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl WriteError {
    pub(super) fn io(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            act,
            path: path.to_owned(),
            source,
        }
    }

    /// What the system said about a file, by what it means.
    pub(super) fn of_file(act: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Gone { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ if is_link(&source) => Self::Link { path },
            _ => Self::Io { act, path, source },
        }
    }
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::LOOP | Errno::MLINK)
    )
}

/// Elsewhere links are looked for before a file is opened.
#[cfg(not(unix))]
fn is_link(_: &io::Error) -> bool {
    false
}
