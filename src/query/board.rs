//! `board`: the items that match, in columns by the values of one field. An item with several
//! values (tags, people) stands in several columns; the items without a value come last.

use std::collections::HashMap;

use crate::query::error::QueryError;
use crate::query::field::{self, Field};
use crate::query::list::rows_of;
use crate::query::resolve::{find, resolve};
use crate::query::sql::dialect::Collation;
use crate::query::sql::{self, Binds, ask, by};
use crate::query::view::{BoardView, ColumnView};
use crate::query::{Reader, tree};
use crate::stores::sqlite::read::{fold, loose, natural};

/// More columns are no board.
const MOST_COLUMNS: usize = 200;
/// So many are not even counted.
const FAR_TOO_MANY: usize = 1_000;

/// What `board` takes. `now` is today as ISO date or time; `by` is a field, `state` where empty;
/// no `limit` means all items of each column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BoardArgs<'a> {
    pub query: &'a str,
    pub now: &'a str,
    pub by: &'a str,
    pub limit: Option<u64>,
}

/// One column: its items by their ranks and keys.
struct Column {
    value: Option<String>,
    /// Least and greatest position of their phases.
    phases: Option<(usize, usize)>,
    cards: Vec<(i64, i64)>,
}

/// Answers `board`.
pub(crate) async fn board(
    reader: &mut Reader,
    args: &BoardArgs<'_>,
) -> Result<BoardView, QueryError> {
    let name = if args.by.is_empty() { "state" } else { args.by };
    let condition = resolve(reader, args.query, args.now).await?;
    let field = match field::known(name) {
        Some(field) => field,
        None => find(reader, name).await?,
    };
    let mut binds = condition.binds;
    let source = by::columns(reader.dialect(), name, &field, &mut binds)?;
    let statement = ask::cards(reader.dialect(), &source, &condition.text);
    let cards: Vec<Card> = sql::one(reader, statement, binds).await?;
    let mut keys: Vec<i64> = cards.iter().map(|(_, key, ..)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let total = keys.len() as u64;
    let mut columns = deal(cards, source.collation);
    if columns.len() > MOST_COLUMNS {
        return Err(QueryError::TooManyColumns {
            by: name.to_owned(),
            columns: columns.len() as u64,
        });
    }
    let by_phase = matches!(field, Field::Loose("state") | Field::Word("phase", _));
    columns.sort_by_cached_key(|column| {
        let phase = column.phases.map_or(PHASES, |(least, _)| least);
        let value = column.value.as_deref();
        (
            value.is_none(),
            if by_phase { phase } else { 0 },
            value.map_or(usize::MAX, |value| step(value, by_phase)),
            Natural(value.unwrap_or_default().to_owned()),
        )
    });

    let most = args.limit.and_then(|limit| usize::try_from(limit).ok());
    let shown = first(reader, &columns, most.unwrap_or(usize::MAX)).await?;
    let rows = rows_of(reader, &shown.concat()).await?;
    let view = |(column, keys): (Column, Vec<i64>)| ColumnView {
        phase: column
            .phases
            .filter(|(least, greatest)| by_phase && least == greatest)
            .and_then(|(phase, _)| Some((*field::PHASES.get(phase)?).to_owned())),
        key: column.value,
        total: column.cards.len() as u64,
        // An item with several values stands in several columns.
        items: keys
            .iter()
            .filter_map(|key| rows.get(key).cloned())
            .collect(),
    };
    Ok(BoardView {
        by: name.to_owned(),
        total,
        columns: columns.into_iter().zip(shown).map(view).collect(),
    })
}

/// The keys of the first `most` items of each column, in order. The rank comes first in that order,
/// so only the items whose rank may be shown are put into it.
async fn first(
    reader: &mut Reader,
    columns: &[Column],
    most: usize,
) -> Result<Vec<Vec<i64>>, QueryError> {
    let may = columns.iter().map(|column| {
        let last = column.cards.get(most.saturating_sub(1));
        let rank = last.map_or(i64::MAX, |(rank, _)| *rank);
        let end = column.cards.partition_point(|(other, _)| *other <= rank);
        &column.cards[..end]
    });
    let may: Vec<&[(i64, i64)]> = may.collect();
    let mut keys: Vec<i64> = may.iter().copied().flatten().map(|(_, key)| *key).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut binds = Binds::default();
    let list = binds.add(tree::json(&keys));
    let ordered: Vec<(i64, u8)> =
        sql::one(reader, ask::in_order(reader.dialect(), &list), binds).await?;
    let places: HashMap<i64, usize> = ordered
        .iter()
        .enumerate()
        .map(|(place, (key, _))| (*key, place))
        .collect();
    let shown = may.iter().map(|cards| {
        let mut keys: Vec<i64> = cards.iter().map(|(_, key)| *key).collect();
        keys.sort_by_key(|key| places.get(key));
        keys.truncate(most);
        keys
    });
    Ok(shown.collect())
}

/// `[value, key, phase, rank]` of an item in a column.
type Card = (Option<String>, i64, Option<usize>, Option<i64>);

/// The columns that the cards make, their items by rank. Ends where there are far too many.
fn deal(cards: Vec<Card>, collation: Collation) -> Vec<Column> {
    let same = match collation {
        Collation::Loose => loose,
        Collation::Fold | Collation::Nocase => fold,
        Collation::Naturally => natural,
        Collation::Binary => |left: &str, right: &str| left.cmp(right),
    };
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let mut columns: Vec<Column> = Vec::new();
    for (value, key, phase, rank) in cards {
        let place = match places.get(&value) {
            Some(&place) => place,
            None => {
                let alike = |column: &Column| match (&column.value, &value) {
                    (Some(column), Some(value)) => same(column, value).is_eq(),
                    (column, value) => column == value,
                };
                let place = columns.iter().position(alike);
                let place = place.unwrap_or_else(|| {
                    columns.push(Column {
                        value: value.clone(),
                        phases: None,
                        cards: Vec::new(),
                    });
                    columns.len() - 1
                });
                // Of several spellings the least, whatever the order of the items.
                if value < columns[place].value {
                    columns[place].value.clone_from(&value);
                }
                places.insert(value, place);
                place
            }
        };
        let column = &mut columns[place];
        column.cards.push((rank.unwrap_or(i64::MAX), key));
        if let Some(phase) = phase {
            let (least, greatest) = column.phases.unwrap_or((phase, phase));
            column.phases = Some((least.min(phase), greatest.max(phase)));
        }
        if columns.len() > FAR_TOO_MANY {
            break;
        }
    }
    for column in &mut columns {
        // An item may have two spellings of one value.
        column.cards.sort_unstable();
        column.cards.dedup();
    }
    columns
}

/// Place of the items without a phase, behind the five.
const PHASES: usize = 5;

/// Words of usual workflows and scales in the order in which they follow each other.
const STEPS: &[&str] = &[
    "idea",
    "inbox",
    "proposed",
    "draft",
    "provisional",
    "backlog",
    "new",
    "planned",
    "open",
    "todo",
    "ready",
    "next",
    "accepted",
    "implementable",
    "started",
    "doing",
    "inprogress",
    "active",
    "wip",
    "review",
    "inreview",
    "testing",
    "qa",
    "verify",
    "waiting",
    "onhold",
    "paused",
    "blocked",
    "implemented",
    "done",
    "completed",
    "resolved",
    "closed",
    "released",
    "deferred",
    "rejected",
    "cancelled",
    "canceled",
    "dropped",
    "withdrawn",
    "wontfix",
    "superseded",
    "deprecated",
    "archived",
];
const SCALE: &[&str] = &[
    "blocker", "critical", "urgent", "highest", "high", "medium", "normal", "low", "lowest",
    "trivial",
];

/// Position of a value among the words that have a usual order; the others follow.
fn step(value: &str, workflow: bool) -> usize {
    let words = if workflow { STEPS } else { SCALE };
    let place = words.iter().position(|word| loose(word, value).is_eq());
    place.unwrap_or(words.len())
}

/// Text in natural order.
#[derive(PartialEq, Eq)]
struct Natural(String);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        natural(&self.0, &other.0).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
