//! Writes through the program: what each command changes, and what it says of that.

use std::fs;

use crate::support::World;

const TASK: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_draw-a-card.md";

/// A kano item with everything that an edit could hurt.
pub(super) fn item(id: &str, title: &str) -> String {
    format!(
        "---\n# a comment\nid: {id}\nuid: 019b90c1-7c35-7ff7-bca8-cbc3a198b50{}\ntype: Task\n\
         title: \"{title}\"   # kept\nstate: Ready\npriority: P2\ntags: ['a', \"b\"]\n\
         created: 2026-01-01\nupdated: 2026-01-02\nowner: None\n---\n\n# Context\n\nText.\n\n\
         # Acceptance Criteria\n\n- [ ] one\n- [x] two\n\n# Worklog\n\n\
         2026-01-01 10:00 [agent=ada] Created\n",
        &id[id.len() - 1..]
    )
}

pub(super) fn path(number: usize) -> String {
    format!("_kano/backlog/products/demo/items/task/0000/DM-TSK-{number:04}_item.md")
}

pub(super) fn world(items: usize) -> World {
    let world = World::repo();
    for number in 1..=items {
        let id = format!("DM-TSK-{number:04}");
        world.write(&path(number), item(&id, &format!("Item {number}")));
    }
    world.commit("items");
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world
}

#[test]
fn a_set_changes_what_it_means_and_answers_show_it_at_once() {
    let world = world(1);
    let before = world.read(&path(1));
    let run = world
        .kanban(["--json", "set", "DM-TSK-0001", "state=in progress"])
        .ok();
    let row = &run.json()["data"]["changes"][0];
    assert_eq!(row["state"], "InProgress", "{run}");
    let want = before
        .replace("state: Ready", "state: InProgress")
        .replace("updated: 2026-01-02", "updated: 2026-01-31");
    assert_eq!(world.read(&path(1)), want);
    let shown = world.kanban(["--json", "--no-refresh", "show", "DM-TSK-0001"]);
    assert_eq!(shown.data()["state"], "InProgress");
    // The receipt's hash is the one to write on.
    let hash = row["after"].as_str().unwrap();
    world
        .kanban(["set", "DM-TSK-0001", "owner=mira", "--if-hash", &hash[..12]])
        .ok();
    world
        .kanban(["set", "DM-TSK-0001", "owner=tom", "--if-hash", hash])
        .explains(1, "hash");
    assert!(world.read(&path(1)).contains("owner: mira"));
    world.kanban(["verify"]).ok();
}

#[test]
fn setting_what_is_there_changes_nothing() {
    let world = world(1);
    let before = world.read(&path(1));
    for assignment in [
        "state=Ready",
        "title=Item 1",
        "tags=a,b",
        "priority=p2",
        "owner=none",
    ] {
        let data = world
            .kanban(["--json", "set", "DM-TSK-0001", assignment])
            .data();
        assert_eq!(data["unchanged"], 1, "{assignment}: {data}");
        assert_eq!(world.read(&path(1)), before, "{assignment}");
    }
}

#[test]
fn hostile_texts_come_back_as_they_were_given() {
    let world = world(1);
    let long = "x".repeat(10_000);
    let texts = [
        "$1",
        "#",
        "a: b",
        "@x",
        "null",
        "yes",
        "1.0",
        "---",
        "[x]",
        "it's",
        "\"q\"",
        "'",
        "`tick`",
        "🦀 emoji",
        "\u{202e}left",
        "- item",
        "*star",
        "&amp",
        "!bang",
        "%d",
        "a #b",
        "{x}",
        "~",
        "007",
        "2026-01-01",
        "\\n",
        " \u{a0}x",
        " x ",
        "\tx\t",
        " none ",
        "x\n\n",
        " ",
        &long,
    ];
    for text in texts {
        let assignment = format!("note={text}");
        world.kanban(["set", "DM-TSK-0001", &assignment]).ok();
        let shown = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
        let note = &shown["frontmatter"]["note"];
        assert_eq!(note, text, "{text:?}: {note:?}");
        let words = text.trim();
        if !["null", "~", "none"].contains(&words) && !words.is_empty() && !text.contains('\n') {
            let assignment = format!("title={text}");
            world.kanban(["set", "DM-TSK-0001", &assignment]).ok();
            let shown = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
            assert_eq!(shown["title"], text.trim(), "{text:?}");
        }
    }
    let lines = "note=one\ntwo\n\n  three";
    world.kanban(["set", "DM-TSK-0001", lines]).ok();
    let shown = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
    assert_eq!(shown["frontmatter"]["note"], &lines[5..]);
    world.kanban(["verify"]).ok();
}

#[test]
fn a_query_writes_to_all_it_matches_and_a_dry_run_to_none() {
    let world = world(40);
    let dry = world.kanban(["--json", "set", "state:Ready", "state=Done", "--dry-run"]);
    let dry = dry.data();
    assert_eq!(dry["changes"].as_array().unwrap().len(), 40);
    assert!(
        dry["changes"][0]["diff"]
            .as_str()
            .unwrap()
            .contains("+state: Done")
    );
    assert_eq!(world.git(["status", "--porcelain"]), "");
    // What it shows is what git would apply.
    let diffs: String = dry["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["diff"].as_str().unwrap())
        .collect();
    let patch = world.beside("patch");
    fs::write(&patch, diffs).unwrap();
    world.git(["apply", "--check", patch.to_str().unwrap()]);
    let done = world
        .kanban(["--json", "set", "state:Ready", "state=Done"])
        .data();
    assert_eq!(done["changes"].as_array().unwrap().len(), 40);
    assert_eq!(
        world.kanban(["--json", "list", "state:Done"]).data()["total"],
        40
    );
    // A slip is no query, and an empty answer is none to write to.
    world.kanban(["set", "DM-TSK-00O1", "state=Done"]).code(1);
    world.kanban(["set", "state:Ready", "state=New"]).ok();
    assert_eq!(
        world.kanban(["--json", "list", "state:Done"]).data()["total"],
        40
    );
    world.kanban(["verify"]).ok();
}

#[test]
fn log_lines_checks_tags_links_and_sections() {
    let world = world(2);
    let kanban = |args: &[&str]| drop(world.kanban(args).ok());
    kanban(&["log", "DM-TSK-0001", "it took\n12 ms", "--author", "mira"]);
    kanban(&["tick", "DM-TSK-0001", "1"]);
    kanban(&["untick", "DM-TSK-0001", "two"]);
    kanban(&["tag", "add", "DM-TSK-0001", "c", "a"]);
    kanban(&["tag", "rm", "DM-TSK-0001", "b"]);
    kanban(&["link", "add", "DM-TSK-0001", "blocks", "DM-TSK-0002"]);
    kanban(&[
        "edit",
        "DM-TSK-0001",
        "--section",
        "context",
        "--append",
        "More.",
    ]);
    let text = world.read(&path(1));
    assert!(
        text.ends_with(
            "2026-01-01 10:00 [agent=ada] Created\n2026-01-31 12:00 [agent=mira] it took 12 ms\n"
        ),
        "{text}"
    );
    assert!(text.contains("- [x] one\n- [ ] two\n"), "{text}");
    assert!(text.contains("tags: ['a', "), "{text}");
    assert!(text.contains("Text.\n\nMore.\n\n# Acceptance"), "{text}");
    let one = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
    assert_eq!(one["tags"], serde_json::json!(["a", "c"]));
    let links = world
        .kanban([
            "sql",
            "SELECT path, rel, target FROM links ORDER BY path, rel",
        ])
        .ok();
    links
        .shows("blocks\tDM-TSK-0002")
        .shows("blocked_by\tDM-TSK-0001");
    kanban(&["link", "rm", "DM-TSK-0002", "blocked_by", "DM-TSK-0001"]);
    world
        .kanban(["sql", "SELECT rel FROM links"])
        .ok()
        .hides("block");
    for (args, word) in [
        (&["tick", "DM-TSK-0001", "9"][..], "line"),
        (&["log", "DM-TSK-0001", " ", "--author", "x"], "text"),
        (
            &["link", "add", "DM-TSK-0001", "eats", "DM-TSK-0002"],
            "eats",
        ),
        (
            &["link", "add", "DM-TSK-0001", "blocks", "DM-TSK-0001"],
            "itself",
        ),
        (&["set", "DM-TSK-0001", "state=Nope"], "Nope"),
        (
            &["edit", "DM-TSK-0001", "--section", "Nope", "--text", "x"],
            "Nope",
        ),
    ] {
        let before = world.read(&path(1));
        let run = world.kanban(args).seen();
        assert!(
            [Some(1), Some(2)].contains(&run.output.status.code()),
            "{run}"
        );
        assert!(run.stderr().contains(word), "{run}");
        assert_eq!(world.read(&path(1)), before, "{run}");
    }
    world.kanban(["verify"]).ok();
}

#[test]
fn a_moved_item_takes_its_links_along() {
    let world = World::with(concat!(
        "--- kanban.toml\n[[root]]\npath = \"\"\npreset = \"plain\"\n",
        "--- notes/old name.md\n---\ntitle: Old name\n---\nSee [other](sub/other.md) and [web](https://x.y/old).\n",
        "--- notes/sub/other.md\n# Other\n\n[up](../old%20name.md#part) [[old name|label]] [old name](https://x.y)\n",
        "--- index.md\n---\nrelated: [\"notes/old name.md\"]\n---\n# Index\n\n[a](notes/old%20name.md)\n",
    ));
    let data = world
        .kanban([
            "--json",
            "mv",
            "notes/old name.md",
            "--to",
            "archive/new.md",
        ])
        .data();
    let moved = data["changes"].as_array().unwrap();
    let moved = moved.iter().find(|row| row["change"] == "moved").unwrap();
    assert_eq!(moved["old_path"], "notes/old name.md");
    assert_eq!(moved["path"], "archive/new.md");
    let text = world.read("archive/new.md");
    assert!(text.contains("[other](../notes/sub/other.md)"), "{text}");
    let other = world.read("notes/sub/other.md");
    assert!(
        other.contains("[up](../../archive/new.md#part) [[new|label]] [old name](https://x.y)"),
        "{other}"
    );
    let index = world.read("index.md");
    assert!(index.contains("\"archive/new.md\""), "{index}");
    assert!(index.contains("[a](archive/new.md)"), "{index}");
    let dangling = world
        .kanban(["sql", "SELECT target FROM links WHERE target_path IS NULL"])
        .ok();
    assert_eq!(dangling.stdout().lines().count(), 1, "{dangling}");
    world
        .kanban(["mv", "archive/new.md", "--to", "index.md"])
        .explains(1, "there already");
    for to in [
        "../out.md",
        "/etc/x.md",
        ".git/hooks/x",
        "a/../../x.md",
        "con.md",
    ] {
        world.kanban(["mv", "archive/new.md", "--to", to]).code(2);
    }
    world.kanban(["verify"]).ok();
}

#[test]
fn links_by_reference_follow_in_their_definitions() {
    let world = World::with(concat!(
        "--- kanban.toml\n[[root]]\npath = \"\"\npreset = \"plain\"\n",
        "--- a.md\n# A\n\n[b][B], <https://x.y/a.md> and [c]\n\n[B]: sub/b.md 'b'\n[c]: <sub/c.md>\n",
        "--- sub/b.md\n# B\n\n../a.md is [a][x y], [a] and [x Y][]; not `[x]: ../a.md`.\n\n> [x  y]:\n> ../a.md#top\n\n[A]:\n  ../a.md\n",
        "--- sub/c.md\n# C\n\n[one], ![two] [[a]]\n\n[one]: ../a.md\n[two]: ../a.md \"t\"\n[unused]: ../a.md\n",
    ));
    let rows = "SELECT file, line, target_path FROM links ORDER BY file, line, target";
    let links = world.kanban(["sql", rows]).ok();
    assert!(links.stdout().contains("sub/b.md\t6\ta.md"), "{links}");
    let before = links.stdout().lines().count();
    world.kanban(["mv", "a.md", "--to", "far/new.md"]).ok();
    assert_eq!(
        world.read("far/new.md"),
        "# A\n\n[b][B], <https://x.y/a.md> and [c]\n\n[B]: ../sub/b.md 'b'\n[c]: <../sub/c.md>\n"
    );
    assert_eq!(
        world.read("sub/b.md"),
        "# B\n\n../a.md is [a][x y], [a] and [x Y][]; not `[x]: ../a.md`.\n\n> [x  y]:\n> ../far/new.md#top\n\n[A]:\n  ../far/new.md\n"
    );
    let c = world.read("sub/c.md");
    assert!(
        c.contains("[[new]]\n\n[one]: ../far/new.md\n[two]: ../far/new.md \"t\"\n"),
        "{c}"
    );
    let links = world.kanban(["sql", rows]).ok();
    assert_eq!(links.stdout().lines().count(), before, "{links}");
    assert!(!links.stdout().contains("\t\n"), "{links}");
}

#[test]
fn a_retitled_item_gets_the_file_name_of_its_title() {
    let world = World::repo();
    let old = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_draw-a-card.md";
    assert_eq!(old, TASK);
    world.write(old, item("DM-TSK-0001", "Draw a card"));
    world.commit("item");
    world.kanban(["mv", "DM-TSK-0001", "Draw: two cards"]).ok();
    let new = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_draw-two-cards.md";
    assert!(
        world
            .read(new)
            .contains("title: \"Draw: two cards\"   # kept")
    );
    assert!(!world.root().join(old).exists());
}

#[test]
fn an_item_with_links_is_removed_only_by_force() {
    let world = world(2);
    world
        .kanban(["set", "DM-TSK-0002", "parent=DM-TSK-0001"])
        .ok();
    world.kanban(["rm", "DM-TSK-0001"]).explains(1, "links to");
    assert!(world.root().join(path(1)).exists());
    world.kanban(["rm", "DM-TSK-0001", "--force"]).ok();
    assert!(!world.root().join(path(1)).exists());
    world.kanban(["rm", "kind:Task"]).ok();
    assert_eq!(world.kanban(["--json", "list"]).data()["total"], 0);
}

#[test]
fn the_editor_opens_the_file_and_what_it_saved_is_checked() {
    let world = world(1);
    let editor =
        |script: &str| world.kanban_with(&[("GIT_EDITOR", script)], ["edit", "DM-TSK-0001"]);
    editor("true").ok();
    assert!(
        world.read(&path(1)).contains("updated: 2026-01-02"),
        "nothing was saved"
    );
    editor("sed -i s/Text./Words./").ok();
    let text = world.read(&path(1));
    assert!(
        text.contains("Words.") && text.contains("updated: 2026-01-31"),
        "{text}"
    );
    let run = editor("sed -i 's/^title: .*/title: [WIP] x/'").code(1);
    assert!(run.stderr().contains("error"), "{run}");
    editor("false").code(1);
    // `fix` quotes what YAML refuses.
    world.kanban(["fix"]).ok();
    let shown = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
    assert_eq!(shown["title"], "[WIP] x");
    assert_eq!(shown["status"], "ok");
}
