//! Why the source could not be looked at.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{path} does not exist")]
    Absent { path: PathBuf },
    #[error("cannot {act} {path}")]
    Io {
        act: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error(
        "{start} is in no Git repository, and no folder above holds `.kanban` or `kanban.toml`"
    )]
    NotARepository { start: PathBuf },
    #[error("{file} points at {target}, which is not a git dir")]
    BrokenLink { file: PathBuf, target: PathBuf },
    #[error("GIT_DIR names {path}, which is not a git dir")]
    BadGitDir { path: PathBuf },
    #[error("cannot understand {path}: {message}")]
    Damaged { path: PathBuf, message: String },
    #[error("cannot {act} in {path}: {message}")]
    Git {
        act: &'static str,
        path: PathBuf,
        message: String,
    },
}

impl SourceError {
    pub(crate) fn io(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            act,
            path: path.to_owned(),
            source,
        }
    }

    /// Stable, kebab-case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Absent { .. } => "path-not-found",
            Self::Io { .. } => "cannot-read",
            Self::NotARepository { .. } => "not-a-repository",
            Self::BrokenLink { .. } => "broken-git-file",
            Self::BadGitDir { .. } => "bad-git-dir",
            Self::Damaged { .. } => "damaged-git-file",
            Self::Git { .. } => "git-failed",
        }
    }

    /// What the caller can do about it.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotARepository { .. } => {
                Some("run `git init`, or `kanban init` to index this folder without Git")
            }
            Self::BrokenLink { .. } => {
                Some("was the repository moved? `git worktree repair` mends linked work trees")
            }
            Self::BadGitDir { .. } => Some("`unset GIT_DIR` to look for the repository from here"),
            Self::Damaged { .. } => Some("`git fsck` and `git status` tell more"),
            Self::Absent { .. } | Self::Io { .. } | Self::Git { .. } => None,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Absent { path }
            | Self::Io { path, .. }
            | Self::NotARepository { start: path }
            | Self::BrokenLink { file: path, .. }
            | Self::BadGitDir { path }
            | Self::Damaged { path, .. }
            | Self::Git { path, .. } => path,
        }
    }
}
