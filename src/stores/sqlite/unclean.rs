//! The part of an update that is about HEAD: in which paths the work tree differs from its commit.
//! Never: knows Git.

use crate::stores::sqlite::SqliteError;
use crate::stores::sqlite::update::Update;

type Result<T> = std::result::Result<T, SqliteError>;

impl Update {
    /// Path and blob of every item's own file.
    pub(crate) fn blobs(&self) -> Result<Vec<(String, Vec<u8>)>> {
        self.all(
            "SELECT i.path, o.blob_oid FROM item i JOIN outline o ON o.item = i.item",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The other files of items.
    pub(crate) fn companions(&self) -> Result<Vec<String>> {
        self.all(
            "SELECT companion FROM item WHERE companion IS NOT NULL",
            [],
            |row| row.get(0),
        )
    }

    /// Records whether the work tree differs from HEAD at a path.
    pub(crate) fn mark_unclean(&self, path: &str, unclean: bool) -> Result<()> {
        let sql = match unclean {
            true => "INSERT OR IGNORE INTO unclean VALUES (?1)",
            false => "DELETE FROM unclean WHERE path = ?1",
        };
        self.execute(sql, [path])?;
        Ok(())
    }

    /// Records all paths at which the work tree differs from HEAD.
    pub(crate) fn set_unclean<'a>(&self, paths: impl Iterator<Item = &'a String>) -> Result<()> {
        self.execute("DELETE FROM unclean", [])?;
        for path in paths {
            self.mark_unclean(path, true)?;
        }
        Ok(())
    }

    /// Whether the work tree differs from HEAD anywhere.
    pub(crate) fn is_unclean(&self) -> Result<bool> {
        let found = self.first("SELECT EXISTS (SELECT 1 FROM unclean)", [], |row| {
            row.get(0)
        })?;
        Ok(found.unwrap_or_default())
    }
}
