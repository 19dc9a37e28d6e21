//! Questions about the trees of commits that need not list all of them: one path, and what differs
//! between two commits.
//! Never: detects renames, reads blobs.

use std::collections::HashMap;

use gix::bstr::ByteSlice;
use gix::hash::ObjectId;
use gix::objs::FindExt;
use gix::objs::tree::{EntryKind, EntryMode};

use crate::base::path;
use crate::source::commit::{MAX_PATHS, Objects};
use crate::source::{SourceError, name};

/// A file that is not the same in two trees.
pub(super) struct Changed {
    pub path: String,
    pub old: Option<ObjectId>,
    pub new: Option<ObjectId>,
}

/// An entry of a tree.
type Entry = (Vec<u8>, EntryMode, ObjectId);

/// The entries of a tree by their names.
type Folder = HashMap<Vec<u8>, (EntryMode, ObjectId)>;

impl Objects {
    /// The blobs at paths of a commit, in the order of the paths; nothing where there is none. Paths that
    /// lie side by side should follow each other: their folder is read once then.
    pub(crate) fn blobs_at<'a>(
        &self,
        commit: &str,
        paths: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<Option<Vec<u8>>>, SourceError> {
        let root = self.folder(self.tree_of(commit)?)?;
        // The folders on the way to the last path, each with its name in the one before.
        let mut way: Vec<(&str, Folder)> = Vec::new();
        let mut blobs = Vec::new();
        'paths: for path in paths {
            let (folders, name) = path::split(path);
            let mut depth = 0;
            for part in folders.split('/').filter(|part| !part.is_empty()) {
                if way.get(depth).is_none_or(|(known, _)| *known != part) {
                    way.truncate(depth);
                    let above = way.last().map_or(&root, |(_, folder)| folder);
                    match above.get(part.as_bytes()) {
                        Some((mode, id)) if mode.is_tree() => {
                            let folder = self.folder(*id)?;
                            way.push((part, folder));
                        }
                        _ => {
                            blobs.push(None);
                            continue 'paths;
                        }
                    }
                }
                depth += 1;
            }
            way.truncate(depth);
            let folder = way.last().map_or(&root, |(_, folder)| folder);
            let found = folder.get(name.as_bytes());
            blobs.push(
                found
                    .filter(|(mode, _)| mode.is_blob())
                    .map(|(_, id)| id.as_bytes().to_vec()),
            );
        }
        Ok(blobs)
    }

    fn folder(&self, tree: ObjectId) -> Result<Folder, SourceError> {
        let entries = self.entries(Some(tree))?;
        Ok(entries
            .into_iter()
            .map(|(name, mode, id)| (name, (mode, id)))
            .collect())
    }

    /// The paths of files that are not the same in two commits. Equal folders are not entered.
    pub(crate) fn differing(&self, old: &str, new: &str) -> Result<Vec<String>, SourceError> {
        let trees = (Some(self.tree_of(old)?), Some(self.tree_of(new)?));
        let found = self.changed(trees, "")?;
        Ok(found.into_iter().map(|changed| changed.path).collect())
    }

    /// The files that are not the same in two trees; `prefix` is put in front of their paths.
    pub(super) fn changed(
        &self,
        (old, new): (Option<ObjectId>, Option<ObjectId>),
        prefix: &str,
    ) -> Result<Vec<Changed>, SourceError> {
        let mut found = Vec::new();
        let mut seen = 0;
        let mut pairs = vec![(name::bytes(prefix), old, new)];
        while let Some((prefix, old, new)) = pairs.pop() {
            if old == new {
                continue;
            }
            let (old, new) = (self.entries(old)?, self.entries(new)?);
            let mut new: std::collections::BTreeMap<Vec<u8>, (EntryMode, ObjectId)> = new
                .into_iter()
                .map(|(name, mode, id)| (name, (mode, id)))
                .collect();
            let mut both = Vec::new();
            for (name, mode, id) in old {
                let other = new.remove(&name);
                both.push((name, Some((mode, id)), other));
            }
            both.extend(
                new.into_iter()
                    .map(|(name, entry)| (name, None, Some(entry))),
            );
            seen += both.len();
            if seen > MAX_PATHS {
                return Err(self.failed(&format!("more than {MAX_PATHS} paths differ")));
            }
            for (name, old, new) in both {
                if old == new {
                    continue;
                }
                let path = [&prefix[..], &name[..]].concat();
                let folder = |entry: &Option<(EntryMode, ObjectId)>| {
                    entry.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id)
                };
                let blob = |entry: &Option<(EntryMode, ObjectId)>| {
                    entry.filter(|(mode, _)| mode.is_blob()).map(|(_, id)| id)
                };
                if blob(&old).or(blob(&new)).is_some() {
                    found.push(Changed {
                        path: name::text(&path).into_owned(),
                        old: blob(&old),
                        new: blob(&new),
                    });
                }
                if folder(&old).is_some() || folder(&new).is_some() {
                    pairs.push(([&path[..], b"/"].concat(), folder(&old), folder(&new)));
                }
            }
        }
        Ok(found)
    }

    /// The entry at a path below a tree, if there is one.
    pub(super) fn entry_at(
        &self,
        tree: ObjectId,
        path: &str,
    ) -> Result<Option<(EntryMode, ObjectId)>, SourceError> {
        let mut found = (EntryKind::Tree.into(), tree);
        let mut buffer = Vec::new();
        for part in name::bytes(path).split(|byte| *byte == b'/') {
            if part.is_empty() {
                continue;
            }
            let (mode, id): (EntryMode, ObjectId) = found;
            if !mode.is_tree() {
                return Ok(None);
            }
            let mut entries = self
                .odb()
                .find_tree_iter(&id, &mut buffer)
                .map_err(|error| self.failed(&error))?;
            let next = entries.find_map(|entry| match entry {
                Ok(entry) if entry.filename == part => Some(Ok((entry.mode, entry.oid.to_owned()))),
                Ok(_) => None,
                Err(error) => Some(Err(self.failed(&error))),
            });
            match next {
                Some(next) => found = next?,
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    fn entries(&self, tree: Option<ObjectId>) -> Result<Vec<Entry>, SourceError> {
        let Some(tree) = tree else {
            return Ok(Vec::new());
        };
        let mut buffer = Vec::new();
        let entries = self
            .odb()
            .find_tree_iter(&tree, &mut buffer)
            .map_err(|error| self.failed(&error))?;
        entries
            .map(|entry| {
                let entry = entry.map_err(|error| self.failed(&error))?;
                let name = entry.filename.as_bytes().to_vec();
                Ok((name, entry.mode, entry.oid.to_owned()))
            })
            .collect()
    }

    fn tree_of(&self, commit: &str) -> Result<ObjectId, SourceError> {
        let id = ObjectId::from_hex(commit.as_bytes()).map_err(|error| self.failed(&error))?;
        let mut buffer = Vec::new();
        let tree = self
            .odb()
            .find_commit(&id, &mut buffer)
            .map_err(|error| self.failed(&error))?
            .tree();
        Ok(tree)
    }
}
