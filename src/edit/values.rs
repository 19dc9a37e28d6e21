//! A value that is wanted beside the one that stands there: equal, alike, in a list already.
//! Never: writes; `spell` does.

use std::collections::{HashMap, HashSet};

use granit_parser::ScalarStyle;

use crate::edit::spell::Quote;
use crate::edit::tree::{Kind, Node, Tagged};
use crate::edit::words;
use crate::model::edit::Wanted;

/// The quotes of a scalar.
pub(crate) fn quote_of(node: &Node) -> Quote {
    match node.kind {
        Kind::Scalar {
            style: ScalarStyle::SingleQuoted,
            ..
        } => Quote::Single,
        Kind::Scalar {
            style: ScalarStyle::DoubleQuoted,
            ..
        } => Quote::Double,
        _ => Quote::Plain,
    }
}

/// The quotes that all items have.
pub(crate) fn common_quote(items: &[Node]) -> Quote {
    let mut quotes = items.iter().map(quote_of);
    let first = quotes.next().unwrap_or(Quote::Plain);
    if quotes.all(|quote| quote == first) {
        first
    } else {
        Quote::Plain
    }
}

/// Nothing, or a word for nothing.
pub(crate) fn is_null(node: &Node) -> bool {
    node.is_empty()
        || matches!(&node.kind, Kind::Scalar { style: ScalarStyle::Plain, text }
            if node.tagged != Tagged::Text && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
}

/// A plain word as it stands, on one line.
pub(crate) fn plain_again(text: &str) -> Wanted {
    if words::is_typed(text) {
        Wanted::Plain(text.to_owned())
    } else {
        Wanted::Text(text.to_owned())
    }
}

/// Decides what `Alike` means beside the value that stands there.
pub(crate) fn alike(value: &Wanted, beside: Option<&Node>) -> Wanted {
    match value {
        Wanted::Alike(word) => match beside.map(|node| &node.kind) {
            Some(Kind::Scalar {
                style: ScalarStyle::Plain,
                text,
            }) if words::is_typed(text) && words::is_typed(word) => Wanted::Plain(word.clone()),
            _ => Wanted::Text(word.clone()),
        },
        Wanted::List(items) => Wanted::List(items.iter().map(|item| alike(item, None)).collect()),
        Wanted::Map(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| (key.clone(), alike(value, None)));
            Wanted::Map(pairs.collect())
        }
        Wanted::Text(_) | Wanted::Plain(_) | Wanted::Null => value.clone(),
    }
}

/// The text of a scalar.
pub(crate) fn text_of(value: &Wanted) -> Option<&str> {
    match value {
        Wanted::Text(text) | Wanted::Alike(text) | Wanted::Plain(text) => Some(text),
        Wanted::Null | Wanted::List(_) | Wanted::Map(_) => None,
    }
}

/// The values without those that are there before, and without those that `items` hold.
pub(crate) fn missing(items: &[Node], values: &[Wanted]) -> Vec<Wanted> {
    let mut texts = HashSet::new();
    for item in items {
        if let Kind::Scalar { text, .. } = &item.kind
            && !is_null(item)
        {
            texts.insert(text.as_str());
        }
    }
    let mut new: Vec<Wanted> = Vec::new();
    for value in values {
        let is_new = match text_of(value) {
            Some(text) => texts.insert(text),
            None => !items.iter().any(|item| same(item, value)) && !new.contains(value),
        };
        if is_new {
            new.push(value.clone());
        }
    }
    new
}

/// True where the value is there already. A plain `5` is the text `5`; a plain `null` is no text.
pub(crate) fn same(node: &Node, value: &Wanted) -> bool {
    match (&node.kind, value) {
        (_, Wanted::Null) => is_null(node),
        (Kind::Scalar { text, .. }, Wanted::Text(word) | Wanted::Alike(word)) => {
            text == word && !is_null(node) && node.tagged != Tagged::Other
        }
        (Kind::Scalar { style, text }, Wanted::Plain(word)) => {
            *style == ScalarStyle::Plain
                && text == word
                && !node.is_empty()
                && node.tagged == Tagged::No
        }
        (Kind::List { items, .. }, Wanted::List(wanted)) => {
            items.len() == wanted.len()
                && items
                    .iter()
                    .zip(wanted)
                    .all(|(item, value)| same(item, value))
        }
        (Kind::Map { pairs, .. }, Wanted::Map(wanted)) => {
            let there = pairs
                .iter()
                .filter_map(|pair| Some((pair.key.key_text()?, &pair.value)))
                .collect::<HashMap<_, _>>();
            there.len() == pairs.len()
                && pairs.len() == wanted.len()
                && wanted.iter().all(|(key, value)| {
                    there
                        .get(key.as_str())
                        .is_some_and(|node| same(node, value))
                })
        }
        _ => false,
    }
}
