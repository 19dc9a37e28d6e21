//! The sinks and their read halves.

pub(crate) mod search;
pub(crate) mod sqlite;
