//! Which generation answers, and the rebuild that makes one where it must.
//!
//! A query looks at the files first. Equal stamps mean that the serving generation is the
//! projection of these files; anything else means a refresh, so that no answer is ever stale. What
//! cannot be refreshed (no space, read-only, unreadable folders) is answered as it is, with
//! `fresh: false` and the reason. Never: a message about locks; writers wait for each other.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use crate::base::lock::{Lock, LockError};
use crate::base::{atomic, fault};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::follow::{self, Standing};
use crate::engine::progress::{Progress, Step};
use crate::engine::project::Job;
use crate::engine::rebuild::{self, Facts, Summary};
use crate::engine::refresh::{Delta, Refreshed};
use crate::engine::sight::{Sight, mark};
use crate::engine::tickets::Tickets;
use crate::engine::unseen::blind;
use crate::model::file::Scan;
use crate::query::view::{Freshness, RebuildView};
use crate::stores::generation::{self, Current, Generation, NewGeneration};

/// One generation, held open: it stays readable while others are built and removed.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// The folder of the generation: `cache.db` and `search/`.
    pub dir: PathBuf,
    pub freshness: Freshness,
    /// For people: lines such as "the cache was from another version, rebuilt".
    pub warnings: Vec<String>,
    /// Root of the projected folder, to make REFs of paths from the current folder.
    pub root: PathBuf,
    /// Made by this very call: then a summary is worth a line.
    pub rebuilt: Option<RebuildView>,
    /// What this very call changed in the serving generation.
    pub delta: Option<Delta>,
    pub(super) generation: Generation,
    /// The look at the files that they are projected by: a write goes on from it.
    pub(super) sight: Option<Sight>,
}

/// How the files stand against a generation.
enum Look {
    Same,
    Changed,
}

/// What a caller wants of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// As the files are, however.
    Refresh,
    /// The same, with the search index brought up too; `full` reads every file, whatever its stamp.
    Follow { full: bool },
    /// Everything projected anew.
    Rebuild,
}

/// What was done for a wish.
#[derive(Debug)]
pub(super) enum Made {
    Nothing,
    Changed(Delta),
    Rebuilt(RebuildView),
}

/// How a wish was granted.
#[derive(Debug)]
pub(super) struct Renewed {
    pub generation: Generation,
    pub made: Made,
    /// Folders that could not be listed, with the reasons; what is known of them is kept.
    pub unseen: Vec<(String, String)>,
}

/// After a writer lets go, it looks so often at most for tickets that came meanwhile.
pub(super) const ROUNDS: usize = 8;

pub(super) const LOCK: &str = "writer.lock";

impl Engine {
    /// A generation to read from. With `refresh`, the files are looked at first and a changed
    /// work tree is projected anew; without, whatever generation there is (built where there is
    /// none).
    pub(crate) fn snapshot(
        &self,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let healed = match refresh {
            true => self.heal_writes(),
            false => Vec::new(),
        };
        let mut snapshot = self.snapshot_healed(refresh, progress)?;
        snapshot.warnings.splice(0..0, healed);
        Ok(snapshot)
    }

    fn snapshot_healed(
        &self,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        // Before what serves is read: the watcher may switch to another generation for us.
        let vouched = refresh && self.is_vouched_for();
        match self.current()? {
            Current::Ready(generation) if !generation.is_proved && !self.prove(&generation)? => {
                self.anew(
                    "the cache was of no use (it was damaged when the system ended) and is rebuilt",
                    true,
                    progress,
                )
            }
            Current::Ready(generation) => {
                match self.serve(generation, refresh, vouched, progress) {
                    // Damage inside a page is seen when the page is read.
                    Err(error) if error.code == "cache-damaged" => self.anew(
                        "the cache was of no use (it is damaged) and is rebuilt",
                        true,
                        progress,
                    ),
                    answer => answer,
                }
            }
            Current::Unusable(reason) => self.anew(
                &format!("the cache was of no use ({reason}) and is rebuilt"),
                false,
                progress,
            ),
            Current::Missing => self.anew("", false, progress),
        }
    }

    /// Makes a generation because there is none that can serve.
    fn anew(
        &self,
        warning: &str,
        always: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let mut warnings = Vec::new();
        if !warning.is_empty() {
            warnings.push(warning.to_owned());
        }
        let wish = if always { Wish::Rebuild } else { Wish::Refresh };
        let renewed = self.renew(wish, &mut None, progress)?;
        self.renewed(renewed, warnings)
    }

    /// Answers from the serving generation, or from a new one where the files have changed.
    fn serve(
        &self,
        generation: Generation,
        refresh: bool,
        vouched: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let mut warnings = Vec::new();
        if vouched && self.is_configured_alike(&generation)? {
            let freshness = self.freshness(&generation, true)?;
            return Ok(self.hold(generation, freshness, warnings, Made::Nothing));
        }
        if !refresh {
            let freshness = self.freshness(&generation, false)?;
            return Ok(self.hold(generation, freshness, warnings, Made::Nothing));
        }
        let mark = mark(&generation)?;
        let mut scan = self.scan()?;
        let unseen = self.keep_unseen(&generation, &mut scan)?;
        if !unseen.is_empty() {
            warnings.push(blind(&unseen));
        }
        let seen = unseen.is_empty();
        if matches!(self.look(&generation, &scan)?, Look::Same) {
            let freshness = self.freshness(&generation, seen)?;
            let mut snapshot = self.hold(generation, freshness, warnings, Made::Nothing);
            snapshot.sight = Some(Sight { scan, mark });
            return Ok(snapshot);
        }
        let mut sight = Some(Sight { scan, mark });
        match self.renew(Wish::Refresh, &mut sight, progress) {
            Ok(Renewed {
                generation,
                made,
                unseen: others,
            }) => {
                // After a wait for another writer it is another scan.
                if seen && !others.is_empty() {
                    warnings.push(blind(&others));
                }
                let freshness = self.freshness(&generation, others.is_empty())?;
                let mut snapshot = self.hold(generation, freshness, warnings, made);
                snapshot.sight = sight;
                Ok(snapshot)
            }
            // The old answer with its age is better than none.
            Err(error) if error.class == Class::Environment && error.code != "cache-damaged" => {
                let cause = error.causes.first();
                warnings.push(format!(
                    "the files have changed, but the cache could not follow: {error}{}",
                    cause.map(|cause| format!(" ({cause})")).unwrap_or_default()
                ));
                let freshness = self.freshness(&generation, false)?;
                Ok(self.hold(generation, freshness, warnings, Made::Nothing))
            }
            Err(error) => Err(error),
        }
    }

    /// Projects everything anew into a new generation and switches to it.
    pub(crate) fn rebuild(&self, progress: &dyn Progress) -> Result<Snapshot, EngineError> {
        let renewed = self.renew(Wish::Rebuild, &mut None, progress)?;
        self.renewed(renewed, Vec::new())
    }

    /// Brings the cache and the search index up to the files at once.
    pub(crate) fn refresh(
        &self,
        full: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let healed = self.heal_writes();
        // Whatever is wrong with what a watcher has made is healed by a look of our own.
        let vouched = if full {
            None
        } else {
            self.refreshed_by_watcher()
        };
        let renewed = match vouched {
            Some(renewed) => renewed,
            None => self.renew(Wish::Follow { full }, &mut None, progress)?,
        };
        self.renewed(renewed, healed)
    }

    /// What a watcher has made of the files as they are now, with what it changed while it was asked; nothing
    /// where none vouches, or anything is not as it should be.
    fn refreshed_by_watcher(&self) -> Option<Renewed> {
        let seen = |generation: &Generation| {
            let feed = generation.stamps().ok()?.feed().ok()?;
            Some((feed.cache().ok()?, feed.generation().ok()?))
        };
        let ready = || match self.current() {
            Ok(Current::Ready(generation)) => Some(generation),
            _ => None,
        };
        let (cache, before) = seen(&ready()?)?;
        if !self.is_vouched_for() {
            return None;
        }
        let generation = ready()?;
        let (now, number) = seen(&generation)?;
        let is_level = generation.is_proved
            && now == cache
            && self.is_configured_alike(&generation).ok()?
            && follow::standing(&generation).ok()? == Standing::Level;
        if !is_level {
            return None;
        }
        let made = match number == before {
            true => Made::Nothing,
            false => Made::Changed(Delta::since(&generation, before)?),
        };
        Some(Renewed {
            generation,
            made,
            unseen: Vec::new(),
        })
    }

    /// Brings the search index up to the cache, which may have gone on without it. Gives another
    /// snapshot where everything had to be projected anew for it.
    pub(crate) fn follow(
        &self,
        snapshot: &Snapshot,
        progress: &dyn Progress,
    ) -> Result<Option<Snapshot>, EngineError> {
        if follow::standing(&snapshot.generation)? == Standing::Level {
            return Ok(None);
        }
        let lock = Lock::exclusive(&self.origin.cache_dir().join(LOCK)).map_err(lock_failed)?;
        let level = follow::follow(&snapshot.generation)?;
        drop(lock);
        self.serve_tickets(ROUNDS);
        if level {
            return Ok(None);
        }
        let renewed = self.renew(Wish::Rebuild, &mut None, progress)?;
        self.renewed(renewed, Vec::new()).map(Some)
    }

    /// Projects anew after a query has found the serving generation to be damaged inside.
    pub(crate) fn replace_damaged(
        &self,
        damaged: &Snapshot,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let warnings = vec!["the cache was damaged and is rebuilt".to_owned()];
        // Another process may have replaced it already.
        if let Current::Ready(generation) = self.current()?
            && generation.dir != damaged.generation.dir
        {
            let freshness = self.freshness(&generation, false)?;
            return Ok(self.hold(generation, freshness, warnings, Made::Nothing));
        }
        let renewed = self.renew(Wish::Rebuild, &mut None, progress)?;
        self.renewed(renewed, warnings)
    }

    pub(super) fn renewed(
        &self,
        renewed: Renewed,
        mut warnings: Vec<String>,
    ) -> Result<Snapshot, EngineError> {
        let Renewed {
            generation,
            made,
            unseen,
        } = renewed;
        match &made {
            Made::Rebuilt(view) if !view.unreadable.is_empty() => {
                warnings.push(blind(&view.unreadable));
            }
            _ if !unseen.is_empty() => warnings.push(blind(&unseen)),
            _ => {}
        }
        let freshness = self.freshness(&generation, unseen.is_empty())?;
        Ok(self.hold(generation, freshness, warnings, made))
    }

    fn hold(
        &self,
        generation: Generation,
        freshness: Freshness,
        warnings: Vec<String>,
        made: Made,
    ) -> Snapshot {
        let (rebuilt, delta) = match made {
            Made::Nothing => (None, None),
            Made::Changed(delta) => (None, Some(delta)),
            Made::Rebuilt(view) => (Some(view), None),
        };
        Snapshot {
            dir: generation.dir.clone(),
            freshness,
            warnings,
            root: self.origin.root().to_owned(),
            rebuilt,
            delta,
            generation,
            sight: None,
        }
    }

    pub(super) fn current(&self) -> Result<Current, EngineError> {
        let dir = self.origin.cache_dir();
        generation::current(dir)
            .map_err(|error| EngineError::io("reading the cache folder", dir, &error))
    }

    fn look(&self, generation: &Generation, scan: &Scan) -> Result<Look, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = generation.stamps().map_err(fail)?;
        if stamps.fact("config").map_err(fail)?.as_deref() != Some(&*self.config_hash) {
            return Ok(Look::Changed);
        }
        if stamps.fact("markers").map_err(fail)?.unwrap_or_default() != scan.markers() {
            return Ok(Look::Changed);
        }
        // Another commit of the same files: what differs from it is another question.
        let head = self.origin.head().unwrap_or_default();
        if stamps.fact("head").map_err(fail)?.unwrap_or_default() != head {
            return Ok(Look::Changed);
        }
        if stamps.fact("sparse").map_err(fail)?.as_deref() != Some(self.sparse()) {
            return Ok(Look::Changed);
        }
        let difference = stamps.compare(scan).map_err(fail)?;
        if !difference.is_none() {
            return Ok(Look::Changed);
        }
        for (file, _, hash) in &difference.racy {
            let path = &scan.files[*file].path;
            if !scan.is_unseen(path) && self.origin.hash_of(path, scan) != Some(*hash) {
                tracing::debug!(path, "has the recorded stamp but other content");
                return Ok(Look::Changed);
            }
        }
        Ok(Look::Same)
    }

    /// Brings the cache up to the files under the writer's lock: what another process has done in
    /// the meantime is taken where it equals the files. `sight` is a look that was made, if there is one, and
    /// then that which the cache was brought up to.
    pub(super) fn renew(
        &self,
        wish: Wish,
        sight: &mut Option<Sight>,
        progress: &dyn Progress,
    ) -> Result<Renewed, EngineError> {
        let started = Instant::now();
        let cache_dir = self.origin.cache_dir();
        self.origin.make_cache_dir()?;
        let lock_path = cache_dir.join(LOCK);
        fault::point("renew.before-lock").map_err(|error| EngineError::fault(&error))?;
        let (lock, waited) = match Lock::try_exclusive(&lock_path).map_err(lock_failed)? {
            Some(lock) => (lock, false),
            None => {
                progress.step(Step::Wait);
                (Lock::exclusive(&lock_path).map_err(lock_failed)?, true)
            }
        };
        let (mut scan, outdated) = match sight.take() {
            // Of a few files that are known, it is no older than its stamps.
            Some(Sight { scan, mark }) => {
                let outdated = scan.only.is_none() && !self.is_serving(&mark)?;
                (Some(scan), outdated)
            }
            None => (None, false),
        };
        let result = self.renew_held(wish, &mut scan, waited || outdated, started, progress);
        if let (Ok(renewed), Some(scan)) = (&result, scan) {
            let mark = mark(&renewed.generation)?;
            *sight = Some(Sight { scan, mark });
        }
        drop(lock);
        self.serve_tickets(ROUNDS);
        result
    }

    /// [`Self::renew`] for who holds the writer's lock already.
    pub(super) fn renew_held(
        &self,
        wish: Wish,
        scan: &mut Option<Scan>,
        outdated: bool,
        started: Instant,
        progress: &dyn Progress,
    ) -> Result<Renewed, EngineError> {
        let cache_dir = self.origin.cache_dir();
        let taken = Tickets::take(cache_dir);
        let result = self.renew_locked(wish, scan, outdated, started, progress);
        match &result {
            Ok(_) => taken.serve(),
            Err(_) => generation::sweep(cache_dir),
        }
        result
    }

    pub(super) fn renew_locked(
        &self,
        wish: Wish,
        scan: &mut Option<Scan>,
        outdated: bool,
        started: Instant,
        progress: &dyn Progress,
    ) -> Result<Renewed, EngineError> {
        progress.step(Step::Scan);
        // What another process has projected since is not in it, and would be taken for gone.
        if outdated {
            *scan = None;
        }
        let scan = match scan {
            Some(scan) => scan,
            None => scan.insert(self.scan()?),
        };
        let mut last = None;
        if let Current::Ready(generation) = self.current()? {
            let unseen = match self.keep_unseen(&generation, scan) {
                Ok(unseen) => unseen,
                // A rebuild heals this; it can keep nothing that cannot be read.
                Err(error) if error.code == "cache-damaged" => Vec::new(),
                Err(error) => return Err(error),
            };
            if wish != Wish::Rebuild {
                let full = wish == Wish::Follow { full: true };
                let made = match self.refresh_locked(&generation, scan, full, progress) {
                    Ok(Refreshed::Same) => Some(Made::Nothing),
                    Ok(Refreshed::Changed(delta)) => Some(Made::Changed(delta)),
                    Ok(Refreshed::Rebuild) => None,
                    Err(error) if error.code == "cache-damaged" => None,
                    Err(error) => return Err(error),
                };
                if let Some(made) = made
                    && (wish == Wish::Refresh || follow::follow(&generation)?)
                {
                    return Ok(Renewed {
                        generation,
                        made,
                        unseen,
                    });
                }
            }
            if !unseen.is_empty() {
                return Err(EngineError::environment("unreadable", blind(&unseen))
                    .hint("make it readable; until then the old generation serves"));
            }
            if let Ok(freshness) = self.freshness(&generation, false) {
                last = Some((freshness.cache, freshness.generation));
            }
        }
        let (generation, view) = self.rebuild_locked(last, scan, started, progress)?;
        Ok(Renewed {
            generation,
            made: Made::Rebuilt(view),
            unseen: Vec::new(),
        })
    }

    fn rebuild_locked(
        &self,
        last: Option<(String, u64)>,
        scan: &Scan,
        started: Instant,
        progress: &dyn Progress,
    ) -> Result<(Generation, RebuildView), EngineError> {
        let cache_dir = self.origin.cache_dir();
        let at =
            |act: &'static str| move |error: io::Error| EngineError::io(act, cache_dir, &error);
        let struck = |error: io::Error| EngineError::fault(&error);
        fault::point("rebuild.begin").map_err(struck)?;
        generation::sweep(cache_dir);
        let last = last.as_ref().map(|(cache, number)| (&**cache, *number));
        let new = generation::begin(cache_dir, last).map_err(at("making a generation"))?;
        fault::point("rebuild.after-scan").map_err(struck)?;
        let summary = self.fill(&new, scan, progress)?;
        fault::point("rebuild.before-switch").map_err(struck)?;
        generation::switch(cache_dir, &new, |path, bytes| {
            atomic::write(path, bytes).map_err(|error| error.source)
        })
        .map_err(at("switching to the new generation"))?;
        fault::point("rebuild.after-switch").map_err(struck)?;
        generation::sweep(cache_dir);
        let Current::Ready(generation) = self.current()? else {
            return Err(EngineError::bug("the generation just written is of no use"));
        };
        let mut view = self.view(&generation, &summary, started)?;
        view.unreadable.clone_from(&scan.unreadable);
        Ok((generation, view))
    }

    /// Projects a scan into the folder of a new generation.
    pub(super) fn fill(
        &self,
        new: &NewGeneration,
        scan: &Scan,
        progress: &dyn Progress,
    ) -> Result<Summary, EngineError> {
        let head = self.origin.head();
        let layout = self.recognize(scan);
        let job = Job {
            origin: &self.origin,
            layout: &layout,
            files: &scan.files,
            roots: self.roots(),
            started_ns: scan.started_ns,
        };
        let facts = Facts {
            head: head.as_deref(),
            config: &self.config_hash,
            engine: self,
        };
        rebuild::fill(new, &job, scan, &facts, progress)
    }
}

pub(super) fn lock_failed(error: LockError) -> EngineError {
    EngineError::io(
        &format!("to {} the lock file", error.act),
        &error.path,
        &error.source,
    )
}
