//! What a plain scalar is: nothing, a truth value, a whole number, or the text that was written.
//! Never: dates, fractions, `yes`, `0x10`; a preset gives types, the file keeps its spelling.

use std::borrow::Cow;

use crate::model::document::Value;

/// The longest number that every reader (JSON in a browser, SQLite, a spreadsheet) keeps exactly.
const DIGITS: usize = 15;

/// The value of an unquoted YAML scalar.
pub(crate) fn plain(text: Cow<'_, str>) -> Value<'_> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => match integer(word) {
            Some(number) => Value::Int(number),
            None => Value::Text(text),
        },
    }
}

/// A decimal integer whose only spelling is `text`: `7` and `-7`, not `007`, `+7` or `-0`.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.len() < DIGITS && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if canonical { text.parse().ok() } else { None }
}
