//! Laws: what is written is read back as what was meant. Then examples of each convention.

use proptest::prelude::*;

use crate::model::document::Document;
use crate::model::edit::{KeyPath, Op, Refused, SectionChange, Wanted};
use crate::model::item::Item;
use crate::parse::{self, Decoded, Source};
use crate::presets::tests::support::shipped;
use crate::presets::writing::{Around, Convention, Form, Home, LinkTo, SHIPPED, Saying};
use crate::presets::{Reading, read_item};

/// 2026-01-31T14:05:09Z
const NOW: i64 = 1_769_868_309_000_000_000;

const AROUND: Around<'_> = Around {
    used: &[],
    now_ns: NOW,
};

/// The convention of a file at that path below its root.
fn convention(preset: &str, path: &str) -> Convention<'static> {
    let preset = shipped().get(preset).unwrap();
    let found = preset
        .include
        .iter()
        .position(|globs| globs.iter().any(|glob| glob.matches(path)));
    preset.convention(found.unwrap())
}

fn with<T>(text: &str, act: impl FnOnce(&Document<'_>) -> T) -> T {
    let decoded: Decoded = parse::decode(text.as_bytes().to_vec());
    act(&parse::parse(&decoded, Source::Markdown))
}

fn home(preset: &str, path: &str, text: &str, name: &str) -> Home {
    with(text, |document| {
        convention(preset, path).home(name, document, document)
    })
}

fn key(name: &str, form: Form) -> Home {
    Home::Key(KeyPath::top(name), form)
}

fn nested(map: &str, name: &str, form: Form) -> Home {
    Home::Key(KeyPath(vec![map.to_owned(), name.to_owned()]), form)
}

fn value(preset: &str, path: &str, text: &str, name: &str, word: &str) -> Result<Wanted, Refused> {
    with(text, |document| {
        let convention = convention(preset, path);
        let home = convention.home(name, document, document);
        convention.value(name, word, &home, document, AROUND)
    })
}

fn item(preset: &str, path: &str, text: &str) -> Item {
    with(text, |document| {
        let preset = shipped().get(preset).unwrap();
        let variants = preset.include.iter();
        let mut variants = variants.map(|globs| globs.iter().any(|glob| glob.matches(path)));
        read_item(Reading {
            preset,
            variant: variants.position(|fits| fits).unwrap(),
            root: "",
            path,
            document,
            companion: None,
            frontmatter: "{}".to_owned(),
            content_hash: [0; 32],
            blob_oid: Vec::new(),
        })
    })
}

const TASK: &str = "items/task/0000/KABSD-TSK-0001_a.md";
const NATIVE: &str = "---\nid: KABSD-TSK-0001\nstate: New\nowner: null\nupdated: 2026-01-02\nlinks:\n  relates: []\n---\n\n# Worklog\n";

/// The texts for writing belong to the shipped presets, name only variants that there are, and have
/// the form of a preset.
#[test]
fn texts_for_writing_fit() {
    let presets = shipped();
    for (name, text) in SHIPPED {
        let preset = presets.get(name).unwrap();
        let file: crate::presets::file::PresetFile =
            toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for variant in 0..preset.include.len() {
            let convention = preset.convention(variant);
            for key in convention.file.write.values().flatten() {
                let known = convention.rules.keys.contains_key(key);
                assert!(known, "{name}: `{key}` is written, but not read");
            }
        }
        let table: toml::Table = text.parse().unwrap();
        let reading = crate::presets::preset::SHIPPED;
        let (_, reading) = reading.iter().find(|(known, _)| *known == name).unwrap();
        let reading: toml::Table = reading.parse().unwrap();
        if let Some(toml::Value::Table(variants)) = table.get("variant") {
            for variant in variants.keys() {
                assert!(
                    reading["variant"].get(variant).is_some(),
                    "{name} {variant}"
                );
            }
        }
        for (rel, other) in &file.inverse {
            assert!(preset.has_rel(rel) && preset.has_rel(other), "{name} {rel}");
        }
    }
}

#[test]
fn a_field_stands_where_the_file_has_it() {
    let cases = [
        ("state", key("state", Form::One)),
        ("STATE", key("state", Form::One)),
        ("owner", key("owner", Form::One)),
        ("tags", key("tags", Form::List)),
        ("relates", nested("links", "relates", Form::List)),
        ("blocks", nested("links", "blocks", Form::List)),
        ("intent.owner", key("intent.owner", Form::One)),
        ("reviewer", key("reviewer", Form::One)),
        (
            "external.jira_key",
            nested("external", "jira_key", Form::One),
        ),
        ("status", key("status", Form::One)),
        ("anything", key("anything", Form::One)),
        ("due", key("due", Form::One)),
    ];
    for (name, expected) in cases {
        assert_eq!(home("kano", TASK, NATIVE, name), expected, "{name}");
    }
    // A key that says something goes before one that is empty.
    let text = "---\nlinks:\n  blocks: []\nblocks: [X-1]\nintent:\n  owner: a\n---\n";
    let here = home("kano", TASK, text, "blocks");
    assert_eq!(here, key("blocks", Form::List));
    // A map that is there is gone into; beside dotted keys a new one has a dot, too.
    let here = home("kano", TASK, text, "intent.source");
    assert_eq!(here, nested("intent", "source", Form::One));
    let text = "---\nqa.by: dan\n---\n";
    assert_eq!(
        home("plain", "a.md", text, "qa.at"),
        key("qa.at", Form::One)
    );
    assert_eq!(
        home("plain", "a.md", "", "qa.at"),
        nested("qa", "at", Form::One)
    );
}

#[test]
fn some_fields_stand_in_no_key() {
    let nygard =
        "# 5. Use files\n\nDate: 2026-01-02\n\n## Status\n\nSuperseded by [6](0006-b.md)\n";
    let at = |part: &str| {
        let start = nygard.find(part).unwrap();
        start..start + part.len()
    };
    let path = "docs/adr/0005-use-files.md";
    let state = home("madr", path, nygard, "state");
    assert_eq!(state, Home::Body(at("Superseded by [6](0006-b.md)")));
    let title = home("madr", path, nygard, "title");
    assert_eq!(title, Home::Heading(at("Use files")));
    let created = home("madr", path, nygard, "created");
    assert_eq!(created, Home::Body(at("2026-01-02")));
    let empty = "# 5. A\n\n## Status\n\n## Context\n";
    assert_eq!(
        home("madr", path, empty, "state"),
        Home::Section("Status".to_owned())
    );
    let old = "# A\n\n* Status: proposed\n";
    let state = home("madr", path, old, "state");
    assert_eq!(
        state,
        Home::Body(old.find("proposed").unwrap()..old.len() - 1)
    );
    let bare = home("madr", path, "# A\n", "state");
    assert_eq!(bare, key("status", Form::One));
    assert_eq!(home("madr", path, "# A\n", "kind"), Home::Nowhere);
    assert_eq!(
        home("hugo", "content/a.md", "", "state"),
        key("draft", Form::One)
    );
    assert_eq!(home("jekyll", "_drafts/a.md", "", "state"), Home::Folder);
    assert_eq!(home("jekyll", "_drafts/a.md", "", "kind"), Home::Folder);
    let done = home("backlog-md", "completed/task-1 - a.md", "", "state");
    assert_eq!(done, Home::Folder);
    for (text, title) in [
        ("## B\n\n  #  A *b* ##\n", "A *b*"),
        ("A b\n===\n", "A b"),
        ("# A#\n", "A#"),
    ] {
        let start = text.find(title).unwrap();
        let expected = Home::Heading(start..start + title.len());
        assert_eq!(home("plain", "a.md", text, "title"), expected, "{text}");
    }
}

#[test]
fn words_of_the_convention_are_spelled_as_it_has_them() {
    let kano = |name, word| value("kano", TASK, NATIVE, name, word);
    let alike = |word: &str| Ok(Wanted::Alike(word.to_owned()));
    assert_eq!(kano("state", "in-progress"), alike("InProgress"));
    assert_eq!(kano("state", "DONE"), alike("Done"));
    assert_eq!(kano("priority", "p1"), alike("P1"));
    assert_eq!(kano("kind", "user story"), alike("UserStory"));
    assert_eq!(kano("type", "bug"), alike("Bug"));
    assert_eq!(kano("owner", "none"), Ok(Wanted::Null));
    assert_eq!(kano("area", "none of it"), alike("none of it"));
    assert_eq!(
        kano("due", "2026-02-01"),
        Ok(Wanted::Plain("2026-02-01".into()))
    );
    assert_eq!(kano("due", "today"), Ok(Wanted::Plain("2026-01-31".into())));
    assert_eq!(kano("updated", "2026-02-01"), alike("2026-02-01"));
    assert_eq!(kano("tags", "2026"), Ok(Wanted::Text("2026".into())));
    let code = |wrong: Result<Wanted, Refused>| wrong.unwrap_err().code;
    assert_eq!(code(kano("state", "Reviewing it")), "unknown-state");
    assert_eq!(code(kano("priority", "P9")), "unknown-priority");
    assert_eq!(code(kano("kind", "Wish")), "unknown-kind");
    assert_eq!(code(kano("due", "2026-13-01")), "invalid-date");
    assert_eq!(code(kano("id", "None")), "means-nothing");
    assert_eq!(code(kano("title", " ")), "means-nothing");
    assert_eq!(kano("title", "null"), alike("null"));
    assert_eq!(code(kano("title", "a\nb")), "title-lines");
    assert_eq!(
        kano("state", "don").unwrap_err().hint,
        "did you mean `Done`?"
    );

    let task = "tasks/task-1 - a.md";
    let state = value("backlog-md", task, "", "state", "in_progress");
    assert_eq!(state, alike("In Progress"));
    let due = value("backlog-md", task, "", "due", "2026-02-01");
    assert_eq!(due, Ok(Wanted::Text("2026-02-01".into())));
    for (word, raw) in [("published", "false"), ("Draft", "true"), ("true", "true")] {
        let state = value("hugo", "content/a.md", "", "state", word);
        assert_eq!(state, Ok(Wanted::Plain(raw.into())));
    }
    let state = value("plain", "a.md", "", "state", "Simmering");
    assert_eq!(state, alike("Simmering"));
    let used = ["ToDo".to_owned()];
    let around = Around {
        used: &used,
        ..AROUND
    };
    let state = with("", |document| {
        let plain = convention("plain", "a.md");
        let home = plain.home("state", document, document);
        plain.value("state", "to do", &home, document, around)
    });
    assert_eq!(state, alike("ToDo"));
}

#[test]
fn a_change_is_dated_in_the_form_of_the_date_that_is_there() {
    let touched = |preset: &str, path: &str, text: &str| {
        with(text, |document| {
            let convention = convention(preset, path);
            convention.touch(document, document, NOW)
        })
    };
    let task = |date: &str| {
        let touched = touched("kano", TASK, &format!("---\nupdated: {date}\n---\n"));
        touched.map(|(_, value)| value)
    };
    let alike = |text: &str| Some(Wanted::Alike(text.to_owned()));
    for (old, new) in [
        ("2026-01-02", "2026-01-31"),
        ("'2026-01-02'", "2026-01-31"),
        ("2026-01-02 10:11", "2026-01-31 14:05"),
        ("2026-01-02T10:11:12Z", "2026-01-31T14:05:09Z"),
        ("2026-01-02T10:11:12.123Z", "2026-01-31T14:05:09.000Z"),
        ("2026-01-02 10:11:12 +02:00", "2026-01-31 16:05:09 +02:00"),
        ("2026-01-02T23:11-1030", "2026-01-31T03:35-1030"),
    ] {
        assert_eq!(task(old), alike(new), "{old}");
    }
    assert_eq!(task("null"), Some(Wanted::Plain("2026-01-31".into())));
    assert_eq!(task("soon"), None, "what is no date stays");
    assert_eq!(task("2026-02-03"), None, "it never goes back");
    let plain = Some((KeyPath::top("updated"), Wanted::Plain("2026-01-31".into())));
    assert_eq!(touched("kano", TASK, "---\nid: a\n---\n"), plain);
    assert_eq!(
        touched("kano", "decisions/ADR-0001_a.md", "---\nid: a\n---\n"),
        None
    );
    assert_eq!(touched("plain", "a.md", "---\nid: a\n---\n"), None);
    let text = "---\nid: TASK-1\ncompleted_date: '2026-01-02'\n---\n";
    let minute = Wanted::Text("2026-01-31 14:05".into());
    let expected = Some((KeyPath::top("updated_date"), minute));
    assert_eq!(touched("backlog-md", "tasks/task-1 - a.md", text), expected);
    let legacy = "---\nupdated_date: 02-01-26\n---\n";
    let touched = touched("backlog-md", "tasks/task-1 - a.md", legacy);
    assert_eq!(touched.map(|(_, value)| value), alike("31-01-26"));
}

#[test]
fn states_move_as_the_convention_allows() {
    let kano = convention("kano", TASK);
    assert_eq!(kano.may_move("Done", "New"), Ok(()));
    let text = "[preset.kano.state.transitions]\nNew = [\"Ready\", \"Dropped\"]\n";
    let config = crate::presets::parse_config(text).unwrap();
    let presets = crate::presets::Presets::load(&config).unwrap();
    let kano = presets.get("kano").unwrap().convention(0);
    assert_eq!(kano.may_move("new", "ready"), Ok(()));
    assert_eq!(kano.may_move("New", "new"), Ok(()));
    assert_eq!(
        kano.may_move("New", "Done").unwrap_err(),
        ["Ready", "Dropped"]
    );
    assert_eq!(kano.may_move("Ready", "Done"), Ok(()));
}

#[test]
fn links_are_written_as_the_convention_has_them() {
    let kano = convention("kano", TASK);
    assert_eq!(kano.inverse("blocks"), Some("blocked_by"));
    assert_eq!(kano.inverse("blocked_by"), Some("blocks"));
    assert_eq!(kano.inverse("relates"), None);
    let to = |id, path| LinkTo {
        id,
        path,
        shares_stem: false,
    };
    assert_eq!(
        kano.link_text("a.md", to(Some("K-TSK-1"), "b.md")),
        "K-TSK-1"
    );
    let backlog = convention("backlog-md", "tasks/task-1 - a.md");
    assert_eq!(
        backlog.link_text("a.md", to(Some("task-2"), "b.md")),
        "TASK-2"
    );
    let plain = convention("plain", "a.md");
    assert_eq!(
        plain.link_text("a/b/c.md", to(None, "a/d/e.md")),
        "../d/e.md"
    );
    assert_eq!(plain.link_text("c.md", to(None, "a/d.md")), "a/d.md");
    let obsidian = convention("obsidian", "a.md");
    assert_eq!(
        obsidian.link_text("a.md", to(None, "x/My Note.md")),
        "[[My Note]]"
    );
    let several = LinkTo {
        shares_stem: true,
        ..to(None, "x/My Note.md")
    };
    assert_eq!(obsidian.link_text("a.md", several), "[[x/My Note]]");
    let kep = convention("kep", "sig/1-a/kep.yaml");
    let link = kep.link_text(
        "keps/sig/1-a/kep.yaml",
        to(Some("2"), "keps/sig/2-b/kep.yaml"),
    );
    assert_eq!(link, "/keps/sig/2-b");
}

/// What the editor makes of the one operation of a log line, for bodies without code.
fn put_in(text: &str, op: &Op) -> String {
    with(text, |document| {
        let before = document.text.len() - document.body.len();
        let (at, piece) = match op {
            Op::Insert { at, text } => (*at, text.clone()),
            Op::Section { title, change } => {
                let mut sections = document.sections.iter();
                let section = sections.find(|section| section.title == *title).unwrap();
                let range = section.range.clone();
                let end = range.start + document.body[range].trim_end().len();
                let old = &document.body[..end];
                let gap = if old.ends_with('\n') || old.is_empty() {
                    ""
                } else {
                    "\n"
                };
                match change {
                    SectionChange::AppendLine(line) => (end, format!("{gap}{line}\n")),
                    SectionChange::Append(part) => (end, format!("{gap}\n{part}\n")),
                    SectionChange::Replace(_) => panic!("{op:?}"),
                }
            }
            _ => panic!("{op:?}"),
        };
        let mut text = text.to_owned();
        text.insert_str(before + at, &piece);
        text
    })
}

const LOGS: [(&str, &str, &[&str]); 4] = [
    (
        "kano",
        TASK,
        &[
            "# Worklog\n",
            "---\nid: a\n---\n# Goal",
            "# Worklog\n\n2026-01-01 10:00 [agent=x] y",
        ],
    ),
    (
        "backlog-md",
        "tasks/task-1 - a.md",
        &[
            "---\nid: a\n---\n",
            "## Comments\n",
            "## Comments\n\n<!-- COMMENTS:BEGIN -->\nauthor: a\ncreated: 2026-01-01 10:00\n---\nb\n---\n<!-- COMMENTS:END -->\n",
        ],
    ),
    (
        "plain",
        "a.md",
        &["", "# A\n\ntext", "## Log\n\n- 2026-01-01 10:00 x: y\n"],
    ),
    ("obsidian", "a.md", &["text\n", "# A\n\n## Log\n"]),
];

#[test]
fn the_log_lines_of_each_convention() {
    let shown = |preset: &str, path: &str, text: &str| {
        let saying = Saying {
            now_ns: NOW,
            author: "dan",
            model: Some("m-1"),
            text: "done,\nat last",
        };
        let logged = with(text, |document| {
            convention(preset, path).log(document, saying)
        });
        put_in(text, &logged.unwrap().op)
    };
    assert_eq!(
        shown("kano", TASK, "# Worklog\n\n2026-01-01 10:00 [agent=x] y\n"),
        "# Worklog\n\n2026-01-01 10:00 [agent=x] y\n2026-01-31 14:05 [agent=dan] [model=m-1] done, at last\n\n"
    );
    assert_eq!(
        shown("plain", "a.md", "# A\n"),
        "# A\n\n## Log\n\n- 2026-01-31 14:05 dan (m-1): done, at last\n"
    );
    let task = "tasks/task-1 - a.md";
    let once = shown("backlog-md", task, "## Description\n");
    assert_eq!(
        once,
        "## Description\n\n## Comments\n\n<!-- COMMENTS:BEGIN -->\nauthor: dan\ncreated: 2026-01-31 14:05\n---\ndone,\nat last\n---\n<!-- COMMENTS:END -->\n"
    );
    let twice = shown("backlog-md", task, &once);
    assert!(twice.contains("at last\n---\n\nauthor: dan\n"), "{twice}");
    let kep = convention("kep", "s/1-a/kep.yaml");
    let saying = Saying {
        now_ns: NOW,
        author: "dan",
        model: None,
        text: "beta",
    };
    let logged = with("## Implementation History\n", |text| kep.log(text, saying)).unwrap();
    assert_eq!(logged.author, None);
    let line = SectionChange::AppendLine("- 2026-01-31: beta".to_owned());
    assert!(matches!(logged.op, Op::Section { change, .. } if change == line));
    let madr = convention("madr", "docs/adr/0001-a.md");
    let none = with("", |text| madr.log(text, saying)).unwrap_err();
    assert_eq!(none.code, "no-log");
}

proptest! {
    /// Law: a log line is read back as what was said, and hides none of those before it.
    #[test]
    fn log_lines_are_read_back(
        which in 0..LOGS.len(),
        start in 0..3_usize,
        texts in prop::collection::vec(hostile(), 1..4),
        author in hostile(),
        model in prop::option::of(hostile()),
    ) {
        let (preset, path, bodies) = LOGS[which];
        let mut text = bodies[start % bodies.len()].to_owned();
        let mut expected = item(preset, path, &text).entries.len();
        for said in &texts {
            let saying = Saying { now_ns: NOW, author: &author, model: model.as_deref(), text: said };
            let logged = with(&text, |document| convention(preset, path).log(document, saying));
            let Ok(logged) = logged else { continue };
            text = put_in(&text, &logged.op);
            expected += 1;
            let item = item(preset, path, &text);
            prop_assert_eq!(item.entries.len(), expected, "{}", text);
            let last = item.entries.last().unwrap();
            prop_assert_eq!(&item.body[last.range.clone()], &logged.text, "{}", text);
            prop_assert_eq!(&last.author, &logged.author, "{}", text);
            prop_assert_eq!(&last.model, &logged.model, "{}", text);
            let at = last.at.as_deref().unwrap_or_default();
            prop_assert!(at.starts_with("2026-01-31T14:05"), "{}", at);
        }
    }

    /// Law: a value set for a slot that reads words is read back as the word that was meant.
    #[test]
    fn a_plain_text_stays_what_it_is(text in "[a-z][a-zA-Z0-9 ,.!?-]{0,40}[a-z]") {
        let saying = Saying { now_ns: NOW, author: "dan", model: None, text: &text };
        for (preset, path, _) in LOGS {
            let logged = with("", |document| convention(preset, path).log(document, saying));
            prop_assert_eq!(&logged.unwrap().text, &text);
        }
    }

    /// Law: the form of a date is kept, and it says the time.
    #[test]
    fn dates_keep_their_form(
        seconds in 0_i64..4_000_000_000,
        time in "|[T ]10:11(:12([.,][0-9]{1,3})?)?(Z| UTC| ?[+-][01][0-9]:?[0-5][0-9])?",
    ) {
        let old = format!("2026-01-02{time}");
        let instant = jiff::Timestamp::from_second(seconds).unwrap();
        let new = crate::presets::dates::alike(&old, &[], instant).unwrap();
        let shape = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
        };
        prop_assert_eq!(shape(&new), shape(&old));
        let read = crate::presets::dates::normalize(&new, &[], true).unwrap();
        let minute = if time.is_empty() { 10 } else { 16 };
        let expected = instant.to_string();
        prop_assert_eq!(&read[..minute], &expected[..minute], "{}", new);
    }
}

/// Texts that try to be more than text.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("]".to_owned()),
        Just("[model=x] ".to_owned()),
        Just("[agent=".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n\r\n".to_owned()),
        Just("# Heading\n".to_owned()),
        Just("---\n".to_owned()),
        Just("created: 2026-01-01\n".to_owned()),
        Just("author: x\ncreated: 2026-01-01 10:00\n---\n".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("<!-- COMMENTS:END -->".to_owned()),
        Just("```\n".to_owned()),
        Just("(".to_owned()),
        Just("): ".to_owned()),
        Just("{text}{author}".to_owned()),
        Just("$1 \\ \u{202e}é\u{2028}".to_owned()),
        "[a-z ]{0,8}",
        ".{0,5}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}
