//! Where a field of an item stands in its file, or would stand.
//! Gets a public name (`state`, `owner`, `blocks`, `tags`) or a key of the frontmatter.
//! Never: decides what the value becomes.

use std::ops::Range;

use crate::model::document::{Document, Entry, Node, Section, Value};
use crate::model::edit::KeyPath;
use crate::presets::file::Date;
use crate::presets::read::body::{first_line_in, match_in};
use crate::presets::rules::{Rules, Slot, Use, alike};
use crate::presets::writing::Convention;

/// Where a field stands. Ranges are of the body: that of the companion, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// A key of the frontmatter, there or not.
    Key(KeyPath, Form),
    /// The text of the value, in the body.
    Body(Range<usize>),
    /// The section of that title, in which nothing stands yet.
    Section(String),
    /// The title, in the first heading of level 1.
    Heading(Range<usize>),
    /// The folder or the name of the file tells it.
    Folder,
    /// The convention has no such field.
    Nowhere,
}

/// Whether a key holds one value or a list of them, in this file or by the convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    One,
    List,
}

/// The fields that hold one value, by their public names.
const SLOTS: [(&str, Slot); Slot::COUNT] = [
    ("id", Slot::Id),
    ("uid", Slot::Uid),
    ("kind", Slot::Kind),
    ("title", Slot::Title),
    ("state", Slot::State),
    ("priority", Slot::Priority),
    ("area", Slot::Area),
    ("iteration", Slot::Iteration),
    ("created", Slot::Created),
    ("updated", Slot::Updated),
    ("due", Slot::Due),
];

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning<'n> {
    /// A field, by its public name.
    Field(Use, &'n str),
    /// A key of the frontmatter, and what the preset reads out of it.
    Key(Option<Use>),
}

impl Meaning<'_> {
    /// What is read there.
    pub(super) fn what(self) -> Option<Use> {
        match self {
            Self::Field(what, _) => Some(what),
            Self::Key(what) => what,
        }
    }
}

impl<'p> Convention<'p> {
    /// Where the field of that name stands. `document` has the frontmatter; `text` is the document
    /// with the body, another one where the item is a pair.
    pub(crate) fn home(&self, name: &str, document: &Document<'_>, text: &Document<'_>) -> Home {
        let (what, field) = match self.meaning(name) {
            Meaning::Field(what, field) => (what, field),
            Meaning::Key(_) => {
                let (key, node) = match find(&document.frontmatter, name) {
                    Some((key, node)) => (key, Some(node)),
                    None => (self.fresh(name, document), None),
                };
                return Home::Key(key, self.form(name, node));
            }
        };
        let keys = self.keys_of(what, field);
        if what == STATE && self.rules.file.state.closed_as.is_some() {
            return Home::Folder;
        }
        if let Some((name, key, node)) = present(&keys, self.rules, document) {
            return Home::Key(key, self.form(name, Some(node)));
        }
        if let Some(home) = self.in_text(what, text) {
            return home;
        }
        match keys.first() {
            Some(first) => Home::Key(self.fresh(first, document), self.form(first, None)),
            None if self.is_told_by_path(what, field) => Home::Folder,
            None => Home::Nowhere,
        }
    }

    /// The key that a field may stand under, wherever it stands now; none where there is no such key.
    pub(crate) fn key_for(&self, field: &str, document: &Document<'_>) -> Option<KeyPath> {
        let Meaning::Field(what, field) = self.meaning(field) else {
            return None;
        };
        let keys = self.keys_of(what, field);
        match present(&keys, self.rules, document) {
            Some((_, key, _)) => Some(key),
            None => Some(self.fresh(keys.first()?, document)),
        }
    }

    /// Whether other names of an item have a key of their own.
    pub(crate) fn keeps_aliases(&self) -> bool {
        let keys = self.keys_of(Use::Alias, "aliases");
        let rule = keys.first().and_then(|key| self.rules.keys.get(*key));
        rule.is_some_and(|rule| rule.uses == [Use::Alias])
    }

    /// The key that is there under a name, which has dots for one in a map.
    pub(crate) fn key_at(&self, name: &str, document: &Document<'_>) -> Option<KeyPath> {
        find(&document.frontmatter, name).map(|(key, _)| key)
    }

    /// Whether a name, of a field or a key, means that field.
    pub(crate) fn is_field(&self, name: &str, field: &str) -> bool {
        let slot = |name: &str| match self.meaning(name).what() {
            Some(Use::One(slot, _)) => Some(slot),
            _ => None,
        };
        slot(field).is_some_and(|field| slot(name) == Some(field))
    }

    /// What a name means here. Names of fields go before keys, and compare without case.
    pub(super) fn meaning<'n>(&self, name: &'n str) -> Meaning<'n>
    where
        'p: 'n,
    {
        let rules = self.rules;
        let is = |known: &str| known.eq_ignore_ascii_case(name);
        if let Some((field, slot)) = SLOTS.iter().find(|(field, _)| is(field)) {
            return Meaning::Field(Use::One(*slot, 0), field);
        }
        if is("tags") || is("tag") {
            return Meaning::Field(Use::Tag, "tags");
        }
        if is("aliases") || is("alias") {
            return Meaning::Field(Use::Alias, "aliases");
        }
        if is("owner")
            && let Some(role) = rules.owner.first()
        {
            return Meaning::Field(Use::Person(*role), "owner");
        }
        if let Some(role) = rules.roles.iter().position(|role| is(role)) {
            return Meaning::Field(Use::Person(role), &rules.roles[role]);
        }
        if let Some(rel) = rules.rels.iter().position(|rel| is(rel)) {
            return Meaning::Field(Use::Link(rel), &rules.rels[rel]);
        }
        let rule = rules.keys.get(name);
        Meaning::Key(rule.and_then(|rule| rule.uses.first().copied()))
    }

    /// The keys that a field may stand under, the most wanted first.
    fn keys_of(&self, what: Use, field: &str) -> Vec<&'p str> {
        let file = &self.rules.file;
        if let Some(keys) = self.file.write.get(field) {
            return keys.iter().map(String::as_str).collect();
        }
        let keys = match what {
            Use::One(slot, _) => match slot {
                Slot::Id => Some(&file.id.keys),
                Slot::Uid => Some(&file.uid.keys),
                Slot::Kind => Some(&file.kind.keys),
                Slot::Title => Some(&file.title.keys),
                Slot::State => Some(&file.state.keys),
                Slot::Priority => Some(&file.priority.keys),
                Slot::Area => Some(&file.area.keys),
                Slot::Iteration => Some(&file.iteration.keys),
                Slot::Created => Some(&file.created.keys),
                Slot::Updated => Some(&file.updated.keys),
                Slot::Due => Some(&file.due.keys),
            },
            Use::Tag => Some(&file.tags.keys),
            Use::Alias => Some(&file.aliases.keys),
            Use::Person(_) if field == "owner" => {
                let roles = file.owner.roles.iter();
                let keys = roles.filter_map(|role| file.people.get(role)).flatten();
                return keys.map(String::as_str).collect();
            }
            Use::Person(role) => file.people.get(&*self.rules.roles[role]),
            Use::Link(rel) => file.links.get(&*self.rules.rels[rel]),
        };
        keys.into_iter().flatten().map(String::as_str).collect()
    }

    /// Where the body says it, if the convention looks there and it does.
    fn in_text(&self, what: Use, text: &Document<'_>) -> Option<Home> {
        let file = &self.rules.file;
        let line = |date: &Date| match_in(text, date.line.as_ref()?).map(Home::Body);
        match what {
            STATE => {
                if let Some(title) = &file.state.section
                    && text.sections.iter().any(|s| alike(&s.title, title))
                {
                    return Some(match first_line_in(text, title) {
                        Some(range) => Home::Body(range),
                        None => Home::Section(title.clone()),
                    });
                }
                match_in(text, file.state.line.as_ref()?).map(Home::Body)
            }
            Use::One(Slot::Title, _) if file.title.heading => {
                let section = text.sections.iter().find(|section| section.level == 1)?;
                let range = heading(text, section)?;
                let strip = file.title.strip.as_ref();
                let cut = strip.and_then(|strip| strip.regex().find(&text.body[range.clone()]));
                Some(Home::Heading(
                    range.start + cut.map_or(0, |cut| cut.end())..range.end,
                ))
            }
            Use::One(Slot::Created, _) => line(&file.created),
            Use::One(Slot::Updated, _) => line(&file.updated),
            Use::One(Slot::Due, _) => line(&file.due),
            Use::One(..) | Use::Person(_) | Use::Tag | Use::Alias | Use::Link(_) => None,
        }
    }

    fn is_told_by_path(&self, what: Use, field: &str) -> bool {
        let file = &self.rules.file;
        self.file.write.contains_key(field)
            || match what {
                Use::One(slot, _) => match slot {
                    Slot::Title => true,
                    Slot::Id => file.id.path.is_some(),
                    Slot::Kind => file.kind.path.is_some(),
                    Slot::State => file.state.default.is_some(),
                    Slot::Created => file.created.path.is_some(),
                    Slot::Updated => file.updated.path.is_some(),
                    Slot::Due => file.due.path.is_some(),
                    Slot::Uid | Slot::Priority | Slot::Area | Slot::Iteration => false,
                },
                Use::Alias => file.aliases.path.is_some(),
                Use::Person(_) | Use::Tag | Use::Link(_) => false,
            }
    }

    /// A key that is not there, as this file or this convention would write it.
    fn fresh(&self, name: &str, document: &Document<'_>) -> KeyPath {
        let Some((first, _)) = name.split_once('.') else {
            return KeyPath::top(name);
        };
        let keys = || document.frontmatter.iter().map(|entry| &*entry.key);
        let beside = |key: &str| {
            key.strip_prefix(first)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let nested = keys().any(|key| key == first);
        let dotted = self.order().iter().any(|key| key == name) || keys().any(beside);
        if dotted && !nested {
            return KeyPath::top(name);
        }
        KeyPath::dotted(name)
    }

    fn form(&self, name: &str, node: Option<&Node<'_>>) -> Form {
        let listed = self.file.lists.keys.iter().any(|key| key == name);
        match node.map(|node| &node.value) {
            Some(Value::List(_)) => Form::List,
            _ if listed => Form::List,
            _ => Form::One,
        }
    }
}

pub(super) const STATE: Use = Use::One(Slot::State, 0);

/// Of these keys the first that says something, else the first that is there.
pub(super) fn present<'k, 'n, 'd>(
    keys: &[&'k str],
    rules: &Rules,
    document: &'n Document<'d>,
) -> Option<(&'k str, KeyPath, &'n Node<'d>)> {
    let found = |name: &&'k str| {
        let (key, node) = find(&document.frontmatter, name)?;
        Some((*name, key, node))
    };
    let speaks = |(_, _, node): &(&str, KeyPath, &Node<'_>)| match &node.value {
        Value::Null => false,
        Value::Text(text) => !rules.is_none(text),
        Value::List(list) => !list.is_empty(),
        Value::Bool(_) | Value::Int(_) | Value::Map(_) => true,
    };
    let all = || keys.iter().filter_map(found);
    all().find(speaks).or_else(|| all().next())
}

/// The value under a name: a key as it is written, or `b` in the map `a` for `a.b`.
fn find<'n, 'd>(entries: &'n [Entry<'d>], name: &str) -> Option<(KeyPath, &'n Node<'d>)> {
    if let Some(entry) = entries.iter().find(|entry| entry.key == name) {
        return Some((KeyPath::top(name), &entry.node));
    }
    entries.iter().find_map(|entry| {
        let rest = name.strip_prefix(&*entry.key)?.strip_prefix('.')?;
        let Value::Map(map) = &entry.node.value else {
            return None;
        };
        let (mut key, node) = find(map, rest)?;
        key.0.insert(0, entry.key.clone().into_owned());
        Some((key, node))
    })
}

/// The text of a heading on one line, without its marks.
fn heading(text: &Document<'_>, section: &Section) -> Option<Range<usize>> {
    let body = text.body;
    let skipped = usize::try_from(section.line.checked_sub(text.body_line)?).ok()?;
    let mut lines = body.split_inclusive('\n');
    let start: usize = lines.by_ref().take(skipped).map(str::len).sum();
    let line = lines.next()?;
    let inner = line.trim_start_matches(' ');
    let (from, content) = match inner.strip_prefix('#') {
        Some(rest) => {
            let rest = rest.trim_start_matches('#');
            let rest = rest.trim_start_matches([' ', '\t']);
            let shown = rest.trim_end();
            let open = shown.trim_end_matches('#');
            // A row of `#` behind a blank closes the heading.
            let closed =
                open.len() < shown.len() && (open.ends_with([' ', '\t']) || open.is_empty());
            let shown = if closed { open.trim_end() } else { shown };
            (line.len() - rest.len(), shown)
        }
        // The line below underlines it.
        None if lines.next()?.trim_start().starts_with('=') => {
            (line.len() - inner.len(), inner.trim_end())
        }
        None => return None,
    };
    Some(start + from..start + from + content.len())
}
