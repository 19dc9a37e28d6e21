//! Names, stamps and reading.

use proptest::prelude::*;

use crate::model::file::Stamp;
use crate::source::read::{ReadError, read_path};
use crate::source::stamp::is_racy;
use crate::source::tests::world::World;
use crate::source::{Wants, name};

proptest! {
    #[test]
    fn every_name_has_a_text_and_the_way_back(bytes in prop::collection::vec(
        prop_oneof![any::<u8>(), prop::sample::select(b"\\x5CFFx".to_vec())], 0..12))
    {
        let text = name::text(&bytes);
        prop_assert_eq!(name::bytes(&text), bytes);
    }

    #[test]
    fn a_change_that_the_stamp_cannot_show_is_racy(started in 10_000_000_000_i64..i64::MAX / 2, after in 0_i64..3_000_000_000, tick in prop::sample::select(vec![1_i64, 4_000_000, 10_000_000, 1_000_000_000, 2_000_000_000])) {
        // A file written at the scan's begin or later, on a file system that counts in ticks.
        let written = (started + after) / tick * tick;
        let stamp = Stamp { size: 1, mtime_ns: 0, ctime_ns: written, inode: 1 };
        prop_assert!(is_racy(&stamp, started));
    }
}

#[test]
fn names_are_written_so() {
    assert_eq!(name::text(b"a/\xffb"), "a/\\xFFb");
    assert_eq!(name::text("ä\\xff".as_bytes()), "ä\\xff");
    assert_eq!(name::text(b"\\xFF"), "\\x5CxFF");
    assert_eq!(name::found(b"a.md"), ("a.md".to_owned(), None));
}

#[test]
fn an_old_file_is_not_racy() {
    let stamp = |ns| Stamp {
        size: 1,
        mtime_ns: 0,
        ctime_ns: ns,
        inode: 1,
    };
    let started = 1_800_000_000_500_000_000;
    assert!(!is_racy(&stamp(started - 20_000_001), started));
    assert!(is_racy(&stamp(started - 19_999_999), started));
    assert!(
        is_racy(&stamp(started - 1_500_000_000), started),
        "whole seconds"
    );
    assert!(!is_racy(&stamp(started - 2_500_000_000), started));
    assert!(is_racy(&stamp(started + 1), started), "the future");
}

#[test]
fn reading_gives_bytes_and_the_stamp_of_the_scan() {
    let world = World::git();
    world.write("ü x.md", "text");
    let (place, scan) = (world.place(), world.scan());
    let found = &scan.files[0];
    let (bytes, stamp) = read_path(
        &place
            .root
            .join(found.os_path.as_deref().unwrap_or(found.path.as_ref())),
        4,
    )
    .unwrap();
    assert_eq!(bytes, b"text");
    assert_eq!(stamp, found.stamp);
    assert!(matches!(
        read_path(
            &place
                .root
                .join(found.os_path.as_deref().unwrap_or(found.path.as_ref())),
            3
        ),
        Err(ReadError::TooLarge {
            size: 4,
            limit: 3,
            ..
        })
    ));
    std::fs::remove_file(world.root.join("ü x.md")).unwrap();
    assert!(matches!(
        read_path(
            &place
                .root
                .join(found.os_path.as_deref().unwrap_or(found.path.as_ref())),
            9
        ),
        Err(ReadError::Gone { .. })
    ));
    std::fs::create_dir(world.root.join("ü x.md")).unwrap();
    assert!(matches!(
        read_path(
            &place
                .root
                .join(found.os_path.as_deref().unwrap_or(found.path.as_ref())),
            9
        ),
        Err(ReadError::NotAFile { .. })
    ));
}

#[cfg(unix)]
#[test]
fn reading_follows_no_link_and_waits_for_no_pipe() {
    use std::os::unix::fs::symlink;
    let world = World::git();
    world.write("a/b.md", "text");
    world.write("c.md", "text");
    let (place, scan) = (world.place(), world.scan());
    let [below, file] = &scan.files[..] else {
        panic!("two files")
    };

    std::fs::rename(world.root.join("c.md"), world.root.join("d.md")).unwrap();
    symlink("d.md", world.root.join("c.md")).unwrap();
    assert!(matches!(
        read_path(
            &place
                .root
                .join(file.os_path.as_deref().unwrap_or(file.path.as_ref())),
            9
        ),
        Err(ReadError::NotAFile { .. })
    ));
    std::fs::remove_file(world.root.join("c.md")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        world.root.join("c.md"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    assert!(matches!(
        read_path(
            &place
                .root
                .join(file.os_path.as_deref().unwrap_or(file.path.as_ref())),
            9
        ),
        Err(ReadError::NotAFile { .. })
    ));
    assert!(!world.scan().files.iter().any(|found| found.path == "c.md"));

    std::fs::rename(world.root.join("a"), world.root.join("e")).unwrap();
    symlink("e", world.root.join("a")).unwrap();
    let through_link = read_path(
        &place
            .root
            .join(below.os_path.as_deref().unwrap_or(below.path.as_ref())),
        9,
    );
    if cfg!(target_os = "linux") {
        assert!(matches!(through_link, Err(ReadError::NotAFile { .. })));
    }
}

#[test]
fn roots_are_folders_below_the_root_none_within_another() {
    let starts = |roots: &[&str]| {
        let roots: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
        Wants {
            roots: Some(&roots),
            ..Wants::files(&|_| true)
        }
        .starts()
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>()
    };
    assert_eq!(starts(&["a/b", "a", "ab", "/c/", "a"]), ["a", "c", "ab"]);
    assert_eq!(starts(&["a", ""]), [""]);
    assert_eq!(starts(&["..", "a/../b", "./a", "a//b"]), [""; 0]);
}
