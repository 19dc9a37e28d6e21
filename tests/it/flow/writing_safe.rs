//! Writes that meet others, die or fail: nobody loses anything, and each file is old or new.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::flow::writing::{item, path, world};
use crate::flow::writing_killed::{AFTER, BEFORE};
use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump};

#[test]
fn fifty_processes_lose_nothing_of_each_other() {
    let world = world(1);
    // Each number sets a field of its own and logs a line of its own, in two processes.
    let all: Vec<_> = (0..100)
        .map(|number| {
            let n = number / 2;
            let field = format!("field{n}=value {n}");
            let (text, author) = (format!("line {n}"), format!("p{n}"));
            let args: &[&str] = match number % 2 {
                0 => &["--quiet", "set", "DM-TSK-0001", &field, "--keep-updated"],
                _ => &["--quiet", "log", "DM-TSK-0001", &text, "--author", &author],
            };
            world.spawn(&[], args)
        })
        .collect();
    for one in all {
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
    for point in BEFORE.into_iter().chain(AFTER) {
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
fn a_bulk_edit_that_was_cut_off_is_finished_or_was_never_begun() {
    for point in BEFORE.into_iter().chain(AFTER) {
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
        let is_begun = (1..=12).filter(done).count() > 0;
        assert_eq!(is_begun, AFTER.contains(&point), "{point}");
        // The next command of any kind finishes what was begun, and tells of it.
        let next = world.kanban(["list"]).ok();
        let said = match is_begun {
            true => "was cut off, and has been finished: done in 12 files",
            false => "was cut off before it wrote anything",
        };
        assert!(next.stderr().contains(said), "{point}\n{next}");
        let count = if is_begun { 12 } else { 0 };
        assert_eq!((1..=12).filter(done).count(), count, "{point}");
        let status = world.kanban(["--json", "status"]).data();
        let told = &status["cut_off"];
        assert_eq!(told["done"].as_array().unwrap().len(), count, "{point}");
        assert_eq!(
            told["untouched"].as_array().unwrap().len(),
            12 - count,
            "{point}"
        );
        world.kanban(["status"]).ok().shows("cut off");
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
    for point in BEFORE.into_iter().chain(AFTER) {
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
