//! Whether an edit did what it meant and nothing else: values, bytes, and a second parser.
//! Gets the page before, the text after, and the plan; gives nothing, or why it is not proved.
//! Never: trusts the tree from which the plan was made; it reads both texts anew.
//! Read next: `second`.

use std::ops::Range;

use serde_json::Value as Json;

use crate::edit::page::Page;
use crate::edit::plan::{After, Plan};
use crate::edit::second;
use crate::edit::splice::{indent_at, line_end, line_start};
use crate::model::document::{Entry, Format, Node, Value};

/// Proves that `next` is the page with the plan carried out.
pub(crate) fn prove(page: &Page<'_>, next: &str, plan: &Plan<'_>) -> Result<(), String> {
    let after = Page::read(next, page.source)
        .map_err(|refused| refused.reason)?
        .ok_or("the frontmatter would be none any more")?;
    values(page, &after, plan)?;
    bytes(page, &after, plan)?;
    match page.format {
        Format::Yaml => second::yaml(page, &after, plan),
        Format::Toml => second::toml(&after, plan),
        Format::Json => Err("JSON is not edited".to_owned()),
    }
}

fn values(page: &Page<'_>, after: &Page<'_>, plan: &Plan<'_>) -> Result<(), String> {
    if after.format != page.format {
        return Err("the frontmatter would be of another kind".to_owned());
    }
    if !same_but(&page.values, &after.values, &plan.path, &plan.after) {
        return Err("another value would change with it".to_owned());
    }
    let found = after.value(&plan.path);
    let right = match &plan.after {
        After::Text(text) => found.and_then(Json::as_str) == Some(text),
        After::Value(value) => found.is_some_and(|found| same_but(value, found, &[], &After::Gone)),
        After::Gone | After::Named(_) => found.is_none(),
    };
    if right {
        Ok(())
    } else {
        Err("the value would not read as what was meant".to_owned())
    }
}

/// True where both are equal in values and order, save for the key at `path`; where that is named
/// anew, with its other name in its place.
fn same_but(before: &Json, after: &Json, path: &[String], change: &After) -> bool {
    match (before, after) {
        (Json::Object(before), Json::Object(after)) => {
            let name = match (path, change) {
                ([key], After::Named(to)) => {
                    let value = (before.get(key), after.get(to));
                    if !matches!(value, (Some(before), Some(after)) if same_but(before, after, &[], change))
                    {
                        return false;
                    }
                    Some((key, to))
                }
                _ => None,
            };
            let skip = match (path, name) {
                ([key], None) => Some(key),
                _ => None,
            };
            let mut before = before.iter().filter(|(key, _)| Some(*key) != skip);
            let mut after = after.iter().filter(|(key, _)| Some(*key) != skip);
            loop {
                match (before.next(), after.next()) {
                    (None, None) => return true,
                    (Some((old, _)), Some((new, _))) if name == Some((old, new)) => {}
                    (Some((old, was)), Some((new, is))) if old == new => {
                        let rest = match path {
                            [first, rest @ ..] if first == old && !rest.is_empty() => rest,
                            _ => &[],
                        };
                        if !same_but(was, is, rest, change) {
                            return false;
                        }
                    }
                    _ => return false,
                }
            }
        }
        (Json::Array(before), Json::Array(after)) => {
            before.len() == after.len()
                && before
                    .iter()
                    .zip(after)
                    .all(|(before, after)| same_but(before, after, &[], change))
        }
        // The last key of a map that is filled: there was nothing, or will be nothing.
        _ => before == after,
    }
}

fn bytes(page: &Page<'_>, after: &Page<'_>, plan: &Plan<'_>) -> Result<(), String> {
    let (old, new) = (page.text, after.text);
    let region = region(page, after, plan);
    let tail = old.len() - region.end;
    let outside = new.len() >= region.start + tail
        && new.as_bytes()[..region.start] == old.as_bytes()[..region.start]
        && new.as_bytes()[new.len() - tail..] == old.as_bytes()[region.end..];
    let fences = after.block.start == page.block.start
        && old.len() - page.block.end == new.len() - after.block.end
        && old.len() - page.body == new.len() - after.body;
    if !outside || !fences {
        return Err("bytes beside the entry would change".to_owned());
    }
    if bare_newlines(old) == 0 && bare_newlines(new) > 0 && old.contains('\n')
        || !old.contains('\r') && new.contains('\r')
        || page.block.end == old.len()
            && !old.is_empty()
            && old.ends_with('\n') != new.ends_with('\n')
            && !new.is_empty()
    {
        return Err("line endings would change".to_owned());
    }
    Ok(())
}

fn bare_newlines(text: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\n', bytes)
        .filter(|at| *at == 0 || bytes[at - 1] != b'\r')
        .count()
}

/// The bytes of the old text that the plan may touch.
fn region(page: &Page<'_>, after: &Page<'_>, plan: &Plan<'_>) -> Range<usize> {
    let mut path = plan.path.as_slice();
    // A map that loses its last key says so on its own line.
    if let [outer @ .., _] = path
        && plan.after == After::Gone
        && !outer.is_empty()
        && after
            .value(outer)
            .and_then(Json::as_object)
            .is_some_and(serde_json::Map::is_empty)
    {
        path = outer;
    }
    while !path.is_empty() && page.value(path).is_none() {
        path = &path[..path.len() - 1];
    }
    let block = page.text[page.block.clone()].trim_start();
    let mut region = if block.starts_with('{') {
        page.block.clone()
    } else if path.is_empty() {
        inserted(page, after)
    } else {
        entry_lines(page, &Lines::of(page), &page.entries, path, usize::MAX)
    };
    if region.end == page.text.len() && !page.text.ends_with('\n') {
        let before = &page.text[..region.start];
        region.start = before.strip_suffix('\n').map_or(before.len(), |line| {
            line.strip_suffix('\r').unwrap_or(line).len()
        });
    }
    region
}

/// Where bytes came in and none went: an empty region of the block.
fn inserted(page: &Page<'_>, after: &Page<'_>) -> Range<usize> {
    let (old, new) = (page.text.as_bytes(), after.text.as_bytes());
    let prefix = old
        .iter()
        .zip(new)
        .take_while(|(old, new)| old == new)
        .count();
    let at = prefix.clamp(page.block.start, page.block.end);
    at..at
}

/// The lines from a key to the next one, without comments that stand no deeper than the key. A key
/// that shares a line with another one, or stands between braces, has the lines of what it stands in.
fn entry_lines(
    page: &Page<'_>,
    lines: &Lines,
    entries: &[Entry<'_>],
    path: &[String],
    end: usize,
) -> Range<usize> {
    let index = entries.iter().position(|entry| entry.key == path[0]);
    let (Some(index), [_, rest @ ..]) = (index, path) else {
        return page.block.start..page.block.start;
    };
    let entry = &entries[index];
    let next = entries.get(index + 1);
    let end = next.map_or(end, |next| next.line as usize);
    if let Value::Map(inner) = &entry.node.value
        && !rest.is_empty()
        && !is_in_braces(page, lines, &entry.node)
        && begin_lines(page, lines, inner)
    {
        return entry_lines(page, lines, inner, rest, end);
    }
    let start = lines.start(entry.line as usize);
    let mut stop = lines.start(end);
    let column = (entry.col as usize).saturating_sub(1);
    let mut at = stop;
    while at > start {
        let line = line_start(page.text, at - 1);
        let indent = indent_at(page.text, line);
        let written = page.text[line..at].trim();
        if !(written.is_empty() || written.starts_with('#') && indent <= column) {
            break;
        }
        if !written.is_empty() {
            stop = line;
        }
        at = line;
    }
    start..stop.max(line_end(page.text, start).min(page.block.end))
}

/// Commas tie the lines between braces together.
fn is_in_braces(page: &Page<'_>, lines: &Lines, node: &Node<'_>) -> bool {
    let line = &page.text[lines.start(node.line as usize)..page.block.end];
    line.chars().nth((node.col as usize).saturating_sub(1)) == Some('{')
}

/// True where every key is the first thing on a line.
fn begin_lines(page: &Page<'_>, lines: &Lines, entries: &[Entry<'_>]) -> bool {
    entries.iter().all(|entry| {
        let start = lines.start(entry.line as usize);
        indent_at(page.text, start) + 1 == entry.col as usize
    })
}

/// Where the lines of a block begin.
struct Lines {
    first: usize,
    starts: Vec<usize>,
    end: usize,
}

impl Lines {
    fn of(page: &Page<'_>) -> Self {
        let block = &page.text.as_bytes()[page.block.clone()];
        let newlines = memchr::memchr_iter(b'\n', block);
        let behind = newlines.map(|at| page.block.start + at + 1);
        Self {
            first: page.line(page.block.start) as usize,
            starts: std::iter::once(page.block.start).chain(behind).collect(),
            end: page.block.end,
        }
    }

    /// The offset at which a line of the file begins; beyond the block, its end.
    fn start(&self, line: usize) -> usize {
        let index = line.saturating_sub(self.first);
        self.starts.get(index).copied().unwrap_or(self.end)
    }
}
