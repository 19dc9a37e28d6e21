//! Where there is no watcher: every call says so, and the caller polls.
//! Never: pretends.

use std::io;
use std::path::Path;

use crate::source::watch::{Hint, Refused, Role};

/// Never made.
#[derive(Debug, Clone)]
pub(crate) enum Event {}

/// Never made.
#[derive(Debug)]
pub(crate) enum Watcher {}

impl Watcher {
    pub(crate) fn start(_: impl Fn(Vec<Event>) -> bool + Send + 'static) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "there is no watcher for this system yet",
        ))
    }

    pub(crate) fn add(&self, _: &Path, _: Role) -> Result<(), Refused> {
        match *self {}
    }

    pub(crate) fn begin(&self) {
        match *self {}
    }

    pub(crate) fn forget_unseen(&self) {
        match *self {}
    }

    pub(crate) fn folders(&self) -> usize {
        match *self {}
    }

    pub(crate) fn meaning(&self, event: &Event, _: &dyn Fn(&str) -> bool) -> Hint {
        match *event {}
    }
}
