//! Answers as text: one view a file, pure functions from a view to a string.
//! Gets the shapes of `query::view` and a `Look` from `cmd`.
//! Gives text for stdout.
//! Never: asks anything, prints, lets an item's control characters through.
//! Read next: `line`, then `list`.

pub(crate) mod board;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod history;
pub(crate) mod hooks;
pub(crate) mod line;
pub(crate) mod list;
pub(crate) mod refresh;
pub(crate) mod resolve;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod sync_bundle;
pub(crate) mod sync_forget;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod watch;
pub(crate) mod write;

#[cfg(test)]
mod looks;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use crate::base::path;
use crate::cli::style::{self, Look};
use crate::query::view::ItemRow;

/// What to call an item: its id, or else a word that `show` finds it by.
pub(crate) fn name(item: &ItemRow, look: Look) -> &str {
    name_of(item.id.as_deref(), &item.path, look)
}

/// As `name`, of an id and a path: in a pipe the whole path, on a terminal the stem of the file.
pub(crate) fn name_of<'a>(id: Option<&'a str>, path: &'a str, look: Look) -> &'a str {
    match id {
        Some(id) => id,
        None if look.is_terminal() => path::stem_of(path),
        None => path,
    }
}

/// Glyph and name of an item: the beginning of many lines.
pub(crate) fn reference(
    id: Option<&str>,
    path: &str,
    phase: Option<&str>,
    look: Look,
) -> line::Line {
    let mut line = line::Line::new();
    if look.is_terminal() {
        line.push(style::phase(phase), look.glyph(phase)).plain(" ");
    }
    line.push(style::ID, name_of(id, path, look));
    line
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 item`, `2 items`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        thousands(number),
        if number == 1 { one } else { many }
    )
}

/// Bytes for people: `512 B`, `1.4 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A span of time for people: `0.21 s`, `3 min`, `2 d`.
pub(crate) fn span(milliseconds: u64) -> String {
    match milliseconds {
        0..=9_999 => format!("{:.2} s", milliseconds as f64 / 1000.0),
        10_000..=99_999 => format!("{} s", milliseconds / 1000),
        100_000..=7_199_999 => format!("{} min", milliseconds / 60_000),
        7_200_000..=172_799_999 => format!("{} h", milliseconds / 3_600_000),
        _ => format!("{} d", milliseconds / 86_400_000),
    }
}
