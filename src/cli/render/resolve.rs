//! Conflicts, and what became of them.
//! Gets views. Gives text. Never: decides.

use crate::cli::render::line::{Line, line};
use crate::cli::render::write::diff;
use crate::cli::style::{self, Look};
use crate::query::view::{ConflictRow, ResolveRow, ResolveView};

/// Column of the paths.
const EDGE: usize = 11;
/// So much of a text is shown in a list.
const SHOWN: usize = 60;

/// A line for each item and each conflict that is left; where nothing was written, the diffs.
pub(crate) fn resolve(view: &ResolveView, look: Look) -> String {
    let mut out = String::new();
    for row in &view.items {
        if let Some(text) = &row.diff {
            diff(text, look, &mut out);
        }
        item(row, look, &mut out);
    }
    out
}

fn item(row: &ResolveRow, look: Look, out: &mut String) {
    let word = match row.state.as_str() {
        "resolved" | "deleted" => style::GOOD,
        _ => style::WARNING,
    };
    let mut head = line(word, &row.state);
    head.pad(EDGE).push(style::PATH, &row.path);
    if let Some(beside) = &row.beside {
        head.push(style::DIM, " and ").push(style::PATH, beside);
    }
    head.write_whole(out, look);
    for conflict in &row.conflicts {
        let mut line = Line::new();
        line.pad(EDGE).push(style::BOLD, place(conflict));
        for (name, side) in [("ours", &conflict.ours), ("theirs", &conflict.theirs)] {
            line.push(style::DIM, &format!("  {name} "))
                .plain(&short(side.as_deref()));
        }
        line.write_whole(out, look);
    }
    for note in &row.notes {
        let mut line = Line::new();
        line.pad(EDGE).push(style::DIM, note);
        line.write_whole(out, look);
    }
}

fn place(conflict: &ConflictRow) -> &str {
    match conflict.place.as_str() {
        "" => "text",
        place => place,
    }
}

/// The beginning of a text, on one line.
fn short(text: Option<&str>) -> String {
    let Some(text) = text else {
        return "nothing".to_owned();
    };
    let text = text.trim_end().replace('\n', " / ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None if text.is_empty() => "nothing".to_owned(),
        None => text,
    }
}

/// One conflict in full, before a question about it.
pub(crate) fn conflict(path: &str, conflict: &ConflictRow, look: Look) -> String {
    let mut out = String::new();
    let mut head = line(style::PATH, path);
    head.plain("  ").push(style::BOLD, place(conflict));
    head.write_whole(&mut out, look);
    let sides = [
        ("base", &conflict.base),
        ("ours", &conflict.ours),
        ("theirs", &conflict.theirs),
    ];
    for (name, text) in sides {
        let text = text.as_deref().unwrap_or("(nothing)");
        for (number, row) in text.lines().enumerate() {
            let mut line = line(style::DIM, if number == 0 { name } else { "" });
            line.pad(EDGE).plain(row);
            line.write_whole(&mut out, look);
        }
    }
    out
}
