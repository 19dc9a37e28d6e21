//! The rules by which the files of one variant are read, made ready for many files.
//! Gets the form of `file`. Gives lookups by key and by folded word.
//! Never: reads an item itself (that is `read`).

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::item::Phase;
use crate::presets::file::ReadingFile;

/// How the files of a variant are read.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) file: ReadingFile,
    pub(crate) keys: HashMap<String, KeyRule>,
    pub(crate) roles: Vec<Arc<str>>,
    pub(crate) rels: Vec<Arc<str>>,
    pub(crate) mentions: Arc<str>,
    pub(crate) wikilinks: Option<Arc<str>>,
    pub(crate) state_rel: Option<Arc<str>>,
    /// By folded word.
    pub(crate) phases: HashMap<String, Phase>,
    pub(crate) ranks: HashMap<String, i64>,
    pub(crate) kinds: Vec<String>,
    pub(crate) none: Vec<String>,
    /// Positions in `roles`, most wanted first.
    pub(crate) owner: Vec<usize>,
}

/// What a key of the frontmatter is for, and the keys of the map it holds.
#[derive(Debug, Default)]
pub(crate) struct KeyRule {
    pub(crate) uses: Vec<Use>,
    pub(crate) below: HashMap<String, Self>,
}

/// One use of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// A single value; of several keys the one with the lowest rank is taken.
    One(Slot, usize),
    Person(usize),
    Tag,
    Alias,
    Link(usize),
}

/// The fields that hold one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Id,
    Uid,
    Kind,
    Title,
    State,
    Priority,
    Area,
    Iteration,
    Created,
    Updated,
    Due,
}

impl Slot {
    pub(crate) const COUNT: usize = 11;

    /// The public field that it is.
    fn field(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Uid => "uid",
            Self::Kind => "kind",
            Self::Title => "title",
            Self::State => "state",
            Self::Priority => "priority",
            Self::Area => "area",
            Self::Iteration => "iteration",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Due => "due",
        }
    }
}

impl Rules {
    pub(crate) fn new(file: ReadingFile) -> Self {
        let mut keys = HashMap::new();
        for (slot, list) in [
            (Slot::Id, &file.id.keys),
            (Slot::Uid, &file.uid.keys),
            (Slot::Kind, &file.kind.keys),
            (Slot::Title, &file.title.keys),
            (Slot::State, &file.state.keys),
            (Slot::Priority, &file.priority.keys),
            (Slot::Area, &file.area.keys),
            (Slot::Iteration, &file.iteration.keys),
            (Slot::Created, &file.created.keys),
            (Slot::Updated, &file.updated.keys),
            (Slot::Due, &file.due.keys),
        ] {
            for (rank, key) in list.iter().enumerate() {
                add(&mut keys, key, Use::One(slot, rank));
            }
        }
        let mut roles: Vec<Arc<str>> = Vec::new();
        for (role, list) in &file.people {
            for key in list {
                add(&mut keys, key, Use::Person(roles.len()));
            }
            roles.push(role.as_str().into());
        }
        for key in &file.tags.keys {
            add(&mut keys, key, Use::Tag);
        }
        for key in &file.aliases.keys {
            add(&mut keys, key, Use::Alias);
        }
        let mut rels: Vec<Arc<str>> = Vec::new();
        for (rel, list) in &file.links {
            for key in list {
                add(&mut keys, key, Use::Link(rels.len()));
            }
            rels.push(rel.as_str().into());
        }
        let owner = file
            .owner
            .roles
            .iter()
            .filter_map(|role| roles.iter().position(|known| **known == **role))
            .collect();
        Self {
            keys,
            owner,
            mentions: "mentions".into(),
            wikilinks: file.wikilinks.as_deref().map(Into::into),
            state_rel: file.state.rel.as_deref().map(Into::into),
            phases: (file.state.phases.iter())
                .map(|(word, phase)| (fold(word), (*phase).into()))
                .collect(),
            ranks: (0..)
                .zip(&file.priority.order)
                .flat_map(|(rank, words)| words.split('|').map(move |word| (fold(word), rank)))
                .collect(),
            kinds: file.kind.known.iter().map(|kind| fold(kind)).collect(),
            none: file.none.iter().map(|word| fold(word)).collect(),
            roles,
            rels,
            file,
        }
    }

    /// The public fields for which a dotted key of the frontmatter is read.
    pub(crate) fn fields_of(&self, key: &str) -> Vec<String> {
        let below = key
            .split_once('.')
            .and_then(|(map, inner)| self.keys.get(map)?.below.get(inner));
        let uses = [self.keys.get(key), below];
        let mut fields = Vec::new();
        for what in uses.into_iter().flatten().flat_map(|rule| &rule.uses) {
            match *what {
                Use::One(slot, _) => fields.push(slot.field().to_owned()),
                Use::Person(role) => {
                    fields.push(self.roles[role].to_string());
                    if self.owner.contains(&role) {
                        fields.push("owner".to_owned());
                    }
                }
                Use::Tag => fields.push("tags".to_owned()),
                Use::Alias => fields.push("aliases".to_owned()),
                Use::Link(rel) => fields.push(self.rels[rel].to_string()),
            }
        }
        fields
    }

    /// Whether a text says that there is nothing: empty, `null`, `~`, `none` or a word of the preset.
    pub(crate) fn is_none(&self, text: &str) -> bool {
        let text = text.trim();
        matches!(text, "" | "~")
            || text.eq_ignore_ascii_case("none")
            || text.eq_ignore_ascii_case("null")
            || (!self.none.is_empty() && self.none.contains(&fold(text)))
    }
}

/// Notes a use under a key; `a.b` both as that key and as `b` in the map `a`.
fn add(keys: &mut HashMap<String, KeyRule>, key: &str, what: Use) {
    if let Some((map, inner)) = key.split_once('.') {
        let rule = keys.entry(map.to_owned()).or_default();
        rule.below
            .entry(inner.to_owned())
            .or_default()
            .uses
            .push(what);
    }
    keys.entry(key.to_owned()).or_default().uses.push(what);
}

/// A word without case, spaces, `_` and `-`: `In Progress`, `in-progress` and `InProgress` are one.
pub(crate) fn fold(word: &str) -> String {
    folded(word).collect()
}

/// Whether two words are one but for what [`fold`] leaves out.
pub(crate) fn alike(word: &str, other: &str) -> bool {
    folded(word).eq(folded(other))
}

fn folded(word: &str) -> impl Iterator<Item = char> {
    word.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
}

/// The word that was probably meant: the nearest one, if near enough.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let folded = fold(word);
    // Distance is quadratic in the length; no word of a convention is that long.
    if folded.len() > 64 {
        return None;
    }
    let allowed = 1 + folded.chars().count() / 4;
    words
        .into_iter()
        .map(|known| (strsim::osa_distance(&folded, &fold(known)), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
