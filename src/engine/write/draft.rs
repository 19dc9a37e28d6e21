//! One item on its way: its bytes as they were read, what the intents make of them, and the receipt.
//! Gets a task and how the item is read. Gives the changes of its files.
//! Never: writes.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::base::{clock, hash, path};
use crate::edit;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::snapshot::Snapshot;
use crate::engine::write::error::{refused, unwritten};
use crate::engine::write::holders::Holders;
use crate::engine::write::{Task, WriteOptions, diff, plan, shown};
use crate::model::edit::Op;
use crate::model::intent::{Assignment, Intent, Other};
use crate::model::item::Item;
use crate::parse::{self, Decoded, Source};
use crate::presets::{self, Convention, Place, Reading};
use crate::query::view::WriteRow;
use crate::source::stamp;
use crate::stores::sqlite::{Stamps, Word};
use crate::write::{self, Change};

/// What is known before any file is read: the conventions, and which item is of which.
pub(super) struct Ground<'a> {
    pub engine: &'a Engine,
    pub options: &'a WriteOptions,
    places: Vec<Place>,
    known: HashMap<String, Known>,
    /// Words of the items of each place, to be spelled alike.
    words: HashMap<usize, Words>,
    /// Of each place with an item to mend, or to get an id.
    holders: HashMap<usize, Holders>,
    /// The items that were asked for.
    meant: HashSet<String>,
    pub now_ns: i64,
}

/// How one item is read.
#[derive(Debug, Clone)]
struct Known {
    place: usize,
    variant: usize,
    companion: Option<String>,
    shares_stem: bool,
}

#[derive(Debug, Default)]
pub(super) struct Words {
    pub states: Vec<String>,
    pub priorities: Vec<String>,
    pub kinds: Vec<String>,
}

/// What of the cache the tasks need: each costs a look at all items.
#[derive(Debug, Clone, Copy, Default)]
struct Asks {
    states: bool,
    priorities: bool,
    kinds: bool,
    stems: bool,
}

impl Asks {
    fn of(tasks: &[Task]) -> Self {
        let mut asks = Self::default();
        for intent in tasks.iter().flat_map(|task| &task.intents) {
            match intent {
                Intent::Assign(assignments) => {
                    for Assignment { field, .. } in assignments {
                        asks.states |= field.eq_ignore_ascii_case("state");
                        asks.priorities |= field.eq_ignore_ascii_case("priority");
                        asks.kinds |= field.eq_ignore_ascii_case("kind");
                    }
                }
                Intent::Link { .. } => asks.stems = true,
                Intent::Log { .. }
                | Intent::Tick { .. }
                | Intent::Section { .. }
                | Intent::Rename { .. }
                | Intent::Mend
                | Intent::Touch => {}
            }
        }
        asks
    }
}

/// A file of an item.
pub(super) struct Page {
    pub path: String,
    pub before: Vec<u8>,
    pub now: Vec<u8>,
    pub source: Source,
}

/// An item with what becomes of it.
pub(super) struct Draft {
    pub own: Page,
    pub companion: Option<Page>,
    pub notes: Vec<String>,
    before: Item,
    after: Option<Item>,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        snapshot: &Snapshot,
        tasks: &[Task],
        options: &'a WriteOptions,
    ) -> Result<Self, EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        let stamps = snapshot.generation.stamps().map_err(fail)?;
        let mut ground = Self {
            engine,
            options,
            places: Vec::new(),
            known: HashMap::new(),
            words: HashMap::new(),
            holders: HashMap::new(),
            meant: tasks.iter().map(|task| task.path.clone()).collect(),
            now_ns: clock::now_ns(),
        };
        for (root, preset) in stamps.spaces().map_err(fail)? {
            let preset = engine.presets().get(&preset).ok_or_else(|| {
                EngineError::environment(
                    "cache-damaged",
                    "the cache knows a preset that is not there",
                )
            })?;
            ground.places.push(Place {
                preset: Arc::clone(preset),
                root,
                items: 0,
            });
        }
        let asks = Asks::of(tasks);
        for task in tasks {
            ground.know(stamps, asks, &task.path)?;
            for intent in &task.intents {
                if *intent == Intent::Mend {
                    ground.know_names(stamps, &task.path)?;
                }
                for id in ground.new_ids(&task.path, intent) {
                    ground.know_names(stamps, &task.path)?;
                    let place = ground.known[&task.path].place;
                    let holders = ground.holders.entry(place).or_default();
                    holders.give(&id, &task.path);
                }
                if let Intent::Link { others, .. } = intent {
                    for other in others.iter().filter(|other| !other.path.is_empty()) {
                        ground.know(stamps, asks, &other.path)?;
                    }
                }
            }
        }
        Ok(ground)
    }

    fn know(&mut self, stamps: &Stamps, asks: Asks, path: &str) -> Result<(), EngineError> {
        let fail = |error| EngineError::sqlite(&error);
        if self.known.contains_key(path) {
            return Ok(());
        }
        let (reading, companion) =
            stamps
                .reading_at(path)
                .map_err(fail)?
                .ok_or_else(|| EngineError {
                    class: Class::No,
                    ..EngineError::environment("not-an-item", format!("{path} is no item"))
                })?;
        let place = usize::try_from(reading.space).unwrap_or_default();
        self.known.insert(
            path.to_owned(),
            Known {
                place,
                variant: usize::try_from(reading.variant).unwrap_or_default(),
                companion,
                shares_stem: asks.stems && stamps.shares_stem(path).map_err(fail)?,
            },
        );
        if let Entry::Vacant(entry) = self.words.entry(place) {
            let words = |asked: bool, word| match asked {
                true => stamps.words(word, reading.space).map_err(fail),
                false => Ok(Vec::new()),
            };
            entry.insert(Words {
                states: words(asks.states, Word::State)?,
                priorities: words(asks.priorities, Word::Priority)?,
                kinds: words(asks.kinds, Word::Kind)?,
            });
        }
        Ok(())
    }

    fn know_names(&mut self, stamps: &Stamps, path: &str) -> Result<(), EngineError> {
        let at = self.known[path].place;
        if self.holders.contains_key(&at) {
            return Ok(());
        }
        let place = &self.places[at];
        let names = stamps.names_in(&place.root, &place.preset.name);
        let names = names.map_err(|error| EngineError::sqlite(&error))?;
        self.holders.insert(at, Holders::of(names));
        Ok(())
    }

    /// Whether the tasks give items ids, by what others have.
    pub(super) fn gives_ids(&self) -> bool {
        !self.holders.is_empty()
    }

    /// Learns who has the ids that are to be given in whatever branch or work tree. Gives a line for each
    /// part that could not be looked at.
    pub(super) fn know_everywhere(
        &mut self,
        snapshot: &Snapshot,
    ) -> Result<Vec<String>, EngineError> {
        let mut skipped = Vec::new();
        for (at, holders) in &mut self.holders {
            skipped.extend(holders.know_everywhere(self.engine, snapshot, &self.places[*at])?);
        }
        Ok(skipped)
    }

    /// The ids that an item is to get.
    fn new_ids(&self, path: &str, intent: &Intent) -> Vec<String> {
        let (Intent::Assign(assignments), Some(convention)) = (intent, self.convention(path))
        else {
            return Vec::new();
        };
        let ids = assignments
            .iter()
            .filter_map(|it| plan::new_id(convention, it));
        ids.map(str::to_owned).collect()
    }

    /// Why an item cannot get an id: another one has it, or is to get it in the same write.
    pub(super) fn why_taken(&self, path: &str, id: &str) -> Option<String> {
        let place = self.known.get(path)?.place;
        self.holders.get(&place)?.why_taken(path, id)
    }

    /// Path and id of all items in the place of one that is to be mended.
    pub(super) fn names(&self, path: &str) -> &[(String, Option<String>)] {
        let place = self.known.get(path).map(|known| known.place);
        let holders = place.and_then(|place| self.holders.get(&place));
        holders.map_or(&[], Holders::names)
    }

    /// Takes notice of an item that is to be made at a path of a place.
    pub(super) fn expect(&mut self, path: &str, place: &Place, variant: usize) {
        let same =
            |known: &Place| known.root == place.root && known.preset.name == place.preset.name;
        let at = self.places.iter().position(same).unwrap_or_else(|| {
            self.places.push(place.clone());
            self.places.len() - 1
        });
        let known = Known {
            place: at,
            variant,
            companion: None,
            shares_stem: false,
        };
        self.known.insert(path.to_owned(), known);
    }

    /// The tasks with those for the other ends of links, where the convention keeps both.
    pub(super) fn with_inverses(&self, tasks: Vec<Task>) -> Vec<Task> {
        let mut more = Vec::new();
        for task in &tasks {
            let Some(convention) = self.convention(&task.path) else {
                continue;
            };
            for intent in &task.intents {
                let Intent::Link { rel, others, add } = intent else {
                    continue;
                };
                let Some(inverse) = convention.inverse(rel) else {
                    continue;
                };
                for other in others.iter().filter(|other| !other.path.is_empty()) {
                    // The other item may be of a convention that does not know the relation.
                    let knows = self
                        .convention(&other.path)
                        .is_some_and(|convention| convention.inverse(inverse).is_some());
                    if knows {
                        more.push(Task {
                            path: other.path.clone(),
                            intents: vec![Intent::Link {
                                rel: inverse.to_owned(),
                                others: vec![self.end(&task.path)],
                                add: *add,
                            }],
                        });
                    }
                }
            }
        }
        tasks.into_iter().chain(more).collect()
    }

    /// An item of the tasks as the end of a link; its id is looked up when it is written.
    fn end(&self, path: &str) -> Other {
        let id = self.item_at(path).and_then(|item| item.id);
        Other {
            path: path.to_owned(),
            written: id.clone().unwrap_or_else(|| path.to_owned()),
            id,
        }
    }

    fn item_at(&self, path: &str) -> Option<Item> {
        let bytes = write::read(self.engine.origin.root(), Path::new(path)).ok()?;
        Some(self.item(path, &bytes, None))
    }

    pub(super) fn convention(&self, path: &str) -> Option<Convention<'_>> {
        let known = self.known.get(path)?;
        let place = self.places.get(known.place)?;
        Some(place.preset.convention(known.variant))
    }

    /// Whether a file at that path would be an item of the convention of the one at `path`.
    pub(super) fn would_be_item(&self, path: &str, at: &str) -> bool {
        let known = self.known.get(path);
        known.is_some_and(|known| {
            let place = &self.places[known.place];
            let inner = path::below(&place.root, at);
            inner.is_some_and(|inner| place.preset.variant_at(inner).is_some())
        })
    }

    /// The root of an item's convention.
    pub(super) fn root_of(&self, path: &str) -> &str {
        let place = self.known.get(path).map(|known| known.place);
        place.map_or("", |place| &self.places[place].root)
    }

    pub(super) fn words(&self, path: &str) -> Option<&Words> {
        self.words.get(&self.known.get(path)?.place)
    }

    pub(super) fn shares_stem(&self, path: &str) -> bool {
        self.known.get(path).is_some_and(|known| known.shares_stem)
    }

    /// What the intents make of an item as it is now.
    pub(super) fn draft(&self, task: &Task) -> Result<Draft, EngineError> {
        let mut draft = self.open(&task.path)?;
        plan::carry_out(self, &mut draft, task, self.options.keep_updated)?;
        if !draft.is_unchanged() {
            draft.after = Some(draft.read(self));
            let root = self.engine.origin.root();
            let changed = draft.pages().filter(|page| page.before != page.now);
            let linked = changed.filter(|page| stamp::has_other_names(&root.join(&page.path)));
            let notes = linked.map(|page| {
                let path = &page.path;
                format!("{path} has another name (a hard link), which keeps what it was")
            });
            draft.notes.extend(notes.collect::<Vec<_>>());
        }
        Ok(draft)
    }

    /// An item as it is now.
    pub(super) fn open(&self, item: &str) -> Result<Draft, EngineError> {
        let root = self.engine.origin.root();
        let page = |path: &str| {
            let before = write::read(root, Path::new(path)).map_err(|error| unwritten(&error))?;
            Ok::<_, EngineError>(Page {
                path: path.to_owned(),
                now: before.clone(),
                before,
                source: Source::of(path),
            })
        };
        let known = self.known.get(item);
        let own = page(item)?;
        // The other end of a link is not what was asked for.
        if let Some(wanted) = self
            .options
            .if_hash
            .as_ref()
            .filter(|_| self.meant.contains(item))
        {
            expect(item, &own.before, wanted)?;
        }
        let companion = known.and_then(|known| known.companion.as_deref());
        let companion = companion.map(page).transpose()?;
        let text = companion
            .as_ref()
            .map(|page| (page.path.as_str(), page.before.as_slice()));
        Ok(Draft {
            before: self.item(item, &own.before, text),
            own,
            companion,
            notes: Vec::new(),
            after: None,
        })
    }

    /// The item as the projection will read it.
    pub(super) fn item(&self, path: &str, bytes: &[u8], text: Option<(&str, &[u8])>) -> Item {
        let bare = || Item::bare(path, "".into());
        let Some(known) = self.known.get(path) else {
            return bare();
        };
        let Some(place) = self.places.get(known.place) else {
            return bare();
        };
        let own = decoded(bytes);
        let document = parse::parse(&own, Source::of(path));
        let second = text.map(|(path, bytes)| (path, decoded(bytes)));
        let second = second
            .as_ref()
            .map(|(path, decoded)| (*path, parse::parse(decoded, Source::Markdown)));
        presets::read_item(Reading {
            preset: &place.preset,
            variant: known.variant,
            root: &place.root,
            path,
            frontmatter: parse::to_json(&document.frontmatter),
            document: &document,
            companion: second.as_ref().map(|(path, document)| (*path, document)),
            content_hash: hash::content_hash(bytes),
            blob_oid: Vec::new(),
        })
    }
}

impl Draft {
    /// A new item, of which only these texts are known; the second one is its companion's.
    pub(super) fn fresh(
        ground: &Ground<'_>,
        path: &str,
        text: String,
        companion: Option<(String, String)>,
    ) -> Self {
        let page = |path: &str, text: String| Page {
            path: path.to_owned(),
            before: Vec::new(),
            now: text.into_bytes(),
            source: Source::of(path),
        };
        let own = page(path, text);
        let companion = companion.map(|(path, text)| page(&path, text));
        let second = companion.as_ref();
        let second = second.map(|page| (page.path.as_str(), page.now.as_slice()));
        Self {
            before: ground.item(path, &own.now, second),
            own,
            companion,
            notes: Vec::new(),
            after: None,
        }
    }

    /// The item as it is read now.
    pub(super) fn read(&self, ground: &Ground<'_>) -> Item {
        let second = self.companion.as_ref();
        let second = second.map(|page| (page.path.as_str(), page.now.as_slice()));
        ground.item(&self.own.path, &self.own.now, second)
    }

    /// Applies operations to the file with the frontmatter.
    pub(super) fn edit(&mut self, ops: &[Op]) -> Result<(), EngineError> {
        self.own.edit(ops)
    }

    /// Applies operations to the file with the body.
    pub(super) fn edit_text(&mut self, ops: &[Op]) -> Result<(), EngineError> {
        self.companion.as_mut().unwrap_or(&mut self.own).edit(ops)
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.pages().all(|page| page.before == page.now)
    }

    fn pages(&self) -> impl Iterator<Item = &Page> {
        std::iter::once(&self.own).chain(&self.companion)
    }

    /// The item before, as the convention reads it.
    pub(super) fn before(&self) -> &Item {
        &self.before
    }

    /// What is to be written.
    pub(super) fn changes(&self) -> Vec<Change> {
        let changed = self.pages().filter(|page| page.before != page.now);
        changed
            .map(|page| Change::Replace {
                path: page.path.clone().into(),
                before: hash::content_hash(&page.before),
                bytes: page.now.clone(),
            })
            .collect()
    }

    /// The receipt.
    pub(super) fn row(&self, with_diff: bool) -> WriteRow {
        let item = self.after.as_ref().unwrap_or(&self.before);
        let diffs = || {
            let changed = self.pages().filter(|page| page.before != page.now);
            changed
                .map(|page| {
                    diff::unified(
                        Some((&page.path, &page.before)),
                        Some((&page.path, &page.now)),
                    )
                })
                .collect()
        };
        WriteRow {
            path: self.own.path.clone(),
            old_path: None,
            change: "modified".to_owned(),
            id: item.id.clone(),
            uid: item.uid.clone(),
            title: item.title.clone(),
            state: item.state.clone(),
            before: Some(shown(&self.own.before)),
            after: Some(shown(&self.own.now)),
            diff: with_diff.then(diffs),
            notes: self.notes.clone(),
        }
    }
}

impl Page {
    fn edit(&mut self, ops: &[Op]) -> Result<(), EngineError> {
        let edited = edit::apply(&self.now, self.source, ops);
        let edited = edited.map_err(|refusal| refused(&self.path, &refusal))?;
        self.now = edited.bytes;
        Ok(())
    }
}

pub(super) fn decoded(bytes: &[u8]) -> Decoded {
    parse::decode(bytes.to_vec())
}

/// Whether a file has the content hash that was asked for, or one that begins so.
pub(super) fn expect(path: &str, bytes: &[u8], wanted: &str) -> Result<(), EngineError> {
    if shown(bytes).starts_with(&wanted.to_ascii_lowercase()) {
        return Ok(());
    }
    let message = format!("{path} has not the hash that was expected");
    let error = EngineError {
        class: Class::No,
        ..EngineError::environment("changed-meanwhile", message)
    };
    Err(error
        .path(Path::new(path))
        .hint(format!("its content hash is {}", shown(bytes))))
}
