//! `search`: a line for each hit and the place where it was found.
//! Gets hits. Gives text; without colors the found words stand between `«` and `»`.
//! Never: trusts that a mark lies within its text.

use std::ops::Range;

use crate::cli::render::line::line;
use crate::cli::render::reference;
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{SearchView, SnippetRow};

/// Lines of a snippet on a terminal.
const LINES: usize = 3;

pub(crate) fn search(view: &SearchView, look: Look) -> String {
    let mut out = String::new();
    for (at, hit) in view.hits.iter().enumerate() {
        let item = &hit.item;
        if at > 0 && look.is_terminal() {
            out.push('\n');
        }
        let phase = item.phase.as_deref();
        let mut title = reference(item.id.as_deref(), &item.path, phase, look);
        title.plain("  ").push(style::BOLD, &item.title);
        if let Some(state) = &item.state {
            title
                .plain("  ")
                .push(style::phase(phase), &format!("({state})"));
        }
        title.write(&mut out, look);
        snippet(&hit.snippet, look, &mut out);
    }
    out
}

fn snippet(snippet: &SnippetRow, look: Look, out: &mut String) {
    const EDGE: usize = 4;
    let (text, marks) = flatten(snippet, look);
    if text.trim().is_empty() {
        return;
    }
    let (ranges, more) = match look.width {
        Some(max) => text::wrap(&text, max.saturating_sub(EDGE + 1), LINES),
        None => (vec![0..text.len()], false),
    };
    let last = ranges.len().saturating_sub(1);
    for (at, range) in ranges.into_iter().enumerate() {
        let mut line = line(style::PLAIN, &" ".repeat(EDGE));
        for (marked, piece) in pieces(&text, &range, &marks) {
            line.push(if marked { style::MARK } else { style::PLAIN }, piece);
        }
        if more && at == last {
            line.push(style::DIM, look.ellipsis());
        }
        line.write(out, look);
    }
}

/// The snippet as one clean line with single spaces, and its marks in the clean text; without
/// colors the marks are part of the text.
fn flatten(snippet: &SnippetRow, look: Look) -> (String, Vec<Range<usize>>) {
    let mut text = String::with_capacity(snippet.text.len());
    let mut marks = Vec::new();
    let mut at = 0;
    for &(start, end) in &snippet.marks {
        let (Some(before), Some(hit)) = (snippet.text.get(at..start), snippet.text.get(start..end))
        else {
            continue;
        };
        squeeze(before, &mut text);
        let from = text.len();
        if look.color {
            squeeze(hit, &mut text);
            marks.push(from..text.len());
        } else {
            text.push_str(look.pick("«", "<<"));
            squeeze(hit, &mut text);
            text.push_str(look.pick("»", ">>"));
        }
        at = end;
    }
    squeeze(snippet.text.get(at..).unwrap_or_default(), &mut text);
    (text, marks)
}

/// Adds `piece` with each run of white space as one space.
fn squeeze(piece: &str, text: &mut String) {
    for char in text::line(piece).chars() {
        if char != ' ' || !(text.is_empty() || text.ends_with(' ')) {
            text.push(char);
        }
    }
}

/// The part `range` of `text` in pieces that are marked or not.
fn pieces<'a>(text: &'a str, range: &Range<usize>, marks: &[Range<usize>]) -> Vec<(bool, &'a str)> {
    let mut pieces = Vec::new();
    let mut at = range.start;
    for mark in marks {
        let start = mark.start.clamp(at, range.end);
        let end = mark.end.clamp(start, range.end);
        pieces.push((false, &text[at..start]));
        pieces.push((true, &text[start..end]));
        at = end;
    }
    pieces.push((false, &text[at..range.end]));
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}
