//! The commit that HEAD names, without opening the repository: two or three small files.
//! Gets a `Place`; gives a full hexadecimal id.
//! Never: says "no commit" where it could not look.

use std::io;
use std::path::Path;

use memchr::memmem;

use crate::source::repo::Place;
use crate::source::{SourceError, git};

/// More than git follows.
const MAX_LINKS: usize = 10;

/// The id of HEAD's commit; `None` before the first commit, and outside Git.
pub(crate) fn head(place: &Place) -> Result<Option<String>, SourceError> {
    let (Some(git_dir), Some(common_dir)) = (place.git_dir(), place.common_dir()) else {
        return Ok(None);
    };
    if place.reftable {
        let arguments = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        let answer = git::ask(git_dir, "resolve HEAD", &arguments)?;
        return Ok(answer.map(|text| text.trim().to_owned()));
    }
    let mut name = "HEAD".to_owned();
    for _ in 0..MAX_LINKS {
        let folder = if is_per_work_tree(&name) {
            git_dir
        } else {
            common_dir
        };
        let Some(value) = loose(&folder.join(&name))? else {
            return packed(common_dir, &name);
        };
        let value = value.trim_end();
        match value.strip_prefix("ref:") {
            Some(target) if is_ref_name(target.trim()) => name = target.trim().to_owned(),
            None if is_id(value) => return Ok(Some(value.to_ascii_lowercase())),
            _ => break,
        }
    }
    Err(SourceError::Damaged {
        path: git_dir.join(name),
        message: "it is neither an id nor a name of a ref".to_owned(),
    })
}

/// What is being merged, picked or reverted.
const OPERATIONS: [&str; 3] = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"];
/// Folders that are there while a rebase is under way.
const REBASES: [&str; 2] = ["rebase-merge", "rebase-apply"];

/// Which branch is checked out, its commit, and what git is in the midst of, in words that differ where either does; none where
/// that cannot be told. Outside Git nothing ever changes.
pub(crate) fn standing(place: &Place) -> Option<String> {
    let Some(git_dir) = place.git_dir() else {
        return Some(String::new());
    };
    let branch = match place.reftable {
        // What stands in the file is for show there.
        true => git::ask(git_dir, "read HEAD", &["symbolic-ref", "--quiet", "HEAD"]).ok()?,
        false => loose(&git_dir.join("HEAD")).ok()?,
    };
    let branch = branch.unwrap_or_default();
    let commit = head(place).ok()?.unwrap_or_default();
    let mut standing = format!("{} {commit}", branch.trim());
    for name in OPERATIONS {
        let value = match place.reftable && name != "MERGE_HEAD" {
            true => git::ask(
                git_dir,
                "look for",
                &["rev-parse", "--verify", "--quiet", name],
            ),
            false => loose(&git_dir.join(name)),
        };
        if let Some(value) = value.ok()? {
            standing.push_str(&format!(" {name} {}", value.trim().replace('\n', " ")));
        }
    }
    for name in REBASES {
        if git_dir.join(name).is_dir() {
            standing.push_str(&format!(" {name}"));
        }
    }
    Some(standing)
}

fn is_per_work_tree(name: &str) -> bool {
    name == "HEAD"
        || ["refs/bisect/", "refs/worktree/", "refs/rewritten/"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// So that nothing outside the git dir is read.
fn is_ref_name(name: &str) -> bool {
    name.starts_with("refs/") && !name.contains("..")
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The text of a ref's own file.
fn loose(path: &Path) -> Result<Option<String>, SourceError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        // An old HEAD may be a symbolic link to a branch that is packed, or unborn.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(std::fs::read_link(path)
            .ok()
            .map(|target| format!("ref: {}", target.display()))),
        // A folder of branches, or below a branch: there is no such ref.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(source) => Err(SourceError::io("read", path, source)),
    }
}

/// The id of a ref in `packed-refs`.
fn packed(common_dir: &Path, name: &str) -> Result<Option<String>, SourceError> {
    let path = common_dir.join("packed-refs");
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SourceError::io("read", &path, source)),
    };
    let line_end = format!(" {name}\n");
    Ok(memmem::find(&bytes, line_end.as_bytes()).and_then(|at| {
        let from = bytes[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let id = str::from_utf8(&bytes[from..at]).ok()?;
        is_id(id).then(|| id.to_ascii_lowercase())
    }))
}
