//! `sync import`: the items of a bundle as files, in a folder of their own.
//! Never: writes into a folder that holds something, or lets one appear before all of a bundle is proved.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use crate::base::atomic::AtomicError;
use crate::engine::error::{Class, EngineError};
use crate::engine::sharing::export::{AUDIT, seal};
use crate::engine::write::unwritten;
use crate::query::view::{ImportView, ProofRow};
use crate::stores::state::{self, Link};
use crate::sync::bundle::{self, BESIDE, BundleError, Manifest};
use crate::write::{Fresh, WriteError};

/// An audit of more bytes is not proved.
const LARGEST_AUDIT: u64 = 256 << 20;

impl From<BundleError> for EngineError {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Refused { reason } => Self {
                class: Class::No,
                ..Self::environment("bundle-refused", format!("the bundle is refused: {reason}"))
            },
            BundleError::Version { .. } => {
                Self::environment("bundle-version", error.to_string()).hint("update kanban")
            }
            BundleError::Io(error) => Self::environment("io", "the bundle failed").cause(error),
        }
    }
}

impl From<AtomicError> for EngineError {
    fn from(error: AtomicError) -> Self {
        let mut made = Self::io(&format!("to {}", error.act), &error.path, &error.source);
        made.hint = None;
        made
    }
}

/// Writes the items of a bundle into a folder that is empty or not there; with `all` what else it holds, too.
pub(crate) fn import(file: &Path, into: &Path, all: bool) -> Result<ImportView, EngineError> {
    let failed = |error: &io::Error| {
        let mut made = EngineError::io("reading the bundle", file, error);
        made.hint = None;
        made
    };
    let source = File::open(file).map_err(|error| failed(&error))?;
    let packed = source.metadata().map_err(|error| failed(&error))?.len();
    let refused = |error: &WriteError| match error {
        WriteError::Exists { .. } => EngineError {
            class: Class::No,
            ..EngineError::environment("not-empty", "the folder is not empty")
        }
        .path(into)
        .hint("name a folder that is empty or not there"),
        error => unwritten(error),
    };
    // Nothing is said of the folder before the bundle was looked at, and nothing made.
    let mut fresh = None;
    let mut proof = None;
    let is_private = Cell::new(true);
    let fresh_folder = || {
        let fresh = Fresh::beside(into, is_private.get());
        fresh.map_err(|error| refused(&error))
    };
    let begin = |manifest: &Manifest| {
        is_private.set(!manifest.redacted);
        Ok(())
    };
    let manifest = bundle::unpack(source, packed, begin, |piece, source| {
        if fresh.is_none() {
            fresh = Some(fresh_folder()?);
        }
        let fresh = fresh.as_ref().expect("because it was just made");
        let mut audit;
        let source = if piece.path == AUDIT && piece.size <= LARGEST_AUDIT {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes).map_err(BundleError::Io)?;
            proof = Some(proved(&bytes));
            audit = Cursor::new(bytes);
            &mut audit as &mut dyn Read
        } else {
            source
        };
        let path = match piece.file() {
            Some(path) => path.to_owned(),
            None if all => format!("{BESIDE}/{}", piece.path),
            None => {
                io::copy(source, &mut io::sink()).map_err(BundleError::Io)?;
                return Ok(());
            }
        };
        fresh.put(&path, source).map_err(|error| unwritten(&error))
    })?;
    let fresh = match fresh {
        Some(fresh) => fresh,
        None => fresh_folder()?,
    };
    if all {
        let text = serde_json::to_vec_pretty(&manifest).expect("because it has a JSON form");
        fresh
            .put(&format!("{BESIDE}/manifest.json"), &mut &*text)
            .map_err(|error| unwritten(&error))?;
    }
    fresh.finish().map_err(|error| refused(&error))?;
    Ok(ImportView {
        seal: seal(&manifest),
        into: into.display().to_string(),
        repository: manifest.repository,
        branch: manifest.branch,
        commit: manifest.commit,
        made: manifest.made,
        made_by: manifest.made_by,
        redacted: manifest.redacted,
        items: manifest.counts.items,
        files: manifest
            .pieces
            .iter()
            .filter(|piece| piece.file().is_some())
            .count() as u64,
        audit: proof,
    })
}

/// Whether the chain of an exported audit holds.
fn proved(bytes: &[u8]) -> ProofRow {
    let lines = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let chain: Result<Vec<Link>, _> = lines.map(serde_json::from_slice).collect();
    let (broken_at, reason) = match chain {
        Err(_) => (None, Some("it cannot be read")),
        Ok(chain) => {
            let broken = state::prove(&chain);
            (
                broken.as_ref().map(|broken| broken.seq),
                broken.map(|broken| broken.reason),
            )
        }
    };
    ProofRow {
        holds: reason.is_none(),
        broken_at,
        reason: reason.map(str::to_owned),
    }
}
