//! Two indexes, term by term: of each field and term, in which live items and where in them.
//!
//! Never: compares scores, segments or keys, which differ between two indexes of the same items.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use tantivy::postings::Postings;
use tantivy::schema::{FieldType, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, TantivyError};

use crate::stores::search::error::SearchError;
use crate::stores::search::index::Index;

/// A term that stands elsewhere in one index than in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TermDrift {
    pub field: String,
    pub path: String,
    /// The term with its positions; nothing where the item has it not.
    pub served: Option<String>,
    pub rebuilt: Option<String>,
}

/// An index folder, and the path of each key.
type Side<'a> = (&'a Path, &'a HashMap<i64, String>);

/// Where terms stand: by field and term a sum of hashes, or the places themselves.
type Sums = HashMap<(String, Vec<u8>), u128>;
type Places = BTreeMap<(String, Vec<u8>), BTreeSet<(String, Vec<u32>)>>;

/// Every place of a term that only one of the indexes has; at most `most` terms are told.
pub(crate) fn compare(
    served: Side<'_>,
    rebuilt: Side<'_>,
    most: usize,
) -> Result<Vec<TermDrift>, SearchError> {
    let mut sums = Sums::new();
    each(served, &mut |field, term, path, positions| {
        let sum = sums.entry((field.to_owned(), term.to_owned())).or_default();
        *sum = sum.wrapping_add(place(path, positions));
    })?;
    each(rebuilt, &mut |field, term, path, positions| {
        let sum = sums.entry((field.to_owned(), term.to_owned())).or_default();
        *sum = sum.wrapping_sub(place(path, positions));
    })?;
    sums.retain(|_, sum| *sum != 0);
    if sums.is_empty() {
        return Ok(Vec::new());
    }
    let mut wanted: Vec<(String, Vec<u8>)> = sums.into_keys().collect();
    wanted.sort_unstable();
    wanted.truncate(most);
    let wanted: BTreeSet<(String, Vec<u8>)> = wanted.into_iter().collect();
    let own = places(served, &wanted)?;
    let other = places(rebuilt, &wanted)?;
    let none = BTreeSet::new();
    let mut drift = Vec::new();
    for key in &wanted {
        let (own, other) = (
            own.get(key).unwrap_or(&none),
            other.get(key).unwrap_or(&none),
        );
        let term = String::from_utf8_lossy(&key.1);
        let told = |positions: &Vec<u32>| format!("{term} at {positions:?}");
        drift.extend(own.difference(other).map(|(path, positions)| TermDrift {
            field: key.0.clone(),
            path: path.clone(),
            served: Some(told(positions)),
            rebuilt: None,
        }));
        drift.extend(other.difference(own).map(|(path, positions)| TermDrift {
            field: key.0.clone(),
            path: path.clone(),
            served: None,
            rebuilt: Some(told(positions)),
        }));
    }
    Ok(drift)
}

fn places(side: Side<'_>, wanted: &BTreeSet<(String, Vec<u8>)>) -> Result<Places, SearchError> {
    let mut places = Places::new();
    each(side, &mut |field, term, path, positions| {
        let key = (field.to_owned(), term.to_owned());
        if wanted.contains(&key) {
            let here = (path.to_owned(), positions.to_vec());
            places.entry(key).or_default().insert(here);
        }
    })?;
    Ok(places)
}

fn place(path: &str, positions: &[u32]) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(path.as_bytes()).update(b"\0");
    for position in positions {
        hasher.update(&position.to_le_bytes());
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_le_bytes(short)
}

/// Field, term, path and positions.
type Take<'a> = &'a mut dyn FnMut(&str, &[u8], &str, &[u32]);

/// Calls `take` with every field, term, path and positions of live items.
fn each((dir, paths): Side<'_>, take: Take<'_>) -> Result<(), SearchError> {
    let index = Index::open(dir)?;
    each_inner(&index, paths, take).map_err(|error| SearchError::sort("read", dir, error))
}

fn each_inner(
    index: &Index,
    paths: &HashMap<i64, String>,
    take: Take<'_>,
) -> Result<(), TantivyError> {
    let searcher = index.searcher();
    let schema = searcher.schema();
    let mut positions = Vec::new();
    for segment in searcher.segment_readers() {
        let keys = segment.fast_fields().i64("key")?;
        let alive = segment.alive_bitset();
        for (field, entry) in schema.fields() {
            if !matches!(entry.field_type(), FieldType::Str(_)) {
                continue;
            }
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                let mut postings = inverted.read_postings_from_terminfo(
                    terms.value(),
                    IndexRecordOption::WithFreqsAndPositions,
                )?;
                while postings.doc() != TERMINATED {
                    let doc = postings.doc();
                    if alive.is_none_or(|alive| alive.is_alive(doc)) {
                        let key = keys.first(doc).unwrap_or_default();
                        let path = paths
                            .get(&key)
                            .map_or("an item that is gone", String::as_str);
                        postings.positions(&mut positions);
                        take(entry.name(), terms.key(), path, &positions);
                    }
                    postings.advance();
                }
            }
        }
    }
    Ok(())
}
