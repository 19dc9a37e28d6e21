//! Hooks wherever they may stand: `core.hooksPath` of every scope, linked work trees, bare
//! repositories, the folders of other hook programs, git's configuration; and hooks that stand
//! somewhere and do not fire.

use std::fs;
use std::process::Command;

use crate::flow::hooks::{Hooked, put, state, states, wait_for};
use crate::support::World;

#[test]
fn nothing_is_left_behind() {
    let hooked = Hooked::new();
    let hooks = hooked.world.root().join(".git/hooks");
    fs::remove_dir_all(&hooks).unwrap();
    hooked.hooks(&["install", "--dry-run"]).ok();
    assert!(!hooks.exists() && !hooked.world.root().join(".git/kanban").exists());
    hooked.hooks(&["install"]).ok();
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    let run = hooked.hooks(&["install"]).ok();
    run.shows("already installed").hides("a new hook");
    hooked
        .hooks(&["uninstall", "--dry-run"])
        .ok()
        .shows("would be removed");
    assert!(hooked.hook("post-commit").exists());
    hooked.hooks(&["uninstall"]).ok();
    assert!(!hooks.exists(), "the folder was made by us");

    // An empty one that was there stays.
    fs::create_dir(&hooks).unwrap();
    hooked.hooks(&["install"]).ok();
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(fs::read_dir(&hooks).unwrap().count(), 0);
    hooked.hooks(&["uninstall"]).ok().shows("not installed");
}

#[test]
fn a_hooks_path_of_the_repository() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    world.git(["config", "core.hooksPath", ".git/own hooks"]);
    let run = hooked.hooks(&["install"]).ok();
    run.shows("(core.hooksPath, local)");
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.hooks(&["status"]).ok();

    // Another one hides ours, and status says so.
    world.git(["config", "--unset", "core.hooksPath"]);
    hooked.hooks(&["install"]).ok();
    world.git(["config", "core.hooksPath", ".git/empty"]);
    let run = hooked.hooks(&["--json", "status"]).code(1);
    assert_eq!(state(&run, "post-commit"), "silent", "{run}");
    assert!(run.stdout().contains("makes git look in"), "{run}");
    // Uninstall finds them all the same.
    hooked.hooks(&["uninstall"]).ok();
    assert!(!hooked.hook("post-commit").exists());

    world.git(["config", "core.hooksPath", "/dev/null"]);
    let run = hooked.hooks(&["install"]).code(1);
    run.shows("hooks are off")
        .shows("git config --local --unset core.hooksPath");
    hooked.hooks(&["status"]).code(1);
    hooked.hooks(&["uninstall"]).ok();
}

#[test]
fn a_hooks_path_of_one_work_tree() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    world.git(["config", "extensions.worktreeConfig", "true"]);
    let linked = world.beside("linked");
    world.git([
        "worktree",
        "add",
        "-q",
        "--detach",
        linked.to_str().unwrap(),
    ]);
    let hooked = Hooked {
        world: hooked.world.at(&linked),
    };
    let world = &hooked.world;
    let git_dir = world.git(["rev-parse", "--absolute-git-dir"]);
    let path = format!("{git_dir}/hooks-here");
    world.git(["config", "--worktree", "core.hooksPath", &path]);
    let run = hooked.hooks(&["install"]).ok();
    run.shows("hooks-here (core.hooksPath, worktree)");
    let log = hooked.log();
    hooked.git(&log, &["commit", "--allow-empty", "-qm", "x"]);
    let line = wait_for(&log, "--hook post-commit");
    // What git exports is handed on.
    assert!(line.contains(&format!("git={git_dir}")), "{line}");
    let main = hooked.world.beside("repo");
    assert!(!main.join(".git/hooks/post-commit").exists());
    hooked.hooks(&["uninstall"]).ok();
    assert!(!std::path::Path::new(&path).exists());
}

#[test]
fn a_hooks_path_that_others_share() {
    let hooked = Hooked::new();
    let shared = hooked.world.beside("team-hooks");
    fs::create_dir(&shared).unwrap();
    let config = hooked.world.beside("gitconfig");
    fs::write(
        &config,
        format!("[core]\n\thooksPath = {}\n", shared.display()),
    )
    .unwrap();
    let hooked = Hooked {
        world: hooked.world.env("GIT_CONFIG_GLOBAL", &config),
    };
    let run = hooked.hooks(&["--json", "install"]).code(1);
    assert!(
        states(&run).iter().all(|row| row.ends_with(" refused")),
        "{run}"
    );
    assert_eq!(run.json()["data"]["scope"], "global", "{run}");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
    hooked.hooks(&["install"]).code(1).shows("--shared");

    hooked.hooks(&["install", "--shared"]).ok();
    hooked.hooks(&["status"]).ok();
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.hooks(&["uninstall"]).code(1).shows("--shared");
    hooked.hooks(&["uninstall", "--shared"]).ok();
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

#[test]
fn a_folder_behind_a_link_is_whose_it_leads_to() {
    let hooked = Hooked::new();
    let elsewhere = hooked.world.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let hooks = hooked.world.root().join(".git/hooks");
    fs::remove_dir_all(&hooks).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &hooks).unwrap();
    let run = hooked.hooks(&["install"]).code(1);
    run.shows("other repositories may share the folder");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    hooked.hooks(&["install", "--shared"]).ok();
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.hooks(&["uninstall", "--shared"]).ok();
    assert!(hooks.is_symlink());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn one_install_serves_all_work_trees() {
    let hooked = Hooked::new();
    hooked.hooks(&["install"]).ok();
    let linked = hooked.world.beside("linked");
    hooked.fires(
        &[
            "worktree",
            "add",
            "-q",
            "-b",
            "side",
            linked.to_str().unwrap(),
        ],
        "post-checkout",
    );
    let hooked = Hooked {
        world: hooked.world.at(linked),
    };
    let run = hooked.hooks(&["status"]).ok();
    assert!(run.stderr().contains("all work trees"), "{run}");
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.hooks(&["install"]).ok().shows("already installed");
}

#[test]
fn a_bare_repository_hears_of_pushes() {
    let hooked = Hooked::new();
    let bare = hooked.world.beside("bare.git");
    hooked
        .world
        .git(["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let seen = hooked.world.beside("seen");
    let text = format!("#!/bin/sh\ncat > '{}'\n", seen.display());
    put(&bare.join("hooks/post-receive"), &text, 0o755);
    let root = hooked.world.root().to_owned();
    let hooked = Hooked {
        world: hooked.world.at(&bare),
    };
    let run = hooked.hooks(&["--json", "install"]).ok();
    assert_eq!(states(&run), ["post-receive installed"]);
    hooked.hooks(&["status"]).ok();

    let hooked = Hooked {
        world: hooked.world.at(root),
    };
    hooked.world.git(["commit", "--allow-empty", "-qm", "x"]);
    let output = hooked.fires(
        &["push", "-q", bare.to_str().unwrap(), "main"],
        "post-receive",
    );
    assert!(output.status.success());
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let line = fs::read_to_string(seen).unwrap();
    assert!(line.ends_with(" refs/heads/main\n"), "{line}");
    let hooked = Hooked {
        world: hooked.world.at(&bare),
    };
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(
        fs::read_to_string(bare.join("hooks/post-receive")).unwrap(),
        text
    );
}

/// As husky 9 lays it out: a generated, ignored folder whose hooks run the user's tracked ones.
fn husky(world: &World) {
    world.git(["config", "core.hooksPath", ".husky/_"]);
    world.write(".husky/_/.gitignore", "*");
    let runner = "#!/usr/bin/env sh\nn=$(basename \"$0\")\ns=$(dirname \"$(dirname \"$0\")\")/$n\n\
                  [ ! -f \"$s\" ] && exit 0\nsh -e \"$s\" \"$@\"\nexit $?\n";
    world.write(".husky/_/h", runner);
    for hook in [
        "post-commit",
        "post-merge",
        "post-checkout",
        "post-rewrite",
        "post-applypatch",
    ] {
        let path = world.root().join(".husky/_").join(hook);
        put(&path, "#!/usr/bin/env sh\n. \"${0%/*}/h\"", 0o755);
    }
}

#[test]
fn husky_keeps_its_hooks() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    let seen = world.beside("seen");
    world.write(
        ".husky/post-commit",
        format!("echo ran >> '{}'\n", seen.display()),
    );
    world.commit("husky");
    husky(world);
    let run = hooked.hooks(&["install"]).ok();
    assert!(
        run.stderr().contains("husky writes this folder anew"),
        "{run}"
    );
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    assert_eq!(fs::read_to_string(&seen).unwrap(), "ran\n");
    assert_eq!(
        world.git(["status", "--porcelain"]),
        "",
        "no tracked file is changed"
    );
    hooked.hooks(&["status"]).ok();

    // `npm install` writes the generated hooks again.
    husky(world);
    let run = hooked.hooks(&["--json", "status"]).code(1);
    assert_eq!(state(&run, "post-commit"), "foreign", "{run}");
    assert_eq!(state(&run, "post-index-change"), "active", "{run}");
    hooked.hooks(&["install"]).ok();
    hooked.hooks(&["status"]).ok();
    hooked.hooks(&["uninstall"]).ok();
    let text = world.read(".husky/_/post-commit");
    assert_eq!(text, "#!/usr/bin/env sh\n. \"${0%/*}/h\"");
}

#[test]
fn tracked_hooks_are_changed_only_by_consent() {
    let hooked = Hooked::new();
    let world = &hooked.world;
    let text = "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/_/husky.sh\"\n";
    put(&world.root().join(".husky/post-commit"), text, 0o755);
    world.write(".husky/_/husky.sh", "");
    world.commit("husky 8");
    world.git(["config", "core.hooksPath", ".husky"]);
    let run = hooked.hooks(&["install"]).code(1);
    run.shows("part of the work tree")
        .shows("--shared")
        .shows("kanban refresh --hook");
    assert_eq!(world.git(["status", "--porcelain"]), "");
    hooked.hooks(&["install", "--shared"]).ok();
    hooked.fires(&["commit", "--allow-empty", "-qm", "x"], "post-commit");
    hooked.hooks(&["uninstall", "--shared"]).ok();
    assert_eq!(world.git(["status", "--porcelain"]), "");
}

/// As the pre-commit framework writes its hooks.
#[test]
fn a_hook_that_another_program_writes_again_is_missed() {
    let hooked = Hooked::new();
    let text = "#!/usr/bin/env bash\n# File generated by a framework\nARGS=(hook-impl)\n\
                HERE=\"$(cd \"$(dirname \"$0\")\" && pwd)\"\nARGS+=(--hook-dir \"$HERE\" -- \"$@\")\n\
                if [ -x /nowhere ]; then exec /nowhere \"${ARGS[@]}\"; fi\necho \"$HERE\"\n";
    put(&hooked.hook("post-checkout"), text, 0o755);
    hooked.hooks(&["install"]).ok();
    let output = hooked.fires(&["switch", "-qc", "side"], "post-checkout");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("/.git/hooks\n"),
        "it runs where it was: {said}"
    );
    hooked.hooks(&["status"]).ok();
    put(&hooked.hook("post-checkout"), text, 0o755);
    let run = hooked.hooks(&["--json", "status"]).code(1);
    assert_eq!(state(&run, "post-checkout"), "foreign");
    let doctor = hooked.world.kanban(["doctor"]);
    doctor
        .shows("git runs 5 of 6")
        .shows("kanban hooks install");
    hooked.hooks(&["install"]).ok();
    hooked.hooks(&["status"]).ok();
    hooked.world.kanban(["doctor"]).shows("git runs all 6");
}

#[test]
fn status_tells_why_a_hook_is_silent() {
    let hooked = Hooked::new();
    let seen = hooked.world.beside("seen");
    let touch = format!("echo ran >> '{}'\n", seen.display());
    put(
        &hooked.hook("post-merge"),
        format!("#!/bin/sh\n{touch}"),
        0o755,
    );
    hooked.hooks(&["install"]).ok();
    let read = |hook: &str| fs::read_to_string(hooked.hook(hook)).unwrap();
    put(&hooked.hook("post-commit"), read("post-commit"), 0o644);
    let moved = read("post-merge").replacen("#!/bin/sh\n", &format!("#!/bin/sh\n{touch}"), 1);
    put(&hooked.hook("post-merge"), moved, 0o755);
    let broken = read("post-checkout").replace("# <<< kanban", "# kanban");
    put(&hooked.hook("post-checkout"), broken, 0o755);
    let gone = read("post-rewrite").replace("#!/bin/sh", "#!/nowhere/sh");
    put(&hooked.hook("post-rewrite"), gone, 0o755);
    fs::remove_file(hooked.hook("post-applypatch")).unwrap();
    let run = hooked.hooks(&["--json", "status"]).code(1);
    assert_eq!(
        states(&run),
        [
            "post-commit silent",
            "post-merge silent",
            "post-checkout silent",
            "post-rewrite silent",
            "post-index-change active",
            "post-applypatch missing"
        ],
        "{run}"
    );
    for why in [
        "may not be executed",
        "right behind the first line",
        "two markers",
        "git did not run it",
    ] {
        assert!(run.stdout().contains(why), "{why}\n{run}");
    }
    assert!(!seen.exists(), "status runs nothing of others");
    let run = hooked.hooks(&["install"]).code(1);
    run.shows("not changed: one of the two markers");
}

/// A git that runs hooks from its configuration, as far as `hook list` and `hook run` show it. The
/// real one here may be older; what it does by itself on a commit is not shown.
const NEWER_GIT: &str = r#"#!/bin/sh
real='@GIT@'
set_by_c() { printf '%s\n' "$all" | sed -n "s/^$1=//p"; }
all=$(for word; do printf '%s\n' "$word"; done)
for word; do
  case $word in hook) found=1 ;; list | run) [ "$found" = 1 ] && found=$word && break ;; *) [ "$found" = 1 ] && break ;; esac
done
for last; do :; done
names() {
  "$real" config --get-regexp '^hook\..*\.event$' "^$last\$" | sed 's/^hook\.//; s/\.event .*//'
  printf '%s\n' "$all" | sed -n "s/^hook\.\(.*\)\.event=$last\$/\1/p"
}
case $found in
list)
  [ -n "$(names)" ] || exit 1
  names
  ;;
run)
  case " $* " in *' --allow-unknown-hook-name '*) ;; *' kanban-trial '*) exit 1 ;; esac
  for name in $(names); do
    command=$("$real" config --get "hook.$name.command")
    sh -c "$command \"\$@\"" "$command" >&2
  done
  ;;
*) exec "$real" "$@" ;;
esac
"#;

#[test]
fn a_git_with_hooks_in_its_configuration_needs_no_file() {
    let hooked = Hooked::new();
    let which = Command::new("sh")
        .args(["-c", "command -v git"])
        .output()
        .unwrap();
    let real = String::from_utf8(which.stdout).unwrap();
    let bin = hooked.world.beside("bin");
    put(
        &bin.join("git"),
        NEWER_GIT.replace("@GIT@", real.trim()),
        0o755,
    );
    let text = "#!/bin/sh\nexit 0\n";
    put(&hooked.hook("post-commit"), text, 0o755);
    let config = hooked.world.read(".git/config");
    // Blocks of an older git are taken over.
    hooked.hooks(&["install"]).ok();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let hooked = Hooked {
        world: hooked.world.env("PATH", path),
    };
    let run = hooked.hooks(&["--json", "install"]).ok();
    assert_eq!(run.json()["data"]["configured"], true, "{run}");
    assert!(
        states(&run).contains(&"post-commit restored".to_owned()),
        "{run}"
    );
    assert_eq!(
        fs::read_to_string(hooked.hook("post-commit")).unwrap(),
        text
    );
    assert!(!hooked.hook("post-merge").exists());
    hooked
        .hooks(&["install"])
        .ok()
        .shows("already installed")
        .hides("restored");
    hooked.hooks(&["status"]).ok().shows("git runs it");

    // As git would call it, arguments behind the text.
    let command = hooked
        .world
        .git(["config", "hook.kanban-post-index-change.command"]);
    let log = hooked.log();
    for flag in ["0", "1"] {
        let mut shell = Command::new("sh");
        hooked.world.close(&mut shell);
        shell.args(["-c", &format!("{command} \"$@\""), &command, flag, "0"]);
        let output = shell.env("LOG", &log).output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{output:?}"
        );
    }
    assert_eq!(wait_for(&log, "post-index-change").lines().count(), 1);

    hooked
        .world
        .git(["config", "--unset", "hook.kanban-post-merge.event"]);
    let run = hooked.hooks(&["--json", "status"]).code(1);
    assert_eq!(state(&run, "post-merge"), "silent", "{run}");
    hooked.hooks(&["install"]).ok();
    hooked.hooks(&["uninstall"]).ok();
    assert_eq!(hooked.world.read(".git/config"), config);
}

#[test]
fn without_git_there_are_no_hooks() {
    let world = World::empty();
    world.write("kanban.toml", "");
    world
        .kanban(["hooks", "install"])
        .explains(3, "no Git here");
    let run = world.kanban(["hooks", "status"]).code(3);
    assert!(run.stderr().contains("git init"), "{run}");
}
