//! The tokens of a statement, as far as they matter before SQLite sees it: that there is exactly
//! one statement, and that no `WITH` name hides a view.
//!
//! The second is a question of safety. SQLite tells an authorizer through which view a table is
//! read, but for a subquery of `WITH` it tells that name in the same place. Without this rule
//! `WITH items AS (SELECT * FROM item)` would read a private table in the name of a view.
//! Never: understands SQL.

use crate::query::error::QueryError;
use crate::query::raw::{MOST_SQL, guard};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// An identifier or keyword, or anything in quotes, without them: SQLite takes each kind of
    /// quotes for a name where it wants one.
    Name(&'a str),
    /// A sign, one byte.
    Sign(u8),
}

/// Statements that SQLite refuses on views without asking the authorizer.
const WRITES: &[&str] = &[
    "insert", "update", "delete", "replace", "create", "drop", "alter",
];

/// Refuses what is not exactly one statement, and `WITH` names that are views.
pub(crate) fn check(statement: &str) -> Result<(), QueryError> {
    if statement.len() > MOST_SQL {
        return Err(QueryError::Sql {
            code: "sql-too-large",
            message: format!("the statement has {} bytes", statement.len()),
            at: None,
            hint: format!("at most {MOST_SQL}"),
        });
    }
    if let Some(at) = statement.find('\0') {
        return Err(QueryError::Sql {
            code: "sql-syntax",
            message: "the statement holds a NUL".to_owned(),
            at: Some(statement[..at].chars().count()),
            hint: String::new(),
        });
    }
    let tokens = tokens(statement);
    let one = |message: &str| QueryError::Sql {
        code: "sql-not-one-statement",
        message: message.to_owned(),
        at: None,
        hint: "one `SELECT` at a time".to_owned(),
    };
    let end = tokens.iter().position(|token| *token == Token::Sign(b';'));
    let (first, rest) = tokens.split_at(end.unwrap_or(tokens.len()));
    if first.is_empty() {
        return Err(one("there is no statement"));
    }
    if rest.iter().any(|token| *token != Token::Sign(b';')) {
        return Err(one("there is more than one statement"));
    }
    let denied = |message: &str, hint: &str| QueryError::Sql {
        code: "sql-denied",
        message: message.to_owned(),
        at: None,
        hint: hint.to_owned(),
    };
    match verb(first) {
        Some(word) if WRITES.iter().any(|write| write.eq_ignore_ascii_case(word)) => {
            return Err(denied(
                "only reading with `SELECT` is allowed",
                "the files are the truth: change those",
            ));
        }
        // Its answer is about private tables, and changes with each version of SQLite.
        Some(word) if word.eq_ignore_ascii_case("explain") => {
            return Err(denied(
                "a statement is answered, not explained",
                "leave out `EXPLAIN`",
            ));
        }
        _ => {}
    }
    for at in 0..first.len() {
        if let Token::Name(name) = &first[at]
            && guard::is_reserved(name)
            && defines(&first[at + 1..])
        {
            return Err(QueryError::Sql {
                code: "sql-denied",
                message: format!("a `WITH` name cannot be `{name}`, which is a view"),
                at: None,
                hint: "give it another name".to_owned(),
            });
        }
    }
    Ok(())
}

/// The word that says what the statement does: the first, or with `WITH` the first behind the
/// common tables. Each of those is a name before `AS` or `(`, with everything else in parentheses.
fn verb<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    let is = |token: &Token<'_>, word: &str| matches!(token, Token::Name(name) if name.eq_ignore_ascii_case(word));
    let Some(Token::Name(first)) = tokens.first() else {
        return None;
    };
    if !first.eq_ignore_ascii_case("with") {
        return Some(first);
    }
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        match token {
            Token::Sign(b'(') => depth += 1,
            Token::Sign(b')') => depth = depth.saturating_sub(1),
            Token::Name(name) if depth == 0 => {
                let table = tokens.get(at + 1).is_some_and(|next| {
                    *next == Token::Sign(b'(') || is(next, "as") || is(next, "materialized")
                });
                let part = ["as", "not", "materialized", "recursive"];
                let part = part.iter().any(|word| name.eq_ignore_ascii_case(word));
                if name.eq_ignore_ascii_case("select") || !table && !part {
                    return Some(name);
                }
            }
            Token::Name(_) | Token::Sign(_) => {}
        }
    }
    None
}

/// True where the tokens behind a name make it the name of a common table: `(`, `AS (`,
/// `AS MATERIALIZED (` or `AS NOT MATERIALIZED (`. A view is never followed by any of these.
fn defines(behind: &[Token<'_>]) -> bool {
    let is = |token: &Token<'_>, word: &str| matches!(token, Token::Name(name) if name.eq_ignore_ascii_case(word));
    match behind {
        [Token::Sign(b'('), ..] => true,
        [word, Token::Sign(b'('), ..] => is(word, "as"),
        [word, other, ..] => is(word, "as") && (is(other, "not") || is(other, "materialized")),
        _ => false,
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => at += 1,
            // Where a token may begin, SQLite takes a byte order mark for space.
            0xEF if bytes[at..].starts_with(b"\xEF\xBB\xBF") => at += 3,
            b'-' if next == Some(b'-') => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
            }
            b'/' if next == Some(b'*') => {
                let end = memchr::memmem::find(&bytes[at + 2..], b"*/");
                at = end.map_or(bytes.len(), |end| at + 2 + end + 2);
            }
            b'\'' | b'"' | b'`' | b'[' => {
                let close = if byte == b'[' { b']' } else { byte };
                at += 1;
                loop {
                    at = match memchr::memchr(close, &bytes[at..]) {
                        Some(end) => at + end + 1,
                        None => {
                            at = bytes.len() + 1;
                            break;
                        }
                    };
                    // A doubled quote is one quote and no end.
                    if close == b']' || bytes.get(at) != Some(&close) {
                        break;
                    }
                    at += 1;
                }
                let inside = text.get(start + 1..at - 1).unwrap_or_default();
                found.push(Token::Name(inside));
                at = at.min(bytes.len());
            }
            _ if is_word(byte) => {
                at = bytes[at..]
                    .iter()
                    .position(|&byte| !is_word(byte))
                    .map_or(bytes.len(), |end| at + end);
                found.push(Token::Name(text.get(start..at).unwrap_or_default()));
            }
            _ => {
                found.push(Token::Sign(byte));
                at += 1;
            }
        }
    }
    found
}

/// Bytes of identifiers as SQLite sees them; all of a letter outside ASCII counts.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
