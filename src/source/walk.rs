//! The work tree's candidates: every tracked or not ignored regular file of a wanted name, stamped.
//! Gets a place and what is wanted; gives a `Scan`, in the same order at every number of threads.
//! Never: follows a symbolic link, enters another repository, opens a file other than ignore files
//! and the index.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::clock;
use crate::model::file::{Found, Scan, Stamp};
use crate::source::ignore::{IgnoreSettings, Rules, read_ignore_file};
use crate::source::index::Tracked;
use crate::source::repo::{Place, is_repository};
use crate::source::walk::listing::{Kind, Listing};
use crate::source::walk::queue::Queue;
use crate::source::{SourceError, Wants, cache, name};

mod listing;
mod queue;

/// Looks at the whole work tree, or at the wanted roots of it. Where a wanted folder cannot be
/// listed, that is told in the scan.
///
/// # Errors
/// The root itself is gone, or the index had to be asked and is damaged.
pub(crate) fn scan(place: &Place, wants: &Wants<'_>, threads: usize) -> Result<Scan, SourceError> {
    scan_with(place, wants, threads, &IgnoreSettings::of(place))
}

/// [`scan`] with given ignore settings.
pub(crate) fn scan_with(
    place: &Place,
    wants: &Wants<'_>,
    threads: usize,
    settings: &IgnoreSettings,
) -> Result<Scan, SourceError> {
    // Before the first look, and by the clock that stamps files.
    let started_ns = clock::system_ns();
    std::fs::read_dir(&place.root)
        .map_err(|source| SourceError::io("list", &place.root, source))?;

    let walk = Walk {
        root: &place.root,
        wants,
        settings,
        tracked: Tracked::of(place, settings.fold_case),
        own_cache: cache::cache_dir(place),
    };
    let mut first = Part::default();
    let starts = walk.starts(&mut first);
    let queue = Queue::new(starts);
    let work = |mut part: Part| {
        while let Some(folder) = queue.next() {
            let below = walk.folder(folder, &mut part);
            queue.done(below);
        }
        part
    };
    let parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|_| scope.spawn(|| work(Part::default())))
            .collect();
        let mut parts = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    match walk.tracked.failure() {
        Some(error) => Err(error),
        None => Ok(join(parts, started_ns)),
    }
}

/// What a thread found.
#[derive(Default)]
struct Part {
    /// By folder, each sorted.
    files: Vec<(Vec<u8>, Vec<Found>)>,
    marker_dirs: Vec<String>,
    unreadable: Vec<(String, String)>,
    listing: Listing,
}

fn join(parts: Vec<Part>, started_ns: i64) -> Scan {
    let mut scan = Scan {
        started_ns,
        ..Scan::default()
    };
    let mut folders = Vec::new();
    for part in parts {
        folders.extend(part.files);
        scan.marker_dirs.extend(part.marker_dirs);
        scan.unreadable.extend(part.unreadable);
    }
    folders.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    scan.files
        .reserve(folders.iter().map(|(_, files)| files.len()).sum());
    for (_, files) in folders {
        scan.files.extend(files);
    }
    // Mostly sorted by now, which this sort notices; `a.md` comes before `a/b.md`, but after it in
    // the order of folders.
    scan.files.sort_by(|a, b| a.path.cmp(&b.path));
    scan.marker_dirs.sort_unstable();
    scan.marker_dirs.dedup();
    scan.unreadable.sort_unstable();
    scan
}

/// A folder to list.
struct Folder {
    /// Relative to the root, with a slash at the end; empty for the root.
    path: Vec<u8>,
    rules: Option<Arc<Rules>>,
    /// Ignored: only what is tracked counts.
    tracked_only: bool,
}

struct Walk<'a> {
    root: &'a Path,
    wants: &'a Wants<'a>,
    settings: &'a IgnoreSettings,
    tracked: Tracked,
    own_cache: PathBuf,
}

impl Walk<'_> {
    /// The folders to begin with, with the rules of the folders above them.
    fn starts(&self, part: &mut Part) -> Vec<Folder> {
        self.wants
            .starts()
            .iter()
            .filter_map(|start| {
                let mut folder = Folder {
                    path: Vec::new(),
                    rules: Rules::at_root(self.settings),
                    tracked_only: false,
                };
                for component in start.split('/').filter(|component| !component.is_empty()) {
                    folder = self.step(folder, component, part)?;
                }
                Some(folder)
            })
            .collect()
    }

    /// From a folder into one in it, without listing.
    fn step(&self, mut folder: Folder, component: &str, part: &mut Part) -> Option<Folder> {
        let here = self.root.join(name::os_path(&folder.path));
        if !folder.path.is_empty() && self.is_foreign(&here, &folder.path) {
            return None;
        }
        (self.wants.entered)(&here);
        if let Some(bytes) = read_ignore_file(&here) {
            folder.rules = Rules::push(folder.rules, self.settings, &bytes, folder.path.len());
        }
        let path = here.join(component);
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => self.below(&folder, component.as_bytes(), part),
            Ok(_) => None,
            Err(error) => {
                if !is_gone(&error) {
                    part.unreadable(&[&folder.path, component.as_bytes()].concat(), &error);
                }
                None
            }
        }
    }

    /// Lists a folder; gives the folders in it that are to be listed.
    fn folder(&self, mut folder: Folder, part: &mut Part) -> Vec<Folder> {
        let here = self.root.join(name::os_path(&folder.path));
        (self.wants.entered)(&here);
        let mut listing = std::mem::take(&mut part.listing);
        if let Err(error) = listing.read(&here)
            && !is_gone(&error)
        {
            part.unreadable(&folder.path, &error);
        }
        if !folder.path.is_empty() && listing.has_dot_git && self.is_foreign(&here, &folder.path) {
            listing.clear();
        }
        if !folder.tracked_only
            && listing.has_ignore_file
            && let Some(bytes) = read_ignore_file(&here)
        {
            let above = folder.rules.take();
            folder.rules = Rules::push(above, self.settings, &bytes, folder.path.len());
        }
        let mut below = Vec::new();
        let mut files: Vec<Found> = Vec::new();
        let mut path = folder.path.clone();
        for (number, name, kind) in listing.iter() {
            match kind {
                Kind::Folder => below.extend(self.below(&folder, name, part)),
                Kind::File => {
                    path.truncate(folder.path.len());
                    path.extend_from_slice(name);
                    if !self.is_candidate(&folder, &path) {
                        continue;
                    }
                    if !self.wants.stamps {
                        files.push(found(&path, Stamp::default()));
                        continue;
                    }
                    match listing.stamp(number) {
                        Ok(Some(stamp)) => files.push(found(&path, stamp)),
                        Ok(None) => {}
                        Err(error) => part.unreadable(&folder.path, &error),
                    }
                }
                Kind::Other => {}
            }
        }
        part.listing = listing;
        if !files.is_empty() {
            files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            part.files.push((folder.path, files));
        }
        below
    }

    /// Whether the name is wanted, and git would not ignore the file.
    fn is_candidate(&self, folder: &Folder, path: &[u8]) -> bool {
        if !(self.wants.file)(&name::text(path)) {
            return false;
        }
        let is_ignored = folder.tracked_only
            || folder
                .rules
                .as_ref()
                .is_some_and(|rules| rules.ignores(path, folder.path.len(), false));
        !is_ignored || self.tracked.contains(path)
    }

    /// A folder with a repository of its own is not ours, unless we track files in it.
    fn is_foreign(&self, here: &Path, path: &[u8]) -> bool {
        // What makes it a repository may come or go.
        (self.wants.entered)(&here.join(".git"));
        is_repository(here) && !self.tracked.any_below(path)
    }

    /// The folder `name` in `folder`, unless it is not to be entered.
    fn below(&self, folder: &Folder, name: &[u8], part: &mut Part) -> Option<Folder> {
        if name == b".git" || self.settings.fold_case && name.eq_ignore_ascii_case(b".git") {
            return None;
        }
        let mut path = Vec::with_capacity(folder.path.len() + name.len() + 1);
        path.extend_from_slice(&folder.path);
        path.extend_from_slice(name);
        let text = name::text(&path);
        if (self.wants.dir)(&text) {
            part.marker_dirs.push(text.clone().into_owned());
        }
        if (self.wants.exclude)(&text) || self.is_own_cache(name, &path) {
            return None;
        }
        let is_ignored = folder.tracked_only
            || folder
                .rules
                .as_ref()
                .is_some_and(|rules| rules.ignores(&path, folder.path.len(), true));
        drop(text);
        path.push(b'/');
        if is_ignored && !self.tracked.any_below(&path) {
            return None;
        }
        Some(Folder {
            path,
            rules: folder.rules.clone(),
            tracked_only: is_ignored,
        })
    }

    fn is_own_cache(&self, name: &[u8], path: &[u8]) -> bool {
        self.own_cache
            .file_name()
            .is_some_and(|own| name::os_bytes(own) == name)
            && self.own_cache == self.root.join(name::os_path(path))
    }
}

fn found(path: &[u8], stamp: Stamp) -> Found {
    let (path, os_path) = name::found(path);
    Found {
        os_path,
        ..Found::new(path, stamp)
    }
}

impl Part {
    /// Once a folder: a thousand files that cannot be looked at have one reason.
    fn unreadable(&mut self, path: &[u8], error: &io::Error) {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let text = name::text(path).into_owned();
        if self.unreadable.last().is_none_or(|last| last.0 != text) {
            self.unreadable.push((text, error.to_string()));
        }
    }
}

/// The file or folder vanished between two looks, or became something else.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}
