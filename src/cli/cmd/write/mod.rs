//! The commands that write items: words to intents, receipts to text.
//! Gets arguments and a `Context`.
//! Gives an `Exit`: 1 where some item could not be written.
//! Never: knows how a convention writes anything (that is `engine`).
//! Read next: `run`, then `assign`.

mod assign;
mod fix;
mod items;
mod new;
mod run;
mod text;

pub(crate) use fix::fix;
pub(crate) use items::{edit, link, log, mv, rm, set, tag, tick, unset};
pub(crate) use new::new;
pub(crate) use run::choose;
