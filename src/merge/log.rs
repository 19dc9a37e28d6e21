//! Logs and comments: what either side wrote is there, once, in the order in which it was written.
//! Gets the text of a section and where its entries begin. Gives the merged text.
//! Never: sorts what was there; conflicts.

use std::collections::HashMap;

use crate::merge::date;
use crate::merge::order::merge_order;
use crate::merge::three::Three;

/// An entry without the empty lines behind it, and how often it came before.
type Key<'a> = (&'a str, usize);

/// The entries of one version.
struct Log<'a> {
    keys: Vec<Key<'a>>,
    /// How many empty lines stand behind an entry; none behind the last one, which is the end.
    gaps: HashMap<Key<'a>, usize>,
    /// The usual number of them.
    gap: usize,
}

/// The union of three logs. Each text begins with its first entry, at one of `starts`.
pub(crate) fn union<'a>(
    texts: &Three<&'a str>,
    starts: &Three<Vec<usize>>,
    at: impl Fn(&str) -> Option<String>,
) -> String {
    let logs = Three {
        base: log(texts.base, &starts.base),
        one: log(texts.one, &starts.one),
        other: log(texts.other, &starts.other),
    };
    let sets: Three<std::collections::HashSet<Key<'a>>> =
        logs.map(|log| log.keys.iter().copied().collect());
    let stays = |key: &Key<'_>| {
        !sets.base.contains(key) || (sets.one.contains(key) && sets.other.contains(key))
    };
    let all = [&logs.base, &logs.one, &logs.other];
    let entries = all.iter().flat_map(|log| &log.keys);
    let times: HashMap<&str, Option<String>> =
        entries.map(|(entry, _)| (*entry, at(entry))).collect();
    // A side wrote above all that was there, and later than the last line of that.
    let newest_first = [&logs.one, &logs.other].iter().any(|log| {
        let is_new = |key: &Key<'_>| !sets.base.contains(key);
        let above = log.keys.iter().take_while(|key| is_new(key)).count();
        let time = |key: &Key<'_>| times.get(key.0).cloned().flatten();
        let (above, below) = log.keys.split_at(above);
        let last = below.last().and_then(time);
        last.is_some_and(|last| above.iter().filter_map(time).any(|at| at > last))
    });
    let rank = |a: &Key<'_>, b: &Key<'_>| {
        let by_text = a.cmp(b);
        // Of one time, by text in either direction. What has no time stays with what it follows.
        let by_text = if newest_first {
            by_text.reverse()
        } else {
            by_text
        };
        times.get(a.0).cmp(&times.get(b.0)).then(by_text)
    };
    let upward = |mut keys: Vec<Key<'a>>| {
        if newest_first {
            keys.reverse();
        }
        keys
    };
    let order = merge_order(&logs.map(|log| upward(log.keys.clone())), stays, rank);
    let order = upward(order);
    let mut text = String::new();
    let count = order.len();
    for (number, key) in order.into_iter().enumerate() {
        text.push_str(key.0);
        text.push('\n');
        if number + 1 < count {
            let gaps = logs.map(|log| log.gaps.get(&key).copied());
            let gap = *gaps.decided().unwrap_or(&gaps.one.max(gaps.other));
            let gap = gap.or(gaps.one.max(gaps.other));
            let gap = gap.unwrap_or(logs.one.gap.max(logs.other.gap));
            text.extend(std::iter::repeat_n('\n', gap));
        }
    }
    text
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
