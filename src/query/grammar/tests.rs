use proptest::prelude::*;

use crate::query::QueryError;
use crate::query::filter::{Filter, Op, Pattern, Term, Test, Value};
use crate::query::grammar::{alternatives, join, parse};

/// Any text, with the signs of the language more often than chance gives them.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-cA-C0-9 ,:=<>*\"\\\\.\\-ü]{0,12}",
        "\\PC{0,6}",
        Just("none".to_owned()),
        Just("not".to_owned()),
        Just("..".to_owned()),
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    (text(), any::<bool>(), any::<bool>()).prop_map(|(text, open_start, open_end)| Pattern {
        text,
        open_start,
        open_end,
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::None),
        pattern().prop_map(Value::One),
        (text(), text()).prop_map(|(from, to)| Value::Range {
            from: Some(from),
            to: Some(to)
        }),
        text().prop_map(|from| Value::Range {
            from: Some(from),
            to: None
        }),
        text().prop_map(|to| Value::Range {
            from: None,
            to: Some(to)
        }),
    ]
}

fn term() -> impl Strategy<Value = Term> {
    let name = || text().prop_filter("a name", |name| !name.is_empty());
    let sets = prop_oneof![Just(Op::Is), Just(Op::Equal)];
    let order = prop_oneof![
        Just(Op::Less),
        Just(Op::LessEqual),
        Just(Op::Greater),
        Just(Op::GreaterEqual)
    ];
    let test = prop_oneof![
        proptest::collection::vec(pattern(), 1..4).prop_map(Test::Words),
        (name(), sets, proptest::collection::vec(value(), 1..4))
            .prop_map(|(name, op, values)| Test::Field { name, op, values }),
        (name(), order, text()).prop_map(|(name, op, text)| Test::Field {
            name,
            op,
            values: vec![Value::One(Pattern::exact(text))],
        }),
    ];
    (any::<bool>(), test).prop_map(|(negated, test)| Term { negated, test })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(terms in proptest::collection::vec(term(), 0..5)) {
        let filter = Filter { terms };
        let printed = filter.to_string();
        prop_assert_eq!(parse(&printed), Ok(filter), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in text()) {
        match parse(&text) {
            Ok(filter) => prop_assert_eq!(parse(&filter.to_string()), Ok(filter)),
            Err(QueryError::Grammar { at, .. }) => prop_assert!(at <= text.chars().count()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn printed() {
    for (query, expected) in [
        (
            "  state:InProgress,Ready   kind:Task ",
            "state:InProgress,Ready kind:Task",
        ),
        ("-tag:wip", "-tag:wip"),
        ("not:tag:wip", "-tag:wip"),
        ("NOT:tag:wip", "-tag:wip"),
        ("priority:P0..P1", "priority:P0..P1"),
        ("updated:2026-01-01..", "updated:2026-01-01.."),
        ("updated:..2026-01-01", "updated:..2026-01-01"),
        ("updated>=2026-01-01", "updated>=2026-01-01"),
        ("updated:>=2026-01-01", "updated>=2026-01-01"),
        ("owner:none", "owner:none"),
        ("owner:\"none\"", "owner:\"none\""),
        ("owner!=amy", "-owner=amy"),
        ("\"free words\"", "\"free words\""),
        ("free words", "free words"),
        ("\"due date\":today", "\"due date\":today"),
        ("title:\"a b\"*", "title:\"a b\"*"),
        ("title:*", "title:*"),
        ("title:**", "title:*"),
        ("10:30", "\"10:30\""),
        ("a\\b", "\"a\\\\b\""),
        ("--x", "-\"-x\""),
        ("-", "\"-\""),
        ("intent.author:amy", "intent.author:amy"),
        ("text:a..b", "text:a..b"),
        ("a..b", "\"a..b\""),
    ] {
        let printed = parse(query).map(|filter| filter.to_string());
        assert_eq!(printed.as_deref(), Ok(expected), "{query}");
    }
}

#[test]
fn refused() {
    for (query, place, part) in [
        ("state:", 6, "needs a value"),
        ("a state: b", 8, "needs a value"),
        ("ü state:a,,b", 10, "needs a value"),
        ("updated:..", 8, "at least one end"),
        ("updated:a..b..c", 12, "two ends only"),
        ("updated:a*..b", 8, "cannot hold"),
        ("updated>=a,b", 11, "only one value"),
        ("updated>=a..b", 9, "one plain value"),
        ("title:\"a", 6, "not closed"),
        ("title:\"a\"b", 9, "must follow"),
        ("a,", 2, "missing beside the comma"),
        ("not: a", 4, "needs a term"),
    ] {
        match parse(query) {
            Err(QueryError::Grammar { at, message, .. }) => {
                assert_eq!(at, place, "{query}: {message}");
                assert!(message.contains(part), "{query}: {message}");
            }
            other => panic!("{query}: {other:?}"),
        }
    }
    assert!(parse(&"a ".repeat(101)).is_err());
    assert!(parse(&"a".repeat(20_000)).is_err());
    assert!(parse(&format!("a:{}b", "b,".repeat(500))).is_err());
}

#[test]
fn arguments() {
    let joined = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        join(&arguments)
    };
    assert_eq!(joined(&["is:open", "free words"]), "is:open \"free words\"");
    assert_eq!(joined(&["is:open kind:Task"]), "is:open kind:Task");
    assert_eq!(joined(&["title:\"a b\"", "x"]), "title:\"a b\" x");
}

#[test]
fn several_queries_are_parted_by_or_but_not_within_quotes() {
    for (text, queries) in [
        ("", &[""][..]),
        ("kind:Policy", &["kind:Policy"]),
        ("kind:Policy or  tag:x", &["kind:Policy", "tag:x"]),
        ("title:\"now or never\"", &["title:\"now or never\""]),
        (
            "title:\"a \\\" or b\" or c",
            &["title:\"a \\\" or b\"", "c"],
        ),
        ("a or or b or ", &["a", "b"]),
        ("for order or\u{a0}ü", &["for order", "ü"]),
        ("title:\"open or c", &["title:\"open or c"]),
    ] {
        assert_eq!(alternatives(text), queries, "{text}");
    }
}
