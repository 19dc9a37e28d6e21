//! Near terms against a plain count of edits over all terms.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::stores::search::near::{Distance, Near};
use crate::stores::search::tests::{Shelf, plain};

/// All words of one to five letters of three, and some longer ones.
fn vocabulary() -> BTreeSet<String> {
    let mut words = BTreeSet::from([String::new()]);
    let mut all = BTreeSet::new();
    for _ in 0..5 {
        words = words
            .iter()
            .flat_map(|word| ["a", "b", "c"].map(|letter| format!("{word}{letter}")))
            .collect();
        all.extend(words.iter().cloned());
    }
    all.extend(["abstract", "abstracts", "abtsract", "abacus", "babababa"].map(String::from));
    all
}

fn wanted(word: &str, vocabulary: &BTreeSet<String>) -> Vec<(Distance, String)> {
    let errors = match word.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let near = vocabulary.iter().filter_map(|term| {
        let distance = match strsim::osa_distance(word, term) {
            0 => Distance::Same,
            _ if term.starts_with(word) && word.chars().count() >= 2 => Distance::Longer,
            n if n > errors => return None,
            1 => Distance::One,
            _ => Distance::Two,
        };
        Some((distance, term.clone()))
    });
    let mut near = near.collect::<Vec<_>>();
    near.sort();
    near.truncate(40);
    near
}

#[test]
fn near_terms_are_those_of_a_plain_count() {
    let vocabulary = vocabulary();
    let body = vocabulary.iter().cloned().collect::<Vec<_>>().join(" ");
    let shelf = Shelf::of(vec![plain(1, &body)]);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&"[abc]{1,6}|[abc]{8}|abstr[abc]{0,4}", |word| {
            let mut near = Near::default();
            shelf.index.look_up(&mut near, &word).unwrap();
            let found = near.terms(&word).unwrap().iter();
            let found = found.map(|term| (term.distance, term.text.clone()));
            prop_assert_eq!(found.collect::<Vec<_>>(), wanted(&word, &vocabulary));
            Ok(())
        })
        .unwrap();
}
