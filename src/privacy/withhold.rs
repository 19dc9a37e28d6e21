//! Which items never leave: by path, by kind, by a key of their frontmatter, by a secret in their path.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::{Map, Value};

use crate::model::config::PrivacyConfig;
use crate::privacy::PrivacyError;

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
            // A folder stands for all that is in it. Whoever hides `Private/` hides `private/` too.
            let folder = text.trim_end_matches('/');
            for pattern in [folder.to_owned(), format!("{folder}/**")] {
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
    }

    /// By what the item says. `frontmatter` is a JSON object; what cannot be read hides the item where
    /// a key could be in it: nobody can tell.
    pub(crate) fn hides(&self, kind: Option<&str>, frontmatter: &str, is_readable: bool) -> bool {
        if kind.is_some_and(|kind| self.kinds.contains(&squeezed(kind))) {
            return true;
        }
        if self.keys.is_empty() && self.kinds.is_empty() {
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
        Value::Null | Value::Object(_) => false,
    }
}
