//! What can still be read of a frontmatter block that is not valid YAML.
//! Each top-level `key:` with the lines below it is read alone, so that one bad value costs only
//! itself; of a bad value the text that was written is kept.
//! Never: says that the block is fine; the caller has reported why it is not.

use std::borrow::Cow;

use crate::model::document::{Entry, Node, Value};
use crate::parse::budget;
use crate::parse::split::{line_end, without_blanks};
use crate::parse::unique;
use crate::parse::yaml::{self, Cost, Verdict};

/// A key longer than this is prose with a colon.
const KEY: usize = 200;

/// The entries of `block`, which begins on line `first_line`, as far as they can be told.
pub(crate) fn entries(block: &str, first_line: u32) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    let mut offset = 0;
    let mut line = first_line;
    let mut spent = Cost::default();
    while offset < block.len() {
        let head_end = line_end(block, offset);
        let mut end = head_end;
        let mut lines: u32 = 1;
        while end < block.len() && split_key(&block[end..line_end(block, end)]).is_none() {
            end = line_end(block, end);
            lines = lines.saturating_add(1);
        }
        let chunk = &block[offset..end];
        if let Some((key, value)) = split_key(&chunk[..head_end - offset]) {
            let read = yaml::read(chunk, line);
            let mut whole = read.entries;
            spent.add(read.spent);
            spent.nodes += 2;
            if spent.is_over() {
                break;
            }
            if read.verdict == Verdict::Mapping && whole.len() == 1 {
                found.append(&mut whole);
            } else if read.verdict != Verdict::Refused {
                let entry = raw_entry(chunk, key, value, head_end - offset, line);
                if let Value::List(items) = &entry.node.value {
                    spent.nodes += items.len();
                }
                found.push(entry);
            }
        }
        offset = end;
        line = line.saturating_add(lines);
    }
    unique::keep_first(&mut found, &mut Vec::new());
    found
}

/// True where the first line with content looks like `key: value`.
pub(crate) fn begins_with_key(block: &str) -> bool {
    block
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .is_some_and(|line| split_key(line).is_some())
}

/// The key of a line `key: value` without indentation, and the offset of what follows the colon.
pub(crate) fn split_key(line: &str) -> Option<(&str, usize)> {
    let line = without_blanks(line);
    let (key, colon) = match line.as_bytes().first()? {
        b' ' | b'\t' | b'#' | b'[' | b'{' | b'|' | b'>' | b'<' | b',' => return None,
        mark @ (b'"' | b'\'') => {
            let close = 1 + line[1..].find(char::from(*mark))?;
            let rest = &line[close + 1..];
            (&line[1..close], line.len() - rest.trim_start().len())
        }
        _ => {
            let colon = memchr::memchr_iter(b':', line.as_bytes())
                .find(|at| matches!(line.as_bytes().get(at + 1), None | Some(b' ' | b'\t')))?;
            (line[..colon].trim_end(), colon)
        }
    };
    let is_key = line.as_bytes().get(colon) == Some(&b':')
        && matches!(line.as_bytes().get(colon + 1), None | Some(b' ' | b'\t'))
        && !key.is_empty()
        && key.len() <= KEY
        && !key.starts_with("- ")
        && !key.contains(" #");
    is_key.then_some((key, colon + 1))
}

/// The entry of a chunk that YAML cannot read.
fn raw_entry<'a>(
    chunk: &'a str,
    key: &'a str,
    value: usize,
    head_end: usize,
    line: u32,
) -> Entry<'a> {
    let head = without_blanks(&chunk[..head_end]);
    let written = &head[value..];
    let text = written.trim();
    let start = value + (written.len() - written.trim_start().len());
    let node = if text.is_empty() {
        below(&chunk[head_end..], line.saturating_add(1))
    } else {
        let value = match flow_items(text) {
            Some(items) => items_at(items, line),
            None => Value::Text(Cow::Borrowed(unquoted(text))),
        };
        let col = u32::try_from(1 + chunk[..start].chars().count()).unwrap_or(u32::MAX);
        Node { value, line, col }
    };
    Entry {
        key: Cow::Borrowed(key),
        line,
        col: 1,
        node,
    }
}

/// What stands below a key without a value on its own line: a list, or lines of text.
fn below(lines: &str, first_line: u32) -> Node<'_> {
    let mut items = Vec::new();
    let mut only_items = true;
    for (line, text) in (first_line..).zip(lines.lines()) {
        let content = text.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = text.len() - text.trim_start().len();
        match content.strip_prefix("- ") {
            Some(item) => items.push(Node {
                value: Value::Text(Cow::Borrowed(unquoted(item.trim()))),
                line,
                col: u32::try_from(indent + 3).unwrap_or(u32::MAX),
            }),
            None => only_items = false,
        }
    }
    let text = lines.trim();
    let (value, line) = if only_items && !items.is_empty() {
        (Value::List(items), first_line)
    } else if text.is_empty() {
        // There may be no line below.
        (Value::Null, first_line.saturating_sub(1))
    } else {
        (Value::Text(Cow::Borrowed(text)), first_line)
    };
    Node {
        value,
        line,
        col: 1,
    }
}

/// The parts of `[a, b]`; none where it is not a list on one line, or holds another.
fn flow_items(text: &str) -> Option<impl Iterator<Item = &str>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let simple = !inner.contains(['[', ']', '{', '}']);
    simple.then(|| {
        inner
            .split(',')
            .map(|item| unquoted(item.trim()))
            .filter(|item| !item.is_empty())
    })
}

fn items_at<'a>(items: impl Iterator<Item = &'a str>, line: u32) -> Value<'a> {
    let nodes = items.take(budget::NODES).map(|item| Node {
        value: Value::Text(Cow::Borrowed(item)),
        line,
        col: 1,
    });
    Value::List(nodes.collect())
}

/// The text inside simple quotes; anything with escapes stays as it was written.
fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|mark| {
            let inner = text.strip_prefix(mark)?.strip_suffix(mark)?;
            (!inner.contains([mark, '\\'])).then_some(inner)
        })
        .unwrap_or(text)
}
