//! One unit of a layout: read its file or pair of files, parse, and let the preset read the item.
//!
//! Total: a file that cannot be read or parsed is still an item with a problem. Runs in many
//! threads at once. Never: touches a store.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::base::hash;
use crate::engine::origin::{Origin, Taken};
use crate::model::file::{Found, Stamp};
use crate::model::item::{Item, Status};
use crate::model::problem::{Problem, Severity};
use crate::parse::{self, Decoded, Source};
use crate::presets::{self, Layout, Place, Reading, Unit};

/// Everything that a thread needs to project units.
pub(super) struct Job<'a> {
    pub origin: &'a Origin,
    pub layout: &'a Layout,
    pub files: &'a [Found],
    /// The only folders that were scanned; all where empty.
    pub roots: Vec<String>,
    /// When the scan began: a stamp that is not well before it is racy.
    pub started_ns: i64,
}

/// An item, on its way to the stores.
pub(super) struct Projected {
    pub item: Item,
    pub space: usize,
    /// Size of its files.
    pub bytes: u64,
    /// The files whose recorded stamp must not be that of the scan.
    pub reads: Vec<(String, Read)>,
}

/// What was seen when a file was read.
pub(super) struct Read {
    pub stamp: Stamp,
    /// blake3 of the content, where the stamp is racy.
    pub racy: Option<[u8; 32]>,
}

/// The content of one file of a unit.
pub(super) struct Loaded {
    decoded: Decoded,
    hash: [u8; 32],
    oid: Vec<u8>,
    bytes: u64,
    failure: Option<Problem>,
}

impl Loaded {
    /// `failure` tells why there are no bytes.
    pub(super) fn of(bytes: Vec<u8>, failure: Option<Problem>, sha256: bool) -> Self {
        Self {
            bytes: bytes.len() as u64,
            hash: hash::content_hash(&bytes),
            oid: hash::blob_oid(&bytes, sha256),
            decoded: parse::decode(bytes),
            failure,
        }
    }
}

/// Reads the item of a unit by the rules of its place. Total.
pub(super) fn understand(
    place: &Place,
    variant: usize,
    (path, own): (&str, &Loaded),
    companion: Option<(&str, &Loaded)>,
) -> Item {
    let read = || {
        let document = parse::parse(&own.decoded, Source::of(path));
        let second =
            companion.map(|(path, loaded)| (path, parse::parse(&loaded.decoded, Source::Markdown)));
        presets::read_item(Reading {
            preset: &place.preset,
            variant,
            root: &place.root,
            path,
            frontmatter: parse::to_json(&document.frontmatter),
            document: &document,
            companion: second.as_ref().map(|(path, document)| (*path, document)),
            content_hash: own.hash,
            blob_oid: own.oid.clone(),
        })
    };
    // A fault of ours in one file must not hide all the others.
    let mut item = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let mut item = Item {
            content_hash: own.hash,
            blob_oid: own.oid.clone(),
            status: Status::Invalid,
            ..Item::bare(path, Arc::clone(&place.preset.name))
        };
        item.body.clone_from(&own.decoded.text);
        item.problems.push(
            Problem::at(
                "unread-item",
                Severity::Error,
                0,
                0,
                "the file made kanban fail; it is shown without its fields",
            )
            .hint("please report this file as a bug"),
        );
        item
    });
    if let Some(failure) = &own.failure {
        item.status = Status::Invalid;
        item.problems = vec![failure.clone()];
    }
    if let Some(mut failure) = companion.and_then(|(_, loaded)| loaded.failure.clone()) {
        failure.companion = true;
        item.problems.push(failure);
    }
    item
}

impl Job<'_> {
    /// Projects a unit; `None` where its file has vanished since the scan, which the next look at
    /// the stamps notices.
    pub(super) fn project(&self, unit: &Unit) -> Option<Projected> {
        let mut reads = Vec::new();
        let found = &self.files[unit.file];
        let own = self.load(found, &mut reads)?;
        let companion = unit.companion.and_then(|file| {
            let found = &self.files[file];
            Some((found, self.load(found, &mut reads)?))
        });
        let second = companion
            .as_ref()
            .map(|(found, loaded)| (&*found.path, loaded));
        let place = &self.layout.places[unit.place];
        let mut item = understand(place, unit.variant, (&found.path, &own), second);
        if found.os_path.is_some() {
            item.problems.push(
                Problem::at(
                    "path-not-utf8",
                    Severity::Warning,
                    0,
                    0,
                    "the name of the file is not UTF-8; its other bytes are shown as \\xNN",
                )
                .hint("rename the file"),
            );
        }
        let bytes = own.bytes + companion.as_ref().map_or(0, |(_, loaded)| loaded.bytes);
        Some(Projected {
            item,
            space: unit.place,
            bytes,
            reads,
        })
    }

    fn load(&self, found: &Found, reads: &mut Vec<(String, Read)>) -> Option<Loaded> {
        let (bytes, failure) = match self.origin.read(found) {
            Ok(Taken { bytes, stamp }) => {
                if let Some(stamp) = stamp {
                    let racy = self.origin.is_racy(&stamp, self.started_ns);
                    if racy || stamp != found.stamp {
                        let racy = racy.then(|| hash::content_hash(&bytes));
                        reads.push((found.path.clone(), Read { stamp, racy }));
                    }
                }
                (bytes, None)
            }
            Err(failure) => (Vec::new(), Some(failure?)),
        };
        Some(Loaded::of(bytes, failure, self.origin.sha256()))
    }
}
