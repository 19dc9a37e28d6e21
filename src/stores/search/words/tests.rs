//! Tables of texts and their tokens, and laws that hold for every text.

use proptest::prelude::*;
use tantivy::tokenizer::TokenStream;

use crate::stores::search::fold::fold_whole;
use crate::stores::search::words::{Buffers, Kind, Words};

/// `token@position` for each token.
fn tokens(text: &str) -> Vec<String> {
    all(text)
        .into_iter()
        .map(|token| format!("{}@{}", token.text, token.position))
        .collect()
}

struct Seen {
    text: String,
    position: usize,
    from: usize,
    to: usize,
    length: usize,
    kind: Kind,
}

fn all(text: &str) -> Vec<Seen> {
    let mut buffers = Buffers::default();
    let mut words = Words::new(text, &mut buffers);
    let mut seen = Vec::new();
    while words.advance() {
        let kind = words.kind();
        let token = words.token();
        seen.push(Seen {
            text: token.text.clone(),
            position: token.position,
            from: token.offset_from,
            to: token.offset_to,
            length: token.position_length,
            kind,
        });
    }
    seen
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    let wanted = wanted.split(' ').filter(|token| !token.is_empty());
    assert_eq!(tokens(text), wanted.collect::<Vec<_>>(), "{text:?}");
}

#[test]
fn identifiers() {
    check("KABSD-FTR-0014", "kabsd@0 ftr@1 0014@2");
    check("ftr-0014", "ftr@0 0014@1");
    check("snake_case", "snake@0 case@1");
    check("1.0.21", "1@0 0@1 21@2");
    check("a/b.rs", "a@0 b@1 rs@2");
    check("src/stores/mod.rs", "src@0 stores@1 mod@2 rs@3");
    check("v1.2.3-rc1", "v1@0 2@1 3@2 rc1@3");
    check("don't", "don@0 t@1");
    check("2026-01-31T14:05", "2026@0 01@1 31t14@2 05@3");
}

#[test]
fn camel_case() {
    check("camelCase", "camelcase@0 camel@0 case@1");
    check("HTTPServer2", "httpserver2@0 http@0 server2@1");
    check("Server2Client", "server2client@0 server2@0 client@1");
    check(
        "oneTwoThree four",
        "onetwothree@0 one@0 two@1 three@2 four@3",
    );
    check("URLs Hello API iOS", "urls@0 hello@1 api@2 ios@3 i@3 os@4");
    check("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01arz3ndektsv4rrffq69g5fav@0");
    check("éléphantRose", "elephantrose@0 elephant@0 rose@1");
    check("приветМир", "приветмир@0 привет@0 мир@1");
}

#[test]
fn symbols() {
    check("C++ code", "c@0 c++@0 code@1");
    check("C++11, g++.", "c@0 c++@0 11@1 g@2 g++@2");
    check("C# F# a#b", "c@0 c#@0 f@1 f#@1 a@2 b@3");
    check("x #tag ## head", "x@0 tag@1 head@2");
    check(".NET and ASP.NET", "net@0 .net@0 and@1 asp@2 net@3 .net@3");
    check("example.net", "example@0 net@1");
    check("a+b a++b", "a@0 b@1 a@2 b@3");
}

#[test]
fn folding() {
    check("Café CAFÉ cafe\u{301}", "cafe@0 cafe@1 cafe@2");
    check("Straße Łódź Øre Ærø", "strasse@0 lodz@1 ore@2 aero@3");
    check("İstanbul ısı", "istanbul@0 isi@1");
    check("ﬁn Ａｂ１ m²", "fin@0 ab1@1 m2@2");
    check("Ёлка Йод Ки\u{457}в", "елка@0 иод@1 ки\u{456}в@2");
    check("Ἀθήνα ΟΔΟΣ ὁδός", "αθηνα@0 οδοσ@1 οδοσ@2");
    check("שָׁלוֹם שלום", "שלום@0 שלום@1");
    check("كِتَابٌ كتاب", "كتاب@0 كتاب@1");
    check("٣٤ ๓", "34@0 3@1");
    check(
        "soft\u{ad}hyphen zero\u{200d}width",
        "softhyphen@0 zerowidth@1",
    );
    check("हिन्दी", "हिन्दी@0");
}

#[test]
fn scripts_without_spaces() {
    check("東京都", "東京@0 京都@1 都@2");
    check("東", "東@0");
    check("検索tokyo東", "検索@0 索@1 tokyo@2 東@3");
    check("がガｶﾞか\u{3099}", "がガ@0 ガガ@1 ガが@2 が@3");
    check("한국어", "한국@0 국어@1 어@2");
    check("\u{1112}\u{1161}\u{11ab}국", "한국@0 국@1");
    check("ไทย", "ไท@0 ทย@1 ย@2");
    check("กำลัง ปู่", "กำ@0 ำลั@1 ลัง@2 ง@3 ปู่@4");
    check("東京。大阪", "東京@0 京@1 大阪@2 阪@3");
}

#[test]
fn emoji() {
    check("go 🚀 now", "go@0 🚀@1 now@2");
    check("👩‍💻 👍🏽 ❤️", "👩@0 💻@1 👍@2 ❤@3");
    check("🇩🇪🇫🇷", "🇩🇪@0 🇫🇷@1");
    check("✓ done → next", "✓@0 done@1 next@2");
}

#[test]
fn nothing() {
    for text in [
        "",
        " ",
        "--- *** ___",
        "\u{301}\u{301}",
        "…—–",
        "ـ",
        "\u{200b}",
    ] {
        check(text, "");
    }
}

#[test]
fn long_words_are_cut_and_none_of_them_is_lost() {
    let long = "a".repeat(250);
    let seen = all(&long);
    let lengths = seen.iter().map(|token| token.text.len());
    assert_eq!(lengths.collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(seen[2].position, 2);
    let wide = all(&"я".repeat(120));
    assert_eq!(
        wide.iter()
            .map(|token| token.text.chars().count())
            .sum::<usize>(),
        120
    );
}

#[test]
fn a_joined_word_is_as_long_as_its_parts() {
    let seen = all("getHTTPServer now");
    assert_eq!((seen[0].kind, seen[0].length), (Kind::Joined, 3));
    assert_eq!(seen.last().map(|token| token.position), Some(3));
}

#[test]
fn ranges_name_the_text() {
    let text = "Über C++ 東京 camelCase";
    let ranges = all(text)
        .into_iter()
        .map(|token| &text[token.from..token.to]);
    assert_eq!(
        ranges.collect::<Vec<_>>(),
        [
            "Über",
            "C",
            "C++",
            "東京",
            "京",
            "camelCase",
            "camel",
            "Case"
        ]
    );
}

/// Texts with much of what is special.
#[test]
fn a_lone_voiced_mark_is_no_word() {
    for text in ["\u{1f3fd}\n\u{ff9e}", "\u{1f3fd}\t\u{3099}", "a\u{ff9f}"] {
        let whole = fold_whole(text);
        assert_eq!(fold_whole(&whole), whole, "{text:?}");
    }
    // In kana it makes another sign.
    assert_eq!(fold_whole("\u{ff76}\u{ff9e}"), fold_whole("ガ"));
}

fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "C++",
        "c#",
        ".NET",
        "camelCase",
        "HTTPServer",
        "URLs",
        "é",
        "e\u{301}",
        "ß",
        "İ",
        "東",
        "京",
        "ﾞ",
        "ｶ",
        "한",
        "\u{1112}",
        "\u{1161}",
        "ก",
        "ำ",
        "่",
        "🚀",
        "🇩",
        "🏽",
        "\u{200d}",
        "\u{ad}",
        "-",
        "_",
        ".",
        "\n",
        " ",
        "\u{3099}",
        "א",
        "ָ",
        "ك",
        "ـ",
        "ﷺ",
        "A",
        "b",
        "7",
        "ǅ",
        "ⅷ",
        "½",
    ]);
    let piece = prop_oneof![
        3 => special.prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,12}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_tokens_in_order_and_in_bounds(text in any_text()) {
        let seen = all(&text);
        prop_assert!(seen.len() <= text.len() * 2);
        let mut position = 0;
        for token in &seen {
            prop_assert!(token.from < token.to);
            prop_assert!(text.get(token.from..token.to).is_some());
            prop_assert!(!token.text.is_empty());
            prop_assert!(token.position == position || token.position == position + 1 || token.position == 0);
            position = token.position;
        }
    }

    #[test]
    fn folded_text_has_the_same_words(text in any_text()) {
        // Case, accents and compatibility forms make no difference; only the humps of camel case do.
        let plain = |text: &str| {
            let parts = all(text).into_iter().filter(|token| token.kind == Kind::Word);
            parts.map(|token| token.text).collect::<Vec<_>>()
        };
        for word in plain(&text) {
            prop_assert_eq!(plain(&word).concat(), word.clone(), "{}", word);
        }
        let whole = fold_whole(&text);
        prop_assert_eq!(fold_whole(&whole), whole);
    }

    #[test]
    fn words_around_a_word_do_not_change_it(text in any_text()) {
        let alone = tokens(&text);
        let framed = tokens(&format!("x {text} y"));
        prop_assert_eq!(framed.len(), alone.len() + 2);
        for (a, b) in alone.iter().zip(&framed[1..]) {
            prop_assert_eq!(a.rsplit_once('@').map(|(text, _)| text), b.rsplit_once('@').map(|(text, _)| text));
        }
    }
}
