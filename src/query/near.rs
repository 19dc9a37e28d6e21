//! Words near a mistyped one, for hints.

/// How many candidates are looked at, so that a typing mistake never costs noticeable time.
const LOOK: usize = 50_000;
/// How many near words a hint names.
const SHOW: usize = 3;
/// Longer words are not compared: the measure is quadratic in their length.
const LONG: usize = 100;

/// The candidates nearest to `word`, nearest first; empty where none is near.
pub(crate) fn near<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    if word.len() > LONG {
        return Vec::new();
    }
    let word = word.to_lowercase();
    let mut found: Vec<(f64, &str)> = candidates
        .into_iter()
        .take(LOOK)
        .filter(|candidate| candidate.len() <= LONG)
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let closeness = strsim::normalized_damerau_levenshtein(&word, &lower);
            let starts = word.len() >= 2 && lower.starts_with(&word);
            let closeness = if starts { closeness + 0.5 } else { closeness };
            (closeness >= 0.6).then_some((closeness, candidate))
        })
        .collect();
    found.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    found.dedup_by(|later, earlier| later.1 == earlier.1);
    found
        .into_iter()
        .take(SHOW)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// `near`, or all of them where none is near and they are few.
pub(crate) fn near_or_all(word: &str, candidates: &[&str]) -> Vec<String> {
    let found = near(word, candidates.iter().copied());
    if found.is_empty() && candidates.len() <= 8 {
        return candidates
            .iter()
            .map(|&candidate| candidate.to_owned())
            .collect();
    }
    found
}
