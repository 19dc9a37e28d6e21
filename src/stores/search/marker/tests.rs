//! Marks and snippets.

use proptest::prelude::*;

use crate::stores::search::ask::Ask;
use crate::stores::search::fold::fold_whole;
use crate::stores::search::marker::Marker;
use crate::stores::search::snippet::Snippet;

fn marker(text: &str) -> Marker {
    Marker::exact(&Ask::parse(text))
}

/// The text with its marks in brackets.
fn bracketed(text: &str, marks: &[(usize, usize)]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for &(from, to) in marks {
        out.push_str(&text[at..from]);
        out.push('[');
        out.push_str(&text[from..to]);
        out.push(']');
        at = to;
    }
    out.push_str(&text[at..]);
    out
}

#[track_caller]
fn check_marks(question: &str, text: &str, wanted: &str) {
    let marks = marker(question).marks(text);
    assert_eq!(bracketed(text, &marks), wanted, "{question:?}");
}

#[track_caller]
fn check_snippet(question: &str, body: &str, width: usize, wanted: &str) {
    let Snippet { text, marks } = marker(question).snippet(body, width);
    assert_eq!(bracketed(&text, &marks), wanted, "{question:?}");
}

#[test]
fn marks_in_titles() {
    check_marks(
        "ftr-0014",
        "See KABSD-FTR-0014, ftr and 0014",
        "See KABSD-[FTR-0014], ftr and 0014",
    );
    check_marks("cafe", "Café in CAFÉ", "[Café] in [CAFÉ]");
    check_marks("camelcase", "a camelCase b", "a [camelCase] b");
    check_marks("case", "a camelCase b", "a camel[Case] b");
    check_marks(
        "snake_case",
        "snakeCase, snake case",
        "[snakeCase], [snake case]",
    );
    check_marks("C++", "C, C++ and C#", "C, [C++] and C#");
    check_marks("log*", "Login logs a catalog", "[Login] [logs] a catalog");
    check_marks("東京", "新東京駅", "新[東京]駅");
    check_marks("京", "新東京駅", "新東[京駅]");
    check_marks("\"a a\"", "a a a b a", "[a a a] b a");
    check_marks("-no yes", "no yes", "no [yes]");
    check_marks("", "no yes", "no yes");
}

#[test]
fn snippets_show_the_hit() {
    check_snippet(
        "needle",
        "one two three needle four five six",
        20,
        "…[needle] four five…",
    );
    check_snippet("needle", "a needle", 80, "a [needle]");
    check_snippet(
        "nowhere",
        "# Head\n\nfirst  line\nsecond",
        20,
        "# Head first line…",
    );
    check_snippet("x", "", 20, "");
    check_snippet("b a", "a 1 2 3 4 5 6 7 8 9 0 b a c", 9, "…9 0 [b] [a] c");
    check_snippet("東", &"京".repeat(50), 10, &format!("{}…", "京".repeat(10)));
}

#[test]
fn a_hit_at_the_very_end_of_a_long_body_is_found() {
    let body = format!("{}needle", "hay stack\n".repeat(200_000));
    let Snippet { text, marks } = marker("needle").snippet(&body, 60);
    let shown = bracketed(&text, &marks);
    assert!(shown.ends_with("hay stack [needle]"), "{shown}");
    assert!(text.chars().count() <= 62);
}

#[test]
fn a_body_of_one_word_is_cut() {
    let body = "x".repeat(100_000);
    let snippet = marker("y").snippet(&body, 30);
    assert_eq!(snippet.text.chars().count(), 31);
}

proptest! {
    #[test]
    fn marks_lie_in_the_snippet_and_hold_what_was_asked(
        before in "[a-zäöü東 \n#.-]{0,200}",
        word in "[a-zäöü]{1,12}|[東京都]{2,4}|[A-Z]{2,4}-[0-9]{2,4}",
        after in "[a-zäöü東 \n#.-]{0,200}",
        width in 0_usize..120,
    ) {
        let body = format!("{before} {word} {after}");
        let marker = marker(&word);
        let Snippet { text, marks } = marker.snippet(&body, width);
        let mut end = 0;
        for &(from, to) in &marks {
            prop_assert!(from < to && (from >= end) && text.get(from..to).is_some());
            // Hits that overlap are marked as one.
            let marked = fold_whole(&text[from..to]);
            prop_assert!(marked.starts_with(&fold_whole(&word)), "{marked:?}");
            end = to;
        }
        prop_assert!(!marks.is_empty() || word.chars().count() + 4 > width);
        prop_assert!(!text.contains('\n'));
        prop_assert!(text.chars().count() <= width.max(1) + 2);
    }

    #[test]
    fn any_body_and_question_give_a_snippet(body in "\\PC{0,300}", question in "\\PC{0,20}", width in 0_usize..50) {
        let Snippet { text, marks } = marker(&question).snippet(&body, width);
        for (from, to) in marks {
            prop_assert!(text.get(from..to).is_some_and(|marked| !marked.is_empty()));
        }
    }
}
