//! A folder for one test, and a git that knows nothing of this machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::model::file::Scan;
use crate::source::ignore::IgnoreSettings;
use crate::source::repo::{GitEnv, Place, discover_with};
use crate::source::walk::scan_with;
use crate::source::{SourceError, Wants};

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    /// Free of symbolic links.
    pub(crate) root: PathBuf,
}

impl World {
    /// An empty folder outside any repository, with a name that needs care.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("a räpö");
        std::fs::create_dir(&root).unwrap();
        Self { dir, root }
    }

    /// A new repository.
    pub(crate) fn git() -> Self {
        let world = Self::empty();
        world.run(&["init", "-q", "-b", "main", "--template="]);
        world
    }

    pub(crate) fn try_run_in(&self, folder: &Path, arguments: &[&str]) -> Output {
        let home = self.dir.path();
        Command::new("git")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", home)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_NAME", "A")
            .env("GIT_COMMITTER_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
            .current_dir(folder)
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .output()
            .unwrap()
    }

    pub(crate) fn run_in(&self, folder: &Path, arguments: &[&str]) -> Vec<u8> {
        let output = self.try_run_in(folder, arguments);
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Vec<u8> {
        self.run_in(&self.root, arguments)
    }

    pub(crate) fn line(&self, folder: &Path, arguments: &[&str]) -> String {
        let out = String::from_utf8(self.run_in(folder, arguments)).unwrap();
        out.trim_end().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn commit(&self, paths: &[&str]) {
        for path in paths {
            self.write(path, path);
        }
        self.run(&["add", "-A", "-f"]);
        self.run(&["commit", "-q", "-m", "x", "--allow-empty"]);
    }

    pub(crate) fn place(&self) -> Place {
        find(&self.root).unwrap()
    }

    /// All files that count, however they are called.
    pub(crate) fn scan(&self) -> Scan {
        self.scan_for(&Wants::files(&|_| true))
    }

    pub(crate) fn scan_for(&self, wants: &Wants<'_>) -> Scan {
        let place = self.place();
        let settings = IgnoreSettings::isolated(&place);
        let one = scan_with(&place, wants, 1, &settings).unwrap();
        let three = scan_with(&place, wants, 3, &settings).unwrap();
        assert_eq!(one.files, three.files, "threads change nothing");
        assert_eq!(one.marker_dirs, three.marker_dirs);
        assert_eq!(one.unreadable, three.unreadable);
        one
    }
}

/// As in a process without `GIT_*` variables.
pub(crate) fn find(start: &Path) -> Result<Place, SourceError> {
    discover_with(start, &GitEnv::default())
}

pub(crate) fn paths(scan: &Scan) -> Vec<&str> {
    scan.files.iter().map(|file| file.path.as_str()).collect()
}
