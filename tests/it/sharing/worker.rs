//! A watcher that publishes: in its turn, at once where a rule says so, and when the server comes back.

use std::io::{Read, Write};

use serde_json::Value;

use crate::sharing::{REPOSITORY, share, task, titles};
use crate::support::World;
use crate::support::answers::{assert_contract, assert_line};
use crate::support::pg::{self, ADMIN, Cluster, Database};
use crate::support::watcher::Watcher;

/// A world that shares, with more in the table `[sync]`.
fn sharing(database: &Database, more: &str) -> World {
    let world = share(World::backlog(), database);
    world.write(
        "kanban.toml",
        format!("[sync]\nrepository = \"{REPOSITORY}\"\n{more}"),
    );
    world.commit("rules");
    world
}

/// Waits for a line about the branch that stands so.
fn stands(watcher: &mut Watcher, standing: &str) -> Value {
    loop {
        let line = watcher.tells("sync");
        if line["standing"] == standing && line["draft"] == "" {
            return line;
        }
    }
}

#[test]
fn what_is_committed_is_published_and_what_is_not_waits_for_nobody() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = sharing(&database, "every = \"1s\"\n");
    let mut watcher = Watcher::start(&world);
    let first = stands(&mut watcher, "level");
    assert_eq!(first["written"], titles(&database, "main").len(), "{first}");

    let (path, text) = task("DM-TSK-0101", "Not committed");
    world.write(&path, text);
    watcher.sees("created", &path);
    world.kanban(["sync", "now"]).ok();
    assert_eq!(titles(&database, "main").len() as u64, first["written"]);

    let (path, text) = task("DM-TSK-0101", "Committed");
    world.write(&path, text);
    world.commit("an item");
    let second = stands(&mut watcher, "level");
    assert_eq!(second["written"], 1, "{second}");
    let shown = titles(&database, "main");
    assert!(
        shown.contains(&"DM-TSK-0101 Committed".to_owned()),
        "{shown:?}"
    );
    let run = world.kanban(["--json", "watch", "status"]).ok();
    assert_contract(&run, "watch");
    let status = run.json()["data"].take();
    assert_eq!(
        status["sync"]["branches"][0]["standing"], "level",
        "{status}"
    );
    let told = watcher.end();
    told.iter().for_each(assert_line);
    let enqueued = told.iter().filter(|line| line["event"] == "sync");
    let enqueued: u64 = enqueued.filter_map(|line| line["enqueued"].as_u64()).sum();
    assert_eq!(
        enqueued,
        first["written"].as_u64().unwrap() + 1,
        "{told:#?}"
    );
}

#[test]
fn an_urgent_item_does_not_wait_and_takes_the_others_along() {
    let Some(database) = pg::database() else {
        return;
    };
    let rule = "every = \"1h\"\n[[sync.now]]\nwhen = \"kind:Policy or fields.sensitivity:high\"\n";
    let world = sharing(&database, rule);
    let mut watcher = Watcher::start(&world);
    stands(&mut watcher, "level");

    let (path, text) = task("DM-TSK-0102", "In its turn");
    world.write(&path, text);
    world.commit("an item");
    let waiting = stands(&mut watcher, "pending");
    assert_eq!(waiting["pending"], 1, "{waiting}");
    let list = world.kanban(["--json", "list", "sync:pending"]).data();
    assert_eq!(list["items"][0]["id"], "DM-TSK-0102", "{list}");

    let (path, text) = task("DM-TSK-0103", "At once");
    world.write(&path, text.replace("type:", "sensitivity: high\ntype:"));
    world.commit("an urgent item");
    let done = stands(&mut watcher, "level");
    assert_eq!(done["written"], 2, "{done}");
    assert!(titles(&database, "main").contains(&"DM-TSK-0103 At once".to_owned()));
    watcher.end();
}

#[test]
fn offline_is_a_state_that_ends() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.database();
    let world = sharing(&database, "every = \"1s\"\n");
    let mut watcher = Watcher::start(&world);
    stands(&mut watcher, "level");
    database.sql("CHECKPOINT");
    cluster.crash();
    let (path, text) = task("DM-TSK-0104", "Meanwhile");
    world.write(&path, text);
    world.commit("an item");
    let offline = stands(&mut watcher, "offline");
    assert_eq!(offline["pending"], 1, "{offline}");
    assert_eq!(offline["failed"], 0, "{offline}");
    let run = world.kanban(["--json", "status"]).ok();
    assert_contract(&run, "status");
    let status = run.json()["data"].take();
    assert_eq!(status["sync"]["standing"], "offline", "{status}");
    assert_eq!(status["sync"]["pending"], 1, "{status}");
    world.kanban(["status"]).ok().shows("offline, 1 pending");
    cluster.again();
    // Time stands still here: only who asks to retry ends the wait.
    world.kanban(["sync", "retry"]).ok();
    let back = stands(&mut watcher, "level");
    assert_eq!(back["written"], 1, "{back}");
    watcher.end();
}

#[test]
fn a_worker_comes_and_goes_with_what_kanban_toml_says() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    let mut watcher = Watcher::start(&world);
    let status = world.kanban(["--json", "watch", "status"]).data();
    assert_eq!(status["sync"], Value::Null, "{status}");
    world.write(
        "kanban.toml",
        format!("[sync]\nrepository = \"{REPOSITORY}\"\nevery = \"1s\"\n"),
    );
    world.kanban(["sync", "init"]).ok();
    world.commit("share");
    stands(&mut watcher, "level");
    watcher.end();
}

#[test]
fn a_branch_that_is_wrong_holds_no_other() {
    let Some(database) = pg::database() else {
        return;
    };
    let more = "every = \"1s\"\nbranches = [\"*\"]\n[[sync.now]]\nwhen = 'title:\"open'\n";
    let world = sharing(&database, more);
    world.git(["checkout", "-q", "-b", "broken"]);
    world.write("kanban.toml", "[sync\n");
    world.commit("oh");
    world.git(["checkout", "-q", "main"]);
    let mut watcher = Watcher::start(&world);
    assert_eq!(stands(&mut watcher, "level")["branch"], "main");
    let (path, text) = task("DM-TSK-0107", "Behind it");
    world.write(&path, text);
    world.commit("an item");
    assert_eq!(stands(&mut watcher, "level")["written"], 1);
    let status = world.kanban(["--json", "watch", "status"]).data();
    let rows = status["sync"]["branches"].as_array().unwrap();
    let broken = rows.iter().find(|row| row["branch"] == "broken").unwrap();
    assert_eq!(broken["standing"], "refused", "{broken}");
    let told = watcher.end();
    told.iter().for_each(assert_line);
    let refusals = told.iter().filter(|line| line["standing"] == "refused");
    assert_eq!(refusals.count(), 1, "{told:#?}");
    let warnings = told.iter().filter(|line| line["code"] == "invalid-rule");
    assert_eq!(warnings.count(), 1, "{told:#?}");
    // A branch that is gone counts no longer.
    world.git(["branch", "-q", "-D", "broken"]);
    let brief = world.kanban(["--json", "status"]).data();
    assert_eq!(brief["sync"]["standing"], "level", "{brief}");
}

#[test]
fn sync_term_without_anything_published_finds_nothing() {
    let world = World::backlog();
    for query in ["sync:pending", "sync:synced", "sync:failed"] {
        let list = world.kanban(["--json", "list", query]).data();
        assert_eq!(list["total"], 0, "{query} {list}");
    }
    let all = world.kanban(["--json", "list"]).data()["total"].clone();
    let none = world.kanban(["--json", "list", "sync:none"]).data();
    assert_eq!(none["total"], all);
    world.kanban(["list", "sync:late"]).explains(2, "pending");
}

#[test]
fn figures_name_nobody() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = sharing(&database, "every = \"1s\"\n");
    let mut command = world.command();
    command.args(["--json", "watch", "--metrics", "0"]);
    let mut watcher = Watcher::of(command);
    assert!(watcher.is_ready());
    let done = stands(&mut watcher, "level");
    let status = world.kanban(["--json", "watch", "status"]).data();
    let mut stream = std::net::TcpStream::connect(status["metrics"].as_str().unwrap()).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let published = format!(
        "kanban_sync_items_total{{outcome=\"published\"}} {}\n",
        done["written"]
    );
    assert!(answer.contains(&published), "{answer}");
    for name in ["main", REPOSITORY, "Ada", "DM-"] {
        assert!(!answer.contains(name), "{name} in {answer}");
    }
    watcher.end();
}

#[test]
fn a_log_names_operations_items_and_nothing_private() {
    let Some(database) = pg::database() else {
        return;
    };
    let rules = "[privacy]\nkeys = [\"private\"]\n";
    let world = sharing(&database, rules).env("KANBAN_LOG", "kanban::log=debug");
    let (shown, text) = task("DM-TSK-0105", "Write to ada@example.org");
    world.write(&shown, text);
    let (withheld, text) = task("DM-TSK-0106", "Mine alone");
    world.write(&withheld, text.replace("type:", "private: true\ntype:"));
    world.commit("items");
    let run = world.kanban(["--log-format", "json", "sync", "now"]).ok();
    let lines: Vec<Value> = run
        .stderr()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let has = |operation: &str| lines.iter().any(|line| line["operation"] == operation);
    for operation in [
        "sync.now",
        "sync.plan",
        "sync.deliver",
        "sync.batch",
        "sync.item",
    ] {
        assert!(has(operation), "{operation}\n{run}");
    }
    let is_whole = |line: &Value| {
        line["duration_ms"].is_u64()
            || line["target"] == "kanban::words" && line["message"].is_string()
    };
    assert!(lines.iter().all(is_whole), "{run}");
    assert!(lines.iter().any(|line| line["item"] == *shown), "{run}");
    for private in [&*withheld, "ada@example.org", "Mine alone"] {
        assert!(!run.stderr().contains(private), "{private}\n{run}");
    }
    let failed = world.kanban_with(
        &[("KANBAN_POSTGRES_URL", "postgres://ada:hunter2@%2Fnowhere/d")],
        ["--log-format", "json", "--quiet", "sync", "init"],
    );
    let failed = failed.seen();
    let last = failed.stderr();
    let lines: Vec<Value> = last
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [ended, said] = &lines[..] else {
        panic!("{failed}");
    };
    assert_eq!(ended["error"], "server-offline", "{failed}");
    assert_eq!(ended["operation"], "sync.init", "{failed}");
    assert_eq!(said["code"], "server-offline", "{failed}");
    assert!(
        said["hint"].as_str().unwrap().contains("sync status"),
        "{failed}"
    );
    // Also what clap says, and warnings.
    let wrong = world.kanban(["--log-format=json", "sync", "nwo"]).code(2);
    let said: Value = serde_json::from_str(&wrong.stderr()).unwrap();
    assert_eq!(
        (&said["code"], &said["level"]),
        (&"usage".into(), &"ERROR".into())
    );
    let warned = world.kanban_with(&[("KANBAN_LOG", "a[")], ["--log-format=json", "list"]);
    let said: Value = serde_json::from_str(warned.seen().stderr().lines().next().unwrap()).unwrap();
    assert_eq!(said["level"], "WARN", "{said}");
    assert!(!last.contains("hunter2"), "{failed}");
}
