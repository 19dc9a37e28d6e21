//! Where we are: the work tree, bare repository or plain folder that a path belongs to.
//! Gets a path to start from, and what git exports to its hooks; gives a `Place`.
//! Never: asks who owns the repository (we only read, and run nothing that it configures), or
//! follows `include` in a repository's configuration.

use std::io;
use std::path::{Path, PathBuf};

use crate::base::env;
use crate::source::{SourceError, name};

/// A source of files. Paths are absolute and free of symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub kind: Kind,
    /// What paths are relative to: the top of the work tree, the git dir of a bare repository, or
    /// the plain folder.
    pub root: PathBuf,
    /// Whether objects have SHA-256 ids.
    pub sha256: bool,
    /// Whether refs are kept in a reftable, which only git itself can read.
    pub reftable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `common_dir` differs from `git_dir` in a linked work tree.
    WorkTree {
        git_dir: PathBuf,
        common_dir: PathBuf,
    },
    Bare {
        git_dir: PathBuf,
    },
    /// No Git here.
    Plain,
}

impl Place {
    /// The git dir of this work tree: HEAD, index.
    pub(crate) fn git_dir(&self) -> Option<&Path> {
        match &self.kind {
            Kind::WorkTree { git_dir, .. } | Kind::Bare { git_dir } => Some(git_dir),
            Kind::Plain => None,
        }
    }

    /// The git dir that all work trees share: objects, branches, configuration.
    pub(crate) fn common_dir(&self) -> Option<&Path> {
        match &self.kind {
            Kind::WorkTree { common_dir, .. } => Some(common_dir),
            Kind::Bare { git_dir } => Some(git_dir),
            Kind::Plain => None,
        }
    }

    /// Whether files come from a commit.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.kind, Kind::Bare { .. })
    }
}

/// What the caller's environment settles.
#[derive(Debug, Clone, Default)]
pub(crate) struct GitEnv {
    pub git_dir: Option<PathBuf>,
    pub work_tree: Option<PathBuf>,
    pub ceilings: Vec<PathBuf>,
}

impl GitEnv {
    pub(crate) fn of_process() -> Self {
        Self {
            git_dir: env::git_dir(),
            work_tree: env::git_work_tree(),
            ceilings: env::git_ceilings(),
        }
    }
}

/// Finds the place of `start`, a folder or a file.
///
/// # Errors
/// `NotARepository` where no repository is above, and no `.kanban` folder or `kanban.toml` either:
/// [`plain`] makes a place of any folder.
pub(crate) fn discover(start: &Path) -> Result<Place, SourceError> {
    discover_with(start, &GitEnv::of_process())
}

/// A folder outside Git, whatever it holds.
pub(crate) fn plain(root: &Path) -> Result<Place, SourceError> {
    Ok(Place {
        kind: Kind::Plain,
        root: real(root)?,
        sha256: false,
        reftable: false,
    })
}

/// [`discover`] in a given environment.
pub(crate) fn discover_with(start: &Path, env: &GitEnv) -> Result<Place, SourceError> {
    let mut start = real(start)?;
    if start.is_file() {
        start.pop();
    }
    if let Some(git_dir) = &env.git_dir {
        return from_env(&start, git_dir, env.work_tree.as_deref());
    }
    let ceilings: Vec<PathBuf> = env
        .ceilings
        .iter()
        .filter_map(|path| real(path).ok())
        .collect();
    let may_look = |folder: &&Path| *folder == start || !ceilings.iter().any(|path| path == folder);
    for folder in start.ancestors().take_while(may_look) {
        if let Some(git_dir) = dot_git(&folder.join(".git"))? {
            return resolve(&git_dir, FoundAs::DotGitOf(folder));
        }
        if is_git_dir(folder) {
            return resolve(folder, FoundAs::Itself);
        }
    }
    start
        .ancestors()
        .find(|folder| folder.join(".kanban").is_dir() || folder.join("kanban.toml").is_file())
        .map_or(
            Err(SourceError::NotARepository {
                start: start.clone(),
            }),
            plain,
        )
}

/// As git does: paths count from `start`, and a git dir that tells no work tree has it at `start`.
fn from_env(start: &Path, git_dir: &Path, work_tree: Option<&Path>) -> Result<Place, SourceError> {
    let path = start.join(git_dir);
    let Some(git_dir) = dot_git(&path)? else {
        return Err(SourceError::BadGitDir { path });
    };
    match work_tree {
        Some(work_tree) => resolve(&git_dir, FoundAs::With(&real(&start.join(work_tree))?)),
        None => resolve(&git_dir, FoundAs::Named { start }),
    }
}

/// How we came by a git dir.
#[derive(Debug, Clone, Copy)]
enum FoundAs<'a> {
    /// As `.git` of this folder.
    DotGitOf(&'a Path),
    /// By starting in it.
    Itself,
    /// By `GIT_DIR`.
    Named { start: &'a Path },
    /// By `GIT_DIR` and `GIT_WORK_TREE`.
    With(&'a Path),
}

/// The git dir that `.git` is or names; `None` where it is neither.
fn dot_git(path: &Path) -> Result<Option<PathBuf>, SourceError> {
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(source) => return Err(SourceError::io("look at", path, source)),
    };
    if meta.is_dir() {
        return Ok(if is_git_dir(path) {
            Some(real(path)?)
        } else {
            None
        });
    }
    if !meta.is_file() {
        return Ok(None);
    }
    let target = linked(path)?;
    if is_git_dir(&target) {
        Ok(Some(real(&target)?))
    } else {
        Err(SourceError::BrokenLink {
            file: path.to_owned(),
            target,
        })
    }
}

/// Whether a folder below another repository has one of its own, by git's rules: a `.git` that
/// leads nowhere is none, one that cannot be read is.
pub(crate) fn is_repository(folder: &Path) -> bool {
    match dot_git(&folder.join(".git")) {
        Ok(git_dir) => git_dir.is_some(),
        Err(error) => matches!(error, SourceError::Io { .. }),
    }
}

/// Where a `.git` file points.
fn linked(file: &Path) -> Result<PathBuf, SourceError> {
    let bytes = std::fs::read(file).map_err(|source| SourceError::io("read", file, source))?;
    let target = bytes
        .strip_prefix(b"gitdir:")
        .ok_or_else(|| SourceError::Damaged {
            path: file.to_owned(),
            message: "it does not begin with `gitdir:`".to_owned(),
        })?;
    let folder = file.parent().unwrap_or(Path::new(""));
    Ok(folder.join(path_line(target)))
}

/// One line that is a path.
fn path_line(bytes: &[u8]) -> PathBuf {
    let bytes = bytes.trim_ascii_start();
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b'\n' | b'\r'))
        .map_or(0, |last| last + 1);
    name::os_path(&bytes[..end])
}

/// By the three things git looks for.
fn is_git_dir(folder: &Path) -> bool {
    // The cheap test first: most folders have no HEAD.
    let head = folder.join("HEAD");
    let is_head = match std::fs::symlink_metadata(&head) {
        Ok(meta) if meta.is_symlink() => true,
        Ok(meta) if meta.is_file() => std::fs::read(&head).is_ok_and(|bytes| {
            bytes.starts_with(b"ref:")
                || (bytes.len() >= 40 && bytes[..40].iter().all(u8::is_ascii_hexdigit))
        }),
        _ => false,
    };
    if !is_head {
        return false;
    }
    let common = common_dir(folder);
    common.join("objects").is_dir() && common.join("refs").is_dir()
}

fn common_dir(git_dir: &Path) -> PathBuf {
    std::fs::read(git_dir.join("commondir")).map_or_else(
        |_| git_dir.to_owned(),
        |bytes| git_dir.join(path_line(&bytes)),
    )
}

fn resolve(git_dir: &Path, found: FoundAs<'_>) -> Result<Place, SourceError> {
    let git_dir = real(git_dir)?;
    let common_dir = real(&common_dir(&git_dir))?;
    let format = Format::read(&git_dir, &common_dir)?;
    let is_linked = common_dir != git_dir;
    let is_own = !is_linked || format.per_work_tree;
    let is_named_so = git_dir.file_name().is_some_and(|name| name == ".git");

    let root = match (found, &format.work_tree) {
        (FoundAs::With(root), _) => Some(root.to_owned()),
        (_, Some(work_tree)) if is_own => Some(real(&git_dir.join(work_tree))?),
        _ if is_own && format.bare == Some(true) => None,
        (FoundAs::DotGitOf(folder), _) => Some(folder.to_owned()),
        _ if is_linked => Some(linked_root(&git_dir)?),
        _ if is_named_so => git_dir.parent().map(Path::to_owned),
        // What git does, also for hooks in a repository that does not call itself bare.
        (FoundAs::Named { start }, _) => Some(start.to_owned()),
        (FoundAs::Itself, _) => None,
    };
    Ok(Place {
        sha256: format.sha256,
        reftable: format.reftable,
        root: root.clone().unwrap_or_else(|| git_dir.clone()),
        kind: match root {
            Some(_) => Kind::WorkTree {
                git_dir,
                common_dir,
            },
            None => Kind::Bare { git_dir },
        },
    })
}

/// The work tree of `<common>/worktrees/<name>`, which the file `gitdir` in it names.
fn linked_root(git_dir: &Path) -> Result<PathBuf, SourceError> {
    let file = git_dir.join("gitdir");
    let bytes = std::fs::read(&file).map_err(|source| SourceError::io("read", &file, source))?;
    let target = git_dir.join(path_line(&bytes));
    match target.parent().map(real) {
        Some(Ok(root)) => Ok(root),
        _ => Err(SourceError::BrokenLink { file, target }),
    }
}

/// What of the configuration decides how a repository is read.
#[derive(Debug, Default)]
struct Format {
    bare: Option<bool>,
    work_tree: Option<PathBuf>,
    sha256: bool,
    reftable: bool,
    /// `extensions.worktreeConfig`: `bare` and `work_tree` are this work tree's own.
    per_work_tree: bool,
}

impl Format {
    fn read(git_dir: &Path, common_dir: &Path) -> Result<Self, SourceError> {
        let common = config_file(&common_dir.join("config"))?;
        let text = |key: &str| common.string(key).map(|value| value.to_ascii_lowercase());
        let mut format = Self {
            sha256: text("extensions.objectFormat").is_some_and(|value| value == b"sha256"),
            reftable: text("extensions.refStorage").is_some_and(|value| value == b"reftable"),
            per_work_tree: matches!(common.boolean("extensions.worktreeConfig"), Ok(Some(true))),
            ..Self::default()
        };
        format.take(&common);
        if format.per_work_tree {
            format.take(&config_file(&git_dir.join("config.worktree"))?);
        }
        Ok(format)
    }

    fn take(&mut self, config: &gix::config::File) {
        if let Ok(Some(bare)) = config.boolean("core.bare") {
            self.bare = Some(bare);
        }
        if let Some(path) = config.string("core.worktree") {
            self.work_tree = Some(name::os_path(&path));
        }
    }
}

/// One configuration file without what it includes; empty where it is absent.
pub(crate) fn config_file(path: &Path) -> Result<gix::config::File, SourceError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if is_absence(&error) => Vec::new(),
        Err(source) => return Err(SourceError::io("read", path, source)),
    };
    let meta = gix::config::file::Metadata::from(gix::config::Source::Local).at(path);
    let options = gix::config::file::init::Options {
        lossy: true,
        ..Default::default()
    };
    gix::config::File::from_bytes_no_includes(&bytes, meta, options).map_err(|error| {
        SourceError::Damaged {
            path: path.to_owned(),
            message: error.to_string(),
        }
    })
}

fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn real(path: &Path) -> Result<PathBuf, SourceError> {
    path.canonicalize().map_err(|source| {
        if is_absence(&source) {
            SourceError::Absent {
                path: path.to_owned(),
            }
        } else {
            SourceError::io("look at", path, source)
        }
    })
}
