//! The answers about merges: what is undecided, and how the merge driver stands.
//! Never: decides.

use serde::Serialize;

/// What `resolve` did, or found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ResolveView {
    pub items: Vec<ResolveRow>,
    /// True where nothing was written, and the rows say what would be.
    pub dry_run: bool,
}

/// One file with conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ResolveRow {
    pub path: String,
    /// `resolved`, `deleted`, `conflicts`, or `one-sided`: deleted by one side, changed by the other.
    pub state: String,
    /// True where git held a conflict of it.
    pub in_index: bool,
    pub written: bool,
    /// True where git was told that it is resolved.
    pub added: bool,
    /// Where the other one of two items was put that had one name.
    pub beside: Option<String>,
    /// What is undecided.
    pub conflicts: Vec<ConflictRow>,
    /// What dates decided, in words.
    pub notes: Vec<String>,
    /// Where nothing was written.
    pub diff: Option<String>,
    /// Tells one state of the file and its versions from another, for who asks a person about them.
    #[serde(skip)]
    pub seen: String,
}

/// One place on which the sides do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ConflictRow {
    /// Dotted key; in the body the title of the section.
    pub place: String,
    pub in_body: bool,
    /// JSON text for a key; null where that side has no such key.
    pub base: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}

/// How the merge driver stands, or what was done to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DriverView {
    /// `active`, `foreign`, `missing`; or `installed`, `renewed`, `unchanged`, `removed`, `refused`.
    pub state: String,
    /// What git would start; null where it has none.
    pub command: Option<String>,
    /// Whether git's attributes, in whichever file, give files to it.
    pub named: bool,
    pub message: String,
    pub hint: String,
}

/// The `.gitattributes` of `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AttributesView {
    pub path: String,
    pub written: bool,
    pub lines: Vec<String>,
}
