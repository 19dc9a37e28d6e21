//! Writers that were killed: what they had begun is finished, what an editor saved stays.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use proptest::prelude::*;

use crate::base::hash::content_hash;
use crate::write::folder::Folder;
use crate::write::ground::Ground;
use crate::write::journal::{CutOff, Ending, Entry, Fate, Journal};
use crate::write::{Change, Session};

use super::{World, create, replace};

/// Leaves what a writer leaves that is killed when so many entries of a batch are done.
fn killed(world: &World, groups: &[Vec<Change>], first_decides: bool, done: usize) {
    drop(world.session());
    let root = world.root();
    let stage = Folder::open(&world.home().folder, "stage".as_ref()).unwrap();
    let ground = Ground::new(&root, stage);
    let mut entries = Vec::new();
    for (number, changes) in groups.iter().enumerate() {
        let group = ground.entries(changes, number).unwrap();
        for (change, entry) in changes.iter().zip(&group) {
            ground.stage_file(change, entry).unwrap();
        }
        entries.push(group);
    }
    let journal = Journal {
        root: "root".into(),
        head: Some("main 1".to_owned()),
        what: "test".to_owned(),
        at: "2026-01-02T03:04:05Z".to_owned(),
        first_decides,
        entries: entries.iter().flatten().cloned().collect(),
        staged: true,
        ending: Ending::Open,
    };
    let bytes = [journal.bytes(), Journal::staged_mark(std::iter::empty())].concat();
    assert_eq!(Journal::parse(&bytes).as_ref(), Some(&journal));
    fs::write(world.home().folder.join("journal"), bytes).unwrap();
    let each = entries
        .iter()
        .flat_map(|group| (0..group.len()).map(move |at| (group, at)));
    for (group, at) in each.take(done) {
        ground.put_one(group, at, &HashSet::new()).unwrap();
    }
}

fn moved(path: &str, to: &str, before: &str) -> Change {
    Change::Move {
        path: path.into(),
        to: to.into(),
        before: content_hash(before.as_bytes()),
    }
}

fn removed(path: &str, before: &str) -> Change {
    Change::Remove {
        path: path.into(),
        before: content_hash(before.as_bytes()),
    }
}

fn ending(session: Session) -> Option<Ending> {
    session.end().cut_off.map(|told| told.ending)
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Replace,
    Create,
    Remove,
    /// Other bytes, then another name.
    Move,
}

impl Kind {
    fn any() -> impl Strategy<Value = Self> {
        let all = [Self::Replace, Self::Create, Self::Remove, Self::Move];
        proptest::sample::select(all.to_vec())
    }

    fn changes(self, n: usize) -> Vec<Change> {
        let path = format!("items/{n}.md");
        let (old, new) = (format!("old {n}"), format!("new {n}"));
        match self {
            Self::Replace => vec![replace(&path, &old, &new)],
            Self::Create => vec![create(&path, &new)],
            Self::Remove => vec![removed(&path, &old)],
            Self::Move => vec![
                replace(&path, &old, &new),
                moved(&path, &format!("moved/{n}.md"), &new),
            ],
        }
    }

    /// What is where before and after.
    fn files(self, n: usize, is_done: bool) -> Vec<(String, String)> {
        let old = || vec![(format!("items/{n}.md"), format!("old {n}"))];
        let new = |folder: &str| vec![(format!("{folder}/{n}.md"), format!("new {n}"))];
        match (self, is_done) {
            (Self::Replace | Self::Remove | Self::Move, false) => old(),
            (Self::Create, false) | (Self::Remove, true) => Vec::new(),
            (Self::Replace | Self::Create, true) => new("items"),
            (Self::Move, true) => new("moved"),
        }
    }
}

impl World {
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for folder in ["items", "moved"] {
            for entry in fs::read_dir(self.root().join(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.insert(
                    format!("{folder}/{name}"),
                    fs::read_to_string(path).unwrap(),
                );
            }
        }
        files
    }
}

proptest! {
    /// Killed after any number of steps: all is done, or nothing is; and nothing is left over. Where
    /// somebody saved meanwhile, every save stays.
    #[test]
    fn what_was_begun_is_finished_and_what_was_not_is_not(
        kinds in proptest::collection::vec(Kind::any(), 1..6),
        done in 0..8_usize,
        saves in proptest::collection::vec(0..6_usize, 0..3),
    ) {
        let world = World::new();
        let groups: Vec<Vec<Change>> = (0..).zip(&kinds).map(|(n, kind)| kind.changes(n)).collect();
        let all = |is_done: bool| -> BTreeMap<String, String> {
            let kinds = kinds.iter().enumerate();
            kinds.flat_map(|(n, kind)| kind.files(n, is_done)).collect()
        };
        for (path, text) in all(false) {
            world.put(&path, &text);
        }
        killed(&world, &groups, false, done);
        let mut saved = BTreeMap::new();
        for n in saves {
            for path in [format!("items/{n}.md"), format!("moved/{n}.md")] {
                if world.text(&path).is_some() {
                    world.put(&path, "by an editor");
                    saved.insert(path, "by an editor".to_owned());
                }
            }
        }
        let told = ending(world.session());
        let want = if done == 0 { Ending::Untouched } else { Ending::Finished };
        let files = world.files();
        if saved.is_empty() {
            prop_assert_eq!(told, Some(want));
            prop_assert_eq!(&files, &all(done > 0));
        }
        for (path, text) in &saved {
            prop_assert_eq!(files.get(path), Some(text));
        }
        for (path, text) in &files {
            let known = [all(false), all(true)].iter().any(|all| all.get(path) == Some(text));
            // What was moved by then, and saved, has its new name; what was saved first keeps the old.
            prop_assert!(known || saved.get(path) == Some(text), "{}: {}", path, text);
        }
        prop_assert_eq!(world.left(), Vec::<String>::new());
        prop_assert_eq!(ending(world.session()), None);
        prop_assert_eq!(world.files(), files);
    }

    /// A journal that was cut anywhere gives no entry that was not in it, and never panics.
    #[test]
    fn a_cut_journal_says_nothing_wrong(
        names in proptest::collection::vec("[a-z ü\n/]{1,12}", 0..5),
        cut in 0..600_usize,
        flags in any::<(bool, bool)>(),
    ) {
        let entries = names.iter().enumerate().map(|(number, name)| Entry {
            before: Some(content_hash(name.as_bytes())),
            after: None,
            stage: "stage.tmp".into(),
            beside: flags.0,
            group: number / 2,
            path: name.into(),
            to: (number % 2 == 0).then(|| format!("{name}2").into()),
        });
        let journal = Journal {
            root: "a root".into(),
            head: flags.1.then(|| "ref: refs/heads/main 1234".to_owned()),
            what: "set a=b".to_owned(),
            at: "now".to_owned(),
            first_decides: flags.0,
            entries: entries.collect(),
            staged: true,
            ending: Ending::Open,
        };
        let whole = [journal.bytes(), Journal::staged_mark(std::iter::empty())].concat();
        prop_assert_eq!(Journal::parse(&whole), Some(journal.clone()));
        prop_assert_eq!(Journal::parse(&journal.record()), Some(journal.clone()));
        let cut = cut.min(whole.len().saturating_sub(1));
        if let Some(read) = Journal::parse(&whole[..cut]) {
            // The last path may be cut: then nothing was staged.
            prop_assert!(!read.staged || cut + 1 >= whole.len());
            let known = read.entries.len().saturating_sub(1);
            prop_assert_eq!(&read.entries[..known], &journal.entries[..known]);
        }
    }
}

#[test]
fn groups_that_could_not_be_staged_are_not_carried_on() {
    let world = World::new();
    world.put("items/a.md", "old");
    world.put("items/b.md", "old");
    let groups = [
        vec![replace("items/a.md", "old", "new")],
        vec![removed("items/b.md", "old")],
    ];
    killed(&world, &groups, false, 1);
    let path = world.home().folder.join("journal");
    let journal = Journal::parse(&fs::read(&path).unwrap()).unwrap();
    let bytes = [journal.bytes(), Journal::staged_mark([1].into_iter())].concat();
    fs::write(&path, bytes).unwrap();
    assert_eq!(ending(world.session()), Some(Ending::Finished));
    assert_eq!(world.text("items/b.md").as_deref(), Some("old"));
}

#[test]
fn nothing_is_carried_on_for_another_head_or_where_it_was_taken_back() {
    let groups = [
        vec![replace("items/a.md", "old", "new")],
        vec![replace("items/b.md", "old", "new")],
        vec![create("items/c.md", "new")],
    ];
    let put = |world: &World| {
        world.put("items/a.md", "old");
        world.put("items/b.md", "old");
    };
    for head in ["other 1", "main 2"] {
        let world = World::new();
        put(&world);
        killed(&world, &groups, false, 1);
        let told = world.session_at(head).end().cut_off.unwrap();
        assert_eq!(told.ending, Ending::Left);
        let fates: Vec<Fate> = told.files.iter().map(|(_, fate)| *fate).collect();
        assert_eq!(fates, [Fate::Done, Fate::Untouched, Fate::Untouched]);
        assert_eq!(world.text("items/b.md").as_deref(), Some("old"));
        assert_eq!(world.left(), Vec::<String>::new());
        assert_eq!(ending(world.session()), None, "it is told once");
    }
    // Somebody has checked the file out again.
    let world = World::new();
    put(&world);
    killed(&world, &groups, false, 1);
    world.put("items/a.md", "old");
    assert_eq!(ending(world.session()), Some(Ending::Left));
    assert_eq!(world.text("items/b.md").as_deref(), Some("old"));
    // A file that was made, and thrown away.
    let world = World::new();
    put(&world);
    killed(&world, &groups, false, 3);
    fs::remove_file(world.root().join("items/c.md")).unwrap();
    assert_eq!(ending(world.session()), Some(Ending::Left));
    assert_eq!(world.text("items/c.md"), None);
}

#[test]
fn no_other_group_follows_where_the_first_one_cannot_be_finished() {
    let groups = [
        vec![
            replace("items/a.md", "old", "new"),
            moved("items/a.md", "items/z.md", "new"),
        ],
        vec![replace("items/b.md", "old", "new")],
    ];
    for (edit, want) in [(None, "new"), (Some("by an editor"), "old")] {
        let world = World::new();
        world.put("items/a.md", "old");
        world.put("items/b.md", "old");
        killed(&world, &groups, true, 1);
        if let Some(text) = edit {
            world.put("items/a.md", text);
        }
        drop(world.session());
        assert_eq!(world.text("items/b.md").as_deref(), Some(want));
        let own = if edit.is_some() {
            "items/a.md"
        } else {
            "items/z.md"
        };
        assert_eq!(world.text(own).as_deref(), Some(edit.unwrap_or("new")));
    }
}

#[test]
fn a_group_of_which_nothing_is_done_is_done_whole_or_not_at_all() {
    let world = World::new();
    for name in ["a", "b", "c", "d"] {
        world.put(&format!("items/{name}.md"), "old");
    }
    let pair = |one: &str, other: &str| {
        [one, other]
            .map(|name| replace(&format!("items/{name}.md"), "old", "new"))
            .to_vec()
    };
    killed(&world, &[pair("a", "b"), pair("c", "d")], false, 1);
    world.put("items/d.md", "by an editor");
    let told = world.session().end().cut_off.unwrap();
    assert_eq!(told.ending, Ending::Left);
    assert_eq!(world.text("items/b.md").as_deref(), Some("new"));
    assert_eq!(world.text("items/c.md").as_deref(), Some("old"));
    assert_eq!(world.text("items/d.md").as_deref(), Some("by an editor"));
}

/// A writer was killed between the exchange and the look at what it displaced.
#[test]
fn what_an_editor_saved_before_a_kill_is_given_back() {
    for (there, staged, want) in [
        // Killed before the exchange: nothing had happened.
        ("old", "new", "old"),
        // Killed after it: done.
        ("new", "old", "new"),
        // An editor's save was displaced, and nobody has saved since.
        ("new", "by an editor", "by an editor"),
        // Somebody has: that is the latest.
        ("latest", "by an editor", "latest"),
    ] {
        let world = World::new();
        world.put("items/a.md", "old");
        killed(
            &world,
            &[vec![replace("items/a.md", "old", "new")]],
            false,
            0,
        );
        let stage = world.home().folder.join("stage");
        fs::write(stage.join(&world.left()[0]), staged).unwrap();
        world.put("items/a.md", there);
        drop(world.session());
        assert_eq!(world.text("items/a.md").as_deref(), Some(want));
        let left = world.left();
        if there == "latest" {
            let kept = fs::read_to_string(stage.join(&left[0])).unwrap();
            assert_eq!(kept, "by an editor");
        } else {
            assert_eq!(left, Vec::<String>::new());
        }
    }
}

#[test]
fn what_nobody_knows_of_is_swept_and_what_cannot_be_read_is_not() {
    let world = World::new();
    drop(world.session());
    let home = world.home().folder;
    let stray = home.join("stage/.kb-0123.tmp");
    let kept = home.join("stage/kept-1-a.md");
    fs::write(&kept, "by an editor").unwrap();
    fs::write(&stray, "new").unwrap();
    drop(world.session());
    assert!(!stray.exists() && kept.exists());
    // A journal of another version may know of it.
    fs::write(&stray, "new").unwrap();
    fs::write(home.join("journal"), "kanban-journal 9\0").unwrap();
    let aside = world.session().end().aside.unwrap();
    assert!(stray.exists());
    assert_eq!(world.home().leftovers(), [aside.clone(), kept]);
    fs::remove_file(aside).unwrap();
    // One that was lost with the power tells nothing.
    fs::write(home.join("journal"), [0; 200]).unwrap();
    assert_eq!(world.session().end().aside, None);
    assert!(!stray.exists() && !home.join("journal").exists());
}

#[test]
fn the_end_is_told_until_somebody_wrote() {
    let world = World::new();
    world.put("items/a.md", "old");
    world.put("items/b.md", "old");
    let groups = ["items/a.md", "items/b.md"].map(|path| vec![replace(path, "old", "new")]);
    killed(&world, &groups, false, 1);
    let open = world.home().cut_off(&world.root()).unwrap();
    assert_eq!(open.ending, Ending::Open);
    drop(world.session().healed());
    let told = world.home().cut_off(&world.root());
    let want = CutOff {
        ending: Ending::Finished,
        files: groups
            .iter()
            .map(|group| (group[0].path().to_string_lossy().into_owned(), Fate::Done))
            .collect(),
        ..open
    };
    assert_eq!(told.as_ref(), Some(&want));
    let session = world.session();
    assert!(!session.was_just_finished("other", &groups));
    assert!(session.was_just_finished("test", &groups));
    assert!(!session.was_just_finished("test", &groups), "said once");
    drop(session);
    assert_eq!(world.home().cut_off(&world.root()), None);
}

/// The user does by hand what a writer that was killed before its first step had meant to do.
#[test]
fn what_somebody_does_by_hand_is_no_begin() {
    let new = |world: &World| world.put("items/a.md", "new");
    let gone = |world: &World| fs::remove_file(world.root().join("items/a.md")).unwrap();
    let swapped = |world: &World| {
        gone(world);
        world.put("items/z.md", "by an editor");
    };
    type Act<'a> = (Vec<Change>, &'a dyn Fn(&World));
    let acts: [Act<'_>; 4] = [
        (vec![replace("items/a.md", "old", "new")], &new),
        (vec![removed("items/a.md", "old")], &gone),
        (vec![moved("items/a.md", "items/z.md", "old")], &swapped),
        (
            vec![
                replace("items/a.md", "old", "new"),
                moved("items/a.md", "items/z.md", "new"),
            ],
            &swapped,
        ),
    ];
    for (group, act) in acts {
        for (other, want) in [
            (replace("items/b.md", "old", "new"), Some("old")),
            (removed("items/b.md", "old"), Some("old")),
            (create("items/c.md", "new"), None),
        ] {
            let world = World::new();
            world.put("items/a.md", "old");
            world.put("items/b.md", "old");
            let path = other.path().to_string_lossy().into_owned();
            killed(&world, &[group.clone(), vec![other]], false, 0);
            act(&world);
            assert_eq!(
                ending(world.session()),
                Some(Ending::Untouched),
                "{group:?}"
            );
            assert_eq!(world.text(&path).as_deref(), want, "{group:?}");
        }
    }
    // All of it was done by hand.
    let world = World::new();
    world.put("items/a.md", "old");
    let groups = [
        vec![replace("items/a.md", "old", "new")],
        vec![create("items/c.md", "new")],
    ];
    killed(&world, &groups, false, 0);
    new(&world);
    world.put("items/c.md", "new");
    assert_eq!(ending(world.session()), Some(Ending::Finished));
    assert_eq!(world.left(), Vec::<String>::new());
}

/// A file had edits that were in no commit; the write was made over them, and all was thrown away.
#[test]
fn no_group_is_begun_where_somebody_has_changed_what_was_done() {
    let world = World::new();
    world.put("items/a.md", "old and edited");
    world.put("items/b.md", "old");
    let groups = [
        vec![replace("items/a.md", "old and edited", "new")],
        vec![replace("items/b.md", "old", "new")],
    ];
    killed(&world, &groups, false, 1);
    world.put("items/a.md", "old");
    assert_eq!(ending(world.session()), Some(Ending::Left));
    assert_eq!(world.text("items/b.md").as_deref(), Some("old"));
}

/// The first file of a group cannot be put in place: then no other one of it is.
#[test]
fn a_group_whose_first_file_cannot_be_done_is_not_begun() {
    let world = World::new();
    let groups = [
        vec![replace("items/a.md", "old", "new")],
        vec![create("away/b.md", "new"), create("items/c.md", "new")],
    ];
    world.put("items/a.md", "old");
    killed(&world, &groups, false, 1);
    fs::remove_dir(world.root().join("away")).unwrap();
    assert_eq!(ending(world.session()), Some(Ending::Left));
    assert_eq!(world.text("items/c.md"), None);
}

/// The folder of the stages is on another file system, or the name is as long as can be: what an editor
/// saved is kept all the same, and no later write waits for it.
#[test]
fn what_is_kept_finds_a_place_and_stops_nobody() {
    let long = format!("items/{}.md", "ü".repeat(118));
    let shared = fs::metadata("/dev/shm").is_ok();
    for (home, path) in [(None, &*long), (shared.then_some("/dev/shm"), "items/a.md")] {
        let world = World::with_home(home);
        world.put(path, "old");
        killed(&world, &[vec![replace(path, "old", "new")]], false, 0);
        let home = world.home().folder;
        let journal = Journal::parse(&fs::read(home.join("journal")).unwrap()).unwrap();
        let entry = &journal.entries[0];
        let stage = match entry.beside {
            true => world.root().join("items"),
            false => home.join("stage"),
        };
        fs::write(stage.join(&entry.stage), "by an editor").unwrap();
        world.put(path, "latest");
        let kept = world.session().end().kept;
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].at.parent(), Some(&*home.join("stage")));
        assert_eq!(fs::read_to_string(&kept[0].at).unwrap(), "by an editor");
        assert_eq!(world.text(path).as_deref(), Some("latest"));
        assert!(!stage.join(&entry.stage).exists());
        assert_eq!(world.session().end().kept, Vec::new());
        world.apply(replace(path, "latest", "newest")).unwrap();
    }
}

/// Another root of the work tree finishes what was begun in the first one, which is told of it.
#[test]
fn another_root_leaves_what_is_to_be_told_in_the_first_one() {
    let world = World::new();
    let other = world.home().top.join("other");
    fs::create_dir(&other).unwrap();
    let elsewhere =
        |head: &str| Session::begin(&other, &world.home(), || Some(head.to_owned())).unwrap();
    world.put("items/a.md", "old");
    world.put("items/b.md", "old");
    let groups = ["items/a.md", "items/b.md"].map(|path| vec![replace(path, "old", "new")]);
    killed(&world, &groups, false, 1);
    assert_eq!(ending(elsewhere("main 2")), None);
    assert_eq!(ending(elsewhere("main 2")), None);
    assert_eq!(world.home().cut_off(&other), None);
    let told = world.home().cut_off(&world.root()).unwrap();
    assert_eq!(told.ending, Ending::Left);
    assert_eq!(ending(world.session()), Some(Ending::Left));
    assert_eq!(ending(world.session()), None);
}
