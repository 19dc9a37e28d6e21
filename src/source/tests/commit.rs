//! Scans of commits.

use proptest::prelude::*;

use crate::source::Wants;
use crate::source::commit::Objects;
use crate::source::head::head;
use crate::source::read::ReadError;
use crate::source::tests::world::{World, find, paths};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// A bare clone holds what the clean work tree holds.
    #[test]
    fn a_commit_is_its_work_tree(files in prop::collection::btree_map(
        prop::collection::vec(prop::sample::select(vec!["a", "b.md", "ä", "x y", ".h"]), 1..4),
        prop::collection::vec(any::<u8>(), 0..40), 1..12), packed in any::<bool>())
    {
        let world = World::git();
        for (path, bytes) in &files {
            let path = world.root.join(path.join("/"));
            // A file may be in the way.
            if std::fs::create_dir_all(path.parent().unwrap()).is_ok() {
                drop(std::fs::write(path, bytes));
            }
        }
        world.commit(&[]);
        if packed {
            world.run(&["gc", "-q"]);
        }
        let bare = world.dir.path().canonicalize().unwrap().join("bare.git");
        world.run(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
        let place = find(&bare).unwrap();
        let objects = Objects::open(&place).unwrap();
        let commit = head(&place).unwrap().unwrap();
        let wants = Wants::files(&|_| true);
        let scan = objects.scan(&commit, &wants).unwrap();
        let tree = world.scan();
        prop_assert_eq!(paths(&scan), paths(&tree));
        for file in &scan.files {
            let bytes = objects.read(file, 40).unwrap();
            prop_assert_eq!(bytes, std::fs::read(world.root.join(&file.path)).unwrap());
        }
    }
}

#[test]
fn roots_markers_and_links() {
    let world = World::git();
    world.commit(&[
        "a.md",
        "notes/b.md",
        "notes/.obsidian/x",
        "notes/skip/c.md",
        "other/d.md",
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("b.md", world.root.join("notes/link.md")).unwrap();
    world.commit(&[]);
    let place = world.place();
    let objects = Objects::open(&place).unwrap();
    let commit = head(&place).unwrap().unwrap();
    let roots = ["notes", "absent", "a.md"].map(str::to_owned);
    let wants = Wants {
        file: &|path| path.ends_with(".md"),
        dir: &|path| path.ends_with(".obsidian") || path == "notes",
        exclude: &|path| path == "notes/skip",
        entered: &|_| {},
        roots: Some(&roots),
        stamps: true,
    };
    let scan = objects.scan(&commit, &wants).unwrap();
    assert_eq!(paths(&scan), ["notes/b.md"]);
    assert_eq!(scan.marker_dirs, ["notes", "notes/.obsidian"]);

    let found = &scan.files[0];
    assert!(matches!(
        objects.read(found, 3),
        Err(ReadError::TooLarge { size: 10, .. })
    ));
    let mut lost = found.clone();
    lost.oid = Some(vec![7; 20]);
    assert!(matches!(
        objects.read(&lost, 99),
        Err(ReadError::Gone { .. })
    ));
    assert!(objects.scan(&"7".repeat(40), &wants).is_err());
    assert!(objects.scan("main", &wants).is_err(), "only ids");
}

#[test]
fn ids_of_256_bits_are_read() {
    let world = World::empty();
    world.run(&["init", "-q", "--object-format=sha256"]);
    world.commit(&["a.md"]);
    let place = world.place();
    let objects = Objects::open(&place).unwrap();
    let scan = objects
        .scan(&head(&place).unwrap().unwrap(), &Wants::files(&|_| true))
        .unwrap();
    assert_eq!(objects.read(&scan.files[0], 99).unwrap(), b"a.md");
    assert_eq!(scan.files[0].oid.as_ref().unwrap().len(), 32);
}

#[test]
fn blobs_at_paths_of_a_commit_are_those_that_git_names() {
    let world = World::git();
    for path in ["a.md", "a/b.md", "a/c/d.md", "a/c.md", "ab/d.md", "z.md"] {
        world.write(path, path);
    }
    world.commit(&[]);
    let head = world.line(&world.root, &["rev-parse", "HEAD"]);
    let objects = Objects::open(&world.place()).unwrap();
    // Out of order too, into folders that are files and files that are folders.
    let paths = [
        "a/c/d.md",
        "a/c/none.md",
        "a/c",
        "a/b.md",
        "a/b.md/x",
        "",
        "a",
        "ab/d.md",
        "none/d.md",
        "z.md",
        "a/c.md",
        "a.md",
        "a/c/d.md",
    ];
    let found = objects.blobs_at(&head, paths.into_iter()).unwrap();
    for (path, blob) in paths.iter().zip(found) {
        let object = format!("HEAD:{path}");
        let kind = world.try_run_in(&world.root, &["cat-file", "-t", &object]);
        let expected =
            (kind.stdout == b"blob\n").then(|| world.line(&world.root, &["rev-parse", &object]));
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(blob.map(hex), expected, "{path}");
    }
}
