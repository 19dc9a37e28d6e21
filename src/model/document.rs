//! What `parse` makes of one file, before any preset says what it means. Borrows the file's text.

use std::borrow::Cow;
use std::ops::Range;

use crate::model::problem::Problem;

/// The syntax of a frontmatter block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    Toml,
    Json,
}

/// A frontmatter value. Scalars keep the text that was written: `Text("1.10")`, `Text("no")`.
/// `Int` is only for canonical decimal integers of at most 15 digits, whose text is the number;
/// `Bool` only for a plain `true` or `false`; `Null` for a plain `null`, `~` or nothing at all.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
}

/// A value and where it stands in the file (line and column from 1, column in characters).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'a> {
    pub value: Value<'a>,
    pub line: u32,
    pub col: u32,
}

/// One key of a mapping with its value, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'a> {
    pub key: Cow<'a, str>,
    /// Line and column of the key.
    pub line: u32,
    pub col: u32,
    pub node: Node<'a>,
}

/// A heading and what stands under it: `range` runs from the end of the heading line to the next
/// heading of any level or the end of the body (byte offsets into the body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub level: u8,
    pub title: String,
    pub range: Range<usize>,
    /// Line of the heading in the file, from 1.
    pub line: u32,
}

/// A checklist line `- [ ] text`; `range` is the text without the box (byte offsets into the body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub done: bool,
    pub range: Range<usize>,
    pub line: u32,
    /// Index into the document's sections; none above the first heading.
    pub section: Option<usize>,
}

/// How a link was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    Frontmatter,
    Wikilink,
    Markdown,
}

/// A link in the body. `target` is as written, without `|label`; a wikilink keeps its `#heading`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BodyLink<'a> {
    pub target: Cow<'a, str>,
    pub origin: Origin,
    pub line: u32,
}

/// One parsed file. Parsing is total: any bytes give a document.
#[derive(Debug, Clone)]
pub(crate) struct Document<'a> {
    /// The whole text: valid UTF-8 without NUL, BOM removed, line endings as they were.
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "with `body` it is the whole file, which the laws of parsing are about"
        )
    )]
    pub text: &'a str,
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "with `body` it is the whole file, which the laws of parsing are about"
        )
    )]
    pub format: Option<Format>,
    /// Top-level keys in the order of the file; of a duplicated key only the first.
    pub frontmatter: Vec<Entry<'a>>,
    /// The raw text of the frontmatter block, without its fences; empty where there is none.
    pub raw_frontmatter: &'a str,
    /// True where there is a frontmatter block that could not be understood as a mapping.
    pub invalid: bool,
    /// True where the text carries unresolved Git conflict markers.
    pub conflicted: bool,
    /// The text behind the frontmatter.
    pub body: &'a str,
    /// Line of the file on which the body begins, from 1.
    pub body_line: u32,
    pub sections: Vec<Section>,
    pub checks: Vec<Check>,
    pub links: Vec<BodyLink<'a>>,
    /// Byte ranges of the body that are code blocks or HTML comments: nothing is taken from them.
    pub opaque: Vec<Range<usize>>,
    pub problems: Vec<Problem>,
}

impl<'a> Document<'a> {
    /// The value of a top-level key.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.frontmatter.iter().find(|entry| entry.key == key)
    }
}
