//! What the conventions say for writing: where a field stands, how its value is spelled, which key
//! tells of changes, how a log line and a link look.
//! Gets a preset, a variant and the documents of one item.
//! Gives keys, ranges, values and `model::edit::Op`s; or `Refused`.
//! Never: changes a file, or knows what the user is about.
//! Read next: `home`, then `value`.

mod date;
mod home;
mod link;
mod log;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::merging::MergeRule;
use crate::presets::file::{Date, Dates, Keys, Log, New, Rule, State, Target};
use crate::presets::preset::Preset;
use crate::presets::rules::{Rules, alike};

pub(crate) use home::{Form, Home};
pub(crate) use link::LinkTo;
pub(crate) use log::{Saying, fill};
pub(crate) use value::Around;

/// What the shipped presets say for writing. It stands apart from what they say for reading, so
/// that a command that only reads pays nothing for it.
const SHIPPED: [(&str, &str); 8] = [
    ("kano", include_str!("../data/writing/kano.toml")),
    (
        "backlog-md",
        include_str!("../data/writing/backlog-md.toml"),
    ),
    ("kep", include_str!("../data/writing/kep.toml")),
    ("madr", include_str!("../data/writing/madr.toml")),
    ("jekyll", include_str!("../data/writing/jekyll.toml")),
    ("hugo", include_str!("../data/writing/hugo.toml")),
    ("obsidian", include_str!("../data/writing/obsidian.toml")),
    ("plain", include_str!("../data/writing/plain.toml")),
];

/// The text for writing of a shipped preset.
pub(crate) fn shipped(name: &str) -> &'static str {
    let found = SHIPPED.iter().find(|(known, _)| *known == name);
    found.map_or("", |(_, text)| text)
}

/// What a variant says for writing: the tables that matter for it; the others are for `Rules`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Writing {
    pub state: State,
    pub created: Date,
    pub updated: Date,
    pub due: Date,
    pub dates: Dates,
    pub log: Log,
    pub write: BTreeMap<String, Vec<String>>,
    pub lists: Keys,
    pub order: Keys,
    pub inverse: BTreeMap<String, String>,
    pub target: Target,
    pub merge: BTreeMap<String, Rule>,
    pub new: New,
}

/// One variant of a preset, with all that it says for reading and for writing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Convention<'p> {
    pub(crate) preset: &'p Preset,
    pub(crate) rules: &'p Rules,
    pub(crate) file: &'p Writing,
}

impl Preset {
    /// What holds for the files of a variant (the number that `recognize` gave).
    pub(crate) fn convention(&self, variant: usize) -> Convention<'_> {
        Convention {
            preset: self,
            rules: self.rules(variant),
            file: self.writing(variant),
        }
    }
}

impl<'p> Convention<'p> {
    /// Whether a text says that there is nothing, as `None` and `null` do.
    pub(crate) fn means_nothing(&self, text: &str) -> bool {
        self.rules.is_none(text)
    }

    /// Whether an item may go from one state to another; where not, the states that it may go to.
    pub(crate) fn may_move(&self, from: &str, to: &str) -> Result<(), &'p [String]> {
        let transitions = &self.file.state.transitions;
        let Some((_, allowed)) = transitions.iter().find(|(state, _)| alike(state, from)) else {
            return Ok(());
        };
        if alike(from, to) || allowed.iter().any(|state| alike(state, to)) {
            Ok(())
        } else {
            Err(allowed)
        }
    }

    /// State to the states that may follow it, where the convention restricts that.
    pub(crate) fn transitions(&self) -> &'p BTreeMap<String, Vec<String>> {
        &self.file.state.transitions
    }

    /// The rel that the other item has for a link of this one, where the convention keeps both
    /// sides; of a rel without direction the same one.
    pub(crate) fn inverse(&self, rel: &str) -> Option<&'p str> {
        let pairs = self.file.inverse.iter();
        let mut both = pairs.flat_map(|(one, other)| [(one, other), (other, one)]);
        both.find(|(one, _)| *one == rel)
            .map(|(_, other)| other.as_str())
    }

    /// The keys of the frontmatter in the order of the convention; one with dots is one key.
    pub(crate) fn order(&self) -> &'p [String] {
        &self.file.order.keys
    }

    /// Dotted key to merge rule, as the preset says it beside what follows from its other tables.
    pub(crate) fn merge_rules(&self) -> impl Iterator<Item = (&'p str, MergeRule)> {
        let rules = self.file.merge.iter();
        rules.map(|(key, rule)| (key.as_str(), (*rule).into()))
    }
}
