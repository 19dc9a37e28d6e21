//! The SQLite half of a generation.
//! Gets items in the order of their keys, then links and problems, then facts.
//! Gives `cache.db`: the tables of schema/projection/sqlite.sql, and the stamps of the last scan.
//! Never: touches a file of the work tree, answers a question of a user (see `query`).
//! Read next: `load`, then `stamps`.

mod change;
mod compare;
mod ddl;
mod feed;
mod items;
mod load;
mod places;
pub(crate) mod read;
pub(crate) mod rows;
mod shared;
mod stamps;
#[cfg(test)]
mod tests;
mod unclean;
mod update;

use std::path::PathBuf;

pub(crate) use change::{Change, StoredLink};
pub(crate) use compare::{compare_views, paths};
pub(crate) use ddl::{PROJECTION_VERSION, library_version, looks_whole};
pub(crate) use feed::{Feed, Logged};
pub(crate) use load::Bulk;
pub(crate) use places::{Bearer, Pointer, Word};
pub(crate) use rows::{LinkRow, Reading, Role, SpaceRow};
pub(crate) use shared::deleted;
pub(crate) use stamps::{Count, Difference, KnownFile, Stamps, check};
pub(crate) use update::Update;

/// What SQLite refused, on which file.
#[derive(Debug, thiserror::Error)]
#[error("{act} {}: {source}", path.display())]
pub(crate) struct SqliteError {
    pub act: &'static str,
    pub path: PathBuf,
    #[source]
    pub source: rusqlite::Error,
}

impl SqliteError {
    /// True where the file is not what we wrote: a rebuild heals it.
    pub(crate) fn is_damage(&self) -> bool {
        match &self.source {
            rusqlite::Error::SqliteFailure(error, _) => matches!(
                error.code,
                rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase
            ),
            // A missing table, or text where a number was: garbage that still looks like pages.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::SqlInputError { .. } => true,
            _ => false,
        }
    }

    /// True where there is no room left on the device.
    pub(crate) fn is_full(&self) -> bool {
        self.source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
    }
}
