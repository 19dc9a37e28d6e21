//! Second opinions: another splitter, another YAML parser, and our two readers of bodies.

use gray_matter::engine::Engine;
use gray_matter::{Matter, Pod};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::model::document::{Format, Node, Value};
use crate::parse::tests::corpus;
use crate::parse::yaml::{self, Verdict};
use crate::parse::{Source, decode, lines, markdown, parse, yaml_simple};

/// Gives the block as it is: only the splitting is compared.
struct Raw;

impl Engine for Raw {
    fn parse(content: &str) -> gray_matter::Result<Pod> {
        Ok(Pod::String(content.to_owned()))
    }
}

fn their_block(text: &str, fence: &str) -> String {
    let mut matter = Matter::<Raw>::new();
    matter.delimiter = fence.to_owned();
    let parsed = matter.parse::<Pod>(text).expect("a raw block");
    parsed.matter.trim().to_owned()
}

fn our_block(text: &str, format: Format) -> String {
    let decoded = decode(text.as_bytes().to_vec());
    let document = parse(&decoded, Source::Markdown);
    let raw = match document.format {
        Some(found) if found == format => document.raw_frontmatter,
        _ => "",
    };
    raw.replace("\r\n", "\n").trim().to_owned()
}

/// Where we know better: `...` closes a block, a conflict may stand before it, other white space
/// than blanks does not belong to a fence, and without a second fence there is no block.
fn known_difference(text: &str) -> bool {
    let closed = text
        .lines()
        .skip(1)
        .any(|line| line.trim_end_matches([' ', '\t', '\r']) == "---");
    let odd_space = |c: char| c.is_whitespace() && !matches!(c, ' ' | '\t' | '\r' | '\n');
    !closed
        || text.lines().any(|line| line.trim_end() == "...")
        || text.starts_with("<<<<<<<")
        || text.contains(odd_space)
        || text.matches('\r').count() != text.matches("\r\n").count()
}

#[test]
fn blocks_end_where_another_splitter_ends_them() {
    let mut compared = 0;
    for (name, bytes) in corpus::files() {
        let text = decode(bytes).text;
        let toml = text.starts_with("+++\n");
        if (known_difference(&text) && !toml) || name.contains("unclosed") {
            continue;
        }
        let (fence, format) = if toml {
            ("+++", Format::Toml)
        } else {
            ("---", Format::Yaml)
        };
        assert_eq!(
            our_block(&text, format),
            their_block(&text, fence),
            "{name}"
        );
        compared += 1;
    }
    assert!(compared > 40, "only {compared} files were compared");
}

/// What another parser reads, if the block is a mapping to it.
fn their_values(block: &str) -> Option<serde_yaml::Mapping> {
    match serde_yaml::from_str(block) {
        Ok(serde_yaml::Value::Mapping(mapping)) => Some(mapping),
        Ok(serde_yaml::Value::Null) => Some(serde_yaml::Mapping::new()),
        _ => None,
    }
}

/// True where both say the same, as far as both have a word for it: numbers that are text to us
/// are compared only where the spelling is the number.
fn agree(ours: &Node<'_>, theirs: &serde_yaml::Value) -> bool {
    use serde_yaml::Value as Theirs;
    match (&ours.value, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(a), Theirs::Bool(b)) => a == b,
        (Value::Int(a), Theirs::Number(b)) => b.as_i64() == Some(*a),
        (Value::Text(a), Theirs::String(b)) => a == b,
        (Value::Text(a), Theirs::Number(_)) => {
            a.contains(|c: char| c.is_ascii_digit()) || a.contains(".i") || a.contains(".n")
        }
        // Schema: `True` and `TRUE` are truth values to the other one.
        (Value::Text(a), Theirs::Bool(b)) => {
            a.eq_ignore_ascii_case(if *b { "true" } else { "false" })
        }
        (Value::List(a), Theirs::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b))
        }
        (Value::Map(a), Theirs::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, (key, b))| {
                    key.as_str().is_none_or(|key| key == a.key) && agree(&a.node, b)
                })
        }
        _ => false,
    }
}

fn compare(block: &str) -> Result<(), String> {
    let ours = yaml::read(block, 1);
    let theirs = their_values(block);
    let differ = |what: &str| Err(format!("{what}\n{block}\n{ours:?}\n{theirs:?}"));
    // Duplicate keys are an error there and a warning here.
    if ours.problems.iter().any(|p| p.code == "duplicate-key") {
        return Ok(());
    }
    match (&theirs, ours.verdict == Verdict::Mapping) {
        (Some(theirs), true) => {
            let same = ours.entries.len() == theirs.len()
                && ours
                    .entries
                    .iter()
                    .zip(theirs)
                    .all(|(ours, (key, theirs))| {
                        key.as_str().is_none_or(|key| key == ours.key) && agree(&ours.node, theirs)
                    });
            if same { Ok(()) } else { differ("values") }
        }
        (None, false) => Ok(()),
        _ => differ("validity"),
    }
}

#[test]
fn the_corpus_reads_as_another_yaml_parser_reads_it() {
    // Where the two differ, and why.
    let known = [
        "escapes.md",                // it keeps NUL
        "bom-inside.md",             // an error here
        "alias-bomb.md",             // their limit is higher
        "alias-long-text.md",        // their limit is higher
        "nested-too-deep-blocks.md", // their limit is higher
        "too-large.md",              // not read here
        "line-separators.md",        // U+0085 breaks lines in YAML 1.1
        "second-document-inside.md", // an error there
        "kep-with-documents.yaml",   // an error there
        "complex-keys.md",           // a key that is no text
    ];
    let mut compared = 0;
    for (name, bytes) in corpus::files() {
        let decoded = decode(bytes);
        let document = parse(&decoded, corpus::source(&name));
        if document.format == Some(Format::Yaml) && !known.contains(&name.as_str()) {
            compare(document.raw_frontmatter).unwrap_or_else(|why| panic!("{name}: {why}"));
            compared += 1;
        }
    }
    assert!(compared > 30, "only {compared} files were compared");
}

fn tame() -> impl Strategy<Value = String> {
    let words = "|null|~|true|no|1.10|007|-5|2026-01-02|10:30|v1|\"a\\tb\\\"c\\u00e9\"|'it''s'";
    prop_oneof![
        "[a-z][a-z ]{0,8}[a-z]",
        "[A-Za-z0-9][A-Za-z0-9_./+-]{0,8}",
        "'[a-z :#,é\\[\\]{}&*@-]{0,8}'",
        "\"[a-z :#,é\\[\\]{}&*@-]{0,8}\"",
        prop::sample::select(words.split('|').collect::<Vec<_>>()).prop_map(str::to_owned),
    ]
}

/// Any signs in block context. Left out is where YAML 1.1 has other rules: anchors and tags, lone
/// colons, comments right behind a bar, and quotes and brackets that go on over less indented lines.
fn wild() -> impl Strategy<Value = String> {
    prop_oneof![tame(), "[$%()+-9;-=?-Z\\]-z}~é標][!-9;-~é標]{0,7}:?[a-z]"]
}

fn line() -> impl Strategy<Value = String> {
    let key = "[a-z][a-z_.]{0,6}";
    prop_oneof![
        (key, wild()).prop_map(|(key, value)| format!("{key}: {value}\n")),
        (key, wild()).prop_map(|(key, value)| format!("{key}: {value} # note\n")),
        (key, vec(tame(), 0..4))
            .prop_map(|(key, items)| format!("{key}: [{}]\n", items.join(", "))),
        (key, vec(wild(), 1..4)).prop_map(|(key, items)| {
            let items = items.iter().map(|item| format!("  - {item}\n"));
            format!("{key}:\n{}", items.collect::<String>())
        }),
        (key, vec((key, wild()), 1..4)).prop_map(|(key, pairs)| {
            let pairs = pairs
                .iter()
                .map(|(key, value)| format!("  {key}: {value}\n"));
            format!("{key}:\n{}", pairs.collect::<String>())
        }),
        (
            key,
            vec("[a-z#:]{1,8}", 1..3),
            prop::sample::select(vec!["|", ">", "|-", ">+"])
        )
            .prop_map(|(key, text, style)| {
                let text = text.iter().map(|line| format!("  {line}\n"));
                format!("{key}: {style}\n{}", text.collect::<String>())
            }),
        "# [a-z: ]{0,8}\n",
        Just("\n".to_owned()),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 500, failure_persistence: None, ..Config::default() })]

    #[test]
    fn blocks_read_as_another_yaml_parser_reads_them(lines in vec(line(), 0..5)) {
        let block = lines.concat();
        if let Err(why) = compare(&block) {
            return Err(TestCaseError::fail(why));
        }
    }
}

/// The short way must not be told from the long one.
pub(crate) fn compare_ways(block: &str) -> Result<bool, String> {
    let Some((simple, nodes)) = yaml_simple::read(block, 3) else {
        return Ok(false);
    };
    let whole = yaml::read_events(block, 3);
    let same = whole.verdict == Verdict::Mapping
        && whole.problems.is_empty()
        && whole.entries == simple
        && whole.spent.nodes == nodes;
    if same {
        Ok(true)
    } else {
        Err(format!("{block}\n{simple:?} {nodes}\n{whole:?}"))
    }
}

#[test]
fn the_short_way_reads_the_corpus_as_the_long_way() {
    let mut short = 0;
    for (name, bytes) in corpus::files() {
        let decoded = decode(bytes);
        let document = parse(&decoded, corpus::source(&name));
        for block in [document.raw_frontmatter, document.body, document.text] {
            let taken = compare_ways(block).unwrap_or_else(|why| panic!("{name}: {why}"));
            short += usize::from(taken && !block.is_empty());
        }
    }
    assert!(short > 10, "only {short} blocks went the short way");
}

/// Lines as people write them, with the odd ones between.
fn human_line() -> impl Strategy<Value = String> {
    let odd = "- a\n|  - a\n|  - b: c\n|  b: c\n|    - d\n|    e: f\n|a:\n|b: \n|c: # x\n|  \n|\n| # y\n|d: [\n|\
        e: [a, ]\n|f: []\n|g: [ a , 'b' ] # z\n|h: {}\n|i: { }\n|j: {a: b}\n|k: a #b\n|l: a# b\n|m: \"\" \n|n: ''''\n|\
        o: |\n|  text\n|p: &a x\n|q: *a\n|r: !t x\n|- \n|-\n|s: -\n|t: - a\n|u: a:b\n|v: a: b\n|w:  x\n|x : y\n|\
        y:z\n|1: a\n|null: a\n|a: b\r\n|  - c\r\n|A: é標 ü\n|B:\tx\n|---\n|...\n|? a\n|\"q\": a\n|C: \"a\" # b\n|\
        D: 'a'#b\n|E: [a]b\n|F: [a b, -1, ~, 'x y', \"z\"]\n|G: ~\n|H: a ]\n|I: (x) [y]\n|a.b-c: d\n|J: a\u{a0}\n|-- x\n";
    prop_oneof![
        2 => line(),
        3 => prop::sample::select(odd.split_inclusive("\n").map(|l| l.trim_start_matches('|')).collect::<Vec<_>>())
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 3000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn the_short_way_reads_blocks_as_the_long_way(lines in vec(human_line(), 0..7), cut in any::<usize>()) {
        let block = lines.concat();
        let mut end = cut % (2 * block.len() + 1);
        end = block.floor_char_boundary(end);
        for block in [&block[..end], &block] {
            if let Err(why) = compare_ways(block) {
                return Err(TestCaseError::fail(why));
            }
        }
    }
}

fn body_block() -> impl Strategy<Value = String> {
    let words = "[a-zé]{1,6}";
    prop_oneof![
        (1_usize..7, words).prop_map(|(level, title)| format!("{} {title}\n", "#".repeat(level))),
        ("[ xX]", words).prop_map(|(mark, text)| format!("- [{mark}] {text} [[{text}]]\n")),
        ("[ x]", words).prop_map(|(mark, text)| format!("1. a\n   - [{mark}] #1 {text}  \n")),
        (words, words)
            .prop_map(|(a, b)| format!("{a} [[{b}|{a}]] [x]({b}.md#h \"t\") ![i]({a}.png)\n")),
        (words, words)
            .prop_map(|(a, b)| format!("`[[{a}]]` ![i]({a}.md) [u](https://{b}) ![[{b}#{a}]]\n")),
        words.prop_map(|text| format!("```sh\n# {text}\n- [ ] [[{text}]]\n```\n")),
        words.prop_map(|text| format!("~~~~\n~~~\n[[{text}]]\n~~~~\n")),
        words.prop_map(|text| format!("<!-- {text}\n\n[[{text}]]\n-->\n")),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 300, failure_persistence: None, ..Config::default() })]

    /// The reader for large bodies sees in plain ones what the Markdown crate sees.
    #[test]
    fn bodies_read_by_lines_as_by_the_tree(blocks in vec(body_block(), 0..8)) {
        let body = blocks.join("\n");
        let tree = markdown::read(&body, 5);
        let line = lines::read(&body, 5);
        prop_assert_eq!(tree.sections, line.sections);
        prop_assert_eq!(tree.checks, line.checks);
        prop_assert_eq!(tree.links, line.links);
        let opaque = |ranges: &[std::ops::Range<usize>]| {
            ranges.iter().map(|range| body[range.clone()].trim().to_owned()).collect::<Vec<_>>()
        };
        prop_assert_eq!(opaque(&tree.opaque), opaque(&line.opaque));
    }
}
