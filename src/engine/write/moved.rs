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
use crate::engine::write::moving::{Group, Moving, Page, Way, groups, left, pages, pointing, rows};
use crate::engine::write::{PATIENCE, Task, WriteOptions, Written};
use crate::model::intent::{Act, Assignment, Intent};
use crate::query::view::{WriteRow, WriteView};
use crate::stores::sqlite::Pointer;
use crate::write::{self, Batch, Change, Landed, WriteError};

/// What an item is to be called from now on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Destination {
    pub title: Option<String>,
    /// A path from the root, or a folder.
    pub to: Option<String>,
}

/// How far a move has come.
struct State {
    view: WriteView,
    paths: Vec<String>,
    /// Once the item has moved, only links may be left to be written.
    moved: Option<Way>,
}

impl Engine {
    /// Gives an item another title, another place, or both.
    pub(crate) fn mv(
        &self,
        mut snapshot: Snapshot,
        path: &str,
        destination: &Destination,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let session = self.turn(&mut snapshot, options, progress)?;
        let fail = |error| EngineError::sqlite(&error);
        let pointers = snapshot.generation.stamps().map_err(fail)?;
        let pointers = pointers.pointers(path).map_err(fail)?;
        let assign = destination.title.as_ref().map(|title| {
            Intent::Assign(vec![Assignment {
                field: "title".to_owned(),
                act: Act::Set(title.clone()),
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
        let mut state = State {
            view: WriteView {
                dry_run: options.dry_run,
                ..WriteView::default()
            },
            paths: Vec::new(),
            moved: None,
        };
        let started = Instant::now();
        loop {
            let pages = match &state.moved {
                Some(way) => pointing(&ground, way, &pointers)?,
                None => self.moved(&ground, &task, &pointers, destination)?,
            };
            let groups = groups(&pages);
            if state.moved.is_none() && groups.is_empty() {
                state.view.unchanged = 1;
                break;
            }
            let Some(session) = &session else {
                state.view.changes = told(&pages, &pages, true);
                break;
            };
            let changes: Vec<Vec<Change>> = groups.iter().map(|g| g.changes.clone()).collect();
            let landed = session.apply(&Batch {
                what: &options.what,
                groups: &changes,
                first_decides: state.moved.is_none(),
            });
            let landed = landed.map_err(|error| unwritten(&error))?;
            if !state.take(&pages, &groups, landed, started.elapsed() < PATIENCE)? {
                break;
            }
        }
        let State {
            mut view, paths, ..
        } = state;
        view.changes.sort_by(|a, b| a.path.cmp(&b.path));
        drop(ground);
        Ok(self.done(snapshot, view, paths, session, options, progress))
    }

    /// What changes when the item gets its new name: in its files, and in those with links to it.
    fn moved(
        &self,
        ground: &Ground<'_>,
        task: &Task,
        pointers: &[Pointer],
        Destination { title, to }: &Destination,
    ) -> Result<Vec<Page>, EngineError> {
        let draft = ground.open(&task.path)?;
        let to = self.target(ground, &task.path, &draft, title.as_deref(), to.as_deref())?;
        let moving = Moving {
            draft,
            task: task.clone(),
            way: Way {
                from: task.path.clone(),
                to,
                ids: None,
            },
            pointers: pointers.to_vec(),
            notes: Vec::new(),
        };
        let pages = pages(ground, vec![moving])?;
        for page in pages.iter().filter(|page| page.path != page.to) {
            self.refuse_left_out(&page.to)?;
        }
        Ok(pages)
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

impl State {
    /// Takes note of what was carried out. Whether there is more: somebody saved meanwhile, and is waited
    /// for as long as we are `patient`.
    fn take(
        &mut self,
        pages: &[Page],
        groups: &[Group<'_>],
        landed: Vec<Landed>,
        patient: bool,
    ) -> Result<bool, EngineError> {
        let mut again = false;
        let mut failed = Vec::new();
        for (at, (group, Landed { done, error })) in groups.iter().zip(landed).enumerate() {
            self.paths.extend(super::paths(&group.changes[..done]));
            let is_item = self.moved.is_none() && at == 0;
            match error {
                None if is_item => self.view.changes.extend(told(group.pages, pages, false)),
                None => self.view.changes.extend(rows(group.pages, false)),
                Some(WriteError::Changed { .. }) if patient => again = true,
                Some(error) if is_item && done == 0 => return Err(unwritten(&error)),
                Some(error) => {
                    failed.push(super::failure(&group.pages[0].path, &unwritten(&error)));
                }
            }
            if is_item && done == group.changes.len() {
                let Page { path, to, .. } = &group.pages[0];
                self.moved = Some(Way {
                    from: path.clone(),
                    to: to.clone(),
                    ids: None,
                });
            }
            if is_item && self.moved.is_none() {
                // The others wait for it.
                break;
            }
        }
        if !again {
            self.view.failed = failed;
        }
        Ok(again)
    }
}

/// The receipts of pages of which the first one is that of the item; what was left in `all` is said there.
fn told(pages: &[Page], all: &[Page], with_diff: bool) -> Vec<WriteRow> {
    let mut rows = rows(pages, with_diff);
    if let Some(row) = rows.first_mut() {
        row.notes.extend(left(all));
    }
    rows
}
