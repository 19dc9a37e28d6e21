//! What the tests of freshness share: a backlog with branches, and whether a cache is level with its files.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::support::World;

pub(super) const TASKS: &str = "_kano/backlog/products/demo/items/task/0000";

/// What serves, read without a look at the files, equals a rebuild.
fn is_level(world: &World) -> bool {
    let run = world.kanban(["--no-refresh", "--quiet", "verify"]).seen();
    run.output.status.success()
}

pub(super) fn levels(world: &World, what: &str) {
    let run = world
        .kanban(["--no-refresh", "--color=never", "verify"])
        .seen();
    assert!(run.output.status.success(), "{what}\n{run}");
}

/// Waits until a detached refresh has caught up.
pub(super) fn becomes_level(world: &World, what: &str) {
    let begun = Instant::now();
    while !is_level(world) {
        // A guard against hanging, not a measure.
        assert!(begun.elapsed().as_secs() < 30, "{what}: never level");
    }
}

/// Runs git as it is, hooks included.
pub(super) fn git(world: &World, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    world.close(&mut command);
    let output = command.args(args).stdin(Stdio::null()).output().unwrap();
    output.status.success()
}

pub(super) fn with_branches() -> World {
    let world = World::backlog();
    world.git(["config", "user.name", "Ada"]);
    world.git(["checkout", "-q", "-b", "side"]);
    world.write(
        &format!("{TASKS}/DM-TSK-0050_side.md"),
        "---\nid: DM-TSK-0050\ntitle: Side\n---\nSide.\n",
    );
    world.commit("side");
    world.git(["checkout", "-q", "main"]);
    world.write(
        &format!("{TASKS}/DM-TSK-0051_main.md"),
        "---\nid: DM-TSK-0051\ntitle: Main\n---\nSee [[DM-TSK-0050]].\n",
    );
    world.commit("main");
    world
}
