//! How a value is written in TOML.
//! Never: several lines; nothing, for which TOML has no word.

use std::fmt::Write as _;

use crate::model::edit::{Refused, Wanted};

/// A value on one line; `literal`: in single quotes where they can carry it.
pub(crate) fn value(value: &Wanted, literal: bool) -> Result<String, Refused> {
    Ok(match value {
        Wanted::Text(text) | Wanted::Alike(text) => string(text, literal),
        Wanted::Plain(word) => word.clone(),
        Wanted::Null => return Err(no_null(0)),
        Wanted::List(items) => {
            let items = items.iter().map(|item| self::value(item, literal));
            format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        Wanted::Map(pairs) if pairs.is_empty() => "{}".to_owned(),
        Wanted::Map(pairs) => {
            let pairs = pairs.iter().map(|(name, value)| pair(name, value));
            format!("{{ {} }}", pairs.collect::<Result<Vec<_>, _>>()?.join(", "))
        }
    })
}

/// `key = value`.
pub(crate) fn pair(name: &str, value: &Wanted) -> Result<String, Refused> {
    Ok(format!("{} = {}", key(name), self::value(value, false)?))
}

/// A key, bare where it can be.
pub(crate) fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(is_bare) {
        name.to_owned()
    } else {
        string(name, false)
    }
}

/// TOML cannot say that a key has no value.
pub(crate) fn no_null(line: u32) -> Refused {
    Refused::at(
        "no-null",
        line,
        "TOML has no word for a key without a value",
    )
    .hint("unset the key")
}

fn string(text: &str, literal: bool) -> String {
    if literal && !text.contains(|character: char| character == '\'' || character.is_control()) {
        return format!("'{text}'");
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character.is_control()
                || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}') =>
            {
                write!(out, "\\u{:04X}", u32::from(character))
                    .expect("because writing to memory does not fail");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
