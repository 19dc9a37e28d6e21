//! Text of three versions into one, line by line, where no other rule knows better.
//! Gives lines; conflicts as small as they can be told.
//! Never: takes a line apart.

use std::ops::Range;

use crate::merge::diff3::{Kind, diff3, equal_runs};
use crate::merge::markers::Output;
use crate::merge::three::Three;

/// The lines of a text with their ends.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Merges and writes.
pub(crate) fn merge_lines(out: &mut Output<'_>, place: &str, texts: &Three<&str>) {
    let lines = texts.map(|text| lines(text));
    for chunk in diff3(&lines.map(Vec::as_slice)) {
        match chunk.kind {
            Kind::One => out.text.extend(lines.one[chunk.at.one].iter().copied()),
            Kind::Other => out.text.extend(lines.other[chunk.at.other].iter().copied()),
            Kind::Conflict => conflict(out, place, &lines, &chunk.at),
        }
    }
}

/// The merged text where there is no conflict.
pub(crate) fn clean_merge(texts: &Three<&str>) -> Option<String> {
    let lines = texts.map(|text| lines(text));
    let mut merged = String::new();
    for chunk in diff3(&lines.map(Vec::as_slice)) {
        match chunk.kind {
            Kind::One => merged.extend(lines.one[chunk.at.one].iter().copied()),
            Kind::Other => merged.extend(lines.other[chunk.at.other].iter().copied()),
            Kind::Conflict => return None,
        }
    }
    Some(merged)
}

/// Lines at both ends that the sides share are no part of the conflict; nor are those between,
/// where neither side has them from the base.
fn conflict(out: &mut Output<'_>, place: &str, lines: &Three<Vec<&str>>, at: &Three<Range<usize>>) {
    let one = &lines.one[at.one.clone()];
    let other = &lines.other[at.other.clone()];
    let base = lines.base[at.base.clone()].concat();
    let runs = if base.is_empty() {
        equal_runs(one, other)
    } else {
        ends(one, other)
    };
    let (mut x, mut y) = (0, 0);
    let end = [(one.len()..one.len(), other.len()..other.len())];
    for (in_one, in_other) in runs.into_iter().chain(end) {
        let (left, right) = (&one[x..in_one.start], &other[y..in_other.start]);
        if !(left.is_empty() && right.is_empty()) {
            let (left, right) = (left.concat(), right.concat());
            let texts = Three {
                base: base.as_str(),
                one: &left,
                other: &right,
            };
            out.conflict(place, &texts);
        }
        out.text.extend(one[in_one.clone()].iter().copied());
        (x, y) = (in_one.end, in_other.end);
    }
}

/// The runs that two texts share at their beginnings and ends.
fn ends(one: &[&str], other: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let first = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let rest = one[first..].iter().rev().zip(other[first..].iter().rev());
    let last = rest.take_while(|(a, b)| a == b).count();
    vec![
        (0..first, 0..first),
        (one.len() - last..one.len(), other.len() - last..other.len()),
    ]
}
