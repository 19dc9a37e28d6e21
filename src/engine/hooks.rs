//! Hooks: install, uninstall and status for the place that a folder belongs to, as views.
//!
//! Works without a valid `kanban.toml`: hooks do not depend on it. Never: looks at the cache.

use std::path::{Path, PathBuf};

use crate::base::env;
use crate::engine::doctor::{ok, warning};
use crate::engine::error::EngineError;
use crate::hooks::{self, Driver, HooksError, Report, State, Wish};
use crate::query::view::{DoctorRow, DriverView, HookRow, HooksView};
use crate::source::SourceError;
use crate::source::repo::{self, Kind, Place};

/// What the caller of install and uninstall settles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consent {
    /// Also hooks that others share.
    pub shared: bool,
    pub dry_run: bool,
    /// Another program than this one.
    pub program: Option<PathBuf>,
}

pub(crate) fn install(start: &Path, consent: Consent) -> Result<HooksView, EngineError> {
    let dry_run = consent.dry_run;
    let report = hooks::install(&place(start)?, &wish(consent)?);
    report
        .map(|report| view(report, dry_run))
        .map_err(|error| failure(&error))
}

pub(crate) fn uninstall(start: &Path, consent: Consent) -> Result<HooksView, EngineError> {
    let dry_run = consent.dry_run;
    let report = hooks::uninstall(&place(start)?, &wish(consent)?);
    report
        .map(|report| view(report, dry_run))
        .map_err(|error| failure(&error))
}

pub(crate) fn status(start: &Path, program: Option<PathBuf>) -> Result<HooksView, EngineError> {
    let report = hooks::status(&place(start)?, &self::program(program)?);
    report
        .map(|report| view(report, false))
        .map_err(|error| failure(&error))
}

/// One line for `doctor`; none where there is no Git.
pub(super) fn row(place: &Place) -> Option<DoctorRow> {
    if matches!(place.kind, Kind::Plain) {
        return None;
    }
    let report = program(None)
        .and_then(|program| hooks::status(place, &program).map_err(|error| failure(&error)));
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let mut message = error.message;
            for cause in error.causes {
                message = format!("{message}: {cause}");
            }
            let hint = error.hint.unwrap_or_default();
            return Some(warning("hooks", message, &hint));
        }
    };
    let of = |state: State| {
        let rows = report.rows.iter().filter(|row| row.state == state);
        rows.map(|row| row.name).collect::<Vec<_>>()
    };
    let active = of(State::Active).len();
    if active == report.rows.len() {
        return Some(ok(
            "hooks",
            format!("git runs all {active}, and each answers"),
        ));
    }
    let silent = of(State::Silent);
    let message = match (silent.is_empty(), active) {
        (false, _) => format!("git does not run {}", silent.join(", ")),
        (true, 0) => "none: git tells kanban nothing of what it changes".to_owned(),
        (true, _) => format!("git runs {active} of {}", report.rows.len()),
    };
    Some(warning(
        "hooks",
        message,
        "`kanban hooks install`; `kanban hooks status` tells more",
    ))
}

fn place(start: &Path) -> Result<Place, EngineError> {
    let place = repo::discover(start).map_err(|error| EngineError::from_source(&error))?;
    if matches!(place.kind, Kind::Plain) {
        let error =
            EngineError::environment("not-a-repository", "there is no Git here, so no hooks");
        return Err(error.path(&place.root).hint("run `git init` first"));
    }
    Ok(place)
}

fn wish(consent: Consent) -> Result<Wish, EngineError> {
    Ok(Wish {
        program: program(consent.program)?,
        shared: consent.shared,
        dry_run: consent.dry_run,
    })
}

fn program(named: Option<PathBuf>) -> Result<PathBuf, EngineError> {
    named.or_else(env::program).ok_or_else(|| {
        EngineError::environment(
            "no-program",
            "the system does not tell where this program is",
        )
    })
}

fn failure(error: &HooksError) -> EngineError {
    match error {
        HooksError::Source(SourceError::Io { act, path, source }) => {
            EngineError::environment("no-git", format!("cannot {act}"))
                .path(path)
                .cause(source)
                .hint("install git, or put it into PATH")
        }
        HooksError::Source(error) => EngineError::from_source(error),
        HooksError::Config { .. } => EngineError::environment("git-failed", error.to_string()),
        HooksError::Io { path, source, .. } => {
            let made = EngineError::io("", path, source);
            // The cache is somewhere else, and its variable is of no help here.
            let hint = match made.code {
                "no-space" => "make room; every hook is as it was, or whole",
                "no-permission" | "read-only" => {
                    "the folder of the hooks and `kanban` in the git dir must be writable"
                }
                _ => "`kanban hooks status` tells how each hook stands",
            };
            EngineError {
                message: error.to_string(),
                ..made.hint(hint)
            }
        }
    }
}

fn view(report: Report, dry_run: bool) -> HooksView {
    HooksView {
        folder: report.folder.display().to_string(),
        scope: report.scope,
        configured: report.configured,
        dry_run,
        hooks: report
            .rows
            .into_iter()
            .map(|row| HookRow {
                name: row.name.to_owned(),
                state: row.state.name().to_owned(),
                path: row.path.map(|path| path.display().to_string()),
                message: row.message,
                hint: row.hint,
            })
            .collect(),
        driver: report.driver.map(driver_view),
        notes: report.notes,
    }
}

fn driver_view(driver: Driver) -> DriverView {
    let (message, hint) = match (driver.state, driver.named) {
        (State::Foreign | State::Refused, _) => (
            "git has a driver of that name which is not ours",
            "remove it with `git config --unset merge.kanban.driver`",
        ),
        (State::Missing, true) => (
            "git merges items line by line in this clone",
            "run `kanban hooks install`",
        ),
        (State::Missing, false) => (
            "git merges items line by line",
            "run `kanban init`, then `kanban hooks install`",
        ),
        (State::Removed, true) => (
            "git merges items line by line in this clone",
            "`kanban hooks uninstall --shared` also takes the lines out of `.gitattributes`",
        ),
        (State::Removed, false) => ("git merges items line by line", ""),
        (State::Unchanged, _) if driver.command.is_none() => ("not installed", ""),
        (State::Active, true) if driver.old => (
            "git merges items by meaning; its command is of an older kanban",
            "`kanban hooks install` renews it",
        ),
        (_, true) => ("git merges items by meaning", ""),
        (_, false) => (
            "no `.gitattributes` gives files to it",
            "run `kanban init`, and commit what it writes",
        ),
    };
    DriverView {
        state: driver.state.name().to_owned(),
        command: driver.command,
        named: driver.named,
        message: message.to_owned(),
        hint: hint.to_owned(),
    }
}
