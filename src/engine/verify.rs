//! `verify`: a rebuild beside the serving generation, and every difference between the two.
//!
//! Never: changes what serves.

use crate::base::lock::Lock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::follow::{self, Standing};
use crate::engine::progress::{Progress, Step};
use crate::engine::snapshot::{LOCK, ROUNDS, Wish, lock_failed};
use crate::query::view::{DriftRow, VerifyView};
use crate::stores::generation::{self, Current, DATABASE, SEARCH};
use crate::stores::{search, sqlite};

/// So many differences of each kind are told one by one.
const TOLD: usize = 100;

impl Engine {
    /// Compares what serves with a rebuild. With `refresh`, what serves is brought up to the files
    /// first; without, it is compared as it is.
    pub(crate) fn verify(
        &self,
        refresh: bool,
        progress: &dyn Progress,
    ) -> Result<VerifyView, EngineError> {
        if refresh {
            // Not by the word of a watcher: what no event tells of is looked for, too.
            self.renew(Wish::Follow { full: false }, &mut None, progress)?;
        }
        let cache_dir = self.origin.cache_dir();
        self.origin.make_cache_dir()?;
        let path = cache_dir.join(LOCK);
        let lock = match Lock::try_exclusive(&path).map_err(lock_failed)? {
            Some(lock) => lock,
            None => {
                progress.step(Step::Wait);
                Lock::exclusive(&path).map_err(lock_failed)?
            }
        };
        let Current::Ready(serving) = self.current()? else {
            return Err(
                EngineError::environment("no-cache", "there is no cache to verify")
                    .hint("`kanban rebuild-index` makes one"),
            );
        };
        progress.step(Step::Scan);
        let mut scan = self.scan()?;
        self.keep_unseen(&serving, &mut scan)?;
        let io = |error: std::io::Error| EngineError::io("making a generation", cache_dir, &error);
        let beside = generation::begin(cache_dir, None).map_err(io)?;
        let result = self.fill(&beside, &scan, progress).and_then(|summary| {
            progress.step(Step::Compare);
            let fail = |error| EngineError::sqlite(&error);
            let mut drift = Vec::new();
            // Where HEAD has moved since the last look, other paths differ from it; and none are known where
            // it could not be compared.
            let stamps = serving.stamps().map_err(fail)?;
            let fact = |name: &str| {
                Ok::<_, EngineError>(stamps.fact(name).map_err(fail)?.unwrap_or_default())
            };
            let with_head = !fact("dirty")?.is_empty()
                && fact("head")? == self.origin.head().unwrap_or_default();
            let rows = sqlite::compare_views(
                &serving.dir.join(DATABASE),
                &beside.dir.join(DATABASE),
                TOLD,
                with_head,
            )
            .map_err(fail)?;
            drift.extend(rows.into_iter().map(|row| DriftRow {
                place: row.view,
                path: row.path,
                served: row.served,
                rebuilt: row.rebuilt,
            }));
            let failed = |error| EngineError::search(&error);
            let level = follow::standing(&serving)?;
            if level == Standing::Level {
                let names =
                    |dir: &std::path::Path| sqlite::paths(&dir.join(DATABASE)).map_err(fail);
                let terms = search::compare(
                    (&serving.dir.join(SEARCH), &names(&serving.dir)?),
                    (&beside.dir.join(SEARCH), &names(&beside.dir)?),
                    TOLD,
                )
                .map_err(failed)?;
                drift.extend(terms.into_iter().map(|term| DriftRow {
                    place: format!("search.{}", term.field),
                    path: term.path,
                    served: term.served,
                    rebuilt: term.rebuilt,
                }));
            }
            Ok(VerifyView {
                items: summary.items,
                files: summary.files,
                search: level == Standing::Level,
                drift,
            })
        });
        // The new folder was never switched to: this takes it away.
        drop(beside);
        generation::sweep(cache_dir);
        drop(lock);
        self.serve_tickets(ROUNDS);
        result
    }
}
