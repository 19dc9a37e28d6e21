//! What holds for every file and every operation. `KANBAN_FUZZ_CASES=100000` makes the runs longer,
//! and `KANBAN_CORPUS` names a folder of more files.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::edit::apply;
use crate::edit::tests::corpus;
use crate::edit::tests::frontmatter::{block, body_op, field_op, file, op};
use crate::model::document::{Check, Document, Entry, Node, Value};
use crate::model::edit::{KeyPath, Op, SectionChange, Wanted};
use crate::parse::{Source, decode, parse};

fn config() -> Config {
    let cases = std::env::var_os("KANBAN_FUZZ_CASES")
        .and_then(|cases| cases.to_str()?.parse().ok())
        .unwrap_or(400);
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// The value as one would write it.
fn wanted_of(value: &Value<'_>) -> Wanted {
    match value {
        Value::Null => Wanted::Null,
        Value::Bool(truth) => Wanted::Alike(truth.to_string()),
        Value::Int(number) => Wanted::Alike(number.to_string()),
        Value::Text(text) => Wanted::Alike(text.to_string()),
        Value::List(items) => Wanted::List(items.iter().map(|item| inner(&item.value)).collect()),
        Value::Map(entries) => {
            let pair = |entry: &Entry<'_>| (entry.key.to_string(), inner(&entry.node.value));
            Wanted::Map(entries.iter().map(pair).collect())
        }
    }
}

/// A part of a value: beside it stands nothing that it could be alike.
fn inner(value: &Value<'_>) -> Wanted {
    match (wanted_of(value), value) {
        (Wanted::Alike(word), Value::Bool(_) | Value::Int(_)) => Wanted::Plain(word),
        (Wanted::Alike(text), _) => Wanted::Text(text),
        (other, _) => other,
    }
}

/// A value without places; what is at `skip` is left out, and so is a map of nothing else.
fn plain(value: &Value<'_>, skip: Option<&[String]>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => format!("bool {truth}"),
        Value::Int(number) => format!("int {number}"),
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => {
            let items = items.iter().map(|item| plain(&item.value, None));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => plain_map(entries, skip),
    }
}

fn plain_map(entries: &[Entry<'_>], skip: Option<&[String]>) -> String {
    let mut shown = Vec::new();
    for entry in entries {
        let rest = match skip {
            Some([first, rest @ ..]) if *first == entry.key => {
                if rest.is_empty() {
                    continue;
                }
                Some(rest)
            }
            _ => None,
        };
        shown.push(format!(
            "{:?}: {}",
            entry.key,
            plain(&entry.node.value, rest)
        ));
    }
    format!("{{{}}}", shown.join(", "))
}

/// Paths of all keys of maps, with their nodes.
fn keys<'d>(
    entries: &'d [Entry<'d>],
    above: &[String],
    found: &mut Vec<(Vec<String>, &'d Node<'d>)>,
) {
    for entry in entries {
        let mut path = above.to_vec();
        path.push(entry.key.to_string());
        if let Value::Map(inner) = &entry.node.value {
            keys(inner, &path, found);
        }
        found.push((path, &entry.node));
    }
}

fn read(bytes: &[u8], source: Source, look: impl FnOnce(&Document<'_>)) {
    let decoded = decode(bytes.to_vec());
    look(&parse(&decoded, source));
}

/// The lines of the entry that a path begins with; comments at its end that stand no deeper than it
/// are not its.
fn own_lines(text: &str, document: &Document<'_>, key: &str) -> std::ops::Range<usize> {
    let offset = |line: u32| -> usize {
        text.split_inclusive('\n')
            .take(line as usize - 1)
            .map(str::len)
            .sum()
    };
    let index = document
        .frontmatter
        .iter()
        .position(|entry| entry.key == key);
    let index = index.expect("a key");
    let start = offset(document.frontmatter[index].line);
    let raw = document.raw_frontmatter.as_ptr() as usize - document.text.as_ptr() as usize;
    let mut end = match document.frontmatter.get(index + 1) {
        Some(next) if next.line > document.frontmatter[index].line => offset(next.line),
        Some(_) => return raw..raw + document.raw_frontmatter.len(),
        None => raw + document.raw_frontmatter.len(),
    };
    let mut at = end;
    for line in text[start..end].split_inclusive('\n').rev() {
        at -= line.len();
        match line.trim() {
            "" => {}
            _ if line.starts_with('#') => end = at,
            _ => break,
        }
    }
    start..end
}

#[derive(Debug, Default)]
struct Tally {
    sets: usize,
    refused: usize,
    restored: usize,
    again: usize,
}

/// The laws of `set`, for every key of a file.
fn check_sets(name: &str, bytes: &[u8], source: Source, tally: &mut Tally) {
    read(bytes, source, |document| {
        if document.invalid {
            return;
        }
        let mut found = Vec::new();
        keys(&document.frontmatter, &[], &mut found);
        for (path, node) in found {
            check_set(name, bytes, source, document, &path, node, tally);
        }
    });
}

fn check_set(
    name: &str,
    bytes: &[u8],
    source: Source,
    document: &Document<'_>,
    path: &[String],
    node: &Node<'_>,
    tally: &mut Tally,
) {
    let key = KeyPath(path.to_vec());
    let set = |value: Wanted| Op::Set {
        key: key.clone(),
        value,
    };
    let was = wanted_of(&node.value);
    // Setting what is there changes nothing, where it can be set at all.
    match apply(bytes, source, &[set(was.clone())]) {
        Ok(same) => assert!(
            !same.changed && same.bytes == bytes,
            "{name}: {key} to itself"
        ),
        Err(refused) => assert!(
            [
                "duplicate-key",
                "anchor",
                "tag",
                "json-frontmatter",
                "multiple-documents",
                "no-null",
                "lone-carriage-return",
                "not-utf8",
                "nul-byte",
                "utf-16",
                "not-proved"
            ]
            .contains(&refused.code),
            "{name}: {key} to itself: {refused:?}"
        ),
    }
    let new = match &was {
        Wanted::List(items) => {
            let mut items = items.clone();
            items.push(Wanted::Text("something new".to_owned()));
            Wanted::List(items)
        }
        Wanted::Map(pairs) => {
            let mut pairs = pairs.clone();
            pairs.push(("something".to_owned(), Wanted::Text("new".to_owned())));
            Wanted::Map(pairs)
        }
        Wanted::Alike(text) => Wanted::Alike(other_of_its_kind(text)),
        Wanted::Text(_) | Wanted::Plain(_) | Wanted::Null => Wanted::Text("new".to_owned()),
    };
    let Ok(edited) = apply(bytes, source, &[set(new)]) else {
        tally.refused += 1;
        return;
    };
    tally.sets += 1;
    assert!(edited.changed, "{name}: {key}");
    read(&edited.bytes, source, |after| {
        let skip = Some(path);
        assert!(!after.invalid, "{name}: {key}");
        assert_eq!(
            plain_map(&document.frontmatter, skip),
            plain_map(&after.frontmatter, skip),
            "{name}: {key}"
        );
        assert_eq!(document.body, after.body, "{name}: {key}");
        let lines = own_lines(document.text, document, &path[0]);
        let (old, new) = (document.text.as_bytes(), after.text.as_bytes());
        assert!(
            new.starts_with(&old[..lines.start]),
            "{name}: {key}: bytes before"
        );
        assert!(
            new.ends_with(&old[lines.end..]),
            "{name}: {key}: bytes behind"
        );
        assert!(
            new.len() >= old.len() - lines.len(),
            "{name}: {key}: bytes overlap"
        );
    });
    assert_eq!(
        bytes.starts_with(b"\xEF\xBB\xBF"),
        edited.bytes.starts_with(b"\xEF\xBB\xBF")
    );
    assert_eq!(
        bytes.ends_with(b"\n"),
        edited.bytes.ends_with(b"\n"),
        "{name}: {key}: final newline"
    );
    // Setting it back gives the value, and the bytes of a scalar on one line without odd escapes.
    let back = apply(&edited.bytes, source, &[set(was.clone())]);
    let back = back.unwrap_or_else(|refused| panic!("{name}: {key} back: {refused:?}"));
    tally.again += 1;
    let line = |number: u32| {
        document
            .text
            .split('\n')
            .nth(number as usize - 1)
            .unwrap_or_default()
    };
    let written = line(node.line);
    let at: usize = written
        .chars()
        .take(node.col as usize - 1)
        .map(char::len_utf8)
        .sum();
    let is_exact = match &was {
        Wanted::Alike(text) => {
            let exactly = [
                text.clone(),
                format!("\"{text}\""),
                format!("'{}'", text.replace('\'', "''")),
            ];
            let rest = written[at..].trim_end();
            exactly
                .iter()
                .any(|exact| rest == exact || rest.starts_with(&format!("{exact} #")))
                && !is_odd_plain(text, rest)
        }
        _ => false,
    };
    if is_exact {
        assert_eq!(back.bytes, bytes, "{name}: {key}: set and set back");
        tally.restored += 1;
    }
    read(&back.bytes, source, |after| {
        assert_eq!(
            plain_map(&document.frontmatter, None),
            plain_map(&after.frontmatter, None),
            "{name}: {key}: back"
        );
    });
}

/// What stands plain although some reader takes it for something else: it comes back in quotes.
fn is_odd_plain(text: &str, rest: &str) -> bool {
    let nothing = text.is_empty() || text.eq_ignore_ascii_case("null");
    let odd = text.contains(['\u{85}', '\u{2028}', '\u{2029}']);
    (nothing || odd || matches!(text, "~" | "=" | "<<")) && rest.starts_with(text)
}

/// Another number for a number, another word for a word.
fn other_of_its_kind(text: &str) -> String {
    let truths = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    if let Some(at) = truths
        .iter()
        .position(|truth| text.eq_ignore_ascii_case(truth))
    {
        return truths[at ^ 1].to_owned();
    }
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return format!("{text}x");
    }
    let other = |character| match character {
        '1' => '2',
        '2'..='9' => '1',
        other => other,
    };
    let changed = text.chars().map(other).collect::<String>();
    if changed == text {
        changed + "1"
    } else {
        changed
    }
}

#[test]
fn sets_of_real_files_touch_what_they_mean() {
    let mut tally = Tally::default();
    for file in corpus::files() {
        check_sets(&file.name, &file.bytes, file.source, &mut tally);
    }
    assert!(
        tally.sets > 500 && tally.refused * 5 < tally.sets && tally.restored > 250,
        "{tally:?}"
    );
}

#[test]
fn refused_is_refused_for_a_reason() {
    for file in corpus::files() {
        let op = Op::Set {
            key: KeyPath::top("some_new_key"),
            value: Wanted::Text("x".to_owned()),
        };
        match apply(&file.bytes, file.source, &[op]) {
            Ok(edited) => assert!(edited.changed),
            Err(refused) => {
                assert_ne!(refused.code, "not-proved", "{}: {refused:?}", file.name);
                assert!(!refused.reason.is_empty());
            }
        }
    }
}

/// What an operation may change: the outermost key, or the last of a path where that is one key.
fn target(op: &Op) -> Option<&KeyPath> {
    match op {
        Op::Set { key, .. }
        | Op::Place { key, .. }
        | Op::Unset { key }
        | Op::Add { key, .. }
        | Op::Remove { key, .. }
        | Op::Rename { key, .. } => Some(key),
        _ => None,
    }
}

/// The outermost keys other than the one that is changed, with their values, in order.
fn others(bytes: &[u8], source: Source, op: &Op) -> Vec<String> {
    let key = target(op).expect("an operation on frontmatter");
    let mut gone = vec![key.0[0].clone(), key.0.join(".")];
    if let Op::Rename { to, .. } = op {
        gone.push(to.clone());
    }
    let mut others = Vec::new();
    read(bytes, source, |document| {
        for entry in &document.frontmatter {
            if !gone.contains(&entry.key.to_string()) {
                others.push(format!(
                    "{:?}: {}",
                    entry.key,
                    plain(&entry.node.value, None)
                ));
            }
        }
    });
    others
}

/// Everything beside the lines of the outermost entry is as it was; where that is new, nothing goes.
fn check_bytes(before: &[u8], after: &[u8], source: Source, op: &Op) {
    let key = target(op).expect("an operation on frontmatter");
    read(before, source, |document| {
        let names = [key.0[0].clone(), key.0.join(".")];
        let flow = document.raw_frontmatter.trim_start().starts_with('{');
        let there = |name: &&String| document.get(name).is_some();
        let text = document.text;
        let now = std::str::from_utf8(after)
            .expect("text")
            .trim_start_matches('\u{feff}');
        if flow || document.format.is_none() {
            assert!(now.ends_with(document.body));
            return;
        }
        let unended = usize::from(!text.ends_with('\n')) * 2;
        let beside = |name: &String| {
            let lines = own_lines(text, document, name);
            let start = if lines.end == text.len() {
                lines.start.saturating_sub(unended)
            } else {
                lines.start
            };
            now.as_bytes().starts_with(&text.as_bytes()[..start])
                && now.as_bytes().ends_with(&text.as_bytes()[lines.end..])
        };
        let pure = {
            let same = |(old, new): &(u8, u8)| old == new;
            let head = text.bytes().zip(now.bytes()).take_while(same).count();
            let tail = text
                .bytes()
                .rev()
                .zip(now.bytes().rev())
                .take_while(same)
                .count();
            head + tail >= text.len()
        };
        assert!(
            pure || names.iter().filter(there).any(beside),
            "{op:?} on\n{text}\ngave\n{now}"
        );
    });
}

fn check_sequence(bytes: &[u8], source: Source, ops: &[Op]) {
    let mut now = bytes.to_vec();
    for op in ops {
        let Ok(next) = apply(&now, source, std::slice::from_ref(op)) else {
            continue;
        };
        assert_eq!(next.changed, next.bytes != now);
        assert_eq!(
            others(&now, source, op),
            others(&next.bytes, source, op),
            "{op:?}"
        );
        let same_body = |bytes: &[u8]| {
            let mut body = String::new();
            read(bytes, source, |document| body = document.body.to_owned());
            body
        };
        assert_eq!(same_body(&now), same_body(&next.bytes), "{op:?}");
        check_bytes(&now, &next.bytes, source, op);
        let again = apply(&next.bytes, source, std::slice::from_ref(op));
        let again = again.unwrap_or_else(|refused| panic!("{op:?} again: {refused:?}"));
        assert_eq!(
            String::from_utf8_lossy(&again.bytes),
            String::from_utf8_lossy(&next.bytes),
            "{op:?} twice"
        );
        now = next.bytes;
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sets_of_generated_files_touch_what_they_mean(file in file()) {
        check_sets("generated", file.as_bytes(), Source::Markdown, &mut Tally::default());
    }

    #[test]
    fn sequences_change_nothing_else(file in file(), ops in vec(field_op(), 1..5)) {
        check_sequence(file.as_bytes(), Source::Markdown, &ops);
    }

    #[test]
    fn sequences_on_whole_files_change_nothing_else(block in block(), ended in any::<bool>(), ops in vec(field_op(), 1..5)) {
        let block = block.replace('·', "\n");
        let file = if ended { &block } else { block.trim_end_matches('\n') };
        check_sequence(file.as_bytes(), Source::Yaml, &ops);
    }

    #[test]
    fn any_bytes_and_operations_never_panic(bytes in vec(any::<u8>(), 0..200), ops in vec(op(), 1..4)) {
        for source in [Source::Markdown, Source::Yaml] {
            if let Ok(edited) = apply(&bytes, source, &ops) {
                prop_assert_eq!(edited.changed, edited.bytes != bytes);
            }
        }
    }

    #[test]
    fn cut_files_and_operations_never_panic(file in file(), cut in any::<prop::sample::Index>(), ops in vec(op(), 1..5)) {
        let bytes = &file.as_bytes()[..cut.index(file.len() + 1)];
        for source in [Source::Markdown, Source::Yaml] {
            if let Ok(edited) = apply(bytes, source, &ops) {
                prop_assert_eq!(edited.changed, edited.bytes != bytes);
            }
        }
    }

    #[test]
    fn operations_in_order_are_one_after_the_other(file in file(), ops in vec(op(), 2..4)) {
        let mut now = Ok(file.as_bytes().to_vec());
        for op in &ops {
            now = now.and_then(|now| Ok(apply(&now, Source::Markdown, std::slice::from_ref(op))?.bytes));
        }
        let at_once = apply(file.as_bytes(), Source::Markdown, &ops);
        prop_assert_eq!(at_once.map(|edited| edited.bytes), now);
    }

    #[test]
    fn the_body_changes_where_it_should(file in file(), op in body_op()) {
        check_body(file.as_bytes(), &op);
    }
}

/// What an operation on the body leaves alone.
fn check_body(bytes: &[u8], op: &Op) {
    let Ok(edited) = apply(bytes, Source::Markdown, std::slice::from_ref(op)) else {
        return;
    };
    read(bytes, Source::Markdown, |before| {
        read(&edited.bytes, Source::Markdown, |after| {
            let front = |document: &Document<'_>| {
                document.text[..document.text.len() - document.body.len()].to_owned()
            };
            assert_eq!(front(before), front(after));
            assert_eq!(before.body_line, after.body_line);
            let boxes = |document: &Document<'_>| {
                let check =
                    |check: &Check| (check.done, document.body[check.range.clone()].to_owned());
                document.checks.iter().map(check).collect::<Vec<_>>()
            };
            match op {
                Op::Tick { check, done } => {
                    let mut expected = boxes(before);
                    expected[*check].0 = *done;
                    assert_eq!(boxes(after), expected);
                    assert_eq!(before.body.len(), after.body.len());
                    let changed = before
                        .body
                        .bytes()
                        .zip(after.body.bytes())
                        .filter(|(old, new)| old != new);
                    assert_eq!(changed.count(), usize::from(edited.changed));
                }
                Op::Section { change, .. } => {
                    let (SectionChange::Replace(text)
                    | SectionChange::Append(text)
                    | SectionChange::AppendLine(text)) = change;
                    let there = after.body.replace("\r\n", "\n");
                    assert!(
                        there.contains(text.replace("\r\n", "\n").trim()),
                        "{there:?}"
                    );
                    let titles = |document: &Document<'_>| {
                        document
                            .sections
                            .iter()
                            .map(|section| section.title.clone())
                            .collect::<Vec<_>>()
                    };
                    let mut left = titles(after).into_iter();
                    assert!(
                        titles(before)
                            .iter()
                            .all(|title| left.any(|other| other == *title))
                    );
                }
                _ => {}
            }
        });
    });
    if matches!(
        op,
        Op::Tick { .. }
            | Op::Section {
                change: SectionChange::Replace(_),
                ..
            }
    ) {
        let again =
            apply(&edited.bytes, Source::Markdown, std::slice::from_ref(op)).expect("again");
        assert_eq!(again.bytes, edited.bytes);
    }
}
