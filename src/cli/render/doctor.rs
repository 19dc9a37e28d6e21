//! `doctor`: a mark and a line for each thing looked at.
//! Gets verdicts. Gives text. Never: looks itself.

use crate::cli::render::line::Line;
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{DoctorRow, DoctorView};

/// True where something is broken.
pub(crate) fn is_bad(view: &DoctorView) -> bool {
    view.checks.iter().any(|row| row.verdict == "error")
}

pub(crate) fn doctor(view: &DoctorView, look: Look) -> String {
    let mut out = String::new();
    let names = view
        .checks
        .iter()
        .map(|row| text::width(&text::line(&row.name)));
    let widest = names.max().unwrap_or(0).min(24);
    for row in &view.checks {
        let (style, mark) = verdict(row, look);
        let mut line = Line::new();
        line.push(style, mark).plain(" ");
        line.cut(style::BOLD, &row.name, widest, look)
            .pad(widest + 4);
        wrapped(line, style::PLAIN, &row.message, look, &mut out);
        if !row.hint.is_empty() {
            let mut line = Line::new();
            line.pad(widest + 4).push(style::COMMAND, "hint: ");
            wrapped(line, style::PLAIN, &row.hint, look, &mut out);
        }
    }
    out
}

fn verdict(row: &DoctorRow, look: Look) -> (anstyle::Style, &'static str) {
    match row.verdict.as_str() {
        "ok" => (style::GOOD, look.pick("✓", "+")),
        "warning" => (style::WARNING, "!"),
        _ => (style::ERROR, look.pick("✗", "x")),
    }
}

/// `text` behind what the line holds already, going on below itself.
fn wrapped(mut line: Line, style: anstyle::Style, text: &str, look: Look, out: &mut String) {
    let edge = line.width();
    let text = text::line(text);
    let room = look
        .width
        .map_or(usize::MAX, |max| max.saturating_sub(edge).max(8));
    let (ranges, _) = text::wrap(&text, room, 12);
    if ranges.is_empty() {
        line.write(out, look);
        return;
    }
    for range in ranges {
        line.pad(edge).push(style, &text[range]);
        std::mem::take(&mut line).write(out, look);
    }
}
