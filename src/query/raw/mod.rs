//! `sql`: a statement of somebody else on the public views, with hard bounds on what it may read
//! and use.
//! Gets untrusted SQL from `cli` (later HTTP and MCP).
//! Gives rows, or an error at the latest at the deadline.
//! Never: lets a statement write, open a file, read a base table or run on unseen.
//! Read next: `guard`, then `tokens`.
//!
//! The statement runs on a thread of its own. Most overruns end by SQLite's progress handler; one
//! call of a built-in function cannot be interrupted, so the asker waits no longer than the
//! deadline and leaves such a thread behind.

mod guard;
mod server;
mod tokens;

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::Value;

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::raw::guard::Refusal;
use crate::query::view::SqlView;

/// Rows where the asker does not say, and at most.
pub(crate) const ROWS: u64 = 1_000;
pub(crate) const MOST_ROWS: u64 = 100_000;
/// How long a statement may run.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);
/// Longest statement in bytes.
pub(crate) const MOST_SQL: usize = 20_000;

/// Bounds of one statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Rows of the answer; clamped to `MOST_ROWS`.
    pub rows: u64,
    pub deadline: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            rows: ROWS,
            deadline: DEADLINE,
        }
    }
}

impl Bounds {
    /// Bytes of the answer: a kibibyte a row, within 1 and 64 MiB.
    fn bytes(&self) -> usize {
        let wanted = self.rows.min(MOST_ROWS).saturating_mul(1024);
        usize::try_from(wanted.clamp(1 << 20, 64 << 20)).unwrap_or(1 << 20)
    }
}

/// Answers `sql` from the shared cache; of a generation, which is read by its folder, nothing.
pub(crate) async fn shared(
    reader: &mut Reader,
    statement: &str,
    bounds: &Bounds,
) -> Result<SqlView, QueryError> {
    match reader {
        Reader::Postgres(reader) => server::sql(reader, statement, bounds).await,
        Reader::Sqlite(reader) => sql(&reader.dir, statement, bounds),
    }
}

/// Answers `sql` from the generation in `dir`. Blocks at most for the deadline.
pub(crate) fn sql(dir: &Path, statement: &str, bounds: &Bounds) -> Result<SqlView, QueryError> {
    tokens::check(statement)?;
    let start = Instant::now();
    let deadline = start + bounds.deadline;
    let (send_handle, handle) = sync_channel(1);
    let (send_answer, answer) = sync_channel(1);
    let (dir, statement, bounds) = (dir.to_owned(), statement.to_owned(), *bounds);
    let work = move || {
        let outcome = guard::open(&dir, deadline).and_then(|(conn, refusal)| {
            // The asker may be gone; then nobody needs the handle or the answer.
            send_handle.send(conn.get_interrupt_handle()).ok();
            answer_with(&conn, &refusal, &statement, &bounds)
        });
        send_answer.send(outcome).ok();
    };
    let spawned = thread::Builder::new().name("sql".to_owned()).spawn(work);
    if let Err(error) = spawned {
        return Err(failed(format!("cannot start a thread: {error}")));
    }
    // The progress handler stops at the deadline; a little later nothing will.
    let patience = bounds.deadline + bounds.deadline / 20;
    match answer.recv_timeout(patience.saturating_sub(start.elapsed())) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => {
            if let Ok(handle) = handle.try_recv() {
                handle.interrupt();
            }
            Err(late(bounds.deadline))
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(failed("the thread of the statement broke off".to_owned()))
        }
    }
}

fn answer_with(
    conn: &Connection,
    refusal: &Refusal,
    statement: &str,
    bounds: &Bounds,
) -> Result<SqlView, QueryError> {
    let explain = |error| guard::explain(error, refusal, statement, bounds.deadline);
    let mut prepared = conn.prepare(statement).map_err(explain)?;
    if !prepared.readonly() || prepared.column_count() == 0 {
        return Err(QueryError::Sql {
            code: "sql-denied",
            message: "only a `SELECT` is answered".to_owned(),
            at: None,
            hint: String::new(),
        });
    }
    let columns: Vec<String> = prepared
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let width = columns.len();
    let most = usize::try_from(bounds.rows.min(MOST_ROWS)).unwrap_or(usize::MAX);
    let mut left = bounds.bytes();
    let mut rows = Vec::new();
    let mut found = prepared.query([]).map_err(explain)?;
    let mut truncated = false;
    while let Some(row) = found.next().map_err(explain)? {
        if rows.len() == most {
            truncated = true;
            break;
        }
        let size = size_of_row(row, width).map_err(explain)?;
        if size > left {
            if rows.is_empty() {
                return Err(QueryError::Sql {
                    code: "sql-too-large",
                    message: format!("one row has {size} bytes, more than the whole answer may"),
                    at: None,
                    hint: "take a part: `substr(body, 1, 1000)`".to_owned(),
                });
            }
            truncated = true;
            break;
        }
        left -= size;
        let values = (0..width).map(|at| row.get_ref(at).map(shown));
        rows.push(values.collect::<Result<Vec<_>, _>>().map_err(explain)?);
    }
    Ok(SqlView {
        columns,
        rows,
        truncated,
    })
}

/// Bytes that a row takes in the answer, about.
fn size_of_row(row: &Row<'_>, width: usize) -> Result<usize, rusqlite::Error> {
    let mut size = 2;
    for at in 0..width {
        size += match row.get_ref(at)? {
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 8,
            ValueRef::Text(text) => text.len() + 4,
            ValueRef::Blob(bytes) => bytes.len() * 2 + 4,
        };
    }
    Ok(size)
}

/// A value as JSON: blobs as hex, and what JSON has no number for as text.
fn shown(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::from(number),
        ValueRef::Real(number) => match serde_json::Number::from_f64(number) {
            Some(number) => Value::Number(number),
            None => Value::from(number.to_string()),
        },
        ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
            let hex = bytes
                .iter()
                .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
            Value::from(hex.collect::<String>())
        }
    }
}

/// The error of a statement that ran too long.
fn late(deadline: Duration) -> QueryError {
    QueryError::Sql {
        code: "sql-deadline",
        message: format!(
            "the statement was stopped after {} ms",
            deadline.as_millis()
        ),
        at: None,
        hint: "narrow it with `WHERE`, or join less".to_owned(),
    }
}

/// The error of a statement that failed while it ran.
fn failed(message: String) -> QueryError {
    QueryError::Sql {
        code: "sql-failed",
        message,
        at: None,
        hint: String::new(),
    }
}

#[cfg(test)]
mod tests;
