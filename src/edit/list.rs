//! Parts of a list or of braces that come and go, in the layout that is there.
//! Gets the parts that stay and what comes in; puts the pieces of text that change.
//! Never: writes a part anew that stays; loses a comment beside one.

use std::ops::Range;

use serde_json::Value as Json;

use crate::edit::splice::{Splices, indent_at, is_comment_below, line_end, line_start};
use crate::edit::tree::{Node, content_end, skip_blanks};

/// Which parts stay, and before which one the new ones come (the number of parts: at the end).
/// Of what goes, the part at `at` is replaced by the new ones.
#[derive(Debug)]
pub(crate) struct Change<'c> {
    pub keep: &'c [bool],
    pub at: usize,
}

impl Change<'_> {
    /// Runs of parts that go.
    fn runs(&self) -> Vec<Range<usize>> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (index, _) in self.keep.iter().enumerate().filter(|(_, keep)| !**keep) {
            match runs.last_mut() {
                Some(run) if run.end == index => run.end += 1,
                _ => runs.push(index..index + 1),
            }
        }
        runs
    }
}

/// How many items two lists have in common, at the beginning and at the end: what stays as it is.
pub(crate) fn common(
    old: usize,
    new: usize,
    stays: impl Fn(usize, usize) -> bool,
) -> (usize, usize) {
    let most = old.min(new);
    let head = (0..most).take_while(|at| stays(*at, *at)).count();
    let tail = (1..=most - head)
        .take_while(|back| stays(old - back, new - back))
        .count();
    (head, tail)
}

/// The values of a list after a change.
pub(crate) fn values(
    before: &[Json],
    change: &Change<'_>,
    new: impl Iterator<Item = Json>,
) -> Json {
    let kept = |(value, keep): (&Json, &bool)| keep.then(|| value.clone());
    let split = change.at.min(before.len());
    let (head, tail) = before.split_at(split);
    let (head_keep, tail_keep) = change.keep.split_at(split.min(change.keep.len()));
    let head = head.iter().zip(head_keep).filter_map(kept);
    let tail = tail.iter().zip(tail_keep).filter_map(kept);
    Json::Array(head.chain(new).chain(tail).collect())
}

/// Changes what stands between brackets or braces: `inside` is what they hold, `parts` its parts.
pub(crate) fn flow(
    out: &mut Splices<'_>,
    text: &str,
    inside: Range<usize>,
    parts: &[Range<usize>],
    change: &Change<'_>,
    new: &[String],
    eol: &str,
) {
    let joined = new.join(", ");
    let Some(last) = parts.last() else {
        if text[inside.clone()].trim().is_empty() {
            out.put(inside, joined);
        } else if !new.is_empty() {
            // A comment alone.
            out.put(inside.start..inside.start, joined + " ");
        }
        return;
    };
    let is_emptied = change.keep.iter().all(|keep| !keep);
    let around = [inside.start..parts[0].start, last.end..inside.end];
    if is_emptied && new.is_empty() && !around.iter().any(|gap| text[gap.clone()].contains('#')) {
        out.put(inside, "");
        return;
    }
    let mut placed = new.is_empty();
    for run in change.runs() {
        let (start, end) = (parts[run.start].start, parts[run.end - 1].end);
        let before = run.start.checked_sub(1).map(|before| parts[before].end);
        if !placed && (is_emptied || run.contains(&change.at)) {
            out.put(start..end, joined.clone());
            placed = true;
        } else if let (None, Some(before)) = (parts.get(run.end), before)
            && rest_of_own_lines(text, start, end).is_none()
            && !text[before..start].contains('#')
        {
            out.put(before..end, "");
        } else {
            let next = parts.get(run.end).map(|next| next.start);
            cut(out, text, start..end, next.ok_or(inside.end));
        }
    }
    if placed {
        return;
    }
    let Some(before) = change.at.checked_sub(1).map(|at| &parts[at]) else {
        out.put(parts[0].start..parts[0].start, joined + ", ");
        return;
    };
    match rest_of_own_lines(text, before.start, before.end) {
        None => out.put(before.end..before.end, format!(", {joined}")),
        Some(next_line) => {
            let indent = &text[line_start(text, before.start)..before.start];
            let comma = text.as_bytes()[skip_blanks(text.as_bytes(), before.end)] == b',';
            if !comma {
                out.put(before.end..before.end, ",");
            }
            let lines = new.join(&format!(",{eol}{indent}"));
            let tail = if comma { "," } else { "" };
            out.put(next_line..next_line, format!("{indent}{lines}{tail}{eol}"));
        }
    }
}

/// Takes parts out with the comma behind them, and the comment beside it. `next` is where the next
/// part begins, or else where the room for parts ends.
fn cut(out: &mut Splices<'_>, text: &str, parts: Range<usize>, next: Result<usize, usize>) {
    let Range { start, end } = parts;
    let behind = next.unwrap_or_else(|end| end);
    let comma = comma_behind(text, end..behind);
    let line = line_end(text, end).min(behind);
    let is_on_line = comma.is_none_or(|comma| comma < line);
    match (rest_of_own_lines(text, start, end), next, comma) {
        (Some(next_line), _, _) if is_on_line => {
            out.put(line_start(text, start)..next_line, "");
        }
        // Comments in lines of their own are not about what goes.
        (_, Ok(next), _) if !text[line..next].contains('#') => out.put(start..next, ""),
        _ if is_on_line => {
            out.put(start..end + text[end..line].trim_end().len(), "");
        }
        (_, _, comma) => {
            out.put(start..end, "");
            if let Some(comma) = comma {
                out.put(comma..skip_blanks(text.as_bytes(), comma + 1), "");
            }
        }
    }
}

/// The comma between two parts: not one in a comment.
fn comma_behind(text: &str, gap: Range<usize>) -> Option<usize> {
    let mut in_comment = false;
    let mut bytes = text.as_bytes()[gap.clone()].iter();
    let at = bytes.position(|byte| {
        in_comment = *byte == b'#' || in_comment && *byte != b'\n';
        *byte == b',' && !in_comment
    });
    at.map(|at| gap.start + at)
}

/// Where the parts from `start` to `end` have their lines for themselves: behind the last one.
fn rest_of_own_lines(text: &str, start: usize, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let alone = text[line_start(text, start)..start]
        .bytes()
        .all(|byte| matches!(byte, b' ' | b'\t'));
    let mut at = skip_blanks(bytes, end);
    if bytes.get(at) == Some(&b',') {
        at = skip_blanks(bytes, at + 1);
    }
    let next = line_end(text, end);
    let ends = match bytes.get(at) {
        Some(b'#') => at > end,
        Some(b'\r' | b'\n') => true,
        _ => false,
    };
    (alone && ends && text[..next].ends_with('\n')).then_some(next)
}

/// The lines of the items of a block list below a key, each with its own comments.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The column of the dashes.
    pub column: usize,
    /// A dash and what stands between it and the value.
    pub dash: String,
    pub items: Vec<Range<usize>>,
}

/// Finds the items; none where dashes do not begin lines.
pub(crate) fn lines(text: &str, first_dash: usize, items: &[Node]) -> Option<Lines> {
    let column = first_dash - line_start(text, first_dash);
    let mut found = Vec::with_capacity(items.len());
    let mut dash_at = first_dash;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            let mut start: Range<usize> = found.last().cloned()?;
            loop {
                let at = start.end + indent_at(text, start.end);
                if at > item.span.start.max(start.end) || start.end >= text.len() {
                    return None;
                }
                if at - start.end == column && text.as_bytes().get(at) == Some(&b'-') {
                    dash_at = at;
                    break;
                }
                start.end = line_end(text, start.end);
            }
        }
        let start = line_start(text, dash_at);
        let mut end = line_end(text, content_end(text, item).max(dash_at));
        while end < text.len() && is_comment_below(text, end, column) {
            end = line_end(text, end);
        }
        found.push(start..end);
    }
    let last = items.last()?;
    let dash = text.get(dash_at..last.span.start).unwrap_or_default();
    let usual = dash.len() > 1 && dash.len() < 10 && dash[1..].bytes().all(|byte| byte == b' ');
    Some(Lines {
        column,
        dash: if usual { dash } else { "- " }.to_owned(),
        items: found,
    })
}

/// Changes a block list. Of a list without items, nothing is left.
pub(crate) fn block(out: &mut Splices<'_>, lines: &Lines, change: &Change<'_>, new: &str) {
    let mut placed = new.is_empty();
    for run in change.runs() {
        let range = lines.items[run.start].start..lines.items[run.end - 1].end;
        if !placed && run.contains(&change.at) {
            out.lines(range, new.to_owned());
            placed = true;
        } else {
            // Comments between two items that go belong to neither.
            for item in &lines.items[run] {
                out.lines(item.clone(), String::new());
            }
        }
    }
    if !placed {
        let at = match change.at.checked_sub(1) {
            Some(before) => lines.items[before].end,
            None => lines.items[0].start,
        };
        out.lines(at..at, new.to_owned());
    }
}
