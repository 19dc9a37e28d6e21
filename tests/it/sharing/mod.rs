//! Sharing: real servers, real clones, and everything that can go wrong between them.
//! Gets a Postgres of its own (`support::pg`), or says that none is installed.
//! Gives verdicts on what the server shows, and on what it must never hold.
//! Never: reaches into the library; what the server holds is read by `psql`.
//! Read next: `views`, then `equal`, then `storm`.

mod branches;
mod bundles;
mod documented;
mod drafts;
mod equal;
mod forget;
mod order;
mod outbox;
mod places;
mod proxy;
mod questions;
mod refusals;
mod secrets;
mod server;
mod steps;
mod storm;
mod telling;
mod views;
mod walls;
mod worker;

use serde_json::Value;

use crate::support::World;
use crate::support::pg::{ADMIN, Database};

/// Name of the repository in all these tests.
const REPOSITORY: &str = "acme/backlog";
const CONFIG: &str = "[sync]\nrepository = \"acme/backlog\"\n";

/// The world with a kanban.toml, committed, and a shared cache that it has founded.
fn share(world: World, database: &Database) -> World {
    let world = world.env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    world.kanban(["sync", "init"]).ok();
    world
}

/// A bare repository beside a world, with its branch; its path.
fn bare(world: &World, name: &str) -> String {
    let path = world.beside(name).to_str().unwrap().to_owned();
    world.git(["init", "-q", "--bare", "--initial-branch=main", &path]);
    world.git(["push", "-q", &path, "main"]);
    path
}

/// The same as the remote of the world, to which its branch is pushed.
fn with_remote(world: &World, name: &str) -> String {
    let path = bare(world, name);
    world.git(["remote", "add", "origin", &path]);
    world.git(["push", "-q", "-u", "origin", "main"]);
    path
}

/// The server shows of `main` what the files are.
fn same(database: &Database, files: &World) {
    let server = views::of_server(database, ADMIN, "main");
    assert_eq!(views::difference(&views::of_files(files), &server), None);
}

/// `sync now` with these arguments, whatever its exit: how each branch stands.
fn now(world: &World, envs: &[(&str, &str)], arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["--json", "sync", "now"], arguments].concat();
    let run = world.kanban_with(envs, &arguments).seen();
    let mut json = run.json();
    let Value::Array(branches) = json["data"]["branches"].take() else {
        panic!("no branches\n{run}");
    };
    branches
}

/// `sync now` of the branch that is checked out; it must bring the server level.
fn level(world: &World) -> Value {
    let mut rows = now(world, &[], &[]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = rows.remove(0);
    assert_eq!(row["standing"], "level", "{row}");
    assert_eq!(row["pending"], 0, "{row}");
    row
}

/// `sync status --items`.
fn status(world: &World) -> Value {
    let run = world.kanban(["--json", "sync", "status", "--items"]).seen();
    run.json()["data"].take()
}

/// A task with that title, in the convention of the small backlog.
fn task(id: &str, title: &str) -> (String, String) {
    (
        format!("_kano/backlog/products/demo/items/task/0000/{id}_x.md"),
        format!(
            "---\nid: {id}\ntype: Task\ntitle: {title}\nstate: Ready\n---\n\n# Context\n\nText of {id}.\n"
        ),
    )
}

/// Paths and titles of the items that the server shows of a branch.
fn titles(database: &Database, branch: &str) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(id, path) || ' ' || title FROM kanban.items
         WHERE repository = '{REPOSITORY}' AND branch = '{branch}' ORDER BY 1"
    );
    database.sql(&sql).lines().map(str::to_owned).collect()
}
