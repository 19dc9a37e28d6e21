//! What the standard library lacks; no domain word in here.
//! Gets plain values from any folder.
//! Gives time, hashes, identities, locks, atomic files and the names of our environment variables to all of them.
//! Never: a word of the glossary, async, SQL.
//! Read next: `model`.

pub(crate) mod atomic;
pub(crate) mod clock;
pub(crate) mod env;
pub(crate) mod fault;
pub(crate) mod hash;
pub(crate) mod lock;
pub(crate) mod path;
pub(crate) mod process;
pub(crate) mod unique;

#[cfg(test)]
mod tests;
