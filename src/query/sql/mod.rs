//! SQL as text with its binds, and the one place that runs it.
//! Gets filters and keys from the questions beside this folder.
//! Gives rows: each statement answers one column of JSON, which serde turns into the shapes of
//! `view` (a fifth of the time of column by column, since each value crosses a thread).
//! Never: holds a word of the user in the text; those are binds.
//! Read next: `filter`, then `ask`.

pub(crate) mod ask;
pub(crate) mod by;
pub(crate) mod dialect;
pub(crate) mod distinct;
pub(crate) mod filter;
pub(crate) mod text;
pub(crate) mod value;

use serde::de::DeserializeOwned;
use sqlx::{AssertSqlSafe, Row};

use crate::base::hash;
use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::sql::dialect::Dialect;
use crate::stores::postgres::answer;
use crate::stores::sqlite::read::FILE;
use crate::stores::sqlite::rows;

/// A value for a `$N`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind {
    Text(String),
    Int(i64),
    Real(f64),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Bind {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// The values of a statement that is being written.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Binds {
    values: Vec<Bind>,
}

impl Binds {
    /// Keeps the value and gives the `$N` to write in its place.
    pub(crate) fn add(&mut self, value: impl Into<Bind>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// What stands for a path in the table `file`: SQLite keeps hashes.
    pub(crate) fn path(&mut self, dialect: Dialect, path: &str) -> String {
        match dialect {
            Dialect::Sqlite => self.add(hash::key(path)),
            Dialect::Postgres { .. } => self.add(path),
        }
    }

    /// What stands for a folded name in the table `name`.
    pub(crate) fn name(&mut self, dialect: Dialect, folded: &str) -> String {
        match dialect {
            Dialect::Sqlite => self.add(rows::name_key(folded)),
            Dialect::Postgres { .. } => self.add(folded),
        }
    }

    /// The first and the last of what stands there for a uid that begins so.
    pub(crate) fn uids(&mut self, dialect: Dialect, folded: &str) -> (String, String) {
        match dialect {
            Dialect::Sqlite => {
                let (first, last) = rows::uid_range(folded);
                (self.add(first), self.add(last))
            }
            Dialect::Postgres { .. } => (
                self.add(folded),
                self.add(format!("{folded}{}", value::LAST)),
            ),
        }
    }
}

/// Binds the values of a statement, whatever the store.
macro_rules! bound {
    ($text:expr, $binds:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($text)).persistent(false);
        for value in $binds.values {
            query = match value {
                Bind::Text(text) => query.bind(text),
                Bind::Int(number) => query.bind(number),
                Bind::Real(number) => query.bind(number),
            };
        }
        query
    }};
}

/// Runs a statement whose rows are one JSON text each. `text` is made of our own words only;
/// what a user wrote is in `binds`.
pub(crate) async fn rows<T: DeserializeOwned>(
    reader: &mut Reader,
    text: String,
    binds: Binds,
) -> Result<Vec<T>, QueryError> {
    match reader {
        Reader::Sqlite(reader) => {
            let unreadable = |reason: String| QueryError::Cache {
                path: reader.dir.join(FILE),
                reason,
            };
            let found = bound!(text, binds).fetch_all(&mut reader.conn).await;
            let found = found.map_err(|error| match error.as_database_error() {
                Some(database) => unreadable(database.message().to_owned()),
                None => unreadable(error.to_string()),
            })?;
            let texts = found.iter().map(|row| row.get::<&str, _>(0));
            read(texts).map_err(unreadable)
        }
        Reader::Postgres(reader) => {
            let asked = bound!(text, binds).fetch_all(&mut reader.connection);
            let found = answer(asked).await;
            let found = found.map_err(|error| QueryError::from(reader.sort(&error)))?;
            // JSON comes as its text; it says that it is no text, though.
            let texts = found.iter().map(|row| row.try_get_unchecked::<&str, _>(0));
            let texts: Result<Vec<&str>, _> = texts.collect();
            let texts = texts.map_err(|error| QueryError::from(reader.sort(&error)))?;
            read(texts).map_err(|reason| QueryError::from(reader.foreign(reason)))
        }
    }
}

fn read<'a, T: DeserializeOwned>(
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<T>, String> {
    let texts = texts.into_iter();
    texts
        .map(|text| serde_json::from_str(text).map_err(|error| error.to_string()))
        .collect()
}

/// The only row of a statement that always has one.
pub(crate) async fn one<T: DeserializeOwned>(
    reader: &mut Reader,
    text: String,
    binds: Binds,
) -> Result<T, QueryError> {
    let found = rows(reader, text, binds).await?;
    found.into_iter().next().ok_or_else(|| {
        let reason = "a statement answered nothing".to_owned();
        match reader {
            Reader::Sqlite(reader) => QueryError::Cache {
                path: reader.dir.join(FILE),
                reason,
            },
            Reader::Postgres(reader) => QueryError::from(reader.foreign(reason)),
        }
    })
}
