//! Runs git, for the little that only git can read, and for what only git can prove.
//! Gets arguments; gives what it printed.
//! Never: a pager, or the repository that the caller's `GIT_*` variables name; a hook, a prompt, an
//! editor or a shell only where [`run`], [`converse`] and [`edit`] are asked for just that.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::base::env;
use crate::source::SourceError;
use crate::source::repo::Place;

/// How a git of ours ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// None where it was killed.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Answer {
    /// The first line of what it complained about.
    pub(crate) fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        without_logins(text.lines().next().unwrap_or_default().trim())
    }
}

/// What git says quotes addresses, and an address may hold a password.
fn without_logins(text: &str) -> String {
    let mut parts = text.split("://");
    let mut seen = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"'));
        let (address, rest) = part.split_at(end.unwrap_or(part.len()));
        let address = address.rsplit_once('@').map_or(address, |(_, place)| place);
        seen += &format!("://{address}{rest}");
    }
    seen
}

/// Runs git as the user's git runs in that place, with the user's configuration: only this tells
/// what git will do with hooks. `None` where it was not done within `limit`, and was killed.
#[expect(clippy::disallowed_methods, reason = "the one place that runs git")]
pub(crate) fn run(
    place: &Place,
    variables: &[(&str, &str)],
    arguments: &[&OsStr],
    limit: Duration,
) -> Result<Option<Answer>, SourceError> {
    let mut command = Command::new("git");
    for name in env::git_names() {
        // Who sets configuration by the environment does so for every git.
        let text = name.to_string_lossy();
        if !text.starts_with("GIT_CONFIG_") || text == "GIT_CONFIG_PARAMETERS" {
            command.env_remove(name);
        }
    }
    command
        .current_dir(&place.root)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("LC_MESSAGES", "C")
        .envs(variables.iter().copied())
        .args(["-c", "core.fsmonitor=false"]);
    if let Some(git_dir) = place.git_dir() {
        command.arg("--git-dir").arg(git_dir);
        if !place.is_bare() {
            command.arg("--work-tree").arg(&place.root);
        }
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // So that what it has started ends with it.
        command.process_group(0);
    }
    let failed = |source| SourceError::io("run `git` for", &place.root, source);
    let child = command.spawn().map_err(failed)?;
    let process = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more where the limit has passed.
        drop(sender.send(child.wait_with_output()));
    });
    match receiver.recv_timeout(limit) {
        Ok(output) => output
            .map(|output| {
                Some(Answer {
                    code: output.status.code(),
                    stdout: output.stdout,
                    stderr: output.stderr,
                })
            })
            .map_err(failed),
        Err(_) => {
            end(process);
            Ok(None)
        }
    }
}

/// Variables that tie a git to one repository; all others are the user's.
const LOCAL: [&str; 13] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Runs git on the work tree as the user would, in the user's terminal: hooks run, a key may be
/// asked for. `input` is what it reads. What it prints is kept.
#[expect(clippy::disallowed_methods, reason = "the one place that runs git")]
pub(crate) fn converse(
    place: &Place,
    arguments: &[&str],
    input: &[u8],
) -> Result<Answer, SourceError> {
    let failed = |source| SourceError::io("run `git` for", &place.root, source);
    let mut command = Command::new("git");
    for name in LOCAL {
        command.env_remove(name);
    }
    command.current_dir(&place.root);
    // What is said here, hooks would inherit: only where git would not find the place by itself.
    if let Some(git_dir) = place.git_dir()
        && !place.root.join(".git").exists()
    {
        command.arg("--git-dir").arg(git_dir);
        command.arg("--work-tree").arg(&place.root);
    }
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It reads all of its input before it prints anything; one that ends early says why.
        drop(stdin.write_all(input));
    }
    let output = child.wait_with_output().map_err(failed)?;
    Ok(Answer {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: output.stderr,
    })
}

/// Runs the user's editor on a file, as git would, and waits until it ends. Gives whether it ended
/// well.
#[expect(
    clippy::disallowed_methods,
    reason = "git knows which editor, the shell how to run it"
)]
pub(crate) fn edit(place: &Place, file: &Path) -> Result<bool, SourceError> {
    let failed = |source| SourceError::io("run the editor for", file, source);
    let asked = Command::new("git")
        .current_dir(&place.root)
        .args(["var", "GIT_EDITOR"])
        .output()
        .map_err(failed)?;
    let editor = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
    if !asked.status.success() || editor.is_empty() {
        return Err(SourceError::Git {
            act: "find the editor",
            path: place.root.clone(),
            message: without_logins(String::from_utf8_lossy(&asked.stderr).trim()),
        });
    }
    // The value is a command for a shell, and the file its argument: never part of the command.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$@\""))
        .arg(&editor)
        .arg(file)
        .status()
        .map_err(failed)?;
    Ok(status.success())
}

/// Kills a group of processes.
#[cfg(unix)]
fn end(process: u32) {
    let group = i32::try_from(process)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // It may have ended by itself.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

/// Elsewhere there are no groups; what hangs is left alone, and we do not wait for it.
#[cfg(not(unix))]
fn end(_: u32) {}

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
            message: without_logins(String::from_utf8_lossy(&output.stderr).trim()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_login_is_quoted() {
        for (said, seen) in [
            (
                "No such remote 'https://ada:p/w@x@host/y' at all",
                "No such remote 'https://host/y' at all",
            ),
            (
                "a https://host/y and ssh://git@h:22/z",
                "a https://host/y and ssh://h:22/z",
            ),
            ("mail ada@example.org", "mail ada@example.org"),
        ] {
            assert_eq!(without_logins(said), seen);
        }
    }
}
