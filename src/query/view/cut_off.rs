//! A write that was killed, and what became of it. Never: says what is told elsewhere.

use serde::Serialize;

/// So many paths are named in a sentence.
const NAMED: usize = 3;

/// A write that did not come to its end by itself. Paths are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CutOffView {
    /// The command.
    pub what: String,
    pub at: String,
    /// `finished`, `untouched`, `left` (a part of it is done), or `open`: nobody has looked at it yet.
    pub ending: String,
    pub done: Vec<String>,
    pub untouched: Vec<String>,
    /// Neither as before nor as was meant: changed since.
    pub changed: Vec<String>,
}

impl CutOffView {
    /// For people, in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let Self { what, at, .. } = self;
        let head = format!("`{what}` of {at} was cut off");
        let untouched = || named(&self.untouched);
        let changed = match self.changed.as_slice() {
            [] => String::new(),
            changed => format!("; changed since: {}", named(changed)),
        };
        match self.ending.as_str() {
            "finished" => {
                let done = count(self.done.len());
                format!("{head}, and has been finished: done in {done}{changed}")
            }
            "untouched" => {
                format!("{head} before it wrote anything{changed}; repeat it if it is still wanted")
            }
            "open" => format!("{head}; the next command that looks at the files puts it right"),
            _ => {
                let done = count(self.done.len());
                let untouched = match self.untouched.is_empty() {
                    true => String::new(),
                    false => format!("; untouched: {}", untouched()),
                };
                format!(
                    "{head}, and files or HEAD have changed since: done in {done}{untouched}{changed}; \
                     repeat it for those where it is still wanted"
                )
            }
        }
    }
}

/// A command in a few words, which may hold a text: the first line, or the beginning of it.
pub(crate) fn brief(what: &str) -> String {
    const SIGNS: usize = 72;
    let line = what.lines().next().unwrap_or_default();
    match line.char_indices().nth(SIGNS) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_owned(),
    }
}

fn count(files: usize) -> String {
    match files {
        1 => "1 file".to_owned(),
        many => format!("{many} files"),
    }
}

fn named(paths: &[String]) -> String {
    let names = paths[..paths.len().min(NAMED)].join(", ");
    match paths.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
