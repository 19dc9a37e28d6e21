//! What the body says between its lines: states, dates, log lines, comments and tags.
//! Never: takes anything out of a code block or an HTML comment.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use regex::Captures;

use crate::model::document::Document;
use crate::model::item::LogLine;
use crate::presets::dates;
use crate::presets::file::Capture;
use crate::presets::read::Context;
use crate::presets::read::frontmatter::Gathered;
use crate::presets::read::values::{Found, Position};
use crate::presets::rules::alike;

/// The first match of a rule outside code and comments, as a range of the body.
pub(crate) fn match_in(text: &Document<'_>, rule: &Capture) -> Option<Range<usize>> {
    let groups = rule
        .regex()
        .captures_iter(text.body)
        .find(|groups| !is_opaque(text, start(groups)))?;
    let group = groups.iter().skip(1).flatten().next()?;
    Some(within(group.range(), group.as_str().trim(), group.as_str()))
}

/// The first line of text in the section of that title, without marks around it, as a range of the
/// body.
pub(crate) fn first_line_in(text: &Document<'_>, title: &str) -> Option<Range<usize>> {
    let section = text.sections.iter().find(|s| alike(&s.title, title))?;
    let mut at = section.range.start;
    for line in text.body.get(section.range.clone())?.split_inclusive('\n') {
        let here = at;
        at += line.len();
        let word = line
            .trim()
            .trim_start_matches(['*', '-', '_', '>', ' '])
            .trim_end_matches(['*', '_', ' ']);
        if !word.is_empty() && !is_opaque(text, here) {
            return Some(within(here..at, word, line));
        }
    }
    None
}

/// The range of a part of what stands in `range`.
fn within(range: Range<usize>, part: &str, whole: &str) -> Range<usize> {
    let start = range.start + whole.find(part).unwrap_or_default();
    start..start + part.len()
}

/// Whether a byte of the body stands in a code block or comment.
pub(crate) fn is_opaque(text: &Document<'_>, at: usize) -> bool {
    let ranges = &text.opaque;
    let after = ranges.partition_point(|range| range.start <= at);
    after > 0 && ranges[after - 1].end > at
}

impl<'r> Context<'r, '_> {
    /// The first match of a rule in the body.
    pub(crate) fn in_body(&self, rule: Option<&Capture>) -> Option<Found<'r>> {
        let found = self.found(match_in(self.text, rule?)?);
        (!self.rules.is_none(&found.text)).then_some(found)
    }

    /// The first line of text in the section of that title.
    pub(crate) fn in_section(&self, title: Option<&str>) -> Option<Found<'r>> {
        Some(self.found(first_line_in(self.text, title?)?))
    }

    fn found(&self, range: Range<usize>) -> Found<'r> {
        let place = Some(self.position(range.start));
        Found {
            text: Cow::Borrowed(&self.text.body[range]),
            place,
        }
    }

    /// Line and column of a byte of the body.
    fn position(&self, at: usize) -> Position {
        let before = &self.text.body.as_bytes()[..at];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let col = self.text.body.get(line_start..at).unwrap_or_default();
        Position {
            line: self.text.body_line + count(memchr::memchr_iter(b'\n', before).count()),
            col: count(col.chars().count() + 1),
            companion: self.paired,
        }
    }

    /// Log lines and comments, in the order of the body.
    pub(crate) fn entries(&self) -> Vec<LogLine> {
        let log = &self.rules.file.log;
        let mut entries = Vec::new();
        if let Some(rule) = &log.line {
            self.log_lines(rule, &mut entries);
        }
        if let Some(rule) = &log.block {
            self.comments(rule, &mut entries);
        }
        // The lines were found in order: one pass counts them all.
        let (mut at, mut line) = (0, self.text.body_line);
        for (head, entry) in &mut entries {
            line +=
                count(memchr::memchr_iter(b'\n', &self.text.body.as_bytes()[at..*head]).count());
            at = *head;
            entry.line = line;
        }
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Lines that match, each with the place of its head.
    fn log_lines(&self, rule: &Capture, entries: &mut Vec<(usize, LogLine)>) {
        let log = &self.rules.file.log;
        let body = self.text.body;
        let part = match &log.section {
            Some(title) => match self.section_with_subsections(title) {
                Some(range) => range,
                None => return,
            },
            None => 0..body.len(),
        };
        let mut take = |start: usize, line: &str| {
            if let Some(groups) = rule.regex().captures(line)
                && !is_opaque(self.text, start)
            {
                let text = trimmed(line, groups.get_match().end()..line.len(), &[]);
                let range = start + text.start..start + text.end;
                entries.push((start, self.entry(&groups, range)));
            }
        };
        match &log.needle {
            Some(needle) => {
                let mut next = part.start;
                for hit in memmem::find_iter(&body.as_bytes()[part.clone()], needle) {
                    let hit = part.start + hit;
                    if hit < next {
                        continue;
                    }
                    let head = &body.as_bytes()[next..hit];
                    let start = next + memchr::memrchr(b'\n', head).map_or(0, |at| at + 1);
                    let rest = &body.as_bytes()[hit..part.end];
                    let end = hit + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                    take(start, &body[start..end]);
                    next = end;
                }
            }
            None => {
                let mut start = part.start;
                for line in body[part].split_inclusive('\n') {
                    take(start, line.trim_end_matches('\n'));
                    start += line.len();
                }
            }
        }
    }

    /// Heads between the two markers, each with its text up to the next head.
    fn comments(&self, rule: &Capture, entries: &mut Vec<(usize, LogLine)>) {
        let log = &self.rules.file.log;
        let body = self.text.body;
        let begin = match &log.begin {
            Some(marker) => match memmem::find(body.as_bytes(), marker.as_bytes()) {
                Some(at) => at + marker.len(),
                None => return,
            },
            None => 0,
        };
        let end = log
            .end
            .as_ref()
            .and_then(|marker| memmem::find(&body.as_bytes()[begin..], marker.as_bytes()))
            .map_or(body.len(), |at| begin + at);
        let part = &body[begin..end];
        let mut heads = rule.regex().captures_iter(part).peekable();
        while let Some(groups) = heads.next() {
            let whole = groups.get_match().range();
            let stop = heads.peek().map_or(part.len(), start);
            let text = trimmed(part, whole.end..stop, &log.trim);
            let range = begin + text.start..begin + text.end;
            entries.push((begin + whole.start, self.entry(&groups, range)));
        }
    }

    fn entry(&self, groups: &Captures<'_>, range: Range<usize>) -> LogLine {
        let dates = &self.rules.file.dates;
        let word = |name: &str| {
            let text = groups.name(name)?.as_str().trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        LogLine {
            at: word("at").map(|at| dates::normalize(&at, &dates.formats, dates.utc).unwrap_or(at)),
            author: word("author"),
            model: word("model"),
            range,
            line: 0,
        }
    }

    /// A section of that title with all below it.
    fn section_with_subsections(&self, title: &str) -> Option<Range<usize>> {
        let sections = &self.text.sections;
        let first = sections.iter().position(|s| alike(&s.title, title))?;
        let level = sections[first].level;
        let last = sections[first + 1..]
            .iter()
            .take_while(|section| section.level > level)
            .last()
            .unwrap_or(&sections[first]);
        Some(sections[first].range.start..last.range.end)
    }

    /// `#tags` in the text, where the preset counts them.
    pub(crate) fn inline_tags(&self, found: &mut Gathered<'_>) {
        if !self.rules.file.tags.inline {
            return;
        }
        let body = self.text.body;
        let bytes = body.as_bytes();
        // Inline code runs between backticks of one line: an odd count before means inside.
        let (mut counted, mut ticks) = (0, 0_usize);
        for at in memchr::memchr_iter(b'#', bytes) {
            match memchr::memrchr(b'\n', &bytes[counted..at]) {
                Some(newline) => {
                    let line_start = counted + newline + 1;
                    ticks = memchr::memchr_iter(b'`', &bytes[line_start..at]).count();
                }
                None => ticks += memchr::memchr_iter(b'`', &bytes[counted..at]).count(),
            }
            counted = at;
            let free = at == 0 || bytes[at - 1].is_ascii_whitespace();
            if !free || ticks % 2 == 1 || is_opaque(self.text, at) {
                continue;
            }
            let rest = &body[at + 1..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '/'))
                .unwrap_or(rest.len());
            let tag = rest[..end].trim_end_matches('/');
            if tag.chars().any(|c| !c.is_ascii_digit()) {
                found.tag(tag);
            }
        }
    }
}

fn start(groups: &Captures<'_>) -> usize {
    groups.get_match().start()
}

/// The range without blank lines, and the lines of `trim`, at both ends.
fn trimmed(text: &str, range: Range<usize>, trim: &[String]) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    loop {
        let inner = &text[start..end];
        let left = inner.len() - inner.trim_start().len();
        let inner = inner.trim();
        start += left;
        end = start + inner.len();
        let begins = |word: &&String| {
            let rest = inner.strip_prefix(word.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['\r', '\n']))
        };
        let ends = |word: &&String| {
            let rest = inner.strip_suffix(word.as_str());
            rest.is_some_and(|rest| rest.ends_with('\n'))
        };
        if let Some(word) = trim.iter().find(begins) {
            start += word.len();
        } else if let Some(word) = trim.iter().find(ends) {
            end -= word.len();
        } else {
            return start..end;
        }
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
