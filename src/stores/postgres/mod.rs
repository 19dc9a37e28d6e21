//! The shared cache: a Postgres server that holds the published items of many repositories.
//! Gets an address (never from kanban.toml), steps of schema/postgres/, and batches of `SharedItem`s.
//! Gives how a line stands, what was written and what was refused, and the rows' hashes to compare.
//! Never: writes a file, keeps a password in an error, prepares a named statement (poolers lose them).
//! Read next: `connect`, then `publish`.

mod connect;
mod forget;
mod members;
mod publish;
mod read;
mod remove;
mod rows;
mod steps;

pub(crate) use connect::{Address, Server};
pub(crate) use forget::Gone;
pub(crate) use members::Role;
pub(crate) use publish::{Answer, Batch};
pub(crate) use read::{Chosen, Reader};

/// Why the server could not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostgresError {
    /// The address makes no sense. `reason` quotes nothing of it.
    #[error("the address of the Postgres server cannot be used: {reason}")]
    Address { reason: String },
    /// Nobody answers, or the line broke: later it may work.
    #[error("{server} cannot be reached: {reason}")]
    Offline { server: String, reason: String },
    /// It answers, but lets us not in, or not do this.
    #[error("{server} refuses {act}: {reason}")]
    Refused {
        server: String,
        act: &'static str,
        reason: String,
    },
    /// The shared cache is not there, or of another version.
    #[error("{server} has {found}")]
    Schema { server: String, found: String },
    /// Anything else, as the server says it.
    #[error("{act} on {server} failed: {reason}")]
    Failed {
        server: String,
        act: &'static str,
        reason: String,
    },
}

impl PostgresError {
    /// Stable and kebab-case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "invalid-address",
            Self::Offline { .. } => "server-offline",
            Self::Refused { .. } => "server-refused",
            Self::Schema { .. } => "server-schema",
            Self::Failed { .. } => "server-failed",
        }
    }

    /// What to do about it, or nothing.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => {
                Some("write it as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")
            }
            Self::Offline { .. } => {
                Some("nothing is lost; what is to be published waits, see `kanban sync status`")
            }
            Self::Refused { act, .. } if *act == steps::MAKING => Some(
                "it takes a login that may make roles (CREATEROLE) and schemas in the database; \
                 where the roles are made, one that is granted kanban_owner does",
            ),
            Self::Refused { .. } => {
                Some("an admin of the repository can admit you: `kanban sync member add`")
            }
            Self::Schema { .. } => Some("`kanban sync init` makes or updates it"),
            Self::Failed { .. } => None,
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, PostgresError>;
