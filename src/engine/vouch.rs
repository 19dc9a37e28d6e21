//! A reader asks a living watcher instead of looking at the files itself.
//!
//! ```text
//! reader:   makes an empty file in a folder that the watcher watches
//! system:   tells the watcher of it after everything that changed before
//! watcher:  takes all that in, commits, renames the file
//! reader:   sees the new name: what serves now is as the files were when it asked
//! ```
//!
//! No answer in time is no harm: the reader looks for itself.
//! Never: believes a number or an age; waits for long.

use std::fs::File;
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::watch::home::{Home, remove};
use crate::stores::generation::Generation;

/// After this, looking is cheaper than waiting.
const PATIENCE: Duration = Duration::from_millis(20);
/// An idle watcher answers within this.
const AT_ONCE: Duration = Duration::from_micros(300);
const PAUSE: Duration = Duration::from_micros(100);

impl Engine {
    /// Whether a watcher has just vouched that what serves equals the files.
    pub(super) fn is_vouched_for(&self) -> bool {
        let home = Home::of(self.origin.cache_dir());
        // The folder is there only while somebody vouches, or where somebody was killed doing so.
        home.cookies().is_dir() && home.is_watched() && ask(&home)
    }

    /// Whether a generation was made under the configuration that this process has read: the word of
    /// a watcher holds for its own.
    pub(super) fn is_configured_alike(&self, generation: &Generation) -> Result<bool, EngineError> {
        let config = generation.stamps().and_then(|stamps| stamps.fact("config"));
        let config = config.map_err(|error| EngineError::sqlite(&error))?;
        Ok(config.as_deref() == Some(&*self.config_hash))
    }
}

fn ask(home: &Home) -> bool {
    let name = format!("{:x}-{:x}", clock::system_ns(), std::process::id());
    let cookie = home.cookies().join(&name);
    if File::create_new(&cookie).is_err() {
        return false;
    }
    let asked = Instant::now();
    let answer = home.answered(&name);
    loop {
        if answer.exists() {
            drop(remove(&answer));
            tracing::debug!("a watcher vouches for the cache");
            return true;
        }
        let waited = asked.elapsed();
        if waited >= PATIENCE {
            break;
        }
        if waited < AT_ONCE {
            std::thread::yield_now();
        } else {
            std::thread::sleep(PAUSE);
        }
    }
    drop(remove(&cookie));
    // It may have come just now; too late is too late.
    drop(remove(&answer));
    tracing::debug!("the watcher did not answer in time");
    false
}
