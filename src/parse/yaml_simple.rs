//! The short way for the frontmatter that nearly every item has: `key: value` lines, lists of
//! scalars, mappings of those. Several times as fast as the whole of YAML.
//! Gives exactly what `yaml` gives, values and places, or nothing: then `yaml` reads the block.
//! Never: decides that a block is wrong, reads an escape, a tag, an anchor or a scalar over lines.

use std::borrow::Cow;

use crate::model::document::{Entry, Node, Value};
use crate::parse::position::Position;
use crate::parse::scalar;
use crate::parse::unique;

/// Larger blocks are for the reader that counts every budget.
const NODES: usize = 2_000;
const DEPTH: usize = 4;
const KEY: usize = 200;

/// The entries of a simple block and the number of its nodes; none where it is not simple.
pub(crate) fn read(block: &str, first_line: u32) -> Option<(Vec<Entry<'_>>, usize)> {
    if !block.is_ascii() && has_odd_character(block.as_bytes()) {
        return None;
    }
    let mut reader = Reader {
        text: block,
        bytes: block.as_bytes(),
        position: Position::new(block, first_line),
        line: Line::default(),
        nodes: 1,
    };
    reader.advance(0)?;
    if reader.line.is_end {
        return Some((Vec::new(), 0));
    }
    let entries = reader.mapping(0, 1)?;
    reader.line.is_end.then_some((entries, reader.nodes))
}

/// Characters that are line breaks, marks or forbidden in some YAML: C1 controls, U+2028, U+2029,
/// the byte order mark and the end of the plane.
fn has_odd_character(bytes: &[u8]) -> bool {
    bytes.windows(3).any(|three| {
        matches!(
            three,
            [0xC2, 0x80..=0x9F, _]
                | [0xE2, 0x80, 0xA8 | 0xA9]
                | [0xEF, 0xBB, 0xBF]
                | [0xEF, 0xBF, _]
        )
    }) || matches!(bytes, [.., 0xC2, 0x80..=0x9F])
}

/// The line that is to be read: neither blank nor a comment.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Offset of the first character that is no space.
    start: usize,
    indent: usize,
    /// Offset of the line ending.
    end: usize,
    /// Offset of the next line.
    next: usize,
    /// No line is left.
    is_end: bool,
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    position: Position<'a>,
    line: Line,
    nodes: usize,
}

impl<'a> Reader<'a> {
    /// Goes to the next line with content at or behind `offset`. None: a character that is not
    /// simple.
    fn advance(&mut self, mut offset: usize) -> Option<()> {
        loop {
            if offset >= self.bytes.len() {
                self.line.is_end = true;
                return Some(());
            }
            let newline = memchr::memchr(b'\n', &self.bytes[offset..]);
            let next = newline.map_or(self.bytes.len(), |at| offset + at + 1);
            let mut end = newline.map_or(next, |_| next - 1);
            if newline.is_some() && end > offset && self.bytes[end - 1] == b'\r' {
                end -= 1;
            }
            let line = &self.bytes[offset..end];
            // Tabs and lone carriage returns have rules of their own.
            if line.iter().any(|byte| *byte < b' ' || *byte == 0x7F) {
                return None;
            }
            let indent = line.iter().take_while(|byte| **byte == b' ').count();
            if indent < line.len() && line[indent] != b'#' {
                self.line = Line {
                    start: offset + indent,
                    indent,
                    end,
                    next,
                    is_end: false,
                };
                return Some(());
            }
            offset = next;
        }
    }

    /// The entries from this line on that are indented by `indent`.
    fn mapping(&mut self, indent: usize, depth: usize) -> Option<Vec<Entry<'a>>> {
        if depth > DEPTH {
            return None;
        }
        let mut entries = Vec::new();
        while !self.line.is_end && self.line.indent >= indent {
            if self.line.indent > indent || self.is_item() {
                return None;
            }
            entries.push(self.entry(indent, depth)?);
        }
        (!unique::has_doubled(&entries)).then_some(entries)
    }

    fn entry(&mut self, indent: usize, depth: usize) -> Option<Entry<'a>> {
        let Line {
            start, end, next, ..
        } = self.line;
        let length = self.bytes[start..end]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
            .count();
        let colon = start + length;
        let simple = (1..=KEY).contains(&length)
            && !matches!(self.bytes[start], b'.' | b'-')
            && self.bytes.get(colon) == Some(&b':')
            && colon < end
            && (colon + 1 == end || self.bytes[colon + 1] == b' ');
        if !simple {
            return None;
        }
        let key = Cow::Borrowed(&self.text[start..colon]);
        let (line, col) = self.count(start)?;
        let at = self.skip_spaces(colon + 1);
        let node = if self.is_rest_empty(colon + 1, at) {
            self.advance(next)?;
            self.below(colon, indent, depth)?
        } else {
            let node = self.inline(at)?;
            self.advance(next)?;
            node
        };
        Some(Entry {
            key,
            line,
            col,
            node,
        })
    }

    /// The value of a key that has none on its own line; `colon` is where nothing would stand.
    fn below(&mut self, colon: usize, indent: usize, depth: usize) -> Option<Node<'a>> {
        let child = self.line.indent;
        if self.line.is_end || child < indent || (child == indent && !self.is_item()) {
            return self.node(colon, Value::Null);
        }
        if !self.is_item() {
            let mut node = self.node(self.line.start, Value::Null)?;
            node.value = Value::Map(self.mapping(child, depth + 1)?);
            return Some(node);
        }
        // Of a list that is not indented the parser tells the place of its first item.
        let start = self.line.start;
        let first = if child == indent {
            self.skip_spaces(start + 1)
        } else {
            start
        };
        let mut list = self.node(first, Value::Null)?;
        let mut items = Vec::new();
        while !self.line.is_end && self.line.indent == child && self.is_item() {
            let Line { start, next, .. } = self.line;
            let at = self.skip_spaces(start + 1);
            items.push(self.inline(at)?);
            self.advance(next)?;
        }
        if !self.line.is_end && self.line.indent > indent {
            return None;
        }
        list.value = Value::List(items);
        Some(list)
    }

    /// True where the line is a list item with something behind the dash.
    fn is_item(&self) -> bool {
        self.bytes[self.line.start..self.line.end].starts_with(b"- ")
    }

    fn skip_spaces(&self, at: usize) -> usize {
        let rest = &self.bytes[at.min(self.line.end)..self.line.end];
        at + rest.iter().take_while(|byte| **byte == b' ').count()
    }

    /// True where nothing follows but a comment; `at` is behind the blanks that begin at `from`.
    fn is_rest_empty(&self, from: usize, at: usize) -> bool {
        at >= self.line.end || (self.bytes[at] == b'#' && at > from)
    }

    /// A value that stands on this line and fills it.
    fn inline(&mut self, at: usize) -> Option<Node<'a>> {
        let (value, end) = match *self.bytes[..self.line.end].get(at)? {
            mark @ (b'"' | b'\'') => self.quoted(at, mark)?,
            b'[' => return self.list(at),
            b'{' if self.bytes.get(at + 1) == Some(&b'}') => (Value::Map(Vec::new()), at + 2),
            first if begins_plain(first) => {
                let end = self.plain_end(at)?;
                (scalar::plain(Cow::Borrowed(&self.text[at..end])), end)
            }
            _ => return None,
        };
        self.is_rest_empty(end, self.skip_spaces(end))
            .then_some(())?;
        self.node(at, value)
    }

    /// A quoted scalar without escapes, and the offset behind it.
    fn quoted(&self, at: usize, mark: u8) -> Option<(Value<'a>, usize)> {
        let close = at + 1 + memchr::memchr(mark, &self.bytes[at + 1..self.line.end])?;
        let inner = &self.text[at + 1..close];
        let simple = match mark {
            b'"' => !inner.contains('\\'),
            _ => self.bytes.get(close + 1) != Some(&b'\''),
        };
        simple.then_some((Value::Text(Cow::Borrowed(inner)), close + 1))
    }

    /// The end of a plain scalar in block context.
    fn plain_end(&self, at: usize) -> Option<usize> {
        let line = &self.bytes[..self.line.end];
        let mut end = line.len();
        for special in memchr::memchr2_iter(b':', b'#', &line[at..]) {
            let special = at + special;
            match line[special] {
                b':' if matches!(line.get(special + 1), None | Some(b' ')) => return None,
                b'#' if line[special - 1] == b' ' => {
                    end = special;
                    break;
                }
                _ => {}
            }
        }
        while line[end - 1] == b' ' {
            end -= 1;
        }
        Some(end)
    }

    /// `[a, "b"]` on one line, with scalars only.
    fn list(&mut self, open: usize) -> Option<Node<'a>> {
        let mut list = self.node(open, Value::Null)?;
        let mut items = Vec::new();
        let mut at = self.skip_spaces(open + 1);
        let line_end = self.line.end;
        if self.bytes[..line_end].get(at) != Some(&b']') {
            loop {
                let (value, end) = match *self.bytes[..line_end].get(at)? {
                    mark @ (b'"' | b'\'') => self.quoted(at, mark)?,
                    first if begins_plain(first) => {
                        let length = self.bytes[at..line_end]
                            .iter()
                            .position(|byte| matches!(byte, b',' | b']'))?;
                        let item = self.text[at..at + length].trim_end_matches(' ');
                        if item.contains(['[', '{', '}', ':', '#', '"', '\'']) {
                            return None;
                        }
                        (scalar::plain(Cow::Borrowed(item)), at + item.len())
                    }
                    _ => return None,
                };
                items.push(self.node(at, value)?);
                at = self.skip_spaces(end);
                match self.bytes[..line_end].get(at)? {
                    b']' => break,
                    b',' => at = self.skip_spaces(at + 1),
                    _ => return None,
                }
            }
        }
        list.value = Value::List(items);
        self.is_rest_empty(at + 1, self.skip_spaces(at + 1))
            .then_some(list)
    }

    fn node(&mut self, offset: usize, value: Value<'a>) -> Option<Node<'a>> {
        let (line, col) = self.count(offset)?;
        Some(Node { value, line, col })
    }

    /// The place of one more node.
    fn count(&mut self, offset: usize) -> Option<(u32, u32)> {
        self.nodes += 1;
        (self.nodes <= NODES).then(|| self.position.at(offset))
    }
}

/// Characters that begin nothing but a plain scalar.
fn begins_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'.' | b'/' | b'~' | b'(' | b'$' | b'+' | b'=')
}
