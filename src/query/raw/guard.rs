//! The connection that untrusted SQL runs on, and what it may touch: reads of the public views,
//! of `json_each` and `json_tree`, and a list of functions. Everything else is denied.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, Error, ErrorCode};

use crate::query::error::QueryError;
use crate::query::near::near;
use crate::query::raw::{MOST_SQL, failed, late};
use crate::stores::sqlite::read::{FILE, open_read_only};

/// What SQLite may take from memory, in bytes, over all connections of the process: the limit is
/// one of the library. Sorters and temporary tables stay in memory so that it bounds them too.
const HEAP: i64 = 48 << 20;
/// Longest text of a value; a body of that size can still be read.
const LENGTH: i32 = 32 << 20;
/// Virtual machine steps between two looks at the clock.
const STEPS: i32 = 1_000;

/// The views of docs/sql.md.
pub(crate) const VIEWS: &[&str] = &[
    "items", "people", "tags", "links", "entries", "checks", "sections", "fields", "problems",
    "meta",
];
/// A common table within a view of ours; SQLite names it as the reader of the tables below it.
const WITHIN: &str = "fields_walk";
/// The tables that the views read.
const TABLES: &[&str] = &[
    "item", "content", "outline", "person", "tag", "link", "rel", "problem", "fact",
];

const FUNCTIONS: &[&str] = &[
    // Text. Without `printf` and `format`, which make gigabytes in one call.
    "char",
    "concat",
    "concat_ws",
    "glob",
    "hex",
    "instr",
    "length",
    "like",
    "lower",
    "ltrim",
    "octet_length",
    "quote",
    "replace",
    "rtrim",
    "soundex",
    "substr",
    "substring",
    "trim",
    "unhex",
    "unicode",
    "upper",
    // Values.
    "coalesce",
    "if",
    "ifnull",
    "iif",
    "likelihood",
    "likely",
    "nullif",
    "typeof",
    "unlikely",
    // Numbers.
    "abs",
    "ceil",
    "ceiling",
    "exp",
    "floor",
    "ln",
    "log",
    "log10",
    "log2",
    "mod",
    "pi",
    "pow",
    "power",
    "random",
    "round",
    "sign",
    "sqrt",
    "trunc",
    // Aggregates and windows.
    "avg",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "group_concat",
    "lag",
    "last_value",
    "lead",
    "max",
    "median",
    "min",
    "nth_value",
    "ntile",
    "percent_rank",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "rank",
    "row_number",
    "string_agg",
    "sum",
    "total",
    // Dates.
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "julianday",
    "strftime",
    "time",
    "timediff",
    "unixepoch",
    // JSON.
    "->",
    "->>",
    "json",
    "json_array",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
];

/// What was denied first, in words.
pub(crate) type Refusal = Arc<Mutex<Option<String>>>;

/// True for the names under which a view is read; no common table may have one.
pub(crate) fn is_reserved(name: &str) -> bool {
    contains(VIEWS, name) || WITHIN.eq_ignore_ascii_case(name)
}

/// Opens the cache in `dir` for one statement that must end by `deadline`.
pub(crate) fn open(dir: &Path, deadline: Instant) -> Result<(Connection, Refusal), QueryError> {
    let path = dir.join(FILE);
    let refusal = Refusal::default();
    match connect(&path, deadline, &refusal) {
        Ok(conn) => Ok((conn, refusal)),
        Err(error) => Err(QueryError::Cache {
            path,
            reason: error.to_string(),
        }),
    }
}

fn connect(path: &Path, deadline: Instant, refusal: &Refusal) -> Result<Connection, Error> {
    let conn = open_read_only(path)?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        // A misspelled name in double quotes is an error and not a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        conn.set_db_config(config, on)?;
    }
    for (name, value) in [
        ("query_only", 1),
        ("cell_size_check", 1),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("cache_size", -8000),
        ("hard_heap_limit", HEAP),
        ("busy_timeout", 500),
    ] {
        // Some of these answer with a row.
        conn.pragma_update_and_check(None, name, value, |_| Ok(()))
            .or_else(|error| match error {
                Error::QueryReturnedNoRows => Ok(()),
                other => Err(other),
            })?;
    }
    let hidden = hidden(&conn)?;
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, LENGTH),
        (
            Limit::SQLITE_LIMIT_SQL_LENGTH,
            i32::try_from(MOST_SQL).unwrap_or(i32::MAX),
        ),
        (Limit::SQLITE_LIMIT_COLUMN, 200),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
        (Limit::SQLITE_LIMIT_VDBE_OP, 250_000),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, value)?;
    }
    conn.progress_handler(STEPS, Some(move || Instant::now() >= deadline))?;
    let refusal = Arc::clone(refusal);
    let mut judge = Judge {
        hidden,
        seen: Vec::new(),
    };
    conn.authorizer(Some(move |context: AuthContext<'_>| {
        let Err(words) = judge.judge(&context) else {
            return Authorization::Allow;
        };
        let mut first = refusal.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(words);
        Authorization::Deny
    }))?;
    Ok(conn)
}

/// Every table and module of the connection but the two that may be read: what an unknown name
/// must not be.
fn hidden(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut names = conn.prepare(
        "SELECT name FROM sqlite_schema UNION SELECT name FROM pragma_module_list \
         EXCEPT SELECT value FROM json_each('[\"json_each\",\"json_tree\"]')",
    )?;
    names.query_map([], |row| row.get(0))?.collect()
}

/// Decides about one statement after the other.
struct Judge {
    /// Tables and modules that an unknown name must not be.
    hidden: Vec<String>,
    /// Tables that were read through a view of ours.
    seen: Vec<String>,
}

impl Judge {
    /// What is wrong with an access, in words.
    fn judge(&mut self, context: &AuthContext<'_>) -> Result<(), String> {
        match context.action {
            AuthAction::Select | AuthAction::Recursive => Ok(()),
            AuthAction::Function { function_name } if contains(FUNCTIONS, function_name) => Ok(()),
            AuthAction::Function { function_name } => {
                Err(format!("the function `{function_name}` may not be used"))
            }
            AuthAction::Read {
                table_name,
                column_name,
            } => {
                let through = context.accessor.is_some_and(is_reserved);
                if self.may_read(table_name, column_name, through) {
                    return Ok(());
                }
                Err(format!("`{table_name}` is none of the public views"))
            }
            _ => Err("only reading with `SELECT` is allowed".to_owned()),
        }
    }

    fn may_read(&mut self, table: &str, column: &str, through: bool) -> bool {
        if contains(VIEWS, table) || contains(&["json_each", "json_tree"], table) {
            return true;
        }
        if through && contains(TABLES, table) {
            self.seen.push(table.to_owned());
            return true;
        }
        if !column.is_empty() {
            return false;
        }
        // Rows are counted and nothing of them is read. That is how a view looks once SQLite has
        // merged it into the statement, so its tables may be named now; and a common table.
        let lower = table.to_ascii_lowercase();
        self.seen.contains(&lower)
            || !(lower.starts_with("sqlite_")
                || lower.starts_with("pragma_")
                || self
                    .hidden
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(table)))
    }
}

fn contains(words: &[&str], name: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// An error of SQLite in our words.
pub(crate) fn explain(
    error: Error,
    refusal: &Refusal,
    statement: &str,
    deadline: Duration,
) -> QueryError {
    let refused = refusal
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(message) = refused {
        return QueryError::Sql {
            code: "sql-denied",
            message,
            at: None,
            hint: format!("the views are {}", VIEWS.join(", ")),
        };
    }
    let (code, message, at) = match error {
        Error::SqlInputError {
            error, msg, offset, ..
        } => {
            let at = usize::try_from(offset)
                .ok()
                .and_then(|end| statement.get(..end));
            (error.code, msg, at.map(|before| before.chars().count()))
        }
        Error::SqliteFailure(error, message) => {
            let message = message.unwrap_or_else(|| error.to_string());
            (error.code, message, None)
        }
        other => return failed(other.to_string()),
    };
    // SQLite wanted more behind the end, and tells no place for that.
    let at = at.or_else(|| {
        let end = statement.trim_end().chars().count();
        message.starts_with("incomplete input").then_some(end)
    });
    let large = |message: &str, hint: &str| QueryError::Sql {
        code: "sql-too-large",
        message: message.to_owned(),
        at: None,
        hint: hint.to_owned(),
    };
    match code {
        ErrorCode::OperationInterrupted => late(deadline),
        ErrorCode::OutOfMemory => large(
            "the statement needs too much memory",
            "narrow it with `WHERE`",
        ),
        ErrorCode::TooBig => large("a value grew too large", "take parts with `substr`"),
        _ if message.starts_with("too many") || message.contains("too large") => {
            large(&message, "make it simpler")
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure => {
            failed(format!("the cache cannot be read: {message}"))
        }
        ErrorCode::Unknown if at.is_some() || message.starts_with("no such") => QueryError::Sql {
            code: "sql-syntax",
            hint: suggestion(&message),
            message,
            at,
        },
        _ => failed(message),
    }
}

/// The view that was meant, where a table is not there.
fn suggestion(message: &str) -> String {
    let Some(table) = message.strip_prefix("no such table: ") else {
        return String::new();
    };
    match near(table, VIEWS.iter().copied()).first() {
        Some(view) => format!("did you mean `{view}`?"),
        None => format!("the views are {}", VIEWS.join(", ")),
    }
}
