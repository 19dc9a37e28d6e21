//! Taking a branch off the server, and out of what waits here: one that was merged, renamed, or never meant.
//! Never: touches a branch of git's.

use serde_json::json;

use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::publish::from_state;
use crate::engine::sharing::run;
use crate::engine::sharing::sync::{Sharing, connect};
use crate::query::view::RemoveView;
use crate::stores::state::Act;

impl Sharing<'_> {
    /// Takes out a branch with its drafts, here only once it is gone from the server. Any name will do.
    pub(crate) fn remove(
        &self,
        branch: &str,
        repository: Option<&str>,
        dry_run: bool,
        progress: &dyn Progress,
    ) -> Result<RemoveView, EngineError> {
        let address = address()?;
        let _lock = self.lock(progress)?;
        let mut state = self.state()?;
        let known = state.lines().map_err(|error| from_state(&error))?;
        let known = known.into_iter().filter(|row| row.line.branch == branch);
        let named = repository.map(|name| Ok(name.to_owned()));
        let repository = match named.unwrap_or_else(|| self.repository()) {
            Ok(repository) => repository,
            // It was published by a name that the work tree does not say.
            Err(error) => match known.clone().max_by_key(|row| row.tried_ms) {
                Some(row) => row.line.repository,
                None => return Err(error),
            },
        };
        let is_known = known
            .into_iter()
            .any(|row| row.line.repository == repository);
        let mut view = RemoveView {
            dry_run,
            repository,
            branch: branch.to_owned(),
            ..RemoveView::default()
        };
        run(async {
            let fail = |error| from_postgres(&error);
            let mut server = connect(&address).await?;
            server.expect_steps().await.map_err(fail)?;
            let held = server.held_of(&view.repository, branch).await;
            let (lines, rows) = held.map_err(fail)?;
            (view.lines, view.rows) = (lines, rows);
            if lines == 0 && !is_known {
                let message = format!("{} has no branch {branch}", view.repository);
                return Err(EngineError::environment("no-branch", message)
                    .hint("`kanban sync status` lists what is published from here"));
            }
            if !dry_run && lines > 0 {
                let removed = server.remove_branch(&view.repository, branch).await;
                view.rows = removed.map_err(fail)?;
            }
            Ok(())
        })?;
        if dry_run {
            return Ok(view);
        }
        let taken = state.remove_branch(&view.repository, branch);
        (_, view.outbox) = taken.map_err(|error| from_state(&error))?;
        let counts = json!({"rows": view.rows, "lines": view.lines, "outbox": view.outbox});
        let details = json!({"by": self.actor(), "login": address.login()});
        let place = (&*view.repository, branch);
        self.note(&mut state, (Act::Remove, "done"), place, &counts, &details)?;
        Ok(view)
    }
}
