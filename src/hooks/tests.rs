//! Laws and examples of `hooks`: texts first, then files in a folder. What git does with them is in
//! tests/it/flow.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::hooks::block::{self, Kind, Standing};
use crate::hooks::{State, chain, file, shell};

const HOOK: &str = "post-commit";

fn program() -> PathBuf {
    PathBuf::from("/opt/ka'n ban/kanban")
}

/// Everything in a folder: mode and content, or where a link leads.
fn snapshot(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_symlink() {
            fs::read_link(&path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes()
        } else if meta.is_dir() {
            format!("{:?}", snapshot(&path)).into_bytes()
        } else {
            fs::read(&path).unwrap()
        };
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, (meta.permissions().mode(), content))
    });
    entries.collect()
}

fn put(folder: &Path, name: &str, bytes: &[u8], mode: u32) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
}

fn install(folder: &Path) -> State {
    let state = file::install(folder, HOOK, &program(), false, false)
        .unwrap()
        .state;
    chain::tidy(folder).unwrap();
    state
}

fn uninstall(folder: &Path) -> State {
    let state = file::uninstall(folder, HOOK, false).unwrap().state;
    chain::tidy(folder).unwrap();
    state
}

/// First lines of all kinds, and bodies of all kinds.
fn any_hook() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        Just("#!/bin/sh\n"),
        Just("#!/bin/sh -eu\n"),
        Just("#!/usr/bin/env bash\n"),
        Just("#! /usr/bin/env -S zsh -f\n"),
        Just("#!/bin/sh\r\n"),
        Just("#!/bin/sh"),
        Just("#!/usr/bin/env python3\n"),
        Just("#!/bin/rbash\n"),
        Just("\u{7f}ELF"),
        Just(""),
    ];
    let line = prop_oneof![
        Just(b"echo hello\n".to_vec()),
        Just(b"exit 3\r\n".to_vec()),
        Just(b"cat <<EOF\n".to_vec()),
        Just(b"exec python3 \"$0\"\n".to_vec()),
        Just(b"# >>> kanban post-merge own >>>\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    (first, proptest::collection::vec(line, 0..6))
        .prop_map(|(first, lines)| [first.as_bytes(), &lines.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn uninstall_restores_every_byte(
        bytes in any_hook(), mode in prop_oneof![Just(0o755), Just(0o644), Just(0o700), Just(0o555)],
    ) {
        let temp = TempDir::new().unwrap();
        let folder = temp.path();
        put(folder, HOOK, &bytes, mode);
        put(folder, "lib.sh", b"x", 0o644);
        let before = snapshot(folder);

        let first = install(folder);
        prop_assert!(matches!(first, State::Installed | State::Chained), "{first:?}");
        let installed = snapshot(folder);
        prop_assert_ne!(&installed, &before);
        prop_assert_eq!(install(folder), State::Unchanged);
        prop_assert_eq!(snapshot(folder), installed);

        prop_assert_eq!(uninstall(folder), State::Restored);
        prop_assert_eq!(snapshot(folder), before);
        prop_assert_eq!(uninstall(folder), State::Unchanged);
    }

    /// What the user adds between install and uninstall stays, and nothing else changes.
    #[test]
    fn an_edit_of_the_rest_survives(body in "[a-z \n]{0,60}", more in "[a-z #\n]{0,60}") {
        let temp = TempDir::new().unwrap();
        let folder = temp.path();
        let hook = format!("#!/bin/sh\n{body}");
        put(folder, HOOK, hook.as_bytes(), 0o755);
        install(folder);
        let path = folder.join(HOOK);
        let edited = [fs::read(&path).unwrap(), more.clone().into_bytes()].concat();
        fs::write(&path, edited).unwrap();
        prop_assert_eq!(install(folder), State::Unchanged);
        uninstall(folder);
        prop_assert_eq!(fs::read_to_string(&path).unwrap(), hook + &more);
    }

    #[test]
    fn any_bytes_have_a_standing(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(block::find(&bytes, HOOK), Standing::None);
        shell::takes_a_block(&bytes);
    }
}

#[test]
fn a_block_is_found_whole_or_not_at_all() {
    for kind in [Kind::Guest, Kind::Own, Kind::OwnFolder, Kind::Chain] {
        let text = block::text(HOOK, kind, &program());
        let bytes = block::with(b"#!/bin/sh\necho after\n", &text);
        let range = 10..10 + text.len();
        assert_eq!(
            block::find(&bytes, HOOK),
            Standing::Whole {
                range: range.clone(),
                kind
            }
        );
        assert_eq!(block::find(&bytes, "post-merge"), Standing::None);
        assert_eq!(block::without(&bytes, &range), b"#!/bin/sh\necho after\n");
        // Cut anywhere, it is broken or, before its first line ends, not there.
        for cut in 11..range.end - 1 {
            assert!(
                !matches!(block::find(&bytes[..cut], HOOK), Standing::Whole { .. })
                    // The marker is whole without its line end too.
                    || cut == range.end - 1,
                "{kind:?} at {cut}"
            );
        }
    }
}

#[test]
fn only_plain_shell_scripts_take_a_block() {
    let yes = [
        "#!/bin/sh\n",
        "#! /bin/sh\n",
        "#!/bin/sh -e\nset -u\n",
        "#!/usr/bin/env bash\n. \"$(dirname \"$0\")/_/husky.sh\"\n",
        "#!/usr/bin/env -S bash -euo pipefail\n",
        "#!/bin/zsh -f\n",
        "#!/usr/bin/env sh\n. \"${0%/*}/h\"",
        "#!/bin/bash --norc\nexec \"$(dirname \"$0\")/real\" \"$@\"\n",
    ];
    for text in yes {
        assert!(shell::takes_a_block(text.as_bytes()), "{text:?}");
    }
    let no = [
        "",
        "\n",
        "#!/bin/sh",
        "#!/bin/sh\r\n",
        "#!\n",
        "echo no first line\n",
        "#!/usr/bin/python3\n",
        "#!/usr/bin/env\n",
        "#!/usr/bin/env node\n",
        "#!/usr/bin/env FOO=1 bash\n",
        "#!/bin/rbash\n",
        "#!/bin/bash -r\n",
        "#!/bin/sh -s\n",
        "#!/bin/sh -c\n",
        "#!/usr/bin/fish\n",
        "#!/bin/sh\n\0",
        "#!/bin/sh\n''''exec python3 \"$0\" \"$@\" # '''\nimport os\n",
        "#!/bin/sh\n# \\\nexec tclsh \"$0\" \"$@\"\nputs hi\n",
        "#!/bin/bash\nexec node ${BASH_SOURCE[0]}\n",
    ];
    for text in no {
        assert!(!shell::takes_a_block(text.as_bytes()), "{text:?}");
    }
}

#[test]
fn a_program_is_one_word_whatever_its_name() {
    let text =
        String::from_utf8(block::text(HOOK, Kind::Own, Path::new("/a b'$(x)`y`/k"))).unwrap();
    assert!(text.contains(r"[ -x '/a b'\''$(x)`y`/k' ]"), "{text}");
    assert!(!text.contains('@'), "{text}");
}

#[test]
fn a_link_is_kept_and_never_written_through() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path().join("hooks");
    fs::create_dir(&folder).unwrap();
    put(temp.path(), "script", b"#!/bin/sh\n", 0o755);
    symlink("../script", folder.join(HOOK)).unwrap();
    let before = snapshot(temp.path());
    assert_eq!(install(&folder), State::Chained);
    assert_eq!(
        fs::read(temp.path().join("script")).unwrap(),
        b"#!/bin/sh\n"
    );
    assert!(!folder.join(HOOK).is_symlink());
    assert_eq!(uninstall(&folder), State::Restored);
    assert_eq!(snapshot(temp.path()), before);
}

#[test]
fn a_new_hook_comes_and_goes() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    assert_eq!(install(folder), State::Installed);
    let mode = fs::metadata(folder.join(HOOK))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o100, 0o100);
    assert_eq!(uninstall(folder), State::Removed);
    assert!(snapshot(folder).is_empty());

    // What the user has written into it is his.
    install(folder);
    let path = folder.join(HOOK);
    let more = [&fs::read(&path).unwrap()[..], b"echo mine\n"].concat();
    fs::write(&path, more).unwrap();
    assert_eq!(uninstall(folder), State::Restored);
    assert_eq!(fs::read(&path).unwrap(), b"#!/bin/sh\necho mine\n");
}

#[test]
fn an_older_block_is_replaced_in_place() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    put(folder, HOOK, b"#!/bin/sh\necho a\n", 0o755);
    let other = Path::new("/old/kanban");
    file::install(folder, HOOK, other, false, false).unwrap();
    assert_eq!(install(folder), State::Renewed);
    let renewed = fs::read(folder.join(HOOK)).unwrap();
    assert_eq!(
        renewed,
        block::with(
            b"#!/bin/sh\necho a\n",
            &block::text(HOOK, Kind::Guest, &program())
        )
    );
    assert_eq!(uninstall(folder), State::Restored);
    assert_eq!(fs::read(folder.join(HOOK)).unwrap(), b"#!/bin/sh\necho a\n");
}

#[test]
fn what_cannot_be_done_safely_is_refused() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    let path = folder.join(HOOK);
    let refused = |what: &str| {
        let before = snapshot(folder);
        let deed = file::install(folder, HOOK, &program(), false, false).unwrap();
        assert_eq!(deed.state, State::Refused, "{what}: {}", deed.message);
        assert!(!deed.hint.is_empty(), "{what}");
        assert_eq!(snapshot(folder), before, "{what}");
    };

    fs::create_dir(&path).unwrap();
    refused("a folder");
    fs::remove_dir(&path).unwrap();

    put(
        folder,
        HOOK,
        b"#!/bin/sh\n# >>> kanban post-commit guest >>>\n",
        0o755,
    );
    refused("half a block");
    assert_eq!(uninstall(folder), State::Refused);

    // Two foreign hooks, one of them kept from before.
    put(folder, HOOK, b"#!/usr/bin/python3\n", 0o755);
    put(folder, &chain::name(HOOK), b"#!/usr/bin/ruby\n", 0o755);
    refused("a kept one in the way");
    fs::remove_file(chain::kept(folder, HOOK)).unwrap();

    put(folder, HOOK, b"#!/bin/sh\necho a\n", 0o755);
    install(folder);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    refused("switched off by its owner");

    fs::remove_file(&path).unwrap();
    put(folder, HOOK, b"#!/usr/bin/python3\n", 0o755);
    install(folder);
    let more = [&fs::read(&path).unwrap()[..], b"echo lost\n"].concat();
    fs::write(&path, more).unwrap();
    assert_eq!(uninstall(folder), State::Refused);
}

#[test]
fn a_chaining_that_died_half_way_is_taken_up_or_taken_back() {
    for go_on in [true, false] {
        let temp = TempDir::new().unwrap();
        let folder = temp.path();
        put(folder, HOOK, b"#!/usr/bin/python3\n", 0o755);
        let before = snapshot(folder);
        chain::keep(folder, HOOK).unwrap();
        if go_on {
            assert_eq!(install(folder), State::Chained);
            assert_eq!(uninstall(folder), State::Restored);
        } else {
            assert_eq!(uninstall(folder), State::Unchanged);
        }
        assert_eq!(snapshot(folder), before);
    }
}

#[test]
fn a_kept_hook_sees_its_neighbors() {
    let temp = TempDir::new().unwrap();
    let folder = temp.path();
    put(folder, HOOK, b"#!/usr/bin/python3\n", 0o755);
    put(folder, "lib.py", b"x", 0o644);
    put(folder, "pre-push.sample", b"x", 0o755);
    install(folder);
    let aliases = folder.join("kanban-chained");
    assert_eq!(
        fs::read(aliases.join(HOOK)).unwrap(),
        b"#!/usr/bin/python3\n"
    );
    assert_eq!(fs::read(aliases.join("lib.py")).unwrap(), b"x");
    assert!(!aliases.join("pre-push.sample").exists());
    // Somebody's own file there is not ours to remove.
    fs::write(aliases.join("mine"), "x").unwrap();
    uninstall(folder);
    assert_eq!(snapshot(&aliases).into_keys().collect::<Vec<_>>(), ["mine"]);
}
