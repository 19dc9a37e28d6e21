//! Branches of several commits: one merge, or each commit by itself.

use crate::flow::merges::world::{ITEM, Way, brought_together, change};

/// Each commit by itself, or all in one merge: the same file. Lines of one minute, too, whose order
/// no time tells.
#[test]
fn several_commits_end_where_one_merge_ends() {
    let line =
        |minute: &str, who: &str, text: &str| format!("2026-01-02 {minute} [agent={who}] {text}\n");
    let grown = |commits: &[(&str, &str)], lines: &[String]| {
        let mut item = ITEM.to_owned();
        let mut versions = Vec::new();
        for ((from, to), line) in commits.iter().zip(lines) {
            item = change(&item, &[(from, to)]) + line;
            versions.push(item.clone());
        }
        versions
    };
    let ours = grown(
        &[
            ("tags: [a, b]", "tags: [a, b, m]"),
            ("[ ] one", "[x] one"),
            ("- [ ] three\n", "- [ ] three\n- [ ] n\n"),
        ],
        &[
            line("09:00", "x", "m"),
            line("09:00", "x", "a"),
            line("09:01", "x", "k"),
        ],
    );
    let theirs = grown(
        &[
            ("tags: [a, b]", "tags: [a, b, z]"),
            ("tags: [a, b, z]", "tags: [a, b, z, c]"),
            ("- [ ] three\n", "- [ ] three\n- [ ] q\n- [ ] d\n"),
            ("[ ] two", "[x] two"),
        ],
        &[
            line("09:00", "y", "n"),
            line("09:00", "x", "b"),
            line("09:01", "y", "a"),
            line("09:00", "y", "late"),
        ],
    );
    let texts: Vec<String> = [(&ours, &theirs), (&theirs, &ours)]
        .into_iter()
        .flat_map(|(ours, theirs)| Way::ALL.map(|way| brought_together(way, ours, theirs)))
        .collect();
    for text in &texts {
        assert_eq!(text, &texts[0]);
    }
    for versions in [&ours, &theirs] {
        let last = versions.last().unwrap();
        let mut merged = texts[0].lines();
        for line in last.lines().filter(|line| line.contains("[agent=")) {
            assert!(merged.any(|there| there == line), "{line}\n{}", texts[0]);
        }
    }
}
