//! `sql`: right answers to honest questions, clear errors and no effects for the others.
//!
//! That an endless query ends at all shows the deadline: it is in the code, not in this test.

use std::fs;

use crate::support::answers::{VIEWS, cache_dir, rows};
use crate::support::tree::files;
use crate::support::{World, world};

#[test]
fn public_views_answer() {
    let world = World::backlog();
    for (view, _) in VIEWS {
        let count = rows(&world, &format!("SELECT count(*) FROM {view}"));
        assert!(count[0][0].is_number(), "{view}");
    }
    let meta = rows(&world, "SELECT value FROM meta WHERE key = 'generation'");
    assert_eq!(meta, [[serde_json::json!("1")]]);
    let done = rows(
        &world,
        "WITH t AS (SELECT * FROM items WHERE kind = 'Task') \
         SELECT phase, count(*) FROM t GROUP BY 1 ORDER BY 1",
    );
    assert_eq!(
        serde_json::json!(done),
        serde_json::json!([["active", 1], ["done", 1], ["open", 1]])
    );
    let piped = world.kanban(["sql", "SELECT id, title FROM items WHERE kind = 'Bug'"]);
    assert_eq!(
        piped.ok().stdout(),
        "id\ttitle\nDM-BUG-0001\tCharged twice: after a reload\n"
    );
}

#[test]
fn what_is_cut_is_said() {
    let world = World::backlog();
    let data = world
        .kanban(["--json", "sql", "-n", "2", "SELECT path FROM items"])
        .data();
    assert_eq!(data["truncated"], true);
    assert_eq!(data["rows"].as_array().map(Vec::len), Some(2));
}

/// Statements that must be refused before they run, or stopped while they do.
const ATTACKS: &[&str] = &[
    "ATTACH 'other.db' AS o",
    "ATTACH 'file:other.db?mode=rwc' AS o",
    "SELECT 1; ATTACH 'other.db' AS o",
    "DETACH main",
    "PRAGMA query_only = 0",
    "PRAGMA database_list",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM pragma_table_info('item')",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM item",
    "SELECT * FROM content",
    "SELECT * FROM fact",
    "SELECT (SELECT path FROM item LIMIT 1)",
    "DELETE FROM items",
    "INSERT INTO fact VALUES ('a', 'b')",
    "UPDATE item SET title = 'x'",
    "CREATE TABLE t (x)",
    "CREATE TEMP TABLE t (x)",
    "CREATE TEMP VIEW v AS SELECT 1",
    "DROP VIEW items",
    "VACUUM INTO 'other.db'",
    "REINDEX",
    "BEGIN",
    "COMMIT",
    "SELECT load_extension('x')",
    "SELECT writefile('other.db', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT printf('%.900000000c', 'x')",
    "SELECT format('%.900000000c', 'x')",
    "SELECT hex(zeroblob(900000000))",
    "SELECT randomblob(900000000)",
    "SELECT fts3_tokenizer('simple')",
    "SELECT replace(hex(zeroblob(400000)), '0', hex(zeroblob(400000)))",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n WHERE x < 0",
    "SELECT count(*) FROM fields a, fields b, fields c, fields d, fields e, fields f",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n ORDER BY hex(x)",
    "WITH a AS (SELECT 1) DELETE FROM items",
    "EXPLAIN SELECT 1",
    "SELECT max(a.value || b.value) FROM fields a, fields b, fields c, fields d, fields e",
    "SELECT 1 WHERE 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b'",
    "EXPLAIN DELETE FROM items",
    "",
    ";",
    "-- nothing",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "SELECT ?",
];

/// Of the attacks, those that may be answered, as they do no harm.
const HARMLESS: &[&str] = &[
    "SELECT 1 WHERE 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa' LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b'",
    "SELECT ?",
];

#[test]
fn a_comment_is_no_option() {
    let world = World::backlog();
    let run = world.kanban(["sql", "-- nothing"]).code(2);
    assert!(run.stderr().contains("there is no statement"), "{run}");
    let run = world.kanban(["sql", "-- one\nSELECT 1 AS one", "--format", "tsv"]);
    assert_eq!(run.ok().stdout(), "one\n1\n");
    let run = world.kanban(["sql", "--frmat=a b", "SELECT 1"]).code(2);
    assert!(run.stderr().contains("--frmat"), "{run}");
}

#[test]
fn attacks_end_in_a_clear_error_and_touch_nothing() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let cache = cache_dir(&world);
    let before = everything(&world, &cache);
    for attack in ATTACKS {
        let run = world.kanban(["--no-refresh", "--json", "sql", "--", attack]);
        let code = run.output.status.code();
        if HARMLESS.contains(attack) && code == Some(0) {
            continue;
        }
        let run = run.code(2);
        let error = &run.json()["error"];
        assert!(
            error["code"]
                .as_str()
                .is_some_and(|code| code.starts_with("sql-")),
            "{attack}\n{run}"
        );
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|message| message.len() > 10),
            "{attack}\n{run}"
        );
    }
    assert_eq!(everything(&world, &cache), before, "something was touched");
}

#[test]
fn an_attack_over_stdin_is_no_better() {
    use std::io::Write;
    use std::process::Stdio;
    let world = World::backlog();
    let mut child = world
        .command()
        .args(["sql", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = "ATTACH 'other.db' AS o";
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!world.root().join("other.db").exists());
}

/// Every file of the world with its size and content.
fn everything(world: &World, cache: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    [world.root(), cache, &world.beside("home")]
        .into_iter()
        .flat_map(|folder| {
            files(folder).into_iter().map(move |path| {
                let bytes = fs::read(folder.join(&path)).unwrap();
                (format!("{}/{path}", folder.display()), bytes)
            })
        })
        .collect()
}

#[test]
fn the_clock_of_sql_is_ours() {
    let world = World::backlog();
    let now = rows(&world, "SELECT value FROM meta WHERE key = 'projected_at'");
    let text = now[0][0].as_str().unwrap();
    assert!(text.starts_with(&world::NOW[..19]), "{text}");
}
