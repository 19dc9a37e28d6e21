//! `history`: commits on a line of time, the newest first, and under each what it changed.
//! Gets a history. Gives text. Never: cuts a value in a pipe.

use std::collections::HashMap;

use anstyle::Style;

use crate::cli::render::line::{Line, line};
use crate::cli::render::name_of;
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{CommitRow, FieldRow, HistoryView};

/// Column of the values, behind the names of the fields.
const EDGE: usize = 14;
/// Fields that are told of an item that begins, on one line.
const FIRST: [&str; 4] = ["state", "priority", "owner", "kind"];

pub(crate) fn history(view: &HistoryView, look: Look) -> String {
    let mut out = String::new();
    let mut head = line(style::ID, name_of(view.id.as_deref(), &view.path, look));
    head.plain("  ").push(style::BOLD, &view.title);
    head.write(&mut out, look);
    let mut path = line(style::DIM, "path");
    path.pad(EDGE).push(style::PATH, &view.path);
    path.write_whole(&mut out, look);
    let last = view.commits.len().saturating_sub(1);
    for (at, commit) in view.commits.iter().enumerate() {
        let bar = match at == last && !view.more {
            true => " ",
            false => look.pick("│", "|"),
        };
        if at == 0 {
            out.push('\n');
        }
        heading(commit, look, &mut out);
        facts(commit, bar, look, &mut out);
        // The last one needs no room below it.
        if at < last {
            line(style::DIM, bar).write(&mut out, look);
        }
    }
    out
}

/// `● 3f9a2c1b  2026-01-20 14:02  Jun  Close the task`
fn heading(commit: &CommitRow, look: Look, out: &mut String) {
    let (mark, color) = match commit.change.as_str() {
        "created" => (look.pick("◉", "*"), style::change("created")),
        "deleted" => (look.pick("×", "x"), style::change("deleted")),
        "moved" => (look.pick("◌", ">"), style::change("moved")),
        _ => (look.pick("●", "o"), style::change("modified")),
    };
    let mut line = line(color, mark);
    line.plain(" ");
    match &commit.short_oid {
        Some(oid) => {
            line.push(style::WARNING, oid);
            let at = commit.at_local.as_deref().unwrap_or_default();
            line.plain("  ").push(style::DIM, &minute(at));
            let author = commit.author.as_deref().unwrap_or_default();
            line.plain("  ").push(style::BOLD, author);
        }
        None => {
            line.push(style::WARNING, "not committed");
        }
    }
    if commit.change != "modified" {
        line.plain("  ").push(color, &commit.change);
    }
    if let Some(subject) = &commit.subject {
        line.plain("  ").plain(subject);
    }
    line.write(out, look);
}

/// `2026-01-20T14:02:11+01:00` as `2026-01-20 14:02`.
fn minute(at: &str) -> String {
    at.get(..16).unwrap_or(at).replacen('T', " ", 1)
}

fn facts(commit: &CommitRow, bar: &str, look: Look, out: &mut String) {
    let rows: Vec<&FieldRow> = commit.changes.iter().collect();
    if commit.change == "created" {
        // All that it has is new: the file and what matters most are enough.
        let mut line = begin(bar, "path");
        line.push(style::PATH, &commit.path).write(out, look);
        let first = FIRST.iter().filter_map(|field| {
            let row = rows.iter().find(|row| row.field == *field)?;
            Some(format!("{field} {}", row.new.as_deref()?))
        });
        let first: Vec<String> = first.collect();
        if !first.is_empty() {
            let mut line = begin(bar, "with");
            line.plain(&first.join(", ")).write(out, look);
        }
        return;
    }
    // The elements of one list share a line, where the first of them stands.
    let is_list = |row: &&FieldRow| {
        row.field != "checks" && matches!(row.description.as_str(), "added" | "removed")
    };
    let mut lists: HashMap<&str, Vec<&FieldRow>> = HashMap::new();
    for row in rows.iter().copied().filter(is_list) {
        lists.entry(&row.field).or_default().push(row);
    }
    for row in rows {
        let mut line = begin(bar, &row.field);
        match row.field.as_str() {
            "checks" => check(row, look, &mut line),
            "entries" => entry(row, look, &mut line),
            "body" => body(row, look, &mut line),
            "path" if look.is_terminal() => {
                line.push(style::PATH, &moved(row, look));
            }
            field if is_list(&row) => match lists.remove(field) {
                Some(list) => {
                    for (at, row) in list.iter().enumerate() {
                        line.plain(if at > 0 { " " } else { "" });
                        element(row, look, &mut line);
                    }
                }
                None => continue,
            },
            _ => value(row, look, &mut line),
        }
        line.write(out, look);
    }
}

fn begin(bar: &str, field: &str) -> Line {
    let mut line = line(style::DIM, bar);
    line.plain("  ")
        .push(style::DIM, field)
        .pad(EDGE)
        .plain(" ");
    line
}

/// `old → new`
fn value(row: &FieldRow, look: Look, line: &mut Line) {
    let room = look.width.map_or(usize::MAX, |max| (max / 2).max(20));
    match &row.old {
        Some(old) => line.cut(style::DIM, old, room, look),
        None => line.push(style::DIM, look.pick("∅", "(none)")),
    };
    line.plain(" ")
        .push(style::DIM, look.pick("→", "->"))
        .plain(" ");
    match &row.new {
        Some(new) => line.push(style::GOOD, new),
        None => line.push(style::WARNING, look.pick("∅", "(none)")),
    };
    if !row.description.is_empty() && row.field != "path" {
        line.push(style::DIM, &format!("  ({})", row.description));
    }
}

/// `a/{b → c}/d.md`, as git shows a rename: paths differ in little.
fn moved(row: &FieldRow, look: Look) -> String {
    let (old, new) = match (&row.old, &row.new) {
        (Some(old), Some(new)) => (old.as_str(), new.as_str()),
        (one, other) => return one.as_ref().or(other.as_ref()).cloned().unwrap_or_default(),
    };
    let common = |old: &mut dyn Iterator<Item = u8>, new: &mut dyn Iterator<Item = u8>| {
        let mut end = 0;
        for (at, (one, other)) in old.zip(new).enumerate() {
            if one != other {
                break;
            }
            // Whole folders only.
            if one == b'/' {
                end = at + 1;
            }
        }
        end
    };
    let front = common(&mut old.bytes(), &mut new.bytes());
    let (old, new) = (&old[front..], &new[front..]);
    let back = common(&mut old.bytes().rev(), &mut new.bytes().rev());
    let arrow = look.pick("→", "->");
    let (head, tail) = (
        &row.old.as_deref().unwrap_or_default()[..front],
        &old[old.len() - back..],
    );
    let (old, new) = (&old[..old.len() - back], &new[..new.len() - back]);
    format!("{head}{{{old} {arrow} {new}}}{tail}")
}

fn element(row: &FieldRow, look: Look, line: &mut Line) {
    match (&row.new, &row.old) {
        (Some(new), _) => line.push(style::GOOD, &format!("+{new}")),
        (None, Some(old)) => line.push(style::WARNING, &format!("{}{old}", look.pick("−", "-"))),
        (None, None) => line,
    };
}

fn check(row: &FieldRow, look: Look, line: &mut Line) {
    let (mark, color): (_, Style) = match row.description.as_str() {
        "ticked" => (look.pick("✓ ", "[x] "), style::GOOD),
        "unticked" => (look.pick("○ ", "[ ] "), style::WARNING),
        "added" => ("+ ", style::GOOD),
        _ => (look.pick("− ", "- "), style::WARNING),
    };
    let text = row.new.as_ref().or(row.old.as_ref());
    let text = text.map_or("", |text| text.get(4..).unwrap_or_default());
    line.push(color, mark).plain(text);
}

fn entry(row: &FieldRow, look: Look, line: &mut Line) {
    let (mark, color, text) = match (&row.new, &row.old) {
        (Some(new), _) => ("+ ", style::GOOD, new.as_str()),
        (None, old) => (
            look.pick("− ", "- "),
            style::WARNING,
            old.as_deref().unwrap_or_default(),
        ),
    };
    line.push(color, mark);
    if !row.description.is_empty() {
        line.push(style::DIM, &row.description).plain("  ");
    }
    line.plain(text::line(text).trim());
}

/// `Context +3 −1`
fn body(row: &FieldRow, look: Look, line: &mut Line) {
    let section = row.section.as_deref();
    line.plain(section.unwrap_or("above the first heading"));
    if let Some(added) = row.lines_added.filter(|lines| *lines > 0) {
        line.plain(" ").push(style::GOOD, &format!("+{added}"));
    }
    if let Some(removed) = row.lines_removed.filter(|lines| *lines > 0) {
        line.plain(" ")
            .push(style::WARNING, &format!("{}{removed}", look.pick("−", "-")));
    }
    if !row.description.is_empty() {
        line.push(style::DIM, &format!("  ({})", row.description));
    }
}
