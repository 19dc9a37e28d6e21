//! Single values out of the frontmatter's nodes.
//! Never: decides what a value is for.

use std::borrow::Cow;

use crate::model::document::{Node, Value};

/// Where a value stands: line and column from 1, in the item's own file or its companion.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position {
    pub line: u32,
    pub col: u32,
    pub companion: bool,
}

/// A text and where it was found; no place where it comes from the path or a default.
#[derive(Debug, Clone)]
pub(crate) struct Found<'t> {
    pub text: Cow<'t, str>,
    pub place: Option<Position>,
}

impl<'t> Found<'t> {
    /// A text that no place in a file can be named for.
    pub(crate) fn nowhere(text: impl Into<Cow<'t, str>>) -> Self {
        Self {
            text: text.into(),
            place: None,
        }
    }
}

/// The place of a node in the item's own file.
pub(crate) fn place(node: &Node<'_>) -> Position {
    Position {
        line: node.line,
        col: node.col,
        companion: false,
    }
}

/// The text of a scalar; of a list the first element's, of a map (an author, say) its name's.
pub(crate) fn scalar<'n>(node: &'n Node<'_>) -> Option<Cow<'n, str>> {
    match &node.value {
        Value::Null => None,
        Value::Bool(true) => Some("true".into()),
        Value::Bool(false) => Some("false".into()),
        Value::Int(number) => Some(number.to_string().into()),
        Value::Text(text) => Some(text.trim().into()),
        Value::List(list) => match list.first()?.value {
            Value::List(_) | Value::Map(_) => None,
            _ => scalar(&list[0]),
        },
        Value::Map(map) => {
            let name = map.iter().find(|entry| entry.key == "name")?;
            match name.node.value {
                Value::List(_) | Value::Map(_) => None,
                _ => scalar(&name.node),
            }
        }
    }
}

/// Calls with each element of a list, or with the node itself; of lists in lists (an unquoted
/// `[[Note]]`) with the innermost elements.
pub(crate) fn each<'n, 'd>(node: &'n Node<'d>, call: &mut impl FnMut(&'n Node<'d>)) {
    match &node.value {
        Value::List(list) => list.iter().for_each(|inner| each(inner, call)),
        _ => call(node),
    }
}
