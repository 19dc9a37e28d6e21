//! A folder that appears whole or not at all.

use std::fs;

use crate::write::{Fresh, WriteError};

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_folder_appears_with_all_its_files() {
    let around = tempfile::tempdir().unwrap();
    for name in ["new", "empty"] {
        let target = around.path().join(name);
        if name == "empty" {
            fs::create_dir(&target).unwrap();
        }
        let fresh = Fresh::beside(&target, false).unwrap();
        fresh.put("a/b.md", &mut &b"text"[..]).unwrap();
        fresh.put("a/c.md", &mut &b""[..]).unwrap();
        assert!(!target.join("a").exists(), "not yet");
        fresh.finish().unwrap();
        assert_eq!(fs::read(target.join("a/b.md")).unwrap(), b"text");
        assert_eq!(names(&target.join("a")), ["b.md", "c.md"]);
    }
    assert_eq!(names(around.path()), ["empty", "new"]);
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let around = tempfile::tempdir().unwrap();
    let target = around.path().join("new");
    let fresh = Fresh::beside(&target, false).unwrap();
    fresh.put("a.md", &mut &b"text"[..]).unwrap();
    assert!(fresh.put("a.md", &mut &b"again"[..]).is_err());
    assert!(fresh.put("../b.md", &mut &b""[..]).is_err());
    assert!(fresh.put(".git/config", &mut &b""[..]).is_err());
    drop(fresh);
    assert_eq!(names(around.path()), [""; 0]);
}

#[test]
fn what_is_there_stays() {
    let around = tempfile::tempdir().unwrap();
    let target = around.path().join("full");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine.md"), "mine").unwrap();
    let file = around.path().join("file");
    fs::write(&file, "mine").unwrap();
    assert!(matches!(
        Fresh::beside(&target, false),
        Err(WriteError::Exists { .. })
    ));
    assert!(Fresh::beside(&file, false).is_err());
    assert!(Fresh::beside(&around.path().join("no/such"), false).is_err());
    // Somebody is faster.
    let late = around.path().join("late");
    let fresh = Fresh::beside(&late, false).unwrap();
    fresh.put("a.md", &mut &b"ours"[..]).unwrap();
    fs::create_dir(&late).unwrap();
    fs::write(late.join("a.md"), "theirs").unwrap();
    assert!(fresh.finish().is_err());
    assert_eq!(fs::read(late.join("a.md")).unwrap(), b"theirs");
    assert_eq!(names(around.path()), ["file", "full", "late"]);
}
