//! Files that are old or new, never half: temp file in the same folder, sync, rename, sync folder.
//! Gets a path and bytes; gives errors that name the act and the path.
//! Never: keeps a temp file behind, except where the process is killed.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How names of our temp files begin; they end in `.tmp`.
pub(crate) const TEMP_PREFIX: &str = ".kb-";

#[derive(Debug, thiserror::Error)]
#[error("cannot {act} {path}")]
pub(crate) struct AtomicError {
    pub act: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

/// Puts `bytes` in place of the file, or makes it. When this returns, the new file survives a loss
/// of power; at every instant before, a reader sees all of the old or all of the new.
/// An old file's permissions are kept. A symbolic link is replaced, not followed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), AtomicError> {
    write_as(path, bytes, Access::Read)
}

/// [`write()`]; whoever may read the file may also execute it.
pub(crate) fn write_program(path: &Path, bytes: &[u8]) -> Result<(), AtomicError> {
    write_as(path, bytes, Access::Execute)
}

/// Gives a file another name in one step, replacing what has that name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), AtomicError> {
    let at = |act| {
        move |source| AtomicError {
            act,
            path: to.to_owned(),
            source,
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the folder is synced below")]
    std::fs::rename(from, to).map_err(at("replace"))?;
    sync_folder(folder_of(to)).map_err(at("sync the folder of"))
}

/// [`write()`] of bytes that are made one after the other; where making them fails, nothing is written.
pub(crate) fn fill<E: From<AtomicError>>(
    path: &Path,
    access: Access,
    fill: impl FnOnce(&mut File) -> Result<(), E>,
) -> Result<(), E> {
    let at = |act| {
        move |source| AtomicError {
            act,
            path: path.to_owned(),
            source,
        }
    };
    let folder = folder_of(path);
    let mut temp = create(folder, path, access).map_err(at("create a temp file beside"))?;
    fill(temp.as_file_mut())?;
    temp.as_file()
        .sync_all()
        .map_err(at("sync the temp file for"))?;
    temp.persist(path)
        .map_err(|error| at("replace")(error.error))?;
    Ok(sync_folder(folder).map_err(at("sync the folder of"))?)
}

/// What may be done with a file besides writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Execute,
    /// Only its owner may read it.
    Private,
}

fn write_as(path: &Path, bytes: &[u8], access: Access) -> Result<(), AtomicError> {
    fill(path, access, |temp| {
        temp.write_all(bytes).map_err(|source| AtomicError {
            act: "write the temp file for",
            path: path.to_owned(),
            source,
        })
    })
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn create(folder: &Path, target: &Path, access: Access) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(".tmp");
    let old = std::fs::symlink_metadata(target)
        .ok()
        .filter(std::fs::Metadata::is_file)
        .map(|meta| meta.permissions());
    #[cfg(unix)]
    let (new, old) = {
        use std::os::unix::fs::PermissionsExt;
        // A temp file is private by default; this is what any new file gets, less the umask.
        builder.permissions(std::fs::Permissions::from_mode(match access {
            Access::Read => 0o666,
            Access::Execute => 0o777,
            Access::Private => 0o600,
        }));
        let old = old.map(|old| match access {
            Access::Read => old,
            Access::Private => std::fs::Permissions::from_mode(0o600),
            Access::Execute => {
                std::fs::Permissions::from_mode(old.mode() | ((old.mode() & 0o444) >> 2))
            }
        });
        (builder.tempfile_in(folder)?, old)
    };
    // Elsewhere permissions come from the folder, and every file may be executed.
    #[cfg(not(unix))]
    let new = {
        let _ = access;
        builder.tempfile_in(folder)?
    };
    if let Some(old) = old {
        new.as_file().set_permissions(old)?;
    }
    Ok(new)
}

/// Makes renames, creations and removals in the folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open a folder as a file, and its renames need no such call.
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder)?.sync_all()
}
