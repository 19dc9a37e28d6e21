//! Where a watcher lives: its lock, what it tells of itself, and where others leave word for it.
//!
//! ```text
//! <cache folder>/watch/
//!   lock           held by the one watcher for as long as it lives
//!   state.json     what it tells of itself; believed only while the lock is held
//!   log            what a watcher in the background prints
//!   cookies/       there only while it vouches: a reader makes a file, the watcher renames it
//!   requests/      a file `stop` asks it to end
//! ```
//!
//! Never: takes a process number for a proof that somebody lives.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::atomic;
use crate::base::lock::Lock;
use crate::engine::error::{Class, EngineError};
use crate::engine::snapshot::lock_failed;
use crate::query::view::WatchView;

/// A log that is longer is begun anew.
const LOG: u64 = 4 << 20;
/// Behind the name of a cookie that the watcher has answered.
const ANSWERED: &str = ".ok";
/// A reader that only looks whether the lock is held takes it for an instant: it is tried again.
const TRIES: usize = 20;
const BETWEEN_TRIES: std::time::Duration = std::time::Duration::from_millis(5);

/// The folder of a watcher.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Home {
    dir: PathBuf,
}

impl Home {
    pub(in crate::engine) fn of(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join("watch"),
        }
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    fn state(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    pub(super) fn requests(&self) -> PathBuf {
        self.dir.join("requests")
    }

    pub(in crate::engine) fn cookies(&self) -> PathBuf {
        self.dir.join("cookies")
    }

    fn stop(&self) -> PathBuf {
        self.requests().join("stop")
    }

    /// Whether a watcher lives.
    pub(in crate::engine) fn is_watched(&self) -> bool {
        Lock::is_held(&self.lock())
    }

    /// Becomes the one watcher.
    pub(super) fn claim(&self) -> Result<Lock, EngineError> {
        self.make()?;
        for _ in 0..TRIES {
            if let Some(lock) = Lock::try_exclusive(&self.lock()).map_err(lock_failed)? {
                // What a killed watcher has left.
                drop(remove(&self.stop()));
                self.close_cookies();
                return Ok(lock);
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        let who = self.read().and_then(|view| view.pid);
        let who = who.map_or_else(String::new, |pid| format!(" (process {pid})"));
        let mut error = EngineError::environment(
            "already-watched",
            format!("this folder is watched already{who}"),
        );
        error.class = Class::No;
        Err(error.hint("`kanban watch status` tells more, `kanban watch stop` ends it"))
    }

    /// Makes the folders, but none above the cache folder: that would be in the way of a repository
    /// that comes back.
    pub(super) fn make(&self) -> Result<(), EngineError> {
        for dir in [self.dir.clone(), self.requests()] {
            match fs::create_dir(&dir) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(EngineError::io("making a folder", &dir, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the watcher has told of itself, whether it lives or not.
    pub(super) fn read(&self) -> Option<WatchView> {
        let text = fs::read(self.state()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Tells of itself. Best effort: it is for people.
    pub(super) fn write(&self, view: &WatchView) {
        let text = serde_json::to_vec(view).unwrap_or_default();
        if let Err(error) = atomic::write(&self.state(), &text) {
            tracing::debug!(%error, "the state of the watcher could not be written");
        }
    }

    /// Begins a log anew that has become long. Whoever writes it appends.
    pub(super) fn trim_log(&self) {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|meta| meta.len() > LOG)
            && let Ok(file) = fs::OpenOptions::new().write(true).open(&path)
        {
            drop(file.set_len(0));
        }
    }

    pub(super) fn is_asked_to_stop(&self) -> bool {
        self.stop().exists()
    }

    /// Asks the watcher to end.
    pub(super) fn ask_to_stop(&self) -> Result<(), EngineError> {
        let path = self.stop();
        match fs::File::create(&path) {
            Ok(_) => Ok(()),
            Err(error) => Err(EngineError::io("asking the watcher to stop", &path, &error)),
        }
    }

    /// Takes everything away that says that somebody watches, but for the lock.
    pub(super) fn leave(&self) {
        self.close_cookies();
        drop(remove(&self.stop()));
        drop(remove(&self.state()));
    }

    pub(super) fn open_cookies(&self) -> io::Result<()> {
        self.close_cookies();
        fs::create_dir(self.cookies())
    }

    pub(super) fn close_cookies(&self) {
        drop(fs::remove_dir_all(self.cookies()));
    }

    /// Answers a reader.
    #[expect(
        clippy::disallowed_methods,
        reason = "a cookie is empty, and need not last"
    )]
    pub(super) fn answer(&self, cookie: &str) {
        let path = self.cookies().join(cookie);
        // The reader may have gone.
        drop(fs::rename(path, self.answered(cookie)));
    }

    /// What a cookie becomes when it is answered.
    pub(in crate::engine) fn answered(&self, cookie: &str) -> PathBuf {
        self.cookies().join(format!("{cookie}{ANSWERED}"))
    }

    /// Removes what readers have left that did not wait. One that is waiting looks for itself.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(self.cookies()).into_iter().flatten().flatten() {
            drop(remove(&entry.path()));
        }
    }
}

pub(in crate::engine) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}
