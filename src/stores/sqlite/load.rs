//! The bulk load: one new `cache.db`, written once from the first row to the last.
//!
//! Uses rusqlite: prepared statements in one thread are several times as fast here as rows that
//! are awaited one by one (docs/decisions/0003). No journal: nobody reads the file before the
//! generation is switched to, and a load that dies leaves a folder that is swept away.

use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection, params};

use crate::model::document::Origin;
use crate::model::file::Found;
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::ddl::{
    APPLICATION_ID, INDEXES, PROJECTION_VERSION, TABLES, page_size,
};

/// A resolved link as the table wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow<'a> {
    pub item: i64,
    pub seq: i64,
    pub rel: &'a str,
    pub target: &'a str,
    pub target_item: Option<i64>,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
}

/// A cache being written.
pub(crate) struct Bulk {
    connection: Connection,
    path: PathBuf,
    scratch: String,
}

/// Classes of the `name` table, in the order in which REF tries them (1 is the path).
const CLASS_ID: i64 = 2;
const CLASS_ALIAS: i64 = 3;
const CLASS_UID: i64 = 4;
const CLASS_STEM: i64 = 5;

impl Bulk {
    /// Makes a new file at `path`, which must not exist, for about so many bytes of content.
    pub(crate) fn create(path: &Path, bytes: u64) -> Result<Self, SqliteError> {
        let fail = |source| SqliteError {
            act: "creating the cache",
            path: path.to_owned(),
            source,
        };
        let connection = Connection::open(path).map_err(fail)?;
        connection
            .execute_batch(&format!(
                "PRAGMA page_size = {};
                 PRAGMA journal_mode = OFF;
                 PRAGMA synchronous = OFF;
                 PRAGMA locking_mode = EXCLUSIVE;
                 PRAGMA cache_size = -16384;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA application_id = {APPLICATION_ID};
                 PRAGMA user_version = {PROJECTION_VERSION};
                 BEGIN;
                 {TABLES}",
                page_size(bytes)
            ))
            .map_err(fail)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self {
            connection,
            path: path.to_owned(),
            scratch: String::new(),
        })
    }

    fn fail(&self, act: &'static str) -> impl Fn(rusqlite::Error) -> SqliteError + use<> {
        let path = self.path.clone();
        move |source| SqliteError {
            act,
            path: path.clone(),
            source,
        }
    }

    /// Adds an item under `key`; keys must rise, which makes every insertion an append.
    pub(crate) fn item(&mut self, key: i64, item: &Item) -> Result<(), SqliteError> {
        let fail = self.fail("writing an item to the cache");
        let mut scratch = std::mem::take(&mut self.scratch);
        let result = insert_item(&self.connection, key, item, &mut scratch).map_err(fail);
        self.scratch = scratch;
        result
    }

    /// Adds links in the order of (item, seq).
    pub(crate) fn links<'a>(
        &mut self,
        rows: impl Iterator<Item = LinkRow<'a>>,
    ) -> Result<u64, SqliteError> {
        let fail = self.fail("writing a link to the cache");
        let mut statement = self
            .cached("INSERT INTO link VALUES (?1,?2,?3,?4,?5,?6,?7,?8)")
            .map_err(&fail)?;
        let mut count = 0;
        for row in rows {
            statement
                .execute(params![
                    row.item,
                    row.seq,
                    row.rel,
                    row.target,
                    row.target_item,
                    match row.origin {
                        Origin::Frontmatter => 0,
                        Origin::Wikilink => 1,
                        Origin::Markdown => 2,
                    },
                    row.companion,
                    row.line
                ])
                .map_err(&fail)?;
            count += 1;
        }
        Ok(count)
    }

    /// Adds a problem of an item; (item, seq) must rise.
    pub(crate) fn problem(
        &mut self,
        item: i64,
        seq: i64,
        problem: &Problem,
    ) -> Result<(), SqliteError> {
        let mut statement = self
            .cached("INSERT INTO problem VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)")
            .map_err(self.fail("preparing a problem"))?;
        statement
            .execute(params![
                item,
                seq,
                problem.code,
                problem.severity.as_str(),
                problem.companion,
                problem.line,
                problem.col,
                problem.message,
                problem.hint
            ])
            .map_err(self.fail("writing a problem to the cache"))?;
        Ok(())
    }

    /// Records a candidate file: that of an item by its key, any other by its path (which must
    /// rise). `racy` is the hash of its content where the stamp alone cannot prove that the file
    /// is unchanged.
    pub(crate) fn file(
        &mut self,
        item: Option<i64>,
        found: &Found,
        racy: Option<&[u8; 32]>,
    ) -> Result<(), SqliteError> {
        let fail = self.fail("writing a stamp to the cache");
        let sql = match item {
            Some(_) => "INSERT INTO stamp VALUES (?1,?2,?3,?4,?5,?6,?7)",
            None => "INSERT INTO other_file VALUES (?1,?2,?3,?4,?5,?6,?7)",
        };
        let mut statement = self.cached(sql).map_err(&fail)?;
        let key: &dyn rusqlite::ToSql = match &item {
            Some(key) => key,
            None => &found.path,
        };
        statement
            .execute(params![
                key,
                found.stamp.size.cast_signed(),
                found.stamp.mtime_ns,
                found.stamp.ctime_ns,
                found.stamp.inode.cast_signed(),
                found.oid,
                racy.map(|hash| &hash[..])
            ])
            .map_err(fail)?;
        Ok(())
    }

    /// Records a fact of the `meta` view.
    pub(crate) fn fact(&mut self, key: &str, value: &str) -> Result<(), SqliteError> {
        self.cached("INSERT INTO fact VALUES (?1,?2)")
            .and_then(|mut statement| statement.execute(params![key, value]))
            .map_err(self.fail("writing a fact to the cache"))?;
        Ok(())
    }

    /// Makes the indexes and closes the file; it is whole and needs no recovery afterwards.
    pub(crate) fn finish(self) -> Result<(), SqliteError> {
        let fail = self.fail("finishing the cache");
        self.connection.flush_prepared_statement_cache();
        self.connection
            .execute_batch(&format!(
                "{INDEXES} PRAGMA analysis_limit = 400; ANALYZE; COMMIT;"
            ))
            .map_err(&fail)?;
        self.connection.close().map_err(|(_, source)| fail(source))
    }

    fn cached(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }
}

fn insert_item(
    connection: &Connection,
    key: i64,
    item: &Item,
    scratch: &mut String,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO item VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)",
        )?
        .execute(params![
            key,
            item.path,
            item.companion,
            &*item.preset,
            item.id,
            item.uid,
            item.kind,
            item.title,
            item.state,
            item.phase.map(|phase| phase.as_str()),
            item.priority,
            item.priority_rank,
            item.parent,
            item.owner,
            item.area,
            item.iteration,
            item.created,
            item.updated,
            item.due,
            item.status.as_str(),
        ])?;
    let (sections, entries, checks) = outline(item);
    connection
        .prepare_cached("INSERT INTO content VALUES (?1,?2,?3,?4,?5,?6,?7,?8)")?
        .execute(params![
            key,
            item.body,
            item.frontmatter,
            &item.content_hash[..],
            item.blob_oid,
            sections,
            entries,
            checks
        ])?;
    if !item.people.is_empty() {
        let mut statement = connection.prepare_cached("INSERT INTO person VALUES (?1,?2,?3,?4)")?;
        for (seq, person) in item.people.iter().enumerate() {
            statement.execute(params![key, seq.cast_signed() as i64, &*person.role, person.name])?;
        }
    }
    if !item.tags.is_empty() {
        let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO tag VALUES (?1,?2)")?;
        for tag in &item.tags {
            statement.execute(params![key, tag])?;
        }
    }
    let mut statement = connection.prepare_cached("INSERT OR IGNORE INTO name VALUES (?1,?2,?3)")?;
    let mut name = |class: i64, text: &str| -> rusqlite::Result<()> {
        scratch.clear();
        scratch.extend(text.chars().flat_map(char::to_lowercase));
        statement.execute(params![class, &*scratch, key])?;
        Ok(())
    };
    if let Some(id) = &item.id {
        name(CLASS_ID, id)?;
    }
    for alias in &item.aliases {
        name(CLASS_ALIAS, alias)?;
    }
    if let Some(uid) = &item.uid {
        name(CLASS_UID, uid)?;
    }
    // The stem of an item with an id nearly always begins with the id; REF looks for the others in
    // the paths.
    if item.id.is_none() {
        name(CLASS_STEM, stem(&item.path))?;
    }
    Ok(())
}

/// The file name without its last extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rfind('.') {
        Some(dot) if dot > 0 => &name[..dot],
        _ => name,
    }
}

/// The three JSON arrays of the `content` table.
fn outline(item: &Item) -> (String, String, String) {
    let mut sections = Json::new();
    for section in &item.sections {
        sections
            .open()
            .number(u64::from(section.level))
            .text(Some(&section.title))
            .number(section.range.start as u64)
            .number(section.range.len() as u64)
            .number(u64::from(section.line))
            .close();
    }
    let mut entries = Json::new();
    for entry in &item.entries {
        entries
            .open()
            .text(entry.at.as_deref())
            .text(entry.author.as_deref())
            .text(entry.model.as_deref())
            .number(entry.range.start as u64)
            .number(entry.range.len() as u64)
            .number(u64::from(entry.line))
            .close();
    }
    let mut checks = Json::new();
    for check in &item.checks {
        checks
            .open()
            .index(check.section)
            .number(u64::from(check.done))
            .number(check.range.start as u64)
            .number(check.range.len() as u64)
            .number(u64::from(check.line))
            .close();
    }
    (sections.finish(), entries.finish(), checks.finish())
}

/// Writes an array of arrays without building a tree first.
struct Json(String);

impl Json {
    fn new() -> Self {
        Self(String::from("["))
    }

    fn open(&mut self) -> &mut Self {
        self.0.push_str(if self.0.len() > 1 { ",[" } else { "[" });
        self
    }

    fn comma(&mut self) {
        if !self.0.ends_with('[') {
            self.0.push(',');
        }
    }

    fn number(&mut self, number: u64) -> &mut Self {
        use std::fmt::Write;
        self.comma();
        write!(self.0, "{number}").expect("because writing to a string cannot fail");
        self
    }

    fn text(&mut self, text: Option<&str>) -> &mut Self {
        self.comma();
        match text {
            None => self.0.push_str("null"),
            Some(text) => self.0.push_str(
                &serde_json::to_string(text).expect("because any string has a JSON form"),
            ),
        }
        self
    }

    fn index(&mut self, index: Option<usize>) -> &mut Self {
        match index {
            None => self.text(None),
            Some(index) => self.number(index as u64),
        }
    }

    fn close(&mut self) -> &mut Self {
        self.0.push(']');
        self
    }

    fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }
}
