//! `search`: the items whose text matches, best first, narrowed by a query.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Deserialize;

use crate::query::error::QueryError;
use crate::query::resolve::resolve;
use crate::query::sql::{self, Binds, ask};
use crate::query::view::{HitRow, ItemRow, SearchView, SnippetRow};
use crate::query::{Reader, tree};
use crate::stores::search::{Index, Keep};

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

/// Answers `search`.
pub(crate) async fn search(
    reader: &mut Reader,
    args: &SearchArgs<'_>,
) -> Result<SearchView, QueryError> {
    let condition = resolve(reader, args.query, args.now).await?;
    let kept: Option<HashSet<i64>> = if condition.all {
        None
    } else {
        let keys: Vec<i64> =
            sql::one(reader, ask::keys(&condition.text, -1), condition.binds).await?;
        Some(keys.into_iter().collect())
    };
    let keep = kept.as_ref().map(|kept| |key: i64| kept.contains(&key));
    let keep: Keep<'_> = match &keep {
        Some(keep) => Some(keep),
        None => None,
    };
    let dir = reader.dir.join(FOLDER);
    let unreadable = |error: crate::stores::search::SearchError| QueryError::Cache {
        path: dir.clone(),
        reason: error.to_string(),
    };
    // tantivy trusts its files: where one of them is damaged inside, it may panic.
    let look = || Index::open(&dir)?.search(args.text, keep, args.limit, args.offset);
    let found = catch_unwind(AssertUnwindSafe(look))
        .map_err(|_| QueryError::Cache {
            path: dir.clone(),
            reason: "the search index is damaged".to_owned(),
        })?
        .map_err(unreadable)?;

    let keys: Vec<i64> = found.hits.iter().map(|(key, _)| *key).collect();
    let mut binds = Binds::default();
    let list = binds.add(tree::json(&keys));
    let items: Vec<Hit> = sql::rows(reader, ask::hits(&list), binds).await?;
    let mut items: HashMap<i64, Hit> = items.into_iter().map(|hit| (hit.key, hit)).collect();
    let hits = found.hits.iter().filter_map(|(key, score)| {
        let hit = items.remove(key)?;
        let snippet = found.marker.snippet(&hit.body, WIDTH);
        Some(HitRow {
            item: hit.item,
            score: f64::from(*score),
            snippet: SnippetRow {
                text: snippet.text,
                marks: snippet.marks,
            },
        })
    });
    Ok(SearchView {
        hits: hits.collect(),
        total: found.total,
        pass: found.pass.as_str().to_owned(),
        hints: found.hints,
    })
}
