//! The body of a file: sections, checklists, links, and what is code or comment.
//! Gets the body and the line it begins on. Uses the Markdown crate's events and byte ranges.
//! Never: renders, looks into code, comments or URLs.
//! Read next: `lines`, which takes over where a body is too large or too deep.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use pulldown_cmark::{
    CowStr, Event, HeadingLevel, LinkType, Options, Parser, RefDefs, Tag, TagEnd,
};

use crate::model::document::{BodyLink, Check, Origin, Section};
use crate::model::problem::{Problem, Severity};
use crate::parse::lines;
use crate::parse::position::Line;
use crate::parse::split::line_end;
use crate::parse::target;

/// A body with more bytes is read line by line: the tree of the Markdown crate takes many times
/// the memory of its text.
const LARGE: usize = 1 << 20;

/// Quotes and lists inside each other on one line. The Markdown crate looks at all of them again
/// for every line below, which is quadratic on hostile text.
const NESTED: usize = 100;

/// What the body says.
#[derive(Debug, Default)]
pub(crate) struct Body<'a> {
    pub sections: Vec<Section>,
    pub checks: Vec<Check>,
    /// In the order of the file; one by reference with the line of its definition, where its target
    /// stands.
    pub links: Vec<BodyLink<'a>>,
    pub opaque: Vec<Range<usize>>,
    pub problems: Vec<Problem>,
}

/// Reads a body that begins on line `first_line` of the file.
pub(crate) fn read(body: &str, first_line: u32) -> Body<'_> {
    let reason = if body.len() > LARGE {
        "the body is larger than 1 MiB"
    } else if nests_deeply(body) {
        "the body has quotes or lists nested a hundred levels deep"
    } else {
        return parsed(body, first_line);
    };
    let mut read = lines::read(body, first_line);
    read.problems.push(
        Problem::at(
            "large-body",
            Severity::Info,
            first_line,
            1,
            format!(
                "{reason}: it is read line by line, so underlined headings and links by reference are not seen"
            ),
        )
        .hint("split the file"),
    );
    read
}

/// True where a line opens so many quotes and list items that parsing would not be linear. Two
/// columns of indentation count as one level: parents may stand on the lines above.
fn nests_deeply(body: &str) -> bool {
    let bytes = body.as_bytes();
    let mut start = 0;
    while start + NESTED <= bytes.len() {
        let mut at = start;
        let (mut columns, mut levels) = (0, 0);
        loop {
            let next_is_blank = matches!(bytes.get(at + 1), Some(b' ' | b'\t'));
            match bytes.get(at) {
                Some(b' ') => columns += 1,
                Some(b'\t') => columns += 4,
                Some(b'>') => levels += 1,
                Some(b'-' | b'+' | b'*' | b'.' | b')') if next_is_blank => levels += 1,
                Some(b'0'..=b'9') => {}
                _ => break,
            }
            at += 1;
        }
        if levels > 0 && levels + columns / 2 >= NESTED {
            return true;
        }
        match memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
            Some(end) => start = at + end + 1,
            None => return false,
        }
    }
    false
}

fn parsed(body: &str, first_line: u32) -> Body<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_GFM;
    let mut reader = Reader {
        body,
        line: Line::new(body, first_line),
        read: Body::default(),
        heading: None,
        containers: 0,
        definition: None,
    };
    let mut events = Parser::new_ext(body, options).into_offset_iter();
    let lines = definition_lines(events.reference_definitions(), body, first_line);
    while let Some((event, range)) = events.next() {
        if let Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) = &event
            && !lines.is_empty()
        {
            let definition = events.reference_definitions().get(id);
            reader.definition = definition.and_then(|it| lines.get(&it.span.start).copied());
        }
        reader.event(event, range);
    }
    if !lines.is_empty() {
        reader.read.links.sort_by_key(|link| link.line);
    }
    reader.read
}

/// The lines of the destinations of link definitions, by where these begin.
fn definition_lines(all: &RefDefs<'_>, body: &str, first_line: u32) -> HashMap<usize, u32> {
    let mut spans: Vec<Range<usize>> = all.iter().map(|(_, it)| it.span.clone()).collect();
    spans.sort_by_key(|span| span.start);
    let mut line = Line::new(body, first_line);
    let place = |span: Range<usize>| {
        let text = &body[span.clone()];
        // No bracket stands in a label but behind a backslash.
        let ends = memchr::memmem::find_iter(text.as_bytes(), "]:");
        let end = ends.into_iter().find(|at| !text[..*at].ends_with('\\'));
        let behind = &text[end.map_or(0, |end| end + 2)..];
        let gap = behind.len()
            - behind
                .trim_start_matches([' ', '\t', '\r', '\n', '>'])
                .len();
        (
            span.start,
            line.at(span.start + text.len() - behind.len() + gap),
        )
    };
    spans.into_iter().map(place).collect()
}

struct Reader<'a> {
    body: &'a str,
    line: Line<'a>,
    read: Body<'a>,
    /// The title so far of the heading that is open.
    heading: Option<String>,
    /// Quotes, lists and footnotes that are open: a heading in one of them heads no section.
    containers: usize,
    /// The line of the definition that the next link may refer to.
    definition: Option<u32>,
}

impl<'a> Reader<'a> {
    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) | Event::Code(text) => self.title(&text),
            Event::SoftBreak | Event::HardBreak => self.title(" "),
            Event::TaskListMarker(done) => self.check(done, &range),
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::Rule => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Heading { .. } if self.containers == 0 => self.heading = Some(String::new()),
            Tag::BlockQuote(_) | Tag::List(_) | Tag::FootnoteDefinition(_) => self.containers += 1,
            Tag::CodeBlock(_) => self.read.opaque.push(range),
            Tag::HtmlBlock if self.body[range.clone()].trim_start().starts_with("<!--") => {
                self.read.opaque.push(range);
            }
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => self.link(link_type, dest_url, false, range.start),
            Tag::Image {
                link_type,
                dest_url,
                ..
            } => self.link(link_type, dest_url, true, range.start),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Heading(level) => {
                if let Some(title) = self.heading.take() {
                    self.section(level, title, &range);
                }
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::FootnoteDefinition => {
                self.containers = self.containers.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn title(&mut self, text: &str) {
        if let Some(title) = &mut self.heading {
            title.push_str(text);
        }
    }

    fn section(&mut self, level: HeadingLevel, title: String, range: &Range<usize>) {
        let behind = if self.body[..range.end].ends_with('\n') {
            range.end
        } else {
            line_end(self.body, range.end)
        };
        let section = Section {
            level: level as u8,
            title: title.trim().to_owned(),
            range: behind..self.body.len(),
            line: self.line.at(range.start),
        };
        push_section(&mut self.read.sections, section, range.start);
    }

    fn check(&mut self, done: bool, range: &Range<usize>) {
        let bytes = &self.body.as_bytes()[range.end..];
        let end = memchr::memchr2(b'\n', b'\r', bytes).map_or(bytes.len(), |at| at);
        let check = Check {
            done,
            range: trimmed(self.body, range.end..range.end + end),
            line: self.line.at(range.start),
            section: self.read.sections.len().checked_sub(1),
        };
        self.read.checks.push(check);
    }

    fn link(&mut self, link_type: LinkType, destination: CowStr<'a>, image: bool, at: usize) {
        let (origin, target) = match link_type {
            LinkType::WikiLink { .. } => {
                let target = match destination {
                    CowStr::Borrowed(inner) => target::wikilink(inner).map(Cow::Borrowed),
                    other => target::wikilink(&other).map(|inner| Cow::Owned(inner.to_owned())),
                };
                (Origin::Wikilink, target)
            }
            LinkType::Autolink | LinkType::Email => return,
            _ => {
                let names = if image {
                    target::is_local_markdown(&destination)
                } else {
                    target::is_local(&destination)
                };
                (Origin::Markdown, names.then(|| owned(destination)))
            }
        };
        if let Some(target) = target {
            let by_reference = matches!(
                link_type,
                LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut
            );
            let definition = self.definition.filter(|_| by_reference);
            let line = definition.unwrap_or_else(|| self.line.at(at));
            self.read.links.push(BodyLink {
                target,
                origin,
                line,
            });
        }
    }
}

fn owned(text: CowStr<'_>) -> Cow<'_, str> {
    match text {
        CowStr::Borrowed(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.into_string()),
    }
}

/// Adds a section whose heading begins at `start`, which is where the one before it ends.
pub(crate) fn push_section(sections: &mut Vec<Section>, section: Section, start: usize) {
    if let Some(before) = sections.last_mut() {
        // Where a lone carriage return ends a line, the next heading is on the same line.
        before.range = before.range.start.min(start)..start;
    }
    sections.push(section);
}

/// The range without white space at its ends.
pub(crate) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = range.end - inner.trim_start().len();
    let end = start + inner.trim().len();
    start..end
}
