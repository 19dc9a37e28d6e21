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

/// The draft of this work tree: who, and in which place, as one developer may have several.
fn draft_name(who: &str, machine: &str, root: &str) -> String {
    let mut name = String::new();
    // Without an address behind it.
    let who = who.split('<').next().unwrap_or_default();
    for letter in who.chars().flat_map(char::to_lowercase) {
        match letter.is_alphanumeric() {
            true => name.push(letter),
            false if name.ends_with('-') || name.is_empty() => {}
            false => name.push('-'),
        }
    }
    let name = match name.trim_end_matches('-') {
        "" => "draft",
        name => name,
    };
    let place = hash::content_hash(format!("{machine}\0{root}").as_bytes());
    format!("{name}.{}", hash::hex(&place[..4]))
}

impl Sharing<'_> {
    /// Brings the outboxes of all drafts of this work tree up to date, beside a planned branch: its own, where
    /// kanban.toml asks for drafts and the branch is checked out, and those that are to go.
    pub(super) fn plan_drafts(
        &self,
        state: &mut State,
        beside: &Planned,
        files: DraftFiles,
        progress: &dyn Progress,
    ) -> Result<Vec<Planned>, EngineError> {
        let who = env::author().or_else(|| self.engine.git_name());
        let who = who.unwrap_or_default();
        let forgotten = Redactor::of_people(self.forgotten()?);
        let who = forgotten.redact(&who).unwrap_or(who);
        let root = self.engine.origin.root().display().to_string();
        let own = draft_name(&who, &env::machine(), &root);
        let is_wanted = self.config().sync.drafts
            && !self.engine.origin.is_bare()
            && self
                .engine
                .checked_out()
                .is_ok_and(|name| name == beside.branch.name);
        if is_wanted && self.engine.origin.head().as_deref() != Some(&*beside.branch.commit) {
            // It moves at this moment: the next turn sees where it stands.
            return Ok(Vec::new());
        }
        let fail = |error| from_state(&error);
        let mut planned = Vec::new();
        for known in state.lines().map_err(fail)? {
            let line = known.line;
            let is_own = line.draft == own
                && line.repository == beside.line.repository
                && line.branch == beside.line.branch;
            if !is_own || is_wanted {
                continue;
            }
            let gone: BTreeMap<String, Option<String>> = state
                .wanted(&line)
                .map_err(fail)?
                .into_keys()
                .map(|path| (path, None))
                .collect();
            let enqueued = take_in(state, &line, gone, &Cursor::default())?;
            planned.push(beside.draft(line, Rc::clone(&beside.prepared.snapshot), enqueued));
        }
        if is_wanted {
            let line = Line {
                draft: own,
                ..beside.line.clone()
            };
            planned.push(self.plan_draft(state, line, beside, files, progress)?);
        }
        // Nothing to say of a draft that is as it should be.
        let mut waiting = Vec::new();
        for one in planned {
            if state.counts(&one.line).map_err(fail)?.pending > 0 {
                waiting.push(one);
            }
        }
        Ok(waiting)
    }

    fn plan_draft(
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
        let name = draft_name("Ada Lovelace <ada@example.org>", "m", "/a");
        assert!(name.starts_with("ada-lovelace."), "{name}");
        assert_ne!(
            name,
            draft_name("Ada Lovelace <ada@example.org>", "m", "/b")
        );
        assert_ne!(
            name,
            draft_name("Ada Lovelace <ada@example.org>", "n", "/a")
        );
        assert!(draft_name(" -- ", "m", "/a").starts_with("draft."));
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
