//! The worker of a watcher: a thread that publishes, so that nothing else waits for the server.
//!
//! ```text
//! a branch has moved -> planned at once -> delivered at once where a rule says so, else in its turn
//! every few seconds  -> planned where something has moved -> what waits is delivered
//! ```
//!
//! It holds sync.lock only while it works, and lets a `sync now` go first that holds it. Where the server does
//! not answer, the line waits as `state.db` says. The process may end while it works: nothing is lost by that.
//! Never: makes the watcher wait, answers a question.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::{Progress, Step};
use crate::engine::sharing::address::address;
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::draft::DraftFiles;
use crate::engine::sharing::metrics::{Metrics, Queue};
use crate::engine::sharing::publish::{Wish, from_state};
use crate::engine::sharing::sync::{Sharing, Wanted, now_ms};
use crate::engine::sharing::turn::Planned;
use crate::model::sharing::Line;
use crate::query::view::SyncRow;
use crate::stores::postgres::Address;
use crate::stores::state::{LineRow, State};
use crate::sync::backoff;

/// The server is asked how a line stands although nothing waits for it.
const LOOK_ANYWAY: Duration = Duration::from_secs(300);
/// Until a `sync now` that works at this moment may have ended.
const BUSY: Duration = Duration::from_millis(200);
/// A line that cannot be published for another reason than the server's silence.
const STUCK: Duration = Duration::from_secs(60);
/// So long an end waits for work that is under way.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a worker tells.
#[derive(Debug)]
pub(in crate::engine) enum Told {
    Row(Box<SyncRow>),
    /// Nothing can be published; code, message and hint.
    Trouble(Box<EngineError>),
}

enum Wake {
    Moved,
    Stop,
}

/// A worker that lives.
pub(in crate::engine) struct Worker {
    wake: Sender<Wake>,
    ended: Receiver<()>,
}

impl Worker {
    /// Starts one for the place; `tell` hears of everything that it does.
    pub(in crate::engine) fn start(
        root: PathBuf,
        metrics: Arc<Metrics>,
        tell: impl FnMut(Told) + Send + 'static,
    ) -> Result<Self, EngineError> {
        let (wake, wakes) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let work = move || {
            crate::base::process::step_back();
            Work::new(root, metrics, Box::new(tell)).run(&wakes);
            drop(end);
        };
        let spawned = std::thread::Builder::new().name("sync".to_owned());
        spawned.spawn(work).map_err(|error| {
            EngineError::environment("no-thread", "cannot start to publish").cause(error)
        })?;
        Ok(Self { wake, ended })
    }

    /// Files or branches have changed.
    pub(in crate::engine) fn moved(&self) {
        // Where it has ended, it is not missed.
        drop(self.wake.send(Wake::Moved));
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.wake.send(Wake::Stop));
        // It ends between two deliveries; what is under way may end with the process.
        let _ = self.ended.recv_timeout(PATIENCE);
    }
}

struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}
    fn done(&self, _: u64) {}
}

/// What a line was when it was last tried.
struct Tried {
    branch: Branch,
    at: Instant,
}

struct Work {
    root: PathBuf,
    metrics: Arc<Metrics>,
    tell: Box<dyn FnMut(Told) + Send>,
    tried: BTreeMap<Line, Tried>,
    /// Branches that could not be planned or delivered, by name.
    stuck: BTreeMap<String, Tried>,
    /// Warnings, each told once.
    warned: BTreeSet<String>,
    /// What was told last of each line, so that it is told once.
    told: BTreeMap<(String, String), (String, String)>,
    trouble: Option<&'static str>,
}

/// What a turn is for.
#[derive(Clone, Copy)]
struct What {
    /// Everything that waits is delivered.
    is_due: bool,
    /// Files or branches have changed since the last turn.
    moved: bool,
    /// Drafts are published.
    drafts: bool,
}

/// How a turn ended.
enum Turn {
    Done {
        every: Duration,
    },
    /// Somebody else syncs.
    Busy,
}

impl Work {
    fn new(root: PathBuf, metrics: Arc<Metrics>, tell: Box<dyn FnMut(Told) + Send>) -> Self {
        Self {
            root,
            metrics,
            tell,
            tried: BTreeMap::new(),
            stuck: BTreeMap::new(),
            warned: BTreeSet::new(),
            told: BTreeMap::new(),
            trouble: None,
        }
    }

    fn run(mut self, wakes: &Receiver<Wake>) {
        let mut every = Duration::from_secs(10);
        let mut next = Instant::now();
        let mut moved = true;
        loop {
            let is_due = Instant::now() >= next;
            let until = match self.turn(is_due, moved) {
                Ok(Turn::Done { every: found }) => {
                    self.trouble = None;
                    moved = false;
                    every = found;
                    if is_due {
                        next = Instant::now() + every;
                    }
                    next
                }
                Ok(Turn::Busy) => Instant::now() + BUSY,
                Err(error) => {
                    if self.trouble != Some(error.code) {
                        self.trouble = Some(error.code);
                        // That all is well again is news.
                        self.told.clear();
                        (self.tell)(Told::Trouble(Box::new(error)));
                    }
                    next = Instant::now() + every;
                    next
                }
            };
            let wait = until.saturating_duration_since(Instant::now());
            match wakes.recv_timeout(wait) {
                Ok(Wake::Moved) => moved = true,
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
            // A burst is one.
            while let Ok(wake) = wakes.try_recv() {
                match wake {
                    Wake::Moved => moved = true,
                    Wake::Stop => return,
                }
            }
        }
    }

    /// Plans what has moved. Delivers what is urgent, and where it is due, everything.
    fn turn(&mut self, is_due: bool, moved: bool) -> Result<Turn, EngineError> {
        let engine = Engine::open(&self.root)?;
        let what = What {
            is_due,
            moved,
            drafts: engine.config.sync.drafts,
        };
        let every = Duration::from_secs(engine.config.sync.every_s);
        let address = address()?;
        let sharing = engine.sharing()?;
        let branches = match sharing.branches(&[]) {
            Ok(branches) => branches,
            // Nothing to publish, for now.
            Err(error) if matches!(error.code, "no-branch" | "no-commit") => Vec::new(),
            Err(error) => return Err(error),
        };
        let Some(_lock) = sharing.try_lock()? else {
            return Ok(Turn::Busy);
        };
        let mut state = sharing.state()?;
        let turn = (&sharing, &address);
        for Wanted { branch, found } in branches {
            let done = found.and_then(|()| self.branch(turn, &mut state, &branch, what));
            if let Err(error) = done {
                let at = Instant::now();
                let tried = Tried {
                    branch: branch.clone(),
                    at,
                };
                self.stuck.insert(branch.name.clone(), tried);
                self.fail(&sharing, &mut state, (&branch, ""), error)?;
            }
        }
        for left in sharing.plan_left(&mut state, &Silent)? {
            let (branch, draft) = (left.branch.clone(), left.line.draft.clone());
            if let Err(error) = self.one(turn, &mut state, left, is_due) {
                self.fail(&sharing, &mut state, (&branch, &draft), error)?;
            }
        }
        self.measure(&engine, &state)?;
        Ok(Turn::Done { every })
    }

    /// A branch and the draft beside it, where there is anything to do.
    fn branch(
        &mut self,
        turn: (&Sharing<'_>, &Address),
        state: &mut State,
        branch: &Branch,
        what: What,
    ) -> Result<(), EngineError> {
        let tried = self.stuck.get(&branch.name);
        if tried.is_some_and(|tried| tried.branch == *branch && tried.at.elapsed() < STUCK) {
            return Ok(());
        }
        let mut known = state.lines().map_err(|error| from_state(&error))?;
        known.retain(|row| row.line.branch == branch.name);
        // The repository may have had another name before.
        known.retain(|row| !row.is_renamed());
        if !self.is_wanted(state, &known, branch, what)? {
            return Ok(());
        }
        let planned = turn.0.plan(state, branch, &Silent)?;
        for warning in &planned.warnings {
            if self.warned.insert(warning.clone()) {
                let error = EngineError::usage("invalid-rule", warning.clone());
                (self.tell)(Told::Trouble(Box::new(error)));
            }
        }
        let planned = self.one(turn, state, planned, what.is_due)?;
        self.stuck.remove(&branch.name);
        let files = DraftFiles::Cached;
        let draft = turn.0.plan_draft(state, &planned, files, &Silent);
        let done = match draft {
            Ok(Some(draft)) => {
                let name = draft.line.draft.clone();
                let done = self.one(turn, state, draft, what.is_due);
                done.map(drop).map_err(|error| (error, name))
            }
            Ok(None) => Ok(()),
            Err(error) => Err((error, turn.0.draft()?.own)),
        };
        match done {
            Ok(()) => Ok(()),
            Err((error, name)) => self.fail(turn.0, state, (branch, &name), error),
        }
    }

    /// A branch or a draft failed; the others go on.
    fn fail(
        &mut self,
        sharing: &Sharing<'_>,
        state: &mut State,
        of: (&Branch, &str),
        error: EngineError,
    ) -> Result<(), EngineError> {
        let code = error.code;
        let row = sharing.failed(state, of, error)?;
        self.metrics.failed(code);
        self.tell_news(row);
        Ok(())
    }

    /// Tells a row that says something new.
    fn tell_news(&mut self, row: SyncRow) {
        let key = (row.branch.clone(), row.draft.clone());
        let stands = (row.standing.clone(), row.reason.clone());
        let is_news = self.told.insert(key, stands.clone()) != Some(stands);
        if is_news || row.written + row.removed + row.refused + row.overwritten > 0 {
            (self.tell)(Told::Row(Box::new(row)));
        }
    }

    /// How the outbox stands now, all lines together.
    fn measure(&self, engine: &Engine, state: &State) -> Result<(), EngineError> {
        let fail = |error| from_state(&error);
        let mut queue = Queue::default();
        let gone = engine.left_lines(state)?;
        let lines = state.lines().map_err(fail)?.into_iter();
        for row in lines.filter(|row| !gone.contains(&row.line)) {
            let counts = state.counts(&row.line).map_err(fail)?;
            queue.pending += counts.pending;
            queue.failed += counts.failed;
            let lag = counts.oldest_ms.map_or(0, |oldest| now_ms() - oldest);
            queue.lag_ms = queue.lag_ms.max(lag.max(0).cast_unsigned());
        }
        self.metrics.stands(queue);
        Ok(())
    }

    /// Whether a branch is to be planned: it has moved, or something of it waits and may be delivered.
    fn is_wanted(
        &self,
        state: &State,
        lines: &[LineRow],
        branch: &Branch,
        turn: What,
    ) -> Result<bool, EngineError> {
        let own = lines.iter().find(|row| row.line.draft.is_empty());
        if own.is_none_or(|own| own.cursor.commit != branch.commit) {
            return Ok(true);
        }
        let drafts = turn.drafts || lines.len() > 1;
        if turn.moved && drafts {
            return Ok(true);
        }
        for known in lines {
            if turn.is_due && self.is_deliverable(state, known, branch)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it makes sense to talk to the server.
    fn is_deliverable(
        &self,
        state: &State,
        known: &LineRow,
        branch: &Branch,
    ) -> Result<bool, EngineError> {
        let now = now_ms();
        // A time further ahead was set by another clock.
        let is_paused = known
            .paused_until_ms
            .is_some_and(|until| now < until && until <= now + backoff::LONGEST_MS);
        if is_paused {
            return Ok(false);
        }
        let due = state.due(&known.line, now, backoff::LONGEST_MS, 1);
        let is_waiting = !due.map_err(|error| from_state(&error))?.is_empty();
        if !known.line.draft.is_empty() && !is_waiting {
            return Ok(false);
        }
        let tried = self.tried.get(&known.line);
        let Some(tried) = tried.filter(|tried| tried.branch == *branch) else {
            return Ok(true);
        };
        let patience = match (known.standing.as_str(), is_waiting) {
            ("new" | "level" | "partly", true) | ("offline", _) => return Ok(true),
            ("new" | "level" | "partly", false) => LOOK_ANYWAY,
            _ => STUCK,
        };
        Ok(tried.at.elapsed() >= patience)
    }

    /// One line that is planned: delivered, or told that it waits.
    fn one(
        &mut self,
        (sharing, address): (&Sharing<'_>, &Address),
        state: &mut State,
        planned: Planned,
        is_due: bool,
    ) -> Result<Planned, EngineError> {
        let fail = |error| from_state(&error);
        let is_urgent = state.is_urgent(&planned.line).map_err(fail)?;
        let known = state.line(&planned.line).map_err(fail)?;
        let may = match &known {
            Some(known) => self.is_deliverable(state, known, &planned.branch)?,
            None => true,
        };
        if !(may && (is_due || is_urgent)) {
            if planned.prepared.enqueued > 0 {
                (self.tell)(Told::Row(Box::new(planned.waiting(state)?)));
            }
            return Ok(planned);
        }
        let tried = Tried {
            branch: planned.branch.clone(),
            at: Instant::now(),
        };
        self.tried.insert(planned.line.clone(), tried);
        let done = sharing.deliver(state, address, planned, Wish::default(), &Silent);
        let (row, planned) = done?;
        self.metrics.delivered(&row, now_ms());
        self.tell_news(row);
        Ok(planned)
    }
}
