//! Settled settings: plain values, nothing compiled.

/// What `kanban.toml` says, and what holds where it is silent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Config {
    /// Name the projection is shown under; the folder's name where absent.
    pub name: Option<String>,
    /// The conventions in use, each at its root; empty means: recognise them.
    pub roots: Vec<RootConfig>,
    /// Preset texts in TOML that override or extend the shipped ones: (name, text).
    pub presets: Vec<(String, String)>,
    /// Globs, relative to the root of the work tree, of files that are never items.
    pub exclude: Vec<String>,
}

/// One `[[root]]` of `kanban.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RootConfig {
    /// Relative to the root of the work tree, with `/`; empty for the whole.
    pub path: String,
    pub preset: String,
}
