//! A read-only transaction on chosen lines of the shared cache: one state of them for all statements of a
//! question, whatever is published meanwhile, and whatever pooler is in front.
//! Gets the names of repositories and branches. Gives a connection on which nothing can be written, as a
//! role that may do no more than read. Never: tells a line that is not there from one that may not be seen.

use serde::Deserialize;
use sqlx::postgres::PgConnection;

use crate::stores::postgres::connect::{QUESTION, READING, Server, answer, sorted};
use crate::stores::postgres::{Address, PostgresError, Result};

/// What every question asks under. A login may be allowed more; here it is a reader. How many elements a
/// list has nobody tells the planner, who then needs room to believe in a table of hashes.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL ROLE kanban_reader; SET LOCAL statement_timeout = '30s'; \
     SET LOCAL work_mem = '64MB'; \
     SET LOCAL search_path = kanban_read, pg_catalog, pg_temp";

/// Chooses the lines that the views of `kanban_read` show, and tells how they stand. A draft is asked for by its
/// name, or by whose it is: then it is the one that was changed last.
const CHOOSE: &str = "WITH here AS MATERIALIZED (
    SELECT b.repository, b.branch, b.draft, b.tip, b.version, b.changed,
           regexp_replace(b.draft, '[.][^.]*$', '') AS whose
    FROM kanban_data.branch b
    WHERE ($1::text[] IS NULL OR b.repository = ANY ($1))
      AND ($2::text[] IS NULL OR b.branch = ANY ($2)) AND (b.draft = '') = ($3 = '')),
  meant AS (
    SELECT coalesce((SELECT h.draft FROM here h WHERE h.draft = $3 OR h.whose = $3
                     ORDER BY h.draft = $3 DESC, h.changed DESC, h.draft LIMIT 1), $3) AS draft),
  chosen AS (
    SELECT h.repository, h.branch, h.tip, h.version,
           greatest(0, extract(epoch FROM now() - h.changed) * 1000)::bigint AS age_ms
    FROM here h WHERE h.draft = (SELECT m.draft FROM meant m)),
  names AS (
    SELECT coalesce(array_agg(DISTINCT repository), '{}')::text AS repositories,
           coalesce(array_agg(DISTINCT branch), '{}')::text AS branches
    FROM chosen),
  said AS (
    SELECT set_config('kanban.repositories', repositories, true),
           set_config('kanban.branches', branches, true),
           set_config('kanban.draft', (SELECT m.draft FROM meant m), true)
    FROM names)
  SELECT json_build_object(
    'draft', (SELECT m.draft FROM meant m),
    'drafts', (SELECT coalesce(json_agg(DISTINCT h.draft), '[]') FROM here h WHERE h.draft <> ''),
    'lines', (SELECT coalesce(json_agg(json_build_array(repository, branch, tip, version, age_ms)
                                       ORDER BY repository, branch), '[]') FROM chosen))::text
  FROM said";

/// Which lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// All that the login is a member of where absent.
    pub repositories: Option<Vec<String>>,
    /// All of them where absent.
    pub branches: Option<Vec<String>>,
    /// Whose uncommitted work, or a draft by its name; empty for what is committed.
    pub draft: String,
}

/// What was found of what is asked for.
#[derive(Debug, Deserialize)]
struct Found {
    draft: String,
    drafts: Vec<String>,
    lines: Vec<ShownLine>,
}

/// A line that is shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ShownLine {
    pub repository: String,
    pub branch: String,
    pub tip: Option<String>,
    pub version: i64,
    /// Since somebody published to it.
    pub age_ms: u64,
}

/// Lines of the shared cache, open for questions.
pub(crate) struct Reader {
    pub connection: PgConnection,
    /// Host, port and database.
    pub server: String,
    /// Name of the draft that is shown; empty for what is committed.
    pub draft: String,
    /// The drafts that are there, where one is asked for.
    pub drafts: Vec<String>,
    /// The lines that the login may see, by repository and branch.
    pub lines: Vec<ShownLine>,
}

impl Reader {
    /// Connects, and chooses lines.
    pub(crate) async fn open(address: &Address, chosen: &Chosen) -> Result<Self> {
        let mut server = Server::connect(address).await?;
        let act = READING;
        server.script(act, BEGIN).await?;
        let asked = sqlx::query_scalar(CHOOSE)
            .bind(&chosen.repositories)
            .bind(&chosen.branches)
            .bind(&chosen.draft)
            .persistent(false);
        let found = answer(asked.fetch_one(&mut server.connection)).await;
        let found: String = found.map_err(|error| server.sort(act, &error))?;
        let Server { connection, name } = server;
        let mut reader = Self {
            connection,
            server: name,
            draft: String::new(),
            drafts: Vec::new(),
            lines: Vec::new(),
        };
        let found: Found =
            serde_json::from_str(&found).map_err(|error| reader.foreign(error.to_string()))?;
        (reader.draft, reader.drafts, reader.lines) = (found.draft, found.drafts, found.lines);
        Ok(reader)
    }

    /// Why a statement was not answered.
    pub(crate) fn sort(&self, error: &sqlx::Error) -> PostgresError {
        sorted(&self.server, QUESTION, error)
    }

    /// The answer is not what the statement asks for.
    pub(crate) fn foreign(&self, reason: String) -> PostgresError {
        PostgresError::Failed {
            server: self.server.clone(),
            act: QUESTION,
            reason,
        }
    }
}
