//! A change of one file's bytes that touches only what it means.
//! Gets the bytes of one file and `model::edit::Op`s from `engine` and `merge`.
//! Gives new bytes that are proved, or `Refused` with the reason and the line.
//! Never: IO; a guess: what cannot be proved is refused.
//! Read next: `model::edit`.

use crate::model::edit::{Edited, Op, Refused};
use crate::parse::Source;

/// Applies the operations in order. Bytes that no operation means stay as they are.
pub(crate) fn apply(_bytes: &[u8], _source: Source, _ops: &[Op]) -> Result<Edited, Refused> {
    Err(Refused::at("not-proved", 0, "nothing can be edited yet"))
}
