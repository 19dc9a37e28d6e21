//! Every path that anything in this repository holds, and what stands there: branches, remote-tracking
//! refs, stashes, the HEAD, index and files of each work tree. So that a new name is nobody's name yet.
//! Gets a place and a folder; calls back with each path, some more than once.
//! Never: fails because a part cannot be read (it tells which), fetches, reads blobs or files.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use gix::hash::ObjectId;
use gix::objs::tree::EntryKind;
use gix::objs::{CommitRefIter, FindExt, Kind as ObjectKind, TagRefIter, TreeRefIter};

use crate::base::{hash, path};
use crate::model::file::{Found, Stamp};
use crate::source::commit::{MAX_PATHS, Objects};
use crate::source::head::head;
use crate::source::past::{Id, Past};
use crate::source::refs::{kind, refs};
use crate::source::repo::{GitEnv, Kind, Place, discover_with};
use crate::source::{SourceError, Wants, name, walk};

/// Tags of tags that we follow.
const MAX_TAGS: usize = 10;

/// What stands at a path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A blob, of the commit that was named.
    Base(&'a [u8]),
    /// A blob, of anything else.
    Blob(&'a [u8]),
    /// A file of this work tree; only its name was looked at.
    Own(&'a Found),
    /// A file of the work tree with that root, which is not as it is staged there.
    Other(&'a Path, &'a Found),
}

/// Calls `seen` with every path of a file below `folder` (all where empty) whose name, without its
/// folders, `file` likes; relative to the root of the place. The blobs of the commit `base` come first.
/// Gives what could not be looked at.
///
/// # Errors
/// The place's own objects or files cannot be opened at all.
pub(crate) fn paths(
    place: &Place,
    base: Option<&str>,
    folder: &str,
    file: &(dyn Fn(&str) -> bool + Sync),
    seen: &mut dyn FnMut(&str, Content<'_>),
) -> Result<Vec<String>, SourceError> {
    let mut skipped = Vec::new();
    let roots = [folder.to_owned()];
    let like = |path: &str| file(path::name_of(path));
    if let Some(common_dir) = place.common_dir() {
        let trees = work_trees(place, common_dir);
        let mut tips = Vec::new();
        for tree in &trees {
            match head(&tree.place) {
                Ok(id) => tips.extend(id.map(|id| (tree.named("HEAD"), id))),
                Err(error) => skipped.push(format!("{}: {error}", tree.named("HEAD"))),
            }
        }
        let tips = tips
            .into_iter()
            .filter_map(|(name, id)| Some((name, ObjectId::from_hex(id.as_bytes()).ok()?)));
        let refs = refs(place, &["refs/heads/", "refs/remotes/", "refs/stash"]);
        skipped.extend(refs.unread);
        let objects = Objects::open(place)?.remembering();
        let mut found = Trees::new(&objects, folder, file);
        if let Some(base) = base.and_then(|base| ObjectId::from_hex(base.as_bytes()).ok())
            && let Err(why) = found.tip(base, &mut |path, id| seen(path, Content::Base(id)))
        {
            skipped.push(format!("{base}: {why}"));
        }
        for (name, id) in tips.chain(refs.ids).chain(stashes(common_dir)) {
            if let Err(why) = found.tip(id, &mut |path, id| seen(path, Content::Blob(id))) {
                skipped.push(format!("{name}: {why}"));
            }
        }
        for (number, tree) in trees.iter().enumerate() {
            let staged = index(&tree.place).unwrap_or_else(|error| {
                skipped.push(format!("{}: {error}", tree.named("index")));
                None
            });
            if let Some(index) = &staged {
                for entry in index.entries() {
                    let path = name::text(entry.path(index));
                    if *path != *folder && path::holds(folder, &path) && like(&path) {
                        seen(&path, Content::Blob(entry.id.as_bytes()));
                    }
                }
            }
            if !tree.has_files {
                continue;
            }
            let wants = wants(&roots, &like);
            let wants = match number {
                0 => wants.names_only(),
                _ => wants,
            };
            let listed = files(&tree.place, &wants, &mut skipped);
            for found in listed.unwrap_or_else(|error| {
                skipped.push(error.to_string());
                Vec::new()
            }) {
                if number == 0 {
                    seen(&found.path, Content::Own(&found));
                } else if !staged
                    .as_ref()
                    .is_some_and(|index| is_staged(index, &found))
                {
                    seen(&found.path, Content::Other(&tree.place.root, &found));
                }
            }
        }
    } else {
        let wants = wants(&roots, &like).names_only();
        for found in files(place, &wants, &mut skipped)? {
            seen(&found.path, Content::Own(&found));
        }
    }
    Ok(skipped)
}

/// Calls `seen` with every path that [`paths`] would see in the commit `head` and all before it, the newest
/// first. What a clone does not have is left out.
pub(crate) fn paths_ever(
    place: &Place,
    head: Id,
    folder: &str,
    file: &(dyn Fn(&str) -> bool + Sync),
    seen: &mut dyn FnMut(&str),
) -> Result<(), SourceError> {
    let past = Past::open(place)?;
    let objects = Objects::open(place)?.remembering();
    let mut trees = Trees::new(&objects, folder, file);
    let mut known = HashSet::from([head]);
    let mut next = BinaryHeap::from([(i64::MAX, head)]);
    while let Some((_, id)) = next.pop() {
        let Ok(commit) = past.commit(id) else {
            continue;
        };
        // What is missing is not to be found either.
        drop(trees.root(commit.tree.into(), &mut |path, _| seen(path)));
        for parent in commit.parents {
            if known.insert(parent) {
                // That of the child is near enough, and saves a look at what may be missing.
                next.push((commit.time, parent));
            }
        }
    }
    Ok(())
}

/// A work tree of the repository, or what is left of one.
struct WorkTree {
    place: Place,
    /// Its files are there to be listed.
    has_files: bool,
}

impl WorkTree {
    fn named(&self, what: &str) -> String {
        let git_dir = self.place.git_dir().unwrap_or(&self.place.root);
        git_dir.join(what).display().to_string()
    }
}

/// This work tree first, then the main one and all linked ones.
fn work_trees(place: &Place, common_dir: &Path) -> Vec<WorkTree> {
    let mut trees = vec![WorkTree {
        place: place.clone(),
        has_files: !place.is_bare(),
    }];
    let mut git_dirs = vec![common_dir.to_owned()];
    if let Ok(linked) = std::fs::read_dir(common_dir.join("worktrees")) {
        git_dirs.extend(linked.flatten().map(|folder| folder.path()));
    }
    for git_dir in git_dirs {
        if place.git_dir() == Some(&*git_dir) {
            continue;
        }
        trees.push(match discover_with(&git_dir, &GitEnv::default()) {
            Ok(place) => WorkTree {
                has_files: !place.is_bare(),
                place,
            },
            // Its folder is gone or on another disk; what it had committed or staged still counts.
            Err(_) => WorkTree {
                place: remains(place, common_dir, git_dir),
                has_files: false,
            },
        });
    }
    trees
}

/// A linked work tree without its files.
fn remains(place: &Place, common_dir: &Path, git_dir: PathBuf) -> Place {
    Place {
        root: git_dir.clone(),
        kind: Kind::WorkTree {
            git_dir,
            common_dir: common_dir.to_owned(),
        },
        ..place.clone()
    }
}

/// All stashes but the newest, which has a ref.
fn stashes(common_dir: &Path) -> Vec<(String, ObjectId)> {
    let log = std::fs::read(common_dir.join("logs/refs/stash")).unwrap_or_default();
    log.lines()
        .filter_map(|line| ObjectId::from_hex(line.split(|byte| *byte == b' ').nth(1)?).ok())
        .map(|id| ("stash".to_owned(), id))
        .collect()
}

/// Told of a path and the blob there.
type Blobs<'a> = dyn FnMut(&str, &[u8]) + 'a;

/// Trees of commits, each entered once.
struct Trees<'a> {
    objects: &'a Objects,
    folder: &'a str,
    file: &'a (dyn Fn(&str) -> bool + Sync),
    /// Key of the folder's path, and the tree.
    visited: HashSet<(i64, ObjectId)>,
    /// The first tree that was seen in a folder.
    first: HashMap<i64, First>,
}

struct First {
    bytes: Vec<u8>,
    /// Where its entries begin, and its end.
    starts: Vec<usize>,
}

impl<'a> Trees<'a> {
    fn new(objects: &'a Objects, folder: &'a str, file: &'a (dyn Fn(&str) -> bool + Sync)) -> Self {
        Self {
            objects,
            folder,
            file,
            visited: HashSet::new(),
            first: HashMap::new(),
        }
    }

    /// The paths of a commit; of a stash also those of what was untracked.
    fn tip(&mut self, tip: ObjectId, seen: &mut Blobs<'_>) -> Result<(), String> {
        let mut buffer = Vec::new();
        let mut id = tip;
        for _ in 0..MAX_TAGS {
            let object = self.objects.odb().find(&id, &mut buffer);
            let object = object.map_err(|error| error.to_string())?;
            match object.kind {
                ObjectKind::Tag => {
                    id = TagRefIter::from_bytes(object.data, id.kind())
                        .target_id()
                        .map_err(|error| error.to_string())?;
                }
                ObjectKind::Commit => {
                    let commit = CommitRefIter::from_bytes(object.data, id.kind());
                    let untracked = commit.parent_ids().nth(2);
                    let mut commit = CommitRefIter::from_bytes(object.data, id.kind());
                    let tree = commit.tree_id().map_err(|error| error.to_string())?;
                    self.root(tree, seen)?;
                    // The third parent of a stash; of a merge of three it does no harm.
                    return match untracked {
                        Some(commit) => self.only_tree_of(commit, seen),
                        None => Ok(()),
                    };
                }
                ObjectKind::Tree => return self.root(id, seen),
                ObjectKind::Blob => return Ok(()),
            }
        }
        Err("too many tags of tags".to_owned())
    }

    fn only_tree_of(&mut self, id: ObjectId, seen: &mut Blobs<'_>) -> Result<(), String> {
        let mut buffer = Vec::new();
        let tree = self
            .objects
            .odb()
            .find_commit_iter(&id, &mut buffer)
            .and_then(|mut commit| commit.tree_id())
            .map_err(|error| error.to_string())?;
        self.root(tree, seen)
    }

    /// Everything below our folder of a commit's tree. What is missing is told after all the rest.
    fn root(&mut self, tree: ObjectId, seen: &mut Blobs<'_>) -> Result<(), String> {
        let below = self.objects.entry_at(tree, self.folder);
        let tree = match below.map_err(|error| error.to_string())? {
            Some((mode, tree)) if mode.is_tree() => tree,
            _ => return Ok(()),
        };
        let mut prefix = self.folder.as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let mut trees = vec![(tree, prefix)];
        let mut result = Ok(());
        let mut paths = 0_usize;
        let mut buffer = Vec::new();
        while let Some((tree, prefix)) = trees.pop() {
            let key = hash::key(&name::text(&prefix));
            if !self.visited.insert((key, tree)) {
                continue;
            }
            match self.objects.odb().find(&tree, &mut buffer) {
                Ok(object) if object.kind == ObjectKind::Tree => {}
                Ok(_) => {
                    result = Err(format!("{tree} is no tree"));
                    continue;
                }
                Err(error) => {
                    result = Err(error.to_string());
                    continue;
                }
            }
            let (from, until) = self.news(key, &buffer);
            let mut entries = TreeRefIter::from_bytes(&buffer[from..], tree.kind());
            let mut at = from;
            let mut starts = Vec::new();
            while at != until {
                starts.push(at);
                let entry = match entries.next() {
                    None => break,
                    Some(Ok(entry)) => entry,
                    Some(Err(error)) => {
                        result = Err(error.to_string());
                        break;
                    }
                };
                paths += 1;
                if paths > MAX_PATHS {
                    return Err(format!("more than {MAX_PATHS} paths"));
                }
                at = from + entries.offset_to_next_entry(&buffer[from..]);
                match entry.mode.kind() {
                    EntryKind::Tree => {
                        let path = [&prefix, entry.filename.as_bytes(), b"/"].concat();
                        trees.push((entry.oid.to_owned(), path));
                    }
                    EntryKind::Blob | EntryKind::BlobExecutable => {
                        if (self.file)(&name::text(entry.filename)) {
                            let path = [&prefix, entry.filename.as_bytes()].concat();
                            seen(&name::text(&path), entry.oid.as_bytes());
                        }
                    }
                    EntryKind::Link | EntryKind::Commit => {}
                }
            }
            starts.push(buffer.len());
            self.first.entry(key).or_insert_with(|| First {
                bytes: buffer.clone(),
                starts,
            });
        }
        result
    }

    /// The part of a tree that the first one of the folder did not have. Branches differ in little.
    fn news(&self, key: i64, tree: &[u8]) -> (usize, usize) {
        let Some(First { bytes, starts }) = self.first.get(&key) else {
            return (0, tree.len());
        };
        let equal = equal_at_the_front(bytes, tree);
        // The last beginning of an entry up to which both are equal: there one begins in both.
        let front = starts.partition_point(|start| *start <= equal);
        let from = front.checked_sub(1).map_or(0, |at| starts[at]);
        let most = bytes.len().min(tree.len()) - from;
        let back = equal_at_the_back(&bytes[bytes.len() - most..], &tree[tree.len() - most..]);
        let at = starts.partition_point(|start| *start < bytes.len() - back);
        let until = starts.get(at).map_or(0, |start| bytes.len() - start);
        // The caller parses up to just there, or, if no entry of this tree begins there, to its end.
        (from, tree.len() - until)
    }
}

fn equal_at_the_front(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 256;
    let steps = one.chunks(STEP).zip(other.chunks(STEP));
    let equal = steps.take_while(|(one, other)| one == other).count() * STEP;
    let equal = equal.min(one.len()).min(other.len());
    let rest = one[equal..].iter().zip(&other[equal..]);
    equal + rest.take_while(|(one, other)| one == other).count()
}

fn equal_at_the_back(one: &[u8], other: &[u8]) -> usize {
    const STEP: usize = 256;
    let steps = one.rchunks(STEP).zip(other.rchunks(STEP));
    let equal = steps.take_while(|(one, other)| one == other).count() * STEP;
    let equal = equal.min(one.len()).min(other.len());
    let (one, other) = (&one[..one.len() - equal], &other[..other.len() - equal]);
    let rest = one.iter().rev().zip(other.iter().rev());
    equal + rest.take_while(|(one, other)| one == other).count()
}

/// What is staged in a work tree.
fn index(place: &Place) -> Result<Option<gix::index::File>, String> {
    let path = place.git_dir().map(|git_dir| git_dir.join("index"));
    let Some(path) = path.filter(|path| path.exists()) else {
        return Ok(None);
    };
    let skip_hash = true;
    gix::index::File::at(path, kind(place), skip_hash, Default::default())
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Whether a file is as it is staged, as far as its stamp can tell. As for git itself, a file as young as
/// the index may have changed since.
fn is_staged(index: &gix::index::File, found: &Found) -> bool {
    let path = name::bytes(&found.path);
    let Some(entry) = index.entry_by_path(path.as_bstr()) else {
        return false;
    };
    let ns = |seconds: i64, nanos: u32| seconds.saturating_mul(1_000_000_000) + i64::from(nanos);
    let (stat, Stamp { size, mtime_ns, .. }) = (&entry.stat, found.stamp);
    let written = index.timestamp();
    u64::from(stat.size) == size
        && ns(i64::from(stat.mtime.secs), stat.mtime.nsecs) == mtime_ns
        && mtime_ns < ns(written.unix_seconds(), written.nanoseconds())
}

/// What is looked for in a work tree, tracked or not.
fn wants<'w>(roots: &'w [String], like: &'w (dyn Fn(&str) -> bool + Sync)) -> Wants<'w> {
    Wants {
        roots: Some(roots),
        ..Wants::files(like)
    }
}

/// What lies in a work tree.
fn files(
    place: &Place,
    wants: &Wants<'_>,
    skipped: &mut Vec<String>,
) -> Result<Vec<Found>, SourceError> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let scan = walk::scan(place, wants, threads.clamp(1, 8))?;
    let root = place.root.display();
    let unreadable = scan.unreadable.iter();
    skipped.extend(unreadable.map(|(folder, why)| format!("{root}/{folder}: {why}")));
    Ok(scan.files)
}
