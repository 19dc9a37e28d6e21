//! What was found broken in writes once, each as a test.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::World;

fn notes() -> World {
    let world = World::with(concat!(
        "--- kanban.toml\n[[root]]\npath = \"\"\npreset = \"plain\"\n",
        "--- n/a.md\n---\ntitle: A\n---\nSee [1](x.md) then [2](b/x.md), `[code](b/x.md)`, [self](a.md#top).\n",
        "--- n/x.md\n# X\n",
        "--- n/b/x.md\n# BX\n",
        "--- link.md\n---\nrelated: [\"n/a.md\"] # keep n/a.md in mind\n---\n[a](n/a.md)\n",
    ));
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world
}

/// A writer that dies behind the exchange has displaced a save: the next question gives it back.
#[test]
fn a_question_gives_back_what_a_killed_writer_displaced() {
    let world = notes();
    let gate = world.beside("gate");
    let fault = format!(
        "write.before-exchange=wait:{},write.after-exchange=die",
        gate.display()
    );
    let args = ["set", "n/a.md", "state=done"];
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &args);
    writer.reaches(&gate);
    world.write("saved.tmp", "---\ntitle: Saved\n---\n");
    world.rename("saved.tmp", "n/a.md");
    fs::remove_file(&gate).unwrap();
    writer.finish().killed();
    world.kanban(["list", "title:Saved"]).ok().shows("Saved");
    assert_eq!(world.read("n/a.md"), "---\ntitle: Saved\n---\n");
    world.kanban(["verify"]).ok();
}

#[test]
fn commits_at_once_hold_each_its_own_file() {
    let world = World::repo();
    for n in 0..6 {
        world.write(&format!("n{n}.md"), format!("---\ntitle: Note {n}\n---\n"));
    }
    world.commit("notes");
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let all: Vec<_> = (0..6)
        .map(|n| {
            let (path, message) = (format!("n{n}.md"), format!("only {n}"));
            world.spawn(&[], &["set", &path, "state=done", "-m", &message])
        })
        .collect();
    for one in all {
        one.finish().ok();
    }
    let log = world.git(["log", "-6", "--format=%s", "--name-only"]);
    let lines: Vec<&str> = log.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 12, "{log}");
    for pair in lines.chunks(2) {
        let number = pair[0].strip_prefix("only ").unwrap();
        assert_eq!(pair[1], format!("n{number}.md"), "{log}");
    }
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

#[test]
fn a_refused_commit_leaves_the_index_as_it_was() {
    let world = notes();
    world.write("new.md", "# New\n");
    let hook = world.root().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    // What a hook sees is what it would see in a git of the user's.
    fs::write(
        &hook,
        "#!/bin/sh\ngit diff --cached --name-only -- '*.md'\nexit 1\n",
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let run = world
        .kanban(["set", "new.md", "state=done", "--commit"])
        .code(1);
    assert!(run.stderr().contains("new.md"), "{run}");
    assert_eq!(world.git(["status", "--porcelain"]), "?? new.md");
    let run = world
        .kanban(["--json", "set", "new.md", "state=open", "--commit"])
        .code(1);
    assert_eq!(run.stdout().lines().count(), 1, "one envelope\n{run}");
    assert!(
        run.json()["warnings"][0]
            .as_str()
            .unwrap()
            .contains("commit"),
        "{run}"
    );
    fs::remove_file(&hook).unwrap();
    // What git never had can go without it.
    world.kanban(["rm", "new.md", "--commit"]).ok();
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

#[test]
fn links_of_one_line_follow_a_move_each_to_its_own_item() {
    let world = notes();
    world.kanban(["mv", "n/a.md", "--to", "n/b/a.md"]).ok();
    let text = world.read("n/b/a.md");
    let want = "See [1](../x.md) then [2](x.md), `[code](b/x.md)`, [self](a.md#top).\n";
    assert!(text.ends_with(want), "{text}");
    let link = world.read("link.md");
    assert_eq!(
        link,
        "---\nrelated: [\"n/b/a.md\"] # keep n/a.md in mind\n---\n[a](n/b/a.md)\n"
    );
    world.kanban(["verify"]).ok();
}

#[test]
fn a_move_that_cannot_be_touches_nothing() {
    let world = notes();
    world.git(["init", "--quiet", "sub"]);
    world.write("taken.md", "# Taken\n");
    let all = |world: &World| ["n/a.md", "link.md", "taken.md"].map(|path| world.read(path));
    let before = all(&world);
    for to in [
        "taken.md",
        "link.md/",
        "sub/a.md",
        "n/a.txt",
        "node_modules/a.md",
    ] {
        let run = world.kanban(["mv", "n/a.md", "Another", "--to", to]).seen();
        assert_ne!(run.output.status.code(), Some(0), "{to}: {run}");
        assert_eq!(all(&world), before, "{to}: {run}");
    }
    let run = world.kanban(["new", "Inside", "--in", "sub"]).seen();
    assert_ne!(run.output.status.code(), Some(0), "{run}");
    let inside = fs::read_dir(world.root().join("sub")).unwrap();
    assert_eq!(inside.count(), 1, "its git dir alone");
}

#[test]
fn a_hash_that_is_none_matches_nothing_and_the_editor_keeps_to_it() {
    let world = notes();
    for hash in ["", "zz", "12", "not-a-hash"] {
        world
            .kanban(["set", "n/a.md", "state=done", "--if-hash", hash])
            .code(2);
    }
    let editor = [("GIT_EDITOR", "sed -i s/See/Saw/")];
    world
        .kanban_with(&editor, ["edit", "n/a.md", "--dry-run"])
        .code(2);
    world
        .kanban_with(&editor, ["edit", "n/a.md", "--if-hash", "0000"])
        .code(1);
    assert!(world.read("n/a.md").contains("See"));
    let hash = world.kanban(["--json", "show", "n/a.md"]).data()["content_hash"].clone();
    let hash = hash.as_str().unwrap().to_owned();
    world
        .kanban_with(&editor, ["edit", "n/a.md", "--if-hash", &hash])
        .ok();
    assert!(world.read("n/a.md").contains("Saw"));
}

/// The other end of a link has another hash than the item that was asked for.
#[test]
fn a_link_on_a_hash_is_written_on_both_sides() {
    let world = World::backlog();
    let id = "DM-TSK-0003";
    let hash = world.kanban(["--json", "show", id]).data()["content_hash"].clone();
    let hash = hash.as_str().unwrap().to_owned();
    world
        .kanban([
            "link",
            "add",
            id,
            "blocks",
            "DM-BUG-0001",
            "--if-hash",
            &hash,
        ])
        .ok();
    let sql = "SELECT path FROM links WHERE target = 'DM-TSK-0003' AND rel = 'blocked_by'";
    world.kanban(["sql", sql]).ok().shows("DM-BUG-0001");
}
