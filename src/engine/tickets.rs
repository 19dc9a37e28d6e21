//! Tickets: "the files may have changed", left by somebody who does not wait for the writer's lock.
//!
//! A ticket is an empty file in the cache folder. Who refreshes takes note of the tickets that are there
//! before it looks at the files, and removes them when it has committed. So a ticket that is gone was
//! served by a look that began after it was written; and who lets go of the lock looks for
//! tickets once more, so that none is left lying. Losing one costs nothing but time: every query looks
//! by itself. Never: trusted for what changed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::clock;
use crate::base::lock::Lock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::{Progress, Step};
use crate::engine::snapshot::{LOCK, Wish, lock_failed};
use crate::stores::generation::Current;

const FOLDER: &str = "tickets";
/// More are not told apart: one look serves them all.
const MOST: usize = 10_000;

/// The tickets that a look will serve.
pub(super) struct Tickets(Vec<PathBuf>);

impl Tickets {
    /// Takes note of the tickets that are there.
    pub(super) fn take(cache_dir: &Path) -> Self {
        let entries = fs::read_dir(cache_dir.join(FOLDER));
        let files = entries.into_iter().flatten().flatten().take(MOST);
        Self(files.map(|entry| entry.path()).collect())
    }

    /// Whether there are any.
    pub(super) fn are_there(cache_dir: &Path) -> bool {
        !Self::take(cache_dir).is_empty()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes them: they are served.
    pub(super) fn serve(self) {
        for path in self.0 {
            drop(remove(&path));
        }
    }
}

/// Where tickets are left.
pub(super) fn folder(cache_dir: &Path) -> PathBuf {
    cache_dir.join(FOLDER)
}

/// Makes the folder of the tickets where it is not there.
pub(super) fn make_folder(cache_dir: &Path) -> Result<(), EngineError> {
    let folder = folder(cache_dir);
    fs::create_dir_all(&folder)
        .map_err(|error| EngineError::io("leaving a ticket", &folder, &error))
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// What became of a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hinted {
    /// The files were looked at.
    Served,
    /// Somebody else is writing, or watching, and will look once more: this ticket is left there.
    Queued(String),
}

/// A step that nobody watches.
struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}
    fn done(&self, _: u64) {}
}

impl Engine {
    /// A hint from a hook. Where no cache is yet, the first question makes it: a work tree that nobody has
    /// asked about may be on its way out again, and git must find it as git left it.
    pub(crate) fn hint_of_hook(&self) -> Result<(), EngineError> {
        if matches!(self.current()?, Current::Missing) {
            let lock = self.origin.cache_dir().join(LOCK);
            // Somebody may be making the first one, of files from before this.
            let is_free =
                !lock.exists() || Lock::try_exclusive(&lock).map_err(lock_failed)?.is_some();
            if is_free && !Self::is_watched(self.origin.cache_dir()) {
                return Ok(());
            }
        }
        self.hint().map(drop)
    }

    /// Leaves a ticket; gives its name.
    fn leave_ticket(&self) -> Result<String, EngineError> {
        self.origin.make_cache_dir()?;
        make_folder(self.origin.cache_dir())?;
        let folder = folder(self.origin.cache_dir());
        let failed = |error: io::Error| EngineError::io("leaving a ticket", &folder, &error);
        let name = format!("{:x}-{:x}", clock::system_ns(), std::process::id());
        fs::File::create(folder.join(&name)).map_err(failed)?;
        Ok(name)
    }

    /// Whether the text may name a ticket. A refresh that begins now has served it when it ends: it looks
    /// at the files, or asks the watcher to, later than the ticket was left.
    pub(crate) fn check_ticket(ticket: &str) -> Result<(), EngineError> {
        let is_name = |c: char| c.is_ascii_hexdigit() || c == '-';
        if !ticket.is_empty() && ticket.chars().all(is_name) {
            return Ok(());
        }
        let error = EngineError::usage("no-ticket", format!("`{ticket}` is no ticket"));
        Err(error.hint("`kanban refresh --ticket` leaves one and prints it"))
    }

    /// For hooks: looks at the files unless somebody is writing, who is left a ticket then.
    pub(crate) fn hint(&self) -> Result<Hinted, EngineError> {
        let lock = self.origin.cache_dir().join(LOCK);
        self.origin.make_cache_dir()?;
        // A watcher sees it at once, or when it polls.
        if Self::is_watched(self.origin.cache_dir()) {
            return Ok(Hinted::Queued(self.leave_ticket()?));
        }
        let mut left = None;
        loop {
            match Lock::try_exclusive(&lock).map_err(lock_failed)? {
                Some(lock) => {
                    let wish = Wish::Follow { full: false };
                    let started = std::time::Instant::now();
                    let result = self.renew_held(wish, &mut None, false, started, &Silent);
                    drop(lock);
                    result?;
                    left = None;
                    if Tickets::take(self.origin.cache_dir()).is_empty() {
                        return Ok(Hinted::Served);
                    }
                }
                // The holder may have looked for tickets just before ours: so the lock is tried
                // once more.
                None => match left.take() {
                    Some(ticket) => return Ok(Hinted::Queued(ticket)),
                    None => left = Some(self.leave_ticket()?),
                },
            }
        }
    }

    /// Looks again for those who left a ticket while the lock was held. Best effort.
    pub(super) fn serve_tickets(&self, rounds: usize) {
        for _ in 0..rounds {
            if Tickets::take(self.origin.cache_dir()).is_empty() {
                return;
            }
            let Ok(Some(lock)) = Lock::try_exclusive(&self.origin.cache_dir().join(LOCK)) else {
                return;
            };
            let wish = Wish::Follow { full: false };
            let started = std::time::Instant::now();
            let result = self.renew_held(wish, &mut None, false, started, &Silent);
            drop(lock);
            if let Err(error) = result {
                tracing::debug!(%error, "a ticket could not be served");
                return;
            }
        }
    }
}
