//! Commits and what single paths were in them, asked often and answered from memory where it can be.
//! Gets ids and paths; gives ids of blobs, bytes, and who committed what when.
//! Never: decides which commits matter, parses a document, fetches what a clone lacks.

use std::collections::{HashMap, HashSet};
use std::fmt;

use gix::bstr::ByteSlice;
use gix::hash::ObjectId;
use gix::objs::tree::EntryMode;
use gix::objs::{CommitRef, FindExt, Kind};

use crate::source::commit::Objects;
use crate::source::refs::refs;
use crate::source::repo::Place;
use crate::source::{SourceError, git, name};

/// Larger files are not read.
const LARGEST: u64 = 64 << 20;
/// Characters of an id that people are shown.
const SHORT: usize = 8;

/// The id of a commit, tree or blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(ObjectId);

impl Id {
    /// Of hexadecimal text of full length.
    pub(crate) fn of(text: &str) -> Option<Self> {
        ObjectId::from_hex(text.as_bytes()).ok().map(Self)
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        ObjectId::try_from(bytes).ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The beginning, for people.
    pub(crate) fn short(&self) -> String {
        self.0.to_hex_with_len(SHORT).to_string()
    }
}

impl From<Id> for ObjectId {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a walk through commits needs of one.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub tree: Id,
    pub parents: Vec<Id>,
    /// When it was committed, in seconds since the epoch.
    pub time: i64,
}

/// What a commit tells of itself. Text that is not UTF-8 is read as Latin-1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub author: String,
    pub email: String,
    /// When it was written, in seconds since the epoch, and the author's offset from UTC in seconds.
    pub at: (i64, i32),
    pub subject: String,
}

/// A file that two trees do not have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub path: String,
    pub old: Option<Id>,
    pub new: Option<Id>,
}

/// The past of a repository.
pub(crate) struct Past {
    objects: Objects,
    /// Commits whose parents a shallow clone does not have.
    shallow: HashSet<ObjectId>,
    /// Numbers of names, and what trees hold under them.
    names: HashMap<Vec<u8>, u32>,
    entries: HashMap<(ObjectId, u32), Option<(EntryMode, ObjectId)>>,
}

impl Past {
    pub(crate) fn open(place: &Place) -> Result<Self, SourceError> {
        let shallow = place
            .common_dir()
            .and_then(|folder| std::fs::read(folder.join("shallow")).ok())
            .unwrap_or_default();
        Ok(Self {
            objects: Objects::open(place)?.remembering(),
            shallow: shallow
                .lines()
                .filter_map(|line| ObjectId::from_hex(line.trim()).ok())
                .collect(),
            names: HashMap::new(),
            entries: HashMap::new(),
        })
    }

    /// Whether the clone does not have what came before this commit.
    pub(crate) fn is_cut(&self, commit: Id) -> bool {
        self.shallow.contains(&commit.0)
    }

    pub(crate) fn commit(&self, id: Id) -> Result<Commit, SourceError> {
        self.with(id, |commit| Commit {
            tree: Id(commit.tree()),
            parents: match self.is_cut(id) {
                true => Vec::new(),
                false => commit.parents().map(Id).collect(),
            },
            time: commit
                .committer()
                .map_or(0, |committer| committer.seconds()),
        })
    }

    /// Who wrote a commit, when, and its first line.
    pub(crate) fn told(&self, id: Id) -> Result<Told, SourceError> {
        self.with(id, |commit| {
            let author = commit.author().ok();
            let time = author.and_then(|author| author.time().ok());
            let message = commit.message.trim_start();
            Told {
                author: author.map_or_else(String::new, |author| text(author.name.trim())),
                email: author.map_or_else(String::new, |author| text(author.email.trim())),
                at: time.map_or((0, 0), |time| (time.seconds, time.offset)),
                subject: text(message.lines().next().unwrap_or_default().trim()),
            }
        })
    }

    fn with<T>(&self, id: Id, take: impl FnOnce(CommitRef<'_>) -> T) -> Result<T, SourceError> {
        let mut buffer = Vec::new();
        let commit = self.objects.odb().find_commit(&id.0, &mut buffer);
        commit
            .map(take)
            .map_err(|error| self.objects.failed(&error))
    }

    /// The blob at a path below a tree.
    pub(crate) fn blob_at(&mut self, tree: Id, path: &str) -> Result<Option<Id>, SourceError> {
        let mut tree = tree.0;
        let path = name::bytes(path);
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            let number = match self.names.get(part) {
                Some(number) => *number,
                None => {
                    let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                    self.names.insert(part.to_owned(), number);
                    number
                }
            };
            let entry = match self.entries.get(&(tree, number)) {
                Some(entry) => *entry,
                None => {
                    let entry = self.objects.entry_at(tree, &name::text(part))?;
                    self.entries.insert((tree, number), entry);
                    entry
                }
            };
            match (entry, parts.peek()) {
                (Some((mode, id)), None) if mode.is_blob() => return Ok(Some(Id(id))),
                (Some((mode, id)), Some(_)) if mode.is_tree() => tree = id,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The files below `folder` (all where empty) in which two trees differ.
    pub(crate) fn changed(
        &mut self,
        old: Id,
        new: Id,
        folder: &str,
    ) -> Result<Vec<Changed>, SourceError> {
        let below = |tree: Id| -> Result<Option<ObjectId>, SourceError> {
            let entry = self.objects.entry_at(tree.0, folder)?;
            Ok(entry.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| id))
        };
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let changed = self.objects.changed((below(old)?, below(new)?), &prefix)?;
        let changed = changed.into_iter().map(|changed| Changed {
            path: changed.path,
            old: changed.old.map(Id),
            new: changed.new.map(Id),
        });
        Ok(changed.collect())
    }

    /// The bytes of a blob; nothing where it is too large for an item.
    pub(crate) fn bytes(&self, blob: Id) -> Result<Option<Vec<u8>>, SourceError> {
        let failed = |error: &dyn fmt::Display| self.objects.failed(&error);
        let header = gix::objs::FindHeader::try_header(self.objects.odb(), &blob.0);
        let header = header.map_err(|error| failed(&error))?;
        if header.is_some_and(|header| header.size > LARGEST) {
            return Ok(None);
        }
        let mut buffer = Vec::new();
        let object = self.objects.odb().find(&blob.0, &mut buffer);
        match object.map_err(|error| failed(&error))?.kind {
            Kind::Blob => Ok(Some(buffer)),
            Kind::Tree | Kind::Commit | Kind::Tag => Err(failed(&format!("{blob} is no blob"))),
        }
    }
}

/// The commit that a name of a revision means (`main`, `v1.2`, `HEAD~3`), by git's own rules.
pub(crate) fn revision(place: &Place, name: &str) -> Result<Option<Id>, SourceError> {
    let Some(git_dir) = place.git_dir() else {
        return Ok(None);
    };
    if name.contains('\0') {
        return Ok(None);
    }
    let wanted = format!("{name}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &wanted,
    ];
    let answer = git::ask(git_dir, "look for a revision", &arguments)?;
    Ok(answer.and_then(|text| Id::of(text.trim())))
}

/// Short names of branches, remote-tracking refs and tags.
pub(crate) fn names(place: &Place) -> Vec<String> {
    let prefixes = ["refs/heads/", "refs/remotes/", "refs/tags/"];
    let found = refs(place, &prefixes).ids.into_iter();
    let short = found.map(|(name, _)| {
        let prefix = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
        prefix.unwrap_or(&name).to_owned()
    });
    short.collect()
}

/// Text in whatever encoding.
fn text(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
