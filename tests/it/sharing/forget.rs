//! `sync forget`: a person is gone from the server and from what is kept here, and stays so.

use std::fs;

use serde_json::Value;

use crate::sharing::{CONFIG, level, now, share, status, task};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database};

/// What is looked for in everything, in small letters.
const NAMES: [&str; 3] = ["lovelace", "ada.l@", "l@example"];
const PERSON: [&str; 2] = ["--author", "Ada Lovelace <ada.l@example.org>"];

/// A shared backlog in which somebody stands everywhere.
fn peopled(database: &Database) -> World {
    let world = World::backlog();
    world.git(["config", "user.name", "Ada Lovelace"]);
    world.git(["config", "user.email", "ada.l@example.org"]);
    let world = share(world, database);
    let (path, text) = task("DM-TSK-0101", "Machine of Ada Lovelace");
    let text =
        text.replace("state:", "owner: ada.lovelace\nstate:") + "\nBy ADA LOVELACE, in person.\n";
    world.write(&path, text);
    let (path, text) = task("DM-TSK-0102", "Other");
    world.write(&path.replace("_x.md", "_for-ada-lovelace.md"), text);
    let (path, text) = task("DM-TSK-0103", "Nobody");
    world.write(&path, text);
    world.commit("by Ada Lovelace");
    let author = "--author=Ada Lovelace <ada.l@example.org>";
    world.git(["commit", "-q", "--amend", "--no-edit", author]);
    world
}

fn forget(world: &World, arguments: &[&str]) -> Value {
    let all = [&["--json", "sync", "forget"], &PERSON[..], arguments].concat();
    world.kanban(all).data()
}

/// Holds all that the server has, and state.db, against the names.
fn is_gone(world: &World, database: &Database) {
    let state = fs::read(world.root().join(".git/kanban/state.db")).unwrap();
    for (what, text) in [
        ("the server", database.dump()),
        ("state.db", String::from_utf8_lossy(&state).into_owned()),
        (
            "the audit",
            world
                .kanban(["--json", "sync", "log", "-n", "1000"])
                .ok()
                .stdout()
                .to_owned(),
        ),
        ("the outbox", status(world).to_string()),
    ] {
        let text = text.to_lowercase();
        for name in NAMES {
            let at = text.find(name).map(|at| {
                text[at.saturating_sub(60)..]
                    .chars()
                    .take(120)
                    .collect::<String>()
            });
            assert_eq!(at, None, "{what} names the person");
        }
    }
    let proof = world.kanban(["--json", "sync", "log", "--prove"]).data();
    assert_eq!(proof["proof"]["holds"], true);
}

/// Without a server: what files and history hold is told all the same.
#[test]
fn what_git_holds_is_counted_whole() {
    let world = World::backlog();
    for (id, text) in [("DM-TSK-0101", "one"), ("DM-TSK-0102", "two")] {
        let (path, text) = task(id, text);
        world.write(&path, text);
        world.commit("by Ada Lovelace");
        let author = "--author=Ada Lovelace <ada.l@example.org>";
        world.git(["commit", "-q", "--amend", "--no-edit", author]);
    }
    let (path, text) = task("DM-TSK-0103", "three");
    world.write(&path, text);
    world.commit("thanks to Ada Lovelace");
    // The name alone: what stands between it and the message says nothing.
    let arguments = ["--author", "Ada Lovelace", "--dry-run"];
    let told = world
        .kanban([&["--json", "sync", "forget"], &arguments[..]].concat())
        .data();
    assert_eq!(told["git"]["commits"], 2, "{told}");
    assert_eq!(told["git"]["messages"], 3, "{told}");
}

#[test]
fn a_person_is_gone_and_stays_so() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    level(&world);
    assert!(database.dump().contains("Lovelace"));

    let plan = forget(&world, &["--dry-run"]);
    assert_eq!(plan["rows"], 2, "{plan}");
    assert!(
        database.dump().contains("Lovelace"),
        "a dry run took something away"
    );

    let done = forget(&world, &["--pseudonym", "person-7"]);
    assert_eq!(done["server"], "done", "{done}");
    assert_eq!(done["rows"], 2, "{done}");
    assert_eq!(done["outbox"], 1, "{done}");
    assert!(done["audit"].as_u64() >= Some(1), "{done}");
    assert_eq!(done["git"]["items"], 2, "{done}");
    assert_eq!(done["git"]["commits"], 1, "{done}");
    assert_eq!(done["git"]["messages"], 1, "{done}");
    is_gone(&world, &database);
    assert_eq!(
        database.sql("SELECT count(*) FROM kanban.items WHERE id = 'DM-TSK-0101'"),
        "0"
    );

    // What is published from now on has the pseudonym; what says the name by its path is not.
    level(&world);
    let row = "SELECT title, owner, body FROM kanban.items WHERE id = 'DM-TSK-0101'";
    let row = database.sql(row);
    assert!(row.starts_with("Machine of person-7|person-7|"), "{row}");
    assert!(row.contains("By person-7, in person."), "{row}");
    is_gone(&world, &database);
    let (path, text) = task("DM-TSK-0104", "Ada Lovelace again");
    world.write(&path, text);
    world.commit("again");
    level(&world);
    is_gone(&world, &database);
    assert_eq!(
        database.sql("SELECT count(*) FROM kanban.items WHERE title = 'person-7 again'"),
        "1"
    );

    // Who publishes is the person, and the audit notes another name.
    let log = world.kanban(["--json", "sync", "log"]).data();
    let acts: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["act"].as_str().unwrap())
        .collect();
    assert!(acts.contains(&"forget"), "{acts:?}");
    assert!(
        log["entries"][0]["details"]["by"]
            .as_str()
            .unwrap()
            .starts_with("person-7"),
        "{log}"
    );

    // Done again it finds nothing more.
    let again = forget(&world, &["--pseudonym", "person-7"]);
    assert_eq!(
        (&again["rows"], &again["outbox"]),
        (&0.into(), &0.into()),
        "{again}"
    );
}

#[test]
fn another_clone_learns_of_it_before_it_publishes() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    level(&world);
    let other = World::empty();
    other.git(["init", "-q", "-b", "main"]);
    let other = other.env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    let from = world.root().display().to_string();
    let branch = world.git(["branch", "--show-current"]);
    other.git(["pull", "-q", &from, &branch]);
    other.git(["branch", "-M", "release"]);
    level(&other);
    let shown = "SELECT count(*) FROM kanban.items WHERE title LIKE '%Lovelace%'";
    assert_eq!(database.sql(shown), "2");

    let done = forget(&world, &[]);
    assert_eq!(done["rows"], 4, "rows of both branches: {done}");
    let (path, text) = task("DM-TSK-0105", "From Ada Lovelace");
    other.write(&path, text);
    other.commit("later");
    level(&other);
    is_gone(&world, &database);
    // What it kept of the person, such as paths of items that are gone, it has erased as well.
    is_gone(&other, &database);
    let titles = database.sql("SELECT title FROM kanban.items WHERE branch = 'release' AND title LIKE '%redacted-person%' ORDER BY 1");
    assert_eq!(titles.lines().count(), 2, "{titles}");
    // It forgets by itself now, and the list outlives state.db.
    fs::remove_file(other.root().join(".git/kanban/state.db")).unwrap();
    level(&other);
    is_gone(&world, &database);
}

/// What the lens makes of a file may be the same as before, though its row was taken out.
#[test]
fn every_row_that_was_taken_out_comes_back_or_is_withheld() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    for (number, name) in ["**Ada** Lovelace", "Ada&nbsp;Lovelace", "_Ada Lovelace_"]
        .iter()
        .enumerate()
    {
        let (path, _) = task(&format!("DM-TSK-020{number}"), "");
        world.write(&path, format!("# Talk of {name}\n"));
    }
    world.commit("talks");
    level(&world);
    forget(&world, &["--pseudonym", "person-7"]);
    level(&world);
    let rows = now(&world, &[], &["--full"]);
    assert_eq!(
        (&rows[0]["written"], &rows[0]["removed"]),
        (&0.into(), &0.into()),
        "{rows:?}"
    );
    is_gone(&world, &database);
}

#[test]
fn a_draft_is_not_named_by_whom_it_is_any_more() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database).env("KANBAN_AUTHOR", "Ada Lovelace");
    world.write("kanban.toml", format!("{CONFIG}drafts = true\n"));
    world.commit("with drafts");
    let (path, text) = task("DM-TSK-0106", "Not yet");
    world.write(&path, text);
    now(&world, &[], &[]);
    let drafts = "SELECT count(*) FROM kanban.items WHERE draft LIKE ";
    assert_eq!(database.sql(&format!("{drafts}'ada-lovelace.%'")), "1");
    forget(&world, &["--pseudonym", "person-7"]);
    is_gone(&world, &database);
    now(&world, &[], &[]);
    is_gone(&world, &database);
    assert_eq!(database.sql(&format!("{drafts}'person-7.%'")), "1");
}

#[test]
fn without_a_server_it_is_finished_later() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    level(&world);
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/none")];
    let all = [&["--json", "sync", "forget"], &PERSON[..]].concat();
    let run = world.kanban_with(&nowhere, &all).code(1);
    let data = run.json()["data"].take();
    assert_eq!(data["server"], "offline", "{data}");
    assert!(database.dump().contains("Lovelace"));
    // What is published afterwards tells the server whom to forget, and is without the person itself.
    level(&world);
    forget(&world, &[]);
    is_gone(&world, &database);
}

#[test]
fn what_is_cut_off_is_finished_by_doing_it_again() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    level(&world);
    let all = [&["sync", "forget"], &PERSON[..]].concat();
    for point in ["after-list", "after-server", "after-erasing"] {
        let fault = format!("forget.{point}=die");
        let run = world.kanban_with(&[("KANBAN_FAULT", &*fault)], &all).seen();
        assert!(!run.output.status.success(), "{point} was not met\n{run}");
        // Whatever was cut off, nobody publishes the person any more.
        let (path, text) = task("DM-TSK-0107", &format!("Ada Lovelace {point}"));
        world.write(&path, text);
        world.commit(point);
        level(&world);
        let shown = database.sql("SELECT title FROM kanban.items WHERE id = 'DM-TSK-0107'");
        assert_eq!(shown, format!("«redacted-person» {point}"));
    }
    forget(&world, &[]);
    is_gone(&world, &database);
}

#[test]
fn who_may_only_read_forgets_nobody() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = peopled(&database);
    level(&world);
    let eve = database.login("eve", &["kanban_reader"]);
    world.kanban(["sync", "member", "add", &eve]).ok();
    let url = database.url(&eve);
    let all = [&["--json", "sync", "forget"], &PERSON[..]].concat();
    let run = world
        .kanban_with(&[("KANBAN_POSTGRES_URL", &url)], &all)
        .code(1);
    assert_eq!(run.json()["data"]["server"], "refused", "{run}");
    assert!(database.dump().contains("Lovelace"));
}

#[test]
fn what_is_no_name_is_refused() {
    let world = World::backlog();
    world.write("kanban.toml", CONFIG);
    for wrong in [
        &["--author", "--"][..],
        &["--author", " <> "],
        &["--author", "a"],
    ] {
        let all = [&["sync", "forget"], wrong].concat();
        world.kanban(all).code(2);
    }
    for wrong in ["two words", "7", "true", "ada-lovelace", ""] {
        let all = [&["sync", "forget"], &PERSON[..], &["--pseudonym", wrong]].concat();
        world.kanban(all).code(2);
    }
}
