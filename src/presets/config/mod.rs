//! kanban.toml: its file form, and its reading into plain settings.
//! Gets the text from `engine`.
//! Gives a `Config`, or what is wrong, with the place and a hint.
//! Never: opens the file, or holds anything compiled.
//! Read next: `file` of presets, for the preset tables.

mod sharing;

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::model::config::{Config, RootConfig, SyncConfig};
use crate::presets::config::sharing::{PrivacyFile, RedactionFile, StoreFile, SyncFile};
use crate::presets::file::{AtOnce, PresetFile};
use crate::presets::preset::{self, SHIPPED};
use crate::presets::rules::nearest;

/// What is wrong with kanban.toml. Line and column count from 1 (columns in characters) and are 0
/// where there is no single place; the hint may be empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(*line, *col))]
pub(crate) struct ConfigError {
    pub message: String,
    pub line: u32,
    pub col: u32,
    pub hint: String,
}

fn place(line: u32, col: u32) -> String {
    match line {
        0 => String::new(),
        _ => format!("line {line}, column {col}: "),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    name: Option<Spanned<String>>,
    #[serde(default)]
    exclude: Vec<Spanned<String>>,
    #[serde(default)]
    store: StoreFile,
    #[serde(default)]
    root: Vec<RootFile>,
    #[serde(default)]
    preset: BTreeMap<Spanned<String>, Spanned<PresetFile<AtOnce>>>,
    sync: Option<SyncFile>,
    #[serde(default)]
    privacy: PrivacyFile,
    #[serde(default)]
    redaction: RedactionFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootFile {
    path: Spanned<String>,
    preset: Spanned<String>,
}

/// Reads kanban.toml. Everything that can be wrong with the file alone is found here.
pub(crate) fn parse_config(text: &str) -> Result<Config, ConfigError> {
    let file: ConfigFile =
        toml::from_str(text).map_err(|error| ConfigError::from_toml(text, &error))?;
    let wrong = |at: std::ops::Range<usize>, message: String, hint: String| {
        Err(ConfigError::new(text, at.start, message, hint))
    };
    for (name, preset) in &file.preset {
        let known = SHIPPED.iter().any(|(known, _)| known == name.get_ref());
        match &preset.get_ref().extends {
            Some(base) if !SHIPPED.iter().any(|(known, _)| known == base) => {
                return wrong(
                    preset.span(),
                    format!(
                        "preset `{}` extends `{base}`, which is not shipped",
                        name.get_ref()
                    ),
                    did_you_mean(base, SHIPPED.map(|(name, _)| name)),
                );
            }
            Some(_) => {}
            None if !known => {
                let hint = match nearest(name.get_ref(), SHIPPED.map(|(name, _)| name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "start from a shipped one, say `extends = \"plain\"`".to_owned(),
                };
                return wrong(
                    name.span(),
                    format!(
                        "preset `{}` is not shipped and extends none",
                        name.get_ref()
                    ),
                    hint,
                );
            }
            None => {}
        }
        if let Err(message) = preset::check(preset.get_ref()) {
            let message = format!("preset `{}`: {message}", name.get_ref());
            return wrong(preset.span(), message, String::new());
        }
    }
    let own: Vec<&str> = file
        .preset
        .keys()
        .map(|name| name.get_ref().as_str())
        .collect();
    let mut roots = Vec::new();
    for root in &file.root {
        let name = root.preset.get_ref().as_str();
        let shipped = SHIPPED.map(|(name, _)| name);
        if !shipped.contains(&name) && !own.contains(&name) {
            let all = shipped.into_iter().chain(own.iter().copied());
            return wrong(
                root.preset.span(),
                format!("there is no preset `{name}`"),
                did_you_mean(name, all),
            );
        }
        match root_path(root.path.get_ref()) {
            Ok(path) => roots.push(RootConfig {
                path,
                preset: name.to_owned(),
            }),
            Err(message) => {
                let hint = "write it as seen from the top of the repository, such as \
                            `docs/decisions`, or \"\" for all of it";
                return wrong(root.path.span(), message, hint.to_owned());
            }
        }
    }
    for glob in &file.exclude {
        if let Err(message) = preset::excluding(glob.get_ref()) {
            return wrong(glob.span(), message, String::new());
        }
    }
    let mut tables = match text
        .parse::<toml::Table>()
        .map(|mut all| all.remove("preset"))
    {
        Ok(Some(toml::Value::Table(tables))) => tables,
        _ => toml::Table::new(),
    };
    let presets = own
        .iter()
        .filter_map(|name| {
            // The table had the right form above, so it can be written as TOML again.
            let text = toml::to_string(&tables.remove(*name)?).ok()?;
            Some(((*name).to_owned(), text))
        })
        .collect();
    Ok(Config {
        name: file.name.map(Spanned::into_inner),
        roots,
        presets,
        exclude: file.exclude.into_iter().map(Spanned::into_inner).collect(),
        store: sharing::store(&file.store),
        sync: match file.sync {
            Some(file) => sharing::sync(file, text)?,
            None => SyncConfig::default(),
        },
        privacy: sharing::privacy(file.privacy),
        redaction: sharing::redaction(file.redaction),
    })
}

/// A root's path without `./` and slashes at the ends.
fn root_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        return Err(format!("`{text}` is not relative to the repository"));
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(format!("`{text}` leads out of the repository")),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

fn did_you_mean<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if words.is_empty() => String::new(),
        None => format!("known are {}", words.join(", ")),
    }
}

impl ConfigError {
    /// One without a place.
    pub(crate) fn bare(message: impl Into<String>) -> Self {
        let (message, hint) = quotable(message.into(), String::new());
        Self {
            message,
            line: 0,
            col: 0,
            hint,
        }
    }

    fn new(text: &str, at: usize, message: String, hint: String) -> Self {
        let (message, hint) = quotable(message, hint);
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            message,
            line: count(before.matches('\n').count() + 1),
            col: count(before[line_start..].chars().count() + 1),
            hint,
        }
    }

    /// The parser's own words, made friendlier where a key or word is not known: it names the
    /// culprit and all that would be right in backticks.
    fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let mut words = message.split('`').skip(1).step_by(2);
        let thing = match message {
            m if m.starts_with("unknown field ") => "key",
            m if m.starts_with("unknown variant ") => "word",
            _ => return Self::new(text, at, message.trim().to_owned(), String::new()),
        };
        let culprit = words.next().unwrap_or_default();
        let hint = did_you_mean(culprit, words);
        Self::new(text, at, format!("unknown {thing} `{culprit}`"), hint)
    }
}

/// What is said of a value that looks like the address of a server, which may hold a password: where it
/// stands, and nothing of it.
pub(crate) fn quotable(message: String, hint: String) -> (String, String) {
    let quotes = |text: &str| text.contains("://") || text.contains("password=");
    match quotes(&message) || quotes(&hint) {
        false => (message, hint),
        true => (
            "what stands here holds an address, and is wrong".to_owned(),
            NO_ADDRESS.to_owned(),
        ),
    }
}

/// Everybody who has the repository reads kanban.toml.
const NO_ADDRESS: &str =
    "the address of a server goes into `KANBAN_POSTGRES_URL`, never into kanban.toml";

#[cfg(test)]
mod tests;
