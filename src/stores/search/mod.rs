//! The search sink: words of items to keys of items, in tantivy.
//! Gets items with their keys from `engine`, texts from `query`.
//! Gives an index folder per generation, and hits with marks out of it; for a server the words and the
//! queries that it understands.
//! Never: stores an item's text, decides whether an index is stale, creates lock files.
//! Read next: `words`, then `ask`, then `index`.

mod ask;
mod build;
mod compare;
mod error;
mod fields;
mod fold;
mod folder;
mod index;
mod marker;
mod near;
mod plan;
mod snippet;
pub(crate) mod tsquery;
mod update;
pub(crate) mod vector;
mod words;

pub(crate) use build::IndexBuilder;
pub(crate) use compare::compare;
pub(crate) use error::SearchError;
pub(crate) use index::{Index, Keep};
pub(crate) use marker::Marker;
pub(crate) use update::{IndexUpdate, payload};

#[cfg(test)]
mod tests;

/// Version of the tantivy that is linked in, as Cargo.toml asks for it.
pub(crate) const LIBRARY_VERSION: &str = "0.27";
