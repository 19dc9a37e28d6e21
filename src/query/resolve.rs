//! Query text to an SQL condition: parses it, finds out what unknown names mean, compiles it.
//! A name that is no known field may be a role of a person, a relation of a link or a key of the
//! frontmatter, in that order, if any item has it; else it is an error with the near names.

use std::collections::HashMap;

use crate::query::error::QueryError;
use crate::query::field::{self, Field};
use crate::query::filter::{Filter, Test, Value};
use crate::query::near::near;
use crate::query::sql::filter::{Context, compares_loosely, compares_priorities, condition};
use crate::query::sql::{self, Binds, ask, distinct, text};
use crate::query::{Reader, grammar};

/// A condition on `item i` with its binds, to which more may be added.
pub(crate) struct Condition {
    pub text: String,
    pub binds: Binds,
    /// True where every item matches.
    pub all: bool,
}

/// The condition of a query. `now` is today as ISO date or time.
pub(crate) async fn resolve(
    reader: &mut Reader,
    query: &str,
    now: &str,
) -> Result<Condition, QueryError> {
    compile(reader, &grammar::parse(query)?, now).await
}

/// The condition of a filter.
pub(crate) async fn compile(
    reader: &mut Reader,
    filter: &Filter,
    now: &str,
) -> Result<Condition, QueryError> {
    let mut extra = HashMap::new();
    for name in unknown(filter) {
        let field = find(reader, name).await?;
        extra.insert(name.to_owned(), field);
    }
    let mut ranks: Vec<(String, i64)> = Vec::new();
    if compares_priorities(filter) {
        let (complete, found): (bool, _) =
            sql::one(reader, distinct::ranks(reader.dialect()), Binds::default()).await?;
        ranks = found;
        if !complete {
            ranks = sql::one(reader, ask::ranks(reader.dialect()), Binds::default()).await?;
        }
    }
    let mut values: HashMap<&'static str, Vec<String>> = HashMap::new();
    for column in compares_loosely(filter) {
        if let Some(found) = few(reader, column).await? {
            values.insert(column, found);
        }
    }
    let context = Context {
        dialect: reader.dialect(),
        now,
        extra: &extra,
        ranks: &ranks,
        values: &values,
        outbox: reader.outbox(),
    };
    let mut binds = Binds::default();
    let text = condition(filter, &context, &mut binds)?;
    Ok(Condition {
        text,
        binds,
        all: filter.terms.is_empty(),
    })
}

/// The different values of a column, where it is one that has few.
pub(crate) async fn few(
    reader: &mut Reader,
    column: &str,
) -> Result<Option<Vec<String>>, QueryError> {
    let Some(text) = distinct::values(reader.dialect(), column) else {
        return Ok(None);
    };
    let (complete, found): (bool, _) = sql::one(reader, text, Binds::default()).await?;
    Ok(complete.then_some(found))
}

/// What a name means that is no known field.
pub(crate) async fn find(reader: &mut Reader, name: &str) -> Result<Field, QueryError> {
    let mut binds = Binds::default();
    let bind = binds.add(name);
    let (role, relation, key): (Option<String>, Option<String>, bool) = sql::one(
        reader,
        text::meaning(reader.dialect(), &bind, name.contains('.')),
        binds,
    )
    .await?;
    if let Some(role) = role {
        return Ok(Field::Person(Some(role)));
    }
    if let Some(relation) = relation {
        return Ok(Field::Link(Some(relation)));
    }
    if key {
        return Ok(Field::Key(name.to_owned()));
    }
    let others: Vec<String> =
        sql::one(reader, text::all_names(reader.dialect()), Binds::default()).await?;
    let known = field::names()
        .chain(field::THINGS.iter().copied())
        .map(|known: &str| -> &str { known });
    Err(QueryError::UnknownField {
        field: name.to_owned(),
        near: near(name, others.iter().map(String::as_str).chain(known)),
    })
}

/// The names in a filter that are no known fields: those of terms, and those behind `has:`.
fn unknown(filter: &Filter) -> impl Iterator<Item = &str> {
    filter.terms.iter().flat_map(|term| {
        let (name, values): (&str, &[Value]) = match &term.test {
            Test::Words(_) => ("text", &[]),
            Test::Field { name, values, .. } => (name, values),
        };
        let has = field::known(name) == Some(Field::Has);
        let things = values.iter().filter_map(move |value| match value {
            Value::One(pattern) if has => Some(pattern.text.as_str()),
            _ => None,
        });
        let strange = |name: &&str| {
            let lower = name.to_ascii_lowercase();
            let singular = lower.strip_suffix('s').unwrap_or(&lower);
            field::known(&lower).is_none()
                && field::known(singular).is_none_or(|_| !has)
                && !(has && (text::is_thing(&lower) || text::is_thing(singular)))
        };
        let named = (!has).then_some(name);
        named
            .into_iter()
            .chain(things)
            .filter(strange)
            .collect::<Vec<_>>()
    })
}
