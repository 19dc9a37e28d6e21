//! Duplicate keys: the first one holds, each other one is a problem.

use crate::model::document::Entry;
use crate::model::problem::{Problem, Severity};

/// Below this many keys comparing all pairs is faster than sorting.
const FEW: usize = 32;

/// Removes entries whose key an earlier entry has, with a `duplicate-key` problem for each.
pub(crate) fn keep_first(entries: &mut Vec<Entry<'_>>, problems: &mut Vec<Problem>) {
    let doubled = doubled(entries);
    if doubled.is_empty() {
        return;
    }
    for &(first, second) in &doubled {
        let (first, second) = (&entries[first], &entries[second]);
        problems.push(
            Problem::at(
                "duplicate-key",
                Severity::Warning,
                second.line,
                second.col,
                format!(
                    "`{}` is here a second time; the value from line {} holds",
                    shorten(&second.key),
                    first.line
                ),
            )
            .hint("remove one of the two"),
        );
    }
    let mut gone = doubled.into_iter().map(|(_, second)| second).peekable();
    let mut index = 0;
    entries.retain(|_| {
        let drop = gone.next_if_eq(&index).is_some();
        index += 1;
        !drop
    });
}

/// True where some key is there twice.
pub(crate) fn has_doubled(entries: &[Entry<'_>]) -> bool {
    !doubled(entries).is_empty()
}

/// Pairs (first, later one with the same key), ordered by the later one.
fn doubled(entries: &[Entry<'_>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    if entries.len() <= FEW {
        for (second, entry) in entries.iter().enumerate() {
            let before = &entries[..second];
            if let Some(first) = before.iter().position(|other| other.key == entry.key) {
                pairs.push((first, second));
            }
        }
        return pairs;
    }
    let mut order = (0..entries.len()).collect::<Vec<_>>();
    order.sort_by(|a, b| entries[*a].key.cmp(&entries[*b].key));
    for same in order.chunk_by(|a, b| entries[*a].key == entries[*b].key) {
        // The sort is stable, so the first of the run is the first of the file.
        pairs.extend(same[1..].iter().map(|second| (same[0], *second)));
    }
    pairs.sort_unstable_by_key(|pair| pair.1);
    pairs
}

/// At most 40 characters of a key or value, for a message.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}
