//! Items as they are shared: whole rows out of the cache, in the shape of the server's table.
//! Never: writes, withholds or redacts; the cache that is read holds only what may leave.

use rusqlite::{OptionalExtension, Row};
use serde_json::value::RawValue;

use crate::base::hash;
use crate::model::sharing::SharedItem;
use crate::stores::search::vector::{Texts, vector};
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::feed::Feed;

type Result<T> = std::result::Result<T, SqliteError>;

const ITEM: &str = "SELECT i.path, i.companion, i.preset, i.id, i.uid, i.kind, i.title, i.state, i.phase,
  i.priority, i.priority_rank, i.parent, i.owner, i.area, i.iteration, i.created, i.updated, i.due,
  i.status, c.body, json(o.frontmatter), coalesce(o.aliases, '[]'),
  (SELECT json_group_array(json_array(p.role, p.name)) FROM
    (SELECT role, name FROM person WHERE item = i.item ORDER BY seq) p),
  (SELECT json_group_array(t.tag) FROM (SELECT tag FROM tag WHERE item = i.item ORDER BY tag) t),
  (SELECT json_group_array(json_array(l.rel, l.target, l.path, l.origin, l.file, l.line)) FROM
    (SELECT r.name AS rel, coalesce(l.target, t.id) AS target, t.path AS path,
            CASE l.origin WHEN 0 THEN 'frontmatter' WHEN 1 THEN 'wikilink' ELSE 'markdown' END AS origin,
            CASE l.companion WHEN 0 THEN i.path ELSE i.companion END AS file, l.line AS line
     FROM link l JOIN rel r ON r.rel = l.rel LEFT JOIN item t ON t.item = l.target_item
     WHERE l.item = i.item ORDER BY l.seq) l),
  json(o.sections), json(o.entries), json(o.checks),
  (SELECT json_group_array(json_array(q.code, q.severity, q.file, q.line, q.col, q.message, q.hint)) FROM
    (SELECT code, severity, CASE companion WHEN 0 THEN i.path ELSE i.companion END AS file, line, col,
            message, hint
     FROM problem WHERE item = i.item ORDER BY code, line, col, message) q),
  lower(hex(o.content_hash)), lower(hex(o.blob_oid))
  FROM item i JOIN content c ON c.item = i.item JOIN outline o ON o.item = i.item ";

impl Feed<'_> {
    /// The item at that path as it is shared, with the hash of all of it; `None` where there is none.
    pub(crate) fn shared(&self, path: &str) -> Result<Option<(SharedItem, String)>> {
        let (connection, _) = self.connection();
        let read = || {
            let sql = format!(
                "{ITEM} WHERE i.item = (SELECT item FROM file WHERE hash = ?1 AND role = 0) AND i.path = ?2"
            );
            connection
                .prepare_cached(&sql)?
                .query_row((hash::key(path), path), item)
                .optional()
        };
        Ok(read().map_err(|error| self.fail(error))?.map(hashed))
    }

    /// Every item as it is shared, by its path.
    pub(crate) fn each_shared(&self, mut take: impl FnMut(SharedItem, String)) -> Result<()> {
        let (connection, _) = self.connection();
        let mut read = || {
            let mut statement = connection.prepare(&format!("{ITEM} ORDER BY i.item"))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (item, hash) = hashed(item(row)?);
                take(item, hash);
            }
            Ok(())
        };
        read().map_err(|error| self.fail(error))
    }
}

/// Stands in a draft for an item that its branch shows, and that is not there any more.
pub(crate) fn deleted(path: &str) -> (SharedItem, String) {
    let empty = || RawValue::from_string("[]".to_owned()).expect("because it is JSON");
    hashed(SharedItem {
        path: path.to_owned(),
        companion: None,
        preset: String::new(),
        id: None,
        uid: None,
        kind: None,
        title: String::new(),
        state: None,
        phase: None,
        priority: None,
        priority_rank: None,
        parent: None,
        owner: None,
        area: None,
        iteration: None,
        created: None,
        updated: None,
        due: None,
        status: "deleted".to_owned(),
        body: String::new(),
        frontmatter: RawValue::from_string("{}".to_owned()).expect("because it is JSON"),
        aliases: Vec::new(),
        people: empty(),
        tags: Vec::new(),
        links: empty(),
        sections: empty(),
        entries: empty(),
        checks: empty(),
        problems: empty(),
        content_hash: String::new(),
        blob_oid: String::new(),
        words: String::new(),
    })
}

/// An item with the hash of everything that the server is given of it.
fn hashed(item: SharedItem) -> (SharedItem, String) {
    let text =
        serde_json::to_vec(&item).expect("because rows of texts and numbers have a JSON form");
    let hash = hash::hex(&hash::content_hash(&text));
    (item, hash)
}

fn item(row: &Row<'_>) -> rusqlite::Result<SharedItem> {
    let raw = |at: usize| -> rusqlite::Result<Box<RawValue>> {
        let text: String = row.get(at)?;
        RawValue::from_string(text).map_err(|error| foreign(at, error))
    };
    let list = |at: usize| -> rusqlite::Result<Vec<String>> {
        let text: String = row.get(at)?;
        serde_json::from_str(&text).map_err(|error| foreign(at, error))
    };
    let people = raw(22)?;
    let pairs: Vec<(String, String)> =
        serde_json::from_str(people.get()).map_err(|error| foreign(22, error))?;
    let names: Vec<String> = pairs.into_iter().map(|(_, name)| name).collect();
    let mut item = SharedItem {
        path: row.get(0)?,
        companion: row.get(1)?,
        preset: row.get(2)?,
        id: row.get(3)?,
        uid: row.get(4)?,
        kind: row.get(5)?,
        title: row.get(6)?,
        state: row.get(7)?,
        phase: row.get(8)?,
        priority: row.get(9)?,
        priority_rank: row.get(10)?,
        parent: row.get(11)?,
        owner: row.get(12)?,
        area: row.get(13)?,
        iteration: row.get(14)?,
        created: row.get(15)?,
        updated: row.get(16)?,
        due: row.get(17)?,
        status: row.get(18)?,
        body: row.get(19)?,
        frontmatter: raw(20)?,
        aliases: list(21)?,
        people,
        tags: list(23)?,
        links: raw(24)?,
        sections: raw(25)?,
        entries: raw(26)?,
        checks: raw(27)?,
        problems: raw(28)?,
        content_hash: row.get(29)?,
        blob_oid: row.get(30)?,
        words: String::new(),
    };
    item.words = vector(&Texts {
        id: item.id.as_deref(),
        uid: item.uid.as_deref(),
        title: &item.title,
        tags: &item.tags,
        aliases: &item.aliases,
        people: &names,
        path: &item.path,
        body: &item.body,
    });
    Ok(item)
}

/// What is in the cache is not what we wrote.
fn foreign(at: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
}
