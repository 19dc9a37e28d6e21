//! All public views are equal in SQLite and Postgres, row for row, after any steps.
//!
//! The oracle is `kanban sql` on the files as they may be seen: what is withheld is not there, what is blotted
//! out is so in the files. It follows the rules by simple means of its own.
//!
//! `KANBAN_MODEL_STEPS` makes the sequences longer, `KANBAN_MODEL_SEED` runs one of them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::flow::model::{Model, play_all};
use crate::sharing::{CONFIG, secrets, views};
use crate::support::World;
use crate::support::pg::{self, ADMIN, Database};

const STEPS: usize = 60;
const SEEDS: std::ops::Range<u64> = 41..45;

/// Privacy rules: what they hide, and what is added to kanban.toml.
struct Rules {
    toml: &'static str,
    hides_path: fn(&str) -> bool,
    kinds: &'static [&'static str],
    keys: &'static [&'static str],
    detectors: &'static [&'static str],
}

const ALL: &[&str] = &["key", "token", "email", "phone", "card"];

const RULES: [Rules; 4] = [
    Rules {
        toml: "",
        hides_path: |_| false,
        kinds: &[],
        keys: &[],
        detectors: ALL,
    },
    Rules {
        toml: "[privacy]\npaths = [\"docs/decisions/0002*\", \"**/deeper\"]\n",
        hides_path: |path| path.starts_with("docs/decisions/0002") || path.contains("/deeper/"),
        kinds: &[],
        keys: &[],
        detectors: ALL,
    },
    Rules {
        toml: "[privacy]\nkinds = [\"Bug\"]\nkeys = [\"private\"]\n",
        hides_path: |_| false,
        kinds: &["Bug"],
        keys: &["private"],
        detectors: ALL,
    },
    Rules {
        toml: "[redaction]\ndetectors = [\"email\", \"token\"]\n[[redaction.pattern]]\nname = \"badge\"\nregex = \"B-[0-9]{6}\"\n",
        hides_path: |_| false,
        kinds: &[],
        keys: &[],
        detectors: &["email", "token", "badge"],
    },
];

/// What stands in files and must not leave, with the name of what finds it.
fn findings() -> Vec<(&'static str, String)> {
    let mut all = secrets::all();
    all.push(("badge", "B-123456".to_owned()));
    all
}

struct Shared {
    model: Model,
    database: Database,
    oracle: World,
}

impl Shared {
    fn new(seed: u64, database: Database) -> Self {
        let mut model = Model::new(seed);
        model.world = model.world.env("KANBAN_POSTGRES_URL", database.url(ADMIN));
        // A checkout of an older commit has no kanban.toml: then the remote names the repository.
        model
            .world
            .git(["remote", "add", "origin", "ssh://git@acme/backlog.git"]);
        model.world.git(["config", "commit.gpgsign", "false"]);
        model.world.write("kanban.toml", rules_text(0));
        model.world.commit("rules");
        model.world.kanban(["sync", "init"]).ok();
        let path = model.world.beside("oracle");
        model
            .world
            .git(["worktree", "add", "-q", "--detach", path.to_str().unwrap()]);
        let oracle = World::empty().at(path);
        Self {
            model,
            database,
            oracle,
        }
    }

    fn step(&mut self, number: usize) {
        match self.model.dice.below(8) {
            0 => {
                let rules = self.model.dice.below(RULES.len());
                self.model.told.push(format!("{number}: rules {rules}"));
                drop(fs::write(
                    self.model.root().join("kanban.toml"),
                    rules_text(rules),
                ));
            }
            1 | 2 => self.hide(),
            // Whatever else there is in kanban.toml is another test's.
            _ => self.model.step(number, &["config", "worktree"]),
        }
    }

    /// Puts something into a file that must not leave, or must not be misread.
    fn hide(&mut self) {
        let Some(file) = self.model.file() else {
            return;
        };
        let Ok(text) = fs::read_to_string(&file) else {
            return;
        };
        let findings = findings();
        let (_, secret) = self.model.dice.pick(&findings).clone();
        let field = |line: &str| text.replacen("---\n", &format!("---\n{line}\n"), 1);
        self.model.told.push(format!("  {secret}"));
        let text = match self.model.dice.below(14) {
            0 => format!("{text}\nSee {secret}, or so\n"),
            1 => field(&format!("title: about {secret} here")),
            2 => field(&format!("contact: \"{secret}\"")),
            3 => field(&format!("tags: [a, \"{secret}\"]")),
            4 => field(&format!("owner: \"{secret}\"")),
            5 => format!("{text}\n2026-02-01 10:00 [agent={secret}] said {secret}\n"),
            6 => format!("{text}\n[[{secret}]] [x]({secret}) and [{secret}](y.md)\n"),
            7 => field("private: true"),
            8 => field("private: no"),
            9 => field(&format!("spelled: \"{}\"", spelled(&secret))),
            10 => field(
                "null: \"a\\0b\"\nbig: 123456789012345678901234567890\nreal: [1e5, 1.50, -0, 0x1F, .5]",
            ),
            11 => field("tree: {a: {b: [1, {c: d, 'x.y': ~}], \"\": yes}}\nlist: [[1, 2], [], {}]"),
            12 => {
                format!("{text}\n\n## Ünïcode 漢字 {secret}\n\n- [x] done 😀\n- [ ] not {secret}\n")
            }
            _ => {
                let stem = secret.replace(['/', '\n'], "-");
                let target = file.with_file_name(format!("{stem}.md"));
                drop(fs::rename(&file, target));
                return;
            }
        };
        drop(fs::write(&file, text));
    }

    /// Publishes what HEAD stands for, and compares.
    fn look(&mut self) {
        self.model.git(&["add", "-A"]);
        self.model
            .git(&["commit", "-q", "--no-verify", "-m", "look"]);
        self.model
            .git(&["-c", "advice.detachedHead=false", "status", "--short"]);
        // Under one name, whatever branch the model is on.
        let name = "refs/heads/HEAD-of-all";
        self.model.git(&["update-ref", name, "HEAD"]);
        let args = [
            "--json",
            "sync",
            "now",
            "--take-over",
            "--allow-empty",
            "--branch",
            "HEAD-of-all",
        ];
        let run = self.model.world.kanban(args);
        self.model.git(&["update-ref", "-d", name]);
        let row = run.seen().json()["data"]["branches"][0].take();
        assert_eq!(row["standing"], "level", "{row}\n{}", self.model.story());
        assert_eq!(row["pending"], 0, "{row}\n{}", self.model.story());
        self.see(row["commit"].as_str().unwrap());
        let files = views::of_files(&self.oracle);
        let server = views::of_server(&self.database, ADMIN, "HEAD-of-all");
        if let Some(difference) = views::difference(&files, &server) {
            panic!("{difference}\n{}", self.model.story());
        }
        let told = server.join("\n");
        let rules = &RULES[rules_of(self.oracle.root())];
        for (kind, secret) in findings() {
            if rules.detectors.contains(&kind) {
                assert!(
                    !told.contains(&secret),
                    "{secret} is shown\n{}",
                    self.model.story()
                );
            }
        }
        self.model.told.clear();
    }

    /// Makes the oracle the files of a commit, as they may be seen.
    fn see(&mut self, commit: &str) {
        self.oracle
            .git(["checkout", "-q", "--force", "--detach", commit]);
        self.oracle.git(["clean", "-q", "-ffdx"]);
        let root = self.oracle.root().to_owned();
        let rules = &RULES[rules_of(&root)];
        let found: Vec<(&str, String)> = findings()
            .into_iter()
            .filter(|(kind, _)| rules.detectors.contains(kind))
            .collect();
        for file in files(&root) {
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            if (rules.hides_path)(&path) {
                fs::remove_file(&file).unwrap();
                continue;
            }
            let Ok(text) = fs::read_to_string(&file) else {
                continue;
            };
            let mut seen = text.clone();
            for (kind, secret) in &found {
                let blot = format!("«redacted-{kind}»");
                seen = seen.replace(secret, &blot).replace(&spelled(secret), &blot);
            }
            if seen != text && path != "kanban.toml" {
                fs::write(&file, seen).unwrap();
            }
        }
        // With some gone, others may be items that were none.
        while self.withhold(rules, &found) {}
    }

    fn withhold(&self, rules: &Rules, found: &[(&str, String)]) -> bool {
        let sql = "SELECT path, kind, status, '' || frontmatter FROM items";
        let data = self.oracle.kanban(["--json", "sql", "-n", "0", sql]).data();
        let mut any = false;
        for row in data["rows"].as_array().unwrap() {
            let text = |at: usize| row[at].as_str().unwrap_or_default();
            let path = text(0);
            let values: Value = serde_json::from_str(text(3)).unwrap();
            let of_kind = rules.kinds.contains(&text(1));
            let has_rules = !rules.kinds.is_empty() || !rules.keys.is_empty();
            let is_private = rules.keys.iter().any(|key| values[*key] == "true");
            let is_private = is_private || rules.keys.iter().any(|key| values[*key] == true);
            let file = self.oracle.root().join(path);
            // Frontmatter that nobody recognizes, and that of the text of a pair.
            let unread = |file: &Path| {
                let text = fs::read_to_string(file).unwrap_or_default();
                text.lines().take(30).any(|line| {
                    let ends = |kind: &&str| line.ends_with(&format!(": {kind}"));
                    rules.kinds.iter().any(ends)
                        || !rules.keys.is_empty() && line == "private: true"
                })
            };
            let is_pair = path.ends_with("kep.yaml");
            let is_private = is_private
                || has_rules && text(3) == "{}" && unread(&file)
                || has_rules && is_pair && unread(&file.with_file_name("README.md"));
            let is_found = |text: &str| found.iter().any(|(_, secret)| text.contains(secret));
            if of_kind
                || has_rules && text(2) != "ok"
                || is_private
                || is_found(path)
                || any_string(&values, &is_found)
            {
                any = true;
                fs::remove_file(&file).unwrap();
                if is_pair {
                    drop(fs::remove_file(file.with_file_name("README.md")));
                }
            }
        }
        any
    }
}

/// Each letter as YAML can write it.
fn spelled(text: &str) -> String {
    text.chars()
        .map(|letter| format!("\\u{:04x}", u32::from(letter)))
        .collect()
}

fn any_string(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(all) => all.iter().any(|value| any_string(value, is)),
        Value::Object(all) => all
            .iter()
            .any(|(key, value)| is(key) || any_string(value, is)),
        _ => false,
    }
}

fn rules_text(number: usize) -> String {
    format!("# rules {number}\n{CONFIG}{}", RULES[number].toml)
}

fn rules_of(root: &Path) -> usize {
    let text = fs::read_to_string(root.join("kanban.toml")).unwrap_or_default();
    let number = text.strip_prefix("# rules ").and_then(|rest| rest.get(..1));
    number.map_or(0, |number| number.parse().unwrap())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if entry.file_name() == ".git" {
            continue;
        }
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn all_views_are_equal_after_any_steps() {
    if pg::shared().is_none() {
        return;
    }
    play_all(SEEDS, STEPS, |seed, steps| {
        let mut shared = Shared::new(seed, pg::database().unwrap());
        shared.look();
        for step in 1..=steps {
            shared.step(step);
            if shared.model.dice.below(5) == 0 || step == steps {
                shared.look();
            }
        }
    });
}
