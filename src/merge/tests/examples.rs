//! Merges as people meet them.

use crate::merge::tests::{text, three};

const ITEM: &str = "---
id: T-1
uid: u1
title: A title
state: New
priority: P2 # as agreed
parent: null
tags: [a, b]
updated: 2026-01-01
---

# Context

Some text
of two lines.

# Acceptance

- [ ] one
- [ ] two
- [ ] three

# Worklog

2026-01-01 10:00 [agent=x] made
";

/// The item with replacements.
fn item(changes: &[(&str, &str)]) -> String {
    let mut text = ITEM.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

/// Merges both ways round, and gives the text and the places of conflicts.
#[track_caller]
fn both(base: Option<&str>, ours: &str, theirs: &str) -> (String, Vec<String>) {
    let merged = three(base, ours, theirs);
    let turned = three(base, theirs, ours);
    let places = |merged: &crate::merge::Merged| -> Vec<String> {
        merged.conflicts.iter().map(|c| c.place.clone()).collect()
    };
    if merged.conflicts.is_empty() {
        assert_eq!(text(&merged), text(&turned));
    }
    assert_eq!(places(&merged), places(&turned));
    (text(&merged), places(&merged))
}

#[track_caller]
fn check(ours: &[(&str, &str)], theirs: &[(&str, &str)], expected: &[(&str, &str)]) {
    let (merged, conflicts) = both(Some(ITEM), &item(ours), &item(theirs));
    assert_eq!(conflicts, Vec::<String>::new(), "{merged}");
    assert_eq!(merged, item(expected));
}

#[test]
fn different_fields() {
    check(
        &[("state: New", "state: Ready")],
        &[
            ("priority: P2", "priority: P1"),
            ("title: A title", "title: 'Another: one'"),
        ],
        &[
            ("state: New", "state: Ready"),
            ("priority: P2", "priority: P1"),
            ("title: A title", "title: 'Another: one'"),
        ],
    );
}

#[test]
fn one_field_and_the_later_date() {
    check(
        &[("P2", "P1"), ("updated: 2026-01-01", "updated: 2026-01-03")],
        &[
            ("P2", "P0"),
            ("updated: 2026-01-01", "updated: 2026-01-02 10:00"),
        ],
        &[("P2", "P1"), ("updated: 2026-01-01", "updated: 2026-01-03")],
    );
}

#[test]
fn one_field_and_one_day() {
    let (merged, conflicts) = both(
        Some(ITEM),
        &item(&[("P2", "P1"), ("updated: 2026-01-01", "updated: 2026-01-02")]),
        &item(&[("P2", "P0"), ("updated: 2026-01-01", "updated: 2026-01-02")]),
    );
    assert_eq!(conflicts, ["priority"]);
    let entry =
        "_conflicts:\n  - {field: \"priority\", base: \"P2\", ours: \"P1\", theirs: \"P0\"}\n---\n";
    assert!(merged.contains(entry), "{merged}");
    assert!(merged.contains("priority: P1 # as agreed"), "{merged}");
}

#[test]
fn a_state_that_cannot_follow() {
    let (_, conflicts) = both(
        Some(&item(&[("New", "Done")])),
        &item(&[
            ("New", "Ready"),
            ("updated: 2026-01-01", "updated: 2026-01-03"),
        ]),
        &item(&[
            ("New", "Dropped"),
            ("updated: 2026-01-01", "updated: 2026-01-02"),
        ]),
    );
    assert_eq!(conflicts, ["state"]);
}

#[test]
fn logs_are_unions_by_time() {
    let made = "made\n";
    check(
        &[(
            made,
            "made\n2026-01-02 09:00 [agent=x] second\n2026-01-04 [agent=x] fourth\n",
        )],
        &[(
            made,
            "made\n2026-01-01 12:00 [agent=y] first\n2026-01-03 09:00 [agent=y] third\nmore of it\n",
        )],
        &[(
            made,
            "made\n2026-01-01 12:00 [agent=y] first\n2026-01-02 09:00 [agent=x] second\n\
             2026-01-03 09:00 [agent=y] third\nmore of it\n2026-01-04 [agent=x] fourth\n",
        )],
    );
    // The same line on both sides stands once.
    check(
        &[(
            made,
            "made\n2026-01-02 09:00 [agent=x] same\n2026-01-03 09:00 [agent=x] own\n",
        )],
        &[(made, "made\n2026-01-02 09:00 [agent=x] same\n")],
        &[(
            made,
            "made\n2026-01-02 09:00 [agent=x] same\n2026-01-03 09:00 [agent=x] own\n",
        )],
    );
}

#[test]
fn checklists() {
    check(
        &[("[ ] one", "[x] one")],
        &[
            ("[ ] two", "[x] two"),
            ("- [ ] three\n", "- [ ] three\n- [ ] four\n"),
        ],
        &[
            ("[ ] one", "[x] one"),
            ("[ ] two", "[x] two"),
            ("- [ ] three\n", "- [ ] three\n- [ ] four\n"),
        ],
    );
    // Reordered by one side, ticked by the other.
    check(
        &[("- [ ] one\n- [ ] two\n", "- [ ] two\n- [ ] one\n")],
        &[("[ ] one", "[x] one"), ("- [ ] three\n", "")],
        &[(
            "- [ ] one\n- [ ] two\n- [ ] three\n",
            "- [ ] two\n- [x] one\n",
        )],
    );
    // Both reordered: every line once.
    let (merged, _) = both(
        Some(ITEM),
        &item(&[("- [ ] one\n- [ ] two\n", "- [ ] two\n- [ ] one\n")]),
        &item(&[("- [ ] two\n- [ ] three\n", "- [ ] three\n- [ ] two\n")]),
    );
    for line in ["] one", "] two", "] three"] {
        assert_eq!(merged.matches(line).count(), 1, "{merged}");
    }
    // Reworded by one side, ticked by the other: a person must say.
    let (_, conflicts) = both(
        Some(ITEM),
        &item(&[("[ ] one", "[ ] One!")]),
        &item(&[("[ ] one", "[x] one")]),
    );
    assert_eq!(conflicts, ["Acceptance"]);
}

#[test]
fn an_unticked_box_wins() {
    let base = item(&[("[ ] one", "[x] one"), ("[ ] two", "[x] two")]);
    let ours = item(&[("[ ] one", "[ ] one"), ("[ ] two", "[x] two")]);
    let theirs = item(&[
        ("[ ] one", "[x] one"),
        ("[ ] two", "[x] two"),
        ("[ ] three", "[x] three"),
    ]);
    let (merged, conflicts) = both(Some(&base), &ours, &theirs);
    assert!(conflicts.is_empty());
    assert_eq!(
        merged,
        item(&[("[ ] two", "[x] two"), ("[ ] three", "[x] three")])
    );
}

#[test]
fn sections_move_and_change() {
    let moved = ITEM
        .replace("# Context\n\nSome text\nof two lines.\n\n", "")
        .replace(
            "# Worklog",
            "# Context\n\nSome text\nof two lines.\n\n# Worklog",
        );
    let (merged, conflicts) = both(Some(ITEM), &moved, &item(&[("Some text", "Other text")]));
    assert!(conflicts.is_empty());
    assert_eq!(merged, moved.replace("Some text", "Other text"));
}

#[test]
fn a_heading_renamed_and_its_text_changed() {
    check(
        &[("# Context\n", "# Background\n")],
        &[("of two lines", "of 2 lines")],
        &[
            ("# Context\n", "# Background\n"),
            ("of two lines", "of 2 lines"),
        ],
    );
}

#[test]
fn both_add_sections() {
    check(
        &[("# Acceptance", "# Risks\n\nNone.\n\n# Acceptance")],
        &[("# Worklog", "# Notes\n\nSome.\n\n# Worklog")],
        &[
            ("# Acceptance", "# Risks\n\nNone.\n\n# Acceptance"),
            ("# Worklog", "# Notes\n\nSome.\n\n# Worklog"),
        ],
    );
    let merged = both(
        Some(ITEM),
        &format!("{ITEM}\n# P\n\np\n"),
        &format!("{ITEM}\n# Q\n\nq\n"),
    );
    assert!(merged.1.is_empty());
    assert!(
        merged.0.ends_with("made\n\n# P\n\np\n\n# Q\n\nq\n"),
        "{}",
        merged.0
    );
}

#[test]
fn text_in_conflict() {
    let (merged, conflicts) = both(
        Some(ITEM),
        &item(&[("Some text", "Our text")]),
        &item(&[("Some text", "Their text"), ("state: New", "state: Ready")]),
    );
    assert_eq!(conflicts, ["Context"]);
    let markers = "<<<<<<< HEAD\nOur text\n=======\nTheir text\n>>>>>>> branch\nof two lines.\n";
    assert_eq!(
        merged,
        item(&[
            ("Some text\nof two lines.\n", markers),
            ("state: New", "state: Ready")
        ])
    );
}

#[test]
fn a_side_that_only_changed_line_endings() {
    let ours = item(&[("Some text", "Our text")]);
    let (merged, conflicts) = both(Some(ITEM), &ours, &ITEM.replace('\n', "\r\n"));
    assert!(conflicts.is_empty());
    assert_eq!(merged, ours.replace('\n', "\r\n"));
}

#[test]
fn remarks_of_both_sides_stay() {
    check(
        &[
            ("state: New", "# why\nstate: Ready"),
            ("updated: 2026-01-01", "updated: 2026-01-03"),
        ],
        &[
            ("state: New", "# because\nstate: Done"),
            ("updated: 2026-01-01", "updated: 2026-01-02"),
        ],
        &[
            ("state: New", "# because\n# why\nstate: Ready"),
            ("updated: 2026-01-01", "updated: 2026-01-03"),
        ],
    );
}

/// Where both sides changed a list or a map, its lines are made anew: what stood between them is kept.
#[test]
fn remarks_in_lists_and_maps_stay() {
    let base = "---\ntags:\n- a\n- b\nlinks:\n  x: 1\n---\n";
    let ours = "---\ntags:\n- a\n# why b\n- b\nlinks:\n  x: 1 # one\n---\n";
    let theirs = "---\ntags:\n- a\n- b\n- c\nlinks:\n  x: 1\n  y: 2\n---\n";
    let (text, conflicts) = both(Some(base), ours, theirs);
    assert_eq!(conflicts, Vec::<String>::new());
    for part in ["# why b", "# one", "- c", "y: 2"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn two_items_under_one_name() {
    let (ours, theirs) = (
        item(&[("uid: u1", "uid: u2")]),
        item(&[("uid: u1", "uid: u3")]),
    );
    let merged = three(None, &ours, &theirs);
    assert!(merged.two_items);
    assert_eq!(
        text(&merged),
        ours.replace(
            "---\n\n",
            "_conflicts:\n  - {field: \"uid\", ours: \"u2\", theirs: \"u3\"}\n---\n\n"
        )
    );
}

#[test]
fn one_item_added_by_both() {
    let (merged, conflicts) = both(
        None,
        ITEM,
        &item(&[
            ("state: New", "state: New\nowner: lou"),
            ("made\n", "made\n2026-01-02 10:00 [agent=y] more\n"),
        ]),
    );
    assert!(conflicts.is_empty(), "{merged}");
    assert_eq!(
        merged,
        item(&[
            ("state: New", "state: New\nowner: lou"),
            ("made\n", "made\n2026-01-02 10:00 [agent=y] more\n")
        ])
    );
}

#[test]
fn a_key_taken_away() {
    check(
        &[("parent: null\n", "")],
        &[("P2", "P1")],
        &[("parent: null\n", ""), ("P2", "P1")],
    );
    let (merged, conflicts) = both(
        Some(ITEM),
        &item(&[("priority: P2 # as agreed\n", "")]),
        &item(&[("P2", "P1")]),
    );
    assert_eq!(conflicts, ["priority"]);
    assert!(merged.contains("priority: P1 # as agreed\n"));
    assert!(
        merged.contains("{field: \"priority\", base: \"P2\", theirs: \"P1\"}"),
        "{merged}"
    );
}

#[test]
fn a_side_that_cannot_be_read() {
    let invalid = item(&[("title: A title", "title: [A title"), ("one\n", "one!\n")]);
    let valid = item(&[("state: New", "state: Ready"), ("Some text", "Other text")]);
    let (merged, conflicts) = both(Some(ITEM), &invalid, &valid);
    assert_eq!(conflicts, ["frontmatter"]);
    assert!(
        merged.starts_with(&valid[..valid.find("\n\n").unwrap()]),
        "{merged}"
    );
    for line in invalid
        .lines()
        .chain(valid.lines())
        .filter(|line| !line.contains("Some text") && *line != "- [ ] one")
    {
        assert!(
            merged.lines().any(|known| known == line),
            "{line}\n{merged}"
        );
    }
    // Where only one side did anything, it stays what it is.
    assert_eq!(text(&three(Some(ITEM), &invalid, ITEM)), invalid);
}

#[test]
fn comments_of_both_sides() {
    let page = |comments: &str| {
        format!(
            "---\nid: B-1\n---\n\n## Comments\n\n<!-- COMMENTS:BEGIN -->\n{comments}<!-- COMMENTS:END -->\n"
        )
    };
    let one = "author: a\ncreated: 2026-01-01 10:00\n---\nfirst\n\nof two\n---\n";
    let two = "author: b\ncreated: 2026-01-02 10:00\n---\nsecond\n---\n";
    let three = "author: c\ncreated: 2026-01-02 09:00\n---\nthird\n---\n";
    let (merged, conflicts) = both(
        Some(&page(one)),
        &page(&format!("{one}{two}")),
        &page(&format!("{one}{three}")),
    );
    assert!(conflicts.is_empty());
    assert_eq!(merged, page(&format!("{one}{three}{two}")));
}

#[test]
fn bytes_that_are_no_text() {
    let sides = crate::merge::Sides {
        base: Some(b"---\na: 1\n---\n\xe9t\xe9\n"),
        ours: b"---\na: 2\n---\n\xe9t\xe9\n",
        theirs: b"---\na: 1\n---\n\xe9t\xe9\nplus\xff\n",
        ours_label: "",
        theirs_label: "",
        base_label: None,
        marker_size: 7,
    };
    let merged = crate::merge::merge(&sides, crate::parse::Source::Markdown, &super::rules());
    assert_eq!(merged.bytes, b"---\na: 2\n---\n\xe9t\xe9\nplus\xff\n");
    assert!(merged.conflicts.is_empty());
}
