//! Runs git, for the little that only git can read.
//! Gets arguments; gives what it printed.
//! Never: a shell, a prompt, a hook, a pager, a lock, or the caller's `GIT_*` variables.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::base::env;
use crate::source::SourceError;

/// What git printed, or `None` where it exited with 1 (by habit: there is no such thing).
#[expect(clippy::disallowed_methods, reason = "the one place that runs git")]
pub(crate) fn ask(
    git_dir: &Path,
    act: &'static str,
    arguments: &[&str],
) -> Result<Option<String>, SourceError> {
    let mut command = Command::new("git");
    for name in env::git_names() {
        command.env_remove(name);
    }
    let output = command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_MESSAGES", "C")
        .args([
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .arg("--git-dir")
        .arg(git_dir)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| SourceError::io("run `git` for", git_dir, source))?;
    match output.status.code() {
        Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned())),
        Some(1) => Ok(None),
        _ => Err(SourceError::Git {
            act,
            path: git_dir.to_owned(),
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
