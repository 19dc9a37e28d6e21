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

    /// kanban.toml as others may see it; `None` where it holds nothing that must not leave.
    pub(super) fn redact_rules(&self, text: &str) -> Option<String> {
        self.redactor.redact(text)
    }

    fn hides(&self, item: &Item) -> bool {
        let kind = item.kind.as_deref();
        let is_readable = item.status == Status::Ok;
        if self.withheld.hides(kind, &item.frontmatter, is_readable)
            || item.frontmatter == "{}" && self.withheld.hides_text(&item.body)
        {
            return true;
        }
        let Ok(values) = serde_json::from_str::<Value>(&item.frontmatter) else {
            return true;
        };
        // What is read from a file can spell what its text does not show.
        let mut said = said(item);
        spell("", &values, &mut said);
        self.redactor.finds(&said)
    }

    /// Whether one file of a pair, of which the item shows only a part, withholds it.
    fn hides_file(&self, path: &str, bytes: Vec<u8>) -> bool {
        let decoded = parse::decode(bytes);
        let front = parse::front(&decoded.text, parse::Source::of(path));
        if front.entries.is_empty() && !front.invalid {
            return self.withheld.hides_text(&decoded.text);
        }
        let values = parse::to_json(&front.entries);
        self.withheld.hides(None, &values, !front.invalid)
    }
}

/// Everything that was read from the files of an item, but for its text and frontmatter as such. Paragraphs of
/// their own, so that nothing is found that only stands next to each other here.
fn said(item: &Item) -> String {
    let fields = [
        &item.id,
        &item.uid,
        &item.kind,
        &item.state,
        &item.priority,
        &item.parent,
        &item.owner,
        &item.area,
        &item.iteration,
        &item.created,
        &item.updated,
        &item.due,
    ];
    let people = item.people.iter();
    let links = item.links.iter();
    let entries = item.entries.iter();
    let texts = entries
        .clone()
        .map(|entry| &entry.range)
        .chain(item.checks.iter().map(|check| &check.range));
    let mut all = String::new();
    let mut add = |text: &str| all.extend([text, "\n\n"]);
    add(&item.title);
    fields.into_iter().flatten().for_each(|text| add(text));
    people.for_each(|person| [&*person.role, &person.name].into_iter().for_each(&mut add));
    links.for_each(|link| [&*link.rel, &link.target].into_iter().for_each(&mut add));
    entries
        .flat_map(|entry| [&entry.at, &entry.author, &entry.model])
        .flatten()
        .for_each(|text| add(text));
    texts.for_each(|range| add(item.body.get(range.clone()).unwrap_or_default()));
    item.tags
        .iter()
        .chain(&item.aliases)
        .for_each(|text| add(text));
    item.sections.iter().for_each(|section| add(&section.title));
    item.problems
        .iter()
        .for_each(|problem| add(&problem.message));
    all
}

/// Each value behind its key.
fn spell(key: &str, value: &Value, said: &mut String) {
    match value {
        Value::String(text) => said.extend([key, ": ", text, "\n\n"]),
        Value::Number(number) => said.extend([key, ": ", &*number.to_string(), "\n\n"]),
        Value::Array(values) => values.iter().for_each(|value| spell(key, value, said)),
        Value::Object(map) => {
            for (key, value) in map {
                said.extend([&**key, "\n\n"]);
                spell(key, value, said);
            }
        }
        Value::Null | Value::Bool(_) => {}
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
            let in_pair = || {
                let is_pair = unit.companion.is_some() && lens.withheld.looks_inside();
                let mut files = files.into_iter().flatten().filter(|_| is_pair);
                files.any(|file| {
                    let taken = self.origin.read(&scan.files[file]);
                    taken.is_ok_and(|taken| lens.hides_file(path(file), taken.bytes))
                })
            };
            let is_hidden = in_path
                || projected.is_none_or(|projected| lens.hides(&projected.item))
                || in_pair();
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
