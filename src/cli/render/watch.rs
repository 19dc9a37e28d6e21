//! `watch`: a line for each thing that happens, and how a watcher stands.
//! Gets views. Gives text. Never: decides what is told.

use crate::cli::render::line::{Line, line};
use crate::cli::render::sync;
use crate::cli::style::{self, Look};
use crate::query::view::{WatchEvent, WatchLine, WatchView};

/// Columns of the paths, behind time and change.
const EDGE: usize = 20;

/// One line of the log.
pub(crate) fn line_of(told: &WatchLine, look: Look) -> String {
    let mut out = String::new();
    let mut line = line(style::DIM, time(&told.at));
    line.plain(" ");
    match &told.event {
        WatchEvent::Ready {
            generation,
            mode,
            reason,
            folders,
            ..
        } => {
            line.push(style::GOOD, "watching").pad(EDGE);
            line.plain(&format!("generation {generation}, "));
            mode_of(&mut line, mode, reason.as_deref(), *folders);
        }
        WatchEvent::Change {
            path,
            change,
            old_path,
            ..
        } => {
            line.push(style::change(change), change).pad(EDGE);
            line.push(style::PATH, path);
            if let Some(old) = old_path {
                line.push(style::DIM, " from ").push(style::PATH, old);
            }
        }
        WatchEvent::Rebuilt { generation, .. } => {
            line.push(style::GOOD, "rebuilt").pad(EDGE);
            line.plain(&format!("everything, as generation {generation}"));
        }
        WatchEvent::Mode { mode, reason } => {
            line.push(style::WARNING, "mode").pad(EDGE);
            mode_of(&mut line, mode, reason.as_deref(), 0);
        }
        WatchEvent::Error { message, hint, .. } => {
            line.push(style::ERROR, "error").pad(EDGE).plain(message);
            if let Some(hint) = hint {
                line.push(style::COMMAND, "; hint: ").plain(hint);
            }
        }
        WatchEvent::Sync(row) => {
            line.push(sync::color(&row.standing), "sync").pad(EDGE);
            line.push(style::BOLD, &sync::named(&row.branch, &row.draft));
            line.plain(&format!(" {}, {}", row.standing, sync::did(row)));
            if !row.reason.is_empty() {
                line.push(style::DIM, &format!("; {}", row.reason));
            }
        }
        WatchEvent::Recovered => {
            line.push(style::GOOD, "recovered").pad(EDGE);
            line.plain("all is well again");
        }
        WatchEvent::Stopped { reason } => {
            line.push(style::DIM, "stopped").pad(EDGE).plain(reason);
        }
    }
    line.write_whole(&mut out, look);
    out
}

/// The time of day, in UTC as everywhere.
fn time(at: &str) -> &str {
    at.get(11..19).unwrap_or(at)
}

fn mode_of(line: &mut Line, mode: &str, reason: Option<&str>, folders: u64) {
    match reason {
        Some(reason) => line.plain(&format!("{mode}: {reason}")),
        None => line.plain(&format!("{folders} folders")),
    };
}

/// How a watcher stands.
pub(crate) fn status(view: &WatchView, look: Look) -> String {
    let mut out = String::new();
    let mut head = Line::new();
    match view.state.as_str() {
        "none" => head.plain("nobody watches "),
        "stopped" => head.push(style::GOOD, "stopped").plain(" watching "),
        "starting" => head.push(style::WARNING, "begins").plain(" to watch "),
        _ => head.push(style::GOOD, "watches").plain(" "),
    };
    head.push(style::PATH, &view.root);
    head.write_whole(&mut out, look);
    let mut row = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            let mut row = line(style::DIM, name);
            row.pad(10).plain(&text).write_whole(&mut out, look);
        }
    };
    row("process", view.pid.map(|pid| pid.to_string()));
    row("since", view.since.clone());
    row(
        "mode",
        view.mode.as_ref().map(|mode| match &view.reason {
            Some(reason) => format!("{mode}: {reason}"),
            None => format!("{mode}, {} folders", view.folders),
        }),
    );
    row("log", view.log.clone());
    row(
        "metrics",
        view.metrics
            .as_ref()
            .map(|at| format!("http://{at}/metrics")),
    );
    if let Some(sync) = &view.sync {
        row("sync", Some(format!("every {} s", sync.every_s)));
        for branch in &sync.branches {
            let named = sync::named(&branch.branch, &branch.draft);
            let text = format!("{named} {}, {}", branch.standing, sync::did(branch));
            row("", Some(text));
        }
    }
    out
}
