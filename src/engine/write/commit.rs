//! A commit of exactly the files that were written, made by git: with its hooks, its signing, and
//! whatever else is staged left alone.
//! Never: stages anything but new files, and those only as files to come.

use std::ffi::OsStr;

use crate::base::atomic;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::source::git::{self, Answer};
use crate::source::index::Tracked;

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

    /// Runs a command of git on paths; their number has no limit.
    fn run(&self, act: &str, arguments: &[&str], paths: &[&String]) -> Result<Answer, EngineError> {
        let list = self.write_home()?.folder.join("paths");
        let prefix = self.origin.prefix();
        let text: String = paths
            .iter()
            .map(|path| format!("{prefix}{path}\0"))
            .collect();
        atomic::write(&list, text.as_bytes())
            .map_err(|error| EngineError::io("writing a list of paths", &list, &error.source))?;
        let mut from = std::ffi::OsString::from("--pathspec-from-file=");
        from.push(&list);
        let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        all.extend([OsStr::new("--pathspec-file-nul"), &from]);
        let answer = git::converse(self.origin.place(), &all);
        drop(std::fs::remove_file(&list));
        let answer = answer.map_err(|error| EngineError::from_source(&error))?;
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
        Err(error.hint("commit them yourself when that is mended"))
    }
}
