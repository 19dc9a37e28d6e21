//! Laws and examples of `source`, against git itself.

mod commit;
mod everywhere;
mod git;
mod ignored;
mod place;
mod small;
mod walk;
pub(crate) mod world;
