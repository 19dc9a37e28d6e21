//! Where the frontmatter block ends and the body begins.
//! Gives byte ranges; every byte of the file is in a fence, in the block or in the body.
//! Never: reads what is inside the block.

use std::ops::Range;

use crate::model::document::Format;
use crate::parse::conflict;
use crate::parse::json;
use crate::parse::salvage;

/// How a file is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Split {
    /// No frontmatter: the whole text is body.
    None,
    /// A block and the offset at which the body begins.
    Block {
        format: Format,
        block: Range<usize>,
        body: usize,
    },
    /// A fence was opened before `block` and never closed.
    Unclosed { format: Format, block: usize },
}

/// Divides a Markdown file. The opening fence must be the first line; only where Git put a
/// conflict marker before it, the second.
pub(crate) fn split(text: &str) -> Split {
    let first = line_end(text, 0);
    let start = if conflict::opens(&text[..first]) {
        first
    } else {
        0
    };
    let fence_end = line_end(text, start);
    let (format, closes): (Format, fn(&str) -> bool) = match without_blanks(&text[start..fence_end])
    {
        "---" => (Format::Yaml, |line| matches!(line, "---" | "...")),
        "+++" => (Format::Toml, |line| line == "+++"),
        _ => return json::split(text),
    };
    let mut offset = fence_end;
    while offset < text.len() {
        let end = line_end(text, offset);
        if closes(without_blanks(&text[offset..end])) {
            return Split::Block {
                format,
                block: fence_end..offset,
                body: end,
            };
        }
        offset = end;
    }
    // Without a second fence a first line `---` is more often a rule across the page.
    if format == Format::Toml || salvage::begins_with_key(&text[fence_end..]) {
        Split::Unclosed {
            format,
            block: fence_end,
        }
    } else {
        Split::None
    }
}

/// The offset behind the line that begins at `start`.
pub(crate) fn line_end(text: &str, start: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at + 1)
}

/// A line without trailing blanks and line ending; other white space is content.
pub(crate) fn without_blanks(line: &str) -> &str {
    line.trim_end_matches([' ', '\t', '\r', '\n'])
}
