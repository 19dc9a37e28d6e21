//! Batches of items onto the server, and what stands there to compare with.
//!
//! A batch is one statement (`kanban.publish`), so it is there wholly or not at all, and delivering it twice
//! is delivering it once. It says how the publisher saw the line; where the line is otherwise by now, the
//! server writes nothing and tells how it stands.
//! Never: decides what to publish.

use serde::Deserialize;
use sqlx::Row;

use crate::model::sharing::{Line, LineState, SharedItem};
use crate::stores::postgres::connect::Server;
use crate::stores::postgres::{PostgresError, Result};

/// One batch of a publication.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub line: &'a Line,
    /// The version of the line as it was read before.
    pub before: i64,
    /// The commit that the rows show; for a draft, a name of the state of the work tree.
    pub toward: &'a str,
    pub anchor: &'a str,
    pub rules: i64,
    pub publisher: &'a str,
    /// Each with the hash of everything in it.
    pub items: &'a [(SharedItem, String)],
    pub gone: &'a [String],
    /// With this batch all rows of the line show `toward`.
    pub finish: bool,
}

/// What the server made of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Written(Written),
    /// Somebody else has published, or it was published by a newer kanban.
    Moved(LineState),
}

/// How many rows were written and removed; rows that stood there already are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Written {
    /// Of the line, with this batch.
    pub version: i64,
    pub written: u64,
    pub removed: u64,
    /// Path and SQLSTATE of items that the server cannot hold.
    pub rejected: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Moved { moved: Moved },
    Written(Written),
}

#[derive(Deserialize)]
struct Moved {
    tip: Option<String>,
    anchor: Option<String>,
    target: Option<String>,
    rules: i64,
    version: i64,
}

impl Server {
    /// How a line stands; as if it were empty where nobody has published it yet.
    pub(crate) async fn line(&mut self, line: &Line) -> Result<LineState> {
        let asked = sqlx::query(
            "SELECT tip, anchor, target, rules, version FROM kanban_data.branch
             WHERE repository = $1 AND branch = $2 AND draft = $3",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft);
        let row = self.rows("reading how the branch stands", asked).await?;
        Ok(row
            .first()
            .map_or_else(LineState::default, |row| LineState {
                tip: row.get(0),
                anchor: row.get(1),
                target: row.get(2),
                rules: row.get(3),
                version: row.get(4),
            }))
    }

    /// Path and hash of the rows of a line that were changed after a version, by anybody; the hash is
    /// empty where the item was removed. After version 0 that is every row.
    pub(crate) async fn changed_after(
        &mut self,
        line: &Line,
        version: i64,
    ) -> Result<Vec<(String, String)>> {
        let asked = sqlx::query(
            "SELECT path, row_hash FROM kanban_data.item
             WHERE repository = $1 AND branch = $2 AND draft = $3 AND version > $4",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft)
        .bind(version);
        let rows = self.rows("reading what is published", asked).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Takes their hashes from the rows of a line: nobody knows them any more, and each is delivered anew.
    /// They go on being shown.
    pub(crate) async fn distrust(&mut self, line: &Line) -> Result<()> {
        let asked = sqlx::query(
            "WITH next AS (
               UPDATE kanban_data.branch SET version = version + 1, changed = now()
               WHERE repository = $1 AND branch = $2 AND draft = $3 RETURNING version)
             UPDATE kanban_data.item i SET row_hash = 'unknown', version = next.version FROM next
             WHERE i.repository = $1 AND i.branch = $2 AND i.draft = $3 AND NOT i.removed",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft);
        self.rows("taking back what is published", asked).await?;
        Ok(())
    }

    /// Delivers a batch.
    pub(crate) async fn publish(&mut self, batch: &Batch<'_>) -> Result<Answer> {
        let act = "publishing";
        let rows = rows(batch.items);
        let gone = serde_json::to_string(batch.gone).expect("because texts have a JSON form");
        let asked = sqlx::query(
            "SELECT kanban.publish($1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10::json, $11)::text",
        )
        .bind(&batch.line.repository)
        .bind(&batch.line.branch)
        .bind(&batch.line.draft)
        .bind(batch.before)
        .bind(batch.toward)
        .bind(batch.anchor)
        .bind(batch.rules)
        .bind(batch.publisher)
        .bind(rows)
        .bind(gone)
        .bind(batch.finish);
        let told = self.rows(act, asked).await?;
        let told: String = told[0].get(0);
        match serde_json::from_str(&told) {
            Ok(Told::Written(written)) => Ok(Answer::Written(written)),
            Ok(Told::Moved { moved }) => Ok(Answer::Moved(LineState {
                tip: moved.tip,
                anchor: moved.anchor,
                target: moved.target,
                rules: moved.rules,
                version: moved.version,
            })),
            Err(_) => Err(PostgresError::Failed {
                server: self.name.clone(),
                act,
                reason: "its answer is not understood".to_owned(),
            }),
        }
    }
}

/// The items as a JSON array of rows, each with its hash.
fn rows(items: &[(SharedItem, String)]) -> String {
    #[derive(serde::Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        item: &'a SharedItem,
        row_hash: &'a str,
    }
    let rows: Vec<Row<'_>> = items
        .iter()
        .map(|(item, row_hash)| Row { item, row_hash })
        .collect();
    serde_json::to_string(&rows).expect("because rows of texts and numbers have a JSON form")
}
