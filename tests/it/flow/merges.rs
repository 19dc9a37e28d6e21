//! Items that two branches changed, under every command of git that merges, both ways round, with the
//! driver and without it.

pub(crate) mod world;

use crate::flow::merges::world::{Clash, ITEM, PATH, Way, change, clash, is_item, run};

/// Fields, lists, logs, checklists: all that merges by itself.
#[test]
fn what_can_be_merged_is_merged_alike_by_every_command() {
    let ours = change(
        ITEM,
        &[
            ("state: New", "state: Ready"),
            ("tags: [a, b]", "tags: [a, b, c]"),
            ("[ ] one", "[x] one"),
            ("made\n", "made\n2026-01-02 09:00 [agent=x] second\n"),
        ],
    );
    let theirs = change(
        ITEM,
        &[
            ("priority: P2 # as agreed", "priority: P1 # as agreed"),
            ("tags: [a, b]", "tags: [b, d]"),
            ("[ ] two", "[x] two"),
            ("Some text", "Other text"),
            ("made\n", "made\n2026-01-01 12:00 [agent=y] first\n"),
        ],
    );
    let merged = change(
        ITEM,
        &[
            ("state: New", "state: Ready"),
            ("priority: P2 # as agreed", "priority: P1 # as agreed"),
            ("tags: [a, b]", "tags: [b, c, d]"),
            ("[ ] one", "[x] one"),
            ("[ ] two", "[x] two"),
            ("Some text", "Other text"),
            (
                "made\n",
                "made\n2026-01-01 12:00 [agent=y] first\n2026-01-02 09:00 [agent=x] second\n",
            ),
        ],
    );
    for way in Way::ALL {
        for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
            let result = clash(way, &Clash::of(ours, theirs), true);
            assert!(!result.conflict, "{way:?}\n{}", result.text);
            assert_eq!(result.text, merged, "{way:?}");
        }
    }
}

/// What is given to the driver and is no item is merged as text.
#[test]
fn an_index_beside_an_item_is_merged_line_by_line() {
    let path = PATH.replace(".md", ".index.md");
    let index = "---\ntype: Index\nfor: TT-TSK-0001\nupdated: 2026-01-01\n---\n\n# Index\n\n- [[a]]\n- [[b]]\n- [[c]]\n";
    let clashing = |ours: &str, theirs: &str| {
        let result = clash(Way::Merge, &Clash::of(ITEM, ITEM), true);
        let world = result.world;
        world.write(&path, index);
        world.commit("index");
        world.git(["checkout", "--quiet", "-B", "side"]);
        world.write(&path, theirs);
        world.commit("theirs");
        world.git(["checkout", "--quiet", "-B", "main", "HEAD~1"]);
        world.write(&path, ours);
        world.commit("ours");
        let code = run(&world, &["merge", "--no-edit", "side"]);
        (code, world.read(&path))
    };
    let ours = change(index, &[("- [[a]]", "- [[a|A]]")]);
    let theirs = change(index, &[("- [[c]]\n", "- [[c]]\n- [[d]]\n")]);
    let both = change(&ours, &[("- [[c]]\n", "- [[c]]\n- [[d]]\n")]);
    assert_eq!(clashing(&ours, &theirs), (0, both));
    // No rule decides, and no note of ours is put in: nobody would find it there.
    let [ours, theirs] = ["2026-01-02", "2026-01-03"].map(|day| {
        change(
            index,
            &[("updated: 2026-01-01", &format!("updated: {day}"))],
        )
    });
    let (code, text) = clashing(&ours, &theirs);
    assert_eq!(code, 1);
    let markers =
        "<<<<<<< ours\nupdated: 2026-01-02\n=======\nupdated: 2026-01-03\n>>>>>>> theirs\n";
    assert_eq!(text, index.replace("updated: 2026-01-01\n", markers));
}

#[test]
fn one_field_changed_by_both_on_one_day_is_a_conflict_in_an_item_that_reads() {
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
    let mut results = Vec::new();
    for way in Way::ALL {
        for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
            let result = clash(way, &Clash::of(ours, theirs), true);
            assert!(result.conflict, "{way:?}");
            assert!(is_item(&result), "{way:?}\n{}", result.text);
            assert!(
                result
                    .text
                    .contains("_conflicts:\n  - {field: \"state\", base: \"New\""),
                "{}",
                result.text
            );
            assert!(result.text.contains("<<<<<<< ours\n"), "{}", result.text);
            // The value that stands meanwhile is the same, whoever is ours.
            results.push(
                result
                    .text
                    .lines()
                    .find(|line| line.starts_with("state:"))
                    .map(str::to_owned),
            );
        }
    }
    results.dedup();
    assert_eq!(results.len(), 1);
}

#[test]
fn without_the_driver_resolve_makes_the_same_file() {
    let cases = [
        (
            &[
                ("state: New", "state: Ready"),
                ("made\n", "made\n2026-01-02 [agent=x] a\n"),
            ][..],
            &[
                ("priority: P2", "priority: P1"),
                ("made\n", "made\n2026-01-03 [agent=y] b\n"),
            ][..],
        ),
        (
            &[("state: New", "state: Ready")],
            &[("state: New", "state: Blocked")],
        ),
        (
            &[("Some text", "Our text")],
            &[("Some text", "Their text"), ("state: New", "state: Ready")],
        ),
        (
            &[("title: A title", "title: [A title"), ("of two", "of 2")],
            &[("state: New", "state: Ready"), ("Some text", "Other")],
        ),
    ];
    let mut seen = 0;
    for (ours, theirs) in cases {
        let (ours, theirs) = (change(ITEM, ours), change(ITEM, theirs));
        for way in Way::ALL {
            let driven = clash(way, &Clash::of(&ours, &theirs), true);
            let plain = clash(way, &Clash::of(&ours, &theirs), false);
            if !plain.conflict {
                continue;
            }
            seen += 1;
            let run = plain.world.kanban(["resolve", PATH]);
            run.code(i32::from(driven.conflict));
            assert_eq!(plain.world.read(PATH), driven.text, "{way:?}");
        }
    }
    assert!(seen > 10, "{seen} conflicts");
}

#[test]
fn what_is_open_is_decided_by_options() {
    let ours = change(
        ITEM,
        &[("state: New", "state: Ready"), ("Some text", "Our text")],
    );
    let theirs = change(
        ITEM,
        &[
            ("state: New", "state: Blocked"),
            ("Some text", "Their text"),
            ("title: A title", "title: B"),
        ],
    );
    let result = clash(Way::Merge, &Clash::of(&ours, &theirs), true);
    let world = &result.world;
    let listed = world.kanban(["resolve"]).code(1);
    assert!(listed.stdout().contains("state"), "{}", listed.stdout());
    assert_eq!(world.read(PATH), result.text);
    world
        .kanban(["resolve", PATH, "--field", "state=theirs", "--dry-run"])
        .code(1);
    assert_eq!(world.read(PATH), result.text);
    world
        .kanban(["resolve", PATH, "--field", "state=theirs"])
        .code(1);
    let half = world.read(PATH);
    assert!(
        half.contains("state: Blocked\n") && !half.contains("_conflicts"),
        "{half}"
    );
    let check = world.kanban(["check"]).code(1);
    assert!(
        check.stdout().contains("conflict-markers"),
        "{}",
        check.stdout()
    );
    world
        .kanban(["resolve", "TT-TSK-0001", "--take", "ours", "--add"])
        .code(0);
    let expected = change(
        ITEM,
        &[
            ("state: New", "state: Blocked"),
            ("Some text", "Our text"),
            ("title: A title", "title: B"),
        ],
    );
    assert_eq!(world.read(PATH), expected);
    assert_eq!(world.git(["ls-files", "--unmerged"]), "");
    world.git(["commit", "--quiet", "--message", "merged"]);
}

#[test]
fn check_reports_what_is_open() {
    let ours = change(ITEM, &[("state: New", "state: Ready")]);
    let theirs = change(ITEM, &[("state: New", "state: Blocked")]);
    let result = clash(Way::Merge, &Clash::of(&ours, &theirs), true);
    let run = result.world.kanban(["check"]).code(1);
    assert!(
        run.stdout().contains("unresolved-conflict"),
        "{}",
        run.stdout()
    );
    // Somebody commits it so: resolve finds it without git's help.
    result.world.commit("with a conflict");
    let listed = result.world.kanban(["resolve", "--list"]).code(1);
    assert!(listed.stdout().contains(PATH), "{}", listed.stdout());
    result
        .world
        .kanban(["resolve", "--all", "--take", "base"])
        .code(0);
    assert_eq!(result.world.read(PATH), ITEM);
    result.world.kanban(["check"]).code(0);
}

#[test]
fn an_edit_since_the_merge_is_not_lost() {
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
    let result = clash(Way::Merge, &Clash::of(&ours, &theirs), true);
    let edited = result.text.replace("of two lines", "of three lines");
    result.world.write(PATH, &edited);
    result
        .world
        .kanban(["resolve", PATH, "--field", "state=ours"])
        .code(1);
    assert!(result.world.read(PATH).contains("of three lines"));
    result.world.kanban(["resolve", PATH, "--again"]).code(1);
    assert_eq!(result.world.read(PATH), result.text);
    // With markers in the frontmatter there is nothing to go on from.
    let plain = clash(Way::Merge, &Clash::of(&ours, &theirs), false);
    let edited = plain.text.replace("of two lines", "of three lines");
    plain.world.write(PATH, &edited);
    plain.world.kanban(["resolve", PATH]).code(1);
    assert_eq!(plain.world.read(PATH), edited);
}

#[test]
fn deleted_by_one_and_changed_by_the_other() {
    let changed = change(ITEM, &[("state: New", "state: Ready")]);
    for (take, deleted_by_us) in [
        ("ours", true),
        ("theirs", true),
        ("ours", false),
        ("theirs", false),
    ] {
        let clashing = match deleted_by_us {
            true => Clash {
                ours: None,
                theirs: Some(changed.clone()),
                ..Clash::default()
            },
            false => Clash {
                ours: Some(changed.clone()),
                theirs: None,
                ..Clash::default()
            },
        };
        let result = clash(Way::Merge, &clashing, true);
        assert!(result.conflict);
        let world = &result.world;
        world.kanban(["resolve", PATH]).code(1);
        assert_eq!(world.read(PATH), changed);
        world
            .kanban(["resolve", PATH, "--take", take, "--add"])
            .code(0);
        let kept = deleted_by_us == (take == "theirs");
        assert_eq!(
            world.root().join(PATH).exists(),
            kept,
            "{take} {deleted_by_us}"
        );
        assert_eq!(world.git(["ls-files", "--unmerged"]), "");
    }
}

#[test]
fn renamed_by_one_and_changed_by_the_other() {
    let moved = PATH.replace("a-title", "b-title");
    let clashing = Clash {
        ours: Some(change(
            ITEM,
            &[
                ("title: A title", "title: B title"),
                ("updated: 2026-01-01", "updated: 2026-01-02"),
            ],
        )),
        theirs: Some(change(
            ITEM,
            &[
                ("state: New", "state: Ready"),
                ("updated: 2026-01-01", "updated: 2026-01-03"),
            ],
        )),
        moved: Some(moved.clone()),
        ..Clash::default()
    };
    for way in Way::ALL {
        let result = clash(way, &clashing, true);
        assert!(!result.conflict, "{way:?}");
        let expected = change(
            ITEM,
            &[
                ("title: A title", "title: B title"),
                ("state: New", "state: Ready"),
                ("updated: 2026-01-01", "updated: 2026-01-03"),
            ],
        );
        assert_eq!(result.world.read(&moved), expected, "{way:?}");
    }
}

#[test]
fn two_items_under_one_name_become_two_files() {
    let two = change(
        ITEM,
        &[
            (
                "019bafab-02a6-749c-88c4-e8120e1ea486",
                "019c0000-1111-749c-88c4-e8120e1ea486",
            ),
            ("A title", "Another"),
        ],
    );
    for driver in [true, false] {
        let clashing = Clash {
            base: None,
            ..Clash::of(ITEM, &two)
        };
        let result = clash(Way::Merge, &clashing, driver);
        assert!(result.conflict);
        if driver {
            assert!(is_item(&result), "{}", result.text);
        }
        let world = &result.world;
        world.kanban(["resolve", PATH, "--add"]).code(0);
        assert_eq!(world.read(PATH), ITEM);
        assert_eq!(world.read(&PATH.replace(".md", "--019c0000.md")), two);
        assert_eq!(
            world.git(["status", "--porcelain"]).lines().count(),
            1,
            "{}",
            world.git(["status"])
        );
    }
}

#[test]
fn one_item_added_by_both_is_one() {
    let more = change(
        ITEM,
        &[
            ("made\n", "made\n2026-01-02 10:00 [agent=y] more\n"),
            ("tags: [a, b]", "tags: [a, c]"),
        ],
    );
    for (ours, theirs) in [(ITEM, &*more), (&more, ITEM)] {
        let result = clash(
            Way::Merge,
            &Clash {
                base: None,
                ..Clash::of(ours, theirs)
            },
            true,
        );
        assert!(!result.conflict, "{}", result.text);
        let merged = change(
            ITEM,
            &[("made\n", "made\n2026-01-02 10:00 [agent=y] more\n")],
        );
        assert!(
            result.text == merged.replace("[a, b]", "[a, b, c]")
                || result.text == merged.replace("[a, b]", "[a, c, b]"),
            "{}",
            result.text
        );
    }
}

#[test]
fn both_add_an_item_with_one_id_in_files_of_their_own() {
    let two = change(
        ITEM,
        &[
            (
                "019bafab-02a6-749c-88c4-e8120e1ea486",
                "019c0000-1111-749c-88c4-e8120e1ea486",
            ),
            ("A title", "Another"),
        ],
    );
    let clashing = Clash {
        base: None,
        moved: Some(PATH.replace("a-title", "another")),
        ..Clash::of(&two, ITEM)
    };
    let result = clash(Way::Merge, &clashing, true);
    assert!(!result.conflict);
    assert!(
        result
            .world
            .kanban(["check"])
            .stdout()
            .contains("duplicate-id")
    );
}

#[test]
fn a_side_with_other_line_endings_is_no_conflict() {
    let ours = change(ITEM, &[("state: New", "state: Ready")]);
    let theirs = change(ITEM, &[("Some text", "Other text")]).replace('\n', "\r\n");
    for way in Way::ALL {
        let result = clash(way, &Clash::of(&ours, &theirs), true);
        assert!(!result.conflict, "{way:?}\n{}", result.text);
        let merged = change(
            ITEM,
            &[("state: New", "state: Ready"), ("Some text", "Other text")],
        );
        assert_eq!(result.text, merged.replace('\n', "\r\n"));
    }
}

#[test]
fn both_reorder_a_checklist() {
    let ours = change(
        ITEM,
        &[("- [ ] one\n- [ ] two\n", "- [ ] two\n- [ ] one\n")],
    );
    let theirs = change(
        ITEM,
        &[("- [ ] two\n- [ ] three\n", "- [ ] three\n- [ ] two\n")],
    );
    let mut texts = Vec::new();
    for (ours, theirs) in [(&ours, &theirs), (&theirs, &ours)] {
        let result = clash(Way::Rebase, &Clash::of(ours, theirs), true);
        assert!(is_item(&result));
        for line in ["] one", "] two", "] three"] {
            assert_eq!(result.text.matches(line).count(), 1, "{}", result.text);
        }
        texts.push(result.text);
    }
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn a_driver_that_git_could_not_start_is_made_up_for() {
    let ours = change(ITEM, &[("state: New", "state: Ready")]);
    let theirs = change(
        ITEM,
        &[
            ("state: New", "state: Blocked"),
            ("Some text", "Other text"),
        ],
    );
    let result = clash(Way::Merge, &Clash::of(&ours, &theirs), true);
    result.world.write(PATH, &ours);
    result.world.kanban(["resolve", PATH]).code(1);
    assert_eq!(result.world.read(PATH), result.text);
}

#[test]
fn a_work_tree_with_line_endings_of_its_own() {
    let ours = change(
        ITEM,
        &[
            ("state: New", "state: Ready"),
            ("made\n", "made\n2026-01-02 [agent=x] a\n"),
        ],
    );
    let theirs = change(
        ITEM,
        &[
            ("Some text", "Other text"),
            ("made\n", "made\n2026-01-03 [agent=y] b\n"),
        ],
    );
    let merged = change(
        ITEM,
        &[
            ("state: New", "state: Ready"),
            ("Some text", "Other text"),
            (
                "made\n",
                "made\n2026-01-02 [agent=x] a\n2026-01-03 [agent=y] b\n",
            ),
        ],
    );
    for driver in [true, false] {
        let clashing = Clash {
            eol: Some("crlf"),
            ..Clash::of(&ours, &theirs)
        };
        let result = clash(Way::Merge, &clashing, driver);
        assert_eq!(result.conflict, !driver);
        if result.conflict {
            assert!(result.text.contains("\r\n"));
            // Only a look at first, before anything was ever written.
            result.world.kanban(["resolve", PATH, "--dry-run"]).ok();
            result.world.kanban(["resolve", PATH, "--add"]).ok();
        }
        assert_eq!(result.world.read(PATH), merged.replace('\n', "\r\n"));
        assert_eq!(result.world.git(["diff", "--stat"]), "");
    }
}
