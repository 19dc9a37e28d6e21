//! Writes where the file system or git has something special there: left-out paths, bare ends.

use crate::flow::writing::{item, path, world};
use crate::support::World;

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
