//! What is to be changed in one file, before anything says how; and what came of it.

use std::fmt;

/// The way to a value of the frontmatter: keys from the outermost one inwards. A key may hold dots
/// itself (`intent.owner`, as kano writes it): that is one key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyPath(pub Vec<String>);

impl KeyPath {
    /// A key of the outermost level.
    pub(crate) fn top(key: &str) -> Self {
        Self(vec![key.to_owned()])
    }

    /// `a.b` as `b` in the map `a`.
    pub(crate) fn dotted(text: &str) -> Self {
        Self(text.split('.').map(str::to_owned).collect())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// A value that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Wanted {
    /// Text, whatever it looks like: quoted wherever some reader would take it for something else.
    Text(String),
    /// Text in the manner of the value that stands there: without quotes where both that value and
    /// this one are numbers, dates or truth values; as `Text` otherwise.
    Alike(String),
    /// A number, a date or a truth value, written as it is, without quotes.
    Plain(String),
    Null,
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// One change of a file. Several are applied one after the other, each to what the one before made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// Gives the key this value; makes the key, and maps around it, where they are not there.
    Set { key: KeyPath, value: Wanted },
    /// `Set`; but where the outermost key is not there, it goes behind the last one of those that
    /// stand before it in `order`.
    Place {
        key: KeyPath,
        value: Wanted,
        order: Vec<String>,
    },
    /// Takes the key out with its value and what belongs to it.
    Unset { key: KeyPath },
    /// Puts values at the end of a list, without those that are in it. Makes the list where there is
    /// none; a single value becomes a list that begins with it.
    Add { key: KeyPath, values: Vec<Wanted> },
    /// Takes every value with one of these texts out of a list; a single value that equals one of
    /// them becomes null.
    Remove { key: KeyPath, values: Vec<String> },
    /// Gives a key another name where it stands.
    Rename { key: KeyPath, to: String },
    /// Puts quotes around the plain value of a top-level key of a block that is no valid YAML, in the
    /// given line of the file (from 1): the one change that an invalid block admits.
    Quote { line: u32 },
    /// Ticks or clears the checklist line of that number, from 0 in the order of the body.
    Tick { check: usize, done: bool },
    /// Changes the text under the first heading of that title (case, blanks, `_` and `-` do not
    /// count; sections below it belong to it).
    Section {
        title: String,
        change: SectionChange,
    },
    /// Puts whole lines into the body at this byte offset, which is the start of a line or the end.
    Insert { at: usize, text: String },
    /// Takes away these bytes of the body and puts others there.
    Replace {
        range: std::ops::Range<usize>,
        text: String,
    },
}

/// What becomes of the text under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SectionChange {
    /// New text in place of the old one; sections below the heading are kept behind it.
    Replace(String),
    /// A paragraph of its own at the end.
    Append(String),
    /// A line directly behind the last line of text: log lines, list items.
    AppendLine(String),
}

/// The bytes after an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edited {
    pub bytes: Vec<u8>,
    /// False where the bytes are those that were given.
    pub changed: bool,
}

/// Why a file was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Refused {
    /// Stable and kebab-case: `invalid-frontmatter`, `conflict-markers`, `duplicate-key`, `anchor`,
    /// `not-a-list`, `no-such-check`, `no-such-section`, `not-proved`, ...
    pub code: &'static str,
    /// The line of the file, from 1; 0 where it concerns the file as a whole.
    pub line: u32,
    pub reason: String,
    /// What to do about it, or empty.
    pub hint: String,
}

impl Refused {
    /// A refusal without a hint.
    pub(crate) fn at(code: &'static str, line: u32, reason: impl Into<String>) -> Self {
        Self {
            code,
            line,
            reason: reason.into(),
            hint: String::new(),
        }
    }

    /// The same with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
