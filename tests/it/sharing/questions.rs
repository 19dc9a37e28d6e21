//! One contract for both stores: every question gets the same answer from SQLite and from Postgres.

use serde_json::Value;

use crate::sharing::{CONFIG, level, share, task};
use crate::support::World;
use crate::support::answers::assert_contract;
use crate::support::pg::{self, ADMIN, Database};

/// A tree of what is hard: other scripts, quotes, two items of one id, circles, links to nowhere.
const TRICKY: &str = r##"
--- notes/Ünïcode Straße.md
---
id: Ü-1
title: "Größe ändern: ΟΔΟΣ İstanbul"
state: In Progress
priority: P1
owner: Änne
tags: [Straße, 日本語, "it's", Größe]
assignees: [Änne, ádám]
due: 2026-03-01
updated: 2026-02-10
size: 12
external:
  jira_key: ABC-7
  flag: true
  n: [1, two, 3.5]
---
# Größe

See [[ü-1]] and [[missing thing]] and [other](o'brien.md).

- [ ] a check
- [x] done "quoted"

検索エンジンの日本語テスト。全文検索。

100% sure_thing C++ and .NET naïve café
--- notes/o'brien.md
---
id: OB-010
title: O'Brien's "plan" 100% \ back
state: in-progress
parent: Ü-1
priority: P3
due: 2026-03
created: 2026-01-31
tags: [STRASSE, a_b]
aliases: [obi, "Old Name"]
uid: 01ARZ3NDEKTSV4RRFFQ69G5FAV
external: {jira_key: xyz-1}
size: 9
---
body o'brien 100%
--- notes/dup1.md
---
id: DUP-1
title: dup one task-9
state: Done
parent: OB-010
size: 100
---
first
--- notes/dup2.md
---
id: DUP-1
title: dup two task-10
state: To Do
parent: nowhere
relates: [DUP-1, OB-010]
blocks: [Ü-1]
size: "-5"
uid: 01ARZ3NDEKTSV4RRFFQ69G5FAW
---
second cache cacheing
--- notes/cyc1.md
---
id: CY-1
title: Cycle 1
state: open
parent: CY-2
size: "--3"
---
--- notes/cyc2.md
---
id: CY-2
title: Cycle 2
state: open
parent: CY-1
size: 007
---
--- notes/broken.md
---
id: BR-1
title: [unclosed
---
broken body
--- notes/plain.md
# Just a note

no frontmatter, task-0009 and Task-10
--- notes/numbers.md
---
title: 12345678901234567890123456789012345678901234567890 big
state: In Progress
size: 1.5
---
😀 emoji 🇩🇪
"##;

/// A line each; words are parted by spaces, `%` within one stands for a space.
const QUESTIONS: &str = r#"
list -n 0
list -n 3 --offset 2
list --sort id
list --sort -title
list --sort state,-priority
list --sort kind,path
list --sort owner
list --sort area,iteration
list --sort parent
list --sort created
list --sort -updated
list --sort due
list --sort uid
list --sort preset,status
list is:open
list -- -is:closed
list is:overdue
list is:orphan
list is:root
list is:leaf
list is:invalid
list state:inprogress
list state:in-progress,done
list state:in*
list state>d
list kind:bug
list priority:p1..p3
list priority>p1
list priority:none
list owner:änne
list owner:none
list person:ádám
list assignee:Änne
list tag:straße
list tag:STRASSE
list tag:größ*
list tag:none
list title:größe
list title:o'brien
list id:ob-010
list id>ob-009
list uid:01ARZ*
list path:notes
list path:*brien*
list under:ü-1
list parent:OB-010
list blocks:ü-1
list blocked_by:DUP-1
list relates:none
list links:ob-010
list has:check
list has:children
list has:backlink
list has:alias
list has:external.jira_key
list -- -has:backlink
list external.jira_key:ABC*
list external.flag:true
list external.n:two
list size>10
list size:-5
list size<0
list size:9..13
list size:none
list due<2026-04
list due:2026-03
list problem:*
list severity:warning
list severity:none
list content_hash:0*
list body:検索
list 日本語
list body:NAÏVE
list text:cache,map
list nosuch:1
list state:nosuch
list tag:nosuch
list parent:nosuch
board
board --by kind
board --by priority
board --by tag
board --by assignee
board --by parent
board --by due
board --by phase
board --by problem
board --by size
board --by external.jira_key
board is:open --by area
board --by nosuch
tree
tree OB-010
tree CY-1
tree LTN-EPIC-0001
check
check is:open
check -n 2
show OB-010
show ü-1
show DUP-1
show obi
show OLD%NAME
show 01arz3ndek
show 01ARZ3NDEKTSV4RRFFQ69G5FAV
show o'brien
show notes/cyc1.md
show ./notes/broken.md
show numbers
show LTN-EPIC-0001
show LTN-TSK-0005
show nope
search cache
search ob-010
search ob010
search Größe
search grosse
search 日本語
search 検
search 全文検索
search o'brien
search c++
search .net
search 😀
search cache%-git
search shading%OR%検索
search "wi-fi%changes"
search naive
search cac*
search -cache
search !!!
search old%name
search map is:open
search LTN-TSK-0011
search ltntsk0011
search \'
"#;

fn ask(world: &World, store: &str, question: &str) -> Value {
    let words = question.split(' ').map(|word| word.replace('%', " "));
    let mut args = vec!["--json".to_owned(), "--store".to_owned(), store.to_owned()];
    args.extend(words);
    let run = world.kanban(&args).seen();
    let command = question.split(' ').next().unwrap();
    assert_contract(&run, command);
    let mut answer = run.json();
    if command == "search" {
        comparable(&mut answer["data"]);
    }
    // Where it comes from differs, what it says does not.
    serde_json::json!([answer["data"], answer["error"], answer["warnings"]])
}

/// Ranking may differ, and words near to those asked for are found by the search index alone.
fn comparable(found: &mut Value) {
    if found["pass"] == "fuzzy" || found["total"] == 0 {
        *found = Value::Null;
        return;
    }
    let hits = found["hits"].as_array_mut().unwrap();
    for hit in hits.iter_mut() {
        hit["score"] = Value::Null;
    }
    hits.sort_by_key(|hit| hit["path"].as_str().unwrap().to_owned());
}

fn holds(world: World, database: &Database) {
    let world = share(world, database);
    // What is blotted out locally stays, so nothing may be.
    world.write(
        "kanban.toml",
        format!("{CONFIG}[redaction]\ndetectors = []\n"),
    );
    world.commit("open");
    level(&world);
    let mut found = 0;
    for question in QUESTIONS.lines().filter(|line| !line.is_empty()) {
        let [own, shared] = ["sqlite", "postgres"].map(|store| ask(&world, store, question));
        assert_eq!(own, shared, "{question}");
        found += usize::from(!own[0].is_null());
    }
    assert!(found > 60, "only {found} questions have an answer");
}

#[test]
fn both_stores_answer_the_same_of_the_demo() {
    let Some(database) = pg::database() else {
        return;
    };
    holds(World::fixture("demo"), &database);
}

#[test]
fn both_stores_answer_the_same_of_what_is_hard() {
    let Some(database) = pg::database() else {
        return;
    };
    holds(World::with(TRICKY), &database);
}

/// Two repositories on one server; the second has an item that the first has too.
fn two() -> Option<(Database, World, World)> {
    let database = pg::database()?;
    let one = share(World::backlog(), &database);
    level(&one);
    let other = World::with(TRICKY).env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    let (path, text) = task("DM-TSK-0001", "of the other");
    other.write(&path, text);
    other.write("kanban.toml", "[sync]\nrepository = \"acme/other\"\n");
    other.commit("share");
    other.kanban(["sync", "init"]).ok();
    level(&other);
    Some((database, one, other))
}

#[test]
fn several_repositories_are_asked_from_anywhere() {
    let Some((database, one, _other)) = two() else {
        return;
    };
    let total = |world: &World, args: &[&str]| {
        let run =
            world.kanban([&["--json", "list", "--store", "postgres", "-n", "0"], args].concat());
        let run = run.ok();
        assert_contract(&run, "list");
        let json = run.json();
        (
            json["data"]["total"].as_u64().unwrap(),
            json["data"]["items"][0].get("repository").cloned(),
        )
    };
    let (own, whose) = total(&one, &[]);
    assert_eq!(whose, None);
    let (other, _) = total(&one, &["--repository", "acme/other"]);
    let (all, whose) = total(&one, &["--repository", "all"]);
    assert_eq!(all, own + other);
    assert!(whose.is_some());
    let named = ["--repository", "acme/backlog", "--repository", "acme/other"];
    assert_eq!(total(&one, &named).0, all);
    let none = [&named[..], &["--branch", "nowhere"]].concat();
    assert_eq!(total(&one, &none).0, 0);
    // Outside any repository.
    let outside = World::empty().env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    assert_eq!(total(&outside, &["--repository", "all"]).0, all);
    outside
        .kanban(["list", "--store", "postgres"])
        .explains(3, "no Git repository");
    // One name in two of them.
    let show = ["show", "DM-TSK-0001", "--store", "postgres", "--repository"];
    outside
        .kanban([&show[..], &["all"]].concat())
        .explains(1, "--repository");
    outside
        .kanban([&show[..], &["acme/other"]].concat())
        .ok()
        .shows("of the other");
    // The lines are a matter of the shared cache.
    one.kanban(["list", "--branch", "main"])
        .explains(2, "--store postgres");
    one.kanban(["--store", "postgres", "refresh"])
        .explains(2, "shared cache");
}

#[test]
fn kanban_toml_may_say_that_the_shared_cache_answers() {
    let Some((_database, one, _other)) = two() else {
        return;
    };
    one.write("kanban.toml", format!("store = \"postgres\"\n{CONFIG}"));
    one.write("new.md", "---\nid: DM-TSK-0999\n---\n");
    let cache = |args: &[&str]| {
        let run = one.kanban([&["--json", "list"], args].concat()).ok();
        run.json()["cache"].as_str().unwrap().to_owned()
    };
    assert!(cache(&[]).ends_with("acme/backlog@main"));
    assert!(!cache(&["--store", "sqlite"]).contains("acme"));
}

#[test]
fn who_is_no_member_gets_empty_answers_and_a_hint() {
    let Some((database, _one, other)) = two() else {
        return;
    };
    let login = database.login("eve", &["kanban_reader"]);
    let eve = World::empty().env("KANBAN_POSTGRES_URL", database.url(&login));
    let ask = |name: &str, command: &[&str]| {
        let lines = ["--store", "postgres", "--repository", name];
        let run = eve.kanban([&["--json"], command, &lines].concat()).seen();
        let mut json = run.json();
        json["age_ms"] = Value::Null;
        json
    };
    for command in [
        &["list"][..],
        &["board"],
        &["tree"],
        &["check"],
        &["search", "cache"],
        &["show", "DM-TSK-0001"],
    ] {
        let hidden = ask("acme/backlog", command);
        assert_eq!(hidden, ask("acme/nowhere", command), "{command:?}");
        let hint = hidden["warnings"][0].as_str().unwrap();
        assert!(hint.contains("no member"), "{hint}");
    }
    let sql = [
        "--json",
        "sql",
        "--store",
        "postgres",
        "SELECT path FROM items",
    ];
    let run = eve.kanban(sql).ok();
    assert_eq!(run.json()["data"]["rows"], serde_json::json!([]));
    assert_eq!(run.json()["data"]["columns"], serde_json::json!(["path"]));
    other.kanban(["sync", "member", "add", &login]).ok();
    assert_eq!(ask("all", &["list"])["data"]["total"], 1);
    assert_eq!(ask("acme/backlog", &["list"])["data"]["total"], 0);
}

#[test]
fn sql_reads_the_public_views_and_nothing_else() {
    let Some((database, one, _other)) = two() else {
        return;
    };
    let sql = |statement: &str| one.kanban(["--json", "sql", "--store", "postgres", statement]);
    let told =
        sql("SELECT repository, count(*) AS n, true AS t, NULL AS x FROM items GROUP BY 1;").ok();
    assert_contract(&told, "sql");
    let told = told.json();
    assert_eq!(
        told["data"]["columns"],
        serde_json::json!(["repository", "n", "t", "x"])
    );
    assert_eq!(told["data"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(told["data"]["rows"][0][2], 1);
    let before = database.sql("SELECT md5(string_agg(i::text, '')) FROM kanban_data.item i");
    for (statement, code) in [
        ("DELETE FROM items", "sql-denied"),
        (
            "WITH gone AS (DELETE FROM kanban_data.item RETURNING 1) SELECT 1",
            "sql-denied",
        ),
        ("COMMIT", "sql-denied"),
        ("RESET ROLE", "sql-denied"),
        ("SELECT 1; SELECT 2", "sql-not-one-statement"),
        ("  ; ", "sql-not-one-statement"),
        ("SELECT nope FROM items", "sql-syntax"),
        ("SELECT 1 FROM nope", "sql-syntax"),
        ("SELECT pg_sleep(9)", "sql-deadline"),
        ("SELECT * FROM kanban_data.gateway", "sql-denied"),
        ("SELECT pg_read_file('/etc/passwd')", "sql-denied"),
    ] {
        let run = sql(statement).seen();
        assert_eq!(run.json()["error"]["code"], code, "{statement}\n{run}");
    }
    let after = database.sql("SELECT md5(string_agg(i::text, '')) FROM kanban_data.item i");
    assert_eq!(before, after);
    let few = [
        "--json",
        "sql",
        "--store",
        "postgres",
        "-n",
        "2",
        "SELECT path FROM items",
    ];
    let few = one.kanban(few).ok().json();
    assert_eq!(few["data"]["rows"].as_array().unwrap().len(), 2);
    assert_eq!(few["data"]["truncated"], true);
}

/// The order of the read side, in SQLite by its collations and in Postgres by functions.
#[test]
fn texts_compare_alike() {
    let Some(database) = pg::database() else {
        return;
    };
    let texts = [
        "",
        "a",
        "A",
        "ä",
        "Ä",
        "ab",
        "a b",
        "a-b",
        "A_b",
        "task-9",
        "task-10",
        "task-010",
        "T9x",
        "Σ",
        "ς",
        "σ",
        "ΟΔΟΣ",
        "οδος",
        "ß",
        "SS",
        "日本",
        "1",
        "01",
        "10",
        "9",
        "İ",
        "i",
        "12345678901234567890123456789012345678901234567890",
        "99999999999999999999999999999999",
        "0000000000000000000000000000000000000000000000000001",
        ":",
        "/",
        "😀",
    ];
    let world = World::repo();
    for (at, text) in texts.iter().enumerate() {
        let quoted = serde_json::to_string(text).unwrap();
        world.write(
            &format!("notes/{at}.md"),
            format!("---\ntitle: x{at}\nowner: {quoted}\nid: {quoted}\nstate: {quoted}\n---\n"),
        );
    }
    let world = share(world, &database);
    level(&world);
    for sort in ["id", "-id", "owner", "-owner", "state", "parent", "title"] {
        let question = format!("list -n 0 --sort {sort}");
        let [own, shared] = ["sqlite", "postgres"].map(|store| ask(&world, store, &question));
        assert_eq!(own, shared, "{question}");
    }
    for text in texts.iter().filter(|text| !text.is_empty()) {
        for question in [
            "list owner:",
            "list state:",
            "list id>",
            "list owner<",
            "show ",
        ] {
            let question = format!("{question}{}", text.replace(' ', "%"));
            let [own, shared] = ["sqlite", "postgres"].map(|store| ask(&world, store, &question));
            assert_eq!(own, shared, "{question}");
        }
    }
}
