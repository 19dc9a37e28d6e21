//! What a scan looks for, by name alone.

use std::path::Path;

/// What a scan looks for. All paths are relative to the root, with `/`, without one at the end.
/// The functions are called from several threads.
#[derive(Clone, Copy)]
pub(crate) struct Wants<'a> {
    /// Files that may be items.
    pub file: &'a (dyn Fn(&str) -> bool + Sync),
    /// Folders to report as markers, ignored or not.
    pub dir: &'a (dyn Fn(&str) -> bool + Sync),
    /// Folders that need not be entered, because nothing below them can be wanted.
    pub exclude: &'a (dyn Fn(&str) -> bool + Sync),
    /// Told of each folder before anything in it is looked at: what changes in it from then on, the
    /// scan may have missed.
    pub entered: &'a (dyn Fn(&Path) + Sync),
    /// Only these folders and what is below them; `None` for everything.
    pub roots: Option<&'a [String]>,
    /// Whether files are looked at, or only their names; stamps are empty then.
    pub stamps: bool,
}

impl<'a> Wants<'a> {
    /// Everything of a name that `file` likes.
    pub(crate) fn files(file: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self {
            file,
            dir: &|_| false,
            exclude: &|_| false,
            entered: &|_| {},
            roots: None,
            stamps: true,
        }
    }

    /// The same, without a look at the files themselves: most of the time of a scan.
    pub(crate) fn names_only(self) -> Self {
        Self {
            stamps: false,
            ..self
        }
    }

    /// The roots as folders to start from, none within another; `[""]` for everything. What cannot
    /// name a folder below the root is left out.
    pub(crate) fn starts(&self) -> Vec<&'a str> {
        let Some(roots) = self.roots else {
            return vec![""];
        };
        let mut starts: Vec<&str> = roots
            .iter()
            .map(|root| root.trim_matches('/'))
            .filter(|root| {
                root.is_empty() || root.split('/').all(|part| !matches!(part, "" | "." | ".."))
            })
            .collect();
        starts.sort_by_key(|root| root.len());
        let mut kept: Vec<&str> = Vec::new();
        for start in starts {
            if !kept.iter().any(|outer| is_within(start, outer)) {
                kept.push(start);
            }
        }
        kept
    }
}

/// Whether `path` is the folder `outer` or below it.
fn is_within(path: &str, outer: &str) -> bool {
    outer.is_empty()
        || path
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
