//! Why a use case failed, sorted by what the caller can do.

use std::io;
use std::path::{Path, PathBuf};

use crate::stores::search::SearchError;
use crate::stores::sqlite::SqliteError;

/// Whose turn it is; `cli` makes the exit code of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The answer is no, or there are problems (exit 1).
    No,
    /// The caller asked wrongly (exit 2).
    Usage,
    /// Repository, disk, permissions, locks (exit 3).
    Environment,
    /// Ours (exit 70).
    Bug,
}

/// A failure with everything an error message needs. `code` is stable and kebab-case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct EngineError {
    pub class: Class,
    pub code: &'static str,
    pub message: String,
    pub path: Option<PathBuf>,
    /// The chain of causes, outermost first.
    pub causes: Vec<String>,
    pub hint: Option<String>,
}

/// A failure with its causes, in one line.
pub(crate) fn whole(error: &EngineError) -> String {
    let causes = error.causes.iter();
    causes.fold(error.message.clone(), |text, cause| {
        format!("{text}: {cause}")
    })
}

const NO_SPACE: &str = "make room, or set `KANBAN_CACHE_DIR` to a folder on another disk";
const IN_THE_WAY: &str =
    "something else stands there: remove it, or set `KANBAN_CACHE_DIR` to another folder";
const NOT_WRITABLE: &str = "set `KANBAN_CACHE_DIR` to a folder that you may write to";

impl EngineError {
    /// A failure of what is around us.
    pub(crate) fn environment(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class: Class::Environment,
            code,
            message: message.into(),
            path: None,
            causes: Vec::new(),
            hint: None,
        }
    }

    /// The caller asked wrongly.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class: Class::Usage,
            ..Self::environment(code, message)
        }
    }

    /// A failure that should not be possible.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self {
            class: Class::Bug,
            ..Self::environment("bug", message)
        }
    }

    /// What the system refused while we were writing the cache.
    pub(crate) fn io(act: &str, path: &Path, error: &io::Error) -> Self {
        let (code, hint) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                ("no-space", Some(NO_SPACE))
            }
            io::ErrorKind::ReadOnlyFilesystem => ("read-only", Some(NOT_WRITABLE)),
            io::ErrorKind::PermissionDenied => ("no-permission", Some(NOT_WRITABLE)),
            io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists => ("in-the-way", Some(IN_THE_WAY)),
            _ => ("io", None),
        };
        let mut made = Self::environment(code, format!("{act} failed"))
            .path(path)
            .cause(error);
        made.hint = hint.map(str::to_owned);
        made
    }

    /// What SQLite refused while the cache was written or read.
    pub(crate) fn sqlite(error: &SqliteError) -> Self {
        let full = error.is_full();
        let code = match () {
            () if full => "no-space",
            () if error.is_damage() => "cache-damaged",
            () => "cache",
        };
        let mut made = Self::environment(code, format!("{} failed", error.act))
            .path(&error.path)
            .cause(&error.source);
        made.hint = Some(
            if full {
                NO_SPACE
            } else {
                "run `kanban rebuild-index`, which makes the cache anew"
            }
            .to_owned(),
        );
        made
    }

    /// What tantivy refused.
    pub(crate) fn search(error: &SearchError) -> Self {
        let full = error.is_full();
        let made = Self::environment(
            if full { "no-space" } else { "search-index" },
            "the search index failed",
        )
        .cause(error);
        made.hint(if full {
            NO_SPACE
        } else {
            "run `kanban rebuild-index`, which makes it anew"
        })
    }

    /// A fault that a test asked for.
    pub(crate) fn fault(error: &io::Error) -> Self {
        Self::environment("fault", error.to_string())
    }

    #[must_use]
    pub(crate) fn path(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
