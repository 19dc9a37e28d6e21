//! `watch`: keeps the cache equal to the files for as long as it lives.
//!
//! ```text
//! events, signals, time -> what is pending -> settled, or a reader waits
//!        -> a look at all files (`refresh`) -> commit -> changes told, readers answered
//! ```
//!
//! Events are hints: they say when to look, and every look is that of `refresh`. A hint that is lost
//! costs time only, and one that is doubled a look.
//! Gets an engine and somebody to tell. Gives what changed, as it changes.
//! Never: trusts an event for what changed; vouches while it does not see everything.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::base::lock::Lock;
use crate::base::{clock, env};
use crate::engine::Engine;
use crate::engine::error::{EngineError, whole};
use crate::engine::sharing::metrics::{self, Metrics};
use crate::engine::sharing::worker::{Told, Worker};
use crate::engine::tickets::Tickets;
use crate::engine::watch::around::Around;
use crate::engine::watch::eye::Eye;
use crate::engine::watch::home::Home;
use crate::engine::watch::look::Looked;
use crate::engine::watch::pending::Pending;
use crate::model::file::Scan;
use crate::query::view::{SCHEMA, WatchEvent, WatchLine, WatchView};
use crate::source::watch::{Event, Hint};
use crate::stores::generation::{DATABASE, Generation};
use crate::stores::sqlite::Stamps;

mod around;
pub(crate) mod background;
mod checkup;
mod eye;
pub(super) mod home;
mod look;
mod pending;
pub(super) mod resident;
mod sharing;
mod signals;

/// How often everything is looked at although nothing was heard.
const LOOK_ANYWAY: Duration = Duration::from_secs(300);
/// How often it is seen whether time has jumped, or something was mounted.
const TICK: Duration = Duration::from_secs(15);
/// From one look to the next where there are no events.
const POLL: Duration = Duration::from_secs(2);
/// Polling takes at most one part in so many of the time.
const POLL_PART: u32 = 20;
/// After a failure that may go away by itself.
const RETRY: Duration = Duration::from_secs(5);
/// While the folder is gone, and for requests where there are no events.
const RETRY_SOON: Duration = Duration::from_secs(1);
/// While somebody else is writing.
const RETRY_NOW: Duration = Duration::from_millis(20);

/// Somebody who is told; says false where nobody listens any more.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(&WatchLine) -> bool;

/// What wakes the watcher.
enum Message {
    /// Events of the eye of that number.
    Events(u64, Vec<Event>),
    Stop(&'static str),
    /// What the worker has done.
    Sync(Told),
}

/// Watches until it is told to stop.
///
/// # Errors
/// Another one watches already; the first look failed; the place became another one.
pub(crate) fn watch(
    engine: Engine,
    in_background: bool,
    metrics: Option<SocketAddr>,
    tell: Tell<'_>,
) -> Result<(), EngineError> {
    engine.origin.make_cache_dir()?;
    let home = Home::of(engine.origin.cache_dir());
    let lock = home.claim()?;
    let (sender, messages) = mpsc::channel();
    let stop = sender.clone();
    signals::listen(in_background, move |reason| {
        drop(stop.send(Message::Stop(reason)));
    })?;
    let root = engine.origin.root().to_owned();
    let measured = Arc::new(Metrics::default());
    let metrics = match metrics {
        Some(address) => Some(metrics::answer(address, &measured)?),
        None => None,
    };
    let mut watch = Watch {
        eye: Eye::open(&root, hand_on(&sender, 0)),
        eye_number: 0,
        view: WatchView {
            state: "starting".to_owned(),
            root: root.display().to_string(),
            pid: Some(std::process::id()),
            mode: None,
            reason: None,
            since: Some(clock::iso(clock::now_ns())),
            folders: 0,
            in_background,
            log: in_background.then(|| home.log().display().to_string()),
            metrics: metrics.map(|address| address.to_string()),
            sync: None,
        },
        worker: None,
        measured,
        head: None,
        around: Around::of(&engine),
        engine,
        root,
        home,
        lock,
        sender,
        messages,
        tell,
        pending: Pending::everything(),
        cookies: Vec::new(),
        resident: None,
        is_vouching: false,
        anchor: None,
        seen: None,
        has_changed: true,
        trouble: None,
        look_anyway: Instant::now() + LOOK_ANYWAY,
        look_around: Instant::now() + TICK,
        try_events: Instant::now() + LOOK_ANYWAY,
        stop: None,
    };
    watch.home.write(&watch.view);
    let result = watch.run();
    watch.home.leave();
    drop(watch.lock);
    result
}

fn hand_on(
    sender: &Sender<Message>,
    number: u64,
) -> impl Fn(Vec<Event>) -> bool + Send + 'static + use<> {
    let sender = sender.clone();
    move |events| sender.send(Message::Events(number, events)).is_ok()
}

struct Watch<'a> {
    engine: Engine,
    /// Publishes, where kanban.toml and the environment ask for it.
    worker: Option<Worker>,
    measured: Arc<Metrics>,
    /// The commit of HEAD that the worker knows of.
    head: Option<String>,
    root: PathBuf,
    home: Home,
    lock: Lock,
    eye: Eye,
    /// Events of an earlier eye do not count.
    eye_number: u64,
    sender: Sender<Message>,
    messages: Receiver<Message>,
    tell: Tell<'a>,
    view: WatchView,
    around: Around,
    pending: Pending,
    /// Readers that wait; everything that changed before they came is pending or done.
    cookies: Vec<String>,
    /// What the last look saw, where it saw everything: until an event says otherwise, it holds.
    resident: Option<Scan>,
    is_vouching: bool,
    /// Keeps the database open, so that nobody who opens it has to read its log first.
    anchor: Option<(PathBuf, Stamps)>,
    /// Cache and generation up to which changes were told.
    seen: Option<(String, u64)>,
    /// Whether that is news for the worker.
    has_changed: bool,
    /// What was said to be wrong, so that it is said once.
    trouble: Option<String>,
    look_anyway: Instant,
    /// When that is seen which no event tells of, at the latest.
    look_around: Instant,
    /// Where it polls: when events are tried again.
    try_events: Instant,
    stop: Option<&'static str>,
}

impl Watch<'_> {
    fn run(&mut self) -> Result<(), EngineError> {
        loop {
            if self.home.is_asked_to_stop() {
                self.stop = Some("asked to stop");
            }
            if let Some(reason) = self.stop {
                let reason = reason.to_owned();
                self.tell(WatchEvent::Stopped { reason });
                return Ok(());
            }
            let now = Instant::now();
            self.come_due(now);
            if self
                .pending
                .is_due(now, !self.cookies.is_empty(), || self.index_is_locked())
            {
                self.look()?;
            } else if !self.pending.any() {
                self.answer();
            }
            self.wait();
        }
    }

    /// What time brings.
    fn come_due(&mut self, now: Instant) {
        if now >= self.look_anyway {
            self.look_anyway = now + LOOK_ANYWAY;
            self.pending.add_everything(now);
        }
    }

    /// Waits for a message, or until something is due.
    fn wait(&mut self) {
        if self.stop.is_some() {
            return;
        }
        let now = Instant::now();
        let mut until = self.look_anyway.min(now + TICK);
        if matches!(self.eye, Eye::Polling(_)) || self.trouble.is_some() {
            until = until.min(now + RETRY_SOON);
        }
        until = until.min(self.pending.due(now).unwrap_or(until));
        let mut is_quiet = false;
        match self
            .messages
            .recv_timeout(until.saturating_duration_since(now))
        {
            Ok(message) => {
                self.take(message);
                while let Ok(message) = self.messages.try_recv() {
                    self.take(message);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => is_quiet = true,
        }
        // Before a reader is answered too: no event tells of these. Not for each event of a burst.
        let now = Instant::now();
        if is_quiet || !self.cookies.is_empty() || now >= self.look_around {
            self.look_around = now + TICK;
            if self.around.has_changed(self.engine.origin.place()) {
                self.pending.add_everything(now);
            }
        }
    }

    fn take(&mut self, message: Message) {
        let (number, events) = match message {
            Message::Stop(reason) => {
                self.stop = Some(reason);
                return;
            }
            Message::Sync(told) => {
                self.pass_on(told);
                return;
            }
            Message::Events(number, events) => (number, events),
        };
        if number != self.eye_number {
            return;
        }
        let now = Instant::now();
        for event in events {
            match self.eye.meaning(&event, &self.engine) {
                Hint::Nothing => {}
                Hint::File(path) => self.pending.add_file(path, now),
                Hint::Files => self.pending.add_files(now),
                Hint::Request => {
                    if Tickets::are_there(self.engine.origin.cache_dir()) {
                        self.pending.add_files(now);
                    }
                }
                Hint::Setup | Hint::Lost => self.pending.add_everything(now),
                Hint::Cookie(name) => self.cookies.push(name),
            }
        }
    }

    /// Git is writing the work tree, or died doing so.
    fn index_is_locked(&self) -> bool {
        let git_dir = self.engine.origin.git_dir();
        git_dir.is_some_and(|git_dir| git_dir.join("index.lock").exists())
    }

    /// Everything that readers asked for is done.
    fn answer(&mut self) {
        for cookie in std::mem::take(&mut self.cookies) {
            if self.is_vouching {
                self.home.answer(&cookie);
            }
        }
    }

    /// Looks at the files, and tells what came of it.
    fn look(&mut self) -> Result<(), EngineError> {
        let begun = Instant::now();
        let what = self.pending.take();
        let anew = what.anew;
        let result = self.reconcile(&what);
        let now = Instant::now();
        let generation = match result {
            Ok(Looked::Busy) => {
                self.pending.again(anew, now + RETRY_NOW);
                // The one who writes may be the one who waits.
                self.cookies.clear();
                return Ok(());
            }
            Ok(Looked::Whole(generation)) => {
                if self.trouble.take().is_some() {
                    self.tell(WatchEvent::Recovered);
                }
                self.vouch(!self.is_bare());
                generation
            }
            Ok(Looked::Partly(generation, reason)) => {
                self.vouch(false);
                self.say_once("unreadable", &reason, None);
                generation
            }
            Err(error) => {
                if self.seen.is_none() || error.code == "already-watched" {
                    return Err(error);
                }
                self.vouch(false);
                let is_gone = matches!(error.code, "path-not-found" | "not-a-repository" | "gone");
                let retry = if is_gone { RETRY_SOON } else { RETRY };
                self.pending.again(true, now + retry);
                self.say_once(error.code, &whole(&error), error.hint.as_deref());
                return Ok(());
            }
        };
        if let Err(error) = self.report(&generation) {
            self.pending.again(true, now + RETRY);
            self.vouch(false);
            self.say_once(error.code, &whole(&error), error.hint.as_deref());
        }
        self.share(anew);
        self.answer();
        if self.view.in_background {
            self.home.trim_log();
        }
        self.look_anyway = match &self.eye {
            Eye::Native(_) => now + LOOK_ANYWAY,
            Eye::Polling(_) => {
                let poll = env::poll_ms().map_or(POLL, Duration::from_millis);
                now + poll.max((now - begun) * POLL_PART)
            }
        };
        Ok(())
    }

    /// Begins or ceases to vouch.
    fn vouch(&mut self, wish: bool) {
        let wish = wish && matches!(self.eye, Eye::Native(_));
        if wish && !self.is_vouching {
            // Who asks before this is watched gets no answer, and looks for itself.
            self.is_vouching =
                self.home.open_cookies().is_ok() && self.eye.watch_cookies(&self.home);
        }
        if !wish {
            self.cookies.clear();
            self.home.close_cookies();
            self.is_vouching = false;
        }
    }

    /// Tells what has changed since the last time, whoever has taken it in.
    fn report(&mut self, generation: &Generation) -> Result<(), EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        if self
            .anchor
            .as_ref()
            .is_none_or(|(dir, _)| *dir != generation.dir)
        {
            let stamps = Stamps::open(&generation.dir.join(DATABASE)).map_err(fail)?;
            // The log is taken up by the first reading.
            stamps.fact("cache").map_err(fail)?;
            self.anchor = Some((generation.dir.clone(), stamps));
        }
        let feed = generation.stamps().and_then(Stamps::feed).map_err(fail)?;
        let cache = feed.cache().map_err(fail)?;
        let number = feed.generation().map_err(fail)?;
        let log_from = feed.log_from().map_err(fail)?;
        let changes = match &self.seen {
            Some((known, told)) if *known == cache && *told >= log_from => {
                feed.since(*told).map_err(fail)?
            }
            _ => Vec::new(),
        };
        // Whoever reads what is told may be slow, and keeps nobody from the database.
        drop(feed);
        let folders = self.eye.folders();
        match self.seen.take() {
            None => {
                self.view.state = "running".to_owned();
                self.view.mode = Some(self.eye.mode().to_owned());
                self.view.reason = self.eye.reason();
                self.view.folders = folders;
                self.home.write(&self.view);
                self.tell(WatchEvent::Ready {
                    cache: cache.clone(),
                    generation: number,
                    mode: self.eye.mode().to_owned(),
                    reason: self.eye.reason(),
                    folders,
                });
            }
            Some((known, told)) if known == cache && told == number => {}
            Some((known, told)) if known == cache && told >= log_from => {
                for logged in changes {
                    self.tell(WatchEvent::Change {
                        cache: cache.clone(),
                        generation: logged.generation,
                        path: logged.path,
                        change: logged.change.as_str().to_owned(),
                        old_path: logged.old_path,
                    });
                }
            }
            Some(_) => self.tell(WatchEvent::Rebuilt {
                cache: cache.clone(),
                generation: number,
            }),
        }
        let seen = Some((cache, number));
        self.has_changed |= self.seen != seen;
        self.seen = seen;
        Ok(())
    }

    /// Tells how it learns of changes, where that is another way than before.
    fn show_mode(&mut self) {
        let (mode, reason) = (Some(self.eye.mode().to_owned()), self.eye.reason());
        let is_told = self.view.mode == mode && self.view.reason == reason;
        self.view.folders = self.eye.folders();
        if is_told || self.seen.is_none() {
            return;
        }
        (self.view.mode, self.view.reason) = (mode, reason);
        self.home.write(&self.view);
        self.tell(WatchEvent::Mode {
            mode: self.eye.mode().to_owned(),
            reason: self.eye.reason(),
        });
    }

    fn say_once(&mut self, code: &str, message: &str, hint: Option<&str>) {
        if self.trouble.as_deref() != Some(message) {
            self.trouble = Some(message.to_owned());
            self.tell(WatchEvent::Error {
                code: code.to_owned(),
                message: message.to_owned(),
                hint: hint.map(str::to_owned),
            });
        }
    }

    fn tell(&mut self, event: WatchEvent) {
        let line = WatchLine {
            schema: SCHEMA,
            at: clock::iso(clock::now_ns()),
            event,
        };
        if !(self.tell)(&line) {
            self.stop = Some("nobody reads what is told");
        }
    }
}

impl Engine {
    /// Whether somebody watches this folder.
    pub(super) fn is_watched(cache_dir: &Path) -> bool {
        Home::of(cache_dir).is_watched()
    }
}
