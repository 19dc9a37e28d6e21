//! Nothing is lost, nothing holds anything else: the outbox, and what remains when something is deleted.

use std::fs;

use serde_json::Value;

use crate::sharing::proxy::{Fate, Proxy};
use crate::sharing::{CONFIG, level, now, share, status, task, titles, views};
use crate::support::World;
use crate::support::pg::{self, ADMIN};

/// The server takes no item of that title from now on: a stand-in for all that it can refuse.
const REFUSE: &str =
    "ALTER TABLE kanban_data.item ADD CONSTRAINT refuse CHECK (title <> 'bad') NOT VALID";

fn at(minutes: u64) -> String {
    format!(
        "2026-01-31T{:02}:{:02}:00Z",
        12 + minutes / 60,
        minutes % 60
    )
}

fn item(world: &World, path_part: &str) -> Value {
    let status = status(world);
    let items = status["items"].as_array().unwrap();
    let found = items
        .iter()
        .find(|item| item["path"].as_str().unwrap().contains(path_part));
    found
        .unwrap_or_else(|| panic!("no {path_part} in {status}"))
        .clone()
}

#[test]
fn an_item_that_is_refused_holds_no_other() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    database.sql(REFUSE);
    for (id, title) in [
        ("DM-TSK-0101", "good"),
        ("DM-TSK-0102", "bad"),
        ("DM-TSK-0103", "better"),
    ] {
        let (path, text) = task(id, title);
        world.write(&path, text);
    }
    world.commit("three");
    let rows = now(&world, &[], &[]);
    assert_eq!(
        (&rows[0]["refused"], &rows[0]["pending"]),
        (&1.into(), &1.into()),
        "{rows:?}"
    );
    let shown = titles(&database, "main");
    assert!(shown.contains(&"DM-TSK-0101 good".to_owned()), "{shown:?}");
    assert!(
        shown.contains(&"DM-TSK-0103 better".to_owned()),
        "{shown:?}"
    );
    assert!(
        !shown.iter().any(|title| title.contains("0102")),
        "{shown:?}"
    );
    let bad = item(&world, "0102");
    assert_eq!(
        (&bad["status"], &bad["attempts"]),
        (&"pending".into(), &1.into()),
        "{bad}"
    );
    assert!(
        bad["last_error"].as_str().unwrap().contains("23514"),
        "{bad}"
    );

    // Too early: nothing is tried. Then each time after its wait, up to ten.
    let mut minutes = 0;
    for attempts in 1..10 {
        let early = [("KANBAN_NOW", at(minutes))];
        let early: Vec<(&str, &str)> = early
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        now(&world, &early, &[]);
        assert_eq!(item(&world, "0102")["attempts"], attempts);
        minutes += if attempts <= 3 {
            [1, 2, 3][attempts - 1]
        } else {
            7
        };
        let later = at(minutes);
        now(&world, &[("KANBAN_NOW", &later)], &[]);
        assert_eq!(item(&world, "0102")["attempts"], attempts + 1, "at {later}");
    }
    let bad = item(&world, "0102");
    assert_eq!(bad["status"], "failed", "{bad}");
    world.kanban(["sync", "status"]).code(1);
    let rows = now(&world, &[("KANBAN_NOW", &at(400))], &[]);
    assert_eq!(
        (&rows[0]["refused"], &rows[0]["failed"]),
        (&0.into(), &1.into()),
        "{rows:?}"
    );

    // Asked to retry, and refused no more.
    database.sql("ALTER TABLE kanban_data.item DROP CONSTRAINT refuse");
    now(&world, &[("KANBAN_NOW", &at(401))], &[]);
    assert_eq!(item(&world, "0102")["status"], "failed");
    let retried = world.kanban(["--json", "sync", "retry"]).data();
    assert_eq!(retried["retried"], 1);
    level(&world);
    assert!(titles(&database, "main").contains(&"DM-TSK-0102 bad".to_owned()));
    assert_eq!(item(&world, "0102")["status"], "synced");
}

#[test]
fn an_item_that_failed_is_tried_anew_when_it_changes() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    database.sql(REFUSE);
    let (path, text) = task("DM-TSK-0102", "bad");
    world.write(&path, &text);
    world.commit("bad");
    now(&world, &[], &[]);
    world.write(&path, text.replace("bad", "fine"));
    world.commit("fine");
    level(&world);
    assert!(titles(&database, "main").contains(&"DM-TSK-0102 fine".to_owned()));
    // What was refused and is removed then leaves nothing to do.
    world.write(&path, text);
    world.commit("bad");
    now(&world, &[], &[]);
    world.remove(&path);
    world.commit("gone");
    level(&world);
    assert!(
        !titles(&database, "main")
            .iter()
            .any(|title| title.contains("0102"))
    );
}

#[test]
fn paths_and_texts_of_every_size_are_published_or_refused_alone() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    // Nothing repeats, so that no index can press it together.
    let noise = |length: usize, seed: u64| -> String {
        let mut state = seed;
        let letters = std::iter::from_fn(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            Some(char::from(
                b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                    [(state >> 40) as usize % 62],
            ))
        });
        letters.take(length).collect()
    };
    let long = |length: usize| noise(length, length as u64);
    let words = (0..200_000_u64)
        .map(|seed| noise(8, seed * 7 + 1))
        .collect::<Vec<_>>()
        .join(" ");
    let folder = "_kano/backlog/products/demo/items/task/0000";
    // A path of 3,000 bytes: more than a key of the server's indexes takes.
    let parts: Vec<String> = (0..14).map(|part| long(200 + part)).collect();
    let far = parts.join("/");
    let path = format!("{folder}/{far}");
    let texts = [
        ("id", format!("---\nid: {}\ntype: Task\ntitle: long id\n---\n", long(5000))),
        ("state", format!("---\nid: L-1\ntype: Task\ntitle: long state\nstate: {}\n---\n", long(5000))),
        ("title", format!("---\nid: L-2\ntype: Task\ntitle: {}\n---\n", long(50_000))),
        ("tag", format!("---\nid: L-3\ntype: Task\ntitle: long tag\ntags: [{}]\n---\n", long(50_000))),
        ("uid", format!("---\nid: L-11\ntype: Task\ntitle: long uid\nuid: {}\naliases: [{}]\n---\n", long(5001), long(5002))),
        ("link", format!("---\nid: L-12\ntype: Task\ntitle: link\n---\n[x]({far}/far.md)\n")),
        ("words", format!("---\nid: L-4\ntype: Task\ntitle: many words\n---\n{words}\n")),
        ("word", format!("---\nid: L-5\ntype: Task\ntitle: one word\n---\n{}\n", long(300_000))),
        ("deep", format!("---\nid: L-6\ntype: Task\ntitle: deep\nx: {}1{}\n---\n", "[".repeat(900), "]".repeat(900))),
        ("nul", "---\nid: L-7\ntype: Task\ntitle: \"a\\0b\"\nx: \"\\0\"\n---\na\u{0}b\n".to_owned()),
        ("quotes", "---\nid: \"L'8\\\\\"\ntype: Task\ntitle: \"' \\\\ '' :* & | ! <->\"\n---\n' \\ '' :1A,2 & | !\n".to_owned()),
        ("keys", "---\nid: L-9\ntype: Task\ntitle: keys\n\"a'b\\\\\": 1\n? [x, y]\n: z\na: 1\na: 2\n---\n".to_owned()),
    ];
    for (name, text) in &texts {
        world.write(&format!("{folder}/{name}.md"), text);
    }
    // In so much noise there is something that looks like a password.
    world.write(
        "kanban.toml",
        format!("{CONFIG}[redaction]\ndetectors = []\n"),
    );
    world.write(
        &format!("{path}/far.md"),
        "---\nid: L-10\ntype: Task\ntitle: far\n---\n",
    );
    world.commit("sizes");
    let rows = now(&world, &[], &[]);
    let data = status(&world);
    let refused: Vec<(&str, &str)> = data["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["status"] != "synced")
        .map(|item| {
            (
                item["path"].as_str().unwrap(),
                item["last_error"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert!(
        refused.iter().all(|(path, _)| path.ends_with("far.md")),
        "{rows:?}\n{refused:?}"
    );
    world.git(["rm", "-q", &format!("{path}/far.md")]);
    world.commit("near");
    now(&world, &[], &[]);
    let difference = views::difference(
        &views::of_files(&world),
        &views::of_server(&database, ADMIN, "main"),
    );
    assert_eq!(
        difference.map(|text| text.chars().take(3000).collect::<String>()),
        None
    );
}

#[test]
fn offline_is_a_state() {
    let Some(database) = pg::database() else {
        return;
    };
    let proxy = Proxy::before(pg::shared().unwrap().folder());
    let world =
        share(World::backlog(), &database).env("KANBAN_POSTGRES_URL", proxy.url(&database, ADMIN));
    level(&world);
    let (path, text) = task("DM-TSK-0101", "later");
    world.write(&path, &text);
    world.commit("later");
    proxy.next(&[Fate::Refuse]);
    let run = world.kanban(["--json", "sync", "now"]).ok();
    let row = run.json()["data"]["branches"][0].take();
    assert_eq!(
        (&row["standing"], &row["pending"]),
        (&"offline".into(), &1.into()),
        "{row}"
    );
    let status = status(&world);
    assert_eq!(status["branches"][0]["standing"], "offline", "{status}");
    assert!(status["branches"][0]["next_try"].is_string(), "{status}");
    let waiting = item(&world, "0101");
    assert_eq!(
        (&waiting["status"], &waiting["attempts"]),
        (&"pending".into(), &0.into()),
        "{waiting}"
    );
    world.kanban(["sync", "status"]).ok();
    level(&world);
    assert!(titles(&database, "main").contains(&"DM-TSK-0101 later".to_owned()));
    assert!(super::status(&world)["branches"][0]["next_try"].is_null());
    // Nobody has ever listened there.
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnonexistent/d")];
    world.kanban_with(&nowhere, ["sync", "now"]).ok();
    // And to all who only ask or write, nothing of this matters.
    world.kanban_with(&nowhere, ["list"]).ok();
}

#[test]
fn a_server_that_falls_silent_is_offline() {
    let Some(database) = pg::database() else {
        return;
    };
    let proxy = Proxy::before(pg::shared().unwrap().folder());
    let world = share(World::backlog(), &database)
        .env("KANBAN_POSTGRES_URL", proxy.url(&database, ADMIN))
        .env("KANBAN_PATIENCE_MS", "300");
    for bytes in [0, 60, 400, 2000] {
        proxy.next(&[Fate::Silence(bytes)]);
        let rows = now(&world, &[], &["--full"]);
        assert_eq!(rows[0]["standing"], "offline", "{bytes}: {rows:?}");
    }
    level(&world);
}

#[test]
fn a_batch_whose_answer_is_lost_is_delivered_once() {
    let Some(database) = pg::database() else {
        return;
    };
    let proxy = Proxy::before(pg::shared().unwrap().folder());
    let world =
        share(World::backlog(), &database).env("KANBAN_POSTGRES_URL", proxy.url(&database, ADMIN));
    for (fate, name) in [
        (Fate::LoseAnswer, "first"),
        (Fate::Repeat, "second"),
        (Fate::CutAnswer(900), "third"),
    ] {
        let (path, text) = task("DM-TSK-0101", name);
        world.write(&path, text);
        world.commit(name);
        proxy.next(&[fate]);
        let before = database.sql("SELECT coalesce(max(version), 0) FROM kanban_data.branch");
        now(&world, &[], &[]);
        level(&world);
        proxy.repeat();
        let files = views::of_files(&world);
        let server = views::of_server(&database, ADMIN, "main");
        assert_eq!(views::difference(&files, &server), None, "{fate:?}");
        let after = database.sql("SELECT max(version) FROM kanban_data.branch");
        let (before, after): (u64, u64) = (before.parse().unwrap(), after.parse().unwrap());
        assert!(after - before <= 2, "{fate:?}: {before} to {after}");
    }
    // Nothing was overwritten that was not there by somebody else's hand.
    let log = world
        .kanban(["--json", "sync", "log", "--limit", "50"])
        .data();
    let entries = log["entries"].as_array().unwrap();
    assert!(
        entries.iter().all(|entry| entry["act"] != "overwrite"),
        "{log}"
    );
}

#[test]
fn a_lost_cache_loses_no_entry_and_a_lost_outbox_no_item() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    database.sql(REFUSE);
    let (path, text) = task("DM-TSK-0102", "bad");
    world.write(&path, text);
    world.commit("bad");
    now(&world, &[], &[]);
    let before = status(&world);
    for folder in [".git/kanban/published", ".git/kanban/cache"] {
        drop(fs::remove_dir_all(world.root().join(folder)));
    }
    now(&world, &[], &[]);
    let after = status(&world);
    assert_eq!(before["items"], after["items"]);
    database.sql("ALTER TABLE kanban_data.item DROP CONSTRAINT refuse");

    // Without state.db everything is compared, and what differs goes.
    fs::remove_file(world.root().join(".git/kanban/state.db")).unwrap();
    database.sql(
        "UPDATE kanban_data.item SET title = 'by hand', row_hash = 'x' WHERE id = 'DM-TSK-0001'",
    );
    let row = level(&world);
    assert_eq!(row["written"], 2, "{row}");
    let difference = views::difference(
        &views::of_files(&world),
        &views::of_server(&database, ADMIN, "main"),
    );
    assert_eq!(difference, None);
    // That the audit of before is lost can be seen, until somebody says that it is known.
    world.kanban(["sync", "log", "--prove"]).code(1);
    fs::remove_file(world.root().join(".git/kanban/audit-head")).unwrap();
    let log = world.kanban(["--json", "sync", "log", "--prove"]).data();
    assert_eq!(log["proof"]["holds"], true, "{log}");
}

#[test]
fn what_was_changed_on_the_server_is_overwritten_and_told() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    for change in [
        "UPDATE kanban_data.item SET title = 'by hand' WHERE id = 'DM-TSK-0001'",
        "UPDATE kanban_data.item SET title = 'by hand', row_hash = 'x' WHERE id = 'DM-TSK-0001'",
        "DELETE FROM kanban_data.item WHERE id = 'DM-TSK-0001'",
        "UPDATE kanban_data.item SET removed = true, row_hash = '' WHERE id = 'DM-TSK-0001'",
        "UPDATE kanban_data.item SET removed = true WHERE id = 'DM-TSK-0001'",
        "INSERT INTO kanban_data.item SELECT (json_populate_record(i, json_build_object('path', 'ghost.md', \
           'item', 999999, 'row_hash', 'y'))).* FROM kanban_data.item i WHERE id = 'DM-TSK-0002'",
    ] {
        database.sql(change);
        let rows = now(&world, &[], &[]);
        let difference = views::difference(
            &views::of_files(&world),
            &views::of_server(&database, ADMIN, "main"),
        );
        assert_eq!(difference, None, "{change}\n{rows:?}");
        assert_eq!(rows[0]["overwritten"], 1, "{change}\n{rows:?}");
        let log = world.kanban(["--json", "sync", "log"]).data();
        let entry = &log["entries"][1];
        assert_eq!(entry["act"], "overwrite", "{log}");
        let path = &entry["details"]["paths"][0];
        assert!(
            path.as_str().unwrap().contains("DM-TSK-0001") || path == "ghost.md",
            "{log}"
        );
    }
}

#[test]
fn the_chain_of_the_audit_shows_what_was_forged() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let (path, text) = task("DM-TSK-0101", "one");
    world.write(&path, text);
    world.commit("one");
    level(&world);
    let file = world.root().join(".git/kanban/state.db");
    let whole = fs::read(&file).unwrap();
    world.kanban(["sync", "log", "--prove"]).ok();
    for (forgery, reason) in [
        (
            "UPDATE audit SET details = replace(details, 'main', 'dev') || ' ' WHERE seq = 2",
            "details",
        ),
        ("UPDATE audit SET counts = '{}' WHERE seq = 2", "changed"),
        (
            "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 2",
            "changed",
        ),
        ("UPDATE audit SET act = 'retry' WHERE seq = 2", "changed"),
        ("DELETE FROM audit WHERE seq = 2", "missing"),
        ("UPDATE audit SET salt = NULL WHERE seq = 2", "erased"),
    ] {
        fs::write(&file, &whole).unwrap();
        let connection = rusqlite::Connection::open(&file).unwrap();
        assert!(connection.execute(forgery, []).is_err(), "{forgery}");
        connection
            .execute_batch("DROP TRIGGER audit_erased; DROP TRIGGER audit_whole")
            .unwrap();
        assert_eq!(connection.execute(forgery, []).unwrap(), 1, "{forgery}");
        drop(connection);
        let run = world.kanban(["--json", "sync", "log", "--prove"]).code(1);
        let proof = run.json()["data"]["proof"].take();
        assert_eq!(
            (&proof["holds"], &proof["broken_at"]),
            (&false.into(), &2.into()),
            "{forgery}: {proof}"
        );
        assert!(
            proof["reason"].as_str().unwrap().contains(reason),
            "{forgery}: {proof}"
        );
    }
    // The newest entry is missed as well.
    fs::write(&file, &whole).unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER audit_whole;
             DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
        )
        .unwrap();
    drop(connection);
    let run = world.kanban(["--json", "sync", "log", "--prove"]).code(1);
    let proof = run.json()["data"]["proof"].take();
    assert!(
        proof["reason"].as_str().unwrap().contains("newest"),
        "{proof}"
    );
    // Erased with its salt, as `forget` does, it holds.
    fs::write(&file, &whole).unwrap();
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute(
            "UPDATE audit SET details = NULL, salt = NULL WHERE seq = 2",
            [],
        )
        .unwrap();
    world.kanban(["sync", "log", "--prove"]).ok();
}

/// Whoever may publish can write rows that say what no file says, with hashes that look right.
#[test]
fn a_rebuild_believes_no_row_that_is_there() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let files = views::of_files(&world);
    database.sql(
        "SET session_replication_role = replica;
         UPDATE kanban_data.item SET title = 'forged', tags = '[\"x\"]'",
    );
    now(&world, &[], &["--full"]);
    assert!(
        titles(&database, "main")
            .iter()
            .all(|title| title.ends_with("forged"))
    );
    let told = world
        .kanban(["--json", "rebuild-index", "--store", "postgres"])
        .data();
    let branch = &told["shared"]["branches"][0];
    assert_eq!(branch["standing"], "level", "{told}");
    assert_eq!(branch["written"], told["items"], "{told}");
    let server = views::of_server(&database, ADMIN, "main");
    assert_eq!(views::difference(&files, &server), None);
    // Without the server the cache of the repository is made anew, and nobody says that the rest is.
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@127.0.0.1:9/none")];
    let arguments = ["--json", "rebuild-index", "--store", "postgres"];
    let told = world.kanban_with(&nowhere, arguments).code(1).json()["data"].take();
    assert_eq!(
        told["shared"]["branches"][0]["standing"], "offline",
        "{told}"
    );
    level(&world);
    // And without being asked the server is left alone.
    let told = world.kanban(["--json", "rebuild-index"]).data();
    assert_eq!(told["shared"], serde_json::Value::Null, "{told}");
}
