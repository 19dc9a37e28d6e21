//! The laws of a comparison of two versions, on items made by hand.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::document::{Origin, Section};
use crate::model::item::{CheckLine, Item, Link, LogLine, Person};
use crate::projection::changes::{Change, Facts, Leaf, beginnings, changes};

/// An item of a few fields, each of a few values, so that many are equal.
fn any_item() -> impl Strategy<Value = Item> {
    let word = || prop::sample::select(vec!["a", "b", "c"]);
    let words = || prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..4);
    let body = (
        words(),
        prop::collection::vec((word(), any::<bool>()), 0..3),
        words(),
    );
    let body = (body, prop::sample::select(vec!["A", "B"]));
    let scalars = (word(), prop::option::of(word()), prop::option::of(word()));
    (scalars, words(), words(), words(), body).prop_map(
        |((title, state, owner), tags, relates, key, ((text, ticks, log), second))| {
            let mut item = Item {
                title: title.to_owned(),
                state: state.map(str::to_owned),
                owner: owner.map(str::to_owned),
                people: owner.map_or_else(Vec::new, |name| person(&[("owner", name)])),
                tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
                ..Item::bare("x.md", "test".into())
            };
            item.links = relates.iter().map(|target| link(target)).collect();
            item.frontmatter = serde_json::json!({
                "state": state, "own": {"list": key, "one": key.first()},
            })
            .to_string();
            section(&mut item, "A", &text);
            for (text, done) in ticks {
                check(&mut item, text, done);
            }
            section(&mut item, second, &text);
            for text in log {
                entry(&mut item, text);
            }
            item
        },
    )
}

fn person(people: &[(&str, &str)]) -> Vec<Person> {
    let person = |(role, name): &(&str, &str)| Person {
        role: (*role).into(),
        name: (*name).to_owned(),
    };
    people.iter().map(person).collect()
}

fn link(target: &str) -> Link {
    Link {
        rel: "relates".into(),
        target: target.to_owned(),
        origin: Origin::Frontmatter,
        companion: false,
        line: 1,
    }
}

fn section(item: &mut Item, title: &str, lines: &[&str]) {
    item.body += &format!("# {title}\n");
    let start = item.body.len();
    lines
        .iter()
        .for_each(|line| item.body += &format!("{line}\n"));
    let range = start..item.body.len();
    item.sections.push(Section {
        level: 1,
        title: title.to_owned(),
        range,
        line: 1,
    });
}

/// Adds text to the last section; gives where it stands.
fn add(item: &mut Item, before: &str, text: &str) -> std::ops::Range<usize> {
    item.body += before;
    let start = item.body.len();
    item.body += text;
    let range = start..item.body.len();
    item.body += "\n";
    if let Some(last) = item.sections.last_mut() {
        last.range.end = item.body.len();
    }
    range
}

fn check(item: &mut Item, text: &str, done: bool) {
    let range = add(item, if done { "- [x] " } else { "- [ ] " }, text);
    item.checks.push(CheckLine {
        section: item.sections.len().checked_sub(1),
        done,
        range,
        line: 1,
    });
}

fn entry(item: &mut Item, text: &str) {
    let range = add(item, "2026-01-01 [agent=x] ", text);
    item.entries.push(LogLine {
        at: Some("2026-01-01".to_owned()),
        author: Some("x".to_owned()),
        model: None,
        range,
        line: 1,
    });
}

/// As the kano convention reads it.
fn feeds(key: &str) -> Vec<String> {
    match key {
        "state" => vec!["state".to_owned()],
        _ => Vec::new(),
    }
}

/// What the fields hold, without order and without what the text holds.
fn held(item: &Item) -> BTreeMap<String, Vec<String>> {
    let facts = Facts::of(item);
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (field, value) in facts.ones {
        held.entry(field.to_owned()).or_default().extend(value);
    }
    let keys = facts.keys.into_iter().filter(|(key, _)| key != "state");
    let keys = keys.map(|(key, leaf)| match leaf {
        Leaf::One(text) => (key, vec![text]),
        Leaf::List(list) => (key, list),
    });
    for (field, values) in facts.lists.into_iter().chain(keys) {
        held.entry(field).or_default().extend(values);
    }
    for values in held.values_mut() {
        values.sort();
    }
    held.retain(|_, values| !values.is_empty());
    held
}

fn apply(held: &mut BTreeMap<String, Vec<String>>, changes: &[Change]) {
    for change in changes {
        let is_text = ["body", "checks", "entries"].contains(&&*change.field);
        if is_text || change.description == "another order" {
            continue;
        }
        let values = held.entry(change.field.clone()).or_default();
        if let Some(old) = &change.old {
            let at = values.iter().position(|value| value == old);
            values.swap_remove(at.expect("what went was there"));
        }
        values.extend(change.new.clone());
        values.sort();
    }
    held.retain(|_, values| !values.is_empty());
}

proptest! {
    /// No change means the same, and the same means no change.
    #[test]
    fn nothing_changed_where_all_is_said_alike(old in any_item(), new in any_item()) {
        prop_assert_eq!(changes(&old, &old, &feeds), Vec::new());
        let found = changes(&old, &new, &feeds);
        let facts = |item| { let Facts { ones, lists, keys } = Facts::of(item); (ones, lists, keys) };
        let same = facts(&old) == facts(&new) && old.body == new.body;
        prop_assert_eq!(found.is_empty(), same, "{:?}", found);
    }

    /// The changes, done to the old one, make the new one.
    #[test]
    fn changes_lead_from_the_old_to_the_new(old in any_item(), new in any_item()) {
        let mut fields = held(&old);
        apply(&mut fields, &changes(&old, &new, &feeds));
        prop_assert_eq!(fields, held(&new));
        let mut fields = BTreeMap::new();
        apply(&mut fields, &beginnings(&new));
        let own = |(key, _): &(&String, &Vec<String>)| !key.starts_with("own.");
        let all = held(&new);
        prop_assert!(fields.iter().eq(all.iter().filter(own)));
    }

    /// What came one way goes the other way.
    #[test]
    fn changes_backwards_are_the_changes_turned(old in any_item(), new in any_item()) {
        let ahead = changes(&old, &new, &feeds).into_iter().map(|change| Change {
            old: change.new,
            new: change.old,
            lines: change.lines.map(|(came, went)| (went, came)),
            description: String::new(),
            ..change
        });
        let back = changes(&new, &old, &feeds).into_iter().map(|change| Change {
            description: String::new(),
            ..change
        });
        let sorted = |changes: &mut dyn Iterator<Item = Change>| {
            let mut texts: Vec<String> = changes.map(|change| format!("{change:?}")).collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(sorted(&mut { ahead }), sorted(&mut { back }));
    }
}

#[test]
fn ticks_log_lines_and_sections_are_told_once() {
    let mut old = Item::bare("x.md", "test".into());
    section(&mut old, "Todo", &["some text"]);
    check(&mut old, "one", false);
    check(&mut old, "two", true);
    let mut new = Item::bare("x.md", "test".into());
    section(&mut new, "Todo", &["other text", "and more"]);
    check(&mut new, "one", true);
    check(&mut new, "three", false);
    section(&mut new, "Log", &[]);
    entry(&mut new, "went on");
    let found = changes(&old, &new, &feeds);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let told: Vec<String> = found
        .iter()
        .map(|change| {
            let Change {
                field,
                section,
                lines,
                ..
            } = change;
            let (old, new) = (text(&change.old), text(&change.new));
            let section = section.clone().unwrap_or_default();
            let words = format!("{field}|{section}|{old}|{new}|{}", change.description);
            lines.map_or(words.clone(), |(came, went)| {
                format!("{words}|+{came}-{went}")
            })
        })
        .collect();
    assert_eq!(
        told,
        [
            "checks|Todo|[ ] one|[x] one|ticked",
            "checks|Todo||[ ] three|added",
            "checks|Todo|[x] two||removed",
            "entries|||went on|2026-01-01 x",
            "body|Todo||||+2-1",
            "body|Log|||section added|+0-0",
        ]
    );
}

#[test]
fn line_ends_alone_are_no_change() {
    let mut old = Item::bare("x.md", "test".into());
    section(&mut old, "A", &["one", "two"]);
    let mut new = Item::bare("x.md", "test".into());
    section(&mut new, "A", &["one\r", "two\r"]);
    assert_eq!(changes(&old, &new, &feeds), []);
    add(&mut new, "", "");
    let found = changes(&old, &new, &feeds);
    assert_eq!(found[0].description, "white space or order");
}

#[test]
fn a_key_is_told_where_no_field_tells_of_it() {
    let item = |state: Option<&str>, front: &str| Item {
        state: state.map(str::to_owned),
        frontmatter: front.to_owned(),
        ..Item::bare("x.md", "test".into())
    };
    let fields = |old: &Item, new: &Item| {
        let found = changes(old, new, &feeds).into_iter();
        found.map(|change| change.field).collect::<Vec<_>>()
    };
    let old = item(Some("A"), r#"{"state":"A","x":{"y":1}}"#);
    let new = item(Some("B"), r#"{"state":"B","x":{"y":2,"z":{}}}"#);
    assert_eq!(fields(&old, &new), ["state", "x.y", "x.z"]);
    let other = item(Some("A"), r#"{"state":" A ","x":{"y":1}}"#);
    assert_eq!(fields(&old, &other), ["state"], "the key itself");
}
