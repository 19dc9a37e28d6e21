//! One pass over the frontmatter: every value goes to the uses that its key has.
//! Never: judges a value.

use crate::model::document::{Entry, Node, Origin, Value};
use crate::model::item::{Link, Person};
use crate::presets::read::links::clean;
use crate::presets::read::values::{Found, each, place, scalar};
use crate::presets::rules::{KeyRule, Rules, Slot, Use};

/// What the frontmatter says, sorted by use.
#[derive(Debug, Default)]
pub(crate) struct Gathered<'n> {
    /// The best key's value for each slot, with the key's rank.
    ones: [Option<(usize, Found<'n>)>; Slot::COUNT],
    pub people: Vec<Person>,
    /// The role of each person, as a position in the rules.
    pub roles: Vec<usize>,
    pub tags: Vec<String>,
    pub aliases: Vec<String>,
    pub links: Vec<Link>,
}

impl<'n> Gathered<'n> {
    /// What the frontmatter says for a slot.
    pub(crate) fn one(&self, slot: Slot) -> Option<&Found<'n>> {
        self.ones[slot as usize].as_ref().map(|(_, found)| found)
    }

    /// Adds a tag that is not there yet.
    pub(crate) fn tag(&mut self, tag: &str) {
        let tag = tag.trim().trim_start_matches('#');
        if !tag.is_empty() && !self.tags.iter().any(|known| known == tag) {
            self.tags.push(tag.to_owned());
        }
    }
}

/// Sorts the values of the frontmatter.
pub(crate) fn gather<'n>(rules: &Rules, entries: &'n [Entry<'_>]) -> Gathered<'n> {
    let mut gathered = Gathered::default();
    for entry in entries {
        let rule = rules.keys.get(&*entry.key);
        if let Some(rule) = rule {
            entry_of(&mut gathered, rules, rule, entry);
        }
        let linked =
            rule.is_some_and(|rule| rule.uses.iter().any(|what| matches!(what, Use::Link(_))));
        if !linked {
            wikilinks(&mut gathered, rules, &entry.node);
        }
    }
    gathered
}

fn entry_of<'n>(gathered: &mut Gathered<'n>, rules: &Rules, rule: &KeyRule, entry: &'n Entry<'_>) {
    for what in &rule.uses {
        value(gathered, rules, *what, &entry.node);
    }
    if let (false, Value::Map(map)) = (rule.below.is_empty(), &entry.node.value) {
        for inner in map {
            if let Some(rule) = rule.below.get(&*inner.key) {
                entry_of(gathered, rules, rule, inner);
            }
        }
    }
}

fn value<'n>(gathered: &mut Gathered<'n>, rules: &Rules, what: Use, node: &'n Node<'_>) {
    match what {
        Use::One(slot, rank) => {
            let better = match &gathered.ones[slot as usize] {
                Some((known, _)) => rank < *known,
                None => true,
            };
            if better
                && let Some(text) = scalar(node)
                // A word that means nothing elsewhere may be a title, as long as it is text.
                && !(rules.is_none(&text) && (slot != Slot::Title || text.is_empty()))
            {
                let place = Some(place(node));
                gathered.ones[slot as usize] = Some((rank, Found { text, place }));
            }
        }
        Use::Person(role) => each(node, &mut |node| {
            if let Some(name) = scalar(node)
                && !rules.is_none(&name)
            {
                let person = Person {
                    role: rules.roles[role].clone(),
                    name: name.into_owned(),
                };
                if !gathered.people.contains(&person) {
                    gathered.people.push(person);
                    gathered.roles.push(role);
                }
            }
        }),
        Use::Tag => each(node, &mut |node| {
            if let Some(text) = scalar(node)
                && !rules.is_none(&text)
            {
                let split = rules.file.tags.split.as_str();
                for tag in text.split(|c| split.contains(c)) {
                    gathered.tag(tag);
                }
            }
        }),
        Use::Alias => each(node, &mut |node| {
            if let Some(text) = scalar(node)
                && !rules.is_none(&text)
            {
                let alias = text.into_owned();
                if !gathered.aliases.contains(&alias) {
                    gathered.aliases.push(alias);
                }
            }
        }),
        Use::Link(rel) => each(node, &mut |node| {
            if let Some(text) = scalar(node)
                && !rules.is_none(&text)
                && let Some(target) = clean(&text)
            {
                gathered.links.push(Link {
                    rel: rules.rels[rel].clone(),
                    target: target.to_owned(),
                    origin: Origin::Frontmatter,
                    companion: false,
                    line: node.line,
                });
            }
        }),
    }
}

/// Values that are nothing but a `[[wikilink]]`, where the preset counts them.
fn wikilinks(gathered: &mut Gathered<'_>, rules: &Rules, node: &Node<'_>) {
    let Some(rel) = &rules.wikilinks else { return };
    let text = match &node.value {
        Value::Text(text)
            if text.trim_start().starts_with("[[") && text.trim_end().ends_with("]]") =>
        {
            text
        }
        Value::List(list) => match unquoted(list) {
            Some(text) => text,
            None => {
                return list
                    .iter()
                    .for_each(|node| wikilinks(gathered, rules, node));
            }
        },
        _ => return,
    };
    if let Some(target) = clean(text) {
        gathered.links.push(Link {
            rel: rel.clone(),
            target: target.to_owned(),
            origin: Origin::Frontmatter,
            companion: false,
            line: node.line,
        });
    }
}

/// The text of an unquoted `[[Note]]`, which YAML takes for a list in a list.
fn unquoted<'n>(list: &'n [Node<'_>]) -> Option<&'n str> {
    match list {
        [
            Node {
                value: Value::List(inner),
                ..
            },
        ] => match inner.as_slice() {
            [
                Node {
                    value: Value::Text(text),
                    ..
                },
            ] => Some(text),
            _ => None,
        },
        _ => None,
    }
}
