//! Which files exist, and what bytes they hold: a work tree, a commit, or a plain folder.
//! Gets a folder to start from, and what is wanted by name.
//! Gives a `Place`, a `Scan` of candidate files with stamps, and bytes of one file at a time.
//! Never: parses a document, writes into the work tree, runs what a repository configures (but for
//! `git::run`, which `hooks` asks to).
//! Read next: `repo`, then `walk`.

mod bases;
pub(crate) mod cache;
pub(crate) mod commit;
mod error;
pub(crate) mod everywhere;
pub(crate) mod filesystem;
pub(crate) mod git;
pub(crate) mod head;
pub(crate) mod ignore;
pub(crate) mod index;
pub(crate) mod name;
pub(crate) mod past;
pub(crate) mod read;
mod refs;
pub(crate) mod repo;
pub(crate) mod stamp;
mod tree;
pub(crate) mod walk;
mod wants;
pub(crate) mod watch;

pub(crate) use error::SourceError;
pub(crate) use wants::Wants;

#[cfg(test)]
pub(crate) mod tests;
