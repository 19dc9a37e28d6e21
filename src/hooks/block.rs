//! Our block in a hook: its text, and where it stands.
//! Gets bytes of a hook file; gives other bytes.
//! Never: touches a file; changes a byte outside its two markers.

use std::ops::Range;
use std::path::Path;

use crate::source::name;

const BLOCK: &str = include_str!("../../hooks/block.sh");
const CHAIN: &str = include_str!("../../hooks/chain.sh");

/// The variable on which a block answers and leaves.
pub(super) const PROBE: &str = "KANBAN_HOOK_PROBE";
/// The first line of a hook that we make.
pub(super) const SHEBANG: &[u8] = b"#!/bin/sh\n";

/// What the file around a block is, so that uninstall knows what to leave behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody's shell script.
    Guest,
    /// A file that we made.
    Own,
    /// The same, in a folder that we made too.
    OwnFolder,
    /// A file that we made, which runs the kept one.
    Chain,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Guest, Self::Own, Self::OwnFolder, Self::Chain];

    fn word(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Own => "own",
            Self::OwnFolder => "own-folder",
            Self::Chain => "chain",
        }
    }
}

/// What a file holds of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    None,
    Whole {
        range: Range<usize>,
        kind: Kind,
    },
    /// A marker without its other half.
    Broken,
}

/// The block with its markers.
pub(super) fn text(hook: &str, kind: Kind, program: &Path) -> Vec<u8> {
    let mut template = BLOCK.to_owned();
    if kind == Kind::Chain {
        let last = template.rfind("# <<<").unwrap_or(template.len());
        template.insert_str(last, CHAIN);
    }
    fill(&template, hook, kind.word(), program)
}

/// What git's configuration holds: no markers, and an end at which git may put its arguments.
pub(super) fn command(hook: &str, program: &Path) -> Vec<u8> {
    let inner: String = BLOCK
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut text = fill(&inner, hook, "", program);
    text.push(b':');
    text
}

/// A whole file of ours.
pub(super) fn whole(hook: &str, kind: Kind, program: &Path) -> Vec<u8> {
    [SHEBANG, &text(hook, kind, program)].concat()
}

/// What the block prints when it is asked.
pub(super) fn answer(hook: &str, token: &str) -> String {
    format!("kanban-hook {hook} {token}")
}

/// Finds the first block.
pub(super) fn find(bytes: &[u8], hook: &str) -> Standing {
    let end_marker = format!("# <<< kanban {hook} <<<");
    let mut open: Option<(usize, Kind)> = None;
    for line in lines(bytes) {
        let text = bytes[line.clone()].trim_ascii_end();
        let begun = Kind::ALL
            .into_iter()
            .find(|kind| text == format!("# >>> kanban {hook} {} >>>", kind.word()).as_bytes());
        match (open, begun) {
            (None, Some(kind)) => open = Some((line.start, kind)),
            (Some(_), Some(_)) => return Standing::Broken,
            (Some((start, kind)), None) if text == end_marker.as_bytes() => {
                return Standing::Whole {
                    range: start..line.end,
                    kind,
                };
            }
            (None, None) if text == end_marker.as_bytes() => return Standing::Broken,
            (_, None) => {}
        }
    }
    match open {
        Some(_) => Standing::Broken,
        None => Standing::None,
    }
}

/// Ranges of the lines, each with its line end.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            let range = start..start + line.len();
            start = range.end;
            range
        })
}

/// The bytes without that range.
pub(super) fn without(bytes: &[u8], range: &Range<usize>) -> Vec<u8> {
    [&bytes[..range.start], &bytes[range.end..]].concat()
}

/// The bytes with `block` behind the first line.
pub(super) fn with(bytes: &[u8], block: &[u8]) -> Vec<u8> {
    let (first, rest) = bytes.split_at(behind_first_line(bytes));
    [first, block, rest].concat()
}

/// Where the second line begins.
pub(super) fn behind_first_line(bytes: &[u8]) -> usize {
    lines(bytes).next().map_or(0, |line| line.end)
}

fn fill(template: &str, hook: &str, kind: &str, program: &Path) -> Vec<u8> {
    // The index changes for many reasons; 1 says that the work tree has changed with it.
    let when = match hook {
        "post-index-change" => "[ \"${1-}\" = 1 ] && ",
        _ => "",
    };
    let text = template
        .replace("@HOOK@", hook)
        .replace("@KIND@", kind)
        .replace("@WHEN@", when);
    let program = quoted(name::os_bytes(program.as_os_str()));
    let mut filled = Vec::with_capacity(text.len() + 2 * program.len());
    for (at, part) in text.split("@PROGRAM@").enumerate() {
        if at > 0 {
            filled.extend_from_slice(&program);
        }
        filled.extend_from_slice(part.as_bytes());
    }
    filled
}

/// One word of a shell, whatever is in it.
fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in bytes {
        match byte {
            b'\'' => word.extend_from_slice(b"'\\''"),
            byte => word.push(*byte),
        }
    }
    word.push(b'\'');
    word
}
