//! What blobs of other branches say of ids, remembered in the cache: a blob never changes.
//!
//! Each answer stands under a hash of the blob's id and of all that it was read by, so none can be stale.
//! Never: fails; what is damaged or cannot be written is forgotten.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use crate::base::{atomic, hash};
use crate::parse::Source;
use crate::stores::generation;

const FILE: &str = "ids";
const HEAD: &[u8] = b"kanban ids 1\n";
/// So many answers that nobody asked for are kept, beside as many as were.
const SPARE: usize = 10_000;

pub(super) type Key = [u8; 16];

/// How blobs are read for an id.
pub(super) struct Rules(Vec<u8>);

impl Rules {
    pub(super) fn new(said_by: impl Debug, source: Source) -> Self {
        let version = generation::version();
        Self(format!("{version}\0{said_by:?}\0{source:?}\0").into_bytes())
    }

    /// The name of a blob's answer.
    pub(super) fn key(&self, blob: &[u8]) -> Key {
        let whole = hash::content_hash(&[&self.0, blob].concat());
        let mut key = Key::default();
        key.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        key
    }
}

/// An answer, and whether somebody asked for it.
struct Answer {
    id: Option<String>,
    asked: bool,
}

/// The answers that are there.
pub(super) struct Memo {
    path: PathBuf,
    answers: HashMap<Key, Answer>,
    is_new: bool,
}

impl Memo {
    pub(super) fn open(cache_dir: &Path) -> Self {
        let path = cache_dir.join(FILE);
        let bytes = std::fs::read(&path).unwrap_or_default();
        Self {
            answers: parse(&bytes).unwrap_or_default(),
            path,
            is_new: false,
        }
    }

    /// The id that a blob says, or that it says none; nothing where that is not known.
    pub(super) fn get(&mut self, key: Key) -> Option<Option<String>> {
        let answer = self.answers.get_mut(&key)?;
        answer.asked = true;
        Some(answer.id.clone())
    }

    pub(super) fn put(&mut self, key: Key, id: Option<String>) {
        // A longer one than its length can say is read again.
        if id
            .as_ref()
            .is_none_or(|id| id.len() < usize::from(u16::MAX))
        {
            self.answers.insert(key, Answer { id, asked: true });
            self.is_new = true;
        }
    }

    /// Writes what is new, and forgets what nobody asks for where that is most of it.
    pub(super) fn keep(mut self) {
        if !self.is_new {
            return;
        }
        let asked = self.answers.values().filter(|answer| answer.asked).count();
        if self.answers.len() > asked * 2 + SPARE {
            self.answers.retain(|_, answer| answer.asked);
        }
        let mut bytes = HEAD.to_vec();
        for (key, Answer { id, .. }) in &self.answers {
            bytes.extend(key);
            // None is not the same as empty.
            let length = id.as_ref().map_or(0, |id| id.len() + 1);
            let length = u16::try_from(length).expect("because longer ones are not put in");
            bytes.extend(length.to_le_bytes());
            bytes.extend(id.iter().flat_map(|id| id.as_bytes()));
        }
        let proof = hash::content_hash(&bytes);
        bytes.extend(proof);
        if let Err(error) = atomic::write(&self.path, &bytes) {
            tracing::debug!(%error, "ids of other branches are not remembered");
        }
    }
}

/// What is whole; nothing otherwise.
fn parse(bytes: &[u8]) -> Option<HashMap<Key, Answer>> {
    let (bytes, proof) = bytes.split_last_chunk::<32>()?;
    if hash::content_hash(bytes) != *proof {
        return None;
    }
    let mut rest = bytes.strip_prefix(HEAD)?;
    let mut answers = HashMap::new();
    while !rest.is_empty() {
        let (key, behind) = rest.split_first_chunk::<16>()?;
        let (length, behind) = behind.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let (id, behind) = behind.split_at_checked(length.saturating_sub(1))?;
        let id = match length {
            0 => None,
            _ => Some(str::from_utf8(id).ok()?.to_owned()),
        };
        answers.insert(*key, Answer { id, asked: false });
        rest = behind;
    }
    Some(answers)
}
