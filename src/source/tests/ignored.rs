//! The law of the walk: it sees what `git ls-files -co --exclude-standard` lists, as far as that is
//! a regular file of this repository.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use crate::source::name;
use crate::source::tests::world::{World, paths};

/// Ignore files that hold in all folders.
const EVERYWHERE: [&str; 2] = [".git/info/exclude", "../user-ignores"];

#[derive(Debug, Clone, Copy)]
enum Dot {
    Folder,
    File,
    Nowhere,
    Garbage,
}

/// A random tree with ignore files.
#[derive(Debug, Clone)]
struct Tree {
    /// Path, and whether git tracks it.
    files: Vec<(String, bool)>,
    /// Folder, or a file that holds everywhere; and lines.
    ignores: Vec<(String, Vec<String>)>,
    /// Folders that get a repository of their own, or a file `.git` that leads to one or nowhere.
    nested: Vec<(String, Dot)>,
    /// Symbolic links: path and target.
    links: Vec<(String, String)>,
    fold_case: bool,
}

fn component() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a", "b", "ab", "A", "a.md", "b.md", "x y", "[a]", "ä", ".h", "a\\b", "-",
    ])
    .prop_map(str::to_owned)
}

fn path(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(component(), 1..=most).prop_map(|parts| parts.join("/"))
}

fn pattern() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a",
        "b",
        "ab",
        "A",
        "*",
        "**",
        "?",
        "a*",
        "*b",
        "*.md",
        "a.md",
        "[ab]",
        "[!a]",
        "[a-b]*",
        "[^b]",
        "[[:alpha:]]",
        "[]a]",
        "[a",
        "\\a",
        "\\[a\\]",
        "x y",
        "x\\ y",
        "ä",
        "?b",
        "a**b",
        "a\\\\b",
        "*.*",
        "***",
        ".*",
        "[[:upper:]]",
        "-",
        "[a\\]]",
        "{a,b}",
        "#",
    ]);
    (
        prop::sample::select(vec!["", "", "", "!", "\\!", " "]),
        prop::sample::select(vec!["", "", "/"]),
        prop::collection::vec(part, 1..4),
        prop::sample::select(vec!["", "", "/", "//"]),
        prop::sample::select(vec!["", "", "", " ", "\\ ", "\r", "\t", "\\"]),
    )
        .prop_map(|(negation, root, parts, folder, end)| {
            format!("{negation}{root}{}{folder}{end}", parts.join("/"))
        })
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![
        12 => pattern(),
        1 => prop::sample::select(vec!["", "# a", "\\#", "\u{feff}a", "/", "!", "!/", "//", " "])
            .prop_map(str::to_owned),
    ];
    prop::collection::vec(line, 1..5)
}

fn tree() -> impl Strategy<Value = Tree> {
    let place = prop_oneof![
        4 => Just(String::new()),
        3 => path(2),
        2 => prop::sample::select(EVERYWHERE.to_vec()).prop_map(str::to_owned),
    ];
    let dot = prop::sample::select(vec![Dot::Folder, Dot::File, Dot::Nowhere, Dot::Garbage]);
    (
        prop::collection::vec((path(4), prop::bool::weighted(0.2)), 1..25),
        prop::collection::vec((place, lines()), 0..4),
        prop::collection::vec((path(2), dot), 0..2),
        prop::collection::vec((path(2), path(2)), 0..2),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(files, ignores, nested, links, fold_case)| {
            // Two names that differ by case cannot be, where case is not told apart.
            let name = |name: String| if fold_case { name.to_lowercase() } else { name };
            Tree {
                files: files
                    .into_iter()
                    .map(|(path, is_tracked)| (name(path), is_tracked))
                    .collect(),
                ignores: ignores
                    .into_iter()
                    .map(|(place, lines)| (name(place), lines))
                    .collect(),
                nested: nested
                    .into_iter()
                    .map(|(path, dot)| (name(path), dot))
                    .collect(),
                links: links
                    .into_iter()
                    .map(|(path, target)| (name(path), name(target)))
                    .collect(),
                fold_case,
            }
        })
}

/// Puts the tree onto disk, leaving out what contradicts what is there already.
fn make(tree: &Tree) -> World {
    let world = World::empty();
    let make = |path: &str, text: &str| {
        let path = world.root.join(path);
        let folder = path.parent().unwrap();
        std::fs::create_dir_all(folder).is_ok() && std::fs::write(&path, text).is_ok()
    };
    // By hand: a process less for each case.
    bare_bones(&world.root);
    let config = format!(
        "[core]\nrepositoryFormatVersion = 0\nexcludesFile = ../user-ignores\nignoreCase = {}\n",
        tree.fold_case
    );
    make(".git/config", &config);
    let mut tracked = Vec::new();
    for (path, is_tracked) in &tree.files {
        if make(path, path) && *is_tracked {
            tracked.push(path.as_str());
        }
    }
    if !tracked.is_empty() {
        let mut arguments = vec!["--literal-pathspecs", "add", "-f", "--"];
        arguments.extend(tracked);
        world.run(&arguments);
    }
    for (place, lines) in &tree.ignores {
        let text = lines.join("\n");
        if EVERYWHERE.contains(&place.as_str()) {
            make(place, &text);
        } else {
            let path = format!("{place}/.gitignore");
            make(path.trim_start_matches('/'), &text);
        }
    }
    for (folder, dot) in &tree.nested {
        let path = world.root.join(folder);
        if std::fs::create_dir_all(&path).is_err() {
            continue;
        }
        let root = world.root.display();
        let text = match dot {
            Dot::Folder => {
                bare_bones(&path);
                continue;
            }
            Dot::File => format!("gitdir: {root}/.git\n"),
            Dot::Nowhere => "gitdir: ../nowhere\n".to_owned(),
            Dot::Garbage => "garbage".to_owned(),
        };
        drop(std::fs::write(path.join(".git"), text));
    }
    #[cfg(unix)]
    for (path, target) in &tree.links {
        let link = world.root.join(path);
        drop(std::fs::remove_dir_all(&link));
        drop(std::fs::remove_file(&link));
        let up = "../".repeat(path.matches('/').count());
        drop(std::os::unix::fs::symlink(format!("{up}{target}"), &link));
    }
    world
}

/// What makes a folder a repository.
fn bare_bones(folder: &Path) {
    for name in ["refs", "objects"] {
        std::fs::create_dir_all(folder.join(".git").join(name)).unwrap();
    }
    std::fs::write(folder.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
}

/// A regular file with nothing but folders above it.
fn is_plain_file(root: &Path, path: &str) -> bool {
    let mut here = root.to_owned();
    let mut components = path.split('/').peekable();
    while let Some(component) = components.next() {
        here.push(component);
        let Ok(meta) = std::fs::symlink_metadata(&here) else {
            return false;
        };
        let fits = match components.peek() {
            Some(_) => meta.is_dir(),
            None => meta.is_file(),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn expected(world: &World) -> BTreeSet<String> {
    let out = world.run(&["ls-files", "-z", "-c", "-o", "--exclude-standard"]);
    String::from_utf8(out)
        .unwrap()
        .split_terminator('\0')
        .filter(|path| is_plain_file(&world.root, path))
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_walk_sees_what_git_sees(tree in tree()) {
        let world = make(&tree);
        let scan = world.scan();
        prop_assert_eq!(&scan.unreadable, &[]);
        let seen: BTreeSet<String> = paths(&scan)
            .into_iter()
            .map(|path| String::from_utf8(name::bytes(path)).unwrap())
            .collect();
        prop_assert_eq!(seen.len(), scan.files.len(), "no path twice");
        prop_assert_eq!(seen, expected(&world));
    }
}

/// The rules that are easy to get wrong, one line each: ignore file, and the paths it hides.
#[test]
fn known_rules() {
    let files = [
        "a.md", "a/b.md", "a/c/d.md", "b/a/x.md", "b/x.md", "c d .md", "é.md",
    ];
    let cases: &[(&str, &[&str])] = &[
        (
            "*.md\n!/a.md",
            &[
                "a/b.md", "a/c/d.md", "b/a/x.md", "b/x.md", "c d .md", "é.md",
            ],
        ),
        ("a", &["a/b.md", "a/c/d.md", "b/a/x.md"]),
        ("/a/", &["a/b.md", "a/c/d.md"]),
        // What is below an ignored folder cannot be brought back.
        ("a/\n!a/b.md", &["a/b.md", "a/c/d.md", "b/a/x.md"]),
        ("a/*\n!a/b.md", &["a/c/d.md"]),
        ("**/x.md", &["b/a/x.md", "b/x.md"]),
        ("b/**/x.md", &["b/a/x.md", "b/x.md"]),
        ("c d .md   \n", &["c d .md"]),
        ("\u{feff}a.md\r\n", &["a.md"]),
        (
            "?.md",
            &["a.md", "a/b.md", "a/c/d.md", "b/a/x.md", "b/x.md"],
        ),
    ];
    for (ignore, hidden) in cases {
        let world = World::git();
        for file in files {
            world.write(file, "");
        }
        world.write(".gitignore", ignore);
        let scan = world.scan();
        let seen = paths(&scan);
        assert_eq!(
            seen.iter()
                .map(|path| (*path).to_owned())
                .collect::<BTreeSet<_>>(),
            expected(&world),
            "{ignore:?}: git agrees"
        );
        // Git matches bytes: `?` is half of an `é`.
        for file in files {
            assert_eq!(
                !seen.contains(&file),
                hidden.contains(&file),
                "{ignore:?}: {file}"
            );
        }
    }
}

#[test]
fn included_configuration_is_among_what_is_outside() {
    let world = World::git();
    world.write("inc.cfg", "[core]\n\texcludesFile = /nowhere\n");
    world.run(&["config", "include.path", "../inc.cfg"]);
    let files = crate::source::ignore::outside(&world.place());
    for name in ["inc.cfg", "nowhere"] {
        let mut found = files.iter().filter(|path| path.ends_with(name));
        assert!(found.next().is_some(), "{name}: {files:?}");
    }
}
