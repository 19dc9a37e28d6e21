//! What a text is understood as.

use proptest::prelude::*;

use crate::stores::search::ask::{Ask, Piece};

fn form(form: &[crate::stores::search::ask::Atom]) -> String {
    let atoms = form.iter().map(|atom| {
        let star = if atom.prefix { "*" } else { "" };
        format!("{}{star}@{}", atom.text, atom.offset)
    });
    atoms.collect::<Vec<_>>().join(" ")
}

fn piece(piece: &Piece) -> String {
    let forms = piece.forms.iter().map(|atoms| form(atoms));
    forms.collect::<Vec<_>>().join(" = ")
}

/// Clauses by ` + `, alternatives by ` | `, forms by ` = `, exclusions behind ` - `.
fn shown(text: &str) -> String {
    let ask = Ask::parse(text);
    let clauses = ask.must.iter().map(|clause| {
        let pieces = clause.iter().map(piece);
        pieces.collect::<Vec<_>>().join(" | ")
    });
    let mut out = clauses.collect::<Vec<_>>().join(" + ");
    for not in &ask.not {
        out.push_str(" - ");
        out.push_str(&piece(not));
    }
    out
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    assert_eq!(shown(text), wanted, "{text:?}");
}

#[test]
fn words_phrases_prefixes_exclusions() {
    check("login form", "login@0 + form@0");
    check("\"login form\" x", "login@0 form@1 + x@0");
    check("“login form”", "login@0 form@1");
    check("log*", "log*@0");
    check("\"login fo\"*", "login@0 fo*@1");
    check("login -form -\"a b\"", "login@0 - form@0 - a@0 b@1");
    check("a OR b c AND d", "a@0 | b@0 + c@0 + d@0");
    check("--json", "json@0");
    check("a \"b c", "a@0 + b@0 c@1");
}

#[test]
fn identifiers_are_phrases() {
    check("KABSD-FTR-0014", "kabsd@0 ftr@1 0014@2");
    check("camelCase", "camel@0 case@1 = camelcase@0");
    check("x.camelCase", "x@0 camel@1 case@2");
    check("ftr0014", "ftr0014@0 = ftr@0 0014@1");
    check("C++", "c++@0");
    check("\"modern C++ code\"", "modern@0 c++@1 code@2");
    check("title:foo", "title@0 foo@1");
}

#[test]
fn signs() {
    check("東京都", "東京@0 京都@1");
    check("東", "東*@0");
    check("กี้", "กี้*@0");
    check("\"東 京\"", "東@0 京*@1");
    check("東京*", "東京@0");
    check("東京tower", "東京@0 京@1 tower@2");
}

#[test]
fn nothing_to_look_for() {
    for text in [
        "",
        "  ",
        "-",
        "*",
        "\"",
        "\"\"",
        "- -",
        "OR",
        "()[]{}^~:\\",
        "-*",
        "+-+",
    ] {
        check(text, "");
    }
}

#[test]
fn long_questions_are_cut_with_a_hint() {
    let ask = Ask::parse(&"word ".repeat(40));
    assert_eq!((ask.must.len(), ask.hints.len()), (32, 1));
    let ask = Ask::parse(&"é".repeat(600));
    assert_eq!(ask.hints.len(), 1);
    let ask = Ask::parse(&format!("\"{}\"", "a ".repeat(200)));
    assert_eq!(ask.must[0][0].forms[0].len(), 48);
}

proptest! {
    #[test]
    fn any_text_is_understood(text in "\\PC{0,80}|[a-z\"*ORAND -]{0,60}") {
        let ask = Ask::parse(&text);
        for piece in ask.wanted().chain(&ask.not) {
            prop_assert!(!piece.forms.is_empty());
            for form in &piece.forms {
                prop_assert!(!form.is_empty());
                prop_assert_eq!(form[0].offset, 0);
                prop_assert!(form.windows(2).all(|pair| pair[0].offset < pair[1].offset));
                // Only the last of a row may be unfinished.
                prop_assert!(form[..form.len() - 1].iter().all(|atom| !atom.prefix));
            }
        }
    }
}
