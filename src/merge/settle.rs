//! What is undecided in a merged file, and decisions about it: entries of `_conflicts` in the
//! frontmatter, blocks between markers in the body.
//! Gets the bytes of one file, and what is to hold. Gives other bytes.
//! Never: decides by itself; touches what no decision is about.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::edit;
use crate::merge::markers::is_marker;
use crate::merge::text::{self, Dress};
use crate::merge::three::Three;
use crate::merge::unread::PLACE;
use crate::merge::value::{Keys, Quotes, Val, get, values};
use crate::model::document::{Document, Value};
use crate::model::edit::{KeyPath, Op, Refused, Wanted};
use crate::model::merging::{About, CONFLICTS, Choice, Decision, MergeConflict};
use crate::parse::{Decoded, Source, parse};

/// A block between markers in the body, which begins with the line of `<<<<<<<`.
struct Block {
    /// In the body.
    range: Range<usize>,
    ours: String,
    theirs: String,
    base: Option<String>,
    place: String,
}

/// What is undecided in a file. `known` are conflicts of its merge, for the text of the base.
pub(crate) fn conflicts(
    bytes: &[u8],
    source: Source,
    known: &[MergeConflict],
) -> Vec<MergeConflict> {
    let Some((text, _)) = undressed(bytes) else {
        return Vec::new();
    };
    let decoded = decoded(text);
    let document = parse(&decoded, source);
    let entries = entries(&values(&document.frontmatter, &decoded.text));
    let fields = entries.iter().map(|entry| {
        let side = |name| get(entry, name).map(Val::json);
        MergeConflict {
            place: field_of(entry),
            in_body: false,
            base: side("base"),
            ours: side("ours"),
            theirs: side("theirs"),
        }
    });
    let blocks = blocks(&document, known)
        .into_iter()
        .map(|block| MergeConflict {
            place: block.place,
            in_body: true,
            base: block.base,
            ours: Some(block.ours),
            theirs: Some(block.theirs),
        });
    fields.chain(blocks).collect()
}

/// The undecided places of a file in which somebody has written: what stands there is in none of the
/// texts that a merge left.
pub(crate) fn edited(
    now: &[u8],
    source: Source,
    known: &[MergeConflict],
    left: &[Vec<u8>],
) -> Vec<String> {
    let Some(now) = standing(now, source, known) else {
        return Vec::new();
    };
    let left: HashSet<Standing> = left
        .iter()
        .filter_map(|bytes| standing(bytes, source, known))
        .flatten()
        .collect();
    let changed = now.into_iter().filter(|standing| !left.contains(standing));
    changed.map(|standing| standing.place).collect()
}

/// An undecided place, and what stands there meanwhile.
#[derive(PartialEq, Eq, Hash)]
struct Standing {
    place: String,
    texts: Vec<Option<String>>,
}

fn standing(bytes: &[u8], source: Source, known: &[MergeConflict]) -> Option<Vec<Standing>> {
    let decoded = decoded(undressed(bytes)?.0);
    let document = parse(&decoded, source);
    let found = values(&document.frontmatter, &decoded.text);
    let entries = entries(&found);
    let fields = entries.iter().map(|entry| {
        let place = field_of(entry);
        let side = |name| get(entry, name).map(Val::json);
        let now = at(&found, &path_of(&document, &place).0).map(Val::json);
        Standing {
            texts: vec![side("base"), side("ours"), side("theirs"), now],
            place,
        }
    });
    let blocks = blocks(&document, known).into_iter().map(|block| Standing {
        place: block.place,
        texts: vec![Some(block.ours), Some(block.theirs)],
    });
    Some(fields.chain(blocks).collect())
}

/// Carries out decisions. Of several about one place the last one holds.
pub(crate) fn settle(
    bytes: &[u8],
    source: Source,
    known: &[MergeConflict],
    decisions: &[Decision],
) -> Result<Vec<u8>, Refused> {
    let Some((text, dress)) = undressed(bytes) else {
        return Err(Refused::at("not-utf8", 0, "the file is no text"));
    };
    let (text, count) = fields(text, source, decisions)?;
    let text = bodies(text, source, known, decisions, count)?;
    Ok(dress.bytes(&text))
}

fn undressed(bytes: &[u8]) -> Option<(String, Dress)> {
    let same = Three {
        base: bytes,
        one: bytes,
        other: bytes,
    };
    text::undress(&same).map(|(texts, dress)| (texts.one, dress))
}

fn decoded(text: String) -> Decoded {
    Decoded {
        text,
        ..Decoded::default()
    }
}

/// What is to hold at a place, which is the conflict of that number.
fn choice<'d>(decisions: &'d [Decision], place: &str, number: usize) -> Option<&'d Choice> {
    let about = |decision: &&Decision| match &decision.about {
        About::All => true,
        About::Place(named) => named == place,
        About::Number(named) => *named == number,
    };
    decisions
        .iter()
        .rev()
        .find(about)
        .map(|decision| &decision.choice)
}

/// The entries of `_conflicts` that say of which field they are.
fn entries(values: &Keys) -> Vec<Keys> {
    let Some(Val::List(entries)) = get(values, CONFLICTS) else {
        return Vec::new();
    };
    let maps = entries.iter().filter_map(|entry| match entry {
        Val::Map(keys) if get(keys, "field").is_some() => Some(keys.clone()),
        _ => None,
    });
    maps.collect()
}

fn field_of(entry: &Keys) -> String {
    get(entry, "field")
        .and_then(Val::scalar)
        .unwrap_or_default()
}

/// The text with its frontmatter decided, and how many fields were undecided.
fn fields(
    text: String,
    source: Source,
    decisions: &[Decision],
) -> Result<(String, usize), Refused> {
    let decoded = decoded(text);
    let document = parse(&decoded, source);
    let found = values(&document.frontmatter, &decoded.text);
    let mut ops = Vec::new();
    let mut left = Vec::new();
    let entries = entries(&found);
    for (number, entry) in entries.iter().enumerate() {
        let field = field_of(entry);
        let Some(choice) = choice(decisions, &field, number) else {
            left.push(Val::Map(entry.clone()));
            continue;
        };
        let key = path_of(&document, &field);
        let now = at(&found, &key.0);
        let chosen = match choice {
            Choice::Ours => get(entry, "ours"),
            Choice::Theirs => get(entry, "theirs"),
            Choice::Base => get(entry, "base"),
            Choice::Value(text) => {
                let value = Wanted::Alike(text.clone());
                ops.push(Op::Set { key, value });
                continue;
            }
        };
        match (chosen, now) {
            (Some(chosen), Some(now)) if chosen == now => {}
            (Some(chosen), _) => {
                let value = match chosen {
                    Val::Text { text, .. } => Wanted::Alike(text.clone()),
                    value => value.wanted(Quotes::AsWritten),
                };
                ops.push(Op::Set { key, value });
            }
            (None, Some(_)) => ops.push(Op::Unset { key }),
            (None, None) => {}
        }
    }
    if left.len() == entries.len() {
        return Ok((decoded.text, entries.len()));
    }
    let key = KeyPath::top(CONFLICTS);
    ops.push(if left.is_empty() {
        Op::Unset { key }
    } else {
        let value = Val::List(left).wanted(Quotes::AsWritten);
        Op::Set { key, value }
    });
    let edited = edit::apply(decoded.text.as_bytes(), source, &ops)?;
    let text = String::from_utf8(edited.bytes);
    text.map(|text| (text, entries.len()))
        .map_err(|_| Refused::at("not-proved", 0, "the result would be no text"))
}

/// The way to a field: a key may hold dots itself.
fn path_of(document: &Document<'_>, field: &str) -> KeyPath {
    let mut path = Vec::new();
    let mut entries = &document.frontmatter;
    let mut rest = field;
    'down: while rest.contains('.') {
        if entries.iter().any(|entry| entry.key == rest) {
            break;
        }
        // The longest key that is a map, and begins the rest.
        let mut dots: Vec<usize> = memchr::memchr_iter(b'.', rest.as_bytes()).collect();
        dots.reverse();
        for dot in dots {
            let inner = entries.iter().find(|entry| entry.key == rest[..dot]);
            if let Some(Value::Map(inner)) = inner.map(|entry| &entry.node.value) {
                path.push(rest[..dot].to_owned());
                (entries, rest) = (inner, &rest[dot + 1..]);
                continue 'down;
            }
        }
        break;
    }
    path.push(rest.to_owned());
    KeyPath(path)
}

fn at<'v>(values: &'v Keys, path: &[String]) -> Option<&'v Val> {
    let (first, rest) = path.split_first()?;
    match (get(values, first)?, rest) {
        (value, []) => Some(value),
        (Val::Map(keys), rest) => at(keys, rest),
        _ => None,
    }
}

fn bodies(
    text: String,
    source: Source,
    known: &[MergeConflict],
    decisions: &[Decision],
    before: usize,
) -> Result<String, Refused> {
    let decoded = decoded(text);
    let document = parse(&decoded, source);
    let body = document.body;
    let mut text = decoded.text[..decoded.text.len() - body.len()].to_owned();
    let mut written = 0;
    for (number, block) in blocks(&document, known).into_iter().enumerate() {
        let Some(choice) = choice(decisions, &block.place, before + number) else {
            continue;
        };
        let chosen = match choice {
            Choice::Ours => block.ours,
            Choice::Theirs => block.theirs,
            Choice::Base => block.base.ok_or_else(|| {
                Refused::at(
                    "no-base",
                    0,
                    format!("the base of `{}` is not known", block.place),
                )
                .hint("choose `ours` or `theirs`, or edit the file")
            })?,
            Choice::Value(text) => format!("{}\n", text.trim_end_matches('\n')),
        };
        if block.place == PLACE && !chosen.is_empty() {
            let reason = "that side's frontmatter cannot be read, or not be merged";
            return Err(Refused::at("invalid-frontmatter", 0, reason)
                .hint("edit the file: what is missing stands in the block"));
        }
        text.push_str(&body[written..block.range.start]);
        text.push_str(&chosen);
        written = block.range.end;
    }
    text.push_str(&body[written..]);
    Ok(text)
}

/// The blocks between markers in the body. Those in code are documentation, unless this merge made
/// them.
fn blocks(document: &Document<'_>, known: &[MergeConflict]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, [String; 3], usize)> = None;
    let mut offset = 0;
    for line in document.body.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        match open.as_mut() {
            None => {
                if let Some(size) = is_marker(line, '<', None) {
                    open = Some((start, size, Default::default(), 0));
                }
            }
            Some((_, size, parts, part)) => {
                let marks = |mark| is_marker(line, mark, Some(*size)).is_some();
                if *part == 0 && marks('|') {
                    *part = 1;
                } else if *part < 2 && marks('=') {
                    *part = 2;
                } else if *part == 2 && marks('>') {
                    if let Some((start, _, [ours, base, theirs], _)) = open.take() {
                        let block = Block {
                            range: start..offset,
                            base: (!base.is_empty()).then_some(base),
                            ours,
                            theirs,
                            place: String::new(),
                        };
                        found.push(block);
                    }
                } else {
                    parts[*part].push_str(line);
                }
            }
        }
    }
    let made: HashMap<(&str, &str), &MergeConflict> = (known.iter())
        .filter(|known| known.in_body)
        .filter_map(|known| Some(((known.ours.as_deref()?, known.theirs.as_deref()?), known)))
        .collect();
    found.retain_mut(|block| {
        let merged = made.get(&(block.ours.as_str(), block.theirs.as_str()));
        let at = block.range.start;
        let sections = &document.sections;
        let above = sections.partition_point(|section| section.range.start <= at);
        let title = above
            .checked_sub(1)
            .map(|above| sections[above].title.clone());
        block.place = match merged {
            Some(merged) => merged.place.clone(),
            None if at == 0 && is_frontmatter(block) => PLACE.to_owned(),
            None => title.unwrap_or_default(),
        };
        if let Some(merged) = merged {
            block.base = merged.base.clone();
        }
        let code = document.opaque.partition_point(|range| range.end <= at);
        let in_code = document
            .opaque
            .get(code)
            .is_some_and(|range| range.contains(&at));
        merged.is_some() || !in_code
    });
    found
}

/// A block as `unread` writes it: frontmatter in a code block, on one side or both.
fn is_frontmatter(block: &Block) -> bool {
    let code = |text: &str| {
        let inner = text.trim_start_matches('`');
        text.len() - inner.len() >= 3 && (inner.starts_with("\n---") || inner.starts_with("\n+++"))
    };
    let (ours, theirs) = (&block.ours, &block.theirs);
    (code(ours) && (theirs.is_empty() || code(theirs))) || (ours.is_empty() && code(theirs))
}
