use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::query::open;
use crate::query::sql::dialect::Dialect;
use crate::query::sql::{self, Binds, distinct};
use crate::query::tests::{Row, database, run};

/// What the walk finds, and whether that is all.
fn walked(rows: &[Row], column: &str) -> (bool, Vec<String>) {
    let dir = database(rows);
    let text = distinct::values(Dialect::Sqlite, column).expect("a column of the index");
    run(async {
        let mut reader = open(dir.path()).await.expect("a reader");
        sql::one(&mut reader, text, Binds::default())
            .await
            .expect("an answer")
    })
}

fn rows(states: &[(String, String, String)]) -> Vec<Row> {
    let made = states
        .iter()
        .enumerate()
        .map(|(at, (state, kind, word))| Row {
            path: format!("{at}.md"),
            phase: ["", "open", "done"][at % 3].to_owned(),
            state: state.clone(),
            kind: kind.clone(),
            priority: word.clone(),
            rank: (!word.is_empty() && at % 2 == 0).then_some(at as i64),
            ..Row::default()
        });
    made.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The walk finds what a scan finds.
    #[test]
    fn every_value_is_found(
        states in prop::collection::vec(("[ab ]{0,2}", "[abü]{0,1}", "[ab]{0,1}"), 0..20)
    ) {
        let rows = rows(&states);
        for (column, value) in [
            ("state", (|row| &row.state) as fn(&Row) -> &String),
            ("kind", |row| &row.kind),
            ("priority", |row| &row.priority),
        ] {
            let wanted: BTreeSet<&String> =
                rows.iter().map(value).filter(|value| !value.is_empty()).collect();
            let (complete, found) = walked(&rows, column);
            prop_assert!(complete);
            prop_assert_eq!(found.len(), wanted.len());
            prop_assert_eq!(found.iter().collect::<BTreeSet<_>>(), wanted);
        }
    }
}

#[test]
fn too_many_values_are_told() {
    let states: Vec<_> = (0..3_000)
        .map(|at| (format!("s{at}"), String::new(), String::new()))
        .collect();
    let (complete, _) = walked(&rows(&states), "state");
    assert!(!complete);
    assert_eq!(distinct::values(Dialect::Sqlite, "owner"), None);
}
