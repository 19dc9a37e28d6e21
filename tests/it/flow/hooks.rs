//! Hooks by real git: which commands fire them, and what becomes of the hooks that were there.
//! A small script stands in for the program that they start; it tells what it was called with.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use crate::flow::limits::{NOBODY, as_user, writable};
use crate::support::run::Seen;
use crate::support::{Run, World};

/// What the stand-in does: one line a call, into the file that the variable names.
const PROGRAM: &str = "#!/bin/sh\necho \"$* in $PWD git=${GIT_DIR-}\" >> \"${LOG:-/dev/null}\"\n";

/// A world with a repository and a stand-in for `kanban`.
pub(super) struct Hooked {
    pub(super) world: World,
}

impl Hooked {
    pub(super) fn new() -> Self {
        Self::of(World::with("--- a.md\n# A\n"))
    }

    pub(super) fn of(world: World) -> Self {
        put(&world.beside("stand-in"), PROGRAM, 0o755);
        Self { world }
    }

    pub(super) fn program(&self) -> PathBuf {
        self.world.beside("stand-in")
    }

    /// `kanban hooks …` with the stand-in.
    pub(super) fn hooks(&self, args: &[&str]) -> Run {
        let program = self.program();
        let args = ["hooks"].iter().chain(args).copied();
        let args: Vec<_> = args
            .chain(["--program", program.to_str().unwrap()])
            .collect();
        self.world.kanban(args)
    }

    pub(super) fn hook(&self, name: &str) -> PathBuf {
        self.world.root().join(".git/hooks").join(name)
    }

    /// Runs git and tells everything about it; calls of the stand-in go to `log`.
    pub(super) fn git(&self, log: &Path, args: &[&str]) -> Output {
        let mut command = Command::new("git");
        self.world.close(&mut command);
        command.args(args).env("LOG", log).output().unwrap()
    }

    /// Runs git and waits until the hook has started the stand-in.
    pub(super) fn fires(&self, args: &[&str], hook: &str) -> Output {
        let log = self.log();
        let output = self.git(&log, args);
        wait_for(&log, &format!("refresh --hook {hook} in "));
        output
    }

    /// A file for calls, new each time: a call of an earlier command may come late.
    pub(super) fn log(&self) -> PathBuf {
        for number in 0.. {
            let log = self.world.beside(&format!("log-{number}"));
            if fs::File::create_new(&log).is_ok() {
                return log;
            }
        }
        unreachable!("because the numbers do not end")
    }
}

pub(super) fn put(path: &Path, text: impl AsRef<[u8]>, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // Written under another name, so that nobody meets a program that is open for writing.
    let temp = path.with_extension("part");
    fs::write(&temp, text).unwrap();
    fs::set_permissions(&temp, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(temp, path).unwrap();
}

/// Waits until the file holds the text.
pub(super) fn wait_for(file: &Path, text: &str) -> String {
    let start = Instant::now();
    loop {
        let found = fs::read_to_string(file).unwrap_or_default();
        if found.contains(text) {
            return found;
        }
        // A guard against hanging, not a measure.
        assert!(
            start.elapsed().as_secs() < 30,
            "{text:?} never came into {}:\n{found}",
            file.display()
        );
        std::thread::yield_now();
    }
}

/// Names and states of an answer of `kanban --json hooks`.
pub(super) fn states(run: &Seen) -> Vec<String> {
    let json = run.json();
    let rows = json["data"]["hooks"].as_array().unwrap();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| format!("{} {}", text(row, "name"), text(row, "state")))
        .collect()
}

/// The state of one hook.
pub(super) fn state(run: &Seen, hook: &str) -> String {
    let states = states(run);
    let found = states
        .iter()
        .find_map(|row| row.strip_prefix(hook)?.strip_prefix(' '));
    found
        .unwrap_or_else(|| panic!("no {hook}\n{run}"))
        .to_owned()
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn every_command_that_changes_files_starts_a_refresh() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    hooked.hooks(&["install"]).ok();
    hooked.hooks(&["status"]).ok().shows("git runs it");
    world.write("b.md", "# B\n");
    world.git(["add", "b.md"]);
    let steps: &[(&[&str], &str)] = &[
        (&["commit", "-qm", "b"], "post-commit"),
        (
            &["commit", "-q", "--amend", "-m", "b again"],
            "post-rewrite",
        ),
        (&["switch", "-qc", "side", "HEAD~1"], "post-checkout"),
        (&["checkout", "-q", "main", "--", "b.md"], "post-checkout"),
        (&["commit", "-qm", "side"], "post-commit"),
        (&["merge", "-qm", "both", "main"], "post-merge"),
        (&["reset", "-q", "--hard", "HEAD~1"], "post-index-change"),
        (&["revert", "--no-edit", "HEAD"], "post-commit"),
        (&["cherry-pick", "main"], "post-commit"),
        (&["rebase", "-q", "--force-rebase", "main"], "post-rewrite"),
        (&["restore", "--source", "main~1", "a.md"], "post-checkout"),
        (&["read-tree", "-um", "HEAD"], "post-index-change"),
    ];
    for (args, hook) in steps {
        hooked.fires(args, hook);
    }
    world.write("a.md", "# Changed\n");
    hooked.fires(&["stash", "-q"], "post-index-change");
    hooked.fires(&["stash", "pop", "-q"], "post-index-change");
    world.commit("changed");
    let patch = world.git(["format-patch", "-1", "--output-directory", "../patches"]);
    world.git(["reset", "-q", "--hard", "HEAD~1"]);
    let output = hooked.fires(&["am", "-q", &patch], "post-applypatch");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "", "a hook of ours says nothing");
}

#[test]
fn the_index_alone_starts_nothing() {
    let hooked = Hooked::new();
    hooked.hooks(&["install"]).ok();
    let log = hooked.log();
    hooked.git(&log, &["hook", "run", "post-index-change", "--", "0", "1"]);
    hooked.git(&log, &["hook", "run", "post-index-change", "--", "1", "0"]);
    assert_eq!(wait_for(&log, "post-index-change").lines().count(), 1);
}

#[test]
fn a_shell_hook_runs_on_as_before() {
    let hooked = Hooked::new();
    let seen = hooked.world.beside("seen");
    let text = "#!/bin/sh\nset -eu\n. \"$(dirname \"$0\")/lib.sh\"\ntell \"$@\"\nwait\nexit 7\n";
    let lib = format!(
        "tell() {{ echo \"${{0##*/}} $* ${{!:-none}}\" > '{0}'; set | sed 's/=.*//' > '{0}-names'; }}\n",
        seen.display()
    );
    // No variable of ours is left in the shell.
    let names = || fs::read_to_string(hooked.world.beside("seen-names")).unwrap();
    put(&hooked.hook("lib.sh"), lib, 0o644);
    put(&hooked.hook("post-checkout"), text, 0o750);

    let expected = |hooked: &Hooked, output: Output| {
        // A checkout fails with its hook.
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let head = hooked.world.git(["rev-parse", "HEAD"]);
        let line = fs::read_to_string(&seen).unwrap();
        assert_eq!(line, format!("post-checkout {head} {head} 1 none\n"));
        fs::remove_file(&seen).unwrap();
    };
    let log = hooked.log();
    expected(&hooked, hooked.git(&log, &["switch", "-qc", "one"]));
    let before = names();
    let run = hooked.hooks(&["install", "--dry-run"]).ok();
    run.shows("would be installed");
    assert_eq!(
        fs::read_to_string(hooked.hook("post-checkout")).unwrap(),
        text
    );
    hooked.hooks(&["install"]).ok();
    expected(
        &hooked,
        hooked.fires(&["switch", "-qc", "two"], "post-checkout"),
    );
    assert_eq!(names(), before);
    let output = hooked.fires(&["hook", "run", "post-checkout"], "post-checkout");
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    fs::remove_file(&seen).unwrap();
    // Status is no checkout: the hook behind our block does not run.
    hooked.hooks(&["status"]).ok();
    assert!(!seen.exists());
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(
        fs::read_to_string(hooked.hook("post-checkout")).unwrap(),
        text
    );
    expected(&hooked, hooked.git(&log, &["switch", "-qc", "three"]));
}

#[test]
fn what_git_feeds_a_hook_reaches_it_whole() {
    for shebang in ["#!/bin/sh", "#!/bin/bash"] {
        let hooked = Hooked::new();
        let seen = hooked.world.beside("seen");
        let text = format!("{shebang}\ncat > '{}'\n", seen.display());
        put(&hooked.hook("post-rewrite"), text, 0o755);
        hooked.hooks(&["install"]).ok();
        let old = hooked.world.git(["rev-parse", "HEAD"]);
        hooked.fires(&["commit", "-q", "--amend", "-m", "new"], "post-rewrite");
        let new = hooked.world.git(["rev-parse", "HEAD"]);
        assert_eq!(fs::read_to_string(seen).unwrap(), format!("{old} {new}\n"));
    }
}

#[test]
fn a_hook_in_another_language_is_chained() {
    let hooked = Hooked::new();
    let seen = hooked.world.beside("seen");
    // It looks at its name, at what stands beside it, at its arguments and at what it is fed.
    let text = format!(
        "#!/usr/bin/perl\nuse File::Basename;\nmy $lib = dirname($0) . '/lib.txt';\n\
         open(my $l, '<', $lib) or die;\nopen(my $o, '>', '{}') or die;\n\
         print $o basename($0), \" @ARGV \", scalar(<$l>), <STDIN>;\nexit 9;\n",
        seen.display()
    );
    put(&hooked.hook("post-checkout"), &text, 0o755);
    put(&hooked.hook("lib.txt"), "neighbor\n", 0o644);
    let run = hooked.hooks(&["install"]).ok();
    run.shows("chained: the old one is kept as post-checkout.kanban-chained");
    let output = hooked.fires(&["switch", "-qc", "side"], "post-checkout");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let head = hooked.world.git(["rev-parse", "HEAD"]);
    let line = fs::read_to_string(&seen).unwrap();
    assert_eq!(line, format!("post-checkout {head} {head} 1 neighbor\n"));

    let output = hooked.fires(&["hook", "run", "post-checkout"], "post-checkout");
    assert_eq!(output.status.code(), Some(9), "{}", said(&output));

    fs::remove_file(&seen).unwrap();
    hooked.hooks(&["status"]).ok();
    assert!(!seen.exists(), "status runs nothing of others");
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(
        fs::read_to_string(hooked.hook("post-checkout")).unwrap(),
        text
    );
    assert!(!hooked.hook("kanban-chained").exists());
}

#[test]
fn what_git_did_not_run_does_not_begin_to_run() {
    let hooked = Hooked::new();
    let seen = hooked.world.beside("seen");
    let touch = format!("echo ran >> '{}'\n", seen.display());
    put(
        &hooked.hook("post-commit"),
        format!("#!/bin/sh\n{touch}"),
        0o644,
    );
    put(
        &hooked.hook("post-checkout"),
        format!("#!/bin/sh\r\n{touch}"),
        0o755,
    );
    // Without a first line git hands a hook to sh, and so do we.
    put(&hooked.hook("post-merge"), touch, 0o755);
    hooked.hooks(&["install"]).ok();
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.fires(&["switch", "-qc", "side", "HEAD~1"], "post-checkout");
    assert!(!seen.exists());
    hooked.fires(&["merge", "-q", "main"], "post-merge");
    assert_eq!(fs::read_to_string(seen).unwrap(), "ran\n");
}

#[test]
fn a_program_that_is_gone_or_hangs_disturbs_nobody() {
    let hooked = Hooked::new();
    hooked.hooks(&["install"]).ok();
    fs::remove_file(hooked.program()).unwrap();
    let log = hooked.log();
    let commit = ["commit", "--allow-empty", "-qm", "x"];
    let output = hooked.git(&log, &commit);
    assert!(
        output.status.success() && said(&output).is_empty(),
        "{}",
        said(&output)
    );

    // Then one from PATH is taken.
    let bin = hooked.world.beside("bin");
    put(&bin.join("kanban"), PROGRAM, 0o755);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let hooked = Hooked {
        world: hooked.world.env("PATH", path),
    };
    hooked.fires(&commit, "post-commit");

    // One that never ends keeps neither git nor whoever reads what git says.
    let fifo = hooked.world.beside("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let text = format!(
        "#!/bin/sh\necho started >> \"$LOG\"\nread x < '{}'\necho over >> \"$LOG\"\n",
        fifo.display()
    );
    put(&hooked.program(), text, 0o755);
    let output = hooked.git(&log, &commit);
    assert!(
        output.status.success() && said(&output).is_empty(),
        "{}",
        said(&output)
    );
    assert!(!wait_for(&log, "started").contains("over"));
    fs::write(&fifo, "go\n").unwrap();
    wait_for(&log, "over");
}

#[test]
fn many_installs_at_once_are_one() {
    let hooked = Hooked::new();
    let text = "#!/usr/bin/perl\nexit 0;\n";
    put(&hooked.hook("post-merge"), text, 0o755);
    put(&hooked.hook("post-commit"), "#!/bin/sh\nexit 0\n", 0o755);
    let program = hooked.program();
    let args = ["hooks", "install", "--program", program.to_str().unwrap()];
    let all: Vec<_> = (0..8).map(|_| hooked.world.spawn(&[], &args)).collect();
    for one in all {
        one.finish().ok();
    }
    hooked.hooks(&["status"]).ok();
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(fs::read_to_string(hooked.hook("post-merge")).unwrap(), text);
    assert_eq!(
        fs::read_to_string(hooked.hook("post-commit")).unwrap(),
        "#!/bin/sh\nexit 0\n"
    );
    assert!(!hooked.hook("post-merge.kanban-chained").exists());
}

#[test]
fn a_killed_install_leaves_hooks_that_work() {
    let hooked = Hooked::new();
    let seen = hooked.world.beside("seen");
    let text = format!(
        "#!/usr/bin/perl\nopen(my $o, '>>', '{}'); print $o 'x';\n",
        seen.display()
    );
    put(&hooked.hook("post-merge"), &text, 0o755);
    let program = hooked.program();
    let args = ["hooks", "install", "--program", program.to_str().unwrap()];
    let fault = [("KANBAN_FAULT", "hooks.after-keep=die")];
    hooked.world.kanban_with(&fault, args).killed();
    hooked.world.git(["hook", "run", "post-merge"]);
    assert_eq!(fs::read_to_string(&seen).unwrap(), "x");
    hooked.hooks(&["install"]).ok();
    hooked.fires(&["hook", "run", "post-merge"], "post-merge");
    assert_eq!(fs::read_to_string(&seen).unwrap(), "xx");
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(fs::read_to_string(hooked.hook("post-merge")).unwrap(), text);
    assert!(!hooked.hook("post-merge.kanban-chained").exists());
}

#[test]
fn a_folder_that_cannot_be_written() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    put(&hooked.hook("post-commit"), "#!/bin/sh\nexit 0\n", 0o755);
    as_user(world, &[], &["--version"]).ok();
    let hooks = world.root().join(".git/hooks");
    writable(&hooks, false);
    let run = as_user(world, &[], &["hooks", "install"]).explains(3, "hooks");
    assert!(run.stderr().contains(".git/hooks/post-"), "{run}");
    as_user(world, &[], &["hooks", "status"]).code(1);
    writable(&hooks, true);
    put(&hooked.hook("post-commit"), "#!/bin/sh\nexit 0\n", 0o755);
    as_user(world, &[], &["hooks", "install"]).ok();
    // Now nothing can be written at all: the hooks fire, and git is not disturbed.
    writable(&world.root().join(".git/kanban"), false);
    let mut command = Command::new("git");
    world.close(&mut command);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.args(["commit", "--allow-empty", "-qm", "x"]);
    let output = command.output().unwrap();
    assert!(
        output.status.success() && said(&output).is_empty(),
        "{}",
        said(&output)
    );
}

/// Where the system lets us mount: a file system of 64 KiB, filled to the last byte.
#[test]
fn a_full_disk_spoils_no_hook() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    put(&hooked.hook("post-commit"), "#!/bin/sh\necho mine\n", 0o755);
    let script = r#"
        mount -t tmpfs -o size=64k none .git/kanban-full || exit 42
        cp .git/hooks/post-commit .git/kanban-full/ && git config core.hooksPath "$PWD/.git/kanban-full"
        "$0" hooks install >&2 || exit 43
        "$0" hooks uninstall >&2 || exit 44
        cat /dev/zero > .git/kanban-full/filler 2>/dev/null
        "$0" hooks install; echo "install $?" >&2
        git commit --allow-empty -qm x && cmp .git/hooks/post-commit .git/kanban-full/post-commit
        ls -A .git/kanban-full
    "#;
    fs::create_dir(world.root().join(".git/kanban-full")).unwrap();
    let mut command = Command::new("unshare");
    world.close(&mut command);
    let args = ["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_kanban")];
    let output = command.args(args).output().unwrap();
    let text = said(&output);
    let code = output.status.code();
    if code == Some(42) || (code == Some(1) && text.contains("ermi")) {
        return;
    }
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("install 3") && text.contains("make room"),
        "{text}"
    );
    let files = String::from_utf8_lossy(&output.stdout);
    assert!(files.ends_with("filler\npost-commit\n"), "{text}");
}
