//! What a write did: receipts, diffs, failures.
//! Gets views. Gives text. Never: compares.

use crate::cli::render::line::{Line, line};
use crate::cli::render::name_of;
use crate::cli::style::{self, Look};
use crate::model::problem::{Problem, Severity};
use crate::query::view::WriteView;

/// Column of the names.
const EDGE: usize = 10;

/// A line for each item; where nothing was written, its diff.
pub(crate) fn receipt(view: &WriteView, look: Look) -> String {
    let mut out = String::new();
    for row in &view.changes {
        if let Some(diff) = row.diff.as_deref().filter(|_| view.dry_run) {
            self::diff(diff, look, &mut out);
            continue;
        }
        let mut head = line(style::change(&row.change), &row.change);
        head.pad(EDGE)
            .push(style::ID, name_of(row.id.as_deref(), &row.path, look));
        head.plain("  ").plain(&row.title);
        if row.id.is_some() || look.is_terminal() {
            head.plain("  ").push(style::PATH, &row.path);
        }
        if let Some(old) = &row.old_path {
            head.push(style::DIM, " from ").push(style::PATH, old);
        }
        head.write_whole(&mut out, look);
        for note in &row.notes {
            let mut line = Line::new();
            line.pad(EDGE).push(style::DIM, note);
            line.write_whole(&mut out, look);
        }
    }
    out
}

/// A unified diff in the colors of git.
pub(crate) fn diff(text: &str, look: Look, out: &mut String) {
    for row in text.lines() {
        let style = match row.as_bytes().first() {
            _ if row.starts_with("--- ") || row.starts_with("+++ ") => style::BOLD,
            Some(b'+') => style::GOOD,
            Some(b'-') => style::ERROR,
            Some(b'@') => style::PATH,
            _ => style::PLAIN,
        };
        line(style, row).write_whole(out, look);
    }
}

/// The items that could not be written, with the reasons.
pub(crate) fn failures(view: &WriteView, look: Look) -> String {
    let look = Look {
        width: None,
        ..look
    };
    let mut out = String::new();
    for failure in &view.failed {
        let mut head = line(style::ERROR, "not written:");
        head.plain(" ").plain(&failure.message);
        if !failure.message.contains(&failure.path) {
            head.plain(": ").push(style::PATH, &failure.path);
        }
        if let Some(hint) = &failure.hint {
            head.push(style::DIM, &format!(" ({hint})"));
        }
        head.write(&mut out, look);
    }
    out
}

/// The problems of an item that was just edited.
pub(crate) fn problems(path: &str, problems: &[Problem], look: Look) -> String {
    let look = Look {
        width: None,
        ..look
    };
    let mut out = String::new();
    for problem in problems {
        let style = match problem.severity {
            Severity::Error => style::ERROR,
            Severity::Warning => style::WARNING,
            Severity::Info => style::INFO,
        };
        let mut head = line(style, problem.severity.as_str());
        head.plain(" ")
            .push(style::PATH, &format!("{path}:{}", problem.line));
        head.plain(" ").plain(&problem.message);
        if !problem.hint.is_empty() {
            head.push(style::DIM, &format!(" ({})", problem.hint));
        }
        head.write(&mut out, look);
    }
    out
}
