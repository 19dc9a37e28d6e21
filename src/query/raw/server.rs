//! `sql` on the shared cache: the server's own dialect, on the public views of the schema `kanban`.
//!
//! What bounds a statement is the server's: a read-only transaction of a reader, a deadline, and a cursor,
//! which takes nothing but one query. Its rows come as text, whatever their type.
//! Never: narrows to the chosen lines; the views say whose each row is.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::postgres::{PgConnection, PgDatabaseError, PgErrorPosition, PgRow};
use sqlx::{AssertSqlSafe, Column, Row, TypeInfo, ValueRef};

use crate::query::error::QueryError;
use crate::query::raw::guard::VIEWS;
use crate::query::raw::{Bounds, MOST_ROWS, MOST_SQL, failed, late};
use crate::query::view::SqlView;
use crate::stores::postgres::{Reader, within};

/// What stands before the statement of the user.
const DECLARE: &str = "DECLARE answer NO SCROLL CURSOR FOR\n";

/// Answers `sql` from the shared cache.
pub(crate) async fn sql(
    reader: &mut Reader,
    statement: &str,
    bounds: &Bounds,
) -> Result<SqlView, QueryError> {
    if statement.len() > MOST_SQL {
        return Err(refused(
            "sql-too-large",
            format!("the statement has {} bytes", statement.len()),
            &format!("at most {MOST_SQL}"),
        ));
    }
    let statement = statement.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    if statement.is_empty() {
        let message = "there is no statement".to_owned();
        return Err(refused(
            "sql-not-one-statement",
            message,
            "one `SELECT` at a time",
        ));
    }
    let millis = bounds.deadline.as_millis();
    let settings = format!(
        "SET LOCAL search_path = kanban, pg_catalog, pg_temp; SET LOCAL statement_timeout = {millis}"
    );
    let connection = &mut reader.connection;
    let answered = async {
        let set = sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut *connection);
        within(patience(bounds), set).await?;
        answer(connection, statement, bounds).await
    };
    match answered.await {
        Ok(view) => view,
        Err(error) => Err(match error.as_database_error() {
            // It goes down, or the line to it does.
            Some(told)
                if told
                    .code()
                    .is_some_and(|code| code.starts_with("57P") || code.starts_with("08")) =>
            {
                QueryError::from(reader.sort(&error))
            }
            Some(told) => explain(told.downcast_ref(), statement, bounds.deadline),
            None => QueryError::from(reader.sort(&error)),
        }),
    }
}

/// The server keeps its own clock of each statement; one that does not answer then has fallen silent.
fn patience(bounds: &Bounds) -> Duration {
    bounds.deadline + Duration::from_secs(5)
}

type Answer = Result<Result<SqlView, QueryError>, sqlx::Error>;

async fn answer(connection: &mut PgConnection, statement: &str, bounds: &Bounds) -> Answer {
    // By its own, so that the server refuses several statements in one text.
    let declared = sqlx::query(AssertSqlSafe(format!("{DECLARE}{statement}"))).persistent(false);
    within(patience(bounds), declared.execute(&mut *connection)).await?;
    let started = Instant::now();
    let most = usize::try_from(bounds.rows.min(MOST_ROWS)).unwrap_or(usize::MAX);
    let mut left = bounds.bytes();
    let mut view = SqlView {
        columns: Vec::new(),
        rows: Vec::new(),
        truncated: false,
    };
    // A few at a time: one row may be large.
    while !view.truncated {
        let some = FETCH.min(most - view.rows.len() + 1);
        let fetch = format!("FETCH FORWARD {some} FROM answer");
        let fetched = sqlx::raw_sql(AssertSqlSafe(fetch)).fetch_all(&mut *connection);
        let rows = within(patience(bounds), fetched).await?;
        if started.elapsed() > bounds.deadline * 3 {
            return Ok(Err(late(bounds.deadline)));
        }
        for row in &rows {
            if view.rows.len() == most {
                view.truncated = true;
                break;
            }
            if view.columns.is_empty() {
                view.columns = names(row);
            }
            let values = (0..row.len()).map(|at| shown(row, at));
            let values = values.collect::<Result<Vec<Value>, sqlx::Error>>()?;
            let size = values.iter().map(size).sum::<usize>() + 2;
            if size > left {
                if view.rows.is_empty() {
                    return Ok(Err(refused(
                        "sql-too-large",
                        format!("one row has {size} bytes, more than the whole answer may"),
                        "take a part: `substr(body, 1, 1000)`",
                    )));
                }
                view.truncated = true;
                break;
            }
            left -= size;
            view.rows.push(values);
        }
        if rows.len() < some {
            break;
        }
    }
    if view.columns.is_empty() {
        view.columns = within(patience(bounds), columns(connection, statement)).await?;
    }
    Ok(Ok(view))
}

/// Rows at a time.
const FETCH: usize = 500;

/// The names of the columns of an empty answer: those of one row of nulls.
async fn columns(
    connection: &mut PgConnection,
    statement: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let text = format!(
        "SELECT answer.* FROM (SELECT) AS one LEFT JOIN LATERAL (\n{statement}\n) AS answer ON false"
    );
    let row = sqlx::query(AssertSqlSafe(text))
        .persistent(false)
        .fetch_optional(connection)
        .await?;
    Ok(row.as_ref().map(names).unwrap_or_default())
}

fn names(row: &PgRow) -> Vec<String> {
    let columns = row.columns().iter();
    columns.map(|column| column.name().to_owned()).collect()
}

/// A value as JSON: numbers as what they are, truth as 1 and 0 like SQLite's, all else as the server
/// writes it.
fn shown(row: &PgRow, at: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(at)?;
    if raw.is_null() {
        return Ok(Value::Null);
    }
    let text = raw.as_str().map_err(sqlx::Error::Decode)?;
    let number = || {
        let whole = text.parse::<i64>().ok().map(Value::from);
        whole.or_else(|| {
            let real = text.parse::<f64>().ok()?;
            serde_json::Number::from_f64(real).map(Value::Number)
        })
    };
    let value = match raw.type_info().name() {
        "BOOL" => Some(Value::from(i64::from(text == "t"))),
        "INT2" | "INT4" | "INT8" | "OID" | "FLOAT4" | "FLOAT8" | "NUMERIC" => number(),
        _ => None,
    };
    Ok(value.unwrap_or_else(|| Value::from(text)))
}

/// Bytes that a value takes in the answer, about.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 4,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => 8,
    }
}

fn refused(code: &'static str, message: String, hint: &str) -> QueryError {
    QueryError::Sql {
        code,
        message,
        at: None,
        hint: hint.to_owned(),
    }
}

/// An error of the server in our words.
fn explain(told: &PgDatabaseError, statement: &str, deadline: Duration) -> QueryError {
    let message = told.message().to_owned();
    let at = match told.position() {
        Some(PgErrorPosition::Original(place)) => place.checked_sub(DECLARE.len() + 1),
        Some(PgErrorPosition::Internal { .. }) | None => None,
    };
    let at = at.filter(|at| *at <= statement.chars().count());
    let views = format!("the views are {}, branches", VIEWS.join(", "));
    match told.code() {
        "57014" => late(deadline),
        "42501" => refused("sql-denied", message, &views),
        "25006" | "0A000" => refused(
            "sql-denied",
            message,
            "only reading with `SELECT` is allowed",
        ),
        // Of what is no query the grammar of a cursor knows not even the first word.
        "42601" if at == Some(0) => refused(
            "sql-denied",
            "only a `SELECT` is answered".to_owned(),
            "the files are the truth: change those",
        ),
        "42601" if message.contains("multiple commands") => refused(
            "sql-not-one-statement",
            "there is more than one statement".to_owned(),
            "one `SELECT` at a time",
        ),
        code if code.starts_with("42") || code.starts_with("22") => QueryError::Sql {
            code: "sql-syntax",
            message,
            at,
            hint: match code {
                "42P01" => views,
                _ => told.hint().unwrap_or_default().to_owned(),
            },
        },
        code if code.starts_with("53") || code.starts_with("54") => {
            refused("sql-too-large", message, "make it simpler")
        }
        _ => failed(message),
    }
}
