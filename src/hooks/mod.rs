//! Git hooks: a small block of ours in each hook, which starts a refresh and goes on.
//! Gets a `Place` and the path of our program.
//! Gives what stands in each hook, what was done to it, and whether git runs it.
//! Never: runs or changes a line of somebody else's hook, writes where others share without a word.
//! Read next: `block`, then `file`, then `folder`.

mod block;
mod chain;
mod configured;
mod driver;
mod error;
mod file;
mod folder;
mod probe;
mod shell;
mod shift;

pub(crate) use driver::{ATTRIBUTE, ATTRIBUTES, Driver, is_old, named};
pub(crate) use error::HooksError;
pub(crate) use probe::status;
pub(crate) use shift::{Wish, install, uninstall};

use std::path::PathBuf;

use crate::source::repo::Place;

#[cfg(test)]
mod tests;

/// The hooks that tell of changed files. `post-merge` and its like miss `reset` and `stash`, which
/// `post-index-change` sees; `am` runs `post-applypatch` alone.
const WORK_TREE: [&str; 6] = [
    "post-commit",
    "post-merge",
    "post-checkout",
    "post-rewrite",
    "post-index-change",
    "post-applypatch",
];
/// A bare repository changes by a push.
const BARE: [&str; 1] = ["post-receive"];

/// The hooks that a place needs.
pub(crate) fn wanted(place: &Place) -> &'static [&'static str] {
    if place.is_bare() { &BARE } else { &WORK_TREE }
}

/// How a hook stands, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Git runs our block: it has answered.
    Active,
    /// Our block is there, and git does not run it.
    Silent,
    /// Somebody else's hook, without our block.
    Foreign,
    Missing,
    /// A new hook, or a block in an old one.
    Installed,
    /// A hook of ours runs the old one, which is no shell script.
    Chained,
    /// An older block was replaced.
    Renewed,
    /// Nothing to do.
    Unchanged,
    /// A hook that was ours is gone.
    Removed,
    /// The old hook is back, byte for byte.
    Restored,
    /// Not done, and the row says why.
    Refused,
}

impl State {
    /// Stable, kebab-case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silent => "silent",
            Self::Foreign => "foreign",
            Self::Missing => "missing",
            Self::Installed => "installed",
            Self::Chained => "chained",
            Self::Renewed => "renewed",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
            Self::Restored => "restored",
            Self::Refused => "refused",
        }
    }
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub name: &'static str,
    pub state: State,
    /// The file; none for a hook that stands in the configuration.
    pub path: Option<PathBuf>,
    pub message: String,
    pub hint: String,
}

/// Where hooks are kept, and how each stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The folder in which git looks for hooks.
    pub folder: PathBuf,
    /// Where `core.hooksPath` is set: `local`, `worktree`, `global`, `system`, `command`.
    pub scope: Option<String>,
    /// Whether git takes hooks from its configuration too.
    pub configured: bool,
    pub rows: Vec<Row>,
    /// The merge driver of the repository; none where nothing is ever merged.
    pub driver: Option<Driver>,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// What was found or done at one hook, before it is known where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Deed {
    state: State,
    message: String,
    hint: String,
}

impl Deed {
    fn new(state: State, message: impl Into<String>) -> Self {
        Self {
            state,
            message: message.into(),
            hint: String::new(),
        }
    }

    #[must_use]
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    fn at(self, name: &'static str, path: Option<PathBuf>) -> Row {
        Row {
            name,
            state: self.state,
            path,
            message: self.message,
            hint: self.hint,
        }
    }
}
