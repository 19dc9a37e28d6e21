//! What a bundle says of itself, and whether that can be.
//! Never: believes a path, a size or a count.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::sync::bundle::{
    BundleError, LARGEST_FILE, LARGEST_SUM, MOST_GROWTH, MOST_PIECES, SMALL,
};
use crate::write;

/// Of the form of bundles.
pub(crate) const VERSION: u64 = 1;
/// In front of the paths of files.
pub(crate) const FILES: &str = "files/";
/// All other pieces that there can be.
const OTHERS: [&str; 4] = [
    "audit.jsonl",
    "history.bundle",
    "history.jsonl",
    "outbox.jsonl",
];
/// Bytes of a path.
const LONGEST: usize = 4096;
/// Folders around a file.
const DEEPEST: usize = 64;
/// What ends the names of items and their companions, in the conventions that are shipped.
const ENDINGS: [&str; 3] = ["md", "markdown", "yaml"];
/// Folders with a dot in front of their names in which items are. All others belong to programs, which may do
/// what they find there.
const DOT_FOLDERS: [&str; 2] = [".backlog", ".kanban"];
/// The file that is no item.
const CONFIG: &str = "kanban.toml";
/// Where what is no file of an item goes when it is taken.
pub(crate) const BESIDE: &str = "kanban-bundle";

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub kanban_bundle: u64,
    /// The program that made it, and when.
    pub made_by: String,
    pub made: String,
    /// Empty where it has no name.
    pub repository: String,
    pub branch: String,
    pub commit: String,
    /// Whether it holds only what may leave: without what is withheld, with what is redacted.
    pub redacted: bool,
    pub counts: Counts,
    /// In the order in which they follow, which is that of their paths.
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    pub items: u64,
    pub files: u64,
    pub commits: u64,
    pub audit: u64,
    pub outbox: u64,
}

/// One entry of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece {
    pub path: String,
    pub size: u64,
    /// Hexadecimal.
    pub blake3: String,
}

impl Piece {
    /// The path of the file that it is, if it is one.
    pub(crate) fn file(&self) -> Option<&str> {
        self.path.strip_prefix(FILES)
    }
}

impl Manifest {
    /// Of the bytes of a manifest; `packed` is the size of the whole bundle.
    pub(super) fn read(bytes: &[u8], packed: u64) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Versioned {
            kanban_bundle: u64,
        }
        let unclear = |_| BundleError::refused("its manifest is none");
        let versioned: Versioned = serde_json::from_slice(bytes).map_err(unclear)?;
        if versioned.kanban_bundle != VERSION {
            return Err(BundleError::Version {
                found: versioned.kanban_bundle,
            });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(unclear)?;
        manifest.check()?;
        let sum = manifest.sum();
        if sum > SMALL && sum / MOST_GROWTH > packed {
            return Err(BundleError::refused(format!(
                "{packed} bytes would become {sum}: nothing that is written by people packs so well"
            )));
        }
        Ok(manifest)
    }

    /// How many lines a piece has, where the manifest says so.
    pub(super) fn lines(&self, piece: &Piece) -> Option<u64> {
        match &*piece.path {
            "audit.jsonl" => Some(self.counts.audit),
            "history.jsonl" => Some(self.counts.commits),
            "outbox.jsonl" => Some(self.counts.outbox),
            _ => None,
        }
    }

    fn sum(&self) -> u64 {
        let sizes = self.pieces.iter().map(|piece| piece.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// Whether every system could hold these pieces, each under a name of its own.
    ///
    /// # Errors
    /// The first reason why not.
    pub(crate) fn check(&self) -> Result<(), BundleError> {
        if self.pieces.len() > MOST_PIECES {
            return Err(BundleError::refused(format!(
                "it has {} pieces, more than {MOST_PIECES}",
                self.pieces.len()
            )));
        }
        if self.sum() > LARGEST_SUM {
            return Err(BundleError::refused(format!(
                "its pieces have {} bytes, more than {LARGEST_SUM}",
                self.sum()
            )));
        }
        let files = self.pieces.iter().filter(|piece| piece.file().is_some());
        let files = files.count() as u64;
        // kanban.toml is a file, and an item may have two.
        if self.counts.files != files || self.counts.items > files {
            return Err(BundleError::refused(format!(
                "it has {files} files, and says {} and {} items",
                self.counts.files, self.counts.items
            )));
        }
        let has = |name: &str| self.pieces.iter().any(|piece| piece.path == name);
        for (name, count) in [
            ("audit.jsonl", self.counts.audit),
            ("history.jsonl", self.counts.commits),
            ("outbox.jsonl", self.counts.outbox),
        ] {
            if count > 0 && !has(name) {
                return Err(BundleError::refused(format!("there is no {name}")));
            }
        }
        let mut last = "";
        let mut names = Names::default();
        for piece in &self.pieces {
            if !last.is_empty() && *last >= *piece.path {
                return Err(BundleError::refused(format!(
                    "its pieces are not in order at {}",
                    piece.path
                )));
            }
            last = &piece.path;
            match piece.file() {
                None if OTHERS.contains(&&*piece.path) => {}
                None => {
                    return Err(BundleError::refused(format!(
                        "{} is no piece of a bundle",
                        piece.path
                    )));
                }
                Some(path) => {
                    names.add(path)?;
                    if piece.size > LARGEST_FILE {
                        return Err(BundleError::refused(format!(
                            "{path} has more than {LARGEST_FILE} bytes"
                        )));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Why no file of an item is called so. What a bundle brings is text for people: nothing that a program takes for
/// its settings because of its name.
fn no_item(path: &str) -> Option<&'static str> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folders = folders.split('/');
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_known = |ending: &str| {
        ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    };
    match () {
        () if seen(path.split('/').next().unwrap_or_default()) == BESIDE => {
            Some("that folder is for the rest of a bundle")
        }
        () if path == CONFIG => None,
        () if name.starts_with('.')
            || folders.any(|one| one.starts_with('.') && !DOT_FOLDERS.contains(&one)) =>
        {
            Some("its name, or that of a folder around it, begins with a dot")
        }
        () if !is_known(ending) => Some("it ends neither in .md or .markdown nor in .yaml"),
        () => None,
    }
}

/// A name to systems that know no case.
fn seen(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).collect()
}

/// Names as a system sees them that knows no case: each with its spelling, and whether it is a file.
#[derive(Default)]
struct Names(HashMap<String, (String, bool)>);

impl Names {
    fn add(&mut self, path: &str) -> Result<(), BundleError> {
        if path.len() > LONGEST {
            return Err(BundleError::refused(format!(
                "a path has more than {LONGEST} bytes"
            )));
        }
        if path.matches('/').count() > DEEPEST {
            return Err(BundleError::refused(format!(
                "a file lies in more than {DEEPEST} folders"
            )));
        }
        write::check_new(Path::new(path))
            .map_err(|error| BundleError::refused(error.to_string()))?;
        if let Some(reason) = no_item(path) {
            return Err(BundleError::refused(format!("{path} is no item: {reason}")));
        }
        let ends = path.match_indices('/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let (name, is_file) = (&path[..end], end == path.len());
            let seen = seen(name);
            match self.0.get(&seen) {
                None => {
                    self.0.insert(seen, (name.to_owned(), is_file));
                }
                Some((other, was_file)) if other == name && !was_file && !is_file => {}
                Some((other, _)) => {
                    return Err(BundleError::refused(format!(
                        "{other} and {path} cannot both be everywhere"
                    )));
                }
            }
        }
        Ok(())
    }
}
