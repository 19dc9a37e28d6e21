//! One file in the place of another: the two change places in one step, then what was displaced is
//! looked at; where it is not what was expected, they change back.
//!
//! An editor that saves between our look and the exchange is displaced by us, and put back. One that
//! saves between the two exchanges is displaced by the second one: the steps are taken again until
//! what lies in the stage is our own bytes. Never: takes bytes away that nobody else has.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use crate::base::{fault, hash};
use crate::write::WriteError;
use crate::write::folder::Folder;
use crate::write::journal::Hash;
use crate::write::session::LIMIT;

/// Where a new file stands until it is put in place.
pub(super) struct Stage<'a> {
    pub folder: &'a Folder,
    pub name: &'a OsStr,
}

/// Somebody saves again and again: so often the files change back.
const ROUNDS: usize = 64;

/// Puts the staged file in place of `name`, whose bytes must have the hash `before`. The stage holds
/// the old file afterwards, or the new one where that failed.
pub(super) fn replace(
    folder: &Folder,
    name: &OsStr,
    path: &Path,
    stage: &Stage<'_>,
    before: &Hash,
    after: &Hash,
) -> Result<(), WriteError> {
    let at = |act| move |error: io::Error| WriteError::of_file(act, path, error);
    let exchange = || stage.folder.exchange(stage.name, folder, name);
    if !exchange().map_err(at("replace"))? {
        return rename(folder, name, path, stage, before);
    }
    fault::point("write.after-exchange").map_err(at("replace"))?;
    if hash_in(stage) == Some(*before) {
        return Ok(());
    }
    give_back(folder, name, path, stage, after, || {})?;
    Err(WriteError::Changed {
        path: path.to_owned(),
    })
}

/// What was displaced goes back, and whatever was saved on top of that meanwhile: each exchange must
/// bring out what the one before had put there. What comes out at last is ours, or was saved over by
/// who had saved it; it is taken away.
pub(super) fn give_back(
    folder: &Folder,
    name: &OsStr,
    path: &Path,
    stage: &Stage<'_>,
    after: &Hash,
    mut before_each: impl FnMut(),
) -> Result<(), WriteError> {
    let at = |act| move |error: io::Error| WriteError::of_file(act, path, error);
    let mut there = Some(*after);
    for _ in 0..ROUNDS {
        let put = hash_in(stage);
        before_each();
        match stage.folder.exchange(stage.name, folder, name) {
            Ok(true) => {}
            Ok(false) => {
                return stage
                    .folder
                    .rename_over(stage.name, folder, name)
                    .map_err(at("give back"));
            }
            // Whoever replaced it took it away meanwhile: it goes back all the same.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return stage
                    .folder
                    .rename_new(stage.name, folder, name)
                    .map_err(at("give back"));
            }
            Err(error) => return Err(at("give back")(error)),
        }
        fault::point("write.after-giving-back").map_err(at("give back"))?;
        let out = hash_in(stage);
        if out.is_some() && out == there {
            drop(stage.folder.remove(stage.name));
            return Ok(());
        }
        there = put;
    }
    Err(WriteError::Changed {
        path: path.to_owned(),
    })
}

/// Where two files cannot change places: the look comes right before the rename, and what is saved
/// between the two is lost. Local file systems of Linux and macOS can.
fn rename(
    folder: &Folder,
    name: &OsStr,
    path: &Path,
    stage: &Stage<'_>,
    before: &Hash,
) -> Result<(), WriteError> {
    let at = |act| move |error: io::Error| WriteError::of_file(act, path, error);
    let now = folder.read(name, LIMIT).map_err(at("read"))?;
    if now.map(|now| hash::content_hash(&now.bytes)) != Some(*before) {
        return Err(WriteError::Changed {
            path: path.to_owned(),
        });
    }
    stage
        .folder
        .rename_over(stage.name, folder, name)
        .map_err(at("replace"))
}

/// The hash of what lies in the stage; none where that is nothing, or no file that can be read.
pub(super) fn hash_in(stage: &Stage<'_>) -> Option<Hash> {
    let found = stage.folder.read(stage.name, u64::MAX - 1).ok()??;
    Some(hash::content_hash(&found.bytes))
}
