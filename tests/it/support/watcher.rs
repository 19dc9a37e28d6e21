//! A `kanban watch` of one test: what it tells, line by line, and its end.

use std::io::BufRead;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::World;
use crate::support::run::Seen;

/// A guard against hanging, not a measure.
const GUARD: Duration = Duration::from_secs(30);

/// A watcher in the foreground that prints JSON. It is ended where the test ends without it.
pub(crate) struct Watcher {
    child: Child,
    lines: Receiver<Value>,
    /// Everything it has told.
    told: Vec<Value>,
}

impl Watcher {
    /// Starts one, and waits until it is ready.
    pub(crate) fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    pub(crate) fn start_with(world: &World, envs: &[(&str, &str)]) -> Self {
        let mut command = world.command();
        command.args(["--json", "watch"]).envs(envs.iter().copied());
        let mut watcher = Self::of(command);
        watcher.tells("ready");
        watcher
    }

    /// One that a command starts, which prints its lines.
    pub(crate) fn of(mut command: std::process::Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(stdout).lines() {
                let line = line.unwrap();
                let value = serde_json::from_str(&line)
                    .unwrap_or_else(|error| panic!("not a line of JSON: {error}: {line}"));
                // The test may have ended.
                drop(sender.send(value));
            }
        });
        Self {
            child,
            lines,
            told: Vec::new(),
        }
    }

    /// Waits until it is ready; false where it has ended before.
    pub(crate) fn is_ready(&mut self) -> bool {
        self.next().is_some_and(|line| line["event"] == "ready")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has told so far.
    pub(crate) fn told(&self) -> &[Value] {
        &self.told
    }

    /// The next line; none where it has ended.
    fn next(&mut self) -> Option<Value> {
        match self.lines.recv_timeout(GUARD) {
            Ok(line) => {
                self.told.push(line.clone());
                Some(line)
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                panic!("nothing more was told after\n{:#?}", self.told)
            }
        }
    }

    /// Waits for an event of that name.
    pub(crate) fn tells(&mut self, event: &str) -> Value {
        loop {
            match self.next() {
                Some(line) if line["event"] == event => return line,
                Some(_) => {}
                None => panic!("it ended without `{event}`\n{:#?}", self.told),
            }
        }
    }

    /// Waits for a change of an item.
    pub(crate) fn sees(&mut self, change: &str, path: &str) -> Value {
        loop {
            let line = self.tells("change");
            if line["path"] == path && line["change"] == change {
                return line;
            }
        }
    }

    /// Waits until a query that does not look answers with so many items, and compares with a rebuild.
    pub(crate) fn settles(&mut self, world: &World, query: &str, total: u64) {
        let begun = Instant::now();
        loop {
            let run = world.kanban(["--json", "--no-refresh", "list", query]).ok();
            if run.json()["data"]["total"] == total {
                break;
            }
            assert!(
                begun.elapsed() < GUARD,
                "{query}: never {total}\n{run}\n{:#?}",
                self.told
            );
        }
        is_right(world);
    }

    /// Asks it to end by a signal, and expects that it ends well.
    pub(crate) fn end(mut self) -> Vec<Value> {
        self.signal(rustix::process::Signal::TERM);
        let line = self.tells("stopped");
        assert_eq!(line["reason"], "terminated");
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{:#?}", self.told);
        std::mem::take(&mut self.told)
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended; gives the exit code.
    pub(crate) fn ends(&mut self) -> Option<i32> {
        while self.next().is_some() {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What serves equals a rebuild, as it is.
pub(crate) fn is_right(world: &World) {
    world
        .kanban(["--no-refresh", "--color=never", "verify"])
        .ok();
}

/// Asks until the watcher vouches: an answer that came too late is none, however idle it is.
pub(crate) fn vouched(world: &World, args: &[&str]) -> Seen {
    let begun = Instant::now();
    loop {
        let run = world
            .kanban_with(&[("KANBAN_LOG", "debug")], args.iter())
            .ok();
        if run.stderr().contains("a watcher vouches") {
            return run;
        }
        assert!(begun.elapsed() < GUARD, "nobody vouches\n{run}");
    }
}
