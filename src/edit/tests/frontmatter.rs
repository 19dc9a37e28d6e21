//! Generated files: frontmatter in every style, with comments, in every line ending; and operations.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::edit::{KeyPath, Op, SectionChange, Wanted};

/// Texts that some reader, or a careless writer, takes for something else.
pub(crate) const NASTY: [&str; 88] = [
    "",
    " ",
    "  lead",
    "trail ",
    "\ttab",
    "tab\t",
    "in\tside",
    "$1",
    "#",
    "# x",
    "a # b",
    "a#b",
    "a: b",
    "a:b",
    "a:",
    ":",
    ":x",
    ": x",
    "@x",
    "`x`",
    "%x",
    "null",
    "Null",
    "~",
    "nil",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "FALSE",
    "1",
    "-1",
    "+1",
    "007",
    "0x1F",
    "0o17",
    "0b1",
    "1_000",
    "1,000",
    "1.0",
    "1.2.3",
    "1e3",
    "1234567e8",
    ".5",
    ".inf",
    "-.INF",
    ".NaN",
    "12:30",
    "12:30:45",
    "2026-04-14",
    "2026-04-14 10:11",
    "2026-04-14T10:11:12Z",
    "2026-4-1",
    "---",
    "...",
    "--- x",
    "... x",
    "-",
    "- x",
    "-x",
    "?",
    "? x",
    "[x]",
    "{x}",
    "[WIP] x",
    "a, b",
    "a]",
    "*x*",
    "&x",
    "!x",
    "|",
    "> x",
    "'",
    "''x",
    "\"",
    "\"x\" y",
    "it's \"so\"",
    "back\\slash",
    "<<",
    "=",
    "😀 emoji",
    "\u{202e}rtl\u{200f} שלום",
    "line\u{2028}sep\u{85}x\u{a0}",
    "a\u{feff}b\u{7f}\u{1}",
    "\u{10ffff}\u{fffe}",
];

/// Texts of several lines.
pub(crate) const LINES: [&str; 10] = [
    "a\nb",
    "a\nb\n",
    "a\n\nb\n\n",
    "\na",
    " a\nb",
    "a\n  b\n",
    "a\r\nb",
    "---\n...\n",
    "# a\n- b: c",
    "\n\n",
];

/// A scalar's text.
pub(crate) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&["x", "some words", "Ünïcode", "KAN-1", "v1.2"][..]).prop_map(str::to_owned),
        4 => select(&NASTY[..]).prop_map(str::to_owned),
        1 => select(&LINES[..]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

/// A value that is to be written.
pub(crate) fn wanted() -> impl Strategy<Value = Wanted> {
    let leaf = prop_oneof![
        4 => text().prop_map(Wanted::Text),
        4 => text().prop_map(Wanted::Alike),
        2 => select(&["5", "true", "2026-01-02", "1.10", "odd: plain", "#", "[a"][..])
            .prop_map(|word| Wanted::Plain(word.to_owned())),
        1 => Just(Wanted::Null),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Wanted::List),
            vec((key(), inner), 0..3).prop_map(|pairs| {
                let mut once: Vec<(String, Wanted)> = Vec::new();
                for (key, value) in pairs {
                    if !once.iter().any(|(other, _)| *other == key) {
                        once.push((key, value));
                    }
                }
                Wanted::Map(once)
            }),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(&["a", "b", "c", "tags", "title", "id"][..]).prop_map(str::to_owned),
        1 => select(&["a.b", "y", "5", "x y", "é", ""][..]).prop_map(str::to_owned),
    ]
}

fn path() -> impl Strategy<Value = KeyPath> {
    vec(key(), 1..4).prop_map(KeyPath)
}

/// An operation on frontmatter.
pub(crate) fn field_op() -> impl Strategy<Value = Op> {
    let order = ["id", "title", "tags", "a", "b"]
        .map(str::to_owned)
        .to_vec();
    prop_oneof![
        4 => (path(), wanted()).prop_map(|(key, value)| Op::Set { key, value }),
        1 => (path(), wanted()).prop_map(move |(key, value)| Op::Place { key, value, order: order.clone() }),
        2 => path().prop_map(|key| Op::Unset { key }),
        2 => (path(), vec(wanted(), 0..3)).prop_map(|(key, values)| Op::Add { key, values }),
        2 => (path(), vec(text(), 0..3)).prop_map(|(key, values)| Op::Remove { key, values }),
        1 => (path(), key()).prop_map(|(key, to)| Op::Rename { key, to }),
    ]
}

/// Any operation.
pub(crate) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => field_op(),
        1 => (0u32..12).prop_map(|line| Op::Quote { line }),
        5 => body_op(),
    ]
}

/// An operation on the body.
pub(crate) fn body_op() -> impl Strategy<Value = Op> {
    let texts = [
        "## New\n\ntext",
        "### Sub\n\ntext",
        "- [ ] one\n- [x] two\n",
        "```\nopen",
        "===",
        "---\na: 1\n---\n",
        "\n\n  indented\n\nx\n\n",
    ];
    let text = prop_oneof![text(), select(texts.map(str::to_owned).to_vec())].boxed();
    let title = select(&["Log", "work-log", "A", "New"][..]).prop_map(str::to_owned);
    let change = prop_oneof![
        text.clone().prop_map(SectionChange::Replace),
        text.clone().prop_map(SectionChange::Append),
        text.clone().prop_map(SectionChange::AppendLine),
    ];
    prop_oneof![
        (0usize..4, any::<bool>()).prop_map(|(check, done)| Op::Tick { check, done }),
        (title, change).prop_map(|(title, change)| Op::Section { title, change }),
        (0usize..60, text.clone()).prop_map(|(at, text)| Op::Insert { at, text }),
        (0usize..60, 0usize..60, text).prop_map(|(start, end, text)| Op::Replace {
            range: start..end,
            text
        }),
    ]
}

/// Lines of a block: entries in every style. `·` stands for the line ending.
const ENTRIES: [&str; 56] = [
    "KEY: x·",
    "KEY:·",
    "KEY: ·",
    "KEY: # c·",
    "KEY: x # c·",
    "KEY:   x·",
    "KEY:\tx\t# c·",
    "KEY: 'x'·",
    "KEY: 'it''s' # c·",
    "KEY: \"x\"·",
    "KEY: \"a\\tb\\u00e9\"·",
    "KEY: 5·",
    "KEY: 2026-01-01·",
    "KEY: true·",
    "KEY: null·",
    "KEY: ~·",
    "KEY: 1.10·",
    "KEY: no·",
    "KEY: |·  one·  two·",
    "KEY: |-·    one··    two·",
    "KEY: >- # c·  folded·  text·",
    "KEY: |+·  keep··",
    "KEY: |·  one··",
    "KEY: >·  a··",
    "KEY: |2·    deep·  x·",
    "KEY: plain·  goes on·",
    "KEY: \"double·  goes on\"·",
    "KEY:·  below·",
    "KEY: # c·  below # d·",
    "KEY: []·",
    "KEY: [ ]·",
    "KEY: [x, y]·",
    "KEY: ['x', \"y\"] # c·",
    "KEY: [x, # c·  y,·  z]·",
    "KEY: [·  x, # c·  y·]·",
    "KEY: [·  x,·  y,·  ]·",
    "KEY:·- x·- y # c·",
    "KEY: # d·- x·# c·- y·",
    "KEY:·  - x·  # c·  -   y·  # e·",
    "KEY:·  - 'x'·  - 'y'·",
    "KEY:·-·- ~·- 5·",
    "KEY:·  - k: v·    w: x·  - k: z·",
    "KEY:·  - - p·    - q·  - r·",
    "KEY:·-  |·  text·  here·- z·",
    "KEY: {}·",
    "KEY: {a: 1, b: x}·",
    "KEY: {a, b: , 'c': [1]}·",
    "KEY: {·  a: 1, # c·  b: 2·  }·",
    "KEY:·  a: 1·  # c·  b:·    c: x·",
    "KEY:·    a: |·      lit·    b: y·    # e·",
    "KEY:·  a:·  - x·  - y·",
    "KEY: &KEY x·",
    "KEY: !!str 5·",
    "KEY: !t x·",
    "\"KEY\": x·",
    "? KEY·: x·",
];

const LOOSE: [&str; 8] = [
    "·",
    "# own line·",
    "  # deep·",
    "#·",
    "··",
    "\t·",
    "      # deeper·",
    "   ·",
];

/// A block with its keys all different, mostly.
pub(crate) fn block() -> impl Strategy<Value = String> {
    let keys = ["id", "title", "tags", "a", "b", "c", "a.b", "links"];
    let entry = (select(&ENTRIES[..]), any::<prop::sample::Index>());
    let piece = prop_oneof![
        5 => entry.prop_map(|(entry, key)| (entry, Some(key))),
        2 => select(&LOOSE[..]).prop_map(|lines| (lines, None)),
    ];
    (vec(piece, 0..7), any::<bool>()).prop_map(move |(pieces, alias)| {
        let mut left = keys.to_vec();
        let mut block = String::new();
        for (lines, key) in pieces {
            match key {
                Some(key) => {
                    let key = left.remove(key.index(left.len()));
                    block.push_str(&lines.replace("KEY", key));
                }
                None => block.push_str(lines),
            }
        }
        if alias && block.contains("&a ") {
            block.push_str("alias: *a·");
        }
        block
    })
}

/// A whole file; some of them end without a newline, or have no frontmatter at all.
pub(crate) fn file() -> impl Strategy<Value = String> {
    let body = select(
        &[
            "",
            "# A·",
            "·text·",
            "# A··## Log··- [ ] one·- [x] two··## B·",
            "## Log·x·### Sub··y·## B·",
            "## Log",
            "Log·---·x··A·===·",
            "x",
            "---·a: 1·---·",
        ][..],
    );
    let eol = select(&["\n", "\n", "\r\n"][..]);
    let fences = select(
        &[
            ("---·", "---·"),
            ("---·", "...·"),
            ("\u{feff}---·", "--- ·"),
            ("", ""),
        ][..],
    );
    (block(), body, eol, fences, 0u8..20).prop_map(|(block, body, eol, (open, close), odd)| {
        let block = if open.is_empty() {
            String::new()
        } else {
            block
        };
        let file = format!("{open}{block}{close}{body}");
        match odd {
            // Line endings that change within the file.
            0 => file.replacen('·', "\r\n", 2).replace('·', "\n"),
            1 => file.replacen('·', "\n", 3).replace('·', "\r\n"),
            2 => file
                .replacen('·', "\n", 3)
                .replacen('·', "\r", 1)
                .replace('·', "\n"),
            _ => file.replace('·', eol),
        }
    })
}
