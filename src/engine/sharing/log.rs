//! What sync logs of its work: an operation, the item where it is about one, how long it took, and what went
//! wrong, as a code.
//!
//! Logs are read by others than the files are. So an item is named only where it has passed the lens, and
//! nothing else that a person chose: no branch, no draft, no login, no message of the server.
//! Never: logs what an item says.

use std::time::Instant;

use crate::engine::error::EngineError;

/// What asks for these lines.
pub(crate) const LOG: &str = "kanban::log";

/// An operation has ended, on so many items.
pub(super) fn done(operation: &str, since: Instant, items: Result<u64, &EngineError>) {
    let duration_ms = elapsed(since);
    match items {
        Ok(0) => tracing::debug!(target: LOG, operation, duration_ms, items = 0),
        Ok(items) => tracing::info!(target: LOG, operation, duration_ms, items),
        Err(error) => tracing::warn!(target: LOG, operation, duration_ms, error = error.code),
    }
}

/// One item of a batch was delivered, or refused.
pub(super) fn item(operation: &str, item: &str, since: Instant, error: Option<&str>) {
    let duration_ms = elapsed(since);
    match error {
        None => tracing::debug!(target: LOG, operation, item, duration_ms),
        Some(error) => tracing::warn!(target: LOG, operation, item, duration_ms, error),
    }
}

fn elapsed(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
