//! Always right: whatever happens to files, branches and to ourselves, what serves is what the files
//! say, or says that it may not be.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::flow::level::{TASKS, becomes_level, git, levels, with_branches};
use crate::support::World;
use crate::support::watcher::Watcher;

fn number(name: &str, default: usize) -> usize {
    let set = std::env::var(name).ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `kill -9` at random instants of everything that writes the cache.
#[test]
fn death_at_any_instant_loses_nothing() {
    let world = with_branches();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let kinds: [&[&str]; 5] = [
        &["refresh"],
        &["rebuild-index"],
        &["refresh", "--hook", "post-commit"],
        &["list"],
        &["refresh", "--full"],
    ];
    let rounds = number("KANBAN_CRASH_ROUNDS", 200);
    let mut written = String::new();
    let mut seed = 7_u64;
    let mut dice = |end: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % end
    };
    let path = format!("{TASKS}/DM-TSK-0051_main.md");
    for round in 0..rounds {
        written = format!(
            "---\nid: DM-TSK-0051\ntitle: Round {round}\n---\nSee [[DM-TSK-00{:02}]].\n",
            dice(60)
        );
        world.write(&path, &written);
        let mut child = world.spawn(&[], kinds[round % kinds.len()]);
        // So long it lives: from nothing to about as long as the command takes.
        let life = Duration::from_micros(dice(25_000));
        let begun = Instant::now();
        while begun.elapsed() < life {
            std::hint::spin_loop();
        }
        child.kill();
        child.end();
        if round % 10 == 9 {
            world.kanban(["--quiet", "refresh"]).ok();
            levels(&world, &format!("after {round} deaths"));
        }
    }
    assert_eq!(world.read(&path), written, "a file was touched");
    let folders = |path: &Path| {
        let entries = fs::read_dir(path).unwrap().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with("g-"))
            .count()
    };
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let cache = crate::support::answers::cache_dir(&world);
    assert_eq!(folders(&cache), 1, "what the dead left is swept away");
}

#[test]
fn sixteen_processes_at_once_never_disagree_nor_fail() {
    let world = with_branches();
    sixteen_at_once(&world);
    world.kanban(["--quiet", "refresh"]).ok();
    levels(&world, "after all of them");
}

#[test]
fn sixteen_processes_and_a_watcher_never_disagree_nor_fail() {
    let world = with_branches();
    let watcher = Watcher::start(&world);
    sixteen_at_once(&world);
    becomes_level(&world, "after all of them");
    let told = watcher.end();
    let errors = told.iter().filter(|line| line["event"] == "error");
    assert_eq!(errors.count(), 0, "{told:?}");
}

/// Many processes at once that ask, edit, commit and refresh.
fn sixteen_at_once(world: &World) {
    let rounds = number("KANBAN_TOGETHER_ROUNDS", 12);
    let program = env!("CARGO_BIN_EXE_kanban");
    world
        .kanban(["hooks", "install", "--program", program])
        .ok();
    std::thread::scope(|scope| {
        for process in 0..16 {
            scope.spawn(move || {
                for round in 0..rounds {
                    let path = format!("{TASKS}/DM-TSK-1{process:02}_own.md");
                    world.write(&path, format!("---\nid: DM-TSK-1{process:02}\ntitle: Own {round}\nparent: DM-FTR-0001\n---\nnumber{process}x{round}\n"));
                    let asked = format!("number{process}x{round}");
                    let args: Vec<&str> = match (process + round) % 5 {
                        0 => vec!["refresh"],
                        1 => vec!["--json", "list", "--limit", "0"],
                        2 => vec!["--json", "search", &asked],
                        3 => vec!["refresh", "--hook", "post-commit"],
                        _ => vec!["--json", "sql", "SELECT count(*) FROM items"],
                    };
                    let run = world.kanban(&args).seen();
                    assert!(run.output.status.success(), "{run}");
                    let words = run.stderr().to_lowercase();
                    assert!(!words.contains("locked") && !words.contains("warning"), "{run}");
                    if args.contains(&"search") {
                        assert_eq!(run.json()["data"]["total"], 1, "one sees one's own writes\n{run}");
                    }
                }
            });
        }
        scope.spawn(move || {
            for round in 0..rounds {
                git(world, &["add", "-A"]);
                git(world, &["commit", "-q", "-m", &format!("round {round}")]);
            }
        });
    });
}

#[test]
fn two_work_trees_never_see_each_others_edits() {
    let world = with_branches();
    let other = world.beside("other");
    world.git(["worktree", "add", "-q", other.to_str().unwrap(), "side"]);
    let total = |folder: &Path, text: &str| {
        let mut command = world.command();
        command.current_dir(folder).args(["--json", "search", text]);
        let output = command.output().unwrap();
        assert!(output.status.success());
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["data"]["total"].as_u64().unwrap()
    };
    let edit = |folder: &Path, word: &str| {
        fs::write(
            folder.join(TASKS).join("DM-TSK-0060_new.md"),
            format!("---\nid: DM-TSK-0060\n---\n{word}\n"),
        )
        .unwrap();
    };
    for round in 0..3 {
        edit(world.root(), &format!("pomegranate{round}"));
        edit(&other, &format!("xylophone{round}"));
        assert_eq!(total(world.root(), &format!("pomegranate{round}")), 1);
        assert_eq!(total(world.root(), &format!("xylophone{round}")), 0);
        assert_eq!(total(&other, &format!("xylophone{round}")), 1);
        assert_eq!(total(&other, &format!("pomegranate{round}")), 0);
    }
}

#[test]
fn dirty_is_what_git_would_say_of_the_items() {
    let world = with_branches();
    let path = format!("{TASKS}/DM-TSK-0051_main.md");
    let committed = world.read(&path);
    let dirty = |what: &str, expected: bool| {
        let answer = world.kanban(["--json", "status"]).ok().json();
        assert_eq!(answer["dirty"], expected, "{what}: {answer}");
        assert_eq!(answer["fresh"], true, "{what}");
        assert_eq!(
            answer["head"].as_str().unwrap(),
            world.git(["rev-parse", "HEAD"]),
            "{what}"
        );
    };
    dirty("a clean tree", false);
    world.write(&path, format!("{committed}more\n"));
    dirty("an edit", true);
    world.git(["commit", "-q", "-a", "-m", "x"]);
    dirty("its commit", false);
    world.git(["reset", "-q", "--soft", "HEAD~1"]);
    dirty("the commit taken back", true);
    world.git(["reset", "-q", "--hard"]);
    dirty("reset", false);
    world.remove(&path);
    dirty("a deletion", true);
    world.git(["checkout", "-q", "--", "."]);
    dirty("restored", false);
    world.write(
        &format!("{TASKS}/DM-TSK-0061_new.md"),
        "---\nid: DM-TSK-0061\n---\n",
    );
    dirty("a new item", true);
    world.commit("new");
    dirty("committed", false);
    world.git(["checkout", "-q", "side"]);
    dirty("another branch", false);
    world.kanban(["--quiet", "rebuild-index"]).ok();
    dirty("a rebuild", false);
}

#[test]
fn a_ticket_is_served_by_a_look_that_began_after_it() {
    let world = with_branches();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let gate = world.beside("gate");
    let fault = format!("refresh.before-commit=wait:{}", gate.display());
    let path = format!("{TASKS}/DM-TSK-0070_one.md");
    world.write(&path, "---\nid: DM-TSK-0070\n---\nfirst\n");
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["refresh"]);
    writer.reaches(&gate);
    // The writer has looked at the files already: this it has not seen.
    world.write(&path, "---\nid: DM-TSK-0070\n---\nsecondword\n");
    let left = world.kanban(["--json", "refresh", "--ticket"]).ok().json();
    let ticket = left["data"]["ticket"].as_str().unwrap().to_owned();
    let waiting = world.spawn(&[], &["refresh", "--wait-for", &ticket]);
    fs::remove_file(&gate).unwrap();
    waiting.finish().ok();
    let found = world
        .kanban(["--json", "--no-refresh", "search", "secondword"])
        .ok()
        .json();
    assert_eq!(found["data"]["total"], 1);
    drop(writer.finish().seen());
    let again = world.kanban(["refresh", "--wait-for", &ticket]).ok();
    assert!(!again.stderr().contains("error"));
    world
        .kanban(["refresh", "--wait-for", "../x"])
        .explains(2, "is no ticket");
}

#[test]
fn a_hook_leaves_a_ticket_where_somebody_writes() {
    let world = with_branches();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let gate = world.beside("gate");
    let fault = format!("refresh.before-commit=wait:{}", gate.display());
    world.write(
        &format!("{TASKS}/DM-TSK-0071_one.md"),
        "---\nid: DM-TSK-0071\n---\n",
    );
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["refresh"]);
    writer.reaches(&gate);
    world.write(
        &format!("{TASKS}/DM-TSK-0072_two.md"),
        "---\nid: DM-TSK-0072\n---\n",
    );
    // Returns at once, though the lock is held.
    world.kanban(["refresh", "--hook", "post-commit"]).ok();
    fs::remove_file(&gate).unwrap();
    // It looks once more, and comes to the same point again.
    writer.reaches(&gate);
    fs::remove_file(&gate).unwrap();
    writer.finish().ok();
    levels(&world, "the writer looked once more");
    let found = world
        .kanban(["--json", "--no-refresh", "show", "DM-TSK-0072"])
        .ok();
    assert_eq!(found.json()["data"]["id"], "DM-TSK-0072");
}

/// Where the system lets us mount: an empty file system in the place of the items.
#[test]
fn an_empty_mount_deletes_nothing() {
    empty_mount("_kano/backlog");
}

/// The root itself is not to be seen then.
#[test]
fn an_empty_mount_above_a_root_deletes_nothing() {
    empty_mount("_kano");
}

fn empty_mount(folder: &str) {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let script = r#"
        mount -t tmpfs none "$2" || exit 42
        "$1" --json list > answer.json 2> words.txt || exit 43
        "$1" rebuild-index > /dev/null 2>> words.txt; echo $? > code.txt
        "$1" --json --no-refresh list > after.json || exit 44
    "#;
    let mut command = Command::new("unshare");
    world.close(&mut command);
    let program = env!("CARGO_BIN_EXE_kanban");
    let status = command
        .args(["--mount", "sh", "-c", script, "sh", program, folder])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status.map(|status| status.code()) {
        Ok(Some(0)) => {}
        // Not allowed here: then the rule is shown by a folder that cannot be listed (flow::limits).
        // Where CI runs, nothing is skipped.
        Ok(Some(1 | 42)) | Err(_) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "CI must be allowed to mount"
            );
            return;
        }
        Ok(other) => panic!("{other:?}\n{}", world.read("words.txt")),
    }
    let answer: serde_json::Value = serde_json::from_str(&world.read("answer.json")).unwrap();
    assert_eq!(answer["data"]["total"], 7, "{answer}");
    assert_eq!(answer["fresh"], false, "{answer}");
    assert!(
        answer["warnings"][0]
            .as_str()
            .unwrap()
            .contains("another device"),
        "{answer}"
    );
    assert_eq!(
        world.read("code.txt").trim(),
        "3",
        "{}",
        world.read("words.txt")
    );
    let after: serde_json::Value = serde_json::from_str(&world.read("after.json")).unwrap();
    assert_eq!(after["data"]["total"], 7);
    // Without the mount all is as before.
    let again = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(
        (&again["fresh"], &again["data"]["total"]),
        (&true.into(), &7.into())
    );
}
