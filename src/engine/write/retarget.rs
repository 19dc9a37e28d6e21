//! Links by path and file name, and what they are to say when the file has another path.
//! Gets links as they are written, and paths from the root. Gives other words for them.
//! Never: reads a file.

use crate::base::path;
use crate::stores::sqlite::Pointer;

/// How a link is written, which tells where its target begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Frontmatter,
    Wikilink,
    Markdown,
}

impl Kind {
    pub(super) fn of(pointer: &Pointer) -> Self {
        match (pointer.in_frontmatter, pointer.is_wikilink) {
            (true, _) => Self::Frontmatter,
            (false, true) => Self::Wikilink,
            (false, false) => Self::Markdown,
        }
    }

    /// Whether a target may begin behind this text, and end before that one.
    fn fits(self, before: &str, behind: &str) -> bool {
        let ends = |signs: &str| {
            behind
                .trim_end_matches('\n')
                .chars()
                .next()
                .is_none_or(|c| signs.contains(c))
        };
        match self {
            Self::Frontmatter => {
                let opens = |c| " \t[(<\"',-".contains(c);
                before.chars().next_back().is_none_or(opens) && ends(" \t\r])>\"'|#,")
            }
            Self::Wikilink => before.trim_end().ends_with("[[") && ends(" \t]|#\\"),
            Self::Markdown => {
                let before = before.trim_end_matches('<').trim_end();
                (before.ends_with("](") || before.ends_with("]:")) && ends(" \t\r)>#?")
            }
        }
    }
}

/// What a link is to say that names an id and the beginning of the uid, and so can mean no other item.
pub(super) fn new_id(pointer: &Pointer, old: &str, new: &str) -> Option<String> {
    let (id, uid) = pointer.target.split_once('@')?;
    id.eq_ignore_ascii_case(old).then(|| format!("{new}@{uid}"))
}

/// What the link is to say; none where it says the same as before, as an id does.
pub(super) fn new_target(pointer: &Pointer, path: &str, target: &str) -> Option<String> {
    let encoded = pointer.target.as_str();
    let written = &*path::decoded(encoded);
    let is_encoded = encoded != written;
    let spell = |new: String| match is_encoded || Kind::of(pointer) == Kind::Markdown {
        true => new.replace(' ', "%20"),
        false => new,
    };
    let (old_name, new_name) = (path::name_of(path), path::name_of(target));
    let (old_stem, new_stem) = (path::stem_of(path), path::stem_of(target));
    if written.eq_ignore_ascii_case(old_stem) {
        return (old_stem != new_stem).then(|| spell(new_stem.to_owned()));
    }
    let from = path::folder_of(&pointer.file);
    if !written.contains('/') && written == old_name && from != path::folder_of(path) {
        return (old_name != new_name).then(|| spell(new_name.to_owned()));
    }
    let bare = written.trim_start_matches('/');
    for (old, new) in [
        (path, target),
        (path::without_ending(path), path::without_ending(target)),
    ] {
        // From the root where that is how it is written, also in the folder at the root.
        let is_relative =
            !from.is_empty() && leads(from, written).is_some_and(|there| there == old);
        if is_relative {
            let mut way = path::relative(from, new);
            if written.starts_with("./") && !way.starts_with("../") {
                way.insert_str(0, "./");
            }
            return Some(spell(way));
        }
        if bare.trim_start_matches("./") == old {
            let lead = &written[..written.len() - bare.trim_start_matches("./").len()];
            return Some(spell(format!("{lead}{new}")));
        }
    }
    None
}

/// Another target for a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// Line of the file, from 1.
    pub line: u32,
    pub kind: Kind,
    pub old: String,
    pub new: String,
}

/// The bytes with other targets for these links, and of each whether it was found where it is read.
/// What one edit has written, no other one touches; comments and code are left alone.
pub(super) fn retargeted(bytes: &[u8], edits: &[Edit]) -> (Vec<u8>, Vec<bool>) {
    let mut found = vec![false; edits.len()];
    let mut out = Vec::with_capacity(bytes.len());
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let mut above: &[u8] = b"";
    for (number, line) in (1..).zip(lines) {
        let mut own: Vec<usize> = (0..edits.len())
            .filter(|at| edits[*at].line == number)
            .collect();
        // Of two targets that begin alike, the longer one is meant where it stands.
        own.sort_by_key(|at| std::cmp::Reverse(edits[*at].old.len()));
        match str::from_utf8(line) {
            Ok(text) if !own.is_empty() => {
                out.extend(
                    in_line(text, above.trim_ascii_end(), edits, &own, &mut found).into_bytes(),
                );
            }
            _ => out.extend(line),
        }
        above = line;
    }
    (out, found)
}

/// `above` is the line before: the destination of a definition may stand on a line of its own.
fn in_line(text: &str, above: &[u8], edits: &[Edit], own: &[usize], found: &mut [bool]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let (mut ticks, mut quote) = (0_usize, None);
    while let Some(c) = text[at..].chars().next() {
        let (before, rest) = text.split_at(at);
        let is_first = before.trim_start_matches([' ', '\t', '>', '<']).is_empty();
        let opening = match is_first && above.ends_with(b"]:") {
            true => "]:",
            false => before,
        };
        let is_comment = quote.is_none() && c == '#' && before.ends_with([' ', '\t']);
        let hit = own.iter().find(|number| {
            let edit = &edits[**number];
            let is_open = match edit.kind {
                Kind::Frontmatter => true,
                // Inline code runs between backticks.
                Kind::Wikilink | Kind::Markdown => ticks.is_multiple_of(2),
            };
            is_open
                && rest
                    .strip_prefix(edit.old.as_str())
                    .is_some_and(|behind| !edit.old.is_empty() && edit.kind.fits(opening, behind))
        });
        let in_front = own.iter().any(|at| edits[*at].kind == Kind::Frontmatter);
        if in_front && is_comment {
            out.push_str(rest);
            return out;
        }
        if let Some(number) = hit {
            out.push_str(&edits[*number].new);
            at += edits[*number].old.len();
            for other in own {
                found[*other] |= edits[*other].old == edits[*number].old;
            }
            continue;
        }
        match (c, quote) {
            ('`', _) => ticks += 1,
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        out.push(c);
        at += c.len_utf8();
    }
    out
}

pub(super) fn split_heading(target: &str) -> (&str, &str) {
    target
        .find('#')
        .map_or((target, ""), |at| target.split_at(at))
}

/// Where a relative link leads from a folder; none where it leaves the root or has a scheme.
pub(super) fn leads(folder: &str, way: &str) -> Option<String> {
    let is_way = !way.is_empty() && !way.starts_with('/') && !way.contains("://");
    is_way.then(|| path::resolved(folder, way)).flatten()
}
