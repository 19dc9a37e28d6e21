//! Every git command that changes files, with hooks and with a watcher: afterwards the cache itself, read
//! without a look at the files, equals a rebuild. Which command fires what: docs/hooks.md.

use std::fs;
use std::time::Instant;

use crate::flow::level::{TASKS, becomes_level, git, with_branches};
use crate::support::World;
use crate::support::watcher::Watcher;

/// Whether a command fires one of our hooks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fires {
    Yes,
    /// None, or none that acts.
    No,
}
use Fires::{No, Yes};

type Row = (&'static str, Fires, fn(&World));

/// In an order in which each finds what it needs.
const ROWS: &[Row] = &[
    ("commit -a", Yes, |world| {
        edit(world);
        must(world, &["commit", "-q", "-a", "-m", "x"]);
    }),
    ("commit --no-verify", Yes, |world| {
        edit(world);
        must(world, &["commit", "-q", "-a", "--no-verify", "-m", "y"]);
    }),
    ("commit --amend", Yes, |world| {
        edit(world);
        must(world, &["commit", "-q", "-a", "--amend", "-m", "z"]);
    }),
    ("stash", Yes, |world| {
        edit(world);
        must(world, &["stash", "-q"]);
    }),
    ("stash pop", Yes, |world| {
        must(world, &["stash", "pop", "-q"]);
    }),
    ("reset --hard", Yes, |world| {
        must(world, &["reset", "-q", "--hard", "HEAD"]);
    }),
    ("reset --hard back", Yes, |world| {
        must(world, &["reset", "-q", "--hard", "HEAD~1"]);
    }),
    ("switch", Yes, |world| {
        must(world, &["switch", "-q", "side"]);
    }),
    ("checkout of files", Yes, |world| {
        must(world, &["checkout", "-q", "main", "--", TASKS]);
    }),
    ("commit of them", Yes, |world| {
        must(world, &["commit", "-q", "-m", "from main"]);
    }),
    ("restore -s", Yes, |world| {
        must(world, &["restore", "-s", "HEAD~1", "-SW", "--", TASKS]);
    }),
    ("restore", Yes, |world| {
        must(world, &["restore", "-SW", "--", TASKS]);
    }),
    ("checkout --detach", Yes, |world| {
        must(world, &["checkout", "-q", "--detach", "main"]);
    }),
    ("switch back", Yes, |world| {
        must(world, &["switch", "-q", "main"]);
    }),
    ("merge", Yes, |world| {
        must(world, &["merge", "-q", "--no-edit", "side"]);
    }),
    ("revert", Yes, |world| {
        must(world, &["revert", "--no-edit", "-m", "1", "HEAD"]);
    }),
    ("cherry-pick", Yes, |world| {
        must(world, &["cherry-pick", "side~1"]);
    }),
    ("merge --squash", Yes, |world| {
        must(world, &["switch", "-q", "-c", "squashed", "HEAD~2"]);
        must(world, &["merge", "-q", "--squash", "main"]);
        must(world, &["reset", "-q", "--hard"]);
        must(world, &["switch", "-q", "main"]);
    }),
    ("read-tree -u", Yes, |world| {
        must(world, &["read-tree", "-u", "-m", "HEAD"]);
    }),
    ("rebase", Yes, |world| {
        must(world, &["rebase", "-q", "--force-rebase", "HEAD~2"]);
    }),
    ("bisect", Yes, |world| {
        must(world, &["bisect", "start", "HEAD", "HEAD~3"]);
        must(world, &["bisect", "reset"]);
    }),
    ("pull --ff-only", Yes, |world| {
        let upstream = upstream(world, "UP1");
        must(world, &["pull", "-q", "--ff-only", &upstream, "main"]);
    }),
    ("pull --rebase", Yes, |world| {
        let upstream = upstream(world, "UP2");
        edit(world);
        must(world, &["commit", "-q", "-a", "-m", "ahead"]);
        must(world, &["pull", "-q", "--rebase", &upstream, "main"]);
    }),
    ("am", Yes, |world| {
        let patches = world.beside("patches");
        let folder = patches.to_str().unwrap().to_owned();
        must(world, &["format-patch", "-q", "-1", "-o", &folder]);
        must(world, &["reset", "-q", "--hard", "HEAD~1"]);
        let patch = fs::read_dir(&patches).unwrap().flatten().next().unwrap();
        must(world, &["am", "-q", patch.path().to_str().unwrap()]);
    }),
    ("worktree add", Yes, |world| {
        let other = world.beside("other-tree");
        must(
            world,
            &[
                "worktree",
                "add",
                "-q",
                "-b",
                "tree",
                other.to_str().unwrap(),
            ],
        );
        must(
            world,
            &["worktree", "remove", "--force", other.to_str().unwrap()],
        );
    }),
    // Markers are in items too.
    ("a merge that ends in conflict", Yes, |world| {
        edit(world);
        must(world, &["commit", "-q", "-a", "-m", "one"]);
        must(world, &["checkout", "-q", "-b", "conflicting", "HEAD~1"]);
        edit_with(world, "other words");
        must(world, &["commit", "-q", "-a", "-m", "other"]);
        assert!(!git(world, &["merge", "-q", "main"]), "a conflict");
    }),
    ("merge --abort", Yes, |world| {
        must(world, &["merge", "--abort"]);
        must(world, &["switch", "-q", "-f", "main"]);
    }),
    ("clean -fd", No, |world| {
        world.write(
            &format!("{TASKS}/new/DM-TSK-0077_new.md"),
            "---\nid: DM-TSK-0077\n---\n",
        );
        world.kanban(["--quiet", "refresh"]).ok();
        must(world, &["clean", "-qfd"]);
    }),
    ("checkout-index", No, |world| {
        fs::remove_file(first(world)).unwrap();
        world.kanban(["--quiet", "refresh"]).ok();
        must(world, &["checkout-index", "-q", "-f", "-a"]);
    }),
    ("sparse-checkout set", No, |world| {
        must(world, &["sparse-checkout", "set", "docs"]);
    }),
    ("sparse-checkout disable", No, |world| {
        must(world, &["sparse-checkout", "disable"]);
    }),
    ("apply", No, |world| {
        edit(world);
        let patch = world.git(["diff"]) + "\n";
        let path = world.beside("one.patch");
        fs::write(&path, patch).unwrap();
        must(world, &["checkout", "-q", "--", "."]);
        world.kanban(["--quiet", "refresh"]).ok();
        must(world, &["apply", path.to_str().unwrap()]);
    }),
    ("switch without hooks", No, |world| {
        must(world, &["-c", "core.hooksPath=/dev/null", "stash", "-q"]);
        must(
            world,
            &["-c", "core.hooksPath=/dev/null", "switch", "-q", "side"],
        );
    }),
    ("fetch", No, |world| {
        let upstream = upstream(world, "UP3");
        must(world, &["fetch", "-q", &upstream, "main:fetched"]);
    }),
    ("update-ref and tag", No, |world| {
        must(world, &["update-ref", "refs/heads/moved", "HEAD~1"]);
        must(world, &["tag", "v1"]);
    }),
    // HEAD is another commit then, and with it what is told of the files.
    ("update-ref of HEAD", No, |world| {
        must(world, &["update-ref", "HEAD", "HEAD~1"]);
    }),
    ("gc", No, |world| {
        must(world, &["gc", "-q"]);
        must(world, &["pack-refs", "--all"]);
    }),
];

fn must(world: &World, args: &[&str]) {
    assert!(git(world, args), "git {args:?}");
}

fn first(world: &World) -> std::path::PathBuf {
    let found = fs::read_dir(world.root().join(TASKS)).unwrap().flatten();
    found.map(|entry| entry.path()).min().unwrap()
}

fn edit(world: &World) {
    edit_with(world, "more words");
}

fn edit_with(world: &World, words: &str) {
    let path = first(world);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}\n{words}\n")).unwrap();
}

/// A clone whose `main` is ahead of ours by an item of that id.
fn upstream(world: &World, id: &str) -> String {
    let clone = world.beside(id);
    let folder = clone.to_str().unwrap().to_owned();
    world.git(["clone", "-q", "-b", "main", ".", &folder]);
    let path = clone.join(TASKS).join(format!("{id}_up.md"));
    fs::write(path, format!("---\nid: {id}\n---\nUp.\n")).unwrap();
    world.git(["-C", &folder, "add", "-A"]);
    world.git(["-C", &folder, "commit", "-q", "-m", "up"]);
    folder
}

fn install(world: &World) {
    let program = env!("CARGO_BIN_EXE_kanban");
    world
        .kanban(["hooks", "install", "--program", program])
        .ok();
}

#[test]
fn with_hooks_the_cache_is_level_after_every_command_that_fires_one() {
    let world = with_branches();
    install(&world);
    world.kanban(["--quiet", "rebuild-index"]).ok();
    for (what, fires, act) in ROWS {
        act(&world);
        if *fires == No {
            // Nobody told us: the next question sees it by itself, and leaves a level cache.
            let run = world.kanban(["--json", "list"]).ok();
            assert_eq!(run.json()["fresh"], true, "{what}\n{run}");
        }
        becomes_level(&world, what);
    }
}

#[test]
fn with_a_watcher_the_cache_is_level_after_every_command() {
    let world = with_branches();
    let watcher = Watcher::start(&world);
    for (what, _, act) in ROWS {
        act(&world);
        becomes_level(&world, what);
        let head = world.git(["rev-parse", "HEAD"]);
        let told = || {
            world
                .kanban(["--no-refresh", "--json", "status"])
                .ok()
                .json()
        };
        let begun = Instant::now();
        while told()["head"] != head {
            // A guard against hanging, not a measure.
            assert!(
                begun.elapsed().as_secs() < 30,
                "{what}: HEAD is not followed"
            );
        }
    }
    is_untroubled(watcher);
}

#[test]
fn with_a_watcher_and_hooks_nobody_is_in_the_way() {
    let world = with_branches();
    install(&world);
    let watcher = Watcher::start(&world);
    for (what, _, act) in ROWS {
        act(&world);
        becomes_level(&world, what);
    }
    is_untroubled(watcher);
}

fn is_untroubled(watcher: Watcher) {
    let told = watcher.end();
    let errors = told.iter().filter(|line| line["event"] == "error");
    assert_eq!(errors.count(), 0, "{told:?}");
}
