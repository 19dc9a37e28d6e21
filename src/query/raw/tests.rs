use std::path::Path;
use std::time::{Duration, Instant};

use crate::query::QueryError;
use crate::query::raw::{Bounds, sql};
use crate::query::tests::{database, row, sample};
use crate::query::view::SqlView;

/// Long enough for every statement that is meant to end, on any machine.
const PATIENT: Bounds = Bounds {
    rows: 1_000,
    deadline: Duration::from_secs(20),
};
/// Short, for the statements that are not.
const SHORT: Bounds = Bounds {
    rows: 1_000,
    deadline: Duration::from_millis(200),
};

fn ask(dir: &Path, statement: &str) -> Result<SqlView, QueryError> {
    sql(dir, statement, &PATIENT)
}

fn code(dir: &Path, statement: &str, bounds: &Bounds) -> &'static str {
    match sql(dir, statement, bounds) {
        Ok(_) => "answered",
        Err(error) => error.code(),
    }
}

/// The answer as lines of JSON values.
fn lines(dir: &Path, statement: &str) -> String {
    let view = ask(dir, statement).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let rows = view.rows.iter().map(|row| {
        row.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_agents_need_works() {
    let dir = sample();
    for (statement, expected) in [
        ("SELECT count(*) FROM items", "7"),
        ("SELECT count(*) FROM people", "4"),
        ("SELECT count(*) FROM tags", "4"),
        ("SELECT count(*) FROM links", "6"),
        ("SELECT count(*) FROM entries", "1"),
        ("SELECT count(*) FROM checks", "1"),
        ("SELECT count(*) FROM sections", "1"),
        ("SELECT count(*) FROM fields", "8"),
        ("SELECT count(*) FROM problems", "4"),
        ("SELECT count(*) FROM meta", "1"),
        ("select ID from Items where ID = 'T-1';", "\"T-1\""),
        (
            "SELECT id FROM main.\"items\" WHERE path LIKE 'keps/%' -- done",
            "\"KEP-1\"",
        ),
        (
            "WITH x AS (SELECT id FROM items) SELECT count(*) FROM x",
            "7",
        ),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) \
             SELECT group_concat(i, ';') FROM n",
            "\"1;2;3\"",
        ),
        (
            "SELECT id, row_number() OVER (ORDER BY id) FROM items WHERE id GLOB 'T-*'",
            "\"T-1\" 1\n\"T-2\" 2",
        ),
        (
            "SELECT frontmatter ->> '$.external.jira_key' FROM items WHERE id = 'T-1'",
            "\"J-1\"",
        ),
        (
            "SELECT json_group_array(e.value) FROM json_each('[1,2]') e",
            "\"[1,2]\"",
        ),
        ("SELECT count(*) FROM json_tree('[1,[2]]')", "4"),
        ("SELECT text, done FROM checks", "\"## \" 1"),
        (
            "SELECT title, level FROM sections WHERE text LIKE '%word%' OR 1",
            "\"Log\" 2",
        ),
        (
            "SELECT value FROM fields WHERE key = 'list.name'",
            "\"a\"\n\"b\"",
        ),
        (
            "SELECT s.id FROM links l JOIN items s ON s.path = l.target_path \
             WHERE l.rel = 'blocks'",
            "\"T-2\"",
        ),
        (
            "SELECT x'00ff', 1.5, 9e999, NULL, 'a'",
            "\"00ff\" 1.5 \"inf\" null \"a\"",
        ),
        ("SELECT date('2026-01-31', '+1 day')", "\"2026-02-01\""),
        (
            "SELECT upper(trim(' a ')) || replace('aa', 'a', 'b')",
            "\"Abb\"",
        ),
        ("SELECT 'items' AS \"not a table\"", "\"items\""),
        (
            "SELECT max(items.path) FROM items AS items",
            "\"tasks/two.md\"",
        ),
        (
            "SELECT (SELECT count(*) FROM tags t WHERE t.path = i.path) FROM items i WHERE id = 'T-1'",
            "2",
        ),
    ] {
        assert_eq!(lines(dir.path(), statement), expected, "{statement}");
    }
}

#[test]
fn attacks_end_in_an_error_and_change_nothing() {
    let dir = sample();
    let file = dir.path().join("cache.db");
    let before = std::fs::read(&file).expect("the cache");
    let other = dir.path().join("other.db");
    let attach = format!("ATTACH '{}' AS o", other.display());
    let vacuum = format!("VACUUM INTO '{}'", other.display());
    for (statement, expected) in [
        (attach.as_str(), "sql-denied"),
        (vacuum.as_str(), "sql-denied"),
        ("DETACH main", "sql-denied"),
        ("PRAGMA query_only = 0", "sql-denied"),
        ("PRAGMA database_list", "sql-denied"),
        ("SELECT * FROM pragma_table_info('item')", "sql-denied"),
        ("SELECT * FROM pragma_database_list", "sql-denied"),
        ("SELECT count(*) FROM pragma_database_list", "sql-denied"),
        ("SELECT count(*) FROM dbstat", "sql-denied"),
        ("SELECT * FROM sqlite_master", "sql-denied"),
        ("SELECT count(*) FROM sqlite_schema", "sql-denied"),
        ("SELECT * FROM sqlite_temp_master", "sql-denied"),
        ("SELECT * FROM item", "sql-denied"),
        ("SELECT count(*) FROM item", "sql-denied"),
        ("SELECT 1 FROM main.content", "sql-denied"),
        ("SELECT * FROM file", "sql-denied"),
        ("SELECT * FROM items JOIN name", "sql-denied"),
        ("SELECT (SELECT body FROM content) FROM items", "sql-denied"),
        (
            "WITH x AS (SELECT * FROM item) SELECT * FROM x",
            "sql-denied",
        ),
        // A common table in the name of a view: see `tokens`.
        (
            "WITH items AS (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH ITEMS AS (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH \"items\" AS (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH 'items'(a) AS (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH [items]AS(SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH `items` AS MATERIALIZED (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH x AS (SELECT 1), items AS NOT MATERIALIZED (SELECT title FROM item) \
          SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH items/**/AS--\n(SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH \u{feff}items AS (SELECT title FROM item) SELECT * FROM items",
            "sql-denied",
        ),
        (
            "WITH fields_walk AS (SELECT * FROM content) SELECT * FROM fields_walk",
            "sql-denied",
        ),
        (
            "SELECT * FROM (WITH tags AS (SELECT tag FROM tag) SELECT * FROM tags)",
            "sql-denied",
        ),
        (
            "SELECT * FROM (SELECT title FROM item) AS items",
            "sql-denied",
        ),
        ("SELECT printf('%.900000000c', 'x')", "sql-denied"),
        ("SELECT format('%.900000000c', 'x')", "sql-denied"),
        ("SELECT randomblob(900000000)", "sql-denied"),
        ("SELECT zeroblob(900000000)", "sql-denied"),
        ("SELECT load_extension('/x.so')", "sql-denied"),
        ("SELECT fts3_tokenizer('simple')", "sql-denied"),
        ("SELECT sqlite_version()", "sql-denied"),
        ("SELECT readfile('/etc/passwd')", "sql-syntax"),
        ("INSERT INTO tag VALUES (1, 'x')", "sql-denied"),
        ("DELETE FROM items", "sql-denied"),
        ("UPDATE item SET title = 'x'", "sql-denied"),
        ("DROP TABLE item", "sql-denied"),
        ("CREATE TEMP TABLE x(a)", "sql-denied"),
        ("CREATE TEMP VIEW x AS SELECT * FROM item", "sql-denied"),
        ("CREATE VIRTUAL TABLE x USING fts5(a)", "sql-denied"),
        ("BEGIN", "sql-denied"),
        ("SAVEPOINT x", "sql-denied"),
        ("ANALYZE", "sql-denied"),
        ("REINDEX", "sql-denied"),
        ("SELECT 1; DROP TABLE item", "sql-not-one-statement"),
        ("SELECT 1;; SELECT 2", "sql-not-one-statement"),
        (
            "SELECT 1 /* ; */ ; /* x */ SELECT 2",
            "sql-not-one-statement",
        ),
        ("", "sql-not-one-statement"),
        (" ; ", "sql-not-one-statement"),
        ("-- SELECT 1", "sql-not-one-statement"),
        ("/* SELECT 1", "sql-not-one-statement"),
        ("SELECT 1\0; DROP TABLE item", "sql-syntax"),
        ("SELEC 1", "sql-syntax"),
        ("SELECT", "sql-syntax"),
        ("EXPLAIN SELECT 1", "sql-denied"),
        ("explain query plan SELECT 1", "sql-denied"),
        ("WITH a AS (SELECT 1) DELETE FROM items", "sql-denied"),
        (
            "WITH a(x) AS NOT MATERIALIZED (SELECT 1), b AS (SELECT 2) REPLACE INTO items SELECT 1",
            "sql-denied",
        ),
        (
            "WITH RECURSIVE \"delete\"(x) AS (SELECT 1) SELECT replace(x, 1, 2) FROM \"delete\"",
            "answered",
        ),
        ("SELECT 'a", "sql-syntax"),
        ("SELECT \"no such\" FROM items", "sql-syntax"),
        ("ünïcode ☃", "sql-syntax"),
        ("SELECT * FROM itms", "sql-syntax"),
        (
            "SELECT replace(hex(x'00'), '0', replace(hex(x'00'), '0', 'x', 'y'))",
            "sql-syntax",
        ),
    ] {
        assert_eq!(
            code(dir.path(), statement, &PATIENT),
            expected,
            "{statement}"
        );
    }
    let long = format!("SELECT '{}'", "x".repeat(30_000));
    assert_eq!(code(dir.path(), &long, &PATIENT), "sql-too-large");
    let after = std::fs::read(&file).expect("the cache");
    assert!(before == after, "the cache was changed");
    // SQLite's own two files beside the database are a reader's.
    let files = std::fs::read_dir(dir.path()).expect("the folder");
    let strange = files.filter(|file| {
        let name = file.as_ref().expect("a file").file_name();
        !["cache.db", "cache.db-wal", "cache.db-shm"].contains(&name.to_str().expect("a name"))
    });
    assert_eq!(strange.count(), 0, "a file was made");
}

#[test]
fn what_would_not_end_is_stopped() {
    let dir = sample();
    // 30 s is a guard against hanging, not a measurement.
    let start = Instant::now();
    for statement in [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
         SELECT count(*) FROM n a, n b, n c, n d, n e",
        // One call of a built-in function that nothing can interrupt.
        "WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d WHERE length(s) < 8e5), \
         m(s) AS (SELECT max(s) FROM d) SELECT instr(s, substr(s, 500000) || 'b') FROM m",
    ] {
        assert_eq!(
            code(dir.path(), statement, &SHORT),
            "sql-deadline",
            "{statement}"
        );
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn values_and_answers_are_bounded() {
    let dir = sample();
    for statement in [
        "WITH RECURSIVE d(s) AS (SELECT 'aaaa' UNION ALL SELECT replace(s, 'a', 'aaaa') FROM d) \
         SELECT max(length(s)) FROM d",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e6) \
         SELECT length(group_concat(hex('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'))) FROM n",
    ] {
        assert_eq!(
            code(dir.path(), statement, &PATIENT),
            "sql-too-large",
            "{statement}"
        );
    }
    let wide = format!("SELECT {}1", "1, ".repeat(250));
    assert_eq!(code(dir.path(), &wide, &PATIENT), "sql-too-large");
    let deep = format!("SELECT {}1", "1 + ".repeat(500));
    assert_eq!(code(dir.path(), &deep, &PATIENT), "sql-too-large");

    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let view = ask(dir.path(), many).expect("rows");
    assert_eq!((view.rows.len(), view.truncated), (1_000, true));
    let bounds = Bounds { rows: 5, ..PATIENT };
    let view = sql(dir.path(), "SELECT path FROM items LIMIT 5", &bounds).expect("rows");
    assert_eq!((view.rows.len(), view.truncated), (5, false));
    let bounds = Bounds {
        rows: u64::MAX,
        ..PATIENT
    };
    let view = sql(dir.path(), many, &bounds).expect("rows");
    assert_eq!((view.rows.len(), view.truncated), (100_000, true));
    let long = "SELECT substr(hex(body) || replace(hex(body), '0', hex(body)), 1, 200000) || '' \
                FROM items, json_each('[1,2,3,4,5,6,7,8,9]')";
    let view = ask(dir.path(), long).expect("rows");
    assert!(!view.truncated);
}

#[test]
fn a_statement_that_ends_too_early_is_wrong_at_its_end() {
    let dir = sample();
    match ask(dir.path(), "select ") {
        Err(QueryError::Sql { at, .. }) => assert_eq!(at, Some(6)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn big_bodies_can_be_read_in_parts() {
    let mut item = row("path=big.md");
    item.body = "ü".repeat(900_000);
    let dir = database(&[item]);
    assert_eq!(
        lines(dir.path(), "SELECT length(body) FROM items"),
        "900000"
    );
    assert_eq!(
        code(dir.path(), "SELECT body FROM items", &PATIENT),
        "sql-too-large"
    );
    assert_eq!(
        lines(dir.path(), "SELECT substr(body, 1, 2) FROM items"),
        "\"üü\""
    );
}

#[test]
fn errors_say_where_and_what() {
    let dir = sample();
    let error = ask(dir.path(), "SELECT 'ü', FROM items").expect_err("a syntax error");
    assert_eq!(error.to_string(), "near \"FROM\": syntax error");
    assert!(
        matches!(error, QueryError::Sql { at: Some(12), .. }),
        "{error:?}"
    );
    let error = ask(dir.path(), "SELECT * FROM itms").expect_err("no table");
    assert_eq!(error.hint().as_deref(), Some("did you mean `items`?"));
    let error = ask(dir.path(), "SELECT * FROM item").expect_err("a private table");
    assert_eq!(error.to_string(), "`item` is none of the public views");
    let missing = tempfile::tempdir().expect("a folder");
    let error = ask(missing.path(), "SELECT 1").expect_err("no cache");
    assert_eq!(error.code(), "cache-unreadable");
}

/// What is not running can be read: nothing is written beside the database.
#[test]
fn a_read_only_folder_is_enough() {
    let dir = sample();
    let mut permissions = std::fs::metadata(dir.path())
        .expect("a folder")
        .permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(dir.path(), permissions.clone()).expect("read-only");
    let count = lines(dir.path(), "SELECT count(*) FROM items");
    #[expect(
        clippy::permissions_set_readonly_false,
        reason = "a folder of this test, so that it can be removed again"
    )]
    permissions.set_readonly(false);
    std::fs::set_permissions(dir.path(), permissions).expect("writable");
    assert_eq!(count, "7");
}
