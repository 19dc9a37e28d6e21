//! A body line by line: what `markdown` finds, for bodies that it must not build a tree of.
//! One pass, no look further than the line. Sees headings with `#`, fences, comments, checklists,
//! wikilinks and inline links; does not see underlined headings and links by reference.

use std::borrow::Cow;

use crate::model::document::{BodyLink, Check, Origin, Section};
use crate::parse::markdown::{Body, push_section, trimmed};
use crate::parse::target;

/// A block that goes on over lines and from which nothing is taken.
#[derive(Debug, Clone, Copy)]
enum Block {
    Fence {
        mark: u8,
        length: usize,
        start: usize,
    },
    Comment {
        start: usize,
    },
}

/// Reads a body that begins on line `first_line` of the file.
pub(crate) fn read(body: &str, first_line: u32) -> Body<'_> {
    let mut read = Body::default();
    let mut block = None;
    let mut start = 0;
    let mut line = first_line;
    for written in body.split_inclusive('\n') {
        let end = start + written.len();
        block = match block {
            Some(open) if ends(open, written) => {
                let (Block::Fence { start, .. } | Block::Comment { start }) = open;
                read.opaque.push(start..end);
                None
            }
            Some(open) => Some(open),
            None => match begins(written, start) {
                Some(Block::Comment { start }) if written.contains("-->") => {
                    read.opaque.push(start..end);
                    None
                }
                Some(opened) => Some(opened),
                None => {
                    content(body, &mut read, start, written, line);
                    None
                }
            },
        };
        start = end;
        line = line.saturating_add(1);
    }
    if let Some(Block::Fence { start, .. } | Block::Comment { start }) = block {
        read.opaque.push(start..body.len());
    }
    read
}

fn begins(line: &str, start: usize) -> Option<Block> {
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() > 3 {
        return None;
    }
    if text.starts_with("<!--") {
        return Some(Block::Comment { start });
    }
    let mark = *text.as_bytes().first()?;
    let length = text.bytes().take_while(|byte| *byte == mark).count();
    let is_fence = length >= 3 && (mark == b'~' || (mark == b'`' && !text[length..].contains('`')));
    is_fence.then_some(Block::Fence {
        mark,
        length,
        start,
    })
}

fn ends(block: Block, line: &str) -> bool {
    match block {
        Block::Comment { .. } => line.contains("-->"),
        Block::Fence { mark, length, .. } => {
            let text = line.trim();
            text.len() >= length && text.bytes().all(|byte| byte == mark)
        }
    }
}

/// A line that is neither code nor comment.
fn content<'a>(body: &'a str, read: &mut Body<'a>, start: usize, written: &'a str, line: u32) {
    let end = start + written.len();
    if let Some((level, title)) = heading(written) {
        let section = Section {
            level,
            title: title.to_owned(),
            range: end..body.len(),
            line,
        };
        push_section(&mut read.sections, section, start);
    } else if let Some((done, offset)) = check(written) {
        read.checks.push(Check {
            done,
            range: trimmed(body, start + offset..end),
            line,
            section: read.sections.len().checked_sub(1),
        });
    }
    links(written, line, &mut read.links);
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let text = line.trim_start_matches(' ');
    let title = text.trim_start_matches('#');
    let level = u8::try_from(text.len() - title.len()).ok()?;
    let is_heading = (1..=6).contains(&level)
        && line.len() - text.len() < 4
        && (title.trim().is_empty() || title.starts_with([' ', '\t']));
    let title = title.trim();
    let closed = title.trim_end_matches('#');
    let title = if closed.is_empty() || closed.ends_with([' ', '\t']) {
        closed.trim_end()
    } else {
        title
    };
    is_heading.then_some((level, title))
}

/// Whether the box of a list item is ticked, and the offset behind it.
fn check(line: &str) -> Option<(bool, usize)> {
    let text = line.trim_start_matches([' ', '\t', '>']);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = match &text.as_bytes()[digits..] {
        [b'-' | b'*' | b'+', ..] if digits == 0 => &text[1..],
        [b'.' | b')', ..] if (1..10).contains(&digits) => &text[digits + 1..],
        _ => return None,
    };
    let item = rest.trim_start_matches([' ', '\t']);
    let done = match item.as_bytes() {
        [b'[', b' ', b']', b' ' | b'\t' | b'\r' | b'\n', ..] => false,
        [b'[', b'x' | b'X', b']', b' ' | b'\t' | b'\r' | b'\n', ..] => true,
        _ => return None,
    };
    (rest.len() > item.len()).then_some((done, line.len() - item.len() + 3))
}

/// The links of one line, in one pass.
fn links<'a>(line: &'a str, number: u32, found: &mut Vec<BodyLink<'a>>) {
    let bytes = line.as_bytes();
    let before = found.len();
    let mut at = 0;
    // The run of backticks that opened code; a run that no other closes is text, and then the
    // line is read once more without code.
    let mut code = None;
    let mut see_code = true;
    let mut wiki = None;
    let mut destination = None;
    let mut image = false;
    loop {
        let Some(step) = next_mark(&bytes[at..]) else {
            if code.take().is_some() {
                found.truncate(before);
                (at, see_code, wiki, destination) = (0, false, None, None);
                continue;
            }
            return;
        };
        at += step;
        let mark = bytes[at];
        let start = at;
        // Blanks end a destination one by one; other marks count as a run, read once.
        at += match mark {
            b' ' | b'\t' | b')' => 1,
            _ => bytes[at..].iter().take_while(|byte| **byte == mark).count(),
        };
        let run = at - start;
        match mark {
            b'`' if see_code => {
                code = match code {
                    None => Some(run),
                    Some(open) if open == run => None,
                    open => open,
                };
            }
            _ if code.is_some() => {}
            b'[' => {
                image = start > 0 && bytes[start - 1] == b'!';
                if run >= 2 {
                    (wiki, destination) = (Some(at), None);
                }
            }
            b']' if run >= 2 && wiki.is_some() => {
                let from = wiki.take().unwrap_or(start);
                if let Some(target) = target::wikilink(&line[from..start]) {
                    push(found, target, Origin::Wikilink, number);
                }
            }
            b']' if bytes.get(at) == Some(&b'(') => {
                at += 1;
                destination = Some((at, image));
            }
            b')' | b' ' | b'\t' => {
                if let Some((from, image)) = destination.take() {
                    let target = line[from..start].trim_matches(['<', '>']);
                    let names = if image {
                        target::is_local_markdown(target)
                    } else {
                        target::is_local(target)
                    };
                    if names {
                        push(found, target, Origin::Markdown, number);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The next byte that may matter for a link. Blanks matter only inside a destination, but are
/// cheap to pass.
fn next_mark(bytes: &[u8]) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| matches!(byte, b'[' | b']' | b')' | b'`' | b' ' | b'\t'))
}

fn push<'a>(found: &mut Vec<BodyLink<'a>>, target: &'a str, origin: Origin, line: u32) {
    found.push(BodyLink {
        target: Cow::Borrowed(target),
        origin,
        line,
    });
}
