//! The stamps of the last scan, read back to see whether anything has changed since.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::model::file::{Scan, Stamp};
use crate::stores::sqlite::SqliteError;

/// How the files stand against the recorded ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// Every path and every stamp is as recorded. The listed files have the recorded stamp too,
    /// but it cannot prove that they are unchanged: their content must have the given hash.
    Same { racy: Vec<(String, [u8; 32])> },
    /// Something differs; the first such path.
    Differs(String),
}

/// The recorded stamps of one generation.
pub(crate) struct Stamps {
    connection: Connection,
    path: std::path::PathBuf,
}

impl Stamps {
    /// Opens the cache for reading; works on a read-only file system too.
    pub(crate) fn open(path: &Path) -> Result<Self, SqliteError> {
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|source| SqliteError {
            act: "opening the cache",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    fn fail(&self, source: rusqlite::Error) -> SqliteError {
        SqliteError {
            act: "reading the stamps of the cache",
            path: self.path.clone(),
            source,
        }
    }

    /// Compares a scan with the recorded stamps; both are sorted by path.
    pub(crate) fn compare(&self, scan: &Scan) -> Result<Known, SqliteError> {
        const ALL: &str =
            "SELECT i.path, s.size, s.mtime_ns, s.ctime_ns, s.inode, s.oid, s.racy_hash
             FROM item i INDEXED BY item_path JOIN stamp s ON s.item = i.item
             UNION ALL SELECT path, size, mtime_ns, ctime_ns, inode, oid, racy_hash FROM other_file
             ORDER BY 1";
        let mut statement = self
            .connection
            .prepare(ALL)
            .map_err(|error| self.fail(error))?;
        let mut rows = statement.query([]).map_err(|error| self.fail(error))?;
        let mut racy = Vec::new();
        let mut files = scan.files.iter();
        loop {
            let row = rows.next().map_err(|error| self.fail(error))?;
            let (found, row) = match (files.next(), row) {
                (None, None) => return Ok(Known::Same { racy }),
                (Some(found), None) => return Ok(Known::Differs(found.path.clone())),
                (None, Some(row)) => {
                    let path = row.get(0).map_err(|error| self.fail(error))?;
                    return Ok(Known::Differs(path));
                }
                (Some(found), Some(row)) => (found, row),
            };
            let same = (|| -> rusqlite::Result<bool> {
                let path = row.get_ref(0)?.as_str()?;
                let stamp = Stamp {
                    size: row.get::<_, i64>(1)?.cast_unsigned(),
                    mtime_ns: row.get(2)?,
                    ctime_ns: row.get(3)?,
                    inode: row.get::<_, i64>(4)?.cast_unsigned(),
                };
                let oid = row.get_ref(5)?.as_blob_or_null()?;
                if let Some(hash) = row.get_ref(6)?.as_blob_or_null()?
                    && let Ok(hash) = <[u8; 32]>::try_from(hash)
                {
                    racy.push((path.to_owned(), hash));
                }
                Ok(path == found.path && stamp == found.stamp && oid == found.oid.as_deref())
            })()
            .map_err(|error| self.fail(error))?;
            if !same {
                return Ok(Known::Differs(found.path.clone()));
            }
        }
    }

    /// True where a recorded file lies in that directory (relative, no slash at the end).
    pub(crate) fn has_below(&self, directory: &str) -> Result<bool, SqliteError> {
        // '0' is the character after '/': the range is exactly the paths below the directory.
        self.connection
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM item WHERE path >= ?1 || '/' AND path < ?1 || '0')
                 OR EXISTS (SELECT 1 FROM other_file WHERE path >= ?1 || '/' AND path < ?1 || '0')",
                [directory],
                |row| row.get(0),
            )
            .map_err(|error| self.fail(error))
    }

    /// All facts of the `meta` view.
    pub(crate) fn facts(&self) -> Result<Vec<(String, String)>, SqliteError> {
        let mut statement = self
            .connection
            .prepare("SELECT key, value FROM fact ORDER BY key")
            .map_err(|error| self.fail(error))?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(|error| self.fail(error))?;
        rows.collect::<Result<_, _>>()
            .map_err(|error| self.fail(error))
    }

    /// Counts of a column of `item` (a fixed name of ours), most first: (value, count).
    pub(crate) fn counts(&self, question: Count) -> Result<Vec<(String, u64)>, SqliteError> {
        let mut statement = self
            .connection
            .prepare(match question {
                Count::Phase => {
                    "SELECT coalesce(phase, 'none'), count(*) FROM item GROUP BY 1 ORDER BY 2 DESC, 1"
                }
                Count::Problem => {
                    "SELECT code, count(*) FROM problem GROUP BY 1 ORDER BY 2 DESC, 1"
                }
            })
            .map_err(|error| self.fail(error))?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
            })
            .map_err(|error| self.fail(error))?;
        rows.collect::<Result<_, _>>()
            .map_err(|error| self.fail(error))
    }
}

/// What `Stamps::counts` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Phase,
    Problem,
}

/// Reads every page of the cache and checks its structure; takes seconds on a large one.
pub(crate) fn quick_check(path: &Path) -> Result<(), SqliteError> {
    let stamps = Stamps::open(path)?;
    stamps
        .connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        .and_then(|verdict| {
            if verdict == "ok" {
                Ok(())
            } else {
                Err(rusqlite::Error::SqliteFailure(
                    rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
                    Some(verdict),
                ))
            }
        })
        .map_err(|error| stamps.fail(error))
}
