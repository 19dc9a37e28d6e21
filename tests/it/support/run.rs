//! The result of one command: it must be looked at, and a failed look tells everything.

use std::ffi::OsString;
use std::fmt;
use std::ops::Deref;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

/// What a command did, not yet looked at.
#[must_use = "say what you expect: `ok()`, `code(n)`, `killed()`"]
pub(crate) struct Run(Seen);

/// What a command did, after its end was as expected.
pub(crate) struct Seen {
    pub(crate) args: Vec<OsString>,
    pub(crate) folder: PathBuf,
    pub(crate) output: Output,
}

impl Run {
    pub(crate) fn new(args: Vec<OsString>, folder: &Path, output: Output) -> Self {
        Self(Seen {
            args,
            folder: folder.to_owned(),
            output,
        })
    }

    /// Expects nothing; the caller looks at the exit code.
    pub(crate) fn seen(self) -> Seen {
        self.0
    }

    /// Expects exit code 0.
    pub(crate) fn ok(self) -> Seen {
        self.code(0)
    }

    /// Expects that exit code.
    pub(crate) fn code(self, code: i32) -> Seen {
        assert_eq!(self.output.status.code(), Some(code), "{self}");
        self.0
    }

    /// Expects a death by `kill -9`.
    pub(crate) fn killed(self) -> Seen {
        assert_eq!(self.output.status.signal(), Some(9), "{self}");
        self.0
    }

    /// Expects an error that says what failed and what to do.
    pub(crate) fn explains(self, code: i32, part: &str) -> Seen {
        let run = self.code(code);
        let stderr = run.stderr();
        assert!(stderr.contains("error: "), "no `error:` line\n{run}");
        assert!(stderr.contains("hint: "), "no `hint:` line\n{run}");
        assert!(
            stderr.to_lowercase().contains(&part.to_lowercase()),
            "stderr does not speak of {part:?}\n{run}"
        );
        run
    }

    /// Expects exit code 0; gives the `data` of the envelope.
    pub(crate) fn data(self) -> Value {
        let run = self.ok();
        let mut json = run.json();
        let data = json["data"].take();
        assert!(!data.is_null(), "the envelope has no data\n{run}");
        data
    }
}

impl Deref for Run {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        &self.0
    }
}

impl Seen {
    /// Data, as text.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Words, as text.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The lines on stderr that are not empty.
    pub(crate) fn words(&self) -> Vec<String> {
        self.stderr()
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Expects `text` in the data.
    pub(crate) fn shows(&self, text: &str) -> &Self {
        assert!(
            self.stdout().contains(text),
            "{text:?} is not shown\n{self}"
        );
        self
    }

    /// Expects no `text` in the data.
    pub(crate) fn hides(&self, text: &str) -> &Self {
        assert!(!self.stdout().contains(text), "{text:?} is shown\n{self}");
        self
    }

    /// Expects nothing on stderr.
    pub(crate) fn silent(&self) -> &Self {
        assert_eq!(self.stderr(), "", "{self}");
        self
    }

    /// The whole envelope of `--json`.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("stdout is not one JSON value: {error}\n{self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let args: Vec<_> = self.args.iter().map(|arg| arg.to_string_lossy()).collect();
        writeln!(out, "command: kanban {}", args.join(" "))?;
        writeln!(out, "in:      {}", self.folder.display())?;
        writeln!(out, "status:  {}", self.output.status)?;
        writeln!(out, "---- stdout\n{}", self.stdout())?;
        write!(out, "---- stderr\n{}", self.stderr())
    }
}
