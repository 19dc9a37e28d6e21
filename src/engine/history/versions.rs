//! Versions of an item: what its files were in a commit, as an item, and where it came from.
//! Gets trees and paths relative to our root. Gives items by the conventions as they hold now.
//! Never: walks from commit to commit.

use std::collections::HashMap;
use std::rc::Rc;

use crate::base::{hash, path};
use crate::engine::Engine;
use crate::engine::project::{Loaded, understand};
use crate::model::file::Found;
use crate::model::item::Item;
use crate::model::problem::{Problem, Severity};
use crate::presets::Place;
use crate::source::SourceError;
use crate::source::past::{Changed, Id, Past};

/// So many versions are kept as items.
const KEPT: usize = 64;
/// So many files of one commit are looked into for where an item came from.
const MOST: usize = 2_000;

/// What the files of an item were, at one path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Version {
    pub path: String,
    /// Nothing where there was no such file.
    pub own: Option<Id>,
    pub companion: Option<(String, Id)>,
}

/// A file that may be an item under another path.
pub(super) struct Candidate {
    pub path: String,
    pub own: Id,
    /// It is still there (or was there before) on the other side: then only a uid tells that the item moved.
    pub stayed: bool,
}

/// The versions of items in one repository.
pub(super) struct Versions<'e> {
    engine: &'e Engine,
    pub past: Past,
    places: Vec<Place>,
    /// Place and variant by path.
    known: HashMap<String, (usize, usize)>,
    items: HashMap<Version, Rc<Item>>,
}

impl<'e> Versions<'e> {
    /// `places` are the conventions and their roots as they are now.
    pub(super) fn new(engine: &'e Engine, past: Past, places: Vec<Place>) -> Self {
        let mut places = places;
        if places.is_empty() {
            places.extend(engine.presets().recognize(&["x.md"], &[]).places);
        }
        Self {
            engine,
            past,
            places,
            known: HashMap::new(),
            items: HashMap::new(),
        }
    }

    /// What was at a path of a commit's tree.
    pub(super) fn at(&mut self, tree: Id, path: &str) -> Result<Version, SourceError> {
        let prefix = self.engine.origin.prefix();
        let own = self.past.blob_at(tree, &format!("{prefix}{path}"))?;
        let (place, _) = self.place_of(path);
        let companion = self.places[place].preset.companion();
        let beside = companion.map(|name| path::joined(path::folder_of(path), name));
        let mut companion = None;
        if let (Some(_), Some(beside)) = (own, beside)
            && beside != path
        {
            let found = self.past.blob_at(tree, &format!("{prefix}{beside}"))?;
            companion = found.map(|id| (beside, id));
        }
        Ok(Version {
            path: path.to_owned(),
            own,
            companion,
        })
    }

    /// The item that the files were; nothing where there were none.
    pub(super) fn item(&mut self, version: &Version) -> Result<Option<Rc<Item>>, SourceError> {
        let Some(own) = version.own else {
            return Ok(None);
        };
        if let Some(item) = self.items.get(version) {
            return Ok(Some(Rc::clone(item)));
        }
        let sha256 = self.engine.origin.sha256();
        let load = |past: &Past, id: Id| -> Result<Loaded, SourceError> {
            let bytes = past.bytes(id)?;
            let failure = bytes.is_none().then(|| {
                let message = "the file is larger than what is read";
                Problem::at("file-too-large", Severity::Error, 0, 0, message)
            });
            Ok(Loaded::of(bytes.unwrap_or_default(), failure, sha256))
        };
        let loaded = load(&self.past, own)?;
        let companion = match &version.companion {
            Some((path, id)) => Some((path.as_str(), load(&self.past, *id)?)),
            None => None,
        };
        let (place, variant) = self.place_of(&version.path);
        let item = Rc::new(understand(
            &self.places[place],
            variant,
            (&version.path, &loaded),
            companion.as_ref().map(|(path, loaded)| (*path, loaded)),
        ));
        if self.items.len() >= KEPT {
            self.items.clear();
        }
        self.items.insert(version.clone(), Rc::clone(&item));
        Ok(Some(item))
    }

    /// The public fields that a dotted key of the frontmatter serves.
    pub(super) fn fields_of(&mut self, path: &str, key: &str) -> Vec<String> {
        let (place, variant) = self.place_of(path);
        self.places[place].preset.fields_of(variant, key)
    }

    /// Files below our root that are in `from` and not so in `to`: where an item of `to` may come from.
    pub(super) fn candidates(&mut self, from: Id, to: Id) -> Result<Vec<Candidate>, SourceError> {
        let prefix = self.engine.origin.prefix();
        let folder = prefix.trim_end_matches('/');
        let changed = self.past.changed(from, to, folder)?;
        let candidate = |Changed { path, old, new }: Changed| {
            let path = path.strip_prefix(&*prefix)?.to_owned();
            self.engine
                .presets()
                .wants_file(path::name_of(&path))
                .then_some(())?;
            Some(Candidate {
                own: old?,
                stayed: new.is_some(),
                path,
            })
        };
        Ok(changed.into_iter().filter_map(candidate).collect())
    }

    /// The files of a commit that may be items.
    pub(super) fn committed(&self, commit: Id) -> Result<Vec<(String, Id)>, SourceError> {
        let engine = self.engine;
        let scan = engine
            .origin
            .scan_of(&commit.to_string(), engine.presets(), &engine.config)?;
        let file = |found: Found| Some((found.path, Id::of_bytes(found.oid.as_deref()?)?));
        Ok(scan.files.into_iter().filter_map(file).collect())
    }

    /// Which candidate is the same item: by its bytes, its uid, its id, or by most of its lines, in
    /// this order.
    pub(super) fn same_among(
        &mut self,
        item: &Item,
        mut candidates: Vec<Candidate>,
    ) -> Result<Option<String>, SourceError> {
        candidates.retain(|candidate| candidate.path != item.path);
        let own = path::name_of(&item.path);
        candidates.sort_by_cached_key(|candidate| {
            let other = path::name_of(&candidate.path);
            let is_called = |id: &String| other.contains(id.as_str());
            (other != own, !item.id.as_ref().is_some_and(is_called))
        });
        let bytes = item.blob_oid.as_slice();
        let equal = candidates
            .iter()
            .find(|candidate| !candidate.stayed && candidate.own.bytes() == bytes);
        if let Some(equal) = equal {
            return Ok(Some(equal.path.clone()));
        }
        let mut by_id = None;
        let mut alike = (0.5, None);
        for candidate in candidates.into_iter().take(MOST) {
            let version = Version {
                path: candidate.path,
                own: Some(candidate.own),
                companion: None,
            };
            let Some(other) = self.item(&version)? else {
                continue;
            };
            match (&item.uid, &other.uid) {
                (Some(one), Some(other)) if one == other => return Ok(Some(version.path)),
                (Some(_), Some(_)) => continue,
                _ if candidate.stayed => continue,
                _ => {}
            }
            match (&item.id, &other.id) {
                (Some(one), Some(other)) if one == other => {
                    by_id.get_or_insert(version.path);
                }
                (Some(_), Some(_)) => {}
                _ => {
                    let share = likeness(item, &other);
                    if share >= alike.0 && alike.1.is_none() || share > alike.0 {
                        alike = (share, Some(version.path));
                    }
                }
            }
        }
        Ok(by_id.or(alike.1))
    }

    /// The convention that a path belongs to; where it belongs to none, that which is nearest.
    fn place_of(&mut self, path: &str) -> (usize, usize) {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let units = self.engine.presets().units_in(&self.places, &[path]);
        let found = match units.first() {
            Some(unit) => (unit.place, unit.variant),
            None => {
                let holds = |place: &Place| {
                    place.root.is_empty()
                        || path
                            .strip_prefix(&*place.root)
                            .is_some_and(|rest| rest.starts_with('/'))
                };
                // Sorted by root: the innermost one is the last.
                let place = self.places.iter().rposition(holds).unwrap_or(0);
                (place, self.places[place].preset.include.len() - 1)
            }
        };
        self.known.insert(path.to_owned(), found);
        found
    }
}

/// The share of the lines that two items have in common, from 0 to 1.
fn likeness(one: &Item, other: &Item) -> f64 {
    let lines = |item: &Item| -> HashMap<i64, usize> {
        let mut lines = HashMap::new();
        let front = item.frontmatter.split(',');
        let body = item.body.lines().filter(|line| !line.trim().is_empty());
        for line in front.chain(body) {
            *lines.entry(hash::key(line.trim())).or_default() += 1;
        }
        lines
    };
    let (one, other) = (lines(one), lines(other));
    let total = one.values().sum::<usize>() + other.values().sum::<usize>();
    let common = |(line, count): (&i64, &usize)| *other.get(line).unwrap_or(&0).min(count);
    2.0 * one.iter().map(common).sum::<usize>() as f64 / total.max(1) as f64
}
