//! The merge driver of a clone: put in, told of, taken out.

use std::fs;
use std::process::Command;

use crate::flow::merges::world::{ITEM, PATH, change};
use crate::support::World;

const CONFIG: &str = ".git/config";

/// Two branches that git alone cannot merge, and the item of ours.
fn world() -> World {
    let world = World::repo();
    world.write(PATH, ITEM);
    world.commit("base");
    world
}

/// The exit code of git's merge of two branches that append to one log.
fn merge(world: &World) -> i32 {
    world.git(["checkout", "--quiet", "-B", "side"]);
    world.write(
        PATH,
        change(ITEM, &[("made\n", "made\n2026-01-02 10:00 [agent=x] a\n")]),
    );
    world.commit("theirs");
    world.git(["checkout", "--quiet", "-B", "again", "side~1"]);
    world.write(
        PATH,
        change(ITEM, &[("made\n", "made\n2026-01-03 10:00 [agent=x] b\n")]),
    );
    world.commit("ours");
    let mut command = Command::new("git");
    world.close(&mut command);
    let output = command
        .args(["merge", "--no-edit", "side"])
        .output()
        .unwrap();
    output.status.code().unwrap()
}

#[test]
fn init_and_install_let_git_merge_by_meaning() {
    let world = world();
    let doctor = world.kanban(["doctor"]).ok();
    assert!(
        doctor.stdout().contains("git merges items line by line"),
        "{doctor}"
    );
    world.kanban(["init"]).ok();
    let lines = world.read(".gitattributes");
    assert!(
        lines.contains("_kano/backlog/**/*.md merge=kanban\n"),
        "{lines}"
    );
    let doctor = world.kanban(["doctor"]).ok();
    assert!(doctor.stdout().contains("this clone has none"), "{doctor}");
    world.kanban(["hooks", "install"]).ok();
    let doctor = world.kanban(["doctor"]).ok();
    assert!(
        doctor.stdout().contains("git merges items by meaning"),
        "{doctor}"
    );
    let status = world.kanban(["hooks", "status"]).ok();
    assert!(status.stdout().contains("merge driver"), "{status}");
    world.commit("set up");
    assert_eq!(merge(&world), 0);
    assert!(
        world
            .read(PATH)
            .ends_with("[agent=x] a\n2026-01-03 10:00 [agent=x] b\n")
    );
    // Again changes nothing.
    let before = (world.read(CONFIG), world.read(".gitattributes"));
    world.kanban(["init"]).ok();
    world.kanban(["hooks", "install"]).ok();
    assert_eq!(before, (world.read(CONFIG), world.read(".gitattributes")));
}

#[test]
fn uninstall_leaves_no_trace() {
    for attributes in [None, Some("*.png binary\n"), Some("*.png binary")] {
        let world = world();
        if let Some(text) = attributes {
            world.write(".gitattributes", text);
        }
        let before = world.read(CONFIG);
        world.kanban(["init"]).ok();
        world.kanban(["hooks", "install"]).ok();
        assert_ne!(world.read(CONFIG), before);
        world.kanban(["hooks", "uninstall"]).ok();
        assert_eq!(world.read(CONFIG), before);
        // What is committed is not this clone's alone.
        assert!(world.read(".gitattributes").contains("merge=kanban"));
        world
            .kanban(["hooks", "uninstall", "--shared", "--dry-run"])
            .ok();
        assert!(world.read(".gitattributes").contains("merge=kanban"));
        world.kanban(["hooks", "uninstall", "--shared"]).ok();
        let after = fs::read_to_string(world.root().join(".gitattributes")).ok();
        assert_eq!(after.as_deref(), attributes);
    }
}

#[test]
fn a_driver_of_somebody_else_stays() {
    let world = world();
    world.git(["config", "merge.kanban.driver", "my-merge %O %A %B"]);
    let before = world.read(CONFIG);
    let run = world.kanban(["--json", "hooks", "install", "--dry-run"]);
    assert_eq!(run.data()["driver"]["state"], "refused");
    world.kanban(["hooks", "uninstall"]).ok();
    assert_eq!(world.read(CONFIG), before);
}

#[test]
fn a_program_that_is_gone_is_in_nobodys_way() {
    let world = world();
    let program = world.beside("a program's 100%").join("kanban");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_kanban"), &program).unwrap();
    world.kanban(["init"]).ok();
    world
        .kanban(["hooks", "install", "--program", program.to_str().unwrap()])
        .ok();
    world.commit("set up");
    assert_eq!(merge(&world), 0);
    world.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    fs::remove_file(&program).unwrap();
    // As git does by itself: a conflict, and no more than that.
    world.git(["checkout", "--quiet", "main"]);
    assert_eq!(merge(&world), 1);
    assert!(world.read(PATH).contains("<<<<<<< "));
    world.kanban(["resolve", PATH, "--add"]).ok();
    assert!(
        world
            .read(PATH)
            .ends_with("[agent=x] a\n2026-01-03 10:00 [agent=x] b\n")
    );
}

/// Of the items of a folder that its own attributes take away, or that only another file gives.
#[test]
fn attributes_count_wherever_they_stand() {
    let world = world();
    world.kanban(["hooks", "install"]).ok();
    let named = |world: &World| {
        let run = world.kanban(["--json", "hooks", "status"]);
        run.data()["driver"]["named"] == true
    };
    let doctor = |world: &World| world.kanban(["doctor"]).seen().stdout();
    assert!(!named(&world));
    world.write("_kano/backlog/.gitattributes", "*.md merge=kanban\n");
    assert!(named(&world));
    assert!(doctor(&world).contains("git merges items by meaning"));
    world.remove("_kano/backlog/.gitattributes");
    world.write(".git/info/attributes", "*.md merge=kanban\n");
    assert!(named(&world));
    // The nearer file holds.
    world.remove(".git/info/attributes");
    world.write(".gitattributes", "*.md merge=kanban\n");
    assert!(named(&world));
    world.write("_kano/.gitattributes", "*.md -merge\n");
    assert!(!named(&world));
    assert!(!doctor(&world).contains("git merges items by meaning"));
}

#[test]
fn a_command_of_an_older_kanban_is_told_and_renewed() {
    let world = world();
    world.kanban(["init"]).ok();
    world.kanban(["hooks", "install"]).ok();
    let new = world.git(["config", "merge.kanban.driver"]);
    let old = new.trim_end().replace("--path=%P", "--path %P");
    assert_ne!(old, new.trim_end());
    world.git(["config", "merge.kanban.driver", &old]);
    for command in [&["hooks", "status"][..], &["doctor"]] {
        let told = world.kanban(command).seen().stdout();
        assert!(told.contains("of an older kanban"), "{told}");
    }
    world.kanban(["hooks", "install"]).ok();
    assert_eq!(world.git(["config", "merge.kanban.driver"]), new);
    let status = world.kanban(["hooks", "status"]).ok().stdout();
    assert!(!status.contains("of an older kanban"), "{status}");
}
