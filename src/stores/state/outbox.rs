//! The outbox: which items the server does not yet show as it should, one row an item.
//! Never: holds what an item says; that is read when it is delivered.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::sharing::{Line, Outbox};
use crate::stores::state::line::{self, Cursor};
use crate::stores::state::{Result, State};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Pending,
    Synced,
    /// Refused too often; waits for `sync retry`.
    Failed,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Failed => "failed",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "synced" => Self::Synced,
            "failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

/// What is to be on the server at a path: a row of this hash, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Enqueued {
    pub path: String,
    pub row_hash: Option<String>,
    pub urgent: bool,
}

/// What the server shows at a path: the hash of the row, none where no item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub path: String,
    pub hash: Option<String>,
}

/// An entry that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub path: String,
    pub row_hash: Option<String>,
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    Synced {
        path: String,
        /// What was delivered; a newer wish for the path stays pending.
        row_hash: Option<String>,
    },
    /// Refused; another attempt at that time, or none any more.
    Refused {
        path: String,
        error: String,
        next_try_ms: Option<i64>,
    },
}

/// An entry as `sync status --items` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutboxRow {
    pub line: Line,
    pub path: String,
    pub act: String,
    pub status: Status,
    pub attempts: u32,
    pub last_error: String,
    pub since_ms: i64,
    pub next_try_ms: i64,
    pub synced_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OutboxCounts {
    pub pending: u64,
    pub synced: u64,
    pub failed: u64,
    /// Since when the oldest entry waits.
    pub oldest_ms: Option<i64>,
}

fn enqueue(
    connection: &Connection,
    line: &Line,
    entry: &Enqueued,
    now_ms: i64,
) -> rusqlite::Result<usize> {
    let act = if entry.row_hash.is_some() {
        "put"
    } else {
        "remove"
    };
    // What the server has already as it should be enqueues nothing; what changed again is a new wish,
    // with all its attempts.
    connection
        .prepare_cached(
            "INSERT INTO outbox (repository, branch, draft, path, act, row_hash, status, since_ms, urgent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8)
             ON CONFLICT DO UPDATE SET act = excluded.act, row_hash = excluded.row_hash,
               since_ms = iif(status = 'pending', since_ms, excluded.since_ms),
               status = 'pending', attempts = 0, last_error = '', next_try_ms = 0,
               urgent = max(urgent * (status = 'pending'), excluded.urgent)
             WHERE act <> excluded.act OR row_hash <> excluded.row_hash",
        )?
        .execute(params![
            line.repository,
            line.branch,
            line.draft,
            entry.path,
            act,
            entry.row_hash.as_deref().unwrap_or_default(),
            now_ms,
            entry.urgent
        ])
}

/// Holds what is shown at a path against what is wanted there. True where nothing waits for delivery and it
/// is shown otherwise.
fn settle(
    connection: &Connection,
    line: &Line,
    shown: &Shown,
    now_ms: i64,
) -> rusqlite::Result<bool> {
    let key = [&line.repository, &line.branch, &line.draft, &shown.path];
    let known: Option<(Option<String>, String)> = connection
        .prepare_cached(
            "SELECT iif(act = 'put', row_hash, NULL), status FROM outbox
             WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND path = ?4",
        )?
        .query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let is_known = known.is_some();
    let (wanted, was_synced) = match known {
        Some((wanted, status)) => (wanted, status == "synced"),
        None => (None, false),
    };
    let is_level = wanted == shown.hash;
    if is_level && wanted.is_none() && !was_synced {
        // Neither there nor wanted: nothing to remember.
        connection
            .prepare_cached(
                "DELETE FROM outbox
                 WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND path = ?4",
            )?
            .execute(key)?;
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO outbox
               (repository, branch, draft, path, act, row_hash, status, since_ms, synced_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?7 = 'synced', ?8, NULL))
             ON CONFLICT DO UPDATE SET status = excluded.status,
               synced_ms = coalesce(excluded.synced_ms, synced_ms),
               since_ms = iif(status = 'pending', since_ms, excluded.since_ms),
               attempts = 0, last_error = '', next_try_ms = 0
             -- What waits goes on waiting, with all its attempts.
             WHERE status = 'synced' OR excluded.status = 'synced'",
        )?
        .execute(params![
            line.repository,
            line.branch,
            line.draft,
            shown.path,
            if wanted.is_some() { "put" } else { "remove" },
            wanted.as_deref().unwrap_or_default(),
            if is_level { "synced" } else { "pending" },
            now_ms
        ])?;
    Ok((was_synced || !is_known) && !is_level)
}

impl State {
    /// Takes entries in, and the cursor up to which they were derived, both or neither. Gives how many
    /// are new wishes.
    pub(crate) fn enqueue(
        &mut self,
        line: &Line,
        entries: &[Enqueued],
        cursor: &Cursor,
        now_ms: i64,
    ) -> Result<u64> {
        self.change("enqueuing into", |connection| {
            let mut new = 0;
            for entry in entries {
                new += enqueue(connection, line, entry, now_ms)? as u64;
            }
            line::set_cursor(connection, line, cursor)?;
            Ok(new)
        })
    }

    /// Takes in what the server shows at some paths, up to a version of the line with its seal, or at all paths (`full`):
    /// what is as it is wanted is synced, everything else is pending. Gives the paths at which the server
    /// shows something else than was delivered.
    pub(crate) fn reconcile(
        &mut self,
        line: &Line,
        shown: &[Shown],
        full: bool,
        known: (i64, &str),
        now_ms: i64,
    ) -> Result<Vec<String>> {
        self.change("noting a comparison in", |connection| {
            let mut differed = Vec::new();
            for one in shown {
                if settle(connection, line, one, now_ms)? {
                    differed.push(one.path.clone());
                }
            }
            if full {
                // What it should show and does not.
                let there: HashSet<&str> = shown.iter().map(|one| &*one.path).collect();
                let mut all = connection.prepare_cached(
                    "SELECT path FROM outbox WHERE repository = ?1 AND branch = ?2 AND draft = ?3
                       AND act = 'put' AND status = 'synced' ORDER BY path",
                )?;
                let key = [&line.repository, &line.branch, &line.draft];
                let all = all.query_map(key, |row| row.get::<_, String>(0))?;
                let all: Vec<String> = all.collect::<rusqlite::Result<_>>()?;
                for path in all {
                    if !there.contains(&*path) {
                        let nothing = Shown { path, hash: None };
                        settle(connection, line, &nothing, now_ms)?;
                        differed.push(nothing.path);
                    }
                }
            }
            line::set_version(connection, line, known)?;
            Ok(differed)
        })
    }

    /// What waits for delivery is not wanted any more: the server shows a newer commit. What it shows is not known by that:
    /// whoever publishes from here next compares everything.
    pub(crate) fn supersede(&mut self, line: &Line) -> Result<()> {
        self.change("noting what is newer in", |connection| {
            connection.execute(
                "UPDATE outbox SET status = 'synced', attempts = 0, last_error = '', next_try_ms = 0,
                   urgent = 0
                 WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND status = 'pending'",
                [&line.repository, &line.branch, &line.draft],
            )?;
            line::set_version(connection, line, (0, ""))
        })
    }

    /// Whether any item is wanted on the server.
    pub(crate) fn wants_items(&self, line: &Line) -> Result<bool> {
        self.read("reading the outbox in", |connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM outbox WHERE repository = ?1 AND branch = ?2
                   AND draft = ?3 AND act = 'put')",
                [&line.repository, &line.branch, &line.draft],
                |row| row.get(0),
            )
        })
    }

    /// What is wanted at every path that is known, hashes of rows.
    pub(crate) fn wanted(&self, line: &Line) -> Result<HashMap<String, Option<String>>> {
        self.read("reading the outbox in", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path, iif(act = 'put', row_hash, NULL) FROM outbox
                 WHERE repository = ?1 AND branch = ?2 AND draft = ?3",
            )?;
            let key = [&line.repository, &line.branch, &line.draft];
            let rows = statement.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })
    }

    /// Entries whose time has come, urgent ones first, at most `most`. A time further ahead than
    /// `longest_wait_ms` was set by another clock and has come as well.
    pub(crate) fn due(
        &self,
        line: &Line,
        now_ms: i64,
        longest_wait_ms: i64,
        most: usize,
    ) -> Result<Vec<Due>> {
        self.read("reading the outbox in", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path, iif(act = 'put', row_hash, NULL), attempts FROM outbox
                 WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND status = 'pending'
                   AND (next_try_ms <= ?4 OR next_try_ms > ?4 + ?5)
                 ORDER BY urgent DESC, since_ms, path LIMIT ?6",
            )?;
            let rows = statement.query_map(
                params![
                    line.repository,
                    line.branch,
                    line.draft,
                    now_ms,
                    longest_wait_ms,
                    i64::try_from(most).unwrap_or(i64::MAX)
                ],
                |row| {
                    Ok(Due {
                        path: row.get(0)?,
                        row_hash: row.get(1)?,
                        attempts: row.get(2)?,
                    })
                },
            )?;
            rows.collect()
        })
    }

    /// The paths of a line by how they stand.
    pub(crate) fn paths(&self, line: &Line) -> Result<Outbox> {
        self.read("reading the outbox in", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path, status FROM outbox
                 WHERE repository = ?1 AND branch = ?2 AND draft = ?3 ORDER BY path",
            )?;
            let key = [&line.repository, &line.branch, &line.draft];
            let mut rows = statement.query(key)?;
            let mut outbox = Outbox::default();
            while let Some(row) = rows.next()? {
                let paths = match Status::of(&row.get::<_, String>(1)?) {
                    Status::Pending => &mut outbox.pending,
                    Status::Synced => &mut outbox.synced,
                    Status::Failed => &mut outbox.failed,
                };
                paths.push(row.get(0)?);
            }
            Ok(outbox)
        })
    }

    /// Whether anything waits that a rule names urgent.
    pub(crate) fn is_urgent(&self, line: &Line) -> Result<bool> {
        self.read("reading the outbox in", |connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM outbox WHERE repository = ?1 AND branch = ?2
                   AND draft = ?3 AND status = 'pending' AND urgent AND attempts = 0)",
                [&line.repository, &line.branch, &line.draft],
                |row| row.get(0),
            )
        })
    }

    /// Notes how deliveries ended, and the version of the line that they made, with its seal.
    pub(crate) fn delivered(
        &mut self,
        line: &Line,
        deliveries: &[Delivery],
        known: (i64, &str),
        now_ms: i64,
    ) -> Result<()> {
        self.change("noting deliveries in", |connection| {
            line::set_version(connection, line, known)?;
            for delivery in deliveries {
                match delivery {
                    Delivery::Synced { path, row_hash } => connection
                        .prepare_cached(
                            "UPDATE outbox SET status = 'synced', synced_ms = ?6, attempts = 0,
                               last_error = '', next_try_ms = 0, urgent = 0
                             WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND path = ?4
                               AND row_hash = ?5",
                        )?
                        .execute(params![
                            line.repository,
                            line.branch,
                            line.draft,
                            path,
                            row_hash.as_deref().unwrap_or_default(),
                            now_ms
                        ])?,
                    Delivery::Refused {
                        path,
                        error,
                        next_try_ms,
                    } => connection
                        .prepare_cached(
                            "UPDATE outbox SET attempts = attempts + 1, last_error = ?5,
                               next_try_ms = coalesce(?6, 0),
                               status = iif(?6 IS NULL, 'failed', 'pending')
                             WHERE repository = ?1 AND branch = ?2 AND draft = ?3 AND path = ?4",
                        )?
                        .execute(params![
                            line.repository,
                            line.branch,
                            line.draft,
                            path,
                            error,
                            next_try_ms
                        ])?,
                };
            }
            Ok(())
        })
    }

    /// Makes failed entries pending again, all or those of the paths, and lets no line wait. Gives how
    /// many.
    pub(crate) fn retry(&mut self, paths: Option<&[String]>) -> Result<u64> {
        self.change("retrying in", |connection| {
            let sql = "UPDATE outbox SET status = 'pending', attempts = 0, next_try_ms = 0
                       WHERE status <> 'synced' AND (status = 'failed' OR next_try_ms > 0)";
            let mut count = 0;
            match paths {
                None => count += connection.execute(sql, [])?,
                Some(paths) => {
                    for path in paths {
                        count += connection.execute(&format!("{sql} AND path = ?1"), [path])?;
                    }
                }
            }
            connection.execute("UPDATE line SET paused_until_ms = NULL, failures = 0", [])?;
            Ok(count as u64)
        })
    }

    pub(crate) fn counts(&self, line: &Line) -> Result<OutboxCounts> {
        self.read("counting the outbox in", |connection| {
            connection
                .prepare_cached(
                    "SELECT coalesce(sum(status = 'pending'), 0), coalesce(sum(status = 'synced'), 0),
                       coalesce(sum(status = 'failed'), 0), min(iif(status = 'synced', NULL, since_ms))
                     FROM outbox WHERE repository = ?1 AND branch = ?2 AND draft = ?3",
                )?
                .query_row([&line.repository, &line.branch, &line.draft], |row| {
                    Ok(OutboxCounts {
                        pending: row.get::<_, i64>(0)?.cast_unsigned(),
                        synced: row.get::<_, i64>(1)?.cast_unsigned(),
                        failed: row.get::<_, i64>(2)?.cast_unsigned(),
                        oldest_ms: row.get(3)?,
                    })
                })
        })
    }

    /// The entries with one of these statuses, by path.
    pub(crate) fn entries(&self, statuses: &[Status]) -> Result<Vec<OutboxRow>> {
        self.read("reading the outbox in", |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT repository, branch, draft, path, act, status, attempts, last_error, since_ms,
                   next_try_ms, synced_ms
                 FROM outbox ORDER BY repository, branch, draft, path",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(OutboxRow {
                    line: Line {
                        repository: row.get(0)?,
                        branch: row.get(1)?,
                        draft: row.get(2)?,
                    },
                    path: row.get(3)?,
                    act: row.get(4)?,
                    status: Status::of(&row.get::<_, String>(5)?),
                    attempts: row.get(6)?,
                    last_error: row.get(7)?,
                    since_ms: row.get(8)?,
                    next_try_ms: row.get(9)?,
                    synced_ms: row.get(10)?,
                })
            })?;
            let wanted = |row: &OutboxRow| statuses.contains(&row.status);
            rows.filter(|row| row.as_ref().map_or(true, wanted)).collect()
        })
    }
}
