//! JSON frontmatter: an object at the very beginning of the file, as Hugo reads it.
//! The JSON crate says whether it is valid and where it ends; the walk over valid text then keeps
//! the order, the places and the spelling of numbers.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::model::document::{Entry, Format, Node, Value};
use crate::model::problem::{Problem, Severity};
use crate::parse::budget;
use crate::parse::decode::without_nul;
use crate::parse::position::Position;
use crate::parse::salvage;
use crate::parse::scalar;
use crate::parse::split::{Split, line_end, without_blanks};
use crate::parse::unique;
use crate::parse::yaml::{Read, Verdict};

/// Divides a file that may begin with an object. The block includes its braces.
pub(crate) fn split(text: &str) -> Split {
    if !begins_with_object(text) {
        return Split::None;
    }
    let window = &text[..text.floor_char_boundary(budget::BLOCK + 1)];
    let mut stream = serde_json::Deserializer::from_str(window).into_iter::<IgnoredAny>();
    match stream.next() {
        Some(Ok(_)) => {
            let end = stream.byte_offset();
            let body = line_end(text, end);
            // Text behind the brace: a sentence that begins with a brace.
            if without_blanks(&text[end..body]).is_empty() {
                block(end, body)
            } else {
                Split::None
            }
        }
        _ => {
            let mut offset = 0;
            while offset < window.len() {
                let end = line_end(text, offset);
                if without_blanks(&text[offset..end]) == "}" {
                    return block(offset + 1, end);
                }
                offset = end;
            }
            Split::Unclosed {
                format: Format::Json,
                block: 0,
            }
        }
    }
}

fn block(end: usize, body: usize) -> Split {
    Split::Block {
        format: Format::Json,
        block: 0..end,
        body,
    }
}

/// `{}` or `{"key":`, with any white space; `{% liquid %}` and `{text}` are body.
fn begins_with_object(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('{').map(str::trim_start) else {
        return false;
    };
    inside.starts_with('}')
        || inside
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
            .is_some_and(|(_, rest)| rest.trim_start().starts_with(':'))
}

/// Reads `block`, whose first line is line `first_line` of the file. Where the verdict is `Broken`
/// the entries are those that stand on lines of their own.
pub(crate) fn read(block: &str, first_line: u32) -> Read<'_> {
    let mut position = Position::new(block, first_line);
    if let Err(error) = serde_json::from_str::<IgnoredAny>(block) {
        let line_start = nth_line_start(block, error.line());
        let (line, col) = position.at(line_start + error.column().saturating_sub(1));
        let message = error.to_string();
        let words = message.split(" at line ").next().unwrap_or(&message);
        let problem = Problem::at(
            "invalid-frontmatter",
            Severity::Error,
            line,
            col,
            format!("the frontmatter is not valid JSON: {words}"),
        )
        .hint("put keys and text in double quotes, and a comma between entries");
        return Read::new(Verdict::Broken, lines(block, first_line), vec![problem]);
    }
    let mut walk = Walk {
        text: block,
        at: 0,
        position,
        problems: Vec::new(),
        nodes: 0,
    };
    let (verdict, entries) = match walk.value(1) {
        Ok(Node {
            value: Value::Map(entries),
            ..
        }) => (Verdict::Mapping, entries),
        Ok(_) => (Verdict::Other, Vec::new()),
        Err(problem) => {
            walk.problems.push(problem);
            (Verdict::Refused, Vec::new())
        }
    };
    Read::new(verdict, entries, walk.problems)
}

fn nth_line_start(text: &str, line: usize) -> usize {
    match line.checked_sub(2) {
        None => 0,
        Some(nth) => memchr::memchr_iter(b'\n', text.as_bytes())
            .nth(nth)
            .map_or(text.len(), |at| at + 1),
    }
}

/// Entries `"key": scalar,` that have a line of their own and the indentation of the first one.
fn lines(block: &str, first_line: u32) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    let mut indent = None;
    for (line, written) in (first_line..).zip(block.lines()).take(budget::NODES / 2) {
        let text = written.trim();
        let depth = written.len() - written.trim_start().len();
        let Some((key, at)) = salvage::split_key(text) else {
            continue;
        };
        if !text.starts_with('"') || *indent.get_or_insert(depth) != depth {
            continue;
        }
        let value = text[at..].trim().trim_end_matches(',').trim_end();
        let value = match value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
            Some(inner) => Value::Text(Cow::Borrowed(inner)),
            None => scalar::plain(Cow::Borrowed(value)),
        };
        let col = u32::try_from(depth + 1).unwrap_or(u32::MAX);
        found.push(Entry {
            key: Cow::Borrowed(key),
            line,
            col,
            node: Node { value, line, col },
        });
    }
    unique::keep_first(&mut found, &mut Vec::new());
    found
}

/// A walk over text that is known to be one JSON value.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    position: Position<'a>,
    problems: Vec<Problem>,
    nodes: usize,
}

impl<'a> Walk<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, Problem> {
        let (line, col) = self.place(depth)?;
        let value = match self.peek() {
            Some(b'{') => Value::Map(self.object(depth)?),
            Some(b'[') => Value::List(self.array(depth)?),
            Some(b'"') => {
                let text = self.string();
                Value::Text(without_nul(text, &mut self.problems, (line, col)))
            }
            _ => scalar::plain(Cow::Borrowed(self.word())),
        };
        Ok(Node { value, line, col })
    }

    fn object(&mut self, depth: usize) -> Result<Vec<Entry<'a>>, Problem> {
        let mut entries = Vec::new();
        self.at += 1;
        while self.peek() == Some(b'"') {
            let (line, col) = self.place(depth)?;
            let key = self.string();
            let key = without_nul(key, &mut self.problems, (line, col));
            self.skip(b':');
            let node = self.value(depth + 1)?;
            self.skip(b',');
            entries.push(Entry {
                key,
                line,
                col,
                node,
            });
        }
        self.skip(b'}');
        unique::keep_first(&mut entries, &mut self.problems);
        Ok(entries)
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Node<'a>>, Problem> {
        let mut items = Vec::new();
        self.at += 1;
        while !matches!(self.peek(), None | Some(b']')) {
            items.push(self.value(depth + 1)?);
            self.skip(b',');
        }
        self.skip(b']');
        Ok(items)
    }

    /// The string that begins here, without its quotes.
    fn string(&mut self) -> Cow<'a, str> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut end = start + 1;
        while !matches!(bytes.get(end), None | Some(b'"')) {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        self.at = (end + 1).min(bytes.len());
        let inner = self.text.get(start + 1..end).unwrap_or_default();
        if !inner.contains('\\') {
            return Cow::Borrowed(inner);
        }
        // A lone surrogate is valid to skip and not valid to read: it stays as written.
        match serde_json::from_str::<String>(&self.text[start..self.at]) {
            Ok(text) => Cow::Owned(text),
            Err(_) => Cow::Borrowed(inner),
        }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest
            .find([',', ']', '}', ' ', '\t', '\r', '\n'])
            .unwrap_or(rest.len());
        // At least one byte, so that every loop ends on any text.
        self.at += end.max(1).min(rest.len());
        &rest[..end]
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.at += 1;
        }
    }

    /// The place of the node that begins here, if the budgets allow one more.
    fn place(&mut self, depth: usize) -> Result<(u32, u32), Problem> {
        self.peek();
        let (line, col) = self.position.at(self.at);
        self.nodes += 1;
        if self.nodes > budget::NODES {
            let what = format!("{} keys and values", budget::NODES);
            return Err(budget::too_large(line, &what));
        }
        if depth > budget::DEPTH + 1 {
            return Err(budget::too_deep(line, col));
        }
        Ok((line, col))
    }
}
