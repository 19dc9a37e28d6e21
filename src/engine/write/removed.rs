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
use crate::write::{Change, WriteError};

impl Engine {
    /// Removes items. Those that others link to are refused without `force`.
    pub(crate) fn rm(
        &self,
        snapshot: Snapshot,
        paths: &[String],
        force: bool,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
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
        let session = match options.dry_run {
            true => None,
            false => Some(self.session()?),
        };
        let mut view = WriteView {
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        let mut changes = Vec::new();
        let mut counts = Vec::new();
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
            let before = changes.len();
            changes.extend(removes);
            counts.push((row, changes.len() - before));
        }
        let mut written = Vec::new();
        match &session {
            None => view.changes = counts.into_iter().map(|(row, _)| row).collect(),
            Some(session) => {
                let results = session.apply(&options.what, &changes);
                let mut results = results.map_err(|error| unwritten(&error))?.into_iter();
                let mut at = 0;
                for (row, count) in counts {
                    let own: Result<Vec<()>, WriteError> = results.by_ref().take(count).collect();
                    match own {
                        Ok(_) => {
                            let changed = &changes[at..at + count];
                            written.extend(changed.iter().map(|change| super::text(change.path())));
                            view.changes.push(row);
                        }
                        Err(error) if paths.len() == 1 => return Err(unwritten(&error)),
                        Err(error) => {
                            view.failed
                                .push(super::failure(&row.path, &unwritten(&error)));
                        }
                    }
                    at += count;
                }
            }
        }
        drop(ground);
        Ok(self.done(snapshot, view, written, session, options, progress))
    }
}
