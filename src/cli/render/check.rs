//! `check`: problems under their files, or one a line for editors.
//! Gets problems. Gives text. Never: decides which of them count.

use crate::cli::render::line::{Line, line};
use crate::cli::render::{count, thousands};
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{CheckView, ProblemRow};

/// True where something is worse than worth knowing.
pub(crate) fn is_bad(view: &CheckView) -> bool {
    view.by_code
        .iter()
        .any(|row| row.severity != "info" && row.count > 0)
}

/// The problems: on a terminal grouped by file, in a pipe as
/// `path:line:col: severity[code]: message`.
pub(crate) fn check(view: &CheckView, look: Look) -> String {
    let mut out = String::new();
    if !look.is_terminal() {
        for problem in &view.problems {
            plain(problem).write(&mut out, look);
        }
        return out;
    }
    let mut at = 0;
    while let Some(first) = view.problems.get(at) {
        let same = |problem: &&ProblemRow| problem.file == first.file;
        let length = view.problems[at..].iter().take_while(same).count();
        group(&view.problems[at..at + length], look, &mut out);
        at += length;
    }
    out
}

/// The summary: how many of each code.
pub(crate) fn summary(view: &CheckView, look: Look) -> String {
    let mut out = String::new();
    if view.total == 0 {
        line(style::GOOD, "no problems").write(&mut out, look);
        return out;
    }
    line(style::BOLD, &count(view.total, "problem", "problems")).write(&mut out, look);
    let widest = view
        .by_code
        .iter()
        .map(|row| thousands(row.count).len())
        .max()
        .unwrap_or(0);
    for row in &view.by_code {
        let number = thousands(row.count);
        let mut line = Line::new();
        line.pad(2 + widest - number.len())
            .plain(&number)
            .plain("  ");
        line.push(style::severity(&row.severity), &row.severity)
            .pad(widest + 13);
        line.plain(&row.code).write(&mut out, look);
    }
    out
}

fn plain(problem: &ProblemRow) -> Line {
    let mut line = line(style::PATH, &problem.file);
    // Editors want a line even where the problem is the file's as a whole.
    line.plain(&format!(
        ":{}:{}: ",
        problem.line.max(1),
        problem.col.max(1)
    ));
    line.push(style::severity(&problem.severity), &problem.severity);
    line.plain("[")
        .plain(&problem.code)
        .plain("]: ")
        .plain(&problem.message);
    line
}

fn group(problems: &[ProblemRow], look: Look, out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
    let Some(first) = problems.first() else {
        return;
    };
    let mut head = Line::new();
    head.push(style::PATH.bold(), &first.file);
    if let Some(id) = &first.id {
        head.plain("  ").push(style::DIM, id);
    }
    // In full, so that it can be opened.
    head.write_whole(out, look);
    let places: Vec<String> = problems.iter().map(place).collect();
    let widest = places.iter().map(String::len).max().unwrap_or(0);
    for (problem, place) in problems.iter().zip(places) {
        let mut line = Line::new();
        line.plain("  ").push(style::DIM, &place).pad(widest + 4);
        line.cut(
            style::severity(&problem.severity),
            &problem.severity,
            7,
            look,
        );
        line.pad(widest + 13);
        wrapped(line, &problem.message, &problem.code, look, out);
        if !problem.hint.is_empty() {
            let mut line = Line::new();
            line.pad(widest + 13).push(style::COMMAND, "hint: ");
            wrapped(line, &problem.hint, "", look, out);
        }
    }
}

/// Line and column, or nothing for what concerns the whole file.
fn place(problem: &ProblemRow) -> String {
    match (problem.line, problem.col) {
        (0, _) => String::new(),
        (line, 0) => line.to_string(),
        (line, col) => format!("{line}:{col}"),
    }
}

/// `text` behind what the line holds already, going on below itself; `tail` where there is room.
fn wrapped(mut line: Line, text: &str, tail: &str, look: Look, out: &mut String) {
    let edge = line.width();
    let room = look
        .width
        .map_or(usize::MAX, |max| max.saturating_sub(edge).max(8));
    let text = text::line(text);
    let (ranges, _) = text::wrap(&text, room, 8);
    let last = ranges.len().saturating_sub(1);
    for (at, range) in ranges.into_iter().enumerate() {
        if at > 0 {
            line.write(out, look);
            line.pad(edge);
        }
        line.plain(&text[range]);
        if at == last && !tail.is_empty() {
            let needed = text::width(&text::line(tail)) + 2;
            if look.width.is_some_and(|max| line.width() + needed > max) {
                line.write(out, look);
                line.pad(edge);
            } else {
                line.plain("  ");
            }
            line.push(style::DIM, tail);
        }
    }
    line.write(out, look);
}
