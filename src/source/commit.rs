//! The candidates of a commit, for repositories without a work tree.
//! Gets a place and a commit's id; gives a `Scan` of blobs, and their bytes.
//! Never: reads refs, follows links or submodules, fetches what a partial clone lacks.

use std::path::PathBuf;

use gix::bstr::ByteSlice;
use gix::hash::{Kind, ObjectId};
use gix::objs::FindExt;
use gix::objs::tree::EntryKind;

use crate::base::clock;
use crate::model::file::{Found, Scan, Stamp};
use crate::source::bases::Bases;
use crate::source::read::ReadError;
use crate::source::repo::Place;
use crate::source::{SourceError, Wants, name};

/// More files than any commit we can serve. A few small trees that name one another can spell more
/// paths than there are atoms.
pub(super) const MAX_PATHS: usize = 10_000_000;

/// The objects of a repository; cheap to clone, one for each thread.
#[derive(Clone)]
pub(crate) struct Objects {
    odb: gix::odb::Handle,
    git_dir: PathBuf,
}

impl Objects {
    /// # Errors
    /// There are no objects here, as the place is no repository.
    pub(crate) fn open(place: &Place) -> Result<Self, SourceError> {
        let Some(common_dir) = place.common_dir() else {
            return Err(SourceError::NotARepository {
                start: place.root.clone(),
            });
        };
        let hash = if place.sha256 {
            Kind::Sha256
        } else {
            Kind::Sha1
        };
        let folder = common_dir.join("objects");
        let odb = gix::odb::at(&folder, hash)
            .map_err(|source| SourceError::io("open", &folder, source))?;
        Ok(Self {
            odb,
            git_dir: common_dir.to_owned(),
        })
    }

    /// For a look at very many trees that soon ends: while the memory lives, git may replace the pack that
    /// it is of, and what a cache is made from must not hang on that.
    pub(super) fn remembering(self) -> Self {
        Self {
            odb: self.odb.with_pack_cache(|| Box::new(Bases::default())),
            ..self
        }
    }

    /// What the commit of this full hexadecimal id holds of what is wanted. Stamps are empty; links
    /// and submodules are left out.
    pub(crate) fn scan(&self, commit: &str, wants: &Wants<'_>) -> Result<Scan, SourceError> {
        let mut scan = Scan {
            started_ns: clock::system_ns(),
            ..Scan::default()
        };
        let id = ObjectId::from_hex(commit.as_bytes()).map_err(|error| self.failed(&error))?;
        let mut buffer = Vec::new();
        let tree = self
            .odb
            .find_commit(&id, &mut buffer)
            .map_err(|error| self.failed(&error))?
            .tree();
        for start in wants.starts() {
            if let Some(tree) = self.subtree(tree, start, wants, &mut scan)? {
                self.below(tree, start, wants, &mut scan)?;
            }
        }
        scan.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        // A damaged tree can name a file twice.
        scan.files.dedup_by(|a, b| a.path == b.path);
        scan.marker_dirs.sort_unstable();
        scan.marker_dirs.dedup();
        Ok(scan)
    }

    /// The bytes of a blob. `found` is of this repository's scan.
    ///
    /// # Errors
    /// `Gone` where the object is missing, as in a partial clone.
    pub(crate) fn read(&self, found: &Found, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.blob(found.oid.as_deref().unwrap_or_default(), &found.path, limit)
    }

    /// Whether the object of that id is here.
    pub(crate) fn holds(&self, oid: &[u8]) -> bool {
        let id = ObjectId::try_from(oid);
        id.is_ok_and(|id| gix::objs::Exists::exists(&self.odb, &id))
    }

    /// [`Self::read`] by the id of the blob; `path` is where it stands.
    pub(crate) fn blob(&self, oid: &[u8], path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let path = || PathBuf::from(path);
        let failed = |error: &dyn std::fmt::Display| ReadError::Io {
            path: path(),
            source: std::io::Error::other(error.to_string()),
        };
        let id = ObjectId::try_from(oid).map_err(|error| failed(&error))?;
        let header = gix::objs::FindHeader::try_header(&self.odb, &id)
            .map_err(|error| failed(&error))?
            .ok_or_else(|| ReadError::Gone { path: path() })?;
        if header.size > limit {
            return Err(ReadError::TooLarge {
                path: path(),
                size: header.size,
                limit,
            });
        }
        let mut buffer = Vec::new();
        let is_blob = self
            .odb
            .find(&id, &mut buffer)
            .map_err(|error| failed(&error))?
            .kind
            == gix::objs::Kind::Blob;
        if is_blob {
            Ok(buffer)
        } else {
            Err(ReadError::NotAFile { path: path() })
        }
    }

    /// The tree of the folder `path`, if that is one.
    fn subtree(
        &self,
        root: ObjectId,
        path: &str,
        wants: &Wants<'_>,
        scan: &mut Scan,
    ) -> Result<Option<ObjectId>, SourceError> {
        let mut tree = root;
        let mut buffer = Vec::new();
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .chain([path.len()]);
        let mut from = 0;
        for end in ends.filter(|end| *end > 0) {
            let entries = self
                .odb
                .find_tree_iter(&tree, &mut buffer)
                .map_err(|error| self.failed(&error))?;
            let component = &path.as_bytes()[from..end];
            let next = entries
                .filter_map(Result::ok)
                .find(|entry| entry.filename == component && entry.mode.is_tree())
                .map(|entry| entry.oid.to_owned());
            let Some(next) = next else {
                return Ok(None);
            };
            self.mark(&path[..end], wants, scan);
            if (wants.exclude)(&path[..end]) {
                return Ok(None);
            }
            tree = next;
            from = end + 1;
        }
        Ok(Some(tree))
    }

    /// Everything below a tree, without recursion: depth is the repository's choice.
    fn below(
        &self,
        tree: ObjectId,
        start: &str,
        wants: &Wants<'_>,
        scan: &mut Scan,
    ) -> Result<(), SourceError> {
        let mut prefix = start.as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let mut trees = vec![(tree, prefix)];
        let mut paths = 0_usize;
        let mut buffer = Vec::new();
        while let Some((tree, prefix)) = trees.pop() {
            let entries = self
                .odb
                .find_tree_iter(&tree, &mut buffer)
                .map_err(|error| self.failed(&error))?;
            for entry in entries {
                let entry = entry.map_err(|error| self.failed(&error))?;
                paths += 1;
                if paths > MAX_PATHS {
                    return Err(self.failed(&format!("more than {MAX_PATHS} paths in one commit")));
                }
                if !is_name(entry.filename) {
                    continue;
                }
                let mut path = [&prefix, entry.filename.as_bytes()].concat();
                match entry.mode.kind() {
                    EntryKind::Tree => {
                        let text = name::text(&path);
                        self.mark(&text, wants, scan);
                        let is_excluded = (wants.exclude)(&text);
                        drop(text);
                        if !is_excluded {
                            path.push(b'/');
                            trees.push((entry.oid.to_owned(), path));
                        }
                    }
                    EntryKind::Blob | EntryKind::BlobExecutable => {
                        if (wants.file)(&name::text(&path)) {
                            let (path, os_path) = name::found(&path);
                            scan.files.push(Found {
                                os_path,
                                oid: Some(entry.oid.as_bytes().to_vec()),
                                ..Found::new(path, Stamp::default())
                            });
                        }
                    }
                    EntryKind::Link | EntryKind::Commit => {}
                }
            }
        }
        Ok(())
    }

    fn mark(&self, path: &str, wants: &Wants<'_>, scan: &mut Scan) {
        if (wants.dir)(path) {
            scan.marker_dirs.push(path.to_owned());
        }
    }

    pub(super) fn odb(&self) -> &gix::odb::Handle {
        &self.odb
    }

    pub(super) fn failed(&self, error: &impl std::fmt::Display) -> SourceError {
        SourceError::Git {
            act: "read a commit",
            path: self.git_dir.clone(),
            message: error.to_string(),
        }
    }
}

/// What git would never write into a tree, we do not read from one.
fn is_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b".." | b".git") && !name.contains(&b'/')
}
