//! An item under another name: its file, its title, and the links by path or file name that lead to it
//! or from it.
//! Gets the item and its new place. Gives changes of files, and notes of links that were left.
//! Never: rewrites what may mean something else; a link that cannot be rewritten for sure is named.

use std::path::Path;
use std::time::Instant;

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::unwritten;
use crate::engine::write::retarget::{
    Kind, decoded, folder_of, new_target, normal, relative, retargeted, split_heading,
};
use crate::engine::write::{PATIENCE, Task, WriteOptions, Written, diff, shown};
use crate::model::document::Origin;
use crate::model::intent::{Act, Assignment, Intent};
use crate::model::item::Item;
use crate::query::view::{WriteRow, WriteView};
use crate::stores::sqlite::Pointer;
use crate::write::{self, Change, WriteError};

/// What a move changes in one file.
struct Page {
    path: String,
    before: Vec<u8>,
    now: Vec<u8>,
    id: Option<String>,
    title: String,
    state: Option<String>,
    notes: Vec<String>,
}

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
            let draft = ground.draft(&task)?;
            let target = self.target(path, &draft, title, to)?;
            if target == path && draft.is_unchanged() {
                view.unchanged = 1;
                break;
            }
            let companion = draft.companion.as_ref().map(|page| page.path.clone());
            let mut pages = self.pages(&ground, draft, &pointers, path, &target)?;
            let Some(session) = &session else {
                view.changes = pages
                    .iter()
                    .map(|page| page.row(path, &target, true))
                    .collect();
                break;
            };
            let mut changes: Vec<Change> = pages
                .iter()
                .filter(|page| page.before != page.now)
                .map(|page| Change::Replace {
                    path: page.path.clone().into(),
                    before: hash::content_hash(&page.before),
                    bytes: page.now.clone(),
                })
                .collect();
            if target != path {
                changes.push(Change::Move {
                    path: path.into(),
                    to: target.clone().into(),
                    before: hash::content_hash(&pages[0].now),
                });
                if let Some(companion) = companion {
                    changes.push(self.along(&companion, &target)?);
                }
            }
            let results = session.apply(&options.what, &changes);
            let results = results.map_err(|error| unwritten(&error))?;
            match results.into_iter().collect::<Result<Vec<()>, WriteError>>() {
                Ok(_) => {
                    for change in &changes {
                        paths.push(super::text(change.path()));
                        if let Change::Move { to, .. } = change {
                            paths.push(super::text(to));
                        }
                    }
                    pages.retain(|page| page.path == path || page.before != page.now);
                    view.changes = pages
                        .iter()
                        .map(|page| page.row(path, &target, false))
                        .collect();
                    break;
                }
                Err(WriteError::Changed { .. }) if started.elapsed() < PATIENCE => {}
                Err(error) => return Err(unwritten(&error)),
            }
        }
        drop(ground);
        Ok(self.done(snapshot, view, paths, session, options, progress))
    }

    /// The path that the item is to have.
    fn target(
        &self,
        path: &str,
        draft: &Draft,
        title: Option<&str>,
        to: Option<&str>,
    ) -> Result<String, EngineError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name = match title {
            Some(title) => renamed(name, &draft.before().title, title),
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

    /// A companion goes along, into the same folder.
    fn along(&self, companion: &str, target: &str) -> Result<Change, EngineError> {
        let name = companion.rsplit('/').next().unwrap_or(companion);
        let to = match target.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name.to_owned(),
        };
        let bytes = write::read(self.origin.root(), Path::new(companion));
        let bytes = bytes.map_err(|error| unwritten(&error))?;
        Ok(Change::Move {
            path: companion.into(),
            to: to.into(),
            before: hash::content_hash(&bytes),
        })
    }

    /// The item itself first, then the files with links to it.
    fn pages(
        &self,
        ground: &Ground<'_>,
        draft: Draft,
        pointers: &[Pointer],
        path: &str,
        target: &str,
    ) -> Result<Vec<Page>, EngineError> {
        let before = draft.before();
        let mut own = Page {
            path: path.to_owned(),
            id: before.id.clone(),
            title: before.title.clone(),
            state: before.state.clone(),
            before: draft.own.before.clone(),
            now: draft.own.now.clone(),
            notes: Vec::new(),
        };
        if target != path {
            self.outward(ground, &mut own, path, target);
        }
        let mut pages = vec![own];
        if target == path {
            return Ok(pages);
        }
        for pointer in pointers {
            if pointer.path == path {
                continue;
            }
            let at = match pages.iter().position(|page| page.path == pointer.file) {
                Some(at) => at,
                None => {
                    let bytes = write::read(self.origin.root(), Path::new(&pointer.file));
                    let bytes = bytes.map_err(|error| unwritten(&error))?;
                    let item = ground.item(&pointer.path, &bytes, None);
                    pages.push(Page {
                        path: pointer.file.clone(),
                        id: item.id,
                        title: item.title,
                        state: item.state,
                        now: bytes.clone(),
                        before: bytes,
                        notes: Vec::new(),
                    });
                    pages.len() - 1
                }
            };
            inward(ground, &mut pages[at], pointer, path, target);
        }
        Ok(pages)
    }

    /// Relative links of the moved file lead where they led.
    fn outward(&self, ground: &Ground<'_>, page: &mut Page, path: &str, target: &str) {
        let (from, to) = (folder_of(path), folder_of(target));
        if from == to {
            return;
        }
        let item = ground.item(path, &page.now, None);
        for link in &item.links {
            let (way, rest) = split_heading(&link.target);
            let way = decoded(way);
            let Some(there) = normal(from, &way) else {
                continue;
            };
            if !self.origin.root().join(&there).is_file() {
                continue;
            }
            let kind = match link.origin {
                Origin::Frontmatter => Kind::Frontmatter,
                // By name, wherever the file stands.
                Origin::Wikilink => continue,
                Origin::Markdown => Kind::Markdown,
            };
            let new = relative(to, &there).replace(' ', "%20");
            let new = format!("{new}{rest}");
            match retargeted(&page.now, link.line, kind, &link.target, &new) {
                Some(bytes) => page.now = bytes,
                None => page
                    .notes
                    .push(format!("line {}: the link to {way} was left", link.line)),
            }
        }
    }
}

impl Page {
    fn row(&self, path: &str, target: &str, with_diff: bool) -> WriteRow {
        let is_moved = self.path == path && path != target;
        let new = if is_moved { target } else { &self.path };
        WriteRow {
            path: new.to_owned(),
            old_path: is_moved.then(|| path.to_owned()),
            change: if is_moved { "moved" } else { "modified" }.to_owned(),
            id: self.id.clone(),
            uid: None,
            title: self.title.clone(),
            state: self.state.clone(),
            before: Some(shown(&self.before)),
            after: Some(shown(&self.now)),
            diff: with_diff
                .then(|| diff::unified(Some((&self.path, &self.before)), Some((new, &self.now)))),
            notes: self.notes.clone(),
        }
    }
}

/// A link to the moved item, where it names the file.
fn inward(ground: &Ground<'_>, page: &mut Page, pointer: &Pointer, path: &str, target: &str) {
    let Some(new) = new_target(pointer, path, target) else {
        return;
    };
    let Some(bytes) = retargeted(
        &page.now,
        pointer.line,
        Kind::of(pointer),
        &pointer.target,
        &new,
    ) else {
        page.notes.push(format!(
            "line {}: the link `{}` was left",
            pointer.line, pointer.target
        ));
        return;
    };
    // Only that link may read differently afterwards.
    let is_own = pointer.file == pointer.path;
    let read = |bytes: &[u8]| ground.item(&pointer.path, bytes, None);
    if is_own && !differs_in_one(&read(&page.now), &read(&bytes), &pointer.target) {
        page.notes.push(format!(
            "line {}: the link `{}` was left",
            pointer.line, pointer.target
        ));
        return;
    }
    page.now = bytes;
}

/// Whether two readings of a file are equal but for links that had this target.
fn differs_in_one(before: &Item, after: &Item, target: &str) -> bool {
    let same = before.title == after.title
        && before.id == after.id
        && before.tags == after.tags
        && before.problems.len() == after.problems.len()
        && before.links.len() == after.links.len();
    let mut pairs = before.links.iter().zip(&after.links);
    same && pairs.all(|(a, b)| a.rel == b.rel && (a.target == b.target || a.target == target))
}

/// A file name that follows the title, where it followed it before.
fn renamed(name: &str, old: &str, new: &str) -> String {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem, format!(".{ending}")),
        None => (name, String::new()),
    };
    let styles: [fn(&str) -> String; 3] = [slug, dashes, str::to_owned];
    for style in styles {
        let (was, now) = (style(old), style(new));
        if was.is_empty() || now.is_empty() || now.contains(['/', '\\']) {
            continue;
        }
        // Names are cut at different lengths.
        let cut = stem
            .len()
            .checked_sub(1)
            .into_iter()
            .flat_map(|_| stem.char_indices());
        for (at, _) in cut {
            let tail = &stem[at..];
            let boundary = at == 0 || stem[..at].ends_with(['_', '-', ' ']);
            let enough = tail == was || (tail.len() >= 40 && was.starts_with(tail));
            if boundary && enough {
                return format!("{}{now}{ending}", &stem[..at]);
            }
        }
    }
    name.to_owned()
}

/// ASCII lower case with hyphens.
fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.to_ascii_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').chars().take(50).collect()
}

/// `Title-With-Dashes`.
fn dashes(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join("-")
}
