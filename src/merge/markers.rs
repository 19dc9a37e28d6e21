//! Conflict markers as git writes them, and the list of what they stand for.
//! Gets the two sides by content and knows which of them is ours.
//! Never: writes into frontmatter.

use crate::merge::three::Three;
use crate::model::merging::MergeConflict;

/// Which side is ours, and how the sides are called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub ours: &'a str,
    pub theirs: &'a str,
    /// Where it is there, markers show the base.
    pub base: Option<&'a str>,
    pub size: usize,
    pub one_is_ours: bool,
}

impl Labels<'_> {
    /// The sides as ours and theirs.
    pub(crate) fn sides<T>(&self, one: T, other: T) -> (T, T) {
        if self.one_is_ours {
            (one, other)
        } else {
            (other, one)
        }
    }

    fn line(&self, mark: char, label: &str) -> String {
        let mut line: String = std::iter::repeat_n(mark, self.size).collect();
        if !label.is_empty() {
            line.push(' ');
            line.extend(label.chars().filter(|c| !matches!(c, '\n' | '\r')));
        }
        line.push('\n');
        line
    }
}

/// Merged text, as far as it is written.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    pub labels: Labels<'a>,
    pub text: String,
    pub conflicts: Vec<MergeConflict>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(labels: Labels<'a>) -> Self {
        Self {
            labels,
            text: String::new(),
            conflicts: Vec::new(),
        }
    }

    /// Lines that both sides changed.
    pub(crate) fn conflict(&mut self, place: &str, texts: &Three<&str>) {
        let (ours, theirs) = self.labels.sides(texts.one, texts.other);
        self.end_line();
        self.text.push_str(&self.labels.line('<', self.labels.ours));
        self.text.push_str(ours);
        self.end_line();
        if let Some(label) = self.labels.base {
            self.text.push_str(&self.labels.line('|', label));
            self.text.push_str(texts.base);
            self.end_line();
        }
        self.text.push_str(&self.labels.line('=', ""));
        self.text.push_str(theirs);
        self.end_line();
        self.text
            .push_str(&self.labels.line('>', self.labels.theirs));
        self.conflicts.push(MergeConflict {
            place: place.to_owned(),
            in_body: true,
            base: Some(texts.base.to_owned()),
            ours: Some(ours.to_owned()),
            theirs: Some(theirs.to_owned()),
        });
    }

    /// What follows begins on a line of its own.
    pub(crate) fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }
}

/// How long a marker of that sort is that the line is, where it is one (of that length).
pub(crate) fn is_marker(line: &str, mark: char, size: Option<usize>) -> Option<usize> {
    let line = line.trim_end_matches(['\n', '\r']);
    let rest = line.trim_start_matches(mark);
    let found = line.len() - rest.len();
    let bare = mark == '=' && !rest.is_empty();
    let fits = size.map_or(found >= 7, |size| found == size);
    (fits && !bare && (rest.is_empty() || rest.starts_with(' '))).then_some(found)
}
