//! A draft: what a developer has not committed yet, published beside the branch.
//!
//! It is seen as a commit that was never made: the commit of HEAD with the changed files laid over it, through
//! the same lens. The line of the draft holds only the items in which that differs from the branch as it is
//! published; an item that is gone has a row of status `deleted`. Rows of the draft laid over rows of the
//! branch are so the items of the work tree. A draft has one publisher, one work tree, and no history.
//! Never: writes an object into the repository, publishes what is withheld.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Instant;

use crate::base::{env, hash};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::init::CONFIG;
use crate::engine::origin::Overlay;
use crate::engine::progress::Progress;
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::log;
use crate::engine::sharing::publish::{Prepared, from_state, touched};
use crate::engine::sharing::sync::{Sharing, now_ms};
use crate::engine::sharing::turn::Planned;
use crate::engine::snapshot::Snapshot;
use crate::model::sharing::Line;
use crate::privacy::Redactor;
use crate::stores::sqlite::{Feed, deleted};
use crate::stores::state::{Cursor, Enqueued, State};

/// How it is learned which files are not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DraftFiles {
    /// By a look at the files.
    Looked,
    /// From the cache as it is: a watcher keeps it level.
    Cached,
}

/// Who works, as a name that can stand anywhere; without an address behind it.
fn draft_name(who: &str) -> String {
    let mut name = String::new();
    let who = who.split('<').next().unwrap_or_default();
    for letter in who.chars().flat_map(char::to_lowercase) {
        match letter.is_alphanumeric() {
            true => name.push(letter),
            false if name.ends_with('-') || name.is_empty() => {}
            false => name.push('-'),
        }
    }
    match name.trim_end_matches('-') {
        "" => "draft".to_owned(),
        name => name.to_owned(),
    }
}

/// In which place, as one developer may have several.
fn draft_place(machine: &str, root: &str) -> String {
    let place = hash::content_hash(format!("{machine}\0{root}").as_bytes());
    format!(".{}", hash::hex(&place[..4]))
}

/// How drafts of this work tree are named.
pub(super) struct DraftNames {
    /// Of who works here now.
    pub own: String,
    /// What all of them end with.
    place: String,
}

impl DraftNames {
    /// Whether it is a draft of this work tree, whoever made it.
    pub(super) fn has(&self, draft: &str) -> bool {
        draft.ends_with(&self.place)
    }
}

impl Sharing<'_> {
    pub(super) fn draft(&self) -> Result<DraftNames, EngineError> {
        let who = env::author().or_else(|| self.engine.git_name());
        let who = who.unwrap_or_default();
        let forgotten = Redactor::of_people(self.forgotten()?);
        let who = forgotten.redact(&who).unwrap_or(who);
        let root = self.engine.origin.root().display().to_string();
        let place = draft_place(&env::machine(), &root);
        Ok(DraftNames {
            own: draft_name(&who) + &place,
            place,
        })
    }

    fn wants_drafts(&self) -> bool {
        self.config().sync.drafts && !self.engine.origin.is_bare()
    }

    /// Brings the outbox of the draft beside a planned branch up to date, where kanban.toml asks for drafts and
    /// the branch is checked out. Nothing where nothing is to be said of it.
    pub(super) fn plan_draft(
        &self,
        state: &mut State,
        beside: &Planned,
        files: DraftFiles,
        progress: &dyn Progress,
    ) -> Result<Option<Planned>, EngineError> {
        let checked_out = self.engine.checked_out();
        if !self.wants_drafts() || !checked_out.is_ok_and(|name| name == beside.branch.name) {
            return Ok(None);
        }
        if self.engine.origin.head().as_deref() != Some(&*beside.branch.commit) {
            // It moves at this moment: the next turn sees where it stands.
            return Ok(None);
        }
        let line = Line {
            draft: self.draft()?.own,
            ..beside.line.clone()
        };
        let planned = self.plan_overlay(state, line, beside, files, progress)?;
        let counts = state.counts(&planned.line);
        let is_waiting = counts.map_err(|error| from_state(&error))?.pending > 0;
        Ok(is_waiting.then_some(planned))
    }

    /// The drafts of this work tree whose branch was left, or that nobody asks for any more, to be emptied.
    pub(super) fn plan_left(
        &self,
        state: &mut State,
        progress: &dyn Progress,
    ) -> Result<Vec<Planned>, EngineError> {
        let fail = |error| from_state(&error);
        let mut known = state.lines().map_err(fail)?;
        known.retain(|known| !known.line.draft.is_empty() && !known.is_renamed());
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.draft()?;
        let checked_out = self.engine.checked_out().unwrap_or_default();
        let wants = self.wants_drafts();
        let mut left = Vec::new();
        for known in known {
            let line = known.line;
            let stays = wants && line.draft == names.own && line.branch == checked_out;
            if stays || !names.has(&line.draft) {
                continue;
            }
            if state.wants_items(&line).map_err(fail)? {
                let all = state.wanted(&line).map_err(fail)?.into_keys();
                let gone = all.map(|path| (path, None)).collect();
                take_in(state, &line, gone, &Cursor::default())?;
            }
            if state.counts(&line).map_err(fail)?.pending == 0 {
                continue;
            }
            let commit = match known.cursor.commit.is_empty() {
                true => "none".to_owned(),
                false => known.cursor.commit,
            };
            left.push(Planned {
                branch: Branch {
                    name: line.branch.clone(),
                    anchor: commit.clone(),
                    commit,
                    ..Branch::default()
                },
                // Nothing of it is read: all that waits is to be removed.
                prepared: Prepared {
                    snapshot: Rc::new(self.engine.snapshot(false, progress)?),
                    enqueued: 0,
                },
                warnings: Vec::new(),
                line,
            });
        }
        Ok(left)
    }

    fn plan_overlay(
        &self,
        state: &mut State,
        line: Line,
        beside: &Planned,
        files: DraftFiles,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let started = Instant::now();
        let fail = |error| EngineError::sqlite(&error);
        let overlay = self.engine.uncommitted(files, progress)?;
        let place = (&*line.branch, &*line.draft);
        let origin = self
            .engine
            .origin
            .of_commit(place, &beside.branch.commit, overlay)?;
        let snapshot = self.engine.through_lens(origin)?.snapshot(true, progress)?;
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let own = stamps.feed().map_err(fail)?;
        let base = beside.prepared.snapshot.generation.stamps().map_err(fail)?;
        let base = base.feed().map_err(fail)?;
        let known = state.line(&line).map_err(|error| from_state(&error))?;
        let before = known.map(|known| known.cursor).unwrap_or_default();
        let cursor = cursor(&own, &base, &beside.branch)?;
        let mut wanted = BTreeMap::new();
        if before != cursor {
            let all = state.wanted(&line).map_err(|error| from_state(&error))?;
            let mut paths: BTreeSet<String> = all.into_keys().collect();
            match since(&own, &base, &before)? {
                Some(touched) => {
                    paths.extend(touched);
                    for path in paths {
                        let row = |feed: &Feed<'_>| {
                            let found = feed.shared(&path).map_err(fail)?;
                            Ok::<_, EngineError>(found.map(|(_, hash)| hash))
                        };
                        let (mine, theirs) = (row(&own)?, row(&base)?);
                        wanted.insert(path.clone(), shown(&path, mine, theirs.as_ref()));
                    }
                }
                None => {
                    let mut rows: BTreeMap<String, [Option<String>; 2]> = BTreeMap::new();
                    for (at, feed) in [&own, &base].into_iter().enumerate() {
                        feed.each_shared(|item, hash| {
                            rows.entry(item.path).or_default()[at] = Some(hash);
                        })
                        .map_err(fail)?;
                    }
                    wanted.extend(paths.into_iter().map(|path| (path, None)));
                    for (path, [mine, theirs]) in rows {
                        if mine != theirs {
                            let row = shown(&path, mine, theirs.as_ref());
                            wanted.insert(path, row);
                        }
                    }
                }
            }
        }
        drop((own, base));
        let enqueued = match before == cursor {
            true => 0,
            false => take_in(state, &line, wanted, &cursor)?,
        };
        log::done("sync.draft", started, Ok(enqueued));
        Ok(beside.draft(line, Rc::new(snapshot), enqueued))
    }
}

impl Planned {
    /// A draft beside it.
    fn draft(&self, line: Line, snapshot: Rc<Snapshot>, enqueued: u64) -> Self {
        Self {
            line,
            branch: self.branch.clone(),
            prepared: Prepared { snapshot, enqueued },
            warnings: Vec::new(),
        }
    }
}

/// What the draft is to show at a path: nothing where it is as the branch shows it.
fn shown(path: &str, mine: Option<String>, theirs: Option<&String>) -> Option<String> {
    match (mine, theirs) {
        (mine, theirs) if mine.as_ref() == theirs => None,
        (Some(mine), _) => Some(mine),
        (None, _) => Some(deleted(path).1),
    }
}

fn take_in(
    state: &mut State,
    line: &Line,
    wanted: BTreeMap<String, Option<String>>,
    cursor: &Cursor,
) -> Result<u64, EngineError> {
    let mut entries = Vec::new();
    let known = state.wanted(line).map_err(|error| from_state(&error))?;
    for (path, row_hash) in wanted {
        // What was never published need not be removed.
        if row_hash.is_some() || known.contains_key(&path) {
            entries.push(Enqueued {
                path,
                row_hash,
                urgent: false,
            });
        }
    }
    state
        .enqueue(line, &entries, cursor, now_ms())
        .map_err(|error| from_state(&error))
}

/// Stands for both caches that a draft was derived from.
fn cursor(own: &Feed<'_>, base: &Feed<'_>, branch: &Branch) -> Result<Cursor, EngineError> {
    let fail = |error| EngineError::sqlite(&error);
    Ok(Cursor {
        cache: format!(
            "{} {} {}",
            own.cache().map_err(fail)?,
            base.cache().map_err(fail)?,
            base.generation().map_err(fail)?
        ),
        generation: own.generation().map_err(fail)?,
        commit: branch.commit.clone(),
    })
}

/// What either cache has touched since; nothing where one does not tell.
fn since(
    own: &Feed<'_>,
    base: &Feed<'_>,
    before: &Cursor,
) -> Result<Option<BTreeSet<String>>, EngineError> {
    let mut parts = before.cache.split(' ');
    let (Some(mine), Some(theirs), Some(number)) = (parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let mine = touched(own, mine, before.generation)?;
    let theirs = touched(base, theirs, number.parse().unwrap_or(u64::MAX))?;
    Ok(mine.zip(theirs).map(|(mut mine, theirs)| {
        mine.extend(theirs);
        mine
    }))
}

impl Engine {
    /// The files in which the work tree differs from HEAD, and the rules that are in it now.
    fn uncommitted(
        &self,
        files: DraftFiles,
        progress: &dyn Progress,
    ) -> Result<Overlay, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let snapshot = self.snapshot(files == DraftFiles::Looked, progress)?;
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let paths = stamps.unclean().map_err(fail)?;
        let files = paths.into_iter().map(|path| {
            let bytes = self.origin.present(&path);
            (path, bytes)
        });
        let mut overlay: Overlay = files.collect();
        // A rule that is not committed yet holds already; where the file is gone, those of the commit do.
        if let Some(rules) = self.origin.present(CONFIG) {
            overlay.insert(CONFIG.to_owned(), Some(rules));
        }
        Ok(overlay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_named_by_who_and_where() {
        assert_eq!(draft_name("Ada Lovelace <ada@example.org>"), "ada-lovelace");
        assert_eq!(draft_name(" -- "), "draft");
        assert_ne!(draft_place("m", "/a"), draft_place("m", "/b"));
        assert_ne!(draft_place("m", "/a"), draft_place("n", "/a"));
    }

    #[test]
    fn a_draft_shows_only_where_it_differs() {
        let hash = |text: &str| Some(text.to_owned());
        assert_eq!(shown("a", hash("x"), hash("x").as_ref()), None);
        assert_eq!(shown("a", None, None), None);
        assert_eq!(shown("a", hash("y"), hash("x").as_ref()), hash("y"));
        assert_eq!(shown("a", hash("y"), None), hash("y"));
        assert_eq!(shown("a", None, hash("x").as_ref()), Some(deleted("a").1));
    }
}
