//! A watcher in the background: started, asked how it stands, stopped.
//!
//! Never: signals a process that does not hold the lock, as far as can be told.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::base::env;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::watch::home::Home;
use crate::query::view::WatchView;

/// The argument by which we start ourselves.
pub(crate) const DETACHED: &str = "--detached";
const PAUSE: Duration = Duration::from_millis(5);
/// A request is answered within this; one that polls looks once a second.
const ASKED: Duration = Duration::from_secs(5);
/// After a signal, a rebuild may still go on for a while.
const SIGNALED: Duration = Duration::from_secs(30);

impl Engine {
    /// How the watcher of this folder stands.
    pub(crate) fn watch_status(&self) -> WatchView {
        let home = Home::of(self.origin.cache_dir());
        match home.read() {
            Some(view) if home.is_watched() => view,
            _ => self.unwatched("none"),
        }
    }

    fn unwatched(&self, state: &str) -> WatchView {
        WatchView {
            state: state.to_owned(),
            root: self.origin.root().display().to_string(),
            pid: None,
            mode: None,
            reason: None,
            since: None,
            folders: 0,
            in_background: false,
            log: None,
            metrics: None,
            sync: None,
        }
    }

    /// Ends the watcher of this folder, and waits until it has ended.
    pub(crate) fn watch_stop(&self) -> Result<WatchView, EngineError> {
        let home = Home::of(self.origin.cache_dir());
        if !home.is_watched() {
            return Ok(self.unwatched("none"));
        }
        let asked = home.ask_to_stop();
        let ended = || !home.is_watched();
        if asked.is_ok() && wait(ASKED, ended) {
            return Ok(self.unwatched("stopped"));
        }
        // It is busy, or the folder of requests is gone. The number is that of the one who took the
        // lock, which is still held.
        if let Some(pid) = home.read().and_then(|view| view.pid)
            && home.is_watched()
        {
            terminate(pid);
            if wait(SIGNALED, ended) {
                return Ok(self.unwatched("stopped"));
            }
        }
        asked?;
        Err(
            EngineError::environment("still-watching", "the watcher does not end")
                .hint("`kanban watch status` tells its process"),
        )
    }

    /// Starts this program as a watcher that outlives us, and waits until it is ready.
    #[expect(
        clippy::disallowed_methods,
        reason = "it starts itself, and nothing else"
    )]
    pub(crate) fn watch_start(&self, more: &[String]) -> Result<WatchView, EngineError> {
        let home = Home::of(self.origin.cache_dir());
        self.origin.make_cache_dir()?;
        // Says so where another one watches.
        drop(home.claim()?);
        let log = home.log();
        let failed = |error: std::io::Error| EngineError::io("starting the watcher", &log, &error);
        home.trim_log();
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let file = options.open(&log).map_err(failed)?;
        let program = env::program().unwrap_or_else(|| PathBuf::from("kanban"));
        let mut child = std::process::Command::new(program)
            .arg("-C")
            .arg(self.origin.root())
            .args(["--color", "never", "watch", DETACHED])
            .args(more)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(failed)?)
            .stderr(file)
            .spawn()
            .map_err(failed)?;
        let view = self.ready(&home, &mut child);
        view.ok_or_else(|| {
            EngineError::environment("not-started", "the watcher has ended at once")
                .path(&log)
                .hint(format!("`tail {}` tells why", log.display()))
        })
    }

    /// Waits until a child is ready; nothing where it has ended.
    fn ready(&self, home: &Home, child: &mut Child) -> Option<WatchView> {
        loop {
            if let Some(view) = home.read()
                && view.pid == Some(child.id())
                && view.state == "running"
            {
                return Some(view);
            }
            if !matches!(child.try_wait(), Ok(None)) {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// In the child: leaves the session, so that no terminal takes it along.
#[cfg(unix)]
pub(crate) fn detach() {
    // Refused only where it leads a session already.
    let _ = rustix::process::setsid();
}

/// Elsewhere there are no sessions.
#[cfg(not(unix))]
pub(crate) fn detach() {}

#[cfg(unix)]
fn terminate(pid: u32) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended by itself.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// Elsewhere there is no signal that asks.
#[cfg(not(unix))]
fn terminate(_: u32) {}

fn wait(limit: Duration, mut until: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if until() {
            return true;
        }
        std::thread::sleep(PAUSE);
    }
    until()
}
