//! Named fault points, at which a crash test lets a process die, fail or wait.
//! Gets `KANBAN_FAULT`: `NAME=ACTION`, several separated by commas, with the actions
//! `die` (gone at once, as by `kill -9`), `fail` (an IO error) and `wait:PATH` (makes the file PATH,
//! then waits until it is removed). Gives nothing where the variable is unset: one load and a branch.
//! Never: strikes a point that is not named.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::base::env;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Die,
    Fail,
    Wait(PathBuf),
}

/// A place where things can go wrong. `name` is `step.place` in kebab-case.
///
/// # Errors
/// Only where `KANBAN_FAULT` says `fail`.
pub(crate) fn point(name: &str) -> io::Result<()> {
    static FAULTS: OnceLock<Vec<(String, Action)>> = OnceLock::new();
    let faults = FAULTS.get_or_init(|| env::fault().map_or_else(Vec::new, |text| parse(&text)));
    if faults.is_empty() {
        return Ok(());
    }
    match faults.iter().find(|(fault, _)| fault == name) {
        Some((_, action)) => strike(name, action),
        None => Ok(()),
    }
}

/// What is not `NAME=ACTION` is left out: a test that misspells sees no fault and fails.
pub(crate) fn parse(text: &str) -> Vec<(String, Action)> {
    text.split(',')
        .filter_map(|fault| {
            let (name, action) = fault.trim().split_once('=')?;
            let action = match action {
                "die" => Action::Die,
                "fail" => Action::Fail,
                _ => Action::Wait(action.strip_prefix("wait:")?.into()),
            };
            Some((name.to_owned(), action))
        })
        .collect()
}

pub(crate) fn strike(name: &str, action: &Action) -> io::Result<()> {
    match action {
        Action::Die => die(),
        Action::Fail => Err(io::Error::other(format!("fault point {name}"))),
        Action::Wait(path) => wait(path),
    }
}

/// No destructor, no signal handler, no flush: what `kill -9` leaves.
fn die() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // Elsewhere there is no SIGKILL; abort runs no destructors either.
    std::process::abort()
}

fn wait(path: &Path) -> io::Result<()> {
    std::fs::File::create(path)?;
    // A guard against a test that died, not a measure.
    for _ in 0..30_000 {
        if !path.try_exists()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        format!("nobody removed {}", path.display()),
    ))
}
