//! The conventions as TOML data, their loader, the recognizer, and the reading of items.
//! Gets file names from `source`, documents from `parse` and the text of kanban.toml, all by `engine`.
//! Gives a `Layout` (which files are items of which convention) and one `Item` a unit.
//! Never: IO, a look at other items, a rule that could be data.
//! Read next: `file`, then `recognize` and `read`.

mod config;
mod create;
mod dates;
mod file;
mod glob;
mod init;
mod merging;
mod preset;
mod read;
mod recognize;
mod rules;
mod writing;

#[cfg(test)]
mod tests;

pub(crate) use config::{parse_config, quotable};
pub(crate) use create::{Called, Recipe, Series, derived_prefix, escaped};
pub(crate) use file::Setting;
pub(crate) use init::render_config;
pub(crate) use merging::merge_rules;
pub(crate) use preset::{Preset, Presets};
pub(crate) use read::{Reading, read_item};
pub(crate) use recognize::{Layout, Place, Unit};
pub(crate) use writing::{Around, Convention, Form, Home, LinkTo, Saying};
