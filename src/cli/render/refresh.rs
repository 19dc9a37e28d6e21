//! What `refresh` changed and what `verify` found, a line each.
//! Gets views. Gives text. Never: compares.

use crate::cli::render::line::{Line, line};
use crate::cli::style::{self, Look};
use crate::query::view::{RefreshView, VerifyView};

/// More changes are only counted.
pub(crate) const SHOWN: usize = 50;
/// Column of the paths.
const EDGE: usize = 10;

pub(crate) fn changes(view: &RefreshView, look: Look) -> String {
    let mut out = String::new();
    for row in view.changes.iter().take(SHOWN) {
        let mut line = line(style::change(&row.change), &row.change);
        line.pad(EDGE).push(style::PATH, &row.path);
        if let Some(old) = &row.old_path {
            line.push(style::DIM, " from ").push(style::PATH, old);
        }
        line.write(&mut out, look);
    }
    out
}

pub(crate) fn drift(view: &VerifyView, look: Look) -> String {
    let mut out = String::new();
    for row in &view.drift {
        let mut head = line(style::PATH, &row.path);
        head.plain(" ").push(style::DIM, &row.place);
        head.write(&mut out, look);
        for (word, text) in [("serves", &row.served), ("rebuild", &row.rebuilt)] {
            let mut line = Line::new();
            line.plain("  ").push(style::DIM, word).pad(EDGE);
            match text {
                Some(text) => line.plain(text),
                None => line.push(style::DIM, "nothing"),
            };
            line.write(&mut out, look);
        }
    }
    out
}
