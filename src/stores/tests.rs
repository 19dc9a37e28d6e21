//! Generations: the switch, the lease, the damage.

use std::fs;
use std::path::Path;

use crate::stores::generation::{self, Current, Generation};
use crate::stores::sqlite::Bulk;

fn last(cache: &Path) -> Option<(String, u64)> {
    match generation::current(cache).unwrap() {
        Current::Ready(ready) => Some((ready.cache.clone(), ready.number)),
        _ => None,
    }
}

fn begin(cache: &Path) -> generation::NewGeneration {
    let last = last(cache);
    let last = last.as_ref().map(|(cache, number)| (&**cache, *number));
    generation::begin(cache, last).unwrap()
}

fn make(cache: &Path) -> u64 {
    let new = begin(cache);
    Bulk::create(&new.dir.join(generation::DATABASE), 0)
        .unwrap()
        .finish()
        .unwrap();
    fs::create_dir(new.dir.join(generation::SEARCH)).unwrap();
    fs::write(new.dir.join("search/meta.json"), "{}").unwrap();
    generation::switch(cache, &new, |path, bytes| fs::write(path, bytes)).unwrap();
    new.number
}

fn ready(cache: &Path) -> Generation {
    match generation::current(cache).unwrap() {
        Current::Ready(generation) => generation,
        other => panic!("{other:?}"),
    }
}

fn folders(cache: &Path) -> usize {
    fs::read_dir(cache)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().is_dir())
        .count()
}

#[test]
fn a_generation_serves_from_the_switch_to_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path();
    assert!(matches!(
        generation::current(cache).unwrap(),
        Current::Missing
    ));
    assert_eq!(make(cache), 1);
    let first = ready(cache);
    let unfinished = begin(cache);
    assert_eq!(ready(cache).number, 1, "an unfinished one does not serve");
    assert_eq!(make(cache), 2);
    let second = ready(cache);
    assert_eq!((second.number, &second.cache), (2, &first.cache));
    generation::sweep(cache);
    assert!(first.dir.exists(), "somebody reads the first");
    assert!(!unfinished.dir.exists(), "nobody reads the unfinished one");
    drop(first);
    // A process that another test is just starting holds a copy of the lease until it runs.
    let begun = std::time::Instant::now();
    while folders(cache) > 1 && begun.elapsed().as_secs() < 30 {
        generation::sweep(cache);
        std::thread::yield_now();
    }
    assert_eq!(folders(cache), 1);
    assert_eq!(ready(cache).number, 2);
}

#[test]
fn damage_is_told_and_never_served() {
    type Harm = fn(&Path, &Path);
    let harms: [(Harm, &str); 10] = [
        (
            |cache, _| {
                fs::remove_file(cache.join("CURRENT")).unwrap();
                fs::create_dir(cache.join("CURRENT")).unwrap();
            },
            "pointer",
        ),
        (
            |cache, _| fs::write(cache.join("CURRENT"), "{").unwrap(),
            "pointer",
        ),
        (
            |cache, _| fs::write(cache.join("CURRENT"), "").unwrap(),
            "pointer",
        ),
        (
            |cache, _| {
                let text = fs::read_to_string(cache.join("CURRENT")).unwrap();
                fs::write(cache.join("CURRENT"), text.replace("\"g-", "\"../g-")).unwrap();
            },
            "pointer",
        ),
        (
            |cache, _| {
                let text = fs::read_to_string(cache.join("CURRENT")).unwrap();
                fs::write(cache.join("CURRENT"), text.replace("kanban ", "kanban 9")).unwrap();
            },
            "version",
        ),
        (|_, dir| fs::remove_dir_all(dir).unwrap(), "missing"),
        (
            |_, dir| fs::remove_file(dir.join("cache.db")).unwrap(),
            "missing",
        ),
        (
            |_, dir| fs::remove_file(dir.join("search/meta.json")).unwrap(),
            "missing",
        ),
        (
            |_, dir| fs::write(dir.join("cache.db"), "").unwrap(),
            "empty",
        ),
        (
            |_, dir| {
                let size = fs::metadata(dir.join("cache.db")).unwrap().len();
                fs::write(
                    dir.join("cache.db"),
                    vec![b'x'; usize::try_from(size).unwrap()],
                )
                .unwrap();
            },
            "SQLite",
        ),
    ];
    for (harm, word) in harms {
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path();
        make(cache);
        let folder = ready(cache).dir.clone();
        harm(cache, &folder);
        match generation::current(cache).unwrap() {
            Current::Unusable(reason) => assert!(reason.contains(word), "{word}: {reason}"),
            other => panic!("{word}: {other:?}"),
        }
        make(cache);
        ready(cache);
    }
}

#[test]
fn the_size_of_a_folder_whose_files_come_and_go_is_still_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("stays"), [0; 100]).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for number in 0..20 {
                    let path = dir.path().join(number.to_string());
                    fs::write(&path, "x").unwrap();
                    fs::remove_file(&path).unwrap();
                }
            }
        });
        let sizes: Vec<_> = (0..2_000).map(|_| generation::size(dir.path())).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for size in sizes {
            let size = size.unwrap();
            assert!((100..=120).contains(&size), "{size}");
        }
    });
}
