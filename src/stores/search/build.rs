//! Builds the index of a new generation.
//! Gets items with their keys, from one thread. Gives a committed index folder.
//! Never: merges (it costs more than reading a few segments), reads, keeps an item's text longer
//! than it takes to index it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::IndexWriter;
use tantivy::indexer::{IndexWriterOptions, NoMergePolicy};
use tantivy::schema::Field;
use tantivy::schema::document::{Document, ReferenceValue, ReferenceValueLeaf, Value};

use crate::model::item::Item;
use crate::stores::search::error::SearchError;
use crate::stores::search::fields::{self, Fields, whole_id, whole_name};
use crate::stores::search::fold::fold_whole;
use crate::stores::search::folder::Folder;

/// So much text at most waits for the indexing threads; tantivy's own limit counts documents.
const WAITING_BYTES: usize = 4 << 20;
/// tantivy refuses less for a thread.
pub(super) const LEAST_HEAP: usize = 15_000_000;

/// Writes one index, once.
pub(crate) struct IndexBuilder {
    dir: PathBuf,
    folder: Folder,
    fields: Fields,
    writer: IndexWriter<Text>,
    waiting: Arc<Waiting>,
}

impl IndexBuilder {
    /// Begins an index in the folder `dir`, which is made where it is missing and must hold no
    /// index. `heap_bytes` is shared by the threads; a segment ends when a thread's share is full.
    pub(crate) fn create(
        dir: &Path,
        threads: usize,
        heap_bytes: usize,
    ) -> Result<Self, SearchError> {
        std::fs::create_dir_all(dir).map_err(|error| SearchError::io("create", dir, error))?;
        let sort = |error| SearchError::sort("create", dir, error);
        let folder = Folder::open(dir).map_err(sort)?;
        let (schema, fields) = fields::schema();
        let mut index =
            tantivy::Index::create(folder.clone(), schema, fields::settings()).map_err(sort)?;
        index.set_tokenizers(fields::tokenizers());
        let threads = threads.max(1);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .num_merge_threads(1)
            .memory_budget_per_thread((heap_bytes / threads).max(LEAST_HEAP))
            .build();
        let writer = index.writer_with_options(options).map_err(sort)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self {
            dir: dir.to_owned(),
            folder,
            fields,
            writer,
            waiting: Arc::default(),
        })
    }

    /// Adds an item under its key. Blocks while too much text waits to be indexed.
    pub(crate) fn add(&self, key: i64, item: &Item) -> Result<(), SearchError> {
        let text = Text::new(key, item, &self.fields, &self.waiting);
        self.writer
            .add_document(text)
            .map_err(|error| SearchError::sort("write", &self.dir, error))?;
        Ok(())
    }

    /// Ends the index and writes `payload` into its commit. Nothing is synced (see `folder`).
    pub(crate) fn commit(self, payload: &str) -> Result<(), SearchError> {
        end(&self.dir, &self.folder, self.writer, payload)
    }
}

/// Commits what a writer has, with a payload, and waits until it is done with its merges.
pub(super) fn end(
    dir: &Path,
    folder: &Folder,
    mut writer: IndexWriter<Text>,
    payload: &str,
) -> Result<(), SearchError> {
    let sort = |error| SearchError::sort("write", dir, error);
    let mut commit = writer.prepare_commit().map_err(sort)?;
    commit.set_payload(payload);
    commit.commit().map_err(sort)?;
    writer.wait_merging_threads().map_err(sort)?;
    folder
        .settle()
        .map_err(|error| SearchError::io("write", dir, error))
}

/// How much text waits for the indexing threads.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    bytes: Mutex<usize>,
    fewer: Condvar,
}

impl Waiting {
    /// Waits for room and takes it. One text always fits, however long.
    fn take(self: &Arc<Self>, bytes: usize) -> Room {
        let mut waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *waiting > 0 && *waiting + bytes > WAITING_BYTES {
            // Room comes back even from a thread that died; the limit in time is a second belt.
            let (guard, timeout) = self
                .fewer
                .wait_timeout(waiting, Duration::from_secs(10))
                .unwrap_or_else(PoisonError::into_inner);
            waiting = guard;
            if timeout.timed_out() {
                break;
            }
        }
        *waiting += bytes;
        Room {
            waiting: Arc::clone(self),
            bytes,
        }
    }
}

/// A share of the room for waiting text, given back when the text is indexed.
struct Room {
    waiting: Arc<Waiting>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut waiting = self
            .waiting
            .bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *waiting -= self.bytes;
        drop(waiting);
        self.waiting.fewer.notify_one();
    }
}

/// What is indexed of an item: one buffer with all its texts.
pub(super) struct Text {
    key: (Field, i64),
    text: String,
    /// Field and end of each text; it begins where the one before ends.
    ends: Vec<(Field, usize)>,
    _room: Room,
}

impl Text {
    pub(super) fn new(key: i64, item: &Item, fields: &Fields, waiting: &Arc<Waiting>) -> Self {
        let room = waiting.take(item.body.len() + 1024);
        let mut text = String::with_capacity(item.body.len() + 512);
        let mut ends = Vec::with_capacity(12 + item.tags.len() + item.people.len());
        let mut push = |field, piece: &str| {
            if !piece.is_empty() {
                text.push_str(piece);
                ends.push((field, text.len()));
            }
        };
        if let Some(id) = &item.id {
            push(fields.whole, &whole_id(&fold_whole(id)));
            push(fields.id, id);
        }
        for name in item.aliases.iter().chain(&item.uid) {
            push(fields.whole, &whole_name(&fold_whole(name)));
        }
        push(fields.title, &item.title);
        // In an order that does not depend on where the item was read from.
        let tags = item.tags.iter().collect::<BTreeSet<_>>();
        let people = item.people.iter().map(|person| &person.name);
        for name in tags.into_iter().chain(&item.aliases).chain(people) {
            push(fields.names, name);
        }
        push(fields.path, &item.path);
        push(fields.body, &item.body);
        Self {
            key: (fields.key, key),
            text,
            ends,
            _room: room,
        }
    }
}

/// A value of `Text`: its key or one of its texts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    Key(i64),
    Text(&'a str),
}

impl<'a> Value<'a> for Piece<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        match self {
            Self::Key(key) => ReferenceValueLeaf::I64(*key).into(),
            Self::Text(text) => ReferenceValueLeaf::Str(text).into(),
        }
    }
}

/// The key and the texts of a `Text`, in the order of the fields.
pub(super) struct Pieces<'a> {
    text: &'a Text,
    next: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Field, Piece<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.next;
        self.next += 1;
        if at == 0 {
            let (field, key) = self.text.key;
            return Some((field, Piece::Key(key)));
        }
        let &(field, end) = self.text.ends.get(at - 1)?;
        let from = match at {
            1 => 0,
            _ => self.text.ends[at - 2].1,
        };
        Some((field, Piece::Text(&self.text.text[from..end])))
    }
}

impl Document for Text {
    type Value<'a> = Piece<'a>;
    type FieldsValuesIter<'a> = Pieces<'a>;

    fn iter_fields_and_values(&self) -> Pieces<'_> {
        Pieces {
            text: self,
            next: 0,
        }
    }
}
