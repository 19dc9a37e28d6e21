//! What is remembered of blobs, and what of that is forgotten.

use crate::engine::write::taken::memo::{FILE, Key, Memo, Rules, SPARE};
use crate::parse::Source;

fn key(number: usize) -> Key {
    Rules::new(["id"], Source::Markdown).key(&number.to_le_bytes())
}

#[test]
fn what_was_put_in_is_there_and_none_is_not_empty() {
    let dir = tempfile::tempdir().unwrap();
    let ids = [None, Some(String::new()), Some("ä".repeat(9_000))];
    let mut memo = Memo::open(dir.path());
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(memo.get(key(number)), None);
        memo.put(key(number), id.clone());
    }
    memo.put(key(9), Some("x".repeat(70_000)));
    memo.keep();
    let mut memo = Memo::open(dir.path());
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(memo.get(key(number)), Some(id.clone()));
    }
    assert_eq!(memo.get(key(9)), None, "too long to be kept");
    let other = Rules::new(["key"], Source::Markdown).key(&0_usize.to_le_bytes());
    assert_eq!(memo.get(other), None, "read by another key");
}

#[test]
fn what_is_damaged_anywhere_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut memo = Memo::open(dir.path());
    memo.put(key(1), Some("N-7".to_owned()));
    memo.keep();
    let path = dir.path().join(FILE);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        for bytes in [&damaged[..], &whole[..at]] {
            #[expect(clippy::disallowed_methods, reason = "what a broken disk would do")]
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(Memo::open(dir.path()).get(key(1)), None, "at {at}");
        }
    }
}

#[test]
fn what_nobody_asks_for_goes_when_it_is_most() {
    let dir = tempfile::tempdir().unwrap();
    let mut memo = Memo::open(dir.path());
    (0..=SPARE).for_each(|number| memo.put(key(number), None));
    memo.keep();
    let mut memo = Memo::open(dir.path());
    assert_eq!(memo.get(key(0)), Some(None));
    memo.put(key(SPARE + 1), None);
    memo.keep();
    assert_eq!(Memo::open(dir.path()).answers.len(), SPARE + 2, "spared");
    let mut memo = Memo::open(dir.path());
    memo.put(key(SPARE + 2), None);
    memo.keep();
    let mut memo = Memo::open(dir.path());
    let kept = [0, SPARE + 2].map(|number| memo.get(key(number)).is_some());
    assert_eq!(kept, [false, true]);
}
