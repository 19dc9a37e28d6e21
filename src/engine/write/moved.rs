//! An item under another name: its file, its title, and the links by path or file name that lead to it
//! or from it.
//! Gets the item and its new place. Gives the receipt.
//! Never: puts a file over another one.

use std::path::Path;
use std::time::Instant;

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::unwritten;
use crate::engine::write::moving::{Moving, Page, changes, pages, rows};
use crate::engine::write::{PATIENCE, Task, WriteOptions, Written};
use crate::model::intent::{Act, Assignment, Intent};
use crate::query::view::WriteView;
use crate::write::{self, Landed, WriteError};

/// What an item is to be called from now on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Destination {
    pub title: Option<String>,
    /// A path from the root, or a folder.
    pub to: Option<String>,
}

impl Engine {
    /// Gives an item another title, another place, or both.
    pub(crate) fn mv(
        &self,
        snapshot: Snapshot,
        path: &str,
        destination: &Destination,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let Destination { title, to } = destination;
        let (title, to) = (title.as_deref(), to.as_deref());
        let fail = |error| EngineError::sqlite(&error);
        let pointers = snapshot.generation.stamps().map_err(fail)?;
        let pointers = pointers.pointers(path).map_err(fail)?;
        let assign = title.map(|title| {
            Intent::Assign(vec![Assignment {
                field: "title".to_owned(),
                act: Act::Set(title.to_owned()),
            }])
        });
        let task = Task {
            path: path.to_owned(),
            intents: assign.into_iter().collect(),
        };
        let others = pointers.iter().map(|pointer| Task {
            path: pointer.path.clone(),
            intents: Vec::new(),
        });
        let tasks: Vec<Task> = std::iter::once(task.clone()).chain(others).collect();
        let ground = Ground::new(self, &snapshot, &tasks, options)?;
        let session = match options.dry_run {
            true => None,
            false => Some(self.session()?),
        };
        let mut view = WriteView {
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        let mut paths = Vec::new();
        let started = Instant::now();
        loop {
            let draft = ground.open(path)?;
            let to = self.target(&ground, path, &draft, title, to)?;
            let moving = Moving {
                draft,
                task: task.clone(),
                to,
                pointers: pointers.clone(),
                ids: None,
                notes: Vec::new(),
            };
            let pages = pages(&ground, vec![moving])?;
            if pages.iter().all(Page::is_unchanged) {
                view.unchanged = 1;
                break;
            }
            view.changes = rows(&pages, session.is_none());
            let Some(session) = &session else {
                break;
            };
            let changes = changes(&pages);
            let Landed { done, error } = super::as_one(session, &options.what, &changes)?;
            paths = super::paths(&changes[..done]);
            match error {
                None => break,
                Some(WriteError::Changed { .. }) if done == 0 && started.elapsed() < PATIENCE => {}
                Some(error) => return Err(unwritten(&error)),
            }
        }
        drop(ground);
        Ok(self.done(snapshot, view, paths, session, options, progress))
    }

    /// The path that the item is to have.
    fn target(
        &self,
        ground: &Ground<'_>,
        path: &str,
        draft: &Draft,
        title: Option<&str>,
        to: Option<&str>,
    ) -> Result<String, EngineError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = match title {
            Some(title) => {
                let before = draft.before();
                let convention = ground.convention(path);
                let convention = convention.expect("because the item is known");
                convention.retitled(name, before.kind.as_deref(), &before.title, title)
            }
            None => name.to_owned(),
        };
        let target = match to {
            None if folder.is_empty() => name,
            None => format!("{folder}/{name}"),
            Some(to) => {
                let is_folder = to.ends_with('/') || self.origin.root().join(to).is_dir();
                let to = to.trim_end_matches('/').trim_start_matches("./");
                match (is_folder, to) {
                    (true, "" | ".") => name,
                    (true, to) => format!("{to}/{name}"),
                    (false, to) => to.to_owned(),
                }
            }
        };
        write::check_new(Path::new(&target)).map_err(|error| unwritten(&error))?;
        if target != path && self.origin.root().join(&target).symlink_metadata().is_ok() {
            let error = WriteError::Exists {
                path: target.into(),
            };
            return Err(unwritten(&error));
        }
        Ok(target)
    }
}
