//! Merging one item for git: whose rules hold for a path, three files in, one file out.
//!
//! Looks at names in the folders above the file, and nowhere else: git waits.
//! Never: takes a lock, needs a cache, or leaves a file half written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::base::{atomic, fault, path};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::merge::{self, Merged, Sides};
use crate::model::config::Config;
use crate::model::merging::{MergeConflict, MergeRules};
use crate::parse::Source;
use crate::presets::{self, Presets};

/// The convention whose rules hold where none is recognized.
const PLAIN: &str = "plain";
/// How many files beside one are looked at, where it shows no convention itself.
const BESIDE: usize = 64;

/// What git asks of a merge driver.
#[derive(Debug, Clone)]
pub(crate) struct DriverWish {
    pub base: PathBuf,
    pub ours: PathBuf,
    pub theirs: PathBuf,
    /// Where the result goes; in place of ours where it is not said.
    pub output: Option<PathBuf>,
    /// The path of the item in the repository.
    pub path: Option<String>,
    pub marker_size: usize,
    pub ours_label: String,
    pub theirs_label: String,
    /// Markers show the base where it has a name.
    pub base_label: Option<String>,
}

/// How the sides are called where nobody says it.
pub(crate) const OURS: &str = "ours";
pub(crate) const THEIRS: &str = "theirs";

/// Merges by meaning and writes the result. Gives what is left undecided.
pub(crate) fn drive(start: &Path, wish: &DriverWish) -> Result<Vec<MergeConflict>, EngineError> {
    with_sides(wish, |sides| {
        fault::point("merge-driver.merge")
            .map_err(|error| EngineError::io("merging", &wish.ours, &error))?;
        let path = wish.path.as_deref().unwrap_or_default();
        Ok(match rules_of(start, path) {
            Some(rules) => merge::merge(sides, Source::of(path), &rules),
            None => merge::merge_by_line(sides),
        })
    })
}

/// Merges line by line as git does by itself, where [`drive`] could not do its work.
pub(crate) fn drive_by_line(wish: &DriverWish) -> Result<Vec<MergeConflict>, EngineError> {
    with_sides(wish, |sides| Ok(merge::merge_by_line(sides)))
}

fn with_sides(
    wish: &DriverWish,
    merge: impl FnOnce(&Sides<'_>) -> Result<Merged, EngineError>,
) -> Result<Vec<MergeConflict>, EngineError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| {
            EngineError::environment("cannot-read", "a version cannot be read")
                .path(path)
                .cause(error)
        })
    };
    let (base, ours, theirs) = (read(&wish.base)?, read(&wish.ours)?, read(&wish.theirs)?);
    let merged = merge(&Sides {
        // Where both sides added the file, git gives an empty one.
        base: (!base.is_empty()).then_some(base.as_slice()),
        ours: &ours,
        theirs: &theirs,
        ours_label: &wish.ours_label,
        theirs_label: &wish.theirs_label,
        base_label: wish.base_label.as_deref(),
        marker_size: wish.marker_size,
    })?;
    let target = wish.output.as_ref().unwrap_or(&wish.ours);
    if wish.output.is_some() || merged.bytes != ours {
        atomic::write(target, &merged.bytes)
            .map_err(|error| EngineError::io("writing the merged file", target, &error.source))?;
    }
    Ok(merged.conflicts)
}

/// How the file of that path merges; a path of which nobody knows anything, as plain Markdown. None
/// where a convention knows it and it is no item.
fn rules_of(start: &Path, path: &str) -> Option<MergeRules> {
    let folder = start.join(path);
    let folders = folder.ancestors().skip(1);
    let there = folders.into_iter().find(|folder| folder.is_dir());
    let opened = there.and_then(|there| Engine::open_at(start, there).ok());
    let known = opened.as_ref().and_then(|engine| {
        let root = engine.origin.root();
        let start = start.canonicalize().ok()?;
        // Git tells paths from the top of the work tree, in which it starts us.
        let full = start.join(path);
        let inner = full.strip_prefix(root).ok()?.to_str()?;
        Some((engine, inner.replace('\\', "/")))
    });
    match known {
        Some((engine, inner)) if !inner.is_empty() => engine.merge_rules(&inner),
        _ => Some(plain_rules()),
    }
}

/// The rules for what belongs to no convention.
pub(super) fn plain_rules() -> MergeRules {
    let presets = Presets::load(&Config::default()).ok();
    let plain = presets.as_ref().and_then(|presets| presets.get(PLAIN));
    plain.map_or_else(MergeRules::default, |plain| {
        presets::merge_rules(&plain.convention(0))
    })
}

impl Engine {
    /// The rules for a path relative to the root; none where it belongs to no convention.
    pub(super) fn merge_rules(&self, path: &str) -> Option<MergeRules> {
        let (mut files, dirs) = self.names_around(path);
        let dirs: Vec<&str> = dirs.iter().map(String::as_str).collect();
        let look = |files: &BTreeSet<String>| {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            self.presets().recognize(&files, &dirs)
        };
        let mut layout = look(&files);
        if layout
            .places
            .iter()
            .all(|place| *place.preset.name == *PLAIN)
        {
            // Nothing shows a convention: perhaps the items beside the file, if it is none itself.
            files.extend(self.beside(path));
            layout = look(&files);
        }
        let at = files.iter().position(|file| file == path)?;
        let unit = layout
            .units
            .iter()
            .find(|unit| unit.file == at || unit.companion == Some(at))?;
        let preset = &layout.places[unit.place].preset;
        Some(presets::merge_rules(&preset.convention(unit.variant)))
    }

    /// A few of the Markdown files in the folder of a file.
    fn beside(&self, path: &str) -> Vec<String> {
        let folder = path::folder_of(path);
        let listed = std::fs::read_dir(self.origin.root().join(folder));
        let names = listed.into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let files = names.filter(|name| name.ends_with(".md"));
        let paths = files.take(BESIDE).map(|name| path::joined(folder, &name));
        paths.collect()
    }

    /// The file, and what in the folders above it may show a convention.
    fn names_around(&self, path: &str) -> (BTreeSet<String>, Vec<String>) {
        let mut files = BTreeSet::from([path.to_owned()]);
        let mut dirs = BTreeSet::new();
        let root = self.origin.root();
        let mut folder = path;
        loop {
            folder = path::folder_of(folder);
            let listed = std::fs::read_dir(root.join(folder));
            for entry in listed.into_iter().flatten().flatten() {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let below = path::joined(folder, &name);
                if self.presets().wants_dir(&name) && entry.path().is_dir() {
                    dirs.insert(below);
                } else if !name.ends_with(".md") && self.presets().wants_file(&name) {
                    // Other items are many, and show no more than this one does.
                    files.insert(below);
                }
            }
            if folder.is_empty() {
                return (files, dirs.into_iter().collect());
            }
        }
    }
}
