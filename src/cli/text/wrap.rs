//! Breaking clean text into lines of a width.
//! Gets text and widths. Gives byte ranges of the text, one a line. Never: copies or styles it.

use std::ops::Range;

use crate::cli::text::{clusters, prefix, width};

/// The first `count` lines of `text`, broken at spaces (a longer word anywhere between clusters)
/// to at most `max` columns, and whether there is more. `max` below 1 counts as 1, and a cluster
/// wider than the line stands alone.
pub(crate) fn wrap(text: &str, max: usize, count: usize) -> (Vec<Range<usize>>, bool) {
    let max = max.max(1);
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut line: Option<Range<usize>> = None;
    for word in words(text) {
        if let Some(open) = &line {
            let both = open.start..word.end;
            if width(&text[both.clone()]) <= max {
                line = Some(both);
                continue;
            }
            lines.extend(line.take());
        }
        let mut rest = word;
        while lines.len() <= count && width(&text[rest.clone()]) > max {
            let piece = &text[rest.clone()];
            let len = match prefix(piece, max) {
                0 => clusters(piece).next().map_or(piece.len(), str::len),
                len => len,
            };
            lines.push(rest.start..rest.start + len);
            rest.start += len;
        }
        if lines.len() > count {
            break;
        }
        if !rest.is_empty() {
            line = Some(rest);
        }
    }
    lines.extend(line);
    let more = lines.len() > count;
    lines.truncate(count);
    (lines, more)
}

/// Byte ranges of what stands between spaces.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split(' ').filter_map(move |word| {
        let range = at..at + word.len();
        at = range.end + 1;
        (!word.is_empty()).then_some(range)
    })
}
