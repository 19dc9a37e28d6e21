//! Which items never leave: by path, by kind, by a key of their frontmatter, by a secret in their path.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use crate::model::config::PrivacyConfig;
use crate::privacy::PrivacyError;
use crate::privacy::view::View;

/// So far a text without frontmatter is looked at for one that nobody recognizes.
const FIRST_LINES: usize = 30;
const FIRST_BYTES: usize = 8 << 10;

/// The rules, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Withheld {
    paths: GlobSet,
    kinds: Vec<String>,
    keys: Vec<String>,
}

impl Withheld {
    /// # Errors
    /// Where a glob makes no sense.
    pub(crate) fn new(config: &PrivacyConfig) -> Result<Self, PrivacyError> {
        let mut globs = GlobSetBuilder::new();
        for text in &config.paths {
            let wrong = |error: globset::Error| PrivacyError {
                rule: format!("path `{text}`"),
                reason: error.kind().to_string(),
            };
            let refused = |reason: &str| PrivacyError {
                rule: format!("path `{text}`"),
                reason: reason.to_owned(),
            };
            if text.starts_with('!') {
                return Err(refused("a rule cannot take another one back"));
            }
            // `/private`, `./private` and `private//` are that folder as well.
            let steps = text.split('/').filter(|step| !matches!(*step, "" | "."));
            let folder: String = steps.collect::<Vec<&str>>().join("/").nfc().collect();
            if text.trim().is_empty() || folder.split('/').any(|step| step == "..") {
                return Err(refused("paths are given from the root of the repository"));
            }
            // A folder stands for all that is in it. Whoever hides `Private/` hides `private/` too.
            let below = match &*folder {
                "" => "**".to_owned(),
                folder => format!("{folder}/**"),
            };
            for pattern in [folder, below] {
                let glob = GlobBuilder::new(&pattern)
                    .literal_separator(true)
                    .case_insensitive(true)
                    .build();
                globs.add(glob.map_err(wrong)?);
            }
        }
        let paths = globs.build().map_err(|error| PrivacyError {
            rule: "paths".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            paths,
            kinds: config.kinds.iter().map(|kind| squeezed(kind)).collect(),
            keys: config.keys.clone(),
        })
    }

    /// By the path alone.
    pub(crate) fn hides_path(&self, path: &str) -> bool {
        self.paths.is_match(path)
            || !path.is_ascii() && self.paths.is_match(path.nfc().collect::<String>())
    }

    /// Whether what an item says can withhold it.
    pub(crate) fn looks_inside(&self) -> bool {
        !(self.keys.is_empty() && self.kinds.is_empty())
    }

    /// By what the item says. `frontmatter` is a JSON object; what cannot be read hides the item where
    /// a key could be in it: nobody can tell.
    pub(crate) fn hides(&self, kind: Option<&str>, frontmatter: &str, is_readable: bool) -> bool {
        if kind.is_some_and(|kind| self.kinds.contains(&squeezed(kind))) {
            return true;
        }
        if !self.looks_inside() {
            return false;
        }
        if !is_readable {
            return true;
        }
        let Ok(Value::Object(all)) = serde_json::from_str(frontmatter) else {
            return true;
        };
        self.keys.iter().any(|key| is_set(&all, key))
    }
}

impl Withheld {
    /// By the first lines of a text that has no frontmatter, which may be one that nobody recognizes: behind an
    /// empty line or a comment, indented, between longer rules.
    pub(crate) fn hides_text(&self, text: &str) -> bool {
        if !self.looks_inside() {
            return false;
        }
        let text = &text[..text.floor_char_boundary(FIRST_BYTES)];
        let view = View::of(text);
        let text = view.as_ref().map_or(text, |view| &view.text);
        let mut lines = text.lines().take(FIRST_LINES).peekable();
        while let Some(line) = lines.next() {
            let line = line.trim_start_matches(|c: char| c.is_whitespace() || "-#>*{,".contains(c));
            let Some((key, value)) = line.split_once([':', '=']) else {
                continue;
            };
            let quotes = |c: char| c.is_whitespace() || "\"'`*,;:}".contains(c);
            let key = key.trim_matches(quotes);
            let value = value.split(" #").next().unwrap_or(value);
            let value = value.trim_matches(quotes);
            let is_named = |name: &String| {
                let last = name.rsplit('.').next().unwrap_or(name);
                key.eq_ignore_ascii_case(name) || key.eq_ignore_ascii_case(last)
            };
            // What stands indented below a key is its value.
            let goes_on = lines
                .peek()
                .is_some_and(|next| next.starts_with([' ', '\t']) || next.starts_with("- "));
            if self.keys.iter().any(is_named)
                && (says_yes(&Value::from(value)) || value.is_empty() && goes_on)
                || !value.is_empty() && self.kinds.contains(&squeezed(value))
            {
                return true;
            }
        }
        false
    }
}

/// Whether the dotted key stands there and does not say no. Keys may hold dots themselves.
fn is_set(map: &Map<String, Value>, key: &str) -> bool {
    map.iter().any(|(name, value)| {
        let Some((begin, rest)) = key.split_at_checked(name.len()) else {
            return false;
        };
        if !begin.eq_ignore_ascii_case(name) {
            return false;
        }
        match (rest.strip_prefix('.'), value) {
            (None, value) => rest.is_empty() && says_yes(value),
            (Some(rest), Value::Object(inner)) => is_set(inner, rest),
            (Some(_), _) => false,
        }
    })
}

fn squeezed(kind: &str) -> String {
    let kept = kind.chars().filter(|c| !matches!(c, ' ' | '_' | '-'));
    kept.flat_map(char::to_lowercase).collect()
}

fn says_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "" | "false" | "no" | "n" | "off" | "0" | "null" | "~"
        ),
        Value::Array(values) => values.iter().any(says_yes),
        Value::Null => false,
        Value::Object(_) => true,
    }
}
