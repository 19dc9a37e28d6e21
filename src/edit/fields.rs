//! Operations on frontmatter: planned, carried out, proved; or refused.
//! Gets the text of a file and one operation; gives the new text, or nothing where nothing is to do.
//! Never: gives a text that is not proved.

use crate::edit::page::Page;
use crate::edit::plan::{Planned, no_such_key};
use crate::edit::proof;
use crate::edit::splice::eol_at;
use crate::edit::toml;
use crate::edit::yaml::{self, Attempt, Sheet};
use crate::model::document::Format;
use crate::model::edit::{KeyPath, Op, Refused, Wanted};
use crate::parse::Source;

/// Ways to write the same, best first; the next one is tried where the proof fails.
const ATTEMPTS: [Attempt; 4] = [
    Attempt {
        ascii: false,
        far: false,
    },
    Attempt {
        ascii: false,
        far: true,
    },
    Attempt {
        ascii: true,
        far: false,
    },
    Attempt {
        ascii: true,
        far: true,
    },
];

/// Applies one operation on the frontmatter.
pub(crate) fn edit(text: &str, source: Source, op: &Op) -> Result<Option<String>, Refused> {
    refuse_nul(op)?;
    let Some(page) = Page::read(text, source)? else {
        return begin(text, source, op);
    };
    match page.format {
        Format::Yaml => yaml_block(&page, op),
        Format::Toml => {
            let sheet = toml::Sheet::read(&page)?;
            settle(&page, [()], |()| sheet.plan(op))
        }
        Format::Json => Ok(None),
    }
}

/// Puts a block in front of a file that has none, where the operation writes something.
fn begin(text: &str, source: Source, op: &Op) -> Result<Option<String>, Refused> {
    match op {
        Op::Set { .. } | Op::Place { .. } | Op::Add { .. } => {}
        Op::Rename { key, .. } => return Err(no_such_key(key)),
        _ => return Ok(None),
    }
    let eol = eol_at(text, 0);
    let with_block = format!("---{eol}---{eol}{text}");
    let Ok(Some(page)) = Page::read(&with_block, source) else {
        return Err(Refused::at(
            "not-proved",
            1,
            "a block of frontmatter in front would not be one",
        ));
    };
    if with_block[page.body..] != *text {
        return Err(Refused::at(
            "not-proved",
            1,
            "the text would become part of the frontmatter",
        ));
    }
    yaml_block(&page, op)
}

fn yaml_block(page: &Page<'_>, op: &Op) -> Result<Option<String>, Refused> {
    let root = yaml::tree(page)?;
    settle(page, ATTEMPTS, |attempt| {
        let sheet = Sheet {
            page,
            root: &root,
            attempt,
        };
        match op {
            Op::Set { key, value } => sheet.set(key, value, &[]),
            Op::Place { key, value, order } => sheet.set(key, value, order),
            Op::Unset { key } => sheet.unset(key),
            Op::Add { key, values } => sheet.add(key, values),
            Op::Remove { key, values } => sheet.remove(key, values),
            Op::Rename { key, to } => sheet.rename(key, to),
            Op::Quote { .. }
            | Op::Tick { .. }
            | Op::Section { .. }
            | Op::Insert { .. }
            | Op::Replace { .. } => Ok(None),
        }
    })
}

/// The text of the first attempt that is proved.
fn settle<'t, A>(
    page: &Page<'t>,
    attempts: impl IntoIterator<Item = A>,
    plan: impl Fn(A) -> Planned<'t>,
) -> Result<Option<String>, Refused> {
    let mut why = None;
    let mut tried = Vec::new();
    for attempt in attempts {
        let Some(plan) = plan(attempt)? else {
            return Ok(None);
        };
        let Some(next) = plan.splices.clone().apply() else {
            continue;
        };
        if tried.contains(&next) {
            continue;
        }
        match proof::prove(page, &next, &plan) {
            Ok(()) => return Ok(Some(next)),
            Err(failed) => {
                why.get_or_insert(failed);
            }
        }
        tried.push(next);
    }
    let line = page.line(page.block.start);
    let why = why.unwrap_or_else(|| "its place cannot be told".to_owned());
    Err(Refused::at(
        "not-proved",
        line,
        format!("the edit cannot be proved: {why}"),
    )
    .hint("edit the file by hand"))
}

fn refuse_nul(op: &Op) -> Result<(), Refused> {
    let has_nul = match op {
        Op::Set { key, value } | Op::Place { key, value, .. } => in_keys(key) || in_value(value),
        Op::Unset { key } => in_keys(key),
        Op::Add { key, values } => in_keys(key) || values.iter().any(in_value),
        Op::Remove { key, .. } => in_keys(key),
        Op::Rename { key, to } => in_keys(key) || to.contains('\0'),
        Op::Quote { .. }
        | Op::Tick { .. }
        | Op::Section { .. }
        | Op::Insert { .. }
        | Op::Replace { .. } => false,
    };
    if has_nul {
        return Err(Refused::at(
            "nul",
            0,
            "text with a NUL character cannot be written",
        ));
    }
    match op {
        Op::Set { key, .. }
        | Op::Place { key, .. }
        | Op::Unset { key }
        | Op::Add { key, .. }
        | Op::Remove { key, .. }
        | Op::Rename { key, .. }
            if key.0.is_empty() =>
        {
            Err(Refused::at("no-such-key", 0, "no key is named"))
        }
        _ => Ok(()),
    }
}

fn in_keys(key: &KeyPath) -> bool {
    key.0.iter().any(|key| key.contains('\0'))
}

fn in_value(value: &Wanted) -> bool {
    match value {
        Wanted::Text(text) | Wanted::Alike(text) | Wanted::Plain(text) => text.contains('\0'),
        Wanted::Null => false,
        Wanted::List(items) => items.iter().any(in_value),
        Wanted::Map(pairs) => pairs
            .iter()
            .any(|(key, value)| key.contains('\0') || in_value(value)),
    }
}
