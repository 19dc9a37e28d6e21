//! `kanban`: Markdown items with frontmatter in Git, projected one way into a disposable cache.
//!
//! Reading order is the order of the `mod` lines; each folder may import only what the table in
//! docs/architecture.md allows, and `tests/it/layers/` holds the code to it.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "a test sets its stage with plain file and process calls"
    )
)]

mod base;
mod model;

mod parse;
mod presets;
mod privacy;
mod source;

mod edit;
mod merge;
mod write;

mod hooks;

mod projection;
mod stores;

mod query;

mod sync;

mod engine;

pub mod cli;

#[cfg(feature = "internals")]
pub mod internals;
