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
use crate::stores::postgres::{PostgresError, Result, Role};

/// In place of its hash: somebody has changed the row by hand. `kanban_data.edited` writes it.
pub(crate) const EDITED: &str = "edited";

/// One batch of a publication.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    pub line: &'a Line,
    /// The version of the line as it was read before.
    pub before: i64,
    /// The commit that the rows show; for a draft, a name of the state of the work tree.
    pub toward: &'a str,
    pub anchor: &'a str,
    /// Hash of the remote's address.
    pub remote: &'a str,
    /// Commits that were shown and taken back, with this publication.
    pub withdrawn: &'a [String],
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
    Moved,
}

/// How many rows were written and removed; rows that stood there already are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Written {
    /// Of the line, with this batch.
    pub version: i64,
    /// The server's name for it.
    pub seal: String,
    pub written: u64,
    pub removed: u64,
    /// Path and SQLSTATE of items that the server cannot hold.
    pub rejected: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Written(Written),
    Moved { moved: bool },
}

impl Server {
    /// How a line stands, as if it were empty where nobody has published it yet; and the seal that a version
    /// of it has.
    pub(crate) async fn line(
        &mut self,
        line: &Line,
        version: i64,
    ) -> Result<(LineState, Option<String>)> {
        let asked = sqlx::query(
            "SELECT b.tip, b.anchor, b.target, b.remote, b.withdrawn::text, b.rules, b.version,
                    coalesce(now.seal, ''), known.seal,
                    b.target IS NOT NULL AND b.changed < now() - interval '10 minutes'
             FROM kanban_data.branch b
             LEFT JOIN kanban_data.seal now USING (repository, branch, draft, version)
             LEFT JOIN kanban_data.seal known ON known.repository = b.repository
               AND known.branch = b.branch AND known.draft = b.draft AND known.version = $4
             WHERE b.repository = $1 AND b.branch = $2 AND b.draft = $3",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft)
        .bind(version);
        let rows = self.rows("reading how the branch stands", asked).await?;
        let Some(row) = rows.first() else {
            return Ok((LineState::default(), None));
        };
        let withdrawn: String = row.get(4);
        let state = LineState {
            tip: row.get(0),
            anchor: row.get(1),
            target: row.get(2),
            remote: row.get(3),
            withdrawn: serde_json::from_str(&withdrawn).unwrap_or_default(),
            rules: row.get(5),
            version: row.get(6),
            seal: row.get(7),
            is_stuck: row.get(9),
        };
        Ok((state, row.get(8)))
    }

    /// Path and hash of the rows of a line that were changed after a version, by anybody; the hash is
    /// empty where the item was removed. After version 0 that is every row.
    pub(crate) async fn changed_after(
        &mut self,
        line: &Line,
        version: i64,
    ) -> Result<Vec<(String, String)>> {
        let asked = sqlx::query(
            "SELECT path, CASE WHEN removed THEN '' ELSE row_hash END FROM kanban_data.item
             WHERE repository = $1 AND branch = $2 AND draft = $3 AND version > $4",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft)
        .bind(version);
        let rows = self.rows("reading what is published", asked).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Takes their hashes from the rows of a line, as if they were edited: each is delivered anew. They go on
    /// being shown.
    pub(crate) async fn distrust(&mut self, line: &Line) -> Result<()> {
        let asked = sqlx::query(
            "UPDATE kanban_data.item SET row_hash = 'edited'
             WHERE repository = $1 AND branch = $2 AND draft = $3 AND NOT removed",
        )
        .bind(&line.repository)
        .bind(&line.branch)
        .bind(&line.draft);
        self.rows_as(Role::Writer, "taking back what is published", asked)
            .await?;
        Ok(())
    }

    /// Delivers a batch.
    pub(crate) async fn publish(&mut self, batch: &Batch<'_>) -> Result<Answer> {
        let act = "publishing";
        let rows = rows(batch.items);
        let list = |texts: &[String]| {
            serde_json::to_string(texts).expect("because texts have a JSON form")
        };
        let asked = sqlx::query(
            "SELECT kanban.publish($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10, $11::json, $12::json,
                                   $13)::text",
        )
        .bind(&batch.line.repository)
        .bind(&batch.line.branch)
        .bind(&batch.line.draft)
        .bind(batch.before)
        .bind(batch.toward)
        .bind(batch.anchor)
        .bind(batch.remote)
        .bind(list(batch.withdrawn))
        .bind(batch.rules)
        .bind(batch.publisher)
        .bind(rows)
        .bind(list(batch.gone))
        .bind(batch.finish);
        let told = self.rows_as(Role::Writer, act, asked).await?;
        let told: String = told[0].get(0);
        match serde_json::from_str(&told) {
            Ok(Told::Written(written)) => Ok(Answer::Written(written)),
            Ok(Told::Moved { moved: true }) => Ok(Answer::Moved),
            Ok(Told::Moved { moved: false }) | Err(_) => Err(PostgresError::Failed {
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
