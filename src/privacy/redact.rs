//! Blots findings out of a text: each becomes `«redacted-NAME»`, everything else stays byte for byte.
//!
//! The text that stands in is a plain scalar in YAML, may stand in a TOML string, and is no markup in Markdown,
//! so that what could be parsed before can be parsed after. It is never a finding itself.
//! Never: keeps or tells what it has found.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::model::config::RedactionConfig;
use crate::privacy::detect::{BUILT_IN, Detector, always, built_in, ids, is_number};
use crate::privacy::{Forgotten, PrivacyError};

/// A pattern of the user's may be so large when it is compiled, in bytes.
const LARGEST: usize = 4 << 20;
const OPEN: &str = "«redacted-";
const CLOSE: &str = "»";

/// What the text that stands in for a person says.
const PERSON: &str = "person";

/// The detectors that are in use, and who is to be forgotten.
#[derive(Debug, Clone)]
pub(crate) struct Redactor {
    detectors: Vec<Detector>,
    forgotten: Forgotten,
}

/// What stands in for a finding.
#[derive(Debug, Clone, Copy)]
enum Stand<'a> {
    Blot(&'a str),
    Name(&'a str),
}

impl Redactor {
    /// # Errors
    /// Where a detector is not known, or a pattern is no regular expression.
    pub(crate) fn new(config: &RedactionConfig) -> Result<Self, PrivacyError> {
        let mut detectors = Vec::new();
        let names = match &config.detectors {
            Some(names) => names.iter().map(String::as_str).collect(),
            None => BUILT_IN.to_vec(),
        };
        for name in names {
            let known = built_in(name);
            if known.is_empty() {
                return Err(PrivacyError {
                    rule: format!("detector `{name}`"),
                    reason: format!(
                        "there is none of that name; there are {}",
                        BUILT_IN.join(", ")
                    ),
                });
            }
            detectors.extend(known);
        }
        for (name, pattern) in &config.patterns {
            detectors.push(Detector {
                name: name.clone(),
                pattern: own(name, pattern)?,
                test: always,
            });
        }
        Ok(Self {
            detectors,
            forgotten: Forgotten::default(),
        })
    }

    /// Of people alone: nothing else is found.
    pub(crate) fn of_people(forgotten: Forgotten) -> Self {
        Self {
            detectors: Vec::new(),
            forgotten,
        }
    }

    /// From now on these people are found, too.
    pub(crate) fn forgetting(self, forgotten: Forgotten) -> Self {
        Self { forgotten, ..self }
    }

    /// The text without what is found; `None` where nothing is.
    pub(crate) fn redact(&self, text: &str) -> Option<String> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (range, stand) in found {
            out.push_str(&text[at..range.start]);
            match stand {
                Stand::Name(name) => out.push_str(name),
                Stand::Blot(name) => out.extend([OPEN, name, CLOSE]),
            }
            at = range.end;
        }
        out.push_str(&text[at..]);
        Some(out)
    }

    /// Whether anything is found: for what cannot be blotted out, such as a path.
    pub(crate) fn finds(&self, text: &str) -> bool {
        !self.find(text).is_empty()
    }

    /// Where something is found, in order and without overlap.
    fn find(&self, text: &str) -> Vec<(Range<usize>, Stand<'_>)> {
        let mut found: Vec<(Range<usize>, Stand<'_>)> = Vec::new();
        for (range, pseudonym) in self.forgotten.find(text) {
            let stand = pseudonym.map_or(Stand::Blot(PERSON), Stand::Name);
            found.push((range, stand));
        }
        for detector in &self.detectors {
            for captures in detector.pattern.captures_iter(text) {
                let whole = captures.get(1).or_else(|| captures.get(0));
                let Some(finding) = whole.filter(|finding| !finding.is_empty()) else {
                    continue;
                };
                if (detector.test)(finding.as_str()) {
                    found.push((finding.range(), Stand::Blot(&detector.name)));
                }
            }
        }
        let blots: Vec<Range<usize>> = blots(text).collect();
        found.retain(|(range, _)| {
            let inside = |blot: &Range<usize>| blot.start < range.end && range.start < blot.end;
            let near = blots.partition_point(|blot| blot.end <= range.start);
            !blots.get(near).is_some_and(inside)
        });
        let is_digits = |stand: &Stand<'_>| matches!(stand, Stand::Blot(name) if is_number(name));
        if found.iter().any(|(_, stand)| is_digits(stand)) {
            let ids: Vec<Range<usize>> = ids(text).collect();
            found.retain(|(range, stand)| {
                let near = ids.partition_point(|id| id.end < range.end);
                !(is_digits(stand) && ids.get(near).is_some_and(|id| id.start <= range.start))
            });
        }
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<(Range<usize>, Stand<'_>)> = Vec::with_capacity(found.len());
        for (range, stand) in found {
            match apart.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push((range, stand)),
            }
        }
        apart
    }
}

/// Where something was blotted out before.
fn blots(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(OPEN).filter_map(|(start, _)| {
        let rest = &text[start + OPEN.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')?;
        rest[end..]
            .starts_with(CLOSE)
            .then(|| start..start + OPEN.len() + end + CLOSE.len())
    })
}

fn own(name: &str, pattern: &str) -> Result<Regex, PrivacyError> {
    let wrong = |reason: String| PrivacyError {
        rule: format!("pattern `{name}`"),
        reason,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(wrong(
            "its name takes letters, digits, `-` and `_`".to_owned(),
        ));
    }
    let regex = RegexBuilder::new(pattern).size_limit(LARGEST).build();
    regex.map_err(|error| wrong(error.to_string()))
}
