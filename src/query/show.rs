//! `show`: one item with everything that is known of it.

use serde::Deserialize;

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::list::rows;
use crate::query::reference::{Here, find};
use crate::query::resolve::Condition;
use crate::query::sql::dialect::Dialect;
use crate::query::sql::{self, Binds, ask};
use crate::query::view::{CheckRow, EntryRow, ItemRow, SectionRow, ShowView};

/// What the tables hold of one item, in the order of the statement.
#[derive(Deserialize)]
struct Whole {
    item: ItemRow,
    companion: Option<String>,
    content_hash: String,
    blob_oid: String,
    frontmatter: serde_json::Value,
    body: String,
    sections: Vec<(u64, String, usize, usize, u64)>,
    entries: Vec<Entry>,
    checks: Vec<(Option<usize>, u8, usize, usize, u64)>,
}

/// `[at, author, model, start, length, line]`
type Entry = (
    Option<String>,
    Option<String>,
    Option<String>,
    usize,
    usize,
    u64,
);

/// Answers `show`.
pub(crate) async fn show(
    reader: &mut Reader,
    reference: &str,
    here: Here<'_>,
) -> Result<ShowView, QueryError> {
    let key = find(reader, reference, here).await?;
    let dialect = reader.dialect();
    let one = |statement: fn(Dialect, &str) -> String| {
        let mut binds = Binds::default();
        let bind = binds.add(key);
        (statement(dialect, &bind), binds)
    };
    let (statement, binds) = one(ask::whole);
    let whole: Whole = sql::one(reader, statement, binds).await?;
    let (statement, binds) = one(ask::people);
    let people = sql::rows(reader, statement, binds).await?;
    let (statement, binds) = one(ask::links);
    let links = sql::rows(reader, statement, binds).await?;
    let (statement, binds) = one(ask::backlinks);
    let backlinks = sql::rows(reader, statement, binds).await?;
    let (text, binds) = one(ask::child_of);
    let children = Condition {
        text,
        binds,
        all: false,
    };
    let children = rows(reader, &children, &ask::urgent_first(dialect), None, 0).await?;
    let (statement, binds) = one(ask::problems_of);
    let problem_list = sql::rows(reader, statement, binds).await?;

    let body = whole.body;
    let piece = |start: usize, length: usize| {
        body.get(start..start.saturating_add(length))
            .unwrap_or_default()
            .to_owned()
    };
    let file = whole.companion.as_ref().unwrap_or(&whole.item.path);
    let entries = whole.entries.into_iter();
    let checks = whole.checks.into_iter();
    let titles: Vec<String> = whole
        .sections
        .iter()
        .map(|(_, title, ..)| title.clone())
        .collect();
    let sections = whole.sections.into_iter();
    Ok(ShowView {
        entries: entries
            .map(|(at, author, model, start, length, line)| EntryRow {
                at,
                author,
                model,
                text: piece(start, length),
                file: file.clone(),
                line,
            })
            .collect(),
        checks: checks
            .map(|(section, done, start, length, line)| CheckRow {
                section: section.and_then(|index| titles.get(index)).cloned(),
                done: done != 0,
                text: piece(start, length),
                file: file.clone(),
                line,
            })
            .collect(),
        sections: sections
            .map(|(level, title, _, _, line)| SectionRow {
                level,
                title,
                file: file.clone(),
                line,
            })
            .collect(),
        item: whole.item,
        companion: whole.companion,
        content_hash: whole.content_hash,
        blob_oid: whole.blob_oid,
        frontmatter: whole.frontmatter,
        body,
        people,
        links,
        backlinks,
        children,
        problem_list,
    })
}
