//! Where the system says no: no room, no permission. A right answer, or a clear error with a hint;
//! the old generation serves on.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::support::answers::{generation, paths};
use crate::support::{Run, World};

/// A user without rights; files of root are closed to it.
pub(super) const NOBODY: u32 = 65534;

/// Runs `kanban` as somebody for whom permissions count, also where the tests run as root.
/// Everything in the world is given to that user first.
pub(super) fn as_user(world: &World, envs: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = user_command(world);
    command.args(args).envs(envs.iter().copied());
    let output = command.output().unwrap();
    Run::new(args.iter().map(Into::into).collect(), world.root(), output)
}

/// A `kanban` of that somebody.
pub(super) fn user_command(world: &World) -> Command {
    if rustix::process::geteuid().is_root() {
        // The build folder may be closed to others; a copy in the world is not.
        let binary = world.beside("kanban");
        if !binary.exists() {
            // By a process of its own: a program cannot be started while anybody has it open for
            // writing, and a process that another test is starting would inherit our handle.
            let copied = Command::new("cp")
                .arg(env!("CARGO_BIN_EXE_kanban"))
                .arg(&binary)
                .status();
            assert!(copied.unwrap().success());
            fs::set_permissions(&binary, Permissions::from_mode(0o755)).unwrap();
            give(&world.top());
        }
        let mut command = Command::new(binary);
        world.close(&mut command);
        command.uid(NOBODY).gid(NOBODY);
        command
    } else {
        world.command()
    }
}

fn give(path: &Path) {
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}

/// Takes or gives the right to write, for folders and files below.
pub(super) fn writable(path: &Path, yes: bool) {
    let dir = path.is_dir();
    if dir {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        for entry in fs::read_dir(path).unwrap() {
            writable(&entry.unwrap().path(), yes);
        }
    }
    let mode = match (dir, yes) {
        (true, true) => 0o755,
        (true, false) => 0o555,
        (false, true) => 0o644,
        (false, false) => 0o444,
    };
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_git_dir_that_cannot_be_written() {
    let world = World::backlog();
    let git = world.root().join(".git");
    as_user(&world, &[], &["--version"]).ok().shows("kanban");
    writable(&git, false);
    let run = as_user(&world, &[], &["list"]).explains(3, "KANBAN_CACHE_DIR");
    assert!(run.stderr().contains(".git"), "the path is named\n{run}");
    let elsewhere = world.beside("caches");
    let elsewhere = elsewhere.to_str().unwrap();
    fs::set_permissions(world.top(), Permissions::from_mode(0o777)).unwrap();
    as_user(&world, &[("KANBAN_CACHE_DIR", elsewhere)], &["list"])
        .ok()
        .shows("Card form");
    writable(&git, true);
}

#[test]
fn a_cache_that_cannot_be_written_still_answers() {
    let world = World::backlog();
    let git = world.root().join(".git");
    as_user(&world, &[], &["--quiet", "rebuild-index"])
        .ok()
        .silent();
    writable(&git, false);
    for args in [
        &["list"][..],
        &["show", "DM-TSK-0001"],
        &["search", "card"],
        &["sql", "SELECT title FROM items"],
    ] {
        as_user(&world, &[], args).ok().shows("Card form");
    }
    // A change cannot be taken in: then nothing stale is shown without saying so.
    let path = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_card-form.md";
    world.write(path, world.read(path).replace("Card form", "Form of cards"));
    let run = as_user(&world, &[], &["--json", "list"]);
    let json = run.json();
    assert!(
        json.get("error").is_some() || json["fresh"] == false,
        "{run}"
    );
    writable(&git, true);
    as_user(&world, &[], &["list"]).ok().shows("Form of cards");
}

#[test]
fn a_folder_that_cannot_be_listed_loses_no_items() {
    let world = World::backlog();
    let all = as_user(&world, &[], &["--json", "list"]).data()["total"].clone();
    assert_eq!(all, 7);
    let task = world.root().join("_kano/backlog/products/demo/items/task");
    fs::set_permissions(&task, Permissions::from_mode(0o000)).unwrap();
    let run = as_user(&world, &[], &["--json", "list"]).ok();
    let json = run.json();
    assert_eq!(json["data"]["total"], 7, "unknown is not gone\n{run}");
    assert_eq!(json["fresh"], false, "{run}");
    assert!(json["warnings"].to_string().contains("task"), "{run}");
    as_user(&world, &[], &["rebuild-index"]).explains(3, "task");
    // Neither may a refresh that reads every file take what it cannot reach for empty.
    for args in [&["--json", "refresh"][..], &["--json", "refresh", "--full"]] {
        let run = as_user(&world, &[], args).ok();
        let json = run.json();
        assert_eq!(json["fresh"], false, "{run}");
        assert!(json["warnings"].to_string().contains("task"), "{run}");
        assert_eq!(
            json["data"]["changes"].as_array().map(Vec::len),
            Some(0),
            "{run}"
        );
    }
    fs::set_permissions(&task, Permissions::from_mode(0o755)).unwrap();
    let healed = as_user(&world, &[], &["--json", "list"]).ok().json();
    assert_eq!(healed["fresh"], true);
    let level = as_user(&world, &[], &["--no-refresh", "--quiet", "verify"]);
    level.ok().silent();
}

#[test]
fn a_file_that_cannot_be_read_is_still_an_item() {
    let world = World::backlog();
    as_user(&world, &[], &["--version"]).ok().shows("kanban");
    let path = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_card-form.md";
    fs::set_permissions(world.root().join(path), Permissions::from_mode(0o000)).unwrap();
    let run = as_user(&world, &[], &["--json", "sql", "SELECT path FROM items"]).ok();
    let json = run.json();
    assert_eq!(
        json["data"]["rows"].as_array().map(Vec::len),
        Some(7),
        "{run}"
    );
    let check = as_user(&world, &[], &["check"]).code(1);
    assert!(check.stdout().contains(path), "{check}");
}

#[test]
fn a_cache_dir_that_is_a_file() {
    let world = World::backlog();
    let file = world.beside("file");
    fs::write(&file, "").unwrap();
    let world = world.env("KANBAN_CACHE_DIR", &file);
    let run = world.kanban(["list"]).explains(3, "KANBAN_CACHE_DIR");
    assert!(run.stderr().contains(file.to_str().unwrap()), "{run}");
}

/// A limit on the size of files stands in for a full disk: the write fails in the same place.
#[test]
fn no_room_for_a_new_generation() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(
        "_kano/backlog/products/demo/items/task/0000/DM-TSK-0050_big.md",
        format!("---\nid: DM-TSK-0050\n---\n{}\n", "word ".repeat(40_000)),
    );
    let mut command = Command::new("sh");
    world.close(&mut command);
    let output = command
        .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_kanban"))
        .arg("rebuild-index")
        .output()
        .unwrap();
    let run = Run::new(vec!["rebuild-index".into()], world.root(), output).code(3);
    assert!(run.stderr().contains("error: "), "{run}");
    assert_eq!(generation(&world), 1, "the old generation serves");
    assert_eq!(paths(&world).len(), 8, "and with room again, all is well");
}
