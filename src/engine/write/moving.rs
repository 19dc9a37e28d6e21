//! Items on their way to other names: what changes in them, in the links to them, and in those from
//! them.
//! Gets items as they were read, and where each is to go. Gives pages, and the changes of files.
//! Never: rewrites what may mean something else; a link that cannot be rewritten for sure is named.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::base::{hash, path};
use crate::engine::error::EngineError;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::error::unwritten;
use crate::engine::write::retarget::{
    Edit, Kind, leads, new_id, new_target, retargeted, split_heading,
};
use crate::engine::write::{Task, diff, draft, plan, shown};
use crate::model::document::{Entry, Origin, Value};
use crate::model::item::Item;
use crate::parse::{self, Source};
use crate::query::view::WriteRow;
use crate::stores::sqlite::Pointer;
use crate::write::{self, Change};

/// An item that gets another name.
pub(super) struct Moving {
    /// As it is now.
    pub draft: Draft,
    /// What else is to change in it.
    pub task: Task,
    pub way: Way,
    /// The links that lead to it.
    pub pointers: Vec<Pointer>,
    pub notes: Vec<String>,
}

/// What an item was called, and is to be called.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// Paths of its file.
    pub from: String,
    pub to: String,
    /// Its id before and from now on, where it gets another one.
    pub ids: Option<(String, String)>,
}

/// What changes in one file.
pub(super) struct Page {
    pub path: String,
    pub to: String,
    before: Vec<u8>,
    now: Vec<u8>,
    item: Item,
    notes: Vec<String>,
    /// Links that are to say something else.
    edits: Vec<Edit>,
    /// It goes along with the file of its item, and is no item itself.
    is_companion: bool,
}

/// The pages of one write, each once.
struct Pages<'g, 'a> {
    ground: &'g Ground<'a>,
    all: Vec<Page>,
    at: HashMap<String, usize>,
}

/// The files that change when these items get their new names: first those of the items.
pub(super) fn pages(ground: &Ground<'_>, moving: Vec<Moving>) -> Result<Vec<Page>, EngineError> {
    let mut pages = Pages {
        ground,
        all: Vec::new(),
        at: HashMap::new(),
    };
    for Moving { draft, way, .. } in &moving {
        let to = &way.to;
        pages.add(Page::of(&draft.own, to.clone(), draft.before().clone()));
        if let Some(companion) = &draft.companion {
            let beside = path::joined(path::folder_of(to), path::name_of(&companion.path));
            let mut page = Page::of(companion, beside, draft.before().clone());
            page.is_companion = true;
            pages.add(page);
        }
    }
    // Links first: their lines are those of the files as they are.
    for one in &moving {
        for pointer in &one.pointers {
            pages.inward(pointer, &one.way)?;
        }
    }
    pages.all.iter_mut().for_each(Page::retarget);
    let targets: HashSet<String> = pages.all.iter().map(|page| page.to.clone()).collect();
    for one in moving {
        pages.settle(one, &targets)?;
    }
    Ok(pages.all)
}

/// Pages that are carried out together: an item with its companion, or another file with links.
pub(super) struct Group<'p> {
    pub pages: &'p [Page],
    /// First what is in the files, then what they are called.
    pub changes: Vec<Change>,
}

/// The groups of all pages in which something changes, those of the items first.
pub(super) fn groups(pages: &[Page]) -> Vec<Group<'_>> {
    let groups = pages.chunk_by(|_, next| next.is_companion);
    let groups = groups.map(|pages| {
        let changed = pages.iter().filter(|page| page.before != page.now);
        let replaces = changed.map(|page| Change::Replace {
            path: page.path.clone().into(),
            before: hash::content_hash(&page.before),
            bytes: page.now.clone(),
        });
        let moved = pages.iter().filter(|page| page.path != page.to);
        let moves = moved.map(|page| Change::Move {
            path: page.path.clone().into(),
            to: page.to.clone().into(),
            before: hash::content_hash(&page.now),
        });
        Group {
            pages,
            changes: replaces.chain(moves).collect(),
        }
    });
    groups.filter(|group| !group.changes.is_empty()).collect()
}

/// What is to be said of links in files that nothing else changes in.
pub(super) fn left(pages: &[Page]) -> Vec<String> {
    let others = pages.iter().filter(|page| page.is_unchanged());
    others.flat_map(|page| page.notes.iter().cloned()).collect()
}

/// The files with links to an item that has moved already: what is left of them to be written.
pub(super) fn pointing(
    ground: &Ground<'_>,
    way: &Way,
    pointers: &[Pointer],
) -> Result<Vec<Page>, EngineError> {
    let mut pages = Pages {
        ground,
        all: Vec::new(),
        at: HashMap::new(),
    };
    for pointer in pointers {
        pages.inward(pointer, way)?;
    }
    pages.all.iter_mut().for_each(Page::retarget);
    Ok(pages.all)
}

/// The receipts of all pages in which something changes; a companion is told of with its item.
pub(super) fn rows(pages: &[Page], with_diff: bool) -> Vec<WriteRow> {
    let mut rows: Vec<WriteRow> = Vec::new();
    for page in pages.iter().filter(|page| !page.is_unchanged()) {
        match rows.last_mut().filter(|_| page.is_companion) {
            Some(row) => {
                if let Some(diff) = &mut row.diff {
                    diff.push_str(&page.diff());
                }
                row.notes.extend(page.notes.iter().cloned());
            }
            None => rows.push(page.row(with_diff)),
        }
    }
    rows
}

impl Pages<'_, '_> {
    fn add(&mut self, page: Page) -> usize {
        self.at.insert(page.path.clone(), self.all.len());
        self.all.push(page);
        self.all.len() - 1
    }

    /// The page of a file with a link; `owner` is the item of which it is a file.
    fn page_of(&mut self, file: &str, owner: &str) -> Result<usize, EngineError> {
        if let Some(at) = self.at.get(file) {
            return Ok(*at);
        }
        let bytes = write::read(self.ground.engine.origin.root(), Path::new(file));
        let bytes = bytes.map_err(|error| unwritten(&error))?;
        let item = self.ground.item(owner, &bytes, None);
        Ok(self.add(Page {
            path: file.to_owned(),
            to: file.to_owned(),
            now: bytes.clone(),
            before: bytes,
            item,
            notes: Vec::new(),
            edits: Vec::new(),
            is_companion: false,
        }))
    }

    /// A link to a moved item, where it names the file, or the item beyond doubt.
    fn inward(&mut self, pointer: &Pointer, way: &Way) -> Result<(), EngineError> {
        let renumbered = way.ids.as_ref();
        let new = renumbered
            .and_then(|(old, new)| new_id(pointer, old, new))
            .or_else(|| new_target(pointer, &way.from, &way.to).filter(|_| way.from != way.to));
        let Some(new) = new.filter(|new| *new != pointer.target) else {
            return Ok(());
        };
        let at = self.page_of(&pointer.file, &pointer.path)?;
        self.all[at].edits.push(Edit {
            line: pointer.line,
            kind: Kind::of(pointer),
            old: pointer.target.clone(),
            new,
        });
        Ok(())
    }

    /// What changes in a moved item itself, and in the links from it.
    fn settle(&mut self, one: Moving, targets: &HashSet<String>) -> Result<(), EngineError> {
        let Moving {
            mut draft,
            task,
            notes,
            ..
        } = one;
        let own = self.at[&task.path];
        let beside = draft.companion.as_ref().map(|page| self.at[&page.path]);
        draft.own.now.clone_from(&self.all[own].now);
        if let (Some(page), Some(at)) = (&mut draft.companion, beside) {
            page.now.clone_from(&self.all[at].now);
        }
        plan::carry_out(
            self.ground,
            &mut draft,
            &task,
            self.ground.options.keep_updated,
        )?;
        let item = draft.read(self.ground);
        self.all[own].now = draft.own.now;
        self.all[own].notes.extend(draft.notes);
        self.all[own].notes.splice(0..0, notes);
        if let (Some(page), Some(at)) = (draft.companion, beside) {
            self.all[at].now = page.now;
        }
        for link in &item.links {
            let at = beside.filter(|_| link.companion).unwrap_or(own);
            let page = &mut self.all[at];
            let (from, to) = (path::folder_of(&page.path), path::folder_of(&page.to));
            let (way, rest) = split_heading(&link.target);
            let way = path::decoded(way);
            let there = leads(from, &way).filter(|_| from != to);
            let root = self.ground.engine.origin.root();
            let stands = |there: &String| targets.contains(there) || root.join(there).is_file();
            let Some(there) = there.filter(stands) else {
                continue;
            };
            let kind = match link.origin {
                Origin::Frontmatter => Kind::Frontmatter,
                // By name, wherever the file stands.
                Origin::Wikilink => continue,
                Origin::Markdown => Kind::Markdown,
            };
            let new = path::relative(to, &there).replace(' ', "%20");
            page.edits.push(Edit {
                line: link.line,
                kind,
                old: link.target.clone(),
                new: format!("{new}{rest}"),
            });
        }
        for at in std::iter::once(own).chain(beside) {
            self.all[at].retarget();
        }
        self.all[own].item = item;
        Ok(())
    }
}

impl Page {
    fn of(page: &crate::engine::write::draft::Page, to: String, item: Item) -> Self {
        Self {
            path: page.path.clone(),
            to,
            before: page.before.clone(),
            now: page.now.clone(),
            item,
            notes: Vec::new(),
            edits: Vec::new(),
            is_companion: false,
        }
    }

    /// Carries out the edits of links, each that is proved: nothing but these links reads differently
    /// afterwards. One that is not is left, and named.
    fn retarget(&mut self) {
        let edits = std::mem::take(&mut self.edits);
        if edits.is_empty() {
            return;
        }
        let (bytes, found) = retargeted(&self.now, &edits);
        let is_proved = proved(&self.now, &bytes, Source::of(&self.path), &edits);
        if is_proved {
            self.now = bytes;
        }
        for (edit, found) in edits.iter().zip(found) {
            if !is_proved || !found {
                let Edit { line, old, .. } = edit;
                let note = format!("{}:{line}: the link `{old}` was left", self.path);
                if !self.notes.contains(&note) {
                    self.notes.push(note);
                }
            }
        }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.before == self.now && self.path == self.to
    }

    fn diff(&self) -> String {
        let head = match self.path == self.to {
            true => String::new(),
            false => diff::renamed(&self.path, &self.to),
        };
        if self.before == self.now {
            return head;
        }
        head + &diff::unified(
            Some((&self.path, &self.before)),
            Some((&self.to, &self.now)),
        )
    }

    fn row(&self, with_diff: bool) -> WriteRow {
        let is_moved = self.path != self.to;
        WriteRow {
            path: self.to.clone(),
            old_path: is_moved.then(|| self.path.clone()),
            change: if is_moved { "moved" } else { "modified" }.to_owned(),
            id: self.item.id.clone(),
            uid: self.item.uid.clone(),
            title: self.item.title.clone(),
            state: self.item.state.clone(),
            before: Some(shown(&self.before)),
            after: Some(shown(&self.now)),
            diff: with_diff.then(|| self.diff()),
            notes: self.notes.clone(),
        }
    }
}

/// Whether two versions of a file are read alike but for the targets of these links.
fn proved(before: &[u8], after: &[u8], source: Source, edits: &[Edit]) -> bool {
    let (before, after) = (draft::decoded(before), draft::decoded(after));
    let before = parse::parse(&before, source);
    let after = parse::parse(&after, source);
    let swapped = |old: &str, new: &str| {
        old == new
            || edits
                .iter()
                .any(|edit| old.contains(&edit.old) && new.contains(&edit.new))
    };
    let same_links = before.links.len() == after.links.len()
        && before.links.iter().zip(&after.links).all(|(a, b)| {
            a.origin == b.origin && a.line == b.line && swapped(&a.target, &b.target)
        });
    same_links
        && before.sections.len() == after.sections.len()
        && before.checks.len() == after.checks.len()
        && before.problems.len() == after.problems.len()
        && before.invalid == after.invalid
        && alike(&before.frontmatter, &after.frontmatter, &swapped)
}

fn alike(before: &[Entry<'_>], after: &[Entry<'_>], swapped: &impl Fn(&str, &str) -> bool) -> bool {
    let pairs = || before.iter().zip(after);
    before.len() == after.len()
        && pairs().all(|(a, b)| a.key == b.key && same(&a.node.value, &b.node.value, swapped))
}

fn same(before: &Value<'_>, after: &Value<'_>, swapped: &impl Fn(&str, &str) -> bool) -> bool {
    match (before, after) {
        (Value::Text(a), Value::Text(b)) => swapped(a, b),
        (Value::Map(a), Value::Map(b)) => alike(a, b, swapped),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| same(&a.value, &b.value, swapped))
        }
        (a, b) => a == b,
    }
}
