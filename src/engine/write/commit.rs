//! A commit of exactly the files that were written, made by git: with its hooks, its signing, and
//! whatever else is staged left alone.
//! One of ours at a time: `git commit` of named paths reads the index before it locks it, so that of
//! two at once the later would put back what the earlier one staged.
//! Never: stages anything but new files, and those only as files to come.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::base::lock::Lock;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::source::git::{self, Answer};
use crate::source::index::Tracked;

/// Another git at work is waited for so long, and asked for so often.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

impl Engine {
    /// Commits these paths, which are relative to the root. Gives the commit; none where git knows of
    /// nothing that changed, as when a file went that it never had.
    pub(crate) fn commit(
        &self,
        paths: &[String],
        message: &str,
    ) -> Result<Option<String>, EngineError> {
        let place = self.origin.place();
        let Some(git_dir) = place.git_dir() else {
            return Err(EngineError::environment(
                "no-repository",
                "there is no Git repository to commit to",
            )
            .hint("leave out `--commit`, or run `git init`"));
        };
        let _turn = turn(git_dir);
        // A commit of named paths takes only files that git knows of; those that are gone it knows.
        let tracked = Tracked::of(place, false);
        let prefix = self.origin.prefix();
        let is_new = |path: &&String| {
            self.origin.root().join(path.as_str()).exists()
                && !tracked.contains(format!("{prefix}{path}").as_bytes())
        };
        let new: Vec<&String> = paths.iter().filter(is_new).collect();
        if !new.is_empty() {
            self.run("add", &["add", "--intent-to-add"], &new)?;
        }
        let known = |path: &&String| {
            new.contains(path) || tracked.contains(format!("{prefix}{path}").as_bytes())
        };
        let all: Vec<&String> = paths.iter().filter(known).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let message = format!("--message={message}");
        let committed = self.run("commit", &["commit", "--quiet", "--only", &message], &all);
        if let Err(error) = committed {
            // The index is left as it was found.
            if !new.is_empty() {
                drop(self.run("reset", &["reset", "--quiet"], &new));
            }
            return Err(error);
        }
        let head = git::ask(
            git_dir,
            "read the commit",
            &["rev-parse", "--verify", "HEAD"],
        )
        .map_err(|error| EngineError::from_source(&error))?;
        Ok(head.map(|head| head.trim().to_owned()))
    }

    /// Runs a command of git on paths; their number has no limit. Another git may be at work: it is
    /// waited for.
    fn run(&self, act: &str, arguments: &[&str], paths: &[&String]) -> Result<Answer, EngineError> {
        let prefix = self.origin.prefix();
        let literal = |path: &&String| format!(":(top,literal){prefix}{path}\0");
        let input: String = paths.iter().map(literal).collect();
        let mut all = arguments.to_vec();
        all.extend(["--pathspec-from-file=-", "--pathspec-file-nul"]);
        let started = Instant::now();
        let answer = loop {
            let answer = git::converse(self.origin.place(), &all, input.as_bytes());
            let answer = answer.map_err(|error| EngineError::from_source(&error))?;
            let said = String::from_utf8_lossy(&answer.stderr);
            let busy = said.contains(".lock': File exists") || said.contains("cannot lock ref");
            if answer.code == Some(0) || !busy || started.elapsed() > PATIENCE {
                break answer;
            }
            std::thread::sleep(PAUSE);
        };
        if answer.code == Some(0) {
            return Ok(answer);
        }
        let message = format!("`git {act}` failed; the files are written");
        let mut error = EngineError {
            class: Class::No,
            ..EngineError::environment("commit-failed", message)
        };
        let said = [answer.stdout, answer.stderr].concat();
        for line in String::from_utf8_lossy(&said).lines() {
            error = error.cause(line.trim());
        }
        if error.causes.is_empty() {
            let code = answer
                .code
                .map_or("a signal".to_owned(), |code| code.to_string());
            error = error.cause(format!("it said nothing, and ended with {code}"));
        }
        Err(error.hint("commit them yourself when that is mended"))
    }
}

/// The right to commit in this work tree; after [`PATIENCE`] we go on without it, as a hook of git may
/// wait for us to end.
fn turn(git_dir: &Path) -> Option<Lock> {
    let path = git_dir.join("kanban/commit.lock");
    let started = Instant::now();
    loop {
        match Lock::try_exclusive(&path) {
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            Ok(lock) => return lock,
            // Nothing depends on it but the wait for each other.
            Err(_) => return None,
        }
    }
}
