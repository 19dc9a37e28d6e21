//! `search`: the items whose text matches, best first, narrowed by a query.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::Deserialize;

use crate::query::error::QueryError;
use crate::query::resolve::{Condition, resolve};
use crate::query::sql::{self, Binds, ask};
use crate::query::view::{HitRow, ItemRow, SearchView, SnippetRow};
use crate::query::{Reader, tree};
use crate::stores::search::tsquery::{self, Wanted};
use crate::stores::search::{Index, Keep, Marker};

/// Name of the index in a generation's folder.
const FOLDER: &str = "search";
/// Hits where the asker does not say.
pub(crate) const HITS: usize = 20;
/// About so many characters of the body are shown of a hit.
const WIDTH: usize = 160;

/// What `search` takes. `now` is today as ISO date or time; an empty `query` narrows nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchArgs<'a> {
    pub text: &'a str,
    pub query: &'a str,
    pub now: &'a str,
    pub limit: usize,
    pub offset: usize,
}

/// A hit's item, with the body that the snippet is cut from.
#[derive(Deserialize)]
struct Hit {
    key: i64,
    item: ItemRow,
    body: String,
}

/// Hits by key and score, best first, and how they were found.
struct Found {
    hits: Vec<(i64, f64)>,
    total: u64,
    pass: &'static str,
    marker: Marker,
    hints: Vec<String>,
}

/// Answers `search`.
pub(crate) async fn search(
    reader: &mut Reader,
    args: &SearchArgs<'_>,
) -> Result<SearchView, QueryError> {
    let condition = resolve(reader, args.query, args.now).await?;
    let found = match reader {
        Reader::Sqlite(sqlite) => {
            let dir = sqlite.dir.join(FOLDER);
            let kept = match condition.all {
                true => None,
                false => Some(keys(reader, condition).await?),
            };
            in_index(&dir, kept.as_ref(), args)?
        }
        Reader::Postgres(_) => on_server(reader, &condition, args).await?,
    };
    let keys: Vec<i64> = found.hits.iter().map(|(key, _)| *key).collect();
    let mut binds = Binds::default();
    let list = binds.add(tree::json(&keys));
    let statement = ask::hits(reader.dialect(), &list);
    let items: Vec<Hit> = sql::rows(reader, statement, binds).await?;
    let mut items: HashMap<i64, Hit> = items.into_iter().map(|hit| (hit.key, hit)).collect();
    let hits = found.hits.iter().filter_map(|(key, score)| {
        let hit = items.remove(key)?;
        let snippet = found.marker.snippet(&hit.body, WIDTH);
        Some(HitRow {
            item: hit.item,
            score: *score,
            snippet: SnippetRow {
                text: snippet.text,
                marks: snippet.marks,
            },
        })
    });
    Ok(SearchView {
        hits: hits.collect(),
        total: found.total,
        pass: found.pass.to_owned(),
        hints: found.hints,
    })
}

async fn keys(reader: &mut Reader, condition: Condition) -> Result<HashSet<i64>, QueryError> {
    let statement = ask::keys(reader.dialect(), &condition.text, ask::ALL);
    let keys: Vec<i64> = sql::one(reader, statement, condition.binds).await?;
    Ok(keys.into_iter().collect())
}

fn in_index(
    dir: &Path,
    kept: Option<&HashSet<i64>>,
    args: &SearchArgs<'_>,
) -> Result<Found, QueryError> {
    let keep = kept.map(|kept| |key: i64| kept.contains(&key));
    let keep: Keep<'_> = match &keep {
        Some(keep) => Some(keep),
        None => None,
    };
    let unreadable = |reason: String| QueryError::Cache {
        path: dir.to_owned(),
        reason,
    };
    // tantivy trusts its files: where one of them is damaged inside, it may panic.
    let look = || Index::open(dir)?.search(args.text, keep, args.limit, args.offset);
    let found = catch_unwind(AssertUnwindSafe(look))
        .map_err(|_| unreadable("the search index is damaged".to_owned()))?
        .map_err(|error| unreadable(error.to_string()))?;
    let hits = found.hits.into_iter();
    Ok(Found {
        hits: hits.map(|(key, score)| (key, f64::from(score))).collect(),
        total: found.total,
        pass: found.pass.as_str(),
        marker: found.marker,
        hints: found.hints,
    })
}

/// What is found by words as they are written; else by the beginning of the last one.
async fn on_server(
    reader: &mut Reader,
    condition: &Condition,
    args: &SearchArgs<'_>,
) -> Result<Found, QueryError> {
    let wanted = tsquery::wanted(args.text);
    let (hits, total) = matches(reader, condition, &wanted, args).await?;
    let mut found = Found {
        hits,
        total,
        pass: "exact",
        marker: wanted.marker,
        hints: wanted.hints,
    };
    if total > 0 {
        return Ok(found);
    }
    let hint = if wanted.only_excludes {
        "only excluded words were given; add a word to look for"
    } else if wanted.wordless {
        "the text holds no letter, digit or sign to look for"
    } else {
        if let Some(longer) = tsquery::unfinished(args.text) {
            let (hits, total) = matches(reader, condition, &longer, args).await?;
            if total > 0 {
                found.hints.extend(longer.hints);
                return Ok(Found {
                    hits,
                    total,
                    pass: "fuzzy",
                    marker: longer.marker,
                    hints: found.hints,
                });
            }
        }
        "the shared cache finds words as they are written; `--store sqlite` also finds near ones"
    };
    found.hints.push(hint.to_owned());
    Ok(found)
}

async fn matches(
    reader: &mut Reader,
    condition: &Condition,
    wanted: &Wanted,
    args: &SearchArgs<'_>,
) -> Result<(Vec<(i64, f64)>, u64), QueryError> {
    let Some(query) = &wanted.query else {
        return Ok((Vec::new(), 0));
    };
    let mut binds = condition.binds.clone();
    let bounded = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let statement = ask::matches(
        &condition.text,
        &ask::Matches {
            query: binds.add(query.as_str()),
            id: binds.add(wanted.id.as_str()),
            name: binds.add(wanted.name.as_str()),
            limit: binds.add(bounded(args.limit)),
            offset: binds.add(bounded(args.offset)),
        },
    );
    sql::one(reader, statement, binds).await
}
