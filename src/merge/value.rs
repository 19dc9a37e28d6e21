//! A frontmatter value by itself: compared by meaning, shown as JSON, made ready to be written.
//! Gets the nodes of a parsed document. Gives owned values.
//! Never: writes frontmatter (that is `edit`).

use crate::model::document::{Entry, Node, Value};
use crate::model::edit::Wanted;

/// A value. `Text` knows whether quotes stood around it, which its meaning does not depend on.
#[derive(Debug, Clone)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Int(i64),
    Text { text: String, quoted: bool },
    List(Vec<Self>),
    Map(Keys),
}

/// The keys of a map with their values, in order.
pub(crate) type Keys = Vec<(String, Val)>;

/// Lines longer than this are not looked into for quotes.
const LINE: usize = 4096;

/// The values of a document whose text is given, for the quotes.
pub(crate) fn values(entries: &[Entry<'_>], text: &str) -> Keys {
    let lines: Vec<&str> = text.split('\n').collect();
    keys(entries, &lines)
}

fn keys(entries: &[Entry<'_>], lines: &[&str]) -> Keys {
    let mut seen = std::collections::HashSet::new();
    (entries.iter())
        .filter(|entry| seen.insert(entry.key.as_ref()))
        .map(|entry| (entry.key.clone().into_owned(), val(&entry.node, lines)))
        .collect()
}

fn val(node: &Node<'_>, lines: &[&str]) -> Val {
    match &node.value {
        Value::Null => Val::Null,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Int(number) => Val::Int(*number),
        Value::Text(text) => Val::Text {
            text: text.clone().into_owned(),
            quoted: is_quoted(node, lines),
        },
        Value::List(items) => Val::List(items.iter().map(|item| val(item, lines)).collect()),
        Value::Map(entries) => Val::Map(keys(entries, lines)),
    }
}

fn is_quoted(node: &Node<'_>, lines: &[&str]) -> bool {
    let line = (node.line as usize)
        .checked_sub(1)
        .and_then(|at| lines.get(at));
    let Some(line) = line.filter(|line| line.len() <= LINE) else {
        return true;
    };
    let first = line.chars().nth((node.col as usize).saturating_sub(1));
    !first.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

impl Val {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text {
            text: text.to_owned(),
            quoted: true,
        }
    }

    /// The value as JSON text; keys in order.
    pub(crate) fn json(&self) -> String {
        let mut json = String::new();
        self.write(&mut json, Sorted::No);
        json
    }

    /// JSON text that is the same for all values that mean the same.
    pub(crate) fn canon(&self) -> String {
        let mut json = String::new();
        self.write(&mut json, Sorted::Yes);
        json
    }

    pub(crate) fn is_scalar(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
    }

    /// The text of a scalar.
    pub(crate) fn scalar(&self) -> Option<String> {
        match self {
            Self::Null | Self::List(_) | Self::Map(_) => None,
            Self::Bool(truth) => Some(truth.to_string()),
            Self::Int(number) => Some(number.to_string()),
            Self::Text { text, .. } => Some(text.clone()),
        }
    }

    fn write(&self, json: &mut String, sorted: Sorted) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Bool(truth) => json.push_str(if *truth { "true" } else { "false" }),
            Self::Int(number) => json.push_str(&number.to_string()),
            Self::Text { text, .. } => string(json, text),
            Self::List(items) => {
                json.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    item.write(json, sorted);
                }
                json.push(']');
            }
            Self::Map(keys) => {
                let mut keys: Vec<&(String, Self)> = keys.iter().collect();
                match sorted {
                    Sorted::Yes => keys.sort_by(|a, b| a.0.cmp(&b.0)),
                    Sorted::No => {}
                }
                json.push('{');
                for (at, (key, value)) in keys.into_iter().enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    string(json, key);
                    json.push(':');
                    value.write(json, sorted);
                }
                json.push('}');
            }
        }
    }

    /// The value as `edit` takes it. `Plain` keeps numbers and dates that stood without quotes so.
    pub(crate) fn wanted(&self, quotes: Quotes) -> Wanted {
        match self {
            Self::Null => Wanted::Null,
            Self::Bool(truth) => Wanted::Plain(truth.to_string()),
            Self::Int(number) => Wanted::Plain(number.to_string()),
            Self::Text { text, quoted } => {
                let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
                if quotes == Quotes::AsWritten && !quoted && number {
                    Wanted::Plain(text.clone())
                } else {
                    Wanted::Text(text.clone())
                }
            }
            Self::List(items) => Wanted::List(items.iter().map(|v| v.wanted(quotes)).collect()),
            Self::Map(keys) => Wanted::Map(
                keys.iter()
                    .map(|(key, value)| (key.clone(), value.wanted(quotes)))
                    .collect(),
            ),
        }
    }
}

#[derive(Clone, Copy)]
enum Sorted {
    Yes,
    No,
}

/// What is done about quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    /// What stood without quotes is written without.
    AsWritten,
    /// Wherever some reader might need them.
    AsNeeded,
}

/// Values that mean the same: the order of keys and quotes do not count.
impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text { text: a, .. }, Self::Text { text: b, .. }) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len() && (same_order(a, b) || self.canon() == other.canon())
            }
            _ => false,
        }
    }
}

impl Eq for Val {}

fn same_order(a: &Keys, b: &Keys) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// The value of a key.
pub(crate) fn get<'v>(keys: &'v Keys, key: &str) -> Option<&'v Val> {
    keys.iter()
        .find(|(known, _)| known == key)
        .map(|(_, value)| value)
}

fn string(json: &mut String, text: &str) {
    json.push_str(
        &serde_json::to_string(text).expect("because writing text to memory does not fail"),
    );
}
