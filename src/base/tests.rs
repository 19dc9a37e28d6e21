//! Laws and examples of `base`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use crate::base::fault::Action;
use crate::base::lock::Lock;
use crate::base::{atomic, clock, fault, hash, unique};

/// What git says, for many inputs with one process.
fn git_hashes(folder: &Path, format: &str, inputs: &[Vec<u8>]) -> Vec<String> {
    let repo = folder.join(format);
    let git = || {
        let mut command = Command::new("git");
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env("HOME", folder);
        command
    };
    let done = git()
        .args(["init", "-q", &format!("--object-format={format}")])
        .arg(&repo)
        .status()
        .unwrap();
    assert!(done.success());
    let mut names = String::new();
    for (number, bytes) in inputs.iter().enumerate() {
        std::fs::write(repo.join(number.to_string()), bytes).unwrap();
        names.push_str(&format!("{number}\n"));
    }
    let mut child = git()
        .current_dir(&repo)
        .args(["hash-object", "--no-filters", "--stdin-paths"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(names.as_bytes()).unwrap();
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn blob_ids_are_gits(mut inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..40)) {
        inputs.push(b"a\r\nb\r\n".to_vec());
        inputs.push(Vec::new());
        let folder = tempfile::tempdir().unwrap();
        for (format, sha256) in [("sha1", false), ("sha256", true)] {
            let ours: Vec<String> = inputs.iter().map(|bytes| hash::hex(&hash::blob_oid(bytes, sha256))).collect();
            prop_assert_eq!(ours, git_hashes(folder.path(), format, &inputs));
        }
    }
}

proptest! {
    #[test]
    fn times_come_back(ns in any::<i64>()) {
        prop_assert_eq!(clock::parse(&clock::iso(ns)), Some(ns));
        prop_assert_eq!(clock::parse(&ns.to_string()), Some(ns));
    }

    #[test]
    fn a_written_file_is_the_bytes(old in prop::option::of(prop::collection::vec(any::<u8>(), 0..100)), new in prop::collection::vec(any::<u8>(), 0..100)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ü .md");
        if let Some(old) = &old {
            std::fs::write(&path, old).unwrap();
        }
        atomic::write(&path, &new).unwrap();
        prop_assert_eq!(std::fs::read(&path).unwrap(), new);
        prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temp file is left");
    }
}

#[test]
fn times_are_written_so() {
    assert_eq!(clock::iso(0), "1970-01-01T00:00:00Z");
    assert_eq!(clock::iso(1_500_000_000), "1970-01-01T00:00:01.5Z");
    assert_eq!(
        clock::parse("2026-01-02T03:04:05+01:00"),
        clock::parse("2026-01-02T02:04:05Z")
    );
    assert_eq!(clock::parse("yesterday"), None);
    assert_eq!(clock::today().len(), 10);
}

#[test]
fn known_hashes() {
    assert_eq!(
        hash::hex(&hash::content_hash(b"")),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
    assert_eq!(
        hash::hex(&hash::blob_oid(b"", false)),
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    );
}

#[test]
fn an_error_names_act_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/file");
    let text = atomic::write(&path, b"x").unwrap_err().to_string();
    assert_eq!(
        text,
        format!("cannot create a temp file beside {}", path.display())
    );
}

#[cfg(unix)]
#[test]
fn permissions_are_kept_and_links_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    atomic::write(&path, b"new").unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o750
    );

    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    atomic::write(&link, b"other").unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_file());
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
}

#[test]
fn an_exclusive_lock_keeps_others_out_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("write.lock");
    let lock = Lock::exclusive(&path).unwrap();
    assert!(Lock::try_exclusive(&path).unwrap().is_none());
    drop(lock);
    assert!(Lock::try_exclusive(&path).unwrap().is_some());
    let absent = Lock::exclusive(&folder.path().join("absent/lock")).unwrap_err();
    assert!(absent.to_string().starts_with("cannot open the lock file"));
}

#[test]
fn faults_are_named_actions() {
    assert_eq!(
        fault::parse("a.b=die, c=fail,d=wait:/x/y,e=explode,f,g=wait"),
        vec![
            ("a.b".to_owned(), Action::Die),
            ("c".to_owned(), Action::Fail),
            ("d".to_owned(), Action::Wait("/x/y".into())),
        ]
    );
    assert!(fault::strike("a", &Action::Fail).is_err());
    assert!(fault::point("never.named").is_ok());
}

#[test]
fn a_waiting_fault_goes_on_when_its_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("here");
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| fault::strike("a", &Action::Wait(path.clone())));
        while !path.exists() {
            std::thread::yield_now();
        }
        assert!(!waiter.is_finished());
        std::fs::remove_file(&path).unwrap();
        waiter.join().unwrap().unwrap();
    });
}

#[test]
fn identities_are_new_and_sort_by_time() {
    let one: std::collections::BTreeSet<String> = (0..1000)
        .map(|_| unique::uuid(1_769_868_309_000_000_000))
        .collect();
    assert_eq!(one.len(), 1000);
    for uuid in &one {
        let groups: Vec<&str> = uuid.split('-').collect();
        assert_eq!(
            groups.iter().map(|g| g.len()).collect::<Vec<_>>(),
            [8, 4, 4, 4, 12]
        );
        assert_eq!(&uuid[..15], "019c145f-3208-7", "{uuid}");
        assert!(matches!(uuid.as_bytes()[19], b'8'..=b'b'), "{uuid}");
    }
    let later = unique::uuid(1_769_868_309_001_000_000);
    assert!(one.iter().all(|uuid| *uuid < later));
}
