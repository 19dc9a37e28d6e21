//! How sharing stands, for others than `sync`: a line of `status`, the paths of `sync:` in queries, and whether
//! a watcher publishes. All of it from `state.db` as it is.
//! Never: makes `state.db`, asks the server.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::address::address;
use crate::engine::sharing::publish::from_state;
use crate::engine::sharing::sync::{iso, now_ms};
use crate::model::sharing::{Line, Outbox};
use crate::query::view::SyncBrief;
use crate::stores::state::{LineRow, OutboxCounts, State};

/// The better a standing, the later.
const STANDINGS: [&str; 9] = [
    "refused", "diverged", "newer", "held", "busy", "offline", "partly", "new", "level",
];

fn rank(standing: &str) -> usize {
    let known = STANDINGS.iter().position(|known| *known == standing);
    known.unwrap_or_default()
}

/// A draft that shows nothing, and of which nothing is to be told.
pub(super) fn is_empty_draft(row: &LineRow, counts: OutboxCounts) -> bool {
    let is_well = matches!(&*row.standing, "new" | "level");
    !row.line.draft.is_empty() && is_well && counts.pending + counts.synced + counts.failed == 0
}

impl Engine {
    /// Whether a watcher is to publish: kanban.toml asks for it, and a server is named.
    pub(crate) fn publishes(&self) -> bool {
        let is_named = !matches!(address(), Err(error) if error.code == "no-server");
        self.config.sync.is_wanted && self.origin.git_dir().is_some() && is_named
    }

    pub(super) fn state(&self) -> Result<Option<State>, EngineError> {
        let Some(common_dir) = self.origin.place().common_dir() else {
            return Ok(None);
        };
        State::existing(&common_dir.join("kanban")).map_err(|error| from_state(&error))
    }

    /// The lines of which nothing is published any more: their branch is not in this clone, or was planned under
    /// another name of the repository since. A branch that was planned from a HEAD on no branch may be so again.
    pub(super) fn left_lines(&self, state: &State) -> Result<BTreeSet<Line>, EngineError> {
        let lines = state.lines().map_err(|error| from_state(&error))?;
        if lines.is_empty() {
            return Ok(BTreeSet::new());
        }
        let arguments = [
            "for-each-ref",
            "--format=%(refname)",
            "refs/heads/",
            "refs/remotes/",
        ];
        // Where that cannot be told, no branch is gone.
        let refs = self.asked("list the branches", &arguments).ok();
        let refs = refs.map(Option::unwrap_or_default);
        let refs: Option<BTreeSet<&str>> = refs.as_ref().map(|refs| refs.lines().collect());
        // Those of this work tree go by themselves.
        let names = match lines.iter().any(|row| !row.line.draft.is_empty()) {
            true => Some(self.sharing()?.draft()?),
            false => None,
        };
        let is_gone = |row: &LineRow| {
            let own = format!("refs/heads/{}", row.line.branch);
            let is_here = refs.as_ref().is_none_or(|refs| {
                row.source == "HEAD" || refs.contains(&*own) || refs.contains(&*row.source)
            });
            let is_own = names
                .as_ref()
                .is_some_and(|names| names.has(&row.line.draft));
            row.is_renamed() || !is_here && !is_own
        };
        let gone = lines.into_iter().filter(is_gone);
        Ok(gone.map(|row| row.line).collect())
    }

    /// All lines of this repository in one; nothing where nobody has asked for sharing.
    pub(in crate::engine) fn sync_brief(&self) -> Result<Option<SyncBrief>, EngineError> {
        let fail = |error| from_state(&error);
        let mut brief = SyncBrief {
            standing: "level".to_owned(),
            ..SyncBrief::default()
        };
        let lines = match self.state()? {
            None => Vec::new(),
            Some(state) => {
                let now = now_ms();
                let gone = self.left_lines(&state)?;
                let mut lines = state.lines().map_err(fail)?;
                lines.retain(|row| !gone.contains(&row.line));
                for row in &lines {
                    let counts = state.counts(&row.line).map_err(fail)?;
                    if is_empty_draft(row, counts) {
                        continue;
                    }
                    brief.pending += counts.pending;
                    brief.failed += counts.failed;
                    let lag = counts
                        .oldest_ms
                        .map(|since| (now - since).max(0).cast_unsigned());
                    brief.lag_ms = brief.lag_ms.max(lag);
                    if rank(&row.standing) < rank(&brief.standing) {
                        brief.standing.clone_from(&row.standing);
                    }
                }
                lines
            }
        };
        if lines.is_empty() {
            "new".clone_into(&mut brief.standing);
        }
        let succeeded = lines.iter().filter_map(|row| row.succeeded_ms).max();
        brief.last_success = succeeded.map(iso);
        Ok((self.config.sync.is_wanted || !lines.is_empty()).then_some(brief))
    }

    /// How the items of the branch that is checked out stand in the outbox.
    pub(crate) fn outbox(&self) -> Result<Outbox, EngineError> {
        let Some(state) = self.state()? else {
            return Ok(Outbox::default());
        };
        let Ok(branch) = self.checked_out() else {
            return Ok(Outbox::default());
        };
        let lines = state.lines().map_err(|error| from_state(&error))?;
        let own = lines
            .into_iter()
            .filter(|row| row.line.branch == branch && row.line.draft.is_empty());
        // The repository may have had another name before.
        let own = own.filter(|row| !row.is_renamed());
        let Some(LineRow { line, .. }) = own.max_by_key(|row| row.tried_ms) else {
            return Ok(Outbox::default());
        };
        state.paths(&line).map_err(|error| from_state(&error))
    }
}
