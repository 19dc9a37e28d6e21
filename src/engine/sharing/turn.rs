//! One turn of one line: its outbox brought up to what is to be shown, delivered, and noted.
//!
//! Planning asks nobody: it works offline, and a watcher does it as soon as a branch moves.
//! Never: decides when; who calls does.

use std::time::Instant;

use serde_json::json;

use crate::engine::Engine;
use crate::engine::error::EngineError;
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
use crate::stores::postgres::Address;
use crate::stores::state::{Act, State};
use crate::sync::backoff;

/// So many paths are told of one publication.
const TOLD: usize = 1_000;

/// A line whose outbox holds what is to be shown.
pub(super) struct Planned {
    pub line: Line,
    pub branch: Branch,
    pub prepared: Prepared,
}

impl Planned {
    fn is_draft(&self) -> bool {
        !self.line.draft.is_empty()
    }

    fn row(&self) -> SyncRow {
        SyncRow {
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

impl Sharing<'_> {
    pub(super) fn line(&self, repository: &str, branch: &str, draft: &str) -> Line {
        Line {
            repository: repository.to_owned(),
            branch: branch.to_owned(),
            draft: draft.to_owned(),
        }
    }

    /// Brings the outbox of a branch up to its tip.
    pub(super) fn plan(
        &self,
        state: &mut State,
        repository: &str,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let published = self.engine.published(&branch.name, &branch.commit)?;
        self.plan_in(&published, state, repository, branch, progress)
    }

    /// The same with a publish cache that is made anew.
    pub(super) fn plan_anew(
        &self,
        state: &mut State,
        repository: &str,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let published = self.engine.published(&branch.name, &branch.commit)?;
        drop(published.rebuild(progress)?);
        self.plan_in(&published, state, repository, branch, progress)
    }

    fn plan_in(
        &self,
        published: &Engine,
        state: &mut State,
        repository: &str,
        branch: &Branch,
        progress: &dyn Progress,
    ) -> Result<Planned, EngineError> {
        let started = Instant::now();
        let line = self.line(repository, &branch.name, "");
        let urgent = |snapshot: &Snapshot| published.urgent(snapshot);
        let prepared = published.prepare(state, &line, &branch.commit, urgent, progress);
        log::done(
            "sync.plan",
            started,
            prepared.as_ref().map(|made| made.enqueued),
        );
        Ok(Planned {
            line,
            branch: branch.clone(),
            prepared: prepared?,
        })
    }

    /// Delivers what is due, and notes everything: how the line stands, and what was done.
    pub(super) fn deliver(
        &self,
        state: &mut State,
        address: &Address,
        planned: &mut Planned,
        wish: Wish,
        progress: &dyn Progress,
    ) -> Result<SyncRow, EngineError> {
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
                delivering.run().await
            });
            // Each time the list of who is forgotten has grown. A draft is planned anew in its next turn.
            let has_learned = outcome.as_ref().is_ok_and(|done| done.has_learned);
            if has_learned {
                self.erase_learned(state)?;
            }
            if !has_learned || planned.is_draft() {
                break outcome;
            }
            *planned = self.plan(state, &planned.line.repository, &planned.branch, progress)?;
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
        self.audited(state, planned, &actor, &done)?;
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
        counted(row, state, line, done.standing)
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
