//! docs/ and README.md say what is there: paths and links lead somewhere, tables and commands are
//! those of the code, decisions have their form.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;

use crate::layers::{FOLDERS, Folder};
use crate::support::World;
use crate::support::tree::{files, project};

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every document: path from the root of the project, and its text.
fn documents() -> Vec<(String, String)> {
    let mut paths = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    for path in files(&project().join("docs")) {
        if path.ends_with(".md") {
            paths.push(format!("docs/{path}"));
        }
    }
    assert!(paths.len() > 8, "docs/ was not read");
    paths
        .into_iter()
        .map(|path| {
            let text = read(&path);
            (path, text)
        })
        .collect()
}

/// The text without fenced blocks, in which paths are examples.
fn prose(text: &str) -> String {
    let mut fenced = false;
    text.lines()
        .filter(|line| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .fold(String::new(), |all, line| all + line + "\n")
}

/// Paths of the project that stand in backticks in a text.
fn named_paths(text: &str) -> Vec<String> {
    let quoted = Regex::new(r"`([^`\n]+)`").unwrap();
    let path = Regex::new(
        r"^(src|tests|docs|schema|benches|fixtures|\.ci)/[A-Za-z0-9_./-]*$|^(Cargo|README|CHANGELOG)\.(toml|lock|md)$",
    )
    .unwrap();
    quoted
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .filter(|found| path.is_match(found))
        .collect()
}

#[test]
fn every_path_named_in_docs_exists() {
    assert_eq!(
        named_paths("see `src/a.rs`, `x y`, `docs/`, `src/*.rs` and `Cargo.toml`"),
        ["src/a.rs", "docs/", "Cargo.toml"]
    );
    let mut named = 0;
    for (document, text) in documents() {
        for path in named_paths(&prose(&text)) {
            named += 1;
            assert!(
                project().join(&path).exists(),
                "{document} names `{path}`, which is not there"
            );
        }
    }
    assert!(named > 10, "the documents name {named} paths only");
}

/// The anchors of a document, as GitHub makes them from headings.
fn anchors(text: &str) -> BTreeSet<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

#[test]
fn relative_links_in_docs_resolve() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut seen = 0;
    for (document, text) in documents() {
        let folder = project().join(&document);
        let folder = folder.parent().unwrap();
        for found in link.captures_iter(&prose(&text)) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() {
                project().join(&document)
            } else {
                folder.join(path)
            };
            assert!(
                file.exists(),
                "{document} links to {target}, which is not there"
            );
            if !anchor.is_empty() {
                let text = fs::read_to_string(&file).unwrap();
                assert!(
                    anchors(&text).contains(anchor),
                    "{document} links to {target}: no such heading"
                );
            }
        }
    }
    assert!(seen > 5, "the documents have {seen} links only");
}

/// The lines of the shell blocks of a text.
fn commands(text: &str) -> Vec<String> {
    let mut shell = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            shell = line.trim() == "```sh";
        } else if shell {
            found.push(line.trim().to_owned());
        }
    }
    found
}

#[test]
fn ci_runs_the_commands_of_the_readme() {
    let ci = read(".ci/run");
    let readme = commands(&read("README.md"));
    let ours: Vec<_> = readme
        .iter()
        .filter(|line| line.starts_with("cargo run ") || line.starts_with("cargo test"))
        .collect();
    assert_eq!(
        ours.len(),
        2,
        "README has two commands to begin with: {ours:?}"
    );
    for command in ours {
        assert!(
            ci.lines()
                .any(|line| line.trim().trim_start_matches("step ") == command),
            ".ci/run does not run `{command}`"
        );
        assert!(
            command.contains("--release"),
            "`{command}` builds a profile of its own (docs/decisions/0008)"
        );
    }
}

/// A command of the tour, and the lines that stand under it.
type Shown = (String, Vec<String>);

/// What the `$ kanban` lines of the text blocks promise.
fn tour(text: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```text";
        } else if let Some(command) = line.strip_prefix("$ kanban ").filter(|_| inside) {
            found.push((command.to_owned(), Vec::new()));
        } else if let Some((_, shown)) = found.last_mut().filter(|_| inside) {
            shown.push(line.to_owned());
        }
    }
    found
}

/// Words of a command line in which only double quotes quote.
fn words(command: &str) -> Vec<String> {
    let mut quoted = false;
    let mut words = vec![String::new()];
    for letter in command.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

#[test]
fn the_tour_of_the_readme_shows_what_happens() {
    assert_eq!(words("sql \"a b\" c"), ["sql", "a b", "c"]);
    let tour = tour(&read("README.md"));
    assert!(tour.iter().filter(|(_, shown)| !shown.is_empty()).count() >= 6);
    let world = World::fixture("demo");
    for (command, mut shown) in tour {
        let run = world.kanban(words(&command));
        let code = run.output.status.code();
        assert!(code == Some(0) || command.starts_with("check"), "{run}");
        let output = run.stdout();
        let mut lines: Vec<_> = output.lines().map(str::trim_end).collect();
        if shown.last().is_some_and(|line| line == "…") {
            shown.pop();
            lines.truncate(shown.len());
        }
        if !shown.is_empty() {
            assert_eq!(lines, shown, "README shows something else\n{run}");
        }
    }
}

/// Rows of the first table whose first heading is `heading`: cells without markup.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> {
        line.trim()
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    };
    text.lines()
        .skip_while(|line| !line.starts_with('|') || cells(line)[0] != heading)
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(cells)
        .collect()
}

#[test]
fn architecture_has_the_table_of_the_layers() {
    let rows = table(&read("docs/architecture.md"), "Folder");
    let written: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row[0].as_str(), (row[1].as_str(), row[2].as_str())))
        .collect();
    for Folder {
        name,
        imports,
        asynchronous,
    } in &FOLDERS
    {
        let imports = if imports.is_empty() {
            "nothing of ours".to_owned()
        } else {
            imports.join(", ")
        };
        assert_eq!(
            written.get(name),
            Some(&(&*imports, if *asynchronous { "yes" } else { "no" })),
            "docs/architecture.md, line of `{name}`"
        );
    }
    for (name, _) in written {
        assert!(
            FOLDERS.iter().any(|folder| folder.name == name),
            "docs/architecture.md has a line for `{name}`, which the layer test does not know"
        );
    }
}

#[test]
fn glossary_words_are_told_once() {
    let text = read("docs/glossary.md");
    let rows = table(&text, "Word");
    assert!(
        rows.len() > 25,
        "the glossary has {} words only",
        rows.len()
    );
    let mut seen = BTreeSet::new();
    for row in &rows {
        assert!(
            row.len() == 2 && !row[1].is_empty(),
            "a word without meaning: {row:?}"
        );
        assert!(seen.insert(row[0].clone()), "`{}` is told twice", row[0]);
    }
}

#[test]
fn variables_are_documented() {
    let name = Regex::new(r#""(KANBAN_[A-Z_]+)""#).unwrap();
    let source = read("src/base/env.rs");
    let readme = read("README.md");
    let mut seen = 0;
    for found in name.captures_iter(&source) {
        seen += 1;
        let place = match &found[1] {
            // For tests only.
            "KANBAN_FAULT"
            | "KANBAN_NOW"
            | "KANBAN_MOST_WATCHES"
            | "KANBAN_ASK"
            | "KANBAN_PATIENCE_MS" => read("docs/testing.md"),
            _ => readme.clone(),
        };
        assert!(place.contains(&found[1]), "{} is not documented", &found[1]);
    }
    assert!(seen > 1, "src/base/env.rs names {seen} variables");
}

#[test]
fn changelog_begins_with_unreleased() {
    let text = read("CHANGELOG.md");
    let first = text.lines().find(|line| line.starts_with("## "));
    assert_eq!(first, Some("## [Unreleased]"));
}

/// What is wrong with a decision record, if anything.
fn decision_fault(name: &str, text: &str) -> Option<String> {
    let number = Regex::new(r"^\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md$").unwrap();
    if !number.is_match(name) {
        return Some("is not named NNNN-title.md".to_owned());
    }
    let Some((front, body)) = text
        .strip_prefix("---\n")
        .and_then(|text| text.split_once("\n---\n"))
    else {
        return Some("has no frontmatter".to_owned());
    };
    let keys: BTreeMap<_, _> = front
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    let status =
        Regex::new(r"^(proposed|rejected|accepted|deprecated|superseded by \d{4})$").unwrap();
    if !keys
        .get("status")
        .is_some_and(|value| status.is_match(value))
    {
        return Some("has no known status".to_owned());
    }
    let date = Regex::new(r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$").unwrap();
    if !keys.get("date").is_some_and(|value| date.is_match(value)) {
        return Some("has no date".to_owned());
    }
    if !keys.contains_key("decision-makers") {
        return Some("has no decision-makers".to_owned());
    }
    let headings: Vec<_> = body.lines().filter(|line| line.starts_with('#')).collect();
    if !headings.first().is_some_and(|line| line.starts_with("# ")) {
        return Some("has no title".to_owned());
    }
    [
        "## Context and Problem Statement",
        "## Considered Options",
        "## Decision Outcome",
    ]
    .iter()
    .find(|heading| !headings.contains(heading))
    .map(|heading| format!("has no `{heading}`"))
}

#[test]
fn decisions_have_their_form() {
    let good = read("docs/decisions/0001-files-are-the-truth.md");
    assert_eq!(decision_fault("0001-a.md", &good), None);
    for (name, text) in [
        ("1-a.md", good.clone()),
        ("0001-a.md", good.replacen("---\n", "", 1)),
        ("0001-a.md", good.replace("status: accepted", "status: yes")),
        ("0001-a.md", good.replace("date: ", "day: ")),
        ("0001-a.md", good.replace("decision-makers: ", "by: ")),
        (
            "0001-a.md",
            good.replace("## Decision Outcome", "## Outcome"),
        ),
    ] {
        assert!(decision_fault(name, &text).is_some(), "{name}: {text:.80}");
    }

    let decisions = files(&project().join("docs/decisions"));
    for (place, name) in decisions.iter().enumerate() {
        let text = read(&format!("docs/decisions/{name}"));
        assert_eq!(decision_fault(name, &text), None, "docs/decisions/{name}");
        // Numbers rise by one, so a decision that is taken back stays, with another status.
        assert_eq!(name[..4].parse(), Ok(place + 1), "docs/decisions/{name}");
    }
}
