//! A read-only connection to one generation's `cache.db`.
//! Gets the generation's folder from `query`.
//! Gives a connection on which nothing can be written, with the three collations of the read side.
//! Never: creates a file, maps the database into memory, knows a question.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, access};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::model::sharing::Outbox;

/// Name of the cache's database in a generation's folder.
pub(crate) const FILE: &str = "cache.db";

/// Why a generation could not be opened for reading.
#[derive(Debug, thiserror::Error)]
#[error("cannot open the cache {}: {reason}", path.display())]
pub(crate) struct ReadError {
    pub path: PathBuf,
    pub reason: String,
}

/// One generation, open for reading.
pub(crate) struct Reader {
    pub conn: SqliteConnection,
    /// The generation's folder: `cache.db` and `search/`.
    pub dir: PathBuf,
    /// What waits to be published, where a question is about that.
    pub outbox: Outbox,
}

impl Reader {
    /// Opens `cache.db` in `dir`. Fails where it is missing or no database; a database with a
    /// foreign schema fails at the first question.
    pub(crate) async fn open(dir: &Path) -> Result<Self, ReadError> {
        let path = dir.join(FILE);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .read_only(true)
            .immutable(is_frozen(&path))
            .foreign_keys(false)
            .pragma("query_only", "1")
            // A cold process reads each page once; what it sorts twice should stay.
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "2")
            .collation("FOLD", fold)
            .collation("LOOSE", loose)
            .collation("NATURALLY", natural)
            .disable_statement_logging();
        match options.connect().await {
            Ok(conn) => Ok(Self {
                conn,
                dir: dir.to_owned(),
                outbox: Outbox::default(),
            }),
            Err(error) => Err(ReadError {
                path,
                reason: match error.as_database_error() {
                    Some(database) => database.message().to_owned(),
                    None => error.to_string(),
                },
            }),
        }
    }
}

/// True where nothing can be written beside the database, so that SQLite must not try to lock it: a
/// read-only file system, or somebody else's folder. With a log beside it, SQLite has to read that too,
/// which it can where the files of the log are there.
fn is_frozen(database: &Path) -> bool {
    let dir = database.parent().unwrap_or(database);
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let logged = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    !logged && access(dir, Access::WRITE_OK).is_err()
}

/// A read-only connection of rusqlite; works on a read-only file system too.
pub(crate) fn open_read_only(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !is_frozen(database) {
        return Connection::open_with_flags(database, flags);
    }
    let name = format!("file:{}?immutable=1", escaped(database));
    Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)
}

/// A path as the file part of an URI.
fn escaped(path: &Path) -> String {
    let mut name = String::new();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.') {
            name.push(char::from(byte));
        } else {
            name += &format!("%{byte:02X}");
        }
    }
    name
}

/// Equal but for case.
pub(crate) fn fold(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return left.bytes().map(lower).cmp(right.bytes().map(lower));
    }
    folded(left).cmp(folded(right))
}

/// Equal but for case, space, `_` and `-`: `InProgress`, `in progress` and `in-progress` are one.
pub(crate) fn loose(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let kept = |byte: &u8| !matches!(byte, b' ' | b'_' | b'-');
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return left
            .bytes()
            .filter(kept)
            .map(lower)
            .cmp(right.bytes().filter(kept).map(lower));
    }
    let kept = |letter: &char| !matches!(letter, ' ' | '_' | '-');
    folded(left).filter(kept).cmp(folded(right).filter(kept))
}

/// Runs of digits compare as numbers, the rest without case: `task-9` before `task-10`.
pub(crate) fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let (Some(a), Some(b)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len());
        };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let (number_left, rest_left) = digits(left);
            let (number_right, rest_right) = digits(right);
            let order = (number_left.len(), number_left).cmp(&(number_right.len(), number_right));
            if order.is_ne() {
                return order;
            }
            (left, right) = (rest_left, rest_right);
        } else {
            let order = a.to_lowercase().cmp(b.to_lowercase());
            if order.is_ne() {
                return order;
            }
            (left, right) = (&left[a.len_utf8()..], &right[b.len_utf8()..]);
        }
    }
}

/// The leading digits without leading zeros, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests;
