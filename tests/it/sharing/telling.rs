//! What is told of the way to the server, of state.db, of members and of what was done.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::sharing::{CONFIG, level, now, share, task};
use crate::support::World;
use crate::support::answers::assert_contract;
use crate::support::pg::{self, ADMIN};

/// A row of `doctor`.
fn looked(world: &World, envs: &[(&str, &str)], name: &str) -> Value {
    let run = world.kanban_with(envs, ["--json", "doctor"]).seen();
    let rows = run.json()["data"]["checks"].take();
    let mut rows = rows.as_array().unwrap().iter();
    let found = rows.rfind(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {run}")).clone()
}

/// It has the verdict, and says each of the parts.
fn says(row: &Value, verdict: &str, parts: &[&str]) {
    assert_eq!(row["verdict"], verdict, "{row}");
    for part in parts {
        assert!(row.to_string().contains(part), "{part} in {row}");
    }
}

#[test]
fn an_address_that_cannot_be_used_is_not_one_that_is_not_named() {
    let world = World::backlog();
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    let run = world.kanban(["sync", "status"]).ok();
    run.shows("none is named");
    let row = looked(&world, &[], "server");
    says(
        &row,
        "warning",
        &["no server is named", "KANBAN_POSTGRES_URL"],
    );

    let open = world.beside("open");
    fs::write(&open, "postgres://ada:hunter2@db.example.org/team").unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
    let missing = world.beside("missing");
    let file = "KANBAN_POSTGRES_URL_FILE";
    for (variable, value, parts) in [
        (file, open.to_str().unwrap(), ["0644", "chmod 600"]),
        (file, missing.to_str().unwrap(), ["cannot be read", file]),
        (
            "KANBAN_POSTGRES_URL",
            "mysql://hunter2",
            ["cannot be used", "postgres://LOGIN"],
        ),
    ] {
        let envs = [(variable, value)];
        let run = world.kanban_with(&envs, ["sync", "status"]).code(1);
        let json = world.kanban_with(&envs, ["--json", "sync", "status"]);
        let json = json.code(1);
        assert_contract(&json, "syncStatus");
        assert_eq!(json.json()["data"]["server"], Value::Null);
        let row = looked(&world, &envs, "server");
        says(&row, "error", &parts);
        for part in parts {
            run.shows(part);
        }
        let all = format!("{run}{json}{row}");
        assert!(!all.contains("none is named"), "{all}");
        assert!(!all.contains("hunter2@") && !all.contains("mysql"), "{all}");
    }
}

#[test]
fn doctor_goes_the_way_to_the_server_and_says_what_is_kept() {
    let world = World::backlog();
    says(&looked(&world, &[], "state"), "ok", &["none: "]);
    let Some(database) = pg::database() else {
        return;
    };
    let world = world.env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    let row = looked(&world, &[], "shared cache");
    says(&row, "error", &["no shared cache", "kanban sync init"]);
    world.kanban(["sync", "init"]).ok();
    level(&world);
    let row = looked(&world, &[], "state");
    says(&row, "ok", &["audit 2", "branches 1", "wait 0"]);
    says(&looked(&world, &[], "shared cache"), "ok", &[]);
    let row = looked(&world, &[], "membership");
    says(&row, "ok", &["admin of acme/backlog"]);

    let nobody = database.login("nobody", &["kanban_reader"]);
    let as_nobody = [("KANBAN_POSTGRES_URL", &*database.url(&nobody))];
    let row = looked(&world, &as_nobody, "membership");
    says(&row, "warning", &["no member", "member add"]);
    let add = ["sync", "member", "add", &nobody, "--role", "writer"];
    world.kanban(add).ok();
    let row = looked(&world, &as_nobody, "membership");
    says(&row, "warning", &["writer", "GRANT kanban_writer TO"]);
    let bare = database.login("bare", &[]);
    let as_bare = [("KANBAN_POSTGRES_URL", &*database.url(&bare))];
    let row = looked(&world, &as_bare, "server");
    says(&row, "error", &["GRANT kanban_writer"]);

    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/d")];
    let (new, text) = task("DM-TSK-0401", "Waits");
    world.write(&new, text);
    world.commit("more");
    now(&world, &nowhere, &[]);
    let row = looked(&world, &nowhere, "server");
    says(&row, "warning", &["cannot be reached"]);
    let row = looked(&world, &nowhere, "state");
    says(&row, "ok", &["wait 1"]);
}

#[test]
fn the_log_says_why_whom_and_where() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/d")];
    let (new, text) = task("DM-TSK-0402", "Waits");
    world.write(&new, text);
    world.commit("more");
    now(&world, &nowhere, &[]);
    let bob = database.login("bob", &["kanban_reader"]);
    world.kanban(["sync", "member", "add", &bob]).ok();
    world.kanban(["sync", "member", "rm", &bob]).ok();
    let log = world.kanban(["sync", "log"]).ok();
    log.shows("cannot be reached")
        .shows(&format!("login:{bob} as reader"))
        .shows(&format!("login:{bob} no more"));
    assert!(!log.stdout().contains("acme/backlog"), "{log}");
    world.write("kanban.toml", "[sync]\nrepository = \"acme/new\"\n");
    world.commit("another name");
    world.kanban(["sync", "init"]).ok();
    let log = world.kanban(["sync", "log"]).ok();
    log.shows("acme/backlog").shows("acme/new");
}

#[test]
fn who_is_no_admin_is_told_that_there_may_be_others() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let writer = database.login("writer", &["kanban_writer"]);
    let url = database.url(&writer);
    let as_writer = [("KANBAN_POSTGRES_URL", &*url)];
    let list = ["sync", "member", "list"];
    // As where there is no such repository.
    for arguments in [&list[..], &["--json", "sync", "member", "list"]] {
        let run = world.kanban_with(&as_writer, arguments).code(1);
        let told = format!("{}{}", run.stdout(), run.stderr());
        assert!(told.contains("is shared with you"), "{run}");
    }
    world
        .kanban(["sync", "member", "add", &writer, "--role", "writer"])
        .ok();
    let run = world.kanban_with(&as_writer, list).ok();
    run.shows(&writer);
    assert!(run.stderr().contains("admins see all"), "{run}");
    let json = ["--json", "sync", "member", "list"];
    let run = world.kanban_with(&as_writer, json).ok();
    assert_contract(&run, "syncMembers");
    assert_eq!(run.json()["data"]["all"], false, "{run}");
    let run = world.kanban(list).ok();
    assert!(!run.stderr().contains("admins see all"), "{run}");

    // A login may be made later.
    let run = world.kanban(["sync", "member", "add", "bob-to-be"]).ok();
    run.shows("login:bob-to-be");
    assert!(run.stderr().contains("no login bob-to-be"), "{run}");
    let run = world.kanban(["sync", "member", "add", &writer]).ok();
    assert!(!run.stderr().contains("no login"), "{run}");
}
