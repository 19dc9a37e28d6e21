//! Laws of folding, for every character there is.

use crate::stores::search::fold::{Class, class, fold_char, fold_unit, fold_whole};

fn all_folded(text: impl IntoIterator<Item = char>) -> String {
    let mut out = String::new();
    text.into_iter().for_each(|c| fold_char(c, &mut out));
    out
}

fn folded(c: char) -> String {
    all_folded([c])
}

#[test]
fn folding_twice_changes_nothing() {
    for c in char::MIN..=char::MAX {
        if class(c) == Class::Word {
            let once = folded(c);
            let twice = all_folded(once.chars());
            assert_eq!(once, twice, "{c:?} {:x}", u32::from(c));
        }
    }
}

#[test]
fn case_makes_no_difference() {
    for c in char::MIN..=char::MAX {
        if class(c) == Class::Word {
            let lower = all_folded(c.to_lowercase());
            assert_eq!(folded(c), lower, "{c:?} {:x}", u32::from(c));
        }
    }
}

#[test]
fn a_sign_folds_to_something() {
    for c in char::MIN..=char::MAX {
        if class(c) == Class::Unit {
            let mut out = String::new();
            fold_unit(c, &mut out);
            assert!(!out.is_empty(), "{c:?}");
        }
    }
}

#[test]
fn whole_names_keep_their_signs() {
    assert_eq!(fold_whole("  KABSD-FTR-0014 "), "kabsd-ftr-0014");
    assert_eq!(fold_whole("Zoë/C++ か\u{3099}"), "zoe/c++ が");
}
