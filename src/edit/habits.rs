//! What is usual in a block: how lists are laid out, which quotes, how deep things are indented.
//! Never: overrules what stands at the very place of an edit.

use granit_parser::ScalarStyle;

use crate::edit::spell::{Quote, Style};
use crate::edit::splice::{eol_at, line_start};
use crate::edit::tree::{Kind, Node};

/// The style of a new value at the byte offset `at`.
pub(crate) fn style(text: &str, root: &Node, quote: Quote, at: usize) -> Style {
    let mut seen = Seen::default();
    root.walk(&mut |node| seen.look(text, node));
    Style {
        quote,
        quotes: if seen.double > seen.single {
            Quote::Double
        } else {
            Quote::Single
        },
        map_indent: seen.map_indent.unwrap_or(2),
        list_indent: seen.list_indent.unwrap_or(2),
        flow_lists: seen.block_lists <= seen.flow_lists,
        eol: eol_at(text, at),
    }
}

#[derive(Default)]
struct Seen {
    single: usize,
    double: usize,
    flow_lists: usize,
    block_lists: usize,
    map_indent: Option<usize>,
    list_indent: Option<usize>,
}

impl Seen {
    fn look(&mut self, text: &str, node: &Node) {
        match &node.kind {
            Kind::Scalar { style, .. } => match style {
                ScalarStyle::SingleQuoted => self.single += 1,
                ScalarStyle::DoubleQuoted => self.double += 1,
                ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => {}
            },
            Kind::Alias(_) => {}
            Kind::List { flow, items } => match flow {
                // `[]` says nothing: a block list can only be empty so.
                true if items.is_empty() => {}
                true => self.flow_lists += 1,
                false => self.block_lists += 1,
            },
            Kind::Map { flow: true, .. } => {}
            Kind::Map { pairs, .. } => {
                for pair in pairs {
                    let column = |at: usize| at - line_start(text, at);
                    let outer = column(pair.key.span.start);
                    match &pair.value.kind {
                        Kind::Map { flow: false, pairs } => {
                            if let Some(first) = pairs.first() {
                                let inner = column(first.key.span.start);
                                self.map_indent = self
                                    .map_indent
                                    .or(inner.checked_sub(outer).filter(|more| *more > 0));
                            }
                        }
                        Kind::List { flow: false, items } => {
                            if let Some(first) = items.first() {
                                let dash = first_dash(text, pair.key.span.end, first.span.start);
                                self.list_indent = self
                                    .list_indent
                                    .or(dash.and_then(|dash| column(dash).checked_sub(outer)));
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// The dash of the first item of a block list below a key: it begins a line.
pub(crate) fn first_dash(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut start = from;
    loop {
        start += memchr::memchr(b'\n', &text.as_bytes()[start..])? + 1;
        if start > to {
            return None;
        }
        let at = start + crate::edit::splice::indent_at(text, start);
        if text.as_bytes().get(at) == Some(&b'-') {
            return Some(at);
        }
    }
}
