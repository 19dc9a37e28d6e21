//! Sharing: joins the lens, the publish cache, the outbox and the server; one method a use case.
//! Gets settings of a commit, and the address of a server from the environment.
//! Gives what was published, and how every branch stands.
//! Never: writes a file of the work tree, waits for the server in anything that is not sync.
//! Read next: `lens`, then `published`, then `publish`.

mod address;
mod branch;
mod complete;
mod draft;
mod export;
mod forget;
mod import;
pub(super) mod lens;
mod log;
mod look;
mod members;
pub(super) mod metrics;
mod naming;
mod permit;
mod publish;
mod published;
mod remote;
mod remove;
mod scrape;
mod shared;
mod standing;
mod sync;
mod turn;
pub(super) mod worker;

pub(crate) use address::server_warnings;
pub(crate) use export::ExportWish;
pub(crate) use import::import;
pub(crate) use log::LOG;
pub(crate) use publish::Wish;
pub(crate) use shared::{SharedCache, SharedWish};

use crate::engine::error::EngineError;

/// Runs what talks to somebody else, on a runtime of its own.
fn run<T>(work: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        EngineError::environment("no-runtime", "cannot start to talk to the server").cause(error)
    })?;
    runtime.block_on(work)
}
