//! People who are to be forgotten: known by hashes of their names, found wherever the names are spelled.
//!
//! A name is a row of words, without case, accents' spelling, or what stands between: `Ada Lovelace`,
//! `ada.lovelace` and `Ada-Lovelace` are one. Signs of scripts without spaces are words of their own.
//! Never: keeps a name.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::base::hash;
use crate::model::sharing::Person;
use crate::privacy::view::View;

/// So many signs may stand between two words of one name, besides a line end.
const MOST_JOINTS: usize = 5;

/// The people who are to be forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forgotten {
    people: HashMap<String, Option<String>>,
    /// How many words their names have.
    lengths: BTreeSet<usize>,
}

/// The names of somebody as a person writes them: `Name`, `e-mail`, or `Name <e-mail>`.
pub(crate) fn names(written: &str) -> Vec<String> {
    let (name, rest) = written.split_once('<').unwrap_or((written, ""));
    let email = rest.trim_end().trim_end_matches('>');
    let each = [name, email].into_iter().map(|name| plain(&words(name)));
    each.filter(|name| !name.is_empty()).collect()
}

/// What is kept of a name in the form that [`names`] gives.
pub(crate) fn person(name: &str, pseudonym: Option<&str>) -> Person {
    Person {
        hash: digest(name),
        words: name.split(' ').count() as u64,
        pseudonym: pseudonym.map(str::to_owned),
    }
}

impl Forgotten {
    pub(crate) fn new(people: impl IntoIterator<Item = Person>) -> Self {
        let mut made = Self::default();
        for person in people {
            let words = usize::try_from(person.words).unwrap_or(usize::MAX);
            made.lengths.insert(words);
            made.people.insert(person.hash, person.pseudonym);
        }
        made
    }

    /// Stands for all of them, in a text of its own.
    pub(crate) fn key(&self) -> String {
        let mut all: Vec<String> = self
            .people
            .iter()
            .map(|(hash, pseudonym)| format!("{hash} {}", pseudonym.as_deref().unwrap_or_default()))
            .collect();
        all.sort_unstable();
        all.join("\n")
    }

    /// Where somebody stands, with the pseudonym; in order, without overlap, the longest names first.
    pub(crate) fn find(&self, text: &str) -> Vec<(Range<usize>, Option<&str>)> {
        let mut found = Vec::new();
        if self.people.is_empty() {
            return found;
        }
        let words = words(text);
        let mut at = 0;
        while at < words.len() {
            let reach = reach(
                text,
                &words[at..],
                self.lengths.last().copied().unwrap_or(0),
            );
            let fit = self.lengths.iter().rev().filter(|length| **length <= reach);
            let hit = fit.filter(|length| **length > 0).find_map(|length| {
                let row = &words[at..at + length];
                let person = self.people.get(&digest(&plain(row)))?;
                Some((
                    *length,
                    row[0].0.start..row[length - 1].0.end,
                    person.as_deref(),
                ))
            });
            match hit {
                Some((length, range, pseudonym)) => {
                    found.push((range, pseudonym));
                    at += length;
                }
                None => at += 1,
            }
        }
        found
    }

    /// Whether somebody stands in the text, as it is written or as it reads.
    pub(crate) fn finds(&self, text: &str) -> bool {
        let reads = || View::of(text).is_some_and(|view| !self.find(&view.text).is_empty());
        !self.people.is_empty() && (!self.find(text).is_empty() || reads())
    }
}

fn digest(name: &str) -> String {
    hash::hex(&hash::content_hash(
        format!("kanban forgets\n{name}").as_bytes(),
    ))
}

/// A word and where it stands.
type Word = (Range<usize>, String);

fn plain(words: &[Word]) -> String {
    let words: Vec<&str> = words.iter().map(|(_, word)| &**word).collect();
    words.join(" ")
}

/// The words of a text, folded.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut open: Option<usize> = None;
    let mut close = |open: &mut Option<usize>, end: usize| {
        if let Some(start) = open.take() {
            let folded = text[start..end].nfkc().flat_map(char::to_lowercase);
            words.push((start..end, folded.collect()));
        }
    };
    for (at, c) in text.char_indices() {
        if stands_alone(c) {
            close(&mut open, at);
            open = Some(at);
            close(&mut open, at + c.len_utf8());
        } else if c.is_alphanumeric() || open.is_some() && is_combining_mark(c) {
            open.get_or_insert(at);
        } else {
            close(&mut open, at);
        }
    }
    close(&mut open, text.len());
    words
}

/// Scripts that put no spaces between words, or join particles to names.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x2e80..=0x2fff | 0x3005..=0x3007
        | 0x3021..=0x3029 | 0x3031..=0xa4cf | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// How many of these words, at most `most`, may be one name by what stands between them.
fn reach(text: &str, words: &[Word], most: usize) -> usize {
    let joined = |pair: &[Word]| is_joint(&text[pair[0].0.end..pair[1].0.start]);
    let pairs = words.windows(2).take(most.saturating_sub(1));
    words.len().min(1) + pairs.take_while(|pair| joined(pair)).count()
}

/// Whether words with that between them, which holds no letter, may be one name.
fn is_joint(gap: &str) -> bool {
    // Of what was blotted out nothing is part of a name.
    let few = |gap: &str| !gap.contains(['«', '»']) && gap.chars().nth(MOST_JOINTS).is_none();
    match gap.split_once('\n') {
        None => few(gap) || gap.chars().all(char::is_whitespace),
        // The line may end with emphasis, and the next one begin with that of a quote or a comment.
        Some((end, begin)) => {
            let is_paragraph = begin.contains('\n');
            let (end, begin) = (end.trim(), begin.trim());
            let is_prefix =
                |c: char| c.is_whitespace() || matches!(c, '>' | '#' | '|' | '/' | '*' | '_');
            !is_paragraph
                && few(end)
                && end
                    .chars()
                    .all(|c| matches!(c, '*' | '_' | '~' | '`' | '\\' | ',' | '-'))
                && begin.chars().all(is_prefix)
                && few(begin)
                && begin != "*"
        }
    }
}
