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
    /// Where questions are answered from.
    pub store: Store,
    pub sync: SyncConfig,
    pub privacy: PrivacyConfig,
    pub redaction: RedactionConfig,
}

/// Where questions are answered from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Store {
    /// The cache of this repository.
    #[default]
    Sqlite,
    /// The cache that repositories share.
    Postgres,
}

/// `[sync]`: what is published, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyncConfig {
    /// Whether the table is there: a watcher publishes only then.
    pub is_wanted: bool,
    /// The same for all clones; made of the remote's address where absent.
    pub repository: Option<String>,
    /// Globs of the branches that are published; empty: the one that is checked out.
    pub branches: Vec<String>,
    /// Whether uncommitted work is published beside its branch.
    pub drafts: bool,
    /// From one delivery to the next, in seconds.
    pub every_s: u64,
    /// Items in one delivery.
    pub batch: usize,
    /// Queries of items that do not wait for the next delivery.
    pub now: Vec<String>,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self {
            is_wanted: false,
            repository: None,
            branches: Vec::new(),
            drafts: false,
            every_s: 10,
            batch: 100,
            now: Vec::new(),
        }
    }
}

/// `[privacy]`: which items never leave the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PrivacyConfig {
    /// Globs of paths, from the root.
    pub paths: Vec<String>,
    pub kinds: Vec<String>,
    /// Keys of the frontmatter, dotted: an item that has one and does not say no is withheld.
    pub keys: Vec<String>,
}

/// `[redaction]`: what is blotted out of the items that leave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RedactionConfig {
    /// Names of built-in detectors; all of them where absent.
    pub detectors: Option<Vec<String>>,
    /// Regular expressions of one's own: (name, pattern).
    pub patterns: Vec<(String, String)>,
}

/// One `[[root]]` of `kanban.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RootConfig {
    /// Relative to the root of the work tree, with `/`; empty for the whole.
    pub path: String,
    pub preset: String,
}
