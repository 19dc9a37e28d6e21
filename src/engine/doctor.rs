//! `doctor`: looks at everything around the projection that could be wrong.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::lock::Lock;
use crate::engine::error::EngineError;
use crate::engine::follow::{self, Standing};
use crate::engine::{Engine, hooks};
use crate::query::view::{DoctorRow, DoctorView};
use crate::stores::generation::{self, Current};
use crate::stores::{search, sqlite};

/// Runs every look; a failure to open is a row too, so it always answers.
pub(crate) fn doctor(start: &Path) -> DoctorView {
    let mut rows = vec![ok(
        "version",
        format!(
            "kanban {}, SQLite {}, tantivy {}",
            env!("CARGO_PKG_VERSION"),
            sqlite::library_version(),
            search::LIBRARY_VERSION
        ),
    )];
    match Engine::open(start) {
        Err(error) => rows.push(failed("repository", &error)),
        Ok(engine) => engine.look_around(&mut rows),
    }
    DoctorView { checks: rows }
}

impl Engine {
    fn look_around(&self, rows: &mut Vec<DoctorRow>) {
        rows.push(ok(
            "repository",
            format!(
                "{} ({})",
                self.origin.root().display(),
                self.origin.describe()
            ),
        ));
        rows.push(ok(
            "configuration",
            if self.config_hash.is_empty() {
                "no kanban.toml: the conventions are recognised".to_owned()
            } else {
                "kanban.toml is valid".to_owned()
            },
        ));
        let folders = AtomicU64::new(0);
        let count = |_: &Path| {
            folders.fetch_add(1, Ordering::Relaxed);
        };
        let scan = self.scan_telling(&count);
        match &scan {
            Err(error) => rows.push(failed("files", error)),
            Ok(scan) => {
                let layout = self.recognize(scan);
                if layout.units.is_empty() {
                    rows.push(warning(
                        "files",
                        "no item is recognised",
                        "run `kanban init` and name the folders in kanban.toml",
                    ));
                }
                for place in &layout.places {
                    rows.push(ok(
                        "convention",
                        format!(
                            "{} at {}: {} items",
                            place.preset.name,
                            if place.root.is_empty() {
                                "."
                            } else {
                                &place.root
                            },
                            place.items
                        ),
                    ));
                }
                for (folder, reason) in &scan.unreadable {
                    rows.push(warning(
                        "folder",
                        format!("`{folder}` cannot be listed: {reason}"),
                        "make it readable, or exclude it in kanban.toml",
                    ));
                }
                rows.push(self.cache_row());
            }
        }
        let unread = self.unread_rules().into_iter();
        rows.extend(unread.map(|text| warning("sharing", text, "mend it in kanban.toml")));
        rows.push(self.writable_row());
        rows.extend(self.leftover_rows());
        rows.extend(self.watch_rows(folders.into_inner()));
        rows.extend(hooks::row(self.origin.place()));
        rows.extend(self.machine_rows(scan.as_ref().ok()));
    }

    fn cache_row(&self) -> DoctorRow {
        let dir = self.origin.cache_dir().display().to_string();
        match self.current() {
            Err(error) => failed("cache", &error),
            Ok(Current::Missing) => ok(
                "cache",
                format!("none yet in {dir}; the next command makes it"),
            ),
            Ok(Current::Unusable(reason)) => warning(
                "cache",
                format!("of no use in {dir}: {reason}"),
                "the next command rebuilds it",
            ),
            Ok(Current::Ready(found)) => {
                let size = generation::size(&found.dir).unwrap_or_default();
                match sqlite::check(&found.dir.join(generation::DATABASE), false)
                    .map_err(|error| EngineError::sqlite(&error))
                    .and_then(|()| {
                        search::Index::open(&found.dir.join(generation::SEARCH))
                            .map_err(|error| EngineError::search(&error))
                    })
                    .and_then(|index| match follow::standing(&found)? {
                        Standing::Level => Ok((index.len(), "")),
                        Standing::Behind(_) => {
                            Ok((index.len(), "; the next search brings the index up"))
                        }
                        Standing::Lost => Err(EngineError::environment(
                            "search-index",
                            "the search index belongs to another generation",
                        )),
                    }) {
                    Ok((items, more)) => ok(
                        "cache",
                        format!("whole, in {dir}: {items} items, {size} bytes{more}"),
                    ),
                    Err(error) => DoctorRow {
                        hint: "run `kanban rebuild-index`".to_owned(),
                        ..failed("cache", &error)
                    },
                }
            }
        }
    }

    /// What writes that were cut off have left for people to look at.
    fn leftover_rows(&self) -> Vec<DoctorRow> {
        let home = self.write_place();
        let left = home.map_or_else(Vec::new, |home| home.leftovers());
        let row = |path: &PathBuf| {
            warning(
                "write",
                format!("left by a write that was cut off: {}", path.display()),
                "look at it, take from it what is wanted, and remove it",
            )
        };
        left.iter().map(row).collect()
    }

    fn writable_row(&self) -> DoctorRow {
        let dir = self.origin.cache_dir();
        match self.origin.make_cache_dir().and_then(|()| {
            Lock::try_exclusive(&dir.join("writer.lock"))
                .map_err(|error| EngineError::io("to take the lock", &error.path, &error.source))
        }) {
            Ok(Some(_)) => ok(
                "lock",
                "the cache folder is writable, and nobody is writing",
            ),
            Ok(None) => ok("lock", "another process is writing at the moment"),
            Err(error) => DoctorRow {
                verdict: "warning".to_owned(),
                ..failed("lock", &error)
            },
        }
    }
}

pub(super) fn ok(name: &str, message: impl Into<String>) -> DoctorRow {
    DoctorRow {
        name: name.to_owned(),
        verdict: "ok".to_owned(),
        message: message.into(),
        hint: String::new(),
    }
}

pub(super) fn warning(name: &str, message: impl Into<String>, hint: &str) -> DoctorRow {
    DoctorRow {
        verdict: "warning".to_owned(),
        hint: hint.to_owned(),
        ..ok(name, message)
    }
}

pub(super) fn failed(name: &str, error: &EngineError) -> DoctorRow {
    let mut message = error.message.clone();
    for cause in &error.causes {
        message.push_str(": ");
        message.push_str(cause);
    }
    DoctorRow {
        verdict: "error".to_owned(),
        hint: error.hint.clone().unwrap_or_default(),
        ..ok(name, message)
    }
}
