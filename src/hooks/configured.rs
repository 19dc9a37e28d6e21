//! Hooks that stand in git's configuration (`hook.<name>.command`), where git has them: they run
//! beside every hook file, so nothing of anybody's need be touched.
//! Gets a `Place`; writes the repository's own configuration, by git.
//! Never: asks which version git is; what it does with such a hook is asked.

use std::ffi::OsStr;
use std::path::Path;

use crate::hooks::block;
use crate::hooks::error::HooksError;
use crate::hooks::folder::{ask, ask_now};
use crate::hooks::{Deed, State};
use crate::source::name;
use crate::source::repo::Place;

/// The name of our hook in the configuration.
pub(super) fn friendly(hook: &str) -> String {
    format!("kanban-{hook}")
}

/// Whether this git runs hooks from its configuration: it lists one that we show it.
pub(super) fn is_known(place: &Place) -> Result<bool, HooksError> {
    let answer = ask_now(
        place,
        &[
            "-c",
            "hook.kanban-trial.command=true",
            "-c",
            "hook.kanban-trial.event=post-commit",
            "hook",
            "list",
            "post-commit",
        ],
    )?;
    Ok(answer.code == Some(0) && lists(&answer.stdout, "kanban-trial"))
}

/// Whether git means to run our hook; one that is switched off is listed with a word in front.
pub(super) fn is_listed(place: &Place, hook: &str) -> Result<bool, HooksError> {
    let answer = ask_now(place, &["hook", "list", hook])?;
    Ok(answer.code == Some(0) && lists(&answer.stdout, &friendly(hook)))
}

/// Whether git would run anything but the file of that hook.
pub(super) fn lists_others(place: &Place, hook: &str) -> Result<bool, HooksError> {
    let answer = ask_now(place, &["hook", "list", hook])?;
    let lines = answer.stdout.split(|byte| *byte == b'\n');
    Ok(answer.code == Some(0) && lines.filter(|line| !line.is_empty()).count() > 1)
}

fn lists(stdout: &[u8], name: &str) -> bool {
    stdout
        .split(|byte| *byte == b'\n')
        .any(|line| line == name.as_bytes())
}

/// The command of our hook, if the repository's configuration has one.
pub(super) fn command(place: &Place, hook: &str) -> Result<Option<Vec<u8>>, HooksError> {
    get(place, &key(hook, "command"))
}

pub(super) fn get(place: &Place, key: &str) -> Result<Option<Vec<u8>>, HooksError> {
    let mut answer = ask_now(place, &["config", "--local", "-z", "--get", key])?;
    Ok((answer.code == Some(0)).then(|| {
        answer.stdout.pop();
        answer.stdout
    }))
}

fn key(hook: &str, what: &str) -> String {
    format!("hook.{}.{what}", friendly(hook))
}

pub(super) fn install(
    place: &Place,
    hook: &str,
    program: &Path,
    dry_run: bool,
) -> Result<Deed, HooksError> {
    let wanted = block::command(hook, program);
    let old = command(place, hook)?;
    let event = get(place, &key(hook, "event"))?;
    if old.as_deref() == Some(&wanted) && event.as_deref() == Some(hook.as_bytes()) {
        return Ok(Deed::new(State::Unchanged, "already installed"));
    }
    if !dry_run {
        // The event last: git refuses to run one that has no command.
        set(place, &key(hook, "command"), &name::os_path(&wanted))?;
        set(place, &key(hook, "event"), Path::new(hook))?;
    }
    Ok(match old {
        Some(_) => Deed::new(State::Renewed, "an older one was replaced"),
        None => Deed::new(State::Installed, "in the configuration of the repository"),
    })
}

pub(super) fn set(place: &Place, key: &str, value: &Path) -> Result<(), HooksError> {
    let arguments = ["config", "--local", "--replace-all", key].map(OsStr::new);
    let arguments: Vec<&OsStr> = arguments.into_iter().chain([value.as_os_str()]).collect();
    match ask(place, &[], &arguments)? {
        Some(answer) if answer.code == Some(0) => Ok(()),
        answer => Err(HooksError::Config {
            act: "write the configuration of the repository",
            message: answer
                .map_or_else(|| "git was not done in time".to_owned(), |a| a.complaint()),
        }),
    }
}

pub(super) fn uninstall(place: &Place, hook: &str, dry_run: bool) -> Result<Deed, HooksError> {
    if command(place, hook)?.is_none() {
        return Ok(Deed::new(State::Unchanged, "not installed"));
    }
    if !dry_run {
        remove_section(place, &format!("hook.{}", friendly(hook)))?;
    }
    Ok(Deed::new(
        State::Removed,
        "from the configuration of the repository",
    ))
}

pub(super) fn remove_section(place: &Place, section: &str) -> Result<(), HooksError> {
    let answer = ask_now(place, &["config", "--local", "--remove-section", section])?;
    if answer.code == Some(0) {
        return Ok(());
    }
    Err(HooksError::Config {
        act: "write the configuration of the repository",
        message: answer.complaint(),
    })
}
