//! Dates as people write them in a query: prefixes of ISO dates, `today`, `7d`.
//! Gets "today" as text from the caller. Never: asks a clock.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// True where the text begins like an ISO date: `2026`, `2026-01`, `2026-01-31`, `2026-01-31T14:05`.
pub(crate) fn is_date(text: &str) -> bool {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    (0..4).all(digit)
        && match bytes.len() {
            4 => true,
            7 => bytes[4] == b'-' && (5..7).all(digit),
            length if length >= 10 => {
                bytes[4] == b'-'
                    && (5..7).all(digit)
                    && bytes[7] == b'-'
                    && (8..10).all(digit)
                    && (length == 10 || matches!(bytes[10], b'T' | b't' | b' '))
            }
            _ => false,
        }
}

/// The ISO date that a word stands for: an ISO date itself, `today`, `yesterday`, `tomorrow`, or a
/// count of days, weeks, months or years (`7d`, `2w`, `1m`, `1y`) back, with `+` ahead. `now` is an
/// ISO date or time; nothing where the word is none of these.
pub(crate) fn resolve(word: &str, now: &str) -> Option<String> {
    if is_date(word) {
        // No month 13 and no 30th of February: that would match nothing in silence.
        let month: u8 = word.get(5..7).map_or(Ok(1), str::parse).ok()?;
        let whole = word.get(..10).is_none_or(|day| day.parse::<Date>().is_ok());
        if !(1..=12).contains(&month) || !whole {
            return None;
        }
        // The stores hold `T` between date and time.
        let mut date = word.to_owned();
        if word.len() > 10 {
            date.replace_range(10..11, "T");
        }
        return Some(date);
    }
    let today: Date = now.get(..10)?.parse().ok()?;
    let days = |days: i64| {
        today
            .checked_add(days.days())
            .ok()
            .map(|date| date.to_string())
    };
    match word.to_ascii_lowercase().as_str() {
        "today" | "now" => days(0),
        "yesterday" => days(-1),
        "tomorrow" => days(1),
        word => {
            let (ahead, count) = match word.strip_prefix('+') {
                Some(rest) => (true, rest),
                None => (false, word.strip_prefix('-').unwrap_or(word)),
            };
            let unit = count.chars().last()?;
            let count: i64 = count[..count.len() - unit.len_utf8()].parse().ok()?;
            if !(0..=100_000).contains(&count) {
                return None;
            }
            let count = if ahead { count } else { -count };
            let span = match unit {
                'd' => Span::new().try_days(count),
                'w' => Span::new().try_weeks(count),
                'm' => Span::new().try_months(count),
                'y' => Span::new().try_years(count),
                _ => return None,
            };
            let date = today.checked_add(span.ok()?).ok()?;
            Some(date.to_string())
        }
    }
}
