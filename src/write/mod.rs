//! Files put in place of others, so that nothing is lost: not on a crash, not to an editor.
//! Gets paths below a root and bytes from `engine`.
//! Gives what was done, or why it was not.
//! Never: knows what is in a file; writes outside the root, through a link, or over a file that is
//! not the expected one.
//! Read next: `session`, then `replace`, `journal` and `forward`.

mod attributes;
mod error;
mod folder;
mod forward;
mod fresh;
mod ground;
mod journal;
mod place;
mod recover;
mod replace;
mod session;

#[cfg(test)]
mod tests;

pub(crate) use error::WriteError;
pub(crate) use fresh::Fresh;
pub(crate) use journal::{CutOff, Fate};
pub(crate) use place::check_new;
pub(crate) use recover::Kept;
pub(crate) use session::{Batch, Change, Home, Landed, Session, Told, read};
