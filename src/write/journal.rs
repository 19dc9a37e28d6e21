//! What a write means to do, noted before it does it: so that the next one can finish what was begun
//! when the process was killed, and give back what an editor had saved meanwhile.
//! Gets entries; gives them back. Never: decides (that is `session`, and `forward` after a kill).
//!
//! ```text
//! kanban-journal 3 NUL root NUL head NUL what NUL at NUL first|each NUL
//! BEFORE AFTER FOLDER GROUP STAGE PATH NUL TO NUL   one a file; TO is empty but for a move
//! dropped GROUP NUL                                 a group that could not be staged
//! staged NUL                                        only from here on files change places
//! finished|untouched|left NUL                       before stages go, and for people
//! ```

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::base::hash;

/// How journals of all versions begin.
pub(super) const MAGIC: &[u8] = b"kanban-journal ";
/// The head of a journal that we can read.
const HEAD: &str = "kanban-journal 3";
/// Behind the last entry, when all new files stand ready.
const STAGED: &str = "staged";
/// In front of the number of a group that is not carried out.
const DROPPED: &str = "dropped ";
/// In the place of HEAD where it could not be read.
const UNKNOWN: &str = "?";
/// Whether the first group decides about the others.
const FIRST: &str = "first";
const EACH: &str = "each";
/// In the place of a hash where there is no file.
const NONE: &str = "-";

/// blake3 of a file's bytes.
pub(crate) type Hash = [u8; 32];

/// What became of one file of a write that was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It is as the write meant it.
    Done,
    /// It is neither that nor as it was: somebody has changed it since.
    Other,
    /// It is as it was.
    Untouched,
}

/// How a write that was cut off has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody has looked at it yet: the next command does.
    Open,
    /// All of it was done.
    Finished,
    /// Nothing had been begun, and nothing was done.
    Untouched,
    /// A part of it, as somebody has changed files or HEAD since.
    Left,
}

/// A write that did not come to its end by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CutOff {
    /// The command, in words.
    pub what: String,
    /// When it began, RFC 3339.
    pub at: String,
    pub ending: Ending,
    /// Paths below the root, sorted.
    pub files: Vec<(String, Fate)>,
}

/// The journal of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Journal {
    /// Relative to the top of the work tree: the journal is moved and copied with it.
    pub root: PathBuf,
    /// Branch and commit; none where they could not be read.
    pub head: Option<String>,
    pub what: String,
    pub at: String,
    /// No other group is carried out where the first one is not.
    pub first_decides: bool,
    /// In the order of their groups.
    pub entries: Vec<Entry>,
    pub staged: bool,
    pub ending: Ending,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// None where the file is made.
    pub before: Option<Hash>,
    /// None where it is taken away or moved.
    pub after: Option<Hash>,
    /// Where the new bytes stand until they are put in place.
    pub stage: OsString,
    /// True where the stage is in the folder of the file itself, on another file system than ours.
    pub beside: bool,
    /// Entries of one number are done together.
    pub group: usize,
    pub path: PathBuf,
    /// The other name, where it only gets that.
    pub to: Option<PathBuf>,
}

/// What is to be done with a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act<'e> {
    Replace { before: &'e Hash, after: &'e Hash },
    Create { after: &'e Hash },
    Remove { before: &'e Hash },
    Move { before: &'e Hash, to: &'e Path },
}

impl Journal {
    /// The bytes of the journal, up to where files begin to change places.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for part in [
            HEAD.as_bytes(),
            &path_bytes(&self.root),
            self.head.as_deref().unwrap_or(UNKNOWN).as_bytes(),
            self.what.as_bytes(),
            self.at.as_bytes(),
            if self.first_decides { FIRST } else { EACH }.as_bytes(),
        ] {
            out.extend(part.iter().filter(|byte| **byte != 0));
            out.push(0);
        }
        for entry in &self.entries {
            let hash = |hash: &Option<Hash>| hash.map_or(NONE.to_owned(), |hash| hash::hex(&hash));
            let beside = if entry.beside { "beside" } else { "ours" };
            let (before, after) = (hash(&entry.before), hash(&entry.after));
            let head = format!("{before} {after} {beside} {} ", entry.group);
            out.extend(head.as_bytes());
            out.extend(path_bytes(Path::new(&entry.stage)));
            out.push(b' ');
            out.extend(path_bytes(&entry.path));
            out.push(0);
            out.extend(entry.to.as_deref().map(path_bytes).unwrap_or_default());
            out.push(0);
        }
        out
    }

    /// What is appended when all new files stand ready but those of `dropped` groups.
    pub(super) fn staged_mark(dropped: impl Iterator<Item = usize>) -> Vec<u8> {
        let dropped = dropped.map(|group| format!("{DROPPED}{group}\0"));
        format!("{}{STAGED}\0", dropped.collect::<String>()).into_bytes()
    }

    /// The journal as it is kept for people to see.
    pub(super) fn record(&self) -> Vec<u8> {
        let mut out = self.bytes();
        if self.staged {
            out.extend(Self::staged_mark(std::iter::empty()));
        }
        out.extend(self.ending.mark());
        out
    }

    /// Reads a journal; none where it is none of ours or was not written to the end of its head.
    /// An entry that is cut is left out, or its last path is cut: then nothing had changed places yet.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut parts = bytes.split(|byte| *byte == 0);
        if parts.next()? != HEAD.as_bytes() {
            return None;
        }
        let root = path_of(parts.next()?);
        let mut inner = root.components();
        if !inner.all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        let head = Some(text(parts.next()?)).filter(|head| head != UNKNOWN);
        let what = text(parts.next()?);
        let at = text(parts.next()?);
        let first_decides = parts.next()? == FIRST.as_bytes();
        let mut journal = Self {
            root,
            head,
            what,
            at,
            first_decides,
            entries: Vec::new(),
            staged: false,
            ending: Ending::Open,
        };
        while let Some(part) = parts.next() {
            let word = str::from_utf8(part).unwrap_or_default();
            let dropped = word.strip_prefix(DROPPED);
            if word == STAGED {
                journal.staged = true;
            } else if let Some(ending) = Ending::parse(word) {
                journal.ending = ending;
            } else if let Some(group) = dropped.and_then(|group| group.parse::<usize>().ok()) {
                journal.entries.retain(|entry| entry.group != group);
            } else if let Some(to) = parts.next() {
                journal.entries.extend(Entry::parse(part, to));
            }
        }
        Some(journal)
    }
}

impl Ending {
    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Finished => "finished",
            Self::Untouched => "untouched",
            Self::Left => "left",
        }
    }

    /// As it is appended to the journal.
    pub(super) fn mark(self) -> Vec<u8> {
        format!("{}\0", self.as_str()).into_bytes()
    }

    fn parse(word: &str) -> Option<Self> {
        let all = [Self::Open, Self::Finished, Self::Untouched, Self::Left];
        all.into_iter().find(|ending| ending.as_str() == word)
    }
}

impl Entry {
    fn parse(part: &[u8], to: &[u8]) -> Option<Self> {
        let mut words = part.splitn(6, |byte| *byte == b' ');
        let before = hash_of(words.next()?)?;
        let after = hash_of(words.next()?)?;
        let beside = words.next()? == b"beside";
        let group = str::from_utf8(words.next()?).ok()?.parse().ok()?;
        let stage = path_of(words.next()?).into_os_string();
        let path = path_of(words.next()?);
        let to = (!to.is_empty()).then(|| path_of(to));
        Some(Self {
            before,
            after,
            stage,
            beside,
            group,
            path,
            to,
        })
    }

    /// What is to be done; none where that is nothing.
    pub(super) fn act(&self) -> Option<Act<'_>> {
        match (&self.before, &self.after, &self.to) {
            (Some(before), None, Some(to)) => Some(Act::Move { before, to }),
            (Some(before), None, None) => Some(Act::Remove { before }),
            (Some(before), Some(after), _) => Some(Act::Replace { before, after }),
            (None, Some(after), _) => Some(Act::Create { after }),
            (None, None, _) => None,
        }
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
