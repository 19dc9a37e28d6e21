//! An item under another name: its file, its title, and the links by path or file name that lead to it
//! or from it.
//! Gets the item and its new place. Gives the receipt.
//! Never: puts a file over another one.

use std::path::Path;
use std::time::Instant;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::unwritten;
use crate::engine::write::moving::{Moving, Way, groups, left, pages, pointing, rows};
use crate::engine::write::{PATIENCE, Task, WriteOptions, Written};
use crate::model::intent::{Act, Assignment, Intent};
use crate::query::view::WriteView;
use crate::write::{self, Batch, Change, Landed, WriteError};

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
        // Once the item has moved, only links may be left to be written.
        let mut moved: Option<Way> = None;
        loop {
            let pages = match &moved {
                Some(way) => pointing(&ground, way, &pointers)?,
                None => {
                    let draft = ground.open(path)?;
                    let way = Way {
                        from: path.to_owned(),
                        to: self.target(&ground, path, &draft, title, to)?,
                        ids: None,
                    };
                    pages(
                        &ground,
                        vec![Moving {
                            draft,
                            task: task.clone(),
                            way,
                            pointers: pointers.clone(),
                            notes: Vec::new(),
                        }],
                    )?
                }
            };
            for page in pages.iter().filter(|page| page.path != page.to) {
                self.refuse_left_out(&page.to)?;
            }
            let groups = groups(&pages);
            if moved.is_none() && groups.is_empty() {
                view.unchanged = 1;
                break;
            }
            let Some(session) = &session else {
                view.changes = rows(&pages, true);
                if let Some(row) = view.changes.first_mut() {
                    row.notes.extend(left(&pages));
                }
                break;
            };
            let changes: Vec<Vec<Change>> = groups.iter().map(|g| g.changes.clone()).collect();
            let landed = session.apply(&Batch {
                what: &options.what,
                groups: &changes,
                first_decides: moved.is_none(),
            });
            let landed = landed.map_err(|error| unwritten(&error))?;
            let patient = started.elapsed() < PATIENCE;
            let mut again = false;
            let mut failed = Vec::new();
            for (at, (group, Landed { done, error })) in groups.iter().zip(landed).enumerate() {
                paths.extend(super::paths(&group.changes[..done]));
                let is_item = moved.is_none() && at == 0;
                match error {
                    None => {
                        let mut rows = rows(group.pages, false);
                        if let Some(row) = rows.first_mut().filter(|_| is_item) {
                            row.notes.extend(left(&pages));
                        }
                        view.changes.extend(rows);
                    }
                    Some(WriteError::Changed { .. }) if patient => again = true,
                    Some(error) if is_item && done == 0 => return Err(unwritten(&error)),
                    Some(error) => {
                        failed.push(super::failure(&group.pages[0].path, &unwritten(&error)));
                    }
                }
                if is_item && done == group.changes.len() {
                    moved = Some(Way {
                        from: path.to_owned(),
                        to: group.pages[0].to.clone(),
                        ids: None,
                    });
                }
                if is_item && moved.is_none() {
                    // The others wait for it.
                    break;
                }
            }
            if !again {
                view.failed = failed;
                break;
            }
        }
        view.changes.sort_by(|a, b| a.path.cmp(&b.path));
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
        let (folder, name) = path::split(path);
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
            None => path::joined(folder, &name),
            Some(to) => {
                let is_folder = to.ends_with('/') || self.origin.root().join(to).is_dir();
                let to = to.trim_end_matches('/').trim_start_matches("./");
                match (is_folder, to) {
                    (true, ".") => name,
                    (true, to) => path::joined(to, &name),
                    (false, to) => to.to_owned(),
                }
            }
        };
        write::check_new(Path::new(&target)).map_err(|error| unwritten(&error))?;
        if !ground.would_be_item(path, &target) {
            let message = format!("`{target}` would be no item of its convention any more");
            return Err(EngineError::usage("not-an-item", message)
                .hint("choose a place and an ending that its preset includes"));
        }
        if target != path && self.origin.root().join(&target).symlink_metadata().is_ok() {
            let error = WriteError::Exists {
                path: target.into(),
            };
            return Err(unwritten(&error));
        }
        Ok(target)
    }
}
