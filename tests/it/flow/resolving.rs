//! `kanban resolve` beside somebody who goes on with the file: what they write is never dropped for a
//! side, and an answer never means something else than was asked.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;

use crate::flow::merges::world::{Clash, ITEM, PATH, Way, change, clash};
use crate::support::World;

/// A merge with a field and a section undecided.
fn conflict(driver: bool) -> World {
    let ours = change(
        ITEM,
        &[("state: New", "state: Ready"), ("Some text", "Our text")],
    );
    let theirs = change(
        ITEM,
        &[
            ("state: New", "state: Blocked"),
            ("Some text", "Their text"),
        ],
    );
    clash(Way::Merge, &Clash::of(&ours, &theirs), driver).world
}

/// Runs `kanban resolve` as on a terminal: answers each question, after what is done before that.
fn asked(world: &World, answers: &[(&str, &dyn Fn())]) -> (Option<i32>, String) {
    let mut command = world.command();
    command.args(["resolve", PATH]).env("KANBAN_ASK", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stderr.take().unwrap());
    let mut said = Vec::new();
    for (number, (answer, before)) in answers.iter().enumerate() {
        let questions = |said: &[u8]| String::from_utf8_lossy(said).matches("(q)uit? ").count();
        while questions(&said) <= number {
            let mut byte = [0];
            let read = output.read(&mut byte).unwrap();
            assert_eq!(read, 1, "{}", String::from_utf8_lossy(&said));
            said.push(byte[0]);
        }
        before();
        writeln!(input, "{answer}").unwrap();
    }
    drop(input);
    output.read_to_end(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said).into_owned();
    (child.wait().unwrap().code(), said)
}

#[test]
fn a_person_is_asked_about_each_conflict() {
    for driver in [true, false] {
        let world = conflict(driver);
        let (code, said) = asked(&world, &[("what?", &|| ()), ("t", &|| ()), ("o", &|| ())]);
        assert_eq!(code, Some(0), "{said}");
        let want = change(
            ITEM,
            &[("state: New", "state: Blocked"), ("Some text", "Our text")],
        );
        assert_eq!(world.read(PATH), want);
        // One is left open; who has had enough leaves all.
        for (answers, changes) in [(["t", "s"], true), (["t", "q"], false)] {
            let world = conflict(driver);
            let before = world.read(PATH);
            let (code, said) = asked(
                &world,
                &answers.map(|answer| (answer, &(|| ()) as &dyn Fn())),
            );
            assert_eq!(code, Some(i32::from(changes)), "{said}");
            assert_eq!(world.read(PATH) != before, changes, "{said}");
        }
    }
}

#[test]
fn an_answer_is_not_for_a_file_that_changed_while_one_was_asked() {
    for driver in [true, false] {
        let world = conflict(driver);
        let file = world.root().join(PATH);
        let save = || {
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replace("of two lines", "of three lines")).unwrap();
        };
        let saved = world.read(PATH).replace("of two lines", "of three lines");
        let (code, said) = asked(&world, &[("t", &|| ()), ("t", &save)]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("was changed while you were asked"), "{said}");
        assert_eq!(world.read(PATH), saved);
        // Git was told meanwhile that it is resolved: its numbers are other ones.
        let world = conflict(driver);
        let before = world.read(PATH);
        let add = || drop(world.git(["add", "--", PATH]));
        let (code, said) = asked(&world, &[("t", &|| ()), ("t", &add)]);
        assert_eq!(code, Some(1), "{said}");
        assert_eq!(world.read(PATH), before);
    }
}

#[test]
fn a_side_is_not_taken_over_what_was_edited_since() {
    let edits = [
        ("state: ", "state: In", "state"),
        ("Their text\n", "Their better text\n", "Context"),
        ("Our text\n", "Our better text\n", "Context"),
    ];
    for (from, to, place) in edits {
        let world = conflict(true);
        let edited = world.read(PATH).replacen(from, to, 1);
        world.write(PATH, &edited);
        for take in ["ours", "theirs", "base"] {
            let run = world.kanban(["resolve", PATH, "--take", take]);
            let run = run.explains(1, "was edited since the merge");
            assert!(run.stderr().contains(place), "{run}");
            assert_eq!(world.read(PATH), edited);
        }
        // Whoever names the place means it; whoever merges again, too.
        let field = format!("{place}=theirs");
        let args = ["resolve", PATH, "--take", "ours", "--field", &field];
        world.kanban(args).ok();
        world.write(PATH, &edited);
        world
            .kanban(["resolve", PATH, "--take", "ours", "--again"])
            .ok();
        let ours = [("state: New", "state: Ready"), ("Some text", "Our text")];
        assert_eq!(world.read(PATH), change(ITEM, &ours));
    }
    // An edit elsewhere stands in nobody's way, and stays.
    let world = conflict(true);
    let edited = world.read(PATH).replace("of two lines", "of three lines");
    world.write(PATH, &edited);
    world.kanban(["resolve", PATH, "--take", "theirs"]).ok();
    assert!(world.read(PATH).contains("Their text\nof three lines"));
}

#[test]
fn a_file_that_one_side_deleted_is_not_deleted_with_an_edit() {
    let changed = change(ITEM, &[("state: New", "state: Ready")]);
    let sides = Clash {
        ours: Some(changed.clone()),
        theirs: None,
        ..Clash::default()
    };
    let world = clash(Way::Merge, &sides, false).world;
    let edited = world.read(PATH).replace("of two lines", "of three lines");
    world.write(PATH, &edited);
    for take in ["theirs", "base"] {
        world
            .kanban(["resolve", PATH, "--take", take])
            .explains(1, "was edited since the merge");
        assert_eq!(world.read(PATH), edited);
    }
    world.kanban(["resolve", PATH, "--take", "ours"]).ok();
    assert_eq!(world.read(PATH), edited);
    world
        .kanban(["resolve", PATH, "--take", "theirs", "--again"])
        .ok();
    assert!(!world.root().join(PATH).exists());
}

/// The second one sees what the first one did, not what there was when it began to wait.
#[test]
fn two_at_once_come_one_after_the_other() {
    let world = conflict(true);
    let gate = world.beside("gate");
    let fault = format!("write.before-exchange=wait:{}", gate.display());
    let take = ["resolve", PATH, "--take", "theirs", "--add"];
    let mut first = world.spawn(&[("KANBAN_FAULT", &fault)], &take);
    first.reaches(&gate);
    let lock = world.beside("lock");
    let fault = format!("write.before-lock=wait:{}", lock.display());
    let take = ["resolve", PATH, "--take", "ours", "--add"];
    let mut second = world.spawn(&[("KANBAN_FAULT", &fault)], &take);
    second.reaches(&lock);
    fs::remove_file(&gate).unwrap();
    first.finish().ok();
    fs::remove_file(&lock).unwrap();
    second.finish().ok();
    let theirs = [
        ("state: New", "state: Blocked"),
        ("Some text", "Their text"),
    ];
    assert_eq!(world.read(PATH), change(ITEM, &theirs));
    assert_eq!(world.git(["ls-files", "--unmerged"]), "");
}
