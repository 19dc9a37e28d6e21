//! The words of an item as Postgres keeps them: the text of a `tsvector`, made by our own tokenizer, so that
//! the server finds what the search index finds.
//!
//! The fields stand one behind the other with gaps, so that no phrase runs from one into the next. Their
//! labels are weights: A the id, B the title, C names, D path and body. Names as a whole (`=id`, `~alias`)
//! have no position. What Postgres cannot hold is left out: a phrase further back than 16,383 words, and
//! words beyond about a megabyte.
//! Never: stems, drops a word because it is frequent.

use std::collections::BTreeMap;

use tantivy::tokenizer::TokenStream;

use crate::stores::search::fields::{whole_id, whole_name};
use crate::stores::search::fold::fold_whole;
use crate::stores::search::words::{Buffers, Words};

/// No phrase that is asked for is longer.
const GAP: usize = 64;
/// The last position that Postgres tells from others.
const LAST: usize = 16_383;
/// A lexeme has at most so many.
const POSITIONS: usize = 255;
/// Postgres takes 2,046.
const LONGEST: usize = 2_000;
/// Postgres takes 1,048,575 bytes of lexemes and positions.
const MOST_BYTES: usize = 900_000;

/// The texts of an item, as the search index takes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub id: Option<&'a str>,
    pub uid: Option<&'a str>,
    pub title: &'a str,
    pub tags: &'a [String],
    pub aliases: &'a [String],
    pub people: &'a [String],
    pub path: &'a str,
    pub body: &'a str,
}

/// The text of the `tsvector`.
pub(crate) fn vector(texts: &Texts<'_>) -> String {
    let mut words = Vector::default();
    if let Some(id) = texts.id {
        words.whole(whole_id(&fold_whole(id)));
        words.text('A', id);
    }
    for name in texts.aliases.iter().map(String::as_str).chain(texts.uid) {
        words.whole(whole_name(&fold_whole(name)));
    }
    words.text('B', texts.title);
    for name in texts.tags.iter().chain(texts.aliases).chain(texts.people) {
        words.text('C', name);
    }
    words.text('D', texts.path);
    words.text('D', texts.body);
    words.finish()
}

#[derive(Default)]
struct Vector {
    lexemes: BTreeMap<String, Vec<(usize, char)>>,
    bytes: usize,
    next: usize,
    buffers: Buffers,
}

impl Vector {
    fn whole(&mut self, name: String) {
        if name.len() <= LONGEST {
            self.bytes += name.len() + 8;
            self.lexemes.entry(name).or_default();
        }
    }

    fn text(&mut self, label: char, text: &str) {
        let Self {
            lexemes,
            bytes,
            next,
            buffers,
        } = self;
        // Positions count from 1.
        let begin = *next + 1;
        let mut last = begin;
        let mut words = Words::new(text, buffers);
        while words.advance() && *bytes < MOST_BYTES {
            let token = words.token();
            last = begin + token.position;
            let positions = match lexemes.get_mut(&token.text) {
                Some(positions) => positions,
                None => {
                    *bytes += token.text.len() + 8;
                    lexemes.entry(token.text.clone()).or_default()
                }
            };
            let place = (last.min(LAST), label);
            if positions.len() < POSITIONS && positions.last() != Some(&place) {
                *bytes += 2;
                positions.push(place);
            }
        }
        *next = last + GAP;
    }

    fn finish(self) -> String {
        use std::fmt::Write;
        let mut out = String::with_capacity(self.bytes * 2);
        for (lexeme, positions) in &self.lexemes {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push('\'');
            for letter in lexeme.chars() {
                if matches!(letter, '\'' | '\\') {
                    out.push(letter);
                }
                out.push(letter);
            }
            out.push('\'');
            for (number, (position, label)) in positions.iter().enumerate() {
                let sign = if number == 0 { ':' } else { ',' };
                write!(out, "{sign}{position}").expect("because writing to a string cannot fail");
                // A word without a label has D.
                if *label != 'D' {
                    out.push(*label);
                }
            }
        }
        out
    }
}
