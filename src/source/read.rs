//! The bytes of one file of the work tree, and a stamp that is not newer than they are.
//! Gets its path; gives bytes, or why not.
//! Never: follows a symbolic link, waits for a pipe or device, reads past the limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::model::file::Stamp;
use crate::source::stamp::stamp;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Removed since the scan.
    #[error("{path} is gone")]
    Gone { path: PathBuf },
    /// A folder, pipe, device or symbolic link has taken its place.
    #[error("{path} is no regular file")]
    NotAFile { path: PathBuf },
    #[error("{path} has {size} bytes, more than {limit}")]
    TooLarge {
        path: PathBuf,
        size: u64,
        limit: u64,
    },
    #[error("cannot read {path}")]
    Io { path: PathBuf, source: io::Error },
}

/// Reads at most `limit` bytes. The stamp is taken after opening and before reading: a file that is
/// written meanwhile has another one afterwards.
pub(crate) fn read_path(path: &Path, limit: u64) -> Result<(Vec<u8>, Stamp), ReadError> {
    let error = |source: io::Error| explain(path, source);
    let file = open(path).map_err(error)?;
    let meta = file.metadata().map_err(error)?;
    if !meta.is_file() {
        return Err(ReadError::NotAFile {
            path: path.to_owned(),
        });
    }
    let too_large = |size| ReadError::TooLarge {
        path: path.to_owned(),
        size,
        limit,
    };
    if meta.len() > limit {
        return Err(too_large(meta.len()));
    }
    // One more than there should be, so that the end is seen without growing.
    let capacity = usize::try_from(meta.len()).unwrap_or(0).saturating_add(1);
    let mut bytes = Vec::with_capacity(capacity);
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(error)?;
    let size = bytes.len() as u64;
    if size > limit {
        return Err(too_large(size));
    }
    Ok((bytes, stamp(&meta)))
}

fn explain(path: &Path, source: io::Error) -> ReadError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Gone { path },
        // `ENXIO`: a socket, or a device without one behind it.
        _ if is_link(&source) => ReadError::NotAFile { path },
        _ => ReadError::Io { path, source },
    }
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::LOOP | Errno::MLINK | Errno::NXIO)
    )
}

#[cfg(not(unix))]
fn is_link(_: &io::Error) -> bool {
    false
}

/// No component may be a symbolic link: the root is free of them, and the scan passed none below.
#[cfg(target_os = "linux")]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
    use rustix::io::Errno;
    match openat2(
        CWD,
        path,
        open_flags(),
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    ) {
        Ok(fd) => Ok(fd.into()),
        // A kernel before 5.6, or a sandbox that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => open_last(path),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere only the last component is held to that: there is no such call.
#[cfg(all(unix, not(target_os = "linux")))]
fn open(path: &Path) -> io::Result<File> {
    open_last(path)
}

#[cfg(unix)]
fn open_last(path: &Path) -> io::Result<File> {
    use rustix::fs::Mode;
    Ok(rustix::fs::open(path, open_flags(), Mode::empty())?.into())
}

#[cfg(unix)]
fn open_flags() -> rustix::fs::OFlags {
    use rustix::fs::OFlags;
    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

/// std cannot refuse a link while opening; it is looked at first.
#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(io::Error::from(io::ErrorKind::NotFound));
    }
    File::open(path)
}
