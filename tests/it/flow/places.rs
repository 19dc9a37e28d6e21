//! Where a command may be run, and what it finds there.

use std::path::Path;

use crate::support::World;
use crate::support::answers::{cache_dir, column, paths};
use crate::support::world::BACKLOG;

const TASK: &str = "_kano/backlog/products/demo/items/task/0000";

#[test]
fn not_a_repository() {
    let world = World::empty();
    for args in [&["list"][..], &["rebuild-index"], &["status"], &["check"]] {
        let run = world.kanban(args).explains(3, "repository");
        assert_eq!(run.stdout(), "", "{run}");
    }
    assert!(
        !world.root().join(".kanban").exists(),
        "nothing is written unasked"
    );
}

#[test]
fn init_makes_a_project_of_a_folder_outside_git() {
    let world = World::empty();
    world.write("notes/a.md", "# A\n");
    world.kanban(["init"]).ok();
    assert_eq!(paths(&world), ["notes/a.md"]);
}

#[test]
fn a_folder_outside_git_with_a_configuration() {
    let world = World::empty();
    world.write("kanban.toml", "[[root]]\npath = \"\"\npreset = \"plain\"\n");
    world.write("a.md", "# A\n");
    assert_eq!(paths(&world), ["a.md"]);
    assert_eq!(world.read(".kanban/.gitignore").trim(), "*");
    world.write("b.md", "# B\n");
    assert_eq!(paths(&world), ["a.md", "b.md"]);
}

#[test]
fn an_empty_repository() {
    let world = World::repo();
    let data = world.kanban(["--json", "list"]).data();
    assert_eq!(data["total"], 0);
    let run = world.kanban(["--json", "rebuild-index"]).ok().json();
    assert!(run["head"].is_null(), "there is no commit: {run}");
    assert_eq!(run["data"]["items"], 0);
    for args in [
        &["list"][..],
        &["board"],
        &["tree"],
        &["check"],
        &["status"],
        &["search", "x"],
    ] {
        world.kanban(args).ok();
    }
}

#[test]
fn a_repository_with_no_items() {
    let world = World::with("--- src/main.c\nint main(void) { return 0; }\n");
    assert_eq!(world.kanban(["--json", "list"]).data()["total"], 0);
    assert_eq!(world.kanban(["--json", "check"]).data()["total"], 0);
}

#[test]
fn files_that_are_not_tracked_count_and_ignored_ones_do_not() {
    let world = World::backlog();
    world.write(
        &format!("{TASK}/DM-TSK-0008_new.md"),
        "---\nid: DM-TSK-0008\n---\n",
    );
    world.write(
        &format!("{TASK}/DM-TSK-0009_private.md"),
        "---\nid: DM-TSK-0009\n---\n",
    );
    world.write(".gitignore", "*_private.md\n");
    assert_eq!(paths(&world).len(), 8);
    // What is tracked is not ignored, whatever the rules say.
    world.git(["add", "--force", &format!("{TASK}/DM-TSK-0009_private.md")]);
    assert_eq!(paths(&world).len(), 9);
    world.git([
        "rm",
        "--quiet",
        "--cached",
        &format!("{TASK}/DM-TSK-0009_private.md"),
    ]);
    assert_eq!(paths(&world).len(), 8);
    // An ignore file is an input like any other.
    world.write(".gitignore", "");
    assert_eq!(paths(&world).len(), 9);
}

#[test]
fn any_folder_of_the_work_tree_will_do() {
    let world = World::backlog();
    let all = paths(&world);
    let folder = world.root().join(TASK);
    assert_eq!(paths(&world.at(folder)), all);
}

#[test]
fn a_bare_repository_shows_its_head() {
    let world = World::backlog();
    let all = paths(&world);
    let bare = world.beside("bare.git");
    world.git(["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let head = world.git(["rev-parse", "HEAD"]);
    let world = world.at(&bare);
    assert_eq!(paths(&world), all);
    let answer = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(answer["head"], head.as_str());
    let body = world.kanban(["show", "--body", "DM-TSK-0003"]).ok();
    assert!(body.stdout().contains("Nothing yet."), "{body}");
    assert!(cache_dir(&world).starts_with(&bare));
}

#[test]
fn an_empty_bare_repository() {
    let world = World::empty();
    world.git(["init", "--quiet", "--bare", "."]);
    assert_eq!(world.kanban(["--json", "list"]).data()["total"], 0);
}

#[test]
fn a_linked_work_tree_has_a_cache_of_its_own() {
    let world = World::backlog();
    let linked = world.beside("linked");
    world.git([
        "worktree",
        "add",
        "--quiet",
        "-b",
        "side",
        linked.to_str().unwrap(),
    ]);
    let main = cache_dir(&world);
    let all = paths(&world);
    let side = World::backlog().at(&linked);
    side.remove(&format!("{TASK}/DM-TSK-0003_refund.md"));
    assert_eq!(paths(&side).len(), all.len() - 1);
    assert_eq!(paths(&world), all);
    assert_ne!(cache_dir(&side), main);
    assert!(cache_dir(&side).starts_with(world.root().join(".git/worktrees")));
}

#[test]
fn a_submodule_is_a_repository_of_its_own() {
    let inner = World::backlog();
    let world = World::with("--- docs/decisions/0001-a.md\n---\nstatus: accepted\n---\n\n# A\n");
    world.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        inner.root().to_str().unwrap(),
        "vendor/backlog",
    ]);
    world.commit("submodule");
    assert_eq!(
        paths(&world),
        ["docs/decisions/0001-a.md"],
        "not followed from outside"
    );
    let folder = world.root().join("vendor/backlog");
    let world = world.at(&folder);
    assert_eq!(paths(&world), paths(&inner), "whole from inside");
    let git_dir = folder.parent().unwrap().parent().unwrap().join(".git");
    assert!(cache_dir(&world).starts_with(git_dir.join("modules")));
}

#[test]
fn a_sparse_checkout_shows_what_is_there() {
    let world = World::backlog();
    world.git(["sparse-checkout", "set", "--no-cone", &format!("/{TASK}/")]);
    let found = paths(&world);
    assert_eq!(found.len(), 3, "{found:?}");
    world.git(["sparse-checkout", "disable"]);
    assert_eq!(paths(&world).len(), 7);
}

#[test]
fn symbolic_links_are_not_followed() {
    let world = World::backlog();
    let task = world.root().join(TASK);
    let outside = world.beside("outside.md");
    std::fs::write(&outside, "---\nid: DM-TSK-0010\n---\nsecret\n").unwrap();
    std::os::unix::fs::symlink(&outside, task.join("DM-TSK-0010_link.md")).unwrap();
    std::os::unix::fs::symlink("..", task.join("loop")).unwrap();
    assert_eq!(paths(&world).len(), 7);
}

#[test]
fn paths_with_spaces_and_letters_of_the_world() {
    let world = World::named("Größe und 日本語 'quoted' \"double\"");
    world.git(["init", "--quiet"]);
    crate::support::tree::unpack(world.root(), BACKLOG);
    let name = format!("{TASK}/DM-TSK-0011_пробел и ёлка 日本.md");
    world.write(&name, "---\nid: DM-TSK-0011\ntitle: \"Ёлка\"\n---\n");
    world.commit("files");
    let found = paths(&world);
    assert_eq!(found.len(), 8);
    assert!(found.contains(&name), "{found:?}");
    let shown = world.kanban(["--json", "show", &name]).data();
    assert_eq!(shown["title"], "Ёлка");
    assert_eq!(
        shown["blob_oid"],
        world.git(["hash-object", &name]).as_str()
    );
}

#[test]
fn a_name_that_is_not_utf8_is_an_item_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::backlog();
    let name = OsStr::from_bytes(b"DM-TSK-0012_caf\xe9.md");
    let path = world.root().join(TASK).join(name);
    std::fs::write(&path, "---\nid: DM-TSK-0012\ntitle: Latin\n---\n").unwrap();
    let titles = column(&world, "SELECT title FROM items WHERE id = 'DM-TSK-0012'");
    assert_eq!(titles, ["Latin"]);
    assert_eq!(paths(&world).len(), 8);
}

#[test]
fn names_that_differ_only_in_case_are_two_items() {
    let world = World::backlog();
    world.write(
        &format!("{TASK}/dm-tsk-0003_REFUND.md"),
        "---\nid: DM-TSK-0013\ntitle: Other\n---\n",
    );
    assert_eq!(paths(&world).len(), 8);
    let shown = world.kanban(["--json", "show", &format!("{TASK}/dm-tsk-0003_REFUND.md")]);
    assert_eq!(shown.data()["title"], "Other");
}

#[test]
fn two_files_with_one_id_are_two_items_and_a_problem() {
    let world = World::backlog();
    let copy = world.read(&format!("{TASK}/DM-TSK-0003_refund.md"));
    world.write(&format!("{TASK}/DM-TSK-0003_again.md"), copy);
    assert_eq!(paths(&world).len(), 8);
    let run = world.kanban(["show", "DM-TSK-0003"]).code(1);
    assert!(run.stderr().contains("DM-TSK-0003_again.md"), "{run}");
    assert!(run.stderr().contains("DM-TSK-0003_refund.md"), "{run}");
    let run = world.kanban(["--json", "check"]).code(1);
    let codes = run.json()["data"]["by_code"].to_string();
    assert!(codes.contains("duplicate"), "{run}");
}

#[test]
fn one_bad_file_hides_no_other() {
    let world = World::backlog();
    let bad: &[(&str, &[u8])] = &[
        ("DM-TSK-0020_yaml.md", b"---\nid: DM-TSK-0020\ntitle: a: b\nassignee: @x\n---\n"),
        ("DM-TSK-0021_bytes.md", b"---\nid: DM-TSK-0021\n---\n\xff\xfe\x00\x01 caf\xe9\n"),
        ("DM-TSK-0022_empty.md", b""),
        ("DM-TSK-0023_open.md", b"---\nid: DM-TSK-0023\nnever closed\n"),
        (
            "DM-TSK-0024_conflict.md",
            b"---\nid: DM-TSK-0024\n<<<<<<< ours\nstate: Done\n=======\nstate: Ready\n>>>>>>> theirs\n---\n",
        ),
        ("DM-TSK-0025_twice.md", b"---\nid: DM-TSK-0025\nstate: Done\nstate: Ready\n---\n"),
        ("DM-TSK-0026_crlf.md", b"\xef\xbb\xbf---\r\nid: DM-TSK-0026\r\ntitle: Windows\r\n---\r\nBody\r\n"),
    ];
    for (name, bytes) in bad {
        world.write(&format!("{TASK}/{name}"), bytes);
    }
    let deep = format!("---\nid: DM-TSK-0027\nx: {}\n---\n", "[".repeat(100_000));
    world.write(&format!("{TASK}/DM-TSK-0027_deep.md"), deep);
    let mut bomb = String::from("---\nid: DM-TSK-0028\na0: &a0 [x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}]\n"));
    }
    world.write(&format!("{TASK}/DM-TSK-0028_bomb.md"), bomb + "---\n");

    assert_eq!(paths(&world).len(), 7 + bad.len() + 2);
    for path in paths(&world)
        .iter()
        .filter(|path| path.contains("DM-TSK-002"))
    {
        if path.contains("crlf") {
            continue;
        }
        let problems = column(
            &world,
            &format!("SELECT count(*) FROM problems WHERE path = '{path}'"),
        );
        assert_ne!(problems, ["0"], "{path} has no problem");
    }
    let windows = column(&world, "SELECT title FROM items WHERE id = 'DM-TSK-0026'");
    assert_eq!(windows, ["Windows"]);
    let status = column(
        &world,
        "SELECT status FROM items WHERE path LIKE '%conflict.md'",
    );
    assert_eq!(status, ["conflicted"]);
}

#[test]
fn kanban_cache_dir_keeps_work_trees_apart() {
    let caches = World::empty();
    let one = World::backlog().env("KANBAN_CACHE_DIR", caches.root());
    let two = World::backlog().env("KANBAN_CACHE_DIR", caches.root());
    two.remove(&format!("{TASK}/DM-TSK-0003_refund.md"));
    assert_eq!(paths(&one).len(), 7);
    assert_eq!(paths(&two).len(), 6);
    let (first, second) = (cache_dir(&one), cache_dir(&two));
    assert_ne!(first, second);
    assert!(first.starts_with(caches.root()) && second.starts_with(caches.root()));
    assert!(!one.root().join(".git/kanban").exists());
}

#[test]
fn the_work_tree_stays_as_git_sees_it() {
    let world = World::backlog();
    world.kanban(["rebuild-index"]).ok();
    assert_eq!(world.git(["status", "--porcelain", "--ignored"]), "");
    assert!(Path::new(&world.root().join(".git/kanban")).exists());
}

#[test]
fn blob_ids_are_those_of_git_in_sha256_repositories_too() {
    let world = World::empty();
    world.git(["init", "--quiet", "--object-format=sha256"]);
    crate::support::tree::unpack(world.root(), BACKLOG);
    world.commit("files");
    for path in paths(&world) {
        let oid = column(
            &world,
            &format!("SELECT blob_oid FROM items WHERE path = '{path}'"),
        );
        assert_eq!(oid, [world.git(["hash-object", "--no-filters", &path])]);
        assert_eq!(oid[0].len(), 64);
    }
}

#[test]
fn doctor_looks_at_git_and_at_how_files_are_kept() {
    let world = World::backlog();
    let rows = |world: &World| {
        let run = world.kanban(["--json", "doctor"]).seen();
        let checks = run.json()["data"]["checks"].clone();
        let row = |name: &str| {
            let mut rows = checks.as_array().unwrap().iter();
            let found = rows.find(|row| row["name"] == name);
            found
                .cloned()
                .unwrap_or_else(|| panic!("no row `{name}`\n{run}"))
        };
        ["git", "merge driver", "case of names", "times", "state"].map(row)
    };
    let [git, merge, letters, times, state] = rows(&world);
    let version = world.git(["--version"]);
    assert_eq!(git["message"], version.trim());
    assert!(merge["message"].as_str().unwrap().starts_with("none"));
    assert!(times["message"].as_str().unwrap().contains("to the "));
    assert!(state["message"].as_str().unwrap().starts_with("none"));
    let a = world.beside("a");
    std::fs::write(&a, "").unwrap();
    let one = a.with_file_name("A").exists();
    let words = letters["message"].as_str().unwrap();
    assert_eq!(words.contains("are one file"), one, "{letters}");
    assert_eq!(letters["verdict"], "ok");
    world.git([
        "config",
        "core.ignoreCase",
        if one { "false" } else { "true" },
    ]);
    world.git([
        "config",
        "merge.kanban.driver",
        "kanban merge-driver %O %A %B",
    ]);
    let [_, merge, letters, ..] = rows(&world);
    let message = merge["message"].as_str().unwrap();
    assert!(message.contains("no `.gitattributes`"), "{message}");
    assert_eq!(letters["verdict"], "warning");
    assert!(
        letters["hint"]
            .as_str()
            .unwrap()
            .contains("core.ignoreCase")
    );
}
