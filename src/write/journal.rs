//! What a write means to do, noted before it does it: so that the next one can tell what is done
//! after the process was killed, and give back what an editor had saved meanwhile.
//! Gets entries; gives them back. Never: decides (that is `session`).
//!
//! ```text
//! kanban-journal 1 NUL root NUL what NUL at NUL
//! KIND BEFORE AFTER FOLDER STAGE PATH NUL         one a file
//! staged NUL                                      only from here on files change places
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::hash;

/// The head of a journal that we can read.
const HEAD: &str = "kanban-journal 1";
/// Behind the last entry, when all new files stand ready.
const STAGED: &str = "staged";
/// In the place of a hash where there is no file.
const NONE: &str = "-";

/// blake3 of a file's bytes.
pub(crate) type Hash = [u8; 32];

/// What became of one file of a write that was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is as the write meant it.
    Done,
    /// It is as it was.
    Untouched,
    /// It is neither: somebody has changed it since.
    Other,
}

/// A write of several files that did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CutOff {
    /// The command, in words.
    pub what: String,
    /// When it began, RFC 3339.
    pub at: String,
    /// Paths below the root.
    pub files: Vec<(String, Fate)>,
}

/// The journal of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    pub root: PathBuf,
    pub what: String,
    pub at: String,
    pub entries: Vec<Entry>,
    pub staged: bool,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// None where the file is made.
    pub before: Option<Hash>,
    /// None where it is taken away.
    pub after: Option<Hash>,
    /// Where the new bytes stand until they are put in place.
    pub stage: OsString,
    /// True where the stage is in the folder of the file itself, on another file system than ours.
    pub beside: bool,
    pub path: PathBuf,
}

impl Journal {
    /// The bytes of the journal, up to where files begin to change places.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for part in [
            HEAD.as_bytes(),
            &path_bytes(&self.root),
            self.what.as_bytes(),
            self.at.as_bytes(),
        ] {
            out.extend(part.iter().filter(|byte| **byte != 0));
            out.push(0);
        }
        for entry in &self.entries {
            let hash = |hash: &Option<Hash>| hash.map_or(NONE.to_owned(), |hash| hash::hex(&hash));
            let beside = if entry.beside { "beside" } else { "ours" };
            let head = format!("{} {} {beside} ", hash(&entry.before), hash(&entry.after));
            out.extend(head.as_bytes());
            out.extend(path_bytes(Path::new(&entry.stage)));
            out.push(b' ');
            out.extend(path_bytes(&entry.path));
            out.push(0);
        }
        out
    }

    /// What is appended when all new files stand ready.
    pub(super) fn staged_mark() -> Vec<u8> {
        [STAGED.as_bytes(), &[0]].concat()
    }

    /// Reads a journal; none where it is none of ours or was not written to the end of its head.
    /// An entry that is cut is left out: then nothing had changed places yet.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut parts = bytes.split(|byte| *byte == 0);
        if parts.next()? != HEAD.as_bytes() {
            return None;
        }
        let root = path_of(parts.next()?);
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        let what = text(parts.next()?);
        let at = text(parts.next()?);
        let mut entries = Vec::new();
        let mut staged = false;
        for part in parts {
            if part == STAGED.as_bytes() {
                staged = true;
            } else if let Some(entry) = Entry::parse(part) {
                entries.push(entry);
            }
        }
        Some(Self {
            root,
            what,
            at,
            entries,
            staged,
        })
    }
}

impl Entry {
    fn parse(part: &[u8]) -> Option<Self> {
        let mut words = part.splitn(5, |byte| *byte == b' ');
        let before = hash_of(words.next()?)?;
        let after = hash_of(words.next()?)?;
        let beside = words.next()? == b"beside";
        let stage = path_of(words.next()?).into_os_string();
        let path = path_of(words.next()?);
        Some(Self {
            before,
            after,
            stage,
            beside,
            path,
        })
    }
}

#[expect(clippy::option_option, reason = "no hash, and a hash that is none")]
fn hash_of(word: &[u8]) -> Option<Option<Hash>> {
    if word == NONE.as_bytes() {
        return Some(None);
    }
    let text = str::from_utf8(word).ok()?;
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(Some(hash))
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

/// Elsewhere names are not bytes; ours are UTF-8.
#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
