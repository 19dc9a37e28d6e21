//! What this clone knows of the lines that it publishes.

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::sharing::Line;
use crate::stores::state::{Result, State};

/// Up to where the outbox was derived: a publish cache, its generation, and the commit it showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    pub cache: String,
    pub generation: u64,
    pub commit: String,
}

/// A line and how it fares. Times are milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineRow {
    pub line: Line,
    pub cursor: Cursor,
    /// Of the server's line, up to which its rows are known here.
    pub version: i64,
    /// The server's name for that version.
    pub seal: String,
    /// `new`, `level`, `partly`, `diverged`, `held`, `offline`, `refused`, `newer`.
    pub standing: String,
    pub reason: String,
    pub succeeded_ms: Option<i64>,
    pub tried_ms: Option<i64>,
    pub paused_until_ms: Option<i64>,
    pub failures: u32,
    /// What named the commit that was planned last; empty where nothing was noted.
    pub source: String,
}

impl LineRow {
    /// Whether its branch was planned under another name of the repository since.
    pub(crate) fn is_renamed(&self) -> bool {
        self.source == RENAMED
    }
}

/// In place of a source: the branch has gone to another name of the repository.
pub(super) const RENAMED: &str = "renamed";

const COLUMNS: &str = "repository, branch, draft, cache, generation, commit_oid, version, seal,
  standing, reason, succeeded_ms, tried_ms, paused_until_ms, failures, source";

fn line_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<LineRow> {
    Ok(LineRow {
        line: Line {
            repository: row.get(0)?,
            branch: row.get(1)?,
            draft: row.get(2)?,
        },
        cursor: Cursor {
            cache: row.get(3)?,
            generation: row.get::<_, i64>(4)?.cast_unsigned(),
            commit: row.get(5)?,
        },
        version: row.get(6)?,
        seal: row.get(7)?,
        standing: row.get(8)?,
        reason: row.get(9)?,
        succeeded_ms: row.get(10)?,
        tried_ms: row.get(11)?,
        paused_until_ms: row.get(12)?,
        failures: row.get(13)?,
        source: row.get(14)?,
    })
}

pub(super) fn set_cursor(
    connection: &Connection,
    line: &Line,
    cursor: &Cursor,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO line (repository, branch, draft, cache, generation, commit_oid)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET cache = excluded.cache, generation = excluded.generation,
           commit_oid = excluded.commit_oid",
        params![
            line.repository,
            line.branch,
            line.draft,
            cursor.cache,
            cursor.generation.cast_signed(),
            cursor.commit
        ],
    )?;
    Ok(())
}

pub(super) fn set_version(
    connection: &Connection,
    line: &Line,
    (version, seal): (i64, &str),
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO line (repository, branch, draft, version, seal) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET version = excluded.version, seal = excluded.seal",
        params![line.repository, line.branch, line.draft, version, seal],
    )?;
    Ok(())
}

/// Nothing is known of the server any more: everything is compared.
pub(super) fn know_nothing(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE line SET version = 0, seal = ''", [])?;
    Ok(())
}

impl State {
    pub(crate) fn lines(&self) -> Result<Vec<LineRow>> {
        self.read("reading the branches in", |connection| {
            let sql = format!("SELECT {COLUMNS} FROM line ORDER BY repository, branch, draft");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([], line_row)?;
            rows.collect()
        })
    }

    pub(crate) fn line(&self, line: &Line) -> Result<Option<LineRow>> {
        self.read("reading a branch in", |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM line WHERE repository = ?1 AND branch = ?2 AND draft = ?3"
            );
            connection
                .prepare_cached(&sql)?
                .query_row([&line.repository, &line.branch, &line.draft], line_row)
                .optional()
        })
    }

    /// Notes how an attempt for a line ended. `pause_until_ms`: nobody answers, wait until then.
    pub(crate) fn note_standing(
        &mut self,
        line: &Line,
        standing: &str,
        reason: &str,
        now_ms: i64,
        pause_until_ms: Option<i64>,
    ) -> Result<()> {
        let level = standing == "level";
        self.change("noting how a branch stands in", |connection| {
            connection.execute(
                "INSERT INTO line (repository, branch, draft, standing, reason, tried_ms,
                   succeeded_ms, paused_until_ms, failures)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, iif(?8, ?6, NULL), ?7, iif(?7 IS NULL, 0, 1))
                 ON CONFLICT DO UPDATE SET standing = excluded.standing, reason = excluded.reason,
                   tried_ms = excluded.tried_ms,
                   succeeded_ms = coalesce(excluded.succeeded_ms, succeeded_ms),
                   paused_until_ms = excluded.paused_until_ms,
                   failures = iif(excluded.paused_until_ms IS NULL, 0, failures + 1)",
                params![
                    line.repository,
                    line.branch,
                    line.draft,
                    standing,
                    reason,
                    now_ms,
                    pause_until_ms,
                    level
                ],
            )?;
            Ok(())
        })
    }
}
