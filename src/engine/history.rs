//! What Git knows of one item: which commit changed which field from what to what.
//! Gets a path and what is wanted. Gives a view, the newest change first.
//! Never: writes, runs git, looks at other items.

mod versions;
mod walk;

use std::collections::HashSet;

use crate::base::{clock, path};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::history::versions::{Candidate, Versions};
use crate::engine::history::walk::{Step, Walk};
use crate::engine::project::Job;
use crate::model::file::Scan;
use crate::model::item::Item;
use crate::presets::Layout;
use crate::projection::changes::{Change, beginnings, changes};
use crate::query::view::{CommitRow, FieldRow, HistoryView};
use crate::source::past::{Id, Past};
use crate::source::{SourceError, everywhere};

/// So many moves are followed ahead.
const MOVES: usize = 10;

/// What is wanted of a history.
#[derive(Debug, Clone, Default)]
pub(crate) struct HistoryWish {
    /// Only changes of these fields; all where empty.
    pub fields: Vec<String>,
    /// An ISO date or time: only what was written then or later.
    pub since: Option<String>,
    /// At most so many commits.
    pub limit: Option<usize>,
}

impl HistoryWish {
    fn wants(&self, field: &str) -> bool {
        self.fields.is_empty()
            || self.fields.iter().any(|wanted| {
                field == wanted
                    || field
                        .strip_prefix(&**wanted)
                        .is_some_and(|rest| rest.starts_with('.'))
            })
    }
}

impl Engine {
    /// The history of the item at `path`, and what could not be told. The item need not be there any more.
    pub(crate) fn history(
        &self,
        path: &str,
        wish: &HistoryWish,
    ) -> Result<(HistoryView, Vec<String>), EngineError> {
        let fail = |error: SourceError| EngineError::from_source(&error);
        if self.origin.git_dir().is_none() {
            let error = EngineError::environment("no-history", "there is no Git here");
            return Err(error.hint("`git init` begins a history"));
        }
        let scan = self.scan()?;
        let layout = self.recognize(&scan);
        let past = Past::open(self.origin.place()).map_err(fail)?;
        let mut versions = Versions::new(self, past, layout.places.clone());
        let head = self.origin.head().and_then(|head| Id::of(&head));
        let now = self.item_now(path, &scan, &layout);

        let mut told = Teller {
            wish,
            rows: Vec::new(),
            warnings: Vec::new(),
            more: false,
            last: now.as_ref().map(Named::of),
        };
        let mut from = path.to_owned();
        if !self.origin.is_bare() {
            from = told
                .uncommitted(path, now.as_ref(), head, &scan, &mut versions)
                .map_err(fail)?;
        }
        if let Some(head) = head {
            let uid = now.and_then(|item| item.uid);
            let walk = Walk::from(head, &from, uid, &versions);
            let walked = walk.and_then(|walk| told.walk(walk, &mut versions));
            if let Err(error) = walked {
                // A clone may lack old objects; what it has is still worth telling.
                told.warnings
                    .push(format!("older commits cannot be read: {error}"));
            }
        }
        let named = told.last.unwrap_or_default();
        let view = HistoryView {
            path: path.to_owned(),
            id: named.id,
            title: named.title,
            commits: told.rows,
            more: told.more,
        };
        Ok((view, told.warnings))
    }

    /// The path of an item that is not there any more, or not under this name: by one of these paths, or
    /// by its file stem or an id with which the name of its file begins. Of several the last one.
    pub(crate) fn gone(
        &self,
        paths: &[String],
        reference: &str,
    ) -> Result<Option<String>, EngineError> {
        let Some(head) = self.origin.head().and_then(|head| Id::of(&head)) else {
            return Ok(None);
        };
        let prefix = self.origin.prefix();
        let wanted = reference.to_lowercase();
        let mut found: [Option<String>; 3] = [const { None }; 3];
        let mut seen = |path: &str| {
            let path = path.strip_prefix(&*prefix).unwrap_or(path);
            let lower = path.to_lowercase();
            let stem = path::stem_of(&lower);
            let begins = stem
                .strip_prefix(&*wanted)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
            let class = match () {
                () if paths.iter().any(|wanted| wanted == path) => 0,
                () if wanted.is_empty() => return,
                () if stem == wanted => 1,
                () if begins => 2,
                () => return,
            };
            found[class].get_or_insert_with(|| path.to_owned());
        };
        everywhere::paths_ever(
            self.origin.place(),
            head,
            prefix.trim_end_matches('/'),
            &|name| self.presets().wants_file(name),
            &mut seen,
        )
        .map_err(|error| EngineError::from_source(&error))?;
        let Some(mut path) = found.into_iter().flatten().next() else {
            return Ok(None);
        };
        for _ in 0..MOVES {
            let first = HistoryWish {
                limit: Some(1),
                ..HistoryWish::default()
            };
            let (view, _) = self.history(&path, &first)?;
            // A name from before a move: the item goes on under another.
            match view.commits.into_iter().next() {
                Some(row) if row.old_path.as_ref() == Some(&path) => path = row.path,
                _ => break,
            }
        }
        Ok(Some(path))
    }

    /// The item as its files are now.
    fn item_now(&self, path: &str, scan: &Scan, layout: &Layout) -> Option<Item> {
        let file = scan
            .files
            .binary_search_by(|found| (*found.path).cmp(path))
            .ok()?;
        let at = layout
            .units
            .binary_search_by_key(&file, |unit| unit.file)
            .ok()?;
        let job = Job {
            origin: &self.origin,
            layout,
            files: &scan.files,
            roots: self.roots(),
            started_ns: scan.started_ns,
        };
        Some(job.project(&layout.units[at])?.item)
    }
}

/// What an item was called.
#[derive(Default)]
struct Named {
    id: Option<String>,
    title: String,
}

impl Named {
    fn of(item: &Item) -> Self {
        Self {
            id: item.id.clone(),
            title: item.title.clone(),
        }
    }
}

/// Makes rows of steps.
struct Teller<'w> {
    wish: &'w HistoryWish,
    rows: Vec<CommitRow>,
    warnings: Vec<String>,
    more: bool,
    /// The newest version that was seen.
    last: Option<Named>,
}

impl Teller<'_> {
    /// What the work tree changed since HEAD. Gives where the item is in HEAD.
    fn uncommitted(
        &mut self,
        path: &str,
        now: Option<&Item>,
        head: Option<Id>,
        scan: &Scan,
        versions: &mut Versions<'_>,
    ) -> Result<String, SourceError> {
        let Some(head) = head else {
            if let Some(now) = now {
                self.row(None, "created", now, None, created(now));
            }
            return Ok(path.to_owned());
        };
        let tree = versions.past.commit(head)?.tree;
        let mut before = versions.at(tree, path)?;
        let item = versions.item(&before)?;
        let are_two = matches!(
            (now.and_then(|now| now.uid.as_ref()), item.as_ref().and_then(|item| item.uid.as_ref())),
            (Some(one), Some(other)) if one != other
        );
        if let Some(now) = now
            && (before.own.is_none() || are_two)
        {
            before.own = None;
            let is_here = |path: &str| {
                scan.files
                    .binary_search_by(|found| (*found.path).cmp(path))
                    .is_ok()
            };
            let candidates = versions
                .committed(head)?
                .into_iter()
                .map(|(path, own)| Candidate {
                    stayed: is_here(&path),
                    path,
                    own,
                });
            // What stayed as it was is no other item's past.
            let candidates = candidates.filter(|candidate| !candidate.stayed).collect();
            if let Some(origin) = versions.same_among(now, candidates)? {
                before = versions.at(tree, &origin)?;
            }
        }
        match (now, versions.item(&before)?) {
            (Some(now), Some(before)) => {
                let found = between(&before, now, versions);
                if !found.is_empty() {
                    self.row(None, word(&before, now), now, Some(&before), found);
                }
            }
            (Some(now), None) => self.row(None, "created", now, None, created(now)),
            (None, Some(before)) => {
                self.last.get_or_insert_with(|| Named::of(&before));
                self.row(None, "deleted", &before, None, vec![deleted(&before.path)]);
            }
            (None, None) => {}
        }
        Ok(before.path)
    }

    fn walk(&mut self, mut walk: Walk, versions: &mut Versions<'_>) -> Result<(), SourceError> {
        while let Some(step) = walk.step(versions)? {
            let is_full = (self.wish.limit).is_some_and(|limit| self.rows.len() >= limit);
            let since = self.wish.since.as_deref();
            if since.is_some_and(|since| clock::iso_at(walk.time, 0).0.as_str() < since) {
                break;
            }
            if is_full {
                self.more = true;
                break;
            }
            self.step(&step, versions)?;
        }
        for id in walk.cut {
            let id = id.short();
            self.warnings
                .push(format!("this clone does not have what came before {id}"));
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, versions: &mut Versions<'_>) -> Result<(), SourceError> {
        let now = versions.item(&step.version)?;
        let mut befores = Vec::new();
        for parent in &step.parents {
            befores.push(versions.item(parent)?);
        }
        let commit = Some((step.commit, &*versions));
        let before = befores.iter().flatten().next().cloned();
        match (now, before) {
            (Some(now), None) => {
                self.last.get_or_insert_with(|| Named::of(&now));
                let found = created(&now);
                self.row(commit, "created", &now, None, found);
            }
            (None, Some(before)) => {
                self.last.get_or_insert_with(|| Named::of(&before));
                // Where one side of a merge had it no more, its end was told there.
                if befores.iter().any(Option::is_none) {
                    return Ok(());
                }
                match &step.moved_to {
                    Some(path) => {
                        let new = Item {
                            path: path.clone(),
                            ..(*before).clone()
                        };
                        let found = vec![moved(&before.path, path)];
                        self.row(commit, "moved", &new, Some(&before), found);
                    }
                    None => {
                        self.row(
                            commit,
                            "deleted",
                            &before,
                            None,
                            vec![deleted(&before.path)],
                        );
                    }
                }
            }
            (Some(now), Some(before)) => {
                self.last.get_or_insert_with(|| Named::of(&now));
                let mut found = between(&before, &now, versions);
                // Of a merge, what is in none of its parents.
                let key = |change: &Change| {
                    let old = change.new.is_none().then(|| change.old.clone());
                    (
                        change.field.clone(),
                        change.section.clone(),
                        change.new.clone(),
                        old,
                    )
                };
                for parent in befores.iter().skip(1) {
                    let others: HashSet<_> = match parent {
                        Some(parent) => between(parent, &now, versions).iter().map(key).collect(),
                        None => continue,
                    };
                    found.retain(|change| others.contains(&key(change)));
                }
                if !found.is_empty() {
                    let commit = Some((step.commit, &*versions));
                    self.row(commit, word(&before, &now), &now, Some(&before), found);
                }
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Adds a row, if anything in it is wanted.
    fn row(
        &mut self,
        commit: Option<(Id, &Versions<'_>)>,
        change: &str,
        item: &Item,
        before: Option<&Item>,
        mut found: Vec<Change>,
    ) {
        found.retain(|change| self.wish.wants(&change.field));
        let is_full = (self.wish.limit).is_some_and(|limit| self.rows.len() >= limit);
        if found.is_empty() || is_full {
            self.more |= is_full && !found.is_empty();
            return;
        }
        let told = commit.and_then(|(id, versions)| versions.past.told(id).ok());
        let (at, local) = match &told {
            Some(told) => {
                let (at, local) = clock::iso_at(told.at.0, told.at.1);
                (Some(at), Some(local))
            }
            None => (None, None),
        };
        if let (Some(at), Some(since)) = (&at, &self.wish.since)
            && at < since
        {
            return;
        }
        let id = commit.map(|(id, _)| id);
        self.rows.push(CommitRow {
            commit_oid: id.map(|id| id.to_string()),
            short_oid: id.map(|id| id.short()),
            at,
            at_local: local,
            author: told.as_ref().map(|told| told.author.clone()),
            email: told.as_ref().map(|told| told.email.clone()),
            subject: told.map(|told| told.subject),
            path: item.path.clone(),
            id: item.id.clone(),
            change: change.to_owned(),
            old_path: before
                .map(|before| before.path.clone())
                .filter(|path| *path != item.path),
            changes: found.into_iter().map(field).collect(),
        });
    }
}

fn field(change: Change) -> FieldRow {
    FieldRow {
        field: change.field,
        old: change.old,
        new: change.new,
        section: change.section,
        lines_added: change.lines.map(|(added, _)| added),
        lines_removed: change.lines.map(|(_, removed)| removed),
        description: change.description,
    }
}

/// All differences of two versions, their paths among them.
fn between(before: &Item, now: &Item, versions: &mut Versions<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    if before.path != now.path {
        found.push(moved(&before.path, &now.path));
    }
    let versions = std::cell::RefCell::new(versions);
    let feeds = |key: &str| versions.borrow_mut().fields_of(&now.path, key);
    found.extend(changes(before, now, &feeds));
    found
}

fn word(before: &Item, now: &Item) -> &'static str {
    match before.path == now.path {
        true => "modified",
        false => "moved",
    }
}

fn moved(from: &str, to: &str) -> Change {
    Change::new("path", Some(from.to_owned()), Some(to.to_owned()), "moved")
}

fn deleted(path: &str) -> Change {
    Change::new("path", Some(path.to_owned()), None, "deleted")
}

fn created(item: &Item) -> Vec<Change> {
    let mut found = vec![Change::new(
        "path",
        None,
        Some(item.path.clone()),
        "created",
    )];
    found.extend(beginnings(item));
    found
}
