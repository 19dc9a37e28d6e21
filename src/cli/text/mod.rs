//! Text for terminals: what may be printed, how wide it is, where it may be cut.
//! Gets any text that an item can hold.
//! Gives clean text, widths in terminal columns, cut and wrapped pieces to `render` and `print`.
//! Never: styles, IO, a word of the glossary.
//! Read next: `clean`.

mod clean;
mod wrap;

#[cfg(test)]
pub(crate) mod tests;

use unicode_width::UnicodeWidthStr;

pub(crate) use clean::{block, line};
pub(crate) use wrap::wrap;

/// Width in terminal columns of text that is already clean.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    UnicodeWidthStr::width(text)
}

/// The longest beginning of `text` that is at most `max` columns wide and ends between clusters:
/// its byte length.
pub(crate) fn prefix(text: &str, max: usize) -> usize {
    if text.is_ascii() {
        return text.len().min(max);
    }
    let mut used = 0;
    let mut end = 0;
    // Ends of the clusters taken so far. A sum of widths may be less than the width of the whole
    // (letters that join, emoji that do not), so the last ones may have to go again.
    let mut ends = Vec::new();
    for cluster in clusters(text) {
        used += width(cluster);
        if used > max {
            break;
        }
        end += cluster.len();
        ends.push(end);
    }
    while let Some(&last) = ends.last() {
        if width(&text[..last]) <= max {
            return last;
        }
        ends.pop();
    }
    0
}

/// `text` cut to `max` columns, with `mark` at the end where something is missing.
pub(crate) fn truncate(text: &str, max: usize, mark: &str) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mark = &mark[..prefix(mark, max)];
    let kept = text[..prefix(text, max.saturating_sub(width(mark)))].trim_end();
    let whole = format!("{kept}{mark}");
    if width(&whole) <= max {
        return whole;
    }
    kept[..prefix(kept, max)].to_owned()
}

/// `text` cut at its beginning to `max` columns, with `mark` in front where something is missing.
pub(crate) fn truncate_start(text: &str, max: usize, mark: &str) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let room = max.saturating_sub(width(mark));
    let mut kept = 0;
    let mut start = text.len();
    let parts: Vec<&str> = clusters(text).collect();
    for cluster in parts.into_iter().rev() {
        kept += width(cluster);
        if kept > room {
            break;
        }
        start -= cluster.len();
    }
    truncate(&format!("{mark}{}", &text[start..]), max, "")
}

/// Pieces that a terminal shows as one: a character with everything that joins it.
pub(crate) fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = cluster_end(rest)?;
        let (cluster, behind) = rest.split_at(end);
        rest = behind;
        Some(cluster)
    })
}

/// Byte length of the first cluster.
fn cluster_end(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    let mut joined = false;
    let mut flag = is_regional(first);
    for (at, char) in chars {
        if joined {
            joined = char == ZERO_WIDTH_JOINER;
        } else if flag && is_regional(char) {
            flag = false;
        } else if joins(char) {
            joined = char == ZERO_WIDTH_JOINER;
        } else {
            return Some(at);
        }
    }
    Some(text.len())
}

const ZERO_WIDTH_JOINER: char = '\u{200d}';

fn is_regional(char: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&char)
}

/// True for what adds to the character before it: marks, selectors, skin tones.
fn joins(char: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&char)
        || unicode_width::UnicodeWidthChar::width(char) == Some(0)
}
