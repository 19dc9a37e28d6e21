//! A repository in which two branches changed one item, and the commands of git that bring them
//! together.
//! Gets the versions. Gives what git made of them. Never: looks at a conflict itself.

use std::process::Command;

use crate::support::World;

/// The item, in a folder with a blank and a quote.
pub(crate) const PATH: &str =
    "_kano/backlog/products/it's a/items/task/0000/TT-TSK-0001_a-title.md";

pub(crate) const ITEM: &str = "---
id: TT-TSK-0001
uid: 019bafab-02a6-749c-88c4-e8120e1ea486
type: Task
title: A title
state: New
priority: P2 # as agreed
parent: null
area: general
tags: [a, b]
created: 2026-01-01
updated: 2026-01-01
---

# Context

Some text
of two lines.

# Acceptance Criteria

- [ ] one
- [ ] two
- [ ] three

# Worklog

2026-01-01 10:00 [agent=x] made
";

/// How two sides come together.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Merge,
    Rebase,
    CherryPick,
    StashPop,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Merge, Self::Rebase, Self::CherryPick, Self::StashPop];
}

/// The versions; none where the file is not there.
#[derive(Debug, Clone)]
pub(crate) struct Clash {
    pub base: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
    /// Where our side has moved the file.
    pub moved: Option<String>,
    /// The line endings of the work tree.
    pub eol: Option<&'static str>,
}

impl Default for Clash {
    fn default() -> Self {
        Self {
            base: Some(ITEM.to_owned()),
            ours: None,
            theirs: None,
            moved: None,
            eol: None,
        }
    }
}

impl Clash {
    pub(crate) fn of(ours: &str, theirs: &str) -> Self {
        Self {
            ours: Some(ours.to_owned()),
            theirs: Some(theirs.to_owned()),
            ..Self::default()
        }
    }
}

/// What git made of it.
pub(crate) struct Result {
    pub world: World,
    pub conflict: bool,
    /// The file; empty where there is none.
    pub text: String,
}

/// An item with replacements.
pub(crate) fn change(item: &str, changes: &[(&str, &str)]) -> String {
    let mut text = item.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

pub(crate) fn empty() -> World {
    World::repo()
}

/// Brings two sides together.
pub(crate) fn clash(way: Way, clash: &Clash, driver: bool) -> Result {
    let world = World::repo();
    world.git(["config", "core.autocrlf", "false"]);
    if driver {
        install(&world);
    }
    if let Some(eol) = clash.eol {
        world.write(
            ".gitattributes",
            format!("*.md text eol={eol} merge=kanban\n"),
        );
    } else if driver {
        world.write(".gitattributes", "*.md merge=kanban\n");
    }
    // Another item, so that there is a convention and a history.
    world.write(
        "_kano/backlog/products/it's a/items/task/0000/TT-TSK-0009_other.md",
        ITEM.replace("TT-TSK-0001", "TT-TSK-0009")
            .replace("019bafab", "019bafac"),
    );
    put(&world, PATH, clash.base.as_deref());
    world.commit("base");
    world.git(["branch", "side"]);
    if let Some(moved) = &clash.moved {
        if clash.base.is_some() {
            world.remove(PATH);
        }
        put(&world, moved, clash.ours.as_deref());
    } else {
        put(&world, PATH, clash.ours.as_deref());
    }
    world.commit("ours");
    world.git(["checkout", "--quiet", "side"]);
    put(&world, PATH, clash.theirs.as_deref());
    let code = match way {
        Way::StashPop => {
            world.git(["stash", "push", "--quiet", "--include-untracked"]);
            world.git(["checkout", "--quiet", "main"]);
            run(&world, &["stash", "pop"])
        }
        Way::Merge => {
            world.commit("theirs");
            world.git(["checkout", "--quiet", "main"]);
            run(&world, &["merge", "--no-edit", "side"])
        }
        Way::CherryPick => {
            world.commit("theirs");
            world.git(["checkout", "--quiet", "main"]);
            run(&world, &["cherry-pick", "side"])
        }
        Way::Rebase => {
            world.commit("theirs");
            run(&world, &["rebase", "main"])
        }
    };
    assert!(code < 2, "{way:?}: {code}");
    let path = clash.moved.as_deref().unwrap_or(PATH);
    let text = std::fs::read(world.root().join(path)).unwrap_or_default();
    Result {
        conflict: code != 0,
        text: String::from_utf8(text).unwrap(),
        world,
    }
}

fn install(world: &World) {
    let program = env!("CARGO_BIN_EXE_kanban");
    let command = format!("'{program}' merge-driver %O %A %B --marker-size %L --path=%P");
    world.git(["config", "merge.kanban.driver", &command]);
}

/// The item where two branches of several commits have come together without a conflict.
pub(crate) fn brought_together(way: Way, ours: &[String], theirs: &[String]) -> String {
    let world = World::repo();
    world.write(".gitattributes", "*.md merge=kanban\n");
    install(&world);
    world.write(PATH, ITEM);
    world.commit("base");
    let commit = |version: &String| {
        world.write(PATH, version);
        world.commit("a commit");
    };
    world.git(["checkout", "--quiet", "-b", "side"]);
    theirs.iter().for_each(commit);
    world.git(["checkout", "--quiet", "main"]);
    ours.iter().for_each(commit);
    let codes = match way {
        Way::Merge => vec![run(&world, &["merge", "--no-edit", "side"])],
        Way::CherryPick => vec![run(&world, &["cherry-pick", "main..side"])],
        Way::Rebase => {
            world.git(["checkout", "--quiet", "side"]);
            vec![run(&world, &["rebase", "main"])]
        }
        Way::StashPop => {
            // One by one, as somebody does who puts work aside again and again.
            let pick = |n: &usize| {
                let from = format!("side~{}", n - 1);
                world.git(["checkout", "--quiet", "--detach", &format!("side~{n}")]);
                world.git(["restore", "--source", &from, "--", PATH]);
                world.git(["stash", "push", "--quiet"]);
                world.git(["checkout", "--quiet", "main"]);
                let code = run(&world, &["stash", "pop"]);
                world.commit("popped");
                code
            };
            (1..=theirs.len())
                .rev()
                .collect::<Vec<_>>()
                .iter()
                .map(pick)
                .collect()
        }
    };
    assert!(codes.iter().all(|code| *code == 0), "{way:?}: {codes:?}");
    world.read(PATH)
}

fn put(world: &World, path: &str, text: Option<&str>) {
    match text {
        Some(text) => world.write(path, text),
        None if world.root().join(path).exists() => world.remove(path),
        None => {}
    }
}

pub(crate) fn run(world: &World, arguments: &[&str]) -> i32 {
    let mut command = Command::new("git");
    world.close(&mut command);
    command.env("GIT_EDITOR", "true");
    command
        .args(arguments)
        .output()
        .unwrap()
        .status
        .code()
        .unwrap()
}

/// Whether the file is an item with frontmatter that can be read.
pub(crate) fn is_item(result: &Result) -> bool {
    let run = result
        .world
        .kanban(["--json", "list", "-n", "0", "--columns", "path,status"]);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout()).unwrap();
    let items = answer["data"]["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["path"] == PATH);
    item.is_some_and(|item| item["id"] == "TT-TSK-0001" && item["status"] != "invalid")
}
