//! How items were read, and how their words are spelled: what a write must know of them.
//! Never: writes.

use rusqlite::{OptionalExtension, Params, Row};

use crate::base::{hash, path};
use crate::stores::sqlite::rows::Reading;
use crate::stores::sqlite::{SqliteError, Stamps};

type Result<T> = std::result::Result<T, SqliteError>;

/// A file that links to an item, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// The item with the link, and the file of it in which the link stands.
    pub path: String,
    pub file: String,
    /// As written, cleaned.
    pub target: String,
    pub in_frontmatter: bool,
    pub is_wikilink: bool,
    pub line: u32,
}

/// An item whose id or uid is at odds with another item, or with its file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub path: String,
    pub id: Option<String>,
    pub uid: Option<String>,
    pub created: Option<String>,
    pub kind: Option<String>,
    pub aliases: Vec<String>,
    /// Of its space.
    pub root: String,
    pub preset: String,
}

impl Stamps {
    fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        take: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let (connection, path) = self.connection();
        let fail = |source| SqliteError {
            act: "reading how items are written",
            path: path.to_owned(),
            source,
        };
        let mut statement = connection.prepare_cached(sql).map_err(fail)?;
        let rows = statement.query_map(values, take).map_err(fail)?;
        rows.collect::<rusqlite::Result<_>>().map_err(fail)
    }

    /// Root and preset of every space that was ever seen, by its number from 0.
    pub(crate) fn spaces(&self) -> Result<Vec<(String, String)>> {
        let sql = "SELECT root, preset FROM space ORDER BY space";
        self.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// How the item at that path was read, and its companion; `None` where there is no such item.
    pub(crate) fn reading_at(&self, path: &str) -> Result<Option<(Reading, Option<String>)>> {
        let rows = self.all(
            "SELECT i.space, i.variant, i.companion FROM file f JOIN item i ON i.item = f.item
             WHERE f.hash = ?1 AND f.role = 0",
            [hash::key(path)],
            |row| {
                let reading = Reading {
                    space: row.get(0)?,
                    variant: row.get(1)?,
                };
                Ok((reading, row.get(2)?))
            },
        )?;
        Ok(rows.into_iter().next())
    }

    /// Path and id of every item of a preset at a root.
    pub(crate) fn names_in(
        &self,
        root: &str,
        preset: &str,
    ) -> Result<Vec<(String, Option<String>)>> {
        let sql = "SELECT i.path, i.id FROM item i JOIN space s ON s.space = i.space
                   WHERE s.root = ?1 AND s.preset = ?2";
        self.all(sql, [root, preset], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The paths at which the work tree differs from the commit of HEAD.
    pub(crate) fn unclean(&self) -> Result<Vec<String>> {
        self.all("SELECT path FROM unclean", [], |row| row.get(0))
    }

    /// The items that `check` finds at odds over an id or uid.
    pub(crate) fn bearers(&self) -> Result<Vec<Bearer>> {
        let sql = "SELECT i.path, i.id, i.uid, i.created, i.kind, o.aliases, s.root, s.preset
                   FROM item i JOIN space s ON s.space = i.space JOIN outline o ON o.item = i.item
                   WHERE i.item IN (SELECT item FROM problem WHERE code IN
                     ('duplicate-id', 'duplicate-uid', 'id-unlike-file-name'))
                   ORDER BY i.path";
        self.all(sql, [], |row| {
            let aliases: Option<String> = row.get(5)?;
            let aliases = aliases.and_then(|text| serde_json::from_str(&text).ok());
            Ok(Bearer {
                path: row.get(0)?,
                id: row.get(1)?,
                uid: row.get(2)?,
                created: row.get(3)?,
                kind: row.get(4)?,
                aliases: aliases.unwrap_or_default(),
                root: row.get(6)?,
                preset: row.get(7)?,
            })
        })
    }

    /// File and line of every link that says nothing but this id; `bucket` is that of the id.
    pub(crate) fn naming(&self, id: &str, bucket: i32) -> Result<Vec<(String, u32)>> {
        self.all(
            "SELECT CASE l.companion WHEN 0 THEN i.path ELSE i.companion END, l.line
             FROM link l JOIN item i ON i.item = l.item LEFT JOIN item t ON t.item = l.target_item
             WHERE l.bucket = ?1 AND coalesce(l.target, t.id) = ?2 COLLATE NOCASE
             ORDER BY i.path, l.seq",
            (bucket, id),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The values of a column that the items of a space have, the most common first.
    pub(crate) fn words(&self, word: Word, space: i64) -> Result<Vec<String>> {
        let sql = match word {
            Word::State => {
                "SELECT state FROM item WHERE space = ?1 AND state IS NOT NULL
                 GROUP BY state ORDER BY count(*) DESC, state LIMIT 100"
            }
            Word::Priority => {
                "SELECT priority FROM item WHERE space = ?1 AND priority IS NOT NULL
                 GROUP BY priority ORDER BY count(*) DESC, priority LIMIT 100"
            }
            Word::Kind => {
                "SELECT kind FROM item WHERE space = ?1 AND kind IS NOT NULL
                 GROUP BY kind ORDER BY count(*) DESC, kind LIMIT 100"
            }
        };
        self.all(sql, [space], |row| row.get(0))
    }

    /// Every link of another item that leads to the item at that path.
    pub(crate) fn pointers(&self, path: &str) -> Result<Vec<Pointer>> {
        self.all(
            "SELECT i.path, CASE l.companion WHEN 0 THEN i.path ELSE i.companion END,
                    coalesce(l.target, t.id, ''), l.origin, l.line
             FROM link l JOIN item i ON i.item = l.item JOIN item t ON t.item = l.target_item
             WHERE l.target_item = (SELECT item FROM file WHERE hash = ?1 AND role = 0)
             ORDER BY i.path, l.seq",
            [hash::key(path)],
            |row| {
                let origin: i64 = row.get(3)?;
                Ok(Pointer {
                    path: row.get(0)?,
                    file: row.get(1)?,
                    target: row.get(2)?,
                    in_frontmatter: origin == 0,
                    is_wikilink: origin == 1,
                    line: row.get(4)?,
                })
            },
        )
    }

    /// Whether another item has the same file name without its extension.
    pub(crate) fn shares_stem(&self, path: &str) -> Result<bool> {
        let folded = crate::stores::sqlite::rows::folded(path::stem_of(path));
        let (connection, at) = self.connection();
        connection
            .query_row(
                "SELECT 1 FROM name WHERE key = ?1 AND class = 5
                 AND item <> (SELECT item FROM file WHERE hash = ?2) LIMIT 1",
                (
                    crate::stores::sqlite::rows::name_key(&folded),
                    hash::key(path),
                ),
                |_| Ok(()),
            )
            .optional()
            .map(|found| found.is_some())
            .map_err(|source| SqliteError {
                act: "reading the names of items",
                path: at.to_owned(),
                source,
            })
    }
}

/// A column with few values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    State,
    Priority,
    Kind,
}
