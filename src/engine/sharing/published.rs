//! The publish cache: the projection of one commit of a branch, seen through the lens.
//!
//! It is a cache like that of a bare repository, in a folder of its own, and follows the branch from commit to
//! commit; its change log tells what became of each item in between.
//! Never: is asked by a query of the work tree.

use std::sync::{Arc, OnceLock};

use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::sharing::lens::Lens;
use crate::model::config::Config;
use crate::presets::{self, Presets};

impl Engine {
    /// The engine of the publish cache of a branch, at a commit of it. The rules are those that the commit
    /// itself has in kanban.toml.
    pub(in crate::engine) fn published(
        &self,
        branch: &str,
        commit: &str,
    ) -> Result<Self, EngineError> {
        let mut origin = self.origin.of_commit(branch, commit)?;
        let text = origin.config_text()?;
        let config = match &text {
            Some(text) => presets::parse_config(text)
                .map_err(|error| origin.config_error(&error.to_string(), &error.hint))?,
            None => Config::default(),
        };
        let wrong = |error: &dyn std::fmt::Display| origin.config_error(&error.to_string(), "");
        let loaded = Presets::load(&config).map_err(|error| wrong(&error))?;
        let lens = Lens::new(&config).map_err(|error| wrong(&error))?;
        let config_hash = Lens::key(text.as_deref());
        origin.look_through(Arc::new(lens));
        let presets = OnceLock::new();
        drop(presets.set(loaded));
        Ok(Self {
            origin,
            config,
            config_hash,
            presets,
        })
    }
}
