//! docs/sql.md and docs/query.md against the code.

use rusqlite::Connection;

use crate::query::field;
use crate::query::raw::{Bounds, sql};
use crate::query::tests::sample;

const SQL: &str = include_str!("../../../docs/sql.md");
const QUERY: &str = include_str!("../../../docs/query.md");

/// The views of the document with the first two columns of their tables.
fn documented() -> Vec<(String, Vec<(String, String)>)> {
    let views = SQL
        .split("\n## ")
        .find(|part| part.starts_with("Views"))
        .expect("the views");
    let parts = views.split("\n### ").skip(1);
    parts
        .map(|part| {
            let (name, text) = part.split_once('\n').expect("a view");
            let rows = text.lines().filter(|line| line.starts_with("| "));
            let columns = rows.skip(1).map(|line| {
                let mut cells = line.split('|').skip(1).map(|cell| cell.trim().to_owned());
                (
                    cells.next().expect("a column"),
                    cells.next().expect("a type"),
                )
            });
            (name.trim().to_owned(), columns.collect())
        })
        .collect()
}

#[test]
fn every_view_is_documented_with_its_columns() {
    let dir = sample();
    let conn = Connection::open(dir.path().join("cache.db")).expect("the cache");
    let names = |statement: &str| -> Vec<String> {
        let mut found = conn.prepare(statement).expect("a statement");
        let rows = found.query_map([], |row| row.get(0)).expect("rows");
        rows.collect::<Result<_, _>>().expect("names")
    };
    let documented = documented();
    let mut views: Vec<String> = documented.iter().map(|(name, _)| name.clone()).collect();
    views.sort();
    assert_eq!(
        views,
        names("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")
    );
    for (view, columns) in &documented {
        let written: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
        let real = names(&format!("SELECT name FROM pragma_table_info('{view}')"));
        assert_eq!(written, real.iter().collect::<Vec<_>>(), "{view}");
        for (column, kind) in columns {
            let found = names(&format!(
                "SELECT DISTINCT typeof({column}) FROM {view} WHERE {column} IS NOT NULL"
            ));
            assert!(
                found.is_empty() || found == [kind.as_str()],
                "{view}.{column}: {found:?}"
            );
        }
    }
}

#[test]
fn every_example_runs() {
    let dir = sample();
    let examples: Vec<&str> = SQL
        .split("```sql\n")
        .skip(1)
        .map(|part| part.split("\n```").next().unwrap_or_default())
        .collect();
    assert!(examples.len() >= 8);
    for example in examples {
        let answer = sql(dir.path(), example, &Bounds::default());
        assert!(answer.is_ok(), "{example}: {answer:?}");
    }
}

#[test]
fn every_field_and_word_is_documented() {
    let words = field::names().chain(field::THINGS.iter().copied());
    for word in words
        .chain(field::PHASES.iter().copied())
        .chain(field::STATUSES.iter().copied())
    {
        let other = word.strip_suffix('s').unwrap_or(word);
        let told = QUERY.contains(&format!("`{word}`")) || QUERY.contains(&format!("`{other}`"));
        assert!(told || word == "link" || word == "people", "{word}");
    }
    for word in field::STATES {
        assert!(QUERY.contains(&format!("`is:{word}`")), "is:{word}");
    }
}
