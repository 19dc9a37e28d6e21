//! Hooks that are kept beside ours: `post-commit` becomes `post-commit.kanban-chained`.
//! Gets the folder of the hooks and a name. Gives the kept file its own name again where it can:
//! `kanban-chained/post-commit` is a link to it, among links to everything else in the folder, for
//! hooks that look at what they are called and at what stands beside them.
//! Never: copies or changes a kept file; it stays the same inode from install to uninstall.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::atomic;
use crate::hooks::error::HooksError;

const SUFFIX: &str = ".kanban-chained";
const ALIASES: &str = "kanban-chained";

/// The name under which a hook is kept.
pub(super) fn name(hook: &str) -> String {
    format!("{hook}{SUFFIX}")
}

pub(super) fn kept(folder: &Path, hook: &str) -> PathBuf {
    folder.join(name(hook))
}

pub(super) fn is_kept(folder: &Path, hook: &str) -> bool {
    kept(folder, hook).symlink_metadata().is_ok()
}

/// Whether a hook can be kept: nothing is, or it is that hook itself (see [`is_half`]).
pub(super) fn is_free(folder: &Path, hook: &str) -> Result<bool, HooksError> {
    Ok(!is_kept(folder, hook) || is_half(folder, hook)?)
}

/// Whether a hook stands in its place and is kept too: what is left where we were killed.
pub(super) fn is_half(folder: &Path, hook: &str) -> Result<bool, HooksError> {
    let (path, kept) = (folder.join(hook), kept(folder, hook));
    if !is_kept(folder, hook) {
        return Ok(false);
    }
    let at = |source| HooksError::io("look at", &kept, source);
    let links = path.is_symlink() && kept.is_symlink();
    if links {
        let same = std::fs::read_link(&path).and_then(|one| Ok(one == std::fs::read_link(&kept)?));
        return same.map_err(at);
    }
    if path.is_symlink() || kept.is_symlink() || !path.is_file() || !kept.is_file() {
        return Ok(false);
    }
    let same = std::fs::read(&path).and_then(|one| Ok(one == std::fs::read(&kept)?));
    same.map_err(at)
}

/// Keeps the hook under its second name; it stands in its place until it is replaced.
pub(super) fn keep(folder: &Path, hook: &str) -> Result<(), HooksError> {
    let (path, kept) = (folder.join(hook), kept(folder, hook));
    if !is_kept(folder, hook) {
        std::fs::hard_link(&path, &kept)
            .map_err(|source| HooksError::io("keep the hook as", &kept, source))?;
    }
    alias(folder).map_err(|source| HooksError::io("make links in", &folder.join(ALIASES), source))
}

/// Puts the kept hook in place of ours, in one step.
pub(super) fn give_back(folder: &Path, hook: &str) -> Result<(), HooksError> {
    atomic::rename(&kept(folder, hook), &folder.join(hook))?;
    Ok(())
}

pub(super) fn forget(folder: &Path, hook: &str) -> Result<(), HooksError> {
    let kept = kept(folder, hook);
    std::fs::remove_file(&kept).map_err(|source| HooksError::io("remove", &kept, source))
}

/// Makes the links anew, or takes them away where nothing is kept any more.
pub(super) fn tidy(folder: &Path) -> Result<(), HooksError> {
    let aliases = folder.join(ALIASES);
    if !aliases.is_dir() || aliases.is_symlink() {
        return Ok(());
    }
    let done = match entries(folder) {
        Ok(names) if names.iter().any(|name| name.ends_with(SUFFIX)) => alias(folder),
        Ok(_) => clear(&aliases),
        Err(error) => Err(error),
    };
    done.map_err(|source| HooksError::io("tidy", &aliases, source))
}

/// Names in a folder; one that is not UTF-8 needs no alias.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

#[cfg(unix)]
fn alias(folder: &Path) -> io::Result<()> {
    let aliases = folder.join(ALIASES);
    match std::fs::create_dir(&aliases) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let names = entries(folder)?;
    for name in &names {
        let own = name == ALIASES || name.starts_with(atomic::TEMP_PREFIX);
        if own || name.ends_with(".sample") || names.contains(&self::name(name)) {
            continue;
        }
        let link = aliases.join(name.strip_suffix(SUFFIX).unwrap_or(name));
        let target = Path::new("..").join(name);
        match std::fs::read_link(&link) {
            Ok(old) if old == target => continue,
            Ok(old) if old.starts_with("..") => std::fs::remove_file(&link)?,
            // Not ours.
            Ok(_) => continue,
            Err(_) if link.symlink_metadata().is_ok() => continue,
            Err(_) => {}
        }
        match std::os::unix::fs::symlink(&target, &link) {
            // Another install was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => done?,
        }
    }
    Ok(())
}

/// Elsewhere links are a privilege; the kept hook runs under its second name.
#[cfg(not(unix))]
fn alias(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes our links, and the folder where nothing else is in it.
fn clear(aliases: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(aliases)? {
        let path = entry?.path();
        if std::fs::read_link(&path).is_ok_and(|target| target.starts_with("..")) {
            std::fs::remove_file(&path)?;
        }
    }
    match std::fs::remove_dir(aliases) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        done => done,
    }
}
