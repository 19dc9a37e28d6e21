//! A live watcher where the system says no: a mount that goes, a full disk, a closed folder.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::flow::limits::{as_user, user_command};
use crate::flow::watch::{CARD, TASKS, item};
use crate::support::World;
use crate::support::watcher::Watcher;

/// A mount is tried in a namespace of its own; where the system lets nobody mount, nothing is.
#[test]
fn an_unmounted_folder_comes_back() {
    let world = World::backlog();
    let saved = world.beside("saved");
    fs::rename(world.root(), &saved).unwrap();
    fs::create_dir(world.root()).unwrap();
    let cache = world.beside("cache");
    let world = world.env("KANBAN_CACHE_DIR", cache);
    let mount = format!(
        "mount -t tmpfs none '{root}' && cp -a '{saved}/.' '{root}/'",
        root = world.root().display(),
        saved = saved.display()
    );
    let shell = |program: &str, args: &[&str], text: &str| {
        let mut command = Command::new(program);
        world.close(&mut command);
        // Whoever stands in the folder keeps it mounted.
        command.current_dir("/").args(args).args(["sh", "-c", text]);
        command.arg(env!("CARGO_BIN_EXE_kanban")).arg(world.root());
        command
    };
    let start = format!("{mount} && exec \"$0\" -C \"$1\" --json watch");
    let mut watcher = Watcher::of(shell("unshare", &["--mount"], &start));
    if !watcher.is_ready() {
        return;
    }
    let pid = watcher.pid().to_string();
    let inside = |text: &str| {
        let mut command = shell("nsenter", &["--mount", "--target", &pid], text);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{text}: {output:?}");
    };
    inside("echo '---\nid: DM-TSK-0900\n---' > \"$1/DM-TSK-0900.md\"; umount \"$1\"");
    watcher.tells("error");
    inside(&mount);
    watcher.tells("recovered");
    inside(&format!("echo more >> \"$1/{CARD}\""));
    watcher.sees("modified", CARD);
    inside("\"$0\" -C \"$1\" --no-refresh verify");
    watcher.end();
}

/// Again in a namespace of its own: a small file system for the cache, and a file that fills it.
#[test]
fn a_full_disk_is_told_and_waited_for() {
    let world = World::backlog();
    let cache = world.beside("cache");
    fs::create_dir(&cache).unwrap();
    let world = world.env("KANBAN_CACHE_DIR", &cache);
    let shell = |program: &str, args: &[&str], text: &str| {
        let mut command = Command::new(program);
        world.close(&mut command);
        command.args(args).args(["sh", "-c", text]);
        command.arg(env!("CARGO_BIN_EXE_kanban")).arg(&cache);
        command
    };
    let start = "mount -t tmpfs -o size=8m none \"$1\" && exec \"$0\" --json watch";
    let mut watcher = Watcher::of(shell("unshare", &["--mount"], start));
    if !watcher.is_ready() {
        return;
    }
    let pid = watcher.pid().to_string();
    let inside = |text: &str| {
        let mut command = shell("nsenter", &["--mount", "--target", &pid], text);
        command.current_dir(world.root()).output().unwrap()
    };
    inside("cat /dev/zero > \"$1/filler\"");
    world.write(CARD, item("DM-TSK-0001", "no room").repeat(4000));
    let error = watcher.tells("error");
    assert_eq!(error["code"], "no-space", "{error}");
    inside("rm \"$1/filler\"");
    watcher.tells("recovered");
    let output = inside(&format!(
        "\"$0\" -C '{}' --no-refresh verify",
        world.root().display()
    ));
    assert!(output.status.success(), "{output:?}");
    watcher.end();
}

#[test]
fn a_folder_that_cannot_be_listed_is_told_and_kept() {
    let world = World::backlog();
    as_user(&world, &[], &["--quiet", "rebuild-index"]).ok();
    let mut command = user_command(&world);
    command.args(["--json", "watch"]);
    let mut watcher = Watcher::of(command);
    watcher.tells("ready");
    let task = world.root().join(TASKS);
    fs::set_permissions(&task, Permissions::from_mode(0o000)).unwrap();
    let error = watcher.tells("error");
    assert_eq!(error["code"], "unreadable", "{error}");
    let run = as_user(&world, &[], &["--json", "list"]).ok();
    assert_eq!(run.json()["data"]["total"], 7, "{run}");
    assert_eq!(run.json()["fresh"], false, "nobody vouches for it\n{run}");
    fs::set_permissions(&task, Permissions::from_mode(0o755)).unwrap();
    watcher.tells("recovered");
    let run = as_user(&world, &[], &["--json", "list"]).ok();
    assert_eq!(run.json()["fresh"], true, "{run}");
    watcher.end();
}
