//! Laws of the reading, and tables; the conventions are in `fixture_tests`.

use proptest::prelude::*;

use crate::presets::read::links::clean;
use crate::presets::rules::{fold, nearest};
use crate::presets::tests::support::{parse, read_one};

proptest! {
    /// Any body and any frontmatter text give an item whose ranges are text of its body.
    #[test]
    fn ranges_are_text(
        preset in prop::sample::select(vec![
            ("kano", "items/task/0000/A-TSK-0001_a.md"),
            ("backlog-md", "tasks/a-1 - b.md"),
            ("madr", "0001-a.md"),
            ("obsidian", "a.md"),
            ("plain", "a.md"),
        ]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "---\n", "id: x\n", "state: Done\n", "# Worklog\n", "# Status\n", "é `x` #tag/ß #1\n",
            "2026-01-02 10:00 [agent=a] [model=m] text\r\n", "- 2026-01-02 [agent=b] ü\n",
            "<!-- COMMENTS:BEGIN -->\n", "author: a\n", "created: 2026-01-01\n", "---\n", "words\n",
            "<!-- COMMENTS:END -->", "```\n", "[agent=", "Date: 2026-13-01\n", "\n", "* Status: x by y\n",
        ]), 0..30),
    ) {
        let text = parts.concat();
        let item = read_one(preset.0, preset.1, &text);
        let mut last = 0;
        for entry in &item.entries {
            prop_assert!(item.body.get(entry.range.clone()).is_some());
            prop_assert!(entry.line >= last);
            last = entry.line;
            let line = text.lines().count() as u32;
            prop_assert!(entry.line >= 1 && entry.line <= line);
        }
        for problem in &item.problems {
            prop_assert!(!problem.message.is_empty());
        }
        prop_assert!(!item.title.contains('\n'));
    }

    /// Cleaning finds nothing more to clean, and never invents text.
    #[test]
    fn clean_is_idempotent(text in "[\\[\\]|#()a-z:/.!'\" é-]{0,20}") {
        if let Some(target) = clean(&text) {
            prop_assert!(text.contains(target));
            prop_assert!(!target.is_empty());
        }
    }

    /// Folding hides case and separators only.
    #[test]
    fn fold_hides_separators(words in prop::collection::vec("[a-zA-Z0-9]{1,6}", 1..4)) {
        let joined: Vec<String> = ["-", " ", "_", ""].iter().map(|by| fold(&words.join(by))).collect();
        prop_assert!(joined.iter().all(|word| *word == joined[0]));
        prop_assert_eq!(&joined[0], &words.concat().to_lowercase());
    }
}

#[test]
fn targets() {
    for (text, target) in [
        ("KABSD-TSK-0001", Some("KABSD-TSK-0001")),
        (" \"A-1\" ", Some("A-1")),
        ("[[Note#Heading|label]]", Some("Note")),
        ("[[Note\\|label]]", Some("Note")),
        ("![[map.png]]", Some("map.png")),
        ("[[#Heading]]", None),
        (
            "[5. Two servers](0005-two-servers.md#why)",
            Some("0005-two-servers.md"),
        ),
        ("[a](<b c.md>)", Some("b c.md")),
        ("[a](b.md \"title\")", Some("b.md")),
        ("https://example.org/a", None),
        ("<https://example.org/a>", None),
        ("mailto:a@b.c", None),
        ("//host/a", None),
        ("#anchor", Some("#anchor")),
        ("[a](#anchor)", None),
        ("Release 2: the sequel", Some("Release 2: the sequel")),
        (
            "/keps/sig-map/34-old-tiles",
            Some("/keps/sig-map/34-old-tiles"),
        ),
        ("", None),
    ] {
        assert_eq!(clean(text), target, "{text}");
    }
}

#[test]
fn near_words() {
    let words = ["implementable", "implemented", "provisional"];
    assert_eq!(nearest("imlpemented", words), Some("implemented"));
    assert_eq!(
        nearest("In-Porgress", ["InProgress", "Done"]),
        Some("InProgress")
    );
    assert_eq!(nearest("banana", words), None);
    assert_eq!(nearest(&"x".repeat(100_000), words), None);
}

#[test]
fn an_unreadable_frontmatter_is_said_once() {
    let item = read_one(
        "kano",
        "items/task/0000/A-TSK-0001_some-name.md",
        "---\nid: [\n---\n\n# Worklog\n\n2026-01-02 10:00 [agent=a] Still here\n",
    );
    assert_eq!(item.status, crate::model::item::Status::Invalid);
    assert_eq!(item.id, None);
    assert_eq!(item.title, "some name");
    assert_eq!(item.entries.len(), 1);
    assert!(item.problems.is_empty(), "{:?}", item.problems);
}

#[test]
fn the_toy_parser_gives_lines() {
    let document = parse("---\nid: a\ntags: [b]\n---\n\n# One\n\ntext\n", false);
    assert_eq!(document.get("tags").unwrap().line, 3);
    assert_eq!(document.body_line, 5);
    assert_eq!(document.sections[0].line, 6);
}
