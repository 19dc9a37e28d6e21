//! Whether the projected files are those of the commit of HEAD: the envelope's `dirty`.
//!
//! The cache keeps the paths that differ: items whose bytes are not those of the commit, and files of
//! the commit that are gone. A rebuild compares everything; a refresh only what changed on either
//! side. Bytes are compared as they are: where git converts line ends, that counts as a difference.
//! Never: runs git, looks at the index; files left out by a sparse checkout are not gone.

use std::collections::BTreeSet;

use crate::base::{hash, path};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::plan::at;
use crate::model::file::{Found, Scan};
use crate::source::SourceError;
use crate::stores::sqlite::{Role, SqliteError, Update};

fn fail(error: SqliteError) -> EngineError {
    EngineError::sqlite(&error)
}

/// The beginning of a blob id: enough to tell one from another.
pub(super) fn short(oid: &[u8]) -> [u8; 8] {
    let mut short = [0; 8];
    for (to, from) in short.iter_mut().zip(oid) {
        *to = *from;
    }
    short
}

/// The word in the cache for each answer.
pub(super) fn word(dirty: Option<bool>) -> &'static str {
    match dirty {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

/// What a word in the cache means.
pub(super) fn meaning(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

impl Engine {
    /// The paths in which the work tree differs from HEAD; nothing where that cannot be told (no Git,
    /// objects that are not there). `items` are the own files of all items with their blobs,
    /// `companions` the other files of items; `is_recorded` tells whether the projection knows of the
    /// file at a path: one that vanished after the scan is gone.
    pub(super) fn unclean(
        &self,
        scan: &Scan,
        items: impl Iterator<Item = (usize, [u8; 8])>,
        companions: impl Iterator<Item = usize>,
        is_recorded: impl Fn(&str) -> bool,
    ) -> Option<BTreeSet<String>> {
        let committed = self.committed()?;
        let mut unclean = BTreeSet::new();
        let companions = companions.map(|file| {
            let blob = self.blob(&scan.files[file]).unwrap_or_default();
            (file, short(&blob))
        });
        for (file, oid) in items.chain(companions) {
            let path = &scan.files[file].path;
            let at = committed
                .files
                .binary_search_by(|found| found.path.cmp(path));
            let same = at.is_ok_and(|at| {
                let committed = committed.files[at].oid.as_deref();
                committed.is_some_and(|committed| short(committed) == oid)
            });
            if !same {
                unclean.insert(path.clone());
            }
        }
        if !self.origin.is_sparse() {
            let files = committed.files.into_iter();
            let gone = files.filter(|found| !is_recorded(&found.path));
            unclean.extend(gone.map(|found| found.path));
        }
        Some(unclean)
    }

    /// Whether files may be left out of the work tree on purpose, as a word for the cache.
    pub(super) fn sparse(&self) -> &'static str {
        word(Some(self.origin.is_sparse()))
    }

    /// The blob that a file would be now; nothing where it cannot be read.
    fn blob(&self, found: &Found) -> Option<Vec<u8>> {
        let taken = self.origin.read(found).ok()?;
        Some(hash::blob_oid(&taken.bytes, self.origin.sha256()))
    }

    fn committed(&self) -> Option<Scan> {
        let told = |error: SourceError| tracing::debug!(%error, "HEAD could not be compared");
        let committed = self.origin.committed(self.presets(), &self.config);
        committed?.map_err(told).ok()
    }

    /// Brings the recorded differences up to date: `paths` may differ otherwise than before, and so
    /// may everything in which the recorded commit and HEAD differ. Gives what is true now.
    pub(super) fn follow_head(
        &self,
        update: &Update,
        scan: &Scan,
        mut paths: BTreeSet<String>,
    ) -> Result<Option<bool>, EngineError> {
        let recorded = update.fact("head").map_err(fail)?.unwrap_or_default();
        let known = update.fact("dirty").map_err(fail)?.unwrap_or_default();
        let head = self.origin.head().unwrap_or_default();
        let told = |error: SourceError| tracing::debug!(%error, "HEAD could not be compared");
        if self.origin.is_bare() {
            return Ok(Some(false));
        }
        let was_sparse = update.fact("sparse").map_err(fail)?;
        let is_sparse = self.sparse();
        update.set_fact("sparse", is_sparse).map_err(fail)?;
        if meaning(&known).is_none()
            || recorded.is_empty() != head.is_empty()
            || was_sparse.as_deref() != Some(is_sparse)
        {
            let mut unclean = None;
            if self.origin.git_dir().is_some() {
                let all = update.blobs().map_err(fail)?.into_iter();
                let items = all.filter_map(|(path, oid)| {
                    let at = scan.files.binary_search_by(|here| here.path.cmp(&path));
                    Some((at.ok()?, short(&oid)))
                });
                let companions = update.companions().map_err(fail)?;
                let companions = companions.iter().filter_map(|path| at(scan, path));
                let is_recorded = |path: &str| matches!(update.at_path(path), Ok(Some(_)));
                unclean = self.unclean(scan, items, companions, is_recorded);
            }
            update.set_unclean(unclean.iter().flatten()).map_err(fail)?;
            return Ok(unclean.map(|paths| !paths.is_empty()));
        }
        let objects = match self.origin.commits() {
            Some(Ok(objects)) => objects,
            Some(Err(error)) => {
                told(error);
                return Ok(None);
            }
            None => return Ok(None),
        };
        let prefix = self.origin.prefix();
        if recorded != head {
            match objects.differing(&recorded, &head) {
                Ok(differing) => paths.extend(differing.into_iter().filter_map(|path| {
                    let path = path.strip_prefix(&prefix)?.to_owned();
                    let name = path::name_of(&path);
                    self.presets().wants_file(name).then_some(path)
                })),
                Err(error) => {
                    told(error);
                    return Ok(None);
                }
            }
        }
        let committed = match &*head {
            "" => Ok(vec![None; paths.len()]),
            head => {
                let whole: Vec<String> =
                    paths.iter().map(|path| format!("{prefix}{path}")).collect();
                objects.blobs_at(head, whole.iter().map(String::as_str))
            }
        };
        let committed = match committed {
            Ok(committed) => committed,
            Err(error) => {
                told(error);
                return Ok(None);
            }
        };
        for (path, committed) in paths.into_iter().zip(committed) {
            let unclean = match update.at_path(&path).map_err(fail)? {
                Some((Role::Own, Some(item))) => update.blob_oid(item).map_err(fail)? != committed,
                Some((Role::Companion, _)) => {
                    at(scan, &path).and_then(|file| self.blob(&scan.files[file])) != committed
                }
                Some(_) => false,
                None => {
                    committed.is_some()
                        && self.origin.is_below_roots(&path, &self.config)
                        && !self.origin.is_sparse()
                }
            };
            update.mark_unclean(&path, unclean).map_err(fail)?;
        }
        Ok(Some(update.is_unclean().map_err(fail)?))
    }
}
