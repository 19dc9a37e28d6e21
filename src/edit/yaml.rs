//! One operation on a YAML block, as the pieces of text that change.
//! Gets the page, its tree and the operation; gives a plan, or nothing where nothing is to do.
//! Never: decides that a plan is right; `proof` does.
//! Read next: `find`, `spell`, `list`, then `proof`.

use granit_parser::ScalarStyle;
use serde_json::Value as Json;

use crate::edit::find::{self, Spot};
use crate::edit::habits::{self, first_dash};
use crate::edit::list::{self, Change};
use crate::edit::page::{self, Page};
use crate::edit::spell::{self, Place, Quote, Style};
use crate::edit::splice::{Splices, indent_at, is_comment_below, line_end, line_start};
use crate::edit::tree::{self, Kind, Node, Pair, Tagged, pair_end};
use crate::edit::words;
use crate::model::edit::{KeyPath, Refused, Wanted};

/// What a value becomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum After {
    /// Text, and text for every reader.
    Text(String),
    Value(Json),
    Gone,
    Named(String),
}

impl After {
    fn of(value: &Wanted) -> Self {
        match value {
            Wanted::Text(text) => Self::Text(text.clone()),
            other => Self::Value(page::wanted(other)),
        }
    }
}

/// The pieces that change, and what that must mean.
#[derive(Debug, Clone)]
pub(crate) struct Plan<'t> {
    pub splices: Splices<'t>,
    /// The key that changes.
    pub path: Vec<String>,
    pub after: After,
}

/// One way to carry out an operation; the next one is tried where the proof fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// Every new text in quotes and ASCII.
    pub ascii: bool,
    /// New and removed lines reach to the next line with content: blank lines may be part of a value.
    pub far: bool,
}

/// A page and its tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet<'s, 't> {
    pub page: &'s Page<'t>,
    pub root: &'s Node,
    pub attempt: Attempt,
}

type Planned<'t> = Result<Option<Plan<'t>>, Refused>;

impl<'t> Sheet<'_, 't> {
    /// Gives a key a value. A new outermost key goes behind those before it in `order`.
    pub(crate) fn set(&self, key: &KeyPath, value: &Wanted, order: &[String]) -> Planned<'t> {
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            return self.make(&spot, value, order);
        };
        let value = &alike(value, Some(&pair.value));
        if same(&pair.value, value) {
            return Ok(None);
        }
        self.may_change(&spot, pair)?;
        let line = self.page.line(pair.key.span.start);
        match (&pair.value.kind, value) {
            (_, Wanted::Map(_)) | (Kind::Scalar { .. } | Kind::Alias(_), _) => {}
            (Kind::List { .. }, Wanted::List(new)) => return self.set_list(&spot, pair, new),
            (Kind::Map { .. }, Wanted::List(_)) => {}
            (Kind::List { .. }, _) => return Err(is_a("is-a-list", line, key, "a list")),
            (Kind::Map { .. }, _) => return Err(is_a("is-a-map", line, key, "a map")),
        }
        self.replace(&spot, pair, value).map(Some)
    }

    /// Takes a key out.
    pub(crate) fn unset(&self, key: &KeyPath) -> Planned<'t> {
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            return Ok(None);
        };
        find::refuse_shared(self.page, self.root, &spot)?;
        let Kind::Map { flow, pairs } = &spot.map.kind else {
            return Ok(None);
        };
        let parent = self.parent(&spot);
        let mut out = Splices::new(self.page.text);
        if *flow {
            let keep = pairs.iter().map(|other| !std::ptr::eq(other, pair));
            let keep = keep.collect::<Vec<_>>();
            let change = Change {
                keep: &keep,
                at: pairs.len(),
            };
            self.flow(&mut out, spot.map, &change, &[]);
        } else {
            let lines = self.lines_of(pair)?;
            out.lines(lines, String::new());
            if let (Some(parent), 1) = (parent, pairs.len()) {
                let colon = self.colon(parent)?;
                out.put(colon + 1..colon + 1, " {}");
            }
        }
        Ok(Some(Plan {
            splices: out,
            path: spot.path,
            after: After::Gone,
        }))
    }

    /// Puts values at the end of a list.
    pub(crate) fn add(&self, key: &KeyPath, values: &[Wanted]) -> Planned<'t> {
        let mut new: Vec<Wanted> = Vec::new();
        for value in values {
            if !new.iter().any(|other| {
                text_of(other).is_some() && text_of(other) == text_of(value) || other == value
            }) {
                new.push(value.clone());
            }
        }
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            return if new.is_empty() {
                Ok(None)
            } else {
                self.make(&spot, &Wanted::List(new), &[])
            };
        };
        let line = self.page.line(pair.key.span.start);
        match &pair.value.kind {
            Kind::List { items, .. } => {
                new.retain(|value| !items.iter().any(|item| holds(item, value)));
                if new.is_empty() {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                let keep = vec![true; items.len()];
                self.change_list(&spot, pair, &keep, items.len(), &new)
            }
            Kind::Scalar { .. } if is_null(&pair.value) => {
                if new.is_empty() {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                self.replace(&spot, pair, &Wanted::List(new)).map(Some)
            }
            Kind::Scalar { style, text } => {
                new.retain(|value| !holds(&pair.value, value));
                if new.is_empty() {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                let first = if *style == ScalarStyle::Plain {
                    plain_again(text)
                } else {
                    Wanted::Text(text.clone())
                };
                new.insert(0, first);
                self.replace(&spot, pair, &Wanted::List(new)).map(Some)
            }
            Kind::Alias(_) => find::refuse_borrowed(self.page, pair).map(|()| None),
            Kind::Map { .. } => Err(is_a("not-a-list", line, key, "a map")),
        }
    }

    /// Takes values out of a list.
    pub(crate) fn remove(&self, key: &KeyPath, values: &[String]) -> Planned<'t> {
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            return Ok(None);
        };
        let goes = |node: &Node| match &node.kind {
            Kind::Scalar { text, .. } => !is_null(node) && values.contains(text),
            Kind::Alias(_) | Kind::List { .. } | Kind::Map { .. } => false,
        };
        let line = self.page.line(pair.key.span.start);
        match &pair.value.kind {
            Kind::List { items, .. } => {
                let keep = items.iter().map(|item| !goes(item)).collect::<Vec<_>>();
                if keep.iter().all(|keep| *keep) {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                self.change_list(&spot, pair, &keep, items.len(), &[])
            }
            Kind::Scalar { .. } if goes(&pair.value) => {
                self.may_change(&spot, pair)?;
                self.replace(&spot, pair, &Wanted::Null).map(Some)
            }
            Kind::Scalar { .. } => Ok(None),
            Kind::Alias(_) => find::refuse_borrowed(self.page, pair).map(|()| None),
            Kind::Map { .. } => Err(is_a("not-a-list", line, key, "a map")),
        }
    }

    /// Gives a key another name.
    pub(crate) fn rename(&self, key: &KeyPath, to: &str) -> Planned<'t> {
        let spot = find::find(self.page, self.root, key)?;
        let Kind::Map { pairs, .. } = &spot.map.kind else {
            return Ok(None);
        };
        let taken = pairs.iter().find(|pair| pair.key.key_text() == Some(to));
        let Some(pair) = spot.found() else {
            return if taken.is_some() && spot.missing.len() == 1 {
                Ok(None)
            } else {
                let reason = format!("there is no key `{key}`");
                Err(Refused::at("no-such-key", 0, reason))
            };
        };
        if pair.key.key_text() == Some(to) {
            return Ok(None);
        }
        if let Some(taken) = taken {
            let line = self.page.line(taken.key.span.start);
            return Err(Refused::at(
                "key-exists",
                line,
                format!("`{to}` is there already"),
            ));
        }
        find::refuse_shared(self.page, self.root, &spot)?;
        let quote = quote_of(&pair.key);
        let style = self.style(quote, pair.key.span.start);
        let mut out = Splices::new(self.page.text);
        out.put(pair.key.span.clone(), spell::text(to, style, Place::Flow));
        Ok(Some(Plan {
            splices: out,
            path: spot.path,
            after: After::Named(to.to_owned()),
        }))
    }

    fn may_change(&self, spot: &Spot<'_>, pair: &Pair) -> Result<(), Refused> {
        find::refuse_borrowed(self.page, pair)?;
        find::refuse_shared(self.page, self.root, spot)
    }

    fn style(&self, quote: Quote, at: usize) -> Style {
        let quote = if self.attempt.ascii {
            Quote::Ascii
        } else {
            quote
        };
        habits::style(self.page.text, self.root, quote, at)
    }

    /// The pair that holds the innermost map.
    fn parent<'n>(&self, spot: &Spot<'n>) -> Option<&'n Pair> {
        let depth = spot.trail.len().checked_sub(2)?;
        spot.trail.get(depth).copied()
    }

    fn colon(&self, pair: &Pair) -> Result<usize, Refused> {
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
    fn column(&self, pair: &Pair) -> Result<usize, Refused> {
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
    fn lines_of(&self, pair: &Pair) -> Result<std::ops::Range<usize>, Refused> {
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

    /// Makes the keys that are missing.
    fn make(&self, spot: &Spot<'_>, value: &Wanted, order: &[String]) -> Planned<'t> {
        find::refuse_shared(self.page, self.root, spot)?;
        let mut value = alike(value, None);
        let last = spot
            .trail
            .last()
            .filter(|pair| !matches!(pair.value.kind, Kind::Map { .. }));
        let made = if last.is_some() { 0 } else { 1 };
        for key in spot.missing[made..].iter().rev() {
            value = Wanted::Map(vec![(key.clone(), value)]);
        }
        if let Some(pair) = last {
            let line = self.page.line(pair.key.span.start);
            find::refuse_borrowed(self.page, pair)?;
            if !is_null(&pair.value) {
                let path = KeyPath(spot.path.clone());
                let reason = format!(
                    "`{path}` is no map, so it cannot have a key `{}`",
                    spot.missing[0]
                );
                return Err(Refused::at("not-a-map", line, reason));
            }
            return self.replace(spot, pair, &value).map(Some);
        }
        let Kind::Map { flow, pairs } = &spot.map.kind else {
            return Ok(None);
        };
        let name = &spot.missing[0];
        let mut out = Splices::new(self.page.text);
        if *flow {
            let style = self.style(Quote::Plain, spot.map.span.start);
            let keep = vec![true; pairs.len()];
            let change = Change {
                keep: &keep,
                at: pairs.len(),
            };
            let new = spell::flow_pair(name, &value, style);
            self.flow(&mut out, spot.map, &change, &[new]);
        } else {
            let (at, column) = self.room(spot, pairs, order)?;
            let lines = spell::pair_lines(name, &value, column, self.style(Quote::Plain, at));
            out.lines(at..at, lines);
        }
        Ok(Some(Plan {
            splices: out,
            path: spot.path.iter().chain([name]).cloned().collect(),
            after: After::of(&value),
        }))
    }

    /// Where a new line of a block map goes, and its column.
    fn room(
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

    /// Changes the pairs between braces.
    fn flow(&self, out: &mut Splices<'_>, map: &Node, change: &Change<'_>, new: &[String]) {
        let Kind::Map { pairs, .. } = &map.kind else {
            return;
        };
        let text = self.page.text;
        let parts = pairs
            .iter()
            .map(|pair| pair.key.span.start..pair_end(text, pair))
            .collect::<Vec<_>>();
        let inside = map.span.start + 1..map.span.end - 1;
        let eol = self.style(Quote::Plain, map.span.start).eol;
        list::flow(out, text, inside, &parts, change, new, eol);
    }

    /// A list in place of another one: what both begin and end with stays as it is.
    fn set_list(&self, spot: &Spot<'_>, pair: &Pair, new: &[Wanted]) -> Planned<'t> {
        let Kind::List { items, .. } = &pair.value.kind else {
            return Ok(None);
        };
        let most = items.len().min(new.len());
        let head = (0..most)
            .take_while(|at| same(&items[*at], &new[*at]))
            .count();
        let tail = (1..=most - head)
            .take_while(|back| same(&items[items.len() - back], &new[new.len() - back]))
            .count();
        let goes = head..items.len() - tail;
        let keep = (0..items.len())
            .map(|at| !goes.contains(&at))
            .collect::<Vec<_>>();
        self.change_list(spot, pair, &keep, head, &new[head..new.len() - tail])
    }

    fn change_list(
        &self,
        spot: &Spot<'_>,
        pair: &Pair,
        keep: &[bool],
        at: usize,
        new: &[Wanted],
    ) -> Planned<'t> {
        let Kind::List { flow, items } = &pair.value.kind else {
            return Ok(None);
        };
        let text = self.page.text;
        let style = self.style(common_quote(items), pair.value.span.start);
        let new = new
            .iter()
            .map(|value| alike(value, items.last()))
            .collect::<Vec<_>>();
        let change = Change { keep, at };
        let mut out = Splices::new(text);
        if *flow {
            let parts = items
                .iter()
                .map(|item| item.span.clone())
                .collect::<Vec<_>>();
            let inside = pair.value.span.start + 1..pair.value.span.end - 1;
            let words = new
                .iter()
                .map(|value| spell::flow(value, style, Place::Flow))
                .collect::<Vec<_>>();
            list::flow(&mut out, text, inside, &parts, &change, &words, style.eol);
        } else {
            let colon = self.colon(pair)?;
            let lines = first_dash(text, colon, pair.value.span.start)
                .and_then(|dash| list::lines(text, dash, items))
                .ok_or_else(|| {
                    let line = self.page.line(pair.value.span.start);
                    Refused::at("not-proved", line, "the items do not begin their lines")
                })?;
            let written = new
                .iter()
                .map(|value| spell::item_lines(value, lines.column, &lines.dash, style))
                .collect::<String>();
            if new.is_empty() && keep.iter().all(|keep| !keep) {
                out.put(colon + 1..colon + 1, " []");
            }
            list::block(&mut out, &lines, &change, &written);
        }
        let before = self.page.value(&spot.path).and_then(Json::as_array);
        let mut after = Vec::new();
        for (index, value) in before.into_iter().flatten().enumerate() {
            if index == at {
                after.extend(new.iter().map(page::wanted));
            }
            if keep.get(index) == Some(&true) {
                after.push(value.clone());
            }
        }
        if at >= items.len() {
            after.extend(new.iter().map(page::wanted));
        }
        Ok(Some(Plan {
            splices: out,
            path: spot.path.clone(),
            after: After::Value(Json::Array(after)),
        }))
    }

    /// Another value behind the same key.
    fn replace(&self, spot: &Spot<'_>, pair: &Pair, value: &Wanted) -> Result<Plan<'t>, Refused> {
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
        let column = self.column(pair)?;
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
    fn lines_under(&self, pair: &Pair, at: usize) -> std::ops::Range<usize> {
        let text = self.page.text;
        let start = line_end(text, at);
        let mut end = line_end(text, pair_end(text, pair));
        if self.attempt.far {
            end = self.behind_blank_lines(end);
        }
        start..end.max(start)
    }

    /// The header of a literal or folded scalar.
    fn header(&self, pair: &Pair) -> Result<std::ops::Range<usize>, Refused> {
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

fn is_a(code: &'static str, line: u32, key: &KeyPath, what: &str) -> Refused {
    Refused::at(
        code,
        line,
        format!("`{key}` is {what}, which this would replace or break"),
    )
    .hint("unset it first")
}

fn quote_of(node: &Node) -> Quote {
    match node.kind {
        Kind::Scalar {
            style: ScalarStyle::SingleQuoted,
            ..
        } => Quote::Single,
        Kind::Scalar {
            style: ScalarStyle::DoubleQuoted,
            ..
        } => Quote::Double,
        _ => Quote::Plain,
    }
}

/// The quotes that all items have.
fn common_quote(items: &[Node]) -> Quote {
    let mut quotes = items.iter().map(quote_of);
    let first = quotes.next().unwrap_or(Quote::Plain);
    if quotes.all(|quote| quote == first) {
        first
    } else {
        Quote::Plain
    }
}

fn is_null(node: &Node) -> bool {
    node.is_empty()
        || matches!(&node.kind, Kind::Scalar { style: ScalarStyle::Plain, text }
            if node.tagged != Tagged::Text && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
}

/// A plain word as it stands, on one line.
fn plain_again(text: &str) -> Wanted {
    if words::is_typed(text) {
        Wanted::Plain(text.to_owned())
    } else {
        Wanted::Text(text.to_owned())
    }
}

/// Decides what `Alike` means beside the value that stands there.
fn alike(value: &Wanted, beside: Option<&Node>) -> Wanted {
    match value {
        Wanted::Alike(word) => match beside.map(|node| &node.kind) {
            Some(Kind::Scalar {
                style: ScalarStyle::Plain,
                text,
            }) if words::is_typed(text) && words::is_typed(word) => Wanted::Plain(word.clone()),
            _ => Wanted::Text(word.clone()),
        },
        Wanted::List(items) => Wanted::List(items.iter().map(|item| alike(item, None)).collect()),
        Wanted::Map(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| (key.clone(), alike(value, None)));
            Wanted::Map(pairs.collect())
        }
        Wanted::Text(_) | Wanted::Plain(_) | Wanted::Null => value.clone(),
    }
}

fn text_of(value: &Wanted) -> Option<&str> {
    match value {
        Wanted::Text(text) | Wanted::Alike(text) | Wanted::Plain(text) => Some(text),
        Wanted::Null | Wanted::List(_) | Wanted::Map(_) => None,
    }
}

/// True where a list that has `node` needs no `value`.
fn holds(node: &Node, value: &Wanted) -> bool {
    match (&node.kind, text_of(value)) {
        (Kind::Scalar { text, .. }, Some(word)) => text == word && !is_null(node),
        _ => same(node, value),
    }
}

/// True where the value is there already. A plain `5` is the text `5`; a plain `null` is no text.
fn same(node: &Node, value: &Wanted) -> bool {
    match (&node.kind, value) {
        (_, Wanted::Null) => is_null(node),
        (Kind::Scalar { text, .. }, Wanted::Text(word) | Wanted::Alike(word)) => {
            text == word && !is_null(node) && node.tagged != Tagged::Other
        }
        (Kind::Scalar { style, text }, Wanted::Plain(word)) => {
            *style == ScalarStyle::Plain
                && text == word
                && !node.is_empty()
                && node.tagged == Tagged::No
        }
        (Kind::List { items, .. }, Wanted::List(wanted)) => {
            items.len() == wanted.len()
                && items
                    .iter()
                    .zip(wanted)
                    .all(|(item, value)| same(item, value))
        }
        (Kind::Map { pairs, .. }, Wanted::Map(wanted)) => {
            pairs.len() == wanted.len()
                && wanted.iter().all(|(key, value)| {
                    let mut found = pairs.iter().filter(|pair| pair.key.key_text() == Some(key));
                    found.next().is_some_and(|pair| same(&pair.value, value))
                        && found.next().is_none()
                })
        }
        _ => false,
    }
}

/// The tree of a page.
pub(crate) fn tree(page: &Page<'_>) -> Result<Node, Refused> {
    tree::read(page.text, page.block.clone()).ok_or_else(|| {
        Refused::at(
            "not-proved",
            page.line(page.block.start),
            "the layout of the frontmatter cannot be told",
        )
    })
}
