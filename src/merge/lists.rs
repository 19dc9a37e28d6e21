//! Three versions of a list into one: as a set, or in order.
//! Gets values; a single value is a list of one, nothing an empty one.
//! Gives the list, or none where a person must choose.
//! Never: doubles an element.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::merge::diff3::{Kind, diff3};
use crate::merge::order::merge_order;
use crate::merge::three::Three;
use crate::merge::value::Val;

/// An element, and what tells it from others.
type Element<'v> = (&'v Val, &'v String);

/// What either side added or took away is added or taken away.
pub(crate) fn set(base: Option<&Val>, one: &Val, other: &Val) -> Option<Val> {
    let versions = elements(base, one, other)?;
    let keys = versions.map(|items| -> Vec<String> {
        let mut seen = HashSet::new();
        let keys = items.iter().map(Val::canon);
        keys.filter(|key| seen.insert(key.clone())).collect()
    });
    let found = keys.map(|keys| -> HashSet<&String> { keys.iter().collect() });
    let stays = |key: &String| {
        !found.base.contains(key) || (found.one.contains(key) && found.other.contains(key))
    };
    let values: HashMap<String, &Val> = versions
        .other
        .iter()
        .chain(&versions.one)
        .map(|item| (item.canon(), item))
        .collect();
    let order = merge_order(&keys, stays, String::cmp);
    let merged = order.iter().filter_map(|key| values.get(key));
    Some(Val::List(merged.map(|item| (*item).clone()).collect()))
}

/// Whether nothing is lost by taking lists as sets: scalars, none twice, in no new order.
pub(crate) fn is_set(base: Option<&Val>, one: &Val, other: &Val) -> bool {
    let Some(versions) = elements(base, one, other) else {
        return false;
    };
    let keys = versions.map(|items| -> Vec<String> { items.iter().map(Val::canon).collect() });
    let place: HashMap<&String, usize> = keys
        .base
        .iter()
        .enumerate()
        .map(|(at, key)| (key, at))
        .collect();
    let simple = [&versions.base, &versions.one, &versions.other]
        .iter()
        .all(|items| items.iter().all(Val::is_scalar));
    let plain = |keys: &[String]| {
        let places: Vec<usize> = keys
            .iter()
            .filter_map(|key| place.get(key).copied())
            .collect();
        keys.iter().collect::<HashSet<_>>().len() == keys.len() && places.is_sorted()
    };
    simple && plain(&keys.base) && plain(&keys.one) && plain(&keys.other)
}

/// Element by element, in order. What both put at one place is kept, each side's in its order.
pub(crate) fn list(base: Option<&Val>, one: &Val, other: &Val) -> Option<Val> {
    let versions = elements(base, one, other)?;
    let keys = versions.map(|items| -> Vec<String> { items.iter().map(Val::canon).collect() });
    let mut merged: Vec<Element<'_>> = Vec::new();
    for chunk in diff3(&keys.map(Vec::as_slice)) {
        let one = stretch(&versions.one, &keys.one, &chunk.at.one);
        let other = stretch(&versions.other, &keys.other, &chunk.at.other);
        match chunk.kind {
            Kind::One => merged.extend(one),
            Kind::Other => merged.extend(other),
            Kind::Conflict if chunk.at.base.is_empty() => {
                merged.extend(both(&one, &other));
            }
            Kind::Conflict => return None,
        }
    }
    // Moved by both: each side's place is an insertion, and the element is there twice.
    let most = counts(&keys.one)
        .into_iter()
        .chain(counts(&keys.other))
        .fold(
            HashMap::new(),
            |mut most: HashMap<&String, usize>, (key, count)| {
                let entry = most.entry(key).or_default();
                *entry = count.max(*entry);
                most
            },
        );
    let doubled = counts(merged.iter().map(|(_, key)| *key))
        .into_iter()
        .any(|(key, count)| most.get(key).is_none_or(|most| count > *most));
    (!doubled).then(|| Val::List(merged.into_iter().map(|(item, _)| item.clone()).collect()))
}

/// What both sides put at one place.
fn both<'v>(one: &[Element<'v>], other: &[Element<'v>]) -> Vec<Element<'v>> {
    let numbered = |elements: &[Element<'v>]| -> Vec<(&'v String, usize)> {
        let mut times: HashMap<&String, usize> = HashMap::new();
        let number = |(_, key): &Element<'v>| {
            let time = times.entry(key).or_default();
            *time += 1;
            (*key, *time)
        };
        elements.iter().map(number).collect()
    };
    let sides = Three {
        base: Vec::new(),
        one: numbered(one),
        other: numbered(other),
    };
    let found = other.iter().chain(one);
    let values: HashMap<&String, &Val> = found.map(|(value, key)| (*key, *value)).collect();
    let order = merge_order(&sides, |_| true, Ord::cmp);
    let elements = order.into_iter();
    elements.map(|(key, _)| (values[key], key)).collect()
}

fn stretch<'v>(items: &'v [Val], keys: &'v [String], at: &Range<usize>) -> Vec<Element<'v>> {
    items[at.clone()].iter().zip(&keys[at.clone()]).collect()
}

fn counts<'k>(keys: impl IntoIterator<Item = &'k String>) -> HashMap<&'k String, usize> {
    let mut counts = HashMap::new();
    for key in keys {
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The elements of the versions; none where a map is among them.
fn elements(base: Option<&Val>, one: &Val, other: &Val) -> Option<Three<Vec<Val>>> {
    let of = |value: &Val| match value {
        Val::Null => Some(Vec::new()),
        Val::List(items) => Some(items.clone()),
        Val::Map(_) => None,
        scalar => Some(vec![scalar.clone()]),
    };
    Some(Three {
        base: base.map_or(Some(Vec::new()), of)?,
        one: of(one)?,
        other: of(other)?,
    })
}
