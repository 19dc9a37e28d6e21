//! A problem: something a person should know about a file; data, never an error.

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Severity {
    /// Worth knowing; nothing is lost.
    Info,
    /// The item is usable, but something in it does not mean what it seems to.
    Warning,
    /// Part of the item could not be understood.
    Error,
}

impl Severity {
    /// The word that the `problems` view shows.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One problem. `code` is stable and kebab-case; `line` and `col` count from 1 (columns in
/// characters) and are 0 where the problem concerns the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub code: &'static str,
    pub severity: Severity,
    /// True where the place is in the item's companion file (a KEP's `README.md`).
    pub companion: bool,
    pub line: u32,
    pub col: u32,
    pub message: String,
    /// What to do about it, or empty.
    pub hint: String,
}

impl Problem {
    /// A problem at a place in the item's own file, with no hint.
    pub(crate) fn at(
        code: &'static str,
        severity: Severity,
        line: u32,
        col: u32,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            companion: false,
            line,
            col,
            message: message.into(),
            hint: String::new(),
        }
    }

    /// The same problem with a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}
