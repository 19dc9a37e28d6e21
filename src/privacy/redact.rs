//! Blots findings out of a text: each becomes `«redacted-NAME»`, everything else stays byte for byte.
//!
//! The text that stands in is a plain scalar in YAML, may stand in a TOML string, and is no markup in Markdown,
//! so that what could be parsed before can be parsed after. It is never a finding itself. Text is looked through
//! as it is written and as it reads.
//! Never: keeps or tells what it has found.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use crate::model::config::RedactionConfig;
use crate::privacy::detect::{BUILT_IN, Detector, Way, always, built_in, ids, is_number};
use crate::privacy::view::View;
use crate::privacy::{Forgotten, PrivacyError};

/// A pattern of the user's may be so large when it is compiled, in bytes.
const LARGEST: usize = 4 << 20;
const OPEN: &str = "«redacted-";
const CLOSE: &str = "»";

/// So often what was blotted out is looked through again.
const AGAIN: usize = 3;

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

type Finding<'a> = (Range<usize>, Stand<'a>);

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
                way: Way::Pattern(own(name, pattern)?, always),
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
        let mut out = self.without(text)?;
        // What was part of a larger finding can be one of its own once the rest is gone.
        for _ in 0..AGAIN {
            match self.without(&out) {
                Some(less) => out = less,
                None => break,
            }
        }
        Some(out)
    }

    fn without(&self, text: &str) -> Option<String> {
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
    fn find(&self, text: &str) -> Vec<Finding<'_>> {
        let mut found = self.look(text);
        if let Some(view) = View::of(text) {
            for piece in view.pieces() {
                for (range, stand) in self.look(&view.text[piece.clone()]) {
                    let range = piece.start + range.start..piece.start + range.end;
                    found.push((view.written(&range), stand));
                }
            }
        }
        if found.is_empty() {
            return found;
        }
        let blots: Vec<Range<usize>> = self.blots(text).collect();
        found.retain_mut(|(range, _)| {
            let first = blots.partition_point(|blot| blot.end <= range.start);
            let behind = blots.partition_point(|blot| blot.start < range.end);
            // What reaches beyond a blot takes it in.
            if let Some(touched) = blots.get(first..behind).filter(|all| !all.is_empty()) {
                if touched[0].start <= range.start && range.end <= touched[0].end {
                    return false;
                }
                range.start = range.start.min(touched[0].start);
                range.end = range.end.max(touched[touched.len() - 1].end);
            }
            true
        });
        found.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut apart: Vec<Finding<'_>> = Vec::with_capacity(found.len());
        for (range, stand) in found {
            match apart.last_mut() {
                Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
                _ => apart.push((range, stand)),
            }
        }
        apart
    }

    /// Everything that is found in a text as it stands there.
    fn look(&self, text: &str) -> Vec<Finding<'_>> {
        let mut found: Vec<Finding<'_>> = Vec::new();
        for (range, pseudonym) in self.forgotten.find(text) {
            let stand = pseudonym.map_or(Stand::Blot(PERSON), Stand::Name);
            found.push((range, stand));
        }
        for detector in &self.detectors {
            let stand = Stand::Blot(&detector.name);
            detector.find(text, |range| found.push((range, stand)));
        }
        let is_digits = |stand: &Stand<'_>| matches!(stand, Stand::Blot(name) if is_number(name));
        if found.iter().any(|(_, stand)| is_digits(stand)) {
            let ids: Vec<Range<usize>> = ids(text).collect();
            found.retain(|(range, stand)| {
                let near = ids.partition_point(|id| id.end < range.end);
                !(is_digits(stand) && ids.get(near).is_some_and(|id| id.start <= range.start))
            });
        }
        found
    }

    /// Where something was blotted out before. Only what we say ourselves is a blot, or a secret could hide in one.
    fn blots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        text.match_indices(OPEN).filter_map(|(start, _)| {
            let rest = &text[start + OPEN.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')?;
            let name = &rest[..end];
            let is_ours = name == PERSON
                || BUILT_IN.contains(&name)
                || self.detectors.iter().any(|detector| detector.name == name);
            (is_ours && rest[end..].starts_with(CLOSE))
                .then(|| start..start + OPEN.len() + end + CLOSE.len())
        })
    }
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
