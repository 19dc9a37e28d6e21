//! A refresh: what changed since the last look, into the cache that serves, in one transaction.
//!
//! ```text
//! stamps differ -> read and hash -> same content: only the stamp
//!               -> other content: [threads: parse, preset] -> rows
//!               -> links and problems of others that these can reach (`relink`)
//!               -> stamps, change log, generation -> commit
//! ```
//!
//! The result equals a rebuild. Never: changes a file of the work tree, touches the search index
//! (`follow` does, by the change log), waits for a reader.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::base::{clock, fault};
use crate::engine::Engine;
use crate::engine::clean;
use crate::engine::error::EngineError;
use crate::engine::plan::{self, Owner, Plan};
use crate::engine::progress::{Progress, Step};
use crate::engine::project::{self, Job, Projected};
use crate::engine::rebuild;
use crate::engine::relink::{Touched, relink};
use crate::model::file::Scan;
use crate::model::problem::Problem;
use crate::presets::{Layout, Place};
use crate::projection::{Node, Space, is_across};
use crate::query::view::PresetRow;
use crate::stores::generation::{self, DATABASE, Generation};
use crate::stores::sqlite::{Change, Reading, Role, SqliteError, Update};

/// A change of more than one item in so many is a rebuild: that is faster then, and packs the cache.
const REBUILD_PART: usize = 3;
/// Fewer changes than this are never a rebuild.
const FEW: usize = 64;
/// The change log keeps so many generations.
const LOG_GENERATIONS: u64 = 10_000;

/// What a refresh did.
pub(super) enum Refreshed {
    /// The files are as projected; nothing was written but stamps.
    Same,
    /// A new generation was committed.
    Changed(Delta),
    /// So much changed, or the configuration, that everything is to be projected anew.
    Rebuild,
}

/// What one generation changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub generation: u64,
    /// Sorted by path.
    pub changes: Vec<Changed>,
}

impl Delta {
    /// What the generations after that one changed; nothing where the log does not reach back.
    pub(super) fn since(generation: &Generation, before: u64) -> Option<Self> {
        let feed = generation.stamps().ok()?.feed().ok()?;
        if feed.log_from().ok()? > before {
            return None;
        }
        let mut changes: BTreeMap<String, Changed> = BTreeMap::new();
        for logged in feed.since(before).ok()? {
            let changed = Changed {
                path: logged.path.clone(),
                change: logged.change,
                old_path: logged.old_path,
            };
            changes.insert(logged.path, changed);
        }
        Some(Self {
            generation: feed.generation().ok()?,
            changes: changes.into_values().collect(),
        })
    }
}

/// One item in a change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    pub path: String,
    pub change: Change,
    /// Where it was before a move.
    pub old_path: Option<String>,
}

fn fail(error: SqliteError) -> EngineError {
    EngineError::sqlite(&error)
}

fn struck(error: std::io::Error) -> EngineError {
    EngineError::fault(&error)
}

impl Engine {
    /// Brings the serving generation up to a scan. The caller holds the writer's lock.
    pub(super) fn refresh_locked(
        &self,
        generation: &Generation,
        scan: &Scan,
        full: bool,
        progress: &dyn Progress,
    ) -> Result<Refreshed, EngineError> {
        fault::point("refresh.begin").map_err(struck)?;
        let update = Update::begin(&generation.dir.join(DATABASE)).map_err(fail)?;
        if update.fact("config").map_err(fail)?.as_deref() != Some(&*self.config_hash) {
            return Ok(Refreshed::Rebuild);
        }
        let mut difference = update.compare(scan).map_err(fail)?;
        if full {
            difference.racy.clear();
            difference.changed = update.known(scan).map_err(fail)?;
            // What could not be looked at is as it was.
            let seen = |(file, _): &(usize, _)| !scan.is_unseen(&scan.files[*file].path);
            difference.changed.retain(seen);
        }
        let spaces = spaces(self, &update)?;
        let plan = Plan::new(self, &update, scan, spaces, &difference)?;
        let changes = plan.project.len() + plan.remove.len();
        if changes > FEW && changes * REBUILD_PART > scan.files.len() {
            return Ok(Refreshed::Rebuild);
        }
        if plan.is_nothing() {
            return self.settle(update, scan, &plan);
        }
        let mut run = Run {
            engine: self,
            scan,
            generation: number(&update, "generation")? + 1,
            next_key: number(&update, "next_item")?.cast_signed(),
            update,
            plan,
            touched: Touched::default(),
            read: HashMap::new(),
            keys: HashMap::new(),
            changes: BTreeMap::new(),
        };
        run.take_out()?;
        run.put_in(progress)?;
        fault::point("refresh.after-items").map_err(struck)?;
        progress.step(Step::Resolve);
        run.finish()
    }

    /// Nothing of what is projected changed: only stamps are brought up to date, and the commit of
    /// HEAD. Readers see the same generation.
    fn settle(&self, update: Update, scan: &Scan, plan: &Plan) -> Result<Refreshed, EngineError> {
        for (file, (role, owner)) in &plan.files {
            let item = match owner {
                Owner::Key(key) => Some(*key),
                Owner::File(_) | Owner::Nobody => None,
            };
            let racy = plan.racy.get(file);
            update
                .file(&scan.files[*file], item, *role, racy)
                .map_err(fail)?;
        }
        let paths = plan.files.keys().map(|file| scan.files[*file].path.clone());
        let dirty = self.follow_head(&update, scan, paths.collect())?;
        let devices = self.devices(&update, scan)?;
        update.set_fact("devices", &devices).map_err(fail)?;
        update.set_fact("dirty", clean::word(dirty)).map_err(fail)?;
        let head = self.origin.head().unwrap_or_default();
        update.set_fact("head", &head).map_err(fail)?;
        update.set_fact("markers", &scan.markers()).map_err(fail)?;
        update.commit().map_err(fail)?;
        Ok(Refreshed::Same)
    }
}

impl Engine {
    /// The devices of the roots as they are now; as they were where nobody could look at one.
    fn devices(&self, update: &Update, scan: &Scan) -> Result<String, EngineError> {
        let recorded = update.fact("devices").map_err(fail)?.unwrap_or_default();
        let known: BTreeMap<String, u64> = serde_json::from_str(&recorded).unwrap_or_default();
        let mut unseen = scan.unreadable.iter().map(|(folder, _)| folder);
        if unseen.any(|folder| known.contains_key(folder)) {
            return Ok(recorded);
        }
        let spaces = update.spaces().map_err(fail)?;
        let roots = spaces.iter().filter(|(_, _, items)| *items > 0);
        let roots = roots.map(|(root, _, _)| &**root);
        Ok(rebuild::devices(&self.origin, roots))
    }
}

fn number(update: &Update, fact: &str) -> Result<u64, EngineError> {
    let text = update.fact(fact).map_err(fail)?;
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| EngineError::environment("cache-damaged", "the cache has lost its count"))
}

/// One place for each space that was ever seen, by its number.
fn spaces(engine: &Engine, update: &Update) -> Result<Vec<Place>, EngineError> {
    let mut places = Vec::new();
    for (root, preset, items) in update.spaces().map_err(fail)? {
        let preset = engine.presets().get(&preset).ok_or_else(|| {
            EngineError::environment("cache-damaged", "the cache names a convention that is none")
        })?;
        places.push(Place {
            preset: Arc::clone(preset),
            root,
            items: usize::try_from(items).unwrap_or_default(),
        });
    }
    Ok(places)
}

/// A refresh on its way.
struct Run<'a> {
    engine: &'a Engine,
    update: Update,
    scan: &'a Scan,
    plan: Plan,
    generation: u64,
    next_key: i64,
    touched: Touched,
    /// What was seen when files were read, by path.
    read: HashMap<String, project::Read>,
    /// The items of own files, by number of the file: those of this run.
    keys: HashMap<usize, i64>,
    changes: BTreeMap<String, (i64, Change, Option<String>)>,
}

impl Run<'_> {
    /// Takes out what is gone.
    fn take_out(&mut self) -> Result<(), EngineError> {
        let update = &self.update;
        // Before anything is touched: who stands in a circle with whom.
        for key in &self.plan.remove {
            self.touched.before(update, *key)?;
        }
        for key in &self.plan.remove {
            let Some(node) = update.node(*key).map_err(fail)? else {
                continue;
            };
            self.touched.named(&node);
            if let Some(id) = &node.id {
                update.spell_out(*key, id).map_err(fail)?;
            }
            update.remove(*key, &node).map_err(fail)?;
            let change = (*key, Change::Deleted, None);
            self.changes.insert(node.path.into(), change);
        }
        for path in &self.plan.others {
            self.touched.other(path);
        }
        for hash in &self.plan.remove_files {
            update.remove_file(*hash).map_err(fail)?;
        }
        Ok(())
    }

    /// Projects what is new or changed, and writes it.
    fn put_in(&mut self, progress: &dyn Progress) -> Result<(), EngineError> {
        progress.step(Step::Project {
            total: self.plan.project.len() as u64,
        });
        let (units, keys): (Vec<_>, Vec<_>) = self.plan.project.drain(..).unzip();
        let layout = Layout {
            places: std::mem::take(&mut self.plan.places),
            units,
        };
        let job = Job {
            origin: &self.engine.origin,
            layout: &layout,
            files: &self.scan.files,
            roots: Vec::new(),
            started_ns: self.scan.started_ns,
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let mut number = 0;
        rebuild::project_all(&job, threads, |projected| {
            let at = number;
            number += 1;
            progress.done(1);
            match projected {
                Some(projected) => self.put(
                    projected,
                    layout.units[at].variant,
                    layout.units[at].file,
                    keys[at],
                ),
                // Gone since the scan: the next look sees it; what was there stays until then.
                None => Ok(()),
            }
        })?;
        self.plan.places = layout.places;
        Ok(())
    }

    fn put(
        &mut self,
        projected: Projected,
        variant: usize,
        file: usize,
        key: Option<i64>,
    ) -> Result<(), EngineError> {
        let Projected {
            mut item,
            space,
            reads,
            ..
        } = projected;
        let node = Node::of(&item, space);
        let reading = Reading {
            space: plan::number(space),
            variant: plan::number(variant),
        };
        let before = match key {
            Some(key) => self.update.node(key).map_err(fail)?,
            None => None,
        };
        let update = &self.update;
        let same = before.as_ref() == Some(&node);
        // Links that are written as before lead where they led, whatever else of the item changed;
        // where another item changed its names, that one's turn comes with those names.
        let same_links = match key {
            Some(key) if same => {
                let links = update.links(key).map_err(fail)?;
                links.len() == item.links.len()
                    && links
                        .iter()
                        .zip(&item.links)
                        .all(|(a, b)| a.is_written_as(b))
            }
            _ => false,
        };
        let (key, change) = match (key, &before) {
            (Some(key), Some(before)) => {
                // The rows of its links are those of before until they are led.
                if !same_links {
                    self.touched.before(update, key)?;
                }
                update
                    .replace(key, before, &node, &item, reading)
                    .map_err(fail)?;
                if !same {
                    self.touched.named(before);
                    self.touched.named(&node);
                    if before.id != node.id
                        && let Some(id) = &before.id
                    {
                        update.spell_out(key, id).map_err(fail)?;
                    }
                }
                (key, Change::Modified)
            }
            _ => {
                self.touched.named(&node);
                let key = self.next_key;
                self.next_key += 1;
                update.add(key, &node, &item, reading).map_err(fail)?;
                (key, Change::Created)
            }
        };
        // Those across items are brought up to date with the links, where the names are as before.
        let own: Vec<&Problem> = item.problems.iter().collect();
        update
            .replace_problems(key, |code| !same || !is_across(code), &own)
            .map_err(fail)?;
        if !same_links {
            let links = std::mem::take(&mut item.links);
            self.touched.changed.insert(key, links);
        }
        self.read.extend(reads);
        self.keys.insert(file, key);
        let moved_from = match change {
            Change::Created => self.plan.moved_from(&item.content_hash),
            _ => None,
        };
        let change = if moved_from.is_some() {
            Change::Moved
        } else {
            change
        };
        self.changes.insert(item.path, (key, change, moved_from));
        Ok(())
    }

    /// The conventions with the items they have now.
    fn counted(&self, spaces: &[(String, String, u64)]) -> Vec<PresetRow> {
        let is_asked_for = |root: &str, preset: &str| {
            let mut roots = self.engine.config.roots.iter();
            roots.any(|asked| asked.path == root && asked.preset == preset)
        };
        let rows = spaces
            .iter()
            .filter(|(root, preset, items)| *items > 0 || is_asked_for(root, preset));
        let mut rows: Vec<PresetRow> = rows
            .map(|(root, preset, items)| PresetRow {
                preset: preset.clone(),
                root: root.clone(),
                items: *items,
            })
            .collect();
        rows.sort_by(|a, b| a.root.cmp(&b.root));
        rows
    }

    /// Brings everything else up to date, and commits.
    fn finish(mut self) -> Result<Refreshed, EngineError> {
        let update = &self.update;
        // First the files: a link may name one by its path.
        for (file, (role, owner)) in &self.plan.files {
            let found = &self.scan.files[*file];
            let item = match owner {
                Owner::Key(key) => Some(*key),
                Owner::File(file) => self.keys.get(file).copied(),
                Owner::Nobody => None,
            };
            // A file that vanished since the scan: the next look takes it for a new one, or for gone.
            if *role != Role::Other && item.is_none() {
                continue;
            }
            let mut found = std::borrow::Cow::Borrowed(found);
            let mut racy = self.plan.racy.get(file);
            if let Some(read) = self.read.get(&found.path) {
                if read.stamp != found.stamp {
                    found.to_mut().stamp = read.stamp;
                }
                racy = read.racy.as_ref();
            }
            update.file(&found, item, *role, racy).map_err(fail)?;
        }
        let spaces: Vec<Space> = rebuild::spaces(&self.plan.places);
        let roots: Vec<String> = self.engine.roots();
        for key in relink(update, &spaces, &roots, std::mem::take(&mut self.touched))? {
            if let Some(node) = update.node(key).map_err(fail)? {
                let change = (key, Change::Linked, None);
                self.changes.entry(node.path.into()).or_insert(change);
            }
        }
        let mut paths: BTreeSet<String> = self.changes.keys().cloned().collect();
        let files = self.plan.files.keys();
        paths.extend(files.map(|file| self.scan.files[*file].path.clone()));
        paths.extend(self.plan.others.iter().cloned());
        let dirty = self.engine.follow_head(update, self.scan, paths)?;
        for (path, (item, change, old)) in &self.changes {
            update
                .log(self.generation, path, *item, *change, old.as_deref())
                .map_err(fail)?;
        }
        let forgotten = self.generation.saturating_sub(LOG_GENERATIONS);
        if forgotten > number(update, "log_from")? {
            update.forget_log(forgotten).map_err(fail)?;
            update
                .set_fact("log_from", &forgotten.to_string())
                .map_err(fail)?;
        }
        let spaces = update.spaces().map_err(fail)?;
        let items: u64 = spaces.iter().map(|(_, _, items)| items).sum();
        for (key, value) in [
            ("generation", self.generation.to_string()),
            ("devices", self.engine.devices(update, self.scan)?),
            ("dirty", clean::word(dirty).to_owned()),
            ("head", self.engine.origin.head().unwrap_or_default()),
            ("items", items.to_string()),
            ("markers", self.scan.markers()),
            ("next_item", self.next_key.to_string()),
            ("projected_at", clock::iso(clock::now_ns())),
            ("version", generation::version()),
            ("presets", rebuild::presets_fact(&self.counted(&spaces))),
        ] {
            update.set_fact(key, &value).map_err(fail)?;
        }
        let nonce = (generation::random() >> 16).cast_signed();
        update.nonce(self.generation, nonce).map_err(fail)?;
        fault::point("refresh.before-commit").map_err(struck)?;
        self.update.commit().map_err(fail)?;
        fault::point("refresh.after-commit").map_err(struck)?;
        Ok(Refreshed::Changed(Delta {
            generation: self.generation,
            changes: self
                .changes
                .into_iter()
                .map(|(path, (_, change, old_path))| Changed {
                    path,
                    change,
                    old_path,
                })
                .collect(),
        }))
    }
}
