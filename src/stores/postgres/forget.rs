//! Taking people out of the server: who is forgotten, and the rows in which they stand.
//! Never: sends a name; who stands where is found here.

use sqlx::Row;

use crate::model::sharing::Person;
use crate::stores::postgres::connect::Server;
use crate::stores::postgres::{Result, Role};

/// Rows that are looked through at once.
const PAGE: i64 = 500;

/// All that a row says.
#[derive(Debug)]
pub(crate) struct Said {
    /// Number of the row.
    pub item: i64,
    /// Plain texts; no name reaches from one into the next.
    pub text: String,
    /// A JSON array of the rest.
    pub lists: String,
}

/// A branch or a draft with the names that people have given, and their hashes, by which alone they are asked for.
#[derive(Debug)]
pub(crate) struct NamedLine {
    pub branch: String,
    pub draft: String,
    pub publisher: String,
    pub draft_hash: String,
    pub publisher_hash: String,
}

/// What is to go.
#[derive(Debug, Default)]
pub(crate) struct Gone<'a> {
    pub people: &'a [Person],
    /// Numbers of rows.
    pub rows: Vec<i64>,
    /// Hashes of publishers, and of drafts.
    pub logins: Vec<String>,
    pub drafts: Vec<String>,
}

impl Server {
    /// The people whom no clone publishes.
    pub(crate) async fn forgotten(&mut self, repository: &str) -> Result<Vec<Person>> {
        let asked = sqlx::query(
            "SELECT hash, words, pseudonym FROM kanban_data.forgotten WHERE repository = $1 ORDER BY hash",
        )
        .bind(repository);
        let rows = self.rows("reading who is forgotten", asked).await?;
        let person = |row: &sqlx::postgres::PgRow| Person {
            hash: row.get(0),
            words: row.get::<i64, _>(1).cast_unsigned(),
            pseudonym: row.get(2),
        };
        Ok(rows.iter().map(person).collect())
    }

    /// What the next rows of a repository say, on all branches, behind that number.
    pub(crate) async fn said_after(&mut self, repository: &str, item: i64) -> Result<Vec<Said>> {
        let asked = sqlx::query(
            "SELECT item,
               concat_ws(E'\n|\n', draft, path, companion, id, uid, kind, title, state, priority, parent,
                         owner, area, iteration, body),
               json_build_array(frontmatter, aliases, people, tags, links, problems)::text
             FROM kanban_data.item WHERE repository = $1 AND item > $2 ORDER BY item LIMIT $3",
        )
        .bind(repository)
        .bind(item)
        .bind(PAGE);
        let rows = self.rows("looking through the rows", asked).await?;
        let said = |row: &sqlx::postgres::PgRow| Said {
            item: row.get(0),
            text: row.get(1),
            lists: row.get(2),
        };
        Ok(rows.iter().map(said).collect())
    }

    /// The branches of a repository, and drafts beside them.
    pub(crate) async fn named_lines(&mut self, repository: &str) -> Result<Vec<NamedLine>> {
        let asked = sqlx::query(
            "SELECT branch, draft, publisher, md5(draft), md5(publisher)
             FROM kanban_data.branch WHERE repository = $1",
        )
        .bind(repository);
        let rows = self.rows("reading the branches", asked).await?;
        let line = |row: &sqlx::postgres::PgRow| NamedLine {
            branch: row.get(0),
            draft: row.get(1),
            publisher: row.get(2),
            draft_hash: row.get(3),
            publisher_hash: row.get(4),
        };
        Ok(rows.iter().map(line).collect())
    }

    /// Forgets people, and takes out what there is of them. Gives how many rows there were.
    pub(crate) async fn forget(&mut self, repository: &str, gone: &Gone<'_>) -> Result<u64> {
        let people = serde_json::to_string(gone.people).expect("because texts have a JSON form");
        let asked = sqlx::query("SELECT kanban.forget($1, $2::json, $3, $4, $5)")
            .bind(repository)
            .bind(people)
            .bind(&gone.rows)
            .bind(&gone.logins)
            .bind(&gone.drafts);
        // Who publishes begins with that, and asks for nothing to be taken out.
        let is_list = gone.rows.is_empty() && gone.logins.is_empty() && gone.drafts.is_empty();
        let act = match is_list {
            true => "learning from this clone who is forgotten",
            false => "forgetting",
        };
        let rows: i64 = self.rows_as(Role::Writer, act, asked).await?[0].get(0);
        Ok(rows.cast_unsigned())
    }
}
