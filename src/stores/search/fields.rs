//! The fields of the search index and what each weighs.
//! Never: a stored field. An item is named by its key, all else is read from the cache.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{RawTokenizer, TextAnalyzer, TokenizerManager};
use tantivy::{IndexSettings, store::Compressor};

use crate::base::hash;
use crate::stores::search::words::WordTokenizer;

/// Name and version of the tokenizer. It stands in the schema, so an index made with another
/// version is noticed when it is opened: count up with every change of `words` or `fold`.
const WORDS: &str = "words-2";
const WHOLE: &str = "whole-2";
/// In bytes.
const LONG_NAME: usize = 12;

/// The fields by name. `Field`s are numbers in the order of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub key: Field,
    /// Ids, aliases and uids as a whole, folded; see `whole_id` and `whole_name`.
    pub whole: Field,
    pub id: Field,
    pub title: Field,
    /// Tags, aliases and people.
    pub names: Field,
    pub path: Field,
    pub body: Field,
}

impl Fields {
    /// The fields that words are looked up in, with their weights.
    pub(crate) fn weighted(&self) -> [(Field, f32); 5] {
        [
            (self.id, 10.0),
            (self.title, 4.0),
            (self.names, 3.0),
            (self.path, 1.5),
            (self.body, 1.0),
        ]
    }
}

/// The term of an item's id in the field `whole`, from the folded id.
pub(crate) fn whole_id(folded: &str) -> String {
    format!("={folded}")
}

/// The term of an item's alias or uid in the field `whole`, from the folded name.
pub(crate) fn whole_name(folded: &str) -> String {
    // A long name is only ever looked up as one: its hash is a third as long.
    if folded.len() > LONG_NAME {
        return format!("~{:011x}", hash::key(folded).cast_unsigned() >> 20);
    }
    format!("~{folded}")
}

/// The schema of the index.
pub(crate) fn schema() -> (Schema, Fields) {
    let words = || {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(WORDS)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        )
    };
    let whole = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(WHOLE)
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    );
    let mut builder = Schema::builder();
    let fields = Fields {
        key: builder.add_i64_field("key", INDEXED | FAST),
        whole: builder.add_text_field("whole", whole),
        id: builder.add_text_field("id", words()),
        title: builder.add_text_field("title", words()),
        names: builder.add_text_field("names", words()),
        path: builder.add_text_field("path", words()),
        body: builder.add_text_field("body", words()),
    };
    (builder.build(), fields)
}

/// The tokenizers that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::new();
    manager.register(WORDS, TextAnalyzer::from(WordTokenizer::default()));
    manager.register(WHOLE, TextAnalyzer::from(RawTokenizer::default()));
    // Fields that hold no text ask for this one.
    manager.register("default", TextAnalyzer::from(RawTokenizer::default()));
    manager
}

/// Settings of the index: the store of documents stays empty, so it needs no thread and no packing.
pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}
