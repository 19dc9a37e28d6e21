//! The exit codes, all of them. Never: decides which one; `error` and `cmd` do.

use std::process::ExitCode;

use crate::engine::Class;

/// How the process ends. The numbers are documented and stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done. Also where the reader of our output went away.
    Done,
    /// The answer is no, or there are problems.
    No,
    /// The question was wrong: an argument, a query.
    Usage,
    /// Repository, disk, permissions, locks.
    Environment,
    /// A fault of the program.
    Bug,
}

impl Exit {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Environment => 3,
            Self::Bug => 70,
        }
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::No => Self::No,
            Class::Usage => Self::Usage,
            Class::Environment => Self::Environment,
            Class::Bug => Self::Bug,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
