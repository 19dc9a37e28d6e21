//! Every command that writes, killed at every point, and its recovery killed at every point of its own:
//! each file is old or new, all of a write or nothing of it is there in the end, and nothing else is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::flow::merges::world::{Clash, ITEM, PATH, Way, change, clash};
use crate::flow::writing::{item, path};
use crate::support::World;

/// The points of a write before the first file has changed, in their order.
pub(super) const BEFORE: [&str; 4] = [
    "write.after-journal",
    "write.after-stage",
    "write.after-mark",
    "write.before-exchange",
];

/// Those after it.
pub(super) const AFTER: [&str; 6] = [
    "write.after-exchange",
    "write.after-one",
    "write.between",
    "write.after-settle",
    "write.before-end",
    "write.after-clear",
];

/// The points of a recovery, with those of the writes in it.
const RECOVERY: [&str; 8] = [
    "recover.after-giving-back",
    "forward.before-one",
    "write.before-exchange",
    "write.after-exchange",
    "write.after-one",
    "recover.after-forward",
    "recover.before-clear",
    "recover.before-end",
];

/// Those that it does not come by where the first file was the last one.
const CARRYING: [&str; 4] = [
    "forward.before-one",
    "write.before-exchange",
    "write.after-exchange",
    "write.after-one",
];

type Files = BTreeMap<String, String>;

/// A command that is killed.
struct Killed<'a> {
    world: World,
    args: &'a [&'a str],
    /// Points that it does not come by.
    never: &'a [&'a str],
    /// Points that its recovery does not come by.
    over: &'a [&'a str],
    /// What it is run with.
    envs: &'a [(&'a str, &'a str)],
    /// What its files are before anything is written by us, where somebody else writes first.
    old: Option<Files>,
}

/// Three items, of which two link to the first one by its file.
fn linked() -> World {
    let world = World::repo();
    for number in 1..=3 {
        let text = item(&format!("DM-TSK-{number:04}"), &format!("Item {number}"));
        let link = match number {
            1 => "Text.",
            _ => "See [it](DM-TSK-0001_item.md) and [[DM-TSK-0001_item]].",
        };
        world.write(&path(number), text.replace("Text.", link));
    }
    world.commit("items");
    world.kanban(["--quiet", "rebuild-index"]).ok();
    world
}

impl<'a> Killed<'a> {
    fn of(args: &'a [&'a str]) -> Self {
        Self {
            world: linked(),
            args,
            never: &[],
            over: &[],
            envs: &[],
            old: None,
        }
    }

    fn run(&self, fault: &str) -> crate::support::run::Seen {
        let mut envs = self.envs.to_vec();
        envs.push(("KANBAN_FAULT", fault));
        self.world.kanban_with(&envs, self.args).seen()
    }

    /// Runs it, and it does not come further than there.
    fn dies(&self, point: &str) {
        let run = self.run(&format!("{point}=die"));
        assert_eq!(run.output.status.code(), None, "{:?} at {point}", self.args);
    }

    /// All files but git's, with uids of new items, which differ each time, left out.
    fn files(&self) -> Files {
        fn below(folder: &Path, root: &Path, files: &mut Files) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.file_name().unwrap() == ".git" {
                    continue;
                }
                if path.is_dir() {
                    below(&path, root, files);
                } else {
                    let text = fs::read_to_string(&path).unwrap();
                    let name = path.strip_prefix(root).unwrap();
                    files.insert(name.to_str().unwrap().to_owned(), text);
                }
            }
        }
        let mut files = Files::new();
        below(self.world.root(), self.world.root(), &mut files);
        files
    }

    fn reset(&self, to: &Files) {
        for path in self.files().keys().filter(|path| !to.contains_key(*path)) {
            self.world.remove(path);
        }
        for (path, text) in to {
            self.world.write(path, text);
        }
        drop(fs::remove_file(self.home().join("cut-off")));
    }

    fn home(&self) -> std::path::PathBuf {
        self.world.root().join(".git/kanban/write")
    }

    /// All is as it was meant to be in the end, and nothing is left.
    fn ended(&self, want: &Files, ending: &str, what: &str) {
        let status = self.world.kanban(["--json", "status"]).data();
        same(&self.files(), want, what);
        assert_eq!(status["cut_off"]["ending"], ending, "{what}: {status}");
        let stage = fs::read_dir(self.home().join("stage")).unwrap();
        assert_eq!(stage.count(), 0, "{what}");
        let mut left: Vec<_> = fs::read_dir(self.home())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        left.retain(|name| name != "ours" && name != "stage");
        assert_eq!(left, ["cut-off"], "{what}");
    }

    fn dies_anywhere(&self) {
        let first = self.files();
        self.run("none=die");
        let new = self.files();
        assert_ne!(first, new, "{:?} writes", self.args);
        self.reset(&first);
        let old = self.old.as_ref().unwrap_or(&first);
        let mut never = Vec::new();
        for point in BEFORE.into_iter().chain(AFTER) {
            let what = format!("{:?} at {point}", self.args);
            let run = self.run(&format!("{point}=die"));
            if run.output.status.code() == Some(0) {
                never.push(point);
                self.reset(&first);
                continue;
            }
            for (path, text) in self.files() {
                let known = [old, &new].into_iter().any(|files| {
                    files
                        .get(&path)
                        .is_some_and(|known| masked(known) == masked(&text))
                });
                // A file on its way to another name has its new text already.
                let moving = new.values().any(|known| masked(known) == masked(&text));
                assert!(known || moving, "{what}: {path}\n{text}");
            }
            let (want, ending) = match BEFORE.contains(&point) {
                true => (old, "untouched"),
                false => (&new, "finished"),
            };
            self.ended(want, ending, &what);
            self.reset(&first);
        }
        assert_eq!(never, self.never, "{:?} never comes by", self.args);
        let mut never = Vec::new();
        for point in RECOVERY {
            let what = format!("{:?}, recovered to {point}", self.args);
            self.dies("write.after-one");
            let fault = format!("{point}=die");
            let envs = [("KANBAN_FAULT", &*fault)];
            let run = self.world.kanban_with(&envs, ["list"]).seen();
            if run.output.status.code() == Some(0) {
                never.push(point);
            }
            self.ended(&new, "finished", &what);
            self.reset(&first);
        }
        assert_eq!(never, self.over, "{:?} never recovers by", self.args);
        self.world.kanban(["verify"]).ok();
    }
}

/// Without what is new each time.
fn masked(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("uid: "));
    lines.collect::<Vec<_>>().join("\n")
}

fn same(files: &Files, want: &Files, what: &str) {
    let masked = |files: &Files| -> Files {
        let files = files.iter();
        files
            .map(|(path, text)| (path.clone(), masked(text)))
            .collect()
    };
    assert_eq!(masked(files), masked(want), "{what}");
}

#[test]
fn mv() {
    Killed {
        over: &CARRYING,
        ..Killed::of(&["mv", "DM-TSK-0001", "Another title"])
    }
    .dies_anywhere();
}

#[test]
fn new() {
    Killed {
        // It is renamed to where nothing was.
        never: &["write.after-exchange"],
        over: &CARRYING,
        ..Killed::of(&["new", "A new one", "--kind", "Task"])
    }
    .dies_anywhere();
}

#[test]
fn rm() {
    Killed::of(&["rm", "id:DM-TSK-0001,DM-TSK-0002", "--force"]).dies_anywhere();
}

#[test]
fn log() {
    Killed::of(&[
        "log",
        "id:DM-TSK-0001,DM-TSK-0002",
        "did it",
        "--author",
        "ada",
    ])
    .dies_anywhere();
}

#[test]
fn tick() {
    Killed {
        over: &CARRYING,
        ..Killed::of(&["tick", "DM-TSK-0001", "one"])
    }
    .dies_anywhere();
}

#[test]
fn link() {
    Killed::of(&["link", "add", "DM-TSK-0001", "blocks", "DM-TSK-0002"]).dies_anywhere();
}

#[test]
fn edit() {
    let envs = [("GIT_EDITOR", "sed -i s/Text/Words/")];
    let args = ["edit", "DM-TSK-0001"];
    let mut killed = Killed {
        envs: &envs,
        over: &CARRYING,
        ..Killed::of(&args)
    };
    // What the editor saved stands; the date of the change is ours.
    let mut old = killed.files();
    for text in old.values_mut() {
        *text = text.replace("Text", "Words");
    }
    killed.old = Some(old);
    killed.dies_anywhere();
}

#[test]
fn resolve() {
    let ours = change(ITEM, &[("state: New", "state: Ready")]);
    let theirs = change(ITEM, &[("state: New", "state: Blocked")]);
    let conflict = clash(Way::Merge, &Clash::of(&ours, &theirs), false);
    Killed {
        world: conflict.world,
        over: &CARRYING,
        ..Killed::of(&["resolve", PATH, "--take", "theirs"])
    }
    .dies_anywhere();
}

#[test]
fn fix_ids() {
    let world = linked();
    let twin = item("DM-TSK-0001", "Twin")
        .replace("b501", "b509")
        .replace("created: 2026-01-01", "created: 2026-01-02");
    world.write(&path(1).replace("_item", "_twin"), twin);
    world.commit("twin");
    Killed {
        world,
        // What is left is a name.
        over: &["write.after-exchange"],
        ..Killed::of(&["fix", "--ids"])
    }
    .dies_anywhere();
}

/// An editor that saves while a file changes places, and a writer, and the one after it, killed while
/// they give back what it saved.
#[test]
fn what_an_editor_saves_at_the_moment_of_a_death_stays() {
    let killed = Killed::of(&["tick", "DM-TSK-0001", "one"]);
    let world = &killed.world;
    let first = killed.files();
    let file = world.root().join(path(1));
    let saved = world.read(&path(1)).replace("Text.", "Saved.");
    let gate = world.beside("gate");
    for point in ["write.after-exchange", "write.after-giving-back"] {
        for again in [
            "none",
            "write.after-giving-back",
            "recover.after-giving-back",
        ] {
            let fault = format!("write.before-exchange=wait:{},{point}=die", gate.display());
            let mut run = world.spawn(&[("KANBAN_FAULT", &fault)], killed.args);
            run.reaches(&gate);
            let beside = file.with_extension("swp");
            fs::write(&beside, &saved).unwrap();
            fs::rename(&beside, &file).unwrap();
            fs::remove_file(&gate).unwrap();
            run.finish().killed();
            let fault = format!("{again}=die");
            let envs = [("KANBAN_FAULT", &*fault)];
            let run = world.kanban_with(&envs, ["list"]).seen();
            // What is there already is not given back again.
            let lives = again == "none" || (again, point) == ("write.after-giving-back", again);
            assert_eq!(
                run.output.status.code(),
                lives.then_some(0),
                "{point}, {again}"
            );
            world.kanban(["list"]).ok();
            assert_eq!(world.read(&path(1)), saved, "{point}, {again}");
            let stage = fs::read_dir(killed.home().join("stage")).unwrap();
            assert_eq!(stage.count(), 0, "{point}, {again}");
            killed.reset(&first);
        }
    }
}

#[test]
fn a_log_that_was_cut_off_and_finished_is_not_written_twice() {
    let args = ["log", "state:Ready", "did it", "--author", "ada"];
    for healed_first in [true, false] {
        let killed = Killed::of(&args);
        killed.dies("write.between");
        if healed_first {
            let told = killed.world.kanban(["list"]).ok();
            assert!(told.stderr().contains("has been finished"), "{told}");
            killed
                .world
                .kanban(["status"])
                .ok()
                .shows("has been finished");
        }
        killed
            .world
            .kanban(args)
            .explains(1, "has just been finished");
        let times = |number| killed.world.read(&path(number)).matches("did it").count();
        assert_eq!([1, 2, 3].map(times), [1, 1, 1]);
        // Whoever says it again means it.
        killed.world.kanban(args).ok();
        assert_eq!([1, 2, 3].map(times), [2, 2, 2]);
        let status = killed.world.kanban(["--json", "status"]).data();
        assert!(status["cut_off"].is_null(), "{status}");
    }
}

#[test]
fn nothing_is_finished_on_another_branch_or_behind_a_checkout() {
    let args = ["set", "state:Ready", "state=Done", "--keep-updated"];
    for (git, want) in [
        (&["checkout", "--quiet", "-b", "other"][..], 1),
        (&["commit", "--quiet", "--all", "--message", "half"], 1),
        (&["checkout", "--quiet", "--", "."], 0),
        (&["stash", "--quiet"], 0),
    ] {
        let killed = Killed::of(&args);
        killed.dies("write.between");
        killed.world.git(git);
        let told = killed.world.kanban(["list"]).ok();
        assert!(
            told.stderr().contains("have changed since"),
            "{git:?}: {told}"
        );
        let all = killed.files();
        let done = all.values().filter(|text| text.contains("state: Done"));
        assert_eq!(done.count(), want, "{git:?}");
        let told = killed.world.kanban(["--json", "status"]).data();
        assert_eq!(told["cut_off"]["ending"], "left", "{git:?}: {told}");
        let untouched = told["cut_off"]["untouched"].as_array().unwrap();
        assert_eq!(untouched.len(), 3 - want, "{git:?}: {told}");
        // Repeating it does what is left, and then there is nothing to tell.
        killed.world.kanban(args).ok();
        let told = killed.world.kanban(["--json", "status"]).data();
        assert!(told["cut_off"].is_null(), "{git:?}: {told}");
    }
}

/// Two items of one path were merged; the second one was not put beside the first one yet.
#[test]
fn nothing_is_finished_behind_an_aborted_merge() {
    let theirs = ITEM.replace("019bafab", "019bafad");
    let conflict = clash(
        Way::Merge,
        &Clash {
            base: None,
            ..Clash::of(ITEM, &theirs)
        },
        false,
    );
    let killed = Killed {
        world: conflict.world,
        ..Killed::of(&["resolve", PATH, "--take", "ours"])
    };
    killed.dies("write.after-one");
    killed.world.git(["merge", "--abort"]);
    let files = killed.files();
    let told = killed.world.kanban(["list"]).ok();
    assert!(told.stderr().contains("have changed since"), "{told}");
    assert_eq!(killed.files(), files);
}

/// Another text with the same beginning is another one.
#[test]
fn a_text_that_only_begins_alike_is_no_repetition() {
    let long =
        "the same beginning of a text that goes on and on, for longer than any line of a log, ";
    let [one, other] = ["one", "other"].map(|end| format!("{long}{end}"));
    let log = |text| ["log", "state:Ready", text, "--author", "ada"];
    let first = log(&one);
    let killed = Killed::of(&first);
    killed.dies("write.between");
    killed.world.kanban(log(&other)).ok();
    assert!(killed.world.read(&path(2)).contains(&*other));
}

#[test]
fn resolve_tells_what_it_came_upon() {
    let killed = Killed::of(&["set", "state:Ready", "state=Done", "--keep-updated"]);
    killed.dies("write.between");
    let told = killed
        .world
        .kanban(["resolve", &path(1), "--take", "ours"])
        .ok();
    assert!(told.stderr().contains("has been finished"), "{told}");
}

/// A journal goes with its work tree: a copy finishes its own files and nobody else's.
#[test]
fn a_copied_work_tree_finishes_its_own_files() {
    let args = ["set", "state:Ready", "state=Done", "--keep-updated"];
    let count = |root: &Path| {
        let files = (1..=3).map(|number| fs::read_to_string(root.join(path(number))).unwrap());
        files.filter(|text| text.contains("state: Done")).count()
    };
    let killed = Killed::of(&args);
    killed.dies("write.between");
    let root = killed.world.root();
    let copy = killed.world.beside("copy");
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([root, &copy])
        .status();
    assert!(copied.unwrap().success());
    let list = |root: &Path| {
        killed
            .world
            .kanban(["-C", root.to_str().unwrap(), "list"])
            .ok()
    };
    let told = list(&copy);
    assert!(told.stderr().contains("has been finished"), "{told}");
    assert_eq!((count(root), count(&copy)), (1, 3));
}
