//! The one hub: joins source, parse, presets, projection and stores, one method a use case.
//! Gets a directory and calls from `cli`.
//! Gives `Snapshot`s of a generation to read from, and summaries.
//! Never: holds rules of its own, prints.
//! Read next: `rebuild`.

mod error;
mod progress;

use std::path::{Path, PathBuf};

pub(crate) use error::{Class, EngineError};
pub(crate) use progress::{Progress, Step};

use crate::query::view::{DoctorView, Freshness, InitView, RebuildView, StatusView};

/// One work tree (or bare repository, or folder outside Git) and its cache.
pub(crate) struct Engine {}

/// One generation, held open: it stays readable while others are built and removed.
pub(crate) struct Snapshot {
    /// The folder of the generation: `cache.db` and `search/`.
    pub dir: PathBuf,
    pub freshness: Freshness,
    /// For people: lines such as "cache was from another version, rebuilt".
    pub warnings: Vec<String>,
    /// Root of the work tree, to make REFs that are paths from the current folder.
    pub root: PathBuf,
}

impl Engine {
    /// Finds the repository of `start` and reads its configuration. Writes nothing.
    pub(crate) fn open(start: &Path) -> Result<Self, EngineError> {
        drop(start.to_owned());
        Ok(Self {})
    }

    /// Projects everything anew into a new generation and switches to it.
    pub(crate) fn rebuild(&self, progress: &dyn Progress) -> Result<RebuildView, EngineError> {
        progress.step(Step::Scan);
        Err(EngineError::bug("not yet"))
    }

    /// A generation to read from. With `refresh`, the files are looked at first and a changed
    /// work tree is projected anew; without, whatever generation there is (built where there is none).
    pub(crate) fn snapshot(
        &self,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<Snapshot, EngineError> {
        progress.step(Step::Scan);
        Err(EngineError::bug(if refresh { "not yet" } else { "no" }))
    }

    /// What the cache holds.
    pub(crate) fn status(&self, snapshot: &Snapshot) -> Result<StatusView, EngineError> {
        Err(EngineError::bug(snapshot.dir.display().to_string()))
    }

    /// Looks at everything around that could be wrong.
    pub(crate) fn doctor(&self) -> DoctorView {
        DoctorView { checks: Vec::new() }
    }

    /// Recognises the conventions and writes `kanban.toml` unless it is there (`force` replaces,
    /// `dry_run` only tells).
    pub(crate) fn init(&self, force: bool, dry_run: bool) -> Result<InitView, EngineError> {
        Err(EngineError::bug(format!("{force}{dry_run}")))
    }
}
