//! One operation on a TOML block, as the pieces of text that change.
//! Gets the page; `toml_edit` says where its keys and values stand. Gives a plan, or nothing.
//! Never: lets the crate write the file; tables with headers of their own stay where they are.

use std::collections::HashSet;
use std::ops::Range;

use granit_parser::ScalarStyle;
use toml_edit::{Document, InlineTable, Item, Key, Table, Value};

use crate::edit::list::{self, Change};
use crate::edit::page::{self, Page};
use crate::edit::plan::{self, After, Plan, Planned, is_a};
use crate::edit::splice::{Splices, eol_at, line_end, line_start};
use crate::edit::toml_spell as spell;
use crate::edit::tree::{Kind, Node, Pair, Tagged};
use crate::edit::values::{alike, missing, plain_again, same};
use crate::model::edit::{KeyPath, Op, Refused, Wanted};

/// A page and what the TOML crate sees in it.
pub(crate) struct Sheet<'p, 't> {
    page: &'p Page<'t>,
    document: Document<&'t str>,
}

/// Where a key is, or would be.
struct Spot<'d> {
    holder: Holder<'d>,
    path: Vec<String>,
    missing: Vec<String>,
    found: Option<(&'d Key, &'d Item)>,
}

#[derive(Clone, Copy)]
enum Holder<'d> {
    Table(&'d Table),
    Inline(&'d InlineTable),
}

impl<'d> Holder<'d> {
    fn get(self, key: &str) -> Option<(&'d Key, &'d Item)> {
        match self {
            Self::Table(table) => table.get_key_value(key),
            Self::Inline(table) => table.get_key_value(key),
        }
    }

    fn of(item: &'d Item) -> Option<Self> {
        match item {
            Item::Table(table) => Some(Self::Table(table)),
            Item::Value(Value::InlineTable(table)) => Some(Self::Inline(table)),
            Item::Value(_) | Item::ArrayOfTables(_) | Item::None => None,
        }
    }
}

impl<'p, 't> Sheet<'p, 't> {
    pub(crate) fn read(page: &'p Page<'t>) -> Result<Self, Refused> {
        let document = Document::parse(&page.text[page.block.clone()]).map_err(|error| {
            Refused::at("not-proved", page.line(page.block.start), error.message())
        })?;
        Ok(Self { page, document })
    }

    /// The plan of an operation.
    pub(crate) fn plan(&self, op: &Op) -> Planned<'t> {
        match op {
            Op::Set { key, value } | Op::Place { key, value, .. } => self.set(key, value),
            Op::Unset { key } => self.unset(key),
            Op::Add { key, values } => self.add(key, values),
            Op::Remove { key, values } => self.remove(key, values),
            Op::Rename { key, to } => self.rename(key, to),
            Op::Quote { .. }
            | Op::Tick { .. }
            | Op::Section { .. }
            | Op::Insert { .. }
            | Op::Replace { .. } => Ok(None),
        }
    }

    fn find(&self, key: &KeyPath) -> Spot<'_> {
        let nested = self.follow(&key.0);
        if nested.missing.is_empty() || key.0.len() < 2 {
            return nested;
        }
        let joined = self.follow(&[key.0.join(".")]);
        if joined.missing.is_empty() {
            joined
        } else {
            nested
        }
    }

    fn follow(&self, keys: &[String]) -> Spot<'_> {
        let mut spot = Spot {
            holder: Holder::Table(self.document.as_table()),
            path: Vec::new(),
            missing: keys.to_vec(),
            found: None,
        };
        let mut holder = Some(spot.holder);
        while let (Some(inner), Some(key)) = (holder, spot.missing.first()) {
            spot.holder = inner;
            let Some(found) = inner.get(key) else {
                spot.found = None;
                break;
            };
            spot.found = Some(found);
            spot.path.push(spot.missing.remove(0));
            holder = Holder::of(found.1);
        }
        spot
    }

    fn place(&self, span: Option<Range<usize>>) -> Result<Range<usize>, Refused> {
        let base = self.page.block.start;
        let span = span.ok_or_else(|| self.unplaced())?;
        Ok(base + span.start..base + span.end)
    }

    fn unplaced(&self) -> Refused {
        let line = self.page.line(self.page.block.start);
        Refused::at(
            "not-proved",
            line,
            "the key is a table with lines of its own, or in one",
        )
        .hint("edit the file by hand")
    }

    fn planned(&self, splices: Splices<'t>, path: Vec<String>, after: After) -> Planned<'t> {
        Ok(Some(Plan {
            splices,
            path,
            after,
        }))
    }

    fn set(&self, key: &KeyPath, value: &Wanted) -> Planned<'t> {
        let spot = self.find(key);
        let (Some((name, item)), true) = (spot.found, spot.missing.is_empty()) else {
            return self.make(&spot, &alike(value, None));
        };
        let line = self.page.line(self.place(name.span())?.start);
        let Item::Value(there) = item else {
            return match (item, value) {
                (_, Wanted::Map(_) | Wanted::List(_)) => Err(self.unplaced()),
                (Item::ArrayOfTables(_), _) => Err(is_a("is-a-list", line, key, "a list")),
                _ => Err(is_a("is-a-map", line, key, "a map")),
            };
        };
        let node = self.node(there)?;
        let value = &alike(value, Some(&node));
        if same(&node, value) {
            return Ok(None);
        }
        match (&node.kind, value) {
            (Kind::List { items, .. }, Wanted::List(new)) => {
                let stays = |old: usize, at: usize| same(&items[old], &new[at]);
                let (head, tail) = list::common(items.len(), new.len(), stays);
                let keep = (0..items.len())
                    .map(|at| at < head || at >= items.len() - tail)
                    .collect::<Vec<_>>();
                return self.change(spot.path, &node, &keep, head, &new[head..new.len() - tail]);
            }
            (_, Wanted::Map(_))
            | (Kind::Scalar { .. } | Kind::Alias(_), _)
            | (Kind::Map { .. }, Wanted::List(_)) => {}
            (Kind::List { .. }, _) => return Err(is_a("is-a-list", line, key, "a list")),
            (Kind::Map { .. }, _) => return Err(is_a("is-a-map", line, key, "a map")),
        }
        self.replace(spot.path, &node, value)
    }

    fn replace(&self, path: Vec<String>, node: &Node, value: &Wanted) -> Planned<'t> {
        let literal = self.page.text[node.span.clone()].starts_with('\'');
        let mut out = Splices::new(self.page.text);
        out.put(node.span.clone(), spell::value(value, literal)?);
        self.planned(out, path, After::of(value))
    }

    fn make(&self, spot: &Spot<'_>, value: &Wanted) -> Planned<'t> {
        let Some((name, rest)) = spot.missing.split_first() else {
            return Ok(None);
        };
        if let Some((key, _)) = spot.found {
            let line = self.page.line(self.place(key.span())?.start);
            return Err(plan::not_a_map(line, &spot.path, name));
        }
        let mut wanted = value.clone();
        for key in rest.iter().rev() {
            wanted = Wanted::Map(vec![(key.clone(), wanted)]);
        }
        let after = After::of(&wanted);
        let text = self.page.text;
        let mut out = Splices::new(text);
        let mut path = spot.path.clone();
        path.push(name.clone());
        match spot.holder {
            Holder::Inline(table) => {
                let span = self.place(table.span())?;
                let parts = self.parts(table)?;
                let keep = vec![true; parts.len()];
                let change = Change {
                    keep: &keep,
                    at: parts.len(),
                };
                let new = [spell::pair(name, &wanted)?];
                let inside = span.start + 1..span.end - 1;
                list::flow(
                    &mut out,
                    text,
                    inside,
                    &parts,
                    &change,
                    &new,
                    eol_at(text, span.start),
                );
            }
            Holder::Table(table) => {
                let keys = spot.missing.iter().map(|key| spell::key(key));
                let keys = keys.collect::<Vec<_>>().join(".");
                let at = self.end_of(table, spot.path.is_empty())?;
                let line = format!(
                    "{keys} = {}{}",
                    spell::value(value, false)?,
                    eol_at(text, at)
                );
                out.lines(at..at, line);
            }
        }
        self.planned(out, path, after)
    }

    /// Behind the last value of a table.
    fn end_of(&self, table: &Table, outermost: bool) -> Result<usize, Refused> {
        let text = self.page.text;
        let block = &self.page.block;
        let ends = table
            .get_values()
            .into_iter()
            .filter_map(|(_, value)| value.span());
        if let Some(end) = ends.map(|span| span.end).max() {
            return Ok(line_end(text, block.start + end));
        }
        if !outermost {
            return Ok(line_end(text, self.place(table.span())?.start));
        }
        if !table.is_empty() {
            return Ok(block.start);
        }
        let content = text[block.clone()].trim_end().len();
        Ok(match content {
            0 => block.start,
            _ => line_end(text, block.start + content - 1),
        })
    }

    fn unset(&self, key: &KeyPath) -> Planned<'t> {
        let spot = self.find(key);
        let (Some((name, item)), true) = (spot.found, spot.missing.is_empty()) else {
            return Ok(None);
        };
        let text = self.page.text;
        let mut out = Splices::new(text);
        let mut path = spot.path.clone();
        match spot.holder {
            Holder::Inline(table) => {
                let span = self.place(table.span())?;
                let parts = self.parts(table)?;
                let keep = table
                    .iter()
                    .map(|(other, _)| other != name.get())
                    .collect::<Vec<_>>();
                let change = Change {
                    keep: &keep,
                    at: parts.len(),
                };
                let inside = span.start + 1..span.end - 1;
                list::flow(
                    &mut out,
                    text,
                    inside,
                    &parts,
                    &change,
                    &[],
                    eol_at(text, span.start),
                );
            }
            Holder::Table(table) => {
                let Item::Value(value) = item else {
                    return Err(self.unplaced());
                };
                let start = line_start(text, self.place(name.span())?.start);
                let end = line_end(text, self.place(value.span())?.end);
                out.lines(start..end, String::new());
                // A map of dotted keys is there as long as one of them is.
                if table.is_dotted() && table.len() == 1 {
                    path.pop();
                }
            }
        }
        self.planned(out, path, After::Gone)
    }

    fn add(&self, key: &KeyPath, values: &[Wanted]) -> Planned<'t> {
        let spot = self.find(key);
        let (Some((name, item)), true) = (spot.found, spot.missing.is_empty()) else {
            let new = missing(&[], values);
            return if new.is_empty() {
                Ok(None)
            } else {
                self.make(&spot, &alike(&Wanted::List(new), None))
            };
        };
        let line = self.page.line(self.place(name.span())?.start);
        let Item::Value(there) = item else {
            return Err(is_a("not-a-list", line, key, "a map"));
        };
        let node = self.node(there)?;
        match &node.kind {
            Kind::List { items, .. } => {
                let new = missing(items, values);
                if new.is_empty() {
                    return Ok(None);
                }
                let keep = vec![true; items.len()];
                self.change(spot.path, &node, &keep, items.len(), &new)
            }
            Kind::Scalar { style, text } => {
                let mut new = missing(std::slice::from_ref(&node), values);
                if new.is_empty() {
                    return Ok(None);
                }
                new.insert(
                    0,
                    match style {
                        ScalarStyle::Plain => plain_again(text),
                        _ => Wanted::Text(text.clone()),
                    },
                );
                let new = alike(&Wanted::List(new), None);
                self.replace(spot.path, &node, &new)
            }
            Kind::Map { .. } | Kind::Alias(_) => Err(is_a("not-a-list", line, key, "a map")),
        }
    }

    fn remove(&self, key: &KeyPath, values: &[String]) -> Planned<'t> {
        let spot = self.find(key);
        let (Some((name, item)), true) = (spot.found, spot.missing.is_empty()) else {
            return Ok(None);
        };
        let line = self.page.line(self.place(name.span())?.start);
        let Item::Value(there) = item else {
            return Err(is_a("not-a-list", line, key, "a map"));
        };
        let node = self.node(there)?;
        let values = values.iter().collect::<HashSet<_>>();
        let goes =
            |node: &Node| matches!(&node.kind, Kind::Scalar { text, .. } if values.contains(text));
        match &node.kind {
            Kind::List { items, .. } => {
                let keep = items.iter().map(|item| !goes(item)).collect::<Vec<_>>();
                if keep.iter().all(|keep| *keep) {
                    return Ok(None);
                }
                self.change(spot.path, &node, &keep, items.len(), &[])
            }
            Kind::Scalar { .. } if goes(&node) => Err(spell::no_null(line)),
            Kind::Scalar { .. } => Ok(None),
            Kind::Map { .. } | Kind::Alias(_) => Err(is_a("not-a-list", line, key, "a map")),
        }
    }

    fn change(
        &self,
        path: Vec<String>,
        node: &Node,
        keep: &[bool],
        at: usize,
        new: &[Wanted],
    ) -> Planned<'t> {
        let Kind::List { items, .. } = &node.kind else {
            return Ok(None);
        };
        let text = self.page.text;
        let new = new
            .iter()
            .map(|value| alike(value, items.last()))
            .collect::<Vec<_>>();
        let parts = items
            .iter()
            .map(|item| item.span.clone())
            .collect::<Vec<_>>();
        let words = new
            .iter()
            .map(|value| spell::value(value, false))
            .collect::<Result<Vec<_>, _>>()?;
        let inside = node.span.start + 1..node.span.end - 1;
        let mut out = Splices::new(text);
        let change = Change { keep, at };
        list::flow(
            &mut out,
            text,
            inside,
            &parts,
            &change,
            &words,
            eol_at(text, node.span.start),
        );
        let before = self.page.value(&path).and_then(serde_json::Value::as_array);
        let after = list::values(
            before.map_or(&[], Vec::as_slice),
            &change,
            new.iter().map(page::wanted),
        );
        self.planned(out, path, After::Value(after))
    }

    fn rename(&self, key: &KeyPath, to: &str) -> Planned<'t> {
        let spot = self.find(key);
        let taken = spot.holder.get(to);
        let (Some((name, _)), true) = (spot.found, spot.missing.is_empty()) else {
            let done = key.0.len() > 1 && self.document.contains_key(to);
            return if done || taken.is_some() && spot.missing.len() == 1 {
                Ok(None)
            } else {
                Err(plan::no_such_key(key))
            };
        };
        if name.get() == to {
            return Ok(None);
        }
        if let Some((taken, _)) = taken {
            return Err(plan::key_exists(
                self.page.line(self.place(taken.span())?.start),
                to,
            ));
        }
        let mut out = Splices::new(self.page.text);
        out.put(self.place(name.span())?, spell::key(to));
        self.planned(out, spot.path, After::Named(to.to_owned()))
    }

    /// The pairs of an inline table.
    fn parts(&self, table: &InlineTable) -> Result<Vec<Range<usize>>, Refused> {
        let mut parts = Vec::new();
        for (name, value) in table {
            let key = table.key(name).and_then(Key::span);
            let (key, value) = (self.place(key)?, self.place(value.span())?);
            parts.push(key.start..value.end);
        }
        Ok(parts)
    }

    /// A value as a node, to be compared with what is wanted.
    fn node(&self, value: &Value) -> Result<Node, Refused> {
        let span = self.place(value.span())?;
        let kind = match value {
            Value::String(text) => Kind::Scalar {
                style: ScalarStyle::DoubleQuoted,
                text: text.value().clone(),
            },
            Value::Array(items) => Kind::List {
                flow: true,
                items: items
                    .iter()
                    .map(|item| self.node(item))
                    .collect::<Result<_, _>>()?,
            },
            Value::InlineTable(table) => {
                let mut pairs = Vec::new();
                for (name, value) in table {
                    let span = self.place(table.key(name).and_then(Key::span))?;
                    let style = ScalarStyle::DoubleQuoted;
                    let text = name.to_owned();
                    let key = bare(Kind::Scalar { style, text }, span);
                    let value = self.node(value)?;
                    pairs.push(Pair {
                        key,
                        colon: None,
                        value,
                    });
                }
                Kind::Map { flow: true, pairs }
            }
            Value::Integer(_) | Value::Float(_) | Value::Datetime(_) | Value::Boolean(_) => {
                Kind::Scalar {
                    style: ScalarStyle::Plain,
                    text: self.page.text[span.clone()].to_owned(),
                }
            }
        };
        Ok(bare(kind, span))
    }
}

fn bare(kind: Kind, span: Range<usize>) -> Node {
    Node {
        kind,
        span,
        anchor: 0,
        tagged: Tagged::No,
    }
}
