//! The different values of a column that has few of them: state, kind, priority. Pure.
//!
//! They are the leading columns of the index `item_state`, so one seek for each combination finds
//! them, where a scan would look at every item. Without that index the answers are the same.
//! Postgres gathers them itself.
//! Never: right about a column with more values than it may have; it says so instead.

use std::fmt::Write;

use crate::query::sql::ask;
use crate::query::sql::dialect::Dialect;

/// The index's columns in their order.
const COLUMNS: &[&str] = &["state", "phase", "kind", "priority", "priority_rank"];
/// More combinations are not walked: a scan is as fast then.
const MOST: usize = 2_000;

/// `[complete, [value, ...]]`: the values of a column, null left out; `complete` is false where
/// there are too many to tell. Nothing for a column that is not among those of the index.
pub(crate) fn values(d: Dialect, column: &str) -> Option<String> {
    let last = place(column)?;
    if let Dialect::Postgres { .. } = d {
        let list = d.list("value");
        let row = d.row(&format!("count(*) < {MOST}, {list}"));
        return Some(format!(
            "SELECT {row} FROM (SELECT DISTINCT i.{column} AS value FROM item i \
             WHERE i.{column} IS NOT NULL LIMIT {MOST}) AS different"
        ));
    }
    Some(format!(
        "{} SELECT json_array(json(iif(count(*) < {MOST}, 'true', 'false')), \
         json_group_array(DISTINCT v{last}) FILTER (WHERE v{last} IS NOT NULL)) FROM l{last}",
        walk(last)
    ))
}

/// `[complete, [[priority, rank], ...]]`, as `values`; a pair may stand there several times.
pub(crate) fn ranks(d: Dialect) -> String {
    if let Dialect::Postgres { .. } = d {
        let row = d.row(&format!("TRUE, ({})", ask::ranks(d)));
        return format!("SELECT {row}");
    }
    let last = COLUMNS.len() - 1;
    let before = last - 1;
    format!(
        "{} SELECT json_array(json(iif(count(*) < {MOST}, 'true', 'false')), \
         json_group_array(json_array(v{before}, v{last})) \
         FILTER (WHERE v{before} IS NOT NULL AND v{last} IS NOT NULL)) FROM l{last}",
        walk(last)
    )
}

fn place(column: &str) -> Option<usize> {
    COLUMNS.iter().position(|other| *other == column)
}

/// `WITH` clause of `l0` to `l{last}`: table n holds the combinations of the first n columns, each
/// once with null at the end and once for each value, found one behind the other.
fn walk(last: usize) -> String {
    let mut text = String::from("WITH RECURSIVE ");
    let mut carried = String::new();
    let mut names = String::new();
    let mut same = String::from("1");
    for (at, column) in COLUMNS.iter().enumerate().take(last + 1) {
        let from = match at.checked_sub(1) {
            Some(before) => format!("l{before} l WHERE l.step = 0 OR l.v{before} IS NOT NULL"),
            None => "(SELECT 1) l".to_owned(),
        };
        let comma = if at == 0 { "" } else { ", " };
        // A string's formatter never fails.
        write!(
            text,
            "{comma}l{at}({names}v{at}, step) AS ( \
               SELECT {carried}NULL, 0 FROM {from} \
               UNION ALL SELECT {carried}CASE l.step \
                 WHEN 0 THEN (SELECT min(i.{column}) FROM item i WHERE {same}) \
                 ELSE (SELECT min(i.{column}) FROM item i WHERE {same} AND i.{column} > l.v{at}) \
               END, 1 FROM l{at} l WHERE l.step = 0 OR l.v{at} IS NOT NULL LIMIT {MOST})"
        )
        .ok();
        write!(carried, "l.v{at}, ").ok();
        write!(names, "v{at}, ").ok();
        write!(same, " AND i.{column} IS l.v{at}").ok();
    }
    text
}

#[cfg(test)]
mod tests;
