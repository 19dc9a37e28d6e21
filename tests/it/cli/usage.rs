//! Wrong words, help, exit codes, readers that go away.

use std::io::Read;
use std::process::Stdio;

use crate::support::World;

#[test]
fn a_wrong_query_says_where_and_offers_the_near_name() {
    let world = World::backlog();
    let cases: &[(&[&str], &str)] = &[
        (&["list", "statee:Done"], "state"),
        (&["list", "is:opne"], "open"),
        (&["list", "has:problms"], "problem"),
        (&["board", "--by", "ownr"], "owner"),
        (&["list", "--sort", "updatd"], "updated"),
        (&["lst"], "list"),
    ];
    for (args, near) in cases {
        let run = world.kanban(*args).code(2);
        let stderr = run.stderr();
        assert!(
            stderr.contains(&format!("`{near}`")) || stderr.contains(&format!("'{near}'")),
            "{run}"
        );
        assert_eq!(run.stdout(), "", "{run}");
    }
}

#[test]
fn help_and_version_are_data() {
    let world = World::empty();
    world.kanban(["--help"]).ok().shows("rebuild-index");
    world.kanban(["help", "list"]).ok().shows("is:open");
    let version = world.kanban(["--version"]).ok();
    assert_eq!(
        version.stdout().trim(),
        format!("kanban {}", env!("CARGO_PKG_VERSION"))
    );
    world.kanban(["completions", "bash"]).ok().shows("kanban");
    world.kanban(["man"]).ok().shows(".TH");
    // Texts, with `--json` too, as the help says.
    assert_eq!(
        world.kanban(["--json", "--version"]).ok().stdout(),
        version.stdout()
    );
    world.kanban(["--json", "man"]).ok().shows(".TH");
    assert_eq!(world.kanban(Vec::<&str>::new()).code(2).stdout(), "");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let world = World::backlog();
    world.kanban(["--quiet", "rebuild-index"]).ok();
    // More than a pipe holds, so the write fails for certain.
    let query = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 900) \
                 SELECT n.x, i.body FROM n, items i";
    let mut child = world
        .command()
        .args(["--no-refresh", "sql", query])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut words = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut words)
        .unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0), "{words}");
    assert!(!words.contains("error"), "{words}");
}

#[test]
fn another_folder_can_be_named() {
    let world = World::backlog();
    let root = world.root().to_owned();
    let elsewhere = world.beside("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let world = world.at(elsewhere);
    let run = world.kanban([root.as_os_str(), "list".as_ref()]);
    assert_eq!(run.code(2).stdout(), "");
    world
        .kanban(["-C".as_ref(), root.as_os_str(), "list".as_ref()])
        .ok()
        .shows("Card form");
    let run = world.kanban(["-C", "nowhere", "list"]).code(3);
    assert!(run.stderr().contains("nowhere"), "{run}");
}
