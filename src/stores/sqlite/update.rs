//! Changes to the cache that serves: one transaction from the comparison of stamps to the new
//! generation, while readers go on.
//!
//! Gets what changed from `engine`, who holds the writer's lock. Gives what is recorded of items,
//! names and links, so that only what a change can reach is looked at again.
//! Never: decides what is affected, leaves a half state: what is not committed is undone by SQLite.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use crate::base::hash;
use crate::model::document::Origin;
use crate::model::file::{Found, Scan};
use crate::projection::Node;
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::change::{Change, StoredLink};
use crate::stores::sqlite::rows::{
    CLASS_UID, FileRow, LinkRow, Onto, Reading, Role, SpaceRow, folded, insert_file, insert_link,
    name_key, uid_key,
};
use crate::stores::sqlite::stamps::{Difference, KnownFile, compare, known};

/// A longer write-ahead log is copied into the file at the next commit that no reader keeps from it:
/// a process that opens the cache reads the whole log first.
const LONGEST_LOG: u64 = 1 << 20;

/// A transaction on the serving cache.
pub(crate) struct Update {
    pub(super) connection: Connection,
    path: PathBuf,
}

type Result<T> = std::result::Result<T, SqliteError>;

impl Update {
    /// Opens the cache for writing and begins the transaction.
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        let fail = |source| SqliteError {
            act: "opening the cache for writing",
            path: path.to_owned(),
            source,
        };
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(fail)?;
        (|| {
            // Only a reader that opens at this very moment, or recovers, is ever in the way.
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.set_prepared_statement_cache_capacity(64);
            // What is committed stays in the log when we close: no wait for the disk.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            // Nothing is synced until the log is copied, as in a rebuild: what the system holds is safe from our own death, and
            // after its own the cache is proved before it serves (`generation`).
            connection.execute_batch(
                "PRAGMA synchronous = OFF;
                 PRAGMA cache_size = -32768;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA wal_autocheckpoint = 0;
                 BEGIN IMMEDIATE;",
            )
        })()
        .map_err(fail)?;
        Ok(Self {
            connection,
            path: path.to_owned(),
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

    fn failed_to_read(&self) -> impl Fn(rusqlite::Error) -> SqliteError + use<> {
        self.fail("reading the cache")
    }

    pub(super) fn failed_to_write(&self) -> impl Fn(rusqlite::Error) -> SqliteError + use<> {
        self.fail("changing the cache")
    }

    pub(super) fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(self.failed_to_write())
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        (|| {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(values, read)?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        })()
        .map_err(self.failed_to_read())
    }

    pub(super) fn first<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(values, read).optional())
            .map_err(self.failed_to_read())
    }

    /// Compares a scan with the recorded files.
    pub(crate) fn compare(&self, scan: &Scan) -> Result<Difference> {
        compare(&self.connection, scan).map_err(self.failed_to_read())
    }

    /// A fact of the `meta` view.
    pub(crate) fn fact(&self, key: &str) -> Result<Option<String>> {
        self.first("SELECT value FROM fact WHERE key = ?1", [key], |row| {
            row.get(0)
        })
    }

    pub(crate) fn set_fact(&self, key: &str, value: &str) -> Result<()> {
        self.execute(
            "INSERT INTO fact VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value",
            [key, value],
        )?;
        Ok(())
    }

    /// Root, preset and number of items of every space that was ever seen, by its number from 0.
    pub(crate) fn spaces(&self) -> Result<Vec<(String, String, u64)>> {
        self.all(
            "SELECT root, preset, items FROM space ORDER BY space",
            [],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get::<_, i64>(2)?.cast_unsigned(),
                ))
            },
        )
    }

    pub(crate) fn add_space(&self, number: i64, space: &SpaceRow<'_>) -> Result<()> {
        self.execute(
            "INSERT INTO space VALUES (?1,?2,?3,?4)",
            params![number, space.root, space.preset, space.items],
        )?;
        Ok(())
    }

    /// The names of an item; `None` where there is none of that key.
    pub(crate) fn node(&self, key: i64) -> Result<Option<Node>> {
        self.first(
            "SELECT i.path, i.companion, i.id, o.id_line, i.uid, o.aliases, i.space
             FROM item i JOIN outline o ON o.item = i.item WHERE i.item = ?1",
            [key],
            |row| {
                let text = |at: usize| -> rusqlite::Result<Option<Box<str>>> {
                    Ok(row.get::<_, Option<String>>(at)?.map(Into::into))
                };
                let aliases: Option<String> = row.get(5)?;
                let aliases = aliases.and_then(|text| serde_json::from_str(&text).ok());
                Ok(Node {
                    path: row.get::<_, String>(0)?.into(),
                    companion: text(1)?,
                    id: text(2)?,
                    id_line: row.get(3)?,
                    uid: text(4)?,
                    aliases: aliases.unwrap_or_default(),
                    space: row.get(6)?,
                })
            },
        )
    }

    /// Path, reading and companion of an item.
    pub(crate) fn reading(&self, key: i64) -> Result<Option<(String, Reading, Option<String>)>> {
        self.first(
            "SELECT path, space, variant, companion FROM item WHERE item = ?1",
            [key],
            |row| {
                let reading = Reading {
                    space: row.get(1)?,
                    variant: row.get(2)?,
                };
                Ok((row.get(0)?, reading, row.get(3)?))
            },
        )
    }

    /// The reading of every item; for when the conventions themselves changed.
    pub(crate) fn readings(&self) -> Result<HashMap<i64, Reading>> {
        let rows = self.all("SELECT item, space, variant FROM item", [], |row| {
            let reading = Reading {
                space: row.get(1)?,
                variant: row.get(2)?,
            };
            Ok((row.get(0)?, reading))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// What is recorded of the files of a scan, by their numbers.
    pub(crate) fn known(&self, scan: &Scan) -> Result<Vec<(usize, KnownFile)>> {
        known(&self.connection, scan).map_err(self.failed_to_read())
    }

    /// blake3 of the content of an item's own file when it was projected.
    pub(crate) fn content_hash(&self, key: i64) -> Result<Option<Vec<u8>>> {
        self.first(
            "SELECT content_hash FROM outline WHERE item = ?1",
            [key],
            |row| row.get(0),
        )
    }

    /// The recorded blob of an item's own file.
    pub(crate) fn blob_oid(&self, key: i64) -> Result<Option<Vec<u8>>> {
        self.first(
            "SELECT blob_oid FROM outline WHERE item = ?1",
            [key],
            |row| row.get(0),
        )
    }

    /// Before an item loses its id: links that were kept short, because they name it by that id,
    /// must say it themselves.
    pub(crate) fn spell_out(&self, key: i64, id: &str) -> Result<()> {
        self.execute(
            "UPDATE link SET target = ?2 WHERE target_item = ?1 AND target IS NULL",
            params![key, id],
        )?;
        Ok(())
    }

    /// Records a candidate file.
    pub(crate) fn file(
        &self,
        found: &Found,
        item: Option<i64>,
        role: Role,
        racy: Option<&[u8; 32]>,
    ) -> Result<()> {
        insert_file(
            &self.connection,
            &FileRow {
                hash: found.key,
                role,
                item,
                stamp: &found.stamp,
                oid: found.oid.as_deref(),
                racy,
                path: (role == Role::Other).then_some(&*found.path),
            },
        )
        .map_err(self.failed_to_write())?;
        Ok(())
    }

    /// Forgets a file that is no candidate any more.
    pub(crate) fn remove_file(&self, hash: i64) -> Result<()> {
        self.execute("DELETE FROM file WHERE hash = ?1", [hash])?;
        Ok(())
    }

    /// The path of a recorded file of no item.
    pub(crate) fn other_path(&self, hash: i64) -> Result<Option<String>> {
        self.first("SELECT path FROM file WHERE hash = ?1", [hash], |row| {
            row.get(0)
        })
    }

    /// What is recorded at a path: the role of the file, and its item.
    pub(crate) fn at_path(&self, path: &str) -> Result<Option<(Role, Option<i64>)>> {
        self.first(
            "SELECT role, item FROM file WHERE hash = ?1",
            [hash::key(path)],
            |row| Ok((Role::of(row.get(0)?), row.get(1)?)),
        )
    }

    /// The items with that id, alias, uid or file name, in any case.
    pub(crate) fn named(&self, name: &str) -> Result<Vec<i64>> {
        let name = folded(name);
        let mut items = self.all(
            "SELECT item FROM name WHERE key = ?1 AND class <> ?2",
            [name_key(&name), CLASS_UID],
            |row| row.get(0),
        )?;
        let uids: Vec<(i64, Option<String>)> = self.all(
            "SELECT n.item, i.uid FROM name n JOIN item i ON i.item = n.item
             WHERE n.key = ?1 AND n.class = ?2",
            [uid_key(&name), CLASS_UID],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        items.extend(
            uids.into_iter()
                .filter(|(_, uid)| uid.as_deref().is_some_and(|uid| folded(uid) == name))
                .map(|(item, _)| item),
        );
        Ok(items)
    }

    /// The items with a link whose target is in the bucket.
    pub(crate) fn owners(&self, bucket: i32) -> Result<Vec<i64>> {
        self.all(
            "SELECT DISTINCT item FROM link WHERE bucket = ?1",
            [bucket],
            |row| row.get(0),
        )
    }

    /// The links of an item, in order.
    pub(crate) fn links(&self, key: i64) -> Result<Vec<StoredLink>> {
        self.all(
            "SELECT l.seq, r.name, coalesce(l.target, t.id), l.target_item, l.origin, l.companion,
                    l.line, l.bucket
             FROM link l JOIN rel r ON r.rel = l.rel LEFT JOIN item t ON t.item = l.target_item
             WHERE l.item = ?1 ORDER BY l.seq",
            [key],
            |row| {
                Ok(StoredLink {
                    seq: row.get(0)?,
                    rel: row.get::<_, String>(1)?.into(),
                    target: row.get(2)?,
                    target_item: row.get(3)?,
                    origin: match row.get(4)? {
                        0 => Origin::Frontmatter,
                        1 => Origin::Wikilink,
                        _ => Origin::Markdown,
                    },
                    companion: row.get(5)?,
                    line: row.get(6)?,
                    bucket: row.get(7)?,
                })
            },
        )
    }

    /// The items whose link of that relation leads to the item.
    pub(crate) fn sources(&self, key: i64, rel: &str) -> Result<Vec<i64>> {
        self.all(
            "SELECT DISTINCT l.item FROM link l JOIN rel r ON r.rel = l.rel
             WHERE l.target_item = ?1 AND r.name = ?2",
            params![key, rel],
            |row| row.get(0),
        )
    }

    /// Writes a link of an item, over the one of that number where there is one.
    pub(crate) fn put_link(&self, row: &LinkRow<'_>) -> Result<()> {
        insert_link(&self.connection, row, Onto::Old).map_err(self.failed_to_write())
    }

    /// Forgets the links of an item from that number on.
    pub(crate) fn end_links(&self, key: i64, count: i64) -> Result<()> {
        self.execute(
            "DELETE FROM link WHERE item = ?1 AND seq >= ?2",
            [key, count],
        )?;
        Ok(())
    }

    /// Notes what a generation changed. The last word on a path counts.
    pub(crate) fn log(
        &self,
        generation: u64,
        path: &str,
        item: i64,
        change: Change,
        old_path: Option<&str>,
    ) -> Result<()> {
        self.execute(
            "INSERT OR REPLACE INTO change_log VALUES (?1,?2,?3,?4,?5)",
            params![
                generation.cast_signed(),
                path,
                item,
                change.number(),
                old_path
            ],
        )?;
        Ok(())
    }

    /// Gives a generation its nonce.
    pub(crate) fn nonce(&self, generation: u64, nonce: i64) -> Result<()> {
        self.execute(
            "INSERT OR REPLACE INTO nonce VALUES (?1,?2)",
            [generation.cast_signed(), nonce],
        )?;
        Ok(())
    }

    /// Forgets the log of all generations up to that one.
    pub(crate) fn forget_log(&self, generation: u64) -> Result<()> {
        self.execute(
            "DELETE FROM change_log WHERE generation <= ?1",
            [generation.cast_signed()],
        )?;
        self.execute(
            "DELETE FROM nonce WHERE generation < ?1",
            [generation.cast_signed()],
        )?;
        Ok(())
    }

    /// Ends the transaction; what was changed is what readers see from now on.
    pub(crate) fn commit(self) -> Result<()> {
        let fail = self.fail("committing to the cache");
        self.connection.flush_prepared_statement_cache();
        self.connection.execute_batch("COMMIT").map_err(fail)?;
        let mut log = self.path.into_os_string();
        log.push("-wal");
        if std::fs::metadata(log).is_ok_and(|log| log.len() > LONGEST_LOG) {
            // Best effort: a reader of an older state keeps the log, and the next commit tries again.
            drop(self.connection.busy_timeout(Duration::ZERO));
            // Pages are written over here, which no later proof could see if the system lost some of them:
            // the log is kept until they are on the disk.
            drop(self.connection.execute_batch("PRAGMA synchronous = NORMAL"));
            let done = self
                .connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            if let Err(error) = done {
                tracing::debug!(%error, "the log could not be copied into the cache");
            }
        }
        Ok(())
    }
}
