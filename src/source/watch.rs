//! What the system tells of changes in folders, as hints: something may have changed there.
//!
//! On Linux by inotify itself, not by a crate above it: a watcher that vouches must know that it has
//! seen everything up to one event, must not be woken by its own reading, and must be told of overflow
//! and unmounting. Elsewhere there is no watcher yet, and the caller polls.
//! Gets folders with what they hold. Gives events in the order in which things happened, and what each
//! means. Never: says what changed; looks at a file; waits.

use std::io;
use std::path::PathBuf;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod inotify;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Event, Watcher};
#[cfg(target_os = "linux")]
pub(crate) use inotify::{Event, Watcher};

/// What a watched folder holds, and so which of its events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// Items, or folders with items.
    Items,
    /// The git dir: HEAD, index, configuration.
    Git,
    /// Branches, where items come from a commit.
    Refs,
    /// The cookies of readers.
    Cookies,
    /// What other processes want of the watcher, and their tickets.
    Requests,
}

/// What an event means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Nothing that concerns us.
    Nothing,
    /// That file may have changed, and nothing else.
    File(PathBuf),
    /// Files may have changed.
    Files,
    /// What decides which files count may have changed: configuration, the commit, the place itself.
    Setup,
    /// Events were lost.
    Lost,
    /// A reader has left a cookie of that name.
    Cookie(String),
    /// Somebody has left a request or a ticket.
    Request,
}

/// Why a folder is not watched.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It is gone, or no folder, or may not be listed: the scan says more.
    Folder,
    /// The system lets nobody watch so many.
    TooMany,
    Other(io::Error),
}
