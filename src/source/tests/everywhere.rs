//! Paths of all branches, remote-tracking refs, stashes and work trees.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::source::everywhere;
use crate::source::tests::world::{World, find};

fn below(start: &Path, folder: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut seen = BTreeSet::new();
    let md = |name: &str| name.ends_with(".md");
    let skipped = everywhere::paths(&find(start).unwrap(), None, folder, &md, &mut |path, _| {
        seen.insert(path.to_owned());
    });
    (seen, skipped.unwrap())
}

fn all(world: &World) -> BTreeSet<String> {
    let (seen, skipped) = below(&world.root, "");
    assert_eq!(skipped, [""; 0]);
    seen
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

/// Commits one more file on a branch of its own, and goes back.
fn branch(world: &World, name: &str, path: &str) {
    world.run(&["checkout", "-q", "-b", name]);
    world.commit(&[path]);
    world.run(&["checkout", "-q", "main"]);
}

fn beside(world: &World, name: &str) -> PathBuf {
    world.root.parent().unwrap().join(name)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Whatever the branches hold, and however git keeps them: exactly what `git ls-tree` lists.
    #[test]
    fn branches_hold_what_git_lists(branches in prop::collection::vec(
        prop::collection::btree_set("[ab]{1,2}/[abc]{1,2}\\.(md|txt)", 0..12), 1..5),
        packed in any::<bool>())
    {
        let world = World::git();
        world.commit(&[]);
        let mut expected = BTreeSet::new();
        for (number, files) in branches.iter().enumerate() {
            let name = format!("b/{number}");
            world.run(&["checkout", "-q", "--orphan", &name]);
            world.try_run_in(&world.root, &["rm", "-rfq", "."]);
            world.commit(&files.iter().map(String::as_str).collect::<Vec<_>>());
            let listed = world.line(&world.root, &["ls-tree", "-r", "--name-only", &name]);
            expected.extend(listed.lines().filter(|path| path.ends_with(".md")).map(str::to_owned));
        }
        if packed {
            world.run(&["gc", "-q"]);
        }
        prop_assert_eq!(all(&world), expected);
    }
}

#[test]
fn branches_loose_and_packed_remotes_stashes_and_detached_heads() {
    let world = World::git();
    world.commit(&["a.md", "no.txt"]);
    branch(&world, "side", "side.md");
    branch(&world, "far/away", "far/away.md");
    world.run(&["pack-refs", "--all"]);
    branch(&world, "loose", "loose.md");
    // What only a remote has.
    let other = beside(&world, "other");
    world.run(&["clone", "-q", ".", other.to_str().unwrap()]);
    std::fs::write(other.join("theirs.md"), "x").unwrap();
    world.run_in(&other, &["add", "-A"]);
    world.run_in(&other, &["commit", "-q", "-m", "x"]);
    let url = other.to_str().unwrap();
    world.run(&["remote", "add", "origin", url]);
    world.run(&["fetch", "-q", "origin"]);
    // Two stashes, one with an untracked file.
    world.write("stashed.md", "x");
    world.run(&["add", "stashed.md"]);
    world.run(&["stash", "-q"]);
    world.write("untracked.md", "x");
    world.run(&["stash", "-q", "-u"]);
    // A commit that only HEAD knows.
    world.run(&["checkout", "-q", "--detach"]);
    world.commit(&["detached.md"]);

    let expected = set(&[
        "a.md",
        "side.md",
        "far/away.md",
        "loose.md",
        "theirs.md",
        "stashed.md",
        "untracked.md",
        "detached.md",
    ]);
    assert_eq!(all(&world), expected);
    assert_eq!(below(&world.root, "far").0, set(&["far/away.md"]));
    assert_eq!(below(&world.root, "fa").0, set(&[]));
    assert_eq!(below(&world.root, "a.md").0, set(&[]));
}

#[test]
fn work_trees_with_what_is_staged_and_what_is_not() {
    let world = World::git();
    world.commit(&["a.md"]);
    world.run(&["worktree", "add", "-q", "-b", "linked", "../linked"]);
    world.run(&["worktree", "add", "-q", "--detach", "../gone"]);
    let (linked, gone) = (beside(&world, "linked"), beside(&world, "gone"));
    // Staged here, and no longer there.
    world.write("staged.md", "x");
    world.run(&["add", "staged.md"]);
    std::fs::remove_file(world.root.join("staged.md")).unwrap();
    world.write("sub/untracked.md", "x");
    std::fs::create_dir(linked.join("sub")).unwrap();
    std::fs::write(linked.join("sub/theirs.md"), "x").unwrap();
    std::fs::write(linked.join("their-stage.md"), "x").unwrap();
    world.run_in(&linked, &["add", "their-stage.md"]);
    // A work tree whose folder is gone still has a HEAD and an index.
    std::fs::write(gone.join("kept.md"), "x").unwrap();
    world.run_in(&gone, &["add", "-A"]);
    world.run_in(&gone, &["commit", "-q", "-m", "x"]);
    std::fs::write(gone.join("kept-stage.md"), "x").unwrap();
    world.run_in(&gone, &["add", "-A"]);
    std::fs::remove_dir_all(&gone).unwrap();

    let expected = set(&[
        "a.md",
        "staged.md",
        "sub/untracked.md",
        "sub/theirs.md",
        "their-stage.md",
        "kept.md",
        "kept-stage.md",
    ]);
    assert_eq!(all(&world), expected);
    assert_eq!(below(&linked, "").0, expected, "from a linked work tree");
    let sub = set(&["sub/untracked.md", "sub/theirs.md"]);
    assert_eq!(below(&world.root, "sub").0, sub);
}

#[test]
fn a_bare_repository_and_a_folder_without_git() {
    let world = World::git();
    world.commit(&["a.md"]);
    branch(&world, "side", "side.md");
    let bare = beside(&world, "bare.git");
    world.run(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    world.run_in(&bare, &["worktree", "add", "-q", "../tree", "main"]);
    std::fs::write(beside(&world, "tree").join("new.md"), "x").unwrap();
    let expected = set(&["a.md", "side.md", "new.md"]);
    assert_eq!(below(&bare, ""), (expected, Vec::new()));

    let plain = World::empty();
    plain.write("kanban.toml", "");
    plain.write("sub/a.md", "x");
    assert_eq!(all(&plain), set(&["sub/a.md"]));
}

#[test]
fn ids_of_256_bits_and_refs_that_only_git_reads() {
    let world = World::empty();
    let arguments = ["init", "-q", "-b", "main", "--object-format=sha256"];
    let reftable = [&arguments[..], &["--ref-format=reftable"]].concat();
    if !world.try_run_in(&world.root, &reftable).status.success() {
        // A git without reftables.
        world.run(&arguments);
    }
    world.commit(&["a.md"]);
    branch(&world, "side", "side.md");
    assert_eq!(all(&world), set(&["a.md", "side.md"]));
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_seen() {
    let world = World::git();
    world.commit(&["a.md"]);
    branch(&world, "lost", "deep/er/lost.md");
    branch(&world, "sound", "sound.md");
    let heads = world.root.join(".git/refs/heads");
    std::fs::write(heads.join("garbage"), "no id").unwrap();
    std::fs::write(heads.join("absent"), "7".repeat(40)).unwrap();
    let tree = world.line(&world.root, &["rev-parse", "lost:deep"]);
    let object = format!(".git/objects/{}/{}", &tree[..2], &tree[2..]);
    std::fs::remove_file(world.root.join(object)).unwrap();

    let (seen, skipped) = below(&world.root, "");
    assert_eq!(seen, set(&["a.md", "sound.md"]));
    for name in ["garbage", "refs/heads/absent: ", "refs/heads/lost: "] {
        assert!(
            skipped.iter().any(|line| line.contains(name)),
            "{name}: {skipped:?}"
        );
    }
    assert_eq!(skipped.len(), 3, "{skipped:?}");

    std::fs::write(world.root.join(".git/index"), "DIRC").unwrap();
    std::fs::write(
        world.root.join(".git/packed-refs"),
        "# pack-refs with:\nx\n",
    )
    .unwrap();
    let (seen, skipped) = below(&world.root, "");
    assert_eq!(seen, set(&["a.md", "sound.md"]));
    assert!(skipped.len() > 3, "{skipped:?}");
}
