//! Who has an id, and who is to get it: in one place of a convention, and in all branches and work trees.
//! Gets path and id of the items of the place. Gives why an item cannot get an id.
//! Never: gives an id.

use std::collections::HashMap;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::named::{plain, unseen};
use crate::presets::Place;

#[derive(Debug, Default)]
pub(super) struct Holders {
    /// Path and id of all items.
    names: Vec<(String, Option<String>)>,
    /// By id, as [`key`] makes them alike.
    ids: HashMap<String, Bearers>,
}

/// Paths of items.
#[derive(Debug, Default)]
struct Bearers {
    have: Vec<String>,
    get: Vec<String>,
    /// Of files whose name says it, and of those that have it in another branch or work tree.
    elsewhere: Vec<String>,
}

impl Holders {
    pub(super) fn of(names: Vec<(String, Option<String>)>) -> Self {
        let mut ids: HashMap<String, Bearers> = HashMap::new();
        for (path, id) in &names {
            if let Some(id) = id {
                ids.entry(key(id)).or_default().have.push(path.clone());
            }
        }
        Self { names, ids }
    }

    pub(super) fn names(&self) -> &[(String, Option<String>)] {
        &self.names
    }

    /// Takes notice that an item is to get an id.
    pub(super) fn give(&mut self, id: &str, path: &str) {
        let bearers = self.ids.entry(key(id)).or_default();
        bearers.get.push(path.to_owned());
    }

    /// Learns who has the ids that are to be given in whatever branch or work tree. Gives a line for each
    /// part that could not be looked at.
    pub(super) fn know_everywhere(
        &mut self,
        engine: &Engine,
        snapshot: &Snapshot,
        place: &Place,
    ) -> Result<Vec<String>, EngineError> {
        let Self { names, ids } = self;
        ids.retain(|_, bearers| !bearers.get.is_empty());
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let by_name = place.preset.id_rules().path.as_ref();
        let mut note = |path: &str, id: Option<&str>| {
            let inner = path::below(&place.root, path);
            let said = by_name.zip(inner);
            let said = said.and_then(|(rule, inner)| rule.first(inner));
            for id in id.into_iter().chain(said) {
                if let Some(bearers) = ids.get_mut(&key(id)) {
                    bearers.elsewhere.push(path.to_owned());
                }
            }
        };
        names.iter().for_each(|(path, _)| note(path, None));
        let skipped = engine.taken_everywhere(snapshot, place, names, &place.root, &mut note)?;
        Ok(skipped.into_iter().map(unseen).collect())
    }

    /// Why an item cannot get an id: another one has it, or is to get it in the same write.
    pub(super) fn why_taken(&self, path: &str, id: &str) -> Option<String> {
        let bearers = self.ids.get(&key(id))?;
        let is_own = |bearer: &String| bearer == path;
        if bearers.have.iter().any(is_own) {
            return None;
        }
        let mut have = bearers.have.iter().chain(&bearers.elsewhere);
        let has = have
            .find(|other| !is_own(other))
            .map(|other| format!("`{id}` is the id of {other}"));
        let gets = bearers.get.iter().find(|other| !is_own(other));
        has.or_else(|| gets.map(|other| format!("`{id}` would be the id of {other}, too")))
    }
}

/// An id such that those that mean the same are equal.
fn key(id: &str) -> String {
    plain(id).to_lowercase()
}
