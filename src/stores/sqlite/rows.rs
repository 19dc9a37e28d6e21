//! The rows of one item, as the bulk load and the update both write them.
//!
//! Onto old rows only what differs is written: a page that is not touched is not copied into the log.
//! Never: commits.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::base::{hash, path};
use crate::model::document::Origin;
use crate::model::file::Stamp;
use crate::model::item::Item;
use crate::model::problem::Problem;

/// A resolved link as the table wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow<'a> {
    pub item: i64,
    pub seq: i64,
    pub rel: &'a str,
    /// Nothing where it is the id of the target, letter for letter.
    pub target: Option<&'a str>,
    pub target_item: Option<i64>,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
    pub bucket: i32,
}

/// What rows are written onto.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Onto {
    Nothing,
    /// Rows of the same keys.
    Old,
}

/// A statement in both its forms: plain, and onto an old row that it leaves alone where it is equal.
struct Insert {
    plain: &'static str,
    over: String,
}

impl Insert {
    /// `columns` are all but the key.
    fn new(plain: &'static str, columns: &str) -> Self {
        let columns: Vec<&str> = columns.split_whitespace().collect();
        let list = |prefix: &str| {
            let names = columns.iter().map(|name| format!("{prefix}{name}"));
            names.collect::<Vec<_>>().join(",")
        };
        let set = columns.iter().map(|name| format!("{name}=excluded.{name}"));
        let over = format!(
            "{plain} ON CONFLICT DO UPDATE SET {} WHERE ({}) IS NOT ({})",
            set.collect::<Vec<_>>().join(","),
            list(""),
            list("excluded."),
        );
        Self { plain, over }
    }

    fn onto(&self, onto: Onto) -> &str {
        match onto {
            Onto::Nothing => self.plain,
            Onto::Old => &self.over,
        }
    }
}

static ITEM: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO item VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)",
        "path companion preset id uid kind title state phase priority priority_rank parent owner area
         iteration created updated due status space variant",
    )
});
static CONTENT: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT INTO content VALUES (?1,?2)", "body"));
static OUTLINE: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO outline VALUES (?1,jsonb(?2),jsonb(?3),jsonb(?4),jsonb(?5),?6,?7,?8,?9)",
        "frontmatter sections entries checks content_hash blob_oid id_line aliases",
    )
});
static PERSON: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT INTO person VALUES (?1,?2,?3,?4)", "role name"));
static LINK: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO link VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
        "rel target target_item origin companion line bucket",
    )
});

/// How an item's file was read: its space and the variant of its preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub space: i64,
    pub variant: i64,
}

/// A convention at its root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpaceRow<'a> {
    pub root: &'a str,
    pub preset: &'a str,
    pub items: i64,
}

/// What a candidate file is to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Own,
    Companion,
    /// Of no item.
    Other,
}

impl Role {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Own => 0,
            Self::Companion => 1,
            Self::Other => 2,
        }
    }

    pub(super) fn of(number: i64) -> Self {
        match number {
            0 => Self::Own,
            1 => Self::Companion,
            _ => Self::Other,
        }
    }
}

/// Classes of the `name` table, in the order in which REF tries them (1 is the path).
pub(crate) const CLASS_ID: i64 = 2;
pub(crate) const CLASS_ALIAS: i64 = 3;
pub(crate) const CLASS_UID: i64 = 4;
pub(crate) const CLASS_STEM: i64 = 5;
/// File names with an ending that is not Markdown's, which links may use as a stem.
pub(crate) const CLASS_FILE: i64 = 6;

/// Lower case, as names are compared.
pub(crate) fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.chars().flat_map(char::to_lowercase).collect()
}

/// The key of a folded name. Six bytes: that another name has the same is less likely than that the
/// disk lies, and what links mean is looked up by the names themselves.
pub(crate) fn name_key(folded: &str) -> i64 {
    hash::key(folded) >> 16
}

/// The key of a uid: its first eight bytes in lower case, so that a beginning is a range of keys.
pub(crate) fn uid_key(folded: &str) -> i64 {
    uid_range(folded).0
}

/// The keys of all uids that begin so.
pub(crate) fn uid_range(folded: &str) -> (i64, i64) {
    let bytes = folded.as_bytes();
    let filled = |with: u8| {
        let mut key = [with; 8];
        for (to, from) in key.iter_mut().zip(bytes) {
            *to = *from;
        }
        i64::from_be_bytes(key)
    };
    (filled(0), filled(0xFF))
}

/// Calls `take` with key and class of every name of an item.
pub(crate) fn each_name(
    path: &str,
    id: Option<&str>,
    uid: Option<&str>,
    aliases: &[String],
    mut take: impl FnMut(i64, i64),
) {
    if let Some(id) = id {
        take(name_key(&folded(id)), CLASS_ID);
    }
    for alias in aliases {
        take(name_key(&folded(alias)), CLASS_ALIAS);
    }
    if let Some(uid) = uid {
        take(uid_key(&folded(uid)), CLASS_UID);
    }
    let name = folded(path::name_of(path));
    take(name_key(path::stem_of(&name)), CLASS_STEM);
    if ![".md", ".markdown", ".mdx"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        take(name_key(&name), CLASS_FILE);
    }
}

/// A candidate file.
pub(super) struct FileRow<'a> {
    pub hash: i64,
    pub role: Role,
    pub item: Option<i64>,
    pub stamp: &'a Stamp,
    pub oid: Option<&'a [u8]>,
    pub racy: Option<&'a [u8; 32]>,
    /// Only where no item knows it.
    pub path: Option<&'a str>,
}

pub(super) fn insert_file(connection: &Connection, row: &FileRow<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO file VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?
        .execute(params![
            row.hash,
            row.role.number(),
            row.item,
            row.stamp.size.cast_signed(),
            row.stamp.mtime_ns,
            row.stamp.ctime_ns.wrapping_sub(row.stamp.mtime_ns),
            row.stamp.inode.cast_signed(),
            row.oid,
            row.racy.map(|hash| &hash[..]),
            row.path
        ])?;
    Ok(())
}

/// The stamp in a row of `file`, from the column `at` on: size, mtime, difference of the ctime, inode.
pub(super) fn stamp(row: &Row<'_>, at: usize) -> rusqlite::Result<Stamp> {
    let mtime_ns: i64 = row.get(at + 1)?;
    Ok(Stamp {
        size: row.get::<_, i64>(at)?.cast_unsigned(),
        mtime_ns,
        ctime_ns: mtime_ns.wrapping_add(row.get(at + 2)?),
        inode: row.get::<_, i64>(at + 3)?.cast_unsigned(),
    })
}

/// The number of a relation, which gets one where it has none.
pub(super) fn rel_number(connection: &Connection, rel: &str) -> rusqlite::Result<i64> {
    match rel {
        "parent" => return Ok(0),
        "blocks" => return Ok(1),
        "blocked_by" => return Ok(2),
        "mentions" => return Ok(3),
        _ => {}
    }
    let known = connection
        .prepare_cached("SELECT rel FROM rel WHERE name = ?1")?
        .query_row([rel], |row| row.get(0))
        .optional()?;
    match known {
        Some(number) => Ok(number),
        None => connection
            .prepare_cached("INSERT INTO rel (name) VALUES (?1) RETURNING rel")?
            .query_row([rel], |row| row.get(0)),
    }
}

pub(super) fn insert_link(
    connection: &Connection,
    row: &LinkRow<'_>,
    onto: Onto,
) -> rusqlite::Result<()> {
    let rel = rel_number(connection, row.rel)?;
    connection
        .prepare_cached(LINK.onto(onto))?
        .execute(params![
            row.item,
            row.seq,
            rel,
            row.target,
            row.target_item,
            match row.origin {
                Origin::Frontmatter => 0,
                Origin::Wikilink => 1,
                Origin::Markdown => 2,
            },
            row.companion,
            row.line,
            row.bucket
        ])?;
    Ok(())
}

pub(super) fn insert_problem(
    connection: &Connection,
    item: i64,
    seq: i64,
    problem: &Problem,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO problem VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)")?
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
        ])?;
    Ok(())
}

/// All rows of an item but its names, links and problems.
pub(super) fn insert_item(
    connection: &Connection,
    key: i64,
    item: &Item,
    reading: Reading,
    onto: Onto,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(ITEM.onto(onto))?
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
            reading.space,
            reading.variant,
        ])?;
    let (sections, entries, checks) = outline(item);
    connection
        .prepare_cached(CONTENT.onto(onto))?
        .execute(params![key, item.body])?;
    let aliases = (!item.aliases.is_empty())
        .then(|| serde_json::to_string(&item.aliases).expect("because texts have a JSON form"));
    connection
        .prepare_cached(OUTLINE.onto(onto))?
        .execute(params![
            key,
            item.frontmatter,
            sections,
            entries,
            checks,
            &item.content_hash[..],
            item.blob_oid,
            item.id_line,
            aliases
        ])?;
    if onto == Onto::Old {
        connection
            .prepare_cached("DELETE FROM person WHERE item = ?1 AND seq >= ?2")?
            .execute([key, count(item.people.len())])?;
        let tags = serde_json::to_string(&item.tags).expect("because texts have a JSON form");
        connection
            .prepare_cached(
                "DELETE FROM tag WHERE item = ?1 AND tag NOT IN (SELECT value FROM json_each(?2))",
            )?
            .execute(params![key, tags])?;
    }
    if !item.people.is_empty() {
        let mut statement = connection.prepare_cached(PERSON.onto(onto))?;
        for (seq, person) in item.people.iter().enumerate() {
            statement.execute(params![key, count(seq), &*person.role, person.name])?;
        }
    }
    if !item.tags.is_empty() {
        let mut statement =
            connection.prepare_cached("INSERT OR IGNORE INTO tag VALUES (?1,?2)")?;
        for tag in &item.tags {
            statement.execute(params![key, tag])?;
        }
    }
    Ok(())
}

fn count(number: usize) -> i64 {
    i64::try_from(number).expect("because nobody has that many")
}

/// The three JSON arrays of the `outline` table.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::sqlite::ddl::TABLES;

    /// A column that is left out would never be brought up to date.
    #[test]
    fn every_column_is_written_over_old_rows() {
        let tables: [(&str, &Insert, &[&str]); 5] = [
            ("item", &ITEM, &["item"]),
            ("content", &CONTENT, &["item"]),
            ("outline", &OUTLINE, &["item"]),
            ("person", &PERSON, &["item", "seq"]),
            ("link", &LINK, &["item", "seq"]),
        ];
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        for (table, insert, keys) in tables {
            let mut columns = connection
                .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
                .unwrap();
            let columns = columns.query_map([table], |row| row.get(0)).unwrap();
            let columns: Vec<String> = columns.map(Result::unwrap).collect();
            let others: Vec<&str> = columns
                .iter()
                .map(String::as_str)
                .filter(|column| !keys.contains(column))
                .collect();
            let set = format!("WHERE ({}) IS NOT", others.join(","));
            assert!(insert.over.contains(&set), "{table}: {}", insert.over);
        }
    }
}
