//! The time: all of it comes from here, so that a test can fix it.
//! Gets the system clock, or `KANBAN_NOW`; gives nanoseconds since the Unix epoch and ISO text.
//! Never: local time zones.

use std::sync::OnceLock;
use std::time::SystemTime;

use jiff::Timestamp;

use crate::base::env;

/// Now, in nanoseconds since the Unix epoch; `KANBAN_NOW` where it is set and valid.
pub(crate) fn now_ns() -> i64 {
    static FIXED: OnceLock<Option<i64>> = OnceLock::new();
    FIXED
        .get_or_init(|| env::now().and_then(|text| parse(&text)))
        .unwrap_or_else(system_ns)
}

/// Now by the system clock, also where `KANBAN_NOW` is set. Only for times that are compared with
/// those the file system writes: these cannot be fixed.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place where time comes from"
)]
pub(crate) fn system_ns() -> i64 {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// The value of `KANBAN_NOW` that is neither RFC 3339 nor nanoseconds, if so: a usage error for
/// the command line to report, as [`now_ns`] goes on with the system clock.
pub(crate) fn invalid_now() -> Option<String> {
    env::now().filter(|text| parse(text).is_none())
}

/// Today's date in UTC, `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    timestamp(now_ns()).strftime("%Y-%m-%d").to_string()
}

/// Nanoseconds since the epoch as RFC 3339 in UTC, with as many decimals as needed:
/// `2026-01-02T03:04:05Z`.
pub(crate) fn iso(ns: i64) -> String {
    timestamp(ns).to_string()
}

/// Seconds since the epoch as RFC 3339: in UTC, and as a clock at that offset from UTC (in seconds)
/// shows it. What is out of range becomes the nearest time that is in it.
pub(crate) fn iso_at(seconds: i64, offset: i32) -> (String, String) {
    let limit = i64::MAX / 1_000_000_000;
    let at = timestamp(seconds.clamp(-limit, limit) * 1_000_000_000);
    let zone = jiff::tz::Offset::from_seconds(offset).unwrap_or(jiff::tz::Offset::UTC);
    let local = at.display_with_offset(zone).to_string();
    (at.to_string(), local)
}

fn timestamp(ns: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(ns))
        .expect("because 64 bits of nanoseconds are years 1677 to 2262")
}

/// RFC 3339, or nanoseconds since the epoch.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let at: Timestamp = text.parse().ok()?;
        i64::try_from(at.as_nanosecond()).ok()
    })
}
