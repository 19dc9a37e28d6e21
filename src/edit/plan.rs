//! What an edit changes in a text, and what that must mean.
//! Never: says that it is right; `proof` does.

use serde_json::Value as Json;

use crate::edit::page;
use crate::edit::splice::Splices;
use crate::model::edit::{KeyPath, Refused, Wanted};

/// What a value becomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum After {
    /// Text, and text for every reader.
    Text(String),
    Value(Json),
    Gone,
    Named(String),
}

impl After {
    pub(crate) fn of(value: &Wanted) -> Self {
        match value {
            Wanted::Text(text) => Self::Text(text.clone()),
            other => Self::Value(page::wanted(other)),
        }
    }
}

/// The pieces that change, and what that must mean.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'t> {
    pub splices: Splices<'t>,
    /// The key that changes.
    pub path: Vec<String>,
    pub after: After,
}

/// A plan, nothing where nothing is to do, or why it is refused.
pub(crate) type Planned<'t> = Result<Option<Plan<'t>>, Refused>;

/// The value is a list or map, which a scalar must not replace.
pub(crate) fn is_a(code: &'static str, line: u32, key: &KeyPath, what: &str) -> Refused {
    let reason = format!("`{key}` is {what}, which this would replace or break");
    Refused::at(code, line, reason).hint("unset it first")
}

/// A value that is no map cannot have keys.
pub(crate) fn not_a_map(line: u32, path: &[String], key: &str) -> Refused {
    let path = path.join(".");
    let reason = format!("`{path}` is no map, so it cannot have a key `{key}`");
    Refused::at("not-a-map", line, reason)
}

/// There is nothing to rename.
pub(crate) fn no_such_key(key: &KeyPath) -> Refused {
    let hint = "name a key of the frontmatter, as it is written there";
    Refused::at("no-such-key", 0, format!("there is no key `{key}`")).hint(hint)
}

/// The new name of a key is taken.
pub(crate) fn key_exists(line: u32, name: &str) -> Refused {
    Refused::at("key-exists", line, format!("`{name}` is there already"))
}
