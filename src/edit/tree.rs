//! A YAML block as it is written: every key and value with its bytes, in the order of the file.
//! Gets the file's text and the place of a block that `parse` has read, so that depth is bounded.
//! Never: resolves an alias, expands anything, keeps a node without its place.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, Tag};

/// How a tag binds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tagged {
    No,
    /// `!!str` or `!`: text, however it is written.
    Text,
    Other,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Scalar { style: ScalarStyle, text: String },
    Alias(usize),
    List { flow: bool, items: Vec<Node> },
    Map { flow: bool, pairs: Vec<Pair> },
}

/// A node and its bytes in the file, without anchor and tag. Block lists and maps end with the last
/// thing in them; a literal or folded scalar begins with its header where that was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub kind: Kind,
    pub span: Range<usize>,
    pub anchor: usize,
    pub tagged: Tagged,
}

/// A key, its colon (none for `? key` and for a lone key in `{}`), and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub key: Node,
    pub colon: Option<usize>,
    pub value: Node,
}

impl Node {
    /// Nothing at all is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.span.is_empty()
            && matches!(&self.kind, Kind::Scalar { style, .. } if *style == ScalarStyle::Plain)
    }

    /// A list or map in lines of its own.
    pub(crate) fn is_block(&self) -> bool {
        matches!(
            self.kind,
            Kind::List { flow: false, .. } | Kind::Map { flow: false, .. }
        )
    }

    /// A `|` or `>` scalar.
    pub(crate) fn is_block_scalar(&self) -> bool {
        matches!(
            self.kind,
            Kind::Scalar {
                style: ScalarStyle::Literal | ScalarStyle::Folded,
                ..
            }
        )
    }

    /// The text of a key.
    pub(crate) fn key_text(&self) -> Option<&str> {
        match &self.kind {
            // The parser writes `~` for nothing.
            Kind::Scalar { .. } if self.is_empty() => Some(""),
            Kind::Scalar { text, .. } => Some(text),
            Kind::Alias(_) | Kind::List { .. } | Kind::Map { .. } => None,
        }
    }

    /// Calls `f` for this node and every one in it, in the order of the file.
    pub(crate) fn walk<'n>(&'n self, f: &mut impl FnMut(&'n Self)) {
        f(self);
        match &self.kind {
            Kind::Scalar { .. } | Kind::Alias(_) => {}
            Kind::List { items, .. } => items.iter().for_each(|item| item.walk(f)),
            Kind::Map { pairs, .. } => {
                for pair in pairs {
                    pair.key.walk(f);
                    pair.value.walk(f);
                }
            }
        }
    }
}

/// The map of a block, or none where the block cannot be read so. An empty block is an empty map.
pub(crate) fn read(text: &str, block: Range<usize>) -> Option<Node> {
    let options = granit_parser::options! { emit_anchor_events: true };
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(&text[block.clone()], options),
        text,
        base: block.start,
        ahead: None,
    };
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamStart | Event::DocumentStart(..) => {}
            Event::StreamEnd => return Some(empty_map(block.end)),
            Event::MappingStart(..) => return reader.node(event, span),
            // Comments only, behind a marker.
            Event::Scalar(_, ScalarStyle::Plain, 0, None) if span.is_empty() => {
                return Some(empty_map(block.end));
            }
            _ => return None,
        }
    }
}

fn empty_map(at: usize) -> Node {
    Node {
        kind: Kind::Map {
            flow: false,
            pairs: Vec::new(),
        },
        span: at..at,
        anchor: 0,
        tagged: Tagged::No,
    }
}

type Step<'a> = (Event<'a>, Range<usize>);

struct Reader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    text: &'a str,
    base: usize,
    ahead: Option<Step<'a>>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Step<'a>> {
        if let Some(step) = self.ahead.take() {
            return Some(step);
        }
        let (event, span) = self.parser.next()?.ok()?;
        Some((event, self.place(&span)?))
    }

    fn place(&self, span: &Span) -> Option<Range<usize>> {
        let range = span.byte_range()?;
        Some(self.base + range.start..self.base + range.end)
    }

    fn node(&mut self, event: Event<'a>, span: Range<usize>) -> Option<Node> {
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(_, anchor, tag)
            | Event::MappingStart(_, anchor, tag) => (*anchor, tagged(tag.as_deref())),
            _ => (0, Tagged::No),
        };
        let mut node = Node {
            kind: Kind::Alias(0),
            span,
            anchor,
            tagged: tag,
        };
        if anchor > 0 {
            match self.next()? {
                (Event::Anchor(..), _) => {}
                other => self.ahead = Some(other),
            }
        }
        match event {
            Event::Scalar(text, style, ..) => {
                node.kind = Kind::Scalar {
                    style,
                    // As `parse` reads it.
                    text: text.replace('\0', "\u{fffd}"),
                };
            }
            Event::Alias(id) => node.kind = Kind::Alias(id),
            Event::SequenceStart(style, ..) => {
                let flow = style == StructureStyle::Flow;
                let mut items = Vec::new();
                let end = loop {
                    let (event, span) = self.next()?;
                    if event == Event::SequenceEnd {
                        break span.end;
                    }
                    items.push(self.node(event, span)?);
                };
                let last = items.last().map(|item| content_end(self.text, item));
                node.span.end = if flow {
                    end
                } else {
                    last.unwrap_or(node.span.end).max(node.span.start)
                };
                node.kind = Kind::List { flow, items };
            }
            Event::MappingStart(style, ..) => {
                let flow = style == StructureStyle::Flow;
                let mut pairs = Vec::new();
                let end = loop {
                    let (event, span) = self.next()?;
                    if event == Event::MappingEnd {
                        break span.end;
                    }
                    pairs.push(self.pair(event, span)?);
                };
                let last = pairs.last().map(|pair| pair_end(self.text, pair));
                node.span.end = if flow {
                    end
                } else {
                    last.unwrap_or(node.span.end).max(node.span.start)
                };
                node.kind = Kind::Map { flow, pairs };
            }
            _ => return None,
        }
        Some(node)
    }

    fn pair(&mut self, event: Event<'a>, span: Range<usize>) -> Option<Pair> {
        let key = self.node(event, span)?;
        let (event, span) = self.next()?;
        let mut value = self.node(event, span)?;
        let bytes = self.text.as_bytes();
        let at = skip_blanks(bytes, key.span.end);
        let colon = (bytes.get(at) == Some(&b':')).then_some(at);
        if let Some(colon) = colon
            && value.is_block_scalar()
        {
            // The parser tells where the content begins; the header is what an edit replaces.
            let at = skip_blanks(bytes, colon + 1);
            if matches!(bytes.get(at), Some(b'|' | b'>')) {
                value.span.start = at;
            }
        }
        Some(Pair { key, colon, value })
    }
}

/// Behind the last byte of a pair that says something.
pub(crate) fn pair_end(text: &str, pair: &Pair) -> usize {
    let colon = pair.colon.map_or(pair.key.span.end, |colon| colon + 1);
    content_end(text, &pair.value).max(colon)
}

/// Behind the last byte of a node that says something: blank lines behind a literal do not.
pub(crate) fn content_end(text: &str, node: &Node) -> usize {
    if node.is_block_scalar() {
        node.span.start
            + text[node.span.clone()]
                .trim_end_matches([' ', '\t', '\r', '\n'])
                .len()
    } else {
        node.span.end
    }
}

/// The next offset that is neither a space nor a tab.
pub(crate) fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count()
}

fn tagged(tag: Option<&Tag>) -> Tagged {
    match tag {
        None => Tagged::No,
        Some(tag)
            if tag.core_suffix() == Some("str")
                || (tag.handle().is_empty() && tag.suffix() == "!") =>
        {
            Tagged::Text
        }
        Some(_) => Tagged::Other,
    }
}
