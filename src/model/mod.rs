//! The nouns that cross folders; plain data.
//! Gets values from `parse`, `presets` and `source`.
//! Gives them to `projection`, `stores`, `query` and `engine`.
//! Never: IO, SQL, async, a rule that only one folder needs.
//! Read next: `document`, then `item`.

pub(crate) mod config;
pub(crate) mod document;
pub(crate) mod edit;
pub(crate) mod file;
pub(crate) mod intent;
pub(crate) mod item;
pub(crate) mod merging;
pub(crate) mod problem;
pub(crate) mod sharing;
