//! What a difference of the files means for items: which to project, which to take out, and which
//! files are of which item now.
//!
//! Where no file came or went, every file is what it was. Else the conventions are recognized anew
//! over all paths, and each file whose part in them is another than the recorded one is taken in.
//! Never: parses, writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::hash::content_hash;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::model::file::{Scan, Stamp};
use crate::presets::{Layout, Place, Unit};
use crate::stores::sqlite::{Difference, KnownFile, Reading, Role, SpaceRow, SqliteError, Update};

/// So few files are not worth another thread.
const FEW: usize = 32;

/// Whose a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Key(i64),
    /// The item of that own file, whose key is not known yet.
    File(usize),
    Nobody,
}

/// What is to be done. Files are numbers into the scan, places are spaces by their numbers.
#[derive(Default)]
pub(super) struct Plan {
    pub places: Vec<Place>,
    /// Units to project, with the item that each replaces; sorted by file.
    pub project: Vec<(Unit, Option<i64>)>,
    /// Items to take out.
    pub remove: BTreeSet<i64>,
    /// Files to be recorded anew.
    pub files: BTreeMap<usize, (Role, Owner)>,
    /// Hashes of the paths of recorded files that are gone.
    pub remove_files: Vec<i64>,
    /// Paths that began or ceased to be those of files of no item.
    pub others: Vec<String>,
    /// Content hashes of files with equal content whose stamp still proves nothing.
    pub racy: HashMap<usize, [u8; 32]>,
    /// Paths of the items that are taken out, by their content.
    gone: HashMap<Vec<u8>, Vec<String>>,
}

fn fail(error: SqliteError) -> EngineError {
    EngineError::sqlite(&error)
}

/// What was found changed in the content of recorded files.
#[derive(Default)]
struct Contents {
    /// Items whose file has other content.
    own: BTreeSet<i64>,
    /// Items whose companion may have.
    companion: BTreeSet<i64>,
}

impl Plan {
    pub(super) fn new(
        engine: &Engine,
        update: &Update,
        scan: &Scan,
        places: Vec<Place>,
        difference: &Difference,
    ) -> Result<Self, EngineError> {
        let mut plan = Self {
            places,
            ..Self::default()
        };
        let contents = plan.contents(engine, update, scan, difference)?;
        let markers = update.fact("markers").map_err(fail)?.unwrap_or_default();
        let same_files = difference.created.is_empty() && difference.deleted.is_empty();
        if same_files && markers == scan.markers() {
            plan.as_before(update, scan, &contents)?;
        } else {
            plan.anew(engine, update, scan, difference, &contents)?;
        }
        plan.project.sort_by_key(|(unit, _)| unit.file);
        Ok(plan)
    }

    /// No item and no path changed.
    pub(super) fn is_nothing(&self) -> bool {
        self.project.is_empty()
            && self.remove.is_empty()
            && self.remove_files.is_empty()
            && self.others.is_empty()
    }

    /// A path that had this content and is taken out now; each is given once.
    pub(super) fn moved_from(&mut self, content_hash: &[u8]) -> Option<String> {
        self.gone.get_mut(content_hash)?.pop()
    }

    /// Reads the files whose stamp changed or proves nothing. All of them are recorded anew.
    fn contents(
        &mut self,
        engine: &Engine,
        update: &Update,
        scan: &Scan,
        difference: &Difference,
    ) -> Result<Contents, EngineError> {
        let mut contents = Contents::default();
        let own = difference.changed.iter().filter_map(|(file, known)| {
            let is_own = known.role == Role::Own && known.item.is_some();
            is_own.then_some(*file)
        });
        let mut now = read_all(engine, scan, &own.collect::<Vec<_>>()).into_iter();
        for (file, known) in &difference.changed {
            self.record(*file, known);
            match (known.role, known.item) {
                (Role::Own, Some(item)) => {
                    let now = now.next().flatten();
                    if !self.is_same(engine, update, scan, *file, item, now)? {
                        contents.own.insert(item);
                    }
                }
                (Role::Companion, Some(item)) => {
                    contents.companion.insert(item);
                }
                _ => {}
            }
        }
        for (file, known, hash) in &difference.racy {
            let found = &scan.files[*file];
            let same = scan.is_unseen(&found.path)
                || engine.origin.hash_of(&found.path, scan) == Some(*hash);
            match (known.role, known.item) {
                _ if same => {
                    // Time has passed, so that the stamp alone is evidence from now on.
                    if !scan.is_unseen(&found.path)
                        && !engine.origin.is_racy(&found.stamp, scan.started_ns)
                    {
                        self.record(*file, known);
                    }
                }
                (Role::Own, Some(item)) => {
                    self.record(*file, known);
                    contents.own.insert(item);
                }
                (Role::Companion, Some(item)) => {
                    self.record(*file, known);
                    contents.companion.insert(item);
                }
                _ => self.record(*file, known),
            }
        }
        Ok(contents)
    }

    fn record(&mut self, file: usize, known: &KnownFile) {
        let owner = known.item.map_or(Owner::Nobody, Owner::Key);
        self.files.insert(file, (known.role, owner));
    }

    /// Whether an item's own file has the recorded content.
    fn is_same(
        &mut self,
        engine: &Engine,
        update: &Update,
        scan: &Scan,
        file: usize,
        item: i64,
        now: Option<Content>,
    ) -> Result<bool, EngineError> {
        let found = &scan.files[file];
        // A file that cannot be read is recorded as an empty one with a problem.
        let Some(Content { hash, stamp }) = now else {
            return Ok(false);
        };
        let recorded = update.content_hash(item).map_err(fail)?;
        if recorded.as_deref() != Some(&hash[..]) {
            return Ok(false);
        }
        // Another stamp than that of the scan: it changes just now. The next look sees.
        if let Some(stamp) = stamp
            && (stamp != found.stamp || engine.origin.is_racy(&stamp, scan.started_ns))
        {
            self.racy.insert(file, hash);
        }
        Ok(true)
    }

    /// No file came or went: every file is what it was.
    fn as_before(
        &mut self,
        update: &Update,
        scan: &Scan,
        contents: &Contents,
    ) -> Result<(), EngineError> {
        for key in contents.own.union(&contents.companion) {
            let Some((path, reading, companion)) = update.reading(*key).map_err(fail)? else {
                continue;
            };
            let Some(file) = at(scan, &path) else {
                continue;
            };
            let unit = Unit {
                place: usize::try_from(reading.space).unwrap_or_default(),
                variant: usize::try_from(reading.variant).unwrap_or_default(),
                file,
                companion: companion.and_then(|path| at(scan, &path)),
            };
            self.take(unit, Some(*key));
        }
        Ok(())
    }

    /// Takes in a unit; its files are recorded anew.
    fn take(&mut self, unit: Unit, key: Option<i64>) {
        self.files
            .insert(unit.file, (Role::Own, Owner::File(unit.file)));
        if let Some(companion) = unit.companion {
            self.files
                .insert(companion, (Role::Companion, Owner::File(unit.file)));
        }
        self.project.push((unit, key));
    }

    /// Files came or went: the conventions may be others, and so may the part of any file.
    fn anew(
        &mut self,
        engine: &Engine,
        update: &Update,
        scan: &Scan,
        difference: &Difference,
        contents: &Contents,
    ) -> Result<(), EngineError> {
        let Layout {
            places: found,
            mut units,
        } = engine.recognize(scan);
        let same_places = self.add_places(update, &found)?;
        for unit in &mut units {
            unit.place = self.number(&found[unit.place]);
        }
        let mut was: Vec<Option<KnownFile>> = vec![None; scan.files.len()];
        for (file, known) in update.known(scan).map_err(fail)? {
            was[file] = Some(known);
        }
        let mut paired: HashMap<i64, Option<usize>> = HashMap::new();
        for (file, known) in was.iter().enumerate() {
            if let Some(KnownFile {
                role: Role::Companion,
                item: Some(item),
                ..
            }) = known
            {
                paired.insert(*item, Some(file));
            }
        }
        for known in &difference.deleted {
            self.remove_files.push(known.hash);
            match (known.role, known.item) {
                (Role::Own, Some(item)) => self.take_out(update, item)?,
                (Role::Companion, Some(item)) => {
                    paired.insert(item, None);
                    let reading = update.reading(item).map_err(fail)?;
                    self.others.extend(reading.and_then(|(_, _, path)| path));
                }
                _ => self
                    .others
                    .extend(update.other_path(known.hash).map_err(fail)?),
            }
        }
        let readings = if same_places {
            HashMap::new()
        } else {
            update.readings().map_err(fail)?
        };
        let mut role = vec![Role::Other; scan.files.len()];
        for unit in &units {
            role[unit.file] = Role::Own;
        }
        for unit in &units {
            let key = match was[unit.file] {
                Some(KnownFile {
                    role: Role::Own,
                    item: Some(item),
                    ..
                }) => Some(item),
                Some(KnownFile {
                    role: Role::Other, ..
                }) => {
                    self.others.push(scan.files[unit.file].path.clone());
                    None
                }
                _ => None,
            };
            // A file that is an item itself is no companion, whoever it lies beside.
            if let Some(companion) = unit.companion
                && role[companion] == Role::Other
            {
                role[companion] = Role::Companion;
                if let Some(KnownFile {
                    role: Role::Other, ..
                }) = was[companion]
                {
                    self.others.push(scan.files[companion].path.clone());
                }
            }
            let Some(key) = key else {
                self.take(*unit, None);
                continue;
            };
            let other_pair = match paired.get(&key) {
                Some(file) => *file != unit.companion || file.is_none(),
                None => unit.companion.is_some(),
            };
            let reading = Reading {
                space: number(unit.place),
                variant: number(unit.variant),
            };
            // What cannot be looked at stays as it was, whatever convention it may be of now.
            if scan.is_unseen(&scan.files[unit.file].path) {
                continue;
            }
            if other_pair
                || contents.own.contains(&key)
                || contents.companion.contains(&key)
                || readings.get(&key).is_some_and(|was| *was != reading)
            {
                self.take(*unit, Some(key));
            }
        }
        for (file, role) in role.iter().enumerate() {
            let known = was[file];
            if let (
                Role::Other | Role::Companion,
                Some(KnownFile {
                    role: Role::Own,
                    item: Some(item),
                    ..
                }),
            ) = (role, known)
            {
                self.take_out(update, item)?;
            }
            if *role == Role::Other && known.is_none_or(|known| known.role != Role::Other) {
                self.others.push(scan.files[file].path.clone());
                self.files.insert(file, (Role::Other, Owner::Nobody));
            }
        }
        Ok(())
    }

    fn take_out(&mut self, update: &Update, item: i64) -> Result<(), EngineError> {
        if self.remove.insert(item)
            && let (Some(hash), Some(node)) = (
                update.content_hash(item).map_err(fail)?,
                update.node(item).map_err(fail)?,
            )
        {
            self.gone.entry(hash).or_default().push(node.path.into());
        }
        Ok(())
    }

    /// Gives every found place a number. True where the places with items are those that were.
    fn add_places(&mut self, update: &Update, found: &[Place]) -> Result<bool, EngineError> {
        let is = |a: &Place, b: &Place| a.root == b.root && a.preset.name == b.preset.name;
        let same = self
            .places
            .iter()
            .filter(|known| known.items > 0)
            .all(|known| found.iter().any(|place| is(place, known)))
            && found.iter().filter(|place| place.items > 0).all(|place| {
                self.places
                    .iter()
                    .any(|known| known.items > 0 && is(known, place))
            });
        for place in found {
            if self.places.iter().all(|known| !is(known, place)) {
                let row = SpaceRow {
                    root: &place.root,
                    preset: &place.preset.name,
                    items: 0,
                };
                update
                    .add_space(number(self.places.len()), &row)
                    .map_err(fail)?;
                self.places.push(place.clone());
            }
        }
        Ok(same)
    }

    fn number(&self, place: &Place) -> usize {
        let is = |known: &Place| known.root == place.root && known.preset.name == place.preset.name;
        self.places
            .iter()
            .position(is)
            .expect("because it was added")
    }
}

/// What a file holds.
struct Content {
    hash: [u8; 32],
    /// From before it was read; none for a blob of a commit.
    stamp: Option<Stamp>,
}

/// Reads files, in the order of their numbers; nothing for one that is empty or cannot be read.
fn read_all(engine: &Engine, scan: &Scan, files: &[usize]) -> Vec<Option<Content>> {
    let read = |file: &usize| {
        let taken = engine.origin.read(&scan.files[*file]).ok()?;
        (!taken.bytes.is_empty()).then(|| Content {
            hash: content_hash(&taken.bytes),
            stamp: taken.stamp,
        })
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let part = files.len().div_ceil(threads).max(FEW);
    std::thread::scope(|scope| {
        let mut parts = files.chunks(part);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>()))
            .collect();
        let mut contents: Vec<_> = first.iter().map(read).collect();
        for other in others {
            contents.extend(other.join().expect("because reading does not panic"));
        }
        contents
    })
}

pub(super) fn number(index: usize) -> i64 {
    i64::try_from(index).expect("because nobody has that many")
}

/// The number of a file.
pub(super) fn at(scan: &Scan, path: &str) -> Option<usize> {
    scan.files
        .binary_search_by(|found| found.path.as_str().cmp(path))
        .ok()
}
