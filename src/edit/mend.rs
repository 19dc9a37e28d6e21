//! The one change that a block admits which is no valid YAML: quotes around a plain value.
//! Gets the text and a line of the file; gives the new text, where the block is valid then or its
//! first error stands on a later line.
//! Never: guesses further; the line must be the one that YAML stumbles over.

use std::ops::Range;

use crate::edit::spell;
use crate::edit::splice::{Splices, line_end};
use crate::model::document::{Entry, Format, Node, Value};
use crate::model::edit::Refused;
use crate::model::problem::Severity;
use crate::parse::{self, Front, Source};

/// Quotes the value on a line.
pub(crate) fn quote(text: &str, source: Source, line: u32) -> Result<Option<String>, Refused> {
    let front = parse::front(text, source);
    if let Some(line) = front.conflict {
        let reason = "the frontmatter has unresolved Git conflict markers";
        return Err(Refused::at("conflict-markers", line, reason));
    }
    if !front.invalid {
        return Ok(None);
    }
    let nothing = |reason: &str| Refused::at("nothing-to-quote", line, reason);
    if front.format != Some(Format::Yaml) || front.raw.is_empty() {
        return Err(nothing("there is no YAML block to mend"));
    }
    let Some(written) = line_of(text, &front, line) else {
        return Err(nothing("the line is not in the frontmatter"));
    };
    let values = values(&text[written.clone()]);
    if values.is_empty() {
        return Err(nothing("the line has no value behind a key or dash"));
    }
    if values
        .iter()
        .any(|value| is_quoted(&text[written.clone()][value.clone()]))
    {
        return Ok(None);
    }
    if first_error(&front) != Some(line) {
        return Err(nothing(
            "the line is not what makes the frontmatter invalid",
        ));
    }
    for value in values {
        let value = written.start + value.start..written.start + value.end;
        let word = &text[value.clone()];
        let mut out = Splices::new(text);
        out.put(value.clone(), spell::quoted(word));
        let Some(next) = out.apply() else {
            continue;
        };
        let after = parse::front(&next, source);
        let mended = if after.invalid {
            first_error(&after) > Some(line)
        } else {
            has_text(&after.entries, line, word)
        };
        let same_body = text.len() - front.body == next.len() - after.body;
        if mended && same_body && after.format == front.format {
            return Ok(Some(next));
        }
    }
    Err(Refused::at(
        "not-proved",
        line,
        "quotes around the value do not make the frontmatter valid",
    )
    .hint("edit the file by hand"))
}

/// The line of the first thing that makes the block invalid.
fn first_error(front: &Front<'_>) -> Option<u32> {
    let errors = front.problems.iter();
    errors
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| problem.line)
        .min()
}

/// The bytes of a line of the block, without its ending.
fn line_of(text: &str, front: &Front<'_>, line: u32) -> Option<Range<usize>> {
    let start = front.raw.as_ptr() as usize - text.as_ptr() as usize;
    let end = start + front.raw.len();
    let mut at = 0;
    for _ in 1..line {
        if at >= end {
            return None;
        }
        at = line_end(text, at);
    }
    let content = text[at..line_end(text, at)].trim_end();
    (line > 0 && at >= start && at < end).then_some(at..at + content.len())
}

/// What may be the value of a line, likeliest first: behind the key, or behind the dash; without a
/// comment, or with what looks like one.
fn values(line: &str) -> Vec<Range<usize>> {
    let mut at = line.len() - line.trim_start().len();
    let mut dash = None;
    while let Some(rest) = line[at..].strip_prefix("- ") {
        at = line.len() - rest.trim_start().len();
        dash = Some(at);
    }
    let mut found = Vec::new();
    for start in [behind_key(line, at), dash].into_iter().flatten() {
        if start >= line.len() {
            continue;
        }
        let comment = line[start..]
            .find(" #")
            .or_else(|| line[start..].find("\t#"));
        if let Some(comment) = comment {
            let end = start + line[start..start + comment].trim_end().len();
            if end > start {
                found.push(start..end);
            }
        }
        found.push(start..line.len());
    }
    found
}

/// Where the value begins in `key: value`.
fn behind_key(line: &str, start: usize) -> Option<usize> {
    let bytes = line.as_bytes();
    let from = match bytes.get(start)? {
        mark @ (b'"' | b'\'') => start + 1 + memchr::memchr(*mark, &bytes[start + 1..])?,
        _ => start,
    };
    let colon = memchr::memchr_iter(b':', &bytes[from..])
        .map(|at| from + at)
        .find(|at| matches!(bytes.get(at + 1), Some(b' ' | b'\t')))?;
    Some(line.len() - line[colon + 1..].trim_start().len())
}

/// One quoted scalar, whole.
fn is_quoted(word: &str) -> bool {
    ['"', '\''].into_iter().any(|mark| {
        let inner = word
            .strip_prefix(mark)
            .and_then(|rest| rest.strip_suffix(mark));
        inner.is_some_and(|inner| match mark {
            '\'' => !inner.replace("''", "").contains(mark),
            _ => !inner.replace("\\\\", "").replace("\\\"", "").contains(mark),
        })
    })
}

fn has_text(entries: &[Entry<'_>], line: u32, word: &str) -> bool {
    entries
        .iter()
        .any(|entry| node_has(&entry.node, line, word))
}

fn node_has(node: &Node<'_>, line: u32, word: &str) -> bool {
    match &node.value {
        Value::Text(text) => node.line == line && text == word,
        Value::List(items) => items.iter().any(|item| node_has(item, line, word)),
        Value::Map(entries) => has_text(entries, line, word),
        Value::Null | Value::Bool(_) | Value::Int(_) => false,
    }
}
