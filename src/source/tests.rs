//! Laws and examples of `source`, against git itself.

mod commit;
mod git;
mod ignored;
mod place;
mod small;
mod walk;
mod world;
