//! Which generation answers, and the rebuild that makes one where it must.
//!
//! A query looks at the files first. Equal stamps mean that the serving generation is the
//! projection of these files; anything else means a rebuild, so that no answer is ever stale. What
//! cannot be rebuilt (no space, read-only, unreadable folders) is answered from the old generation
//! with `fresh: false` and the reason. Never: a message about locks; writers wait for each other.

use std::io;
use std::path::PathBuf;
use std::time::Instant;

use crate::base::lock::{Lock, LockError};
use crate::base::{atomic, clock, fault};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::{Progress, Step};
use crate::engine::project::Job;
use crate::engine::rebuild::{self, Facts, Summary};
use crate::model::file::Scan;
use crate::query::view::{Freshness, RebuildView};
use crate::stores::generation::{self, Current, DATABASE, Generation};
use crate::stores::sqlite::{Known, Stamps};

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
    generation: Generation,
}

/// How the files stand against a generation.
enum Look {
    Same,
    Changed,
    /// Folders that hold recorded files could not be listed.
    Blind(Vec<(String, String)>),
}

const LOCK: &str = "writer.lock";

impl Engine {
    /// A generation to read from. With `refresh`, the files are looked at first and a changed
    /// work tree is projected anew; without, whatever generation there is (built where there is
    /// none).
    pub(crate) fn snapshot(
        &self,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        match self.current()? {
            Current::Ready(generation) => match self.serve(generation, refresh, progress) {
                // Damage inside a page is seen when the page is read.
                Err(error) if error.code == "cache-damaged" => self.anew(
                    "the cache was of no use (it is damaged) and is rebuilt",
                    true,
                    progress,
                ),
                answer => answer,
            },
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
        let (generation, view) = self.renew(always, None, progress)?;
        self.renewed(generation, view, warnings)
    }

    /// Answers from the serving generation, or from a new one where the files have changed.
    fn serve(
        &self,
        generation: Generation,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        let mut warnings = Vec::new();
        if !refresh {
            let freshness = self.freshness(&generation, false)?;
            return Ok(self.hold(generation, freshness, warnings, None));
        }
        let scan = self.scan()?;
        match self.look(&generation, &scan)? {
            Look::Same => {
                let freshness = self.freshness(&generation, true)?;
                Ok(self.hold(generation, freshness, warnings, None))
            }
            Look::Blind(folders) => {
                warnings.push(blind(&folders));
                let freshness = self.freshness(&generation, false)?;
                Ok(self.hold(generation, freshness, warnings, None))
            }
            Look::Changed => match self.renew(false, Some(scan), progress) {
                Ok((generation, view)) => self.renewed(generation, view, warnings),
                // The old answer with its age is better than none.
                Err(error) if error.class == Class::Environment => {
                    let cause = error.causes.first();
                    warnings.push(format!(
                        "the files have changed, but the cache could not be rebuilt: {error}{}",
                        cause.map(|cause| format!(" ({cause})")).unwrap_or_default()
                    ));
                    let freshness = self.freshness(&generation, false)?;
                    Ok(self.hold(generation, freshness, warnings, None))
                }
                Err(error) => Err(error),
            },
        }
    }

    /// Projects everything anew into a new generation and switches to it.
    pub(crate) fn rebuild(&self, progress: &dyn Progress) -> Result<Snapshot, EngineError> {
        let (generation, view) = self.renew(true, None, progress)?;
        self.renewed(generation, view, Vec::new())
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
            && generation.number > damaged.generation.number
        {
            let freshness = self.freshness(&generation, false)?;
            return Ok(self.hold(generation, freshness, warnings, None));
        }
        let (generation, view) = self.renew(true, None, progress)?;
        self.renewed(generation, view, warnings)
    }

    fn renewed(
        &self,
        generation: Generation,
        view: RebuildView,
        mut warnings: Vec<String>,
    ) -> Result<Snapshot, EngineError> {
        if !view.unreadable.is_empty() {
            warnings.push(blind(&view.unreadable));
        }
        let freshness = self.freshness(&generation, true)?;
        Ok(self.hold(generation, freshness, warnings, Some(view)))
    }

    fn hold(
        &self,
        generation: Generation,
        freshness: Freshness,
        warnings: Vec<String>,
        rebuilt: Option<RebuildView>,
    ) -> Snapshot {
        Snapshot {
            dir: generation.dir.clone(),
            freshness,
            warnings,
            root: self.origin.root().to_owned(),
            rebuilt,
            generation,
        }
    }

    pub(super) fn current(&self) -> Result<Current, EngineError> {
        let dir = self.origin.cache_dir();
        generation::current(dir)
            .map_err(|error| EngineError::io("reading the cache folder", dir, &error))
    }

    fn stamps(&self, generation: &Generation) -> Result<Stamps, EngineError> {
        Stamps::open(&generation.dir.join(DATABASE)).map_err(|error| EngineError::sqlite(&error))
    }

    fn look(&self, generation: &Generation, scan: &Scan) -> Result<Look, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = self.stamps(generation)?;
        let mut blind = Vec::new();
        for (folder, reason) in &scan.unreadable {
            if stamps.has_below(folder).map_err(fail)? {
                blind.push((folder.clone(), reason.clone()));
            }
        }
        if !blind.is_empty() {
            return Ok(Look::Blind(blind));
        }
        let facts = stamps.facts().map_err(fail)?;
        let fact = |name: &str| {
            facts
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        if fact("config") != Some(&*self.config_hash) {
            return Ok(Look::Changed);
        }
        match stamps.compare(scan) {
            Ok(Known::Differs(path)) => {
                tracing::debug!(path, "differs from the projection");
                Ok(Look::Changed)
            }
            Ok(Known::Same { racy }) => {
                for (path, hash) in racy {
                    if self.origin.hash_of(&path, scan) != Some(hash) {
                        tracing::debug!(path, "has the recorded stamp but other content");
                        return Ok(Look::Changed);
                    }
                }
                Ok(Look::Same)
            }
            Err(error) => Err(fail(error)),
        }
    }

    /// Makes a new generation under the writer's lock. Unless `always`, another process's result
    /// is taken where it equals the files.
    fn renew(
        &self,
        always: bool,
        scan: Option<Scan>,
        progress: &dyn Progress,
    ) -> Result<(Generation, RebuildView), EngineError> {
        let started = Instant::now();
        let cache_dir = self.origin.cache_dir();
        self.origin.make_cache_dir()?;
        let lock_path = cache_dir.join(LOCK);
        let lock_failed = |error: LockError| {
            EngineError::io(
                &format!("to {} the lock file", error.act),
                &error.path,
                &error.source,
            )
        };
        let (lock, waited) = match Lock::try_exclusive(&lock_path).map_err(lock_failed)? {
            Some(lock) => (lock, false),
            None => {
                progress.step(Step::Wait);
                (Lock::exclusive(&lock_path).map_err(lock_failed)?, true)
            }
        };
        progress.step(Step::Scan);
        // A scan from before the wait may be older than what the other process projected.
        let scan = match scan {
            Some(scan) if !waited => scan,
            _ => self.scan()?,
        };
        if waited
            && !always
            && let Current::Ready(generation) = self.current()?
            && matches!(self.look(&generation, &scan)?, Look::Same)
        {
            let mut view = self.view(&generation, &Summary::default(), started)?;
            view.yielded = true;
            return Ok((generation, view));
        }
        let result = self.renew_locked(&scan, started, progress);
        if result.is_err() {
            generation::sweep(cache_dir);
        }
        drop(lock);
        result
    }

    fn renew_locked(
        &self,
        scan: &Scan,
        started: Instant,
        progress: &dyn Progress,
    ) -> Result<(Generation, RebuildView), EngineError> {
        let cache_dir = self.origin.cache_dir();
        let at =
            |act: &'static str| move |error: io::Error| EngineError::io(act, cache_dir, &error);
        let struck = |error: io::Error| EngineError::fault(&error);
        fault::point("rebuild.begin").map_err(struck)?;
        if let Current::Ready(old) = self.current()?
            && let Ok(Look::Blind(folders)) = self.look(&old, scan)
        {
            return Err(EngineError::environment("unreadable", blind(&folders))
                .hint("make it readable; until then the old generation serves"));
        }
        generation::sweep(cache_dir);
        let head = self.origin.head();
        let new = generation::begin(cache_dir).map_err(at("making a generation"))?;
        fault::point("rebuild.after-scan").map_err(struck)?;
        let layout = self.recognize(scan);
        let job = Job {
            origin: &self.origin,
            layout: &layout,
            files: &scan.files,
            roots: self
                .config
                .roots
                .iter()
                .map(|root| root.path.clone())
                .collect(),
            started_ns: scan.started_ns,
        };
        let facts = Facts {
            head: head.as_deref(),
            config: &self.config_hash,
        };
        let summary = rebuild::fill(&new, &job, scan, &facts, progress)?;
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

    fn view(
        &self,
        generation: &Generation,
        summary: &Summary,
        started: Instant,
    ) -> Result<RebuildView, EngineError> {
        Ok(RebuildView {
            items: summary.items,
            files: summary.files,
            links: summary.links,
            problems: summary.problems,
            bytes: summary.bytes,
            cache_bytes: generation::size(&generation.dir)
                .map_err(|error| EngineError::io("measuring the cache", &generation.dir, &error))?,
            cache_dir: self.origin.cache_dir().display().to_string(),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            presets: summary.presets.clone(),
            unreadable: Vec::new(),
            yielded: false,
        })
    }

    fn freshness(&self, generation: &Generation, fresh: bool) -> Result<Freshness, EngineError> {
        let facts = self
            .stamps(generation)?
            .facts()
            .map_err(|error| EngineError::sqlite(&error))?;
        let fact = |name: &str| {
            facts
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let recorded = fact("head").filter(|head| !head.is_empty());
        let projected = fact("projected_at").and_then(|text| clock::parse(&text));
        let age = projected.map_or(0, |at| (clock::now_ns() - at).max(0) / 1_000_000);
        Ok(Freshness {
            cache: generation.cache.clone(),
            generation: generation.number,
            // Equal files under another HEAD: the projection is that of the present one.
            head: if fresh { self.origin.head() } else { recorded },
            dirty: None,
            fresh,
            age_ms: if fresh { 0 } else { age.cast_unsigned() },
        })
    }
}

fn blind(folders: &[(String, String)]) -> String {
    let (folder, reason) = &folders[0];
    let more = match folders.len() {
        1 => String::new(),
        count => format!(" and {} more folders", count - 1),
    };
    format!("`{folder}`{more} could not be listed ({reason}); what is known of it is kept")
}
