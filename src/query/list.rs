//! `list`: the items that match, in order, a page at a time, and how many there are.

use std::collections::HashMap;

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::near::near;
use crate::query::resolve::{Condition, resolve};
use crate::query::sql::dialect::Dialect;
use crate::query::sql::{self, Binds, ask};
use crate::query::tree;
use crate::query::view::{ItemRow, ListView};

/// Up to so many matches are taken as keys at once, so that they are looked for only once.
const FEW: i64 = 1000;

/// What `list` takes. `now` is today as ISO date or time. `sort` holds keys, the first the most
/// significant, `-key` for descending; empty means the latest update first. No `limit` means all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ListArgs<'a> {
    pub query: &'a str,
    pub now: &'a str,
    pub sort: &'a [String],
    pub limit: Option<u64>,
    pub offset: u64,
}

/// Answers `list`.
pub(crate) async fn list(reader: &mut Reader, args: &ListArgs<'_>) -> Result<ListView, QueryError> {
    let order = order(reader.dialect(), args.sort)?;
    let condition = resolve(reader, args.query, args.now).await?;
    let total;
    let mut page = condition;
    if page.all {
        total = count(reader, &page).await?;
    } else {
        // Few matches: keep their keys and order those. Many: an index in the wanted order meets
        // them soon, and only the count needs a look at all.
        let statement = ask::keys(reader.dialect(), &page.text, FEW + 1);
        let keys: Vec<i64> = sql::one(reader, statement, page.binds.clone()).await?;
        if keys.len() as i64 > FEW {
            total = count(reader, &page).await?;
            // The index that the condition would choose finds them in the wrong order.
            if reader.dialect() == Dialect::Sqlite {
                page.text = format!("({}) IS TRUE", page.text);
            }
        } else {
            total = keys.len() as u64;
            page = among(reader, &keys);
        }
    }
    Ok(ListView {
        items: rows(reader, &page, &order, args.limit, args.offset).await?,
        total,
    })
}

/// The condition that holds for the items with these keys.
pub(crate) fn among(reader: &Reader, keys: &[i64]) -> Condition {
    let mut binds = Binds::default();
    let list = binds.add(tree::json(keys));
    Condition {
        text: ask::among(reader.dialect(), &list),
        binds,
        all: false,
    }
}

async fn count(reader: &mut Reader, condition: &Condition) -> Result<u64, QueryError> {
    sql::one(reader, ask::count(&condition.text), condition.binds.clone()).await
}

/// A page of the matching items, whole rows.
pub(crate) async fn rows(
    reader: &mut Reader,
    condition: &Condition,
    order: &str,
    limit: Option<u64>,
    offset: u64,
) -> Result<Vec<ItemRow>, QueryError> {
    let mut binds = condition.binds.clone();
    let bounded = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let limit = binds.add(limit.map_or(ask::ALL, bounded));
    let offset = binds.add(bounded(offset));
    let statement = ask::page(reader.dialect(), &condition.text, order, &limit, &offset);
    let keys: Vec<i64> = sql::one(reader, statement, binds).await?;
    let mut found = rows_of(reader, &keys).await?;
    Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
}

/// So many whole rows are read at once: one text for many of them costs much less than one for
/// each, and a text for all of them would take much memory.
const CHUNK: usize = 500;

/// Whole rows by their keys. They are read in the order in which they are stored, so that each page
/// of the tables is read once.
pub(crate) async fn rows_of(
    reader: &mut Reader,
    keys: &[i64],
) -> Result<HashMap<i64, ItemRow>, QueryError> {
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut found = HashMap::with_capacity(sorted.len());
    for chunk in sorted.chunks(CHUNK) {
        let mut binds = Binds::default();
        let list = binds.add(tree::json(chunk));
        let rows: Vec<(i64, ItemRow)> =
            sql::one(reader, ask::rows_of(reader.dialect(), &list), binds).await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The `ORDER BY` of sort keys; what is absent comes last, and the path decides in the end.
pub(crate) fn order(dialect: Dialect, sort: &[String]) -> Result<String, QueryError> {
    let mut parts = Vec::new();
    for key in sort {
        let (key, down) = match key.strip_prefix('-') {
            Some(key) => (key, true),
            None => (key.strip_prefix('+').unwrap_or(key), false),
        };
        let expressions = ask::ORDERS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .ok_or_else(|| QueryError::UnknownWord {
                place: "the order".to_owned(),
                word: key.to_owned(),
                near: near(key, ask::ORDERS.iter().map(|(name, _)| *name)),
            })?
            .1;
        let expressions = expressions.iter();
        parts.extend(expressions.map(|&(expression, collation)| (expression, collation, down)));
    }
    Ok(ask::order_by(dialect, &parts))
}
