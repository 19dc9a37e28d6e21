//! Single rules, each with its table.

use std::borrow::Cow;

use crate::model::document::{Entry, Node, Value};
use crate::parse::position::{Line, Position};
use crate::parse::{Source, conflict, decode, parse, salvage, scalar, target, to_json};

#[test]
fn clean_text_is_not_copied() {
    let bytes = b"---\nid: 1\n---\n".to_vec();
    let before = bytes.as_ptr();
    let decoded = decode(bytes);
    assert_eq!(decoded.text.as_ptr(), before);
    assert!(!decoded.bom && decoded.problems.is_empty());
}

#[test]
fn what_is_not_text_is_replaced_and_reported() {
    type Row = (&'static [u8], &'static str, bool, &'static [Place]);
    type Place = (&'static str, u32, u32);
    let table: [Row; 8] = [
        (b"\xEF\xBB\xBFa", "a", true, &[]),
        (b"\xEF\xBB\xBF", "", true, &[]),
        (
            b"a\n\xC3\xA9b\xFFc\xFF",
            "a\néb\u{fffd}c\u{fffd}",
            false,
            &[("not-utf8", 2, 3)],
        ),
        (b"\xEF\xBB\xBF\xFF", "\u{fffd}", true, &[("not-utf8", 1, 1)]),
        (
            b"a\0b\0",
            "a\u{fffd}b\u{fffd}",
            false,
            &[("nul-byte", 1, 2)],
        ),
        (
            b"\0\n\xE9",
            "\u{fffd}\n\u{fffd}",
            false,
            &[("nul-byte", 1, 1), ("not-utf8", 2, 1)],
        ),
        (b"\xFF\xFEa\0\n\0", "a\n", true, &[("utf-16", 1, 1)]),
        (b"\xFE\xFF\xD8\x00", "\u{fffd}", true, &[("utf-16", 1, 1)]),
    ];
    for (bytes, text, bom, problems) in table {
        let decoded = decode(bytes.to_vec());
        assert_eq!((decoded.text.as_str(), decoded.bom), (text, bom));
        let found = decoded.problems.iter().map(|p| (p.code, p.line, p.col));
        assert!(found.eq(problems.iter().copied()), "{:?}", decoded.problems);
    }
}

#[test]
fn plain_scalars_are_what_they_look_like() {
    let table = [
        ("", Value::Null),
        ("~", Value::Null),
        ("NULL", Value::Null),
        ("nUll", Value::Text("nUll".into())),
        ("true", Value::Bool(true)),
        ("True", Value::Text("True".into())),
        ("0", Value::Int(0)),
        ("-0", Value::Text("-0".into())),
        ("-12", Value::Int(-12)),
        ("+1", Value::Text("+1".into())),
        ("01", Value::Text("01".into())),
        ("999999999999999", Value::Int(999_999_999_999_999)),
        ("1000000000000000", Value::Text("1000000000000000".into())),
        ("1.10", Value::Text("1.10".into())),
        ("1e3", Value::Text("1e3".into())),
        ("-", Value::Text("-".into())),
        ("１", Value::Text("１".into())),
    ];
    for (written, value) in table {
        assert_eq!(scalar::plain(Cow::Borrowed(written)), value, "{written}");
    }
}

#[test]
fn positions_are_the_same_in_any_order() {
    let text = "ab\né標\n\r\nend";
    let at = |offset: usize| {
        let before = &text[..offset];
        let line = before.matches('\n').count() as u32 + 7;
        let col = before.chars().rev().take_while(|c| *c != '\n').count() as u32 + 1;
        (line, col)
    };
    let offsets = text.char_indices().map(|(at, _)| at).collect::<Vec<_>>();
    let mut position = Position::new(text, 7);
    let mut line = Line::new(text, 7);
    for first in &offsets {
        for second in &offsets {
            for offset in [*first, *second] {
                assert_eq!(position.at(offset), at(offset));
                assert_eq!(line.at(offset), at(offset).0);
            }
        }
    }
    assert_eq!(position.at(1000), at(text.len()));
}

#[test]
fn lines_with_a_key_are_told_from_prose() {
    let table = [
        ("id: 1", Some(("id", 3))),
        ("id:", Some(("id", 3))),
        ("id:1", None),
        ("a b : c", Some(("a b", 5))),
        ("intent.author: x: y", Some(("intent.author", 14))),
        ("\"a: b\": c", Some(("a: b", 7))),
        ("'a' : c", Some(("a", 5))),
        ("\"a b: c", None),
        (" id: 1", None),
        ("# a: b", None),
        ("- a: b", None),
        ("[[a]]: b", None),
        ("http://x: y", Some(("http://x", 9))),
        ("", None),
        (": x", None),
        ("標題: x", Some(("標題", 7))),
    ];
    for (line, key) in table {
        assert_eq!(salvage::split_key(line), key, "{line}");
    }
}

#[test]
fn targets_name_files_or_nothing() {
    let wikilinks = [
        ("a", Some("a")),
        (" a b ", Some("a b")),
        ("a|b|c", Some("a")),
        ("a\\|b", Some("a")),
        ("a#h", Some("a#h")),
        ("#h", None),
        ("^block", None),
        ("", None),
        (" |x", None),
        ("https://a.b/c", None),
        ("Note: a", Some("Note: a")),
        ("a\nb", None),
    ];
    for (inner, name) in wikilinks {
        assert_eq!(target::wikilink(inner), name, "{inner}");
    }
    let destinations = [
        ("a.md", true),
        ("../a%20b.md#x", true),
        ("/a", true),
        ("C:/a.md", true),
        ("a/b:c.md", true),
        ("#x", false),
        ("", false),
        ("https://x", false),
        ("mailto:a@b", false),
        ("//host/a", false),
        ("?q", false),
        ("javascript:1", false),
    ];
    for (destination, local) in destinations {
        assert_eq!(target::is_local(destination), local, "{destination}");
    }
    assert!(target::is_local_markdown("a.MD#x") && !target::is_local_markdown("é"));
    assert!(!target::is_local_markdown("a.png") && !target::is_local_markdown("https://x/a.md"));
}

#[test]
fn conflicts_need_their_three_markers_in_order() {
    let whole = "a\n<<<<<<< x\nb\n=======\nc\n>>>>>>> y\nd\n";
    let found = conflict::find(whole);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].line, found[0].start), (2, 2));
    assert_eq!(&whole[found[0].end..], "d\n");
    assert_eq!(conflict::first_side(whole, false), "a\n\nb\n\n\n\nd\n");
    assert_eq!(conflict::first_side("b\r\n=======\r\nc", true), "b\r\n\n");
    for none in [
        "<<<<<<< x\nb\n>>>>>>> y\n",
        "=======\n<<<<<<< x\n>>>>>>> y\n",
        " <<<<<<< x\n=======\n>>>>>>> y\n",
        "<<<<<<<x\n=======\n>>>>>>> y\n",
        "<<<<<<<< x\n=======\n>>>>>>> y\n",
        "<<<<<<< x\n========\n>>>>>>> y\n",
    ] {
        assert_eq!(conflict::find(none), [], "{none}");
    }
    let two = whole.repeat(2);
    let decoded = decode(two.into_bytes());
    let document = parse(&decoded, Source::Markdown);
    assert!(document.conflicted);
    assert!(document.problems[0].message.starts_with("2 unresolved"));
}

#[test]
fn json_keeps_order_and_the_first_of_two_keys() {
    let entry = |key: &'static str, value: Value<'static>| Entry {
        key: Cow::Borrowed(key),
        line: 1,
        col: 1,
        node: node(value),
    };
    let entries = [
        entry("b", Value::Int(-3)),
        entry("a", Value::Text("q\"\n\u{1}é\u{2028}".into())),
        entry("b", Value::Null),
        entry(
            "",
            Value::List(vec![
                node(Value::Null),
                node(Value::Bool(false)),
                node(Value::Map(vec![
                    entry("x", Value::Text("1.10".into())),
                    entry("x", Value::Bool(true)),
                ])),
            ]),
        ),
        entry("e", Value::Map(Vec::new())),
    ];
    assert_eq!(
        to_json(&entries),
        "{\"b\":-3,\"a\":\"q\\\"\\n\\u0001é\u{2028}\",\"\":[null,false,{\"x\":\"1.10\"}],\"e\":{}}"
    );
    assert_eq!(to_json(&[]), "{}");
    let keys = (0..40).map(|n| format!("k{}", n % 20)).collect::<Vec<_>>();
    let many = keys
        .iter()
        .map(|key| Entry {
            key: Cow::Borrowed(key),
            line: 1,
            col: 1,
            node: node(Value::Null),
        })
        .collect::<Vec<_>>();
    assert_eq!(to_json(&many), to_json(&many[..20]));
}

fn node(value: Value<'_>) -> Node<'_> {
    Node {
        value,
        line: 1,
        col: 1,
    }
}

#[test]
fn many_keys_are_compared_as_few_are() {
    let lines = (0..100).map(|n| format!("key{}: {n}\n", n % 60));
    let text = format!("---\n{}---\n", lines.collect::<String>());
    let decoded = decode(text.into_bytes());
    let document = parse(&decoded, Source::Markdown);
    assert_eq!(document.frontmatter.len(), 60);
    assert!((0..60).all(|n| document.frontmatter[n].node.value == Value::Int(n as i64)));
    let places = document.problems.iter().map(|p| (p.code, p.line));
    assert!(places.eq((60..100).map(|n| ("duplicate-key", n + 2))));
}

#[test]
fn a_clean_text_of_values_is_borrowed() {
    let decoded = decode(b"---\nid: a\ntitle: \"b c\"\ntags: ['d', e]\n---\n[[f|g]]\n".to_vec());
    let document = parse(&decoded, Source::Markdown);
    let borrowed = |node: &Node<'_>| matches!(&node.value, Value::Text(Cow::Borrowed(_)));
    assert!(borrowed(&document.frontmatter[0].node));
    assert!(borrowed(&document.frontmatter[1].node));
    assert!(matches!(document.links[0].target, Cow::Borrowed("f")));
}
