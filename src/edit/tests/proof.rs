//! The proof tells a good edit from one that does a little more than it should.

use crate::edit::page::Page;
use crate::edit::plan::{After, Plan};
use crate::edit::proof::prove;
use crate::edit::splice::Splices;
use crate::parse::Source;

const FILE: &str =
    "---\n# first\na: x # of a\n# of b\nb:\n  c: 1\n  # in b\n  d: [p, q]\nz: 2\n---\nbody\n";

fn check(path: &[&str], after: After, next: &str) -> Result<(), String> {
    let page = Page::read(FILE, Source::Markdown).unwrap().unwrap();
    let plan = Plan {
        splices: Splices::new(FILE),
        path: path.iter().map(|key| (*key).to_owned()).collect(),
        after,
    };
    prove(&page, next, &plan)
}

#[test]
fn a_set_that_does_more_is_not_proved() {
    let text = || After::Text("y's".to_owned());
    let set = |next: &str| check(&["a"], text(), next);
    let good = FILE.replace("a: x", "a: y's");
    assert_eq!(set(&good), Ok(()));
    for (what, with) in [
        ("# first\n", ""),
        ("# of b\n", ""),
        ("# of b", "#  of b"),
        ("z: 2", "z: 3"),
        ("z: 2", "z:  2"),
        ("[p, q]", "[p,q]"),
        ("body", "bodies"),
        ("---\nbody", "...\nbody"),
        ("z: 2\n", "z: 2\r\n"),
        ("a: y's # of a", "a: y's # of a\r"),
        ("a: y's", "a: y'"),
        ("a: y's", "a: 'y'"),
        ("a: y's", "aa: y's"),
        ("a: y's # of a\n", "a: y's # of a\nn: 1\n"),
        ("---\n# first", "--- \n# first"),
    ] {
        let bad = good.replacen(what, with, 1);
        assert_ne!(bad, good);
        assert!(set(&bad).is_err(), "{what:?} became {with:?}");
    }
    assert!(check(&["b", "c"], text(), &good).is_err());
}

#[test]
fn text_that_another_reader_takes_for_something_else_is_not_proved() {
    let set = |word: &str, written: &str| {
        check(
            &["a"],
            After::Text(word.to_owned()),
            &FILE.replace("a: x", written),
        )
    };
    assert_eq!(set("1.10", "a: '1.10'"), Ok(()));
    assert!(set("1.10", "a: 1.10").is_err());
    assert!(set("True", "a: True").is_err());
    assert!(set("w\u{2028}v", "a: w\u{2028}v").is_err());
    assert_eq!(set("w\u{2028}v", "a: \"w\\u2028v\""), Ok(()));
}

#[test]
fn a_key_that_goes_takes_nothing_along() {
    let unset = |path: &[&str], next: &str| check(path, After::Gone, next);
    assert_eq!(unset(&["a"], &FILE.replace("a: x # of a\n", "")), Ok(()));
    assert!(unset(&["a"], &FILE.replace("a: x # of a\n# of b\n", "")).is_err());
    assert!(unset(&["a"], &FILE.replace("# first\na: x # of a\n", "")).is_err());
    assert_eq!(
        unset(&["b", "d"], &FILE.replace("  d: [p, q]\n", "")),
        Ok(())
    );
    assert!(unset(&["b", "c"], &FILE.replace("  c: 1\n  # in b\n", "")).is_err());
    assert!(unset(&["z"], FILE).is_err());
}

#[test]
fn a_new_key_only_adds() {
    let make = |next: &str| check(&["n"], After::Text("v".to_owned()), next);
    assert_eq!(make(&FILE.replace("z: 2\n", "z: 2\nn: v\n")), Ok(()));
    assert_eq!(make(&FILE.replace("# of b", "n: v\n# of b")), Ok(()));
    assert!(make(&FILE.replace("# of b\n", "n: v\n")).is_err());
    assert!(make(&FILE.replace("z: 2\n", "n: v\nz: '2'\n")).is_err());
}
