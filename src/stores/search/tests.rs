//! Searches in a small index of invented items.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::model::item::{Item, Person};
use crate::stores::search::index::{Found, Index, Pass};
use crate::stores::search::{IndexBuilder, SearchError};

/// An index in a folder of its own.
pub(crate) struct Shelf {
    pub index: Index,
    dir: TempDir,
}

impl Shelf {
    pub(crate) fn of(items: Vec<(i64, Item)>) -> Self {
        Self::built(&items, 1, 15_000_000)
    }

    fn built(items: &[(i64, Item)], threads: usize, heap: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let builder = IndexBuilder::create(dir.path(), threads, heap).unwrap();
        for (key, item) in items {
            builder.add(*key, item).unwrap();
        }
        builder.commit("the payload").unwrap();
        let index = Index::open(dir.path()).unwrap();
        Self { index, dir }
    }

    fn search(&self, text: &str) -> Found {
        self.index.search(text, None, 20, 0).unwrap()
    }

    fn keys(&self, text: &str) -> Vec<i64> {
        let found = self.search(text);
        found.hits.iter().map(|hit| hit.0).collect()
    }
}

fn blank(key: i64) -> Item {
    Item {
        title: String::new(),
        ..Item::bare(&format!("notes/{key}.md"), Arc::from("plain"))
    }
}

/// An item with nothing but a body.
pub(crate) fn plain(key: i64, body: &str) -> (i64, Item) {
    let mut item = blank(key);
    item.body = body.to_owned();
    (key, item)
}

fn titled(key: i64, id: &str, title: &str, body: &str) -> (i64, Item) {
    let (key, mut item) = plain(key, body);
    item.id = (!id.is_empty()).then(|| id.to_owned());
    item.title = title.to_owned();
    (key, item)
}

fn items() -> Vec<(i64, Item)> {
    let mut items = vec![
        titled(
            1,
            "KABSD-FTR-0014",
            "Login form",
            "The user signs in. See KABSD-EPIC-0002.",
        ),
        titled(
            2,
            "KABSD-TSK-0015",
            "Token refresh",
            "Part of KABSD-FTR-0014 and of login.",
        ),
        titled(
            3,
            "KABSD-BUG-0140",
            "Crash on start",
            "Happens in version 1.0.21 with snake_case keys.",
        ),
        plain(
            4,
            "call getUserName or the HTTPServer2 class; the fix for camelCase names",
        ),
        plain(5, "written in C++ and a bit of C# on .NET"),
        plain(6, "plain C without more"),
        plain(7, "Open src/cli/main.rs and edit a/b.rs first"),
        plain(8, "Ein Café in der Straße, naïve Übergröße"),
        plain(9, "東京都の検索エンジンの設計について"),
        plain(10, "Полнотекстовый поиск по базе, ёлка"),
        plain(11, "Η αναζήτηση κειμένου στην Αθήνα"),
        plain(12, "חיפוש טקסט מלא שָׁלוֹם"),
        plain(13, "การค้นหาข้อความภาษาไทย"),
        plain(14, "전문 검색 엔진을 만들자"),
        plain(15, "the rocket 🚀 goes up"),
        plain(
            16,
            &format!("{} zanzibar", "lorem ipsum dolor ".repeat(5_000)),
        ),
        plain(17, "authentication is hard, authorization harder"),
        titled(18, "", "Kubernetes upgrade", "kubernetes"),
        plain(19, "this body speaks of an upgrade of kubernetes once"),
        titled(
            20,
            "ADR-0003",
            "Use SQLite",
            "We decide to use a cache in SQLite.",
        ),
        titled(
            21,
            "ADR-3",
            "Use Postgres",
            "ADR-0003 is superseded for the server.",
        ),
        plain(22, "red green blue"),
        plain(23, "green blue"),
        plain(24, "blue"),
        plain(25, "value 007 and 1.10 and 20260131"),
        plain(26, "कृपया हिन्दी में खोजें"),
        plain(27, "بحث كَامِل في النص"),
        plain(28, "ｶﾀｶﾅ and ＦＵＬＬ width"),
    ];
    let (_, item) = &mut items[16];
    item.tags = vec!["security".to_owned(), "two words".to_owned()];
    item.aliases = vec!["AUTH-OLD-1".to_owned()];
    item.uid = Some("01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned());
    item.people = vec![Person {
        role: Arc::from("owner"),
        name: "Zoë Müller".to_owned(),
    }];
    items
}

#[track_caller]
fn check(shelf: &Shelf, text: &str, wanted: &[i64]) {
    let found = shelf.search(text);
    let keys = found.hits.iter().map(|hit| hit.0).collect::<BTreeSet<_>>();
    assert_eq!(keys, wanted.iter().copied().collect(), "{text:?}");
    assert_eq!(found.pass, Pass::Exact, "{text:?}");
    assert_eq!(found.total, wanted.len() as u64, "{text:?}");
}

#[test]
fn identifiers_in_any_part_and_case() {
    let shelf = Shelf::of(items());
    check(&shelf, "ftr-0014", &[1, 2]);
    check(&shelf, "KABSD-FTR", &[1, 2]);
    check(&shelf, "kabsd_ftr_0014", &[1, 2]);
    check(&shelf, "ftr0014", &[1, 2]);
    check(&shelf, "0014", &[1, 2]);
    check(&shelf, "snake_case", &[3]);
    check(&shelf, "snake", &[3]);
    check(&shelf, "snakeCase", &[3]);
    check(&shelf, "camelCase", &[4]);
    check(&shelf, "camelcase", &[4]);
    check(&shelf, "camel_case", &[4]);
    check(&shelf, "getUserName", &[4]);
    check(&shelf, "UserName", &[4]);
    check(&shelf, "httpserver2", &[4]);
    check(&shelf, "HTTPServer2", &[4]);
    check(&shelf, "server2", &[4]);
    check(&shelf, "1.0.21", &[3]);
    check(&shelf, "C++", &[5]);
    check(&shelf, "c#", &[5]);
    check(&shelf, ".net", &[5]);
    check(&shelf, "C", &[5, 6]);
    check(&shelf, "a/b.rs", &[7]);
    check(&shelf, "main.rs", &[7]);
    check(&shelf, "notes/7.md", &[7]);
    check(&shelf, "007", &[25]);
    check(&shelf, "1.10", &[25]);
}

#[test]
fn scripts() {
    let shelf = Shelf::of(items());
    check(&shelf, "cafe STRASSE naive ubergrosse", &[8]);
    check(&shelf, "検索", &[9]);
    check(&shelf, "エンジン", &[9]);
    check(&shelf, "京", &[9]);
    check(&shelf, "て", &[9]);
    check(&shelf, "ПОИСК елка", &[10]);
    check(&shelf, "αθηνα ΚΕΙΜΕΝΟΥ", &[11]);
    check(&shelf, "שלום", &[12]);
    check(&shelf, "ค้นหา", &[13]);
    check(&shelf, "ไทย", &[13]);
    check(&shelf, "검색", &[14]);
    check(&shelf, "🚀", &[15]);
    check(&shelf, "हिन्दी", &[26]);
    check(&shelf, "كامل", &[27]);
    check(&shelf, "カタカナ full", &[28]);
}

#[test]
fn words_phrases_prefixes_exclusions() {
    let shelf = Shelf::of(items());
    check(&shelf, "zanzibar", &[16]);
    check(&shelf, "blue", &[22, 23, 24]);
    check(&shelf, "green blue", &[22, 23]);
    check(&shelf, "\"red green\"", &[22]);
    check(&shelf, "blue -red", &[23, 24]);
    check(&shelf, "blue -\"green blue\"", &[24]);
    check(&shelf, "red OR zanzibar", &[16, 22]);
    check(&shelf, "auth*", &[17]);
    check(&shelf, "\"superseded for th\"*", &[21]);
    check(&shelf, "security muller", &[17]);
    check(&shelf, "\"two words\"", &[17]);
}

#[test]
fn ids_first_then_titles() {
    let shelf = Shelf::of(items());
    assert_eq!(shelf.keys("kabsd-ftr-0014"), [1, 2]);
    assert_eq!(shelf.keys("ADR-3"), [21]);
    assert_eq!(shelf.keys("\"adr-0003\""), [20, 21]);
    assert_eq!(shelf.keys("auth-old-1"), [17]);
    assert_eq!(shelf.keys("01arz3ndektsv4rrffq69g5fav"), [17]);
    assert_eq!(shelf.keys("kubernetes"), [18, 19]);
    assert_eq!(shelf.keys("upgrade"), [18, 19]);
    assert_eq!(shelf.keys("login"), [1, 2]);
}

#[test]
fn an_id_without_words_is_found() {
    let shelf = Shelf::of(vec![titled(1, "§-§", "odd", ""), plain(2, "else")]);
    assert_eq!(shelf.keys("§-§"), [1]);
}

#[test]
fn typing_errors_are_a_second_pass() {
    let shelf = Shelf::of(items());
    for (text, wanted) in [
        ("zanzbar", 16),
        ("zazniabr", 16),
        ("authentcation", 17),
        ("Kubernets", 18),
        ("authentic", 17),
        ("snake_caes", 3),
        ("red gren", 22),
        ("поисск", 10),
        ("αναζητση", 11),
        ("都の検索設計", 9),
    ] {
        let found = shelf.search(text);
        assert_eq!(found.pass, Pass::Fuzzy, "{text}");
        assert_eq!(found.hits.first().map(|hit| hit.0), Some(wanted), "{text}");
    }
    let hints = shelf.search("zanzbar").hints;
    assert_eq!(hints, ["near `zanzbar`: `zanzibar`"]);
}

#[test]
fn near_words_are_marked() {
    let shelf = Shelf::of(items());
    let found = shelf.search("zanzbar");
    let (_, item) = &items()[15];
    let snippet = found.marker.snippet(&item.body, 40);
    let marks = snippet
        .marks
        .iter()
        .map(|&(from, to)| &snippet.text[from..to]);
    assert_eq!(marks.collect::<Vec<_>>(), ["zanzibar"]);
}

#[test]
fn some_of_the_words_are_better_than_nothing() {
    let shelf = Shelf::of(items());
    let found = shelf.search("zanzibar xylophone");
    assert_eq!(found.hits.iter().map(|hit| hit.0).collect::<Vec<_>>(), [16]);
    assert_eq!(found.pass, Pass::Fuzzy);
    assert!(found.hints.iter().any(|hint| hint.contains("some of them")));
    assert_eq!(shelf.search("xylophone").total, 0);
}

#[test]
fn nothing_to_look_for_is_a_hint() {
    let shelf = Shelf::of(items());
    for text in ["", "   ", "-blue", "()", "\"", "***"] {
        let found = shelf.search(text);
        assert_eq!((found.total, found.hits.len()), (0, 0), "{text:?}");
        assert_eq!(found.hints.len(), 1, "{text:?}");
    }
}

#[test]
fn the_filter_comes_before_the_limit() {
    let all = (0..200).map(|key| plain(key, "same words here"));
    let shelf = Shelf::of(all.collect());
    let odd = |key: i64| key % 2 == 1;
    let found = shelf.index.search("words", Some(&odd), 3, 0).unwrap();
    assert_eq!(found.total, 100);
    let keys = found.hits.iter().map(|hit| hit.0).collect::<Vec<_>>();
    assert_eq!(keys, [1, 3, 5]);
    let next = shelf.index.search("words", Some(&odd), 3, 3).unwrap();
    let keys = next.hits.iter().map(|hit| hit.0).collect::<Vec<_>>();
    assert_eq!(keys, [7, 9, 11]);
    let none = shelf.index.search("words", Some(&odd), 0, 0).unwrap();
    assert_eq!((none.hits.len(), none.total), (0, 100));
    let far = shelf
        .index
        .search("words", Some(&odd), 5, usize::MAX)
        .unwrap();
    assert_eq!((far.hits.len(), far.total), (0, 100));
}

#[test]
fn two_builds_answer_alike() {
    let mut items = items();
    for key in 100..400 {
        let word = ["red", "green", "blue", "login", "upgrade"][key as usize % 5];
        items.push(plain(key, &format!("{word} filler {} blue", key % 7)));
    }
    let one = Shelf::built(&items, 1, 15_000_000);
    items.reverse();
    let two = Shelf::built(&items, 2, 30_000_000);
    for text in [
        "blue",
        "red filler",
        "login",
        "upgrade -red",
        "fil*",
        "gren",
        "\"filler 3\"",
    ] {
        let (a, b) = (one.search(text), two.search(text));
        assert_eq!(a.hits, b.hits, "{text}");
        assert_eq!((a.total, a.pass), (b.total, b.pass), "{text}");
    }
}

#[test]
fn the_payload_and_the_count_come_back() {
    let shelf = Shelf::of(items());
    assert_eq!(
        super::payload(shelf.dir.path()).unwrap().as_deref(),
        Some("the payload")
    );
    assert_eq!(shelf.index.len(), items().len() as u64);
    let empty = Shelf::of(Vec::new());
    assert_eq!(empty.index.len(), 0);
    assert_eq!(empty.search("anything").total, 0);
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn nobody_leaves_lock_files() {
    let shelf = Shelf::of(items());
    let before = names(shelf.dir.path());
    assert!(
        before.iter().all(|name| !name.contains("lock")),
        "{before:?}"
    );
    shelf.search("blue");
    drop(Index::open(shelf.dir.path()).unwrap());
    assert_eq!(names(shelf.dir.path()), before);
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_can_be_searched() {
    use std::os::unix::fs::PermissionsExt;
    let shelf = Shelf::of(items());
    let dir = shelf.dir.path();
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o555)).unwrap();
    let index = Index::open(dir).unwrap();
    let total = index.search("blue", None, 9, 0).unwrap().total;
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(total, 3);
}

#[test]
fn a_missing_or_damaged_index_can_be_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let missing = Index::open(&dir.path().join("none")).map(drop).unwrap_err();
    assert!(missing.rebuildable(), "{missing}");
    let empty = Index::open(dir.path()).map(drop).unwrap_err();
    assert!(empty.rebuildable(), "{empty}");
    let shelf = Shelf::of(items());
    for name in names(shelf.dir.path()) {
        let path = shelf.dir.path().join(&name);
        let whole = std::fs::read(&path).unwrap();
        for len in [0, 1, whole.len() / 2, whole.len().saturating_sub(1)] {
            std::fs::write(&path, &whole[..len]).unwrap();
            if let Err(error) = Index::open(shelf.dir.path())
                .and_then(|index| index.search("blue", None, 1, 0).map(drop))
            {
                assert!(error.rebuildable(), "{name} {len}: {error}");
            }
        }
        std::fs::remove_file(&path).unwrap();
        let gone = Index::open(shelf.dir.path()).map(drop);
        assert!(
            gone.is_ok() || gone.is_err_and(|error| error.rebuildable()),
            "{name}"
        );
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(
        Index::open(shelf.dir.path())
            .unwrap()
            .search("blue", None, 1, 0)
            .unwrap()
            .total,
        3
    );
}

#[test]
fn another_schema_is_told_from_a_refusing_system() {
    let dir = tempfile::tempdir().unwrap();
    tantivy::Index::create_in_dir(dir.path(), tantivy::schema::Schema::builder().build()).unwrap();
    let other = Index::open(dir.path()).map(drop).unwrap_err();
    assert!(matches!(other, SearchError::Unusable { .. }), "{other}");
    let refused = std::io::Error::from_raw_os_error(13);
    let refused = SearchError::sort("read", dir.path(), refused.into());
    assert!(!refused.rebuildable());
}

#[test]
fn no_text_is_an_error() {
    let shelf = Shelf::of(items());
    let mut runner = TestRunner::deterministic();
    let texts = "\\PC{0,40}|[a-z0-9\"*OR -]{0,40}|([a-z]{1,9}|京|\"|-| |OR|AND|\\*){0,30}";
    runner
        .run(&texts, |text| {
            let found = shelf.index.search(&text, None, 5, 0);
            prop_assert!(found.is_ok(), "{text:?}");
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_word_of_a_body_finds_it(bodies in prop::collection::vec(
        "[a-zA-Z0-9äöüéß東京ไทย한국🚀 _./+#-]{1,60}", 1..20,
    )) {
        let numbered = bodies.iter().zip(1..);
        let shelf = Shelf::of(numbered.clone().map(|(body, key)| plain(key, body)).collect());
        for (body, key) in numbered {
            for word in body.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)) {
                let found = shelf.index.search(&format!("\"{word}\""), None, 50, 0).unwrap();
                prop_assert!(found.hits.iter().any(|hit| hit.0 == key), "{word:?}");
                prop_assert_eq!(found.pass, Pass::Exact, "{:?}", word);
            }
        }
    }
}

/// Somebody is still typing: the last word begins one, before any word is taken for a mistake.
#[test]
fn the_last_word_may_be_unfinished() {
    let named = |key, id: &str, body: &str| {
        let mut item = blank(key);
        item.id = Some(id.to_owned());
        item.body = body.to_owned();
        (key, item)
    };
    let shelf = Shelf::of(vec![
        named(1, "P-TSK-0012", "rebuild the cache"),
        named(2, "P-TSK-0100", "rebuilt"),
        named(3, "Q-TSK-0001", "relative reload"),
    ]);
    for (text, expected, pass) in [
        ("p-tsk-00", vec![1], Pass::Fuzzy),
        ("p-tsk-01", vec![2], Pass::Fuzzy),
        ("P-TSK-0012", vec![1], Pass::Exact),
        ("the cach", vec![1], Pass::Fuzzy),
        ("reb", vec![1, 2], Pass::Fuzzy),
        ("rebuild", vec![1], Pass::Exact),
        // A mistake, as no word begins so.
        ("relaod", vec![3], Pass::Fuzzy),
    ] {
        let mut keys = shelf.keys(text);
        keys.sort_unstable();
        assert_eq!(keys, expected, "{text}");
        assert_eq!(shelf.search(text).pass, pass, "{text}");
    }
    // In quotes, and behind a minus, a word is what it is.
    for text in ["\"the cach\"", "nothing -cach"] {
        let hints = shelf.search(text).hints.concat();
        assert!(!hints.contains("the last word"), "{text}: {hints}");
    }
}
