//! What the cache holds, for `status`.

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::snapshot::Snapshot;
use crate::query::view::{CountRow, PresetRow, StatusView};
use crate::stores::generation;
use crate::stores::sqlite::Count;

impl Engine {
    /// How many problems there are.
    pub(crate) fn problems(&self, snapshot: &Snapshot) -> Result<u64, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let counts = stamps.counts(Count::Problem).map_err(fail)?;
        Ok(counts.iter().map(|(_, count)| count).sum())
    }

    /// What the cache holds.
    pub(crate) fn status(&self, snapshot: &Snapshot) -> Result<StatusView, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let facts = stamps.facts().map_err(fail)?;
        let fact = |name: &str| {
            facts
                .iter()
                .find(|(key, _)| key == name)
                .map_or("", |(_, value)| value.as_str())
        };
        let rows = |question| -> Result<Vec<CountRow>, EngineError> {
            Ok(stamps
                .counts(question)
                .map_err(fail)?
                .into_iter()
                .map(|(key, count)| CountRow { key, count })
                .collect())
        };
        let presets: Vec<PresetRow> = serde_json::from_str(fact("presets")).unwrap_or_default();
        Ok(StatusView {
            root: self.origin.root().display().to_string(),
            git_dir: self.origin.git_dir().map(|dir| dir.display().to_string()),
            cache_dir: self.origin.cache_dir().display().to_string(),
            cache_bytes: generation::size(&snapshot.dir)
                .map_err(|error| EngineError::io("measuring the cache", &snapshot.dir, &error))?,
            projected_at: fact("projected_at").to_owned(),
            items: fact("items").parse().unwrap_or_default(),
            presets,
            phases: rows(Count::Phase)?,
            problems: rows(Count::Problem)?,
            cut_off: self.cut_off(),
            sync: self.sync_brief().unwrap_or_else(|error| {
                tracing::debug!(%error, "how sharing stands cannot be told");
                None
            }),
        })
    }
}
