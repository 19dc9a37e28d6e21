//! Running git, and ending one that hangs.

use std::ffi::OsStr;
use std::time::{Duration, Instant};

use crate::source::git;
use crate::source::tests::world::World;

fn words<'a>(words: &'a [&'a str]) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).collect()
}

#[test]
fn git_answers_with_code_and_both_streams() {
    let world = World::git();
    let place = world.place();
    let long = Duration::from_secs(30);
    let arguments = words(&["rev-parse", "--git-path", "hooks"]);
    let answer = git::run(&place, &[], &arguments, long).unwrap().unwrap();
    assert_eq!(answer.code, Some(0));
    assert!(answer.stdout.ends_with(b"hooks\n"), "{answer:?}");
    assert_eq!(answer.complaint(), "");
    let arguments = words(&["no-such-command"]);
    let answer = git::run(&place, &[], &arguments, long).unwrap().unwrap();
    assert_eq!(answer.code, Some(1));
    assert!(answer.complaint().contains("is not a git command"));
}

#[test]
fn a_git_that_hangs_is_ended_with_all_it_has_started() {
    let world = World::git();
    let fifo = world.root.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    // It ends when the last process that holds the other side has ended.
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || std::fs::read_to_string(fifo)
    });
    // Ours keeps the reader waiting, however late the other one comes.
    let ours = std::fs::File::options().read(true).write(true).open(&fifo);
    let hang = [
        "-c",
        "alias.hang=!exec 3>\"$PWD/fifo\"; echo begun >&3; sleep 600 & wait",
        "hang",
    ];
    let answer = git::run(&world.place(), &[], &words(&hang), Duration::from_secs(1));
    assert_eq!(answer.unwrap(), None);
    drop(ours.unwrap());
    let start = Instant::now();
    while !reader.is_finished() {
        // A guard against hanging, not a measure.
        assert!(start.elapsed().as_secs() < 30, "something still runs");
        std::thread::yield_now();
    }
    let text = reader.join().unwrap().unwrap();
    assert!(text == "begun\n" || text.is_empty(), "{text:?}");
}
