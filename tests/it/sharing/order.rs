//! Nothing older comes on top of newer: servers that were set back, forks, and what was taken back.

use crate::sharing::{CONFIG, bare, level, now, same, share, task, titles, with_remote};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database};

/// A published repository with a remote, and a second clone of it.
fn two(database: &Database) -> (World, World) {
    let one = share(World::backlog(), database);
    let path = with_remote(&one, "origin.git");
    level(&one);
    let two = clone(&one, &path, "two", database);
    level(&two);
    (one, two)
}

fn clone(world: &World, from: &str, name: &str, database: &Database) -> World {
    let path = world.beside(name);
    world.git(["clone", "--quiet", from, path.to_str().unwrap()]);
    let clone = World::empty().at(&path);
    clone.git(["config", "user.name", "Two"]);
    clone.git(["config", "user.email", "two@example.org"]);
    clone.env("KANBAN_POSTGRES_URL", database.url(ADMIN))
}

fn put(world: &World, id: &str, title: &str) {
    let (path, text) = task(id, title);
    world.write(&path, text);
    world.commit(title);
}

/// Pushes, and publishes what was pushed.
fn push(world: &World) {
    world.git(["push", "--quiet"]);
    level(world);
}

/// Takes the newest commit back, by force.
fn take_back(world: &World) {
    world.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    world.git(["push", "--quiet", "--force"]);
    level(world);
}

const EMPTIED: &str = "TRUNCATE kanban_data.branch, kanban_data.item, kanban_data.seal";

#[test]
fn a_server_that_was_set_back_shows_the_newest_in_the_end() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    put(&one, "DM-TSK-0101", "old");
    push(&one);
    two.git(["pull", "--quiet"]);
    put(&two, "DM-TSK-0101", "new");
    push(&two);
    assert!(titles(&database, "main").contains(&"DM-TSK-0101 new".to_owned()));
    // The server is lost; the clone that is behind fills it, and goes on until its version is higher.
    database.sql(EMPTIED);
    level(&one);
    for id in ["DM-TSK-0102", "DM-TSK-0103", "DM-TSK-0104"] {
        put(&one, id, "more");
        now(&one, &[], &[]);
    }
    one.git(["pull", "--quiet", "--no-rebase", "--no-edit"]);
    one.git(["push", "--quiet"]);
    two.git(["pull", "--quiet"]);
    level(&two);
    same(&database, &two);
}

#[test]
fn a_fork_publishes_nothing_onto_the_branch_of_another() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, _) = two(&database);
    let fork = bare(&one, "fork.git");
    let fork = clone(&one, &fork, "fork", &database);
    put(&one, "DM-TSK-0101", "newest");
    push(&one);
    // Whatever its own remote holds: it does not know what is shown, and then it is behind.
    assert_eq!(now(&fork, &[], &[])[0]["standing"], "diverged");
    same(&database, &one);
    fork.git(["fetch", "--quiet", one.root().to_str().unwrap(), "main"]);
    level(&fork);
    same(&database, &one);
    // Apart, ahead and unrelated.
    put(&fork, "DM-TSK-0102", "of the fork");
    fork.git(["push", "--quiet"]);
    assert_eq!(now(&fork, &[], &[])[0]["standing"], "diverged");
    fork.git([
        "pull",
        "--quiet",
        "--no-rebase",
        "--no-edit",
        one.root().to_str().unwrap(),
        "main",
    ]);
    fork.git(["push", "--quiet"]);
    assert_eq!(now(&fork, &[], &[])[0]["standing"], "diverged");
    let other = World::repo().env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    let (path, text) = task("DM-TSK-0001", "of another repository");
    other.write("kanban.toml", CONFIG);
    other.write(&path, text);
    other.commit("other");
    with_remote(&other, "other.git");
    assert_eq!(now(&other, &[], &[])[0]["standing"], "diverged");
    same(&database, &one);
    // Until somebody says so.
    assert_eq!(now(&fork, &[], &["--take-over"])[0]["standing"], "level");
    same(&database, &fork);
}

#[test]
fn what_was_taken_back_is_not_published_by_who_still_has_it() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    put(&one, "DM-TSK-0101", "too early");
    push(&one);
    two.git(["pull", "--quiet"]);
    level(&two);
    take_back(&one);
    same(&database, &one);
    assert_eq!(now(&two, &[], &[])[0]["standing"], "diverged");
    put(&two, "DM-TSK-0102", "on top of it");
    assert_eq!(now(&two, &[], &[])[0]["standing"], "diverged");
    same(&database, &one);
    // Another commit goes on as before.
    put(&one, "DM-TSK-0103", "instead");
    push(&one);
    assert_eq!(now(&two, &[], &[])[0]["standing"], "diverged");
    same(&database, &one);
    // What the team pushes holds, also where it brings back what was taken back.
    two.git(["pull", "--quiet", "--no-rebase", "--no-edit"]);
    assert_eq!(now(&two, &[], &[])[0]["standing"], "diverged");
    push(&two);
    same(&database, &two);
}

#[test]
fn what_is_refused_is_not_shown_as_it_was() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    put(&world, "DM-TSK-0101", "with a word that has to go");
    level(&world);
    database.sql(
        "ALTER TABLE kanban_data.item ADD CONSTRAINT refuse CHECK (title <> 'without') NOT VALID",
    );
    put(&world, "DM-TSK-0101", "without");
    let run = world.kanban(["--json", "sync", "now"]).code(1);
    let row = &run.json()["data"]["branches"][0];
    assert_eq!(row["standing"], "partly", "{row}");
    assert!(
        !titles(&database, "main")
            .iter()
            .any(|title| title.contains("0101"))
    );
    database.sql("ALTER TABLE kanban_data.item DROP CONSTRAINT refuse");
    world.kanban(["sync", "retry"]).ok();
    level(&world);
    same(&database, &world);
}

/// A login that may make roles and owns its database, and nothing else.
#[test]
fn who_makes_the_shared_cache_needs_no_superuser() {
    let Some(database) = pg::database() else {
        return;
    };
    let login = database.login("maker", &[]);
    database.sql(&format!("ALTER ROLE {login} CREATEROLE"));
    database.sql(&format!(
        "ALTER DATABASE {} OWNER TO {login}",
        database.name()
    ));
    let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url(&login));
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    world.kanban(["sync", "init"]).ok();
    level(&world);
    let own = world.kanban(["--json", "list"]).data();
    let shared = world
        .kanban(["--json", "--store", "postgres", "list"])
        .data();
    assert_eq!(own["items"], shared["items"]);
    assert_ne!(own["items"].as_array().unwrap().len(), 0);
}

/// Where the newer commit was never fetched, too.
#[test]
fn what_was_superseded_is_known_no_more() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    put(&two, "DM-TSK-0101", "to and fro");
    two.git(["push", "--quiet"]);
    one.git(["pull", "--quiet"]);
    two.git([
        "rm",
        "--quiet",
        "-r",
        "_kano/backlog/products/demo/items/task/0000",
    ]);
    two.git(["commit", "--quiet", "-m", "away"]);
    push(&two);
    assert_eq!(level(&one)["written"], 0);
    one.git(["fetch", "--quiet"]);
    assert_eq!(level(&one)["written"], 0);
    one.git(["pull", "--quiet"]);
    one.git(["revert", "--no-edit", "HEAD"]);
    push(&one);
    same(&database, &one);
    // And by force.
    take_back(&one);
    same(&database, &one);
}

/// A detached HEAD without tracking refs may be anybody's commit.
#[test]
fn ci_publishes_of_a_branch_only_what_its_remote_holds() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    let origin = one.beside("origin.git");
    let origin = origin.to_str().unwrap();
    put(&two, "DM-TSK-0666", "of a stranger");
    two.git(["push", "--quiet", "origin", "HEAD:refs/pull/1/head"]);
    let ci = |name: &str, wanted: &str| {
        let path = one.beside(name);
        one.git(["init", "--quiet", path.to_str().unwrap()]);
        let ci = World::empty()
            .at(&path)
            .env("KANBAN_POSTGRES_URL", database.url(ADMIN));
        ci.git(["remote", "add", "origin", &format!("file://{origin}")]);
        ci.git(["fetch", "--quiet", "--depth", "5", "origin", wanted]);
        ci.git(["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
        ci
    };
    let request = ci("request", "refs/pull/1/head");
    let rows = now(&request, &[], &["--branch", "main"]);
    assert_eq!(
        (&rows[0]["standing"], &rows[0]["written"]),
        (&"level".into(), &0.into()),
        "{rows:?}"
    );
    same(&database, &one);
    put(&one, "DM-TSK-0101", "pushed");
    one.git(["push", "--quiet"]);
    let older = ci("older", "main");
    put(&one, "DM-TSK-0102", "pushed later");
    one.git(["push", "--quiet"]);
    let newer = ci("newer", "main");
    for ci in [&newer, &older] {
        assert_eq!(now(ci, &[], &["--branch", "main"])[0]["standing"], "level");
        same(&database, &one);
    }
}

#[test]
fn ordinary_work_ends_level() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    let origin = one.beside("origin.git");
    let origin = format!("file://{}", origin.to_str().unwrap());
    // A shallow clone publishes on top of what it cannot see, and everybody goes on.
    put(&one, "DM-TSK-0101", "first");
    level(&one);
    put(&one, "DM-TSK-0101", "second");
    one.git(["push", "--quiet"]);
    let path = one.beside("shallow");
    one.git([
        "clone",
        "--quiet",
        "--depth",
        "1",
        &origin,
        path.to_str().unwrap(),
    ]);
    level(
        &World::empty()
            .at(&path)
            .env("KANBAN_POSTGRES_URL", database.url(ADMIN)),
    );
    put(&one, "DM-TSK-0101", "third");
    level(&one);
    // Overtaken by a push, then merged.
    two.git(["pull", "--quiet"]);
    put(&two, "DM-TSK-0102", "pushed");
    push(&two);
    one.git(["pull", "--quiet", "--no-rebase", "--no-edit"]);
    level(&one);
    same(&database, &one);
    one.git(["push", "--quiet"]);
    put(&one, "DM-TSK-0103", "more");
    level(&one);
    // Undone, and done again.
    one.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    level(&one);
    same(&database, &one);
    one.git(["reset", "--quiet", "--hard", "ORIG_HEAD"]);
    level(&one);
    same(&database, &one);
    // Merely behind, without having fetched.
    push(&one);
    two.git(["pull", "--quiet"]);
    level(&two);
    put(&one, "DM-TSK-0104", "newer");
    push(&one);
    level(&two);
    same(&database, &one);
    // A branch that nobody has pushed, amended; then pushed under another name.
    one.git(["switch", "--quiet", "-c", "work"]);
    put(&one, "DM-TSK-0105", "begun");
    level(&one);
    one.git(["commit", "--quiet", "--amend", "-m", "better"]);
    level(&one);
    one.git(["push", "--quiet", "-u", "origin", "work:elsewhere"]);
    level(&one);
    one.git(["commit", "--quiet", "--amend", "-m", "best"]);
    one.git(["push", "--quiet", "--force", "origin", "work:elsewhere"]);
    level(&one);
}

#[test]
fn a_publisher_who_died_long_ago_holds_nobody() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    for id in 101..109 {
        let (path, text) = task(&format!("DM-TSK-0{id}"), "half");
        one.write(&path, text);
    }
    one.write("kanban.toml", format!("{CONFIG}batch = 2\n"));
    one.commit("not pushed");
    let died = [("KANBAN_FAULT", "sync.after-publish=die")];
    one.kanban_with(&died, ["sync", "now"]).killed();
    assert_eq!(level(&two)["written"], 0);
    database.sql("UPDATE kanban_data.branch SET changed = now() - interval '1 hour'");
    level(&two);
    same(&database, &two);
}

#[test]
fn a_copy_without_a_remote_brings_nothing_back() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, two) = two(&database);
    put(&one, "DM-TSK-0101", "too early");
    push(&one);
    two.git(["pull", "--quiet"]);
    two.git(["remote", "remove", "origin"]);
    take_back(&one);
    assert_eq!(now(&two, &[], &[])[0]["standing"], "diverged");
    same(&database, &one);
}

#[test]
fn a_change_by_hand_under_way_is_seen_and_told() {
    let Some(database) = pg::database() else {
        return;
    };
    let (one, _) = two(&database);
    // Another commit is published at the same time.
    put(&one, "DM-TSK-0101", "next");
    let mark = one.beside("waits");
    let fault = format!("sync.before-publish=wait:{}", mark.display());
    let mut publisher = one.spawn(&[("KANBAN_FAULT", &fault)], &["sync", "now"]);
    publisher.reaches(&mark);
    database.sql("UPDATE kanban_data.item SET title = 'by hand' WHERE id = 'DM-TSK-0001'");
    std::fs::remove_file(&mark).unwrap();
    // It looks again, and comes by once more.
    while publisher.reaches_or_ends(&mark) {
        drop(std::fs::remove_file(&mark));
    }
    publisher.finish().ok();
    same(&database, &one);
    let log = one.kanban(["--json", "sync", "log"]).data();
    let entries = log["entries"].as_array().unwrap();
    assert!(
        entries.iter().any(|entry| entry["act"] == "overwrite"),
        "{log}"
    );
}
