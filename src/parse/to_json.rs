//! The frontmatter as JSON text, in the order of the file.
//! Never: changes a value: what is text in the document is a string.

use std::collections::HashSet;

use crate::model::document::{Entry, Node, Value};

/// Below this many keys a look at all earlier ones is cheaper than a set.
const FEW: usize = 16;

/// A JSON object of the entries; of keys that are there twice the first one holds.
pub(crate) fn to_json(entries: &[Entry<'_>]) -> String {
    let mut json = Vec::with_capacity(32 + entries.len() * 32);
    map(&mut json, entries);
    String::from_utf8(json).expect("because only strings and ASCII were written")
}

fn map(json: &mut Vec<u8>, entries: &[Entry<'_>]) {
    let mut seen = HashSet::new();
    json.push(b'{');
    let mut first = true;
    for (index, entry) in entries.iter().enumerate() {
        let again = if entries.len() <= FEW {
            entries[..index].iter().any(|other| other.key == entry.key)
        } else {
            !seen.insert(entry.key.as_ref())
        };
        if again {
            continue;
        }
        if !first {
            json.push(b',');
        }
        first = false;
        string(json, &entry.key);
        json.push(b':');
        value(json, &entry.node);
    }
    json.push(b'}');
}

fn value(json: &mut Vec<u8>, node: &Node<'_>) {
    match &node.value {
        Value::Null => json.extend_from_slice(b"null"),
        Value::Bool(true) => json.extend_from_slice(b"true"),
        Value::Bool(false) => json.extend_from_slice(b"false"),
        Value::Int(number) => json.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => string(json, text),
        Value::List(items) => {
            json.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(b',');
                }
                value(json, item);
            }
            json.push(b']');
        }
        Value::Map(entries) => map(json, entries),
    }
}

fn string(json: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(json, text).expect("because writing to memory does not fail");
}
