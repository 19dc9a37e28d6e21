//! A rebase is several merges: whatever the commits of a branch, they end where one merge ends.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::merge::tests::{text, three};

/// An item that grows.
#[derive(Debug, Clone, Default)]
struct Item {
    updated: u8,
    keys: Vec<String>,
    tags: Vec<String>,
    steps: Vec<String>,
    checks: Vec<(String, bool)>,
    lines: Vec<&'static str>,
    log: Vec<String>,
    newest_first: bool,
    sections: Vec<String>,
}

/// What one commit does to it.
#[derive(Debug, Clone)]
enum Change {
    Key(&'static str),
    Tag(&'static str),
    Untag(usize),
    Step(&'static str),
    Check(&'static str),
    Tick(usize),
    Uncheck(usize),
    /// A line of the text, by its number, with other words.
    Reword(usize, &'static str),
    Log(u8, &'static str),
    Section(u8, &'static str),
}

impl Item {
    fn new() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            tags: words(&["k", "c"]),
            steps: words(&["s m", "s c"]),
            checks: vec![("see m".to_owned(), false), ("see c".to_owned(), true)],
            lines: vec!["alpha", "", "beta", "", "gamma", "", "delta"],
            log: words(&["2026-01-01 10:00 [agent=m] made"]),
            ..Self::default()
        }
    }

    fn text(&self) -> String {
        let list = |items: &[String]| items.join(", ");
        let mut text = format!(
            "---\nid: T-1\nuid: u1\ntags: [{}]\nsteps: [{}]\nupdated: 2026-01-0{}\n",
            list(&self.tags),
            list(&self.steps),
            self.updated + 1
        );
        text.extend(self.keys.iter().map(|key| format!("{key}: 1\n")));
        text.push_str("---\n\n# Context\n\n");
        text.extend(self.lines.iter().map(|line| format!("{line}\n")));
        text.push_str("\n# Acceptance\n\n");
        let checks = self.checks.iter();
        text.extend(checks.map(|(line, done)| {
            let mark = if *done { 'x' } else { ' ' };
            format!("- [{mark}] {line}\n")
        }));
        text.push_str("\n# Worklog\n\n");
        text.extend(self.log.iter().map(|line| format!("{line}\n")));
        text.extend(self.sections.iter().cloned());
        text
    }

    /// The item after a commit of somebody, the `n`th of theirs.
    fn after(&self, change: &Change, who: &str, n: usize) -> Self {
        let mut item = self.clone();
        item.updated = item.updated.max(u8::try_from(n % 5).unwrap());
        match change {
            Change::Key(word) => item.keys.push(format!("k{word}{who}{n}")),
            Change::Tag(word) => item.tags.push(format!("{word}{who}{n}")),
            Change::Untag(at) => drop(item.tags.remove(at % 2)),
            Change::Step(word) => item.steps.push(format!("s {word}{who}{n}")),
            Change::Check(word) => item.checks.push((format!("see {word}{who}{n}"), false)),
            Change::Tick(at) => {
                let at = at % item.checks.len();
                item.checks[at].1 = true;
            }
            Change::Uncheck(at) => drop(item.checks.remove(at % 2)),
            Change::Reword(at, word) => item.lines[at % 4 * 2] = word,
            Change::Log(minute, word) => {
                let line = format!("2026-01-01 10:0{minute} [agent={word}] {who}{n}");
                let at = if item.newest_first { 0 } else { item.log.len() };
                item.log.insert(at, line);
            }
            Change::Section(level, word) => {
                let marks = "#".repeat(usize::from(*level));
                item.sections
                    .push(format!("\n{marks} {word}{who}{n}\n\nText {n}.\n"));
            }
        }
        item
    }
}

/// The item before and after each commit of a branch.
fn branch(base: &Item, changes: &[Change], who: &str) -> Vec<String> {
    let mut item = base.clone();
    let mut versions = vec![item.text()];
    for (n, change) in changes.iter().enumerate() {
        item = item.after(change, who, n);
        versions.push(item.text());
    }
    versions
}

/// What is left where commits are put onto a branch one by one; none where one of them conflicts.
fn replayed(onto: &str, commits: &[String]) -> Option<String> {
    let mut ours = onto.to_owned();
    for pair in commits.windows(2) {
        let merged = three(Some(&pair[0]), &ours, &pair[1]);
        let turned = three(Some(&pair[0]), &pair[1], &ours);
        if !merged.conflicts.is_empty() {
            return None;
        }
        assert_eq!(merged.bytes, turned.bytes);
        ours = text(&merged);
    }
    Some(ours)
}

/// A merge, and both rebases.
fn ways(one: &[String], other: &[String]) -> [Option<String>; 3] {
    let merged = three(Some(&one[0]), one.last().unwrap(), other.last().unwrap());
    let merged = merged.conflicts.is_empty().then(|| text(&merged));
    let (last_one, last_other) = (one.last().unwrap(), other.last().unwrap());
    [merged, replayed(last_one, other), replayed(last_other, one)]
}

fn word() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "e", "i", "o", "u"])
}

fn logged() -> impl Strategy<Value = Change> {
    (0..3_u8, word()).prop_map(|(minute, word)| Change::Log(minute, word))
}

fn grown() -> impl Strategy<Value = Change> {
    prop_oneof![
        logged(),
        word().prop_map(Change::Key),
        word().prop_map(Change::Tag),
        (0..2_usize).prop_map(Change::Tick),
        word().prop_map(Change::Step),
        word().prop_map(Change::Check),
        (0..9_usize).prop_map(Change::Tick),
        (1..4_u8, word()).prop_map(|(level, word)| Change::Section(level, word)),
    ]
}

/// Each of a side's changes of one thing once.
fn once(changes: Vec<Change>) -> Vec<Change> {
    let mut seen = [false; 6];
    let mut is_first = |number: usize| !std::mem::replace(&mut seen[number], true);
    let changes = changes.into_iter().filter(|change| match change {
        Change::Untag(_) => is_first(4),
        Change::Uncheck(_) => is_first(5),
        Change::Reword(at, _) => is_first(*at),
        _ => true,
    });
    changes.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// In any order of times, as people write them: what counts is that each writes at the end.
    #[test]
    fn logs_are_the_same_by_merge_and_by_rebase(
        one in vec(logged(), 0..6),
        other in vec(logged(), 0..6),
    ) {
        let base = Item::new();
        let sides = [branch(&base, &one, "x"), branch(&base, &other, "y")];
        let [merged, onto_one, onto_other] = ways(&sides[0], &sides[1]);
        let merged = merged.unwrap();
        prop_assert_eq!(&onto_one, &Some(merged.clone()));
        prop_assert_eq!(&onto_other, &Some(merged.clone()));
        // Each side's lines in its own order.
        for side in sides {
            let side = side.last().unwrap();
            let mut rest = merged.lines();
            for line in side.lines().filter(|line| line.contains("[agent=")) {
                prop_assert!(rest.any(|there| there == line), "{} in {}", line, merged);
            }
        }
    }

    /// The newest line first: times fall, and lines come in at the top.
    #[test]
    fn logs_with_the_newest_line_first(
        mut one in vec(logged(), 0..6),
        mut other in vec(logged(), 0..6),
    ) {
        let mut base = Item::new();
        base.newest_first = true;
        base.log = vec!["2026-01-01 09:00 [agent=m] planned".to_owned()];
        for side in [&mut one, &mut other] {
            side.sort_by_key(|change| match change {
                Change::Log(minute, _) => *minute,
                _ => 0,
            });
        }
        let sides = [branch(&base, &one, "x"), branch(&base, &other, "y")];
        let [merged, onto_one, onto_other] = ways(&sides[0], &sides[1]);
        let merged = merged.unwrap();
        prop_assert_eq!(&onto_one, &Some(merged.clone()));
        prop_assert_eq!(&onto_other, &Some(merged.clone()));
        let times: Vec<&str> = merged
            .lines()
            .filter(|line| line.contains("[agent="))
            .map(|line| &line[..16])
            .collect();
        prop_assert!(times.is_sorted_by(|a, b| a >= b), "{}", merged);
    }

    /// Whatever is added, and what is ticked.
    #[test]
    fn what_grows_is_the_same_by_merge_and_by_rebase(
        one in vec(grown(), 0..6),
        other in vec(grown(), 0..6),
    ) {
        let base = Item::new();
        let sides = [branch(&base, &one, "x"), branch(&base, &other, "y")];
        let [merged, onto_one, onto_other] = ways(&sides[0], &sides[1]);
        let merged = merged.unwrap();
        prop_assert_eq!(onto_one, Some(merged.clone()));
        prop_assert_eq!(onto_other, Some(merged));
    }

    /// With lines and tags that are taken out, and text that is changed once: where nothing conflicts. Two
    /// sides that say the same crosswise, one `i` and then `o`, the other `o` and then `i`, end as the last
    /// commit says.
    #[test]
    fn what_does_not_conflict_is_the_same_by_merge_and_by_rebase(
        one in vec(prop_oneof![
            3 => grown(),
            1 => Just(Change::Untag(0)),
            1 => Just(Change::Uncheck(0)),
            2 => (0..4_usize, word()).prop_map(|(at, word)| Change::Reword(at, word)),
        ], 0..6),
        other in vec(prop_oneof![
            3 => grown(),
            2 => (0..4_usize, word()).prop_map(|(at, word)| Change::Reword(at, word)),
        ], 0..6),
    ) {
        let (one, other) = (once(one), once(other));
        let base = Item::new();
        let sides = [branch(&base, &one, "x"), branch(&base, &other, "y")];
        let ways = ways(&sides[0], &sides[1]);
        let clean: Vec<&String> = ways.iter().flatten().collect();
        for pair in clean.windows(2) {
            prop_assert_eq!(pair[0], pair[1]);
        }
    }
}
