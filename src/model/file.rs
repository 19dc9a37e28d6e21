//! Files as the scan sees them: a path and a stamp.

use std::path::{Path, PathBuf};

use crate::base::hash;

/// Cheap evidence that a file is unchanged. Times are nanoseconds since the Unix epoch; for a file
/// of a commit all four are 0, and `oid` is the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub size: u64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub inode: u64,
}

/// One candidate file.
///
/// `path` is relative to the root of the work tree, with `/`, valid UTF-8; a byte of the name that
/// is not UTF-8 is written `\xNN` and the true path is kept in `os_path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub path: String,
    /// `base::hash::key` of the path: made by the threads that walk, because it takes longer than
    /// all else that is done with a file that has not changed.
    pub key: i64,
    pub os_path: Option<PathBuf>,
    pub stamp: Stamp,
    /// The blob, where the source is a commit and not a work tree.
    pub oid: Option<Vec<u8>>,
}

impl Found {
    /// A file of that path; see the fields.
    pub(crate) fn new(path: String, stamp: Stamp) -> Self {
        Self {
            key: hash::key(&path),
            path,
            os_path: None,
            stamp,
            oid: None,
        }
    }

    /// Where it stands, below the root that its path is relative to.
    pub(crate) fn place_in(&self, root: &Path) -> PathBuf {
        root.join(self.os_path.as_deref().unwrap_or(Path::new(&self.path)))
    }
}

/// What one look at the source found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scan {
    /// Sorted by path bytes, without duplicates.
    pub files: Vec<Found>,
    /// Directories with a wanted name (`.obsidian`), also where git ignores them; sorted.
    pub marker_dirs: Vec<String>,
    /// Directories that could not be listed, with the system's reason. Their items are unknown,
    /// not gone.
    pub unreadable: Vec<(String, String)>,
    /// When the scan began, nanoseconds since the epoch: a stamp whose later time is not well
    /// before this is racy.
    pub started_ns: i64,
    /// Where only these files were looked at (numbers, ascending) and all others are known to be as
    /// they were recorded.
    pub only: Option<Vec<usize>>,
}

impl Scan {
    /// The marker folders as one text, to be compared with those of another scan.
    pub(crate) fn markers(&self) -> String {
        self.marker_dirs.join("\n")
    }

    /// Whether the file lies below a folder that could not be listed.
    pub(crate) fn is_unseen(&self, path: &str) -> bool {
        self.unreadable.iter().any(|(folder, _)| {
            folder.is_empty()
                || path
                    .strip_prefix(&**folder)
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }
}
