//! `history` and `show --at`, over commits made by real git.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use crate::support::World;

const ONE: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0001_one.md";
const TWO: &str = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0002_two.md";

/// A task; `more` are lines of its frontmatter.
fn task(number: u32, state: &str, more: &str, body: &str) -> String {
    format!(
        "---\nid: DM-TSK-{number:04}\ntype: Task\ntitle: Title {number}\nstate: {state}\n{more}---\n\n{body}"
    )
}

fn world() -> World {
    let world = World::repo();
    world.write(TWO, task(2, "Ready", "", "other\n"));
    world.commit("two");
    world
}

fn history(world: &World, args: &[&str]) -> Value {
    let args = [&["--json", "history"], args].concat();
    world.kanban(args).ok().json()["data"].clone()
}

/// Each commit as `subject: change field=old>new field=…`, without what a beginning says beside.
fn told(view: &Value) -> Vec<String> {
    let commits = view["commits"].as_array().unwrap().iter();
    commits
        .map(|commit| {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let mut line = format!("{}: {}", text(&commit["subject"]), text(&commit["change"]));
            for change in commit["changes"].as_array().unwrap() {
                if change["field"] == "path" || commit["change"] == "created" {
                    continue;
                }
                line += &format!(" {}=", text(&change["field"]));
                line += &match &change["lines_added"] {
                    Value::Null => format!("{}>{}", text(&change["old"]), text(&change["new"])),
                    added => format!("+{added}-{}", change["lines_removed"]),
                };
            }
            line
        })
        .collect()
}

#[test]
fn fields_checks_log_lines_and_text_by_commit() {
    let world = world();
    world.write(
        ONE,
        task(
            1,
            "Ready",
            "owner: jun\ntags: [a, b]\n",
            "# Todo\n\n- [ ] do\n",
        ),
    );
    world.commit("begin");
    world.write(
        ONE,
        task(
            1,
            "Done",
            "owner: jun\ntags: [b, c]\nestimate: 3\n",
            "# Todo\n\n- [x] do\nmore\n\n# Worklog\n\n2026-01-02 09:00 [agent=jun] did it\n",
        ),
    );
    world.commit("go on");
    world.commit("nothing");
    let view = history(&world, &["DM-TSK-0001"]);
    assert_eq!(
        told(&view),
        [
            "go on: modified state=Ready>Done tags=a>- tags=->c estimate=->3 \
             checks=[ ] do>[x] do entries=->did it body=+1-0 body=+0-0",
            "begin: created",
        ]
    );
    let first = &view["commits"][0];
    assert_eq!(first["commit_oid"], world.git(["rev-parse", "HEAD~1"]));
    assert_eq!(first["author"], "Ada");
    assert_eq!(first["email"], "ada@example.invalid");
    assert_eq!(first["at"], "2026-01-30T12:00:00Z");
    assert_eq!(
        (&view["id"], &view["path"]),
        (&"DM-TSK-0001".into(), &ONE.into())
    );

    let states = history(&world, &["DM-TSK-0001", "--field", "state,owner"]);
    assert_eq!(told(&states)[0], "go on: modified state=Ready>Done");
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001", "--field", "due"])),
        [""; 0]
    );
    let one = history(&world, &["DM-TSK-0001", "-n", "1"]);
    assert_eq!((told(&one).len(), &one["more"]), (1, &true.into()));
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001", "--since", "today"])),
        [""; 0]
    );
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001", "--since", "2d"])).len(),
        2
    );
    let text = world.kanban(["history", "DM-TSK-0001"]).ok();
    assert!(text.stdout().contains("Ready → Done"), "{text}");
    assert!(text.stdout().contains("−a +c"), "{text}");
}

#[test]
fn renames_are_followed_whatever_else_was_done() {
    let world = world();
    world.write(ONE, task(1, "Ready", "", "text\n"));
    world.commit("begin");
    let moved = ONE.replace("_one", "_moved");
    world.rename(ONE, &moved);
    world.commit("move");
    // All of the text is another, but not the uid.
    let uid = "uid: 01940000-0000-7000-8000-000000000001\n";
    world.write(&moved, task(1, "Ready", uid, "text\n"));
    world.commit("uid");
    let far = ONE
        .replace("/task/", "/bug/")
        .replace("0001_one", "0009_far");
    world.rename(&moved, &far);
    world.write(&far, task(9, "Done", uid, "nothing\nis\nas it was\n"));
    world.commit("far");
    let view = history(&world, &["DM-TSK-0009"]);
    assert_eq!(
        told(&view),
        [
            "far: moved id=DM-TSK-0001>DM-TSK-0009 title=Title 1>Title 9 state=Ready>Done body=+3-1",
            "uid: modified uid=->01940000-0000-7000-8000-000000000001",
            "move: moved",
            "begin: created",
        ]
    );
    assert_eq!(view["commits"][0]["old_path"], moved);
    assert_eq!(view["commits"][3]["path"], ONE);
    // By the names that it had before, too.
    for name in [ONE, &moved, "DM-TSK-0001_moved", "dm-tsk-0001"] {
        assert_eq!(told(&history(&world, &[name])), told(&view), "{name}");
    }
}

#[test]
fn an_item_that_takes_the_place_of_another_has_its_own_past() {
    let world = World::repo();
    let uid = |number: u32| format!("uid: 01940000-0000-7000-8000-00000000000{number}\n");
    world.write(ONE, task(1, "Ready", &uid(1), "first\n"));
    world.write(TWO, task(2, "Ready", &uid(2), "second\n"));
    world.commit("begin");
    world.write(ONE, task(2, "Ready", &uid(2), "second\n"));
    world.write(TWO, task(1, "Done", &uid(1), "first\n"));
    world.commit("swap");
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001"])),
        ["swap: moved state=Ready>Done", "begin: created"]
    );
    assert_eq!(
        told(&history(&world, &["DM-TSK-0002"])),
        ["swap: moved", "begin: created"]
    );
    world.write(TWO, task(3, "Ready", &uid(3), "third\n"));
    world.commit("another");
    assert_eq!(
        told(&history(&world, &["DM-TSK-0003"])),
        ["another: created"]
    );
}

#[test]
fn deleted_created_anew_and_reverted() {
    let world = world();
    world.write(ONE, task(1, "Ready", "", "text\n"));
    world.commit("begin");
    world.remove(ONE);
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001"])),
        ["-: deleted", "begin: created"],
        "deleted and not committed"
    );
    world.commit("delete");
    for name in ["DM-TSK-0001", "dm-tsk-0001_one", ONE] {
        let view = history(&world, &[name]);
        assert_eq!(told(&view), ["delete: deleted", "begin: created"], "{name}");
        assert_eq!(view["title"], "Title 1");
    }
    world.git(["revert", "--no-edit", "HEAD"]);
    world.write(ONE, task(1, "Done", "", "text\n"));
    assert_eq!(
        told(&history(&world, &["DM-TSK-0001"])),
        [
            "-: modified state=Ready>Done",
            "Revert \"delete\": created",
            "delete: deleted",
            "begin: created",
        ]
    );
    let run = world.kanban(["history", "DM-TSK-9999"]).code(1);
    assert!(run.stderr().contains("no item is named"), "{run}");
}

#[test]
fn a_merge_is_told_only_of_what_no_parent_has() {
    let world = world();
    let write = |state: &str, owner: &str, body: &str| {
        world.write(ONE, task(1, state, &format!("owner: {owner}\n\n\n"), body));
    };
    write("Ready", "jun", "text\n");
    world.commit("begin");
    world.git(["checkout", "-q", "-b", "side"]);
    write("Ready", "mara", "text\n");
    world.commit("owner");
    world.git(["checkout", "-q", "main"]);
    write("Review", "jun", "text\n");
    world.commit("state");
    let merge = [
        "merge",
        "-q",
        "--no-ff",
        "--no-commit",
        "--strategy=ours",
        "side",
    ];
    world.git(merge);
    write("Review", "mara", "text\n");
    world.commit("clean merge");
    let clean = [
        "state: modified state=Ready>Review",
        "owner: modified owner=jun>mara",
        "begin: created",
    ];
    let mut all = told(&history(&world, &["DM-TSK-0001"]));
    all[..2].sort();
    let mut sorted = clean;
    sorted[..2].sort_unstable();
    assert_eq!(all, sorted);

    world.git(["checkout", "-q", "side"]);
    write("Blocked", "mara", "text\n");
    world.commit("blocked");
    world.git(["checkout", "-q", "main"]);
    write("Done", "mara", "text\n");
    world.commit("done");
    world.git(merge);
    write("Dropped", "mara", "text\n");
    world.commit("evil merge");
    let all = told(&history(&world, &["DM-TSK-0001"]));
    assert_eq!(all[0], "evil merge: modified state=Done>Dropped");
    assert_eq!(all.len(), 6, "{all:?}");
    // A merge that took one side has nothing of the other.
    world.git(["checkout", "-q", "-b", "lost", "HEAD~1"]);
    write("Review", "olek", "lost\n");
    world.commit("lost");
    world.git(["checkout", "-q", "main"]);
    world.git([
        "merge",
        "-q",
        "--no-ff",
        "-m",
        "ours",
        "--strategy=ours",
        "lost",
    ]);
    assert_eq!(told(&history(&world, &["DM-TSK-0001"])), all);
}

#[test]
fn what_is_not_committed_comes_first_also_where_it_moved() {
    let world = world();
    world.write(ONE, task(1, "Ready", "", "text\n"));
    assert_eq!(told(&history(&world, &["DM-TSK-0001"])), ["-: created"]);
    world.commit("begin");
    let moved = ONE.replace("_one", "_moved");
    world.rename(ONE, &moved);
    world.write(&moved, task(1, "Done", "", "text\n"));
    let view = history(&world, &["DM-TSK-0001"]);
    assert_eq!(told(&view), ["-: moved state=Ready>Done", "begin: created"]);
    assert_eq!(view["commits"][0]["commit_oid"], Value::Null);
    let text = world.kanban(["history", "DM-TSK-0001"]).ok();
    assert!(text.stdout().contains("not committed"), "{text}");

    let fresh = World::repo();
    fresh.write(ONE, task(1, "Ready", "", ""));
    assert_eq!(
        told(&history(&fresh, &["DM-TSK-0001"])),
        ["-: created"],
        "no commit"
    );
}

#[test]
fn the_second_file_of_an_item_is_part_of_it() {
    let world = World::repo();
    let folder = "keps/sig-x/1234-thing";
    world.write(
        &format!("{folder}/kep.yaml"),
        "title: T\nkep-number: 1234\nstatus: provisional\n",
    );
    world.write(&format!("{folder}/README.md"), "# Summary\n\nold\n");
    world.commit("begin");
    world.write(
        &format!("{folder}/README.md"),
        "# Summary\n\nnew\nand more\n",
    );
    world.commit("text");
    world.rename(folder, "keps/sig-y/1234-thing");
    world.write("keps/sig-y/1234-thing/README.md", "# Summary\n\nnew\n");
    world.commit("move");
    assert_eq!(
        told(&history(&world, &["1234"])),
        [
            "move: moved body=+0-1",
            "text: modified body=+2-1",
            "begin: created"
        ]
    );
}

#[test]
fn line_ends_names_and_times_of_other_places() {
    let world = world().env("GIT_AUTHOR_DATE", "2026-01-05T23:30:00-0800");
    let name = OsStr::from_bytes(b"J\xf6rg");
    let commit = |world: &World, message: &str| {
        world.git(["add", "--all"]);
        let name = [&b"user.name="[..], name.as_bytes()].concat();
        let author = [
            name.strip_prefix(b"user.name=").unwrap(),
            b" <j@example.invalid>",
        ]
        .concat();
        world.git([
            OsStr::new("commit"),
            OsStr::new("--quiet"),
            OsStr::new("--author"),
            OsStr::from_bytes(&author),
            OsStr::new("-m"),
            OsStr::new(message),
        ]);
    };
    world.write(ONE, task(1, "Ready", "", "text\n"));
    commit(&world, "begin");
    world.write(ONE, task(1, "Ready", "", "text\n").replace('\n', "\r\n"));
    commit(&world, "line ends");
    world.write(ONE, task(1, "Done", "", "text\n").replace('\n', "\r\n"));
    commit(&world, "done");
    let view = history(&world, &["DM-TSK-0001"]);
    assert_eq!(
        told(&view),
        ["done: modified state=Ready>Done", "begin: created"]
    );
    let first = &view["commits"][0];
    assert_eq!(first["author"], "Jörg");
    assert_eq!(first["at"], "2026-01-06T07:30:00Z");
    assert_eq!(first["at_local"], "2026-01-05T23:30:00-08:00");
}

#[test]
fn bare_repositories_projects_in_folders_shallow_clones_and_no_git() {
    let world = World::repo();
    let path = format!("sub/{ONE}");
    world.write("sub/kanban.toml", "");
    world.write(&path, task(1, "Ready", "", "text\n"));
    world.commit("begin");
    world.write(&path, task(1, "Done", "", "text\n"));
    world.commit("done");
    let whole = ["done: modified state=Ready>Done", "begin: created"];
    let root = world.root().to_owned();
    let inner = world.at(root.join("sub"));
    let view = history(&inner, &["DM-TSK-0001"]);
    assert_eq!(told(&view), whole);
    assert_eq!(view["commits"][1]["path"], ONE);
    let then = inner
        .kanban(["--json", "show", ONE, "--at", "HEAD~1"])
        .ok()
        .json();
    assert_eq!(then["data"]["state"], "Ready");

    let world = inner.at(root);
    let (bare, thin) = (world.beside("bare.git"), world.beside("thin"));
    world.git(["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let url = format!("file://{}", bare.display());
    world.git(["clone", "-q", "--depth=1", &url, thin.to_str().unwrap()]);
    let world = world.at(thin);
    let run = world
        .kanban(["--json", "history", "DM-TSK-0001"])
        .ok()
        .json();
    assert_eq!(told(&run["data"]), [""; 0]);
    let warning = run["warnings"][0].as_str().unwrap();
    assert!(warning.contains("does not have what came before"), "{run}");
    let world = world.at(bare);
    assert_eq!(told(&history(&world, &["DM-TSK-0001"])), whole);
    let then = world
        .kanban(["--json", "show", "DM-TSK-0001", "--at", "main~1"])
        .ok()
        .json();
    assert_eq!(then["data"]["state"], "Ready");

    let plain = World::empty();
    plain.write("kanban.toml", "");
    plain.write(ONE, task(1, "Ready", "", ""));
    plain
        .kanban(["history", "DM-TSK-0001"])
        .explains(3, "no Git");
    plain
        .kanban(["show", "DM-TSK-0001", "--at", "HEAD"])
        .explains(2, "revision");
}

#[test]
fn one_item_as_it_was_found_by_every_kind_of_name() {
    let world = world();
    let uid = "01940000-0000-7000-8000-000000000001";
    world.write(
        ONE,
        task(
            1,
            "Ready",
            &format!("uid: {uid}\nparent: DM-TSK-0002\n"),
            "# A\n\ntext\n",
        ),
    );
    world.commit("begin");
    world.git(["tag", "v1"]);
    let commit = world.git(["rev-parse", "HEAD"]);
    let moved = ONE.replace("0001_one", "x");
    world.rename(ONE, &moved);
    world.write(
        &moved,
        task(7, "Done", &format!("uid: {uid}\n"), "changed\n"),
    );
    world.commit("change");
    for name in [
        ONE,
        "DM-TSK-0001",
        "dm-tsk-0001",
        &uid[..9],
        uid,
        "DM-TSK-0001_one",
    ] {
        let run = world
            .kanban(["--json", "show", name, "--at", "v1"])
            .ok()
            .json();
        assert_eq!(run["head"], commit, "{name}");
        assert_eq!(run["generation"], Value::Null);
        let data = &run["data"];
        assert_eq!(
            (&data["state"], &data["path"]),
            (&"Ready".into(), &ONE.into()),
            "{name}"
        );
        assert_eq!(data["links"][0]["target"], "DM-TSK-0002");
        assert_eq!(data["links"][0]["target_path"], Value::Null);
    }
    // As `show` shows it now, but for what other items tell.
    let now = world.kanban(["--json", "show", "DM-TSK-0007"]).ok().json()["data"].clone();
    let then = world
        .kanban(["--json", "show", "DM-TSK-0007", "--at", "HEAD"])
        .ok()
        .json()["data"]
        .clone();
    assert_eq!(now, then);
    let body = world
        .kanban(["show", "DM-TSK-0001", "--at", "v1", "--body"])
        .ok();
    assert_eq!(body.stdout(), "# A\n\ntext\n");
    let text = world.kanban(["show", "DM-TSK-0001", "--at", "HEAD~1"]).ok();
    assert!(!text.stdout().contains("not found"), "{text}");

    world
        .kanban(["show", "DM-TSK-0007", "--at", "v1"])
        .explains(1, "in v1");
    let run = world
        .kanban(["show", "DM-TSK-0001", "--at", "mian"])
        .explains(2, "no revision `mian`");
    assert!(run.stderr().contains("did you mean `main`?"), "{run}");
    for revision in ["--all", "-n1", "HEAD..v1", "", "v1:x", "a b"] {
        world
            .kanban(["show", "DM-TSK-0001", &format!("--at={revision}")])
            .explains(2, "no revision");
    }
    world.write(TWO, task(7, "Ready", "", "twice\n"));
    world.commit("twice");
    let run = world
        .kanban(["show", "DM-TSK-0007", "--at", "HEAD"])
        .code(1);
    assert!(run.stderr().contains("names 2 items"), "{run}");
}

#[test]
fn a_missing_object_ends_the_history_with_a_warning() {
    let world = world();
    for state in ["Ready", "Review", "Done"] {
        world.write(ONE, task(1, state, "", "text\n"));
        world.commit(state);
    }
    let blob = world.git(["rev-parse", &format!("HEAD~2:{ONE}")]);
    world.remove(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    let run = world
        .kanban(["--json", "history", "DM-TSK-0001"])
        .ok()
        .json();
    assert_eq!(told(&run["data"]), ["Done: modified state=Review>Done"]);
    let warning = run["warnings"][0].as_str().unwrap();
    assert!(warning.contains("older commits cannot be read"), "{run}");
}
