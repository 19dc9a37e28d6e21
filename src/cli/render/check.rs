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
    const EDGE: usize = 12;
    if !out.is_empty() {
        out.push('\n');
    }
    let Some(first) = problems.first() else {
        return;
    };
    let mut head = Line::new();
    let path = text::line(&first.file).into_owned();
    let room = look.width.unwrap_or(usize::MAX);
    head.push(
        style::PATH.bold(),
        &text::truncate_start(&path, room, look.ellipsis()),
    );
    if let Some(id) = &first.id {
        head.plain("  ").push(style::DIM, id);
    }
    head.write(out, look);
    let place = |problem: &ProblemRow| match (problem.line, problem.col) {
        (0, _) => look.pick("–", "-").to_owned(),
        (line, 0) => line.to_string(),
        (line, col) => format!("{line}:{col}"),
    };
    let widest = problems
        .iter()
        .map(|problem| text::width(&place(problem)))
        .max()
        .unwrap_or(0);
    for problem in problems {
        let mut head = Line::new();
        head.plain("  ")
            .push(style::DIM, &place(problem))
            .pad(widest + 4);
        head.push(style::severity(&problem.severity), &problem.severity)
            .pad(widest + 13);
        head.push(style::DIM, &problem.code);
        head.write(out, look);
        wrapped(&problem.message, "", EDGE.min(widest + 4), look, out);
        if !problem.hint.is_empty() {
            wrapped(&problem.hint, "hint: ", EDGE.min(widest + 4), look, out);
        }
    }
}

fn wrapped(text: &str, lead: &str, edge: usize, look: Look, out: &mut String) {
    let text = text::line(text);
    let room = look
        .width
        .map_or(usize::MAX, |max| max.saturating_sub(edge + lead.len()));
    let (ranges, _) = text::wrap(&text, room.max(8), 8);
    for (at, range) in ranges.into_iter().enumerate() {
        let mut line = Line::new();
        line.pad(edge);
        if at == 0 {
            line.push(style::COMMAND, lead);
        }
        line.pad(edge + lead.len())
            .plain(&text[range])
            .write(out, look);
    }
}
