//! What only all items together can tell: where links lead, and what contradicts what.
//! Gets items one by one in the order of their keys from `engine`.
//! Gives resolved links and the problems of every item to the sinks.
//! Never: IO, async, SQL, threads of its own.
//! Read next: `graph`, then `names`, then `contradictions`.

pub(crate) mod changes;
mod contradictions;
mod graph;
mod names;
#[cfg(test)]
mod tests;

pub(crate) use contradictions::{CYCLE_CODES, DUPLICATE_CODES, LINK_CODES, SIDE_CODES, is_across};
pub(crate) use graph::{Graph, Node, PartLink, Space};
pub(crate) use names::{ANY_BUCKET, Others, bucket, buckets, needles};
