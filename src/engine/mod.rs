//! The one hub: joins source, hooks, parse, presets, projection and stores, one method a use case.
//! Gets a directory and calls from `cli`.
//! Gives `Snapshot`s of a generation to read from, and summaries.
//! Never: holds rules of its own, prints.
//! Read next: `snapshot`, then `rebuild`, then `project`.

mod at;
mod clean;
mod doctor;
mod error;
mod everywhere;
mod follow;
mod freshness;
mod history;
pub(crate) mod hooks;
mod init;
mod machine;
pub(crate) mod merging;
mod origin;
mod plan;
mod progress;
mod project;
mod proof;
mod rebuild;
mod refresh;
mod relink;
pub(crate) mod resolve;
mod sharing;
mod sight;
mod snapshot;
mod status;
mod tickets;
mod unseen;
mod verify;
mod vouch;
pub(crate) mod watch;
mod write;

use std::path::Path;
use std::sync::OnceLock;

pub(crate) use crate::stores::postgres::Role as MemberRole;
pub(crate) use doctor::doctor;
pub(crate) use error::{Class, EngineError};
pub(crate) use history::HistoryWish;
pub(crate) use progress::{Progress, Step};
pub(crate) use sharing::{
    ExportWish, LOG, SharedCache, SharedWish, Wish as SyncWish, import as import_bundle,
    server_warnings,
};
pub(crate) use snapshot::Snapshot;
pub(crate) use tickets::Hinted;
pub(crate) use write::{Destination, MENDABLE, NewItem, Task, WriteOptions, Written};

use crate::base::hash;
use crate::engine::origin::Origin;
use crate::model::config::{Config, Store};
use crate::model::file::Scan;
use crate::presets::{self, Layout, Presets};

/// One work tree (or bare repository, or folder outside Git) and its cache.
pub(crate) struct Engine {
    origin: Origin,
    config: Config,
    /// Hash of the text of `kanban.toml`: a projection made under another one is stale.
    config_hash: String,
    /// Read when they are first asked for: a question of the cache alone does not need them.
    presets: OnceLock<Presets>,
}

impl Engine {
    /// Finds the repository of `start` and reads its configuration. Writes nothing.
    pub(crate) fn open(start: &Path) -> Result<Self, EngineError> {
        Self::of(Origin::find(start)?)
    }

    /// [`Self::open`] in a folder of the repository that `start` belongs to: what git exports to its
    /// programs counts from there.
    pub(crate) fn open_at(start: &Path, folder: &Path) -> Result<Self, EngineError> {
        Self::of(Origin::find_at(start, folder)?)
    }

    /// [`Self::open`] for `init`, which may begin in a folder without Git.
    pub(crate) fn open_for_init(start: &Path) -> Result<Self, EngineError> {
        Self::of(Origin::find_or_plain(start)?)
    }

    fn of(origin: Origin) -> Result<Self, EngineError> {
        let text = origin.config_text()?;
        let config = match &text {
            Some(text) => presets::parse_config(text)
                .map_err(|error| origin.config_error(&error.to_string(), &error.hint))?,
            None => Config::default(),
        };
        let presets = OnceLock::new();
        // A configuration that makes no sense is told at once.
        if text.is_some() {
            let loaded = Presets::load(&config)
                .map_err(|error| origin.config_error(&error.to_string(), &error.hint))?;
            drop(presets.set(loaded));
        }
        let config_hash = text.map_or_else(String::new, |text| {
            hash::hex(&hash::content_hash(text.as_bytes()))
        });
        Ok(Self {
            origin,
            config,
            config_hash,
            presets,
        })
    }

    fn presets(&self) -> &Presets {
        self.presets.get_or_init(|| {
            Presets::load(&self.config)
                .expect("because without a configuration they are the shipped ones")
        })
    }

    fn scan(&self) -> Result<Scan, EngineError> {
        self.scan_telling(&|_| {})
    }

    /// [`Self::scan`] that tells of each folder before it looks at it.
    fn scan_telling(&self, entered: &(dyn Fn(&Path) + Sync)) -> Result<Scan, EngineError> {
        let mut scan = self.origin.scan(self.presets(), &self.config, entered)?;
        if let Some(lens) = self.origin.lens() {
            self.withhold(lens, &mut scan)?;
        }
        Ok(scan)
    }

    /// Where kanban.toml says that questions are answered from.
    pub(crate) fn store(&self) -> Store {
        self.config.store
    }

    /// The only folders that are scanned; all where empty.
    fn roots(&self) -> Vec<String> {
        let roots = self.config.roots.iter();
        roots.map(|root| root.path.clone()).collect()
    }

    fn recognize(&self, scan: &Scan) -> Layout {
        let files: Vec<&str> = scan.files.iter().map(|found| &*found.path).collect();
        let dirs: Vec<&str> = scan.marker_dirs.iter().map(String::as_str).collect();
        self.presets().recognize(&files, &dirs)
    }
}
