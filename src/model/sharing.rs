//! What is shared of items: where it stands on the server, and what one item is there.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A branch of a repository as the shared cache holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Line {
    /// Name of the repository, the same for all its clones.
    pub repository: String,
    pub branch: String,
    /// Empty for what is committed; else whose uncommitted work stands beside it.
    pub draft: String,
}

/// Paths of items by how they stand in the outbox of a branch, for `sync:` in queries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outbox {
    pub pending: Vec<String>,
    pub synced: Vec<String>,
    pub failed: Vec<String>,
}

/// How a line stands on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LineState {
    /// The commit that all rows show.
    pub tip: Option<String>,
    /// The newest commit below the tip that the remote held when it was published.
    pub anchor: Option<String>,
    /// The commit towards which a publication is under way: rows may show either.
    pub target: Option<String>,
    /// The target has stood for so long that its publisher will not come back.
    pub is_stuck: bool,
    /// Hash of the place of the remote that its publishers have; empty where none is known.
    pub remote: String,
    /// Commits that were shown and taken back.
    pub withdrawn: Vec<String>,
    /// Version of what made the rows.
    pub rules: i64,
    /// Rises by one with every publication; 0 where there is nothing yet.
    pub version: i64,
    /// The name that the server has for that version; empty where somebody has changed rows by hand since.
    pub seal: String,
}

/// An item as its row on the server: the columns of `kanban_data.item` in
/// `schema/postgres/0001_shared_cache.sql`, with lists as JSON in the order that it says.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SharedItem {
    pub path: String,
    pub companion: Option<String>,
    pub preset: String,
    pub id: Option<String>,
    pub uid: Option<String>,
    pub kind: Option<String>,
    pub title: String,
    pub state: Option<String>,
    pub phase: Option<String>,
    pub priority: Option<String>,
    pub priority_rank: Option<i64>,
    pub parent: Option<String>,
    pub owner: Option<String>,
    pub area: Option<String>,
    pub iteration: Option<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub due: Option<String>,
    pub status: String,
    pub body: String,
    pub frontmatter: Box<RawValue>,
    pub aliases: Vec<String>,
    /// `[role, name]`
    pub people: Box<RawValue>,
    pub tags: Vec<String>,
    /// `[rel, target, target_path, origin, file, line]`
    pub links: Box<RawValue>,
    pub sections: Box<RawValue>,
    pub entries: Box<RawValue>,
    pub checks: Box<RawValue>,
    /// `[code, severity, file, line, col, message, hint]`
    pub problems: Box<RawValue>,
    pub content_hash: String,
    pub blob_oid: String,
    /// As the text of a `tsvector`: what a search finds the item by.
    pub words: String,
}

/// Somebody who is to be forgotten, known by the hash of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Hexadecimal.
    pub hash: String,
    /// How many words the name has.
    pub words: u64,
    /// What stands in the person's place; none: a text that says only that somebody did.
    pub pseudonym: Option<String>,
}
