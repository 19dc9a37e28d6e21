//! The commits that changed one item, the newest first, as `git log` would choose them.
//! Gets a commit and a path; gives the versions before and after each such commit.
//! Never: tells what changed in them.

use std::collections::{BinaryHeap, HashMap};

use crate::engine::history::versions::{Version, Versions};
use crate::source::SourceError;
use crate::source::past::{Commit, Id};

/// A commit in which the item is not as it was in any of its parents.
pub(super) struct Step {
    pub commit: Id,
    pub version: Version,
    /// One for each parent; none where the commit has none.
    pub parents: Vec<Version>,
    /// Where a deleted item went to, if it did.
    pub moved_to: Option<String>,
}

/// What is still to be looked at.
pub(super) struct Walk {
    /// By the time of the commit; of the same time, who came first.
    next: BinaryHeap<(i64, usize, Id)>,
    /// Commits in `next`, and where the item was in them; none for those that were looked at.
    known: HashMap<Id, Option<(Commit, String)>>,
    /// Commits before which the clone knows nothing.
    pub cut: Vec<Id>,
    /// The time of the commit that was looked at last.
    pub time: i64,
    /// What else was at the path, with another uid, is another item.
    uid: Option<String>,
}

/// A parent of a commit, and what was there.
struct Parent {
    id: Id,
    commit: Commit,
    before: Version,
    /// Something else was at the path: its past is not ours.
    is_another: bool,
}

impl Walk {
    /// From a commit in which the item is, or was before, at `path`.
    pub(super) fn from(
        id: Id,
        path: &str,
        uid: Option<String>,
        versions: &Versions<'_>,
    ) -> Result<Self, SourceError> {
        let mut walk = Self {
            next: BinaryHeap::new(),
            known: HashMap::new(),
            cut: Vec::new(),
            time: i64::MAX,
            uid,
        };
        walk.push(id, versions.past.commit(id)?, path.to_owned());
        Ok(walk)
    }

    /// The next commit that did something to the item.
    pub(super) fn step(
        &mut self,
        versions: &mut Versions<'_>,
    ) -> Result<Option<Step>, SourceError> {
        while let Some((_, _, id)) = self.next.pop() {
            let Some((commit, path)) = self.known.insert(id, None).flatten() else {
                continue;
            };
            self.time = commit.time;
            let version = versions.at(commit.tree, &path)?;
            if versions.past.is_cut(id) {
                if version.own.is_some() {
                    self.cut.push(id);
                }
                continue;
            }
            let mut parents = Vec::new();
            for parent in &commit.parents {
                let commit = versions.past.commit(*parent)?;
                let before = versions.at(commit.tree, &path)?;
                parents.push(Parent {
                    id: *parent,
                    commit,
                    before,
                    is_another: false,
                });
            }
            // Nothing was done to it here: all of it comes from this side.
            if let Some(at) = parents.iter().position(|parent| parent.before == version) {
                let Parent { id, commit, .. } = parents.swap_remove(at);
                self.push(id, commit, path);
                continue;
            }
            for parent in &mut parents {
                self.look_back(&version, commit.tree, parent, versions)?;
            }
            let mut moved_to = None;
            if let (None, [parent]) = (version.own, &*parents)
                && let Some(item) = versions.item(&parent.before)?
            {
                let candidates = versions.candidates(commit.tree, parent.commit.tree)?;
                moved_to = versions.same_among(&item, candidates)?;
            }
            let mut befores = Vec::new();
            for parent in parents {
                if !parent.is_another {
                    let path = parent.before.path.clone();
                    self.push(parent.id, parent.commit, path);
                }
                befores.push(parent.before);
            }
            if version.own.is_some() || befores.iter().any(|before| before.own.is_some()) {
                return Ok(Some(Step {
                    commit: id,
                    version,
                    parents: befores,
                    moved_to,
                }));
            }
        }
        Ok(None)
    }

    /// Where the item was in a parent, if it was not at the same path.
    fn look_back(
        &self,
        version: &Version,
        tree: Id,
        parent: &mut Parent,
        versions: &mut Versions<'_>,
    ) -> Result<(), SourceError> {
        let before = versions.item(&parent.before)?;
        let item = versions.item(version)?;
        let uid = item.as_ref().map_or(&self.uid, |item| &item.uid);
        parent.is_another = before.is_some_and(
            |before| matches!((uid, &before.uid), (Some(one), Some(other)) if one != other),
        );
        let Some(item) = item else {
            if parent.is_another {
                parent.before.own = None;
            }
            return Ok(());
        };
        if parent.before.own.is_some() && !parent.is_another {
            return Ok(());
        }
        let candidates = versions.candidates(parent.commit.tree, tree)?;
        if let Some(origin) = versions.same_among(&item, candidates)? {
            parent.before = versions.at(parent.commit.tree, &origin)?;
            parent.is_another = false;
        } else {
            parent.before.own = None;
            parent.before.companion = None;
        }
        Ok(())
    }

    fn push(&mut self, id: Id, commit: Commit, path: String) {
        if !self.known.contains_key(&id) {
            let turn = usize::MAX - self.known.len();
            self.next.push((commit.time, turn, id));
            self.known.insert(id, Some((commit, path)));
        }
    }
}
