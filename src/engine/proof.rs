//! The proof of a cache that was written before the system was started anew: nothing of it was synced,
//! so all of it is read once.
//! Never: mends; what is damaged is made anew by who asked.

use crate::base::atomic;
use crate::base::lock::Lock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::snapshot::LOCK;
use crate::stores::generation::{self, DATABASE, Generation, SEARCH};
use crate::stores::{search, sqlite};

impl Engine {
    /// Reads all of a generation that was written before the system was started anew; false where it
    /// is damaged.
    pub(super) fn prove(&self, generation: &Generation) -> Result<bool, EngineError> {
        if sqlite::check(&generation.dir.join(DATABASE), true).is_err()
            || !search::Index::is_whole(&generation.dir.join(SEARCH))
        {
            return Ok(false);
        }
        let cache_dir = self.origin.cache_dir();
        // Where it cannot be noted, it is proved again next time.
        if let Ok(Some(lock)) = Lock::try_exclusive(&cache_dir.join(LOCK)) {
            let noted = generation::prove(cache_dir, |path, bytes| {
                atomic::write(path, bytes).map_err(|error| error.source)
            });
            drop(lock);
            if let Err(error) = noted {
                tracing::debug!(%error, "the proof could not be noted");
            }
        }
        Ok(true)
    }
}
