//! `kanban fix --ids`: whoever shares an id gets one of their own, and what meant them still does.

use std::fs;

use serde_json::Value;

use crate::flow::writing_killed::{AFTER, BEFORE};
use crate::support::World;

const TASKS: &str = "_kano/backlog/products/demo/items/task";

fn task(id: &str, uid: u32, created: &str, text: &str) -> String {
    format!(
        "---\nid: {id}\nuid: 019b90c1-7c35-7ff7-bca8-cbc3a198b{uid:03}\ntype: Task\ntitle: Task {uid}\n\
         state: New\npriority: P2\ncreated: {created}\nupdated: {created}\n---\n\n{text}\n"
    )
}

fn path(id: &str, slug: &str) -> String {
    let hundred = &id[id.len() - 4..id.len() - 2];
    format!("{TASKS}/{hundred}00/{id}_{slug}.md")
}

/// Two tasks with the last id of a hundred, of which `young` is the younger, and one that refers to them.
fn shared() -> World {
    let world = World::repo();
    let old = path("DM-TSK-0099", "old");
    let young = path("DM-TSK-0099", "young");
    world.write(&old, task("DM-TSK-0099", 1, "2026-01-01", "Old."));
    let text = "See [old](DM-TSK-0099_old.md) and [notes](../../../notes.md).";
    world.write(&young, task("DM-TSK-0099", 2, "2026-01-02", text));
    world.write("_kano/backlog/products/demo/notes.md", "# Notes\n");
    let text = "[a](../0000/DM-TSK-0099_young.md) [[DM-TSK-0099_young|b]] [c](DM-TSK-0099_old.md)";
    let other = task("DM-TSK-0001", 3, "2026-01-01", text).replace(
        "priority: P2\n",
        "priority: P2\nparent: DM-TSK-0099\nlinks:\n  blocks: [DM-TSK-0099@019b90c1-7c35-7ff7-bca8-cbc3a198b002]\n",
    );
    world.write(&path("DM-TSK-0001", "other"), other);
    world.commit("items");
    world
}

fn codes(world: &World) -> Vec<String> {
    let data = world.kanban(["--json", "check"]).seen().json();
    let rows = data["data"]["problems"].as_array().unwrap().clone();
    rows.iter()
        .map(|row| row["code"].as_str().unwrap().to_owned())
        .collect()
}

fn row<'d>(data: &'d Value, old: &str) -> &'d Value {
    let rows = data["changes"].as_array().unwrap();
    let found = rows.iter().find(|row| row["old_path"] == old);
    found.unwrap_or_else(|| panic!("nothing was moved from {old}: {data}"))
}

#[test]
fn the_younger_gets_the_next_id_and_what_meant_it_still_does() {
    let world = shared();
    assert_eq!(
        codes(&world)
            .iter()
            .filter(|code| *code == "duplicate-id")
            .count(),
        2
    );
    let young = path("DM-TSK-0099", "young");
    let data = world.kanban(["--json", "fix", "--ids"]).data();
    let moved = row(&data, &young);
    let new = path("DM-TSK-0100", "young");
    assert_eq!(moved["path"], new.as_str(), "{data}");
    assert_eq!(
        (&moved["id"], &moved["change"]),
        (&"DM-TSK-0100".into(), &"moved".into())
    );
    let notes = moved["notes"].to_string();
    let parent = format!("{}:8 names `DM-TSK-0099`", path("DM-TSK-0001", "other"));
    assert!(notes.contains(&parent), "{notes}");
    assert_eq!(notes.matches(" names ").count(), 1, "{notes}");
    let text = world.read(&new);
    assert!(
        text.contains("id: DM-TSK-0100\n") && text.contains("updated: 2026-01-31\n"),
        "{text}"
    );
    assert!(text.contains("aliases: [DM-TSK-0099]\n"), "{text}");
    assert!(
        text.contains("[old](../0000/DM-TSK-0099_old.md) and [notes](../../../notes.md)"),
        "{text}"
    );
    let other = world.read(&path("DM-TSK-0001", "other"));
    assert!(
        other.contains("[a](../0100/DM-TSK-0100_young.md) [[DM-TSK-0100_young|b]]"),
        "{other}"
    );
    assert!(
        other.contains("blocks: [DM-TSK-0100@019b90c1-7c35-7ff7-bca8-cbc3a198b002]"),
        "{other}"
    );
    assert!(other.contains("parent: DM-TSK-0099\n"), "{other}");
    assert!(
        world
            .read(&path("DM-TSK-0099", "old"))
            .contains("updated: 2026-01-01")
    );
    assert!(codes(&world).iter().all(|code| code == "one-sided-blocks"));
    world.kanban(["verify"]).ok();
    let before = world.git(["status", "--porcelain"]);
    let again = world.kanban(["--json", "fix", "--ids"]).data();
    assert_eq!(again["changes"], serde_json::json!([]));
    assert_eq!(world.git(["status", "--porcelain"]), before);
}

#[test]
fn a_dry_run_is_a_patch_and_writes_nothing() {
    let world = shared();
    let run = world
        .kanban(["fix", "--ids", "--dry-run", "--keep-updated"])
        .ok();
    assert!(
        run.stderr().contains("names `DM-TSK-0099`, and was left"),
        "{run}"
    );
    assert_eq!(world.git(["status", "--porcelain"]), "");
    let patch = world.beside("patch");
    fs::write(&patch, run.stdout()).unwrap();
    world.git(["apply", patch.to_str().unwrap()]);
    let patched = world.read(&path("DM-TSK-0100", "young"));
    world.git(["checkout", "--quiet", "."]);
    world.git(["clean", "--quiet", "--force", "-d"]);
    world
        .kanban(["fix", "--ids", "--keep-updated", "--commit"])
        .ok();
    assert_eq!(world.read(&path("DM-TSK-0100", "young")), patched);
    assert!(patched.contains("updated: 2026-01-02"), "{patched}");
    assert_eq!(world.git(["status", "--porcelain"]), "");
    assert_eq!(
        world.git(["log", "-1", "--format=%s"]),
        "2 items: fix --ids"
    );
}

/// Each clone takes the next id that it can know of.
#[test]
fn two_clones_that_took_one_id_are_merged() {
    let world = World::backlog();
    let clone = world.beside("clone");
    world.git(["clone", "--quiet", ".", clone.to_str().unwrap()]);
    let made = |folder: &str, title: &str| {
        let run = world.kanban(["-C", folder, "--json", "new", title, "--commit"]);
        run.data()["changes"][0]["id"].clone()
    };
    let ids = [made(".", "Ours"), made(clone.to_str().unwrap(), "Theirs")];
    assert_eq!(ids[0], ids[1]);
    world.git([
        "pull",
        "--quiet",
        "--no-rebase",
        "--no-edit",
        clone.to_str().unwrap(),
        "HEAD",
    ]);
    // A third one, on a branch that is not merged.
    let next = |id: &Value, more: u32| {
        let id = id.as_str().unwrap();
        let (head, number) = id.rsplit_once('-').unwrap();
        format!("{head}-{:04}", number.parse::<u32>().unwrap() + more)
    };
    world.git(["checkout", "--quiet", "-b", "elsewhere"]);
    let third = world.kanban(["--json", "new", "Third", "--commit"]).data();
    assert_eq!(third["changes"][0]["id"], next(&ids[0], 1).as_str());
    world.git(["checkout", "--quiet", "main"]);
    assert!(codes(&world).contains(&"duplicate-id".to_owned()));
    let data = world.kanban(["--json", "fix", "--ids", "--commit"]).data();
    assert_eq!(data["changes"].as_array().unwrap().len(), 1, "{data}");
    assert_eq!(data["changes"][0]["id"], next(&ids[0], 2).as_str());
    assert!(
        !codes(&world)
            .iter()
            .any(|code| code.starts_with("duplicate") || code.starts_with("ambiguous"))
    );
    world.kanban(["verify"]).ok();
    for title in ["Ours", "Theirs"] {
        let list = world
            .kanban(["--json", "list", &format!("title:{title}")])
            .data();
        assert_eq!(list["total"], 1, "{title}");
    }
}

#[test]
fn a_copy_keeps_neither_id_nor_uid() {
    let world = World::repo();
    let original = path("DM-TSK-0004", "b-original");
    let copy = format!("{TASKS}/0000/a-copy.md");
    let text = task("DM-TSK-0004", 1, "2026-01-01", "Text.");
    world.write(&original, &text);
    world.write(&copy, &text);
    world.commit("items");
    let data = world.kanban(["--json", "fix", "--ids"]).data();
    let rows = data["changes"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{data}");
    assert_eq!(
        (&rows[0]["path"], &rows[0]["id"]),
        (&copy.as_str().into(), &"DM-TSK-0005".into())
    );
    assert!(rows[0]["notes"].to_string().contains("a copy of"), "{data}");
    let now = world.read(&copy);
    assert!(!now.contains("b001") && !now.contains("aliases"), "{now}");
    assert_eq!(world.read(&original), text);
    assert!(
        !codes(&world)
            .iter()
            .any(|code| code.starts_with("duplicate"))
    );
    // One uid under two ids, without a word that they were one: a copy, too.
    let other = path("DM-TSK-0006", "other");
    world.write(&other, text.replace("TSK-0004", "TSK-0006"));
    world.kanban(["fix", "--ids"]).ok();
    assert!(!world.read(&other).contains("b001"));
    assert!(world.read(&other).contains("id: DM-TSK-0006"));
    // With such a word they are one item, and a person must see to it.
    let twin = path("DM-TSK-0007", "twin");
    let said = text
        .replace("TSK-0004", "TSK-0007")
        .replace("state:", "aliases: [DM-TSK-0004]\nstate:");
    world.write(&twin, &said);
    let run = world.kanban(["fix", "--ids"]).code(1);
    assert!(run.stderr().contains("are one item"), "{run}");
    assert_eq!((world.read(&twin), world.read(&original)), (said, text));
}

#[test]
fn ids_in_names_are_changed_there() {
    let world = World::with(concat!(
        "--- docs/decisions/0001-use-files.md\n---\nstatus: accepted\ndate: 2026-01-01\n---\n# Use files\n\n[b](0002-b.md)\n",
        "--- docs/decisions/0002-a.md\n---\nstatus: accepted\ndate: 2026-01-02\n---\n# A\n",
        "--- docs/decisions/0002-b.md\n---\nstatus: accepted\ndate: 2026-01-03\n---\n# B\n",
    ));
    let before = world.read("docs/decisions/0002-b.md");
    world.kanban(["fix", "--ids"]).ok();
    assert_eq!(world.read("docs/decisions/0003-b.md"), before);
    assert!(
        world
            .read("docs/decisions/0001-use-files.md")
            .contains("[b](0003-b.md)")
    );
    assert!(codes(&world).is_empty());

    let world = World::fixture("repos/backlog-md");
    let task = |title: &str, day: u32| {
        format!(
            "---\nid: BAKE-9\ntitle: {title}\nstatus: To Do\ncreated_date: '2026-01-0{day} 10:00'\n---\n"
        )
    };
    world.write("backlog/tasks/bake-9 - Old.md", task("Old", 1));
    world.write("backlog/tasks/bake-9 - Young.md", task("Young", 2));
    world.kanban(["fix", "--ids"]).ok();
    let young = world.read("backlog/tasks/bake-10 - Young.md");
    assert!(
        young.contains("id: BAKE-10\n") && !young.contains("aliases"),
        "{young}"
    );

    let world = World::fixture("repos/kep");
    let kep = |title: &str| {
        format!(
            "title: {title}\nkep-number: 900\nstatus: provisional\nauthors: [\"@a\"]\nowning-sig: sig-x\n"
        )
    };
    world.write("keps/sig-x/900-one/kep.yaml", kep("One"));
    world.write("keps/sig-x/900-two/kep.yaml", kep("Two"));
    let run = world.kanban(["fix", "--ids"]).code(1);
    assert!(run.stderr().contains("comes from elsewhere"), "{run}");
}

#[test]
fn only_what_a_query_finds_is_parted() {
    let world = shared();
    world.write(
        &path("DM-TSK-0099", "third"),
        task("DM-TSK-0099", 4, "2026-01-03", ""),
    );
    world.kanban(["fix", "--ids", "created:2026-01-03"]).ok();
    assert!(world.root().join(path("DM-TSK-0100", "third")).exists());
    assert!(world.root().join(path("DM-TSK-0099", "young")).exists());
    world.kanban(["fix", "--ids"]).ok();
    assert!(world.root().join(path("DM-TSK-0101", "young")).exists());
}

#[test]
fn a_death_is_made_good_by_the_next_run() {
    for point in BEFORE.into_iter().chain(AFTER) {
        let world = shared();
        let fault = format!("{point}=die");
        world
            .kanban_with(&[("KANBAN_FAULT", &fault)], ["fix", "--ids"])
            .killed();
        world.kanban(["fix", "--ids"]).ok();
        let codes = codes(&world);
        assert!(
            codes.iter().all(|code| code == "one-sided-blocks"),
            "{point}: {codes:?}"
        );
        let text = world.read(&path("DM-TSK-0100", "young"));
        assert!(text.contains("id: DM-TSK-0100\n"), "{point}: {text}");
        let status = world.kanban(["--json", "status"]).data();
        assert!(status["cut_off"].is_null(), "{point}: {status}");
        world.kanban(["verify"]).ok();
    }
}

#[test]
fn many_at_once_part_each_item_once() {
    let world = World::repo();
    for number in 1..=30 {
        let slug = format!("item-{number}");
        let id = format!("DM-TSK-{:04}", number % 3 + 1);
        world.write(&path(&id, &slug), task(&id, number, "2026-01-01", ""));
    }
    world.commit("items");
    let runs: Vec<_> = (0..6)
        .map(|_| world.spawn(&[], &["--quiet", "fix", "--ids"]))
        .collect();
    for run in runs {
        run.finish().ok();
    }
    assert!(codes(&world).is_empty(), "{:?}", codes(&world));
    let ids = world
        .kanban(["sql", "SELECT count(DISTINCT id) FROM items"])
        .ok();
    ids.shows("30");
    world.kanban(["verify"]).ok();
}

#[test]
fn fix_mends_what_can_be_meant_in_one_way_only() {
    let world = World::repo();
    let broken = |number: u32, from: &str, to: &str| {
        let id = format!("DM-TSK-{number:04}");
        let text = task(&id, number, "2026-01-01", "");
        world.write(&path(&id, "item"), text.replace(from, to));
    };
    broken(1, "state: New", "state: Done.");
    broken(2, "priority: P2", "priority: (p1)");
    broken(3, "type: Task", "type: 'User.Story'");
    broken(4, "created: 2026-01-01", "created: 2026-13-01");
    broken(5, "id: DM-TSK-0005", "id: null");
    broken(6, "title: Task 6", "title: [WIP] six");
    broken(7, "state: New", "state: Elsewhere");
    broken(8, "id: DM-TSK-0008", "id: null");
    world.write(
        &path("DM-TSK-0008", "other"),
        task("DM-TSK-0008", 9, "2026-01-01", ""),
    );
    world.commit("items");
    let dry = world.kanban(["fix", "--dry-run"]).ok();
    assert!(dry.stdout().contains("+id: DM-TSK-0005"), "{dry}");
    assert_eq!(world.git(["status", "--porcelain"]), "");
    let run = world.kanban(["fix"]).ok();
    for word in [
        "`Done.` is now `Done`",
        "`2026-13-01` is now `2026-01-13`",
        "id: `DM-TSK-0005`, as its name says",
    ] {
        assert!(run.stdout().contains(word), "{run}");
    }
    assert!(run.stderr().contains("2 problems are left"), "{run}");
    let mut codes = codes(&world);
    codes.sort();
    assert_eq!(codes, ["missing-id", "unknown-state"]);
    let read = |number: u32| world.read(&path(&format!("DM-TSK-{number:04}"), "item"));
    assert!(read(2).contains("priority: P1\n"), "{}", read(2));
    assert!(read(3).contains("type: 'UserStory'\n"), "{}", read(3));
    assert!(read(5).contains("id: DM-TSK-0005\n"), "{}", read(5));
    let before = world.git(["diff"]);
    world.kanban(["fix"]).ok();
    assert_eq!(world.git(["diff"]), before);
    world.kanban(["verify"]).ok();
}

#[test]
fn keys_are_renamed_where_they_stand() {
    let world = World::repo();
    let item = |number: u32, keys: &str| {
        let id = format!("DM-TSK-{number:04}");
        let text = task(&id, number, "2026-01-01", "")
            .replace("state: New\n", &format!("state: New\n{keys}"));
        world.write(&path(&id, "item"), text);
    };
    item(1, "points: 3   # guessed\nexternal:\n  jira: A-1\n");
    item(2, "estimate: 5\n");
    item(3, "points: 1\nestimate: 2\n");
    world.commit("items");
    let read = |number: u32| world.read(&path(&format!("DM-TSK-{number:04}"), "item"));
    let args = [
        "set",
        "DM-TSK-0001",
        "--rename",
        "points=estimate",
        "--rename",
        "external.jira=external.key",
        "owner=mira",
    ];
    world.kanban(args).ok();
    let text = read(1);
    assert!(
        text.contains("state: New\nestimate: 3   # guessed\nexternal:\n  key: A-1\n"),
        "{text}"
    );
    assert!(
        text.contains("owner: mira\n") && text.contains("updated: 2026-01-31\n"),
        "{text}"
    );
    // In bulk: done before, and refused where both are there.
    let before = [read(2), read(3)];
    let run = world
        .kanban(["--json", "set", "kind:Task", "--rename", "points=estimate"])
        .code(1);
    let data = run.json()["data"].clone();
    assert_eq!(
        (&data["unchanged"], &data["failed"][0]["code"]),
        (&2.into(), &"key-exists".into()),
        "{data}"
    );
    assert_eq!([read(2), read(3)], before);
    world
        .kanban(["set", "DM-TSK-0001", "--rename", "external.key=key"])
        .explains(1, "stays in its map");
    world
        .kanban(["set", "DM-TSK-0002", "--rename", "nothing=more"])
        .code(1);
    world
        .kanban(["set", "DM-TSK-0002", "--rename", "nothing"])
        .explains(2, "OLD=NEW");
    world.kanban(["set", "DM-TSK-0002"]).code(2);
}

#[test]
fn a_state_follows_another_only_where_the_convention_says_so() {
    let world = World::repo();
    world.write(
        "kanban.toml",
        "[preset.kano.state.transitions]\nNew = [\"Ready\", \"Dropped\"]\nDone = []\n",
    );
    for number in 1..=3 {
        let id = format!("DM-TSK-{number:04}");
        let text = task(&id, number, "2026-01-01", "");
        let text = if number == 2 {
            text.replace("state: New", "state: Ready")
        } else {
            text
        };
        world.write(&path(&id, "item"), text);
    }
    world.commit("items");
    let run = world
        .kanban(["set", "DM-TSK-0001", "state=done"])
        .explains(1, "does not go from `New` to `Done`");
    assert!(run.stderr().contains("Ready, Dropped"), "{run}");
    let run = world
        .kanban(["--json", "set", "kind:Task", "state=Done"])
        .code(1);
    let data = run.json()["data"].clone();
    assert_eq!(data["changes"][0]["id"], "DM-TSK-0002", "{data}");
    let failed = data["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2, "{data}");
    assert!(
        failed.iter().all(|row| row["code"] == "transition"),
        "{data}"
    );
    world
        .kanban(["set", "DM-TSK-0002", "state=New"])
        .explains(1, "nothing follows");
    world.kanban(["set", "DM-TSK-0001", "state=Ready"]).ok();
    world.kanban(["set", "DM-TSK-0001", "state=Done"]).ok();
}

/// What the next task of the backlog would be called.
fn next(world: &World) -> String {
    let run = world.kanban(["--json", "new", "Next", "--kind", "Task", "--dry-run"]);
    run.data()["changes"][0]["id"].as_str().unwrap().to_owned()
}

/// A task whose name does not say its id.
fn unnamed(id: &str) -> (String, String) {
    let path = format!("{TASKS}/0000/unnamed-{id}.md");
    let text = task(id, 9, "2026-01-01", "").replace(id, &format!("\"{id}\""));
    (path, text)
}

#[test]
fn an_id_that_only_frontmatter_elsewhere_has_is_taken() {
    let world = World::backlog();
    assert_eq!(next(&world), "DM-TSK-0004");
    // On a branch, and there in a commit that only another one has.
    world.git(["checkout", "--quiet", "-b", "side"]);
    let (path, text) = unnamed("DM-TSK-0010");
    world.write(&path, text);
    world.commit("side");
    world.git(["checkout", "--quiet", "main"]);
    assert_eq!(next(&world), "DM-TSK-0011");
    assert_eq!(next(&world), "DM-TSK-0011", "as it was remembered");
    // Another id in a file that stands here, too.
    let here = "_kano/backlog/products/demo/items/task/0000/here.md";
    world.write(here, task("DM-TSK-0002", 8, "2026-01-01", ""));
    world.commit("here");
    world.git(["checkout", "--quiet", "-b", "other"]);
    world.write(here, task("DM-TSK-0020", 8, "2026-01-01", ""));
    world.commit("other");
    world.git(["checkout", "--quiet", "main"]);
    assert_eq!(next(&world), "DM-TSK-0021");
    // In the index alone.
    let (path, text) = unnamed("DM-TSK-0030");
    world.write(&path, text);
    world.git(["add", "--all"]);
    world.remove(&path);
    assert_eq!(next(&world), "DM-TSK-0031");
    // In another work tree: not committed, and not as it was committed.
    let linked = world.beside("linked");
    world.git(["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let (path, text) = unnamed("DM-TSK-0040");
    fs::write(linked.join(path), text).unwrap();
    assert_eq!(next(&world), "DM-TSK-0041");
    fs::write(linked.join(here), task("DM-TSK-0050", 8, "2026-01-01", "")).unwrap();
    assert_eq!(next(&world), "DM-TSK-0051");
    for (id, text) in [("DM-TSK-0010", "on a branch"), ("DM-TSK-0050", "there")] {
        let run = world.kanban(["new", text, "--kind", "Task", "--id", id]);
        run.explains(1, "id of another item");
    }
}

#[test]
fn an_id_of_a_convention_whose_names_tell_none_is_taken_on_every_branch() {
    let world = World::fixture("repos/plain");
    world.git(["checkout", "--quiet", "-b", "side"]);
    world.write("notes/theirs.md", "---\nid: N-7\n---\n\n# Theirs\n");
    world.commit("side");
    world.git(["checkout", "--quiet", "main"]);
    let new = |id: &'static str| world.kanban(["new", "Mine", "--in", "notes", "--id", id]);
    let run = new("n-7").explains(1, "id of another item");
    assert!(run.stderr().contains("notes/theirs.md"), "{run}");
    new("N-8").ok();
}

#[test]
fn the_younger_of_two_gets_an_id_that_no_frontmatter_elsewhere_has() {
    let world = shared();
    world.git(["checkout", "--quiet", "-b", "side"]);
    let (path, text) = unnamed("DM-TSK-0120");
    world.write(&path, text);
    world.commit("side");
    world.git(["checkout", "--quiet", "main"]);
    let data = world.kanban(["--json", "fix", "--ids"]).data();
    let young = self::path("DM-TSK-0099", "young");
    assert_eq!(row(&data, &young)["id"], "DM-TSK-0121", "{data}");
}

/// A clone without blobs: what is not there cannot be read, and that is told where no name tells an id.
#[test]
fn what_a_clone_does_not_have_is_told() {
    let world = World::backlog();
    world.git(["checkout", "--quiet", "-b", "side"]);
    let (path, text) = unnamed("DM-TSK-0010");
    world.write(&path, text);
    world.commit("side");
    let blob = world.git(["rev-parse", &format!("side:{path}")]);
    world.git(["checkout", "--quiet", "main"]);
    world.remove(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    let run = world
        .kanban(["new", "Next", "--kind", "Task", "--dry-run"])
        .ok();
    assert!(run.stderr().contains("may have been given again"), "{run}");
    assert!(run.stderr().contains("unnamed-DM-TSK-0010.md"), "{run}");
    assert!(run.stdout().contains("DM-TSK-0004"), "{run}");
}
