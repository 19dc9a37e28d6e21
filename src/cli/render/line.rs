//! A line to print: pieces of clean text with styles.
//! Gets any text; cleans it. Gives lines that fit the place they are printed to.
//! Never: lets an escape sequence of an item through.

use std::fmt::Write as _;

use anstyle::Style;

use crate::cli::style::{Look, PLAIN};
use crate::cli::text;

/// One line. What is pushed is cleaned first, so a line cannot carry foreign controls.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    spans: Vec<(Style, String)>,
    width: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds text as it is, whatever its width.
    pub(crate) fn push(&mut self, style: Style, text: &str) -> &mut Self {
        let clean = text::line(text);
        if !clean.is_empty() {
            self.width += text::width(&clean);
            self.spans.push((style, clean.into_owned()));
        }
        self
    }

    pub(crate) fn plain(&mut self, text: &str) -> &mut Self {
        self.push(PLAIN, text)
    }

    /// Adds text cut to `max` columns.
    pub(crate) fn cut(&mut self, style: Style, text: &str, max: usize, look: Look) -> &mut Self {
        let clean = text::line(text);
        self.push(style, &text::truncate(&clean, max, look.ellipsis()))
    }

    /// Adds spaces up to column `to`.
    pub(crate) fn pad(&mut self, to: usize) -> &mut Self {
        let missing = to.saturating_sub(self.width);
        if missing > 0 {
            self.width += missing;
            self.spans.push((PLAIN, " ".repeat(missing)));
        }
        self
    }

    /// Adds all of another line.
    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        self.width += other.width;
        self.spans.extend(other.spans);
        self
    }

    /// Columns so far.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The line cut to `max` columns.
    #[must_use]
    pub(crate) fn fit(mut self, max: usize, look: Look) -> Self {
        if self.width <= max {
            return self;
        }
        let mut fitted = Self::new();
        let last = self.spans.len().saturating_sub(1);
        for (at, (style, text)) in self.spans.drain(..).enumerate() {
            let width = text::width(&text);
            let room = max - fitted.width;
            // The cut falls here if this piece is too wide, or leaves no room for the mark.
            if width > room || (width == room && at < last) {
                let mark = look.ellipsis();
                let short = if width > room {
                    text::truncate(&text, room, mark)
                } else {
                    text::truncate(&format!("{text} "), room, mark)
                };
                fitted.push(style, &short);
                break;
            }
            fitted.width += width;
            fitted.spans.push((style, text));
        }
        fitted
    }

    /// Writes the line with its line end, cut to the terminal, without trailing spaces; the line
    /// is empty afterwards.
    pub(crate) fn write(&mut self, out: &mut String, look: Look) {
        if let Some(max) = look.width {
            *self = std::mem::take(self).fit(max, look);
        }
        self.write_whole(out, look);
    }

    /// As `write`, but never cut: for paths and commands that somebody may copy.
    pub(crate) fn write_whole(&mut self, out: &mut String, look: Look) {
        let mut line = std::mem::take(self);
        while let Some((style, text)) = line.spans.last_mut() {
            if *style != PLAIN {
                break;
            }
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            line.spans.pop();
        }
        for (style, text) in &line.spans {
            if look.color && *style != PLAIN {
                let _ = write!(out, "{style}{text}{style:#}");
            } else {
                out.push_str(text);
            }
        }
        out.push('\n');
    }
}

/// A line of one piece.
pub(crate) fn line(style: Style, text: &str) -> Line {
    let mut line = Line::new();
    line.push(style, text);
    line
}
