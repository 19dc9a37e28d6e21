//! The text of merged frontmatter: made of the sides' own lines, edited where no side has the value.
//! Gets the versions and the values that were decided. Gives text that reads as those values.
//! Never: gives text that was not read back.

use std::collections::{BTreeSet, HashMap};

use crate::edit;
use crate::merge::order::merge_order;
use crate::merge::three::Three;
use crate::merge::value::{Keys, Quotes, Val, get, values};
use crate::merge::version::Version;
use crate::model::edit::{KeyPath, Op};
use crate::model::merging::CONFLICTS;
use crate::parse::{Decoded, Source, parse};

/// Text that has these values: with comments, order and quotes of both sides as far as that can be
/// proved, and else of one of them. None where nothing can be proved.
pub(crate) fn write(
    versions: &Three<&Version<'_>>,
    source: Source,
    wanted: &Keys,
) -> Option<String> {
    let composed = compose(versions, wanted);
    let candidates = [
        composed.as_deref(),
        Some(versions.one.head),
        Some(versions.other.head),
    ];
    let text = candidates
        .into_iter()
        .flatten()
        .find_map(|head| edited(head, source, wanted))?;
    let with_remarks = with_remarks(versions, &text);
    match read(&with_remarks, source) {
        Some(found) if same(&found, wanted) => Some(with_remarks),
        _ => Some(text),
    }
}

/// The text with the remarks that got lost where both sides changed a list or a map: at the end, since
/// the place they had is gone. A remark that one side took out stays out.
fn with_remarks(versions: &Three<&Version<'_>>, text: &str) -> String {
    let [base, one, other] = [versions.base, versions.one, versions.other]
        .map(|version| remarks(version.head).collect::<BTreeSet<_>>());
    let there: BTreeSet<&str> = remarks(text).collect();
    let all = one.union(&other);
    let wanted = all.filter(|remark| {
        !base.contains(**remark) || (one.contains(**remark) && other.contains(**remark))
    });
    let lost: Vec<&str> = wanted
        .copied()
        .filter(|remark| !there.contains(remark))
        .collect();
    if lost.is_empty() {
        return text.to_owned();
    }
    // Before the fence that closes the block; a whole file has none.
    let end = match versions.one.whole {
        true => text.len(),
        false => text
            .trim_end_matches('\n')
            .rfind('\n')
            .map_or(text.len(), |at| at + 1),
    };
    let mut out = text[..end].to_owned();
    for remark in lost {
        out.push_str(remark);
        out.push('\n');
    }
    out + &text[end..]
}

/// What stands behind a `#` that begins a remark, outside of quotes.
fn remarks(head: &str) -> impl Iterator<Item = &str> {
    head.lines().filter_map(|line| {
        let mut quote = None;
        for (at, c) in line.char_indices() {
            let is_free = at == 0 || line[..at].ends_with([' ', '\t']);
            match (c, quote) {
                ('#', None) if is_free => return Some(line[at..].trim_end()),
                ('"' | '\'', None) if is_free => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                _ => {}
            }
        }
        None
    })
}

/// The text with the values, by as few edits as do.
fn edited(head: &str, source: Source, wanted: &Keys) -> Option<String> {
    let found = read(head, source)?;
    if same(&found, wanted) {
        return Some(head.to_owned());
    }
    let ways = [
        (Lists::InPlace, Quotes::AsWritten),
        (Lists::Anew, Quotes::AsWritten),
        (Lists::Anew, Quotes::AsNeeded),
    ];
    ways.into_iter().find_map(|(lists, quotes)| {
        let mut ops = Vec::new();
        differences(&mut ops, &mut Vec::new(), &found, wanted, lists, quotes);
        let edited = edit::apply(head.as_bytes(), source, &ops).ok()?;
        let text = String::from_utf8(edited.bytes).ok()?;
        same(&read(&text, source)?, wanted).then_some(text)
    })
}

/// The values of a text that is frontmatter and nothing else.
fn read(head: &str, source: Source) -> Option<Keys> {
    let decoded = Decoded {
        text: head.to_owned(),
        ..Decoded::default()
    };
    let document = parse(&decoded, source);
    let doubled = |code: &str| matches!(code, "duplicate-key" | "nul-byte");
    let sound = !document.invalid
        && document.body.is_empty()
        && !document
            .problems
            .iter()
            .any(|problem| doubled(problem.code));
    sound.then(|| values(&document.frontmatter, head))
}

fn same(a: &Keys, b: &Keys) -> bool {
    Val::Map(a.clone()) == Val::Map(b.clone())
}

/// How a list is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lists {
    /// Elements are taken out and put behind.
    InPlace,
    /// The whole value is written.
    Anew,
}

fn differences(
    ops: &mut Vec<Op>,
    path: &mut Vec<String>,
    found: &Keys,
    wanted: &Keys,
    lists: Lists,
    quotes: Quotes,
) {
    let has: HashMap<&str, &Val> = wanted.iter().map(|(key, value)| (&**key, value)).collect();
    let had: HashMap<&str, &Val> = found.iter().map(|(key, value)| (&**key, value)).collect();
    let at = |path: &[String], key: &str| {
        KeyPath(path.iter().cloned().chain([key.to_owned()]).collect())
    };
    for (key, _) in found.iter().filter(|(key, _)| !has.contains_key(&**key)) {
        ops.push(Op::Unset { key: at(path, key) });
    }
    for (key, value) in wanted {
        let key_path = at(path, key);
        match (had.get(&**key), value) {
            (Some(now), value) if **now == *value => {}
            (Some(Val::Map(now)), Val::Map(then)) if !now.is_empty() && !then.is_empty() => {
                path.push(key.clone());
                differences(ops, path, now, then, lists, quotes);
                path.pop();
            }
            (Some(Val::List(now)), Val::List(then))
                if lists == Lists::InPlace && in_place(ops, &key_path, now, then, quotes) => {}
            _ => ops.push(Op::Set {
                key: key_path,
                value: value.wanted(quotes),
            }),
        }
    }
}

/// Takes elements out and puts others behind, where that makes the list. Tells whether it does.
fn in_place(ops: &mut Vec<Op>, key: &KeyPath, now: &[Val], then: &[Val], quotes: Quotes) -> bool {
    let stays: std::collections::HashSet<String> = then.iter().map(Val::canon).collect();
    let (kept, gone): (Vec<&Val>, Vec<&Val>) =
        now.iter().partition(|item| stays.contains(&item.canon()));
    let begins =
        then.iter().zip(&kept).all(|(then, kept)| then == *kept) && kept.len() <= then.len();
    let Some(gone) = gone
        .iter()
        .map(|item| item.scalar())
        .collect::<Option<Vec<_>>>()
    else {
        return false;
    };
    if !begins {
        return false;
    }
    if !gone.is_empty() {
        ops.push(Op::Remove {
            key: key.clone(),
            values: gone,
        });
    }
    let added = &then[kept.len()..];
    if !added.is_empty() {
        ops.push(Op::Add {
            key: key.clone(),
            values: added.iter().map(|item| item.wanted(quotes)).collect(),
        });
    }
    true
}

/// Frontmatter in pieces: what opens it, a piece for each key, what closes it.
#[derive(Debug, Default)]
struct Pieces<'a> {
    open: &'a str,
    keys: Vec<(&'a str, &'a str)>,
    close: &'a str,
}

/// The frontmatter of lines of both sides: of each key the text that only one side changed.
fn compose(versions: &Three<&Version<'_>>, wanted: &Keys) -> Option<String> {
    let pieces = Three {
        base: pieces(versions.base).unwrap_or_default(),
        one: pieces(versions.one)?,
        other: pieces(versions.other)?,
    };
    let of_key: Three<HashMap<&str, &str>> =
        pieces.map(|pieces| pieces.keys.iter().copied().collect());
    let by_key = |keys: &'_ Keys| -> HashMap<String, Val> { keys.iter().cloned().collect() };
    let (one, other, decided) = (
        by_key(&versions.one.values),
        by_key(&versions.other.values),
        by_key(wanted),
    );
    let order = merge_order(
        &pieces.map(|pieces| pieces.keys.iter().map(|(key, _)| *key).collect()),
        |key| decided.contains_key(*key),
        Ord::cmp,
    );
    let frame = |part: Three<&'_ str>| -> String {
        match (part.one, part.other) {
            ("", text) | (text, "") => text.to_owned(),
            (one, _) => (*part.decided().unwrap_or(&one)).to_owned(),
        }
    };
    let mut text = frame(pieces.map(|pieces| pieces.open));
    for key in order {
        if key == CONFLICTS {
            continue;
        }
        let texts = of_key.map(|keys| keys.get(key).copied());
        let holds = |side: &HashMap<String, Val>| side.get(key) == decided.get(key);
        text.push_str(&piece(&texts, || holds(&other) && !holds(&one)));
    }
    if let Some(Val::List(conflicts)) = get(wanted, CONFLICTS) {
        text.push_str(&written_down(conflicts));
    }
    text.push_str(&frame(pieces.map(|pieces| pieces.close)));
    Some(text)
}

/// Conflicts as YAML, one a line.
fn written_down(conflicts: &[Val]) -> String {
    if conflicts.is_empty() {
        return format!("{CONFLICTS}: []\n");
    }
    let mut text = format!("{CONFLICTS}:\n");
    for conflict in conflicts {
        text.push_str("  - ");
        match conflict {
            Val::Map(keys) => {
                let parts = keys
                    .iter()
                    .map(|(key, value)| format!("{key}: {}", value.json()));
                let parts: Vec<String> = parts.collect();
                text.push_str(&format!("{{{}}}", parts.join(", ")));
            }
            other => text.push_str(&other.json()),
        }
        text.push('\n');
    }
    text
}

fn piece(texts: &Three<Option<&str>>, other_holds: impl Fn() -> bool) -> String {
    match (texts.decided(), texts.one, texts.other) {
        (Some(Some(text)), ..) => (*text).to_owned(),
        (_, Some(one), Some(other)) => {
            let (text, loser) = if other_holds() {
                (other, one)
            } else {
                (one, other)
            };
            // A remark above a key is nobody's value: both sides' are kept.
            let known = |line: &str| {
                let mut versions = texts.base.into_iter().chain([text]);
                versions.any(|version| version.lines().any(|known| known == line))
            };
            let remarks = loser
                .lines()
                .take_while(|line| line.starts_with('#') || line.is_empty());
            let mut piece = String::new();
            for line in remarks.filter(|line| !line.is_empty() && !known(line)) {
                piece.push_str(line);
                piece.push('\n');
            }
            piece.push_str(text);
            piece
        }
        (_, Some(text), None) | (_, None, Some(text)) => text.to_owned(),
        (_, None, None) => String::new(),
    }
}

/// Takes frontmatter apart by the lines of its keys; a remark belongs to the key below it. None
/// where keys share lines.
fn pieces<'v>(version: &'v Version<'_>) -> Option<Pieces<'v>> {
    let head = version.head;
    if head.is_empty() {
        return Some(Pieces::default());
    }
    let mut starts = vec![0];
    starts.extend(memchr::memchr_iter(b'\n', head.as_bytes()).map(|at| at + 1));
    starts.pop_if(|start| *start == head.len());
    let (first, last) = if version.whole {
        (0, starts.len())
    } else {
        (1, starts.len().checked_sub(1)?)
    };
    let at = |line: usize| starts.get(line).copied().unwrap_or(head.len());
    let entries = &version.document.frontmatter;
    let mut begins = Vec::with_capacity(entries.len());
    let mut above = first;
    for (number, entry) in entries.iter().enumerate() {
        let key = (entry.line as usize)
            .checked_sub(1)
            .filter(|key| *key < last)?;
        if key < above {
            return None;
        }
        let mut begin = if number == 0 { first } else { key };
        while begin > above && {
            let line = &head[at(begin - 1)..at(begin)];
            line.starts_with('#') || line == "\n"
        } {
            begin -= 1;
        }
        begins.push(begin);
        above = key + 1;
    }
    let ends = begins.iter().skip(1).copied().chain([last]);
    let keys = begins.iter().zip(ends).zip(entries);
    let keys: Vec<_> = keys
        .map(|((begin, end), entry)| (&*entry.key, &head[at(*begin)..at(end)]))
        .collect();
    let first = begins.first().map_or(last, |begin| *begin);
    Some(Pieces {
        open: &head[..at(first)],
        keys,
        close: &head[at(last)..],
    })
}
