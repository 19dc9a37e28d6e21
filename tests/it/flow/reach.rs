//! How far a change reaches: cases in which a refresh once said something else than a rebuild.

use std::fs;

use crate::flow::limits::as_user;
use crate::support::World;
use crate::support::answers::cache_dir;

const FOLDER: &str = "_kano/backlog/products/p/items/task/0000";

fn item(world: &World, name: &str, id: &str, more: &str) {
    let text = format!("---\nid: {id}\ntype: Task\ntitle: t\nstate: Proposed\n{more}---\nbody\n");
    world.write(&format!("{FOLDER}/{name}"), text);
}

fn levels(world: &World, what: &str) {
    world.kanban(["--quiet", "refresh"]).ok();
    let run = world
        .kanban(["--no-refresh", "--color=never", "verify"])
        .seen();
    assert!(run.output.status.success(), "{what}\n{run}");
}

#[test]
fn a_circle_ends_when_a_link_in_it_becomes_ambiguous() {
    for (second, name) in [("X", "x2.md"), ("A", "a2.md")] {
        let world = World::repo();
        item(&world, "a.md", "A", "parent: X\n");
        item(&world, "x.md", "X", "parent: A\n");
        levels(&world, "a circle");
        item(&world, name, second, "");
        levels(&world, "no circle any more");
        world.remove(&format!("{FOLDER}/{name}"));
        levels(&world, "a circle again");
    }
    let world = World::repo();
    item(&world, "a.md", "A", "links:\n  blocked_by: [X]\n");
    item(&world, "x.md", "X", "links:\n  blocked_by: [A]\n");
    levels(&world, "two that wait for each other");
    item(&world, "x2.md", "X", "");
    levels(&world, "one may go on");
}

#[test]
fn names_are_equal_in_every_case_of_every_script() {
    let world = World::repo();
    item(&world, "a.md", "ΟΔΟΣ", "");
    levels(&world, "one");
    item(&world, "b.md", "οδοσ", "");
    levels(&world, "the same in small letters");
}

#[test]
fn a_name_that_ends_in_a_slash_is_a_name() {
    let world = World::repo();
    fs::create_dir(world.root().join(".obsidian")).unwrap();
    world.write("b.md", "---\naliases: ['foo/', 'q/']\n---\nx\n");
    world.write("a.md", "see [[foo/]] [[bar/]] [[q/@abcd]] [[bar/.]]\n");
    levels(&world, "foo/");
    world.write("b.md", "---\naliases: ['bar/']\n---\nx\n");
    levels(&world, "bar/");
}

#[test]
fn a_lost_commit_is_not_taken_for_the_one_that_follows() {
    let world = World::repo();
    item(&world, "a.md", "A", "");
    item(&world, "b.md", "B", "");
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let append = |name: &str, word: &str| {
        let path = format!("{FOLDER}/{name}");
        let text = world.read(&path);
        world.write(&path, format!("{text}{word}\n"));
    };
    append("a.md", "alpha");
    world.kanban(["--quiet", "refresh"]).ok();
    let folder = fs::read_dir(cache_dir(&world)).unwrap().flatten();
    let folder = folder
        .map(|entry| entry.path())
        .find(|path| path.join("cache.db").exists())
        .unwrap();
    fs::remove_file(folder.join("cache.db-wal")).unwrap();
    drop(fs::remove_file(folder.join("cache.db-shm")));
    append("b.md", "betaword");
    levels(&world, "the number is given twice");
    let found = world.kanban(["--json", "search", "betaword"]).ok().json();
    assert_eq!(found["data"]["total"], 1);
}

#[test]
fn a_touch_of_everything_is_no_change() {
    let world = World::repo();
    for number in 0..100 {
        item(&world, &format!("f{number}.md"), &format!("P-{number}"), "");
    }
    world.kanban(["--quiet", "refresh"]).ok();
    let begun = world.kanban(["--json", "status"]).ok().json();
    for number in 0..100 {
        let path = world.root().join(FOLDER).join(format!("f{number}.md"));
        let file = fs::File::options().append(true).open(path).unwrap();
        let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        file.set_modified(earlier).unwrap();
    }
    let after = world.kanban(["--json", "refresh"]).ok().json();
    assert_eq!(after["generation"], begun["generation"], "{after}");
    levels(&world, "touched");
}

/// Whoever holds the name is looked at; that this does not cost the square of their number is for a
/// benchmark to show.
#[test]
fn a_change_among_thousands_of_one_name_is_taken_in() {
    let world = World::repo();
    for number in 0..3000 {
        item(
            &world,
            &format!("f{number}.md"),
            "P-TSK-0001",
            "uid: same\n",
        );
    }
    world.kanban(["--quiet", "rebuild-index"]).ok();
    item(&world, "f7.md", "P-TSK-0001", "uid: same\ntags: [new]\n");
    levels(&world, "one of thousands");
}

/// So many that they are indexed by several threads, and too few for a rebuild.
#[test]
fn many_changes_among_more_are_searched_as_after_a_rebuild() {
    let world = World::repo();
    for number in 0..2_100 {
        world.write(
            &format!("notes/n{number}.md"),
            format!("---\ntitle: N{number}\n---\nold\n"),
        );
    }
    let before = generation_of(&world, "refresh");
    for number in 0..600 {
        world.write(
            &format!("notes/n{number}.md"),
            format!("---\ntitle: N{number}\n---\nnew\n"),
        );
    }
    let run = world.kanban(["--json", "refresh"]).ok();
    assert_eq!(run.json()["data"]["changes"].as_array().unwrap().len(), 600);
    assert_eq!(run.json()["cache"], before, "not a rebuild");
    world.kanban(["verify"]).ok();
}

fn generation_of(world: &World, command: &str) -> serde_json::Value {
    world.kanban(["--json", command]).ok().json()["cache"].clone()
}

/// The text of a KEP lies in a file of its own.
#[test]
fn a_companion_that_changes_or_goes_is_dirty() {
    let world = World::repo();
    world.write(
        "keps/a/kep.yaml",
        "title: T\nkep-number: 1\nstatus: implemented\n",
    );
    world.write("keps/a/README.md", "text\n");
    world.commit("kep");
    let dirty = || world.kanban(["--json", "status"]).ok().json()["dirty"].clone();
    assert_eq!(dirty(), false);
    world.write("keps/a/README.md", "other text\n");
    assert_eq!(dirty(), true, "changed");
    world.kanban(["verify"]).ok();
    world.git(["checkout", "-q", "--", "."]);
    assert_eq!(dirty(), false, "as it was");
    world.remove("keps/a/README.md");
    assert_eq!(dirty(), true, "gone");
    world.kanban(["verify"]).ok();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    assert_eq!(dirty(), true, "after a rebuild too");
}

/// A vault is known by its folder `.obsidian`, which nobody can see then either.
#[test]
fn a_convention_stays_while_its_marker_cannot_be_seen() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::repo();
    world.write("docs/adr/0001-x.md", "# 1. x\n\n## Status\n\nAccepted\n");
    world.write("vault/.obsidian/app.json", "{}");
    world.write("vault/n.md", "hi\n");
    world.commit("all");
    let vault = world.root().join("vault");
    let close = |mode| {
        std::fs::set_permissions(&vault, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let seen = as_user(&world, &[], &["--json", "list"]).ok().json();
    assert_eq!(seen["data"]["total"], 2, "{seen}");
    close(0o000);
    let seen = as_user(&world, &[], &["--json", "list"]).ok().json();
    close(0o755);
    assert_eq!(seen["data"]["total"], 2, "{seen}");
    assert_eq!(seen["fresh"], false, "{seen}");
}

/// By its device an empty mount is told from an empty folder.
#[test]
fn the_device_of_a_root_is_known_since_the_refresh_that_brought_it() {
    let world = World::repo();
    world.write("docs/adr/0001-x.md", "# 1. x\n\n## Status\n\nAccepted\n");
    let devices = || {
        let select = "SELECT value FROM meta WHERE key = 'devices'";
        world.kanban(["--json", "sql", select]).ok().json()["data"]["rows"][0][0].clone()
    };
    devices();
    world.write("vault/.obsidian/app.json", "{}");
    world.write("vault/n.md", "hi\n");
    let refreshed = devices();
    assert!(refreshed.as_str().unwrap().contains("vault"), "{refreshed}");
    world.kanban(["--quiet", "rebuild-index"]).ok();
    assert_eq!(devices(), refreshed);
}

/// tantivy makes some of its files for their owner only.
#[test]
fn who_may_read_the_database_may_read_the_search_index_after_a_refresh_too() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(
        "_kano/backlog/products/demo/items/task/0000/DM-TSK-0090_new.md",
        "new\n",
    );
    world.kanban(["--quiet", "refresh"]).ok();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut dirs = fs::read_dir(cache_dir(&world)).unwrap().flatten();
    let dir = dirs.find(|entry| entry.file_name().to_string_lossy().starts_with("g-"));
    let dir = dir.unwrap().path();
    let expected = mode(&dir.join("cache.db"));
    for file in fs::read_dir(dir.join("search")).unwrap().flatten() {
        assert_eq!(mode(&file.path()), expected, "{:?}", file.path());
    }
}
