//! The frontmatter of a file that is to be edited: sound, in one piece, its values at hand.
//! Gets the text and its kind; gives the page, or `Refused` with what stands in the way.
//! Never: edits.

use std::cmp::Reverse;
use std::ops::Range;

use serde_json::{Map, Number, Value as Json};

use crate::model::document::{Entry, Format, Node, Value};
use crate::model::edit::{Refused, Wanted};
use crate::parse::{self, Front, Source};

/// A block of frontmatter that can be edited.
#[derive(Debug)]
pub(crate) struct Page<'t> {
    pub text: &'t str,
    pub source: Source,
    pub format: Format,
    pub block: Range<usize>,
    /// Behind the closing fence.
    pub body: usize,
    pub entries: Vec<Entry<'t>>,
    /// The entries as one JSON object.
    pub values: Json,
}

impl<'t> Page<'t> {
    /// The page of a text; none where it has no frontmatter.
    pub(crate) fn read(text: &'t str, source: Source) -> Result<Option<Self>, Refused> {
        let front = parse::front(text, source);
        let Some(format) = front.format else {
            return Ok(None);
        };
        refuse(&front, format)?;
        let start = front.raw.as_ptr() as usize - text.as_ptr() as usize;
        if let Some(at) = lone_return(front.raw) {
            let reason = "a carriage return alone ends a line for YAML, and for no editor";
            let line = line_of_bytes(text.as_bytes(), start + at);
            return Err(
                Refused::at("lone-carriage-return", line, reason).hint("end lines with a newline")
            );
        }
        Ok(Some(Self {
            text,
            source,
            format,
            block: start..start + front.raw.len(),
            body: front.body,
            values: object(&front.entries),
            entries: front.entries,
        }))
    }

    /// The line of the file, from 1, of a byte offset.
    pub(crate) fn line(&self, at: usize) -> u32 {
        line_of_bytes(self.text.as_bytes(), at)
    }

    /// The value at a path of keys.
    pub(crate) fn value(&self, path: &[String]) -> Option<&Json> {
        path.iter()
            .try_fold(&self.values, |value, key| value.get(key))
    }
}

fn lone_return(block: &str) -> Option<usize> {
    let bytes = block.as_bytes();
    memchr::memchr_iter(b'\r', bytes).find(|at| bytes.get(at + 1) != Some(&b'\n'))
}

fn refuse(front: &Front<'_>, format: Format) -> Result<(), Refused> {
    let problem = |code| front.problems.iter().find(|problem| problem.code == code);
    if format == Format::Json {
        return Err(Refused::at(
            "json-frontmatter",
            1,
            "JSON frontmatter cannot be edited without changing its layout",
        )
        .hint("write the frontmatter as YAML, between lines `---`"));
    }
    if let Some(problem) = problem("multiple-documents") {
        let reason = "the file holds several YAML documents";
        return Err(
            Refused::at("multiple-documents", problem.line, reason).hint(problem.hint.clone())
        );
    }
    if let Some(line) = front.conflict {
        let reason = "the frontmatter has unresolved Git conflict markers";
        return Err(Refused::at("conflict-markers", line, reason)
            .hint("choose between the two sides first"));
    }
    if !front.invalid {
        return Ok(());
    }
    let worst = front
        .problems
        .iter()
        .max_by_key(|problem| (problem.severity, Reverse(problem.line)));
    Err(match worst {
        Some(problem) => Refused::at("invalid-frontmatter", problem.line, problem.message.clone())
            .hint(problem.hint.clone()),
        None => Refused::at("invalid-frontmatter", 1, "the frontmatter cannot be read"),
    })
}

/// Entries as a JSON object, in their order.
pub(crate) fn object(entries: &[Entry<'_>]) -> Json {
    let pairs = entries
        .iter()
        .map(|entry| (entry.key.to_string(), json(&entry.node.value)));
    Json::Object(pairs.collect::<Map<_, _>>())
}

fn json(value: &Value<'_>) -> Json {
    let item = |node: &Node<'_>| json(&node.value);
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Int(number) => Json::Number(Number::from(*number)),
        Value::Text(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(item).collect()),
        Value::Map(entries) => object(entries),
    }
}

/// A value that is to be written, as the JSON that it must read as.
pub(crate) fn wanted(value: &Wanted) -> Json {
    match value {
        Wanted::Text(text) | Wanted::Alike(text) => Json::String(text.clone()),
        Wanted::Plain(word) => json(&parse::plain(word.as_str().into())),
        Wanted::Null => Json::Null,
        Wanted::List(items) => Json::Array(items.iter().map(wanted).collect()),
        Wanted::Map(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| (key.clone(), wanted(value)));
            Json::Object(pairs.collect())
        }
    }
}

/// The line of the file, from 1, of an offset into its bytes.
pub(crate) fn line_of_bytes(bytes: &[u8], at: usize) -> u32 {
    let newlines = memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count();
    u32::try_from(newlines).map_or(u32::MAX, |lines| lines.saturating_add(1))
}
