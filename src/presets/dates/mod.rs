//! Dates as people write them, to ISO text.
//! Gets text and the forms that a preset accepts.
//! Gives ISO text, or nothing where it is no date.
//! Never: guesses.
//! Read next: `fields` of read, which reports what is no date.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// A form such as `DD/MM/YY`: the letters `Y`, `M` and `D` are digits, all else stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Form(String);

impl TryFrom<String> for Form {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let count = |letter| text.matches(letter).count();
        let year =
            text.contains("YYYY") && count('Y') == 4 || text.contains("YY") && count('Y') == 2;
        if !year
            || !text.contains("MM")
            || count('M') != 2
            || !text.contains("DD")
            || count('D') != 2
        {
            return Err(format!(
                "`{text}` is no form of a date: it has YYYY or YY, MM and DD once each"
            ));
        }
        Ok(Self(text))
    }
}

/// The date as ISO text: `2026-01-31`; where a time was written `2026-01-31T14:05:00Z`, in UTC, or
/// without the `Z` where the zone is not known. `utc` says that times without a zone are UTC.
/// None where the text is no date.
pub(crate) fn normalize(text: &str, forms: &[Form], utc: bool) -> Option<String> {
    let text = text.trim();
    if let Some(date) = text.get(..10)
        && let Some([year, month, day]) = iso(date)
    {
        return match &text[10..] {
            "" => Some(date.to_owned()),
            rest => time(year, month, day, rest, utc),
        };
    }
    forms.iter().find_map(|form| {
        let head = text.get(..form.0.len())?;
        let [year, month, day] = form.read(head)?;
        match &text[form.0.len()..] {
            "" => Some(format!("{year:04}-{month:02}-{day:02}")),
            rest => time(year, month, day, rest, utc),
        }
    })
}

/// The date that was probably meant where month and day of an ISO date are swapped.
pub(crate) fn swapped(text: &str) -> Option<String> {
    let text = text.trim();
    let (year, month, day) = (text.get(..5)?, text.get(5..7)?, text.get(8..10)?);
    let other = format!("{year}{day}-{month}");
    iso(&other).map(|_| other)
}

/// A time in the form in which another date is written: as exact, with the same signs, in the same
/// zone. None where that is no date.
pub(crate) fn alike(text: &str, forms: &[Form], time: Timestamp) -> Option<String> {
    let text = text.trim();
    normalize(text, forms, true)?;
    let is_iso = text.get(..10).and_then(iso).is_some();
    let day = match forms {
        _ if is_iso => "YYYY-MM-DD",
        forms => {
            let fits = |form: &&Form| {
                text.get(..form.0.len())
                    .and_then(|t| form.read(t))
                    .is_some()
            };
            forms.iter().find(fits)?.0.as_str()
        }
    };
    let rest = &text[day.len()..];
    let digit = |c: char| c.is_ascii_digit();
    let clock = rest.find(digit).unwrap_or(rest.len());
    let (between, rest) = rest.split_at(clock);
    let (clock, zone) = rest.split_at(
        rest.find(|c: char| !digit(c) && !matches!(c, ':' | '.' | ','))
            .unwrap_or(rest.len()),
    );
    let shift = offset(zone.trim()).unwrap_or_default();
    let local = Offset::UTC.to_datetime(time).checked_add(shift).ok()?;
    let mut out = day
        .replace("YYYY", &format!("{:04}", local.year()))
        .replace("YY", &format!("{:02}", local.year() % 100))
        .replace("MM", &format!("{:02}", local.month()))
        .replace("DD", &format!("{:02}", local.day()));
    let fraction = format!("{:09}", local.subsec_nanosecond());
    let full = format!(
        "{:02}:{:02}:{:02}.{fraction}",
        local.hour(),
        local.minute(),
        local.second()
    );
    out.push_str(between);
    if let Some(head) = full.get(..clock.len().min(full.len())) {
        out.push_str(head);
    }
    if clock.contains(',') {
        out = out.replace('.', ",");
    }
    out.push_str(zone);
    Some(out)
}

/// `YYYY-MM-DD` that is a day of the calendar.
fn iso(date: &str) -> Option<[u32; 3]> {
    let bytes = date.as_bytes();
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    valid(
        number(&bytes[..4])?,
        number(&bytes[5..7])?,
        number(&bytes[8..])?,
    )
}

impl Form {
    fn read(&self, text: &str) -> Option<[u32; 3]> {
        let (mut year, mut month, mut day) = (0, 0, 0);
        let short = !self.0.contains("YYYY");
        for (form, byte) in self.0.bytes().zip(text.bytes()) {
            let into = match form {
                b'Y' => &mut year,
                b'M' => &mut month,
                b'D' => &mut day,
                _ if form == byte => continue,
                _ => return None,
            };
            if !byte.is_ascii_digit() {
                return None;
            }
            *into = *into * 10 + u32::from(byte - b'0');
        }
        valid(if short { 2000 + year } else { year }, month, day)
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

fn valid(year: u32, month: u32, day: u32) -> Option<[u32; 3]> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some([year, month, day])
}

/// The rest behind the date: `T` or a space, `HH:MM[:SS[.fraction]]`, a zone or none.
fn time(year: u32, month: u32, day: u32, rest: &str, utc: bool) -> Option<String> {
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let bytes = rest.as_bytes();
    if bytes.len() < 5 || bytes[2] != b':' {
        return None;
    }
    let (hour, minute) = (number(&bytes[..2])?, number(&bytes[3..5])?);
    let mut at = 5;
    let mut second = 0;
    if bytes.get(5) == Some(&b':') {
        second = number(bytes.get(6..8)?)?;
        at = 8;
        if matches!(bytes.get(8), Some(b'.' | b',')) {
            at += 1;
            at += bytes[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    // The bytes up to `at` are ASCII, so this is a boundary.
    match rest[at..].trim() {
        "" if utc => Some(local + "Z"),
        "" => Some(local),
        "Z" | "z" | "UTC" | "GMT" => Some(local + "Z"),
        zone => {
            let local: DateTime = local.parse().ok()?;
            let there = local.checked_sub(offset(zone)?).ok()?;
            Some(format!("{}Z", there.strftime("%Y-%m-%dT%H:%M:%S")))
        }
    }
}

/// `+02:00`, `-0500` or `+02`.
fn offset(zone: &str) -> Option<SignedDuration> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: Vec<u8> = zone.bytes().skip(1).filter(|byte| *byte != b':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60)
        .then(|| SignedDuration::from_mins(sign * i64::from(hours * 60 + minutes)))
}

#[cfg(test)]
mod tests;
