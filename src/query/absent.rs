//! Which values of a query no item has, in words for people. Asked where nothing was found, so that
//! a misspelled value does not look like an answer.
//! Never: an error. That nothing matches is an answer, and a value may be right and not in use.

use crate::query::error::QueryError;
use crate::query::field::{self, Field};
use crate::query::filter::{Filter, Op, Pattern, Term, Test, Value};
use crate::query::near::near;
use crate::query::resolve::{compile, few, find};
use crate::query::sql::{self, Binds, ask, by};
use crate::query::{Reader, grammar};
use crate::stores::sqlite::read::loose;

/// So many values are looked for.
const MOST: usize = 20;
/// So many values that there are instead are told, where none is near.
const FEW: usize = 8;

/// A sentence for each value of `query` that no item has. `now` is today as ISO date or time.
pub(crate) async fn absent(
    reader: &mut Reader,
    query: &str,
    now: &str,
) -> Result<Vec<String>, QueryError> {
    let filter = grammar::parse(query)?;
    let mut found = Vec::new();
    let mut looked = 0;
    for term in &filter.terms {
        let Test::Field {
            name,
            op: op @ (Op::Is | Op::Equal),
            values,
        } = &term.test
        else {
            continue;
        };
        // What is excluded is no reason for finding nothing.
        if term.negated {
            continue;
        }
        let field = match field::known(name) {
            Some(field) => field,
            None => find(reader, name).await?,
        };
        let Some(field) = Named::new(name, field) else {
            continue;
        };
        for value in values {
            let Value::One(pattern) = value else {
                continue;
            };
            looked += 1;
            if looked > MOST {
                return Ok(found);
            }
            let test = Test::Field {
                name: name.clone(),
                op: *op,
                values: vec![value.clone()],
            };
            if !exists(reader, test, now).await? {
                found.push(field.sentence(reader, pattern).await?);
            }
        }
    }
    Ok(found)
}

/// True where some item passes the test.
async fn exists(reader: &mut Reader, test: Test, now: &str) -> Result<bool, QueryError> {
    let one = Filter {
        terms: vec![Term {
            negated: false,
            test,
        }],
    };
    let condition = compile(reader, &one, now).await?;
    let keys: Vec<i64> = sql::one(
        reader,
        ask::keys(reader.dialect(), &condition.text, 1),
        condition.binds,
    )
    .await?;
    Ok(!keys.is_empty())
}

/// A field whose values can be named, and how to call it.
struct Named {
    field: Field,
    name: String,
    /// Where its values come from is known; not so for links, whose values are names of items.
    values: bool,
}

impl Named {
    /// Nothing for what has no list of values: dates, texts, hashes, `is` and `has`.
    fn new(name: &str, field: Field) -> Option<Self> {
        let (name, values) = match &field {
            Field::Text(column) | Field::Loose(column) | Field::Word(column, _) => (*column, true),
            Field::Priority => ("priority", true),
            Field::Tag => ("tag", true),
            Field::Person(None) => ("person", true),
            Field::Person(Some(role)) => (role.as_str(), true),
            Field::Problem => ("problem", true),
            Field::Key(key) => (key.as_str(), true),
            Field::Link(_) | Field::Under => (name, false),
            Field::Date(_)
            | Field::Title
            | Field::Body
            | Field::Path
            | Field::Hash(_)
            | Field::Severity
            | Field::Sync
            | Field::Has
            | Field::State
            | Field::Words => return None,
        };
        let name = name.to_owned();
        Some(Self {
            field,
            name,
            values,
        })
    }

    /// What could have been meant.
    async fn candidates(&self, reader: &mut Reader) -> Result<Vec<String>, QueryError> {
        if !self.values {
            return sql::one(reader, ask::suggestions(reader.dialect()), Binds::default()).await;
        }
        let column = match self.field {
            Field::Loose(column) | Field::Word(column, _) => Some(column),
            Field::Priority => Some("priority"),
            Field::Text(_)
            | Field::Date(_)
            | Field::Title
            | Field::Body
            | Field::Path
            | Field::Hash(_)
            | Field::Tag
            | Field::Person(_)
            | Field::Link(_)
            | Field::Under
            | Field::Problem
            | Field::Severity
            | Field::Sync
            | Field::Has
            | Field::State
            | Field::Words
            | Field::Key(_) => None,
        };
        if let Some(column) = column
            && let Some(mut found) = few(reader, column).await?
        {
            found.sort_by(|left, right| loose(left, right).then_with(|| left.cmp(right)));
            found.dedup_by(|later, earlier| loose(later, earlier).is_eq());
            return Ok(found);
        }
        let mut binds = Binds::default();
        let source = by::columns(reader.dialect(), &self.name, &self.field, &mut binds)?;
        sql::one(reader, ask::values(reader.dialect(), &source), binds).await
    }

    /// What to say of a value that no item has.
    async fn sentence(&self, reader: &mut Reader, pattern: &Pattern) -> Result<String, QueryError> {
        let name = &self.name;
        let written = Value::One(pattern.clone());
        let shown = match written {
            Value::One(Pattern { ref text, .. }) if pattern.is_exact() => text.clone(),
            _ => written.to_string(),
        };
        let candidates = self.candidates(reader).await?;
        let mut text = if self.values {
            format!("no item has the {name} `{shown}`")
        } else {
            format!("no item has `{name}:{shown}`")
        };
        let close = near(&pattern.text, candidates.iter().map(String::as_str));
        // The item is there, and nothing is linked to it.
        if !self.values && close.contains(&pattern.text) {
            return Ok(text);
        }
        if !close.is_empty() {
            text += &format!("; near: {}", quoted(&close));
        } else if self.values && candidates.is_empty() {
            text += "; none has any";
        } else if self.values && candidates.len() <= FEW {
            text += &format!("; there are: {}", quoted(&candidates));
        }
        Ok(text)
    }
}

fn quoted(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
