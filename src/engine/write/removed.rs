//! Items taken away, with their companions.
//! Gets paths. Gives receipts. Never: takes away what others link to, unless it is told to.

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::Ground;
use crate::engine::write::error::unwritten;
use crate::engine::write::{Task, WriteOptions, Written, diff};
use crate::query::view::WriteView;
use crate::write::{Batch, Change, Landed};

impl Engine {
    /// Removes items. Those that others link to are refused without `force`.
    pub(crate) fn rm(
        &self,
        mut snapshot: Snapshot,
        paths: &[String],
        force: bool,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let session = self.turn(&mut snapshot, options, progress)?;
        let fail = |error| EngineError::sqlite(&error);
        let tasks: Vec<Task> = paths
            .iter()
            .map(|path| Task {
                path: path.clone(),
                intents: Vec::new(),
            })
            .collect();
        let mut pointers = Vec::new();
        {
            let stamps = snapshot.generation.stamps().map_err(fail)?;
            for path in paths {
                let all = stamps.pointers(path).map_err(fail)?;
                let others = all
                    .into_iter()
                    .filter(|pointer| !paths.contains(&pointer.path));
                pointers.push(others.collect::<Vec<_>>());
            }
        }
        let ground = Ground::new(self, &snapshot, &tasks, options)?;
        let mut view = WriteView {
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        let mut groups: Vec<Vec<Change>> = Vec::new();
        let mut rows = Vec::new();
        for (task, pointers) in tasks.iter().zip(&pointers) {
            if let (Some(pointer), false) = (pointers.first(), force) {
                let message = format!(
                    "{} links to {}{}",
                    pointer.path,
                    task.path,
                    match pointers.len() {
                        1 => String::new(),
                        many => format!(", and {} more links", many - 1),
                    }
                );
                let error = EngineError {
                    class: Class::No,
                    ..EngineError::environment("is-linked", message)
                };
                let error = error.hint("remove it with `--force`; the links will dangle");
                if paths.len() == 1 {
                    return Err(error);
                }
                view.failed.push(super::failure(&task.path, &error));
                continue;
            }
            let draft = ground.draft(task)?;
            let mut row = draft.row(false);
            "deleted".clone_into(&mut row.change);
            row.after = None;
            row.diff = options
                .dry_run
                .then(|| diff::unified(Some((&task.path, &draft.own.before)), None));
            let pages = std::iter::once(&draft.own).chain(&draft.companion);
            let removes = pages.map(|page| Change::Remove {
                path: page.path.clone().into(),
                before: hash::content_hash(&page.before),
            });
            groups.push(removes.collect());
            rows.push(row);
        }
        let mut written = Vec::new();
        if let Some(session) = &session {
            let landed = session.apply(&Batch {
                what: &options.what,
                groups: &groups,
                first_decides: false,
            });
            let landed = landed.map_err(|error| unwritten(&error))?;
            for ((row, changes), Landed { done, error }) in
                rows.into_iter().zip(&groups).zip(landed)
            {
                let gone = changes[..done].iter();
                written.extend(gone.map(|change| super::text(change.path())));
                match error {
                    None => view.changes.push(row),
                    Some(error) if paths.len() == 1 && done == 0 => return Err(unwritten(&error)),
                    Some(error) => {
                        let failed = super::failure(&row.path, &unwritten(&error));
                        view.failed.push(failed);
                    }
                }
            }
        } else {
            view.changes = rows;
        }
        drop(ground);
        Ok(self.done(snapshot, view, written, session, options, progress))
    }
}
