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
    let at = |act| {
        move |source| AtomicError {
            act,
            path: path.to_owned(),
            source,
        }
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temp = create(folder, path).map_err(at("create a temp file beside"))?;
    temp.write_all(bytes)
        .map_err(at("write the temp file for"))?;
    temp.as_file()
        .sync_all()
        .map_err(at("sync the temp file for"))?;
    temp.persist(path)
        .map_err(|error| at("replace")(error.error))?;
    sync_folder(folder).map_err(at("sync the folder of"))
}

fn create(folder: &Path, target: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMP_PREFIX).suffix(".tmp");
    let old = std::fs::symlink_metadata(target)
        .ok()
        .filter(std::fs::Metadata::is_file)
        .map(|meta| meta.permissions());
    #[cfg(unix)]
    let new = {
        use std::os::unix::fs::PermissionsExt;
        // A temp file is private by default; this is what any new file gets, less the umask.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
        builder.tempfile_in(folder)?
    };
    // Elsewhere permissions come from the folder.
    #[cfg(not(unix))]
    let new = builder.tempfile_in(folder)?;
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
