//! Near terms: what the index holds that a mistyped or unfinished word may have meant.
//! Gets a searcher and words. Gives the nearest terms of each, with the fields they stand in.
//! Never: looks at a term whose beginning is already too far off, beyond skipping it.

use std::collections::HashMap;

use tantivy::Searcher;

use crate::stores::search::fields::Fields;

/// So many near terms of a word are used.
const MAX_TERMS: usize = 40;
/// A new seek in the dictionary costs about so many steps.
const STEPS_BEFORE_SEEK: usize = 24;
/// Words of fewer characters have no typing errors, only ends.
const ONE_ERROR: usize = 4;
const TWO_ERRORS: usize = 8;
const LEAST_PREFIX: usize = 2;

/// A term of the index that is near to a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NearTerm {
    pub text: String,
    pub distance: Distance,
    /// In how many items and fields it stands.
    pub count: u64,
    /// Bit n for the n-th of `Fields::weighted`.
    pub fields: u8,
}

/// How far a term is from the word, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Distance {
    Same,
    /// The term begins with the word.
    Longer,
    One,
    Two,
}

impl NearTerm {
    /// What a hit of this term weighs against one of the word itself.
    pub(crate) fn closeness(&self) -> f32 {
        match self.distance {
            Distance::Same => 1.0,
            Distance::Longer => 0.5,
            Distance::One => 0.4,
            Distance::Two => 0.2,
        }
    }
}

/// The near terms of some words.
#[derive(Debug, Clone, Default)]
pub(crate) struct Near {
    words: HashMap<String, Vec<NearTerm>>,
}

impl Near {
    /// The near terms of a word, nearest first; none where the word was not looked up.
    pub(crate) fn terms(&self, word: &str) -> Option<&[NearTerm]> {
        self.words.get(word).map(Vec::as_slice)
    }

    /// Looks a word up. With `errors`, terms with a typing error count too.
    pub(crate) fn look_up(
        &mut self,
        searcher: &Searcher,
        fields: &Fields,
        word: &str,
        errors: bool,
    ) -> tantivy::Result<()> {
        let mut found = HashMap::new();
        let pattern = Pattern::new(word, errors);
        for (number, (field, _)) in fields.weighted().into_iter().enumerate() {
            for segment in searcher.segment_readers() {
                let index = segment.inverted_index(field)?;
                collect(&pattern, index.terms(), 1 << number, &mut found)?;
            }
        }
        let mut terms = found.into_values().collect::<Vec<_>>();
        terms.sort_unstable_by(|a: &NearTerm, b| {
            let order = a.distance.cmp(&b.distance);
            let order = order.then(b.count.cmp(&a.count));
            order.then_with(|| a.text.cmp(&b.text))
        });
        terms.truncate(MAX_TERMS);
        self.words.insert(word.to_owned(), terms);
        Ok(())
    }
}

/// True where the word stands in some field as it is.
pub(crate) fn exists(searcher: &Searcher, fields: &Fields, word: &str) -> tantivy::Result<bool> {
    for (field, _) in fields.weighted() {
        let term = tantivy::Term::from_field_text(field, word);
        if searcher.doc_freq(&term)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A word and how far a term may be from it.
struct Pattern {
    word: Vec<char>,
    errors: u8,
    prefix: bool,
}

impl Pattern {
    fn new(word: &str, errors: bool) -> Self {
        let word = word.chars().collect::<Vec<_>>();
        let number = word.iter().all(|c| c.is_numeric());
        let errors = match word.len() {
            _ if !errors || number => 0,
            len if len >= TWO_ERRORS => 2,
            len if len >= ONE_ERROR => 1,
            _ => 0,
        };
        Self {
            prefix: word.len() >= LEAST_PREFIX,
            word,
            errors,
        }
    }
}

/// The table of edit distances between the word and the current term, kept while the next terms
/// begin alike. Row n, of `width` numbers, tells how far the first n characters of the term are
/// from each beginning of the word.
struct Table {
    width: usize,
    term: Vec<char>,
    rows: Vec<u8>,
}

impl Table {
    fn new(pattern: &Pattern) -> Self {
        let first = (0..=pattern.word.len()).map(|n| u8::try_from(n).unwrap_or(u8::MAX));
        Self {
            width: pattern.word.len() + 1,
            term: Vec::new(),
            rows: first.collect(),
        }
    }

    /// Adds a character and its row, and gives the least number in it. Two characters that changed
    /// places are one error.
    fn push(&mut self, pattern: &Pattern, c: char) -> u8 {
        let above = self.rows.len() - self.width;
        let mut left = self.rows[above].saturating_add(1);
        let mut least = left;
        self.rows.push(left);
        for (n, &wanted) in pattern.word.iter().enumerate() {
            let change = self.rows[above + n].saturating_add(u8::from(wanted != c));
            let drop = self.rows[above + n + 1].saturating_add(1);
            let mut best = change.min(drop).min(left.saturating_add(1));
            if n > 0 && pattern.word[n - 1] == c && self.term.last() == Some(&wanted) {
                let before = self.rows[above - self.width + n - 1];
                best = best.min(before.saturating_add(1));
            }
            self.rows.push(best);
            least = least.min(best);
            left = best;
        }
        self.term.push(c);
        least
    }

    /// Keeps the rows of the characters that `term` begins with too; gives how many bytes those are.
    fn rewind(&mut self, term: &str) -> usize {
        let alike = self.term.iter().zip(term.chars());
        let alike = alike.take_while(|(a, b)| **a == *b);
        let (count, bytes) = alike.fold((0, 0), |(count, bytes), (c, _)| {
            (count + 1, bytes + c.len_utf8())
        });
        self.term.truncate(count);
        self.rows.truncate((count + 1) * self.width);
        bytes
    }

    /// How far the term is from the whole word.
    fn distance(&self) -> u8 {
        self.rows[self.rows.len() - 1]
    }
}

/// Walks the terms that may be near, in order, and seeks over the stretches that cannot.
fn collect(
    pattern: &Pattern,
    terms: &tantivy::termdict::TermDictionary,
    field: u8,
    found: &mut HashMap<String, NearTerm>,
) -> tantivy::Result<()> {
    let word = pattern.word.iter().collect::<String>();
    let mut table = Table::new(pattern);
    // What no near term begins with; empty where nothing is known.
    let mut dead: Vec<u8> = Vec::new();
    let mut seek = if pattern.errors == 0 {
        word.clone().into_bytes()
    } else {
        Vec::new()
    };
    'seek: loop {
        let mut stream = terms.range().ge(&seek).into_stream()?;
        dead.clear();
        let mut skipped = 0;
        while stream.advance() {
            if !dead.is_empty() && stream.key().starts_with(&dead) {
                skipped += 1;
                if skipped == STEPS_BEFORE_SEEK {
                    match after(&dead) {
                        Some(next) => seek = next,
                        None => return Ok(()),
                    }
                    continue 'seek;
                }
                continue;
            }
            dead.clear();
            skipped = 0;
            let Ok(term) = std::str::from_utf8(stream.key()) else {
                continue;
            };
            let longer = pattern.prefix && term.len() > word.len() && term.starts_with(&word);
            if pattern.errors == 0 && term != word && !longer {
                return Ok(()); // Terms are sorted: none that follows begins with the word.
            }
            let mut distance = longer.then_some(Distance::Longer);
            if !longer {
                let mut bytes = table.rewind(term);
                for c in term[bytes..].chars() {
                    bytes += c.len_utf8();
                    if table.push(pattern, c) > pattern.errors {
                        dead.extend_from_slice(&term.as_bytes()[..bytes]);
                        break;
                    }
                }
                if !dead.is_empty() {
                    continue;
                }
                distance = match table.distance() {
                    0 => Some(Distance::Same),
                    n if n > pattern.errors => None,
                    1 => Some(Distance::One),
                    _ => Some(Distance::Two),
                };
            }
            if let Some(distance) = distance {
                let count = u64::from(stream.value().doc_freq);
                let entry = found.entry(term.to_owned()).or_insert_with(|| NearTerm {
                    text: term.to_owned(),
                    distance,
                    count: 0,
                    fields: 0,
                });
                entry.count += count;
                entry.fields |= field;
            }
        }
        return Ok(());
    }
}

/// The least key above all that begin with `prefix`.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if last < u8::MAX {
            next.push(last + 1);
            return Some(next);
        }
    }
    None
}

#[cfg(test)]
mod tests;
