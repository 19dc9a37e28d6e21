//! `kill -9` at every point of a rebuild: the old generation serves, the next command heals.

use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump, generation, paths};

/// Every fault point of a rebuild; the last lies behind the switch.
const BEFORE_SWITCH: [&str; 5] = [
    "rebuild.begin",
    "rebuild.after-scan",
    "rebuild.after-items",
    "rebuild.before-commit",
    "rebuild.before-switch",
];
/// Every fault point of a refresh, before and behind its commit.
const BEFORE_COMMIT: [&str; 3] = [
    "refresh.begin",
    "refresh.after-items",
    "refresh.before-commit",
];
const AFTER_COMMIT: [&str; 4] = [
    "refresh.after-commit",
    "follow.begin",
    "follow.before-commit",
    "follow.after-commit",
];
const AFTER_SWITCH: &str = "rebuild.after-switch";

const NEW: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0030_new.md";

fn changed() -> World {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(NEW, "---\nid: DM-TSK-0030\ntitle: New\n---\n");
    world
}

fn die(world: &World, point: &str, command: &str) {
    let fault = format!("{point}=die");
    world
        .kanban_with(&[("KANBAN_FAULT", &fault)], [command])
        .killed();
}

#[test]
fn death_before_the_switch_leaves_the_old_generation() {
    for point in BEFORE_SWITCH {
        let world = changed();
        die(&world, point, "rebuild-index");
        serves(&world, point, 1, 7);
        heals(&world, point);
    }
}

#[test]
fn death_before_the_commit_leaves_what_was_there() {
    for point in BEFORE_COMMIT {
        for command in ["refresh", "list"] {
            let world = changed();
            die(&world, point, command);
            serves(&world, point, 1, 7);
            heals(&world, point);
        }
    }
}

#[test]
fn death_after_the_commit_leaves_the_new_rows() {
    for point in AFTER_COMMIT {
        let world = changed();
        die(&world, point, "refresh");
        serves(&world, point, 2, 8);
        let found = world
            .kanban(["--json", "search", "DM-TSK-0030"])
            .ok()
            .json();
        assert_eq!(found["data"]["total"], 1, "{point}: the index follows");
        heals(&world, point);
    }
}

fn serves(world: &World, point: &str, generation: u64, items: u64) {
    let answer = world.kanban(["--json", "--no-refresh", "list"]).ok().json();
    assert_eq!(answer["generation"], generation, "{point}: {answer}");
    assert_eq!(answer["data"]["total"], items, "{point}");
}

#[test]
fn death_after_the_switch_leaves_the_new_generation() {
    let world = changed();
    die(&world, AFTER_SWITCH, "rebuild-index");
    let new = world.kanban(["--json", "--no-refresh", "list"]).ok().json();
    assert_eq!(new["generation"], 2, "{new}");
    assert_eq!(new["data"]["total"], 8);
    heals(&world, AFTER_SWITCH);
}

#[test]
fn death_of_the_first_rebuild_leaves_nothing_in_the_way() {
    for point in BEFORE_SWITCH.into_iter().chain([AFTER_SWITCH]) {
        let world = World::backlog();
        die(&world, point, "rebuild-index");
        let run = world.kanban(["list"]).ok();
        assert!(!run.stderr().contains("error"), "{point}\n{run}");
        assert_eq!(paths(&world).len(), 7, "{point}");
    }
}

#[test]
fn many_deaths_do_not_fill_the_disk() {
    let world = changed();
    for _ in 0..5 {
        for point in BEFORE_SWITCH {
            die(&world, point, "rebuild-index");
        }
    }
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let folders = std::fs::read_dir(cache_dir(&world))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_dir())
        .count();
    assert_eq!(folders, 1, "what the dead left is swept away");
}

#[test]
fn a_failed_rebuild_says_so_and_leaves_the_old_generation() {
    for point in BEFORE_SWITCH {
        let world = changed();
        let fault = format!("{point}=fail");
        let run = world
            .kanban_with(&[("KANBAN_FAULT", &fault)], ["rebuild-index"])
            .code(3);
        assert!(run.stderr().contains("error: "), "{run}");
        assert_eq!(generation(&world), 1, "{point}");
        heals(&world, point);
    }
}

/// What the next commands answer is what a cache made from nothing answers.
fn heals(world: &World, what: &str) {
    let run = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(run["data"]["total"], 8, "{what}");
    let healed = dump(world);
    std::fs::remove_dir_all(cache_dir(world)).unwrap();
    assert_same(&healed, &dump(world), what);
}
