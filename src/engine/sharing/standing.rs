//! How sharing stands, for others than `sync`: a line of `status`, the paths of `sync:` in queries, and whether
//! a watcher publishes. All of it from `state.db` as it is.
//! Never: makes `state.db`, asks the server.

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::address::address;
use crate::engine::sharing::publish::from_state;
use crate::engine::sharing::sync::{iso, now_ms};
use crate::model::sharing::{Line, Outbox};
use crate::query::view::SyncBrief;
use crate::stores::state::State;

/// The better a standing, the later.
const STANDINGS: [&str; 9] = [
    "refused", "diverged", "newer", "held", "busy", "offline", "partly", "new", "level",
];

fn rank(standing: &str) -> usize {
    let known = STANDINGS.iter().position(|known| *known == standing);
    known.unwrap_or_default()
}

impl Engine {
    /// Whether a watcher is to publish: kanban.toml asks for it, and a server is named.
    pub(crate) fn publishes(&self) -> bool {
        let is_named = !matches!(address(), Err(error) if error.code == "no-server");
        self.config.sync.is_wanted && self.origin.git_dir().is_some() && is_named
    }

    fn state(&self) -> Result<Option<State>, EngineError> {
        let Some(common_dir) = self.origin.place().common_dir() else {
            return Ok(None);
        };
        State::existing(&common_dir.join("kanban")).map_err(|error| from_state(&error))
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
                let lines = state.lines().map_err(fail)?;
                for row in &lines {
                    let counts = state.counts(&row.line).map_err(fail)?;
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
        let repository = self.repository(self.config.sync.repository.as_deref());
        let (Ok(repository), Ok(branch)) = (repository, self.checked_out()) else {
            return Ok(Outbox::default());
        };
        let line = Line {
            repository,
            branch,
            draft: String::new(),
        };
        state.paths(&line).map_err(|error| from_state(&error))
    }
}
