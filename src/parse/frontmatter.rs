//! The frontmatter of one file, in whichever syntax: values, and where the body begins.
//! Gets the text, the kind of file and its Git conflicts; gives entries and problems.
//! Never: loses a file: what cannot be read stays text, and what can be recovered is.
//! Read next: `split`, then `yaml` and `salvage`.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::document::{Entry, Format, Node, Value};
use crate::model::problem::{Problem, Severity};
use crate::parse::Source;
use crate::parse::budget;
use crate::parse::conflict::{self, Conflict};
use crate::parse::position::count_newlines;
use crate::parse::split::{Split, line_end, split};
use crate::parse::yaml::{Read, Verdict};
use crate::parse::{json, salvage, toml, yaml};

/// The frontmatter as `Document` shows it.
#[derive(Debug)]
pub(crate) struct Front<'a> {
    pub format: Option<Format>,
    pub entries: Vec<Entry<'a>>,
    pub raw: &'a str,
    pub invalid: bool,
    /// The line of a Git conflict that touches the block.
    pub conflict: Option<u32>,
    /// Offset of the body in the text, and its line.
    pub body: usize,
    pub body_line: u32,
    pub problems: Vec<Problem>,
}

/// Reads the frontmatter of `text`.
pub(crate) fn read<'a>(text: &'a str, source: Source, conflicts: &[Conflict]) -> Front<'a> {
    if source == Source::Yaml {
        let end = text.len();
        return block(text, Format::Yaml, 0..end, end, budget::WHOLE, conflicts);
    }
    match split(text) {
        Split::None => none(text),
        Split::Block {
            format,
            block: range,
            body,
        } => {
            // Two rules across the page with a long text between them are no frontmatter.
            if range.len() > budget::BLOCK
                && format == Format::Yaml
                && !salvage::begins_with_key(&text[range.clone()])
            {
                return none(text);
            }
            block(text, format, range, body, budget::BLOCK, conflicts)
        }
        Split::Unclosed { format, block } => unclosed(text, format, block),
    }
}

fn none(text: &str) -> Front<'_> {
    Front {
        format: None,
        entries: Vec::new(),
        raw: &text[..0],
        invalid: false,
        conflict: None,
        body: 0,
        body_line: 1,
        problems: Vec::new(),
    }
}

fn block<'a>(
    text: &'a str,
    format: Format,
    range: Range<usize>,
    body: usize,
    limit: usize,
    conflicts: &[Conflict],
) -> Front<'a> {
    let raw = &text[range.clone()];
    let first_line = 1 + count_newlines(&text.as_bytes()[..range.start]);
    let conflict = conflicts
        .iter()
        .find(|conflict| conflict.start < range.end && conflict.end > range.start);
    let read = if raw.len() > limit {
        let problem = budget::too_large(first_line, &format!("{} KiB", limit >> 10));
        Read::new(Verdict::Refused, Vec::new(), vec![problem])
    } else if let Some(conflict) = conflict {
        let side = conflict::first_side(raw, conflict.start < range.start);
        let read = values(&side, format, first_line);
        let entries = read.entries.into_iter().map(owned_entry).collect();
        Read::new(read.verdict, entries, read.problems)
    } else {
        values(raw, format, first_line)
    };
    let mut problems = read.problems;
    if read.verdict == Verdict::Other {
        problems.push(not_a_mapping(raw, first_line));
    }
    Front {
        format: Some(format),
        entries: read.entries,
        raw,
        invalid: read.verdict != Verdict::Mapping || conflict.is_some(),
        conflict: conflict.map(|conflict| conflict.line),
        body,
        body_line: 1 + count_newlines(&text.as_bytes()[..body]),
        problems,
    }
}

/// The values of a block, recovered ones where it is broken.
fn values(raw: &str, format: Format, first_line: u32) -> Read<'_> {
    match format {
        Format::Yaml => {
            let mut read = yaml::read(raw, first_line);
            if read.verdict == Verdict::Broken {
                read.entries = salvage::entries(raw, first_line);
            }
            read
        }
        Format::Toml => toml::read(raw, first_line),
        Format::Json => json::read(raw, first_line),
    }
}

fn not_a_mapping(raw: &str, first_line: u32) -> Problem {
    let before = raw.len() - raw.trim_start().len();
    let line = first_line.saturating_add(count_newlines(&raw.as_bytes()[..before]));
    Problem::at(
        "frontmatter-not-a-mapping",
        Severity::Error,
        line,
        1,
        "the frontmatter is not made of `key: value` lines",
    )
    .hint("write `key: value` lines; where `---` is meant as a rule, put an empty line before it")
}

/// A fence without its second half: all text is body, and values are read up to an empty line.
fn unclosed(text: &str, format: Format, start: usize) -> Front<'_> {
    let mut end = start;
    while end < text.len() && end - start < budget::BLOCK {
        let next = line_end(text, end);
        if text[end..next].trim().is_empty() {
            break;
        }
        end = next;
    }
    let end = end.min(text.floor_char_boundary(start + budget::BLOCK));
    let line = 1 + count_newlines(&text.as_bytes()[..start]);
    let fence_line = line.saturating_sub(1).max(1);
    let (fence, entries) = match format {
        Format::Yaml => ("---", salvage::entries(&text[start..end], line)),
        Format::Toml => ("+++", toml::read(&text[start..end], line).entries),
        Format::Json => ("}", Vec::new()),
    };
    let problem = Problem::at(
        "unclosed-frontmatter",
        Severity::Error,
        fence_line,
        1,
        format!("the frontmatter is opened here and never closed by a line `{fence}`"),
    )
    .hint(format!("add a line `{fence}` behind the last key"));
    Front {
        format: Some(format),
        entries,
        invalid: true,
        problems: vec![problem],
        ..none(text)
    }
}

fn owned_entry<'b>(entry: Entry<'_>) -> Entry<'b> {
    Entry {
        key: Cow::Owned(entry.key.into_owned()),
        line: entry.line,
        col: entry.col,
        node: owned_node(entry.node),
    }
}

fn owned_node<'b>(node: Node<'_>) -> Node<'b> {
    let value = match node.value {
        Value::Null => Value::Null,
        Value::Bool(truth) => Value::Bool(truth),
        Value::Int(number) => Value::Int(number),
        Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        Value::List(items) => Value::List(items.into_iter().map(owned_node).collect()),
        Value::Map(entries) => Value::Map(entries.into_iter().map(owned_entry).collect()),
    };
    Node {
        value,
        line: node.line,
        col: node.col,
    }
}
