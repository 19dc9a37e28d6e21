//! A change of one file's bytes that touches only what it means.
//! Gets the bytes of one file and `model::edit::Op`s from `engine` and `merge`.
//! Gives new bytes that are proved, or `Refused` with the reason and the line.
//! Never: IO; a guess: what cannot be proved is refused.
//! Read next: `model::edit`, then `fields` and `body`.

use crate::model::edit::{Edited, Op, Refused};
use crate::parse::Source;

mod body;
mod fields;
mod find;
mod habits;
mod list;
mod mend;
mod page;
mod place;
mod plan;
mod proof;
mod second;
mod spell;
mod splice;
#[cfg(test)]
mod tests;
mod toml;
mod toml_spell;
mod tree;
mod values;
mod words;
mod yaml;

const BOM: &str = "\u{feff}";

/// Applies the operations in order. Bytes that no operation means stay as they are.
pub(crate) fn apply(bytes: &[u8], source: Source, ops: &[Op]) -> Result<Edited, Refused> {
    let whole = text(bytes)?;
    let before = whole.strip_prefix(BOM).unwrap_or(whole);
    let mut edited: Option<String> = None;
    for op in ops {
        let now = edited.as_deref().unwrap_or(before);
        if let Some(next) = step(now, source, op)? {
            // It would be taken for a byte order mark.
            if next.starts_with(BOM) && !before.starts_with(BOM) {
                return Err(Refused::at(
                    "not-proved",
                    1,
                    "the text would begin with a byte order mark",
                ));
            }
            edited = Some(next);
        }
    }
    let mut bytes = bytes.to_vec();
    let mut changed = false;
    if let Some(after) = edited.filter(|after| after != before) {
        bytes.truncate(whole.len() - before.len());
        bytes.extend_from_slice(after.as_bytes());
        changed = true;
    }
    Ok(Edited { bytes, changed })
}

/// The text after one operation; none where it has nothing to do.
fn step(text: &str, source: Source, op: &Op) -> Result<Option<String>, Refused> {
    match op {
        Op::Set { .. }
        | Op::Place { .. }
        | Op::Unset { .. }
        | Op::Add { .. }
        | Op::Remove { .. }
        | Op::Rename { .. } => fields::edit(text, source, op),
        Op::Quote { line } => mend::quote(text, source, *line),
        Op::Tick { .. } | Op::Section { .. } | Op::Insert { .. } | Op::Replace { .. } => {
            body::edit(text, source, op)
        }
    }
}

/// The text of a file that every byte of can be written again.
fn text(bytes: &[u8]) -> Result<&str, Refused> {
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        return Err(Refused::at("utf-16", 1, "the file is UTF-16")
            .hint("convert it with `iconv -f UTF-16 -t UTF-8`"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = page::line_of_bytes(bytes, error.valid_up_to());
        Refused::at("not-utf8", line, "the file is not valid UTF-8").hint("save it as UTF-8")
    })?;
    match memchr::memchr(0, bytes) {
        None => Ok(text),
        Some(at) => Err(Refused::at(
            "nul-byte",
            page::line_of_bytes(bytes, at),
            "the file holds a NUL character",
        )
        .hint("remove the character")),
    }
}
