//! Which branch is published, and under which names: of branches that are not here, of heads that are on none, and
//! of names that may not leave.

use std::fs;

use serde_json::Value;

use crate::sharing::{CONFIG, REPOSITORY, level, now, share, status, task, titles};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database};

/// A shared world with a remote, and branch `release` that differs; the remote's path.
fn two_branches(database: &Database) -> (World, String) {
    let world = share(World::backlog(), database);
    let remote = world.beside("origin.git").to_str().unwrap().to_owned();
    world.git(["init", "-q", "--bare", "--initial-branch=main", &remote]);
    world.git(["remote", "add", "origin", &remote]);
    world.git(["checkout", "-q", "-b", "release"]);
    add(&world, "DM-TSK-0301", "Released");
    world.git(["checkout", "-q", "main"]);
    world.git(["push", "-q", "-u", "origin", "main", "release"]);
    (world, remote)
}

/// Commits a new task.
fn add(world: &World, id: &str, title: &str) {
    let (path, text) = task(id, title);
    world.write(&path, text);
    world.commit(title);
}

fn clone(world: &World, remote: &str, name: &str, database: &Database) -> World {
    let path = world.beside(name);
    world.git(["clone", "-q", remote, path.to_str().unwrap()]);
    World::empty()
        .at(path)
        .env("KANBAN_POSTGRES_URL", database.url(ADMIN))
}

fn shows(database: &Database, branch: &str, id: &str) -> bool {
    titles(database, branch)
        .iter()
        .any(|title| title.starts_with(id))
}

/// Names of branches on the server.
fn on_server(database: &Database) -> String {
    database
        .sql("SELECT string_agg(DISTINCT branch, ' ' ORDER BY branch) FROM kanban_data.branch")
}

#[test]
fn a_branch_is_published_as_it_is_named_and_nothing_else_in_its_place() {
    let Some(database) = pg::database() else {
        return;
    };
    let (world, remote) = two_branches(&database);
    let fresh = clone(&world, &remote, "fresh", &database);
    // It is here only as the remote has it.
    let rows = now(&fresh, &[], &["--branch", "release"]);
    assert_eq!(rows[0]["standing"], "level", "{rows:?}");
    assert!(shows(&database, "release", "DM-TSK-0301"));
    for name in ["relaese", " ", "main~1", "origin/release", "@{-1}", "-", "HEAD", ""] {
        let wish = format!("--branch={name}");
        let run = fresh.kanban(["sync", "now", &wish]).explains(2, "branch");
        assert!(!run.stderr().contains("panic"), "{run}");
    }
    assert_eq!(on_server(&database), "release");
}

#[test]
fn a_head_on_no_branch_stands_for_one_where_the_remote_has_it_so() {
    let Some(database) = pg::database() else {
        return;
    };
    let (world, remote) = two_branches(&database);
    // A clone that CI keeps: its own `main` stays where it was.
    let ci = clone(&world, &remote, "ci", &database);
    add(&world, "DM-TSK-0302", "Newer");
    world.git(["push", "-q", "origin", "main"]);
    ci.git(["fetch", "-q"]);
    ci.git(["checkout", "-q", "--detach", "origin/main"]);
    let rows = now(&ci, &[], &["--branch", "main"]);
    assert_eq!(rows[0]["commit"], *ci.git(["rev-parse", "origin/main"]));
    assert!(shows(&database, "main", "DM-TSK-0302"), "{rows:?}");
    // HEAD is at another branch's commit: each name means its own.
    ci.git(["checkout", "-q", "--detach", "origin/release"]);
    now(&ci, &[], &["--branch", "release"]);
    assert!(!shows(&database, "release", "DM-TSK-0302"));
    let rows = now(&ci, &[], &["--branch", "main"]);
    assert_eq!(rows[0]["commit"], *ci.git(["rev-parse", "main"]), "{rows:?}");
    // Behind what is here: not that, but the branch.
    ci.git(["checkout", "-q", "main"]);
    ci.git(["merge", "-q", "--ff-only", "origin/main"]);
    ci.git(["checkout", "-q", "--detach", "main~1"]);
    let rows = now(&ci, &[], &["--branch", "main"]);
    assert_eq!(rows[0]["commit"], *ci.git(["rev-parse", "main"]), "{rows:?}");
    // Nobody knows the name: the head stands for it.
    let rows = now(&ci, &[], &["--branch", "merge/7"]);
    assert_eq!(rows[0]["commit"], *ci.git(["rev-parse", "HEAD"]), "{rows:?}");
}

#[test]
fn a_tag_of_the_same_name_changes_nothing() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    world.git(["tag", "main"]);
    add(&world, "DM-TSK-0303", "Behind the tag");
    assert_eq!(level(&world)["branch"], "main");
    assert!(shows(&database, "main", "DM-TSK-0303"));
    let list = world.kanban(["--json", "--store", "postgres", "list"]).data();
    assert_eq!(list["total"], titles(&database, "main").len(), "{list}");
    let list = world.kanban(["--json", "list", "sync:synced"]).data();
    assert_ne!(list["total"], 0, "{list}");
    assert_eq!(on_server(&database), "main");
}
