//! The read side: one question a file, answered from one generation of the cache.
//! Gets a generation's folder from `engine` and words from people.
//! Gives the shapes of `view` to `cli` (later to HTTP and MCP).
//! Never: writes, or looks at the work tree.
//! Read next: `view`, then `grammar`.

pub(crate) mod view;

mod error;
pub(crate) mod near;

pub(crate) mod dates;
mod field;
pub(crate) mod filter;
pub(crate) mod grammar;
mod resolve;
mod sql;

pub(crate) mod absent;
pub(crate) mod board;
pub(crate) mod check;
pub(crate) mod choose;
pub(crate) mod list;
pub(crate) mod raw;
pub(crate) mod reference;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod tree;

pub(crate) use error::QueryError;

use std::path::Path;

use crate::stores::sqlite::read;

/// One generation, open for questions.
pub(crate) use crate::stores::sqlite::read::Reader;

/// Opens the generation in `dir` for questions.
pub(crate) async fn open(dir: &Path) -> Result<Reader, QueryError> {
    Reader::open(dir)
        .await
        .map_err(|read::ReadError { path, reason }| QueryError::Cache { path, reason })
}

/// Whether a query may ask how items stand in the outbox.
pub(crate) fn asks_for_outbox(query: &str) -> bool {
    query.to_ascii_lowercase().contains("sync")
}

#[cfg(test)]
mod tests;
