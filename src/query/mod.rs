//! The read side: one question a file, answered from one generation of the cache, or from the shared cache.
//! Gets a generation's folder, or an open shared cache, from `engine` and words from people.
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

use crate::model::sharing::Outbox;
use crate::query::sql::dialect::Dialect;
use crate::stores::postgres;
use crate::stores::sqlite::read;

/// What is open for questions: one generation of the cache, or lines of the shared cache.
pub(crate) enum Reader {
    Sqlite(read::Reader),
    Postgres(postgres::Reader),
}

impl Reader {
    /// Repository and branch of the lines that are shown; none of a generation, which is of its own.
    pub(crate) fn lines(&self) -> Vec<(String, String)> {
        match self {
            Self::Sqlite(_) => Vec::new(),
            Self::Postgres(reader) => reader
                .lines
                .iter()
                .map(|line| (line.repository.clone(), line.branch.clone()))
                .collect(),
        }
    }

    /// The draft that is shown, and those that could be; empty where none is asked for.
    pub(crate) fn drafts(&self) -> (&str, &[String]) {
        match self {
            Self::Sqlite(_) => ("", &[]),
            Self::Postgres(reader) => (&reader.draft, &reader.drafts),
        }
    }

    /// Lets it answer how items of this clone stand in its outbox.
    pub(crate) fn know(&mut self, outbox: &Outbox) {
        if let Self::Sqlite(reader) = self {
            reader.outbox.clone_from(outbox);
        }
    }

    /// The outbox is that of this clone: the shared cache knows nothing of it.
    fn outbox(&self) -> Option<&Outbox> {
        match self {
            Self::Sqlite(reader) => Some(&reader.outbox),
            Self::Postgres(_) => None,
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(reader) => Dialect::Postgres {
                several: reader.lines.len() > 1,
            },
        }
    }
}

/// Opens the generation in `dir` for questions.
pub(crate) async fn open(dir: &Path) -> Result<Reader, QueryError> {
    read::Reader::open(dir)
        .await
        .map(Reader::Sqlite)
        .map_err(|read::ReadError { path, reason }| QueryError::Cache { path, reason })
}

/// Whether a query may ask how items stand in the outbox.
pub(crate) fn asks_for_outbox(query: &str) -> bool {
    query.to_ascii_lowercase().contains("sync")
}

#[cfg(test)]
mod tests;
