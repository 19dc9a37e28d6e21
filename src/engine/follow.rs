//! The search index follows the SQLite cache: SQLite first, then this, by the change log.
//!
//! The commit of the index says which generation it shows. Behind, it takes in what the log says
//! has changed; where the log does not reach back, or the index is of another cache or ahead (a
//! write that the system lost), everything is projected anew. Never: changes the SQLite cache.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::fault;
use crate::engine::error::EngineError;
use crate::engine::rebuild;
use crate::stores::generation::{Generation, SEARCH};
use crate::stores::search::{self, IndexUpdate};
use crate::stores::sqlite::{Change, Feed, Logged, SqliteError, Stamps};

/// How the search index stands against the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Level,
    /// It shows this older generation, from which the log goes on.
    Behind(u64),
    /// It can only be made anew.
    Lost,
}

fn fail(error: SqliteError) -> EngineError {
    EngineError::sqlite(&error)
}

/// How the index of a generation stands.
pub(super) fn standing(generation: &Generation) -> Result<Standing, EngineError> {
    let feed = generation.stamps().and_then(Stamps::feed).map_err(fail)?;
    stand(&feed, &generation.dir)
}

fn stand(feed: &Feed<'_>, dir: &Path) -> Result<Standing, EngineError> {
    let payload = match search::payload(&dir.join(SEARCH)) {
        Ok(payload) => payload.unwrap_or_default(),
        Err(error) if error.rebuildable() => return Ok(Standing::Lost),
        Err(error) => return Err(EngineError::search(&error)),
    };
    let generation = feed.generation().map_err(fail)?;
    let mut words = payload.split(' ');
    let cache = words.next().unwrap_or_default();
    let shown = words.next().and_then(|number| number.parse::<u64>().ok());
    let nonce = words.next().and_then(|nonce| nonce.parse::<i64>().ok());
    let (Some(shown), Some(nonce)) = (shown, nonce) else {
        return Ok(Standing::Lost);
    };
    let is_ours =
        feed.cache().map_err(fail)? == cache && feed.nonce(shown).map_err(fail)? == Some(nonce);
    Ok(match shown {
        _ if !is_ours => Standing::Lost,
        shown if shown == generation => Standing::Level,
        shown if shown < generation && shown >= feed.log_from().map_err(fail)? => {
            Standing::Behind(shown)
        }
        _ => Standing::Lost,
    })
}

/// So many changed items are worth another thread.
const MANY: usize = 500;

/// Brings the index of a generation up to the cache; false where it must be made anew. The
/// caller holds the writer's lock.
pub(super) fn follow(generation: &Generation) -> Result<bool, EngineError> {
    let struck = |error: std::io::Error| EngineError::fault(&error);
    let failed = |error| EngineError::search(&error);
    let dir = &*generation.dir;
    let feed = generation.stamps().and_then(Stamps::feed).map_err(fail)?;
    let shown = match stand(&feed, dir)? {
        Standing::Level => return Ok(true),
        Standing::Lost => return Ok(false),
        Standing::Behind(shown) => shown,
    };
    // The last word on each item.
    let mut changes: BTreeMap<i64, Logged> = BTreeMap::new();
    for logged in feed.since(shown).map_err(fail)? {
        let known = changes.get(&logged.item).map(|known| known.change);
        if logged.change == Change::Linked && known.is_some() {
            continue;
        }
        changes.insert(logged.item, logged);
    }
    fault::point("follow.begin").map_err(struck)?;
    let threads = match changes.len() {
        ..MANY => 1,
        _ => std::thread::available_parallelism().map_or(2, usize::from),
    };
    let update = match IndexUpdate::open(&dir.join(SEARCH), threads) {
        Ok(update) => update,
        Err(error) if error.rebuildable() => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    for (item, logged) in changes {
        // What is linked otherwise is not indexed.
        if logged.change == Change::Linked {
            continue;
        }
        update.remove(item);
        if logged.change != Change::Deleted
            && let Some(found) = feed.searchable(item).map_err(fail)?
        {
            update.add(item, &found).map_err(failed)?;
        }
    }
    let generation = feed.generation().map_err(fail)?;
    let nonce = feed.nonce(generation).map_err(fail)?.unwrap_or_default();
    let payload = rebuild::payload(&feed.cache().map_err(fail)?, generation, nonce);
    fault::point("follow.before-commit").map_err(struck)?;
    update.commit(&payload).map_err(failed)?;
    fault::point("follow.after-commit").map_err(struck)?;
    Ok(true)
}
