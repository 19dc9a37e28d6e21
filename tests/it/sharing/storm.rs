//! Two clones and a CI publisher in any order, while everything goes wrong that can.
//!
//! After each step the tip that is shown may go back only where the remote went back. At the end, when all is
//! well again, the server equals the files of each branch's newest commit, and nothing waits.
//!
//! `KANBAN_MODEL_STEPS` makes the sequences longer, `KANBAN_MODEL_SEED` runs one of them.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::flow::model::{Dice, play_all};
use crate::sharing::proxy::{Fate, Proxy};
use crate::sharing::{REPOSITORY, share, views};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Cluster, Database};

const STEPS: usize = 60;
const SEEDS: std::ops::Range<u64> = 61..65;

const BRANCHES: [&str; 2] = ["main", "feature"];
const FOLDER: &str = "_kano/backlog/products/demo/items/task/0000";

/// Where a sync can be killed.
const FAULTS: [&str; 8] = [
    "sync.before-enqueue",
    "sync.before-publish",
    "sync.after-publish",
    "sync.after-delivered",
    "refresh.before-commit",
    "refresh.after-commit",
    "rebuild.before-switch",
    "rebuild.after-switch",
];

struct Storm {
    cluster: Cluster,
    database: Database,
    proxy: Proxy,
    remote: String,
    /// Two people, and the checkout of CI.
    clones: Vec<World>,
    dice: Dice,
    /// Of each branch, the tip that was shown last.
    shown: HashMap<&'static str, String>,
    told: Vec<String>,
    made: usize,
}

impl Storm {
    fn new(seed: u64, cluster: Cluster) -> Self {
        let database = cluster.database();
        let proxy = Proxy::before(cluster.folder());
        let first = share(World::backlog(), &database);
        let remote = first.beside("origin.git").to_str().unwrap().to_owned();
        first.git(["init", "-q", "--bare", "--initial-branch=main", &remote]);
        first.git(["branch", "feature"]);
        first.git(["remote", "add", "origin", &remote]);
        first.git(["push", "-q", "origin", "main", "feature"]);
        let url = proxy.url(&database, ADMIN);
        let clone = |name: &str| {
            let path = first.beside(name);
            first.git(["clone", "-q", &remote, path.to_str().unwrap()]);
            let clone = World::empty().at(path).env("KANBAN_POSTGRES_URL", &url);
            let clone = clone.env("KANBAN_PATIENCE_MS", "5000");
            clone.git(["config", "user.name", name]);
            clone.git(["config", "user.email", "x@example.invalid"]);
            clone.git(["branch", "-q", "feature", "origin/feature"]);
            clone
        };
        let clones = vec![clone("ada"), clone("bob"), clone("ci"), first];
        clones[2].git(["checkout", "-q", "--detach"]);
        Self {
            cluster,
            database,
            proxy,
            remote,
            clones,
            dice: Dice::new(seed),
            shown: HashMap::new(),
            told: Vec::new(),
            made: 0,
        }
    }

    /// Git in a clone; that it may fail is part of the game.
    fn git(&mut self, who: usize, args: &[&str]) -> bool {
        let mut command = Command::new("git");
        self.clones[who].close(&mut command);
        // Each commit is another.
        self.made += 1;
        let date = format!(
            "2026-01-30T12:{:02}:{:02}Z",
            self.made / 60 % 60,
            self.made % 60
        );
        command.env("GIT_COMMITTER_DATE", date);
        let output = command.args(args).stdin(Stdio::null()).output().unwrap();
        self.told
            .push(format!("  {who}: git {args:?}: {}", output.status));
        output.status.success()
    }

    fn person(&mut self) -> usize {
        self.dice.below(2)
    }

    /// Changes some items of the branch that is checked out, and commits.
    fn work(&mut self) {
        let who = self.person();
        for _ in 0..=self.dice.below(3) {
            let root = self.clones[who].root().join(FOLDER);
            let mut names: Vec<String> = fs::read_dir(&root)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            self.made += 1;
            let number = self.made;
            let name = match names.is_empty() {
                true => "none.md".to_owned(),
                false => self.dice.pick(&names).clone(),
            };
            let text = format!(
                "---\nid: DM-TSK-{number:04}\ntype: Task\ntitle: made {number}\nstate: Ready\n---\n\nSee [[DM-TSK-0001]] and [x]({name})\n"
            );
            let file = root.join(&name);
            match self.dice.below(6) {
                0 => drop(fs::remove_file(file)),
                1 => drop(fs::rename(file, root.join(format!("moved-{number}.md")))),
                2 => drop(fs::write(file, text)),
                _ => self.clones[who].write(&format!("{FOLDER}/made-{number}.md"), text),
            }
        }
        if self.dice.below(12) == 0 {
            let keys = *self.dice.pick(&[
                "",
                "[privacy]\nkeys = [\"private\"]\n",
                "[privacy]\nkinds = [\"Bug\"]\n",
            ]);
            let text = format!("[sync]\nrepository = \"{REPOSITORY}\"\nbatch = 3\n{keys}");
            self.clones[who].write("kanban.toml", text);
        }
        self.git(who, &["add", "-A"]);
        let amend = self.dice.below(6) == 0;
        let commit: &[&str] = if amend {
            &["commit", "-q", "--amend", "-m", "b"]
        } else {
            &["commit", "-q", "-m", "a"]
        };
        self.git(who, commit);
    }

    fn history(&mut self) {
        let who = self.person();
        let branch = *self.dice.pick(&BRANCHES);
        let upstream = format!("origin/{branch}");
        match self.dice.below(12) {
            0 => self.try_git(who, &[&["checkout", "-q", "-f", branch]]),
            1 => self.try_git(who, &[&["reset", "-q", "--hard", "HEAD~1"]]),
            2 => self.try_git(
                who,
                &[&["revert", "--no-edit", "HEAD"], &["revert", "--abort"]],
            ),
            3 => self.try_git(who, &[&["push", "-q", "--force", "origin", "HEAD"]]),
            4 => {
                self.git(who, &["fetch", "-q"]);
                let merge = ["merge", "-q", "--no-edit", &upstream];
                self.try_git(who, &[&merge, &["merge", "--abort"]]);
            }
            5 | 6 => self.pull(who),
            _ => {
                self.pull(who);
                self.git(who, &["push", "-q", "origin", "HEAD"]);
            }
        }
    }

    /// The first; where it fails, the next.
    fn try_git(&mut self, who: usize, all: &[&[&str]]) {
        for args in all {
            if self.git(who, args) {
                break;
            }
        }
    }

    fn pull(&mut self, who: usize) {
        self.git(who, &["fetch", "-q"]);
        let upstream = "@{upstream}";
        if !self.git(who, &["rebase", "-q", upstream]) {
            self.git(who, &["rebase", "--abort"]);
            if self.dice.below(2) == 0 {
                self.git(who, &["reset", "-q", "--hard", upstream]);
            }
        }
    }

    fn fates(&mut self) -> Vec<Fate> {
        (0..self.dice.below(3))
            .map(|_| match self.dice.below(7) {
                0 => Fate::Refuse,
                1 => Fate::CutRequest(1 + self.dice.below(6000)),
                2 => Fate::CutAnswer(1 + self.dice.below(3000)),
                3 | 4 => Fate::LoseAnswer,
                5 => Fate::Repeat,
                _ => Fate::Pass,
            })
            .collect()
    }

    /// Somebody publishes; whatever happens then may not do harm.
    fn sync(&mut self, calm: bool) {
        let who = self.dice.below(3);
        let mut args = vec!["--json", "sync", "now"];
        if who == 2 {
            let branch = *self.dice.pick(&BRANCHES);
            self.git(2, &["fetch", "-q"]);
            self.git(
                2,
                &[
                    "checkout",
                    "-q",
                    "-f",
                    "--detach",
                    &format!("origin/{branch}"),
                ],
            );
            self.git(2, &["update-ref", "-d", &format!("refs/heads/{branch}")]);
            args.extend(["--branch", branch]);
        } else if self.dice.below(2) == 0 {
            args.extend(["--branch", "main", "--branch", "feature"]);
        }
        if self.dice.below(8) == 0 {
            args.push("--full");
        }
        let mut envs: Vec<(&str, String)> = Vec::new();
        if !calm {
            let fates = self.fates();
            self.proxy.next(&fates);
            if self.dice.below(3) == 0 {
                let fault = *self.dice.pick(&FAULTS);
                envs.push(("KANBAN_FAULT", format!("{fault}=die")));
            }
            let now = *self.dice.pick(&[
                "2026-01-31T12:00:00Z",
                "1999-01-01T00:00:00Z",
                "2077-01-01T00:00:00Z",
            ]);
            envs.push(("KANBAN_NOW", now.to_owned()));
        }
        self.told.push(format!("  {who}: {args:?} {envs:?}"));
        let envs: Vec<(&str, &str)> = envs.iter().map(|(name, value)| (*name, &**value)).collect();
        if !calm && self.dice.below(10) == 0 {
            // Its files may not grow any more, as on a full disk.
            let mut command = Command::new("sh");
            self.clones[who].close(&mut command);
            command.args([
                "-c",
                "trap '' XFSZ; ulimit -f 40; exec \"$0\" \"$@\"",
                env!("CARGO_BIN_EXE_kanban"),
            ]);
            let output = command.args(&args).stdin(Stdio::null()).output().unwrap();
            self.told.push(format!("    full: {}", output.status));
        } else if self.dice.below(4) == 0 {
            let other = 1 - self.person();
            let mut one = self.clones[who].spawn(&envs, &args);
            let two = self.clones[other].spawn(&[], &["sync", "now"]);
            if !calm && self.dice.below(2) == 0 {
                one.kill();
            }
            one.end();
            two.end();
        } else {
            let run = self.clones[who].kanban_with(&envs, &args).seen();
            self.told
                .push(format!("    {} {}", run.output.status, run.stdout()));
            let panicked =
                run.output.status.code() == Some(70) || run.stderr().contains("panicked");
            assert!(!panicked, "{run}\n{}", self.story());
        }
        self.proxy.next(&[]);
    }

    /// One stops right before it publishes, or right after, and goes on when the other has published.
    fn meet(&mut self) {
        let (one, other) = (self.person(), self.dice.below(3));
        let point = *self
            .dice
            .pick(&["sync.before-publish", "sync.after-publish"]);
        let mark = self.clones[3].beside("waits");
        let fault = format!("{point}=wait:{}", mark.display());
        self.told.push(format!("  {one} meets {other} at {point}"));
        let args = ["sync", "now", "--branch", "main", "--branch", "feature"];
        let mut first = self.clones[one].spawn(&[("KANBAN_FAULT", &fault)], &args);
        if first.reaches_or_ends(&mark) {
            if other != one {
                if other == 2 {
                    self.git(2, &["fetch", "-q"]);
                    self.git(2, &["checkout", "-q", "-f", "--detach", "origin/main"]);
                    self.git(2, &["update-ref", "-d", "refs/heads/main"]);
                }
                let run = self.clones[other].kanban(["--json", "sync", "now", "--branch", "main"]);
                let run = run.seen();
                self.told
                    .push(format!("    {} {}", run.output.status, run.stdout()));
            }
            if self.dice.below(4) == 0 {
                first.kill();
            }
            drop(fs::remove_file(&mark));
        }
        first.end();
        drop(fs::remove_file(&mark));
    }

    fn lose(&mut self) {
        let who = self.dice.below(3);
        let folder = self.clones[who].root().join(".git/kanban");
        match self.dice.below(4) {
            0 => drop(fs::remove_dir_all(folder.join("published"))),
            1 => {
                drop(fs::remove_file(folder.join("state.db")));
                // Else the proof says for ever that what was noted before is lost.
                drop(fs::remove_file(folder.join("audit-head")));
            }
            2 => drop(fs::remove_dir_all(folder)),
            _ => {
                self.cluster.crash();
                self.cluster.again();
            }
        }
    }

    /// The tip that is shown goes on, or to what the remote holds.
    fn watch(&mut self) {
        let told = self
            .database
            .sql("SELECT branch, tip FROM kanban_data.branch WHERE tip IS NOT NULL");
        for line in told.lines() {
            let (branch, tip) = line.split_once('|').unwrap();
            let branch = *BRANCHES.iter().find(|name| **name == branch).unwrap();
            let before = self
                .shown
                .insert(branch, tip.to_owned())
                .unwrap_or_else(|| tip.to_owned());
            if before == tip || self.is_ancestor(&before, tip) {
                continue;
            }
            let held =
                self.clones[3].git(["ls-remote", &self.remote, &format!("refs/heads/{branch}")]);
            let held = held
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned();
            assert!(
                self.is_ancestor(&held, tip),
                "{branch} went from {before} to {tip}, and the remote holds {held}\n{}",
                self.story()
            );
        }
    }

    fn is_ancestor(&self, one: &str, other: &str) -> bool {
        // Whoever made it has it.
        let objects: Vec<String> = self.clones[..2]
            .iter()
            .map(|clone| clone.root().join(".git/objects").display().to_string())
            .collect();
        let mut command = Command::new("git");
        self.clones[2].close(&mut command);
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.join(":"));
        command.args(["merge-base", "--is-ancestor", one, other]);
        command.status().unwrap().success()
    }

    /// Where the server says that all rows show a commit, they do.
    fn compare(&mut self, branch: &str) {
        let told = self.database.sql(&format!(
            "SELECT tip FROM kanban_data.branch WHERE branch = '{branch}' AND target IS NULL"
        ));
        if told.is_empty() {
            return;
        }
        let files = World::empty();
        let objects: Vec<String> = self.clones[..3]
            .iter()
            .map(|clone| clone.root().join(".git/objects").display().to_string())
            .collect();
        files.git(["init", "-q"]);
        let list = objects.join("\n") + "\n";
        files.write(".git/objects/info/alternates", list);
        files.git(["checkout", "-q", "--detach", &told]);
        // What the rules of privacy withhold is the other test's.
        // A reset may have gone back behind it.
        let config = fs::read_to_string(files.root().join("kanban.toml")).unwrap_or_default();
        if config.contains("privacy") {
            for row in files
                .kanban(["--json", "sql", "SELECT path FROM items WHERE kind = 'Bug'"])
                .data()["rows"]
                .as_array()
                .unwrap()
            {
                if config.contains("Bug") {
                    files.remove(row[0].as_str().unwrap());
                }
            }
        }
        let difference = views::difference(
            &views::of_files(&files),
            &views::of_server(&self.database, ADMIN, branch),
        );
        assert_eq!(difference, None, "{branch}\n{}", self.story());
    }

    fn step(&mut self, number: usize) {
        self.told.push(format!("{number}:"));
        match self.dice.below(22) {
            20 => self.proxy.repeat(),
            21 => self.meet(),
            0..=5 => self.work(),
            6..=9 => self.history(),
            10 => self.lose(),
            11..=13 => self.sync(true),
            _ => self.sync(false),
        }
        self.watch();
        if self.dice.below(6) == 0 {
            let branch = *self.dice.pick(&BRANCHES);
            self.compare(branch);
        }
    }

    /// Everything is well again: all pull, push and publish.
    fn calm(&mut self) {
        self.told.push("calm".to_owned());
        self.proxy.next(&[]);
        for who in 0..2 {
            self.git(who, &["rebase", "--abort"]);
            self.git(who, &["merge", "--abort"]);
            for branch in BRANCHES {
                self.git(who, &["checkout", "-q", "-f", branch]);
                self.git(who, &["fetch", "-q"]);
                let upstream = format!("origin/{branch}");
                if !self.git(who, &["rebase", "-q", &upstream]) {
                    self.git(who, &["rebase", "--abort"]);
                    self.git(who, &["reset", "-q", "--hard", &upstream]);
                }
                assert!(
                    self.git(who, &["push", "-q", "origin", branch]),
                    "{}",
                    self.story()
                );
            }
        }
        for who in [0, 1, 2, 0] {
            self.git(who, &["fetch", "-q"]);
            for branch in BRANCHES {
                let upstream = format!("origin/{branch}");
                self.git(who, &["checkout", "-q", "-f", "--detach", &upstream]);
                self.git(who, &["branch", "-q", "-f", branch, &upstream]);
            }
            let run = self.clones[who]
                .kanban([
                    "--json", "sync", "now", "--branch", "main", "--branch", "feature",
                ])
                .seen();
            let rows = run.json()["data"]["branches"].take();
            for row in rows.as_array().unwrap() {
                let counts = (&row["standing"], &row["pending"], &row["failed"]);
                assert_eq!(
                    counts,
                    (&"level".into(), &Value::from(0), &Value::from(0)),
                    "{row}\n{}",
                    self.story()
                );
            }
            let proof = self.clones[who]
                .kanban(["--json", "sync", "log", "--prove"])
                .data();
            assert_eq!(proof["proof"]["holds"], true, "{}", self.story());
        }
        self.watch();
        for branch in BRANCHES {
            let held =
                self.clones[3].git(["ls-remote", &self.remote, &format!("refs/heads/{branch}")]);
            let held = held.split_whitespace().next().unwrap();
            let tip = self.database.sql(&format!(
                "SELECT tip FROM kanban_data.branch WHERE branch = '{branch}'"
            ));
            assert_eq!(tip, held, "{branch}\n{}", self.story());
            self.compare(branch);
        }
    }

    fn story(&self) -> String {
        let from = self.told.len().saturating_sub(120);
        format!(
            "{}\nin {}",
            self.told[from..].join("\n"),
            self.clones[3].top().display()
        )
    }
}

#[test]
fn whatever_goes_wrong_the_server_shows_the_newest_commits() {
    if pg::shared().is_none() {
        return;
    }
    play_all(SEEDS, STEPS, |seed, steps| {
        let mut storm = Storm::new(seed, Cluster::start().unwrap());
        for step in 1..=steps {
            storm.step(step);
        }
        storm.calm();
    });
}
