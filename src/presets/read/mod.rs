//! One document, read by a preset's rules into an item: one pass over the frontmatter sorts each
//! value to its uses, then field by field what was found is cleaned, completed and judged.
//! Gets a `Reading`: a unit's paths, its documents and its preset.
//! Gives the `Item`, with what is wrong with it.
//! Never: looks at another item; whether a link leads anywhere is not known here.
//! Read next: `frontmatter`, then `fields` and `body`.

pub(crate) mod body;
mod fields;
mod frontmatter;
pub(crate) mod links;
pub(crate) mod values;

#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod tests;

use crate::base::path;
use crate::model::document::{Document, Entry, Value};
use crate::model::item::{CheckLine, Item, Status};
use crate::model::merging::CONFLICTS;
use crate::model::problem::{Problem, Severity};
use crate::presets::preset::Preset;
use crate::presets::read::frontmatter::Gathered;
use crate::presets::rules::{Rules, Slot};

/// All that is known of one unit when its item is read.
#[derive(Debug)]
pub(crate) struct Reading<'r, 'd> {
    pub preset: &'r Preset,
    /// As in the unit.
    pub variant: usize,
    /// Root of the convention and path of the file, both relative to the top.
    pub root: &'r str,
    pub path: &'r str,
    pub document: &'r Document<'d>,
    /// Path and document of the second file of a pair.
    pub companion: Option<(&'r str, &'r Document<'d>)>,
    /// The frontmatter as JSON object text.
    pub frontmatter: String,
    pub content_hash: [u8; 32],
    pub blob_oid: Vec<u8>,
}

/// A reading under way.
struct Context<'r, 'd> {
    rules: &'r Rules,
    document: &'r Document<'d>,
    /// The document with the body: the companion's, where the preset has companions.
    text: &'r Document<'d>,
    /// True where `text` is the companion.
    paired: bool,
    /// Path relative to the root of the convention.
    inner: &'r str,
    path: &'r str,
    problems: Vec<Problem>,
}

/// What decides which id frontmatter says.
#[derive(Debug)]
pub(crate) struct IdBy<'p> {
    #[expect(dead_code, reason = "only shown, to tell one rule from another")]
    keys: &'p [String],
    #[expect(dead_code, reason = "only shown, to tell one rule from another")]
    none: &'p [String],
}

impl Preset {
    /// What decides which id frontmatter says, in a variant; nothing where it says none.
    pub(crate) fn id_by(&self, variant: usize) -> Option<IdBy<'_>> {
        let file = &self.rules(variant).file;
        let keys = file.id.keys.as_slice();
        (!keys.is_empty()).then_some(IdBy {
            keys,
            none: &file.none,
        })
    }

    /// The id that frontmatter says, as [`read_item`] takes it.
    pub(crate) fn id_in(&self, variant: usize, entries: &[Entry<'_>]) -> Option<String> {
        let found = frontmatter::gather(self.rules(variant), entries);
        let written = found.one(Slot::Id)?;
        Some(written.text.clone().into_owned())
    }
}

/// Reads the item. Total: what cannot be understood becomes a problem.
pub(crate) fn read_item(reading: Reading<'_, '_>) -> Item {
    let Reading {
        preset,
        variant,
        root,
        path,
        document,
        companion,
        frontmatter,
        content_hash,
        blob_oid,
    } = reading;
    let rules = preset.rules(variant);
    let text = companion.map_or(document, |(_, document)| document);
    let mut context = Context {
        rules,
        document,
        text,
        paired: companion.is_some(),
        inner: path
            .get(root.len()..)
            .unwrap_or(path)
            .trim_start_matches('/'),
        path,
        problems: document.problems.clone(),
    };
    match (companion, &preset.companion) {
        (Some((_, document)), _) => {
            context
                .problems
                .extend(document.problems.iter().map(|problem| Problem {
                    companion: true,
                    ..problem.clone()
                }));
        }
        (None, Some(name)) => context.report(
            "missing-companion",
            Severity::Info,
            None,
            format!("there is no `{name}` beside it"),
            "the text of the item is read from there",
        ),
        (None, None) => {}
    }

    let mut found = frontmatter::gather(rules, &document.frontmatter);
    let id = context.id(&found);
    let id_line = found
        .one(Slot::Id)
        .and_then(|written| written.place)
        .map_or(0, |place| place.line);
    let uid = context.plain(&found.one(Slot::Uid));
    let kind = context.kind(&found);
    let title = context.title(&found);
    let (state, phase) = context.state(&mut found);
    let (priority, priority_rank) = context.priority(&found);
    let (created, updated, due) = context.dates(&found);
    let area = context.plain(&found.one(Slot::Area));
    let iteration = context.plain(&found.one(Slot::Iteration));
    let owner = context.owner(&found);
    let aliases = context.aliases(&mut found, id.as_deref());
    context.inline_tags(&mut found);
    context.mentions(&mut found);
    let entries = context.entries();
    context.unresolved();
    context
        .problems
        .sort_by_key(|problem| (problem.companion, problem.line, problem.col));

    let Gathered {
        people,
        tags,
        links,
        ..
    } = found;
    let parent = links
        .iter()
        .find(|link| &*link.rel == "parent")
        .map(|link| link.target.clone());
    let documents = [document, text];
    let status = if documents.iter().any(|document| document.conflicted) {
        Status::Conflicted
    } else if documents.iter().any(|document| document.invalid) {
        Status::Invalid
    } else {
        Status::Ok
    };
    Item {
        path: path.to_owned(),
        companion: companion.map(|(path, _)| path.to_owned()),
        preset: std::sync::Arc::clone(&preset.name),
        id,
        id_line,
        uid,
        kind,
        title,
        state,
        phase,
        priority,
        priority_rank,
        parent,
        owner,
        area,
        iteration,
        created,
        updated,
        due,
        people,
        tags,
        aliases,
        links,
        entries,
        checks: text
            .checks
            .iter()
            .map(|check| CheckLine {
                section: check.section,
                done: check.done,
                range: check.range.clone(),
                line: check.line,
            })
            .collect(),
        sections: text.sections.clone(),
        body: text.body.to_owned(),
        frontmatter,
        content_hash,
        blob_oid,
        status,
        problems: context.problems,
    }
}

impl Context<'_, '_> {
    /// Adds a problem; without a place it concerns the file as a whole.
    fn report(
        &mut self,
        code: &'static str,
        severity: Severity,
        place: Option<values::Position>,
        message: String,
        hint: impl Into<String>,
    ) {
        let place = place.unwrap_or_default();
        let mut problem = Problem::at(code, severity, place.line, place.col, message).hint(hint);
        problem.companion = place.companion;
        self.problems.push(problem);
    }

    /// What merges have left in the frontmatter for a person to decide.
    fn unresolved(&mut self) {
        let Some(entry) = self.document.get(CONFLICTS) else {
            return;
        };
        let mut fields = Vec::new();
        if let Value::List(conflicts) = &entry.node.value {
            for conflict in conflicts {
                let field = match &conflict.value {
                    Value::Map(keys) => keys.iter().find(|key| key.key == "field"),
                    _ => None,
                };
                fields.push(match field.map(|field| &field.node.value) {
                    Some(Value::Text(text)) => format!("`{text}`"),
                    _ => "something".to_owned(),
                });
            }
        }
        if !fields.is_empty() {
            let place = values::place(&entry.node);
            self.report(
                "unresolved-conflict",
                Severity::Error,
                Some(place),
                format!("both sides of a merge changed {}", fields.join(", ")),
                "decide with `kanban resolve`",
            );
        }
    }

    /// The file name without its extension; for `index.md` and the like the name of the folder.
    fn stem(&self) -> &str {
        let stem = path::stem_of(self.path);
        let folder = path::folder_of(self.path);
        let general = ["index", "_index", "readme"];
        if general.iter().any(|word| stem.eq_ignore_ascii_case(word)) && !folder.is_empty() {
            path::name_of(folder)
        } else {
            stem
        }
    }
}
