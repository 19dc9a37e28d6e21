//! A commit as others may see it: what is withheld is not there, what is blotted out is so before it is parsed.
//!
//! Everything else in the projection then follows by itself: columns, hashes, offsets, links and problems are
//! those of the files as they are published, and nothing in them knows of what is not.
//! Never: changes a file, or the cache of the work tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::base::{atomic, hash};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::project::{Job, Projected};
use crate::engine::rebuild;
use crate::model::config::Config;
use crate::model::file::{Found, Scan};
use crate::model::item::{Item, Status};
use crate::parse;
use crate::presets::{Layout, Unit};
use crate::privacy::{self, Forgotten, PrivacyError, Redactor, Withheld};

/// Counts up when detectors change, so that what was published before is looked through again.
/// In the folder of the publish cache: what was decided of each unit.
const DECIDED: &str = "decided";

/// The rules through which a commit is seen.
#[derive(Debug)]
pub(crate) struct Lens {
    withheld: Withheld,
    redactor: Redactor,
}

impl Lens {
    pub(super) fn new(config: &Config, forgotten: Forgotten) -> Result<Self, PrivacyError> {
        Ok(Self {
            withheld: Withheld::new(&config.privacy)?,
            redactor: Redactor::new(&config.redaction)?.forgetting(forgotten),
        })
    }

    /// The bytes of a file as they are published. Text in another encoding is looked through as the text
    /// that it is.
    pub(crate) fn redact(&self, bytes: Vec<u8>) -> Vec<u8> {
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return match self.redactor.redact(text) {
                Some(text) => text.into_bytes(),
                None => bytes,
            };
        }
        let decoded = parse::decode(bytes.clone());
        match self.redactor.redact(&decoded.text) {
            Some(text) => text.into_bytes(),
            None => bytes,
        }
    }

    /// Whether a name that stands beside every row has something in it that may not leave.
    pub(super) fn finds(&self, name: &str) -> bool {
        self.redactor.finds(name)
    }

    /// What makes a publish cache another one: the rules of the commit, ours, and who is forgotten.
    pub(super) fn key(config_text: Option<&str>, forgotten: &Forgotten) -> String {
        let rules = config_text.unwrap_or_default();
        let text = format!(
            "detectors {}\n{}\n\n{rules}",
            privacy::VERSION,
            forgotten.key()
        );
        hash::hex(&hash::content_hash(text.as_bytes()))
    }

    fn hides(&self, item: &Item) -> bool {
        let kind = item.kind.as_deref();
        let is_readable = item.status == Status::Ok;
        if self.withheld.hides(kind, &item.frontmatter, is_readable) {
            return true;
        }
        // An escape in a quoted scalar can spell what the text of the file does not show.
        let Ok(values) = serde_json::from_str::<Value>(&item.frontmatter) else {
            return true;
        };
        self.is_spelled(&values)
    }

    fn is_spelled(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.redactor.finds(text),
            Value::Array(values) => values.iter().any(|value| self.is_spelled(value)),
            Value::Object(map) => map
                .iter()
                .any(|(key, value)| self.redactor.finds(key) || self.is_spelled(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// What was decided of units that were looked into before: a key of their paths and blobs, and whether they
/// are hidden. It may be lost at any time.
#[derive(Default)]
struct Decided {
    hidden: BTreeSet<[u8; 16]>,
    shown: BTreeSet<[u8; 16]>,
}

impl Decided {
    fn path(folder: &Path) -> PathBuf {
        folder.join(DECIDED)
    }

    fn read(folder: &Path, rules: &str) -> Self {
        let mut decided = Self::default();
        let Ok(bytes) = std::fs::read(Self::path(folder)) else {
            return decided;
        };
        let Some(rest) = bytes.strip_prefix(format!("{rules}\n").as_bytes()) else {
            return decided;
        };
        for entry in rest.chunks_exact(17) {
            let key: [u8; 16] = entry[1..]
                .try_into()
                .expect("because the chunk has 17 bytes");
            match entry[0] {
                b'-' => decided.hidden.insert(key),
                _ => decided.shown.insert(key),
            };
        }
        decided
    }

    fn write(&self, folder: &Path, rules: &str) -> Result<(), EngineError> {
        let mut bytes = format!("{rules}\n").into_bytes();
        for (sign, keys) in [(b'-', &self.hidden), (b'+', &self.shown)] {
            for key in keys {
                bytes.push(sign);
                bytes.extend_from_slice(key);
            }
        }
        let path = Self::path(folder);
        atomic::write(&path, &bytes)
            .map_err(|error| EngineError::io("writing what is published", &path, &error.source))
    }
}

/// Stands for a unit of that preset with just these files.
fn key(layout: &Layout, unit: &Unit, files: &[Found]) -> [u8; 16] {
    let mut text = layout.places[unit.place].preset.name.as_bytes().to_vec();
    text.push(0);
    for file in [Some(unit.file), unit.companion].into_iter().flatten() {
        text.extend_from_slice(files[file].path.as_bytes());
        text.push(0);
        text.extend_from_slice(files[file].oid.as_deref().unwrap_or_default());
        text.push(0);
    }
    let hash = hash::content_hash(&text);
    hash[..16].try_into().expect("because a hash has 32 bytes")
}

impl Engine {
    /// Takes out of a scan what is withheld.
    pub(in crate::engine) fn withhold(
        &self,
        lens: &Lens,
        scan: &mut Scan,
    ) -> Result<(), EngineError> {
        scan.files
            .retain(|found| !lens.withheld.hides_path(&found.path));
        let folder = self.origin.cache_dir();
        let before = Decided::read(folder, &self.config_hash);
        let mut now = Decided::default();
        // Without what is hidden, another convention may be recognized, and files be items that were none.
        while self.hide(lens, scan, &before, &mut now)? {}
        if now.hidden != before.hidden || now.shown != before.shown {
            self.origin.make_cache_dir()?;
            now.write(folder, &self.config_hash)?;
        }
        Ok(())
    }

    /// Takes out what is hidden of what is recognized now; whether anything was.
    fn hide(
        &self,
        lens: &Lens,
        scan: &mut Scan,
        before: &Decided,
        now: &mut Decided,
    ) -> Result<bool, EngineError> {
        let layout = self.recognize(scan);
        let mut open = Vec::new();
        for unit in &layout.units {
            let key = key(&layout, unit, &scan.files);
            if before.hidden.contains(&key) {
                now.hidden.insert(key);
            } else if before.shown.contains(&key) {
                now.shown.insert(key);
            } else if !now.shown.contains(&key) {
                open.push(*unit);
            }
        }
        if !open.is_empty() {
            self.decide(lens, scan, &layout, &open, now)?;
        }
        let mut gone = vec![false; scan.files.len()];
        for unit in &layout.units {
            if now.hidden.contains(&key(&layout, unit, &scan.files)) {
                for file in [Some(unit.file), unit.companion].into_iter().flatten() {
                    gone[file] = true;
                }
            }
        }
        let any = gone.contains(&true);
        let mut gone = gone.into_iter();
        scan.files.retain(|_| gone.next() == Some(false));
        Ok(any)
    }

    /// Looks into units that nothing is known of.
    fn decide(
        &self,
        lens: &Lens,
        scan: &Scan,
        layout: &Layout,
        open: &[Unit],
        now: &mut Decided,
    ) -> Result<(), EngineError> {
        let files = open
            .iter()
            .flat_map(|unit| [Some(unit.file), unit.companion]);
        self.complete(files.flatten().map(|file| &scan.files[file]))?;
        let layout = Layout {
            places: layout.places.clone(),
            units: open.to_vec(),
        };
        let job = Job {
            origin: &self.origin,
            layout: &layout,
            files: &scan.files,
            roots: Vec::new(),
            started_ns: scan.started_ns,
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let mut units = open.iter();
        rebuild::project_all(&job, threads, |projected: Option<Projected>| {
            let unit = units
                .next()
                .expect("because every unit is given back, in order");
            let path = |file: usize| &*scan.files[file].path;
            let files = [Some(unit.file), unit.companion];
            let in_path = files
                .into_iter()
                .flatten()
                .any(|file| lens.redactor.finds(path(file)));
            let is_hidden =
                in_path || projected.is_none_or(|projected| lens.hides(&projected.item));
            let key = key(&layout, unit, &scan.files);
            if is_hidden {
                now.hidden.insert(key);
            } else {
                now.shown.insert(key);
            }
            Ok(())
        })
    }
}
