//! Finding the place, its HEAD and its cache.

use std::path::Path;

use crate::source::cache::{cache_dir_below, ensure_below};
use crate::source::head::head;
use crate::source::ignore::IgnoreSettings;
use crate::source::repo::{GitEnv, Kind, discover_with, plain};
use crate::source::tests::world::{World, find, paths};
use crate::source::{SourceError, Wants, walk};

fn git_head(world: &World, folder: &Path) -> String {
    world.line(folder, &["rev-parse", "HEAD"])
}

#[test]
fn a_work_tree_is_found_from_anywhere_in_it() {
    let world = World::git();
    world.commit(&["a/b/c.md"]);
    for start in ["", "a", "a/b", "a/b/c.md", ".git", ".git/refs/heads"] {
        let place = find(&world.root.join(start)).unwrap();
        assert_eq!(place.root, world.root, "{start}");
        assert_eq!(place.git_dir(), Some(&*world.root.join(".git")));
        assert_eq!(place.common_dir(), place.git_dir());
        assert!(!place.is_bare() && !place.sha256 && !place.reftable);
    }
}

#[test]
fn a_linked_work_tree_has_its_own_git_dir_and_cache() {
    let world = World::git();
    world.commit(&["a.md"]);
    world.run(&["worktree", "add", "-q", "-b", "side", "../linked tree"]);
    let linked = world.root.parent().unwrap().join("linked tree");
    std::fs::create_dir(linked.join("sub")).unwrap();
    world.run_in(&linked, &["commit", "-q", "--allow-empty", "-m", "y"]);

    let place = find(&linked.join("sub")).unwrap();
    let git_dir = world.root.join(".git/worktrees/linked-tree");
    assert_eq!(place.root, linked);
    assert_eq!(place.git_dir(), Some(&*git_dir));
    assert_eq!(place.common_dir(), Some(&*world.root.join(".git")));
    assert_eq!(head(&place).unwrap(), Some(git_head(&world, &linked)));
    assert_ne!(head(&place).unwrap(), head(&world.place()).unwrap());
    assert_eq!(cache_dir_below(&place, None), git_dir.join("kanban"));
    assert_eq!(find(&git_dir).unwrap(), place, "from its git dir");
    let settings = IgnoreSettings::isolated(&place);
    let scan = walk::scan_with(&place, &Wants::files(&|_| true), 1, &settings).unwrap();
    assert_eq!(paths(&scan), ["a.md"], "its file `.git` is none");
}

#[test]
fn a_linked_work_tree_of_a_bare_repository_is_a_work_tree() {
    let world = World::git();
    world.commit(&["a.md"]);
    let bare = world.dir.path().canonicalize().unwrap().join("bare.git");
    world.run(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    world.run_in(&bare, &["worktree", "add", "-q", "../tree", "main"]);
    let place = find(&bare).unwrap();
    assert_eq!(
        place.kind,
        Kind::Bare {
            git_dir: bare.clone()
        }
    );
    assert_eq!(place.root, bare);
    let tree = bare.with_file_name("tree");
    let place = find(&tree).unwrap();
    assert_eq!(place.root, tree);
    assert_eq!(place.common_dir(), Some(&*bare));
    assert_eq!(head(&place).unwrap(), Some(git_head(&world, &tree)));
}

#[test]
fn a_submodule_is_a_place_of_its_own() {
    let world = World::git();
    world.commit(&["a.md"]);
    world.run(&["clone", "-q", ".", "../other"]);
    world.run(&["submodule", "--quiet", "add", "../other", "sub"]);
    let place = find(&world.root.join("sub")).unwrap();
    assert_eq!(place.root, world.root.join("sub"));
    assert_eq!(place.git_dir(), Some(&*world.root.join(".git/modules/sub")));
    assert_eq!(find(place.git_dir().unwrap()).unwrap(), place);
    assert_eq!(head(&place).unwrap(), Some(git_head(&world, &place.root)));
}

#[test]
fn the_configuration_can_move_the_work_tree() {
    let world = World::git();
    std::fs::create_dir(world.root.join("elsewhere")).unwrap();
    world.run(&["config", "core.worktree", "../elsewhere"]);
    assert_eq!(world.place().root, world.root.join("elsewhere"));
    world.run(&["config", "--unset", "core.worktree"]);
    world.run(&["config", "core.bare", "true"]);
    assert!(world.place().is_bare());
}

#[test]
fn a_hook_tells_where_the_repository_is() {
    let world = World::git();
    world.commit(&["sub/a.md"]);
    let other = World::empty();
    let env = |git_dir: &Path, work_tree: Option<&Path>| GitEnv {
        git_dir: Some(git_dir.to_owned()),
        work_tree: work_tree.map(Path::to_owned),
        ceilings: Vec::new(),
    };
    let git_dir = world.root.join(".git");
    let relative = discover_with(&world.root, &env(Path::new(".git"), None)).unwrap();
    assert_eq!(relative, world.place());
    let from_below = discover_with(&world.root.join("sub"), &env(&git_dir, None)).unwrap();
    assert_eq!(from_below, world.place());
    let moved = discover_with(&world.root, &env(&git_dir, Some(&other.root))).unwrap();
    assert_eq!(moved.root, other.root);
    assert_eq!(moved.git_dir(), Some(&*git_dir));
    assert!(matches!(
        discover_with(&world.root, &env(Path::new("nowhere"), None)),
        Err(SourceError::BadGitDir { .. })
    ));
}

#[test]
fn ceilings_stop_the_search() {
    let world = World::git();
    let below = world.write("a/b/c.md", "");
    let env = GitEnv {
        ceilings: vec![world.root.join("a")],
        ..GitEnv::default()
    };
    let place = discover_with(&below, &env);
    assert!(matches!(place, Err(SourceError::NotARepository { .. })));
    assert_eq!(discover_with(&world.root, &env).unwrap(), world.place());
}

#[test]
fn outside_git_a_config_file_or_a_cache_marks_the_folder() {
    let world = World::empty();
    let start = world.root.join("a/b");
    std::fs::create_dir_all(&start).unwrap();
    let error = find(&start).unwrap_err();
    assert!(matches!(error, SourceError::NotARepository { .. }));
    assert_eq!(error.code(), "not-a-repository");
    assert!(error.hint().unwrap().contains("git init"));

    let file = world.write("kanban.toml", "");
    let place = find(&start).unwrap();
    assert_eq!(place, plain(&world.root).unwrap());
    assert_eq!(place.kind, Kind::Plain);
    assert_eq!(head(&place).unwrap(), None);
    std::fs::remove_file(file).unwrap();

    let folder = ensure_below(&place, None).unwrap();
    assert_eq!(folder, world.root.join(".kanban"));
    assert_eq!(std::fs::read(folder.join(".gitignore")).unwrap(), b"*\n");
    assert_eq!(find(&start).unwrap(), place);
    assert_eq!(ensure_below(&place, None).unwrap(), folder, "again");
}

#[test]
fn caches_below_a_given_folder_differ_by_root() {
    let (one, two) = (World::git(), World::git());
    let parent = World::empty();
    let first = ensure_below(&one.place(), Some(&parent.root)).unwrap();
    let second = cache_dir_below(&two.place(), Some(&parent.root));
    assert_ne!(first, second);
    assert!(first.is_dir() && first.starts_with(&parent.root));
    assert_eq!(first, cache_dir_below(&one.place(), Some(&parent.root)));
}

#[test]
fn what_is_broken_is_told() {
    let world = World::empty();
    let absent = world.root.join("absent");
    assert!(matches!(find(&absent), Err(SourceError::Absent { .. })));
    world.write(".git", "gitdir: /nowhere/at all\n");
    let error = find(&world.root).unwrap_err();
    assert_eq!(error.code(), "broken-git-file");
    assert!(error.to_string().contains("/nowhere/at all"));
    world.write(".git", "garbage");
    assert_eq!(find(&world.root).unwrap_err().code(), "damaged-git-file");
    std::fs::remove_file(world.root.join(".git")).unwrap();
    // A folder of that name which is no git dir is none of ours, as for git.
    std::fs::create_dir(world.root.join(".git")).unwrap();
    assert_eq!(find(&world.root).unwrap_err().code(), "not-a-repository");
}

#[test]
fn head_is_what_git_says() {
    let world = World::git();
    assert_eq!(head(&world.place()).unwrap(), None, "unborn");
    world.commit(&["a.md"]);
    let first = git_head(&world, &world.root);
    assert_eq!(head(&world.place()).unwrap(), Some(first.clone()));

    world.run(&["checkout", "-q", "-b", "topic/deep/ö"]);
    world.commit(&["b.md"]);
    let second = git_head(&world, &world.root);
    assert_eq!(head(&world.place()).unwrap(), Some(second.clone()));
    world.run(&["pack-refs", "--all"]);
    assert_eq!(
        head(&world.place()).unwrap(),
        Some(second.clone()),
        "packed"
    );
    world.run(&["checkout", "-q", "--detach", "main"]);
    assert_eq!(head(&world.place()).unwrap(), Some(first), "detached");
    world.run(&["checkout", "-q", "--orphan", "topic"]);
    assert_eq!(head(&world.place()).unwrap(), None, "a folder of branches");
    world.run(&[
        "symbolic-ref",
        "refs/heads/alias",
        "refs/heads/topic/deep/ö",
    ]);
    world.run(&["symbolic-ref", "HEAD", "refs/heads/alias"]);
    assert_eq!(
        head(&world.place()).unwrap(),
        Some(second),
        "a link to a link"
    );
    world.run(&["symbolic-ref", "refs/heads/alias", "refs/heads/alias"]);
    assert!(head(&world.place()).is_err(), "a link to itself");
    world.write(".git/HEAD", "ref: ../../../etc/passwd\n");
    assert!(head(&world.place()).is_err(), "outside");
}

#[test]
fn other_formats_are_read() {
    for (option, sha256, reftable) in [
        ("--object-format=sha256", true, false),
        ("--ref-format=reftable", false, true),
    ] {
        let world = World::empty();
        let made = world.try_run_in(&world.root, &["init", "-q", option]);
        assert!(made.status.success(), "git knows {option}");
        assert_eq!(head(&world.place()).unwrap(), None);
        world.commit(&["a.md"]);
        world.write(".gitignore", "*");
        let place = world.place();
        assert_eq!((place.sha256, place.reftable), (sha256, reftable));
        assert_eq!(head(&place).unwrap(), Some(git_head(&world, &world.root)));
        let settings = IgnoreSettings::isolated(&place);
        let scan = walk::scan_with(&place, &Wants::files(&|_| true), 2, &settings).unwrap();
        assert_eq!(scan.files.len(), 1, "tracked, although ignored");
    }
}
