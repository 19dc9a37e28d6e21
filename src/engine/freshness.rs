//! How fresh a generation is, and what a rebuild made: what answers say of where they come from.
//! Gets a generation. Gives the shapes of answers. Never: looks at the files.

use std::time::Instant;

use crate::base::clock;
use crate::engine::Engine;
use crate::engine::clean;
use crate::engine::error::EngineError;
use crate::engine::rebuild::Summary;
use crate::query::view::{Freshness, RebuildView};
use crate::stores::generation::{self, Generation};
use crate::stores::sqlite::Stamps;

impl Engine {
    pub(super) fn view(
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
            shared: None,
        })
    }

    pub(super) fn freshness(
        &self,
        generation: &Generation,
        fresh: bool,
    ) -> Result<Freshness, EngineError> {
        let facts = generation
            .stamps()
            .and_then(Stamps::facts)
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
            generation: fact("generation")
                .and_then(|number| number.parse().ok())
                .unwrap_or(generation.number),
            // Equal files under another HEAD: the projection is that of the present one.
            head: if fresh { self.origin.head() } else { recorded },
            dirty: fact("dirty").and_then(|word| clean::meaning(&word)),
            fresh,
            age_ms: if fresh { 0 } else { age.cast_unsigned() },
        })
    }
}
