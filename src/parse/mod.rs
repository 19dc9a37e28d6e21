//! What one file says: bytes to text, text to a document, before any preset gives it a meaning.
//! Gets the bytes of one file from `engine`.
//! Gives `model::document::Document` and the frontmatter as JSON text to `presets` and `engine`.
//! Never: fails, panics, looks at other files, takes more than linear time, knows a preset.
//! Read next: `decode`, `frontmatter`, then `markdown`.

use crate::model::document::Document;
use crate::model::problem::{Problem, Severity};

mod budget;
mod conflict;
mod decode;
mod frontmatter;
mod json;
mod lines;
mod markdown;
mod position;
mod salvage;
mod scalar;
mod split;
mod target;
#[cfg(test)]
mod tests;
mod to_json;
mod toml;
mod unique;
mod yaml;
mod yaml_simple;
mod yaml_words;

pub(crate) use decode::{Decoded, decode};
pub(crate) use frontmatter::Front;
pub(crate) use scalar::plain;
pub(crate) use to_json::to_json;

/// What kind of file the text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// Markdown with or without a frontmatter block.
    Markdown,
    /// The whole file is one YAML mapping; the body is empty.
    Yaml,
}

/// The frontmatter alone, without a look at the body.
pub(crate) fn front(text: &str, source: Source) -> Front<'_> {
    frontmatter::read(text, source, &conflict::find(text))
}

impl Source {
    /// What a file of that name is.
    pub(crate) fn of(path: &str) -> Self {
        if path.ends_with(".yaml") || path.ends_with(".yml") {
            Self::Yaml
        } else {
            Self::Markdown
        }
    }
}

/// Parses one file. Any text gives a document; what could not be understood is in its problems,
/// which begin with those of `decoded` and are in the order of the file.
pub(crate) fn parse<'a>(decoded: &'a Decoded, source: Source) -> Document<'a> {
    let text = decoded.text.as_str();
    let mut conflicts = conflict::find(text);
    let front = frontmatter::read(text, source, &conflicts);
    let body = &text[front.body..];
    let parsed = markdown::read(body, front.body_line);

    // Documentation about Git shows markers inside code: those are no conflict.
    if !conflicts.is_empty() {
        conflicts.retain(|conflict| {
            conflict
                .start
                .checked_sub(front.body)
                .is_none_or(|at| !parsed.opaque.iter().any(|range| range.contains(&at)))
        });
    }
    let mut problems = decoded.problems.clone();
    problems.extend(front.problems);
    problems.extend(parsed.problems);
    if let Some(first) = conflicts.first() {
        let message = match conflicts.len() {
            1 => "unresolved Git conflict".to_owned(),
            many => format!("{many} unresolved Git conflicts, the first one here"),
        };
        problems.push(
            Problem::at("conflict-markers", Severity::Error, first.line, 1, message)
                .hint("choose between the two sides and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`"),
        );
    }
    if problems.len() > 1 {
        problems.sort_by_key(|problem| (problem.line, problem.col));
    }

    Document {
        text,
        format: front.format,
        frontmatter: front.entries,
        raw_frontmatter: front.raw,
        invalid: front.invalid,
        conflicted: !conflicts.is_empty(),
        body,
        body_line: front.body_line,
        sections: parsed.sections,
        checks: parsed.checks,
        links: parsed.links,
        opaque: parsed.opaque,
        problems,
    }
}
