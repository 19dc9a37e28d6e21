//! A rebuild: everything from the files into a new generation, then the switch.
//!
//! ```text
//! scan -> units -> [threads: read, hash, parse, preset, search.add] -> batches, in order
//!      -> this thread: rows into SQLite, nodes and links into the graph
//!      -> resolve -> links, problems, stamps, facts -> indexes    | beside it: search.commit
//!      -> switch
//! ```
//!
//! The batches come through a bounded channel, so memory does not grow with the corpus but for the
//! graph. Never: changes a file of the work tree, or the generation that serves.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use crate::base::{clock, fault};
use crate::engine::Engine;
use crate::engine::clean;
use crate::engine::error::EngineError;
use crate::engine::origin::Origin;
use crate::engine::plan;
use crate::engine::progress::{Progress, Step};
use crate::engine::project::{Job, Projected};
use crate::engine::relink::row_target;
use crate::model::file::Scan;
use crate::presets::{Layout, Place, Unit};
use crate::projection::{Graph, Others, Space};
use crate::query::view::PresetRow;
use crate::stores::generation::{self, NewGeneration};
use crate::stores::search::IndexBuilder;
use crate::stores::sqlite::{Bulk, LinkRow, Reading, Role, SpaceRow, SqliteError};

/// Files a thread takes at a time: large enough that the channel costs nothing, small enough that
/// the last batches end together.
const BATCH: usize = 32;
/// Batches that may wait for the writer.
const QUEUE: usize = 8;
/// tantivy's memory for all its threads; more does not make it faster, and it flushes a segment
/// when a thread's share is full.
const SEARCH_HEAP: usize = 96 << 20;

/// What a rebuild made of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub items: u64,
    pub files: u64,
    pub links: u64,
    pub problems: u64,
    pub bytes: u64,
    pub presets: Vec<PresetRow>,
}

/// Facts that the caller knows: they go to the `meta` view.
pub(super) struct Facts<'a> {
    pub head: Option<&'a str>,
    pub config: &'a str,
    /// Tells in which paths the work tree differs from HEAD.
    pub engine: &'a Engine,
}

/// Fills the folder of a new generation. The caller switches to it.
pub(super) fn fill(
    new: &NewGeneration,
    job: &Job<'_>,
    scan: &Scan,
    facts: &Facts<'_>,
    progress: &dyn Progress,
) -> Result<Summary, EngineError> {
    let started = Instant::now();
    let database = new.dir.join(generation::DATABASE);
    let search_dir = new.dir.join(generation::SEARCH);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::fs::create_dir(&search_dir).map_err(|error| {
        EngineError::io("making the folder of the search index", &search_dir, &error)
    })?;
    let search = IndexBuilder::create(&search_dir, threads.clamp(1, 4), SEARCH_HEAP)
        .map_err(|error| EngineError::search(&error))?;
    let mut bulk = Bulk::create(
        &database,
        scan.files.iter().map(|found| found.stamp.size).sum(),
    )
    .map_err(|error| EngineError::sqlite(&error))?;
    let mut graph = Graph::new(spaces(&job.layout.places));
    let mut totals = Totals::default();

    progress.step(Step::Project {
        total: job.layout.units.len() as u64,
    });
    // What is only there to be published is never searched: its index stays empty.
    let is_searched = job.origin.lens().is_none();
    let mut number = 0;
    project_all(job, threads, |projected| {
        let unit = &job.layout.units[number];
        number += 1;
        progress.done(1);
        let Some(projected) = projected else {
            return Ok(());
        };
        let key = totals.next_key();
        if is_searched {
            search
                .add(key, &projected.item)
                .map_err(|error| EngineError::search(&error))?;
        }
        totals.add(key, projected, unit, &mut bulk, &mut graph)
    })?;
    fault::point("rebuild.after-items").map_err(|error| EngineError::fault(&error))?;

    progress.step(Step::Resolve);
    // Six bytes: what SQLite keeps short.
    let nonce = (generation::random() >> 16).cast_signed();
    let payload = payload(&new.cache, new.number, nonce);
    bulk.nonce(new.number, nonce)
        .map_err(|error| EngineError::sqlite(&error))?;
    let summary = std::thread::scope(|scope| {
        let commit = scope.spawn(move || search.commit(&payload));
        let summary = finish(bulk, graph, &totals, job, scan, facts, new, progress);
        commit
            .join()
            .map_err(|_| EngineError::bug("the commit of the search index panicked"))?
            .map_err(|error| EngineError::search(&error))?;
        summary
    })?;
    tracing::debug!(
        items = summary.items,
        elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "generation filled"
    );
    fault::point("rebuild.before-commit").map_err(|error| EngineError::fault(&error))?;
    Ok(summary)
}

/// What tells the search index which rows it belongs to.
pub(super) fn payload(cache: &str, number: u64, nonce: i64) -> String {
    format!("{cache} {number} {nonce}")
}

/// One space a place of the layout, so that a unit's place is the number of its space.
pub(super) fn spaces(places: &[Place]) -> Vec<Space> {
    places
        .iter()
        .map(|place| Space {
            root: place.root.clone(),
            two_sided: place.preset.has_rel("blocks") && place.preset.has_rel("blocked_by"),
        })
        .collect()
}

/// The layout as `status` and `init` show it.
pub(super) fn rows(layout: &Layout) -> Vec<PresetRow> {
    layout
        .places
        .iter()
        .map(|place| PresetRow {
            preset: place.preset.name.to_string(),
            root: place.root.clone(),
            items: place.items as u64,
        })
        .collect()
}

/// The conventions as the cache keeps them for `status`.
pub(super) fn presets_fact(rows: &[PresetRow]) -> String {
    serde_json::to_string(rows).expect("because rows of text and numbers have a JSON form")
}

/// The devices of the roots with items, so that an empty mount is not taken for an empty folder.
pub(super) fn devices<'a>(origin: &Origin, roots: impl Iterator<Item = &'a str>) -> String {
    let devices: BTreeMap<&str, u64> = roots
        .filter_map(|root| Some((root, origin.device(root)?)))
        .collect();
    serde_json::to_string(&devices).expect("because names and numbers have a JSON form")
}

/// Counts on the way, and the hashes of racy files for the stamps.
#[derive(Default)]
struct Totals {
    /// The files of each item, in the order of their keys: own file and companion.
    owners: Vec<(usize, Option<usize>)>,
    /// The beginning of the blob of each item, in the same order.
    blobs: Vec<[u8; 8]>,
    /// How many items each space has.
    placed: BTreeMap<usize, i64>,
    bytes: u64,
    /// By path: the stamp from before the read, and the hash where the stamp is racy.
    read: BTreeMap<String, super::project::Read>,
}

impl Totals {
    /// The key of the next item: keys rise from 1 in the order of the items.
    fn next_key(&self) -> i64 {
        plan::number(self.owners.len()) + 1
    }

    fn add(
        &mut self,
        key: i64,
        projected: Projected,
        unit: &Unit,
        bulk: &mut Bulk,
        graph: &mut Graph,
    ) -> Result<(), EngineError> {
        let Projected {
            mut item,
            space,
            bytes,
            reads,
        } = projected;
        self.owners.push((unit.file, unit.companion));
        self.blobs.push(clean::short(&item.blob_oid));
        *self.placed.entry(space).or_default() += 1;
        self.bytes += bytes;
        let reading = Reading {
            space: plan::number(space),
            variant: plan::number(unit.variant),
        };
        bulk.item(key, &item, reading)
            .map_err(|error| EngineError::sqlite(&error))?;
        graph.add(&mut item, space);
        for (path, read) in reads {
            self.read.insert(path, read);
        }
        Ok(())
    }
}

/// Runs the units through `threads` threads and hands the results on in the order of the units,
/// so that keys, and with them two rebuilds of the same files, are the same.
///
/// A unit whose file has vanished gives `None`.
pub(super) fn project_all(
    job: &Job<'_>,
    threads: usize,
    mut take: impl FnMut(Option<Projected>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(QUEUE);
        for _ in 0..threads.max(1) {
            let send = send.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                loop {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    let start = batch * BATCH;
                    if start >= job.layout.units.len() || stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let end = (start + BATCH).min(job.layout.units.len());
                    let done: Vec<Option<Projected>> = job.layout.units[start..end]
                        .iter()
                        .map(|unit| job.project(unit))
                        .collect();
                    if send.send((batch, done)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        let result = (|| {
            for (batch, done) in receive {
                waiting.insert(batch, done);
                while let Some(done) = waiting.remove(&turn) {
                    turn += 1;
                    for projected in done {
                        take(projected)?;
                    }
                }
            }
            Ok(())
        })();
        if result.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        result
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "the second half of `fill`, split off so that it can run beside the search commit"
)]
fn finish(
    mut bulk: Bulk,
    graph: Graph,
    totals: &Totals,
    job: &Job<'_>,
    scan: &Scan,
    facts: &Facts<'_>,
    new: &NewGeneration,
    progress: &dyn Progress,
) -> Result<Summary, EngineError> {
    let fail = |error: SqliteError| EngineError::sqlite(&error);
    let mut others: HashSet<&str> = scan.files.iter().map(|found| &*found.path).collect();
    for unit in &job.layout.units {
        others.remove(&*scan.files[unit.file].path);
        if let Some(companion) = unit.companion {
            others.remove(&*scan.files[companion].path);
        }
    }
    let resolved = graph.resolve(&Others {
        files: others,
        roots: job.roots.iter().map(String::as_str).collect(),
    });
    progress.step(Step::Finish);
    let links = bulk
        .links(resolved.links().map(|link| {
            LinkRow {
                item: i64::from(link.item) + 1,
                seq: i64::from(link.seq),
                rel: link.rel,
                target: row_target(
                    link.target,
                    link.target_item
                        .map(|node| &resolved.nodes()[node as usize]),
                ),
                target_item: link.target_item.map(|node| i64::from(node) + 1),
                origin: link.origin,
                companion: link.companion,
                line: link.line,
                bucket: link.bucket,
            }
        }))
        .map_err(fail)?;
    let (mut last, mut seq) = (u32::MAX, 0);
    for (node, problem) in &resolved.problems {
        seq = if *node == last { seq + 1 } else { 0 };
        last = *node;
        bulk.problem(i64::from(*node) + 1, seq, problem)
            .map_err(fail)?;
    }
    let problems = resolved.problems.len() as u64;
    // What it held makes room for the files of HEAD.
    drop(resolved);
    let unclean = std::thread::scope(|scope| {
        let unclean = scope.spawn(|| {
            let files = totals.owners.iter().map(|(file, _)| *file);
            let blobs = totals.blobs.iter().copied();
            let companions = totals.owners.iter().filter_map(|(_, companion)| *companion);
            // A file that vanished since the scan is recorded as little as one that never was.
            let vanished = vanished(totals, job);
            let is_recorded =
                |path: &str| plan::at(scan, path).is_some_and(|file| !vanished.contains(&file));
            facts
                .engine
                .unclean(scan, files.zip(blobs), companions, is_recorded)
        });
        files(&mut bulk, totals, job, scan)?;
        unclean
            .join()
            .map_err(|_| EngineError::bug("the comparison with HEAD panicked"))
    })?;
    bulk.unclean(unclean.iter().flatten()).map_err(fail)?;
    for (number, place) in job.layout.places.iter().enumerate() {
        let row = SpaceRow {
            root: &place.root,
            preset: &place.preset.name,
            items: totals.placed.get(&number).copied().unwrap_or_default(),
        };
        bulk.space(plan::number(number), &row).map_err(fail)?;
    }
    let presets = rows(job.layout);
    let summary = Summary {
        items: totals.owners.len() as u64,
        files: scan.files.len() as u64,
        links,
        problems,
        bytes: totals.bytes,
        presets,
    };
    for (key, value) in [
        ("cache", new.cache.clone()),
        ("config", facts.config.to_owned()),
        ("generation", new.number.to_string()),
        ("head", facts.head.unwrap_or_default().to_owned()),
        ("items", summary.items.to_string()),
        (
            "dirty",
            clean::word(unclean.map(|paths| !paths.is_empty())).to_owned(),
        ),
        ("devices", {
            let places = job.layout.places.iter().filter(|place| place.items > 0);
            devices(job.origin, places.map(|place| &*place.root))
        }),
        ("markers", scan.markers()),
        ("sparse", facts.engine.sparse().to_owned()),
        ("log_from", new.number.to_string()),
        ("next_item", totals.next_key().to_string()),
        ("presets", presets_fact(&summary.presets)),
        ("projected_at", clock::iso(clock::now_ns())),
        ("schema_version", "1".to_owned()),
        ("version", generation::version()),
    ] {
        bulk.fact(key, &value).map_err(fail)?;
    }
    bulk.finish().map_err(fail)?;
    Ok(summary)
}

/// The files of items that were scanned, and gone when they were to be read.
fn vanished(totals: &Totals, job: &Job<'_>) -> HashSet<usize> {
    let owned: HashSet<usize> = totals.owners.iter().map(|(file, _)| *file).collect();
    let own = job.layout.units.iter().map(|unit| unit.file);
    own.filter(|file| !owned.contains(file)).collect()
}

/// Records the files with the items that they belong to, and the names of the items.
fn files(bulk: &mut Bulk, totals: &Totals, job: &Job<'_>, scan: &Scan) -> Result<(), EngineError> {
    let mut owner = vec![(Role::Other, None); scan.files.len()];
    for (key, (file, companion)) in (1..).zip(&totals.owners) {
        owner[*file] = (Role::Own, Some(key));
        if let Some(companion) = companion {
            owner[*companion] = (Role::Companion, Some(key));
        }
    }
    // The file of an item that vanished since the scan is not recorded: the next look sees it.
    for unit in &job.layout.units {
        if owner[unit.file].0 == Role::Other {
            owner[unit.file].0 = Role::Own;
        }
    }
    for (found, (role, item)) in scan.files.iter().zip(owner) {
        if role != Role::Other && item.is_none() {
            continue;
        }
        let read = totals.read.get(&found.path);
        let mut found = std::borrow::Cow::Borrowed(found);
        if let Some(read) = read
            && read.stamp != found.stamp
        {
            found.to_mut().stamp = read.stamp;
        }
        let racy = read.and_then(|read| read.racy.as_ref());
        bulk.file(&found, item, role, racy);
    }
    bulk.files().map_err(|error| EngineError::sqlite(&error))
}
