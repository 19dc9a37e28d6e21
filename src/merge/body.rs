//! The body of an item: section by section, each by what it holds.
//! Gets the bodies of three versions with their sections. Writes the merged body.
//! Never: takes a section for another one because it stands at its place.
//! Read next: `log`, `checks`, then `lines`.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;

use crate::merge::checks::merge_checks;
use crate::merge::lines::{clean_merge, merge_lines};
use crate::merge::log;
use crate::merge::markers::Output;
use crate::merge::order::merge_order;
use crate::merge::three::Three;
use crate::merge::version::Version;
use crate::model::merging::{CommentRules, MergeRules};

/// A section by level, title and how often that came before; level 0 is what stands above the first.
type Key<'a> = (u8, &'a str, usize);

/// A heading with its lines and the text under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block<'a> {
    heading: &'a str,
    text: &'a str,
    /// An empty line stands above the heading.
    apart: bool,
}

/// What sections are merged by.
pub(crate) struct BodyRules<'r> {
    rules: &'r MergeRules,
    logs: Vec<String>,
    line: OnceCell<Option<Regex>>,
    head: OnceCell<Option<Regex>>,
}

impl<'r> BodyRules<'r> {
    pub(crate) fn new(rules: &'r MergeRules) -> Self {
        Self {
            rules,
            logs: rules.logs.iter().map(|title| fold(title)).collect(),
            line: OnceCell::new(),
            head: OnceCell::new(),
        }
    }

    /// The head of a log line.
    fn line(&self) -> Option<&Regex> {
        compiled(&self.line, self.rules.log_line.as_deref())
    }

    /// The head of a comment.
    fn head(&self) -> Option<&Regex> {
        let comments = self.rules.comments.as_ref()?;
        compiled(&self.head, comments.head.as_deref())
    }

    /// Where comments stand in a body.
    fn comments_in(&self, body: &str) -> Range<usize> {
        let range = self.rules.comments.as_ref().and_then(|comments| {
            let start = body.find(&comments.begin)?;
            body[start..]
                .find(&comments.end)
                .map(|length| start..start + length)
        });
        range.unwrap_or_default()
    }
}

/// A pattern when it is first asked for. One that is none is a mistake of the preset, which its
/// loader has reported.
fn compiled<'c>(cell: &'c OnceCell<Option<Regex>>, text: Option<&str>) -> Option<&'c Regex> {
    cell.get_or_init(|| Regex::new(text?).ok()).as_ref()
}

/// Merges the bodies.
pub(crate) fn merge_body(
    out: &mut Output<'_>,
    versions: &Three<Version<'_>>,
    rules: &BodyRules<'_>,
) {
    let bodies = versions.map(|version| version.body);
    if let Some(body) = bodies.decided() {
        out.text.push_str(body);
        return;
    }
    let start = (out.text.len(), out.conflicts.len());
    if by_section(out, versions, rules) == Cut::Clean {
        return;
    }
    // A section that one side took away or renamed and the other one changed: perhaps in other
    // lines.
    if let Some(text) = clean_merge(&bodies) {
        out.text.truncate(start.0);
        out.conflicts.truncate(start.1);
        out.text.push_str(&text);
    }
}

/// Whether a section was in the way of itself.
#[derive(PartialEq, Eq)]
enum Cut {
    Clean,
    Torn,
}

fn by_section(out: &mut Output<'_>, versions: &Three<Version<'_>>, rules: &BodyRules<'_>) -> Cut {
    let blocks = versions.map(|version| blocks(version, rules));
    let found: Three<HashMap<Key<'_>, Block<'_>>> =
        blocks.map(|blocks| blocks.iter().copied().collect());
    let of = |key: &Key<'_>| found.map(|blocks| blocks.get(key).copied());
    let stays = |key: &Key<'_>| !matches!(of(key).decided(), Some(None));
    let order = merge_order(
        &blocks.map(|blocks| blocks.iter().map(|(key, _)| *key).collect()),
        stays,
        |a, b| rank(a).cmp(&rank(b)),
    );
    let mut cut = Cut::Clean;
    for key in order {
        let blocks = of(&key);
        let apart = [blocks.one, blocks.other]
            .iter()
            .flatten()
            .all(|block| block.apart);
        if apart && !out.text.is_empty() && !out.text.ends_with("\n\n") {
            out.end_line();
            out.text.push('\n');
        }
        match blocks {
            Three {
                base,
                one: Some(one),
                other: Some(other),
            } => {
                let base = base.unwrap_or(Block {
                    heading: "",
                    text: "",
                    apart: false,
                });
                let headings = Three {
                    base: base.heading,
                    one: one.heading,
                    other: other.heading,
                };
                out.text
                    .push_str(headings.decided().unwrap_or(&one.heading));
                let texts = Three {
                    base: base.text,
                    one: one.text,
                    other: other.text,
                };
                section(out, key.1, &texts, rules);
            }
            Three {
                base: Some(base),
                one,
                other,
            } if one.or(other) != Some(base) => {
                cut = Cut::Torn;
                let whole = |block: Option<Block<'_>>| {
                    block.map_or_else(String::new, |b| [b.heading, b.text].concat())
                };
                let (base, one, other) = (whole(Some(base)), whole(one), whole(other));
                let texts = Three {
                    base: base.as_str(),
                    one: &one,
                    other: &other,
                };
                out.conflict(key.1, &texts);
            }
            Three { one, other, .. } => {
                if let Some(block) = one.or(other) {
                    out.text.push_str(block.heading);
                    out.text.push_str(block.text);
                }
            }
        }
    }
    cut
}

/// Of new sections at one place: what stands above the first heading, then by title, and whatever
/// is deeper stays below what it stands under.
fn rank<'k>(key: &Key<'k>) -> (Option<Reverse<u8>>, &'k str, usize) {
    let level = (key.0 > 0).then_some(Reverse(key.0));
    (level, key.1, key.2)
}

/// The text under one heading.
fn section(out: &mut Output<'_>, title: &str, texts: &Three<&str>, rules: &BodyRules<'_>) {
    if let Some(text) = texts.decided() {
        out.text.push_str(text);
        return;
    }
    // Empty lines around it are nobody's text: one more or less is no conflict.
    let parts = texts.map(|text| {
        let inner = text.trim_start_matches('\n');
        let (above, inner) = text.split_at(text.len() - inner.len());
        let end = (inner.trim_end_matches('\n').len() + 1).min(inner.len());
        let (inner, below) = inner.split_at(end);
        (above, inner, below)
    });
    let blank =
        |lines: Three<&str>| (*lines.decided().unwrap_or(&lines.one.max(lines.other))).to_owned();
    out.text.push_str(&blank(parts.map(|parts| parts.0)));
    let start = out.text.len();
    content(out, title, &parts.map(|parts| parts.1), rules);
    if out.text.len() > start {
        out.end_line();
        out.text.push_str(&blank(parts.map(|parts| parts.2)));
    }
}

fn content(out: &mut Output<'_>, title: &str, texts: &Three<&str>, rules: &BodyRules<'_>) {
    if let Some(text) = texts.decided() {
        out.text.push_str(text);
    } else if comments(out, title, texts, rules) || log_lines(out, title, texts, rules) {
    } else if let Some(text) = merge_checks(texts) {
        out.text.push_str(&text);
    } else {
        merge_lines(out, title, texts);
    }
}

/// A section that is a log, by its title or its lines.
fn log_lines(
    out: &mut Output<'_>,
    title: &str,
    texts: &Three<&str>,
    rules: &BodyRules<'_>,
) -> bool {
    let regex = rules.line();
    let by_line = |line: &str| regex.is_some_and(|regex| regex.is_match(line));
    let any_line = |text: &&str| text.lines().any(by_line);
    let by_regex = [texts.base, texts.one, texts.other].iter().any(any_line);
    if !by_regex && !rules.logs.contains(&fold(title)) {
        return false;
    }
    // Without lines of the convention, each line that is not indented is one.
    let is_head = |line: &str| {
        if by_regex {
            by_line(line)
        } else {
            !line.trim().is_empty() && !line.starts_with([' ', '\t'])
        }
    };
    let starts = texts.map(|text| {
        let mut at = 0;
        let mut starts = Vec::new();
        for line in text.split_inclusive('\n') {
            if is_head(line.trim_end_matches('\n')) {
                starts.push(at);
            }
            at += line.len();
        }
        starts
    });
    let at = |entry: &str| {
        let first = entry.lines().next()?;
        let named = regex.and_then(|regex| Some(regex.captures(first)?.name("at")?.as_str()));
        named.map_or_else(|| log::leading_date(first), |at| Some(at.replace('T', " ")))
    };
    entries(out, title, texts, &starts, at);
    true
}

/// A section with a block of comments between two lines.
fn comments(out: &mut Output<'_>, title: &str, texts: &Three<&str>, rules: &BodyRules<'_>) -> bool {
    let Some(CommentRules { begin, end, .. }) = &rules.rules.comments else {
        return false;
    };
    let parts = texts.map(|text| {
        let Some(inside) = text.find(begin.as_str()).map(|at| at + begin.len()) else {
            return (*text, "", "");
        };
        let inside = text[inside..]
            .find('\n')
            .map_or(text.len(), |at| inside + at + 1);
        let close = text[inside..]
            .find(end.as_str())
            .map_or(text.len(), |at| inside + at);
        (&text[..inside], &text[inside..close], &text[close..])
    });
    let inner = parts.map(|parts| parts.1);
    if inner.one.is_empty() || inner.other.is_empty() {
        return false;
    }
    let Some(head) = rules.head() else {
        return false;
    };
    merge_lines(out, title, &parts.map(|parts| parts.0));
    let starts = inner.map(|text| head.find_iter(text).map(|found| found.start()).collect());
    let at = |entry: &str| {
        let found = head.captures(entry)?.name("at")?.as_str().to_owned();
        Some(found)
    };
    entries(out, title, &inner, &starts, at);
    merge_lines(out, title, &parts.map(|parts| parts.2));
    true
}

/// What stands above the first entry line by line, then the union of the entries.
fn entries(
    out: &mut Output<'_>,
    title: &str,
    texts: &Three<&str>,
    starts: &Three<Vec<usize>>,
    at: impl Fn(&str) -> Option<String>,
) {
    let cut = |text: &'_ str, starts: &[usize]| starts.first().copied().unwrap_or(text.len());
    let cuts = Three {
        base: cut(texts.base, &starts.base),
        one: cut(texts.one, &starts.one),
        other: cut(texts.other, &starts.other),
    };
    let above = Three {
        base: &texts.base[..cuts.base],
        one: &texts.one[..cuts.one],
        other: &texts.other[..cuts.other],
    };
    merge_lines(out, title, &above);
    out.end_line();
    out.text.push_str(&log::union(texts, starts, at));
}

/// The sections of a version, in order.
fn blocks<'v>(version: &'v Version<'_>, rules: &BodyRules<'_>) -> Vec<(Key<'v>, Block<'v>)> {
    let body = version.body;
    // Where a carriage return ends a line for Markdown, a heading is no line of its own.
    let whole = body.contains('\r') || body.len() != version.document.body.len();
    let mut lines = vec![0];
    lines.extend(memchr::memchr_iter(b'\n', body.as_bytes()).map(|at| at + 1));
    let comments = rules.comments_in(body);
    let sections = version.document.sections.iter().filter_map(|section| {
        let line = (section.line - version.document.body_line) as usize;
        let start = *lines.get(line).filter(|_| !whole)?;
        // A rule under a comment's last line makes a heading of it, for Markdown.
        (!comments.contains(&start)).then_some((start, section))
    });
    let sections: Vec<_> = sections.collect();
    let ends = sections.iter().map(|(start, _)| *start).chain([body.len()]);
    let ends: Vec<usize> = ends.collect();
    let mut blocks = Vec::with_capacity(ends.len());
    if ends[0] > 0 {
        let block = Block {
            heading: "",
            text: &body[..ends[0]],
            apart: false,
        };
        blocks.push(((0, "", 0), block));
    }
    let mut times: HashMap<(u8, &str), usize> = HashMap::new();
    for ((start, section), end) in sections.into_iter().zip(ends.into_iter().skip(1)) {
        let time = times.entry((section.level, &section.title)).or_default();
        let text = section.range.start.clamp(start, end);
        let block = Block {
            heading: &body[start..text],
            text: &body[text..end],
            apart: body[..start].ends_with("\n\n"),
        };
        blocks.push(((section.level, section.title.as_str(), *time), block));
        *time += 1;
    }
    blocks
}

/// A title without case, blanks, `_` and `-`.
fn fold(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'));
    kept.flat_map(char::to_lowercase).collect()
}
