//! Bundles: items, their history, outbox and audit in one file, to move them or to go back to files alone.
//!
//! ```text
//! zstd( tar( manifest.json, then every piece in the order of the manifest ) )
//! ```
//!
//! The manifest stands first and names each piece with its size and hash. So a reader knows all of a bundle
//! before it takes anything, and what follows must be just that, in that order.
//! Never: opens a file, takes a piece that the manifest does not name.

mod manifest;
mod pack;
#[cfg(test)]
mod tests;
mod unpack;

pub(crate) use manifest::{BESIDE, Counts, FILES, Manifest, Piece, VERSION};
pub(crate) use pack::{measure, pack};
pub(crate) use unpack::unpack;

use std::io;

/// Name of the manifest in a bundle.
const MANIFEST: &str = "manifest.json";
/// Bytes of a manifest.
const LARGEST_MANIFEST: u64 = 128 << 20;
/// Bytes of a file of an item.
const LARGEST_FILE: u64 = 64 << 20;
/// Bytes of all pieces together.
const LARGEST_SUM: u64 = 16 << 30;
/// A bundle may grow so many times when it is unpacked, beyond [`SMALL`]: more is a trap.
const MOST_GROWTH: u64 = 1_000;
const SMALL: u64 = 64 << 20;
const MOST_PIECES: usize = 1_000_000;
/// The memory that unpacking needs, as a power of two.
const WINDOW: u32 = 24;

/// Why a bundle was not taken, or not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BundleError {
    /// Written by a newer kanban.
    #[error("the bundle has version {found}, and this kanban knows {VERSION}")]
    Version { found: u64 },
    /// It is no bundle, was changed, or was made to do harm.
    #[error("{reason}")]
    Refused { reason: String },
    /// What it is written to, or its pieces are read from, failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl BundleError {
    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
        }
    }
}
