//! People are found however their names are spelled, and nobody else is. Never: a file.

use proptest::prelude::*;

use crate::privacy::view::View;
use crate::privacy::{Forgotten, Redactor, names, person};

fn forgetting(written: &[&str], pseudonym: Option<&str>) -> Forgotten {
    let names = written.iter().flat_map(|written| names(written));
    Forgotten::new(names.map(|name| person(&name, pseudonym)))
}

fn without(written: &[&str], text: &str) -> String {
    let redactor = Redactor::of_people(forgetting(written, None));
    redactor.redact(text).unwrap_or_else(|| text.to_owned())
}

const BLOT: &str = "«redacted-person»";

#[test]
fn a_name_is_found_as_it_is_spelled() {
    let ada = ["Ada Lovelace <ada@example.org>"];
    for (text, expected) in [
        ("owner: Ada Lovelace\n", "owner: *\n"),
        ("by ADA  LOVELACE, yes", "by *, yes"),
        ("[ada.lovelace, ada_lovelace, Ada-Lovelace]", "[*, *, *]"),
        ("Ada\n  Lovelace wrote", "* wrote"),
        ("mail ada@example.org now", "mail * now"),
        ("`ada@Example.ORG`", "`*`"),
        ("Ada Lovelace's notes", "*'s notes"),
        ("Lovelace", "Lovelace"),
        ("Ada", "Ada"),
        (
            "Adam Lovelace, Ada Lovelacey",
            "Adam Lovelace, Ada Lovelacey",
        ),
        ("Ada: Lovelace, Ada (Lovelace)", "*, *)"),
        ("Ada .... .... Lovelace", "Ada .... .... Lovelace"),
        ("- Ada\n- Lovelace", "- Ada\n- Lovelace"),
        ("Ada\n\nLovelace", "Ada\n\nLovelace"),
        ("", ""),
    ] {
        assert_eq!(without(&ada, text), expected.replace('*', BLOT), "{text}");
    }
    let accents = ["Zo\u{eb} \u{c5}ngstr\u{f6}m"];
    assert_eq!(
        without(&accents, "zoe\u{308} a\u{30a}ngstro\u{308}m!"),
        format!("{BLOT}!")
    );
    assert_eq!(
        without(&["山田太郎"], "担当は山田太郎です"),
        format!("担当は{BLOT}です")
    );
    assert_eq!(
        without(&["김철수"], "김철수가 했다"),
        format!("{BLOT}가 했다")
    );
}

#[test]
fn the_longest_name_is_taken_and_a_pseudonym_stands_for_it() {
    let all = forgetting(&["Ada", "Ada Lovelace"], Some("person-7"));
    let redactor = Redactor::of_people(all);
    assert_eq!(
        redactor.redact("Ada Lovelace met Ada").as_deref(),
        Some("person-7 met person-7")
    );
    assert_eq!(redactor.redact("nobody"), None);
    let people = forgetting(&["Ada Lovelace"], None);
    assert!(people.finds("people/Ada%20Lovelace.md") && !people.finds("people/Ada%20L.md"));
}

#[test]
fn what_stands_in_for_a_finding_is_no_name() {
    let text = format!("{BLOT} and a person");
    assert_eq!(
        without(&["person", "redacted"], &text),
        format!("{BLOT} and a {BLOT}")
    );
}

#[test]
fn nothing_of_a_name_is_kept() {
    let kept = format!("{:?}", forgetting(&["Zoe Lovelace"], None)).to_lowercase();
    assert!(
        !kept.contains("zoe") && !kept.contains("lovelace"),
        "{kept}"
    );
}

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "\\PC{0,8}",
        "(Ada|ada|LOVELACE|Lovelace|ada@example\\.org)",
        "[ .\\n,_@-]{0,3}",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    /// Nobody is found in what was made without them, and everything else stays.
    #[test]
    fn whoever_is_forgotten_is_gone_and_nothing_else(text in text()) {
        let people = forgetting(&["Ada Lovelace <ada@example.org>", "Lovelace"], Some("x"));
        let out = Redactor::of_people(people.clone()).redact(&text);
        prop_assert_eq!(people.finds(&text), out.is_some());
        let out = out.unwrap_or_else(|| text.clone());
        prop_assert!(!people.finds(&out), "{}", out);
        // What reads otherwise than it is written has laws of its own.
        prop_assume!(View::of(&text).is_none());
        let found = people.find(&text);
        let mut expected = String::new();
        let mut at = 0;
        for (range, _) in found {
            prop_assert!(at <= range.start);
            expected += &text[at..range.start];
            expected += "x";
            at = range.end;
        }
        prop_assert_eq!(expected + &text[at..], out);
    }
}
