//! Decisions about what a merge left open.

use crate::merge::tests::{text, three};
use crate::merge::{Merged, conflicts, settle};
use crate::model::merging::{About, Choice, Decision};
use crate::parse::Source;

fn decide(about: About, choice: Choice) -> Decision {
    Decision { about, choice }
}

fn place(name: &str) -> About {
    About::Place(name.to_owned())
}

#[track_caller]
fn settled(merged: &Merged, decisions: &[Decision]) -> String {
    let bytes = settle(
        &merged.bytes,
        Source::Markdown,
        &merged.conflicts,
        decisions,
    );
    String::from_utf8(bytes.unwrap()).unwrap()
}

const BASE: &str = "---
id: T-1
title: A # a remark
external:
  jira.key: null
  azure: 1
intent.owner: x
gone: 1
updated: 2026-01-01
---

Above.

# Context

Text
";

fn sides() -> (String, String) {
    let ours = BASE
        .replace("title: A", "title: B")
        .replace("jira.key: null", "jira.key: K-1")
        .replace("owner: x", "owner: 'y'")
        .replace("gone: 1\n", "")
        .replace("Above", "Over")
        .replace("Text", "Our text");
    let theirs = BASE
        .replace("title: A", "title: C")
        .replace("jira.key: null", "jira.key: K-2")
        .replace("owner: x", "owner: 'true'")
        .replace("gone: 1\n", "gone: 2\n")
        .replace("Above", "Higher")
        .replace("Text", "Their text");
    (ours, theirs)
}

#[test]
fn each_side_can_be_taken_as_a_whole() {
    let (ours, theirs) = sides();
    let merged = three(Some(BASE), &ours, &theirs);
    let found = conflicts(&merged.bytes, Source::Markdown, &[]);
    let places: Vec<&str> = found
        .iter()
        .map(|conflict| conflict.place.as_str())
        .collect();
    assert_eq!(
        places,
        [
            "title",
            "external.jira.key",
            "intent.owner",
            "gone",
            "",
            "Context"
        ]
    );
    assert_eq!(found.len(), merged.conflicts.len());
    let all = |choice| settled(&merged, &[decide(About::All, choice)]);
    // The key that one side took away is at another place when it comes back.
    let order = |text: &str| text.replace("gone: 2\n", "").replace("gone: 1\n", "");
    assert_eq!(order(&all(Choice::Ours)), order(&ours));
    assert_eq!(order(&all(Choice::Theirs)), order(&theirs));
    assert!(all(Choice::Theirs).contains("gone: 2\n") && !all(Choice::Ours).contains("gone"));
    assert_eq!(order(&all(Choice::Base)).replace('\'', ""), order(BASE));
}

#[test]
fn one_place_at_a_time() {
    let (ours, theirs) = sides();
    let merged = three(Some(BASE), &ours, &theirs);
    let mut bytes = merged.bytes.clone();
    let steps = [
        decide(place("title"), Choice::Value("D: d".to_owned())),
        decide(place("external.jira.key"), Choice::Theirs),
        decide(place("intent.owner"), Choice::Ours),
        decide(About::Number(0), Choice::Base),
        decide(place("Context"), Choice::Base),
        decide(About::Number(0), Choice::Value("Own\nwords".to_owned())),
    ];
    for (left, step) in (0..6).rev().zip(steps) {
        bytes = settle(&bytes, Source::Markdown, &merged.conflicts, &[step]).unwrap();
        let found = conflicts(&bytes, Source::Markdown, &merged.conflicts);
        assert_eq!(found.len(), left, "{}", String::from_utf8_lossy(&bytes));
    }
    let expected = ours
        .replace("title: B", "title: 'D: d'")
        .replace("K-1", "K-2")
        .replace("updated:", "gone: 1\nupdated:")
        .replace("Over.", "Own\nwords")
        .replace("Our text", "Text");
    let quotes = |text: &str| text.replace('"', "'");
    assert_eq!(quotes(&String::from_utf8(bytes).unwrap()), expected);
}

#[test]
fn a_base_that_nobody_knows_is_not_made_up() {
    let text = "---\na: 1\n---\n# A\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n";
    let base = [decide(About::All, Choice::Base)];
    let refused = settle(text.as_bytes(), Source::Markdown, &[], &base).unwrap_err();
    assert_eq!(refused.code, "no-base");
    let shown = text.replace("=======", "||||||| base\nw\n=======");
    let settled = settle(shown.as_bytes(), Source::Markdown, &[], &base).unwrap();
    assert_eq!(
        String::from_utf8(settled).unwrap(),
        "---\na: 1\n---\n# A\nw\n"
    );
}

#[test]
fn markers_in_code_are_documentation() {
    let text = "---\na: 1\n---\n```\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n```\n";
    assert_eq!(conflicts(text.as_bytes(), Source::Markdown, &[]), []);
    // Unless a merge has put them there.
    let code = |line: &str| format!("---\na: 1\n---\n```\n{line}\n```\n");
    let merged = three(Some(&code("x")), &code("y"), &code("z"));
    assert_eq!(
        conflicts(&merged.bytes, Source::Markdown, &merged.conflicts).len(),
        1
    );
    assert_eq!(
        settled(&merged, &[decide(About::All, Choice::Theirs)]),
        code("z")
    );
}

#[test]
fn frontmatter_that_could_not_be_merged_is_not_taken_blindly() {
    let (ours, _) = sides();
    let broken = BASE
        .replace("title: A", "title: [A")
        .replace("Text", "Their text");
    let merged = three(Some(BASE), &ours.replace("Our text", "Text"), &broken);
    assert_eq!(merged.conflicts[0].place, "frontmatter");
    let refused = settle(
        &merged.bytes,
        Source::Markdown,
        &merged.conflicts,
        &[decide(About::All, Choice::Theirs)],
    );
    assert_eq!(refused.unwrap_err().code, "invalid-frontmatter");
    let taken = settled(&merged, &[decide(About::All, Choice::Ours)]);
    assert_eq!(taken, ours.replace("Our text", "Their text"));
}

#[test]
fn toml_merges_and_is_decided_too() {
    let base = "+++\ntitle = \"A\"\ntags = [\"a\"]\nn = 1\n+++\ntext\n";
    let ours = base
        .replace("\"A\"", "\"B\"")
        .replace("[\"a\"]", "[\"a\", \"b\"]");
    let theirs = base
        .replace("\"A\"", "\"C\"")
        .replace("[\"a\"]", "[\"a\", \"c\"]")
        .replace("n = 1", "n = 2");
    let merged = three(Some(base), &ours, &theirs);
    let places: Vec<_> = merged.conflicts.iter().map(|c| c.place.as_str()).collect();
    assert_eq!(places, ["title"], "{}", text(&merged));
    let taken = settled(&merged, &[decide(About::All, Choice::Ours)]);
    assert!(
        taken.starts_with("+++\ntitle = \"B\"\n") && taken.contains("n = 2\n"),
        "{taken}"
    );
    assert!(!taken.contains("_conflicts"), "{taken}");
}
