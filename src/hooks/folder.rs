//! The folder in which git looks for hooks, and whose it is.
//! Gets a `Place`; asks git, since only git knows what its configuration comes to.
//! Never: makes or changes a folder.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::hooks::error::HooksError;
use crate::source::SourceError;
use crate::source::git::{self, Answer};
use crate::source::name;
use crate::source::repo::Place;

/// A git that has not answered by then never will.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Who sees what is written into the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// It is in the git dir: this repository alone, with all its work trees.
    Repository,
    /// It is in the work tree: everybody who clones, unless the file is ignored.
    WorkTree,
    /// It is elsewhere: other repositories.
    Others,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder {
    /// Absolute. It need not exist.
    pub path: PathBuf,
    pub owner: Owner,
    /// Where `core.hooksPath` is set, if it is.
    pub scope: Option<String>,
}

/// Asks git; `None` is out of time.
pub(super) fn ask(
    place: &Place,
    variables: &[(&str, &str)],
    arguments: &[&OsStr],
) -> Result<Option<Answer>, HooksError> {
    Ok(git::run(place, variables, arguments, LIMIT)?)
}

/// Asks git, which must not take long; what it prints, with its exit code.
pub(super) fn ask_now(place: &Place, arguments: &[&str]) -> Result<Answer, HooksError> {
    let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
    ask(place, &[], &arguments)?.ok_or_else(|| {
        let error = SourceError::Git {
            act: "ask git",
            path: place.root.clone(),
            message: format!("it was not done within {} s", LIMIT.as_secs()),
        };
        error.into()
    })
}

/// Where git looks for hooks.
pub(super) fn active(place: &Place) -> Result<Folder, HooksError> {
    let answer = ask_now(place, &["rev-parse", "--git-path", "hooks"])?;
    if answer.code != Some(0) {
        return Err(SourceError::Git {
            act: "find the hooks",
            path: place.root.clone(),
            message: answer.complaint(),
        }
        .into());
    }
    let line = answer.stdout.strip_suffix(b"\n").unwrap_or(&answer.stdout);
    let path = true_path(&place.root.join(name::os_path(line)));
    Ok(Folder {
        owner: owner(place, &path),
        path,
        scope: scope(place)?,
    })
}

/// Where git looks unless `core.hooksPath` is set.
pub(super) fn usual(place: &Place) -> Option<Folder> {
    let path = true_path(&place.common_dir()?.join("hooks"));
    Some(Folder {
        owner: owner(place, &path),
        path,
        scope: None,
    })
}

/// In which configuration `core.hooksPath` is set.
fn scope(place: &Place) -> Result<Option<String>, HooksError> {
    let answer = ask_now(
        place,
        &["config", "--show-scope", "-z", "--get", "core.hooksPath"],
    )?;
    let scope = answer.stdout.split(|byte| *byte == 0).next();
    let scope = scope.map(|scope| String::from_utf8_lossy(scope).into_owned());
    Ok(scope.filter(|scope| answer.code == Some(0) && !scope.is_empty()))
}

/// Whether a file of the folder is this user's alone.
pub(super) fn is_private(place: &Place, folder: &Folder, hook: &str) -> Result<bool, HooksError> {
    match folder.owner {
        Owner::Repository => Ok(true),
        Owner::Others => Ok(false),
        Owner::WorkTree => {
            // Says yes of no file that is tracked.
            let path = folder.path.join(hook);
            let arguments = ["check-ignore", "--quiet", "--"].map(OsStr::new);
            let arguments: Vec<&OsStr> = arguments.into_iter().chain([path.as_os_str()]).collect();
            let answer = ask(place, &[], &arguments)?;
            Ok(answer.is_some_and(|answer| answer.code == Some(0)))
        }
    }
}

fn owner(place: &Place, path: &Path) -> Owner {
    let mut ours = [place.git_dir(), place.common_dir()].into_iter().flatten();
    if ours.any(|dir| path.starts_with(dir)) {
        Owner::Repository
    } else if path.starts_with(&place.root) {
        Owner::WorkTree
    } else {
        Owner::Others
    }
}

/// The path without symbolic links, as far as it exists: where writing to it would really write.
fn true_path(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() {
                real
            } else {
                real.join(rest)
            };
        }
    }
    path.to_owned()
}
