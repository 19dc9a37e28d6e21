//! Why a use case failed, sorted by what the caller can do.

use std::path::{Path, PathBuf};

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

    /// A failure that should not be possible.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self {
            class: Class::Bug,
            ..Self::environment("bug", message)
        }
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
