//! Which paths git tracks, and which of those it leaves out of the work tree.
//! Gets a place; reads the index at the first question, as a rule where something is ignored.
//! Gives yes or no.
//! Never: writes the index, or takes a damaged one for an empty one.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::Flags;

use crate::source::past::{Id, Past};
use crate::source::repo::Place;
use crate::source::{SourceError, name};

/// Whether git tracks a file there and leaves it out of the work tree.
pub(crate) fn leaves_out(place: &Place, path: &str) -> Result<bool, SourceError> {
    let tracked = Tracked::of(place, false);
    let Paths::AsTheyAre(index) = tracked.load() else {
        return tracked.failure().map_or(Ok(false), Err);
    };
    let bytes = name::bytes(path);
    let entries = index.entries();
    let at = entries.partition_point(|entry| entry.path(&index) < BStr::new(&bytes));
    let is_out = |flags: Flags| flags.contains(Flags::SKIP_WORKTREE);
    let here = entries[at..]
        .iter()
        .take_while(|entry| entry.path(&index) == BStr::new(&bytes));
    if here.into_iter().any(|entry| is_out(entry.flags)) {
        return Ok(true);
    }
    // A sparse index has one entry for a whole folder that is left out.
    let Some(folder) = at.checked_sub(1).map(|at| &entries[at]) else {
        return Ok(false);
    };
    let above = name::text(folder.path(&index));
    match (
        path.strip_prefix(&*above),
        Id::of_bytes(folder.id.as_bytes()),
    ) {
        (Some(inner), Some(tree)) if folder.mode.is_sparse() => {
            Ok(Past::open(place)?.blob_at(tree, inner)?.is_some())
        }
        _ => Ok(false),
    }
}

/// The tracked paths of a work tree.
pub(crate) struct Tracked {
    /// `None` outside Git.
    path: Option<PathBuf>,
    hash: gix::hash::Kind,
    fold_case: bool,
    paths: OnceLock<Paths>,
    failure: Mutex<Option<SourceError>>,
}

/// Paths in byte order.
enum Paths {
    AsTheyAre(Box<gix::index::File>),
    /// ASCII capitals made small, where `core.ignoreCase` is set.
    Folded(Vec<Vec<u8>>),
    None,
}

impl Tracked {
    pub(crate) fn of(place: &Place, fold_case: bool) -> Self {
        Self {
            path: place.git_dir().map(|git_dir| git_dir.join("index")),
            hash: if place.sha256 {
                gix::hash::Kind::Sha256
            } else {
                gix::hash::Kind::Sha1
            },
            fold_case,
            paths: OnceLock::new(),
            failure: Mutex::new(None),
        }
    }

    /// Whether this very file is tracked.
    pub(crate) fn contains(&self, path: &[u8]) -> bool {
        self.first_from(path, |first| first == path)
    }

    /// Whether a file below the folder is tracked; `prefix` is its path with a slash at the end.
    pub(crate) fn any_below(&self, prefix: &[u8]) -> bool {
        self.first_from(prefix, |first| first.starts_with(prefix))
    }

    /// Why the answers were wrong, if they were.
    pub(crate) fn failure(self) -> Option<SourceError> {
        self.failure
            .into_inner()
            .expect("because nobody panics with it")
    }

    /// Asks about the first tracked path that is not before `path`.
    fn first_from(&self, path: &[u8], is_it: impl Fn(&[u8]) -> bool) -> bool {
        match self.paths.get_or_init(|| self.load()) {
            Paths::None => false,
            Paths::AsTheyAre(index) => {
                let entries = index.entries();
                let at = entries.partition_point(|entry| entry.path(index) < BStr::new(path));
                entries
                    .get(at)
                    .is_some_and(|entry| is_it(entry.path(index).as_bytes()))
            }
            Paths::Folded(paths) => {
                let folded = path.to_ascii_lowercase();
                let at = paths.partition_point(|path| *path < folded);
                // The question is asked of the path as it was given.
                paths.get(at).is_some_and(|first| {
                    first.len() >= path.len()
                        && first.starts_with(&folded)
                        && is_it(&[path, &first[path.len()..]].concat())
                })
            }
        }
    }

    fn load(&self) -> Paths {
        let Some(path) = &self.path else {
            return Paths::None;
        };
        if !path.exists() {
            return Paths::None;
        }
        // The checksum costs more than all the rest, and git's own default is to skip it where an
        // index is only read for its names.
        let skip_hash = true;
        match gix::index::File::at(path, self.hash, skip_hash, Default::default()) {
            Ok(index) if self.fold_case => {
                let mut paths: Vec<Vec<u8>> = index
                    .entries()
                    .iter()
                    .map(|entry| entry.path(&index).to_ascii_lowercase())
                    .collect();
                paths.sort_unstable();
                Paths::Folded(paths)
            }
            Ok(index) => Paths::AsTheyAre(Box::new(index)),
            Err(error) => {
                *self.failure.lock().expect("because nobody panics with it") =
                    Some(SourceError::Damaged {
                        path: path.clone(),
                        message: error.to_string(),
                    });
                Paths::None
            }
        }
    }
}
