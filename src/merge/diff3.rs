//! Lines of three versions into one: what only one side changed is taken, the rest is a conflict.
//! Gets slices of lines. Gives chunks in order that cover all three.
//! Never: writes a marker.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::merge::three::Three;

/// What became of a stretch of the three versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The lines of `one` hold: all agree, only `one` changed them, or both alike.
    One,
    /// Only `other` changed them.
    Other,
    Conflict,
}

/// A stretch of the three versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub kind: Kind,
    pub at: Three<Range<usize>>,
}

/// Divides three versions into chunks.
pub(crate) fn diff3<'a, T: Eq + Hash>(versions: &Three<&'a [T]>) -> Vec<Chunk> {
    // Equal lines get equal numbers across the versions, and numbers compare quickly.
    let mut numbers: HashMap<&T, u32> = HashMap::new();
    let mut give = |lines: &'a [T]| -> Vec<u32> {
        let number = |line| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(line).or_insert(next)
        };
        lines.iter().map(number).collect()
    };
    let versions = Three {
        base: give(versions.base),
        one: give(versions.one),
        other: give(versions.other),
    };
    chunks(&versions)
}

fn chunks(versions: &Three<Vec<u32>>) -> Vec<Chunk> {
    let one = matches(&versions.base, &versions.one);
    let other = matches(&versions.base, &versions.other);
    let mut chunks = Vec::new();
    let (mut b, mut x, mut y) = (0, 0, 0);
    loop {
        let start = (b, x, y);
        while b < versions.base.len() && one[b] == Some(x) && other[b] == Some(y) {
            (b, x, y) = (b + 1, x + 1, y + 1);
        }
        push(&mut chunks, versions, start, (b, x, y));
        let start = (b, x, y);
        // To the next line that is in all three.
        let next = (b..versions.base.len()).find_map(|at| Some((at, one[at]?, other[at]?)));
        (b, x, y) = next.unwrap_or((
            versions.base.len(),
            versions.one.len(),
            versions.other.len(),
        ));
        push(&mut chunks, versions, start, (b, x, y));
        if next.is_none() {
            return chunks;
        }
    }
}

fn push(
    chunks: &mut Vec<Chunk>,
    versions: &Three<Vec<u32>>,
    from: (usize, usize, usize),
    to: (usize, usize, usize),
) {
    if from == to {
        return;
    }
    let at = Three {
        base: from.0..to.0,
        one: from.1..to.1,
        other: from.2..to.2,
    };
    let base = &versions.base[at.base.clone()];
    let one = &versions.one[at.one.clone()];
    let other = &versions.other[at.other.clone()];
    let kind = if one == other || base == other {
        Kind::One
    } else if base == one {
        Kind::Other
    } else {
        Kind::Conflict
    };
    chunks.push(Chunk { kind, at });
}

/// For each line of the old version the line of the new one that it became.
fn matches(old: &[u32], new: &[u32]) -> Vec<Option<usize>> {
    let mut matches = vec![None; old.len()];
    for (old, new) in equal_runs(old, new) {
        for (old, new) in old.zip(new) {
            matches[old] = Some(new);
        }
    }
    matches
}

/// The runs that two versions share, in order.
pub(crate) fn equal_runs<T: Eq + Hash + Ord>(
    old: &[T],
    new: &[T],
) -> Vec<(Range<usize>, Range<usize>)> {
    capture_diff_slices(Algorithm::Myers, old, new)
        .into_iter()
        .filter_map(|op| match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => Some((old_index..old_index + len, new_index..new_index + len)),
            _ => None,
        })
        .collect()
}
