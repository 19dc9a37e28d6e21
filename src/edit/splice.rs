//! Pieces of a text that are replaced, and whole lines that come and go.
//! Never: touches a byte outside its pieces; adds or removes the newline at the end of a file.

use std::ops::Range;

/// Pieces of `text` with what takes their place.
#[derive(Debug, Clone)]
pub(crate) struct Splices<'t> {
    text: &'t str,
    pieces: Vec<(Range<usize>, String)>,
}

impl<'t> Splices<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            pieces: Vec::new(),
        }
    }

    /// Replaces these bytes.
    pub(crate) fn put(&mut self, range: Range<usize>, new: impl Into<String>) {
        self.pieces.push((range, new.into()));
    }

    /// Replaces whole lines; `new` is whole lines, too. A file that does not end with a newline
    /// goes on not to.
    pub(crate) fn lines(&mut self, range: Range<usize>, mut new: String) {
        let Range { mut start, end } = range;
        let unended = end == self.text.len() && !self.text.is_empty() && !self.text.ends_with('\n');
        if unended {
            let eol = if new.ends_with("\r\n") { "\r\n" } else { "\n" };
            if start == end && !new.is_empty() {
                new.insert_str(0, eol);
            } else if new.is_empty() && start > 0 {
                start -= ending(&self.text[..start]).len();
            }
            if let Some(cut) = new.strip_suffix(eol) {
                new.truncate(cut.len());
            }
        }
        self.pieces.push((start..end, new));
    }

    /// The text with all pieces replaced; none where they overlap or cut a character.
    pub(crate) fn apply(mut self) -> Option<String> {
        self.pieces
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut at = 0;
        for (range, new) in &self.pieces {
            out.push_str(self.text.get(at..range.start)?);
            out.push_str(new);
            at = range.end;
        }
        out.push_str(self.text.get(at..)?);
        Some(out)
    }
}

/// The start of the line that `at` is in.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |newline| newline + 1)
}

/// Behind the line ending of the line that `at` is in.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |newline| at + newline + 1)
}

/// The line ending that a text ends with.
fn ending(text: &str) -> &'static str {
    match text.as_bytes() {
        [.., b'\r', b'\n'] => "\r\n",
        [.., b'\n'] => "\n",
        _ => "",
    }
}

/// The line ending that is usual at `at`: that of the line before, or of the first line.
pub(crate) fn eol_at(text: &str, at: usize) -> &'static str {
    let before = &text[..line_start(text, at)];
    let line = if before.is_empty() {
        &text[..line_end(text, 0)]
    } else {
        before
    };
    match ending(line) {
        "" => "\n",
        found => found,
    }
}

/// The number of spaces before the first other character of the line that begins at `start`.
pub(crate) fn indent_at(text: &str, start: usize) -> usize {
    text.as_bytes()[start..]
        .iter()
        .take_while(|byte| **byte == b' ')
        .count()
}

/// True for the line at `start` where it is a comment indented deeper than `column`.
pub(crate) fn is_comment_below(text: &str, start: usize, column: usize) -> bool {
    let indent = indent_at(text, start);
    indent > column && text.as_bytes().get(start + indent) == Some(&b'#')
}
