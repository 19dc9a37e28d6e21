//! Numbers of telephones and cards among other digits: dates, times, counts and ids stand next to them.
//!
//! Digits are taken in groups, groups that follow each other closely in rows; each part of a row that begins and
//! ends with a group is looked at. A date parts two rows, and digits within a word of letters and digits, such
//! as a hash, are no group.
//! Never: takes more than linear time: a number has few groups.

use std::ops::Range;

/// Digits without anything between them.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
    /// The letters of a word touch it.
    begins_word: bool,
    ends_word: bool,
}

impl Group {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// So many characters may stand between two groups.
const WIDEST_GAP: usize = 3;
/// So far letters around digits are looked at.
const WORD: usize = 40;
const MOST_CARD: usize = 19;
const MOST_PHONE: usize = 16;

/// Where cards' numbers stand; they may overlap.
pub(super) fn cards(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    rows(text, |row| {
        for (at, first) in row.iter().enumerate() {
            if !matches!(text.as_bytes()[first.start], b'2'..=b'6') {
                continue;
            }
            let mut count = 0;
            for (end, last) in row.iter().enumerate().skip(at) {
                count += last.len();
                if count > MOST_CARD {
                    break;
                }
                let range = first.start..last.end;
                if count >= 13
                    && has_form(row, &row[at..=end])
                    && is_card(&digits_of(&text[range.clone()]))
                {
                    found.push(range);
                }
            }
        }
    });
    found
}

/// Whether cards' numbers are grouped so. Of other groups all that stand together must be the number: any few
/// of many numbers can pass for one.
fn has_form(row: &[Group], part: &[Group]) -> bool {
    let mut sizes = [0; 6];
    if part.len() <= sizes.len() {
        for (size, group) in sizes.iter_mut().zip(part) {
            *size = group.len();
        }
    }
    part.len() == 1
        || part.len() == row.len()
        || matches!(
            sizes,
            [4, 4, 4, 4, 0..=3, 0]
                | [4, 4, 4, 1..=3, 0, 0]
                | [4, 6, 4..=5, 0, 0, 0]
                | [4, 4, 4, 4, 4, 0]
                | [4, 3, 3, 3, 0, 0]
                | [4, 4, 5 | 6 | 8, 0, 0, 0]
                | [5, 5, 5, 0..=4, 0, 0]
                | [6, 4, 5..=6, 0, 0, 0]
                | [8, 8, 0, 0, 0, 0]
                | [6, 10..=13, 0, 0, 0, 0]
        )
}

/// Where numbers of telephones stand; they may overlap.
pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    rows(text, |row| {
        for at in 0..row.len() {
            found.extend(phone(text, row, at));
        }
    });
    found
}

/// The number of a telephone that begins with that group.
fn phone(text: &str, row: &[Group], at: usize) -> Option<Range<usize>> {
    let group = row[at];
    let part = &row[at..row.len().min(at + MOST_PHONE)];
    let digits = &text[group.start..group.end];
    let before = &text[..group.start];
    let gap = |pair: &[Group]| &text[pair[0].end..pair[1].start];
    let is_near = |gap: &str| !gap.contains(['\t', '_']) && !gap.contains("  ");
    let is_plus = before.ends_with('+') || before.ends_with("+(");
    if is_plus && !digits.starts_with('0') {
        let start = before.rfind('+').unwrap_or(group.start);
        let last = reach(part, |pair| is_near(gap(pair)))?;
        let count = digits_of(&text[start..last]).len();
        // A number of bytes, and what no number in North America is.
        let is_amount = last == group.end && count < 10 && is_unit(&text[last..]);
        let fits = !is_amount && (!digits.starts_with('1') || count > 10);
        return fits.then_some(start..last);
    }
    let is_open = before.ends_with('(') && text[group.end..].starts_with(')');
    let before = before.strip_suffix('(').unwrap_or(before);
    let own = if at == 0 {
        begins(before)
    } else {
        gap(&row[at - 1..=at]).contains([' ', '\u{a0}', '(', ')'])
    };
    let start = group.start - usize::from(is_open);
    if group.begins_word {
        return None;
    }
    if own && digits.starts_with('0') {
        let abroad = digits.strip_prefix("00");
        let next = part.get(1).map(|next| text.as_bytes()[next.start]);
        let is_abroad = match abroad {
            Some("") => matches!(next, Some(b'1'..=b'9')),
            Some(rest) => !rest.starts_with('0'),
            None => false,
        };
        if is_abroad {
            let last = reach(part, |pair| is_near(gap(pair)))?;
            let number = digits_of(&text[start..last]);
            // Two of them say only that there is a country, and a row of bits is none.
            let fits = number.len() >= 11
                && number.iter().any(|digit| *digit > 1)
                && !is_list(text, part)
                && !(pairs(text, part) > 4
                    && (gap(&part[..2]) != " " || is_dump(text, row, at, 6)));
            return fits.then_some(start..last);
        }
        if abroad.is_none() && (2..=5).contains(&group.len()) {
            // As in France: five of two.
            let pairs = pairs(text, part);
            if pairs >= 5 {
                let fits = pairs == 5 && !is_dump(text, row, at, 5);
                return fits.then(|| start..part[4].end);
            }
            if is_list(text, part) {
                return None;
            }
            let fits = |pair: &[Group]| is_near(gap(pair)) && (2..=8).contains(&pair[1].len());
            let part = &part[..part.len().min(6)];
            return reach(part, fits)
                .filter(|last| *last > group.end)
                .map(|last| start..last);
        }
    }
    // As in North America.
    let [area, office, line, ..] = part else {
        return None;
    };
    let has_country = at > 0 && text[row[at - 1].start..row[at - 1].end] == *"1";
    let number = |group: &Group| &text[group.start..group.end];
    let joints = (&text[area.end..office.start], &text[office.end..line.start]);
    let fits = match joints {
        (a, b) if a.starts_with(')') => {
            is_open && a.len() < 3 && matches!(b, "-" | "." | " " | "\u{a0}")
        }
        (" ", "-") => true,
        (a, b) => a == b && matches!(a, "-" | "." | " " | "\u{a0}"),
    };
    let is_round = [area, office, line]
        .iter()
        .all(|group| number(group).ends_with('0'));
    let is_one = (area.len(), office.len(), line.len()) == (3, 3, 4)
        && !line.ends_word
        && fits
        && !number(area).starts_with(['0', '1'])
        && !number(office).starts_with(['0', '1'])
        // As large as a screen.
        && (is_open || has_country || !is_round);
    (is_one && (own || has_country)).then_some(start..line.end)
}

/// Whether what stands in front of that is counted: `+223456789 bytes`.
fn is_unit(behind: &str) -> bool {
    let word = behind.strip_prefix(' ').unwrap_or(behind);
    let end = word.find(|c: char| !c.is_ascii_alphabetic());
    let word = &word[..end.unwrap_or(word.len())];
    let units = [
        "bytes", "byte", "kB", "KB", "KiB", "MB", "MiB", "GB", "GiB", "ms", "ns", "us", "rows",
        "lines", "items", "files", "tokens", "requests", "cycles", "ops",
    ];
    units.contains(&word)
}

/// With how many groups of two, and the same between them, that begins.
fn pairs(text: &str, part: &[Group]) -> usize {
    let joint = |pair: &[Group]| &text[pair[0].end..pair[1].start];
    let Some(first) = part.get(..2).map(joint) else {
        return 0;
    };
    let is_pair = |group: &Group| group.len() == 2 && !group.ends_word;
    let more = part
        .windows(2)
        .take_while(|pair| is_pair(&pair[1]) && joint(pair) == first);
    usize::from(is_pair(&part[0])) * (1 + more.count())
}

/// Whether so many pairs of digits are but some of the bytes of a dump, or count up.
fn is_dump(text: &str, row: &[Group], at: usize, count: usize) -> bool {
    let part = &row[at..row.len().min(at + count)];
    let (Some(first), Some(last)) = (part.first(), part.last()) else {
        return false;
    };
    let joint = part.get(1).map_or("", |next| &text[first.end..next.start]);
    let number = |group: &Group| text[group.start..group.end].parse::<u32>().unwrap_or(0);
    let counts = part
        .windows(2)
        .all(|pair| number(&pair[0]) + 1 == number(&pair[1]));
    let before = &text.as_bytes()[..first.start];
    let behind = &text.as_bytes()[last.end..];
    // Of a word of two letters, which many a word is, the one beyond it must be another one.
    let is_byte =
        |byte: Option<[u8; 2]>| byte.filter(|byte| byte.iter().all(u8::is_ascii_hexdigit));
    let has_digit = |byte: [u8; 2]| byte.iter().any(u8::is_ascii_digit);
    let step = joint.len() + 2;
    let ahead = |steps: usize| {
        let from = (steps - 1) * step;
        let fits = behind.get(from..)?.starts_with(joint.as_bytes());
        let ends = !behind
            .get(steps * step)
            .is_some_and(u8::is_ascii_alphanumeric);
        let found = behind
            .get(from + joint.len()..steps * step)?
            .try_into()
            .ok();
        is_byte(found.filter(|_| fits && ends))
    };
    let back = |steps: usize| {
        let end = before.len().checked_sub((steps - 1) * step)?;
        let fits = before[..end].ends_with(joint.as_bytes());
        let start = end.checked_sub(step)?;
        let ends = !before[..start]
            .last()
            .is_some_and(u8::is_ascii_alphanumeric);
        let found = before.get(start..start + 2)?.try_into().ok();
        is_byte(found.filter(|_| fits && ends))
    };
    let is_part = |one: Option<[u8; 2]>, two: Option<[u8; 2]>| {
        one.is_some_and(|one| has_digit(one) || joint != " " || two.is_some())
    };
    counts
        || before.ends_with(b"Buffer ")
        || is_part(ahead(1), ahead(2))
        || is_part(back(1), back(2))
}

/// Whether these are numbers of the same length that all begin with 0: `0012 0013 0014`.
fn is_list(text: &str, part: &[Group]) -> bool {
    let [first, second, ..] = part else {
        return false;
    };
    let is_zero = |group: &Group| text.as_bytes()[group.start] == b'0';
    first.len() > 2 && first.len() == second.len() && is_zero(first) && is_zero(second)
}

/// Whether a number may begin behind that: not in an id (`TSK-0315`), a time or a fraction.
fn begins(before: &str) -> bool {
    let mut back = before.bytes().rev();
    let (last, one_more) = (back.next(), back.next());
    match last {
        Some(b':' | b',' | b'.') => !one_more.is_some_and(|byte| byte.is_ascii_digit()),
        Some(b'-') => {
            !one_more.is_some_and(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        }
        _ => true,
    }
}

/// The end of the longest part from the first group on that has as many digits as numbers have.
fn reach(part: &[Group], mut joins: impl FnMut(&[Group]) -> bool) -> Option<usize> {
    let mut count = 0;
    let mut last = None;
    for (at, group) in part.iter().enumerate() {
        if at > 0 && !joins(&part[at - 1..=at]) {
            break;
        }
        count += group.len();
        if count > MOST_PHONE {
            break;
        }
        if count >= 9 {
            last = Some(group.end);
        }
    }
    last
}

/// Gives the rows of a text one after the other.
fn rows(text: &str, mut each: impl FnMut(&[Group])) {
    let bytes = text.as_bytes();
    let mut row: Vec<Group> = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let start = at + next;
        let length = bytes[start..]
            .iter()
            .position(|byte| !byte.is_ascii_digit());
        let end = length.map_or(bytes.len(), |length| start + length);
        at = end;
        let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
        let group = Group {
            start,
            end,
            begins_word: start > 0 && is_letter(bytes.get(start - 1)),
            ends_word: is_letter(bytes.get(end)),
        };
        let follows = row.last().is_some_and(|last| {
            !group.begins_word && !last.ends_word && is_gap(&text[last.end..start])
        });
        if !follows {
            parts(text, &row, &mut each);
            row.clear();
        }
        if !is_in_word(bytes, group) {
            row.push(group);
        }
    }
    parts(text, &row, &mut each);
}

/// Whether other digits are in the same word.
fn is_in_word(bytes: &[u8], group: Group) -> bool {
    let has_digits = |byte: &u8| byte.is_ascii_digit();
    let front = &bytes[group.start.saturating_sub(WORD)..group.start];
    let back = &bytes[group.end..bytes.len().min(group.end + WORD)];
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    group.begins_word && front.iter().rev().take_while(is_word).any(has_digits)
        || group.ends_word && back.iter().take_while(is_word).any(has_digits)
}

fn is_gap(gap: &str) -> bool {
    let fits = |c| {
        matches!(c, ' ' | '\t' | '-' | '.' | '_' | '/' | '(' | ')' | '\u{a0}' | '\u{b7}' | '\u{2000}'..='\u{200a}'
            | '\u{2010}'..='\u{2015}' | '\u{202f}' | '\u{205f}' | '\u{2212}' | '\u{3000}')
    };
    gap.len() <= 4 * WIDEST_GAP && gap.chars().count() <= WIDEST_GAP && gap.chars().all(fits)
}

/// A row without its dates.
fn parts(text: &str, row: &[Group], each: &mut impl FnMut(&[Group])) {
    let mut begin = 0;
    let mut at = 0;
    while at < row.len() {
        if row[at..].first_chunk().is_some_and(|three| {
            is_date(text, three) || is_short_date(text, three, row.get(at + 3))
        }) {
            each(&row[begin..at]);
            at += 3;
            begin = at;
        } else {
            at += 1;
        }
    }
    each(&row[begin..]);
}

/// `2026-01-31` or `31.01.2026`.
fn is_date(text: &str, [first, second, third]: &[Group; 3]) -> bool {
    let number = |group: &Group| text[group.start..group.end].parse::<u32>().unwrap_or(0);
    let joint = &text[first.end..second.start];
    if !matches!(joint, "-" | "." | "/") || joint != &text[second.end..third.start] {
        return false;
    }
    let (year, a, b) = match (first.len(), second.len(), third.len()) {
        (4, 2, 2) => (number(first), number(second), number(third)),
        (2, 2, 4) => (number(third), number(second), number(first)),
        _ => return false,
    };
    let day_and_month = (1..=12).contains(&a.min(b)) && (1..=31).contains(&a.max(b));
    (1900..2100).contains(&year) && day_and_month
}

/// `31.01.26`, and no beginning of `01.12.34.56.78`.
fn is_short_date(text: &str, [day, month, year]: &[Group; 3], next: Option<&Group>) -> bool {
    let number = |group: &Group| text[group.start..group.end].parse::<u32>().unwrap_or(0);
    let is_joint = |a: &Group, b: &Group| &text[a.end..b.start] == ".";
    [day, month, year].iter().all(|group| group.len() == 2)
        && is_joint(day, month)
        && is_joint(month, year)
        && !next.is_some_and(|next| is_joint(year, next))
        && !text[..day.start].ends_with('.')
        && (1..=31).contains(&number(day))
        && (1..=12).contains(&number(month))
}

fn digits_of(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    digits.map(|digit| digit - b'0').collect()
}

/// A number that a card may have: its issuer is one, and its last digit is the check of the others.
fn is_card(digits: &[u8]) -> bool {
    let first = |count: usize| {
        let lead = digits.iter().take(count);
        lead.fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let issued = match digits.len() {
        13 | 19 => first(1) == 4 || digits.len() == 19 && matches!(first(2), 62 | 60 | 64 | 65),
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 => {
            matches!(first(1), 4)
                || matches!(first(2), 35 | 36 | 38 | 39 | 50..=60 | 62..=65 | 67)
                || matches!(first(4), 2221..=2720)
        }
        17 | 18 => matches!(first(2), 62 | 63 | 67),
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) << (place % 2);
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    issued && sum.is_multiple_of(10)
}
