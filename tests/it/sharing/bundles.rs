//! `sync export` and `sync import`: there and back, without what is private, and never a half.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sharing::{CONFIG, level, share, task};
use crate::support::World;
use crate::support::answers::{assert_same, dump};
use crate::support::pg;
use crate::support::tree::files;

/// The files below a folder, with their bytes.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = files(folder).into_iter();
    let names = names.filter(|name| !name.starts_with(".git/"));
    names
        .map(|name| {
            let bytes = fs::read(folder.join(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

fn export(world: &World, name: &str, arguments: &[&str]) -> (String, Value) {
    let file = world.beside(name).display().to_string();
    let all = [&["--json", "sync", "export", &file], arguments].concat();
    let data = world.kanban(all).data();
    (file, data)
}

/// The items of a bundle in a folder beside the world.
fn import(world: &World, file: &str, name: &str, arguments: &[&str]) -> (World, Value) {
    let into = world.beside(name);
    let text = into.display().to_string();
    let all = [
        &["--json", "sync", "import", file, "--into", &text],
        arguments,
    ]
    .concat();
    let data = world.kanban(all).data();
    let restored = World::empty();
    for (path, bytes) in bytes(&into) {
        restored.write(&path, bytes);
    }
    restored.git(["init", "-q"]);
    (restored, data)
}

/// A backlog with something private in it.
fn backlog() -> World {
    let world = World::backlog();
    world.write(
        "kanban.toml",
        format!("{CONFIG}[privacy]\npaths = [\"secret\"]\nkeys = [\"private\"]\n"),
    );
    let (path, text) = task("DM-TSK-0101", "Ask grace@example.org");
    world.write(&path, text);
    let (path, text) = task("DM-TSK-0102", "Hidden");
    world.write(&path, text.replace("type:", "private: true\ntype:"));
    world.commit("a note to grace@example.org");
    world
}

#[test]
fn a_backup_gives_back_all_files_and_all_answers() {
    let world = World::backlog();
    let (file, data) = export(&world, "all.kb", &["--unredacted"]);
    assert_eq!(data["redacted"], false);
    let (restored, said) = import(&world, &file, "restored", &[]);
    assert_eq!(said["seal"], data["seal"]);
    assert_eq!(said["items"], data["items"]);
    for (path, bytes) in bytes(restored.root()) {
        assert_eq!(fs::read(world.root().join(&path)).unwrap(), bytes, "{path}");
    }
    assert_same(&dump(&world), &dump(&restored), "what was exported");
}

#[cfg(unix)]
#[test]
fn a_private_backup_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::backlog();
    let (file, _) = export(&world, "all.kb", &["--unredacted"]);
    assert_eq!(
        fs::metadata(file).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn what_may_not_leave_is_in_no_piece() {
    let world = backlog();
    world
        .kanban(["sync", "export", "first.kb", "--unredacted"])
        .ok();
    let (file, data) = export(&world, "public.kb", &[]);
    assert_eq!(data["redacted"], true);
    assert!(data["audit"].as_u64() > Some(0), "{data}");
    let packed = fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&zstd::decode_all(&*packed).unwrap()).into_owned();
    for hidden in [
        "grace@example",
        "Hidden",
        "DM-TSK-0102",
        "privacy",
        "secret",
    ] {
        assert!(!text.contains(hidden), "{hidden} left");
    }
    assert!(text.contains("«redacted-email»"));
    assert!(text.contains("DM-TSK-0101"));
    let (restored, said) = import(&world, &file, "restored", &["--all"]);
    assert_eq!(said["audit"]["holds"], true, "{said}");
    let manifest: Value =
        serde_json::from_str(&restored.read("kanban-bundle/manifest.json")).unwrap();
    assert_eq!(manifest["redacted"], true);
    let history = restored.read("kanban-bundle/history.jsonl");
    assert!(history.lines().count() >= 1, "{history}");

    let (_, all) = export(&world, "private.kb", &["--unredacted"]);
    assert_eq!(
        all["items"].as_u64(),
        data["items"].as_u64().map(|items| items + 1)
    );
}

#[test]
fn the_history_of_a_backup_is_that_of_git() {
    let world = backlog();
    let (file, _) = export(&world, "all.kb", &["--unredacted"]);
    let (restored, _) = import(&world, &file, "restored", &["--all"]);
    let branch = world.git(["branch", "--show-current"]);
    let bundle = restored.root().join("kanban-bundle/history.bundle");
    restored.git([
        "fetch",
        "-q",
        bundle.to_str().unwrap(),
        &format!("{branch}:there"),
    ]);
    assert_eq!(
        restored.git(["rev-parse", "there"]),
        world.git(["rev-parse", "HEAD"])
    );
}

#[test]
fn a_convention_that_only_a_folder_tells_stays_known() {
    let world = World::empty();
    world.git(["init", "-q"]);
    world.write(".obsidian/app.json", "{}");
    world.write("Note.md", "---\ntags: [a]\n---\nA [[Other]].\n");
    world.write("Other.md", "# Other\n");
    world.commit("notes");
    let (file, _) = export(&world, "all.kb", &[]);
    let (restored, _) = import(&world, &file, "restored", &[]);
    assert_same(&dump(&world), &dump(&restored), "a vault");
}

#[test]
fn nothing_is_replaced_and_no_half_is_left() {
    let world = World::backlog();
    let (file, _) = export(&world, "all.kb", &[]);
    let again = world.kanban(["sync", "export", &file]).code(1);
    assert!(again.stderr().contains("--force"), "{again}");
    world.kanban(["sync", "export", &file, "--force"]).ok();

    world
        .kanban(["sync", "import", &file, "--into", "."])
        .code(1);
    let full = world.beside("full");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("mine.md"), "mine").unwrap();
    let into = full.display().to_string();
    let run = world
        .kanban(["sync", "import", &file, "--into", &into])
        .code(1);
    assert!(run.stderr().contains("empty"), "{run}");
    assert_eq!(bytes(&full).len(), 1);

    // Cut off, and with one bit changed, at many places.
    let whole = fs::read(&file).unwrap();
    let new = world.beside("new");
    let into = new.display().to_string();
    let parent = new.parent().unwrap();
    let damaged = world.beside("damaged.kb");
    fs::write(&damaged, &whole).unwrap();
    let before = fs::read_dir(parent).unwrap().count();
    for place in 0..12 {
        let at = place * whole.len() / 12;
        for cut in [true, false] {
            let mut bytes = whole.clone();
            match cut {
                true => bytes.truncate(at),
                false => bytes[at] ^= 0x20,
            }
            fs::write(&damaged, &bytes).unwrap();
            let from = damaged.display().to_string();
            world
                .kanban(["sync", "import", &from, "--into", &into])
                .code(1);
            assert!(!new.exists(), "a half was left");
            assert_eq!(
                fs::read_dir(parent).unwrap().count(),
                before,
                "something was left"
            );
        }
    }
}

#[test]
fn a_killed_import_leaves_no_folder_and_can_be_done_again() {
    let world = World::backlog();
    let (file, _) = export(&world, "all.kb", &[]);
    let new = world.beside("new");
    let into = new.display().to_string();
    let all = ["sync", "import", &file, "--into", &into];
    let die = [("KANBAN_FAULT", "import.before-rename=die")];
    let run = world.kanban_with(&die, all).seen();
    assert!(!run.output.status.success(), "{run}");
    assert!(!new.exists());
    world.kanban(all).ok();
    assert!(!bytes(&new).is_empty());
}

#[test]
fn the_rows_of_the_server_are_lines() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(backlog(), &database);
    world.write("kanban.toml", CONFIG);
    world.commit("all may be seen");
    level(&world);
    let (file, data) = export(&world, "rows.jsonl", &["--from-server"]);
    assert_eq!(data["from"], "server");
    assert_eq!(data["commit"], world.git(["rev-parse", "HEAD"]).as_str());
    let text = fs::read_to_string(file).unwrap();
    let mut titles: Vec<String> = text
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["title"].as_str().unwrap().to_owned()
        })
        .collect();
    titles.sort();
    let mut shown: Vec<String> = database
        .sql("SELECT title FROM kanban.items")
        .lines()
        .map(str::to_owned)
        .collect();
    shown.sort();
    assert_eq!(titles, shown);
    assert_eq!(data["items"], titles.len());
}

#[test]
fn what_is_not_shared_replaces_no_backup() {
    let Some(database) = pg::database() else {
        return;
    };
    let world = share(World::backlog(), &database);
    level(&world);
    let (file, _) = export(&world, "rows.jsonl", &["--from-server"]);
    let good = fs::read(&file).unwrap();
    let outside = database.url(&database.login("outside", &["kanban_reader"]));
    let ours = database.url(pg::ADMIN);
    let elsewhere = world.beside("new.jsonl").display().to_string();
    for (url, branch) in [(&outside, "main"), (&ours, "nowhere")] {
        for file in [&file, &elsewhere] {
            let arguments = ["--json", "sync", "export", file, "--from-server", "--force"];
            let all = [&arguments[..], &["--branch", branch]].concat();
            let run = world
                .kanban_with(&[("KANBAN_POSTGRES_URL", url)], all)
                .code(1);
            assert_eq!(run.json()["error"]["code"], "not-shared", "{run}");
        }
    }
    assert_eq!(fs::read(&file).unwrap(), good);
    assert!(!Path::new(&elsewhere).exists());
}

#[cfg(unix)]
#[test]
fn what_is_private_stays_private() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::backlog();
    let (private, _) = export(&world, "all.kb", &["--unredacted"]);
    let (public, _) = export(&world, "some.kb", &[]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let taken = |file: &str, name: &str| {
        let into = world.beside(name);
        let text = into.display().to_string();
        let arguments = ["sync", "import", file, "--into", &text, "--all"];
        world.kanban(arguments).ok();
        let inside = files(&into).into_iter().map(|name| into.join(name));
        let inside: Vec<_> = inside.collect();
        assert!(inside.len() > 3);
        (into, inside)
    };
    let (new, inside) = taken(&private, "new");
    assert_eq!(mode(&new), 0o700);
    for file in inside {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
    }
    for (file, name, own) in [(&private, "a", 0o750), (&public, "b", 0o700)] {
        let folder = world.beside(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(own)).unwrap();
        assert_eq!(mode(&taken(file, name).0), own, "{name}");
    }
}

/// What export writes of a convention comes back, whatever its files are called.
#[test]
fn every_convention_comes_back() {
    for tree in [
        "--- .backlog/config.yml\nproject_name: x\n--- .backlog/tasks/task-1 - One.md\n---\nid: task-1\ntitle: One\n---\n",
        "--- keps/sig-a/1-one/kep.yaml\ntitle: One\nkep-number: 1\nstatus: provisional\n--- keps/sig-a/1-one/README.md\n# One\n",
        "--- _config.yml\ntitle: x\n--- _posts/2026-01-01-one.markdown\n---\ntitle: One\n---\n",
        "--- notes/One.MD\n# One\n--- notes/two.md\n# Two\n",
        "--- kanban.toml\n[[root]]\npath = \".kanban\"\npreset = \"plain\"\n--- .kanban/one.md\n# One\n",
    ] {
        let world = World::with(tree);
        world.git(["init", "-q"]);
        world.commit("all");
        let items = dump(&world);
        for arguments in [&["--unredacted"][..], &[]] {
            let name = format!("b{}.kb", arguments.len());
            let (file, data) = export(&world, &name, arguments);
            assert!(data["items"].as_u64() > Some(0), "{tree}: {data}");
            let into = world.beside(&format!("r{}", arguments.len()));
            let text = into.display().to_string();
            let taken = ["--json", "sync", "import", &file, "--into", &text];
            assert_eq!(world.kanban(taken).data()["items"], data["items"], "{tree}");
            let restored = World::empty().at(into);
            restored.git(["init", "-q"]);
            assert_same(&items, &dump(&restored), tree);
        }
    }
}
