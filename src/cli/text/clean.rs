//! What of an item's text may reach a terminal or a pipe.
//! Gets any text. Gives the same text without controls, escape sequences and characters that
//! change the writing direction. Never: loses a printable character outside an escape sequence.

use std::borrow::Cow;

/// One line of clean text: tabs, line ends and separators become single spaces each.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    clean(text, Shape::Line)
}

/// Clean text of several lines: `\n` and `\t` stay, `\r` goes.
pub(crate) fn block(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte) || byte == b'\n' || byte == b'\t';
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    clean(text, Shape::Block)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Line,
    Block,
}

fn clean(text: &str, shape: Shape) -> Cow<'_, str> {
    if !text.chars().any(|char| is_unwanted(char, shape)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut stop = Stop::default();
    let mut at = 0;
    while let Some(char) = text[at..].chars().next() {
        let behind = at + char.len_utf8();
        at = match char {
            '\u{1b}' => escape_end(text, behind, &mut stop),
            '\u{9b}' => sequence_end(text, behind),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => string_end(text, behind, &mut stop),
            '\r' if shape == Shape::Line && text[behind..].starts_with('\n') => behind,
            '\n' | '\t' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' if shape == Shape::Line => {
                out.push(' ');
                behind
            }
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push('\n');
                behind
            }
            _ if is_unwanted(char, shape) => behind,
            _ => {
                out.push(char);
                behind
            }
        };
    }
    Cow::Owned(out)
}

/// True for controls, direction marks, direction overrides and isolates, and line separators.
fn is_unwanted(char: char, shape: Shape) -> bool {
    match char {
        '\n' | '\t' => shape == Shape::Line,
        '\0'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' => true,
        _ => false,
    }
}

/// Where the search for the end of a control string stopped last: from any place before it, the
/// search would stop there as well. Keeps the whole linear.
#[derive(Default)]
struct Stop {
    at: usize,
    /// Byte behind the terminator; none where the line ends first.
    end: Option<usize>,
}

/// The place behind an escape sequence whose ESC ends at `at`.
fn escape_end(text: &str, at: usize, stop: &mut Stop) -> usize {
    let bytes = text.as_bytes();
    match bytes.get(at) {
        Some(b'[') => sequence_end(text, at + 1),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string_end(text, at + 1, stop),
        // Two or three bytes: intermediates, then a final one.
        Some(0x20..=0x2f) => {
            let end = run_end(bytes, at, |byte| (0x20..=0x2f).contains(&byte));
            match bytes.get(end) {
                Some(0x30..=0x7e) => end + 1,
                _ => at,
            }
        }
        Some(0x30..=0x7e) => at + 1,
        _ => at,
    }
}

/// The place behind a control sequence (`ESC [` or U+009B before `at`); an unfinished one loses
/// its parameters only.
fn sequence_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let end = run_end(bytes, at, |byte| (0x30..=0x3f).contains(&byte));
    let end = run_end(bytes, end, |byte| (0x20..=0x2f).contains(&byte));
    match bytes.get(end) {
        Some(0x40..=0x7e) => end + 1,
        _ => end,
    }
}

/// The place behind a control string. One that does not end in its line hides nothing: only its
/// introducer goes.
fn string_end(text: &str, at: usize, stop: &mut Stop) -> usize {
    if stop.at < at {
        let bytes = text.as_bytes();
        let mut place = at;
        stop.end = loop {
            match bytes.get(place) {
                None | Some(b'\n') => break None,
                Some(0x07) => break Some(place + 1),
                Some(0x1b) if bytes.get(place + 1) == Some(&b'\\') => break Some(place + 2),
                Some(0xc2) if bytes.get(place + 1) == Some(&0x9c) => break Some(place + 2),
                Some(_) => place += 1,
            }
        };
        stop.at = place.max(at);
    }
    stop.end.unwrap_or(at)
}

fn run_end(bytes: &[u8], mut at: usize, inside: impl Fn(u8) -> bool) -> usize {
    while bytes.get(at).is_some_and(|&byte| inside(byte)) {
        at += 1;
    }
    at
}
