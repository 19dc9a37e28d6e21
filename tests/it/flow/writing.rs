//! Writes through the program: what they say, that nobody loses anything, and that a death at any
//! instant leaves each file old or new.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump};

/// Every fault point of a write, in its order; the first three lie before any file is new.
const POINTS: [&str; 6] = [
    "write.after-journal",
    "write.after-stage",
    "write.before-exchange",
    "write.after-exchange",
    "write.between",
    "write.before-end",
];

const TASK: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_draw-a-card.md";

/// A kano item with everything that an edit could hurt.
fn item(id: &str, title: &str) -> String {
    format!(
        "---\n# a comment\nid: {id}\nuid: 019b90c1-7c35-7ff7-bca8-cbc3a198b50{}\ntype: Task\n\
         title: \"{title}\"   # kept\nstate: Ready\npriority: P2\ntags: ['a', \"b\"]\n\
         created: 2026-01-01\nupdated: 2026-01-02\nowner: None\n---\n\n# Context\n\nText.\n\n\
         # Acceptance Criteria\n\n- [ ] one\n- [x] two\n\n# Worklog\n\n\
         2026-01-01 10:00 [agent=ada] Created\n",
        &id[id.len() - 1..]
    )
}

fn path(number: usize) -> String {
    format!("_kano/backlog/products/demo/items/task/0000/DM-TSK-{number:04}_item.md")
}

fn world(items: usize) -> World {
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
        &long,
    ];
    for text in texts {
        let assignment = format!("note={text}");
        world.kanban(["set", "DM-TSK-0001", &assignment]).ok();
        let shown = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
        let note = &shown["frontmatter"]["note"];
        assert_eq!(note, text.trim(), "{text:?}: {note:?}");
        if !["null", "~"].contains(&text) {
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
fn fifty_processes_lose_nothing_of_each_other() {
    let world = world(1);
    let all: Vec<_> = (0..50)
        .map(|n| {
            let field = format!("field{n}=value {n}");
            let text = format!("line {n}");
            let author = format!("p{n}");
            let args: [&str; 6] = match n % 2 {
                0 => [
                    "--quiet",
                    "set",
                    "DM-TSK-0001",
                    &field,
                    "extra=1",
                    "--keep-updated",
                ],
                _ => ["--quiet", "log", "DM-TSK-0001", &text, "--author", &author],
            };
            world.spawn(&[], &args)
        })
        .collect();
    let more: Vec<_> = (0..50)
        .map(|n| {
            let field = format!("field{n}=value {n}");
            let text = format!("line {n}");
            let author = format!("p{n}");
            let args: [&str; 6] = match n % 2 {
                1 => [
                    "--quiet",
                    "set",
                    "DM-TSK-0001",
                    &field,
                    "extra=1",
                    "--keep-updated",
                ],
                _ => ["--quiet", "log", "DM-TSK-0001", &text, "--author", &author],
            };
            world.spawn(&[], &args)
        })
        .collect();
    for one in all.into_iter().chain(more) {
        one.finish().ok();
    }
    let item = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
    for n in 0..50 {
        assert_eq!(
            item["frontmatter"][format!("field{n}")],
            format!("value {n}")
        );
        let has = |entry: &Value| {
            entry["text"] == format!("line {n}") && entry["author"] == format!("p{n}")
        };
        assert_eq!(
            item["entries"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|entry| has(entry))
                .count(),
            1,
            "line {n}"
        );
    }
    world.kanban(["verify"]).ok();
}

/// Says stop however a test ends: a thread that waits for it would wait forever.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An editor that reads, thinks and saves knows nothing of our lock; what it saved is never lost.
#[test]
fn an_editor_that_saves_at_random_loses_nothing_by_us() {
    let world = world(1);
    let file = world.root().join(path(1));
    let stop = AtomicBool::new(false);
    let saves = std::thread::scope(|scope| {
        let editor = scope.spawn(|| {
            let mut saves = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let text = fs::read_to_string(&file).unwrap();
                let line = format!("saved {saves}\n");
                let new = text.replace("Text.\n", &format!("Text.\n{line}"));
                let beside = file.with_extension("swp");
                fs::write(&beside, &new).unwrap();
                fs::rename(&beside, &file).unwrap();
                // What it saved stands, or a write of ours on top of it.
                saves += 1;
                let now = fs::read_to_string(&file).unwrap();
                assert!(now.contains(&line), "{line}{now}");
                // Nobody saves all the time.
                std::thread::sleep(std::time::Duration::from_millis(5 + saves * 7 % 43));
            }
            saves
        });
        let _stop = Stop(&stop);
        for n in 0..40 {
            let text = format!("line {n}");
            world
                .kanban(["--quiet", "log", "DM-TSK-0001", &text, "--author", "us"])
                .ok();
        }
        stop.store(true, Ordering::Relaxed);
        editor.join().unwrap()
    });
    let text = world.read(&path(1));
    for n in 0..saves {
        assert_eq!(
            text.matches(&format!("saved {n}\n")).count(),
            1,
            "save {n} of {saves}"
        );
    }
    world.kanban(["verify"]).ok();
}

#[test]
fn death_at_any_point_of_a_write_leaves_the_old_file_or_the_new_one() {
    for point in POINTS {
        let world = world(1);
        let before = world.read(&path(1));
        let fault = format!("{point}=die");
        let args = ["set", "DM-TSK-0001", "state=Done", "--keep-updated"];
        world
            .kanban_with(&[("KANBAN_FAULT", &fault)], args)
            .killed();
        let now = world.read(&path(1));
        let new = before.replace("state: Ready", "state: Done");
        assert!(now == before || now == new, "{point}: {now}");
        world
            .kanban(["set", "DM-TSK-0001", "owner=mira", "--keep-updated"])
            .ok();
        let healed = world.read(&path(1));
        assert_eq!(healed, now.replace("owner: None", "owner: mira"), "{point}");
        let status = world.git(["status", "--porcelain"]);
        assert_eq!(
            status,
            format!("M {}", path(1)),
            "{point}: nothing lies about"
        );
        let stage = world.root().join(".git/kanban/write/stage");
        assert_eq!(fs::read_dir(stage).unwrap().count(), 0, "{point}");
        world.kanban(["verify"]).ok();
    }
}

#[test]
fn death_in_a_bulk_edit_is_told_and_repeating_it_ends_it() {
    for point in POINTS {
        let world = world(12);
        let fault = format!("{point}=die");
        let args = ["set", "state:Ready", "state=Done", "--keep-updated"];
        world
            .kanban_with(&[("KANBAN_FAULT", &fault)], args)
            .killed();
        let done = |n: &usize| world.read(&path(*n)).contains("state: Done");
        for n in 1..=12 {
            let text = world.read(&path(n));
            let old = item(&format!("DM-TSK-{n:04}"), &format!("Item {n}"));
            let new = old.replace("state: Ready", "state: Done");
            assert!(text == old || text == new, "{point}: {n}");
        }
        let count = (1..=12).filter(done).count() as u64;
        let status = world.kanban(["--json", "status"]).data();
        let told = &status["cut_off"];
        if count == 12 {
            assert!(told.is_null(), "{point}: {told}");
        } else {
            assert_eq!(
                told["done"].as_array().unwrap().len() as u64,
                count,
                "{point}"
            );
            assert_eq!(
                told["untouched"].as_array().unwrap().len() as u64,
                12 - count,
                "{point}"
            );
            world.kanban(["status"]).ok().shows("cut off");
            let next = world.kanban(["tag", "add", "DM-TSK-0001", "x"]).ok();
            assert!(next.stderr().contains("was cut off"), "{point}\n{next}");
            let told = world.kanban(["--json", "status"]).data();
            assert!(!told["cut_off"].is_null(), "{point}: it is not done yet");
        }
        world.kanban(args).ok();
        assert_eq!((1..=12).filter(done).count(), 12, "{point}");
        let status = world.kanban(["--json", "status"]).data();
        assert!(status["cut_off"].is_null(), "{point}");
        assert_same_after_rebuild(&world, point);
    }
}

fn assert_same_after_rebuild(world: &World, what: &str) {
    let healed = dump(world);
    fs::remove_dir_all(cache_dir(world)).unwrap();
    assert_same(&healed, &dump(world), what);
}

#[test]
fn a_write_that_fails_says_so_and_changes_nothing() {
    for point in POINTS {
        let world = world(2);
        let before = [world.read(&path(1)), world.read(&path(2))];
        let fault = format!("{point}=fail");
        let args = ["set", "DM-TSK-0001", "state=Done", "--keep-updated"];
        let run = world.kanban_with(&[("KANBAN_FAULT", &fault)], args).code(3);
        assert!(run.stderr().contains("error: "), "{run}");
        let now = world.read(&path(1));
        let new = before[0].replace("state: Ready", "state: Done");
        assert!(now == before[0] || now == new, "{point}");
        assert_eq!(world.read(&path(2)), before[1], "{point}");
        world
            .kanban(["set", "DM-TSK-0001", "state=Done", "--keep-updated"])
            .ok();
        assert_eq!(world.read(&path(1)), new, "{point}");
    }
}

#[test]
fn a_commit_holds_what_was_written_and_nothing_else() {
    let world = world(3);
    world.write("notes.txt", "staged");
    world.write(&path(3), item("DM-TSK-0003", "Changed by hand"));
    world.git(["add", "notes.txt"]);
    let args = [
        "--json",
        "set",
        "DM-TSK-0001",
        "state=Done",
        "-m",
        "close it",
    ];
    let data = world.kanban(args).data();
    assert_eq!(data["commit"], world.git(["rev-parse", "HEAD"]));
    assert_eq!(world.git(["log", "-1", "--format=%s"]), "close it");
    let files = world.git(["show", "--name-only", "--format=", "HEAD"]);
    assert_eq!(files, path(1));
    let status = world.git(["status", "--porcelain"]);
    assert_eq!(status, format!("M {}\nA  notes.txt", path(3)));
    // The default message names the item and the command; a hook may refuse.
    world
        .kanban(["tag", "add", "DM-TSK-0002", "x", "--commit"])
        .ok();
    assert_eq!(
        world.git(["log", "-1", "--format=%s"]),
        "DM-TSK-0002: tag add x"
    );
    world
        .kanban(["mv", "DM-TSK-0002", "Another title", "--commit"])
        .ok();
    assert_eq!(world.git(["status", "--porcelain"]), status);
    world.kanban(["rm", "DM-TSK-0002", "--commit"]).ok();
    assert_eq!(world.git(["status", "--porcelain"]), status);
    let hook = world.root().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 1\n").unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(
        &mut fs::metadata(&hook).unwrap().permissions(),
        0o755,
    );
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = world
        .kanban(["set", "DM-TSK-0001", "state=New", "--commit"])
        .explains(1, "commit");
    assert!(run.stderr().contains("not today"), "{run}");
    assert!(
        world.read(&path(1)).contains("state: New"),
        "it is written all the same"
    );
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
