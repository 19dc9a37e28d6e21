//! The steps of the model: what people, editors and git do to files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Dice, Model};

const ITEMS: &str = "_kano/backlog/products/demo/items/task/0000";
const IDS: [&str; 8] = [
    "DM-TSK-0001",
    "DM-TSK-0002",
    "DM-TSK-0003",
    "DM-BUG-0001",
    "DM-FTR-0001",
    "DM-EPIC-0001",
    "DM-TSK-0077",
    "ADR-0001",
];
const STATES: [&str; 5] = ["Proposed", "InProgress", "Done", "Nonsense", "\"Ready\""];
const RELS: [&str; 3] = ["relates", "blocks", "blocked_by"];

/// A name, and what is done.
type Step = (&'static str, fn(&mut Model));

/// Every kind of step; each may find nothing to do.
pub(super) const KINDS: [Step; 60] = [
    ("create", Model::create),
    ("create again", Model::create),
    ("state", |m| {
        m.field("state:", |d| d.pick(&STATES).to_string());
    }),
    ("id", |m| m.field("id:", |d| d.pick(&IDS).to_string())),
    ("uid", |m| {
        m.field("uid:", |d| format!("0194-same-{}", d.below(3)));
    }),
    ("title", |m| {
        m.field("title:", |d| format!("title {}", d.below(9)));
    }),
    ("parent", |m| {
        m.field("parent:", |d| d.pick(&IDS).to_string());
    }),
    ("priority", |m| {
        m.field("priority:", |d| format!("P{}", d.below(6)));
    }),
    ("owner", |m| {
        m.field("owner:", |d| format!("o{}", d.below(4)));
    }),
    ("relate", Model::relate),
    ("relate more", Model::relate),
    ("log line", |m| {
        m.append("2026-02-01 10:00 [agent=ada] went on\n");
    }),
    ("check line", |m| {
        m.append("\n## Acceptance Criteria\n\n- [x] it works\n- [ ] really\n");
    }),
    ("wikilink", Model::wikilink),
    ("markdown link", Model::markdown_link),
    ("words", |m| {
        m.append("Grüße, naïve snake_case and camelCaseWord\n");
    }),
    ("touch", |m| m.set_mtime(0)),
    ("mtime back", |m| m.set_mtime(-86_400)),
    ("mtime ahead", |m| m.set_mtime(86_400)),
    ("same size, old mtime, in place", |m| m.swap_letters(false)),
    ("same size, old mtime, replaced", |m| m.swap_letters(true)),
    ("write temp and rename", Model::save_by_rename),
    ("rename", Model::rename),
    ("rename again", Model::rename),
    ("swap two files", Model::swap),
    ("delete", Model::delete),
    ("chmod", Model::chmod),
    ("rename a directory", Model::rename_folder),
    ("symlink in", Model::symlink),
    ("hard link", Model::hard_link),
    ("case only", Model::case_rename),
    ("copy", Model::copy),
    ("invalid frontmatter", |m| {
        m.write_some("---\nassignee: @x\ntitle: a: b\n---\nbody\n");
    }),
    ("conflict markers", |m| {
        m.append("<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n");
    }),
    ("garbage", |m| {
        m.write_some("\u{0}\u{1}\u{feff}---\r\n\u{7f}id: x\r\n");
    }),
    ("empty file", |m| m.write_some("")),
    ("crlf", Model::crlf),
    ("ignore", Model::ignore),
    ("kep pair", Model::kep),
    ("half a kep pair", Model::half_kep),
    ("a vault", Model::vault),
    ("an adr", Model::adr),
    ("config", Model::config),
    ("nested repository", Model::nested),
    ("branch", |m| {
        let name = format!("b{}", m.dice.below(4));
        m.git(&["checkout", "-q", "-b", &name]);
    }),
    ("checkout", |m| {
        let name = m.branch();
        m.git(&["checkout", "-q", "-f", &name]);
    }),
    ("merge", |m| {
        let name = m.branch();
        m.git(&["merge", "-q", "--no-edit", &name]);
    }),
    ("merge --abort", |m| m.git(&["merge", "--abort"])),
    ("rebase", |m| {
        let name = m.branch();
        m.git(&["rebase", "-q", &name]);
        m.git(&["rebase", "--abort"]);
    }),
    ("stash", |m| m.git(&["stash", "-q", "--include-untracked"])),
    ("stash pop", |m| m.git(&["stash", "pop", "-q"])),
    ("reset --hard", |m| {
        m.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }),
    ("commit", |m| {
        m.git(&["add", "-A"]);
        m.git(&["commit", "-q", "-m", "x"]);
    }),
    ("commit --amend", |m| {
        m.git(&["commit", "-q", "-a", "--amend", "-m", "y"]);
    }),
    ("am", Model::am),
    ("cherry-pick or revert", |m| {
        let name = m.branch();
        m.git(&["cherry-pick", &name]);
        m.git(&["cherry-pick", "--abort"]);
        m.git(&["revert", "--no-edit", "HEAD"]);
        m.git(&["revert", "--abort"]);
    }),
    ("sparse-checkout", Model::sparse),
    ("worktree", Model::worktree),
    ("gc and clean", |m| {
        m.git(&["gc", "-q"]);
        if m.dice.below(3) == 0 {
            m.git(&["clean", "-q", "-fd"]);
        }
    }),
    ("killed", Model::killed),
];

impl Model {
    /// Every file of the work tree that may be an item.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.root(), &mut found);
        found.sort();
        found
    }

    pub(crate) fn file(&mut self) -> Option<PathBuf> {
        let files = self.files();
        if files.is_empty() {
            return None;
        }
        let file = self.dice.pick(&files).clone();
        self.told.push(format!("  {}", file.display()));
        Some(file)
    }

    fn edit(&mut self, change: impl FnOnce(&mut Dice, String) -> String) {
        let Some(file) = self.file() else { return };
        if let Ok(text) = fs::read_to_string(&file) {
            let text = change(&mut self.dice, text);
            drop(fs::write(&file, text));
        }
    }

    fn field(&mut self, key: &str, value: impl FnOnce(&mut Dice) -> String) {
        self.edit(|dice, text| {
            let value = value(dice);
            let lines = text.split_inclusive('\n').map(|line| {
                if line.starts_with(key) {
                    format!("{key} {value}\n")
                } else {
                    line.to_owned()
                }
            });
            lines.collect()
        });
    }

    fn append(&mut self, more: &str) {
        self.edit(|_, text| text + more);
    }

    fn write_some(&mut self, text: &str) {
        if let Some(file) = self.file() {
            drop(fs::write(file, text));
        }
    }

    fn create(&mut self) {
        self.made += 1;
        let id = match self.dice.below(4) {
            0 => (*self.dice.pick(&IDS)).to_owned(),
            _ => format!("DM-TSK-1{:03}", self.made),
        };
        let (state, parent) = (*self.dice.pick(&STATES), *self.dice.pick(&IDS));
        let (rel, other) = (*self.dice.pick(&RELS), *self.dice.pick(&IDS));
        let text = format!(
            "---\nid: {id}\nuid: 0194-{:04}\ntype: Task\ntitle: made {}\nstate: {state}\n\
             parent: {parent}\ntags: [b, a]\nlinks:\n  {rel}: [{other}]\n---\n# Context\n\nSee [[{other}]].\n",
            self.dice.below(40),
            self.made
        );
        let folder = self.root().join(ITEMS);
        drop(fs::create_dir_all(&folder));
        drop(fs::write(
            folder.join(format!("{id}_made-{}.md", self.made)),
            text,
        ));
    }

    fn relate(&mut self) {
        let ids: Vec<String> = (0..1 + self.dice.below(2))
            .map(|_| (*self.dice.pick(&IDS)).to_owned())
            .collect();
        let key = format!("  {}:", self.dice.pick(&RELS));
        self.field(&key, |_| format!("[{}]", ids.join(", ")));
    }

    fn wikilink(&mut self) {
        let files = self.files();
        if files.is_empty() {
            return;
        }
        let target = self.dice.pick(&files).clone();
        let stem = target.file_stem().unwrap().to_string_lossy().into_owned();
        let id = (*self.dice.pick(&IDS)).to_owned();
        let form = match self.dice.below(4) {
            0 => format!("[[{stem}]]"),
            1 => format!("[[{id}|label]]"),
            2 => format!(
                "[[{}]]",
                target.strip_prefix(self.root()).unwrap().display()
            ),
            _ => format!("[[{id}@0194-00]]"),
        };
        self.append(&format!("\nsee {form}\n"));
    }

    fn markdown_link(&mut self) {
        let files = self.files();
        if files.is_empty() {
            return;
        }
        let target = self.dice.pick(&files).clone();
        let name = target.file_name().unwrap().to_string_lossy().into_owned();
        let form = match self.dice.below(5) {
            0 => format!("[x]({name})"),
            1 => format!("[x](../0000/{name}#part)"),
            2 => format!(
                "[x](/{})",
                target.strip_prefix(self.root()).unwrap().display()
            ),
            3 => "[x](..)".to_owned(),
            _ => "[x](nowhere%20at%20all.md)".to_owned(),
        };
        self.append(&format!("\nand {form}\n"));
    }

    fn set_mtime(&mut self, seconds: i64) {
        let Some(file) = self.file() else { return };
        let Ok(open) = fs::File::options().append(true).open(&file) else {
            return;
        };
        let now = SystemTime::now();
        let by = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { now - by } else { now + by };
        drop(open.set_modified(time));
    }

    fn swap_letters(&mut self, replaced: bool) {
        let Some(file) = self.file() else { return };
        let (Ok(text), Ok(meta)) = (fs::read(&file), fs::metadata(&file)) else {
            return;
        };
        let (Ok(time), false) = (meta.modified(), text.is_empty()) else {
            return;
        };
        let mut other = text;
        let at = self.dice.below(other.len());
        other[at] = if other[at] == b'q' { b'w' } else { b'q' };
        let target = if replaced {
            file.with_extension("tmp~")
        } else {
            file.clone()
        };
        drop(fs::write(&target, other));
        if let Ok(open) = fs::File::options().append(true).open(&target) {
            drop(open.set_modified(time));
        }
        if replaced {
            drop(fs::rename(&target, &file));
        }
    }

    fn save_by_rename(&mut self) {
        let Some(file) = self.file() else { return };
        let Ok(text) = fs::read(&file) else { return };
        let temp = file.with_extension("swp~");
        drop(fs::write(&temp, [&text[..], b"saved\n"].concat()));
        drop(fs::rename(temp, file));
    }

    fn rename(&mut self) {
        let Some(file) = self.file() else { return };
        self.made += 1;
        let name = match self.dice.below(4) {
            0 => format!("{}_renamed-{}.md", self.dice.pick(&IDS), self.made),
            1 => format!("renamed-{}.md", self.made),
            2 => "index.md".to_owned(),
            _ => format!("renamed-{}.txt", self.made),
        };
        let folder = match self.dice.below(3) {
            0 => self.root().join("docs/decisions"),
            1 => self.root().join(ITEMS).join("deeper"),
            _ => file.parent().unwrap().to_owned(),
        };
        drop(fs::create_dir_all(&folder));
        drop(fs::rename(file, folder.join(name)));
    }

    fn swap(&mut self) {
        let (Some(one), Some(two)) = (self.file(), self.file()) else {
            return;
        };
        let temp = one.with_extension("swap~");
        drop(fs::rename(&one, &temp));
        drop(fs::rename(&two, &one));
        drop(fs::rename(&temp, &two));
    }

    fn delete(&mut self) {
        if let Some(file) = self.file() {
            drop(fs::remove_file(file));
        }
    }

    fn chmod(&mut self) {
        use std::os::unix::fs::PermissionsExt;
        let Some(file) = self.file() else { return };
        let mode = *self.dice.pick(&[0o755, 0o644, 0o600]);
        drop(fs::set_permissions(file, fs::Permissions::from_mode(mode)));
    }

    fn rename_folder(&mut self) {
        let Some(file) = self.file() else { return };
        let folder = file.parent().unwrap().to_owned();
        if folder == self.root() {
            return;
        }
        self.made += 1;
        let name = format!("folder-{}", self.made);
        drop(fs::rename(&folder, folder.with_file_name(name)));
    }

    fn symlink(&mut self) {
        let (Some(one), Some(two)) = (self.file(), self.file()) else {
            return;
        };
        if one != two {
            drop(fs::remove_file(&one));
            drop(std::os::unix::fs::symlink(two, one));
        }
    }

    fn hard_link(&mut self) {
        let Some(file) = self.file() else { return };
        self.made += 1;
        drop(fs::hard_link(
            &file,
            file.with_file_name(format!("linked-{}.md", self.made)),
        ));
    }

    fn case_rename(&mut self) {
        let Some(file) = self.file() else { return };
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let other = if name.contains(char::is_uppercase) {
            name.to_lowercase()
        } else {
            name.to_uppercase().replace(".MD", ".md")
        };
        drop(fs::rename(&file, file.with_file_name(other)));
    }

    fn copy(&mut self) {
        let Some(file) = self.file() else { return };
        let Ok(text) = fs::read(&file) else { return };
        self.made += 1;
        drop(fs::write(
            file.with_file_name(format!("copy-{}.md", self.made)),
            text,
        ));
    }

    fn crlf(&mut self) {
        self.edit(|_, text| match text.contains("\r\n") {
            true => text.replace("\r\n", "\n"),
            false => text.replace('\n', "\r\n"),
        });
    }

    fn ignore(&mut self) {
        let text = *self.dice.pick(&[
            "",
            "deeper/\n",
            "*_made-*\n",
            "*.md\n!index.md\n",
            "/docs\n",
        ]);
        let place = *self
            .dice
            .pick(&[".gitignore", "_kano/.gitignore", ".git/info/exclude"]);
        drop(fs::write(self.root().join(place), text));
    }

    /// Writes where it can be written: a link may lead nowhere.
    fn put(&self, path: &str, text: String) {
        let path = self.root().join(path);
        drop(fs::create_dir_all(path.parent().unwrap()));
        drop(fs::write(path, text));
    }

    pub(super) fn kep(&mut self) {
        self.made += 1;
        let name = format!("keps/sig-x/{:04}-made", 100 + self.dice.below(5));
        let (one, two) = (self.made, self.dice.below(5));
        self.put(
            &format!("{name}/kep.yaml"),
            format!(
                "title: kep {one}\nkep-number: 10{two}\nstatus: provisional\nauthors: [\"@a\"]\n"
            ),
        );
        self.put(
            &format!("{name}/README.md"),
            format!("# KEP {one}\n\nSee [x](../0100-made/README.md)\n"),
        );
    }

    fn half_kep(&mut self) {
        let name = format!("keps/sig-x/{:04}-made", 100 + self.dice.below(5));
        let file = *self.dice.pick(&["README.md", "kep.yaml"]);
        drop(fs::remove_file(self.root().join(name).join(file)));
    }

    fn vault(&mut self) {
        let folder = self.root().join("notes");
        if self.dice.below(3) == 0 {
            drop(fs::remove_dir_all(folder.join(".obsidian")));
            return;
        }
        drop(fs::create_dir_all(folder.join(".obsidian")));
        let name = format!("note {}.md", self.dice.below(4));
        drop(fs::write(folder.join(name), "a note [[note 1]] #tag\n"));
    }

    pub(super) fn adr(&mut self) {
        let number = self.dice.below(4) + 1;
        self.put(
            &format!("docs/decisions/{number:04}-choose.md"),
            format!("---\nstatus: accepted\ndate: 2026-01-0{number}\n---\n# Choose {number}\n\nSee [one](0001-choose.md).\n"),
        );
    }

    fn config(&mut self) {
        let file = self.root().join("kanban.toml");
        match self.dice.below(4) {
            0 => drop(fs::write(
                file,
                "[[root]]\npath = \"_kano/backlog\"\npreset = \"kano\"\n",
            )),
            1 => drop(fs::write(file, "name = \"other\"\n")),
            _ => drop(fs::remove_file(file)),
        }
    }

    fn nested(&mut self) {
        let folder = self.root().join("_kano/inner");
        if folder.exists() {
            drop(fs::remove_dir_all(folder));
            return;
        }
        drop(fs::create_dir_all(&folder));
        self.git(&["init", "-q", "_kano/inner"]);
        drop(fs::write(folder.join("inner.md"), "# not ours\n"));
    }

    fn am(&mut self) {
        let patches = self.world.beside("patches");
        drop(fs::remove_dir_all(&patches));
        let folder = patches.to_str().unwrap().to_owned();
        self.git(&["format-patch", "-q", "-1", "-o", &folder]);
        self.git(&["reset", "-q", "--hard", "HEAD~1"]);
        let files = fs::read_dir(&patches).into_iter().flatten().flatten();
        for file in files {
            self.git(&["am", "-q", file.path().to_str().unwrap()]);
            self.git(&["am", "--abort"]);
        }
    }

    fn sparse(&mut self) {
        match self.dice.below(2) {
            0 => self.git(&["sparse-checkout", "set", "docs"]),
            _ => self.git(&["sparse-checkout", "disable"]),
        }
    }

    fn worktree(&mut self) {
        let other = self.world.beside("other");
        let path = other.to_str().unwrap().to_owned();
        self.git(&["worktree", "add", "-q", "--force", "--detach", &path]);
        drop(fs::write(
            other.join("docs/decisions/0009-elsewhere.md"),
            "# Elsewhere\n",
        ));
        if other.exists() {
            let mut command = self.world.command();
            command.current_dir(&other).args(["list", "--quiet"]);
            assert!(command.output().unwrap().status.success());
        }
        self.git(&["worktree", "remove", "--force", &path]);
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let name = entry.file_name();
        if kind.is_dir() && name != ".git" && name != "inner" {
            collect(&path, found);
        } else if kind.is_file()
            && (name != "kanban.toml" && name != ".gitignore" && name != ".git")
        {
            found.push(path);
        }
    }
}
