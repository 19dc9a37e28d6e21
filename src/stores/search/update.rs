//! Changes to the index of the serving generation.
//! Gets keys to take out and items to put in, from the one process that holds the writer's lock.
//! Gives a commit that says which generation it belongs to.
//! Never: reads the cache; readers that are open see the commit that they opened.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::index::{SegmentComponent, SegmentMeta};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexWriter, Term};

use crate::model::item::Item;
use crate::stores::search::build::{LEAST_HEAP, Text, Waiting, end};
use crate::stores::search::error::SearchError;
use crate::stores::search::fields::{self, Fields};
use crate::stores::search::folder::Folder;

/// tantivy's list of segments, with what the last commit was told to remember.
const META: &str = "meta.json";
/// Segments of fewer documents are merged with each other as if they were of one size.
const SMALL_SEGMENT: u32 = 64;
/// So many segments of about one size become one.
const MERGED_AT_ONCE: usize = 8;

/// A change of an index, from opening to commit.
pub(crate) struct IndexUpdate {
    dir: PathBuf,
    folder: Folder,
    fields: Fields,
    writer: IndexWriter<Text>,
    waiting: Arc<Waiting>,
}

impl IndexUpdate {
    /// Opens the index in `dir` for writing with so many threads.
    pub(crate) fn open(dir: &Path, threads: usize) -> Result<Self, SearchError> {
        let sort = |error| SearchError::sort("open", dir, error);
        let folder = Folder::open(dir).map_err(sort)?;
        let mut index = tantivy::Index::open(folder.clone()).map_err(sort)?;
        let (schema, fields) = fields::schema();
        if index.schema() != schema {
            return Err(SearchError::Unusable {
                dir: dir.to_owned(),
                reason: "it was made by another version".to_owned(),
            });
        }
        index.set_tokenizers(fields::tokenizers());
        let living = index.searchable_segment_metas().map_err(sort)?;
        sweep(dir, &living.iter().flat_map(parts).collect());
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads.clamp(1, 4))
            .num_merge_threads(1)
            .memory_budget_per_thread(LEAST_HEAP)
            .build();
        let writer = index.writer_with_options(options).map_err(sort)?;
        let mut policy = LogMergePolicy::default();
        policy.set_min_layer_size(SMALL_SEGMENT);
        policy.set_min_num_segments(MERGED_AT_ONCE);
        writer.set_merge_policy(Box::new(policy));
        Ok(Self {
            dir: dir.to_owned(),
            folder,
            fields,
            writer,
            waiting: Arc::default(),
        })
    }

    /// Takes the item of that key out, where it is in.
    pub(crate) fn remove(&self, key: i64) {
        self.writer
            .delete_term(Term::from_field_i64(self.fields.key, key));
    }

    /// Puts an item in under a key that no other has; [`Self::remove`] comes first where one had it.
    pub(crate) fn add(&self, key: i64, item: &Item) -> Result<(), SearchError> {
        let text = Text::new(key, item, &self.fields, &self.waiting);
        self.writer
            .add_document(text)
            .map_err(|error| SearchError::sort("write", &self.dir, error))?;
        Ok(())
    }

    /// Ends the change and writes `payload` into its commit.
    pub(crate) fn commit(self, payload: &str) -> Result<(), SearchError> {
        end(&self.dir, &self.folder, self.writer, payload)
    }
}

/// The files that a segment may have.
pub(super) fn parts(segment: &SegmentMeta) -> [PathBuf; 7] {
    [
        SegmentComponent::Postings,
        SegmentComponent::Positions,
        SegmentComponent::FastFields,
        SegmentComponent::FieldNorms,
        SegmentComponent::Terms,
        SegmentComponent::Store,
        SegmentComponent::Delete,
    ]
    .map(|part| segment.relative_path(part))
}

/// Removes what writers that died have left, which no commit names: tantivy would not write over it.
/// Best effort.
fn sweep(dir: &Path, living: &HashSet<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let kept = name.to_string_lossy().ends_with(".json") || living.contains(Path::new(&name));
        if !kept && let Err(error) = fs::remove_file(entry.path()) {
            tracing::debug!(%error, "a file that nobody needs cannot be removed");
        }
    }
}

/// What the last commit in `dir` was told to remember.
pub(crate) fn payload(dir: &Path) -> Result<Option<String>, SearchError> {
    // A part of tantivy's own file; to open the whole index takes ten times as long.
    #[derive(serde::Deserialize)]
    struct Meta {
        payload: Option<String>,
    }
    let unusable = |reason: String| SearchError::Unusable {
        dir: dir.to_owned(),
        reason,
    };
    let text = match fs::read(dir.join(META)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(unusable(format!("`{META}` is missing")));
        }
        Err(error) => return Err(SearchError::io("open", dir, error)),
    };
    let meta: Meta = serde_json::from_slice(&text).map_err(|error| unusable(error.to_string()))?;
    Ok(meta.payload)
}
