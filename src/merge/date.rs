//! Which of two dates is later, where that can be told.
//! Never: tells two dates apart of which one has only the day of the other.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A date as it was written.
#[derive(Debug, Clone, Copy)]
struct Written {
    day: Date,
    at: Option<Timestamp>,
}

/// Compares two ISO dates, with or without a time; a time without a zone is UTC. `Equal` where they
/// are the same or the day is all that one of them has; none where one is no such date.
pub(crate) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (read(a)?, read(b)?);
    Some(match (a.at, b.at) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.day.cmp(&b.day),
    })
}

fn read(text: &str) -> Option<Written> {
    let text = text.trim();
    if text.len() <= 10 {
        let day = text.parse().ok()?;
        return Some(Written { day, at: None });
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        // The day as written, wherever that was.
        let day = text.get(..10)?.parse().ok()?;
        return Some(Written { day, at: Some(at) });
    }
    let local: DateTime = text.parse().ok()?;
    let at = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Written {
        day: local.date(),
        at: Some(at),
    })
}

/// The date that a line begins with, behind blanks and a list marker: comparable text, and whether
/// it has a time.
pub(crate) fn leading(line: &str) -> Option<&str> {
    let text = line
        .trim_start()
        .trim_start_matches(['-', '*', '#', ' ', '[']);
    let digits = |range: std::ops::Range<usize>| {
        text.as_bytes()
            .get(range)
            .is_some_and(|bytes| bytes.iter().all(u8::is_ascii_digit))
    };
    let bytes = text.as_bytes();
    let dash = |at: usize| bytes.get(at) == Some(&b'-');
    if !(digits(0..4) && dash(4) && digits(5..7) && dash(7) && digits(8..10)) {
        return None;
    }
    let colon = |at: usize| bytes.get(at) == Some(&b':');
    let gap = matches!(bytes.get(10), Some(b' ' | b'T'));
    let mut end = 10;
    if gap && digits(11..13) && colon(13) && digits(14..16) {
        end = 16;
        if colon(16) && digits(17..19) {
            end = 19;
        }
    }
    Some(&text[..end])
}
