//! What a scan sees beside what git says of ignoring.

use crate::model::file::Scan;
use crate::source::Wants;
use crate::source::cache::ensure_below;
use crate::source::ignore::IgnoreSettings;
use crate::source::repo::plain;
use crate::source::tests::world::{World, paths};
use crate::source::walk::scan_with;

fn markdown(path: &str) -> bool {
    path.ends_with(".md")
}

#[test]
fn files_come_sorted_by_path_with_stamps() {
    let world = World::git();
    for path in [
        "b.md",
        "a/b.md",
        "a.md",
        "a-b.md",
        "a/x.txt",
        ".hidden/a.md",
        "a/b/c.md",
    ] {
        world.write(path, path);
    }
    let scan = world.scan_for(&Wants::files(&markdown));
    assert_eq!(
        paths(&scan),
        [
            ".hidden/a.md",
            "a-b.md",
            "a.md",
            "a/b.md",
            "a/b/c.md",
            "b.md"
        ]
    );
    for file in &scan.files {
        assert_eq!(file.stamp.size, file.path.len() as u64);
        assert!(file.stamp.mtime_ns > 1_700_000_000_000_000_000);
        assert!(file.oid.is_none() && file.os_path.is_none());
    }
    assert!(scan.started_ns > 1_700_000_000_000_000_000);
}

#[test]
fn only_the_wanted_roots_are_looked_at() {
    let world = World::git();
    for path in [
        "a.md",
        "notes/a.md",
        "notes/deep/b.md",
        "notes2/c.md",
        "docs/adr/1.md",
        "docs/x.md",
    ] {
        world.write(path, "");
    }
    world.write(".gitignore", "b.md");
    world.write("docs/.gitignore", "/adr/2.md");
    world.write("docs/adr/2.md", "");
    let roots = ["notes", "docs/adr", "absent", "a.md"].map(str::to_owned);
    let wants = Wants {
        roots: Some(&roots),
        ..Wants::files(&markdown)
    };
    assert_eq!(
        paths(&world.scan_for(&wants)),
        ["docs/adr/1.md", "notes/a.md"]
    );

    world.write(".gitignore", "/docs/");
    assert_eq!(
        paths(&world.scan_for(&wants)),
        ["notes/a.md", "notes/deep/b.md"],
        "a root below an ignored folder"
    );
    world.run(&["add", "-f", "docs/adr/2.md"]);
    assert_eq!(
        paths(&world.scan_for(&wants)),
        ["docs/adr/2.md", "notes/a.md", "notes/deep/b.md"],
        "what is tracked there counts"
    );
}

#[test]
fn excluded_folders_are_not_entered_and_markers_are_seen_though_ignored() {
    let world = World::git();
    for path in [
        "a.md",
        "big/a.md",
        "vault/.obsidian/app.json",
        "vault/b.md",
        "gone/.obsidian/x",
    ] {
        world.write(path, "");
    }
    world.write(".gitignore", ".obsidian/\n/gone/");
    let wants = Wants {
        dir: &|path| path.rsplit('/').next() == Some(".obsidian"),
        exclude: &|path| path == "big",
        entered: &|_| {},
        ..Wants::files(&markdown)
    };
    let scan = world.scan_for(&wants);
    assert_eq!(paths(&scan), ["a.md", "vault/b.md"]);
    assert_eq!(scan.marker_dirs, ["vault/.obsidian"]);
}

#[test]
fn other_repositories_and_the_cache_are_not_entered() {
    let world = World::git();
    world.commit(&["a.md"]);
    world.run(&["clone", "-q", ".", "cloned"]);
    world.run(&["clone", "-q", ".", "../other"]);
    world.run(&["submodule", "--quiet", "add", "../other", "sub"]);
    world.run(&["worktree", "add", "-q", "inner", "-b", "inner"]);
    world.write("not-a-repo/.git/a.md", "");
    world.write("not-a-repo/b.md", "");
    assert_eq!(
        paths(&world.scan_for(&Wants::files(&markdown))),
        ["a.md", "not-a-repo/b.md"]
    );
}

#[test]
fn outside_git_ignore_files_hold_and_the_cache_is_left_out() {
    let world = World::empty();
    for path in ["a.md", "b.md", "sub/c.md", "sub/.kanban/d.md"] {
        world.write(path, "");
    }
    world.write(".gitignore", "b.md");
    let place = plain(&world.root).unwrap();
    let cache = ensure_below(&place, None).unwrap();
    std::fs::remove_file(cache.join(".gitignore")).unwrap();
    std::fs::write(cache.join("e.md"), "").unwrap();
    let scan: Scan = scan_with(
        &place,
        &Wants::files(&markdown),
        2,
        &IgnoreSettings::of(&place),
    )
    .unwrap();
    assert_eq!(paths(&scan), ["a.md", "sub/.kanban/d.md", "sub/c.md"]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_text_are_seen() {
    use crate::source::read::read_path;
    use std::os::unix::ffi::OsStrExt;
    let world = World::git();
    let name = std::ffi::OsStr::from_bytes(b"\xff.md");
    std::fs::create_dir(world.root.join(name)).unwrap();
    std::fs::write(world.root.join(name).join(name), "bytes").unwrap();
    world.write("\\xFF.md/\\xFF.md", "text");
    let scan = world.scan_for(&Wants::files(&markdown));
    assert_eq!(
        paths(&scan),
        ["\\x5CxFF.md/\\x5CxFF.md", "\\xFF.md/\\xFF.md"]
    );
    let texts: Vec<_> = scan
        .files
        .iter()
        .map(|found| {
            read_path(
                &world
                    .root
                    .join(found.os_path.as_deref().unwrap_or(found.path.as_ref())),
                99,
            )
            .unwrap()
            .0
        })
        .collect();
    assert_eq!(texts, [b"text".to_vec(), b"bytes".to_vec()]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_listed_is_told_and_not_taken_for_empty() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::git();
    for path in ["a.md", "closed/b.md", "blind/c.md", "blind/d.md"] {
        world.write(path, "");
    }
    let mode = |path: &str, mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(world.root.join(path), permissions).unwrap();
    };
    mode("closed", 0o000);
    mode("blind", 0o444);
    // Root may read all; then there is nothing to tell.
    let is_root = std::fs::read_dir(world.root.join("closed")).is_ok();
    let scan = world.scan_for(&Wants::files(&markdown));
    mode("closed", 0o755);
    mode("blind", 0o755);
    let unreadable: Vec<_> = scan
        .unreadable
        .iter()
        .map(|(path, _)| path.as_str())
        .collect();
    if is_root {
        assert_eq!(scan.files.len(), 4);
    } else {
        assert_eq!(paths(&scan), ["a.md"]);
        assert_eq!(unreadable, ["blind", "closed"]);
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_too_deep_is_told() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let world = World::git();
    world.write("a.md", "");
    let mode = Mode::from_raw_mode(0o755);
    let mut here = openat(CWD, &world.root, OFlags::RDONLY, Mode::empty()).unwrap();
    // Deeper than a path may be long: made step by step.
    let name = "d".repeat(200);
    for _ in 0..25 {
        mkdirat(&here, &name, mode).unwrap();
        here = openat(&here, &name, OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let scan = world.scan_for(&Wants::files(&markdown));
    assert_eq!(paths(&scan), ["a.md"]);
    let [(path, reason)] = &scan.unreadable[..] else {
        panic!("one folder: {:?}", scan.unreadable)
    };
    assert!(path.len() > 3500 && !path.ends_with('/'));
    assert!(!reason.is_empty());
}

#[test]
fn a_damaged_index_is_an_error_only_where_it_matters() {
    let world = World::git();
    world.commit(&["a.md"]);
    world.write(".git/index", "garbage");
    assert_eq!(paths(&world.scan()), ["a.md"]);
    world.write(".gitignore", "a.md");
    let place = world.place();
    let error = scan_with(
        &place,
        &Wants::files(&markdown),
        2,
        &IgnoreSettings::isolated(&place),
    )
    .unwrap_err();
    assert_eq!(error.code(), "damaged-git-file");
    assert_eq!(error.path(), world.root.join(".git/index"));
}

#[test]
fn where_case_is_not_told_apart_a_tracked_file_is_found_in_another_case() {
    let world = World::git();
    world.commit(&["Notes/A.md", "Notes/B.md"]);
    world.run(&["config", "core.ignoreCase", "true"]);
    std::fs::rename(world.root.join("Notes"), world.root.join("nOTES")).unwrap();
    world.write("nOTES/c.md", "");
    for ignore in ["notes/", "*.MD"] {
        world.write(".gitignore", ignore);
        assert_eq!(
            paths(&world.scan_for(&Wants::files(&markdown))),
            ["nOTES/A.md", "nOTES/B.md"],
            "{ignore}"
        );
    }
}

#[test]
fn a_sparse_work_tree_has_what_is_there() {
    let world = World::git();
    world.commit(&["in/a.md", "out/b.md", "top.md"]);
    world.run(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    world.write(".gitignore", "*.md");
    assert_eq!(
        paths(&world.scan_for(&Wants::files(&markdown))),
        ["in/a.md", "top.md"]
    );
}

#[test]
fn a_split_index_and_one_with_shared_prefixes_are_read() {
    for arguments in [
        ["update-index", "--split-index"],
        ["update-index", "--index-version=4"],
    ] {
        let world = World::git();
        world.commit(&["out/deep/a.md", "out/deep/b.md", "out.md"]);
        world.run(&arguments);
        world.write("out/new.md", "");
        world.write(".gitignore", "out*");
        assert_eq!(
            paths(&world.scan_for(&Wants::files(&markdown))),
            ["out.md", "out/deep/a.md", "out/deep/b.md"]
        );
    }
}
