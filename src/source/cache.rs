//! Where the cache of a place is kept: never among the items.
//! Gets a `Place`; gives a folder, and makes it.
//! Never: knows what is in it.

use std::path::{Path, PathBuf};

use crate::base::{atomic, env, hash};
use crate::source::repo::Place;
use crate::source::{SourceError, name};

/// The folder of the cache outside Git, below the root.
pub(crate) const PLAIN_CACHE: &str = ".kanban";

/// The folder of the cache: `<git dir of this work tree>/kanban`, or one by the hash of the root's
/// path below `KANBAN_CACHE_DIR`, or `.kanban` outside Git. It need not exist.
pub(crate) fn cache_dir(place: &Place) -> PathBuf {
    cache_dir_below(place, env::cache_dir().as_deref())
}

/// [`cache_dir`] with a given value of `KANBAN_CACHE_DIR`.
pub(crate) fn cache_dir_below(place: &Place, parent: Option<&Path>) -> PathBuf {
    if let Some(parent) = parent {
        let path = hash::content_hash(name::os_bytes(place.root.as_os_str()));
        return parent.join(hash::hex(&path[..16]));
    }
    match place.git_dir() {
        Some(git_dir) => git_dir.join("kanban"),
        None => place.root.join(PLAIN_CACHE),
    }
}

/// The folder of caches that all work trees of a repository share: `<git common dir>/kanban`, or one by the
/// hash of that folder's path below `KANBAN_CACHE_DIR`.
pub(crate) fn shared_cache_dir(place: &Place) -> PathBuf {
    let Some(common_dir) = place.common_dir() else {
        return cache_dir(place);
    };
    match env::cache_dir() {
        Some(parent) => {
            let path = hash::content_hash(name::os_bytes(common_dir.as_os_str()));
            parent.join(hash::hex(&path[..16]))
        }
        None => common_dir.join("kanban"),
    }
}

/// Makes the folder [`cache_dir`] where it is not there; in a plain folder with an ignore file, so
/// that it never gets into a repository made later.
pub(crate) fn ensure_cache_dir(place: &Place) -> Result<PathBuf, SourceError> {
    ensure_below(place, env::cache_dir().as_deref())
}

/// [`ensure_cache_dir`] with a given value of `KANBAN_CACHE_DIR`.
pub(crate) fn ensure_below(place: &Place, parent: Option<&Path>) -> Result<PathBuf, SourceError> {
    let folder = cache_dir_below(place, parent);
    std::fs::create_dir_all(&folder)
        .map_err(|source| SourceError::io("make the folder", &folder, source))?;
    if parent.is_none() && place.git_dir().is_none() {
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            atomic::write(&ignore, b"*\n")
                .map_err(|error| SourceError::io("write", &ignore, error.source))?;
        }
    }
    Ok(folder)
}
