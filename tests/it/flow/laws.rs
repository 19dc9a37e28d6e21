//! Law 1: whatever was done to the files, what the next question sees is what a rebuild from
//! nothing sees, in all columns of all views but `meta`. Law 8: any bytes are an item.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump, paths};

/// A change of the work tree. Numbers choose files and are taken modulo how many there are.
#[derive(Debug, Clone)]
enum Act {
    Write {
        file: usize,
        text: String,
    },
    Edit {
        file: usize,
        from: &'static str,
        to: &'static str,
    },
    Remove {
        file: usize,
    },
    Rename {
        file: usize,
        name: u8,
    },
    Copy {
        file: usize,
        name: u8,
    },
    Bytes {
        file: usize,
        bytes: Vec<u8>,
    },
    Git(&'static [&'static str]),
    Ask,
}

const EDITS: [(&str, &str); 8] = [
    ("state: ", "state: Done # "),
    ("id: DM", "id: XX"),
    ("parent: ", "parent: DM-TSK-0001 # "),
    ("---\n", "---\ntags: [new, *broken]\n"),
    ("title: ", "title: a: "),
    ("\n", "\r\n"),
    (
        "# Context",
        "# Context\n\n- [ ] see [[DM-BUG-0001]] and [it](../../bug)\n",
    ),
    ("owner: jun", "owner: \"\""),
];

const GIT: [&[&str]; 6] = [
    &["stash", "--quiet", "--include-untracked"],
    &["stash", "pop", "--quiet"],
    &["checkout", "--quiet", "--force", "HEAD"],
    &["reset", "--quiet", "--hard"],
    &[
        "commit",
        "--quiet",
        "--all",
        "--allow-empty",
        "--message",
        "x",
    ],
    &["checkout", "--quiet", "--force", "HEAD~0"],
];

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let file = 0..64_usize;
    let act = prop_oneof![
        3 => (file.clone(), "(---\n(id: DM-TSK-000[1-9]\n)?(title: [a-z]{1,9}\n)?---\n)?(# [a-z]+\n|- \\[[ x]\\] [a-z]+\n|\\[\\[[A-Z-]+\\]\\]\n){0,4}")
            .prop_map(|(file, text)| Act::Write { file, text }),
        4 => (file.clone(), 0..EDITS.len())
            .prop_map(|(file, edit)| Act::Edit { file, from: EDITS[edit].0, to: EDITS[edit].1 }),
        2 => file.clone().prop_map(|file| Act::Remove { file }),
        2 => (file.clone(), any::<u8>()).prop_map(|(file, name)| Act::Rename { file, name }),
        2 => (file.clone(), any::<u8>()).prop_map(|(file, name)| Act::Copy { file, name }),
        1 => (file, prop::collection::vec(any::<u8>(), 0..200))
            .prop_map(|(file, bytes)| Act::Bytes { file, bytes }),
        2 => (0..GIT.len()).prop_map(|command| Act::Git(GIT[command])),
        2 => Just(Act::Ask),
    ];
    prop::collection::vec(act, 1..8)
}

fn item_files(world: &World) -> Vec<String> {
    crate::support::tree::files(world.root())
        .into_iter()
        .chain(
            crate::support::tree::files(&world.root().join("_kano"))
                .into_iter()
                .map(|path| format!("_kano/{path}")),
        )
        .filter(|path| path.ends_with(".md") && path.starts_with("_kano/"))
        .collect()
}

fn play(world: &World, act: &Act) {
    let files = item_files(world);
    let choose = |number: usize| files.get(number % files.len().max(1)).cloned();
    let fresh = |name: u8| {
        format!(
            "_kano/backlog/products/demo/items/task/0000/DM-TSK-{:04}_x{name}.md",
            name % 12
        )
    };
    match act {
        Act::Write { file, text } => world.write(&choose(*file).unwrap_or(fresh(1)), text),
        Act::Bytes { file, bytes } => world.write(&choose(*file).unwrap_or(fresh(2)), bytes),
        Act::Edit { file, from, to } => {
            if let Some(path) = choose(*file) {
                let bytes = std::fs::read(world.root().join(&path)).unwrap();
                let text = String::from_utf8_lossy(&bytes).replace(from, to);
                world.write(&path, text);
            }
        }
        Act::Remove { file } => {
            if let Some(path) = choose(*file) {
                world.remove(&path);
            }
        }
        Act::Rename { file, name } => {
            if let Some(path) = choose(*file) {
                world.rename(&path, &fresh(*name));
            }
        }
        Act::Copy { file, name } => {
            if let Some(path) = choose(*file) {
                let bytes = std::fs::read(world.root().join(path)).unwrap();
                world.write(&fresh(*name), bytes);
            }
        }
        Act::Git(args) => {
            // Some have nothing to do, as `stash pop` without a stash.
            let mut command = std::process::Command::new("git");
            world.close(&mut command);
            drop(command.args(*args).output().unwrap());
        }
        Act::Ask => {
            let run = world.kanban(["--json", "list"]).ok();
            assert_eq!(run.json()["fresh"], true, "{run}");
        }
    }
}

#[test]
fn a_refreshed_cache_equals_one_rebuilt_from_nothing() {
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&acts(), |acts| {
            let world = World::backlog();
            world.kanban(["--quiet", "rebuild-index"]).ok();
            for act in &acts {
                play(&world, act);
            }
            let refreshed = dump(&world);
            let other = world.beside("caches");
            let world = world.env("KANBAN_CACHE_DIR", other);
            assert_same(&refreshed, &dump(&world), &format!("after {acts:?}"));
            prop_assert_eq!(paths(&world).len(), item_count(&refreshed));
            Ok(())
        })
        .unwrap();
}

fn item_count(dump: &str) -> usize {
    dump.lines()
        .filter(|line| line.starts_with("items "))
        .count()
}

#[test]
fn two_rebuilds_are_equal() {
    for name in [
        "backlog",
        "backlog-md",
        "kep",
        "madr",
        "nygard",
        "obsidian",
        "jekyll",
        "hugo",
        "plain",
        "mixed",
    ] {
        let path = crate::support::tree::project().join(format!("fixtures/trees/{name}.txt"));
        let world = World::with(&std::fs::read_to_string(path).unwrap());
        world.kanban(["--quiet", "rebuild-index"]).ok();
        let first = dump(&world);
        assert!(item_count(&first) > 1, "{name}");
        world.kanban(["--quiet", "rebuild-index"]).ok();
        assert_same(&first, &dump(&world), name);
        std::fs::remove_dir_all(cache_dir(&world)).unwrap();
        assert_same(&first, &dump(&world), name);
        // In another place, from other inodes and times.
        let clone = world.beside("clone");
        world.git(["clone", "--quiet", ".", clone.to_str().unwrap()]);
        let world = world.at(clone);
        assert_same(&first, &dump(&world), name);
    }
}

#[test]
fn any_bytes_are_an_item() {
    let mut runner = TestRunner::new(Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    });
    let bytes = prop::collection::vec(
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            "(---\n|\\+\\+\\+\n|[-#>*`~\\[\\]{}&!|:,?@%\"' \t\r\n]|[a-z0-9\u{0}\u{feff}é日]){0,80}"
                .prop_map(String::into_bytes),
        ],
        20,
    );
    runner
        .run(&bytes, |contents| {
            let world = World::backlog();
            for (number, bytes) in contents.iter().enumerate() {
                world.write(
                    &format!(
                        "_kano/backlog/products/demo/items/task/0000/DM-TSK-{number:04}_any.md"
                    ),
                    bytes,
                );
            }
            prop_assert_eq!(paths(&world).len(), 7 + contents.len());
            Ok(())
        })
        .unwrap();
}
