//! The merge driver by itself: what it leaves where, and what it does when it cannot do its work.

use crate::flow::merges::world::{ITEM, PATH, change, empty};

#[test]
fn a_driver_that_cannot_do_its_work_leaves_what_git_would() {
    let ours = change(
        ITEM,
        &[("state: New", "state: Ready"), ("Some text", "Our text")],
    );
    let theirs = change(
        ITEM,
        &[
            ("made\n", "made\n2026-01-02 [agent=y] b\n"),
            ("Some text", "Their text"),
        ],
    );
    let world = empty();
    for (name, text) in [("b", ITEM), ("o", &ours), ("t", &theirs)] {
        world.write(name, text);
    }
    let fault = [("KANBAN_FAULT", "merge-driver.merge=fail")];
    let run = world.kanban_with(&fault, ["merge-driver", "b", "o", "t", "--path", PATH]);
    let run = run.code(2);
    assert_eq!(run.stdout(), "");
    let merged = change(
        ITEM,
        &[
            ("state: New", "state: Ready"),
            ("made\n", "made\n2026-01-02 [agent=y] b\n"),
            (
                "Some text\n",
                "<<<<<<< ours\nOur text\n=======\nTheir text\n>>>>>>> theirs\n",
            ),
        ],
    );
    assert_eq!(world.read("o"), merged);
    // Versions that are not there: nothing is written, and git hears of a conflict at most.
    world.kanban(["merge-driver", "no", "o", "t"]).code(2);
    assert_eq!(world.read("o"), merged);
}

#[test]
fn the_result_goes_where_it_is_wanted() {
    let world = empty();
    let ours = change(ITEM, &[("state: New", "state: Ready")]);
    let theirs = change(ITEM, &[("Some text", "Their text")]);
    for (name, text) in [("b", ITEM), ("o", &ours), ("t", &theirs)] {
        world.write(name, text);
    }
    world
        .kanban([
            "merge-driver",
            "b",
            "o",
            "t",
            "--path",
            PATH,
            "--output",
            "m",
        ])
        .code(0);
    assert_eq!(
        world.read("m"),
        change(
            ITEM,
            &[("state: New", "state: Ready"), ("Some text", "Their text")]
        )
    );
    assert_eq!(world.read("o"), ours);
}

#[test]
fn the_convention_is_known_whatever_git_exports() {
    let world = empty();
    world.write(
        "_kano/backlog/products/it's a/items/task/0000/readme.txt",
        "",
    );
    let made = |line: &str| change(ITEM, &[("made\n", &format!("made\n{line}\n"))]);
    let (ours, theirs) = (
        made("2026-01-02 [agent=x] a"),
        made("2026-01-03 [agent=y] b"),
    );
    for envs in [
        &[][..],
        &[("GIT_DIR", ".git")],
        &[("GIT_DIR", ".git"), ("GIT_WORK_TREE", ".")],
    ] {
        for (name, text) in [("b", ITEM), ("o", &*ours), ("t", &*theirs)] {
            world.write(name, text);
        }
        let driver = ["merge-driver", "b", "o", "t", "--path", PATH];
        world.kanban_with(envs, driver).code(0);
        assert_eq!(
            world.read("o"),
            made("2026-01-02 [agent=x] a\n2026-01-03 [agent=y] b")
        );
    }
}

#[test]
fn markers_show_the_base_where_it_has_a_name() {
    let world = empty();
    let (ours, theirs) = (ITEM.replace("Some", "Our"), ITEM.replace("Some", "Their"));
    for (name, text) in [("b", ITEM), ("o", &*ours), ("t", &*theirs)] {
        world.write(name, text);
    }
    let labels = [
        "--base-label",
        "base",
        "--ours-label",
        "%X",
        "--theirs-label",
        "a b",
        "--marker-size",
        "9",
    ];
    world
        .kanban(["merge-driver", "b", "o", "t"].iter().chain(&labels))
        .code(1);
    let block = "<<<<<<<<< ours\nOur text\n||||||||| base\nSome text\n=========\nTheir text\n>>>>>>>>> a b\n";
    assert_eq!(world.read("o"), ITEM.replace("Some text\n", block));
}

/// Git puts in whatever the path is, as a word of its own or behind `=`.
#[test]
fn a_path_may_begin_with_a_hyphen() {
    let world = empty();
    let ours = "---\ntags: [a, b]\n---\n\nText\n";
    let theirs = "---\ntags: [a, c]\n---\n\nText\n";
    for path in [
        &["--path", "-x.md"][..],
        &["--path=-x.md"],
        &["--path", "--help.md"],
    ] {
        for (name, text) in [
            ("b", "---\ntags: [a]\n---\n\nText\n"),
            ("o", ours),
            ("t", theirs),
        ] {
            world.write(name, text);
        }
        world
            .kanban(["merge-driver", "b", "o", "t"].iter().chain(path))
            .code(0);
        assert_eq!(world.read("o"), "---\ntags: [a, b, c]\n---\n\nText\n");
    }
}
