//! The shared cache: a Postgres server that holds the published items of many repositories.
//! Gets an address (never from kanban.toml), steps of schema/postgres/, and batches of `SharedItem`s.
//! Gives how a line stands, what was written and what was refused, and the rows' hashes to compare.
//! Never: writes a file, keeps a password in an error, prepares a named statement (poolers lose them).
//! Read next: `address`, then `connect`, then `publish`.

mod address;
mod connect;
mod forget;
mod members;
mod publish;
mod read;
mod remove;
mod rows;
mod steps;

pub(crate) use address::Address;
pub(crate) use connect::{Server, answer, within};
pub(crate) use forget::Gone;
pub(crate) use members::{Change, Rights, Role};
pub(crate) use publish::{Answer, Batch, EDITED};
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
    /// Somebody answers, and it may be another one.
    #[error("{server} does not prove who it is: {reason}")]
    Unproven { server: String, reason: String },
    /// It answers, but lets us not in, or not do this.
    #[error("{server} refuses {act}: {reason}")]
    Refused {
        server: String,
        act: &'static str,
        reason: String,
        hint: &'static str,
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
            Self::Unproven { .. } => "server-unproven",
            Self::Refused { .. } => "server-refused",
            Self::Schema { .. } => "server-schema",
            Self::Failed { .. } => "server-failed",
        }
    }

    /// What to do about it, or nothing.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => Some(
                "write it as `postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE`, and of a password `/` as `%2F`, \
                 `?` as `%3F`, `#` as `%23`, `@` as `%40`, `%` as `%25`; behind a `?` there may be sslmode, \
                 sslrootcert, sslcert, sslkey, application_name, options, host, hostaddr, port, user, \
                 password, dbname",
            ),
            Self::Offline { .. } => {
                Some("nothing is lost; what is to be published waits, see `kanban sync status`")
            }
            Self::Unproven { .. } => Some(
                "do not send it anything before you know why; for a root of your own say \
                 `sslrootcert=FILE` in the address",
            ),
            Self::Refused { hint, .. } => Some(hint),
            Self::Schema { .. } => Some("`kanban sync init` makes or updates it"),
            Self::Failed { .. } => None,
        }
    }
}

pub(crate) type Result<T> = std::result::Result<T, PostgresError>;
