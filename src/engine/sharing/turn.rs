//! One turn of one line: its outbox brought up to what is to be shown, delivered, and noted.
//!
//! Planning asks nobody: it works offline, and a watcher does it as soon as a branch moves.
//! Never: decides when; who calls does.

use std::cell::RefCell;
use std::time::Instant;

use serde_json::json;

use crate::engine::Engine;
use crate::engine::error::{EngineError, whole};
use crate::engine::progress::Progress;
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::publish::{
    Delivering, Prepared, Published, Wish, chance, from_state, is_offline,
};
use crate::engine::sharing::sync::{Sharing, connect, now_ms};
use crate::engine::sharing::{log, run};
use crate::engine::snapshot::Snapshot;
use crate::model::sharing::Line;
use crate::query::view::SyncRow;
use crate::stores::postgres::{Address, Server};
use crate::stores::state::{Act, State};
use crate::sync::backoff;

/// So many paths are told of one publication.
const TOLD: usize = 1_000;

/// A line whose outbox holds what is to be shown.
pub(super) struct Planned {
    pub line: Line,
    pub branch: Branch,
    pub prepared: Prepared,
    /// What should be known of it, though it holds nothing.
    pub warnings: Vec<String>,
}

impl Planned {
    fn is_draft(&self) -> bool {
        !self.line.draft.is_empty()
    }

    fn row(&self) -> SyncRow {
        SyncRow {
            repository: self.line.repository.clone(),
            branch: self.line.branch.clone(),
            draft: self.line.draft.clone(),
            commit: self.branch.commit.clone(),
            enqueued: self.prepared.enqueued,
            ..SyncRow::default()
        }
    }

    /// As it stands before anything is delivered.
    pub(super) fn waiting(&self, state: &State) -> Result<SyncRow, EngineError> {
        counted(self.row(), state, &self.line, "pending")
    }
}

/// The code of a branch whose name may not leave.
const HELD: &str = "held-name";
/// Codes of what is wrong with more than one branch.
const EVERYBODYS: [&str; 4] = ["state", "fault", "server-schema", "invalid-address"];

/// Says in front of what went wrong with which commit.
fn of_branch(error: EngineError, branch: &Branch) -> EngineError {
    let commit = branch.commit.get(..12).unwrap_or(&branch.commit);
    let place = format!("{} at {commit}: ", branch.name);
    if branch.commit.is_empty() {
        return error;
    }
    if EVERYBODYS.contains(&error.code) || error.code == HELD || error.message.starts_with(&place) {
        return error;
    }
    EngineError {
        message: place + &error.message,
        // It is that of the work tree.
        path: None,
        ..error
    }
}

impl Engine {
    /// Whether others may see the names of a line. They stand beside each row, and cannot be blotted out.
    fn may_name(&self, line: &Line) -> Result<(), EngineError> {
        let finds = |name| self.origin.lens().is_some_and(|lens| lens.finds(name));
        let (what, hint) = match (finds(&line.branch), finds(&line.repository)) {
            (true, _) => ("branch", "rename it: `git branch -m`"),
            (_, true) => ("repository", "name it in kanban.toml: `[sync] repository`"),
            (false, false) => return Ok(()),
        };
        let message = format!("the name of the {what} has something in it that may not leave");
        Err(EngineError::usage(HELD, message).hint(hint))
    }
}

fn counted(
    row: SyncRow,
    state: &State,
    line: &Line,
    standing: &str,
) -> Result<SyncRow, EngineError> {
    let counts = state.counts(line).map_err(|error| from_state(&error))?;
    Ok(SyncRow {
        standing: standing.to_owned(),
        pending: counts.pending,
        failed: counts.failed,
        ..row
    })
}

/// Takes a draft off the server that shows nothing any more, where all of that is delivered. That it is still
/// there harms nothing: where that fails, it stays.
async fn sweep(state: &mut State, server: &mut Server, line: &Line) -> Result<(), EngineError> {
    let fail = |error| from_state(&error);
    let counts = state.counts(line).map_err(fail)?;
    let is_empty = counts.pending + counts.failed == 0 && !state.wants_items(line).map_err(fail)?;
    if is_empty && matches!(server.remove_draft(line).await, Ok(true)) {
        state.empty_line(line).map_err(fail)?;
    }
    Ok(())
}

impl Sharing<'_> {
    /// Brings the outbox of a branch up to its tip.
    pub(super) fn plan(
        &self,
        state: &mut State,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let published = self.engine.published(&branch.name, &branch.commit);
        let planned = published.and_then(|made| self.plan_in(&made, state, branch, progress));
        planned.map_err(|error| of_branch(error, branch))
    }

    /// The same with a publish cache that is made anew.
    pub(super) fn plan_anew(
        &self,
        state: &mut State,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let published = self.engine.published(&branch.name, &branch.commit);
        let rebuilt = published.and_then(|made| made.rebuild(progress));
        drop(rebuilt.map_err(|error| of_branch(error, branch))?);
        self.plan(state, branch, progress)
    }

    fn plan_in(
        &self,
        published: &Engine,
        state: &mut State,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let started = Instant::now();
        // What the commit says, as all other rules; what the work tree says may be another's.
        let configured = published.config.sync.repository.as_deref();
        let line = Line {
            repository: self.engine.repository(configured)?,
            branch: branch.name.clone(),
            draft: String::new(),
        };
        published.may_name(&line)?;
        let unread = RefCell::new(None);
        let urgent = |snapshot: &Snapshot| {
            let (paths, warnings) = published.urgent(snapshot);
            unread.replace(Some(warnings));
            Ok(paths)
        };
        let prepared = published.prepare(state, &line, &branch.commit, urgent, progress);
        log::done(
            "sync.plan",
            started,
            prepared.as_ref().map(|made| made.enqueued),
        );
        let prepared = prepared?;
        state
            .note_source(&line, &branch.source)
            .map_err(|error| from_state(&error))?;
        let unread = unread.into_inner();
        Ok(Planned {
            line,
            branch: branch.clone(),
            warnings: unread.unwrap_or_else(|| published.urgent(&prepared.snapshot).1),
            prepared,
        })
    }

    /// Notes that a branch or a draft could not be planned or delivered, so that `sync status` tells. Gives
    /// what is told of it; an error where it is no failure of that one alone.
    pub(super) fn failed(
        &self,
        state: &mut State,
        (branch, draft): (&Branch, &str),
        error: EngineError,
    ) -> Result<SyncRow, EngineError> {
        let fail = |error| from_state(&error);
        if EVERYBODYS.contains(&error.code) {
            return Err(error);
        }
        let is_held = error.code == HELD;
        let standing = if is_held { "held" } else { "refused" };
        let mut reason = match is_held {
            true => error.message,
            false => whole(&of_branch(error.clone(), branch)),
        };
        if let Some(hint) = &error.hint {
            reason.push_str(&format!("; {hint}"));
        }
        let mut row = SyncRow {
            branch: branch.name.clone(),
            draft: draft.to_owned(),
            commit: branch.commit.clone(),
            standing: standing.to_owned(),
            reason,
            ..SyncRow::default()
        };
        let mut known = state.lines().map_err(fail)?;
        known.retain(|known| known.line.branch == branch.name && !known.is_renamed());
        let newest = known.into_iter().max_by_key(|known| {
            let is_it = known.line.draft == draft;
            (is_it, known.line.draft.is_empty(), known.tried_ms)
        });
        let repository = match newest {
            Some(newest) => Ok(newest.line.repository),
            None => self.repository(),
        };
        // Nobody knows how the repository is called: there is nothing to note it by.
        let Ok(repository) = repository else {
            return Ok(row);
        };
        let line = Line {
            repository,
            branch: branch.name.clone(),
            draft: draft.to_owned(),
        };
        row.repository.clone_from(&line.repository);
        if branch.source.is_empty() && draft.is_empty() && error.code == "no-branch" {
            // There is nothing of that name of which anything could be told later.
            return Ok(row);
        }
        state
            .note_standing(&line, standing, &row.reason, now_ms(), None)
            .map_err(fail)?;
        state.note_source(&line, &branch.source).map_err(fail)?;
        counted(row, state, &line, standing)
    }

    /// Delivers what is due, and notes everything: how the line stands, and what was done. Gives the plan back,
    /// which may have become another one.
    pub(super) fn deliver(
        &self,
        state: &mut State,
        address: &Address,
        mut planned: Planned,
        wish: Wish,
        progress: &dyn Progress,
    ) -> Result<(SyncRow, Planned), EngineError> {
        let started = Instant::now();
        let fail = |error| from_state(&error);
        let actor = self.actor();
        let outcome = loop {
            let outcome = run(async {
                let mut server = connect(address).await?;
                let mut delivering = Delivering {
                    engine: self.engine,
                    prepared: &planned.prepared,
                    state: &mut *state,
                    server: &mut server,
                    line: &planned.line,
                    branch: &planned.branch,
                    publisher: address.login(),
                    batch: self.engine.config.sync.batch,
                    wish,
                };
                let done = delivering.run().await?;
                if planned.is_draft() && done.standing == "level" {
                    sweep(state, &mut server, &planned.line).await?;
                }
                Ok(done)
            });
            // Each time the list of who is forgotten has grown. A draft is planned anew in its next turn.
            let has_learned = outcome.as_ref().is_ok_and(|done| done.has_learned);
            if has_learned {
                self.erase_learned(state)?;
            }
            if !has_learned || planned.is_draft() {
                break outcome;
            }
            planned = self.plan(state, &planned.branch, progress)?;
        };
        let line = &planned.line;
        let now = now_ms();
        let items = outcome.as_ref().map(|done| done.paths.len() as u64);
        log::done("sync.deliver", started, items);
        let done = match outcome {
            Ok(done) => {
                state
                    .note_standing(line, done.standing, &done.reason, now, None)
                    .map_err(fail)?;
                done
            }
            Err(error) => {
                let is_offline = is_offline(&error);
                let known = state.line(line).map_err(fail)?;
                let failures = known.map_or(0, |known| known.failures) + 1;
                let pause = is_offline.then(|| now + backoff::wait_ms(failures, chance()));
                let standing = if is_offline { "offline" } else { "refused" };
                state
                    .note_standing(line, standing, &error.to_string(), now, pause)
                    .map_err(fail)?;
                let details = json!({"by": actor, "error": error.to_string()});
                let place = (&*line.repository, &*line.branch);
                self.note(state, (Act::Publish, "failed"), place, &json!({}), &details)?;
                if !is_offline {
                    return Err(error);
                }
                Published {
                    standing,
                    reason: error.to_string(),
                    enqueued: planned.prepared.enqueued,
                    ..Published::default()
                }
            }
        };
        self.audited(state, &planned, &actor, &done)?;
        let row = SyncRow {
            reason: done.reason,
            written: done.written,
            removed: done.removed,
            refused: done.refused,
            overwritten: done.overwritten.len() as u64,
            moved: done.moved,
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..planned.row()
        };
        Ok((counted(row, state, line, done.standing)?, planned))
    }

    fn audited(
        &self,
        state: &mut State,
        planned: &Planned,
        actor: &str,
        done: &Published,
    ) -> Result<(), EngineError> {
        let (line, commit) = (&planned.line, &planned.branch.commit);
        let place = (&*line.repository, &*line.branch);
        if !done.overwritten.is_empty() {
            let counts = json!({"items": done.overwritten.len()});
            let details = json!({"by": actor, "commit": commit, "paths": done.overwritten});
            self.note(state, (Act::Overwrite, "done"), place, &counts, &details)?;
        }
        if done.paths.is_empty() {
            return Ok(());
        }
        let outcome = if done.refused > 0 { "partly" } else { "done" };
        let counts = json!({
            "items": done.paths.len(), "written": done.written, "removed": done.removed,
            "refused": done.refused,
        });
        // The commit tells the rest of a first load.
        let paths = &done.paths[..done.paths.len().min(TOLD)];
        let mut details = json!({"by": actor, "commit": commit, "paths": paths});
        if !line.draft.is_empty() {
            details["draft"] = json!(line.draft);
        }
        self.note(state, (Act::Publish, outcome), place, &counts, &details)
    }
}
