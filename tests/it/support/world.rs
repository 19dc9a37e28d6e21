//! A closed world for one test: its own HOME, no git configuration, fixed names and times.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::run::Run;
use crate::support::tree;

/// Time in every world, for what is shown. Stamps are compared by the true clock.
pub(crate) const NOW: &str = "2026-01-31T12:00:00Z";

/// A temporary folder with a HOME and a folder in which the commands run.
pub(crate) struct World {
    temp: TempDir,
    root: PathBuf,
    envs: Vec<(String, String)>,
}

impl World {
    /// An empty folder that is no repository.
    pub(crate) fn empty() -> Self {
        Self::named("repo")
    }

    /// An empty folder of that name.
    pub(crate) fn named(name: &str) -> Self {
        let temp = tempfile::Builder::new()
            .prefix("kanban-")
            .tempdir()
            .unwrap();
        // A link in the way of the temp folder (macOS) would make equal paths look different.
        let top = temp.path().canonicalize().unwrap();
        let root = top.join(name);
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(top.join("home")).unwrap();
        Self {
            temp,
            root,
            envs: vec![("KANBAN_NOW".to_owned(), NOW.to_owned())],
        }
    }

    /// An empty repository.
    pub(crate) fn repo() -> Self {
        let world = Self::empty();
        world.git(["init", "--quiet", "--initial-branch=main"]);
        world
    }

    /// A repository with the files of a `--- path` text, committed.
    pub(crate) fn with(text: &str) -> Self {
        let world = Self::repo();
        tree::unpack(&world.root, text);
        world.commit("files");
        world
    }

    /// A repository with the files of a folder of fixtures/, committed.
    pub(crate) fn fixture(name: &str) -> Self {
        let world = Self::repo();
        tree::copy(&tree::project().join("fixtures").join(name), &world.root);
        world.commit("files");
        world
    }

    /// A small backlog of six items in the plain convention of `kano`.
    pub(crate) fn backlog() -> Self {
        Self::with(BACKLOG)
    }

    /// Sets a variable for all later commands.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.envs.retain(|(other, _)| other != name);
        let value = value.as_ref().to_str().unwrap().to_owned();
        self.envs.push((name.to_owned(), value));
        self
    }

    /// The folder in which commands run.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A folder beside the root, for caches, clones and linked work trees.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.parent().unwrap().join(name)
    }

    /// The temporary folder around everything.
    pub(crate) fn top(&self) -> PathBuf {
        self.temp.path().canonicalize().unwrap()
    }

    /// The same world, seen from another folder of it.
    pub(crate) fn at(mut self, folder: impl Into<PathBuf>) -> Self {
        self.root = folder.into();
        self
    }

    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        tree::write(&self.root, path, bytes);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        let target = self.root.join(to);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(self.root.join(from), target).unwrap();
    }

    /// Runs git; it must succeed.
    pub(crate) fn git<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let mut command = Command::new("git");
        self.close(&mut command);
        let output = command.args(args).output().unwrap();
        assert!(
            output.status.success(),
            "{command:?}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits everything there is.
    pub(crate) fn commit(&self, message: &str) {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Runs `kanban` to its end.
    pub(crate) fn kanban<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        self.kanban_with(&[], args)
    }

    /// Runs `kanban` with variables of this run only.
    pub(crate) fn kanban_with<S: AsRef<OsStr>>(
        &self,
        envs: &[(&str, &str)],
        args: impl IntoIterator<Item = S>,
    ) -> Run {
        let args: Vec<_> = args
            .into_iter()
            .map(|arg| arg.as_ref().to_owned())
            .collect();
        let mut command = self.command();
        command.args(&args).envs(envs.iter().copied());
        Run::new(args, &self.root, command.output().unwrap())
    }

    /// Starts `kanban` and does not wait; `finish` makes a `Run` of it.
    pub(crate) fn spawn(&self, envs: &[(&str, &str)], args: &[&str]) -> Started {
        let mut command = self.command();
        command.args(args).envs(envs.iter().copied());
        Started {
            args: args.iter().map(Into::into).collect(),
            folder: self.root.clone(),
            child: command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        }
    }

    /// A `kanban` command of this world, for tests that need to change it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kanban"));
        self.close(&mut command);
        command.stdin(Stdio::null());
        command
    }

    /// Cuts a command off from the user and the machine.
    pub(crate) fn close(&self, command: &mut Command) {
        let home = self.top().join("home");
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.top())
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.invalid")
            .env("GIT_AUTHOR_DATE", "2026-01-30T12:00:00Z")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.invalid")
            .env("GIT_COMMITTER_DATE", "2026-01-30T12:00:00Z")
            .envs(self.envs.iter().map(|(name, value)| (name, value)));
    }
}

/// A `kanban` that is running. It is killed where the test ends without it.
pub(crate) struct Started {
    args: Vec<std::ffi::OsString>,
    folder: PathBuf,
    child: Child,
}

impl Started {
    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Run {
        let mut stdout = Vec::new();
        let mut stderr = Vec::new();
        // stderr is a few lines, which fit the pipe while stdout is drained.
        std::io::Read::read_to_end(self.child.stdout.as_mut().unwrap(), &mut stdout).unwrap();
        std::io::Read::read_to_end(self.child.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        let output = std::process::Output {
            status,
            stdout,
            stderr,
        };
        Run::new(std::mem::take(&mut self.args), &self.folder, output)
    }

    /// Waits for the end, whichever it is.
    pub(crate) fn end(mut self) {
        drop(self.child.wait());
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits until the process has made `file` (a fault point with `wait:`); it may not end before.
    pub(crate) fn reaches(&mut self, file: &Path) {
        assert!(
            self.reaches_or_ends(file),
            "it ended before {}",
            file.display()
        );
    }

    /// Waits until the process has made `file`, or has ended: then false.
    pub(crate) fn reaches_or_ends(&mut self, file: &Path) -> bool {
        let start = std::time::Instant::now();
        while !file.exists() {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            // A guard against hanging, not a measure.
            assert!(
                start.elapsed().as_secs() < 30,
                "it never came to {}",
                file.display()
            );
            std::thread::yield_now();
        }
        true
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Six items: an epic, a feature under it, three tasks in different states, and a bug.
pub(crate) const BACKLOG: &str = include_str!("../../../fixtures/trees/backlog.txt");
