//! What generations changed, for the sinks that follow: the change log, and items to put in.
//!
//! One read transaction: everything that a feed tells is of one generation.
//! Never: writes.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::model::item::{Item, Person};
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::change::Change;
use crate::stores::sqlite::stamps::Stamps;

/// The cache as it is at one moment.
pub(crate) struct Feed<'a> {
    connection: &'a Connection,
    path: &'a Path,
}

type Result<T> = std::result::Result<T, SqliteError>;

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    pub generation: u64,
    pub path: String,
    pub item: i64,
    pub change: Change,
    /// Where it was before a move.
    pub old_path: Option<String>,
}

impl Stamps {
    /// Begins to read at the present generation.
    pub(crate) fn feed(&self) -> Result<Feed<'_>> {
        let (connection, path) = self.connection();
        connection
            .execute_batch("BEGIN")
            .map_err(|source| SqliteError {
                act: "reading the cache",
                path: path.to_owned(),
                source,
            })?;
        Ok(Feed { connection, path })
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        // It has only read.
        drop(self.connection.execute_batch("ROLLBACK"));
    }
}

impl Feed<'_> {
    pub(super) fn connection(&self) -> (&Connection, &Path) {
        (self.connection, self.path)
    }

    pub(super) fn fail(&self, source: rusqlite::Error) -> SqliteError {
        SqliteError {
            act: "reading the cache",
            path: self.path.to_owned(),
            source,
        }
    }

    fn fact(&self, key: &str) -> Result<Option<String>> {
        self.connection
            .query_row("SELECT value FROM fact WHERE key = ?1", [key], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| self.fail(error))
    }

    /// Which cache this is: generations compare within one.
    pub(crate) fn cache(&self) -> Result<String> {
        Ok(self.fact("cache")?.unwrap_or_default())
    }

    /// The newest generation.
    pub(crate) fn generation(&self) -> Result<u64> {
        let number = self.fact("generation")?;
        Ok(number
            .and_then(|text| text.parse().ok())
            .unwrap_or_default())
    }

    /// The nonce of a generation; nothing where this cache has none of that number.
    pub(crate) fn nonce(&self, generation: u64) -> Result<Option<i64>> {
        self.connection
            .query_row(
                "SELECT nonce FROM nonce WHERE generation = ?1",
                [generation.cast_signed()],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.fail(error))
    }

    /// The log holds every generation after this one.
    pub(crate) fn log_from(&self) -> Result<u64> {
        let number = self.fact("log_from")?;
        Ok(number
            .and_then(|text| text.parse().ok())
            .unwrap_or(u64::MAX))
    }

    /// What every generation after that one changed, oldest first.
    pub(crate) fn since(&self, generation: u64) -> Result<Vec<Logged>> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT generation, path, item, change, old_path FROM change_log
                 WHERE generation > ?1 ORDER BY generation, path",
            )?;
            let rows = statement.query_map([generation.cast_signed()], |row| {
                Ok(Logged {
                    generation: row.get::<_, i64>(0)?.cast_unsigned(),
                    path: row.get(1)?,
                    item: row.get(2)?,
                    change: Change::of(row.get(3)?),
                    old_path: row.get(4)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })()
        .map_err(|error| self.fail(error))
    }

    /// As much of an item as the search index takes in; `None` where there is none of that key.
    pub(crate) fn searchable(&self, key: i64) -> Result<Option<Item>> {
        (|| {
            let mut statement = self.connection.prepare_cached(
                "SELECT i.path, i.id, i.uid, i.title, o.aliases, c.body
                 FROM item i JOIN outline o ON o.item = i.item JOIN content c ON c.item = i.item
                 WHERE i.item = ?1",
            )?;
            let item = statement.query_row([key], |row| {
                let path: String = row.get(0)?;
                let aliases: Option<String> = row.get(4)?;
                let aliases = aliases.and_then(|text| serde_json::from_str(&text).ok());
                Ok(Item {
                    id: row.get(1)?,
                    uid: row.get(2)?,
                    title: row.get(3)?,
                    aliases: aliases.unwrap_or_default(),
                    body: row.get(5)?,
                    ..Item::bare(&path, "".into())
                })
            });
            let Some(mut item) = item.optional()? else {
                return Ok(None);
            };
            let mut tags = self
                .connection
                .prepare_cached("SELECT tag FROM tag WHERE item = ?1")?;
            item.tags = tags
                .query_map([key], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let mut people = self
                .connection
                .prepare_cached("SELECT role, name FROM person WHERE item = ?1 ORDER BY seq")?;
            let rows = people.query_map([key], |row| {
                Ok(Person {
                    role: Arc::from(row.get::<_, String>(0)?),
                    name: row.get(1)?,
                })
            })?;
            item.people = rows.collect::<rusqlite::Result<_>>()?;
            Ok(Some(item))
        })()
        .map_err(|error| self.fail(error))
    }
}
