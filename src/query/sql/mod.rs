//! SQL as text with its binds, and the one place that runs it.
//! Gets filters and keys from the questions beside this folder.
//! Gives rows: each statement answers one column of JSON, which serde turns into the shapes of
//! `view` (a fifth of the time of column by column, since each value crosses a thread).
//! Never: holds a word of the user in the text; those are binds.
//! Read next: `filter`, then `ask`.

pub(crate) mod ask;
pub(crate) mod by;
pub(crate) mod distinct;
pub(crate) mod filter;
pub(crate) mod text;
pub(crate) mod value;

use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;
use sqlx::query::QueryScalar;
use sqlx::sqlite::{Sqlite, SqliteArguments};

use crate::query::error::QueryError;
use crate::stores::sqlite::read::{FILE, Reader};

/// A value for a `?N`.
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
    /// Keeps the value and gives the `?N` to write in its place.
    pub(crate) fn add(&mut self, value: impl Into<Bind>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// Runs a statement whose rows are one JSON text each. `text` is made of our own words only;
/// what a user wrote is in `binds`.
pub(crate) async fn rows<T: DeserializeOwned>(
    reader: &mut Reader,
    text: String,
    binds: Binds,
) -> Result<Vec<T>, QueryError> {
    let mut query: QueryScalar<'_, Sqlite, String, SqliteArguments> =
        sqlx::query_scalar(AssertSqlSafe(text)).persistent(false);
    for value in binds.values {
        query = match value {
            Bind::Text(text) => query.bind(text),
            Bind::Int(number) => query.bind(number),
            Bind::Real(number) => query.bind(number),
        };
    }
    let path = reader.dir.join(FILE);
    let unreadable = |reason: String| QueryError::Cache {
        path: path.clone(),
        reason,
    };
    let texts = query.fetch_all(&mut reader.conn).await.map_err(|error| {
        match error.as_database_error() {
            Some(database) => unreadable(database.message().to_owned()),
            None => unreadable(error.to_string()),
        }
    })?;
    texts
        .iter()
        .map(|text| serde_json::from_str(text).map_err(|error| unreadable(error.to_string())))
        .collect()
}

/// The only row of a statement that always has one.
pub(crate) async fn one<T: DeserializeOwned>(
    reader: &mut Reader,
    text: String,
    binds: Binds,
) -> Result<T, QueryError> {
    let path = reader.dir.join(FILE);
    let found = rows(reader, text, binds).await?;
    found.into_iter().next().ok_or(QueryError::Cache {
        path,
        reason: "a statement answered nothing".to_owned(),
    })
}
