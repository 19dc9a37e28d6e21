//! Taking a branch off the server.

use sqlx::Row;

use crate::model::sharing::Line;
use crate::stores::postgres::connect::Server;
use crate::stores::postgres::{Result, Role};

impl Server {
    /// How many lines there are of a branch (itself, and drafts beside it), and items in them.
    pub(crate) async fn held_of(&mut self, repository: &str, branch: &str) -> Result<(u64, u64)> {
        let asked = sqlx::query(
            "SELECT (SELECT count(*) FROM kanban_data.branch WHERE repository = $1 AND branch = $2),
               (SELECT count(*) FROM kanban_data.item
                WHERE repository = $1 AND branch = $2 AND NOT removed)",
        )
        .bind(repository)
        .bind(branch);
        let rows = self.rows("looking for the branch", asked).await?;
        let count = |at: usize| rows[0].get::<i64, _>(at).cast_unsigned();
        Ok((count(0), count(1)))
    }

    /// Takes a draft out that shows nothing any more. Gives whether it did.
    pub(crate) async fn remove_draft(&mut self, line: &Line) -> Result<bool> {
        let asked = sqlx::query("SELECT kanban.remove_draft($1, $2, $3)")
            .bind(&line.repository)
            .bind(&line.branch)
            .bind(&line.draft);
        let rows = self
            .rows_as(Role::Writer, "removing an empty draft", asked)
            .await?;
        Ok(rows[0].get(0))
    }

    /// Takes a branch and its drafts out. Gives how many items went.
    pub(crate) async fn remove_branch(&mut self, repository: &str, branch: &str) -> Result<u64> {
        let asked = sqlx::query("SELECT kanban.remove_branch($1, $2)")
            .bind(repository)
            .bind(branch);
        let rows = self
            .rows_as(Role::Writer, "removing the branch", asked)
            .await?;
        Ok(rows[0].get::<i64, _>(0).cast_unsigned())
    }
}
