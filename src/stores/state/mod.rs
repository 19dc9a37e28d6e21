//! What files cannot give back: `state.db`, one for all work trees of a repository.
//! Gets the folder from `engine`, entries from `sync`.
//! Gives the outbox, the cursors of what was published, and the audit.
//! Never: lives in a cache that may be deleted, holds what an item says (only its path and a hash).
//! Read next: `outbox`, then `audit`.

mod audit;
mod forgotten;
mod gone;
mod hex;
mod line;
mod outbox;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub(crate) use audit::{Act, Entry, Link, prove};
pub(crate) use line::{Cursor, LineRow};
pub(crate) use outbox::{Delivery, Due, Enqueued, OutboxCounts, OutboxRow, Shown, Status};

/// Name of the database in `<git common dir>/kanban/`.
pub(crate) const FILE: &str = "state.db";

/// The steps in their order; `user_version` tells how many were taken.
const STEPS: &[&str] = &[include_str!(
    "../../../schema/state/sqlite/0001_sharing.sql"
)];

/// Another process may hold the database as long as a batch of deliveries is noted.
const PATIENCE: Duration = Duration::from_secs(10);

/// What went wrong with `state.db`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("{act} {}: {source}", path.display())]
    Sqlite {
        act: &'static str,
        path: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("{} was written by a newer kanban (step {found}, this one knows {known})", path.display())]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
}

pub(crate) type Result<T> = std::result::Result<T, StateError>;

/// The open database.
pub(crate) struct State {
    connection: Connection,
    path: PathBuf,
}

/// How many steps there are.
const KNOWN: u32 = STEPS.len() as u32;

impl State {
    /// Opens the database in `folder`, which is there; makes it, and takes the steps that are missing.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let fail = |source| StateError::Sqlite {
            act: "opening",
            path: path.clone(),
            source,
        };
        let connection = Connection::open(&path).map_err(fail)?;
        connection.busy_timeout(PATIENCE).map_err(fail)?;
        // A rollback journal: it works on every file system, and a commit is on the disk. What is erased
        // is overwritten. Nothing is written before the commit, so that a long change keeps readers out only
        // for that.
        connection
            .execute_batch(
                "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;
                 PRAGMA secure_delete = ON; PRAGMA cache_spill = OFF;",
            )
            .map_err(fail)?;
        let mut state = Self { connection, path };
        state.take_steps()?;
        Ok(state)
    }

    /// The database where it is there already.
    pub(crate) fn existing(folder: &Path) -> Result<Option<Self>> {
        match folder.join(FILE).is_file() {
            true => Self::open(folder).map(Some),
            false => Ok(None),
        }
    }

    fn take_steps(&mut self) -> Result<()> {
        let path = self.path.clone();
        let fail = |source| StateError::Sqlite {
            act: "making the tables of",
            path: path.clone(),
            source,
        };
        let taken = |connection: &Connection| -> rusqlite::Result<u32> {
            connection.query_row("PRAGMA user_version", [], |row| row.get(0))
        };
        if taken(&self.connection).map_err(fail)? == KNOWN {
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        // Another process may have been faster.
        let found = taken(&transaction).map_err(fail)?;
        if found > KNOWN {
            return Err(StateError::Newer {
                path,
                found,
                known: KNOWN,
            });
        }
        for step in &STEPS[found as usize..] {
            transaction.execute_batch(step).map_err(fail)?;
        }
        transaction
            .pragma_update(None, "user_version", KNOWN)
            .map_err(fail)?;
        transaction.commit().map_err(fail)
    }

    /// Runs a change wholly or not at all.
    fn change<T>(
        &mut self,
        act: &'static str,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let path = self.path.clone();
        let run = || {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let made = change(&transaction)?;
            transaction.commit()?;
            Ok(made)
        };
        run().map_err(|source| StateError::Sqlite { act, path, source })
    }

    fn read<T>(
        &self,
        act: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        read(&self.connection).map_err(|source| StateError::Sqlite {
            act,
            path: self.path.clone(),
            source,
        })
    }
}
