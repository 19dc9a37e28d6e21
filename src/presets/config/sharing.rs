//! What kanban.toml says about sharing: `store`, `[sync]`, `[privacy]`, `[redaction]`.
//! Never: compiles a pattern; who uses one tells whether it makes sense.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::model::config::{PrivacyConfig, RedactionConfig, Store, SyncConfig};
use crate::presets::config::{ConfigError, NO_ADDRESS};

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StoreFile {
    #[default]
    Sqlite,
    Postgres,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SyncFile {
    repository: Option<Spanned<String>>,
    #[serde(default)]
    branches: Vec<String>,
    #[serde(default)]
    drafts: bool,
    every: Option<Spanned<String>>,
    batch: Option<Spanned<usize>>,
    #[serde(default)]
    now: Vec<NowFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NowFile {
    when: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrivacyFile {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    keys: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RedactionFile {
    detectors: Option<Vec<String>>,
    #[serde(default)]
    pattern: Vec<PatternFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternFile {
    name: String,
    regex: String,
}

/// More items in one delivery than this are no batch.
const MOST: usize = 10_000;

/// `text` is that of the file, for the place of what is wrong.
pub(super) fn sync(file: SyncFile, text: &str) -> Result<SyncConfig, ConfigError> {
    let wrong = |at: Range<usize>, message: String, hint: &str| {
        Err(ConfigError::new(text, at.start, message, hint.to_owned()))
    };
    let mut config = SyncConfig {
        is_wanted: true,
        branches: file.branches,
        drafts: file.drafts,
        now: file.now.into_iter().map(|rule| rule.when).collect(),
        ..SyncConfig::default()
    };
    if let Some(name) = file.repository {
        if name.get_ref().trim().is_empty() {
            let message = "the repository has no name".to_owned();
            return wrong(name.span(), message, "write it as `team/backlog`");
        }
        if name.get_ref().contains("://") {
            let message = "an address is no name of a repository".to_owned();
            return wrong(name.span(), message, NO_ADDRESS);
        }
        config.repository = Some(name.into_inner());
    }
    if let Some(every) = file.every {
        let text = every.get_ref();
        match seconds(text) {
            Some(seconds) => config.every_s = seconds,
            None => {
                let message = format!("`{text}` is no time from one delivery to the next");
                return wrong(every.span(), message, "write it as `10s` or `5m`");
            }
        }
    }
    if let Some(batch) = file.batch {
        let count = *batch.get_ref();
        if !(1..=MOST).contains(&count) {
            let message = format!("a batch has 1 to {MOST} items");
            return wrong(batch.span(), message, "");
        }
        config.batch = count;
    }
    Ok(config)
}

/// `10s`, `5m` or `1h`; at least a second.
fn seconds(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..end].parse().ok()?;
    let unit = match text[end..].trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    (1..=86_400)
        .contains(&(number.checked_mul(unit)?))
        .then(|| number * unit)
}

pub(super) fn store(file: &StoreFile) -> Store {
    match file {
        StoreFile::Sqlite => Store::Sqlite,
        StoreFile::Postgres => Store::Postgres,
    }
}

pub(super) fn privacy(file: PrivacyFile) -> PrivacyConfig {
    PrivacyConfig {
        paths: file.paths,
        kinds: file.kinds,
        keys: file.keys,
    }
}

pub(super) fn redaction(file: RedactionFile) -> RedactionConfig {
    RedactionConfig {
        detectors: file.detectors,
        patterns: file
            .pattern
            .into_iter()
            .map(|pattern| (pattern.name, pattern.regex))
            .collect(),
    }
}
