//! A cache in any condition: the next command says one line, rebuilds, and answers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::World;
use crate::support::answers::{assert_same, cache_dir, dump, generation, paths};
use crate::support::tree::{self, files};

/// A backlog with a cache, what it answered, and where the cache is.
fn ready() -> (World, String, PathBuf) {
    let world = World::backlog();
    let before = dump(&world);
    let cache = cache_dir(&world);
    assert!(cache.join("CURRENT").is_file(), "{}", cache.display());
    (world, before, cache)
}

/// Expects that the next question says one line about `what`, and answers as before.
fn heals(world: &World, before: &str, what: &str) {
    // Quiet leaves out the steps, which are shown where they take long.
    let run = world.kanban(["--quiet", "list"]).ok();
    assert_eq!(run.words().len(), 1, "{what}: one line\n{run}");
    assert!(run.stdout().contains("Card form"), "{what}\n{run}");
    let again = world.kanban(["list"]).ok();
    assert_eq!(again.stderr(), "", "{what}: said once\n{again}");
    assert_same(before, &dump(world), what);
    let found = world.kanban(["--json", "search", "façade"]).data();
    assert_eq!(found["total"], 1, "{what}: the search index too");
}

fn every_file(cache: &Path) -> Vec<PathBuf> {
    let found: Vec<_> = files(cache)
        .into_iter()
        .filter(|path| !path.ends_with(".lock"))
        .map(|path| cache.join(path))
        .collect();
    assert!(found.len() > 3, "{found:?}");
    found
}

#[test]
fn a_deleted_cache_is_made_again() {
    let (world, before, cache) = ready();
    fs::remove_dir_all(&cache).unwrap();
    // Nothing is wrong with a first run, so nothing is said.
    world.kanban(["--quiet", "list"]).ok().silent();
    assert_same(&before, &dump(&world), "deleted");
}

/// Nothing is synced: after a restart of the system the cache is proved before it serves.
#[test]
fn a_cache_from_before_a_restart_is_proved() {
    let (world, before, cache) = ready();
    let pointer = cache.join("CURRENT");
    let restart = || {
        let text = fs::read_to_string(&pointer).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        value["boot"] = "another".into();
        fs::write(&pointer, value.to_string()).unwrap();
    };
    restart();
    let run = world.kanban(["--quiet", "list"]).ok();
    run.silent();
    assert!(run.stdout().contains("Card form"), "{run}");
    assert_eq!(generation(&world), 1, "it was whole, so it serves");
    let text = fs::read_to_string(&pointer).unwrap();
    assert!(!text.contains("another"), "proved once: {text}");

    let segment = every_file(&cache)
        .into_iter()
        .find(|path| {
            path.extension()
                .is_some_and(|kind| kind == "pos" || kind == "idx")
        })
        .unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    bytes[3] ^= 0xFF;
    fs::write(&segment, bytes).unwrap();
    restart();
    heals(&world, &before, "a damaged segment");
}

#[test]
fn a_truncated_cache_heals() {
    for keep in [0, 1, 100, 4096, 20_000] {
        let (world, before, cache) = ready();
        let database = every_file(&cache)
            .into_iter()
            .find(|path| path.ends_with("cache.db"))
            .unwrap();
        let file = fs::OpenOptions::new().write(true).open(&database).unwrap();
        assert!(file.metadata().unwrap().len() > keep);
        file.set_len(keep).unwrap();
        heals(&world, &before, &format!("truncated to {keep}"));
    }
}

#[test]
fn each_file_of_the_cache_may_go_missing() {
    let (world, _, cache) = ready();
    let names: Vec<_> = every_file(&cache)
        .iter()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    drop(world);
    for place in 0..names.len() {
        let (world, before, cache) = ready();
        let all = every_file(&cache);
        let Some(path) = all.get(place) else { continue };
        fs::remove_file(path).unwrap();
        let run = world.kanban(["list"]).ok();
        assert!(
            run.stdout().contains("Card form"),
            "{}\n{run}",
            path.display()
        );
        assert_same(&before, &dump(&world), &path.display().to_string());
    }
}

#[test]
fn garbage_of_the_same_size_heals() {
    let (world, before, cache) = ready();
    for path in every_file(&cache) {
        let size = fs::metadata(&path).unwrap().len();
        fs::write(&path, noise(size as usize)).unwrap();
    }
    heals(&world, &before, "garbage everywhere");
}

#[test]
fn garbage_in_the_middle_heals() {
    let (world, before, cache) = ready();
    for path in every_file(&cache) {
        let mut bytes = fs::read(&path).unwrap();
        let (from, to) = (bytes.len() / 4, bytes.len());
        if path.ends_with("CURRENT") || bytes.len() < 2000 {
            continue;
        }
        bytes[from..to].copy_from_slice(&noise(to - from));
        fs::write(&path, bytes).unwrap();
    }
    // The header is whole: what is wrong shows only while a question is answered.
    for args in [
        &["list"][..],
        &["search", "card"],
        &["show", "DM-TSK-0001"],
        &["board"],
    ] {
        let run = world.kanban(args).ok();
        assert!(!run.stderr().contains("error"), "{run}");
    }
    assert_same(&before, &dump(&world), "garbage in the middle");
}

#[test]
fn garbage_in_the_search_index_heals() {
    for ending in [".term", ".fast", ".idx", ".pos"] {
        let (world, _, cache) = ready();
        let before = world.kanban(["--json", "search", "the"]).data();
        for path in every_file(&cache) {
            if path.to_string_lossy().ends_with(ending) {
                let mut bytes = fs::read(&path).unwrap();
                let (from, to) = (bytes.len() / 4, bytes.len() - bytes.len() / 8);
                bytes[from..to].copy_from_slice(&noise(to - from));
                fs::write(&path, bytes).unwrap();
            }
        }
        world.kanban(["--json", "search", "the"]).ok();
        // Damage that tantivy does not notice may cost hits, until the next rebuild.
        world.kanban(["rebuild-index"]).ok();
        assert_eq!(before, world.kanban(["--json", "search", "the"]).data());
    }
}

#[test]
fn a_folder_of_foreign_files_is_no_cache() {
    let (world, before, cache) = ready();
    fs::remove_dir_all(&cache).unwrap();
    tree::write(&cache, "CURRENT", "g-1-x\n");
    tree::write(&cache, "g-1-x/cache.db", "not a database");
    heals(&world, &before, "foreign");
}

#[test]
fn a_cache_of_another_version_is_made_again() {
    let (world, before, cache) = ready();
    let pointer = cache.join("CURRENT");
    let text = fs::read_to_string(&pointer).unwrap();
    let other = text.replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    assert_ne!(text, other, "the version is in CURRENT");
    fs::write(&pointer, other).unwrap();
    let run = world.kanban(["--quiet", "list"]).ok();
    assert!(run.stderr().contains("version"), "{run}");
    assert_eq!(run.words().len(), 1, "{run}");
    assert_same(&before, &dump(&world), "another version");
}

#[test]
fn unchanged_files_make_no_new_generation() {
    let (world, _, _) = ready();
    let first = generation(&world);
    for args in [&["list"][..], &["board"], &["check"], &["search", "card"]] {
        assert!(!world.kanban(args).ok().stderr().contains("error"));
    }
    // Touched, but equal: read again, found the same.
    let path = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0003_refund.md";
    let text = world.read(path);
    world.write(path, text);
    assert!(paths(&world).contains(&path.to_owned()));
    assert!(generation(&world) <= first + 1);
}

#[test]
fn every_change_is_seen_by_the_next_question() {
    let (world, _, _) = ready();
    let path = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0003_refund.md";
    let text = world.read(path);
    // Of the same size, at once after the last look: only the content tells.
    for state in ["Accepted", "Reviewed", "Proposed", "Accepted"] {
        world.write(
            path,
            text.replace("state: Proposed", &format!("state: {state}")),
        );
        let data = world.kanban(["--json", "show", "DM-TSK-0003"]).data();
        assert_eq!(data["state"], state);
    }
    // The old time on new content.
    let time = fs::metadata(world.root().join(path))
        .unwrap()
        .modified()
        .unwrap();
    world.write(path, text.replace("state: Proposed", "state: Reviewed"));
    let file = fs::File::options()
        .write(true)
        .open(world.root().join(path))
        .unwrap();
    file.set_modified(time).unwrap();
    let data = world.kanban(["--json", "show", "DM-TSK-0003"]).data();
    assert_eq!(data["state"], "Reviewed");

    world.rename(path, &path.replace("refund", "pay-back"));
    assert!(paths(&world).contains(&path.replace("refund", "pay-back")));
    world.git(["checkout", "--quiet", "-f", "HEAD"]);
    world.git(["clean", "--quiet", "-fd"]);
    assert!(paths(&world).contains(&path.to_owned()));
    assert_eq!(paths(&world).len(), 7);
}

/// Bytes without a pattern, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}
