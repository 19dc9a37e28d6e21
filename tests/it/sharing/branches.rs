//! Which branch is published, and under which names: of branches that are not here, of heads that are on none, and
//! of names that may not leave.

use serde_json::Value;

use crate::sharing::{CONFIG, REPOSITORY, level, now, share, status, task, titles, with_remote};
use crate::support::World;
use crate::support::answers::assert_contract;
use crate::support::pg::{self, ADMIN, Database};

/// A shared world with a remote, and branch `release` that differs; the remote's path.
fn two_branches(database: &Database) -> (World, String) {
    let world = share(World::backlog(), database);
    let remote = with_remote(&world, "origin.git");
    world.git(["checkout", "-q", "-b", "release"]);
    add(&world, "DM-TSK-0301", "Released");
    world.git(["checkout", "-q", "main"]);
    world.git(["push", "-q", "-u", "origin", "release"]);
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
    database.sql("SELECT string_agg(DISTINCT branch, ' ' ORDER BY branch) FROM kanban_data.branch")
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
    for name in [
        "relaese",
        " ",
        "main~1",
        "origin/release",
        "@{-1}",
        "-",
        "HEAD",
        "",
    ] {
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
    assert_eq!(
        rows[0]["commit"],
        *ci.git(["rev-parse", "main"]),
        "{rows:?}"
    );
    // Behind what is here: not that, but the branch.
    ci.git(["checkout", "-q", "main"]);
    ci.git(["merge", "-q", "--ff-only", "origin/main"]);
    ci.git(["checkout", "-q", "--detach", "main~1"]);
    let rows = now(&ci, &[], &["--branch", "main"]);
    assert_eq!(
        rows[0]["commit"],
        *ci.git(["rev-parse", "main"]),
        "{rows:?}"
    );
    // Nobody knows the name: the head stands for it.
    let rows = now(&ci, &[], &["--branch", "merge/7"]);
    assert_eq!(
        rows[0]["commit"],
        *ci.git(["rev-parse", "HEAD"]),
        "{rows:?}"
    );
    for name in ["refs/heads/main", "origin/main", "main~1"] {
        let run = ci.kanban(["sync", "now", "--branch", name]);
        run.explains(2, "branch");
    }
    assert_eq!(on_server(&database), "main merge/7 release");
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
    let list = world
        .kanban(["--json", "--store", "postgres", "list"])
        .data();
    assert_eq!(list["total"], titles(&database, "main").len(), "{list}");
    let list = world.kanban(["--json", "list", "sync:synced"]).data();
    assert_ne!(list["total"], 0, "{list}");
    assert_eq!(on_server(&database), "main");
}

/// The rows of a branch, as `sync now` or `sync status` give them.
fn of<'a>(rows: &'a [Value], branch: &str) -> &'a Value {
    let found = rows.iter().find(|row| row["branch"] == branch);
    found.unwrap_or_else(|| panic!("no {branch} in {rows:?}"))
}

fn standing(world: &World, branch: &str) -> Value {
    of(status(world)["branches"].as_array().unwrap(), branch).clone()
}

#[test]
fn what_is_wrong_with_one_branch_holds_no_other() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let all = format!("{CONFIG}branches = [\"*\"]\n");
    world.write("kanban.toml", &all);
    world.commit("all branches");
    world.git(["branch", "zebra"]);
    world.git(["checkout", "-q", "-b", "broken"]);
    world.write("kanban.toml", "[sync\n");
    world.commit("oh");
    let commit = world.git(["rev-parse", "HEAD"]);
    world.git(["checkout", "-q", "main"]);
    let run = world.kanban(["--json", "sync", "now"]).code(1);
    assert_contract(&run, "syncNow");
    let rows = run.json()["data"]["branches"].take();
    let rows = rows.as_array().unwrap();
    assert_eq!(of(rows, "main")["standing"], "level", "{rows:?}");
    assert_eq!(of(rows, "zebra")["standing"], "level", "{rows:?}");
    let refused = of(rows, "broken");
    assert_eq!(refused["standing"], "refused", "{refused}");
    for part in ["broken", &commit[..8], "kanban.toml"] {
        let reason = refused["reason"].as_str().unwrap();
        assert!(reason.contains(part), "{part} in {reason}");
    }
    assert_eq!(standing(&world, "broken")["standing"], "refused");
    let brief = world.kanban(["--json", "status"]).data();
    assert_eq!(brief["sync"]["standing"], "refused", "{brief}");
    // It alone is an error that says where.
    let run = world.kanban(["sync", "now", "--branch", "broken"]).code(2);
    assert!(
        run.stderr()
            .contains(&format!("broken at {}", &commit[..8])),
        "{run}"
    );
    assert_eq!(on_server(&database), "main zebra");

    // Nor one that is named and is not there.
    add(&world, "DM-TSK-0307", "All the same");
    let mut run = vec!["--json", "sync", "now", "--branch", "main"];
    run.extend(["--branch", "nope", "--branch", "a..b"]);
    let run = world.kanban(run).code(1);
    assert_contract(&run, "syncNow");
    let rows = run.json()["data"]["branches"].take();
    let rows = rows.as_array().unwrap();
    assert_eq!(of(rows, "main")["standing"], "level", "{rows:?}");
    assert!(shows(&database, "main", "DM-TSK-0307"));
    for name in ["nope", "a..b"] {
        let refused = of(rows, name);
        assert_eq!(refused["standing"], "refused", "{refused}");
        assert!(
            refused["reason"].as_str().unwrap().contains(name),
            "{refused}"
        );
    }
    assert!(!status(&world).to_string().contains("nope"));
}

#[test]
fn a_rule_that_nobody_can_read_is_a_warning() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let rules = "[[sync.now]]\nwhen = 'title:\"now or never\" or kind:Bug'\n[[sync.now]]\nwhen = 'title:\"open or is:done'\n";
    world.write("kanban.toml", format!("{CONFIG}{rules}"));
    add(&world, "DM-TSK-0304", "now or never");
    for _ in 0..2 {
        let run = world.kanban(["sync", "now"]).ok();
        let said = run.stderr();
        assert!(
            said.contains("warning: ") && said.contains("open or is:done"),
            "{run}"
        );
        assert!(!said.contains("never"), "{run}");
    }
    assert!(shows(&database, "main", "DM-TSK-0304"));
    let doctor = world.kanban(["--json", "doctor"]).seen().json();
    assert!(doctor.to_string().contains("is not followed"), "{doctor}");
}

#[test]
fn a_repository_is_named_by_the_commit() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    // Not committed, it names nothing.
    world.write("kanban.toml", "[sync]\nrepository = \"other/name\"\n");
    let row = level(&world);
    assert_eq!(row["repository"], REPOSITORY, "{row}");
    let named = "SELECT string_agg(DISTINCT repository, ' ') FROM kanban_data.item";
    assert_eq!(database.sql(named), REPOSITORY);
    world.git(["branch", "old"]);
    world.commit("another name");
    world.kanban(["sync", "init"]).ok();
    assert_eq!(level(&world)["repository"], "other/name");
    world.kanban(["sync", "now", "--branch", "old"]).ok();
    let text = world.kanban(["sync", "status"]).ok();
    text.shows(REPOSITORY).shows("other/name");
    let list = world.kanban(["--json", "list", "sync:synced"]).data();
    assert_ne!(list["total"], 0, "{list}");
}

/// Whatever waits under a name that the repository has no more, waits for nothing.
#[test]
fn a_repository_that_is_renamed_leaves_its_old_name_behind() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    add(&world, "DM-TSK-0306", "Too late");
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/d")];
    now(&world, &nowhere, &[]);
    world.write("kanban.toml", "[sync]\nrepository = \"acme/new\"\n");
    world.commit("another name");
    world.kanban(["sync", "init"]).ok();
    level(&world);
    world.kanban(["sync", "retry"]).ok();
    level(&world);
    let told = status(&world);
    let rows = told["branches"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{rows:?}");
    let old = rows.iter().find(|row| row["repository"] == REPOSITORY);
    let old = old.unwrap();
    assert_eq!(old["standing"], "gone", "{old}");
    assert_eq!(
        (&old["pending"], &old["lag_ms"]),
        (&Value::from(0), &Value::Null),
        "{old}"
    );
    let remove = "kanban sync remove --branch main --repository acme/backlog";
    assert!(old["reason"].as_str().unwrap().contains(remove), "{old}");
    let waits = |item: &Value| item["status"] == "pending";
    assert!(!told["items"].as_array().unwrap().iter().any(waits));
    let brief = world.kanban(["--json", "status"]).data();
    assert_eq!(brief["sync"]["standing"], "level", "{brief}");
    assert_eq!(brief["sync"]["pending"], 0, "{brief}");

    // Back again, it is the other one that is left.
    world.write("kanban.toml", CONFIG);
    world.commit("the old name");
    assert_eq!(level(&world)["repository"], REPOSITORY);
    let told = status(&world);
    let standing = |name: &str| {
        let rows = told["branches"].as_array().unwrap();
        let row = rows.iter().find(|row| row["repository"] == name);
        row.unwrap()["standing"].clone()
    };
    assert_eq!(standing(REPOSITORY), "level");
    assert_eq!(standing("acme/new"), "gone");
    let named = "SELECT string_agg(DISTINCT repository, ' ' ORDER BY repository)
                 FROM kanban_data.item";
    assert_eq!(database.sql(named), "acme/backlog acme/new");
    let mut remove = vec!["sync", "remove", "--branch", "main"];
    remove.extend(["--repository", "acme/new"]);
    world.kanban(remove).ok().shows("acme/new");
    assert_eq!(database.sql(named), REPOSITORY);
    assert_eq!(status(&world)["branches"].as_array().unwrap().len(), 1);
}

#[test]
fn a_branch_that_is_gone_waits_for_nothing_and_can_be_removed() {
    let Some(database) = pg::database() else {
        return;
    };
    let (world, remote) = two_branches(&database);
    world.kanban(["sync", "now", "--branch", "release"]).ok();
    world.git(["checkout", "-q", "release"]);
    add(&world, "DM-TSK-0305", "Too late");
    let nowhere = [("KANBAN_POSTGRES_URL", "postgres://ada@%2Fnowhere/d")];
    let rows = now(&world, &nowhere, &[]);
    assert_eq!(rows[0]["pending"], 1, "{rows:?}");
    world.git(["checkout", "-q", "main"]);
    level(&world);
    assert_eq!(standing(&world, "release")["standing"], "offline");
    world.git(["branch", "-q", "-D", "release"]);
    let row = standing(&world, "release");
    assert_eq!(row["standing"], "gone", "{row}");
    assert_eq!(
        (&row["pending"], &row["lag_ms"]),
        (&Value::from(0), &Value::Null),
        "{row}"
    );
    let brief = world.kanban(["--json", "status"]).data();
    assert_eq!(brief["sync"]["standing"], "level", "{brief}");
    assert_eq!(brief["sync"]["pending"], 0, "{brief}");

    // What CI publishes is on no branch, and not gone.
    let ci = clone(&world, &remote, "ci", &database);
    ci.git(["checkout", "-q", "--detach"]);
    now(&ci, &[], &["--branch", "merge/7"]);
    assert_eq!(standing(&ci, "merge/7")["standing"], "level");

    let remove = ["--json", "sync", "remove", "--branch", "release"];
    let dry = world.kanban([&remove[..], &["--dry-run"]].concat()).ok();
    assert_contract(&dry, "syncRemove");
    let dry = dry.json()["data"].take();
    assert_eq!(dry["rows"], titles(&database, "release").len(), "{dry}");
    assert_eq!(on_server(&database), "main merge/7 release");
    let reader = database.login("reader", &["kanban_reader"]);
    world.kanban(["sync", "member", "add", &reader]).ok();
    let as_reader = [("KANBAN_POSTGRES_URL", &*database.url(&reader))];
    world.kanban_with(&as_reader, remove).code(3);
    assert_eq!(on_server(&database), "main merge/7 release");
    let done = world.kanban(remove).data();
    assert_eq!(
        (&done["rows"], &done["lines"]),
        (&dry["rows"], &dry["lines"])
    );
    assert_eq!(on_server(&database), "main merge/7");
    let left = "SELECT count(*) FROM kanban_data.item WHERE branch = 'release'";
    assert_eq!(database.sql(left), "0");
    assert!(!status(&world).to_string().contains("release"));
    let log = world.kanban(["--json", "sync", "log", "--prove"]).data();
    assert_eq!(log["entries"][0]["act"], "remove", "{log}");
    assert_eq!(log["entries"][0]["branch"], "release", "{log}");
    world
        .kanban(["sync", "remove", "--branch", "release"])
        .explains(3, "no branch");
    // A branch that is back is published as a new one.
    world.git(["checkout", "-q", "release"]);
    level(&world);
    assert!(shows(&database, "release", "DM-TSK-0301"));
}

#[test]
fn a_branch_whose_name_may_not_leave_is_held() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let secret = "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5";
    let name = format!("fix/branch-ada@example.org-{secret}");
    world.git(["checkout", "-q", "-b", &name]);
    let run = world.kanban(["--json", "sync", "now"]).code(1);
    let row = run.json()["data"]["branches"][0].take();
    assert_eq!(row["standing"], "held", "{row}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("git branch -m"), "{row}");
    assert!(
        !reason.contains(secret) && !reason.contains("ada@"),
        "{row}"
    );
    assert_eq!(standing(&world, &name)["standing"], "held");
    assert!(!database.dump().contains(secret));
    let log = world.kanban(["--json", "sync", "log"]).ok();
    assert!(!log.stdout().contains(secret), "{log}");
    let file = world.beside("x.kb");
    let file = file.to_str().unwrap();
    let run = world.kanban(["--json", "sync", "export", file]).ok();
    assert!(!run.stdout().contains(secret), "{run}");
    let into = world.beside("out");
    world
        .kanban([
            "sync",
            "import",
            file,
            "--into",
            into.to_str().unwrap(),
            "--all",
        ])
        .ok();
    for piece in ["manifest.json", "outbox.jsonl", "audit.jsonl"] {
        let text = std::fs::read_to_string(into.join("kanban-bundle").join(piece)).unwrap();
        assert!(
            !text.contains(secret) && !text.contains("ada@example.org"),
            "{piece}: {text}"
        );
    }
}
