//! Any bytes parse: no panic, everything within bounds, and work that grows with the input only.
//! `KANBAN_FUZZ_CASES=100000` makes the runs longer.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::model::document::{Document, Entry, Node, Value};
use crate::model::problem::Severity;
use crate::parse::budget;
use crate::parse::tests::corpus;
use crate::parse::tests::oracles::compare_ways;
use crate::parse::{Source, decode, lines, parse, to_json};

fn config() -> Config {
    let cases = std::env::var_os("KANBAN_FUZZ_CASES")
        .and_then(|cases| cases.to_str()?.parse().ok())
        .unwrap_or(300);
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// Checks every promise that `Document` makes about places and ranges.
fn check(bytes: Vec<u8>, source: Source) {
    let decoded = decode(bytes);
    assert!(!decoded.text.contains('\0'));
    let document = parse(&decoded, source);
    let lines = 1 + line_count(document.text);
    assert_eq!(document.text, decoded.text);
    assert!(document.text.ends_with(document.body));
    let before = &document.text[..document.text.len() - document.body.len()];
    assert_eq!(document.body_line, 1 + line_count(before));
    if source == Source::Yaml {
        assert_eq!(document.body, "");
    }

    let mut nodes = 0;
    check_entries(&document.frontmatter, lines, 1, &mut nodes);
    assert!(nodes <= budget::NODES);
    if document.invalid && !document.conflicted {
        let errors = |severity| document.problems.iter().any(|p| p.severity == severity);
        assert!(errors(Severity::Error), "{:?}", document.problems);
    }
    let mut last = (0, 0);
    for problem in &document.problems {
        assert!((1..=lines).contains(&problem.line) && problem.col >= 1);
        assert!(last <= (problem.line, problem.col), "problems in order");
        last = (problem.line, problem.col);
    }
    check_body(&document, lines);
    check_json(&document);
    check_lines_alone(&document, lines);
    for block in [document.raw_frontmatter, document.body] {
        compare_ways(block).expect("one value for both readers of YAML");
    }
}

fn check_entries(entries: &[Entry<'_>], lines: u32, depth: usize, nodes: &mut usize) {
    assert!(depth <= budget::DEPTH);
    for (index, entry) in entries.iter().enumerate() {
        *nodes += 1;
        assert!((1..=lines).contains(&entry.line) && entry.col >= 1);
        assert!(!entry.key.contains('\0'));
        if entries.len() < 100 {
            let again = entries[..index].iter().any(|other| other.key == entry.key);
            assert!(!again, "a key twice: {:?}", entry.key);
        }
        check_node(&entry.node, lines, depth, nodes);
    }
}

fn check_node(node: &Node<'_>, lines: u32, depth: usize, nodes: &mut usize) {
    *nodes += 1;
    assert!((1..=lines).contains(&node.line) && node.col >= 1);
    match &node.value {
        Value::Text(text) => assert!(!text.contains('\0')),
        Value::List(items) => {
            assert!(depth < budget::DEPTH + 1);
            for item in items {
                check_node(item, lines, depth + 1, nodes);
            }
        }
        Value::Map(entries) => check_entries(entries, lines, depth + 1, nodes),
        Value::Null | Value::Bool(_) | Value::Int(_) => {}
    }
}

fn check_body(document: &Document<'_>, lines: u32) {
    let body = document.body;
    let whole = document.body_line..=lines;
    let mut end = 0;
    let mut line = 0;
    for section in &document.sections {
        assert!(section.range.start >= end && section.line >= line);
        assert!(whole.contains(&section.line) && (1..=6).contains(&section.level));
        body.get(section.range.clone()).expect("a section's text");
        (end, line) = (section.range.end, section.line);
    }
    if let Some(last) = document.sections.last() {
        assert_eq!(last.range.end, body.len());
    }
    line = 0;
    for check in &document.checks {
        let text = body.get(check.range.clone()).expect("a check's text");
        assert!(!text.contains('\n') && text.trim() == text);
        assert!(check.section.is_none_or(|at| at < document.sections.len()));
        assert!(whole.contains(&check.line) && check.line >= line);
        line = check.line;
    }
    line = 0;
    for link in &document.links {
        assert!(!link.target.is_empty() && whole.contains(&link.line) && link.line >= line);
        line = link.line;
    }
    end = 0;
    for range in &document.opaque {
        assert!(range.start >= end && range.start < range.end);
        body.get(range.clone()).expect("an opaque text");
        end = range.end;
    }
}

fn check_json(document: &Document<'_>) {
    let json = to_json(&document.frontmatter);
    let read: serde_json::Value = serde_json::from_str(&json).expect("valid JSON");
    let keys = read.as_object().expect("an object").keys();
    assert!(keys.eq(document.frontmatter.iter().map(|entry| &*entry.key)));
}

/// The reader for large bodies sees every body, too.
fn check_lines_alone(document: &Document<'_>, lines: u32) {
    let read = lines::read(document.body, document.body_line);
    let mut other = document.clone();
    other.sections = read.sections;
    other.checks = read.checks;
    other.links = read.links;
    other.opaque = read.opaque;
    check_body(&other, lines);
}

fn line_count(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

/// Pieces that mean something to one of the parsers, with `·` between them.
const PIECES: &str = concat!(
    "---\n·...\n·+++\n·---\r\n·{\"a\":·}\n·\"·'·id: 1\n·a: [b, c]\n·k: ·- ·  ·\t·",
    "\n·\r\n·\r·: ·:·&a ·*a ·*a·!!str ·|\n·>-\n·? ·# ·## ·===\n·[·]·[[·]]·![[·](·",
    ")·|·\\|·\\·`·```\n·~~~\n·<!--·-->·<a ·- [ ] ·- [x] #1 ·1. ·> ·*·_·é·標·",
    "\u{feff}·\u{2028}·\0·x·word ·<<<<<<< HEAD\n·=======\n·>>>>>>> b\n·",
    "||||||| o\n·[r]: x.md\n·[^1]·[^1]: ·%·@·, ·<<: *a\n·= 1\n·[t]\n·null·0·",
    "https://·{·}·\n---\n·    ",
);

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PIECES.split('·').collect::<Vec<_>>())
}

fn piecewise() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

#[derive(Debug, Clone)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
    Splice(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>();
    prop_oneof![
        (at, 0_u8..8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        at.prop_map(Damage::Cut),
        (at, at).prop_map(|(from, to)| Damage::Repeat(from, to)),
        (at, piece()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (at, at, at).prop_map(|(at, file, from)| Damage::Splice(at, file, from)),
    ]
}

fn damaged(file: usize, damages: &[Damage]) -> (Vec<u8>, Source) {
    let files = corpus::files();
    let (name, bytes) = &files[file % files.len()];
    let mut bytes = bytes.clone();
    for damage in damages {
        let length = bytes.len() + 1;
        match *damage {
            Damage::Flip(at, bit) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= 1 << bit;
                }
            }
            Damage::Cut(at) => bytes.truncate(at % length),
            Damage::Repeat(from, to) => {
                let (from, to) = (from % length, to % length);
                let piece = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, piece);
            }
            Damage::Insert(at, piece) => {
                bytes.splice(at % length..at % length, piece.bytes());
            }
            Damage::Splice(at, file, from) => {
                let (_, other) = &files[file % files.len()];
                let tail = other[from % (other.len() + 1)..].to_vec();
                bytes.splice(at % length.., tail);
            }
        }
    }
    (bytes, corpus::source(name))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_parse(bytes in vec(any::<u8>(), 0..400)) {
        check(bytes.clone(), Source::Yaml);
        check(bytes, Source::Markdown);
    }

    #[test]
    fn any_pieces_parse(bytes in piecewise()) {
        check(bytes.clone(), Source::Yaml);
        let mut fenced = b"---\n".to_vec();
        fenced.extend_from_slice(&bytes);
        check(fenced, Source::Markdown);
        check(bytes, Source::Markdown);
    }

    #[test]
    fn damaged_documents_parse(file in any::<usize>(), damages in vec(damage(), 1..6)) {
        let (bytes, source) = damaged(file, &damages);
        check(bytes, source);
    }
}

#[test]
fn the_corpus_and_old_finds_keep_the_law() {
    for (name, bytes) in corpus::files() {
        check(bytes, corpus::source(&name));
    }
    let finds = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/fuzz");
    for find in std::fs::read_dir(finds).expect("fixtures/fuzz") {
        let bytes = std::fs::read(find.expect("a listed file").path()).expect("a find");
        check(bytes.clone(), Source::Yaml);
        check(bytes, Source::Markdown);
    }
}

/// Inputs on which a careless parser takes quadratic time or gigabytes.
#[test]
fn hostile_documents_are_bounded() {
    let size = 60_000;
    let units = "[·{·- ·? ·a: ·&a ·*a·'·\"·{a: ·[a, ·!·!!·|\n·a:\n·- - ·-\n·#·: ·\n\n·a: &a *a\n·\"a\\·[a]: ·<<: ·\t·%a ·a\n·>·`·](·[[·*_";
    for unit in units.split('·') {
        let hostile = unit.repeat(size / unit.len());
        for text in [
            format!("---\nid: 1\nk: {hostile}\n---\n"),
            format!("---\n{hostile}\n---\n"),
            format!("+++\nk = {hostile}\n+++\n"),
            format!("{{\"a\": {hostile}\n}}\n"),
            format!("---\nid: 1\n---\n{hostile}\n"),
            format!("---\n{hostile}"),
        ] {
            check(text.into_bytes(), Source::Markdown);
        }
        check(hostile.into_bytes(), Source::Yaml);
    }
}

/// Quotes and lists inside each other make the tree parser look at every level for every line:
/// such bodies, and large ones, must take the other way.
#[test]
fn bodies_that_would_be_slow_are_read_by_lines() {
    let lazy = "\nlazy".repeat(300);
    for body in [
        format!("{}text{lazy}", ">".repeat(200)),
        format!("{}text{lazy}", "> ".repeat(200)),
        format!("{}text{lazy}", "- ".repeat(200)),
        format!("{}text{lazy}", "1. ".repeat(200)),
        format!("a\r{}text{lazy}", ">- ".repeat(200)),
        format!("{}- text{lazy}", " ".repeat(300)),
        "[[x]] `` [a](b.md)\n".repeat(60_000),
    ] {
        let decoded = decode(body.into_bytes());
        let document = parse(&decoded, Source::Markdown);
        let codes = document.problems.iter().map(|problem| problem.code);
        assert!(codes.eq(["large-body"]), "{:?}", document.problems);
    }
    for body in [
        "-".repeat(500),
        "* * *\n".repeat(500),
        format!("{}text", " ".repeat(500)),
        "> - 1. nested\n".repeat(500),
    ] {
        let decoded = decode(body.into_bytes());
        assert_eq!(parse(&decoded, Source::Markdown).problems, []);
    }
}
