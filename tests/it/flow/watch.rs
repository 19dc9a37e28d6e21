//! A live watcher: what it sees, what it survives, and that its word is good.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::support::answers::{assert_line, cache_dir};
use crate::support::watcher::{Watcher, is_right, vouched};
use crate::support::{World, tree};

pub(super) const TASKS: &str = "_kano/backlog/products/demo/items/task/0000";
pub(super) const CARD: &str =
    "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_card-form.md";

pub(super) fn item(id: &str, title: &str) -> String {
    format!("---\nid: {id}\ntype: Task\ntitle: {title}\nstate: Ready\n---\n\nThe body of {id}.\n")
}

/// The title of an item, from the cache as a question finds it.
fn title(world: &World, id: &str) -> String {
    let run = world.kanban(["--json", "show", id]).ok();
    assert_eq!(run.json()["fresh"], true, "{run}");
    run.json()["data"]["title"].as_str().unwrap().to_owned()
}

/// A name, and what saves a text.
type Way<'a> = (&'a str, &'a dyn Fn(&str));

#[test]
fn every_way_of_saving_is_seen() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    let file = world.root().join(CARD);
    let beside = |name: &str| file.with_file_name(name);
    let ways: [Way<'_>; 6] = [
        ("in-place", &|text| {
            use std::io::Write;
            let mut open = fs::OpenOptions::new().write(true).open(&file).unwrap();
            open.write_all(text.as_bytes()).unwrap();
            open.set_len(text.len() as u64).unwrap();
        }),
        ("truncated", &|text| fs::write(&file, text).unwrap()),
        ("renamed", &|text| {
            fs::write(beside("x.md.tmp"), text).unwrap();
            fs::rename(beside("x.md.tmp"), &file).unwrap();
        }),
        ("vim", &|text| {
            fs::write(beside("4913"), "").unwrap();
            fs::remove_file(beside("4913")).unwrap();
            let backup = beside("DM-TSK-0001_card-form.md~");
            fs::rename(&file, &backup).unwrap();
            fs::write(&file, text).unwrap();
            fs::remove_file(backup).unwrap();
        }),
        ("jetbrains", &|text| {
            let new = beside("DM-TSK-0001_card-form.md___jb_tmp___");
            let old = beside("DM-TSK-0001_card-form.md___jb_old___");
            fs::write(&new, text).unwrap();
            fs::rename(&file, &old).unwrap();
            fs::rename(&new, &file).unwrap();
            fs::remove_file(old).unwrap();
        }),
        ("emacs", &|text| {
            std::os::unix::fs::symlink("ada@host.1", beside(".#DM-TSK-0001_card-form.md")).unwrap();
            fs::write(beside("#DM-TSK-0001_card-form.md#"), text).unwrap();
            fs::write(&file, text).unwrap();
            fs::remove_file(beside("#DM-TSK-0001_card-form.md#")).unwrap();
            fs::remove_file(beside(".#DM-TSK-0001_card-form.md")).unwrap();
        }),
    ];
    for (way, save) in ways {
        // Without a question: by itself.
        save(&item("DM-TSK-0001", &format!("saved {way}")));
        watcher.settles(&world, &format!("title:\"saved {way}\""), 1);
        // With a question right behind it.
        save(&item("DM-TSK-0001", &format!("again {way}")));
        assert_eq!(title(&world, "DM-TSK-0001"), format!("again {way}"));
        is_right(&world);
    }
    watcher.end();
}

#[test]
fn a_question_right_after_a_change_is_right() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    for round in 0..40 {
        let id = format!("DM-TSK-1{round:03}");
        let path = format!("{TASKS}/sub{}/{id}_new.md", round % 5);
        match round % 4 {
            0 | 1 => world.write(&path, item(&id, &format!("title {round}"))),
            2 => {
                world.write("aside.md", item(&id, &format!("title {round}")));
                world.rename("aside.md", &path);
            }
            _ => {
                // A folder with something in it, made elsewhere.
                let made = world.beside("made");
                tree::write(&made, "deep/x.md", item(&id, &format!("title {round}")));
                let target = world.root().join(format!("{TASKS}/new{round}"));
                fs::rename(made, target).unwrap();
            }
        }
        assert_eq!(
            title(&world, &id),
            format!("title {round}"),
            "round {round}"
        );
    }
    is_right(&world);
    watcher.end();
}

#[test]
fn a_watcher_vouches_and_is_right() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    let run = vouched(&world, &["--json", "list"]);
    assert_eq!(run.json()["fresh"], true, "{run}");
    assert_eq!(run.json()["data"]["total"], 7, "{run}");
    let run = vouched(&world, &["--json", "refresh"]);
    assert_eq!(run.json()["fresh"], true, "{run}");
    assert_eq!(
        run.json()["data"]["changes"],
        serde_json::json!([]),
        "{run}"
    );
    // Nothing is looked at then: a folder that only a scan would enter stays unentered.
    let told = watcher.end();
    assert!(
        told.iter().all(|line| line["event"] != "change"),
        "{told:?}"
    );
    // Nobody is there to answer, and nobody waits for it.
    let run = world
        .kanban_with(&[("KANBAN_LOG", "debug")], ["--json", "list"])
        .ok();
    assert!(!run.stderr().contains("watcher"), "{run}");
    assert_eq!(run.json()["fresh"], true, "{run}");
}

#[test]
fn what_git_ignores_may_change_without_a_change_of_items() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    let total = |world: &World| world.kanban(["--json", "list"]).data()["total"].clone();
    assert_eq!(total(&world), 7);
    world.write("notes/DM-TSK-0700_ignored.md", item("DM-TSK-0700", "x"));
    world.write(
        &format!("{TASKS}/DM-TSK-0701_ignored.md"),
        item("DM-TSK-0701", "x"),
    );
    let with = total(&world);
    // In the tree, in the git dir, and in the user's configuration.
    world.write(".gitignore", "*_ignored.md\n");
    assert_eq!(total(&world), 7);
    world.remove(".gitignore");
    assert_eq!(total(&world), with);
    world.write(".git/info/exclude", "*_ignored.md\n");
    assert_eq!(total(&world), 7);
    world.write(".git/info/exclude", "");
    assert_eq!(total(&world), with);
    let user = world.beside("home/config/git");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("ignore"), "*_ignored.md\n").unwrap();
    assert_eq!(total(&world), 7);
    // Tracked files are not ignored.
    world.git(["add", "--force", "."]);
    assert_eq!(total(&world), with);
    is_right(&world);
    watcher.end();
}

/// An event tells one name of a file.
#[test]
fn a_file_of_two_names_is_seen_under_both() {
    let world = World::repo();
    world.write("a.md", "one\n");
    world.write("c.md", "c\n");
    fs::hard_link(world.root().join("a.md"), world.root().join("b.md")).unwrap();
    let mut watcher = Watcher::start(&world);
    // From now on it keeps what it saw.
    world.write("c.md", "cc\n");
    watcher.sees("modified", "c.md");
    world.write("a.md", "two\n");
    let run = world
        .kanban([
            "--json",
            "sql",
            "SELECT body FROM items WHERE path = 'b.md'",
        ])
        .ok();
    assert_eq!(run.json()["data"]["rows"][0][0], "two\n", "{run}");
    is_right(&world);
    watcher.end();
}

/// Without a log of HEAD, nothing that is watched tells that its branch moves.
#[test]
fn a_branch_that_moves_in_silence_is_followed() {
    let world = World::backlog();
    world.git(["config", "core.logAllRefUpdates", "false"]);
    fs::remove_dir_all(world.root().join(".git/logs")).unwrap();
    world.write(CARD, item("DM-TSK-0001", "second"));
    world.commit("second");
    let watcher = Watcher::start(&world);
    world.git(["update-ref", "HEAD", "HEAD~1"]);
    let answer = vouched(&world, &["--json", "status"]).json();
    assert_eq!(answer["head"], world.git(["rev-parse", "HEAD"]), "{answer}");
    assert_eq!(answer["dirty"], true, "{answer}");
    watcher.end();
}

const MANY: u64 = 5_000;

#[test]
fn many_files_at_once() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    // A folder with thousands of files moves in.
    let outside = world.beside("outside");
    for number in 0..MANY {
        let id = format!("DM-TSK-{}", 2000 + number);
        tree::write(
            &outside,
            &format!("{:04}/{id}_x.md", number % 7),
            item(&id, "many"),
        );
    }
    fs::rename(&outside, world.root().join(format!("{TASKS}/many"))).unwrap();
    watcher.settles(&world, "title:many", MANY);
    // And a branch comes and goes.
    world.commit("many");
    world.git(["checkout", "--quiet", "-b", "other"]);
    for number in 0..MANY {
        let id = format!("DM-TSK-{}", 2000 + number);
        world.write(
            &format!("{TASKS}/many/{:04}/{id}_x.md", number % 7),
            item(&id, "changed"),
        );
    }
    world.commit("changed");
    watcher.settles(&world, "title:changed", MANY);
    world.git(["checkout", "--quiet", "main"]);
    watcher.settles(&world, "title:many", MANY);
    world.git(["checkout", "--quiet", "other"]);
    assert_eq!(
        world.kanban(["--json", "list", "title:changed"]).data()["total"],
        MANY,
        "asked at once"
    );
    fs::remove_dir_all(world.root().join(format!("{TASKS}/many"))).unwrap();
    watcher.settles(&world, "-title:zzz", 7);
    watcher.end();
}

/// Nobody vouches there: the commit of HEAD is all there is to see, and it is quickly read.
#[test]
fn a_bare_repository_is_followed() {
    let world = World::backlog();
    let bare = world.beside("bare.git");
    let folder = bare.to_str().unwrap().to_owned();
    world.git(["clone", "--quiet", "--bare", ".", &folder]);
    let mut command = world.command();
    command.current_dir(&bare).args(["--json", "watch"]);
    let mut watcher = Watcher::of(command);
    assert!(watcher.is_ready());
    world.write(CARD, item("DM-TSK-0001", "pushed"));
    world.commit("pushed");
    world.git(["push", "--quiet", &folder, "main"]);
    watcher.sees("modified", CARD);
    let mut command = world.command();
    command
        .current_dir(&bare)
        .args(["--no-refresh", "--json", "list", "title:pushed"]);
    let answer: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    assert_eq!(answer["data"]["total"], 1, "{answer}");
    watcher.end();
}

#[test]
fn where_watches_run_out_it_says_so_and_polls() {
    let world = World::backlog();
    let envs = [("KANBAN_MOST_WATCHES", "4"), ("KANBAN_POLL_MS", "50")];
    let mut watcher = Watcher::start_with(&world, &envs);
    let ready = &watcher.told()[0];
    assert_eq!(ready["mode"], "polling", "{ready}");
    assert!(
        ready["reason"]
            .as_str()
            .unwrap()
            .contains("max_user_watches"),
        "{ready}"
    );
    world.kanban(["watch", "status"]).ok().shows("polling: ");
    world.write(CARD, item("DM-TSK-0001", "polled"));
    watcher.sees("modified", CARD);
    is_right(&world);
    // It does not vouch, and nobody waits for it.
    assert!(!cache_dir(&world).join("watch/cookies").exists());
    world.write(CARD, item("DM-TSK-0001", "at once"));
    assert_eq!(title(&world, "DM-TSK-0001"), "at once");
    world.kanban(["watch", "stop"]).ok().shows("stopped");
    assert_eq!(watcher.ends(), Some(0));
}

#[test]
fn watches_may_run_out_later() {
    let world = World::backlog();
    let mut first = Watcher::start(&world);
    let folders = first.told()[0]["folders"].as_u64().unwrap();
    first.signal(Signal::INT);
    assert_eq!(first.ends(), Some(0));
    let most = (folders + 1).to_string();
    let envs = [("KANBAN_MOST_WATCHES", &*most), ("KANBAN_POLL_MS", "50")];
    let mut watcher = Watcher::start_with(&world, &envs);
    assert_eq!(watcher.told()[0]["mode"], "native");
    world.write(
        &format!("{TASKS}/a/b/c/DM-TSK-0800_x.md"),
        item("DM-TSK-0800", "x"),
    );
    let mode = watcher.tells("mode");
    assert_eq!(mode["mode"], "polling", "{mode}");
    watcher.settles(&world, "title:x", 1);
    world.remove(&format!("{TASKS}/a/b/c/DM-TSK-0800_x.md"));
    watcher.settles(&world, "title:x", 0);
    watcher.end();
}

#[test]
fn lost_events_cost_nothing_but_a_look() {
    let world = World::backlog();
    let mut watcher = Watcher::start_with(&world, &[("KANBAN_FAULT", "watch.overflow=fail")]);
    for round in 0..5 {
        world.write(CARD, item("DM-TSK-0001", &format!("lost{round}")));
        watcher.settles(&world, &format!("title:lost{round}"), 1);
        world.write(CARD, item("DM-TSK-0001", &format!("asked{round}")));
        assert_eq!(title(&world, "DM-TSK-0001"), format!("asked{round}"));
    }
    watcher.end();
}

#[test]
fn a_root_under_a_hidden_folder() {
    let world = World::named(".hidden/repo");
    world.git(["init", "--quiet", "--initial-branch=main"]);
    tree::unpack(world.root(), crate::support::world::BACKLOG);
    let mut watcher = Watcher::start(&world);
    world.write(CARD, item("DM-TSK-0001", "hidden"));
    watcher.sees("modified", CARD);
    is_right(&world);
    watcher.end();
}

#[test]
fn the_folder_goes_and_comes_back() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    // Away and back by another name.
    let away = world.beside("away");
    fs::rename(world.root(), &away).unwrap();
    watcher.tells("error");
    fs::rename(&away, world.root()).unwrap();
    watcher.tells("recovered");
    world.write(CARD, item("DM-TSK-0001", "back"));
    watcher.sees("modified", CARD);
    world.commit("back");
    // Deleted, cache and all, and cloned anew.
    let origin = world.beside("origin");
    let clone = |from: &Path, to: &Path| {
        let mut command = Command::new("git");
        world.close(&mut command);
        let status = command
            .current_dir("/")
            .args(["clone", "--quiet"])
            .args([from, to])
            .status();
        assert!(status.unwrap().success());
    };
    clone(world.root(), &origin);
    fs::remove_dir_all(world.root()).unwrap();
    watcher.tells("error");
    clone(&origin, world.root());
    watcher.tells("recovered");
    assert_eq!(title(&world, "DM-TSK-0001"), "back");
    world.write(CARD, item("DM-TSK-0001", "new"));
    watcher.sees("modified", CARD);
    vouched(&world, &["--json", "list"]);
    is_right(&world);
    // It is still the only one.
    world.kanban(["watch"]).code(1);
    watcher.end();
}

#[test]
fn the_cache_is_removed_under_it() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    fs::remove_dir_all(cache_dir(&world)).unwrap();
    watcher.tells("rebuilt");
    world.write(CARD, item("DM-TSK-0001", "anew"));
    watcher.sees("modified", CARD);
    is_right(&world);
    world.kanban(["watch"]).code(1);
    vouched(&world, &["--json", "list"]);
    watcher.end();
}

#[test]
fn a_changed_configuration_holds_at_once() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    world.write("notes/one.md", "# One\n");
    world.write("notes/two.md", "# Two\n");
    world.write(
        "kanban.toml",
        "[[root]]\npath = \"notes\"\npreset = \"plain\"\n",
    );
    watcher.tells("rebuilt");
    watcher.settles(&world, "-title:zzz", 2);
    // The new root is watched, and so is what it stands in.
    world.write("notes/deep/three.md", "# Three\n");
    watcher.sees("created", "notes/deep/three.md");
    fs::rename(world.root().join("notes"), world.root().join("else")).unwrap();
    watcher.settles(&world, "-title:zzz", 0);
    fs::rename(world.root().join("else"), world.root().join("notes")).unwrap();
    watcher.settles(&world, "-title:zzz", 3);
    // A fault in it is told, and nothing is lost.
    world.write("kanban.toml", "[[root]\n");
    let error = watcher.tells("error");
    assert_eq!(error["code"], "invalid-config", "{error}");
    world.kanban(["list"]).code(2);
    world.remove("kanban.toml");
    watcher.tells("recovered");
    watcher.settles(&world, "id:DM-TSK-0001", 1);
    watcher.end();
}

#[test]
fn one_watcher_a_folder() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    let pid = watcher.pid().to_string();
    world.kanban(["watch"]).explains(1, &pid);
    world.kanban(["watch", "--daemon"]).explains(1, &pid);
    world.kanban(["watch", "status"]).ok().shows(&pid);
    // Many who only ask do not keep the next one out.
    watcher.end();
    let asking: Vec<_> = (0..8)
        .map(|_| world.spawn(&[], &["--json", "list"]))
        .collect();
    Watcher::start(&world).end();
    for one in asking {
        one.finish().ok();
    }
}

#[test]
fn a_killed_watcher_harms_nobody() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    vouched(&world, &["--json", "list"]);
    watcher.signal(Signal::KILL);
    assert_eq!(watcher.ends(), None);
    world.write(CARD, item("DM-TSK-0001", "alone"));
    assert_eq!(title(&world, "DM-TSK-0001"), "alone");
    let status = world.kanban(["--json", "watch", "status"]).code(1);
    assert_eq!(status.json()["data"]["state"], "none");
    world.kanban(["watch", "stop"]).ok().shows("nobody");
    let watcher = Watcher::start(&world);
    vouched(&world, &["--json", "list"]);
    is_right(&world);
    watcher.end();
}

#[test]
fn a_stopped_watcher_does_not_answer_and_nobody_waits() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    watcher.signal(Signal::STOP);
    world.write(CARD, item("DM-TSK-0001", "without it"));
    assert_eq!(title(&world, "DM-TSK-0001"), "without it");
    watcher.signal(Signal::CONT);
    vouched(&world, &["--json", "list"]);
    is_right(&world);
    watcher.end();
}

#[test]
fn in_the_background() {
    let world = World::backlog();
    world
        .kanban(["watch", "status"])
        .code(1)
        .shows("nobody watches");
    let started = world.kanban(["--json", "watch", "--daemon"]).data();
    assert_eq!(started["state"], "running");
    assert_eq!(started["mode"], "native");
    let pid = started["pid"].as_u64().unwrap();
    let status = world.kanban(["--json", "watch", "status"]).data();
    assert_eq!(status["pid"], pid);
    // The loss of a terminal does not end it.
    let process = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(process, Signal::HUP).unwrap();
    world.write(CARD, item("DM-TSK-0001", "behind"));
    let log = started["log"].as_str().unwrap();
    crate::flow::hooks::wait_for(Path::new(log), CARD);
    is_right(&world);
    world.kanban(["--json", "watch", "--daemon"]).code(1);
    let stopped = world.kanban(["--json", "watch", "stop"]).data();
    assert_eq!(stopped["state"], "stopped");
    world.kanban(["watch", "status"]).code(1);
    assert!(fs::read_to_string(log).unwrap().contains("asked to stop"));
}

#[test]
fn a_hook_leaves_its_work_to_the_watcher() {
    let world = World::backlog();
    let watcher = Watcher::start(&world);
    world
        .kanban(["refresh", "--hook", "post-commit"])
        .ok()
        .silent();
    let tickets = cache_dir(&world).join("tickets");
    let begun = std::time::Instant::now();
    while fs::read_dir(&tickets).unwrap().next().is_some() {
        // A guard against hanging, not a measure.
        assert!(begun.elapsed().as_secs() < 30, "the ticket was not served");
        std::thread::yield_now();
    }
    watcher.end();
}

#[test]
fn every_line_of_the_stream_keeps_its_contract() {
    let world = World::backlog();
    let mut watcher = Watcher::start(&world);
    world.write(CARD, item("DM-TSK-0001", "told"));
    let line = watcher.sees("modified", CARD);
    assert_eq!(line["generation"], 2, "{line}");
    let moved = format!("{TASKS}/DM-TSK-0001_moved.md");
    world.rename(CARD, &moved);
    let line = watcher.sees("moved", &moved);
    assert_eq!(line["old_path"], CARD);
    world.remove(&moved);
    watcher.sees("deleted", &moved);
    world.kanban(["rebuild-index", "--quiet"]).ok();
    world.write(CARD, item("DM-TSK-0001", "again"));
    watcher.tells("rebuilt");
    world.write("kanban.toml", "[");
    watcher.tells("error");
    world.remove("kanban.toml");
    watcher.tells("recovered");
    let told = watcher.end();
    for line in &told {
        assert_line(line);
    }
    let events: std::collections::BTreeSet<_> = told
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    let all = [
        "change",
        "error",
        "ready",
        "rebuilt",
        "recovered",
        "stopped",
    ];
    assert!(all.iter().all(|event| events.contains(event)), "{events:?}");
}

#[test]
fn the_log_for_people_has_a_line_for_each_change() {
    let world = World::backlog();
    let child = world.spawn(&[], &["watch"]);
    until_it_runs(&world);
    world.write(CARD, item("DM-TSK-0001", "for people"));
    let find = ["--no-refresh", "list", "title:people"];
    while !world.kanban(find).ok().stdout().contains("people") {}
    world.kanban(["watch", "stop"]).ok();
    let run = child.finish().ok();
    run.shows("watching")
        .shows(CARD)
        .shows("asked to stop")
        .silent();
}

fn until_it_runs(world: &World) {
    let begun = std::time::Instant::now();
    while world.kanban(["--json", "watch", "status"]).json()["data"]["state"] != "running" {
        // A guard against hanging, not a measure.
        assert!(begun.elapsed().as_secs() < 30, "it never ran");
    }
}
