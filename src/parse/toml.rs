//! A TOML block to values with their places.
//! Never: changes a spelling; dates, fractions and `1_000` are the text that was written.

use std::borrow::Cow;
use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::model::document::{Entry, Node, Value};
use crate::model::problem::{Problem, Severity};
use crate::parse::budget;
use crate::parse::decode::without_nul;
use crate::parse::position::Position;
use crate::parse::scalar;
use crate::parse::yaml::{Read, Verdict};

/// Reads `block`, whose first line is line `first_line` of the file. Where the verdict is `Broken`
/// the entries are those that could be recovered.
pub(crate) fn read(block: &str, first_line: u32) -> Read<'_> {
    // The parser limits its own recursion and goes on after an error.
    let (table, errors) = DeTable::parse_recoverable(block);
    let mut reader = Reader {
        block,
        position: Position::new(block, first_line),
        problems: Vec::new(),
        nodes: 0,
    };
    let mut verdict = Verdict::Mapping;
    let mut places = errors
        .iter()
        .map(|error| (error.span().map_or(block.len(), |span| span.start), error))
        .collect::<Vec<_>>();
    places.sort_by_key(|(at, _)| *at);
    if let Some((at, error)) = places.first() {
        let (line, col) = reader.position.at(*at);
        if error.message().contains("recurs") {
            return refused(budget::too_deep(line, col));
        }
        verdict = Verdict::Broken;
        reader.problems.push(
            Problem::at(
                "invalid-frontmatter",
                Severity::Error,
                line,
                col,
                format!("the frontmatter is not valid TOML: {}", error.message()),
            )
            .hint("put text in quotes, and write `key = value` lines"),
        );
    }
    match reader.table(table.into_inner(), 1) {
        Ok(entries) => Read::new(verdict, entries, reader.problems),
        Err(problem) => refused(problem),
    }
}

fn refused<'a>(problem: Problem) -> Read<'a> {
    Read::new(Verdict::Refused, Vec::new(), vec![problem])
}

struct Reader<'a> {
    block: &'a str,
    position: Position<'a>,
    problems: Vec<Problem>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn table(&mut self, table: DeTable<'a>, depth: usize) -> Result<Vec<Entry<'a>>, Problem> {
        // The table is sorted by key; the file's order is that of the spans.
        let mut pairs = table.into_iter().collect::<Vec<_>>();
        pairs.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            // Recovery fills in what is missing with nothing.
            if key.span().is_empty() || value.span().is_empty() {
                continue;
            }
            let (line, col) = self.place(key.span(), depth)?;
            let key = without_nul(key.into_inner(), &mut self.problems, (line, col));
            let node = self.node(value, depth + 1)?;
            entries.push(Entry {
                key,
                line,
                col,
                node,
            });
        }
        Ok(entries)
    }

    fn node(&mut self, value: Spanned<DeValue<'a>>, depth: usize) -> Result<Node<'a>, Problem> {
        let span = value.span();
        let (line, col) = self.place(span.clone(), depth)?;
        let written = || Cow::Borrowed(self.block.get(span.clone()).unwrap_or_default());
        let value = match value.into_inner() {
            DeValue::String(text) => {
                Value::Text(without_nul(text, &mut self.problems, (line, col)))
            }
            DeValue::Boolean(truth) => Value::Bool(truth),
            DeValue::Integer(_) => match scalar::integer(&written()) {
                Some(number) => Value::Int(number),
                None => Value::Text(written()),
            },
            DeValue::Float(_) | DeValue::Datetime(_) => Value::Text(written()),
            DeValue::Array(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    nodes.push(self.node(item, depth + 1)?);
                }
                Value::List(nodes)
            }
            DeValue::Table(table) => Value::Map(self.table(table, depth)?),
        };
        Ok(Node { value, line, col })
    }

    fn place(&mut self, span: Range<usize>, depth: usize) -> Result<(u32, u32), Problem> {
        let (line, col) = self.position.at(span.start);
        self.nodes += 1;
        if self.nodes > budget::NODES {
            let what = format!("{} keys and values", budget::NODES);
            return Err(budget::too_large(line, &what));
        }
        // A scalar in the deepest list is one level further in than that list.
        if depth > budget::DEPTH + 1 {
            return Err(budget::too_deep(line, col));
        }
        Ok((line, col))
    }
}
