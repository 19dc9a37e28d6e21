//! What differs between two versions of an item, field by field.
//! Gets two items; gives a list of changes that is empty just where they say the same.
//! Never: reads files, asks which version is the better one.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde_json::Value;

use crate::model::item::{Item, Person};

/// One difference. Of a list, each element that came or went is a change of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// A public field (`state`, `tags`, `assignee`, `blocks`, `checks`, `entries`, `body`), or the
    /// dotted key of what the preset does not know.
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
    /// The section in which it is, of `checks` and `body`.
    pub section: Option<String>,
    /// Lines that came and lines that went, of `body`.
    pub lines: Option<(u64, u64)>,
    pub description: String,
}

impl Change {
    pub(crate) fn new(
        field: &str,
        old: Option<String>,
        new: Option<String>,
        description: &str,
    ) -> Self {
        Self {
            field: field.to_owned(),
            old,
            new,
            section: None,
            lines: None,
            description: description.to_owned(),
        }
    }
}

/// The fields of an item as text, in the order in which they are told.
struct Facts {
    ones: Vec<(&'static str, Option<String>)>,
    lists: Vec<(String, Vec<String>)>,
    keys: Vec<(String, Leaf)>,
}

/// What a key of the frontmatter holds that is no map.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Leaf {
    One(String),
    List(Vec<String>),
}

/// What changed from `old` to `new`. `feeds` tells the public fields that a dotted key of the
/// frontmatter serves: it is told itself only where none of them has changed.
pub(crate) fn changes(old: &Item, new: &Item, feeds: &dyn Fn(&str) -> Vec<String>) -> Vec<Change> {
    let (before, after) = (Facts::of(old), Facts::of(new));
    let mut found = fields(&before, &after);
    let told: HashSet<String> = found.iter().map(|change| change.field.clone()).collect();
    let is_told = |key: &str| feeds(key).iter().any(|field| told.contains(field));
    keys(&before.keys, &after.keys, &is_told, &mut found);
    let text = found.len();
    checks(old, new, &mut found);
    entries(old, new, &mut found);
    sections(old, new, &mut found);
    let same = |left: &str, right: &str| left.replace('\r', "") == right.replace('\r', "");
    if found.len() == text && !same(&old.body, &new.body) {
        found.push(Change {
            lines: Some((0, 0)),
            ..Change::new("body", None, None, "white space or order")
        });
    }
    found
}

/// All that an item says as it begins: each field with its value, without its text.
pub(crate) fn beginnings(item: &Item) -> Vec<Change> {
    let nothing = Facts {
        ones: Vec::new(),
        lists: Vec::new(),
        keys: Vec::new(),
    };
    fields(&nothing, &Facts::of(item))
}

impl Facts {
    fn of(item: &Item) -> Self {
        let status = item.status.as_str();
        let ones = vec![
            ("id", item.id.clone()),
            ("uid", item.uid.clone()),
            ("kind", item.kind.clone()),
            ("title", Some(item.title.clone())),
            ("state", item.state.clone()),
            ("priority", item.priority.clone()),
            ("parent", item.parent.clone()),
            ("owner", item.owner.clone()),
            ("area", item.area.clone()),
            ("iteration", item.iteration.clone()),
            ("created", item.created.clone()),
            ("updated", item.updated.clone()),
            ("due", item.due.clone()),
            ("status", (status != "ok").then(|| status.to_owned())),
        ];
        let mut lists: Vec<(String, Vec<String>)> = Vec::new();
        let mut push =
            |field: &str, value: &str| match lists.iter_mut().find(|(known, _)| known == field) {
                Some((_, values)) => values.push(value.to_owned()),
                None => lists.push((field.to_owned(), vec![value.to_owned()])),
            };
        item.tags.iter().for_each(|tag| push("tags", tag));
        item.aliases.iter().for_each(|alias| push("aliases", alias));
        for Person { role, name } in &item.people {
            if !(**role == *"owner" && item.owner.as_ref() == Some(name)) {
                push(role, name);
            }
        }
        for link in &item.links {
            let is_parent = *link.rel == *"parent" && item.parent.as_ref() == Some(&link.target);
            if link.origin == crate::model::document::Origin::Frontmatter && !is_parent {
                push(&link.rel, &link.target);
            }
        }
        let mut keys = Vec::new();
        if let Ok(Value::Object(map)) = serde_json::from_str(&item.frontmatter) {
            flatten(map, &mut keys);
        }
        Self { ones, lists, keys }
    }
}

/// The leaves of the frontmatter under their dotted keys.
fn flatten(map: serde_json::Map<String, Value>, leaves: &mut Vec<(String, Leaf)>) {
    let mut rest: Vec<(String, Value)> = map.into_iter().rev().collect();
    while let Some((key, value)) = rest.pop() {
        match value {
            Value::Object(map) if !map.is_empty() => {
                let below = map.into_iter().rev();
                rest.extend(below.map(|(inner, value)| (format!("{key}.{inner}"), value)));
            }
            Value::Array(list) => {
                let texts = list.into_iter().map(|value| written(&value));
                leaves.push((key, Leaf::List(texts.collect())));
            }
            value => leaves.push((key, Leaf::One(written(&value)))),
        }
    }
}

fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn fields(old: &Facts, new: &Facts) -> Vec<Change> {
    let mut found = Vec::new();
    for (at, (field, after)) in new.ones.iter().enumerate() {
        let before = old.ones.get(at).and_then(|(_, value)| value.clone());
        if before != *after {
            found.push(Change::new(field, before, after.clone(), ""));
        }
    }
    let of = |facts: &Facts, field: &str| -> Vec<String> {
        let list = facts.lists.iter().find(|(known, _)| known == field);
        list.map(|(_, values)| values.clone()).unwrap_or_default()
    };
    let only_before = old
        .lists
        .iter()
        .filter(|(field, _)| of(new, field).is_empty());
    for (field, _) in new.lists.iter().chain(only_before) {
        list(field, &of(old, field), &of(new, field), &mut found);
    }
    found
}

/// Elements that came and went; where none did, a new order.
fn list(field: &str, old: &[String], new: &[String], found: &mut Vec<Change>) {
    let (came, went) = apart(old.iter(), new.iter());
    if came.is_empty() && went.is_empty() && old != new {
        let text = |list: &[String]| Some(Value::from(list).to_string());
        found.push(Change::new(field, text(old), text(new), "another order"));
    }
    let gone = |value: &&String| Change::new(field, Some((*value).clone()), None, "removed");
    let added = |value: &&String| Change::new(field, None, Some((*value).clone()), "added");
    found.extend(went.iter().map(gone));
    found.extend(came.iter().map(added));
}

fn keys(
    old: &[(String, Leaf)],
    new: &[(String, Leaf)],
    is_told: &dyn Fn(&str) -> bool,
    found: &mut Vec<Change>,
) {
    let before: HashMap<&str, &Leaf> = old.iter().map(|(key, leaf)| (&**key, leaf)).collect();
    let after: HashSet<&str> = new.iter().map(|(key, _)| &**key).collect();
    let changed = new.iter().map(|(key, leaf)| (key, Some(leaf)));
    let gone = old.iter().filter(|(key, _)| !after.contains(&**key));
    for (key, after) in changed.chain(gone.map(|(key, _)| (key, None))) {
        let before = before.get(&**key).copied();
        if before == after || is_told(key) {
            continue;
        }
        match (before, after) {
            (Some(Leaf::List(before)), Some(Leaf::List(after))) => list(key, before, after, found),
            (before, after) => {
                let text = |leaf: &Leaf| match leaf {
                    Leaf::One(text) => text.clone(),
                    Leaf::List(list) => Value::from(&**list).to_string(),
                };
                found.push(Change::new(key, before.map(text), after.map(text), ""));
            }
        }
    }
}

/// Lines of checklists: ticked, unticked, added, removed.
fn checks(old: &Item, new: &Item, found: &mut Vec<Change>) {
    type Lines<'i> = Vec<((Option<&'i str>, &'i str), bool)>;
    fn lines(item: &Item) -> Lines<'_> {
        let line = |check: &crate::model::item::CheckLine| {
            let section = check.section.and_then(|at| item.sections.get(at));
            let section = section.map(|section| section.title.as_str());
            let text = item.body.get(check.range.clone()).unwrap_or_default();
            ((section, text.trim()), check.done)
        };
        item.checks.iter().map(line).collect()
    }
    let (before, after) = (lines(old), lines(new));
    let (came, went) = apart(before.iter(), after.iter());
    let mut went: Vec<_> = went.into_iter().map(Some).collect();
    let text = |(name, done): &((Option<&str>, &str), bool)| {
        Some(format!("[{}] {}", if *done { 'x' } else { ' ' }, name.1))
    };
    // What went away and came back the other way was ticked or unticked.
    let mut at: HashMap<(Option<&str>, &str), Vec<usize>> = HashMap::new();
    for (number, gone) in went.iter().enumerate().rev() {
        if let Some((name, _)) = gone {
            at.entry(*name).or_default().push(number);
        }
    }
    for new in came {
        let old = at.get_mut(&new.0).and_then(Vec::pop);
        let old = old.and_then(|number| went[number].take());
        let word = match (old.is_some(), new.1) {
            (false, _) => "added",
            (true, true) => "ticked",
            (true, false) => "unticked",
        };
        found.push(Change {
            section: new.0.0.map(str::to_owned),
            ..Change::new("checks", old.and_then(text), text(new), word)
        });
    }
    for old in went.into_iter().flatten() {
        found.push(Change {
            section: old.0.0.map(str::to_owned),
            ..Change::new("checks", text(old), None, "removed")
        });
    }
}

/// Lines of the log that came or went.
fn entries(old: &Item, new: &Item, found: &mut Vec<Change>) {
    type Line<'i> = (Option<&'i str>, Option<&'i str>, &'i str);
    fn lines(item: &Item) -> Vec<Line<'_>> {
        let line = |entry: &'_ crate::model::item::LogLine| -> (usize, usize) {
            (entry.range.start, entry.range.end)
        };
        let mut all = Vec::new();
        for entry in &item.entries {
            let (start, end) = line(entry);
            let text = item.body.get(start..end).unwrap_or_default().trim();
            all.push((entry.at.as_deref(), entry.author.as_deref(), text));
        }
        all
    }
    let (before, after) = (lines(old), lines(new));
    let (came, went) = apart(before.iter(), after.iter());
    let by = |(at, author, _): &Line<'_>| {
        let words: Vec<&str> = [*at, *author].into_iter().flatten().collect();
        words.join(" ")
    };
    let text = |line: &Line<'_>| Some(line.2.to_owned());
    found.extend(
        went.iter()
            .map(|line| Change::new("entries", text(line), None, &by(line))),
    );
    found.extend(
        came.iter()
            .map(|line| Change::new("entries", None, text(line), &by(line))),
    );
}

/// The text in front of the first heading, and below each heading, without checks and log lines.
fn sections(old: &Item, new: &Item, found: &mut Vec<Change>) {
    let (before, after) = (pieces(old), pieces(new));
    let old: HashMap<&Name<'_>, &Vec<&str>> =
        before.iter().map(|(name, text)| (name, text)).collect();
    let new: HashMap<&Name<'_>, &Vec<&str>> =
        after.iter().map(|(name, text)| (name, text)).collect();
    let gone = before.iter().filter(|(name, _)| !new.contains_key(name));
    for (name, _) in after.iter().chain(gone) {
        let (old, new) = (old.get(name), new.get(name));
        let lines = |text: Option<&&Vec<&str>>| -> Vec<String> {
            let text = text.map(|text| text.iter().map(|line| (*line).to_owned()).collect());
            text.unwrap_or_default()
        };
        let (before, after) = (lines(old), lines(new));
        let (came, went) = apart(before.iter(), after.iter());
        let word = match (old, new) {
            (None, _) => "section added",
            (_, None) => "section removed",
            _ if came.is_empty() && went.is_empty() => continue,
            _ => "",
        };
        // Of the text in front of all headings nothing is said where there is none.
        if name.title.is_none() && came.is_empty() && went.is_empty() {
            continue;
        }
        found.push(Change {
            section: name.title.map(str::to_owned),
            lines: Some((came.len() as u64, went.len() as u64)),
            ..Change::new("body", None, None, word)
        });
    }
}

/// A section by its title, and the how manyth of that title it is.
#[derive(PartialEq, Eq, Hash)]
struct Name<'i> {
    title: Option<&'i str>,
    turn: usize,
}

/// The sections of a body with their lines; none without a word in it.
fn pieces(item: &Item) -> Vec<(Name<'_>, Vec<&str>)> {
    let ranges = (item.checks.iter().map(|check| &check.range))
        .chain(item.entries.iter().map(|entry| &entry.range));
    let mut ranges: Vec<(usize, usize)> = ranges.map(|range| (range.start, range.end)).collect();
    ranges.sort_unstable();
    let mut ranges = ranges.into_iter().peekable();
    let mut turns: HashMap<&str, usize> = HashMap::new();
    let mut all = Vec::new();
    let first = item.sections.first().map_or(item.body.len(), |section| {
        let head = &item.body[..section.range.start.min(item.body.len())];
        head.trim_end().rfind('\n').map_or(0, |at| at + 1)
    });
    let parts = [(None, 0..first)].into_iter().chain(
        (item.sections.iter()).map(|section| (Some(section.title.as_str()), section.range.clone())),
    );
    for (title, range) in parts {
        let turn = turns.entry(title.unwrap_or_default()).or_default();
        let name = Name { title, turn: *turn };
        *turn += 1;
        let mut lines = Vec::new();
        let mut at = range.start;
        for line in item
            .body
            .get(range)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            let (start, end) = (at, at + line.len());
            at = end;
            while ranges.next_if(|(_, to)| *to <= start).is_some() {}
            let is_told = ranges.peek().is_some_and(|(from, _)| *from < end);
            if !is_told && !line.trim().is_empty() {
                lines.push(line.trim_end());
            }
        }
        all.push((name, lines));
    }
    all
}

/// What only the second list has, and what only the first one has, as often as it has it more.
fn apart<'t, T: Hash + Eq + 't>(
    old: impl Iterator<Item = &'t T> + Clone,
    new: impl Iterator<Item = &'t T> + Clone,
) -> (Vec<&'t T>, Vec<&'t T>) {
    fn missing<'t, T: Hash + Eq>(
        from: impl Iterator<Item = &'t T>,
        among: impl Iterator<Item = &'t T>,
    ) -> Vec<&'t T> {
        let mut counts: HashMap<&T, usize> = HashMap::new();
        from.for_each(|value| *counts.entry(value).or_default() += 1);
        let is_more = |value: &&T| match counts.get_mut(*value) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        among.filter(is_more).collect()
    }
    let came = missing(old.clone(), new.clone());
    (came, missing(new, old))
}

#[cfg(test)]
mod tests;
