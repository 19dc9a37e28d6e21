//! Laws and examples of clean, measured, cut and wrapped text.

use proptest::prelude::*;

use crate::cli::text::{block, clusters, line, prefix, truncate, truncate_start, width, wrap};

/// Text with everything that makes terminals go wrong.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => any::<char>().prop_map(String::from),
        4 => "[a-z ]{1,8}",
        1 => Just("\u{1b}[31m".to_owned()),
        1 => Just("\u{1b}]0;title\u{7}".to_owned()),
        1 => Just("\u{1b}]8;;http://x\u{1b}\\".to_owned()),
        1 => Just("\u{9b}2J".to_owned()),
        1 => Just("\u{1b}P".to_owned()),
        1 => Just("\u{202e}".to_owned()),
        1 => Just("漢字かな".to_owned()),
        1 => Just("👩‍👩‍👧‍👦👍🏽🇩🇪".to_owned()),
        1 => Just("e\u{301}\u{302}".to_owned()),
        1 => Just("שלום لا".to_owned()),
        1 => Just("❤\u{fe0f}".to_owned()),
        1 => Just("\n\t\r\n".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Controls and direction characters.
pub(crate) fn is_forbidden(char: char) -> bool {
    matches!(char, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

proptest! {
    #[test]
    fn a_line_holds_no_control(text in hostile()) {
        let clean = line(&text).into_owned();
        prop_assert!(!clean.chars().any(is_forbidden), "{clean:?}");
        prop_assert_eq!(line(&clean).into_owned(), clean);
    }

    #[test]
    fn a_block_holds_no_control_but_line_ends_and_tabs(text in hostile()) {
        let clean = block(&text).into_owned();
        let forbidden = |char: char| is_forbidden(char) && char != '\n' && char != '\t';
        prop_assert!(!clean.chars().any(forbidden), "{clean:?}");
        prop_assert_eq!(block(&clean).into_owned(), clean);
    }

    #[test]
    fn text_without_controls_stays(text in "[ -~äöü漢字👍🏽]{0,40}") {
        prop_assert_eq!(line(&text).into_owned(), text.clone());
        prop_assert_eq!(block(&text).into_owned(), text);
    }

    #[test]
    fn a_cut_is_never_too_wide(text in hostile(), max in 0usize..40) {
        let text = line(&text).into_owned();
        prop_assert!(width(&text[..prefix(&text, max)]) <= max);
        prop_assert!(width(&truncate(&text, max, "…")) <= max);
        prop_assert!(width(&truncate_start(&text, max, "…")) <= max);
        if width(&text) <= max {
            prop_assert_eq!(truncate(&text, max, "…"), text.clone());
            prop_assert_eq!(truncate_start(&text, max, "…"), text);
        }
    }

    #[test]
    fn clusters_are_the_whole(text in hostile()) {
        let joined: String = clusters(&text).collect();
        prop_assert_eq!(joined, text);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_spaces_only(text in hostile(), max in 2usize..30) {
        let text = line(&text).into_owned();
        let (lines, more) = wrap(&text, max, usize::MAX - 1);
        prop_assert!(!more);
        let mut joined = String::new();
        for range in lines {
            let piece = &text[range];
            // A single cluster may be wider than any narrow line.
            prop_assert!(width(piece) <= max || clusters(piece).count() == 1, "{piece:?}");
            joined.push_str(piece);
        }
        prop_assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
    }
}

#[test]
fn escape_sequences_go_whole() {
    for (text, expected) in [
        ("a\u{1b}[31mred\u{1b}[0m", "ared"),
        ("a\u{1b}]0;evil\u{7}b", "ab"),
        ("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "alink"),
        ("a\u{1b}Pq\u{9c}b", "ab"),
        ("a\u{9b}2Jb", "ab"),
        ("a\u{1b}(Bb", "ab"),
        ("a\u{1b}cb", "ab"),
        // What does not end hides nothing.
        ("a\u{1b}]0;open", "a0;open"),
        ("a\u{1b}[31", "a"),
        ("a\u{1b}", "a"),
        ("one\r\ntwo\tthree", "one two three"),
        ("\u{202e}abc\u{202c}", "abc"),
    ] {
        assert_eq!(line(text), expected, "{text:?}");
    }
    assert_eq!(block("a\r\n\tb\u{2028}c"), "a\n\tb\nc");
}

#[test]
fn many_unfinished_strings_are_read_in_one_go() {
    // 400 KB that a search from each introducer would walk 200,000 times.
    let text = "\u{1b}]".repeat(200_000);
    assert_eq!(line(&text), "");
}

#[test]
fn cutting_keeps_clusters_whole() {
    for (text, max, expected) in [
        ("plain text", 7, "plain…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字漢字", 4, "漢…"),
        ("👩‍👩‍👧‍👦 family", 3, "👩‍👩‍👧‍👦…"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
    ] {
        assert_eq!(truncate(text, max, "…"), expected, "{text:?} to {max}");
    }
    assert_eq!(truncate_start("backlog/item.md", 8, "…"), "…item.md");
}

#[test]
fn wrapping_breaks_at_spaces_and_counts_lines() {
    let text = "one two three abcdefghijk";
    let (lines, more) = wrap(text, 8, 9);
    let pieces: Vec<&str> = lines.into_iter().map(|range| &text[range]).collect();
    assert_eq!(pieces, ["one two", "three", "abcdefgh", "ijk"]);
    assert!(!more);
    let (lines, more) = wrap(text, 8, 2);
    assert_eq!(lines.len(), 2);
    assert!(more);
}
