//! `kanban new`: in every convention, many at once, on many branches, against hostile words.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::World;

/// Makes an item; gives its row of the receipt.
fn made(world: &World, args: &[&str]) -> Value {
    made_in(world, ".", args)
}

/// The same in another folder.
fn made_in(world: &World, folder: &str, args: &[&str]) -> Value {
    let run = world.kanban(["--json", "-C", folder, "new"].iter().chain(args));
    run.data()["changes"][0].clone()
}

fn path(row: &Value) -> String {
    row["path"].as_str().unwrap().to_owned()
}

/// A fixture, the arguments, and the path that the new item is to have.
const CONVENTIONS: &[(&str, &[&str], &str)] = &[
    (
        "repos/kano",
        &[],
        "_kano/backlog/products/ferry/items/task/0100/FRY-TSK-0102_a-new-item.md",
    ),
    (
        "repos/kano",
        &["--kind", "decision"],
        "_kano/backlog/products/ferry/decisions/ADR-0002_a-new-item.md",
    ),
    (
        "repos/kano",
        &["-k", "user story"],
        "_kano/backlog/products/ferry/items/userstory/0000/FRY-USR-0001_a-new-item.md",
    ),
    (
        "repos/kano-single",
        &["-k", "Bug"],
        "_kano/backlog/items/bug/0000/",
    ),
    (
        "repos/backlog-md",
        &[],
        "backlog/tasks/bake-5 - A-new-item.md",
    ),
    (
        "repos/backlog-md",
        &["--kind", "draft"],
        "backlog/drafts/draft-2 - A-new-item.md",
    ),
    (
        "repos/backlog-md",
        &["--kind", "decision"],
        "backlog/decisions/decision-2 - A-new-item.md",
    ),
    (
        "repos/backlog-md",
        &["--kind", "doc"],
        "backlog/docs/doc-2 - A-new-item.md",
    ),
    (
        "repos/backlog-md",
        &["--kind", "milestone"],
        "backlog/milestones/m-2 - A-new-item.md",
    ),
    (
        "repos/backlog-md",
        &["--kind", "bug"],
        "backlog/tasks/bake-5 - A-new-item.md",
    ),
    (
        "repos/kep",
        &["--id", "77", "--in", "keps/sig-map", "authors=@oda"],
        "keps/sig-map/0077-a-new-item/kep.yaml",
    ),
    ("repos/madr", &[], "docs/decisions/0004-a-new-item.md"),
    (
        "repos/nygard",
        &["--in", "doc/adr"],
        "doc/adr/0006-a-new-item.md",
    ),
    ("repos/jekyll", &[], "_posts/2026-01-31-a-new-item.md"),
    (
        "repos/jekyll",
        &["--kind", "draft"],
        "_drafts/a-new-item.md",
    ),
    ("repos/hugo", &[], "content/posts/a-new-item.md"),
    (
        "repos/hugo",
        &["--kind", "docs", "state=published"],
        "content/docs/a-new-item.md",
    ),
    ("repos/obsidian", &["tags=garden"], "A new item.md"),
    (
        "repos/obsidian",
        &["--in", "Projects", "--parent", "Garden"],
        "Projects/A new item.md",
    ),
    ("repos/plain", &["owner=dan"], "a-new-item.md"),
    (
        "repos/plain",
        &["--in", "notes", "--id", "N-7", "--kind", "idea"],
        "notes/a-new-item.md",
    ),
];

#[test]
fn every_convention_makes_items_that_it_reads() {
    for (fixture, args, expected) in CONVENTIONS {
        let world = World::fixture(fixture);
        let problems = world.kanban(["check"]).seen().stdout();
        let all: Vec<&str> = ["A new item"].iter().chain(*args).copied().collect();
        let row = made(&world, &all);
        let path = path(&row);
        assert!(path.contains(expected), "{fixture} {args:?}: {path}");
        assert_eq!(row["change"], "created");
        assert_eq!(row["title"], "A new item", "{fixture} {args:?}");
        let listed = world
            .kanban(["--json", "list", "title:\"A new item\""])
            .data();
        assert_eq!(listed["total"], 1, "{fixture} {args:?}: {listed}");
        assert_eq!(listed["items"][0]["path"], row["path"], "{listed}");
        assert_eq!(listed["items"][0]["id"], row["id"], "{listed}");
        let now = world.kanban(["check"]).seen().stdout();
        assert_eq!(now, problems, "{fixture} {args:?}");
    }
}

#[test]
fn ids_have_the_digits_and_the_prefix_that_the_settings_say() {
    let settings = |text: &str| {
        World::with(&format!(
            "--- backlog/config.yml\n{text}\n--- backlog/tasks/task-7 - Old.md\n---\nid: TASK-7\ntitle: Old\nstatus: To Do\n---\n"
        ))
    };
    let world = settings("project_name: x\nzero_padded_ids: 4\ntask_prefix: \"job\"");
    let row = made(&world, &["New"]);
    assert_eq!(
        (path(&row).as_str(), &row["id"]),
        ("backlog/tasks/job-0008 - New.md", &"JOB-0008".into())
    );
    for (kind, id) in [
        ("draft", "DRAFT-0001"),
        ("decision", "decision-0001"),
        ("doc", "doc-0001"),
        ("milestone", "m-1"),
    ] {
        let row = made(&world, &["--kind", kind, "New"]);
        assert_eq!(row["id"], id, "{row}");
    }
    for text in [
        "zero_padded_ids: 0",
        "zero_padded_ids: false",
        "zero_padded_ids: 1000",
        "zero_padded_ids: -3",
        "zero_padded_ids: [4]",
    ] {
        assert_eq!(made(&settings(text), &["New"])["id"], "TASK-8", "{text}");
    }
}

#[test]
fn values_are_those_that_were_asked_for() {
    let world = World::backlog();
    let row = made(
        &world,
        &[
            "Print: the card",
            "state=in-progress",
            "priority=p0",
            "tags=ui, print",
            "external.jira_key=X-1",
            "points:=5",
            "--parent",
            "DM-FTR-0001",
            "--body",
            "# Goal\n\nCards on paper.",
        ],
    );
    let text = world.read(&path(&row));
    let uid = row["uid"].as_str().unwrap();
    assert_eq!(uid.as_bytes()[14], b'7', "{uid}");
    for line in [
        "id: DM-TSK-",
        &format!("uid: {uid}\n"),
        "type: Task\n",
        "title: 'Print: the card'\n",
        "state: InProgress\n",
        "priority: P0\n",
        "parent: DM-FTR-0001\n",
        "created: 2026-01-31\n",
        "updated: 2026-01-31\n",
        "  jira_key: X-1\n",
        "points: 5\n",
        "\n---\n\n# Goal\n\nCards on paper.\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    let children = world.kanban(["list", "parent:DM-FTR-0001"]).ok();
    assert!(children.stdout().contains("Print: the card"), "{children}");
    // Nothing is made by a look, and two looks see the same id.
    let look = world.kanban(["new", "Another", "--dry-run"]).ok();
    assert!(look.stdout().contains("+title: Another"), "{look}");
    let files = world.git(["status", "--short", "--untracked-files=all"]);
    assert_eq!(files.lines().count(), 1, "{files}");
    world.kanban(["new", "Another", "--commit"]).ok();
    let files = world.git(["show", "--name-only", "--format=%s"]);
    assert!(files.contains("new `Another`"), "{files}");
    assert!(files.ends_with("_another.md"), "{files}");
    let files = world.git(["status", "--short", "--untracked-files=all"]);
    assert_eq!(files.lines().count(), 1, "{files}");
}

#[test]
fn many_at_once_get_different_ids() {
    let world = World::backlog();
    let titles: Vec<String> = (0..20).map(|n| format!("Item {n}")).collect();
    let all: Vec<_> = titles
        .iter()
        .map(|title| world.spawn(&[], &["--json", "new", title]))
        .collect();
    let mut ids = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for one in all {
        let row = one.finish().data()["changes"][0].clone();
        ids.insert(row["id"].as_str().unwrap().to_owned());
        paths.insert(path(&row));
    }
    assert_eq!((ids.len(), paths.len()), (20, 20), "{ids:?}");
    let listed = world.kanban(["list", "-n", "0", "title:Item"]).ok();
    assert_eq!(listed.stdout().lines().count(), 20, "{listed}");
    world.kanban(["check", "title:Item"]).ok();
}

#[test]
fn ids_of_other_branches_and_work_trees_are_taken() {
    let world = World::backlog();
    let first = made(&world, &["Here"]);
    assert_eq!(first["id"], "DM-TSK-0004", "{first}");
    world.commit("here");
    world.git(["checkout", "--quiet", "-b", "side"]);
    assert_eq!(made(&world, &["On a branch"])["id"], "DM-TSK-0005");
    world.commit("side");
    world.git(["checkout", "--quiet", "main"]);
    let linked = world.beside("linked");
    world.git(["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let there = made_in(&world, linked.to_str().unwrap(), &["In another work tree"]);
    assert_eq!(there["id"], "DM-TSK-0006");
    assert_eq!(made(&world, &["Here again"])["id"], "DM-TSK-0007");
    // In the index alone, and by the frontmatter alone.
    let folder = "_kano/backlog/products/demo/items/task/0000";
    world.write(
        &format!("{folder}/DM-TSK-0020_a.md"),
        "---\nid: DM-TSK-0020\ntitle: A\n---\n",
    );
    world.git(["add", "--all"]);
    world.remove(&format!("{folder}/DM-TSK-0020_a.md"));
    assert_eq!(made(&world, &["After the index"])["id"], "DM-TSK-0021");
    world.write(
        &format!("{folder}/odd.md"),
        "---\nid: DM-TSK-0030\ntitle: Odd\n---\n",
    );
    assert_eq!(made(&world, &["After the odd one"])["id"], "DM-TSK-0031");
    let run = world.kanban(["new", "Mine", "--id", "DM-TSK-0005"]);
    run.explains(1, "id of another item");
}

#[test]
fn hostile_titles_stay_titles() {
    let long = "x".repeat(10_240);
    let titles = [
        "$1",
        "#",
        "a: b",
        "@x",
        "null",
        "yes",
        "1.0",
        "---",
        "[x]",
        "'\"`",
        "{id} {title}",
        "*a* _b_",
        "5. Use files",
        "<!-- a -->",
        "[[a|b]]",
        "\u{202e}left",
        "👩\u{200d}🚀",
        "CON",
        "../../x",
        ".git",
        "C:\\x",
        "~",
        "- [ ] a",
        "a # b",
        "key: [",
        "你好",
        "title=x",
        &long,
    ];
    for fixture in [
        "repos/kano",
        "repos/backlog-md",
        "repos/madr",
        "repos/plain",
        "repos/obsidian",
    ] {
        let world = World::fixture(fixture);
        let before = world.git(["rev-parse", "HEAD"]);
        let mut expected = BTreeSet::new();
        for title in titles {
            let run = world.kanban(["--json", "new", "--", title]).seen();
            let json = run.json();
            if run.output.status.code() != Some(0) {
                let code = json["error"]["code"].as_str().unwrap();
                let named = ["no-file-name", "exists", "no-title"].contains(&code);
                assert!(named, "{fixture} {title}: {run}");
                continue;
            }
            let row = &json["data"]["changes"][0];
            if title != "title=x" {
                assert_eq!(row["title"], title, "{fixture}");
            }
            for part in path(row).split('/') {
                assert!(
                    part.len() <= 255
                        && !part.ends_with(['.', ' '])
                        && !part.starts_with(['-', '.']),
                    "{part}"
                );
            }
            expected.insert((path(row), row["title"].as_str().unwrap().to_owned()));
        }
        assert!(expected.len() > 15, "{fixture}: {expected:?}");
        let listed = world.kanban(["--json", "list", "-n", "0"]).data();
        let listed: BTreeSet<(String, String)> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (path(row), row["title"].as_str().unwrap().to_owned()))
            .collect();
        assert!(expected.is_subset(&listed), "{fixture}: {expected:?}");
        assert_eq!(world.git(["rev-parse", "HEAD"]), before);
        assert!(!world.top().join("x").exists() && !world.root().join("../x").exists());
        world.kanban(["verify"]).ok();
    }
    let world = World::backlog();
    for title in ["a\nb", "", "  ", "a\u{7}"] {
        world.kanban(["new", "--", title]).code(2);
    }
}

#[test]
fn nothing_is_made_outside_or_over_something() {
    let world = World::fixture("repos/plain");
    let made_nothing = |args: &[&str], code: i32| {
        let run = world.kanban(["new"].iter().chain(args)).code(code);
        assert_eq!(
            world.git(["status", "--short"]),
            "",
            "{args:?}\n{}",
            run.stderr()
        );
    };
    for folder in [
        "..",
        "/etc",
        "notes/../..",
        ".git/hooks",
        ".git",
        "a\\b",
        "nul",
        "a/.git/b",
    ] {
        let run = world.kanban(["new", "X", "--in", folder]).seen();
        assert!(matches!(run.output.status.code(), Some(1 | 2)), "{run}");
        assert_eq!(world.git(["status", "--short"]), "", "{folder}");
    }
    assert!(!world.root().join(".git/hooks/x.md").exists());
    made_nothing(&["Plan", "--in", "notes"], 1);
    made_nothing(&["X", "state"], 2);
    made_nothing(&["X", "--parent", "nobody"], 1);
    // A folder that is a link leads out.
    let outside = world.beside("outside");
    fs::create_dir_all(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, world.root().join("link")).unwrap();
    let run = world.kanban(["new", "X", "--in", "link"]).seen();
    assert!(matches!(run.output.status.code(), Some(1 | 2)), "{run}");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);

    for template in [
        "path = \"../{slug}.md\"",
        "path = \".git/hooks/{slug}.md\"",
        "path = \"a/{nothing}.md\"",
        "path = \"aux/{slug}.md\"",
        "text = \"---\\ntitle: [\\n---\\n\"",
        "text = \"<<<<<<< a\\n=======\\n>>>>>>> b\\n\"",
    ] {
        let world = World::with(&format!(
            "--- kanban.toml\n[preset.plain.new]\n{template}\n--- a.md\n# A\n"
        ));
        let run = world.kanban(["new", "X"]).seen();
        assert!(
            matches!(run.output.status.code(), Some(1 | 2)),
            "{template}: {run}"
        );
        assert_eq!(world.git(["status", "--short"]), "", "{template}");
    }
}

#[test]
fn of_several_conventions_one_is_named() {
    let world = World::with(
        "--- docs/decisions/0001-a.md\n---\nstatus: accepted\n---\n# A\n\
         --- _kano/backlog/products/one/items/task/0000/ONE-TSK-0001_a.md\n---\nid: ONE-TSK-0001\ntitle: A\nstate: New\n---\n\
         --- _kano/backlog/products/two/items/task/0000/TWO-TSK-0001_a.md\n---\nid: TWO-TSK-0001\ntitle: A\nstate: New\n---\n",
    );
    let run = world
        .kanban(["new", "X"])
        .explains(2, "several conventions");
    assert!(run.stderr().contains("--in docs/decisions"), "{run}");
    let run = world.kanban(["new", "X", "--kind", "Task"]);
    let run = run.explains(2, "several backlogs");
    assert!(
        run.stderr().contains("--in _kano/backlog/products/two"),
        "{run}"
    );
    let two = ["X", "--in", "_kano/backlog/products/two"];
    assert_eq!(made(&world, &two)["id"], "TWO-TSK-0002");
    let child = made(&world, &["Y", "--parent", "ONE-TSK-0001"]);
    assert_eq!(child["id"], "ONE-TSK-0002");
    let decision = made(&world, &["Z", "--in", "docs/decisions"]);
    assert_eq!(path(&decision), "docs/decisions/0002-z.md");
    let here = made_in(&world, "docs/decisions", &["Here"]);
    assert_eq!(path(&here), "docs/decisions/0003-here.md");
    let run = world.kanban(["new", "X", "--kind", "Taks"]);
    run.explains(2, "several conventions");
    let run = world.kanban([
        "new",
        "X",
        "--kind",
        "Taks",
        "--in",
        "_kano/backlog/products/one",
    ]);
    run.explains(1, "did you mean `Task`?");
}

#[test]
fn a_new_backlog_begins() {
    let world = World::with(
        "--- kanban.toml\n[[root]]\npath = \"work\"\npreset = \"kano\"\n--- work/_config/config.toml\n[product]\nprefix = \"WRK\"\n",
    );
    let first = made(&world, &["First", "--kind", "Epic"]);
    assert_eq!(path(&first), "work/items/epic/0000/WRK-EPIC-0001_first.md");
    let empty = World::repo();
    assert_eq!(path(&made(&empty, &["First"])), "first.md");
    let evil = World::with(
        "--- kanban.toml\n[[root]]\npath = \"work\"\npreset = \"kano\"\n--- work/_config/config.toml\n[product]\nprefix = \"../..\"\n",
    );
    evil.kanban(["new", "X"]).explains(2, "could begin with");
}

#[test]
fn an_item_is_made_and_opened_in_the_editor() {
    let world = World::backlog();
    let new = |editor: &str, title: &str| {
        let args = ["--json", "new", title, "--edit", "--commit"];
        world.kanban_with(&[("GIT_EDITOR", editor)], args)
    };
    let data = new("sed -i 's/^title: .*/title: Said later/'", "Said first").data();
    let row = &data["changes"][0];
    assert_eq!(
        (&row["change"], &row["title"]),
        (&"created".into(), &"Said later".into())
    );
    let id = row["id"].as_str().unwrap();
    let shown = world.kanban(["--json", "show", id]).data();
    assert_eq!(shown["title"], "Said later");
    assert_eq!(shown["content_hash"], row["after"]);
    assert_eq!(
        world.git(["status", "--porcelain"]),
        "",
        "all of it is committed"
    );
    // Closed without a word, it stands as it was made.
    let data = new("true", "Left alone").data();
    assert_eq!(data["changes"][0]["title"], "Left alone");
    // An editor that fails leaves the item, and says so.
    new("false", "Given up").code(1);
    let listed = world
        .kanban(["--json", "list", "title:\"Given up\""])
        .data();
    assert_eq!(listed["total"], 1);
}
