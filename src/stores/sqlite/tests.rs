//! The bulk load, seen through the public views; stamps.

use std::path::Path;

use rusqlite::Connection;

use crate::base::hash;
use crate::model::document::{Origin, Section};
use crate::model::file::{Found, Scan, Stamp};
use crate::model::item::{CheckLine, Item, LogLine, Person, Phase, Status};
use crate::model::problem::{Problem, Severity};
use crate::stores::sqlite::{
    Bulk, Difference, KnownFile, LinkRow, Reading, Role, Stamps, check, looks_whole,
};

const BODY: &str = "# Überblick\nEin »Satz«.\n- [x] fertig\n2026-01-02 10:00 [agent=mara] läuft\n";

fn item() -> Item {
    let at = |text: &str| {
        let start = BODY.find(text).unwrap();
        start..start + text.len()
    };
    Item {
        path: "items/one.md".to_owned(),
        companion: None,
        preset: "kano".into(),
        id: Some("K-1".to_owned()),
        id_line: 2,
        uid: Some("0199AB".to_owned()),
        kind: Some("Task".to_owned()),
        title: "One".to_owned(),
        state: Some("Done".to_owned()),
        phase: Some(Phase::Done),
        priority: Some("P1".to_owned()),
        priority_rank: Some(1),
        parent: None,
        owner: Some("mara".to_owned()),
        area: None,
        iteration: Some("1.10".to_owned()),
        created: Some("2026-01-01".to_owned()),
        updated: None,
        due: None,
        people: vec![Person {
            role: "owner".into(),
            name: "mara".to_owned(),
        }],
        tags: vec!["a".to_owned(), "b".to_owned(), "a".to_owned()],
        aliases: vec!["Erstes".to_owned()],
        links: Vec::new(),
        entries: vec![LogLine {
            at: Some("2026-01-02 10:00".to_owned()),
            author: Some("mara".to_owned()),
            model: None,
            range: at("läuft"),
            line: 9,
        }],
        checks: vec![CheckLine {
            section: Some(0),
            done: true,
            range: at("fertig"),
            line: 8,
        }],
        sections: vec![Section {
            level: 1,
            title: "Überblick \"x\"".to_owned(),
            range: at("Ein »Satz«.\n"),
            line: 6,
        }],
        body: BODY.to_owned(),
        frontmatter: r#"{"id":"K-1","n":7,"flag":true,"none":null,"list":["x","y"],"intent.author":"z","deep":{"er":["1.10"]}}"#.to_owned(),
        content_hash: [0xab; 32],
        blob_oid: vec![0xcd; 20],
        status: Status::Ok,
        problems: Vec::new(),
    }
}

fn found(path: &str, mtime_ns: i64) -> Found {
    let stamp = Stamp {
        size: 3,
        mtime_ns,
        ctime_ns: 5,
        inode: u64::MAX,
    };
    Found::new(path.to_owned(), stamp)
}

fn load(path: &Path) {
    let mut bulk = Bulk::create(path, 0).unwrap();
    let reading = Reading {
        space: 0,
        variant: 0,
    };
    bulk.item(1, &item(), reading).unwrap();
    let mut second = item();
    "items/two.md".clone_into(&mut second.path);
    bulk.item(2, &second, reading).unwrap();
    let link = LinkRow {
        item: 1,
        seq: 0,
        rel: "relates",
        target: Some("two"),
        target_item: Some(2),
        origin: Origin::Wikilink,
        companion: false,
        line: 7,
        bucket: 3,
    };
    let dangling = LinkRow {
        seq: 1,
        target: Some("gone"),
        target_item: None,
        ..link
    };
    assert_eq!(bulk.links([link, dangling].into_iter()).unwrap(), 2);
    bulk.problem(
        1,
        0,
        &Problem::at("dangling-link", Severity::Warning, 7, 3, "gone").hint("mend it"),
    )
    .unwrap();
    bulk.file(&found("items/one.md", 1), Some(1), Role::Own, None);
    bulk.file(&found("items/one.txt", 3), None, Role::Other, None);
    bulk.file(
        &found("items/two.md", 2),
        Some(2),
        Role::Own,
        Some(&[7; 32]),
    );
    bulk.fact("generation", "4").unwrap();
    bulk.finish().unwrap();
}

fn rows(path: &Path, sql: &str) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let width = statement.column_count();
    statement
        .query_map([], |row| {
            (0..width)
                .map(|at| {
                    Ok(match row.get_ref(at)? {
                        rusqlite::types::ValueRef::Null => "-".to_owned(),
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        other => other.as_str()?.to_owned(),
                    })
                })
                .collect::<Result<Vec<String>, rusqlite::Error>>()
                .map(|cells| cells.join("|"))
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn every_view_shows_what_was_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    load(&path);
    looks_whole(&path).unwrap();
    check(&path, true).unwrap();
    for (sql, expected) in [
        (
            "SELECT id, uid, preset, kind, title, state, phase, priority, parent, owner, iteration, created, updated, status FROM items WHERE path = 'items/one.md'",
            vec!["K-1|0199AB|kano|Task|One|Done|done|P1|-|mara|1.10|2026-01-01|-|ok"],
        ),
        (
            "SELECT substr(content_hash, 1, 4), length(content_hash), blob_oid, body FROM items WHERE path = 'items/one.md'",
            vec![
                "abab|64|cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd|# Überblick\nEin »Satz«.\n- [x] fertig\n2026-01-02 10:00 [agent=mara] läuft\n",
            ],
        ),
        (
            "SELECT role, seq, name FROM people WHERE path = 'items/one.md'",
            vec!["owner|0|mara"],
        ),
        (
            "SELECT tag FROM tags WHERE path = 'items/one.md' ORDER BY tag",
            vec!["a", "b"],
        ),
        (
            "SELECT path, rel, target, target_path, origin, file, line FROM links ORDER BY target DESC",
            vec![
                "items/one.md|relates|two|items/two.md|wikilink|items/one.md|7",
                "items/one.md|relates|gone|-|wikilink|items/one.md|7",
            ],
        ),
        (
            "SELECT seq, at, author, model, text, file, line FROM entries WHERE path = 'items/one.md'",
            vec!["0|2026-01-02 10:00|mara|-|läuft|items/one.md|9"],
        ),
        (
            "SELECT seq, section, text, done, file, line FROM checks WHERE path = 'items/one.md'",
            vec!["0|Überblick \"x\"|fertig|1|items/one.md|8"],
        ),
        (
            "SELECT seq, level, title, text, file, line FROM sections WHERE path = 'items/one.md'",
            vec!["0|1|Überblick \"x\"|Ein »Satz«.\n|items/one.md|6"],
        ),
        (
            "SELECT key, seq, value, type FROM fields WHERE path = 'items/one.md' ORDER BY key, seq",
            vec![
                "deep.er|0|1.10|text",
                "flag|0|true|boolean",
                "id|0|K-1|text",
                "intent.author|0|z|text",
                "list|0|x|text",
                "list|1|y|text",
                "n|0|7|integer",
                "none|0|-|null",
            ],
        ),
        (
            "SELECT path, code, severity, file, line, col, message, hint FROM problems",
            vec!["items/one.md|dangling-link|warning|items/one.md|7|3|gone|mend it"],
        ),
        ("SELECT key, value FROM meta", vec!["generation|4"]),
    ] {
        assert_eq!(rows(&path, sql), expected, "{sql}");
    }
}

#[test]
fn any_difference_of_paths_or_stamps_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    load(&path);
    let stamps = Stamps::open(&path).unwrap();
    let scan = |files: Vec<Found>| Scan {
        files,
        ..Scan::default()
    };
    let one = || found("items/one.md", 1);
    let other = || found("items/one.txt", 3);
    let two = || found("items/two.md", 2);
    let known = |path: &str, role, item| KnownFile {
        hash: hash::key(path),
        role,
        item,
    };
    let known_one = known("items/one.md", Role::Own, Some(1));
    let known_other = known("items/one.txt", Role::Other, None);
    let known_two = known("items/two.md", Role::Own, Some(2));
    let same = stamps.compare(&scan(vec![one(), other(), two()])).unwrap();
    assert!(same.is_none());
    assert_eq!(same.racy, [(2, known_two, [7; 32])]);
    let mut other_inode = two();
    other_inode.stamp.inode -= 1;
    let none = Difference::default;
    for (files, expected) in [
        (
            vec![],
            Difference {
                deleted: vec![known_one, known_other, known_two],
                ..none()
            },
        ),
        (
            vec![one(), two()],
            Difference {
                deleted: vec![known_other],
                ..none()
            },
        ),
        (
            vec![found("a.md", 1), one(), other(), two(), found("x.md", 1)],
            Difference {
                created: vec![0, 4],
                ..none()
            },
        ),
        (
            vec![found("items/one.md", 9), other(), other_inode],
            Difference {
                changed: vec![(0, known_one), (2, known_two)],
                ..none()
            },
        ),
    ] {
        let mut difference = stamps.compare(&scan(files)).unwrap();
        difference.racy.clear();
        difference
            .deleted
            .sort_by_key(|known| (known.item.is_none(), known.item));
        let mut expected = expected;
        expected
            .deleted
            .sort_by_key(|known| (known.item.is_none(), known.item));
        assert_eq!(difference, expected);
    }
    for (folder, below) in [("items", 3), ("", 3), ("item", 0), ("items/one", 0)] {
        assert_eq!(stamps.below(folder).unwrap().len(), below, "{folder}");
    }
}

#[test]
fn what_is_no_whole_cache_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cache.db");
    load(&path);
    let whole = std::fs::read(&path).unwrap();
    let mut foreign = whole.clone();
    foreign[68] ^= 1;
    let mut older = whole.clone();
    older[63] ^= 1;
    for (bytes, reason) in [
        (&b""[..], "it is truncated"),
        (&whole[..50], "it is truncated"),
        (&whole[..whole.len() - 1], "it is truncated"),
        (&[b'x'; 4096][..], "it is not a SQLite file"),
        (&foreign[..], "it is not a cache of kanban"),
        (&older[..], "it is from another version"),
    ] {
        let damaged = dir.path().join("damaged.db");
        std::fs::write(&damaged, bytes).unwrap();
        assert_eq!(looks_whole(&damaged), Err(reason));
    }
}
