use std::collections::HashMap;

use proptest::prelude::*;

use crate::query::field::Field;
use crate::query::grammar::parse;
use crate::query::sql::dialect::Dialect;
use crate::query::sql::filter::{Context, condition};
use crate::query::sql::{Bind, Binds};

/// The condition of a query and its binds.
fn compiled(query: &str) -> (String, Vec<Bind>) {
    let extra = HashMap::from([("size".to_owned(), Field::Key("size".to_owned()))]);
    let states = ["In Progress", "in-progress", "Done"].map(str::to_owned);
    let context = Context {
        dialect: Dialect::Sqlite,
        now: "2026-03-10",
        extra: &extra,
        ranks: &[("P0".to_owned(), 0), ("P2".to_owned(), 2)],
        values: &HashMap::from([("state", states.to_vec())]),
        outbox: None,
    };
    let mut binds = Binds::default();
    let filter = parse(query).expect("a query");
    let text = condition(&filter, &context, &mut binds).expect("a condition");
    (text, binds.values.clone())
}

#[test]
fn conditions() {
    let text = |text: &str| Bind::Text(text.to_owned());
    for (query, expected, binds) in [
        ("", "TRUE", vec![]),
        ("phase:Open", "((i.phase = $1))", vec![text("open")]),
        (
            "-is:closed",
            "((i.phase IN ('done', 'dropped'))) IS NOT TRUE",
            vec![],
        ),
        (
            "kind:a,b priority:c",
            "(((i.kind COLLATE LOOSE = $1) OR (i.kind COLLATE LOOSE = $2))) \
             AND ((i.priority COLLATE LOOSE = $3))",
            vec![text("a"), text("b"), text("c")],
        ),
        (
            "state:inprogress,odd -state:done",
            "(((i.state IN ($1, $2)) OR (FALSE))) \
             AND ((i.state IN ($3))) IS NOT TRUE",
            vec![text("In Progress"), text("in-progress"), text("Done")],
        ),
        ("id:ü", "((i.id COLLATE FOLD = $1))", vec![text("ü")]),
        (
            "title:5%",
            "(((i.title LIKE $1 ESCAPE '\\')))",
            vec![text("%5\\%%")],
        ),
        (
            "priority:p2..P0",
            "((i.priority_rank BETWEEN $1 AND $2))",
            vec![Bind::Int(0), Bind::Int(2)],
        ),
        (
            "priority>P2",
            "((i.priority_rank > $1))",
            vec![Bind::Int(2)],
        ),
        (
            "due:..tomorrow",
            "((i.due <= $2 AND i.due >= '0'))",
            vec![text("2026-03-11"), text("2026-03-11\u{10FFFF}")],
        ),
        ("owner:none", "((i.owner IS NULL))", vec![]),
    ] {
        assert_eq!(compiled(query), (expected.to_owned(), binds), "{query}");
    }
}

#[test]
fn dates_that_are_none_are_refused() {
    for (query, hint) in [
        ("updated:2026-13-01", "write `2026-01-31`"),
        ("updated:2026-02-30..", "write `2026-01-31`"),
        ("due:soon", "write `2026-01-31`"),
        ("due:2026-03..2025", "write `due:2025..2026-03`"),
    ] {
        let context = Context {
            dialect: Dialect::Sqlite,
            now: "2026-03-10",
            extra: &HashMap::new(),
            ranks: &[],
            values: &HashMap::new(),
            outbox: None,
        };
        let filter = parse(query).expect("a query");
        let error = condition(&filter, &context, &mut Binds::default()).expect_err("no date");
        assert!(
            error.hint().expect("a hint").starts_with(hint),
            "{query}: {error:?}"
        );
    }
    compiled("updated:2026-02..2026 due:2024-02-29");
}

proptest! {
    /// What a user writes is bound and never part of the statement.
    #[test]
    fn no_word_of_the_user_is_in_the_text(
        name in proptest::sample::select(vec![
            "id", "kind", "title", "path", "tag", "owner", "parent", "under", "links", "problem",
            "priority", "body", "size", "text", "content_hash",
        ]),
        word in "[a-z]'; (DROP|--) [a-z]{1,4}Q",
        open in any::<bool>(),
    ) {
        let (text, binds) = compiled(&format!("{name}:\"{word}\"{}", if open { "*" } else { "" }));
        prop_assert!(!text.contains("';") && !text.contains('Q'), "{}", text);
        prop_assert!(!binds.is_empty());
    }
}
