//! Making the shared cache, and making it again.

use crate::sharing::{CONFIG, level, share};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Cluster};

#[test]
fn init_is_done_once_and_may_be_asked_twice() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    let again = world.kanban(["--json", "sync", "init"]).data();
    assert_eq!(again["before"], again["version"], "{again}");
    assert_eq!(again["founded"], false, "{again}");
    assert_eq!(again["members"].as_array().unwrap().len(), 1, "{again}");
    level(&world);
}

#[test]
fn two_may_init_at_once() {
    let Some(database) = pg::database() else {
        return;
    };
    let url = database.url(ADMIN);
    let worlds: Vec<World> = (0..4)
        .map(|_| {
            World::with(&format!("--- kanban.toml\n{CONFIG}")).env("KANBAN_POSTGRES_URL", &url)
        })
        .collect();
    let started: Vec<_> = worlds
        .iter()
        .map(|world| world.spawn(&[], &["--json", "sync", "init"]))
        .collect();
    let founded: Vec<bool> = started
        .into_iter()
        .map(|init| init.finish().data()["founded"].as_bool().unwrap())
        .collect();
    assert_eq!(
        founded.iter().filter(|founded| **founded).count(),
        1,
        "{founded:?}"
    );
    assert_eq!(
        database.sql("SELECT count(*) = max(step) FROM kanban_data.step"),
        "t"
    );
    assert_eq!(database.sql("SELECT count(*) FROM kanban_data.member"), "1");
}

#[test]
fn a_login_without_rights_is_told_what_is_missing() {
    // Roles belong to the server, and other tests make them.
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.database();
    let plain = database.login("plain", &[]);
    let url = database.url(&plain);
    let world = World::with(&format!("--- kanban.toml\n{CONFIG}")).env("KANBAN_POSTGRES_URL", url);
    let run = world.kanban(["sync", "init"]).explains(3, "refuses");
    assert!(run.stderr().contains("CREATEROLE"), "{run}");
    assert_eq!(
        database.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'kanban%'"),
        "0"
    );

    // Whoever may make roles and owns the database needs nothing else.
    let maker = database.login("maker", &[]);
    database.sql(&format!(
        "ALTER ROLE {maker} CREATEROLE; ALTER DATABASE {} OWNER TO {maker}",
        database.name()
    ));
    let made = world.kanban_with(
        &[("KANBAN_POSTGRES_URL", &database.url(&maker))],
        ["--json", "sync", "init"],
    );
    assert_eq!(made.data()["founded"], true);

    // Where the roles are made, the owner of another database who is one of the owners needs no more rights.
    let second = cluster.database();
    let owner = second.login("owner", &["kanban_owner"]);
    second.sql(&format!(
        "ALTER DATABASE {} OWNER TO {owner}",
        second.name()
    ));
    let made = world.kanban_with(
        &[("KANBAN_POSTGRES_URL", &second.url(&owner))],
        ["--json", "sync", "init"],
    );
    assert_eq!(made.data()["founded"], true);
}

#[test]
fn where_nothing_was_made_that_is_said() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = World::backlog().env("KANBAN_POSTGRES_URL", database.url(ADMIN));
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    let run = world.kanban(["sync", "now"]).explains(3, "no shared cache");
    assert!(run.stderr().contains("sync init"), "{run}");
}

#[test]
fn a_shared_cache_of_a_newer_kanban_is_left_alone() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let rows = "SELECT md5(string_agg(i::text, '|' ORDER BY path)) FROM kanban_data.item i";
    let before = database.sql(rows);
    // A branch that a newer kanban has published.
    database.sql("UPDATE kanban_data.branch SET rules = rules + 1");
    world.write("more.md", "# More\n");
    world.commit("more");
    let run = world.kanban(["--json", "sync", "now"]).code(1);
    let row = run.json()["data"]["branches"][0].take();
    assert_eq!(row["standing"], "newer", "{row}");
    assert_eq!(database.sql(rows), before);
    // A step that is not known here.
    database.sql("INSERT INTO kanban_data.step (step, hash) VALUES (999, 'x')");
    for args in [&["sync", "init"][..], &["sync", "now"]] {
        world.kanban(args).explains(3, "newer");
    }
    assert_eq!(database.sql(rows), before);
    // A step that is another than ours.
    database.sql(
        "DELETE FROM kanban_data.step WHERE step = 999; UPDATE kanban_data.step SET hash = 'x'",
    );
    world.kanban(["sync", "init"]).explains(3, "step 1");
}
