//! What `doctor` tells of git and of how the files are kept: versions, letters, times, merges.
//! Never: writes a file, or lets git run a hook.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::base::path;
use crate::engine::Engine;
use crate::engine::doctor::{ok, warning};
use crate::hooks;
use crate::model::file::Scan;
use crate::presets::Unit;
use crate::query::view::DoctorRow;
use crate::source::{git, stamp};

/// `post-index-change`, the hook that most commands fire, came with this version.
const HOOKS_SINCE: (u32, u32) = (2, 22);
/// Git is not waited for any longer.
const LIMIT: Duration = Duration::from_secs(5);
/// How many items are asked about at most.
const ASKED: usize = 64;

impl Engine {
    pub(super) fn machine_rows(&self, scan: Option<&Scan>) -> Vec<DoctorRow> {
        let mut rows = Vec::new();
        if self.origin.git_dir().is_some() {
            rows.push(self.git_row());
            rows.push(self.merge_row(scan));
        }
        if !self.origin.is_bare() {
            rows.extend(scan.and_then(|scan| self.letters_row(scan)));
            rows.extend(scan.and_then(times_row));
        }
        rows.push(self.state_row());
        rows.extend(self.server_rows());
        rows
    }

    fn git(&self, arguments: &[&str]) -> Option<git::Answer> {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        git::run(self.origin.place(), &[], &arguments, LIMIT)
            .ok()
            .flatten()
    }

    fn git_row(&self) -> DoctorRow {
        let hint = "everything but hooks works without git; install it, or put it into PATH";
        let Some(answer) = self.git(&["--version"]).filter(|git| git.code == Some(0)) else {
            return warning("git", "cannot be run", hint);
        };
        let text = String::from_utf8_lossy(&answer.stdout);
        let text = text.trim();
        match version(text) {
            Some(found) if found < HOOKS_SINCE => warning(
                "git",
                format!("{text}: too old for the hook `post-index-change`"),
                "2.22 or newer tells of `reset --hard`, `stash` and more; questions are right all the same",
            ),
            _ => ok("git", text),
        }
    }

    /// Both halves of the merge driver: the command of this clone, and the lines that name it.
    fn merge_row(&self, scan: Option<&Scan>) -> DoctorRow {
        let said = |arguments: &[&str]| {
            let answer = self.git(arguments).filter(|answer| answer.code == Some(0));
            answer.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
        };
        let command = said(&["config", "--get", "merge.kanban.driver"]);
        // Of each convention one item: attributes may stand in any folder, and not in all.
        let items: Vec<String> = scan.map_or_else(Vec::new, |scan| {
            let layout = self.recognize(scan);
            let mut places = HashSet::new();
            let units = layout.units.iter();
            let first = units.filter(|unit| places.insert((unit.place, unit.variant)));
            let path = |unit: &Unit| &scan.files[unit.file].path;
            let paths = first.map(|unit| format!("{}{}", self.origin.prefix(), path(unit)));
            paths.take(ASKED).collect()
        });
        let mut arguments = vec!["check-attr", "-z", "merge", "--"];
        arguments.extend(items.iter().map(String::as_str));
        let answer = said(&arguments).filter(|_| !items.is_empty());
        let answer = answer.unwrap_or_default();
        let fields: Vec<&str> = answer.split('\0').collect();
        let answers: Vec<(&str, &str)> = fields.chunks_exact(3).map(|f| (f[0], f[2])).collect();
        let left_out = answers.iter().find(|(_, driver)| *driver != "kanban");
        let named = answers.iter().any(|(_, driver)| *driver == "kanban");
        match (command, named) {
            (Some(_), true) if left_out.is_some() => warning(
                "merge driver",
                format!(
                    "git has it, but its attributes do not give it {}",
                    left_out.map_or("", |(path, _)| path)
                ),
                "run `kanban init`, and commit what it writes; see `git check-attr merge -- FILE`",
            ),
            (Some(command), true) if hooks::is_old(command.as_bytes()) => warning(
                "merge driver",
                "git merges items by meaning; its command is of an older kanban",
                "`kanban hooks install` renews it",
            ),
            (Some(_), true) => ok("merge driver", "git merges items by meaning"),
            (Some(_), false) => warning(
                "merge driver",
                "git has it, but no `.gitattributes` gives items to it",
                "run `kanban init`, and commit what it writes",
            ),
            (None, true) => warning(
                "merge driver",
                "`.gitattributes` gives items to it, but this clone has none: git merges them line by line",
                "run `kanban hooks install`",
            ),
            (None, false) => ok(
                "merge driver",
                "none: git merges items line by line, and `kanban resolve` merges them afterwards",
            ),
        }
    }

    /// Whether names that differ only in case are one file, and whether git thinks so too.
    fn letters_row(&self, scan: &Scan) -> Option<DoctorRow> {
        let one = is_one_file(self.origin.root(), scan)?;
        let git = self
            .git(&["config", "--type=bool", "--get", "core.ignoreCase"])
            .is_some_and(|answer| answer.stdout.starts_with(b"true"));
        let files = match one {
            true => "names that differ only in case are one file",
            false => "names that differ only in case are different files",
        };
        Some(match (self.origin.git_dir().is_some(), one == git) {
            (true, false) => warning(
                "case of names",
                format!("{files}, but git's core.ignoreCase is {git}"),
                "set core.ignoreCase as the file system is",
            ),
            _ => ok("case of names", files),
        })
    }
}

/// Major and minor of `git version 2.47.3 (Apple Git-1)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(' ').nth(2)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// By a file that is there, so that none has to be made; nothing where none has a letter.
fn is_one_file(root: &Path, scan: &Scan) -> Option<bool> {
    let names: BTreeSet<&str> = scan.files.iter().map(|found| &*found.path).collect();
    scan.files.iter().find_map(|found| {
        let (folder, name) = path::split(&found.path);
        let other = path::joined(folder, &name.to_ascii_uppercase());
        if other == found.path || names.contains(&*other) {
            return None;
        }
        let here = stamp::of_file(&root.join(&found.path))?;
        Some(stamp::of_file(&root.join(other)).is_some_and(|there| there == here))
    })
}

/// How finely the file system keeps times, as far as the files show it.
fn times_row(scan: &Scan) -> Option<DoctorRow> {
    const UNITS: [(i64, &str); 4] = [
        (1_000, "to the nanosecond"),
        (1_000_000, "to the microsecond"),
        (1_000_000_000, "to the millisecond"),
        (i64::MAX, "to the second"),
    ];
    let times = || scan.files.iter().map(|found| found.stamp.mtime_ns);
    times().next()?;
    let (_, unit) = UNITS
        .iter()
        .find(|(unit, _)| times().any(|time| time % unit != 0))?;
    let message = format!("the file system keeps the times of changes {unit}");
    Some(if *unit == "to the second" {
        ok(
            "times",
            format!(
                "{message}: files that changed in the two seconds before a look are read again"
            ),
        )
    } else {
        ok("times", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::file::{Found, Stamp};

    #[test]
    fn versions_of_git_are_read_from_what_it_says() {
        for (text, expected) in [
            ("git version 2.47.3", Some((2, 47))),
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("git version 2.21.0.windows.1", Some((2, 21))),
            ("git version 3.0", Some((3, 0))),
            ("git", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn the_finest_time_of_all_files_tells_how_times_are_kept() {
        let scan = |times: &[i64]| Scan {
            files: times
                .iter()
                .map(|time| {
                    let stamp = Stamp {
                        mtime_ns: *time,
                        ..Stamp::default()
                    };
                    Found::new(format!("{time}.md"), stamp)
                })
                .collect(),
            ..Scan::default()
        };
        let unit = |times: &[i64]| times_row(&scan(times)).map(|row| row.message);
        assert_eq!(unit(&[]), None);
        for (times, expected) in [
            (&[3_000_000_000, 123_456_789][..], "nanosecond"),
            (&[3_000_000_000, 123_456_000], "microsecond"),
            (&[3_000_000_000, 123_000_000], "millisecond"),
            (&[3_000_000_000, 4_000_000_000], "second:"),
        ] {
            let told = unit(times).unwrap();
            assert!(told.contains(&format!("to the {expected}")), "{told}");
        }
    }
}
