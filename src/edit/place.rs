//! Where the text of a YAML entry stands, and how another value takes its place.
//! Never: decides what the value is; leaves the lines of the entry.

use std::ops::Range;

use crate::edit::find::Spot;
use crate::edit::plan::{After, Plan};
use crate::edit::spell::{self, Place, Style};
use crate::edit::splice::{Splices, indent_at, is_comment_below, line_end, line_start};
use crate::edit::tree::{Pair, Tagged, pair_end};
use crate::edit::values::quote_of;
use crate::edit::yaml::Sheet;
use crate::model::edit::{Refused, Wanted};

impl<'t> Sheet<'_, 't> {
    /// Where a new line of a block map goes, and its column.
    pub(crate) fn room(
        &self,
        spot: &Spot<'_>,
        pairs: &[Pair],
        order: &[String],
    ) -> Result<(usize, usize), Refused> {
        let text = self.page.text;
        let outermost = spot.trail.is_empty();
        let Some(last) = pairs.last() else {
            return Ok((self.end_of_block(), 0));
        };
        let column = self.column(last)?;
        if let (true, Some(place)) = (
            outermost,
            order.iter().position(|key| *key == spot.missing[0]),
        ) {
            let rank = |pair: &Pair| {
                order
                    .iter()
                    .position(|key| Some(key.as_str()) == pair.key.key_text())
            };
            if let Some(before) = pairs
                .iter()
                .rev()
                .filter(|pair| rank(pair).is_some_and(|rank| rank < place))
                .max_by_key(|pair| rank(pair))
            {
                return Ok((self.lines_of(before)?.end, column));
            }
            if let Some(behind) = pairs.iter().find(|pair| rank(pair).is_some()) {
                let mut at = self.lines_of(behind)?.start;
                // Comments directly above a key are about that key.
                while at > self.page.block.start {
                    let above = line_start(text, at - 1);
                    if !text[above..at].trim_start().starts_with('#') {
                        break;
                    }
                    at = above;
                }
                return Ok((at, column));
            }
        }
        if outermost {
            return Ok((self.end_of_block(), column));
        }
        let mut at = self.lines_of(last)?.end;
        while at < self.page.block.end && column > 0 && is_comment_below(text, at, column - 1) {
            at = line_end(text, at);
        }
        Ok((at, column))
    }

    /// Behind the last line that says something, comments included.
    fn end_of_block(&self) -> usize {
        let block = &self.page.block;
        if self.attempt.far {
            return block.end;
        }
        let text = &self.page.text[block.clone()];
        let content = text.trim_end().len();
        let end = match content {
            0 => 0,
            _ => line_end(text, content - 1),
        };
        block.start + end
    }

    pub(crate) fn colon(&self, pair: &Pair) -> Result<usize, Refused> {
        pair.colon.ok_or_else(|| {
            let line = self.page.line(pair.key.span.start);
            Refused::at(
                "not-proved",
                line,
                "the key is written with `?`, or without a colon",
            )
            .hint("write it as `key: value`")
        })
    }

    /// The column of a key that begins a line.
    pub(crate) fn column(&self, pair: &Pair) -> Result<usize, Refused> {
        let start = line_start(self.page.text, pair.key.span.start);
        let column = pair.key.span.start - start;
        if indent_at(self.page.text, start) == column {
            Ok(column)
        } else {
            let line = self.page.line(pair.key.span.start);
            Err(Refused::at(
                "not-proved",
                line,
                "the key does not begin its line",
            ))
        }
    }

    /// The lines of a pair of a block map, with the comments below it that are indented deeper.
    pub(crate) fn lines_of(&self, pair: &Pair) -> Result<Range<usize>, Refused> {
        let text = self.page.text;
        let column = self.column(pair)?;
        let mut end = line_end(text, pair_end(text, pair));
        while end < self.page.block.end && is_comment_below(text, end, column) {
            end = line_end(text, end);
        }
        if self.attempt.far {
            end = self.behind_blank_lines(end);
        }
        Ok(line_start(text, pair.key.span.start)..end)
    }

    fn behind_blank_lines(&self, mut end: usize) -> usize {
        let text = self.page.text;
        while end < self.page.block.end && text[end..line_end(text, end)].trim().is_empty() {
            end = line_end(text, end);
        }
        end
    }

    /// Another value behind the same key.
    pub(crate) fn replace(
        &self,
        spot: &Spot<'_>,
        pair: &Pair,
        value: &Wanted,
    ) -> Result<Plan<'t>, Refused> {
        let text = self.page.text;
        let node = &pair.value;
        let style = self.style(quote_of(node), pair.key.span.start);
        let mut out = Splices::new(text);
        if node.tagged == Tagged::Text && !matches!(value, Wanted::Text(_))
            || node.anchor > 0 && node.is_block()
        {
            let line = self.page.line(pair.key.span.start);
            return Err(Refused::at(
                "tag",
                line,
                "a tag or an anchor binds the value that stands there",
            ));
        }
        let in_flow = spot.in_flow;
        let below = if in_flow {
            None
        } else {
            self.lines_below(pair, value, style)?
        };
        match below {
            Some((head, lines)) => self.put_below(&mut out, pair, &head, lines)?,
            None => {
                let place = if in_flow { Place::Flow } else { Place::Block };
                self.put_inline(&mut out, pair, &spell::flow(value, style, place))?;
            }
        }
        Ok(Plan {
            splices: out,
            path: spot.path.clone(),
            after: After::of(value),
        })
    }

    /// A value in lines of its own, where it should and can stand so.
    fn lines_below(
        &self,
        pair: &Pair,
        value: &Wanted,
        style: Style,
    ) -> Result<Option<(String, String)>, Refused> {
        let node = &pair.value;
        let bound = node.anchor > 0 || node.tagged != Tagged::No;
        let lines = &self.page.text[pair.key.span.start..node.span.end.max(pair.key.span.end)];
        if bound || (!node.is_block() && !node.is_block_scalar() && lines.contains('\n')) {
            return Ok(None);
        }
        let Ok(column) = self.column(pair) else {
            return Ok(None);
        };
        match value {
            Wanted::Text(text) if node.is_block_scalar() && !self.attempt.ascii => {
                let start = line_end(self.page.text, node.span.start);
                let content = self.page.text.get(start..node.span.end).unwrap_or_default();
                let first = content.lines().find(|line| !line.trim().is_empty());
                let indent = first
                    .map(|line| line.len() - line.trim_start_matches(' ').len())
                    .filter(|indent| *indent > column)
                    .unwrap_or(column + style.map_indent);
                let written = spell::literal(text, indent, style.eol);
                Ok(written.map(|(header, lines)| (format!(" {header}"), lines)))
            }
            _ => Ok(spell::below(value, column, style)),
        }
    }

    /// Puts a value on the line of its key.
    fn put_inline(&self, out: &mut Splices<'_>, pair: &Pair, word: &str) -> Result<(), Refused> {
        let text = self.page.text;
        let node = &pair.value;
        if node.is_empty() {
            let at = match pair.colon {
                Some(colon) => colon + 1,
                None => pair.key.span.end,
            };
            let lead = match (pair.colon, text.as_bytes().get(at..at + 2)) {
                (None, _) => ": ",
                // Nothing but a blank, or a blank and more of them: the value stands behind the first.
                (Some(_), Some([b' ', b' ' | b'\r' | b'\n']))
                    if text[at..line_end(text, at)].trim().is_empty() =>
                {
                    out.put(at + 1..at + 1, word);
                    return Ok(());
                }
                (Some(_), _) => " ",
            };
            out.put(at..at, format!("{lead}{word}"));
        } else if node.is_block() {
            let colon = self.colon(pair)?;
            out.put(colon + 1..colon + 1, format!(" {word}"));
            out.lines(self.lines_under(pair, colon), String::new());
        } else if node.is_block_scalar() {
            let header = self.header(pair)?;
            let lines = line_end(text, node.span.start);
            out.put(header, word);
            out.lines(
                lines..self.lines_under(pair, node.span.start).end.max(lines),
                String::new(),
            );
        } else {
            out.put(node.span.clone(), word);
        }
        Ok(())
    }

    /// Puts `head` behind the colon, and lines below the key.
    fn put_below(
        &self,
        out: &mut Splices<'_>,
        pair: &Pair,
        head: &str,
        lines: String,
    ) -> Result<(), Refused> {
        let text = self.page.text;
        let node = &pair.value;
        let colon = self.colon(pair)?;
        if node.is_block() {
            out.put(colon + 1..colon + 1, head);
            out.lines(self.lines_under(pair, colon), lines);
        } else if node.is_block_scalar() {
            let header = self.header(pair)?;
            out.put(colon + 1..header.end, head);
            let start = line_end(text, header.end);
            out.lines(
                start..self.lines_under(pair, header.end).end.max(start),
                lines,
            );
        } else {
            let end = node.span.end.max(colon + 1);
            out.put(colon + 1..end, head);
            let at = line_end(text, end);
            out.lines(at..at, lines);
        }
        Ok(())
    }

    /// The lines of a value, from the line behind `at` on.
    fn lines_under(&self, pair: &Pair, at: usize) -> Range<usize> {
        let text = self.page.text;
        let start = line_end(text, at);
        let mut end = line_end(text, pair_end(text, pair));
        if self.attempt.far {
            end = self.behind_blank_lines(end);
        }
        start..end.max(start)
    }

    /// The header of a literal or folded scalar.
    fn header(&self, pair: &Pair) -> Result<Range<usize>, Refused> {
        let start = pair.value.span.start;
        let bytes = &self.page.text.as_bytes()[start..];
        if !matches!(bytes.first(), Some(b'|' | b'>')) {
            let line = self.page.line(pair.key.span.start);
            return Err(Refused::at(
                "tag",
                line,
                "a tag or an anchor binds the value that stands there",
            ));
        }
        let length = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'0'..=b'9'))
            .count();
        Ok(start..start + length)
    }
}
