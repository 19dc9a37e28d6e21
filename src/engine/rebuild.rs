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
use crate::engine::error::EngineError;
use crate::engine::progress::{Progress, Step};
use crate::engine::project::{Job, Projected};
use crate::model::file::Scan;
use crate::presets::Layout;
use crate::projection::{Graph, Others, Space};
use crate::query::view::PresetRow;
use crate::stores::generation::{self, NewGeneration};
use crate::stores::search::IndexBuilder;
use crate::stores::sqlite::{Bulk, LinkRow, SqliteError};

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
    let mut graph = Graph::new(spaces(job.layout));
    let mut totals = Totals::default();

    progress.step(Step::Project {
        total: job.layout.units.len() as u64,
    });
    project_all(job, &search, threads, |projected| {
        progress.done(1);
        totals.add(projected, &mut bulk, &mut graph)
    })?;
    fault::point("rebuild.after-items").map_err(|error| EngineError::fault(&error))?;

    progress.step(Step::Resolve);
    let payload = payload(&new.cache, new.number);
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
pub(super) fn payload(cache: &str, number: u64) -> String {
    format!("{cache} {number}")
}

/// One space a place of the layout, so that a unit's place is the number of its space.
fn spaces(layout: &Layout) -> Vec<Space> {
    layout
        .places
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

/// Counts on the way, and the hashes of racy files for the stamps.
#[derive(Default)]
struct Totals {
    items: u64,
    bytes: u64,
    /// By path: the stamp from before the read, and the hash where the stamp is racy.
    read: BTreeMap<String, super::project::Read>,
}

impl Totals {
    fn add(
        &mut self,
        projected: Projected,
        bulk: &mut Bulk,
        graph: &mut Graph,
    ) -> Result<(), EngineError> {
        let Projected {
            mut item,
            space,
            bytes,
            reads,
        } = projected;
        self.items += 1;
        self.bytes += bytes;
        let key = i64::try_from(self.items).expect("because nobody has that many items");
        bulk.item(key, &item)
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
fn project_all(
    job: &Job<'_>,
    search: &IndexBuilder,
    threads: usize,
    mut take: impl FnMut(Projected) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let keys = KeyCounter::default();
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
                    for projected in done.into_iter().flatten() {
                        search
                            .add(keys.next(), &projected.item)
                            .map_err(|error| EngineError::search(&error))?;
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

/// Keys from 1 in the order of the items.
#[derive(Default)]
struct KeyCounter(std::cell::Cell<i64>);

impl KeyCounter {
    fn next(&self) -> i64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
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
        .links(resolved.links().map(|link| LinkRow {
            item: i64::from(link.item) + 1,
            seq: i64::from(link.seq),
            rel: link.rel,
            target: link.target,
            target_item: link.target_item.map(|node| i64::from(node) + 1),
            origin: link.origin,
            companion: link.companion,
            line: link.line,
        }))
        .map_err(fail)?;
    let (mut last, mut seq) = (u32::MAX, 0);
    for (node, problem) in &resolved.problems {
        seq = if *node == last { seq + 1 } else { 0 };
        last = *node;
        bulk.problem(i64::from(*node) + 1, seq, problem)
            .map_err(fail)?;
    }
    // Keys rise with the paths of the items, and the scan is sorted by path.
    let mut items = (1..).zip(resolved.paths()).peekable();
    for found in &scan.files {
        let key = items
            .next_if(|(_, path)| *path == found.path)
            .map(|(key, _)| key);
        let read = totals.read.get(&found.path);
        let mut found = std::borrow::Cow::Borrowed(found);
        if let Some(read) = read
            && read.stamp != found.stamp
        {
            found.to_mut().stamp = read.stamp;
        }
        bulk.file(key, &found, read.and_then(|read| read.racy.as_ref()))
            .map_err(fail)?;
    }
    let presets = rows(job.layout);
    let summary = Summary {
        items: totals.items,
        files: scan.files.len() as u64,
        links,
        problems: resolved.problems.len() as u64,
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
            "presets",
            serde_json::to_string(&summary.presets)
                .expect("because rows of text and numbers have a JSON form"),
        ),
        ("projected_at", clock::iso(clock::now_ns())),
        ("schema_version", "1".to_owned()),
        ("version", generation::version()),
    ] {
        bulk.fact(key, &value).map_err(fail)?;
    }
    bulk.finish().map_err(fail)?;
    Ok(summary)
}
