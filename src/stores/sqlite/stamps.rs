//! The stamps of the last scan, read back to see whether anything has changed since.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::base::hash;
use crate::model::file::{Found, Scan};
use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::read::open_read_only;
use crate::stores::sqlite::rows::{Role, stamp};

/// What is known of a recorded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownFile {
    /// Hash of its path.
    pub hash: i64,
    pub role: Role,
    pub item: Option<i64>,
}

/// How the files of a scan stand against the recorded ones. Numbers are indexes into the scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub created: Vec<usize>,
    /// With another stamp (or blob) than recorded; the content may still be the same.
    pub changed: Vec<(usize, KnownFile)>,
    pub deleted: Vec<KnownFile>,
    /// With the recorded stamp, which cannot prove that they are unchanged: their content must have
    /// the given hash.
    pub racy: Vec<(usize, KnownFile, [u8; 32])>,
}

impl Difference {
    /// Every path and every stamp is as recorded, racy ones aside.
    pub(crate) fn is_none(&self) -> bool {
        self.created.is_empty() && self.changed.is_empty() && self.deleted.is_empty()
    }

    /// Takes in how a file stands against its row.
    fn look(
        &mut self,
        scan: &Scan,
        number: usize,
        known: KnownFile,
        row: &Row<'_>,
    ) -> rusqlite::Result<()> {
        let now = &scan.files[number];
        if stamp(row, 3)? != now.stamp || row.get_ref(7)?.as_blob_or_null()? != now.oid.as_deref() {
            self.changed.push((number, known));
        } else if let Some(hash) = row.get_ref(8)?.as_blob_or_null()?
            && let Ok(hash) = <[u8; 32]>::try_from(hash)
        {
            self.racy.push((number, known, hash));
        }
        Ok(())
    }
}

/// The recorded stamps of one generation.
#[derive(Debug)]
pub(crate) struct Stamps {
    connection: Connection,
    path: std::path::PathBuf,
}

impl Stamps {
    /// Opens the cache for reading; works on a read-only file system too.
    pub(crate) fn open(path: &Path) -> Result<Self, SqliteError> {
        let connection = open_read_only(path).map_err(|source| SqliteError {
            act: "opening the cache",
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }

    pub(super) fn connection(&self) -> (&Connection, &Path) {
        (&self.connection, &self.path)
    }

    fn fail(&self, source: rusqlite::Error) -> SqliteError {
        SqliteError {
            act: "reading the stamps of the cache",
            path: self.path.clone(),
            source,
        }
    }

    /// Compares a scan with the recorded files.
    pub(crate) fn compare(&self, scan: &Scan) -> Result<Difference, SqliteError> {
        compare(&self.connection, scan).map_err(|error| self.fail(error))
    }

    /// The recorded files below that directory (relative, no slash at the end), with their stamps.
    /// All paths are read; this is asked only where a folder could not be listed.
    pub(crate) fn below(&self, directory: &str) -> Result<Vec<Found>, SqliteError> {
        (|| {
            // '0' is the character after '/': the range is exactly the paths below the directory.
            let mut paths = self.connection.prepare_cached(
                "SELECT path FROM (
                   SELECT path FROM item
                   UNION ALL SELECT companion FROM item WHERE companion IS NOT NULL
                   UNION ALL SELECT path FROM file WHERE path IS NOT NULL)
                 WHERE ?1 = '' OR path >= ?1 || '/' AND path < ?1 || '0'",
            )?;
            let mut stamps = self.connection.prepare_cached(
                "SELECT size, mtime_ns, ctime_off, inode, oid FROM file WHERE hash = ?1",
            )?;
            let mut found = Vec::new();
            let mut rows = paths.query([directory])?;
            while let Some(row) = rows.next()? {
                let path: String = row.get(0)?;
                let known = stamps
                    .query_row([hash::key(&path)], |row| Ok((stamp(row, 0)?, row.get(4)?)))
                    .optional()?;
                if let Some((stamp, oid)) = known {
                    found.push(Found {
                        oid,
                        ..Found::new(path, stamp)
                    });
                }
            }
            Ok(found)
        })()
        .map_err(|error| self.fail(error))
    }

    /// The devices on which the roots with items were.
    pub(crate) fn devices(&self) -> Result<Vec<(String, u64)>, SqliteError> {
        let text = self.fact("devices")?.unwrap_or_default();
        let devices: BTreeMap<String, u64> = serde_json::from_str(&text).unwrap_or_default();
        Ok(devices.into_iter().collect())
    }

    /// One fact of the `meta` view.
    pub(crate) fn fact(&self, key: &str) -> Result<Option<String>, SqliteError> {
        self.connection
            .query_row("SELECT value FROM fact WHERE key = ?1", [key], |row| {
                row.get(0)
            })
            .optional()
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

/// The files of a scan in the order of the hashes of their paths.
fn by_hash(scan: &Scan) -> Vec<(i64, usize)> {
    let files = scan.files.iter().enumerate();
    let mut order: Vec<(i64, usize)> = files.map(|(number, found)| (found.key, number)).collect();
    order.sort_unstable();
    order
}

/// What is recorded of the files of a scan, by their numbers.
pub(super) fn known(
    connection: &Connection,
    scan: &Scan,
) -> rusqlite::Result<Vec<(usize, KnownFile)>> {
    let numbers: HashMap<i64, usize> = by_hash(scan).into_iter().collect();
    let mut statement = connection.prepare_cached("SELECT hash, role, item FROM file")?;
    let rows = statement.query_map([], |row| {
        Ok(KnownFile {
            hash: row.get(0)?,
            role: Role::of(row.get(1)?),
            item: row.get(2)?,
        })
    })?;
    rows.filter_map(|known| match known {
        Ok(known) => numbers.get(&known.hash).map(|number| Ok((*number, known))),
        Err(error) => Some(Err(error)),
    })
    .collect()
}

/// Compares a scan with the recorded files.
pub(super) fn compare(connection: &Connection, scan: &Scan) -> rusqlite::Result<Difference> {
    match &scan.only {
        Some(only) => compare_only(connection, scan, only),
        None => compare_all(connection, scan),
    }
}

const STAMPS: &str =
    "SELECT hash, role, item, size, mtime_ns, ctime_off, inode, oid, racy_hash FROM file";

/// Compares these files alone.
fn compare_only(
    connection: &Connection,
    scan: &Scan,
    only: &[usize],
) -> rusqlite::Result<Difference> {
    let mut difference = Difference::default();
    let mut statement = connection.prepare_cached(&format!("{STAMPS} WHERE hash = ?1"))?;
    for number in only {
        let mut rows = statement.query([scan.files[*number].key])?;
        match rows.next()? {
            Some(row) => difference.look(scan, *number, known_file(row)?, row)?,
            None => difference.created.push(*number),
        }
    }
    Ok(difference)
}

fn known_file(row: &Row<'_>) -> rusqlite::Result<KnownFile> {
    Ok(KnownFile {
        hash: row.get(0)?,
        role: Role::of(row.get(1)?),
        item: row.get(2)?,
    })
}

/// One pass over both in the order of their hashes.
fn compare_all(connection: &Connection, scan: &Scan) -> rusqlite::Result<Difference> {
    let mut found = by_hash(scan).into_iter().peekable();
    let mut difference = Difference::default();
    let mut statement = connection.prepare_cached(&format!("{STAMPS} ORDER BY hash"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let known = known_file(row)?;
        while let Some((_, number)) = found.next_if(|(hash, _)| *hash < known.hash) {
            difference.created.push(number);
        }
        let Some((_, number)) = found.next_if(|(hash, _)| *hash == known.hash) else {
            difference.deleted.push(known);
            continue;
        };
        difference.look(scan, number, known, row)?;
    }
    difference.created.extend(found.map(|(_, number)| number));
    difference.created.sort_unstable();
    difference
        .changed
        .sort_unstable_by_key(|(number, _)| *number);
    Ok(difference)
}

/// What `Stamps::counts` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Phase,
    Problem,
}

/// Reads every page of the cache and checks its structure, with `whole` also that every index fits its
/// table; takes seconds on a large one.
pub(crate) fn check(path: &Path, whole: bool) -> Result<(), SqliteError> {
    let sql = match whole {
        true => "PRAGMA integrity_check(1)",
        false => "PRAGMA quick_check(1)",
    };
    let stamps = Stamps::open(path)?;
    stamps
        .connection
        .query_row(sql, [], |row| row.get::<_, String>(0))
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
