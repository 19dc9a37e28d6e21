//! Writes where the file system or git has something special there: left-out paths, bare ends.

use crate::support::World;

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
