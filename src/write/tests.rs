//! Writes of files: what is put in place, what is given back, what is refused.

mod fresh;
mod recovery;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use proptest::prelude::*;

use crate::base::hash::content_hash;
use crate::write::folder::Folder;
use crate::write::place::{check, check_new};
use crate::write::replace::{Stage, give_back};
use crate::write::{Batch, Change, Home, Landed, Session, WriteError, read};

/// A root and a place for journals, gone at the end.
struct World {
    folder: tempfile::TempDir,
    /// Where journals are, if not beside the root.
    home: Option<tempfile::TempDir>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("root/items")).unwrap();
        Self { folder, home: None }
    }

    /// The place for journals is in another folder.
    fn with_home(folder: Option<&str>) -> Self {
        Self {
            home: folder.map(|folder| tempfile::tempdir_in(folder).unwrap()),
            ..Self::new()
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("root")
    }

    fn home(&self) -> Home {
        let top = self.folder.path().canonicalize().unwrap();
        let folder = self.home.as_ref().map_or(top.as_path(), |home| home.path());
        let folder = folder.join("home");
        Home {
            top,
            lock: folder.join("write.lock"),
            folder,
        }
    }

    fn session(&self) -> Session {
        self.session_at("main 1")
    }

    /// The same with another branch or commit.
    fn session_at(&self, head: &str) -> Session {
        Session::begin(&self.root(), &self.home(), || Some(head.to_owned())).unwrap()
    }

    fn put(&self, path: &str, text: &str) {
        fs::write(self.root().join(path), text).unwrap();
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root().join(path)).ok()
    }

    fn apply(&self, change: Change) -> Result<(), WriteError> {
        let mut landed = apply(&self.session(), &[vec![change]], false);
        landed.remove(0).into_result()
    }

    /// What is left of writes besides their files.
    fn left(&self) -> Vec<String> {
        let stages = fs::read_dir(self.home().folder.join("stage")).unwrap();
        let stages = stages.map(|entry| entry.unwrap().file_name());
        let mut left: Vec<String> = stages
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        if self.home().folder.join("journal").exists() {
            left.push("journal".to_owned());
        }
        left
    }
}

fn apply(session: &Session, groups: &[Vec<Change>], first_decides: bool) -> Vec<Landed> {
    let batch = Batch {
        what: "test",
        groups,
        first_decides,
    };
    session.apply(&batch).unwrap()
}

fn replace(path: &str, before: &str, after: &str) -> Change {
    Change::Replace {
        path: path.into(),
        before: content_hash(before.as_bytes()),
        bytes: after.into(),
    }
}

fn create(path: &str, text: &str) -> Change {
    Change::Create {
        path: path.into(),
        bytes: text.into(),
    }
}

#[test]
fn each_change_is_done_and_leaves_nothing_behind() {
    let world = World::new();
    world.put("items/a.md", "old");
    world.apply(replace("items/a.md", "old", "new")).unwrap();
    assert_eq!(world.text("items/a.md").as_deref(), Some("new"));
    world.apply(create("more/deep/b.md", "made")).unwrap();
    assert_eq!(world.text("more/deep/b.md").as_deref(), Some("made"));
    let to = Change::Move {
        path: "items/a.md".into(),
        to: "else/c.md".into(),
        before: content_hash(b"new"),
    };
    world.apply(to).unwrap();
    assert_eq!(world.text("items/a.md"), None);
    assert_eq!(world.text("else/c.md").as_deref(), Some("new"));
    let gone = Change::Remove {
        path: "else/c.md".into(),
        before: content_hash(b"new"),
    };
    world.apply(gone).unwrap();
    assert_eq!(world.text("else/c.md"), None);
    assert_eq!(world.left(), Vec::<String>::new());
}

#[test]
fn what_is_not_as_expected_stays_as_it_is() {
    let world = World::new();
    world.put("items/a.md", "by an editor");
    let before = content_hash(b"old");
    let path = || PathBuf::from("items/a.md");
    let changes = [
        replace("items/a.md", "old", "new"),
        Change::Remove {
            path: path(),
            before,
        },
        Change::Move {
            path: path(),
            to: "items/b.md".into(),
            before,
        },
    ];
    for change in changes {
        let error = world.apply(change).unwrap_err();
        assert!(matches!(error, WriteError::Changed { .. }), "{error:?}");
        assert_eq!(world.text("items/a.md").as_deref(), Some("by an editor"));
        assert_eq!(world.text("items/b.md"), None);
        assert_eq!(world.left(), Vec::<String>::new());
    }
    let error = world.apply(create("items/a.md", "mine")).unwrap_err();
    assert!(matches!(error, WriteError::Exists { .. }), "{error:?}");
    world.put("items/b.md", "another");
    let to = Change::Move {
        path: path(),
        to: "items/b.md".into(),
        before: content_hash(b"by an editor"),
    };
    assert!(matches!(
        world.apply(to).unwrap_err(),
        WriteError::Exists { .. }
    ));
    assert_eq!(world.text("items/b.md").as_deref(), Some("another"));
    let error = world.apply(replace("items/none.md", "", "x")).unwrap_err();
    assert!(matches!(error, WriteError::Gone { .. }), "{error:?}");
}

#[test]
fn one_file_that_fails_hinders_no_other() {
    let world = World::new();
    let groups: Vec<Vec<Change>> = (0..20)
        .map(|n| {
            let path = format!("items/{n}.md");
            world.put(&path, if n == 7 { "other" } else { "old" });
            vec![replace(&path, "old", "new")]
        })
        .collect();
    let landed = apply(&world.session(), &groups, false);
    for (n, landed) in landed.iter().enumerate() {
        assert_eq!(landed.error.is_some(), n == 7);
        let text = world.text(&format!("items/{n}.md")).unwrap();
        assert_eq!(text, if n == 7 { "other" } else { "new" });
    }
}

#[test]
fn no_file_of_a_group_is_touched_where_one_is_not_as_expected() {
    let world = World::new();
    world.put("items/a.md", "old");
    world.put("items/b.md", "by an editor");
    let group = vec![
        replace("items/a.md", "old", "new"),
        replace("items/b.md", "old", "new"),
    ];
    let other = vec![create("items/c.md", "made")];
    let landed = apply(&world.session(), &[group, other], false);
    assert_eq!((landed[0].done, landed[1].done), (0, 1));
    assert!(matches!(landed[0].error, Some(WriteError::Changed { .. })));
    assert_eq!(world.text("items/a.md").as_deref(), Some("old"));
    assert_eq!(world.text("items/c.md").as_deref(), Some("made"));
    // Where the first one decides, no other is carried out without it.
    let group = vec![replace("items/b.md", "old", "new")];
    let other = vec![create("items/d.md", "made")];
    let landed = apply(&world.session(), &[group, other], true);
    assert!(landed.iter().all(|landed| landed.error.is_some()));
    assert_eq!(world.text("items/d.md"), None);
    // A file that gets new bytes and another name in one group.
    let group = vec![
        replace("items/a.md", "old", "new"),
        Change::Move {
            path: "items/a.md".into(),
            to: "items/e.md".into(),
            before: content_hash(b"new"),
        },
    ];
    let landed = apply(&world.session(), &[group], false);
    assert_eq!(landed[0].done, 2);
    assert_eq!(world.text("items/e.md").as_deref(), Some("new"));
    assert_eq!(world.left(), Vec::<String>::new());
}

proptest! {
    /// What goes back is the last save, however many there were between our steps.
    #[test]
    fn the_last_save_is_what_goes_back(saves in proptest::collection::vec(any::<bool>(), 0..6)) {
        let world = World::new();
        let path = world.root().join("items/a.md");
        let stage_folder = world.home().folder.join("stage");
        fs::create_dir_all(&stage_folder).unwrap();
        // Our bytes were put in place, and a save was displaced.
        fs::write(&path, "ours").unwrap();
        fs::write(stage_folder.join("s"), "save 0").unwrap();
        let (folder, name) = Folder::of(&world.root(), Path::new("items/a.md")).unwrap();
        let ours = Folder::open(&world.home().folder, Path::new("stage")).unwrap();
        let stage = Stage { folder: &ours, name: "s".as_ref() };
        let mut last = "save 0".to_owned();
        let rounds = std::cell::Cell::new(0);
        let between = || {
            let round = rounds.replace(rounds.get() + 1);
            if saves.get(round).copied().unwrap_or(false) {
                last = format!("save {}", round + 1);
                let beside = path.with_extension("swp");
                fs::write(&beside, &last).unwrap();
                fs::rename(&beside, &path).unwrap();
            }
        };
        give_back(&folder, name, Path::new("items/a.md"), &stage, &content_hash(b"ours"), between).unwrap();
        prop_assert_eq!(fs::read_to_string(&path).unwrap(), last);
    }
}

#[cfg(unix)]
#[test]
fn the_mode_is_kept_and_read_only_files_are_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.put("items/a.md", "old");
    let path = world.root().join("items/a.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    world.apply(replace("items/a.md", "old", "new")).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
    let error = read(&world.root(), Path::new("items/a.md")).unwrap_err();
    assert!(matches!(error, WriteError::ReadOnly { .. }), "{error:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn extended_attributes_and_access_lists_are_kept() {
    use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
    let world = World::new();
    world.put("items/a.md", "old");
    let open = || fs::File::open(world.root().join("items/a.md")).unwrap();
    let list = access_list(4);
    let long = vec![7; 2_000];
    let wanted = [
        ("user.note", b"x\0y".as_slice()),
        ("user.empty", b""),
        ("user.long", &long),
        ("system.posix_acl_access", &list),
    ];
    let set =
        wanted.map(|(name, value)| fsetxattr(open(), name, value, XattrFlags::empty()).is_ok());
    assert!(set[0], "the file system of the tests knows attributes");
    world.apply(replace("items/a.md", "old", "new")).unwrap();
    assert_eq!(world.text("items/a.md").as_deref(), Some("new"));
    for ((name, value), set) in wanted.into_iter().zip(set) {
        let mut room = vec![0; 1 << 16];
        let read = fgetxattr(open(), name, &mut room[..]).map(|size| &room[..size]);
        assert_eq!(read.ok(), set.then_some(value), "{name}");
    }
}

/// The folder of the stages hands on an access list to all that is made in it.
#[cfg(target_os = "linux")]
#[test]
fn an_access_list_that_is_handed_on_widens_nothing() {
    use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.put("items/a.md", "old");
    let path = world.root().join("items/a.md");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    drop(world.session());
    let stage = world.home().folder.join("stage");
    fs::create_dir_all(&stage).unwrap();
    let list = access_list(7);
    let stage = fs::File::open(stage).unwrap();
    let handed_on = "system.posix_acl_default";
    let set = fsetxattr(&stage, handed_on, &list, XattrFlags::empty());
    assert!(
        set.is_ok(),
        "the file system of the tests knows access lists"
    );
    world.apply(replace("items/a.md", "old", "new")).unwrap();
    assert_eq!(world.text("items/a.md").as_deref(), Some("new"));
    let file = fs::File::open(&path).unwrap();
    let own = fgetxattr(&file, "system.posix_acl_access", &mut [0_u8; 100][..]);
    assert!(own.is_err(), "{own:?}");
    let mode = file.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
}

/// Version, then tag, rights and id of each: a named user has some, too.
#[cfg(target_os = "linux")]
fn access_list(named: u16) -> Vec<u8> {
    let entries: [(u16, u16, u32); 5] = [
        (1, 6, !0),
        (2, named, 12345),
        (4, 4, !0),
        (16, named, !0),
        (32, 0, !0),
    ];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        list.extend([tag.to_le_bytes(), rights.to_le_bytes()].concat());
        list.extend(id.to_le_bytes());
    }
    list
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_a_link() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    let outside = world.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a.md"), "old").unwrap();
    symlink(&outside, world.root().join("linked")).unwrap();
    symlink(outside.join("a.md"), world.root().join("items/a.md")).unwrap();
    for path in ["linked/a.md", "items/a.md"] {
        let read = read(&world.root(), Path::new(path)).unwrap_err();
        assert!(matches!(read, WriteError::Link { .. }), "{read:?}");
        // A link may take the place of a file after that was read.
        assert!(world.apply(replace(path, "old", "new")).is_err(), "{path}");
    }
    for path in ["linked/b.md", "linked/more/b.md"] {
        let error = world.apply(create(path, "new")).unwrap_err();
        assert!(matches!(error, WriteError::Link { .. }), "{error:?}");
    }
    assert_eq!(fs::read_to_string(outside.join("a.md")).unwrap(), "old");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    let link = fs::symlink_metadata(world.root().join("items/a.md")).unwrap();
    assert!(link.is_symlink());
}

#[test]
fn paths_that_leave_the_root_or_mean_something_else_are_refused() {
    let never = [
        "",
        "..",
        "../a.md",
        "a/../../b.md",
        "/etc/passwd",
        "./a.md",
        "a/./b.md",
        "a//b.md",
        ".git/hooks/x",
        "items/.GIT/x",
        "sub/.git",
        ".git./x",
        ".git /x",
        "git~1/x",
        ".g\u{200c}it/x",
        ".git::$INDEX_ALLOCATION/x",
    ];
    for path in never {
        assert!(check(Path::new(path)).is_err(), "{path}");
        assert!(check_new(Path::new(path)).is_err(), "{path}");
    }
    let long = format!("{}.md", "x".repeat(253));
    let not_new = [
        "CON",
        "con.md",
        "items/nul.txt",
        "AUX .md",
        "com1.md",
        "LPT9",
        "com¹.md",
        "a\\b.md",
        "a:b.md",
        "a\nb.md",
        "a\u{7f}.md",
        "a?.md",
        "dot./x.md",
        "blank /x.md",
        "items/a.md ",
        &long,
    ];
    for path in not_new {
        assert!(check_new(Path::new(path)).is_err(), "{path}");
        assert!(check(Path::new(path)).is_ok(), "{path}");
    }
    let fine = [
        "a.md",
        "items/task/0000/X-1_a b.md",
        "console.md",
        "com.md",
        "com10.md",
        "ünï/日本.md",
        ".gitignore",
        ".github/x.md",
        "git~2.md",
        "items/...md",
    ];
    for path in fine {
        assert!(check_new(Path::new(path)).is_ok(), "{path}");
    }
}

/// An editor that saves at the very moment of our write is never lost, however it saves.
#[test]
fn what_an_editor_saves_meanwhile_is_kept() {
    let world = World::new();
    let path = world.root().join("items/a.md");
    for round in 0..400 {
        fs::write(&path, "old").unwrap();
        let barrier = Barrier::new(2);
        let saved = format!("saved {round}");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let beside = path.with_extension("swp");
                fs::write(&beside, &saved).unwrap();
                barrier.wait();
                for _ in 0..(round * 37 % 4000) {
                    std::hint::spin_loop();
                }
                if round % 2 == 0 {
                    fs::rename(&beside, &path).unwrap();
                } else {
                    fs::write(&path, &saved).unwrap();
                }
            });
            let session = world.session();
            barrier.wait();
            // As the engine does it: read again and write again, until it is done.
            loop {
                let bytes = read(&world.root(), Path::new("items/a.md")).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                let change = replace("items/a.md", &text, &format!("{text} and ours"));
                let mut landed = apply(&session, &[vec![change]], false);
                match landed.remove(0).into_result() {
                    Ok(()) => break,
                    Err(WriteError::Changed { .. }) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
        // Ours came first and the editor did not look, or the editor's is in ours.
        let text = fs::read_to_string(&path).unwrap();
        let both = format!("{saved} and ours");
        assert!(text == saved || text == both, "round {round}: {text:?}");
    }
}
