//! One item as it was in a commit: `show --at`.
//! Gets a revision and REF. Gives the view of `show`, with links as they were written.
//! Never: asks the cache; reads more files of the commit than it takes to find the item.

use std::path::Path;

use memchr::memmem;

use crate::base::{hash, path};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::project::{Loaded, understand};
use crate::model::document::Origin as Written;
use crate::model::file::Scan;
use crate::model::item::Item;
use crate::presets::{Layout, Unit};
use crate::query::QueryError;
use crate::query::near::near;
use crate::query::view::{
    CheckRow, EntryRow, ItemRow, LinkRow, PersonRow, ProblemRow, SectionRow, ShowView,
};
use crate::source::commit::Objects;
use crate::source::past;

/// A larger file is an item without content.
const LARGEST: u64 = 64 << 20;

/// So many items that a name may mean are told.
const MOST: usize = 101;

/// How a name fits an item, as for REF everywhere: the first class that fits wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Id,
    IdInAnotherCase,
    Alias,
    Uid,
    UidBegins,
    Stem,
}

/// Which files are understood, and not only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    AtAll,
    WhereItIsWritten,
}

impl Engine {
    /// What paths are relative to.
    pub(crate) fn root(&self) -> &Path {
        self.origin.root()
    }

    /// The item that `reference`, or one of `paths`, names in the commit that `revision` means; with
    /// the id of the commit. Conventions and their roots are those of the present configuration.
    pub(crate) fn show_at(
        &self,
        revision: &str,
        reference: &str,
        paths: &[String],
    ) -> Result<(String, Result<ShowView, QueryError>), EngineError> {
        let fail = |error| EngineError::from_source(&error);
        let place = self.origin.place();
        let Some(commit) = past::revision(place, revision).map_err(fail)? else {
            let message = format!("there is no revision `{revision}`");
            let error = EngineError::usage("no-such-revision", message);
            let names = past::names(place);
            let near = near(revision, names.iter().map(String::as_str));
            return Err(match near.first() {
                Some(name) => error.hint(format!("did you mean `{name}`?")),
                None => error.hint("a commit, branch or tag, as `git log` takes it"),
            });
        };
        let commit = commit.to_string();
        let scan = self
            .origin
            .scan_of(&commit, self.presets(), &self.config)
            .map_err(fail)?;
        let tree = Tree {
            layout: self.recognize(&scan),
            objects: Objects::open(place).map_err(fail)?,
            sha256: self.origin.sha256(),
            scan,
        };
        let mut found = tree.named(reference, paths)?;
        found.sort_by(|one, other| one.path.cmp(&other.path));
        let item = match found.len() {
            1 => found.swap_remove(0),
            0 => {
                let mut error = EngineError::environment(
                    "not-found",
                    format!("no item is named `{reference}` in {revision}"),
                );
                error.class = Class::No;
                return Err(error.hint(format!(
                    "`kanban history {reference}` tells when it came and went"
                )));
            }
            _ => {
                found.truncate(MOST);
                let ambiguous = QueryError::Ambiguous {
                    reference: reference.to_owned(),
                    candidates: found.iter().map(row).collect(),
                };
                return Ok((commit, Err(ambiguous)));
            }
        };
        Ok((commit, Ok(view(&item))))
    }
}

/// The items of a commit, before any is read.
struct Tree {
    scan: Scan,
    layout: Layout,
    objects: Objects,
    sha256: bool,
}

impl Tree {
    /// All items of the best class that fits.
    fn named(&self, reference: &str, paths: &[String]) -> Result<Vec<Item>, EngineError> {
        let path = |unit: &Unit| &*self.scan.files[unit.file].path;
        for wanted in paths {
            if let Some(unit) = self.layout.units.iter().find(|unit| path(unit) == wanted) {
                return Ok(vec![self.item(unit, None)?]);
            }
        }
        let lower = reference.to_lowercase();
        if lower.is_empty() {
            return Ok(Vec::new());
        }
        // Most conventions have the id in the name of the file.
        let is_called = |unit: &&Unit| path(unit).to_lowercase().contains(&lower);
        let (called, others): (Vec<_>, Vec<_>) = self.layout.units.iter().partition(is_called);
        let found = self.best(&called, reference, &lower, Look::AtAll)?;
        if !found.is_empty() {
            return Ok(found);
        }
        let found = self.best(&others, reference, &lower, Look::WhereItIsWritten)?;
        if !found.is_empty() {
            return Ok(found);
        }
        // An id may be put together from pieces.
        self.best(&others, reference, &lower, Look::AtAll)
    }

    fn best(
        &self,
        units: &[&Unit],
        reference: &str,
        lower: &str,
        look: Look,
    ) -> Result<Vec<Item>, EngineError> {
        let mut best = None;
        let mut found = Vec::new();
        for unit in units {
            let bytes = self.bytes(unit.file)?;
            if look == Look::WhereItIsWritten
                && memmem::find(&bytes.to_ascii_lowercase(), lower.as_bytes()).is_none()
            {
                continue;
            }
            let item = self.item(unit, Some(bytes))?;
            let Some(fit) = fit(&item, reference, lower) else {
                continue;
            };
            if best.is_none_or(|best| fit < best) {
                best = Some(fit);
                found.clear();
            }
            if best == Some(fit) {
                found.push(item);
            }
        }
        Ok(found)
    }

    fn bytes(&self, file: usize) -> Result<Vec<u8>, EngineError> {
        let found = &self.scan.files[file];
        self.objects
            .read(found, LARGEST)
            .map_err(|error| EngineError::environment("cannot-read", error.to_string()))
    }

    fn item(&self, unit: &Unit, bytes: Option<Vec<u8>>) -> Result<Item, EngineError> {
        let bytes = bytes.map_or_else(|| self.bytes(unit.file), Ok)?;
        let own = Loaded::of(bytes, None, self.sha256);
        let path = |file: usize| &*self.scan.files[file].path;
        let companion = match unit.companion {
            Some(file) => Some((path(file), Loaded::of(self.bytes(file)?, None, self.sha256))),
            None => None,
        };
        Ok(understand(
            &self.layout.places[unit.place],
            unit.variant,
            (path(unit.file), &own),
            companion.as_ref().map(|(path, loaded)| (*path, loaded)),
        ))
    }
}

fn fit(item: &Item, reference: &str, lower: &str) -> Option<Fit> {
    let stem = path::stem_of(&item.path);
    let uid = item.uid.as_ref().map(|uid| uid.to_lowercase());
    let is_alias = |alias: &String| alias.to_lowercase() == lower;
    match &item.id {
        Some(id) if id == reference => return Some(Fit::Id),
        Some(id) if id.to_lowercase() == lower => return Some(Fit::IdInAnotherCase),
        _ => {}
    }
    if item.aliases.iter().any(is_alias) {
        return Some(Fit::Alias);
    }
    match uid {
        Some(uid) if uid == lower => return Some(Fit::Uid),
        Some(uid) if lower.len() >= 4 && uid.starts_with(lower) => return Some(Fit::UidBegins),
        _ => {}
    }
    (stem.to_lowercase() == lower).then_some(Fit::Stem)
}

fn row(item: &Item) -> ItemRow {
    ItemRow {
        path: item.path.clone(),
        id: item.id.clone(),
        uid: item.uid.clone(),
        preset: item.preset.to_string(),
        kind: item.kind.clone(),
        title: item.title.clone(),
        state: item.state.clone(),
        phase: item.phase.map(|phase| phase.as_str().to_owned()),
        priority: item.priority.clone(),
        parent: item.parent.clone(),
        owner: item.owner.clone(),
        area: item.area.clone(),
        iteration: item.iteration.clone(),
        created: item.created.clone(),
        updated: item.updated.clone(),
        due: item.due.clone(),
        status: item.status.as_str().to_owned(),
        tags: item.tags.clone(),
        problems: item.problems.len() as u64,
        repository: None,
        branch: None,
    }
}

/// The item as `show` shows it; what only other items can tell is left out.
fn view(item: &Item) -> ShowView {
    let piece = |range: &std::ops::Range<usize>| {
        let text = item.body.get(range.clone());
        text.unwrap_or_default().to_owned()
    };
    let second = item.companion.as_ref().unwrap_or(&item.path);
    let file = |companion: bool| if companion { second } else { &item.path }.clone();
    ShowView {
        item: row(item),
        companion: item.companion.clone(),
        content_hash: hash::hex(&item.content_hash),
        blob_oid: hash::hex(&item.blob_oid),
        frontmatter: serde_json::from_str(&item.frontmatter).unwrap_or_default(),
        body: item.body.clone(),
        people: (0..)
            .zip(&item.people)
            .map(|(seq, person)| PersonRow {
                role: person.role.to_string(),
                seq,
                name: person.name.clone(),
            })
            .collect(),
        links: (item.links.iter())
            .map(|link| LinkRow {
                rel: link.rel.to_string(),
                target: link.target.clone(),
                target_path: None,
                target_id: None,
                target_title: None,
                target_phase: None,
                origin: match link.origin {
                    Written::Frontmatter => "frontmatter",
                    Written::Wikilink => "wikilink",
                    Written::Markdown => "markdown",
                }
                .to_owned(),
                file: file(link.companion),
                line: link.line.into(),
            })
            .collect(),
        backlinks: Vec::new(),
        children: Vec::new(),
        entries: (item.entries.iter())
            .map(|entry| EntryRow {
                at: entry.at.clone(),
                author: entry.author.clone(),
                model: entry.model.clone(),
                text: piece(&entry.range),
                file: second.clone(),
                line: entry.line.into(),
            })
            .collect(),
        checks: (item.checks.iter())
            .map(|check| CheckRow {
                section: check
                    .section
                    .and_then(|at| Some(item.sections.get(at)?.title.clone())),
                done: check.done,
                text: piece(&check.range),
                file: second.clone(),
                line: check.line.into(),
            })
            .collect(),
        sections: (item.sections.iter())
            .map(|section| SectionRow {
                level: section.level.into(),
                title: section.title.clone(),
                file: second.clone(),
                line: section.line.into(),
            })
            .collect(),
        problem_list: (item.problems.iter())
            .map(|problem| ProblemRow {
                path: item.path.clone(),
                id: item.id.clone(),
                code: problem.code.to_owned(),
                severity: problem.severity.as_str().to_owned(),
                file: file(problem.companion),
                line: problem.line.into(),
                col: problem.col.into(),
                message: problem.message.clone(),
                hint: problem.hint.clone(),
                repository: None,
                branch: None,
            })
            .collect(),
    }
}
