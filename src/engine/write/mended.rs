//! What can be mended in an item without a doubt: values that YAML refuses, words and dates with a slip
//! that only one thing can be meant by, an id that only the name of the file says.
//! Gets a draft. Gives it changed, with a note for each change.
//! Never: chooses between two; what is not certain stays a problem.

use crate::base::path;
use crate::engine::error::EngineError;
use crate::engine::write::draft::{Draft, Ground};
use crate::engine::write::plan::{self, with_both};
use crate::model::edit::Op;
use crate::model::intent::{Act, Assignment};
use crate::model::item::Item;
use crate::presets::Convention;

/// The problems of which some can be mended.
pub(crate) const MENDABLE: [&str; 6] = [
    "invalid-frontmatter",
    "missing-id",
    "unknown-state",
    "unknown-kind",
    "unknown-priority",
    "invalid-date",
];

pub(super) fn mend(
    ground: &Ground<'_>,
    draft: &mut Draft,
    convention: Convention<'_>,
) -> Result<(), EngineError> {
    quote(draft)?;
    let item = draft.read(ground);
    let has = |code: &str| item.problems.iter().any(|problem| problem.code == code);
    let mut changes = Vec::new();
    if has("missing-id")
        && let Some(id) = unwritten_id(ground, &item, convention)
    {
        changes.push(("id", String::new(), id));
    }
    for (code, field, value) in [
        ("unknown-state", "state", &item.state),
        ("unknown-kind", "kind", &item.kind),
        ("unknown-priority", "priority", &item.priority),
        ("invalid-date", "created", &item.created),
        ("invalid-date", "updated", &item.updated),
        ("invalid-date", "due", &item.due),
    ] {
        if let (true, Some(written)) = (has(code), value)
            && let Some(meant) = convention.meant(field, written)
        {
            changes.push((field, written.clone(), meant));
        }
    }
    for (field, was, now) in changes {
        let assignment = Assignment {
            field: field.to_owned(),
            act: Act::Set(now.clone()),
        };
        // What cannot be written so, in an item in a strange form, stays a problem.
        if plan::assign(ground, draft, convention, &assignment).is_ok() {
            draft.notes.push(match was.as_str() {
                "" => format!("{field}: `{now}`, as its name says"),
                was => format!("{field}: `{was}` is now `{now}`"),
            });
        }
    }
    Ok(())
}

/// Quotes around values that YAML refuses, one after the other.
fn quote(draft: &mut Draft) -> Result<(), EngineError> {
    /// A block has no more lines worth it.
    const ROUNDS: usize = 64;
    for _ in 0..ROUNDS {
        let broken = with_both(draft, |own, _| {
            let mut problems = own.problems.iter();
            let problem = problems.find(|problem| problem.code == "invalid-frontmatter");
            problem.map(|problem| problem.line)
        });
        let Some(line) = broken else {
            return Ok(());
        };
        draft.edit(&[Op::Quote { line }])?;
        draft.notes.push(format!("quoted the value on line {line}"));
    }
    Ok(())
}

/// The id that the name of the file says, where no other item has it, nor another file's name.
fn unwritten_id(ground: &Ground<'_>, item: &Item, convention: Convention<'_>) -> Option<String> {
    let root = ground.root_of(&item.path);
    let said = |path: &str| {
        convention
            .id_in_path(path::below(root, path)?)
            .map(str::to_owned)
    };
    let id = said(&item.path)?;
    let is_taken = |(path, other): &(String, Option<String>)| {
        let other = other.clone().or_else(|| said(path));
        *path != item.path && other.is_some_and(|other| other.eq_ignore_ascii_case(&id))
    };
    (!ground.names(&item.path).iter().any(is_taken)).then_some(id)
}
