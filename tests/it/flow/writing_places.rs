//! Writes where the file system or git has something special there: left-out paths, bare ends.

use crate::flow::writing::{item, path, world};
use crate::support::{Run, World};

#[test]
fn no_item_gets_the_id_of_another_one() {
    let world = world(3);
    let refused = |args: &[&str], holder: &str| {
        let run = world.kanban(args.iter().copied());
        let run = run.explains(1, "is the id of");
        assert!(run.stderr().contains(holder), "{run}");
    };
    for assignment in ["id=DM-TSK-0001", "id=dm-tsk-0001", "id:=\"DM-TSK-0001\""] {
        refused(&["set", "DM-TSK-0002", assignment], &path(1));
    }
    // Of several that would get one id, none does.
    let run = world.kanban(["set", "kind:Task", "id=DM-TSK-0009"]).code(1);
    assert!(run.stderr().contains("would be the id of"), "{run}");
    for number in 1..=3 {
        let id = format!("DM-TSK-{number:04}");
        assert_eq!(
            world.read(&path(number)),
            item(&id, &format!("Item {number}"))
        );
    }
    world.kanban(["set", "DM-TSK-0002", "id=DM-TSK-0002"]).ok();
    world.kanban(["set", "DM-TSK-0002", "id=DM-TSK-0009"]).ok();
    // An item that shares its id may be given that id again: nothing changes.
    world.write(&path(4), item("DM-TSK-0003", "Twin"));
    world
        .kanban(["set", &path(4), "id=DM-TSK-0003", "owner=x"])
        .ok();
}

/// As for `new --id`.
#[test]
fn an_id_that_is_taken_in_another_branch_or_by_a_name_is_not_given() {
    let world = world(2);
    world.git(["checkout", "-q", "-b", "other"]);
    world.write(&path(7), item("DM-TSK-0070", "Item 7"));
    world.commit("another branch");
    world.git(["checkout", "-q", "-"]);
    for (id, holder) in [("DM-TSK-0070", path(7)), ("DM-TSK-0007", path(7))] {
        let set = format!("id={id}");
        let run = world.kanban(["set", "DM-TSK-0001", &set]);
        let run = run.explains(1, "is the id of");
        assert!(run.stderr().contains(&holder), "{run}");
    }
    world.kanban(["set", "DM-TSK-0001", "id=DM-TSK-0009"]).ok();
    let run = world.kanban(["set", "DM-TSK-0002", "id=DM-TSK-0001"]);
    run.explains(1, "is the id of");
    // That the item itself was called so is no reason.
    world.kanban(["set", "DM-TSK-0009", "id=DM-TSK-0001"]).ok();
}

/// Runs a command up to where it waits for other writers, does something else, and lets it go on.
fn meanwhile(world: &World, args: &[&str], then: impl FnOnce()) -> Run {
    let gate = world.beside("gate");
    let fault = format!("write.before-lock=wait:{}", gate.display());
    let mut writer = world.spawn(&[("KANBAN_FAULT", &fault)], args);
    writer.reaches(&gate);
    then();
    std::fs::remove_file(&gate).unwrap();
    writer.finish()
}

#[test]
fn two_at_once_do_not_get_one_id() {
    let world = world(3);
    let run = meanwhile(&world, &["set", "DM-TSK-0001", "id=DM-TSK-0009"], || {
        world.kanban(["set", "DM-TSK-0002", "id=DM-TSK-0009"]).ok();
    });
    let run = run.explains(1, "is the id of");
    assert!(run.stderr().contains(&path(2)), "{run}");
    let run = meanwhile(&world, &["--json", "new", "Another", "kind=Task"], || {
        world.kanban(["set", "DM-TSK-0003", "id=DM-TSK-0010"]).ok();
    });
    assert_eq!(run.data()["changes"][0]["id"], "DM-TSK-0011");
    world.kanban(["verify"]).ok();
}

#[test]
fn a_link_that_comes_while_its_item_is_about_to_go_counts() {
    let world = world(3);
    let link = |to: usize| {
        let text = item("DM-TSK-0002", "Item 2");
        let to = path(to);
        let name = to.rsplit('/').next().unwrap();
        world.write(&path(2), format!("{text}\n[other]({name})\n"));
    };
    // So that its file is called by its title.
    world.write(&path(1), item("DM-TSK-0001", "Item"));
    meanwhile(&world, &["mv", "DM-TSK-0001", "Renamed"], || link(1)).ok();
    let text = world.read(&path(2));
    assert!(text.contains("(DM-TSK-0001_renamed.md)"), "{text}");
    let run = meanwhile(&world, &["rm", "DM-TSK-0003"], || link(3));
    run.explains(1, "links to");
    assert!(world.root().join(path(3)).exists());
}

#[cfg(unix)]
#[test]
fn another_name_of_a_file_keeps_what_it_was_and_that_is_told() {
    let world = world(1);
    let copy = world.beside("backup.md");
    std::fs::hard_link(world.root().join(path(1)), &copy).unwrap();
    let before = world.read(&path(1));
    let run = world
        .kanban(["--json", "set", "DM-TSK-0001", "owner=x"])
        .ok();
    let notes = run.json()["data"]["changes"][0]["notes"].to_string();
    assert!(notes.contains("hard link"), "{run}");
    assert_eq!(std::fs::read_to_string(&copy).unwrap(), before);
    let run = world
        .kanban(["--json", "set", "DM-TSK-0001", "owner=y"])
        .ok();
    assert_eq!(run.json()["data"]["changes"][0]["notes"].to_string(), "[]");
}

#[test]
fn nothing_is_put_where_git_keeps_a_file_that_is_left_out() {
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        let world = World::with(concat!(
            "--- kanban.toml\n[[root]]\npath = \"\"\npreset = \"plain\"\n",
            "--- a.md\n# A\n",
            "--- far/away/there.md\n# There\n",
            "--- near/here.md\n# Here\n",
        ));
        let git = |args: &[&str]| world.git(args.iter().copied());
        git(&["sparse-checkout", "set", "--cone", sparse_index, "near"]);
        assert!(!world.root().join("far").exists());
        let refused = |args: &[&str]| {
            let run = world.kanban(args.iter().copied());
            let run = run.explains(1, "left out of the work tree");
            assert!(run.stderr().contains("git sparse-checkout"), "{run}");
        };
        for more in [&[][..], &["--dry-run"]] {
            refused(&[&["mv", "a.md", "--to", "far/away/there.md"], more].concat());
            refused(&[&["new", "There", "--in", "far/away"], more].concat());
        }
        assert!(!world.root().join("far").exists());
        assert_eq!(world.read("a.md"), "# A\n");
        world
            .kanban(["mv", "a.md", "--to", "far/away/else.md"])
            .ok();
        git(&["update-index", "--skip-worktree", "near/here.md"]);
        std::fs::remove_file(world.root().join("near/here.md")).unwrap();
        refused(&["mv", "far/away/else.md", "--to", "near/here.md"]);
    }
}
