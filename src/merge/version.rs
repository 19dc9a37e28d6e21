//! One version of a file as the merge looks at it: head and body apart, values read.
//! Never: fails: a head that cannot be read is marked.

use crate::merge::date;
use crate::merge::value::{Keys, Val, get, values};
use crate::model::document::Document;
use crate::model::merging::MergeRules;
use crate::parse::{Decoded, Source, parse};

/// A version of a file.
#[derive(Debug)]
pub(crate) struct Version<'a> {
    /// All above the body, fences included.
    pub head: &'a str,
    pub document: Document<'a>,
    /// The body; where a fence was never closed, what stands behind the first empty line.
    pub body: &'a str,
    pub values: Keys,
    /// The head cannot be read as keys with values.
    pub invalid: bool,
    /// The whole file is frontmatter, without fences.
    pub whole: bool,
}

impl<'a> Version<'a> {
    /// Reads a version. Its text has `\n` alone.
    pub(crate) fn read(decoded: &'a Decoded, source: Source) -> Self {
        let document = parse(decoded, source);
        let text = decoded.text.as_str();
        let body_at = text.len() - document.body.len();
        let doubled = document
            .problems
            .iter()
            .any(|problem| problem.code == "duplicate-key");
        let invalid = document.invalid || doubled;
        // A head that is not closed ends where a reader would see it end.
        let body_at = if invalid && body_at == 0 {
            text.find("\n\n").map_or(text.len(), |at| at + 1)
        } else {
            body_at
        };
        Self {
            head: &text[..body_at],
            body: &text[body_at..],
            values: if invalid {
                Keys::new()
            } else {
                values(&document.frontmatter, text)
            },
            invalid,
            whole: source == Source::Yaml,
            document,
        }
    }

    /// The date of the last change, as written.
    fn updated(&self, rules: &MergeRules) -> Option<String> {
        let mut keys = rules.updated.iter();
        keys.find_map(|key| find(&self.values, key)?.scalar())
    }

    /// What says who the item is.
    pub(crate) fn uid(&self, rules: &MergeRules) -> Option<(String, String)> {
        let mut keys = rules.uid.iter();
        keys.find_map(|key| Some((key.clone(), find(&self.values, key)?.scalar()?)))
    }

    /// Whether its date is later than that of another version, where both tell.
    pub(crate) fn is_later(&self, other: &Self, rules: &MergeRules) -> bool {
        let dates = self.updated(rules).zip(other.updated(rules));
        dates.and_then(|(a, b)| date::compare(&a, &b)) == Some(std::cmp::Ordering::Greater)
    }
}

/// The value under a key that may be the dotted way to it.
fn find<'v>(values: &'v Keys, key: &str) -> Option<&'v Val> {
    get(values, key).or_else(|| {
        let (map, below) = key.split_once('.')?;
        match get(values, map)? {
            Val::Map(keys) => find(keys, below),
            _ => None,
        }
    })
}
