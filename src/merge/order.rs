//! Three orders of the same things into one: keys, sections, log lines, list elements.
//! Gets keys that are unique in each version. Gives every key that stays, once.
//! Never: decides what stays.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::merge::three::Three;

/// Merges. What one side put somewhere else stands where that side put it; what only one side has
/// stands behind what it stood behind there. Where both put something at one place, `rank` says
/// what goes first: a total order that nothing but the keys decides. Each side's own order is kept,
/// so a key never goes before one of higher rank that stands above it on its side.
///
/// That makes it one whether the commits of a side come all together or one by one, as long as what
/// a commit adds stands behind what was there, or ranks below it.
pub(crate) fn merge_order<K: Ord + Hash + Clone>(
    versions: &Three<Vec<K>>,
    stays: impl Fn(&K) -> bool,
    rank: impl Fn(&K, &K) -> Ordering,
) -> Vec<K> {
    let in_one: HashSet<&K> = versions.one.iter().collect();
    let in_other: HashSet<&K> = versions.other.iter().collect();
    let shared = |key: &&K| in_one.contains(key) && in_other.contains(key) && stays(key);
    let base: Vec<&K> = versions.base.iter().filter(shared).collect();
    let of_base = |side: &'_ [K]| -> Vec<usize> {
        let place: HashMap<&K, usize> = base
            .iter()
            .enumerate()
            .map(|(at, key)| (*key, at))
            .collect();
        side.iter()
            .filter_map(|key| place.get(key).copied())
            .collect()
    };
    let moved = |side: &[K]| !of_base(side).is_sorted();
    let shared_of = |side: &'_ [K]| -> Vec<K> { side.iter().filter(shared).cloned().collect() };
    let one_leads = match (moved(&versions.one), moved(&versions.other)) {
        (true, false) => true,
        (false, true) => false,
        // Any choice is right; this one is the same whatever else the sides hold.
        _ => shared_of(&versions.one) <= shared_of(&versions.other),
    };
    let (lead, follow, in_lead) = if one_leads {
        (&versions.one, &versions.other, &in_one)
    } else {
        (&versions.other, &versions.one, &in_other)
    };
    let in_follow = if one_leads { &in_other } else { &in_one };
    // What only the following side has, by what it stands behind there.
    let mut behind: HashMap<Option<&K>, Vec<&K>> = HashMap::new();
    let mut anchor = None;
    for key in follow.iter().filter(|key| stays(key)) {
        if in_lead.contains(key) {
            anchor = Some(key);
        } else {
            behind.entry(anchor).or_default().push(key);
        }
    }
    let mut keys = Vec::with_capacity(lead.len() + follow.len());
    let mut waiting = behind.remove(&None).unwrap_or_default();
    let mut run: Vec<&K> = Vec::new();
    let flush = |run: &mut Vec<&K>, waiting: Vec<&K>, keys: &mut Vec<K>| {
        interleave(&std::mem::take(run), &waiting, &rank, keys);
    };
    for key in lead.iter().filter(|key| stays(key)) {
        if in_follow.contains(key) {
            flush(&mut run, std::mem::take(&mut waiting), &mut keys);
            keys.push(key.clone());
            waiting = behind.remove(&Some(key)).unwrap_or_default();
        } else {
            run.push(key);
        }
    }
    flush(&mut run, waiting, &mut keys);
    keys
}

fn interleave<K: Clone>(
    ones: &[&K],
    others: &[&K],
    rank: &impl Fn(&K, &K) -> Ordering,
    keys: &mut Vec<K>,
) {
    let mut others = others.iter().peekable();
    for one in ones {
        while let Some(other) = others.next_if(|other| rank(other, one).is_lt()) {
            keys.push((*other).clone());
        }
        keys.push((*one).clone());
    }
    keys.extend(others.map(|key| (*key).clone()));
}
