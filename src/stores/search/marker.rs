//! Marks hits in a text, and cuts the piece of a body that shows them best.
//! Gets what was looked for. Gives byte ranges and snippets.
//! Never: an index, HTML, colors; reads more of a body than it needs.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};

use tantivy::tokenizer::TokenStream;

use crate::stores::search::ask::{Ask, Atom, Form};
use crate::stores::search::near::Near;
use crate::stores::search::snippet::{Snippet, cut};
use crate::stores::search::words::{Buffers, Words};

/// Finds again what a search was for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marker {
    patterns: Vec<Pattern>,
    /// Which pattern wants a token, and as its which; the last of a pattern first, so that a token
    /// cannot follow itself.
    tokens: HashMap<String, Vec<(usize, usize)>>,
    /// The same for the beginnings of tokens.
    prefixes: Vec<(String, usize, usize)>,
    /// How many words there are to find.
    words: usize,
}

/// Tokens in a row.
#[derive(Debug, Clone)]
struct Pattern {
    offsets: Vec<usize>,
    /// The number of the word of the question that it stands for.
    word: usize,
}

/// A hit: a byte range of the text and the word it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub from: usize,
    pub to: usize,
    pub word: usize,
}

impl Marker {
    /// Marks what was asked for as it is.
    pub(crate) fn exact(ask: &Ask) -> Self {
        let mut marker = Self::default();
        for piece in ask.wanted() {
            for form in &piece.forms {
                marker.push(form, marker.words);
            }
            marker.words += 1;
        }
        marker.sorted()
    }

    /// Marks near terms, each by itself.
    pub(crate) fn near(ask: &Ask, near: &Near) -> Self {
        let mut marker = Self::default();
        for atom in ask.wanted().flat_map(|piece| &piece.forms[0]) {
            let single = |text: &str| Atom {
                offset: 0,
                text: text.to_owned(),
                ..atom.clone()
            };
            marker.push(&vec![single(&atom.text)], marker.words);
            for term in near.terms(&atom.text).unwrap_or_default() {
                marker.push(&vec![single(&term.text)], marker.words);
            }
            marker.words += 1;
        }
        for form in ask.wanted().flat_map(|piece| &piece.forms[1..]) {
            marker.push(form, marker.words);
        }
        marker.sorted()
    }

    fn push(&mut self, form: &Form, word: usize) {
        let pattern = self.patterns.len();
        for (at, atom) in form.iter().enumerate() {
            if atom.prefix {
                self.prefixes.push((atom.text.clone(), pattern, at));
            } else {
                let wanted = self.tokens.entry(atom.text.clone()).or_default();
                wanted.push((pattern, at));
            }
        }
        self.patterns.push(Pattern {
            offsets: form.iter().map(|atom| atom.offset).collect(),
            word,
        });
    }

    fn sorted(mut self) -> Self {
        for wanted in self.tokens.values_mut() {
            wanted.sort_unstable_by(|a, b| b.cmp(a));
        }
        self.prefixes
            .sort_unstable_by_key(|&(_, pattern, at)| Reverse((pattern, at)));
        self
    }

    /// The hits in a short text, as byte ranges that do not touch, in order.
    pub(crate) fn marks(&self, text: &str) -> Vec<(usize, usize)> {
        let mut marks = Vec::new();
        self.each(text, &mut |mark| {
            marks.push((mark.from, mark.to));
            true
        });
        merged(marks)
    }

    /// The piece of `body` that shows the most of what was looked for, of about `width` characters;
    /// the beginning where the body has no hit. Line breaks become spaces.
    pub(crate) fn snippet(&self, body: &str, width: usize) -> Snippet {
        let best = self.best(body, width);
        let (from, to) = best.unwrap_or((0, 0));
        cut(body, from, to, width, |piece| self.marks(piece))
    }

    /// The stretch of hits, at most `width` bytes, with the most different words in it.
    fn best(&self, body: &str, width: usize) -> Option<(usize, usize)> {
        let mut near: VecDeque<Mark> = VecDeque::new();
        let mut counts = vec![0_usize; self.words + 1];
        let mut different = 0;
        let mut best: Option<((usize, usize), (usize, usize))> = None;
        self.each(body, &mut |mark| {
            near.push_back(mark);
            different += usize::from(counts[mark.word] == 0);
            counts[mark.word] += 1;
            while let Some(first) = near.front().copied()
                && first != mark
                && mark.to.saturating_sub(first.from) > width
            {
                near.pop_front();
                counts[first.word] -= 1;
                different -= usize::from(counts[first.word] == 0);
            }
            let score = (different, near.len().min(4));
            if best.is_none_or(|(top, _)| score > top) {
                let from = near.front().map_or(mark.from, |first| first.from);
                best = Some((score, (from, mark.to)));
            }
            different < self.words
        });
        best.map(|(_, range)| range)
    }

    /// Calls `seen` with every hit in the order of its end, until it says no.
    fn each(&self, text: &str, seen: &mut dyn FnMut(Mark) -> bool) {
        if self.patterns.is_empty() {
            return;
        }
        // Of each pattern: where and from which byte each of its tokens but the last was seen last.
        let mut progress = self
            .patterns
            .iter()
            .map(|pattern| vec![None::<(usize, usize)>; pattern.offsets.len()])
            .collect::<Vec<_>>();
        let mut buffers = Buffers::default();
        let mut words = Words::new(text, &mut buffers);
        while words.advance() {
            let token = words.token();
            let exact = self.tokens.get(token.text.as_str());
            let exact = exact.into_iter().flatten().copied();
            let begun = self.prefixes.iter();
            let begun = begun.filter(|(prefix, ..)| token.text.starts_with(prefix));
            let begun = begun.map(|&(_, pattern, at)| (pattern, at));
            for (number, at) in begun.chain(exact) {
                let pattern = &self.patterns[number];
                let from = if at == 0 {
                    token.offset_from
                } else {
                    let gap = pattern.offsets[at] - pattern.offsets[at - 1];
                    match progress[number][at - 1] {
                        Some((position, from)) if position + gap == token.position => from,
                        _ => continue,
                    }
                };
                if at + 1 < pattern.offsets.len() {
                    progress[number][at] = Some((token.position, from));
                    continue;
                }
                let mark = Mark {
                    from,
                    to: token.offset_to,
                    word: pattern.word,
                };
                if !seen(mark) {
                    return;
                }
            }
        }
    }
}

/// Sorted ranges without overlap; ranges that touch become one.
fn merged(mut marks: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    marks.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(marks.len());
    for (from, to) in marks {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
