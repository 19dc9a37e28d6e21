//! One operation on a YAML block, as the pieces of text that change.
//! Gets the page, its tree and the operation; gives a plan, or nothing where nothing is to do.
//! Never: decides that a plan is right; `proof` does.
//! Read next: `find`, `spell`, `list`, then `proof`.

use std::collections::HashSet;

use granit_parser::ScalarStyle;
use serde_json::Value as Json;

use crate::edit::find::{self, Spot};
use crate::edit::habits::{self, first_dash};
use crate::edit::list::{self, Change};
use crate::edit::page::{self, Page};
use crate::edit::plan::{self, After, Plan, Planned, is_a};
use crate::edit::spell::{self, Place, Quote, Style};
use crate::edit::splice::Splices;
use crate::edit::tree::{self, Kind, Node, Pair, pair_end};
use crate::edit::values::{alike, common_quote, is_null, missing, plain_again, quote_of, same};
use crate::model::edit::{KeyPath, Refused, Wanted};

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

impl<'t> Sheet<'_, 't> {
    /// Gives a key a value. A new outermost key goes behind those before it in `order`.
    pub(crate) fn set(&self, key: &KeyPath, value: &Wanted, order: &[String]) -> Planned<'t> {
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            return self.make(&spot, value, order);
        };
        let value = &alike(value, Some(&pair.value));
        if same(&pair.value, value) || self.reads_as(&spot.path, &pair.value, value) {
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
        let spot = find::find(self.page, self.root, key)?;
        let Some(pair) = spot.found() else {
            let new = missing(&[], values);
            return if new.is_empty() {
                Ok(None)
            } else {
                self.make(&spot, &Wanted::List(new), &[])
            };
        };
        let line = self.page.line(pair.key.span.start);
        match &pair.value.kind {
            Kind::List { items, .. } => {
                let new = missing(items, values);
                if new.is_empty() {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                let keep = vec![true; items.len()];
                self.change_list(&spot, pair, &keep, items.len(), &new)
            }
            Kind::Scalar { .. } if is_null(&pair.value) => {
                let new = missing(&[], values);
                if new.is_empty() {
                    return Ok(None);
                }
                self.may_change(&spot, pair)?;
                self.replace(&spot, pair, &Wanted::List(new)).map(Some)
            }
            Kind::Scalar { style, text } => {
                let mut new = missing(std::slice::from_ref(&pair.value), values);
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
        let values = values.iter().collect::<HashSet<_>>();
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
            // Done before; `a.b` may have been one key.
            let done = match &self.root.kind {
                Kind::Map { pairs, .. } if key.0.len() > 1 => {
                    pairs.iter().any(|pair| pair.key.key_text() == Some(to))
                }
                _ => false,
            };
            return if done || taken.is_some() && spot.missing.len() == 1 {
                Ok(None)
            } else {
                Err(plan::no_such_key(key))
            };
        };
        if pair.key.key_text() == Some(to) {
            return Ok(None);
        }
        if let Some(taken) = taken {
            let line = self.page.line(taken.key.span.start);
            return Err(plan::key_exists(line, to));
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

    /// True where a list, a map or an alias reads as the value, however it is written.
    fn reads_as(&self, path: &[String], node: &Node, value: &Wanted) -> bool {
        !matches!(node.kind, Kind::Scalar { .. })
            && self.page.value(path) == Some(&page::wanted(value))
    }

    fn may_change(&self, spot: &Spot<'_>, pair: &Pair) -> Result<(), Refused> {
        find::refuse_borrowed(self.page, pair)?;
        find::refuse_shared(self.page, self.root, spot)
    }

    pub(crate) fn style(&self, quote: Quote, at: usize) -> Style {
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
                return Err(plan::not_a_map(line, &spot.path, &spot.missing[0]));
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
        let before = self.page.value(&spot.path).and_then(Json::as_array);
        let (head, tail) = list::common(items.len(), new.len(), |old, new_at| {
            let value = &new[new_at];
            let reads = before.and_then(|values| values.get(old));
            let alias = matches!(items[old].kind, Kind::Alias(_));
            same(&items[old], value) || alias && reads == Some(&page::wanted(value))
        });
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
        let new = new.iter().map(page::wanted);
        let after = list::values(before.map_or(&[], Vec::as_slice), &change, new);
        Ok(Some(Plan {
            splices: out,
            path: spot.path.clone(),
            after: After::Value(after),
        }))
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
