//! Items that share an id, parted: the oldest keeps it, every other one gets the next that nobody has.
//!
//! ```text
//! lock -> who shares -> ids over all branches -> files, links that can mean nothing else -> write
//!   ^------------------------ somebody saved meanwhile ------------------------------------|
//! ```
//!
//! Gets a snapshot. Gives the receipt, with the references that were left.
//! Never: guesses which of two items a reference means.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use crate::base::{path, unique};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::Snapshot;
use crate::engine::write::draft::Ground;
use crate::engine::write::error::{refused, unwritten};
use crate::engine::write::moving::{Moving, Way, groups, pages, rows};
use crate::engine::write::named::unseen;
use crate::engine::write::{PATIENCE, Task, WriteOptions, Written, failure};
use crate::model::document::Origin;
use crate::model::intent::{Act, Assignment, Intent};
use crate::presets::{Place, Preset, Series};
use crate::projection;
use crate::query::view::{WriteFailure, WriteView};
use crate::stores::sqlite::Bearer;
use crate::write::{Change, Landed, WriteError};

/// Folder of a backlog below a root, and a preset there.
type Base = (String, String, String);

/// What becomes of one item.
#[derive(Debug, Default)]
struct Parting {
    /// The id that it has, and the one that it gets.
    ids: Option<(String, String)>,
    /// The path of the item that keeps the id.
    keeper: String,
    /// It has the uid of that item, too.
    is_copy: bool,
    new_uid: bool,
    notes: Vec<String>,
}

/// What is to be done: by path of the item.
#[derive(Debug, Default)]
struct Partings {
    items: BTreeMap<String, Parting>,
    left: Vec<WriteFailure>,
    warnings: Vec<String>,
}

impl Engine {
    /// Parts items that share an id, all or `only` those at these paths.
    pub(crate) fn part(
        &self,
        mut snapshot: Snapshot,
        only: Option<&BTreeSet<String>>,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let session = self.turn(&mut snapshot, options, progress)?;
        let mut view = WriteView {
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        let mut given = HashMap::new();
        let mut written = Vec::new();
        let started = Instant::now();
        let warnings = loop {
            let Partings {
                items,
                left,
                warnings,
            } = self.partings(&snapshot, only, &mut given, options)?;
            view.failed = left;
            let pages = self.parted(&snapshot, items, options)?;
            // All of it or nothing: a link that says a new id is wrong where that was not given.
            // Names last: what was cut off is found by the name, and ended.
            let groups = groups(&pages).into_iter();
            let mut changes: Vec<Change> = groups.flat_map(|group| group.changes).collect();
            changes.sort_by_key(|change| matches!(change, Change::Move { .. }));
            let Some(session) = session.as_ref().filter(|_| !changes.is_empty()) else {
                view.changes = rows(&pages, options.dry_run);
                break warnings;
            };
            let Landed { done, error } = super::as_one(session, &options.what, changes.clone())?;
            written.extend(super::paths(&changes[..done]));
            match error {
                None => {
                    view.changes = rows(&pages, false);
                    break warnings;
                }
                // Somebody saved between our look and our write: what they saved is the ground.
                Some(WriteError::Changed { .. })
                    if options.refresh && started.elapsed() < PATIENCE => {}
                Some(error) => return Err(unwritten(&error)),
            }
            snapshot = self.snapshot(true, progress)?;
        };
        view.changes.sort_by(|a, b| a.path.cmp(&b.path));
        let mut done = self.done(snapshot, view, written, session, options, progress);
        done.warnings.splice(0..0, warnings);
        Ok(done)
    }

    /// Who gets which id. `given` remembers them, so that links that were written already stay true.
    fn partings(
        &self,
        snapshot: &Snapshot,
        only: Option<&BTreeSet<String>>,
        given: &mut HashMap<String, String>,
        options: &WriteOptions,
    ) -> Result<Partings, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let bearers = stamps.bearers().map_err(fail)?;
        let tasks: Vec<Task> = bearers.iter().map(|bearer| bare(&bearer.path)).collect();
        let ground = Ground::new(self, snapshot, &tasks, options)?;
        let is_wanted = |bearer: &Bearer| only.is_none_or(|only| only.contains(&bearer.path));
        let mut out = Partings::default();

        let mut groups: BTreeMap<(Base, String), Vec<&Bearer>> = BTreeMap::new();
        for bearer in &bearers {
            if let (Some(id), Some(preset)) = (&bearer.id, self.presets().get(&bearer.preset)) {
                let inner = path::below(&bearer.root, &bearer.path).unwrap_or_default();
                let base = preset.base_of(inner).to_owned();
                let base = (bearer.root.clone(), bearer.preset.clone(), base);
                let group = groups.entry((base, id.to_lowercase())).or_default();
                group.push(bearer);
            }
        }
        let mut young: BTreeMap<&Base, Vec<(&Bearer, &str)>> = BTreeMap::new();
        for ((base, _), group) in &mut groups {
            group.sort_by_cached_key(|bearer| age(&ground, bearer));
            let (keeper, others) = group.split_first().expect("because a group has a member");
            for (number, bearer) in others.iter().enumerate() {
                if !is_wanted(bearer) {
                    continue;
                }
                let mut older = std::iter::once(keeper).chain(&others[..number]);
                let twin = older.find(|older| older.uid.is_some() && older.uid == bearer.uid);
                let parting = Parting {
                    keeper: twin.unwrap_or(keeper).path.clone(),
                    is_copy: twin.is_some(),
                    new_uid: twin.is_some(),
                    ..Parting::default()
                };
                out.items.insert(bearer.path.clone(), parting);
                let id = bearer.id.as_deref().unwrap_or_default();
                young.entry(base).or_default().push((bearer, id));
            }
        }
        for (base, young) in young {
            self.count_on(snapshot, base, &young, given, &mut out)?;
        }
        uids(&ground, &bearers, is_wanted, &mut out);
        // Its name says what is only an alias now: a write that was cut off before the file was renamed.
        for bearer in bearers.iter().filter(|bearer| is_wanted(bearer)) {
            let said = said(&ground, bearer);
            let is_alias = |said: &str| {
                let mut aliases = bearer.aliases.iter();
                aliases.any(|alias| alias.eq_ignore_ascii_case(said))
            };
            if let (Some(said), Some(id)) = (said, &bearer.id)
                && !said.eq_ignore_ascii_case(id)
                && is_alias(said)
                && !out.items.contains_key(&bearer.path)
            {
                let parting = Parting {
                    ids: Some((id.clone(), id.clone())),
                    notes: vec![format!("its name said `{said}`, which is an alias")],
                    ..Parting::default()
                };
                out.items.insert(bearer.path.clone(), parting);
            }
        }
        Ok(out)
    }

    /// Gives the younger items of one backlog their ids.
    fn count_on(
        &self,
        snapshot: &Snapshot,
        base: &Base,
        young: &[(&Bearer, &str)],
        given: &mut HashMap<String, String>,
        out: &mut Partings,
    ) -> Result<(), EngineError> {
        let (root, preset, inner) = base;
        let fail = |error| EngineError::sqlite(&error);
        let Some(rules) = self.presets().get(preset) else {
            return Ok(());
        };
        let mut all: Vec<Series> = Vec::new();
        for (bearer, id) in young {
            if all.iter().any(|series| series.has(id)) {
                continue;
            }
            match series(rules, id, bearer.kind.as_deref(), &bearer.path) {
                Ok(series) => all.push(series),
                Err(error) => {
                    out.items.remove(&bearer.path);
                    out.left.push(failure(&bearer.path, &error));
                }
            }
        }
        let folder = path::joined(root, inner);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        for id in given.values() {
            all.iter_mut().for_each(|series| series.id(id));
        }
        let place = Place {
            preset: Arc::clone(rules),
            root: root.clone(),
            items: 0,
        };
        let known = stamps.names_in(root, preset).map_err(fail)?;
        let mut note = |path: &str, id: Option<&str>| {
            if let Some(inner) = path::below(&folder, path) {
                for series in &mut all {
                    series.path(inner);
                    id.into_iter().for_each(|id| series.id(id));
                }
            }
        };
        known
            .iter()
            .for_each(|(path, id)| note(path, id.as_deref()));
        let unseen_parts = self.taken_everywhere(snapshot, &place, &known, &folder, &mut note)?;
        out.warnings.extend(unseen_parts.into_iter().map(unseen));
        for (bearer, id) in young {
            let Some(series) = all.iter_mut().find(|series| series.has(id)) else {
                continue;
            };
            let new = match given.get(&bearer.path) {
                Some(new) => new.clone(),
                None => series.next().map_err(|no| refused(&bearer.path, &no))?,
            };
            given.insert(bearer.path.clone(), new.clone());
            if let Some(parting) = out.items.get_mut(&bearer.path) {
                parting.ids = Some(((*id).to_owned(), new));
            }
        }
        Ok(())
    }

    /// The files as they are to be.
    fn parted(
        &self,
        snapshot: &Snapshot,
        items: BTreeMap<String, Parting>,
        options: &WriteOptions,
    ) -> Result<Vec<super::moving::Page>, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let mut tasks: Vec<Task> = items.keys().map(|path| bare(path)).collect();
        let mut found = Vec::new();
        for path in items.keys() {
            let pointers = stamps.pointers(path).map_err(fail)?;
            tasks.extend(pointers.iter().map(|pointer| bare(&pointer.path)));
            found.push(pointers);
        }
        let ground = Ground::new(self, snapshot, &tasks, options)?;
        let mut moving = Vec::new();
        for ((path, parting), pointers) in items.into_iter().zip(found) {
            let draft = ground.open(&path)?;
            let convention = ground.convention(&path);
            let convention = convention.expect("because the item is known");
            let (before, mut notes) = (draft.before(), parting.notes);
            let set = |field: &str, act: Act| Assignment {
                field: field.to_owned(),
                act,
            };
            let mut assignments = Vec::new();
            let mut to = path.clone();
            if let Some((old, new)) = &parting.ids {
                let root = ground.root_of(&path);
                let inner = path::below(root, &path).unwrap_or(&path);
                to = path::joined(root, &convention.renumbered(inner, new));
                if old != new {
                    if before.id_line > 0 {
                        assignments.push(set("id", Act::Set(new.clone())));
                    }
                    if convention.keeps_aliases() && !parting.is_copy {
                        assignments.push(set("aliases", Act::Add(vec![old.clone()])));
                    }
                    notes.push(format!("was `{old}`, which {} keeps", parting.keeper));
                    let bucket = projection::bucket(old, Origin::Frontmatter);
                    let naming = stamps.naming(old, bucket).map_err(fail)?;
                    let naming = naming.into_iter().filter(|_| !parting.is_copy);
                    notes.extend(
                        naming.map(|(file, line)| {
                            format!("{file}:{line} names `{old}`, and was left")
                        }),
                    );
                }
            }
            if parting.new_uid {
                let uid = unique::uuid(ground.now_ns);
                assignments.push(set("uid", Act::Set(uid)));
                notes.push(format!(
                    "a copy of {}: it gets a uid of its own",
                    parting.keeper
                ));
            }
            let intents = match assignments.is_empty() {
                true => Vec::new(),
                false => vec![Intent::Assign(assignments)],
            };
            moving.push(Moving {
                draft,
                way: Way {
                    from: path.clone(),
                    to,
                    ids: parting.ids,
                },
                task: Task { path, intents },
                pointers,
                notes,
            });
        }
        pages(&ground, moving)
    }
}

/// Items of one uid that do not share an id. Where one has the id of the other as an alias, they are one
/// item that was written twice, which a person must see.
fn uids(
    ground: &Ground<'_>,
    bearers: &[Bearer],
    is_wanted: impl Fn(&Bearer) -> bool,
    out: &mut Partings,
) {
    let mut groups: BTreeMap<&str, Vec<&Bearer>> = BTreeMap::new();
    for bearer in bearers {
        let is_copy = out.items.get(&bearer.path).is_some_and(|item| item.is_copy);
        if let (Some(uid), false) = (&bearer.uid, is_copy) {
            groups.entry(uid).or_default().push(bearer);
        }
    }
    for group in groups.values_mut() {
        group.sort_by_cached_key(|bearer| age(ground, bearer));
        let (keeper, others) = group.split_first().expect("because a group has a member");
        for bearer in others.iter().filter(|bearer| is_wanted(bearer)) {
            let names = |one: &Bearer, other: &Bearer| {
                let id = other.id.as_deref().unwrap_or_default();
                let mut aliases = one.aliases.iter();
                aliases.any(|alias| alias.eq_ignore_ascii_case(id))
            };
            if names(keeper, bearer) || names(bearer, keeper) {
                let message = format!("{} and {} are one item", bearer.path, keeper.path);
                let error = EngineError {
                    class: Class::No,
                    ..EngineError::environment("same-item", message)
                };
                let error =
                    error.hint("keep what is right of both in one of them, remove the other");
                out.left.push(failure(&bearer.path, &error));
                continue;
            }
            let parting = out.items.entry(bearer.path.clone()).or_default();
            parting.new_uid = true;
            if parting.ids.is_none() {
                parting.keeper.clone_from(&keeper.path);
            }
        }
    }
}

fn series(
    preset: &Preset,
    id: &str,
    kind: Option<&str>,
    path: &str,
) -> Result<Series, EngineError> {
    preset.series(id, kind).map_err(|no| refused(path, &no))
}

/// The older, the less: by day; of one day that whose file says its id; by uid, which begins with a time;
/// by time.
fn age(ground: &Ground<'_>, bearer: &Bearer) -> impl Ord + use<> {
    /// Behind every date and every uid.
    const LAST: &str = "~";
    let created = bearer.created.as_deref().unwrap_or(LAST);
    let day = created.get(..10).unwrap_or(created).to_owned();
    let uid = bearer.uid.as_deref().unwrap_or(LAST).to_lowercase();
    let id = bearer.id.as_deref().unwrap_or_default();
    let is_named = said(ground, bearer).is_some_and(|said| said.eq_ignore_ascii_case(id));
    let created = created.to_owned();
    (day, !is_named, uid, created, bearer.path.clone())
}

/// The id that the name of an item's file says.
fn said<'b>(ground: &Ground<'_>, bearer: &'b Bearer) -> Option<&'b str> {
    let inner = path::below(&bearer.root, &bearer.path)?;
    ground.convention(&bearer.path)?.id_in_path(inner)
}

/// An item that is to be known, and no more.
fn bare(path: &str) -> Task {
    Task {
        path: path.to_owned(),
        intents: Vec::new(),
    }
}
