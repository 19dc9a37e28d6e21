//! The items that a person means to write to: one by a REF, or all that match a query.
//! Never: takes words for a query that could be a name with a slip in it.

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::filter::Test;
use crate::query::list::{self, ListArgs, among};
use crate::query::reference::{self, Here};
use crate::query::view::ItemRow;
use crate::query::{absent, grammar};

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub items: Vec<ItemRow>,
    /// True where a query chose them: then there may be none.
    pub by_query: bool,
    /// Values in the query that no item has.
    pub absent: Vec<String>,
}

/// A REF wins over a query; a query has at least one term with a field.
pub(crate) async fn choose(
    reader: &mut Reader,
    words: &str,
    here: Here<'_>,
    now: &str,
) -> Result<Chosen, QueryError> {
    let error = match reference::find(reader, words, here).await {
        Ok(key) => {
            return Ok(Chosen {
                items: list::rows(reader, &among(reader, &[key]), "i.path", None, 0).await?,
                by_query: false,
                absent: Vec::new(),
            });
        }
        Err(error) => error,
    };
    let is_query = match (&error, grammar::parse(words)) {
        (QueryError::NotFound { .. }, Ok(filter)) => {
            let mut terms = filter.terms.iter();
            terms.any(|term| matches!(term.test, Test::Field { .. }))
        }
        // Where the words look like a query, what is wrong with it helps more.
        (QueryError::NotFound { .. }, Err(fault)) if words.contains(':') => return Err(fault),
        _ => false,
    };
    if !is_query {
        return Err(error);
    }
    let args = ListArgs {
        query: words,
        now,
        ..ListArgs::default()
    };
    let items = list::list(reader, &args).await?.items;
    let absent = match items.is_empty() {
        true => absent::absent(reader, words, now).await?,
        false => Vec::new(),
    };
    Ok(Chosen {
        items,
        by_query: true,
        absent,
    })
}
