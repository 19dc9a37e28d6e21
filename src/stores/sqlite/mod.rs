//! (being written)

pub(crate) mod read;
