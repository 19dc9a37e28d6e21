//! The publish cache: the projection of one commit of a branch, seen through the lens.
//!
//! It is a cache like that of a bare repository, in a folder of its own, and follows the branch from commit to
//! commit; its change log tells what became of each item in between.
//! Never: is asked by a query of the work tree.

use std::sync::{Arc, OnceLock};

use crate::base::clock;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::origin::{Origin, Overlay};
use crate::engine::sharing::lens::Lens;
use crate::engine::snapshot::Snapshot;
use crate::model::config::Config;
use crate::presets::{self, Presets};
use crate::privacy::PrivacyError;
use crate::query::list::{self, ListArgs};
use crate::query::{self, QueryError, grammar};

impl Engine {
    /// The engine of the publish cache of a branch, at a commit of it. The rules are those that the commit
    /// itself has in kanban.toml.
    pub(in crate::engine) fn published(
        &self,
        branch: &str,
        commit: &str,
    ) -> Result<Self, EngineError> {
        self.complete_trees(commit)?;
        let origin = self
            .origin
            .of_commit((branch, ""), commit, Overlay::new())?;
        self.through_lens(origin)
    }

    /// The engine of what others may see of an origin.
    pub(super) fn through_lens(&self, origin: Origin) -> Result<Self, EngineError> {
        let (origin, text, config) = Self::with_rules(origin)?;
        let wrong = |error: PrivacyError| {
            let hint = "mend `[privacy]` or `[redaction]`; `docs/config.md` says what they take";
            origin.config_error(&error.to_string(), hint)
        };
        let forgotten = self.sharing()?.forgotten()?;
        let key = Lens::key(text.as_deref(), &forgotten);
        let lens = Lens::new(&config, forgotten).map_err(wrong)?;
        let config = Self::seen_rules(&origin, text.as_deref(), config, &lens)?;
        let mut made = Self::unseen(origin, config)?;
        made.config_hash = key;
        made.origin.look_through(Arc::new(lens));
        Ok(made)
    }

    /// The same without the lens: everything that the commit holds. It has no cache.
    pub(super) fn unredacted(&self, branch: &str, commit: &str) -> Result<Self, EngineError> {
        self.complete_trees(commit)?;
        let origin = self
            .origin
            .of_commit((branch, ""), commit, Overlay::new())?;
        let (origin, _, config) = Self::with_rules(origin)?;
        Self::unseen(origin, config)
    }

    fn with_rules(origin: Origin) -> Result<(Origin, Option<String>, Config), EngineError> {
        let text = origin.config_text()?;
        let config = match &text {
            Some(text) => presets::parse_config(text)
                .map_err(|error| origin.config_error(&error.to_string(), &error.hint))?,
            None => Config::default(),
        };
        Ok((origin, text, config))
    }

    /// The rules with which items are read: words of kanban.toml become names of states and roles, and leave
    /// with them. What leaves, and when, is not looked through: it says what to hide.
    fn seen_rules(
        origin: &Origin,
        text: Option<&str>,
        config: Config,
        lens: &Lens,
    ) -> Result<Config, EngineError> {
        let Some(seen) = text.and_then(|text| lens.redact_rules(text)) else {
            return Ok(config);
        };
        // What is wrong in it is not told: it would be told of a file that nobody has.
        let Ok(seen) = presets::parse_config(&seen) else {
            let message = "it holds something that must not leave, and cannot be read without";
            let hint = "take it out, or look at `[redaction]`: `kanban` publishes what states and roles are called";
            return Err(origin.config_error(message, hint));
        };
        Ok(Config {
            sync: config.sync,
            privacy: config.privacy,
            redaction: config.redaction,
            ..seen
        })
    }

    fn unseen(origin: Origin, config: Config) -> Result<Self, EngineError> {
        let loaded =
            Presets::load(&config).map_err(|error| origin.config_error(&error.to_string(), ""))?;
        let presets = OnceLock::new();
        drop(presets.set(loaded));
        Ok(Self {
            origin,
            config,
            config_hash: String::new(),
            presets,
        })
    }

    /// The paths of the items that do not wait for the next delivery, sorted, and which rules cannot be
    /// followed: those make nothing urgent, and hold nothing.
    pub(in crate::engine) fn urgent(&self, snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
        let (mut paths, mut unread) = (Vec::new(), Vec::new());
        if self.config.sync.now.is_empty() {
            return (paths, unread);
        }
        let today = clock::today();
        let asked = super::run(async {
            let mut reader = query::open(&snapshot.dir).await.map_err(unasked)?;
            for rule in &self.config.sync.now {
                for query in grammar::alternatives(rule) {
                    let args = ListArgs {
                        query,
                        now: &today,
                        ..ListArgs::default()
                    };
                    match list::list(&mut reader, &args).await {
                        Ok(view) => paths.extend(view.items.into_iter().map(|item| item.path)),
                        // No item has such a field yet.
                        Err(QueryError::UnknownField { .. }) => {}
                        Err(error) => unread.push(unfollowed(rule, &error)),
                    }
                }
            }
            Ok(())
        });
        if let Err(error) = asked {
            unread.push(format!("no rule of `[[sync.now]]` is followed: {error}"));
        }
        paths.sort_unstable();
        paths.dedup();
        (paths, unread)
    }

    /// The rules of `[[sync.now]]` that nobody can read.
    pub(in crate::engine) fn unread_rules(&self) -> Vec<String> {
        let rules = self.config.sync.now.iter();
        let unread = rules.flat_map(|rule| {
            let queries = grammar::alternatives(rule).into_iter();
            queries.filter_map(|query| Some(unfollowed(rule, &grammar::parse(query).err()?)))
        });
        unread.collect()
    }
}

fn unfollowed(rule: &str, error: &QueryError) -> String {
    let told = format!("a rule of `[[sync.now]]` is not followed: `{rule}`: {error}");
    presets::quotable(told, String::new()).0
}

fn unasked(error: QueryError) -> EngineError {
    EngineError::environment("cache", error.to_string())
}
