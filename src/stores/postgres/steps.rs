//! The steps of schema/postgres/: which were taken, and taking the rest.
//! Never: takes a step back, or takes one under which somebody else stands: one session at a time.

use std::cmp::Ordering;

use sqlx::{AssertSqlSafe, Row};

use crate::base::hash;
use crate::stores::postgres::connect::Server;
use crate::stores::postgres::{PostgresError, Result};

/// The steps in their order. A released text never changes: what was taken is known by its hash.
const STEPS: &[(i64, &str)] = &[
    (
        1,
        include_str!("../../../schema/postgres/0001_shared_cache.sql"),
    ),
    (
        2,
        include_str!("../../../schema/postgres/0002_questions.sql"),
    ),
];

/// Roles belong to the whole server, not to a database, and are made where they are missing.
const ROLES: &str = include_str!("../../../schema/postgres/roles.sql");

/// Takes back what ROLES has lent: policies do not bind an owner, whom nobody is to remain. Whoever was granted
/// that by somebody else keeps it.
const RETURNED: &str = "RESET ROLE;
DO $$
BEGIN
  IF current_setting('kanban.lent', true) = 'yes' THEN
    EXECUTE format('REVOKE kanban_owner FROM %I', current_user);
  END IF;
END $$;
COMMIT";

/// What a login may be refused that is no administrator.
pub(super) const MAKING: &str = "making the shared cache";

/// Any number that nobody else locks.
const LOCK: &str = "SELECT pg_advisory_xact_lock(5470921846263120)";

/// What was found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    pub before: i64,
    pub now: i64,
}

impl Server {
    /// Takes the steps that are missing, all in one transaction. The login must be allowed to make
    /// roles, or find them made.
    pub(crate) async fn take_steps(&mut self) -> Result<Steps> {
        let act = MAKING;
        let before = self.steps_taken().await?;
        let newest = STEPS.last().map_or(0, |(step, _)| *step);
        if before > newest {
            return Err(self.newer(before));
        }
        if before == newest {
            return Ok(Steps {
                before,
                now: newest,
            });
        }
        // Everything goes as one text: whatever fails, nothing of it remains.
        let mut script = format!("BEGIN; {LOCK};\n{ROLES}\nSET LOCAL ROLE kanban_owner;\n");
        for (step, text) in STEPS.iter().filter(|(step, _)| *step > before) {
            let hash = hash::hex(&hash::content_hash(text.as_bytes()));
            script += text;
            script += &format!(
                "\nINSERT INTO kanban_data.step (step, hash) VALUES ({step}, '{hash}');\n"
            );
        }
        script += RETURNED;
        if let Err(error) = self.script(act, &script).await {
            drop(self.script(act, "ROLLBACK").await);
            // Another one may have been faster.
            let now = self.steps_taken().await?;
            if now == newest {
                return Ok(Steps { before, now });
            }
            return Err(error);
        }
        Ok(Steps {
            before,
            now: newest,
        })
    }

    fn newer(&self, taken: i64) -> PostgresError {
        let known = STEPS.last().map_or(0, |(step, _)| *step);
        PostgresError::Schema {
            server: self.name.clone(),
            found: format!(
                "a shared cache of version {taken}; this kanban knows {known}, use a newer one"
            ),
        }
    }

    /// Fails unless all steps that we know were taken, and no others.
    pub(crate) async fn expect_steps(&mut self) -> Result<()> {
        let taken = self.steps_taken().await?;
        let known = STEPS.last().map_or(0, |(step, _)| *step);
        let found = match taken.cmp(&known) {
            Ordering::Equal => return Ok(()),
            Ordering::Greater => return Err(self.newer(taken)),
            Ordering::Less if taken == 0 => "no shared cache".to_owned(),
            Ordering::Less => format!("a shared cache of the older version {taken}"),
        };
        Err(PostgresError::Schema {
            server: self.name.clone(),
            found,
        })
    }

    /// The newest step that was taken; 0 where there is no shared cache. Fails where a step that was taken
    /// is not the one we know.
    pub(crate) async fn steps_taken(&mut self) -> Result<i64> {
        let act = "reading the version of the shared cache";
        let there: bool = self
            .one(act, "SELECT to_regclass('kanban_data.step') IS NOT NULL")
            .await?;
        if !there {
            return Ok(0);
        }
        // The table tells its rows to its owner; others ask the function.
        let asked = sqlx::query(AssertSqlSafe("SELECT step, hash FROM kanban.steps()"));
        let rows = self.rows(act, asked).await?;
        let mut newest = 0;
        for row in rows {
            let (step, hash): (i64, String) = (row.get(0), row.get(1));
            let known = STEPS.iter().find(|(number, _)| *number == step);
            if let Some((_, text)) = known
                && hash != hash::hex(&hash::content_hash(text.as_bytes()))
            {
                return Err(PostgresError::Schema {
                    server: self.name.clone(),
                    found: format!("a step {step} that is not the one of this kanban"),
                });
            }
            newest = newest.max(step);
        }
        Ok(newest)
    }
}
