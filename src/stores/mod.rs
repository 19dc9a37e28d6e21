//! The stores: all DDL and every writing SQL statement lives here.
//! Gets items, resolved links and problems from `engine`.
//! Gives a generation's folder: `cache.db` (SQLite) and `search/` (tantivy), and reads of both.
//! Never: parses, walks, decides what is a problem.
//! Read next: `sqlite`, then `search`.

pub(crate) mod generation;
pub(crate) mod postgres;
pub(crate) mod search;
pub(crate) mod sqlite;
pub(crate) mod state;
#[cfg(test)]
mod tests;
