//! Which ids are taken, in whatever branch or work tree: what a new id must not be.
//!
//! An id may stand in the frontmatter alone. What the projection has not read is read for it: each blob
//! once, as `memo` remembers what it says.
//! Gets a place and its items as they are projected. Gives paths and ids; what it could not look at, it
//! tells. Never: reads what the projection has read.

mod memo;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::clean;
use crate::engine::error::EngineError;
use crate::engine::origin::LARGEST_FILE;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::taken::memo::{Memo, Rules};
use crate::parse::{self, Source};
use crate::presets::Place;
use crate::source::everywhere::Content;
use crate::source::read::{self, ReadError};
use crate::stores::sqlite::SqliteError;

/// A version of a file that was not read yet: where it stands, and by which variant it is read.
struct Unread {
    path: String,
    variant: usize,
    /// A blob, or a file of another work tree.
    blob: Option<Vec<u8>>,
    file: PathBuf,
}

/// What the projection has read.
#[derive(Default)]
struct Projected<'k> {
    paths: HashSet<&'k str>,
    /// Where the files are not those of HEAD; all paths where nothing is known of that.
    unclean: Option<HashSet<String>>,
    blobs: HashSet<[u8; 32]>,
}

impl Engine {
    /// Calls `taken` with each of these paths, and with the ids that their frontmatter says, by the
    /// rules of `place`; `known` are path and id of its items as they are projected; these are not told again.
    /// Gives a line for each part that could not be looked at.
    pub(super) fn taken_everywhere(
        &self,
        snapshot: &Snapshot,
        place: &Place,
        known: &[(String, Option<String>)],
        folder: &str,
        taken: &mut dyn FnMut(&str, Option<&str>),
    ) -> Result<Vec<String>, EngineError> {
        let mut projected = self.projected(snapshot, known)?;
        let mut paths: HashSet<String> = HashSet::new();
        let mut unread: HashMap<(usize, Vec<u8>), Unread> = HashMap::new();
        let mut skipped = self.paths_everywhere(folder, &mut |path, content| {
            let is_known = projected.paths.contains(path);
            if !is_known && !paths.contains(path) {
                paths.insert(path.to_owned());
                taken(path, None);
            }
            let (blob, file) = match content {
                Content::Base(id) if is_known && projected.is_clean(path) => {
                    projected.blobs.insert(padded(id));
                    return;
                }
                Content::Base(id) | Content::Blob(id) => {
                    if projected.blobs.contains(&padded(id)) {
                        return;
                    }
                    (Some(id.to_owned()), PathBuf::new())
                }
                Content::Own(_) if is_known => return,
                Content::Own(found) => (None, found.place_in(&self.origin.place().root)),
                Content::Other(root, found) => (None, found.place_in(root)),
            };
            let variant =
                path::below(&place.root, path).and_then(|inner| place.preset.variant_at(inner));
            let Some(variant) = variant.filter(|at| place.preset.id_by(*at).is_some()) else {
                return;
            };
            let name = match &blob {
                Some(id) => id.clone(),
                None => file.as_os_str().as_encoded_bytes().to_owned(),
            };
            unread.entry((variant, name)).or_insert_with(|| Unread {
                path: path.to_owned(),
                variant,
                blob,
                file,
            });
        })?;
        skipped.extend(self.ids_in(place, unread.into_values(), taken)?);
        Ok(skipped)
    }

    /// What the projection has read of the items of a place.
    fn projected<'k>(
        &self,
        snapshot: &Snapshot,
        known: &'k [(String, Option<String>)],
    ) -> Result<Projected<'k>, EngineError> {
        let fail = |error: SqliteError| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let fact = |key| stamps.fact(key).map_err(fail);
        let head = self.origin.head();
        let is_compared = clean::meaning(&fact("dirty")?.unwrap_or_default()).is_some()
            && head.is_some()
            && fact("head")? == head;
        let unclean = match is_compared {
            true => Some(stamps.unclean().map_err(fail)?.into_iter().collect()),
            false => None,
        };
        Ok(Projected {
            paths: known.iter().map(|(path, _)| path.as_str()).collect(),
            unclean,
            blobs: HashSet::new(),
        })
    }

    /// Calls `taken` with the ids that versions of files say.
    fn ids_in(
        &self,
        place: &Place,
        unread: impl Iterator<Item = Unread>,
        taken: &mut dyn FnMut(&str, Option<&str>),
    ) -> Result<Option<String>, EngineError> {
        let mut unread: Vec<Unread> = unread.collect();
        if unread.is_empty() {
            return Ok(None);
        }
        // As git packs them: what is alike lies together.
        unread.sort_unstable_by(|a, b| (&a.path, &a.blob).cmp(&(&b.path, &b.blob)));
        let mut memo = Memo::open(self.origin.cache_dir());
        let mut rules: HashMap<(usize, Source), Rules> = HashMap::new();
        let mut objects = None;
        let mut lost: Vec<String> = Vec::new();
        for one in unread {
            let source = Source::of(&one.path);
            let said = |bytes: Vec<u8>| {
                let decoded = parse::decode(bytes);
                let front = parse::front(&decoded.text, source);
                place.preset.id_in(one.variant, &front.entries)
            };
            let (read, key) = match &one.blob {
                Some(id) => {
                    let rules = rules
                        .entry((one.variant, source))
                        .or_insert_with(|| Rules::new(place.preset.id_by(one.variant), source));
                    let key = rules.key(id);
                    if let Some(id) = memo.get(key) {
                        if let Some(id) = id {
                            taken(&one.path, Some(&id));
                        }
                        continue;
                    }
                    if objects.is_none() {
                        let opened = self.origin.commits().transpose();
                        objects = opened.map_err(|error| EngineError::from_source(&error))?;
                    }
                    let Some(objects) = &objects else { continue };
                    (objects.blob(id, &one.path, LARGEST_FILE), Some(key))
                }
                None => {
                    let read = read::read_path(&one.file, LARGEST_FILE);
                    (read.map(|(bytes, _)| bytes), None)
                }
            };
            match read {
                Ok(bytes) => {
                    let id = said(bytes);
                    if let Some(id) = &id {
                        taken(&one.path, Some(id));
                    }
                    if let Some(key) = key {
                        memo.put(key, id);
                    }
                }
                // A file that has gone since it was listed.
                Err(ReadError::Gone { .. }) if one.blob.is_none() => {}
                // Its path was told, and tells most of the time what would stand in it.
                Err(_) if says_id(place, &one.path) => {}
                Err(error) => lost.push(error.to_string()),
            }
        }
        memo.keep();
        let others = lost.len().saturating_sub(1);
        Ok(lost.into_iter().next().map(|first| match others {
            0 => first,
            _ => format!("{first}, and {others} more"),
        }))
    }
}

impl Projected<'_> {
    /// Whether the file at a path is that of the commit of HEAD.
    fn is_clean(&self, path: &str) -> bool {
        let unclean = self.unclean.as_ref();
        unclean.is_some_and(|unclean| !unclean.contains(path))
    }
}

/// Whether the path tells an id.
fn says_id(place: &Place, path: &str) -> bool {
    let rule = place.preset.id_rules().path.as_ref();
    let inner = path::below(&place.root, path);
    rule.zip(inner)
        .is_some_and(|(rule, inner)| rule.first(inner).is_some())
}

/// An id of either length.
fn padded(id: &[u8]) -> [u8; 32] {
    let mut padded = [0; 32];
    padded.iter_mut().zip(id).for_each(|(to, from)| *to = *from);
    padded
}
