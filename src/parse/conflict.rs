//! Git's conflict markers: where they are, and the text as the first side has it.
//! Never: resolves a conflict.

use crate::parse::position::count_newlines;

/// One conflict: byte offset and line of its `<<<<<<<`, and the offset behind its `>>>>>>>` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub start: usize,
    pub end: usize,
    pub line: u32,
}

/// A line that Git writes around the sides of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Ours,
    Base,
    Split,
    Theirs,
}

/// The conflicts of a text: `<<<<<<<`, `=======` and `>>>>>>>` at line starts, in that order.
pub(crate) fn find(text: &str) -> Vec<Conflict> {
    let mut found = Vec::new();
    // One fast look spares nearly every file the walk over its lines.
    let Some(first) = memchr::memmem::find(text.as_bytes(), b"<<<<<<<") else {
        return found;
    };
    let mut offset = memchr::memrchr(b'\n', &text.as_bytes()[..first]).map_or(0, |at| at + 1);
    let mut line = 1 + count_newlines(&text.as_bytes()[..offset]);
    let mut open: Option<(usize, u32, bool)> = None;
    for content in text[offset..].split_inclusive('\n') {
        match (marker(content), open) {
            (Some(Marker::Ours), _) => open = Some((offset, line, false)),
            (Some(Marker::Split), Some((start, at, _))) => open = Some((start, at, true)),
            (Some(Marker::Theirs), Some((start, at, true))) => {
                found.push(Conflict {
                    start,
                    end: offset + content.len(),
                    line: at,
                });
                open = None;
            }
            _ => {}
        }
        offset += content.len();
        line = line.saturating_add(1);
    }
    found
}

fn marker(line: &str) -> Option<Marker> {
    let marker = match line.as_bytes().get(..7)? {
        b"<<<<<<<" => Marker::Ours,
        b"|||||||" => Marker::Base,
        b"=======" => Marker::Split,
        b">>>>>>>" => Marker::Theirs,
        _ => return None,
    };
    match (marker, line.as_bytes().get(7)) {
        (_, None | Some(b'\n' | b'\r')) => Some(marker),
        (Marker::Ours | Marker::Base | Marker::Theirs, Some(b' ')) => Some(marker),
        _ => None,
    }
}

/// True where a line of `text` opens a conflict.
pub(crate) fn opens(line: &str) -> bool {
    marker(line) == Some(Marker::Ours)
}

/// The text with markers and all sides but the first made empty lines, so that lines keep their
/// numbers. `inside`: the text begins within a first side.
pub(crate) fn first_side(text: &str, mut inside: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut other = false;
    for line in text.split_inclusive('\n') {
        let mut keep = !other;
        match marker(line) {
            Some(Marker::Ours) => (inside, keep) = (true, false),
            Some(Marker::Base | Marker::Split) if inside => (other, keep) = (true, false),
            Some(Marker::Theirs) if inside => (inside, other, keep) = (false, false, false),
            _ => {}
        }
        if keep {
            kept.push_str(line);
        } else if line.ends_with('\n') {
            kept.push('\n');
        }
    }
    kept
}
