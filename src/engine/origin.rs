//! Where items come from: a work tree, a commit of a bare repository, or a plain folder, or one
//! folder of these that has a `kanban.toml` of its own.
//!
//! Everything below is said in paths relative to that folder. Never: knows a preset or a store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{hash, path};
use crate::engine::error::{Class, EngineError};
use crate::engine::init::CONFIG;
use crate::engine::sharing::lens::Lens;
use crate::model::config::Config;
use crate::model::file::{Found, Scan, Stamp};
use crate::model::problem::{Problem, Severity};
use crate::presets::{self, Presets};
use crate::source::commit::Objects;
use crate::source::read::{self, ReadError};
use crate::source::repo::{self, Place};
use crate::source::{SourceError, Wants, cache, head, stamp, walk};

/// A larger file is an item with a problem and without content.
pub(super) const LARGEST_FILE: u64 = 64 << 20;

/// A folder of items.
pub(super) struct Origin {
    place: Place,
    /// The projected folder below the root of the place, with `/`; empty for all of it.
    base: String,
    root: PathBuf,
    cache_dir: PathBuf,
    head: Option<String>,
    /// Behind a lock because a handle serves one thread at a time; each read clones it.
    objects: Option<Mutex<Objects>>,
    /// Where the items are those that others may see.
    lens: Option<Arc<Lens>>,
    /// Where the items are those of a commit and of what is not committed yet.
    overlay: Overlay,
}

/// Files in place of those of a commit, by path; those without bytes are gone.
pub(super) type Overlay = BTreeMap<String, Option<Vec<u8>>>;

/// The content of a file.
pub(super) struct Taken {
    pub bytes: Vec<u8>,
    /// As it was before the bytes were read; none for a blob, which never changes.
    pub stamp: Option<Stamp>,
}

impl Origin {
    pub(super) fn find(start: &Path) -> Result<Self, EngineError> {
        let place = repo::discover(start).map_err(|error| EngineError::from_source(&error))?;
        Self::at(place, start)
    }

    /// The project of `folder` in the repository of `start`.
    pub(super) fn find_at(start: &Path, folder: &Path) -> Result<Self, EngineError> {
        let place = repo::discover(start).map_err(|error| EngineError::from_source(&error))?;
        Self::at(place, folder)
    }

    /// [`Self::find`]; where there is no repository, the folder itself.
    pub(super) fn find_or_plain(start: &Path) -> Result<Self, EngineError> {
        let place = match repo::discover(start) {
            Err(SourceError::NotARepository { .. }) => repo::plain(start),
            place => place,
        };
        Self::at(
            place.map_err(|error| EngineError::from_source(&error))?,
            start,
        )
    }

    fn at(place: Place, start: &Path) -> Result<Self, EngineError> {
        let head = head::head(&place).unwrap_or_else(|error| {
            tracing::warn!(%error, "HEAD cannot be read");
            None
        });
        let objects = if place.is_bare() {
            Some(Mutex::new(
                Objects::open(&place).map_err(|error| EngineError::from_source(&error))?,
            ))
        } else {
            None
        };
        let base = nested(&place, start);
        let root = if base.is_empty() {
            place.root.clone()
        } else {
            place.root.join(&base)
        };
        let mut cache_dir = cache::cache_dir(&place);
        if !base.is_empty() {
            let name = hash::hex(&hash::content_hash(base.as_bytes())[..8]);
            cache_dir = cache_dir.join(format!("in-{name}"));
        }
        Ok(Self {
            place,
            base,
            root,
            cache_dir,
            head,
            objects,
            lens: None,
            overlay: Overlay::new(),
        })
    }

    /// A commit of a branch as a source of its own, with a cache of its own that all work trees share. For a
    /// draft of that name the overlay counts in place of files of the commit.
    pub(super) fn of_commit(
        &self,
        (branch, draft): (&str, &str),
        commit: &str,
        overlay: Overlay,
    ) -> Result<Self, EngineError> {
        let objects =
            Objects::open(&self.place).map_err(|error| EngineError::from_source(&error))?;
        let name = match draft {
            "" => format!("{branch}\0{}", self.base),
            draft => format!("{branch}\0{}\0{draft}", self.base),
        };
        let name = hash::content_hash(name.as_bytes());
        let cache_dir = cache::shared_cache_dir(&self.place)
            .join("published")
            .join(hash::hex(&name[..8]));
        Ok(Self {
            place: self.place.clone(),
            base: self.base.clone(),
            root: self.root.clone(),
            cache_dir,
            head: Some(commit.to_owned()),
            objects: Some(Mutex::new(objects)),
            lens: None,
            overlay,
        })
    }

    /// From now on the items are seen through these rules.
    pub(super) fn look_through(&mut self, lens: Arc<Lens>) {
        self.lens = Some(lens);
    }

    pub(super) fn lens(&self) -> Option<&Lens> {
        self.lens.as_deref()
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// What paths are relative to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn git_dir(&self) -> Option<&Path> {
        self.place.git_dir()
    }

    /// Whether the items are those of a commit, and no work tree is looked at.
    pub(super) fn is_bare(&self) -> bool {
        self.objects.is_some()
    }

    pub(super) fn sha256(&self) -> bool {
        self.place.sha256
    }

    /// The commit that HEAD named when the origin was found.
    pub(super) fn head(&self) -> Option<String> {
        self.head.clone()
    }

    /// In a few words, for `doctor`.
    pub(super) fn describe(&self) -> String {
        let kind = match &self.place.kind {
            repo::Kind::Bare { .. } => "bare repository, read from the commit of HEAD",
            repo::Kind::Plain => "no Git",
            repo::Kind::WorkTree {
                git_dir,
                common_dir,
            } if git_dir != common_dir => "linked work tree",
            repo::Kind::WorkTree { .. } => "work tree",
        };
        match (self.base.is_empty(), &self.head) {
            (true, None) if !matches!(self.place.kind, repo::Kind::Plain) => {
                format!("{kind}, no commit yet")
            }
            (true, _) => kind.to_owned(),
            (false, _) => format!("the folder {} of a {kind}", self.base),
        }
    }

    pub(super) fn cache_dir(&self) -> &Path {
        &self.cache_dir
    }

    fn objects(&self) -> Option<Objects> {
        self.objects.as_ref().map(|objects| {
            objects
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        })
    }

    /// Makes the cache folder where it is not there.
    pub(super) fn make_cache_dir(&self) -> Result<(), EngineError> {
        if self.cache_dir.is_dir() {
            return Ok(());
        }
        cache::ensure_cache_dir(&self.place).map_err(|error| match error {
            SourceError::Io { act, path, source } => {
                EngineError::io(&format!("to {act} of the cache"), &path, &source)
            }
            error => EngineError::from_source(&error),
        })?;
        std::fs::create_dir_all(&self.cache_dir)
            .map_err(|error| EngineError::io("making the cache folder", &self.cache_dir, &error))
    }

    /// The text of `kanban.toml`, where there is one.
    pub(super) fn config_text(&self) -> Result<Option<String>, EngineError> {
        let bytes = if let Some(over) = self.overlay.get(CONFIG) {
            match over {
                Some(bytes) => bytes.clone(),
                None => return Ok(None),
            }
        } else if let (Some(objects), Some(head)) = (self.objects(), &self.head) {
            let scan = objects
                .scan(head, &Wants::files(&|name| name == CONFIG))
                .map_err(|error| EngineError::from_source(&error))?;
            let path = format!("{}{CONFIG}", self.prefix());
            match scan.files.iter().find(|found| found.path == path) {
                None => return Ok(None),
                Some(found) => objects
                    .read(found, LARGEST_FILE)
                    .map_err(|error| EngineError::environment("cannot-read", error.to_string()))?,
            }
        } else {
            let path = self.root.join(CONFIG);
            match read::read_path(&path, LARGEST_FILE) {
                Ok((bytes, _)) => bytes,
                Err(ReadError::Gone { .. }) => return Ok(None),
                Err(error) => {
                    return Err(
                        EngineError::environment("cannot-read", error.to_string()).path(&path)
                    );
                }
            }
        };
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| self.config_error("it is not UTF-8", ""))
    }

    /// Something is wrong with `kanban.toml`.
    pub(super) fn config_error(&self, message: &str, hint: &str) -> EngineError {
        let (message, hint) = presets::quotable(message.to_owned(), hint.to_owned());
        let mut error = EngineError::usage("invalid-config", format!("{CONFIG}: {message}"))
            .path(&self.root.join(CONFIG));
        if !hint.is_empty() {
            error = error.hint(hint);
        }
        error
    }

    /// Looks at all candidate files.
    /// Tells `entered` of each folder before it is looked at.
    pub(super) fn scan(
        &self,
        presets: &Presets,
        config: &Config,
        entered: &(dyn Fn(&Path) + Sync),
    ) -> Result<Scan, EngineError> {
        let scan = self.with_wants(presets, config, entered, &[], |wants| {
            match (self.objects(), &self.head) {
                (Some(objects), Some(head)) => objects.scan(head, wants),
                (Some(_), None) => Ok(Scan::default()),
                (None, _) => {
                    let threads = std::thread::available_parallelism().map_or(2, usize::from);
                    walk::scan(&self.place, wants, threads.clamp(1, 8))
                }
            }
        });
        let mut scan = scan.map_err(|error| EngineError::from_source(&error))?;
        self.lay_over(presets, &mut scan);
        Ok(scan)
    }

    /// Whether that file counts as it is in the work tree, not as the commit has it.
    pub(super) fn is_laid_over(&self, path: &str) -> bool {
        self.overlay.contains_key(path)
    }

    /// Puts the overlay into a scan of the commit.
    fn lay_over(&self, presets: &Presets, scan: &mut Scan) {
        if self.overlay.is_empty() {
            return;
        }
        scan.files
            .retain(|found| !self.overlay.contains_key(&found.path));
        for (path, bytes) in &self.overlay {
            let name = path.rsplit('/').next().unwrap_or(path);
            let Some(bytes) = bytes.as_ref().filter(|_| presets.wants_file(name)) else {
                continue;
            };
            scan.files.push(Found {
                oid: Some(hash::blob_oid(bytes, self.sha256())),
                ..Found::new(path.clone(), Stamp::default())
            });
            for (end, _) in path.match_indices('/') {
                let folder = &path[..end];
                if presets.wants_dir(folder.rsplit('/').next().unwrap_or(folder)) {
                    scan.marker_dirs.push(folder.to_owned());
                }
            }
        }
        scan.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        scan.marker_dirs.sort_unstable();
        scan.marker_dirs.dedup();
    }

    /// The same for some folders of the work tree alone, which are among those that are scanned.
    pub(super) fn scan_in(
        &self,
        presets: &Presets,
        config: &Config,
        folders: &[String],
    ) -> Result<Scan, EngineError> {
        self.with_wants(presets, config, &|_| {}, folders, |wants| {
            walk::scan(&self.place, wants, 1)
        })
        .map_err(|error| EngineError::from_source(&error))
    }

    /// The candidates of the commit of HEAD; nothing where there is none, or the files are its own.
    pub(super) fn committed(
        &self,
        presets: &Presets,
        config: &Config,
    ) -> Option<Result<Scan, SourceError>> {
        if self.is_bare() || matches!(self.place.kind, repo::Kind::Plain) {
            return None;
        }
        let Some(head) = &self.head else {
            // No commit yet: everything is a change.
            return Some(Ok(Scan::default()));
        };
        Some(self.scan_of(head, presets, config))
    }

    /// The candidates of any commit.
    pub(super) fn scan_of(
        &self,
        commit: &str,
        presets: &Presets,
        config: &Config,
    ) -> Result<Scan, SourceError> {
        let objects = Objects::open(&self.place)?;
        self.with_wants(presets, config, &|_| {}, &[], |wants| {
            objects.scan(commit, wants)
        })
    }

    /// The objects of commits, where there is Git.
    pub(super) fn commits(&self) -> Option<Result<Objects, SourceError>> {
        self.place.common_dir()?;
        Some(Objects::open(&self.place))
    }

    /// Whether git leaves files of the commit out of the work tree.
    pub(super) fn is_sparse(&self) -> bool {
        self.place
            .git_dir()
            .is_some_and(|dir| dir.join("info/sparse-checkout").is_file())
    }

    /// The bytes of a file of the work tree as it is now; `None` where it is gone, or cannot be read.
    pub(super) fn present(&self, path: &str) -> Option<Vec<u8>> {
        let read = read::read_path(&self.root.join(path), LARGEST_FILE);
        read.map(|(bytes, _)| bytes).ok()
    }

    /// Whether the path is below a folder that is scanned.
    pub(super) fn is_below_roots(&self, path: &str, config: &Config) -> bool {
        config.roots.is_empty()
            || config
                .roots
                .iter()
                .any(|root| path::holds(&root.path, path))
    }

    /// What is in front of our paths in paths of the place.
    pub(super) fn prefix(&self) -> String {
        if self.base.is_empty() {
            String::new()
        } else {
            format!("{}/", self.base)
        }
    }

    /// Runs a look of the place for what we want, in `only` these folders where there are any, and gives
    /// what it found in our paths.
    fn with_wants(
        &self,
        presets: &Presets,
        config: &Config,
        entered: &(dyn Fn(&Path) + Sync),
        only: &[String],
        look: impl FnOnce(&Wants<'_>) -> Result<Scan, SourceError>,
    ) -> Result<Scan, SourceError> {
        let file = |path: &str| presets.wants_file(path::name_of(path));
        let dir = |path: &str| presets.wants_dir(path::name_of(path));
        let prefix = self.prefix();
        let below = |root: &str| match (self.base.is_empty(), root.is_empty()) {
            (true, _) => root.to_owned(),
            (false, true) => self.base.clone(),
            (false, false) => format!("{prefix}{root}"),
        };
        let roots: Option<Vec<String>> = if !only.is_empty() {
            Some(only.iter().map(|folder| below(folder)).collect())
        } else if config.roots.is_empty() {
            (!self.base.is_empty()).then(|| vec![self.base.clone()])
        } else {
            Some(config.roots.iter().map(|root| below(&root.path)).collect())
        };
        let wants = Wants {
            file: &file,
            dir: &dir,
            exclude: &|_| false,
            entered,
            roots: roots.as_deref(),
            ..Wants::files(&file)
        };
        let mut scan = look(&wants)?;
        if !prefix.is_empty() {
            let strip = |path: &mut String| {
                if path.starts_with(&prefix) {
                    path.drain(..prefix.len());
                } else if *path == self.base {
                    path.clear();
                }
            };
            for found in &mut scan.files {
                strip(&mut found.path);
                found.key = hash::key(&found.path);
                if let Some(path) = &found.os_path
                    && let Ok(inner) = path.strip_prefix(&self.base)
                {
                    found.os_path = Some(inner.to_owned());
                }
            }
            scan.marker_dirs.iter_mut().for_each(strip);
            scan.unreadable.iter_mut().for_each(|(path, _)| strip(path));
        }
        Ok(scan)
    }

    /// Reads a file. `Err(None)`: it has vanished since the scan. `Err(Some)`: it is there and
    /// cannot be read, which is a problem of the item.
    pub(super) fn read(&self, found: &Found) -> Result<Taken, Option<Problem>> {
        let committed = || match self.overlay.get(&found.path) {
            Some(Some(bytes)) => Some(Ok(bytes.clone())),
            _ => Some(self.objects()?.read(found, LARGEST_FILE)),
        };
        let taken = match committed() {
            Some(bytes) => bytes.map(|bytes| Taken {
                bytes: match &self.lens {
                    Some(lens) => lens.redact(bytes),
                    None => bytes,
                },
                stamp: None,
            }),
            None => {
                let read = read::read_path(&found.place_in(&self.root), LARGEST_FILE);
                read.map(|(bytes, stamp)| Taken {
                    bytes,
                    stamp: Some(stamp),
                })
            }
        };
        taken.map_err(|error| match error {
            ReadError::Gone { .. } => None,
            ReadError::TooLarge { size, limit, .. } => Some(
                Problem::at(
                    "file-too-large",
                    Severity::Error,
                    0,
                    0,
                    format!("the file has {size} bytes, more than the {limit} that are read"),
                )
                .hint("split it, or exclude it in kanban.toml"),
            ),
            ReadError::NotAFile { .. } => Some(Problem::at(
                "unreadable-file",
                Severity::Error,
                0,
                0,
                "something that is no regular file stands here",
            )),
            ReadError::Io { source, .. } => Some(
                Problem::at(
                    "unreadable-file",
                    Severity::Error,
                    0,
                    0,
                    format!("the file cannot be read: {source}"),
                )
                .hint("check its permissions"),
            ),
        })
    }

    /// The device of a folder below the root; nothing where it cannot be told.
    pub(super) fn device(&self, folder: &str) -> Option<u64> {
        stamp::device(&self.root.join(folder))
    }

    /// The same, or where the folder is gone that of the innermost one above that is there: a mount that is
    /// missing may take the folder with it.
    pub(super) fn device_around(&self, folder: &str) -> Option<u64> {
        let path = self.root.join(folder);
        let mut above = path
            .ancestors()
            .take_while(|path| path.starts_with(&self.root));
        above.find_map(stamp::device)
    }

    /// Whether a file of this stamp may change and keep it.
    pub(super) fn is_racy(&self, stamp: &Stamp, started_ns: i64) -> bool {
        stamp::is_racy(stamp, started_ns)
    }

    /// blake3 of the present content of a scanned file; `None` where it cannot be read.
    pub(super) fn hash_of(&self, path: &str, scan: &Scan) -> Option<[u8; 32]> {
        let at = scan
            .files
            .binary_search_by(|found| found.path.as_str().cmp(path))
            .ok()?;
        let taken = self.read(&scan.files[at]).ok()?;
        Some(hash::content_hash(&taken.bytes))
    }
}

/// The innermost folder between `start` and the root of the place, without the root itself, that
/// has a `kanban.toml`: it is a project of its own. Relative to the root, with `/`.
fn nested(place: &Place, start: &Path) -> String {
    if place.is_bare() {
        return String::new();
    }
    let Ok(start) = std::fs::canonicalize(start) else {
        return String::new();
    };
    for folder in start.ancestors() {
        let Ok(inner) = folder.strip_prefix(&place.root) else {
            break;
        };
        if inner.as_os_str().is_empty() {
            break;
        }
        if folder.join(CONFIG).is_file()
            && let Some(text) = inner.to_str()
        {
            return text.replace(std::path::MAIN_SEPARATOR, "/");
        }
    }
    String::new()
}

impl EngineError {
    /// The source could not be looked at.
    pub(super) fn from_source(error: &SourceError) -> Self {
        let mut made = match error {
            SourceError::Io { source, .. } => {
                Self::environment(error.code(), error.to_string()).cause(source)
            }
            _ => Self::environment(error.code(), error.to_string()),
        };
        made.class = Class::Environment;
        made.path = Some(error.path().to_owned());
        made.hint = error.hint().map(str::to_owned);
        made
    }
}
