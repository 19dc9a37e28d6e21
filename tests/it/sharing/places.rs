//! Publishing from every kind of clone, and through a pooler.

use std::fs;
use std::process::{Child, Stdio};

use crate::sharing::{CONFIG, level, now, same, share, status, views, with_remote};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database, lowly, lowly_folder};

/// A repository with a remote, published; and the path of the remote.
fn published(database: &Database) -> (World, String) {
    let world = share(World::backlog(), database);
    let remote = with_remote(&world, "origin.git");
    level(&world);
    (world, remote)
}

#[test]
fn every_kind_of_clone_publishes_the_same() {
    let Some(database) = pg::database() else {
        return;
    };
    let (world, remote) = published(&database);
    let url = database.url(ADMIN);
    let file_url = format!("file://{remote}");
    let config = ["-c", "uploadpack.allowFilter=true"];
    for (name, options) in [
        ("plain", &[][..]),
        ("bare", &["--bare"]),
        ("shallow", &["--depth=1"]),
        ("partial", &["--filter=blob:none"]),
        ("treeless", &["--filter=tree:0"]),
        ("sparse", &["--sparse", "--filter=blob:none"]),
    ] {
        // Each has something new to publish.
        world.write(
            "_kano/backlog/products/demo/items/task/0000/new.md",
            format!("# {name}\n"),
        );
        world.commit(name);
        world.git(["-C", &remote, "config", "uploadpack.allowFilter", "true"]);
        world.git(["push", "--quiet", "origin", "main"]);
        let path = world.beside(name);
        let clone = [
            &["clone", "--quiet"],
            options,
            &[&file_url, path.to_str().unwrap()],
        ]
        .concat();
        world.git([&config[..], &clone].concat());
        let clone = World::empty().at(&path).env("KANBAN_POSTGRES_URL", &url);
        let row = level(&clone);
        assert_eq!(row["written"], 1, "{name}: {row}");
        assert_eq!(row["removed"], 0, "{name}: {row}");
        same(&database, &world);
        // Again there is nothing to do.
        assert_eq!(level(&clone)["written"], 0, "{name}");
    }
    // A linked work tree of another branch, and one with a detached HEAD as CI has it.
    let linked = world.beside("linked");
    world.git([
        "worktree",
        "add",
        "-q",
        "-b",
        "other",
        linked.to_str().unwrap(),
    ]);
    let linked = World::empty().at(linked).env("KANBAN_POSTGRES_URL", &url);
    let row = level(&linked);
    assert_eq!(row["branch"], "other");
    let files = views::of_files(&linked);
    assert_eq!(
        views::difference(&files, &views::of_server(&database, ADMIN, "other")),
        None
    );
    linked.git(["checkout", "-q", "--detach"]);
    linked.kanban(["sync", "now"]).explains(2, "--branch");
    // One outbox for all work trees.
    assert_eq!(status(&linked)["branches"].as_array().unwrap().len(), 2);
    same(&database, &world);
}

#[test]
fn an_empty_commit_is_held() {
    let Some(database) = pg::database() else {
        return;
    };
    let (world, _remote) = published(&database);
    let before = views::of_server(&database, ADMIN, "main");
    world.git(["rm", "-rq", "--", ".", ":!kanban.toml"]);
    world.commit("gone");
    let run = world.kanban(["--json", "sync", "now"]).code(1);
    let row = run.json()["data"]["branches"][0].take();
    assert_eq!(row["standing"], "held", "{row}");
    assert!(
        row["reason"].as_str().unwrap().contains("--allow-empty"),
        "{row}"
    );
    assert_eq!(views::of_server(&database, ADMIN, "main"), before);
    // Also of a clone that knows nothing of what was there.
    fs::remove_file(world.root().join(".git/kanban/state.db")).unwrap();
    let rows = now(&world, &[], &[]);
    assert_eq!(rows[0]["standing"], "held", "{rows:?}");
    assert_eq!(views::of_server(&database, ADMIN, "main"), before);
    let rows = now(&world, &[], &["--allow-empty"]);
    assert_eq!(rows[0]["standing"], "level", "{rows:?}");
    same(&database, &world);
    assert_eq!(database.sql("SELECT count(*) FROM kanban.items"), "0");
    assert_eq!(
        database.sql("SELECT count(*) FROM kanban_data.item WHERE body <> '' OR title <> ''"),
        "0"
    );
    // What comes back comes back.
    world.git(["revert", "--no-edit", "HEAD"]);
    level(&world);
    same(&database, &world);
}

#[test]
fn an_unborn_branch_and_a_plain_folder_are_told() {
    let Some(database) = pg::database() else {
        return;
    };
    let url = database.url(ADMIN);
    let world = World::repo().env("KANBAN_POSTGRES_URL", &url);
    world.write("kanban.toml", CONFIG);
    world.kanban(["sync", "init"]).ok();
    world.kanban(["sync", "now"]).explains(3, "no commit");
    let plain = World::empty().env("KANBAN_POSTGRES_URL", &url);
    plain.kanban(["sync", "now"]).explains(3, "Git");
    let nameless = World::backlog().env("KANBAN_POSTGRES_URL", &url);
    nameless.kanban(["sync", "now"]).explains(3, "name");
    // A remote names it, as git would ask for it.
    nameless.git(["remote", "add", "origin", "work:Acme/Backlog.git"]);
    let alias = "url.ssh://git@Git.example.org:22/.insteadOf";
    nameless.git(["config", alias, "work:"]);
    nameless.kanban(["sync", "init"]).ok();
    assert_eq!(
        level(&nameless)["repository"],
        "git.example.org/acme/backlog"
    );
    nameless.git([
        "remote",
        "set-url",
        "origin",
        "https://ada:se/cret@github.com/a/b",
    ]);
    let run = nameless.kanban(["sync", "now"]).explains(3, "name");
    assert!(!run.stderr().contains("cret"), "{run}");
}

/// A pooler in transaction mode.
struct Pooler {
    child: Child,
    folder: std::path::PathBuf,
}

impl Pooler {
    fn before(database: &Database, logins: &[&str]) -> Option<Self> {
        let program = pg::pooler()?;
        let folder = lowly_folder();
        let server = pg::shared()?.folder().display();
        let shown = folder.display();
        let users: String = logins
            .iter()
            .map(|login| format!("\"{login}\" \"\"\n"))
            .collect();
        fs::write(folder.join("users"), users).unwrap();
        fs::write(
            folder.join("ini"),
            format!(
                "[databases]\n{} = host={server} port=5432\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432\n\
                 unix_socket_dir = {shown}\nauth_type = trust\nauth_file = {shown}/users\n\
                 pool_mode = transaction\ndefault_pool_size = 2\nserver_reset_query_always = 0\n\
                 logfile = {shown}/log\npidfile = {shown}/pid\n",
                database.name()
            ),
        )
        .unwrap();
        let mut command = lowly(&program);
        command
            .arg(folder.join("ini"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut pooler = Self {
            child: command.spawn().unwrap(),
            folder,
        };
        let start = std::time::Instant::now();
        while !pooler.folder.join(".s.PGSQL.5432").exists() {
            assert!(
                pooler.child.try_wait().unwrap().is_none(),
                "the pooler does not start"
            );
            // A guard against hanging, not a measure.
            assert!(start.elapsed().as_secs() < 30, "the pooler does not listen");
            std::thread::yield_now();
        }
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn a_pooler_in_transaction_mode_may_stand_in_between() {
    let Some(database) = pg::database() else {
        return;
    };
    let Some(pooler) = Pooler::before(&database, &[ADMIN]) else {
        return;
    };
    let url = database.url_by(&pooler.folder, ADMIN);
    let world = World::backlog().env("KANBAN_POSTGRES_URL", &url);
    world.write("kanban.toml", CONFIG);
    world.commit("share");
    let init = world.kanban(["--json", "sync", "init"]).data();
    assert_eq!(init["founded"], true, "{init}");
    world.kanban(["sync", "init"]).ok();
    level(&world);
    same(&database, &world);
    world
        .kanban(["sync", "member", "add", "ada", "--role", "writer"])
        .ok();
    world.kanban(["sync", "status"]).ok();
    // Several at once share two sessions of the server.
    let clones: Vec<World> = (0..6)
        .map(|number| {
            let path = world.beside(&format!("clone{number}"));
            world.git([
                "clone",
                "--quiet",
                world.root().to_str().unwrap(),
                path.to_str().unwrap(),
            ]);
            let clone = World::empty().at(path).env("KANBAN_POSTGRES_URL", &url);
            clone.git(["checkout", "-q", "-b", &format!("b{number}")]);
            clone.write(
                "_kano/backlog/products/demo/items/task/0000/new.md",
                format!("# {number}\n"),
            );
            clone.commit("own");
            clone
        })
        .collect();
    let running: Vec<_> = clones
        .iter()
        .map(|clone| clone.spawn(&[], &["--json", "sync", "now"]))
        .collect();
    for run in running {
        let data = run.finish().data();
        assert_eq!(data["branches"][0]["standing"], "level", "{data}");
    }
    for (number, clone) in clones.iter().enumerate() {
        let server = views::of_server(&database, ADMIN, &format!("b{number}"));
        assert_eq!(views::difference(&views::of_files(clone), &server), None);
    }
}
