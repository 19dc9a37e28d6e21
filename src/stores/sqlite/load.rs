//! The bulk load: one new `cache.db`, written once from the first row to the last.
//!
//! Uses rusqlite: prepared statements in one thread are several times as fast here as rows that
//! are awaited one by one (docs/decisions/0003). No journal: nobody reads the file before the
//! generation is switched to, and a load that dies leaves a folder that is swept away.

use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection, params};

use crate::model::file::{Found, Stamp};
use crate::model::item::Item;
use crate::model::problem::Problem;
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::ddl::{APPLICATION_ID, INDEXES, PROJECTION_VERSION, TABLES, page_size};
use crate::stores::sqlite::rows::{
    FileRow, LinkRow, Onto, Reading, Role, SpaceRow, each_name, insert_file, insert_item,
    insert_link, insert_problem,
};

/// A cache being written.
pub(crate) struct Bulk {
    connection: Connection,
    path: PathBuf,
    /// Key, class and item of every name, and the hash of the path and the row of every file: kept
    /// until the end, because their tables are ordered by hash.
    names: Vec<(i64, u8, u32)>,
    files: Vec<(i64, Candidate)>,
}

/// A candidate file before it is written.
struct Candidate {
    stamp: Stamp,
    item: Option<i64>,
    role: Role,
    oid: Option<Vec<u8>>,
    racy: Option<Box<[u8; 32]>>,
    path: Option<String>,
}

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
            names: Vec::new(),
            files: Vec::new(),
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

    /// Adds a space under the next number, from 0.
    pub(crate) fn space(&mut self, number: i64, space: &SpaceRow<'_>) -> Result<(), SqliteError> {
        self.cached("INSERT INTO space VALUES (?1,?2,?3,?4)")
            .and_then(|mut statement| {
                statement.execute(params![number, space.root, space.preset, space.items])
            })
            .map_err(self.fail("writing a convention to the cache"))?;
        Ok(())
    }

    /// Adds an item under `key`; keys must rise, which makes every insertion an append.
    pub(crate) fn item(
        &mut self,
        key: i64,
        item: &Item,
        reading: Reading,
    ) -> Result<(), SqliteError> {
        insert_item(&self.connection, key, item, reading, Onto::Nothing)
            .map_err(self.fail("writing an item to the cache"))?;
        let number = u32::try_from(key).expect("because nobody has four billion items");
        let names = &mut self.names;
        each_name(
            &item.path,
            item.id.as_deref(),
            item.uid.as_deref(),
            &item.aliases,
            |name, class| {
                let class = u8::try_from(class).expect("because there are six classes");
                names.push((name, class, number));
            },
        );
        Ok(())
    }

    /// Adds links in the order of (item, seq).
    pub(crate) fn links<'a>(
        &mut self,
        rows: impl Iterator<Item = LinkRow<'a>>,
    ) -> Result<u64, SqliteError> {
        let fail = self.fail("writing a link to the cache");
        let mut count = 0;
        for row in rows {
            insert_link(&self.connection, &row, Onto::Nothing).map_err(&fail)?;
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
        insert_problem(&self.connection, item, seq, problem)
            .map_err(self.fail("writing a problem to the cache"))
    }

    /// Records a candidate file and the item it belongs to. `racy` is the hash of its content where
    /// the stamp alone cannot prove that the file is unchanged.
    pub(crate) fn file(
        &mut self,
        found: &Found,
        item: Option<i64>,
        role: Role,
        racy: Option<&[u8; 32]>,
    ) {
        let hash = found.key;
        let row = Candidate {
            stamp: found.stamp,
            item,
            role,
            oid: found.oid.clone(),
            racy: racy.map(|hash| Box::new(*hash)),
            path: (role == Role::Other).then(|| found.path.clone()),
        };
        self.files.push((hash, row));
    }

    /// Records paths at which the work tree differs from HEAD; they must rise.
    pub(crate) fn unclean<'a>(
        &mut self,
        paths: impl Iterator<Item = &'a String>,
    ) -> Result<(), SqliteError> {
        for path in paths {
            self.cached("INSERT INTO unclean VALUES (?1)")
                .and_then(|mut statement| statement.execute([path]))
                .map_err(self.fail("writing a path to the cache"))?;
        }
        Ok(())
    }

    /// Gives a generation its nonce.
    pub(crate) fn nonce(&mut self, generation: u64, nonce: i64) -> Result<(), SqliteError> {
        self.cached("INSERT INTO nonce VALUES (?1,?2)")
            .and_then(|mut statement| statement.execute([generation.cast_signed(), nonce]))
            .map_err(self.fail("writing a number to the cache"))?;
        Ok(())
    }

    /// Records a fact of the `meta` view.
    pub(crate) fn fact(&mut self, key: &str, value: &str) -> Result<(), SqliteError> {
        self.cached("INSERT INTO fact VALUES (?1,?2)")
            .and_then(|mut statement| statement.execute(params![key, value]))
            .map_err(self.fail("writing a fact to the cache"))?;
        Ok(())
    }

    /// Writes what was kept back to be written in order: the files, and the names of the items.
    pub(crate) fn files(&mut self) -> Result<(), SqliteError> {
        let mut names = std::mem::take(&mut self.names);
        names.sort_unstable();
        let mut files = std::mem::take(&mut self.files);
        files.sort_unstable_by_key(|(hash, _)| *hash);
        (|| {
            let mut statement = self.cached("INSERT OR IGNORE INTO name VALUES (?1,?2,?3)")?;
            for name in names {
                statement.execute(name)?;
            }
            for (hash, row) in &files {
                insert_file(
                    &self.connection,
                    &FileRow {
                        hash: *hash,
                        role: row.role,
                        item: row.item,
                        stamp: &row.stamp,
                        oid: row.oid.as_deref(),
                        racy: row.racy.as_deref(),
                        path: row.path.as_deref(),
                    },
                )?;
            }
            Ok(())
        })()
        .map_err(self.fail("writing the files to the cache"))
    }

    /// Makes the indexes and closes the file; it is whole and needs no recovery afterwards.
    pub(crate) fn finish(mut self) -> Result<(), SqliteError> {
        self.files()?;
        let fail = self.fail("finishing the cache");
        self.connection.flush_prepared_statement_cache();
        // Later changes go through a write-ahead log, so that they disturb no reader.
        self.connection
            .execute_batch(&format!(
                "{INDEXES} PRAGMA analysis_limit = 400; ANALYZE; COMMIT;
                 PRAGMA journal_mode = WAL;"
            ))
            .map_err(&fail)?;
        self.connection.close().map_err(|(_, source)| fail(source))
    }

    fn cached(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }
}
