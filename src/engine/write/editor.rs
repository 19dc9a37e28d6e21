//! An item in the user's editor, and who the user is.
//! Gets an item. Gives the receipt of what was saved, and the problems that the item has then.
//! Never: takes back what somebody saved.

use std::path::Path;

use crate::base::env;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Ground, expect};
use crate::engine::write::error::unwritten;
use crate::engine::write::{Task, WriteOptions, Written, shown};
use crate::model::intent::Intent;
use crate::model::problem::Problem;
use crate::query::view::{WriteRow, WriteView};
use crate::source::git;
use crate::write;

impl Engine {
    /// Opens the file of an item; when the editor ends, its date of change is set and it is read again.
    pub(crate) fn edit(
        &self,
        mut snapshot: Snapshot,
        path: &str,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<(Written, Vec<Problem>), EngineError> {
        self.write_home()?;
        let root = self.origin.root();
        let read = || write::read(root, Path::new(path)).map_err(|error| unwritten(&error));
        let before = read()?;
        if let Some(wanted) = &options.if_hash {
            expect(path, &before, wanted)?;
        }
        let ended = git::edit(self.origin.place(), &root.join(path))
            .map_err(|error| EngineError::from_source(&error))?;
        let saved = read()?;
        if !ended {
            let error = EngineError {
                class: Class::No,
                ..EngineError::environment("editor-failed", "the editor ended with an error")
            };
            let hint = "what it saved stands in the file; see `git diff`";
            return Err(error.path(Path::new(path)).hint(hint));
        }
        let task = Task {
            path: path.to_owned(),
            intents: vec![Intent::Touch],
        };
        // That hash was for what the editor opened.
        let options = &WriteOptions {
            if_hash: None,
            ..options.clone()
        };
        let mut written = Written {
            view: WriteView::default(),
            paths: Vec::new(),
            warnings: Vec::new(),
            snapshot,
        };
        if saved == before {
            written.view.unchanged = 1;
        } else if options.keep_updated {
            let paths = [path.to_owned()];
            snapshot = written.snapshot;
            written.warnings = self.follow_write(&mut snapshot, &paths, options.refresh, progress);
            written.snapshot = snapshot;
        } else {
            let date = self.write(written.snapshot, vec![task.clone()], options, progress);
            match date {
                Ok(done) => written = done,
                // What was saved may be such that no date can be set: it is checked below.
                Err(error) => {
                    let mut again = self.snapshot(options.refresh, progress)?;
                    again.sight = None;
                    written = Written {
                        view: WriteView::default(),
                        paths: Vec::new(),
                        warnings: vec![format!("the date of the change was not set: {error}")],
                        snapshot: again,
                    };
                }
            }
        }
        let now = read()?;
        let ground = Ground::new(self, &written.snapshot, &[task], options)?;
        let item = ground.item(path, &now, None);
        if saved != before {
            written.paths = vec![path.to_owned()];
            written.view.unchanged = 0;
            written.view.changes = vec![WriteRow {
                path: path.to_owned(),
                old_path: None,
                change: "modified".to_owned(),
                id: item.id.clone(),
                uid: item.uid.clone(),
                title: item.title.clone(),
                state: item.state.clone(),
                before: Some(shown(&before)),
                after: Some(shown(&now)),
                diff: None,
                notes: Vec::new(),
            }];
        }
        Ok((written, item.problems))
    }

    /// Who writes, and with which model: as the caller says, as the environment says, as git knows.
    pub(crate) fn speaker(
        &self,
        author: Option<&str>,
        model: Option<&str>,
    ) -> (Option<String>, Option<String>) {
        let git = || {
            let folder = self.origin.git_dir()?;
            let name = git::ask(folder, "find your name", &["config", "user.name"]).ok()??;
            let name = name.trim();
            (!name.is_empty()).then(|| name.to_owned())
        };
        let author = author.map(str::to_owned).or_else(env::author).or_else(git);
        (author, model.map(str::to_owned).or_else(env::model))
    }
}
