//! The versions of a conflict as git keeps them in the index, and what git itself made of them.
//! Never: writes to the index, but by `git add`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use crate::base::atomic;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::source::git::{self, Answer};

/// As long as git makes markers where nobody says otherwise.
pub(super) const MARKER_SIZE: usize = 7;
/// Git is not waited for any longer.
const LIMIT: Duration = Duration::from_secs(30);

/// The versions of one path.
#[derive(Debug, Clone, Default)]
pub(super) struct Stages {
    pub base: Option<Vec<u8>>,
    pub ours: Option<Vec<u8>>,
    pub theirs: Option<Vec<u8>>,
}

impl Engine {
    /// All conflicts of the index below the root, by path relative to it.
    pub(super) fn stages(&self) -> Result<BTreeMap<String, Stages>, EngineError> {
        let mut all: BTreeMap<String, Stages> = BTreeMap::new();
        if self.origin.git_dir().is_none() || self.origin.is_bare() {
            return Ok(all);
        }
        let listed = self.told(
            "list conflicts",
            &["ls-files", "--unmerged", "-z", "--full-name"],
        )?;
        let prefix = self.origin.prefix();
        for entry in listed.stdout.split(|byte| *byte == 0) {
            // `100644 1f2e… 2\tpath`
            let entry = String::from_utf8_lossy(entry);
            let Some((facts, path)) = entry.split_once('\t') else {
                continue;
            };
            let mut facts = facts.split(' ').skip(1);
            let (Some(blob), Some(stage)) = (facts.next(), facts.next()) else {
                continue;
            };
            let full = path;
            let Some(path) = full.strip_prefix(&prefix) else {
                continue;
            };
            // As git would write it into the work tree, line endings and all.
            let path_option = format!("--path={full}");
            let show = ["cat-file", "--filters", &path_option, blob];
            let bytes = self.told("read a version", &show)?.stdout;
            let stages = all.entry(path.to_owned()).or_default();
            match stage {
                "1" => stages.base = Some(bytes),
                "2" => stages.ours = Some(bytes),
                _ => stages.theirs = Some(bytes),
            }
        }
        Ok(all)
    }

    /// What git's own merge of the lines makes of the stages, in each way that it may have taken.
    pub(super) fn merged_by_line(&self, stages: &Stages) -> Result<Vec<Vec<u8>>, EngineError> {
        let folder = self.write_home()?.folder;
        let failed = |error| EngineError::io("writing the versions", &folder, &error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        // Nobody else has a folder of this name; what a kill leaves is swept away by its beginning.
        let mut temp = tempfile::Builder::new();
        let temp = temp.prefix(atomic::TEMP_PREFIX).tempdir_in(&folder);
        let temp = temp.map_err(failed)?;
        let sides = [
            ("ours", &stages.ours),
            ("base", &stages.base),
            ("theirs", &stages.theirs),
        ];
        let mut paths = Vec::new();
        for (name, bytes) in sides {
            let path = temp.path().join(name);
            atomic::write(&path, bytes.as_deref().unwrap_or_default())
                .map_err(|error| EngineError::io("writing a version", &path, &error.source))?;
            paths.push(path);
        }
        // Merges choose this way of comparing lines, `merge-file` by itself another one.
        let ways: [&[&str]; 2] = [&["--diff-algorithm=histogram"], &[]];
        let mut merged = Vec::new();
        for way in ways {
            let mut arguments: Vec<&OsStr> = ["merge-file", "--stdout"].map(OsStr::new).to_vec();
            arguments.extend(way.iter().map(OsStr::new));
            arguments.extend(paths.iter().map(|path| path.as_os_str()));
            let answer = git::run(self.origin.place(), &[], &arguments, LIMIT);
            let answer = answer.map_err(|error| EngineError::from_source(&error))?;
            merged.extend(answer.map(|answer| answer.stdout));
        }
        Ok(merged)
    }

    /// Tells git that these are resolved.
    pub(super) fn add(&self, paths: &[String]) -> Result<(), EngineError> {
        let prefix = self.origin.prefix();
        for path in paths {
            let path = format!("{prefix}{path}");
            let there = self.origin.place().root.join(Path::new(&path)).exists();
            let act: &[&str] = match there {
                true => &["add", "--", &path],
                false => &["rm", "--quiet", "--cached", "--ignore-unmatch", "--", &path],
            };
            self.told("add", act)?;
        }
        Ok(())
    }

    /// What git says; it must succeed.
    fn told(&self, act: &'static str, arguments: &[&str]) -> Result<Answer, EngineError> {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let variables = [("GIT_LITERAL_PATHSPECS", "1")];
        let answer = git::run(self.origin.place(), &variables, &arguments, LIMIT)
            .map_err(|error| EngineError::from_source(&error))?;
        match answer {
            Some(answer) if answer.code == Some(0) => Ok(answer),
            Some(answer) => {
                let error = EngineError::environment("git-failed", format!("git could not {act}"));
                Err(error.cause(answer.complaint()))
            }
            None => Err(EngineError::environment(
                "git-failed",
                format!("git did not {act} in time"),
            )),
        }
    }
}

/// A text with markers whose sides have no names.
pub(super) fn unnamed(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut text = Vec::with_capacity(bytes.len());
    for line in lines {
        let marks = [b'<', b'|', b'>'];
        let size = line.iter().take_while(|byte| **byte == line[0]).count();
        if marks.contains(&line[0]) && size >= MARKER_SIZE && line.get(size) == Some(&b' ') {
            text.extend_from_slice(&line[..size]);
            text.push(b'\n');
        } else {
            text.extend_from_slice(line);
        }
    }
    text
}
