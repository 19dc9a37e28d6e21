//! Several processes at once. Fault points with `wait:` hold a process where it stands, so nothing
//! here depends on luck.

use std::fs;

use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump, generation};

const NEW: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0040_new.md";

#[test]
fn two_rebuilds_at_once_both_end_well() {
    let world = World::backlog();
    for _ in 0..3 {
        let both: Vec<_> = (0..2)
            .map(|_| world.spawn(&[], &["rebuild-index"]))
            .collect();
        for one in both {
            let run = one.finish().ok();
            assert!(!run.stderr().to_lowercase().contains("locked"), "{run}");
        }
    }
    let before = dump(&world);
    fs::remove_dir_all(cache_dir(&world)).unwrap();
    assert_same(&before, &dump(&world), "after rebuilds at once");
}

#[test]
fn many_first_questions_at_once_all_get_the_answer() {
    let world = World::backlog();
    let all: Vec<_> = (0..8)
        .map(|_| world.spawn(&[], &["--json", "list"]))
        .collect();
    for one in all {
        let data = one.finish().data();
        assert_eq!(data["total"], 7);
    }
}

#[test]
fn readers_go_on_while_one_rebuilds() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(NEW, "---\nid: DM-TSK-0040\ntitle: New\n---\n");
    let gate = world.beside("gate");
    let fault = format!("rebuild.before-switch=wait:{}", gate.display());
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["rebuild-index"]);
    writer.reaches(&gate);

    let readers: Vec<_> = (0..8)
        .map(|_| world.spawn(&[], &["--json", "--no-refresh", "list"]))
        .collect();
    for reader in readers {
        let run = reader.finish().ok();
        assert_eq!(run.json()["data"]["total"], 7, "{run}");
        assert_eq!(run.json()["generation"], 1, "{run}");
    }
    // These want the new truth, which the writer is about to give.
    let waiting: Vec<_> = (0..8)
        .map(|_| world.spawn(&[], &["--json", "list"]))
        .collect();
    fs::remove_file(&gate).unwrap();
    writer.finish().ok();
    for one in waiting {
        let run = one.finish().ok();
        assert_eq!(run.json()["data"]["total"], 8, "{run}");
    }
}

#[test]
fn a_reader_keeps_its_generation_to_the_end() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let stdin = std::process::Stdio::piped();
    // It waits for its statement on stdin, after or before it has opened the cache: both are right.
    let mut reader = world
        .command()
        .args(["--json", "--no-refresh", "sql", "-"])
        .stdin(stdin)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..4 {
        world.kanban(["--quiet", "rebuild-index"]).ok();
    }
    let mut pipe = reader.stdin.take().unwrap();
    std::io::Write::write_all(&mut pipe, b"SELECT count(*) FROM items").unwrap();
    drop(pipe);
    let output = reader.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["data"]["rows"][0][0], 7);
}

#[test]
fn a_writer_that_is_killed_lets_the_next_one_in() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(NEW, "---\nid: DM-TSK-0040\ntitle: New\n---\n");
    let gate = world.beside("gate");
    let fault = format!("rebuild.after-items=wait:{}", gate.display());
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["rebuild-index"]);
    writer.reaches(&gate);
    let next = world.spawn(&[], &["--json", "list"]);
    writer.kill();
    writer.finish().killed();
    let run = next.finish().ok();
    assert_eq!(run.json()["data"]["total"], 8, "{run}");
    assert_eq!(generation(&world), 2);
}

#[test]
fn no_refresh_does_not_wait_for_a_writer() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let gate = world.beside("gate");
    let fault = format!("rebuild.after-scan=wait:{}", gate.display());
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["rebuild-index"]);
    writer.reaches(&gate);
    let unchanged = world.kanban(["--json", "list"]).ok();
    assert_eq!(
        unchanged.json()["fresh"],
        true,
        "nothing has changed: no need to wait\n{unchanged}"
    );
    fs::remove_file(&gate).unwrap();
    writer.finish().ok();
}

#[test]
fn a_file_that_vanishes_while_all_is_projected_is_a_change() {
    let world = World::backlog();
    let gate = world.beside("gate");
    let fault = format!("rebuild.after-scan=wait:{}", gate.display());
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], &["rebuild-index"]);
    writer.reaches(&gate);
    world.remove("_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_card-form.md");
    fs::remove_file(&gate).unwrap();
    writer.finish().ok();
    let answer = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(answer["data"]["total"], 6, "{answer}");
    assert_eq!(answer["dirty"], true, "{answer}");
    world.kanban(["verify"]).ok();
}

/// The look that a move began with knows nothing of what came meanwhile and was projected by others.
#[test]
fn what_comes_while_an_item_moves_stays() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let gate = world.beside("gate");
    let fault = format!("write.before-end=wait:{}", gate.display());
    let mut mover = world.spawn(
        &[("KANBAN_FAULT", &fault)],
        &["mv", "DM-TSK-0001", "Another name"],
    );
    mover.reaches(&gate);
    // In another folder: that of the move is looked at again.
    let new = NEW.replace("/0000/DM-TSK-0040", "/0100/DM-TSK-0140");
    world.write(&new, "---\nid: DM-TSK-0140\ntitle: New\n---\n");
    assert_eq!(world.kanban(["--json", "list"]).data()["total"], 8);
    fs::remove_file(&gate).unwrap();
    mover.finish().ok();
    let listed = world.kanban(["--json", "--no-refresh", "list"]).data();
    assert_eq!(listed["total"], 8, "{listed}");
    world.kanban(["verify"]).ok();
}

/// The look that an answer began with is no better: it is made anew where others have gone on.
#[test]
fn what_comes_while_a_question_is_about_to_project_stays() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world.write(NEW, "---\nid: DM-TSK-0040\ntitle: New\n---\n");
    let gate = world.beside("gate");
    let fault = format!("renew.before-lock=wait:{}", gate.display());
    let mut asker = world.spawn(&[("KANBAN_FAULT", &fault)], &["--json", "list"]);
    asker.reaches(&gate);
    let later = NEW.replace("DM-TSK-0040", "DM-TSK-0041");
    world.write(&later, "---\nid: DM-TSK-0041\ntitle: Later\n---\n");
    let between = world.kanban(["--json", "list"]).ok().json();
    assert_eq!(between["data"]["total"], 9, "{between}");
    fs::remove_file(&gate).unwrap();
    let answer = asker.finish().ok().json();
    assert_eq!(answer["data"]["total"], 9, "{answer}");
    assert_eq!(answer["generation"], between["generation"], "{answer}");
    world.kanban(["verify"]).ok();
}

/// The same for a write, which knows by its own look what it changed.
#[test]
fn what_comes_while_a_move_is_about_to_project_stays() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    let gate = world.beside("gate");
    let fault = format!("renew.before-lock=wait:{}", gate.display());
    let args = ["mv", "DM-TSK-0001", "Another name"];
    let mut mover = world.spawn(&[("KANBAN_FAULT", &fault)], &args);
    mover.reaches(&gate);
    let new = NEW.replace("/0000/DM-TSK-0040", "/0100/DM-TSK-0140");
    world.write(&new, "---\nid: DM-TSK-0140\ntitle: New\n---\n");
    let between = world.kanban(["--json", "list"]).ok().json();
    fs::remove_file(&gate).unwrap();
    mover.finish().ok();
    let after = world.kanban(["--json", "--no-refresh", "list"]).ok().json();
    assert_eq!(after["data"]["total"], 8, "{after}");
    assert_eq!(after["generation"], between["generation"], "{after}");
    world.kanban(["verify"]).ok();
}

/// What a command has made, moved or taken away itself is projected as a look at everything would.
#[test]
fn after_what_comes_and_goes_by_a_command_a_look_finds_nothing_new() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    for (args, total) in [
        (&["new", "First of its kind", "--kind", "Epic"][..], 8),
        (&["mv", "DM-TSK-0001", "Another name"], 8),
        (&["rm", "DM-TSK-0001", "--force"], 7),
    ] {
        let run = world.kanban(args).ok();
        let before = world.kanban(["--json", "--no-refresh", "list"]).ok().json();
        assert_eq!(before["data"]["total"], total, "{run}");
        let after = world.kanban(["--json", "list"]).ok().json();
        assert_eq!(after["generation"], before["generation"], "{args:?}");
        assert_eq!(after["data"], before["data"], "{args:?}");
    }
    world.kanban(["verify"]).ok();
}
