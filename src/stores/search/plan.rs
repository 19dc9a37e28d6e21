//! From what was asked to tantivy's queries, built by hand.
//! Gets pieces and near terms. Gives queries that are scored by field.
//! Never: reads the index.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, InvertedIndexRangeQuery, Occur,
    PhrasePrefixQuery, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use crate::stores::search::ask::{Ask, Atom, Form, Piece};
use crate::stores::search::fields::{Fields, whole_id, whole_name};
use crate::stores::search::fold::fold_whole;
use crate::stores::search::near::{Near, NearTerm};

/// An item whose id is the whole question stands above every other; one with the alias next.
const ID_BOOST: f32 = 10_000.0;
const NAME_BOOST: f32 = 1_000.0;
/// What an item gains by a word that only begins as asked, before the weight of the field.
const PREFIX_SCORE: f32 = 1.0;
/// The end of a phrase may begin at most so many words.
const PHRASE_ENDS: u32 = 1_000;

pub(crate) type Boxed = Box<dyn Query>;

/// All of the clauses, or an item that is named like the whole question; none of the excluded.
pub(crate) fn exact(fields: &Fields, ask: &Ask, name: Option<&[Term; 2]>) -> Boxed {
    let clauses = ask
        .must
        .iter()
        .map(|clause| any(clause.iter().map(|piece| in_fields(fields, piece))))
        .collect::<Vec<_>>();
    let found = all(clauses);
    let found = match name {
        Some(name) => any([named(name), found]),
        None => found,
    };
    without(fields, ask, found)
}

/// Like `exact`, with near terms in place of words; `least` of the clauses are enough.
pub(crate) fn near(fields: &Fields, ask: &Ask, near: &Near, least: usize) -> Boxed {
    let clauses = ask
        .must
        .iter()
        .map(|clause| any(clause.iter().map(|piece| near_piece(fields, piece, near))))
        .collect::<Vec<_>>();
    without(fields, ask, some(clauses, least))
}

fn without(fields: &Fields, ask: &Ask, found: Boxed) -> Boxed {
    if ask.not.is_empty() {
        return found;
    }
    let mut clauses = vec![(Occur::Must, found)];
    for piece in &ask.not {
        clauses.push((Occur::MustNot, in_fields(fields, piece)));
    }
    Box::new(BooleanQuery::new(clauses))
}

/// The terms of the items whose id, or whose alias or uid, is `name`, in any case.
pub(crate) fn names(fields: &Fields, name: &str) -> [Term; 2] {
    let folded = fold_whole(name);
    [whole_id(&folded), whole_name(&folded)].map(|text| Term::from_field_text(fields.whole, &text))
}

fn named(names: &[Term; 2]) -> Boxed {
    let boosted = names.iter().zip([ID_BOOST, NAME_BOOST]);
    any(boosted.map(|(term, boost)| {
        let query = TermQuery::new(term.clone(), IndexRecordOption::Basic);
        Box::new(ConstScoreQuery::new(Box::new(query), boost)) as Boxed
    }))
}

/// The piece in any field.
fn in_fields(fields: &Fields, piece: &Piece) -> Boxed {
    let forms = piece.forms.iter();
    any(forms.flat_map(|form| form_in_fields(fields, form)))
}

fn form_query(field: Field, form: &Form) -> Boxed {
    let term = |atom: &Atom| Term::from_field_text(field, &atom.text);
    match form.as_slice() {
        [] => Box::new(EmptyQuery),
        [atom] if atom.prefix => begins(field, &atom.text),
        [atom] => Box::new(TermQuery::new(term(atom), IndexRecordOption::WithFreqs)),
        [.., last] => {
            let terms = form.iter().map(|atom| (atom.offset, term(atom))).collect();
            if last.prefix {
                let mut query = PhrasePrefixQuery::new_with_offset(terms);
                query.set_max_expansions(PHRASE_ENDS);
                Box::new(query)
            } else {
                Box::new(PhraseQuery::new_with_offset(terms))
            }
        }
    }
}

/// All terms that begin with `text`.
fn begins(field: Field, text: &str) -> Boxed {
    let lower = Bound::Included(Term::from_field_text(field, text));
    // The greatest character is in no term, so this is above all of them.
    let upper = Bound::Excluded(Term::from_field_text(field, &format!("{text}\u{10FFFF}")));
    let query = InvertedIndexRangeQuery::new(lower, upper);
    Box::new(ConstScoreQuery::new(Box::new(query), PREFIX_SCORE))
}

/// All words of the piece's first form, near or as they are, and half of its signs, in any field
/// and in any order; or one of its other forms as it is.
fn near_piece(fields: &Fields, piece: &Piece, near: &Near) -> Boxed {
    let mut words = Vec::new();
    let mut signs = Vec::new();
    for atom in &piece.forms[0] {
        match near.terms(&atom.text) {
            Some(terms) => words.push(near_word(fields, terms)),
            None if atom.word => words.push(atom_in_fields(fields, atom)),
            None => signs.push(atom_in_fields(fields, atom)),
        }
    }
    if !signs.is_empty() {
        let least = signs.len().div_ceil(2);
        words.push(some(signs, least));
    }
    let mut alternatives = vec![all(words)];
    for form in &piece.forms[1..] {
        alternatives.extend(form_in_fields(fields, form));
    }
    any(alternatives)
}

/// One of the near terms, in the fields where it stands.
fn near_word(fields: &Fields, terms: &[NearTerm]) -> Boxed {
    let weighted = fields.weighted().into_iter().enumerate();
    any(weighted.flat_map(|(number, (field, weight))| {
        let here = terms
            .iter()
            .filter(move |term| term.fields & 1 << number != 0);
        here.map(move |found| {
            let term = Term::from_field_text(field, &found.text);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            boosted(Box::new(query), weight * found.closeness())
        })
    }))
}

fn atom_in_fields(fields: &Fields, atom: &Atom) -> Boxed {
    let form = vec![Atom {
        offset: 0,
        ..atom.clone()
    }];
    any(form_in_fields(fields, &form))
}

/// The form in each field.
fn form_in_fields(fields: &Fields, form: &Form) -> [Boxed; 5] {
    fields
        .weighted()
        .map(|(field, weight)| boosted(form_query(field, form), weight))
}

fn boosted(query: Boxed, weight: f32) -> Boxed {
    Box::new(BoostQuery::new(query, weight))
}

fn any(queries: impl IntoIterator<Item = Boxed>) -> Boxed {
    let mut queries = queries.into_iter().collect::<Vec<_>>();
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::union(queries)),
    }
}

fn all(mut queries: Vec<Boxed>) -> Boxed {
    match queries.len() {
        0 => Box::new(EmptyQuery),
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::intersection(queries)),
    }
}

/// At least so many of the queries.
fn some(queries: Vec<Boxed>, least: usize) -> Boxed {
    if least >= queries.len() {
        return all(queries);
    }
    let queries = queries.into_iter().map(|query| (Occur::Should, query));
    Box::new(BooleanQuery::with_minimum_required_clauses(
        queries.collect(),
        least,
    ))
}
