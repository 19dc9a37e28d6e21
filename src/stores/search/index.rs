//! The index of one generation, open for questions.
//! Gets a folder and texts. Gives keys of items, best first, and what marks their hits.
//! Never: writes, locks, follows a newer commit; one `Index` shows one state for ever.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};

use tantivy::Directory;
use tantivy::query::EnableScoring;
use tantivy::{DocId, ReloadPolicy, Searcher, TantivyError, Term};

use crate::stores::search::ask::Ask;
use crate::stores::search::error::SearchError;
use crate::stores::search::fields::{self, Fields};
use crate::stores::search::folder::Folder;
use crate::stores::search::marker::Marker;
use crate::stores::search::near::{Distance, Near, exists};
use crate::stores::search::plan::{self, Boxed};
use crate::stores::search::update::parts;

/// So many near words are named in a hint.
const NAMED_NEAR: usize = 3;

/// An index to search in.
pub(crate) struct Index {
    dir: PathBuf,
    fields: Fields,
    searcher: Searcher,
}

/// How the hits were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// They hold what was asked for.
    Exact,
    /// Nothing did; they hold something near.
    Fuzzy,
}

impl Pass {
    /// The word that answers show.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Fuzzy => "fuzzy",
        }
    }
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Key and score; the best score first, equal scores by key.
    pub hits: Vec<(i64, f32)>,
    /// How many items match and are kept, shown or not.
    pub total: u64,
    pub pass: Pass,
    /// Marks the hits in titles and bodies.
    pub marker: Marker,
    /// For people, about how the question was understood.
    pub hints: Vec<String>,
}

/// True for the keys that may be found.
pub(crate) type Keep<'a> = Option<&'a (dyn Fn(i64) -> bool + Sync)>;

impl Index {
    /// Opens the index in `dir` as it is now.
    ///
    /// # Errors
    /// `SearchError::rebuildable` tells a missing, damaged or foreign index from a system that
    /// refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, SearchError> {
        let sort = |error| SearchError::sort("open", dir, error);
        let folder = Folder::open(dir).map_err(sort)?;
        let mut index = tantivy::Index::open(folder).map_err(sort)?;
        let (schema, fields) = fields::schema();
        if index.schema() != schema {
            return Err(SearchError::Unusable {
                dir: dir.to_owned(),
                reason: "it was made by another version".to_owned(),
            });
        }
        index.set_tokenizers(fields::tokenizers());
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(0)
            .try_into()
            .map_err(sort)?;
        Ok(Self {
            dir: dir.to_owned(),
            fields,
            searcher: reader.searcher(),
        })
    }

    /// Reads all files of the index and compares their checksums; false where one is damaged. The files are
    /// those of the segments: tantivy's own check leaves out what its list of files, which may be
    /// older, does not name.
    pub(crate) fn is_whole(dir: &Path) -> bool {
        let whole = || -> Result<bool, TantivyError> {
            let index = tantivy::Index::open(Folder::open(dir)?)?;
            for segment in index.searchable_segment_metas()? {
                for path in parts(&segment) {
                    let folder = index.directory();
                    // What is missing is seen by the first who opens the index.
                    if folder.exists(&path)? && !folder.validate_checksum(&path)? {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        whole().unwrap_or_default()
    }

    pub(super) fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// How many items it holds.
    pub(crate) fn len(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// Searches for a text. Only items that `keep` accepts are found, counted and limited.
    /// Whatever the text is, it is no error.
    pub(crate) fn search(
        &self,
        text: &str,
        keep: Keep<'_>,
        limit: usize,
        offset: usize,
    ) -> Result<Found, SearchError> {
        self.search_inner(text, keep, limit, offset)
            .map_err(|error| SearchError::sort("read", &self.dir, error))
    }

    fn search_inner(
        &self,
        text: &str,
        keep: Keep<'_>,
        limit: usize,
        offset: usize,
    ) -> Result<Found, TantivyError> {
        let ask = Ask::parse(text);
        let mut found = Found {
            hits: Vec::new(),
            total: 0,
            pass: Pass::Exact,
            marker: Marker::exact(&ask),
            hints: ask.hints.clone(),
        };
        if ask.must.is_empty() && !ask.not.is_empty() {
            let hint = "only excluded words were given; add a word to look for";
            found.hints.push(hint.to_owned());
            return Ok(found);
        }
        let run = |query: Boxed| self.collect(query, keep, limit, offset);
        let name = plan::names(&self.fields, ask.name(text));
        let name = self.any_exists(&name)?.then_some(name);
        (found.hits, found.total) = run(plan::exact(&self.fields, &ask, name.as_ref()))?;
        if found.total > 0 {
            return Ok(found);
        }
        if ask.must.is_empty() {
            let hint = "the text holds no letter, digit or sign to look for";
            found.hints.push(hint.to_owned());
            return Ok(found);
        }
        if let Some(longer) = Ask::unfinished(text) {
            (found.hits, found.total) = run(plan::exact(&self.fields, &longer, None))?;
            if found.total > 0 {
                found.pass = Pass::Fuzzy;
                found.marker = Marker::exact(&longer);
                let hint = "the last word is taken as the beginning of one";
                found.hints.push(hint.to_owned());
                return Ok(found);
            }
        }
        let all = ask.must.len();
        for (mistyped, half) in self.tries(&ask)? {
            let near = self.near(&ask, &mistyped)?;
            let wanted = [Some(all), half.then_some(all.div_ceil(2))];
            for least in wanted.into_iter().flatten() {
                (found.hits, found.total) = run(plan::near(&self.fields, &ask, &near, least))?;
                if found.total == 0 {
                    continue;
                }
                found.pass = Pass::Fuzzy;
                found.marker = Marker::near(&ask, &near);
                found.hints.extend(near_hints(&mistyped, &near));
                if least < all {
                    let hint = "no item holds all of the words; these hold some of them";
                    found.hints.push(hint.to_owned());
                }
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// The tries of the second pass, narrow to wide: the words that may be mistyped, and whether
    /// half of the clauses are enough at last.
    fn tries(&self, ask: &Ask) -> Result<Vec<(Vec<String>, bool)>, TantivyError> {
        let words = words(ask);
        let mut missing = Vec::new();
        for word in &words {
            if !exists(&self.searcher, &self.fields, word)? {
                missing.push(word.clone());
            }
        }
        let narrow = !missing.is_empty() && missing != words;
        let mut tries = Vec::new();
        if narrow {
            tries.push((missing, false));
        }
        tries.push((words, ask.must.len() > 1));
        Ok(tries)
    }

    #[cfg(test)]
    pub(crate) fn look_up(&self, near: &mut Near, word: &str) -> Result<(), TantivyError> {
        near.look_up(&self.searcher, &self.fields, word, true)
    }

    fn any_exists(&self, terms: &[Term]) -> Result<bool, TantivyError> {
        for term in terms {
            if self.searcher.doc_freq(term)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The near terms of all words of the question; typing errors only in the `mistyped`.
    fn near(&self, ask: &Ask, mistyped: &[String]) -> Result<Near, TantivyError> {
        let mut near = Near::default();
        for word in words(ask) {
            let errors = mistyped.contains(&word);
            near.look_up(&self.searcher, &self.fields, &word, errors)?;
        }
        Ok(near)
    }

    /// Runs a query: the wanted stretch of the hits, and how many there are.
    fn collect(
        &self,
        query: Boxed,
        keep: Keep<'_>,
        limit: usize,
        offset: usize,
    ) -> Result<(Vec<(i64, f32)>, u64), TantivyError> {
        let weight = query.weight(EnableScoring::enabled_from_searcher(&self.searcher))?;
        let wanted = limit.saturating_add(offset);
        let mut best: BinaryHeap<Hit> = BinaryHeap::new();
        let mut total = 0;
        for segment in self.searcher.segment_readers() {
            let keys = segment.fast_fields().i64("key")?;
            let alive = segment.alive_bitset();
            weight.for_each(segment, &mut |doc: DocId, score| {
                if alive.is_some_and(|alive| !alive.is_alive(doc)) {
                    return;
                }
                let Some(key) = keys.first(doc) else {
                    return;
                };
                if keep.is_some_and(|keep| !keep(key)) {
                    return;
                }
                total += 1;
                let hit = Hit {
                    score: rounded(score),
                    key,
                };
                if best.len() < wanted {
                    best.push(hit);
                } else if let Some(mut worst) = best.peek_mut()
                    && hit < *worst
                {
                    *worst = hit;
                }
            })?;
        }
        let hits = best.into_sorted_vec().into_iter().skip(offset);
        Ok((hits.map(|hit| (hit.key, hit.score)).collect(), total))
    }
}

/// The distinct words of the wanted pieces that may be mistyped.
fn words(ask: &Ask) -> Vec<String> {
    let mut words = Vec::new();
    for atom in ask.wanted().flat_map(|piece| &piece.forms[0]) {
        if atom.word && !atom.prefix && !words.contains(&atom.text) {
            words.push(atom.text.clone());
        }
    }
    words
}

/// Which near words stood in for the mistyped ones.
fn near_hints(mistyped: &[String], near: &Near) -> Vec<String> {
    let mut hints = Vec::new();
    for word in mistyped {
        let terms = near.terms(word).unwrap_or_default();
        let others = terms
            .iter()
            .filter(|term| term.distance != Distance::Same)
            .take(NAMED_NEAR)
            .map(|term| format!("`{}`", term.text))
            .collect::<Vec<_>>();
        if !others.is_empty() {
            hints.push(format!("near `{word}`: {}", others.join(", ")));
        }
    }
    hints
}

/// The order in which a sum was added up differs from segment to segment; the last bits, which
/// depend on it, may not decide which of two equal items comes first.
fn rounded(score: f32) -> f32 {
    f32::from_bits((score.to_bits() + 0x80) & !0xFF)
}

/// Ordered best first.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Hit {
    score: f32,
    key: i64,
}

impl Eq for Hit {}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = other.score.total_cmp(&self.score);
        by_score.then(self.key.cmp(&other.key))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
