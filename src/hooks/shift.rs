//! Install and uninstall: all hooks of a place, one after the other, under one lock.
//! Gets a `Place` and a `Wish`; gives a report.
//! Never: half a hook. Where one cannot be done, the others are, and its row says why.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::lock::Lock;
use crate::hooks::error::HooksError;
use crate::hooks::folder::{self, Folder, Owner};
use crate::hooks::{Deed, Driver, Report, Row, State, chain, configured, driver, file, wanted};
use crate::source::repo::Place;

/// What the caller wants, and what he agrees to.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// The program that the hooks start.
    pub program: PathBuf,
    /// Also into folders and files that others see.
    pub shared: bool,
    /// Tell what would be done, and do nothing.
    pub dry_run: bool,
}

/// Puts a block into every hook that the place needs.
pub(crate) fn install(place: &Place, wish: &Wish) -> Result<Report, HooksError> {
    let _lock = lock(place, wish)?;
    let active = folder::active(place)?;
    let configured = configured::is_known(place)?;
    let mut rows = Vec::new();
    if configured {
        for hook in wanted(place) {
            let deed = configured::install(place, hook, &wish.program, wish.dry_run)?;
            rows.push(deed.at(hook, None));
        }
        // What stood in files before git knew better would start a second refresh.
        for row in take_out(place, &active, wish)? {
            if matches!(row.state, State::Removed | State::Restored) {
                rows.push(row);
            }
        }
    } else {
        let may_write = missing_parts(&active)?;
        let made = match &may_write {
            Ok(Missing::Folder) if !wish.dry_run => is_made(place, &active, wish)?,
            Ok(Missing::Folder) => true,
            Ok(Missing::Nothing) | Err(_) => false,
        };
        for hook in wanted(place) {
            let deed = match &may_write {
                Err(deed) => deed.clone(),
                Ok(_) => match consent(place, &active, hook, wish)? {
                    Some(refusal) => refusal,
                    None => file::install(&active.path, hook, &wish.program, made, wish.dry_run)?,
                },
            };
            rows.push(deed.at(hook, Some(active.path.join(hook))));
        }
        if !wish.dry_run {
            chain::tidy(&active.path)?;
        }
    }
    let driver = driver::install(place, wish)?;
    Ok(report(place, &active, configured, rows, driver))
}

/// Takes our blocks out of every hook, wherever install may have put them.
pub(crate) fn uninstall(place: &Place, wish: &Wish) -> Result<Report, HooksError> {
    let _lock = lock(place, wish)?;
    let active = folder::active(place)?;
    let configured = configured::is_known(place)?;
    let mut rows = take_out(place, &active, wish)?;
    for hook in wanted(place) {
        // Also where another git wrote them than the one that is here now.
        let deed = configured::uninstall(place, hook, wish.dry_run)?;
        if deed.state != State::Unchanged {
            rows.retain(|row| row.name != *hook || row.state != State::Unchanged);
            rows.push(deed.at(hook, None));
        }
    }
    let driver = driver::uninstall(place, wish)?;
    Ok(report(place, &active, configured, rows, driver))
}

/// Takes blocks out of files.
fn take_out(place: &Place, active: &Folder, wish: &Wish) -> Result<Vec<Row>, HooksError> {
    let mut rows: Vec<Row> = Vec::new();
    let usual = folder::usual(place).filter(|usual| usual.path != active.path);
    for folder in [Some(active.clone()), usual].into_iter().flatten() {
        let mut made = false;
        for hook in wanted(place) {
            made |= file::is_in_folder_of_ours(&folder.path, hook)?;
            let planned = file::uninstall(&folder.path, hook, true)?;
            let would_write = matches!(planned.state, State::Removed | State::Restored);
            let deed = match would_write {
                true => match consent(place, &folder, hook, wish)? {
                    Some(refusal) => refusal,
                    None => file::uninstall(&folder.path, hook, wish.dry_run)?,
                },
                // It may still have something to tidy.
                false => file::uninstall(&folder.path, hook, wish.dry_run)?,
            };
            let row = deed.at(hook, Some(folder.path.join(hook)));
            if folder.path == active.path || row.state != State::Unchanged {
                rows.push(row);
            }
        }
        if !wish.dry_run {
            chain::tidy(&folder.path)?;
            if made {
                remove_empty(&folder.path)?;
            }
        }
    }
    Ok(rows)
}

fn report(
    place: &Place,
    active: &Folder,
    configured: bool,
    rows: Vec<Row>,
    driver: Option<Driver>,
) -> Report {
    Report {
        folder: active.path.clone(),
        scope: active.scope.clone(),
        configured,
        rows,
        driver,
        notes: notes(place, active),
    }
}

/// What a person should know of where the hooks are.
pub(super) fn notes(place: &Place, active: &Folder) -> Vec<String> {
    let mut notes = Vec::new();
    let is_linked = place.git_dir() != place.common_dir();
    if is_linked && active.owner == Owner::Repository && active.scope.as_deref() != Some("worktree")
    {
        notes.push("all work trees of the repository share these hooks".to_owned());
    }
    if active.owner == Owner::WorkTree && active.path.ends_with(".husky/_") {
        notes.push(
            "husky writes this folder anew with every `npm install`: run `kanban hooks install` \
             after it, or from the `prepare` script"
                .to_owned(),
        );
    }
    notes
}

/// Installs of several processes go one after the other.
fn lock(place: &Place, wish: &Wish) -> Result<Option<Lock>, HooksError> {
    let Some(common) = place.common_dir().filter(|_| !wish.dry_run) else {
        return Ok(None);
    };
    let folder = common.join("kanban");
    std::fs::create_dir_all(&folder)
        .map_err(|source| HooksError::io("make the folder", &folder, source))?;
    Ok(Some(Lock::exclusive(&folder.join("hooks.lock"))?))
}

/// Whether the caller must agree first: then what he is told.
fn consent(
    place: &Place,
    folder: &Folder,
    hook: &str,
    wish: &Wish,
) -> Result<Option<Deed>, HooksError> {
    if wish.shared || folder::is_private(place, folder, hook)? {
        return Ok(None);
    }
    let why = match folder.owner {
        Owner::WorkTree => {
            "it is part of the work tree and not ignored: others would get the block too".to_owned()
        }
        Owner::Others | Owner::Repository => format!(
            "other repositories may share the folder (core.hooksPath, {})",
            folder.scope.as_deref().unwrap_or("a link")
        ),
    };
    let hint = "add `--shared` to write it all the same, or put this line into the hooks yourself: \
                `(kanban refresh --hook \"${0##*/}\" &) </dev/null >/dev/null 2>&1`";
    Ok(Some(Deed::new(State::Refused, why).hint(hint)))
}

/// What must be made before hooks can stand in a folder.
enum Missing {
    Nothing,
    Folder,
}

/// `Err`: no hook can stand there.
fn missing_parts(folder: &Folder) -> Result<Result<Missing, Deed>, HooksError> {
    let path = &folder.path;
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Ok(Ok(Missing::Nothing)),
        Ok(_) => {
            let why = match &folder.scope {
                Some(scope) => format!("hooks are off: core.hooksPath ({scope}) is no folder"),
                None => "where the folder of the hooks should be, something else stands".to_owned(),
            };
            let hint = match &folder.scope {
                Some(scope) => format!("`git config --{scope} --unset core.hooksPath`"),
                None => format!("move `{}` away", path.display()),
            };
            Ok(Err(Deed::new(State::Refused, why).hint(hint)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Ok(Missing::Folder)),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let why = "a file stands in the way of the folder of the hooks";
            let hint = format!("look at `{}`", path.display());
            Ok(Err(Deed::new(State::Refused, why).hint(hint)))
        }
        Err(error) => Err(HooksError::io("look at", path, error)),
    }
}

/// Makes the folder; false where nothing may be written into it anyway.
fn is_made(place: &Place, active: &Folder, wish: &Wish) -> Result<bool, HooksError> {
    let Some(first) = wanted(place).first() else {
        return Ok(false);
    };
    if consent(place, active, first, wish)?.is_some() {
        return Ok(false);
    }
    std::fs::create_dir_all(&active.path)
        .map_err(|source| HooksError::io("make the folder", &active.path, source))?;
    Ok(true)
}

fn remove_empty(path: &Path) -> Result<(), HooksError> {
    match std::fs::remove_dir(path) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound
            ) =>
        {
            Err(HooksError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}
