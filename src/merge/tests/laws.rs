//! Whatever the three versions are.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::merge::tests::{rules, text, three};
use crate::merge::value::{Val, get, values};
use crate::merge::{Merged, Sides, merge};
use crate::parse::{Decoded, Source, decode, parse};

/// An item that can be written down.
#[derive(Debug, Clone)]
struct Item {
    fields: Vec<(&'static str, String)>,
    context: Vec<&'static str>,
    checks: Vec<(&'static str, bool)>,
    log: Vec<String>,
    swapped: bool,
}

impl Item {
    fn text(&self) -> String {
        let mut text = String::from("---\nid: T-1\nuid: u1\n");
        for (key, value) in &self.fields {
            text.push_str(&format!("{key}: {value}\n"));
        }
        text.push_str("---\n\n");
        let lines: String = self
            .context
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        let checks = self.checks.iter();
        let checks: String = checks
            .map(|(line, done)| format!("- [{}] {line}\n", if *done { 'x' } else { ' ' }))
            .collect();
        let mut parts = [
            format!("# Context\n\n{lines}\n"),
            format!("# Acceptance\n\n{checks}\n"),
        ];
        if self.swapped {
            parts.swap(0, 1);
        }
        text.extend(parts);
        text.push_str("# Worklog\n\n");
        for line in &self.log {
            text.push_str(&format!("{line}\n"));
        }
        text
    }
}

const LINES: [&str; 6] = ["alpha", "beta", "gamma", "delta", "", "epsilon"];
const CHECKS: [&str; 5] = ["one", "two", "three", "four", "#1 five"];

fn fields() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let value = |key: &'static str, words: &'static [&'static str]| {
        select(words).prop_map(move |word| (key, word.to_owned()))
    };
    let all = (
        value("title", &["A", "'B: c'", "\"D\""]),
        value("state", &["New", "Ready", "Done"]),
        value("priority", &["P0", "P1", "null"]),
        value("tags", &["[a, b]", "[b, c]", "\n  - a\n  - d", "[]", "a"]),
        value(
            "updated",
            &[
                "2026-01-01",
                "2026-01-02",
                "2026-01-02 10:00",
                "'2026-01-03'",
            ],
        ),
        value("created", &["2026-01-01", "2025-01-01"]),
        value(
            "external",
            &["{a: 1, b: null}", "{a: 2}", "\n  a: 1\n  c: [x]", "null"],
        ),
        value("own", &["1", "'1'", "[1, [2]]", "|\n  two\n  lines", "'#'"]),
    );
    let order = Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle();
    (
        all,
        subsequence((0..8_usize).collect::<Vec<_>>(), 4..=8),
        order,
        any::<bool>(),
    )
        .prop_map(|(all, kept, order, shuffled)| {
            let (a, b, c, d, e, f, g, h) = all;
            let all = [a, b, c, d, e, f, g, h];
            let order = if shuffled { order } else { (0..8).collect() };
            // Without a date nothing is later.
            order
                .into_iter()
                .filter(|at| *at == 4 || kept.contains(at))
                .map(|at| all[at].clone())
                .collect()
        })
}

fn item() -> impl Strategy<Value = Item> {
    let log = vec((1..4_u8, 0..3_u8, select(vec!["x", "y"])), 0..4).prop_map(|lines| {
        let line = |(day, hour, who)| {
            format!("2026-01-0{day} 0{hour}:00 [agent={who}] did {day}{hour}{who}")
        };
        let mut lines: Vec<String> = lines.into_iter().map(line).collect();
        // A time is there once.
        lines.sort();
        lines.dedup();
        lines
    });
    let checks = subsequence(CHECKS.to_vec(), 0..=4).prop_shuffle();
    let ticks = vec(any::<bool>(), 5);
    // Lines that move are told apart by nobody.
    let context = subsequence(LINES.to_vec(), 0..5);
    (
        fields(),
        context,
        checks,
        ticks,
        log,
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(fields, context, checks, ticks, log, swapped)| Item {
            fields,
            context,
            checks: checks.into_iter().zip(ticks).collect(),
            log,
            swapped,
        })
}

/// A base, and two sides that each keep much of it.
fn versions() -> impl Strategy<Value = (Item, Item, Item)> {
    let choice = || vec(any::<bool>(), 5);
    (item(), item(), item(), choice(), choice()).prop_map(|(base, one, other, a, b)| {
        let one = mixed(&base, one, &a);
        let other = mixed(&base, other, &b);
        (base, one, other)
    })
}

fn mixed(base: &Item, changed: Item, keep: &[bool]) -> Item {
    let mut fields = changed.fields;
    if keep[0] {
        // One key changed, the others as they were.
        let change = fields.pop();
        fields.clone_from(&base.fields);
        if let Some((key, value)) = change {
            match fields.iter_mut().find(|(known, _)| *known == key) {
                Some(field) => field.1 = value,
                None => fields.push((key, value)),
            }
        }
    }
    let mut log = changed.log;
    if keep[3] {
        log.retain(|line| !base.log.contains(line));
        log.splice(0..0, base.log.iter().cloned());
    }
    Item {
        fields,
        context: if keep[1] {
            base.context.clone()
        } else {
            changed.context
        },
        checks: if keep[2] {
            base.checks.clone()
        } else {
            changed.checks
        },
        log,
        swapped: if keep[4] {
            base.swapped
        } else {
            changed.swapped
        },
    }
}

/// The result with the sides of every conflict in one order.
fn unsided(merged: &Merged) -> String {
    let mut text = String::new();
    let mut sides: Option<(Vec<String>, Vec<String>, bool)> = None;
    for line in crate::merge::tests::text(merged).lines() {
        match (&mut sides, line) {
            (None, "<<<<<<< HEAD") => sides = Some((Vec::new(), Vec::new(), false)),
            (Some(sides), "=======") => sides.2 = true,
            (Some((ours, theirs, _)), ">>>>>>> branch") => {
                let mut both = [ours.join("\n"), theirs.join("\n")];
                both.sort();
                text.push_str(&format!("<{}={}>\n", both[0], both[1]));
                sides = None;
            }
            (Some((ours, theirs, second)), line) => {
                if *second { theirs } else { ours }.push(line.to_owned());
            }
            (None, line) if line.starts_with("  - {field: ") => {
                let mut parts: Vec<String> = line.split(", ").map(str::to_owned).collect();
                for part in &mut parts {
                    *part = part.replace("theirs: ", "ours: ").replace('}', "");
                }
                parts.sort();
                text.push_str(&parts.join(", "));
                text.push('\n');
            }
            (None, line) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    assert!(sides.is_none());
    text
}

fn keys(text: &str) -> Option<Vec<(String, Val)>> {
    let decoded = decode(text.as_bytes().to_vec());
    let document = parse(&decoded, Source::Markdown);
    (!document.invalid).then(|| values(&document.frontmatter, text))
}

/// Every scalar in a value.
fn scalars(value: &Val, found: &mut Vec<String>) {
    match value {
        Val::List(items) => items.iter().for_each(|item| scalars(item, found)),
        Val::Map(keys) => keys.iter().for_each(|(_, value)| scalars(value, found)),
        Val::Null => {}
        scalar => found.push(scalar.canon()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn it_does_not_matter_which_side_is_ours((base, one, other) in versions()) {
        let (base, one, other) = (base.text(), one.text(), other.text());
        let merged = three(Some(&base), &one, &other);
        let turned = three(Some(&base), &other, &one);
        prop_assert_eq!(merged.conflicts.len(), turned.conflicts.len());
        if merged.conflicts.is_empty() {
            prop_assert_eq!(text(&merged), text(&turned));
        } else {
            prop_assert_eq!(unsided(&merged), unsided(&turned));
        }
        for (a, b) in merged.conflicts.iter().zip(&turned.conflicts) {
            prop_assert_eq!((&a.place, &a.base, &a.ours, &a.theirs), (&b.place, &b.base, &b.theirs, &b.ours));
        }
    }

    #[test]
    fn one_side_alone_is_the_result((base, one, _) in versions()) {
        let (base, one) = (base.text(), one.text());
        for merged in [three(Some(&base), &one, &base), three(Some(&base), &base, &one), three(Some(&base), &one, &one)] {
            prop_assert_eq!(text(&merged), one.clone());
            prop_assert!(merged.conflicts.is_empty());
        }
    }

    #[test]
    fn the_result_reads_and_nothing_is_lost((base, one, other) in versions(), known in any::<bool>()) {
        let (base, one, other) = (base.text(), one.text(), other.text());
        let base = known.then_some(base.as_str());
        let merged = three(base, &one, &other);
        let result = text(&merged);
        let read = keys(&result);
        prop_assert!(read.is_some(), "{}", result);
        let read = read.unwrap();
        prop_assert!(!result[..result.find("\n---\n").unwrap()].contains("<<<<<<<"));
        let base_keys = base.and_then(keys).unwrap_or_default();
        let sides = [keys(&one).unwrap(), keys(&other).unwrap()];
        let mut there = Vec::new();
        scalars(&Val::Map(read.clone()), &mut there);
        for side in &sides {
            for (key, value) in side {
                // What dates decide may give way: that is what the rules are for.
                let given = ["updated", "created", "state", "priority"].contains(&&**key);
                if given || get(&base_keys, key) == Some(value) {
                    continue;
                }
                let mut wanted = Vec::new();
                scalars(value, &mut wanted);
                let mut before = Vec::new();
                get(&base_keys, key).into_iter().for_each(|value| scalars(value, &mut before));
                for scalar in wanted.into_iter().filter(|scalar| !before.contains(scalar)) {
                    prop_assert!(there.contains(&scalar), "{} of {} in {}", scalar, key, result);
                }
            }
        }
        // Lines that a side has and the base has not are in the result.
        for side in [&one, &other] {
            for line in side.lines().filter(|line| line.contains("[agent=")) {
                if !base.is_some_and(|base| base.lines().any(|known| known == line)) {
                    prop_assert!(result.lines().any(|known| known == line), "{} in {}", line, result);
                }
            }
        }
    }

    #[test]
    fn to_merge_again_changes_nothing((base, one, other) in versions()) {
        let (base, one, other) = (base.text(), one.text(), other.text());
        let merged = three(Some(&base), &one, &other);
        prop_assume!(merged.conflicts.is_empty());
        let result = text(&merged);
        for side in [&one, &other] {
            let again = three(Some(&base), &result, side);
            prop_assert!(again.conflicts.is_empty(), "{:?}\n{}", again.conflicts, result);
            prop_assert_eq!(text(&again), result.clone());
        }
    }

    #[test]
    fn any_bytes_merge(versions in vec(vec(select(PARTS.to_vec()), 0..12), 3), whole in any::<bool>()) {
        let bytes: Vec<Vec<u8>> = versions.iter().map(|parts| parts.concat()).collect();
        check_bytes(&bytes, whole)?;
    }

    #[test]
    fn any_bytes_at_all(bytes in vec(vec(any::<u8>(), 0..40), 3), whole in any::<bool>()) {
        check_bytes(&bytes, whole)?;
    }
}

/// What files may be made of.
const PARTS: [&[u8]; 34] = [
    b"---\n",
    b"---\n",
    b"---\n",
    b"+++\n",
    b"a: 1\n",
    b"a: 2\r\n",
    b"b: [x, y]\n",
    b"b:\n  - x\n",
    b"uid: u1\n",
    b"uid: u2\n",
    b"updated: 2026-01-01\n",
    b"t = 1\n",
    b"[p]\n",
    b"x: &a {y: 1}\n",
    b"z: *a\n",
    b"q: 'open\n",
    b"# A\n",
    b"# B\n",
    b"text\n",
    b"\n",
    b"\n",
    b"- [ ] c\n",
    b"- [x] c\n",
    b"2026-01-01 [agent=x] l\n",
    b"<<<<<<< HEAD\n",
    b"=======\n",
    b">>>>>>> b\n",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\0",
    b"\r",
    b"<!-- COMMENTS:BEGIN -->\n",
    b"author: x\ncreated: 1\n",
    b"<!-- COMMENTS:END -->",
];

fn check_bytes(bytes: &[Vec<u8>], whole: bool) -> Result<(), TestCaseError> {
    let source = if whole {
        Source::Yaml
    } else {
        Source::Markdown
    };
    let run = |ours: &[u8], theirs: &[u8]| {
        let sides = Sides {
            base: Some(&bytes[0]),
            ours,
            theirs,
            ours_label: "HEAD",
            theirs_label: "branch",
            base_label: None,
            marker_size: 7,
        };
        merge(&sides, source, &rules())
    };
    let merged = run(&bytes[1], &bytes[2]);
    let turned = run(&bytes[2], &bytes[1]);
    prop_assert_eq!(merged.conflicts.len(), turned.conflicts.len());
    if merged.conflicts.is_empty() {
        prop_assert_eq!(&merged.bytes, &turned.bytes);
    }
    // No worse to read than the better of the sides.
    let invalid = |bytes: &[u8]| {
        let decoded: Decoded = decode(bytes.to_vec());
        parse(&decoded, source).invalid
    };
    let whole_file = bytes.iter().any(|bytes| bytes.contains(&0));
    let keyless = |bytes: &[u8]| {
        let decoded: Decoded = decode(bytes.to_vec());
        parse(&decoded, source).frontmatter.is_empty()
    };
    let empty = whole && bytes.iter().any(|bytes| keyless(bytes));
    let changed = !empty && bytes[1] != bytes[0] && bytes[2] != bytes[0] && !whole_file;
    if changed && invalid(&merged.bytes) {
        prop_assert!(
            invalid(&bytes[1]) && invalid(&bytes[2]),
            "{:?}",
            String::from_utf8_lossy(&merged.bytes)
        );
    }
    Ok(())
}

/// Real and hostile files, three at a time: whatever they have to do with each other.
#[test]
fn fixtures_merge() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/docs");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "md" || end == "yaml")
        })
        .collect();
    names.sort();
    let files: Vec<Vec<u8>> = names
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    assert!(files.len() > 50);
    for three in files.windows(3) {
        check_bytes(three, false).unwrap();
        check_bytes(three, true).unwrap();
        // A line more on one side, other line endings on the other one.
        let file = String::from_utf8_lossy(&three[0]);
        let longer = format!("{file}\nmore\n").into_bytes();
        let ended = file.replace('\n', "\r\n").into_bytes();
        check_bytes(&[file.into_owned().into_bytes(), longer, ended], false).unwrap();
    }
}
