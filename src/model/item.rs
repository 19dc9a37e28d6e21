//! An item as a preset reads it from its document: the row of every store.

use std::ops::Range;
use std::sync::Arc;

use crate::base::path;
use crate::model::document::{Origin, Section};
use crate::model::problem::Problem;

/// The five phases that every convention's states map to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    Open,
    Active,
    Blocked,
    Done,
    Dropped,
}

impl Phase {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] = [
        Self::Open,
        Self::Active,
        Self::Blocked,
        Self::Done,
        Self::Dropped,
    ];

    /// The word that the `items` view shows.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Blocked => "blocked",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// How far an item could be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// The frontmatter could not be read.
    Invalid,
    /// The file carries Git conflict markers.
    Conflicted,
}

impl Status {
    /// The word that the `items` view shows.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Invalid => "invalid",
            Self::Conflicted => "conflicted",
        }
    }
}

/// Somebody with a role (`owner`, `assignee`, `author`, `reviewer`, ...).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub role: Arc<str>,
    pub name: String,
}

/// A link before it is resolved against the other items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// `parent`, `blocks`, `blocked_by`, `relates`, ..., `mentions` for a link in the body.
    pub rel: Arc<str>,
    /// As written, cleaned of brackets, label, heading and quoting.
    pub target: String,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
}

/// A log line, comment or message; `range` is its text (byte offsets into the body).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogLine {
    pub at: Option<String>,
    pub author: Option<String>,
    pub model: Option<String>,
    pub range: Range<usize>,
    pub line: u32,
}

/// A checklist line of the item; `section` is the index of the section it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckLine {
    pub section: Option<usize>,
    pub done: bool,
    pub range: Range<usize>,
    pub line: u32,
}

/// One item. All text is valid UTF-8 without NUL; dates are ISO (`2026-01-31`, or
/// `2026-01-31T14:05:00Z` style where a time was written), or the raw text where they are no date.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Identity: relative to the root of the work tree, with `/`.
    pub path: String,
    /// The second file of a pair; body, sections, entries and checks are in it.
    pub companion: Option<String>,
    pub preset: Arc<str>,
    pub id: Option<String>,
    /// Line of the file on which the id stands; 0 where it comes from the file name.
    pub id_line: u32,
    pub uid: Option<String>,
    pub kind: Option<String>,
    pub title: String,
    /// As written.
    pub state: Option<String>,
    pub phase: Option<Phase>,
    pub priority: Option<String>,
    /// Position of the priority in its convention's order, 0 the most urgent.
    pub priority_rank: Option<i64>,
    /// As written, cleaned; the resolved one is the link with rel `parent`.
    pub parent: Option<String>,
    pub owner: Option<String>,
    pub area: Option<String>,
    pub iteration: Option<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub due: Option<String>,
    pub people: Vec<Person>,
    /// In the order of the file, without duplicates.
    pub tags: Vec<String>,
    /// Other names under which REF and links find the item.
    pub aliases: Vec<String>,
    /// Frontmatter first, then the body, in the order of the file.
    pub links: Vec<Link>,
    pub entries: Vec<LogLine>,
    pub checks: Vec<CheckLine>,
    pub sections: Vec<Section>,
    pub body: String,
    /// JSON object text, key order kept; `{}` where there is none.
    pub frontmatter: String,
    /// blake3 of the bytes of the file at `path`.
    pub content_hash: [u8; 32],
    /// As `git hash-object --no-filters`: 20 bytes, or 32 in a SHA-256 repository.
    pub blob_oid: Vec<u8>,
    pub status: Status,
    pub problems: Vec<Problem>,
}

impl Item {
    /// An item of which only the path and the preset are known; the title is the file name.
    pub(crate) fn bare(path: &str, preset: Arc<str>) -> Self {
        Self {
            path: path.to_owned(),
            companion: None,
            preset,
            id: None,
            id_line: 0,
            uid: None,
            kind: None,
            title: path::name_of(path).to_owned(),
            state: None,
            phase: None,
            priority: None,
            priority_rank: None,
            parent: None,
            owner: None,
            area: None,
            iteration: None,
            created: None,
            updated: None,
            due: None,
            people: Vec::new(),
            tags: Vec::new(),
            aliases: Vec::new(),
            links: Vec::new(),
            entries: Vec::new(),
            checks: Vec::new(),
            sections: Vec::new(),
            body: String::new(),
            frontmatter: "{}".to_owned(),
            content_hash: [0; 32],
            blob_oid: Vec::new(),
            status: Status::Ok,
            problems: Vec::new(),
        }
    }
}
