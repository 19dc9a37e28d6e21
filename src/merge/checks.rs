//! Checklists: a line is known by its text, its box is a value of its own.
//! Gets the text of a section in three versions. Gives the merged text, or none where there is no
//! checklist, or a person must choose.
//! Never: loses a tick.

use std::collections::{HashMap, HashSet};

use crate::merge::lines::{clean_merge, lines};
use crate::merge::order::merge_order;
use crate::merge::three::Three;

/// A checklist line by its text with an empty box, and how often that came before.
type Key = (String, usize);

/// A line of a checklist with the lines that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Check<'a> {
    line: &'a str,
    /// Where the character in the box is.
    mark: usize,
    done: bool,
    below: String,
}

/// A section with one checklist: what is above, its lines, what is below.
struct Sheet<'a> {
    above: String,
    checks: Vec<(Key, Check<'a>)>,
    below: String,
}

/// Merges sections with checklists.
pub(crate) fn merge_checks(texts: &Three<&str>) -> Option<String> {
    let all = [texts.base, texts.one, texts.other];
    if !all
        .iter()
        .any(|text| text.lines().any(|line| mark(line).is_some()))
    {
        return None;
    }
    let sheets = texts.map(|text| sheet(text));
    match sheets {
        Three {
            base: Some(base),
            one: Some(one),
            other: Some(other),
        } => by_text(&Three { base, one, other }).or_else(|| by_lines(texts)),
        _ => by_lines(texts),
    }
}

fn by_text(sheets: &Three<Sheet<'_>>) -> Option<String> {
    let above = clean_merge(&sheets.map(|sheet| sheet.above.as_str()))?;
    let below = clean_merge(&sheets.map(|sheet| sheet.below.as_str()))?;
    let found = sheets.map(|sheet| -> HashMap<&Key, &Check<'_>> {
        sheet
            .checks
            .iter()
            .map(|(key, check)| (key, check))
            .collect()
    });
    let mut gone = HashSet::new();
    for (key, base) in &found.base {
        match (found.one.get(key), found.other.get(key)) {
            (Some(_), Some(_)) => {}
            // One side took it away: not if the other one has done something with it.
            (Some(kept), None) | (None, Some(kept)) if !base.same(kept) => return None,
            _ => {
                gone.insert(*key);
            }
        }
    }
    let order = merge_order(
        &sheets.map(|sheet| sheet.checks.iter().map(|(key, _)| key.clone()).collect()),
        |key| !gone.contains(key),
        Key::cmp,
    );
    let mut text = above;
    for key in &order {
        let versions = found.map(|checks| checks.get(key).copied());
        let kept = versions.one.or(versions.other)?;
        let done = done(&versions.map(|check| check.map(|check| check.done)));
        kept.write(&mut text, done, &below_of(&versions)?);
    }
    text.push_str(&below);
    Some(text)
}

impl Check<'_> {
    fn same(&self, other: &Self) -> bool {
        self.done == other.done && self.below == other.below
    }

    fn write(&self, text: &mut String, done: bool, below: &str) {
        if done == self.done {
            text.push_str(self.line);
        } else {
            text.push_str(&self.line[..self.mark]);
            text.push(if done { 'x' } else { ' ' });
            text.push_str(&self.line[self.mark + 1..]);
        }
        text.push_str(below);
    }
}

/// The lines below a check; none where both sides changed them.
fn below_of(versions: &Three<Option<&Check<'_>>>) -> Option<String> {
    let texts = versions.map(|check| check.map(|check| check.below.as_str()));
    match texts {
        Three {
            one: Some(one),
            other: Some(other),
            base,
        } => clean_merge(&Three {
            base: base.unwrap_or_default(),
            one,
            other,
        }),
        Three { one, other, .. } => one.or(other).map(str::to_owned),
    }
}

/// Ticked wins, unless it was ticked before and a side took the tick away.
fn done(versions: &Three<Option<bool>>) -> bool {
    match (versions.base, versions.one, versions.other) {
        (Some(true), one, other) => one.unwrap_or(true) && other.unwrap_or(true),
        (_, one, other) => one.unwrap_or(false) || other.unwrap_or(false),
    }
}

/// Line by line, with all boxes empty, ticks put back: for sections with several lists, or text
/// between the lines of one.
fn by_lines(texts: &Three<&str>) -> Option<String> {
    let bare = texts.map(|text| bare(text));
    let merged = clean_merge(&bare.map(|bare| bare.text.as_str()))?;
    for (key, base) in &bare.base.done {
        match (bare.one.done.get(key), bare.other.done.get(key)) {
            (Some(kept), None) | (None, Some(kept)) if kept != base => return None,
            _ => {}
        }
    }
    let mut text = String::with_capacity(merged.len());
    let mut times = HashMap::new();
    for line in lines(&merged) {
        let Some(mark) = mark(line) else {
            text.push_str(line);
            continue;
        };
        let key = count(&mut times, line.to_owned());
        let versions = bare.map(|bare| bare.done.get(&key).copied());
        // More often than on either side: moved by both, and doubled by that.
        if versions.one.is_none() && versions.other.is_none() {
            return None;
        }
        text.push_str(&line[..mark]);
        text.push(if done(&versions) { 'x' } else { ' ' });
        text.push_str(&line[mark + 1..]);
    }
    Some(text)
}

/// A text with empty boxes, and which of them were ticked.
struct Bare {
    text: String,
    done: HashMap<Key, bool>,
}

fn bare(text: &str) -> Bare {
    let mut bare = Bare {
        text: String::with_capacity(text.len()),
        done: HashMap::new(),
    };
    let mut times = HashMap::new();
    for line in lines(text) {
        match mark(line) {
            Some(mark) => {
                let empty = emptied(line, mark);
                bare.text.push_str(&empty);
                let key = count(&mut times, empty);
                bare.done.insert(key, is_done(line, mark));
            }
            None => bare.text.push_str(line),
        }
    }
    bare
}

/// A section as a sheet; none where other text stands between the lines of its checklist.
fn sheet(text: &str) -> Option<Sheet<'_>> {
    let mut sheet = Sheet {
        above: String::new(),
        checks: Vec::new(),
        below: String::new(),
    };
    let mut times = HashMap::new();
    for line in lines(text) {
        match (mark(line), sheet.checks.last_mut()) {
            (Some(_), Some(_)) if !sheet.below.is_empty() => return None,
            (Some(mark), _) => {
                let key = count(&mut times, emptied(line, mark).trim_end().to_owned());
                let check = Check {
                    line,
                    mark,
                    done: is_done(line, mark),
                    below: String::new(),
                };
                sheet.checks.push((key, check));
            }
            (None, None) => sheet.above.push_str(line),
            (None, Some((_, check))) => {
                let belongs = line.starts_with([' ', '\t']) && !line.trim().is_empty();
                if belongs && sheet.below.is_empty() {
                    check.below.push_str(line);
                } else {
                    sheet.below.push_str(line);
                }
            }
        }
    }
    Some(sheet)
}

fn count(times: &mut HashMap<String, usize>, text: String) -> Key {
    let time = times.entry(text.clone()).or_default();
    *time += 1;
    (text, *time - 1)
}

fn emptied(line: &str, mark: usize) -> String {
    format!("{} {}", &line[..mark], &line[mark + 1..])
}

fn is_done(line: &str, mark: usize) -> bool {
    line.as_bytes()[mark] != b' '
}

/// Where the character in the box of a checklist line is.
fn mark(line: &str) -> Option<usize> {
    let text = line.trim_start();
    let rest = match text.strip_prefix(['-', '*', '+']) {
        Some(rest) => rest,
        None => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == text.len() {
                return None;
            }
            rest.strip_prefix(['.', ')'])?
        }
    };
    let inner = rest.trim_start_matches(' ');
    let inside = inner
        .strip_prefix('[')
        .filter(|_| inner.len() < rest.len())?;
    let boxed = matches!(
        inside.as_bytes(),
        [b' ' | b'x' | b'X', b']', b' ' | b'\t', ..]
    );
    boxed.then(|| line.len() - inside.len())
}
