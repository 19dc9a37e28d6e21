//! `init`: writes down what is recognised, so that it can be changed.

use crate::base::atomic;
use crate::engine::error::EngineError;
use crate::engine::{Engine, rebuild};
use crate::hooks;
use crate::presets::{self, Layout};
use crate::query::view::{AttributesView, InitView};

/// Name of the configuration file.
pub(super) const CONFIG: &str = "kanban.toml";

impl Engine {
    /// Whether there can be hooks.
    pub(crate) fn is_in_git(&self) -> bool {
        self.origin.git_dir().is_some()
    }

    /// Recognises the conventions and writes `kanban.toml` unless it is there (`force` replaces,
    /// `dry_run` only tells).
    pub(crate) fn init(&self, force: bool, dry_run: bool) -> Result<InitView, EngineError> {
        if self.origin.is_bare() {
            return Err(EngineError::environment(
                "bare-repository",
                "a bare repository has no work tree to write `kanban.toml` into",
            )
            .hint("commit the file from a clone"));
        }
        let path = self.origin.root().join(CONFIG);
        let scan = self.scan()?;
        let layout = self.recognize(&scan);
        let there = path.symlink_metadata().is_ok();
        let write = !dry_run && (force || !there);
        let text = presets::render_config(self.config.name.as_deref(), &layout);
        if write {
            atomic::write(&path, text.as_bytes()).map_err(|error| {
                EngineError::io("writing the configuration", &path, &error.source)
            })?;
        }
        let attributes = match self.is_in_git() && !layout.units.is_empty() {
            true => Some(self.attributes(&layout, dry_run)?),
            false => None,
        };
        Ok(InitView {
            path: path.display().to_string(),
            written: write,
            existed: there,
            text,
            presets: rebuild::rows(&layout),
            attributes,
        })
    }

    /// Gives the items to the merge driver, which a clone without it does not mind.
    fn attributes(&self, layout: &Layout, dry_run: bool) -> Result<AttributesView, EngineError> {
        let path = self.origin.root().join(hooks::ATTRIBUTES);
        let old = match std::fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(EngineError::io("reading attributes", &path, &error)),
        };
        let lines = layout.attributes(hooks::ATTRIBUTE);
        let new = hooks::named(old.as_deref(), &lines);
        if let (Some(new), false) = (&new, dry_run) {
            atomic::write(&path, new)
                .map_err(|error| EngineError::io("writing attributes", &path, &error.source))?;
        }
        Ok(AttributesView {
            path: path.display().to_string(),
            written: new.is_some() && !dry_run,
            lines,
        })
    }
}
