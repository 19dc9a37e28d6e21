//! Whole rows of a line, as JSON.
//! Never: reads more at once than a page.

use sqlx::Row;

use crate::model::sharing::Line;
use crate::stores::postgres::Result;
use crate::stores::postgres::connect::Server;

/// Rows that are asked for at once.
const PAGE: i64 = 500;

impl Server {
    /// The next items of a line behind a path, each with its path.
    pub(crate) async fn rows_after(
        &mut self,
        line: &Line,
        after: &str,
    ) -> Result<Vec<(String, String)>> {
        let asked = sqlx::query(
            "SELECT r.path, row_to_json(r)::text FROM (
               SELECT repository, branch, draft, path, companion, preset, id, uid, kind, title, state,
                      phase, priority, priority_rank, parent, owner, area, iteration, created, updated,
                      due, status, body, frontmatter, aliases, people, tags, links, sections, entries,
                      checks, problems, content_hash, blob_oid, row_hash
               FROM kanban_data.item
               WHERE repository = $1 AND branch = $2 AND draft = $3 AND path > $4 AND NOT removed
               ORDER BY path LIMIT $5) r",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft)
        .bind(after)
        .bind(PAGE);
        let rows = self.rows("reading the rows", asked).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}
