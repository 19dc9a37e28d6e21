//! One look of a watcher: the place found again where it may be another, the files looked at, the
//! cache brought up to them.
//!
//! Gets what is pending. Gives the generation, and whether everything was seen.
//! Never: waits for another writer; trusts an event for what changed.

use std::time::Instant;

use crate::base::lock::Lock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::{Progress, Step};
use crate::engine::snapshot::{LOCK, Renewed, Wish, lock_failed};
use crate::engine::tickets::{self, Tickets};
use crate::engine::watch::around::Around;
use crate::engine::watch::eye::Eye;
use crate::engine::watch::pending::What;
use crate::engine::watch::{LOOK_ANYWAY, Watch, hand_on, resident};
use crate::model::file::Scan;
use crate::stores::generation::{self, Current, Generation};

/// How a look went.
pub(super) enum Looked {
    /// Everything was seen and is projected.
    Whole(Generation),
    /// Some folders could not be listed; the reason.
    Partly(Generation, String),
    /// Somebody else is writing.
    Busy,
}

struct Silent;

impl Progress for Silent {
    fn step(&self, _: Step) {}
    fn done(&self, _: u64) {}
}

impl Watch<'_> {
    /// One look, as `refresh` does it.
    pub(super) fn reconcile(&mut self, what: &What) -> Result<Looked, EngineError> {
        let started = Instant::now();
        let resident = self.resident.take();
        if what.anew {
            self.reopen()?;
            self.try_events();
        }
        let cache_dir = self.engine.origin.cache_dir().to_owned();
        let Some(lock) = Lock::try_exclusive(&cache_dir.join(LOCK)).map_err(lock_failed)? else {
            return Ok(Looked::Busy);
        };
        let tickets = Tickets::take(&cache_dir);
        let resident = resident.filter(|_| !what.all && !self.is_bare() && self.wrote_last());
        let mut scan = resident.and_then(|scan| resident::renew(scan, &self.root, &what.files));
        if scan.is_none() {
            scan = Some(self.scan()?);
        }
        let scanned = started.elapsed();
        let Renewed {
            generation, unseen, ..
        } = self
            .engine
            .renew_locked(
                Wish::Follow { full: false },
                &mut scan,
                false,
                started,
                &Silent,
            )
            .inspect_err(|_| generation::sweep(&cache_dir))?;
        tickets.serve();
        drop(lock);
        let whole = started.elapsed();
        tracing::debug!(?what, ?scanned, ?whole, "looked");
        Ok(match unseen.into_iter().next() {
            None => {
                self.resident = scan;
                Looked::Whole(generation)
            }
            Some((folder, reason)) => {
                Looked::Partly(generation, format!("`{folder}` cannot be listed: {reason}"))
            }
        })
    }

    /// A look at all stamps, in which every folder is watched before it is listed.
    fn scan(&mut self) -> Result<Scan, EngineError> {
        let tickets = tickets::folder(self.engine.origin.cache_dir());
        self.eye.begin(&self.engine, &self.home, &tickets);
        if self.is_vouching && !self.eye.watch_cookies(&self.home) {
            self.vouch(false);
        }
        let scan = self.engine.scan_telling(&|folder| self.eye.enter(folder));
        let refused = self.eye.end();
        let scan = scan?;
        if let Some(reason) = refused {
            self.poll(reason);
        }
        self.show_mode();
        Ok(scan)
    }

    /// Whether what serves is what our last look has made. Another process may have seen a file of
    /// which the event is still to come: it is not taken out again for that.
    fn wrote_last(&self) -> bool {
        let (Some((dir, stamps)), Some((_, number))) = (&self.anchor, &self.seen) else {
            return false;
        };
        let is_serving = matches!(self.engine.current(), Ok(Current::Ready(generation)) if generation.dir == *dir);
        let is_same = |found: Option<String>| found == Some(number.to_string());
        is_serving && stamps.fact("generation").is_ok_and(is_same)
    }

    pub(super) fn is_bare(&self) -> bool {
        self.engine.origin.is_bare()
    }

    /// Finds the place again: configuration, commit and ignored files may be others, and the folder
    /// may have been away.
    fn reopen(&mut self) -> Result<(), EngineError> {
        let engine = Engine::open(&self.root)?;
        let is_same = engine.origin.root() == self.root
            && engine.origin.cache_dir() == self.engine.origin.cache_dir();
        if !is_same {
            let message = format!("{} is not the place it was", self.root.display());
            return Err(EngineError::environment("gone", message).path(&self.root));
        }
        self.engine = engine;
        self.around = Around::of(&self.engine);
        self.engine.origin.make_cache_dir()?;
        tickets::make_folder(self.engine.origin.cache_dir())?;
        if !self.lock.is_at(&self.home.lock()) {
            // The cache was removed, and our lock with it.
            self.is_vouching = false;
            self.lock = self.home.claim()?;
            self.home.write(&self.view);
        }
        self.home.make()?;
        self.home.sweep();
        Ok(())
    }

    /// Events cannot do: from now on, time does.
    fn poll(&mut self, reason: String) {
        self.vouch(false);
        self.eye_number += 1;
        self.eye = Eye::Polling(reason);
    }

    /// Where it polls, what was in the way may have gone.
    fn try_events(&mut self) {
        let now = Instant::now();
        if matches!(self.eye, Eye::Polling(_)) && now >= self.try_events {
            self.try_events = now + LOOK_ANYWAY;
            self.eye_number += 1;
            self.eye = Eye::open(&self.root, hand_on(&self.sender, self.eye_number));
        }
    }
}
