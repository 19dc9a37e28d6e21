//! Status: how each hook stands, proved by git, which is asked to run it.
//! Gets a `Place` and our program; gives a report.
//! Never: runs a hook in which our block is not the first thing that runs: the block answers the
//! probe and leaves, so no other line of the hook is reached.

use std::ffi::OsStr;
use std::path::Path;

use crate::base::clock;
use crate::hooks::block::{self, Standing};
use crate::hooks::error::HooksError;
use crate::hooks::file::{self, Seen};
use crate::hooks::folder::{self, Folder};
use crate::hooks::{Deed, Report, State, configured, driver, shell, shift, wanted};
use crate::source::git::Answer;
use crate::source::repo::Place;

const INSTALL: &str = "run `kanban hooks install`";
/// An event that git itself never has, so that nobody else's hook is run by it.
const TRIAL: &str = "kanban-trial";

/// How each hook stands.
pub(crate) fn status(place: &Place, program: &Path) -> Result<Report, HooksError> {
    let active = folder::active(place)?;
    let is_known = configured::is_known(place)?;
    let mut rows = Vec::new();
    for hook in wanted(place) {
        let row = match configured::command(place, hook)? {
            Some(command) if is_known => {
                of_configuration(place, hook, &command, program)?.at(hook, None)
            }
            Some(_) | None => {
                let path = active.path.join(hook);
                of_file(place, &active, hook, program, is_known)?.at(hook, Some(path))
            }
        };
        rows.push(row);
    }
    Ok(Report {
        folder: active.path.clone(),
        scope: active.scope.clone(),
        configured: is_known,
        rows,
        driver: driver::status(place, program)?,
        notes: shift::notes(place, &active),
    })
}

fn of_configuration(
    place: &Place,
    hook: &str,
    command: &[u8],
    program: &Path,
) -> Result<Deed, HooksError> {
    if !configured::is_listed(place, hook)? {
        return Ok(silent(
            "git does not list it: it is switched off, or names no event",
        ));
    }
    let event = format!("hook.{}.event={TRIAL}", configured::friendly(hook));
    let mut answers = Vec::new();
    // Git has learned to refuse unknown events, and the option to let them pass, at another time
    // than the hooks themselves.
    for arguments in [
        &[
            "-c",
            &event,
            "hook",
            "run",
            "--allow-unknown-hook-name",
            TRIAL,
        ][..],
        &["-c", &event, "hook", "run", TRIAL],
    ] {
        let deed = proven(place, hook, arguments)?;
        if deed.state == State::Active {
            return Ok(renewable(deed, command == block::command(hook, program)));
        }
        answers.push(deed);
    }
    Ok(answers
        .pop()
        .unwrap_or_else(|| silent("git did not run it")))
}

fn of_file(
    place: &Place,
    active: &Folder,
    hook: &str,
    program: &Path,
    is_known: bool,
) -> Result<Deed, HooksError> {
    let (bytes, executable) = match file::look(&active.path.join(hook)) {
        Ok(Seen::File { bytes, executable }) => (bytes, executable),
        Ok(Seen::Missing) => return hidden(place, active, hook, State::Missing, "no hook"),
        Ok(Seen::Link | Seen::Other) => {
            return hidden(
                place,
                active,
                hook,
                State::Foreign,
                "a hook of somebody else",
            );
        }
        // The folder of the hooks may be a file, as `/dev/null` is.
        Err(error) => return Ok(silent(&error.to_string())),
    };
    let (range, kind) = match block::find(&bytes, hook) {
        Standing::Whole { range, kind } => (range, kind),
        Standing::Broken => return Ok(silent("one of the two markers of our block is gone")),
        Standing::None => {
            return hidden(
                place,
                active,
                hook,
                State::Foreign,
                "a hook of somebody else",
            );
        }
    };
    if !executable {
        return Ok(silent("it may not be executed, so git ignores it"));
    }
    if range.start != block::behind_first_line(&bytes) {
        return Ok(silent(
            "our block does not stand right behind the first line",
        ));
    }
    if !shell::takes_a_block(&block::without(&bytes, &range)) {
        return Ok(silent("its first line names no shell any more"));
    }
    if is_known && configured::lists_others(place, hook)? {
        return Ok(silent(
            "not proved: git would run hooks of its configuration before it",
        ));
    }
    let deed = proven(place, hook, &["hook", "run", "--ignore-missing", hook])?;
    let is_latest = bytes[range] == *block::text(hook, kind, program);
    Ok(renewable(deed, is_latest))
}

/// A hook without our block; ours may stand where git does not look.
fn hidden(
    place: &Place,
    active: &Folder,
    hook: &str,
    state: State,
    message: &str,
) -> Result<Deed, HooksError> {
    let usual = folder::usual(place).filter(|usual| usual.path != active.path);
    if let Some(usual) = usual
        && let Ok(Seen::File { bytes, .. }) = file::look(&usual.path.join(hook))
        && block::find(&bytes, hook) != Standing::None
    {
        let scope = active.scope.as_deref().unwrap_or("a link");
        return Ok(silent(&format!(
            "our block is in {}, and core.hooksPath ({scope}) makes git look in {}",
            usual.path.display(),
            active.path.display()
        )));
    }
    Ok(Deed::new(state, message).hint(INSTALL))
}

/// Lets git run the hook and listens for the answer.
fn proven(place: &Place, hook: &str, arguments: &[&str]) -> Result<Deed, HooksError> {
    let token = format!("{}-{}", std::process::id(), clock::system_ns());
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    let answer = folder::ask(place, &[(block::PROBE, &token)], &arguments)?;
    Ok(match answer {
        None => silent(&format!(
            "git was not done with it within {} s",
            folder::LIMIT.as_secs()
        )),
        Some(answer) if answers(&answer, &block::answer(hook, &token)) => {
            Deed::new(State::Active, "git runs it")
        }
        Some(answer) => silent(&reason(&answer)),
    })
}

/// Git sends what a hook prints to stderr; a later one may think better of it.
fn answers(answer: &Answer, line: &str) -> bool {
    [&answer.stdout, &answer.stderr].into_iter().any(|text| {
        text.split(|byte| *byte == b'\n')
            .any(|found| found.trim_ascii_end() == line.as_bytes())
    })
}

fn reason(answer: &Answer) -> String {
    let complaint = answer.complaint();
    if complaint.contains("is not a git command") {
        return "not proved: this git cannot run a hook by itself (2.36 can)".to_owned();
    }
    match complaint.is_empty() {
        true => "git did not run it".to_owned(),
        false => format!("git did not run it: {complaint}"),
    }
}

fn renewable(deed: Deed, is_latest: bool) -> Deed {
    if deed.state == State::Active && !is_latest {
        return Deed::new(State::Active, "git runs it; the block is of another kanban")
            .hint("`kanban hooks install` renews it");
    }
    deed
}

fn silent(why: &str) -> Deed {
    Deed::new(State::Silent, why).hint(INSTALL)
}
