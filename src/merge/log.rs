//! Logs and comments: what either side wrote is there, once, in the order in which it was written.
//! Gets the text of a section and where its entries begin. Gives the merged text.
//! Never: sorts what was there; conflicts.

use std::collections::HashMap;

use crate::merge::date;
use crate::merge::order::merge_order;
use crate::merge::three::Three;

/// The entries of one version.
struct Log<'a> {
    /// An entry without the empty lines behind it, and how often it came before.
    keys: Vec<(&'a str, usize)>,
    /// How many empty lines stand behind it; none behind the last one, which is the end.
    gaps: HashMap<(&'a str, usize), usize>,
    /// The usual number of them.
    gap: usize,
}

/// The union of three logs. Each text begins with its first entry, at one of `starts`.
pub(crate) fn union(
    texts: &Three<&str>,
    starts: &Three<Vec<usize>>,
    at: impl Fn(&str) -> Option<String>,
) -> String {
    let logs = Three {
        base: log(texts.base, &starts.base),
        one: log(texts.one, &starts.one),
        other: log(texts.other, &starts.other),
    };
    let sets: Three<std::collections::HashSet<(&str, usize)>> =
        logs.map(|log| log.keys.iter().copied().collect());
    let stays = |key: &(&str, usize)| {
        !sets.base.contains(key) || (sets.one.contains(key) && sets.other.contains(key))
    };
    let order = merge_order(
        &logs.map(|log| log.keys.clone()),
        stays,
        |other, one| match (at(other.0), at(one.0)) {
            (Some(other), Some(one)) => earlier(&other, &one),
            _ => false,
        },
    );
    let mut text = String::new();
    let count = order.len();
    for (number, key) in order.into_iter().enumerate() {
        text.push_str(key.0);
        text.push('\n');
        if number + 1 < count {
            let gap = [&logs.one, &logs.other]
                .iter()
                .find_map(|log| log.gaps.get(&key).copied());
            let gap = gap.unwrap_or(logs.one.gap.max(logs.other.gap));
            text.extend(std::iter::repeat_n('\n', gap));
        }
    }
    text
}

/// Of two times, where one is not merely the day of the other.
fn earlier(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    match (a.get(..shorter), b.get(..shorter)) {
        (Some(start), Some(other)) => start < other,
        _ => a < b,
    }
}

/// The time of an entry that begins with one.
pub(crate) fn leading_date(entry: &str) -> Option<String> {
    date::leading(entry).map(|date| date.replace('T', " "))
}

fn log<'a>(text: &'a str, starts: &[usize]) -> Log<'a> {
    let mut log = Log {
        keys: Vec::with_capacity(starts.len()),
        gaps: HashMap::new(),
        gap: 0,
    };
    let mut times: HashMap<&str, usize> = HashMap::new();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    for (start, end) in starts.iter().zip(ends) {
        let entry = &text[*start..end];
        let content = entry.trim_end_matches('\n');
        let time = times.entry(content).or_default();
        let key = (content, *time);
        *time += 1;
        log.keys.push(key);
        if end < text.len() {
            let gap = (entry.len() - content.len()).saturating_sub(1);
            log.gaps.insert(key, gap);
            log.gap = gap;
        }
    }
    log
}
