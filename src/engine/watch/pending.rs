//! What a watcher has heard and not yet looked at, and when it is time to look.
//! Gets hints and the time. Gives a verdict. Never: waits; looks at anything.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A burst of changes is over when nothing was heard for so long.
const QUIET: Duration = Duration::from_millis(25);
/// A burst that does not end is looked at after this.
const PATIENCE: Duration = Duration::from_millis(500);
/// More files than this are not told apart.
const MOST: usize = 200;
/// Git is waited for at most so long.
const GIT: Duration = Duration::from_secs(10);

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct What {
    /// These files.
    pub files: BTreeSet<PathBuf>,
    /// All files.
    pub all: bool,
    /// All files, after the place itself was found again.
    pub anew: bool,
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// When the first and the last hint came.
    heard: Option<(Instant, Instant)>,
    what: What,
    /// Not before, unless something new is heard.
    not_before: Option<Instant>,
}

impl Pending {
    /// As at the start: everything, at once.
    pub(super) fn everything() -> Self {
        let mut pending = Self::default();
        let now = Instant::now();
        pending.add_everything(now);
        pending.not_before = Some(now);
        pending
    }

    pub(super) fn any(&self) -> bool {
        self.heard.is_some()
    }

    fn hear(&mut self, now: Instant) {
        let first = self.heard.map_or(now, |(first, _)| first);
        self.heard = Some((first, now));
        self.not_before = None;
    }

    pub(super) fn add_file(&mut self, path: PathBuf, now: Instant) {
        self.hear(now);
        if self.what.files.len() < MOST {
            self.what.files.insert(path);
        } else {
            self.what.all = true;
        }
    }

    pub(super) fn add_files(&mut self, now: Instant) {
        self.hear(now);
        self.what.all = true;
    }

    pub(super) fn add_everything(&mut self, now: Instant) {
        self.add_files(now);
        self.what.anew = true;
    }

    /// What was taken is not done: it is due at that time, with a look at everything.
    pub(super) fn again(&mut self, anew: bool, at: Instant) {
        self.add_files(Instant::now());
        self.what.anew |= anew;
        self.not_before = Some(at);
    }

    /// Takes all.
    pub(super) fn take(&mut self) -> What {
        std::mem::take(self).what
    }

    /// When it will be time; a reader that waits is not known here.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let (first, last) = self.heard?;
        let due = match self.not_before {
            Some(at) => at,
            None => (last + QUIET).min(first + PATIENCE),
        };
        // What is held up by git is looked at again soon.
        Some(if due <= now { now + QUIET } else { due })
    }

    /// Whether it is time. A reader that waits is not kept waiting.
    pub(super) fn is_due(
        &self,
        now: Instant,
        is_awaited: bool,
        git_is_busy: impl FnOnce() -> bool,
    ) -> bool {
        let Some((first, last)) = self.heard else {
            return false;
        };
        if is_awaited && self.not_before.is_none() {
            return true;
        }
        let is_settled = match self.not_before {
            Some(at) => now >= at,
            None => now >= (last + QUIET).min(first + PATIENCE),
        };
        is_settled && (now >= first + GIT || !git_is_busy())
    }
}
