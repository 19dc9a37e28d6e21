//! What stood in the way of a write, as a failure for people: sorted by what they can do.

use std::path::Path;

use crate::engine::error::{Class, EngineError};
use crate::model::edit::Refused;
use crate::write::WriteError;

/// An edit that was refused; the file is untouched.
pub(in crate::engine) fn refused(path: &str, refusal: &Refused) -> EngineError {
    let place = match refusal.line {
        _ if path.is_empty() => String::new(),
        0 => format!("{path}: "),
        line => format!("{path}:{line}: "),
    };
    let mut error = EngineError {
        class: Class::No,
        ..EngineError::environment(refusal.code, format!("{place}{}", refusal.reason))
    };
    error.path = Some(Path::new(path).to_owned());
    if !refusal.hint.is_empty() {
        error.hint = Some(refusal.hint.clone());
    }
    error
}

/// A file that could not be written.
pub(in crate::engine) fn unwritten(error: &WriteError) -> EngineError {
    let (class, code, hint) = match error {
        WriteError::Unsafe { .. } => (Class::Usage, "unsafe-path", ""),
        WriteError::Link { .. } => (
            Class::No,
            "symbolic-link",
            "write to the file that it leads to",
        ),
        WriteError::NotAFile { .. } => (Class::No, "not-a-file", ""),
        WriteError::ReadOnly { .. } => (
            Class::Environment,
            "read-only-file",
            "make it writable first, if it is meant to change",
        ),
        WriteError::Foreign { .. } => (
            Class::Environment,
            "foreign-owner",
            "only its owner can replace it and keep it theirs",
        ),
        WriteError::Changed { .. } => (
            Class::No,
            "changed-meanwhile",
            "look at it again with `kanban show`, then repeat with its new hash",
        ),
        WriteError::Exists { .. } => (Class::No, "exists", "choose another name"),
        WriteError::Gone { .. } => (Class::No, "gone", ""),
        WriteError::TooLarge { .. } => (Class::No, "file-too-large", ""),
        WriteError::Io { act, path, source } => {
            let mut made = EngineError::io(&format!("to {act}"), path, source);
            // What that one hints at is the cache.
            made.hint = None;
            return made;
        }
    };
    let made = EngineError {
        class,
        ..EngineError::environment(code, error.to_string())
    };
    match hint {
        "" => made,
        hint => made.hint(hint),
    }
}
