//! `board`: the items that match, in columns by the values of one field. An item with several
//! values (tags, people) stands in several columns; the items without a value come last.

use std::collections::HashMap;

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::field::{self, Field};
use crate::query::resolve::{find, resolve};
use crate::query::sql::{self, ask, by};
use crate::query::view::{BoardView, ColumnView, ItemRow};
use crate::stores::sqlite::read::{fold, loose, natural};

/// More columns are no board.
const MOST_COLUMNS: usize = 200;

/// What `board` takes. `now` is today as ISO date or time; `by` is a field, `state` where empty;
/// no `limit` means all items of each column.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BoardArgs<'a> {
    pub query: &'a str,
    pub now: &'a str,
    pub by: &'a str,
    pub limit: Option<u64>,
}

/// One column without its items: value, items, least and greatest position of their phases.
type Column = (Option<String>, u64, Option<usize>, Option<usize>);

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
    let total = sql::one(reader, ask::count(&condition.text), condition.binds.clone()).await?;

    let mut binds = condition.binds;
    let source = by::columns(name, &field, &mut binds)?;
    let statement = ask::columns(&source, &condition.text);
    let mut columns: Vec<Column> = sql::rows(reader, statement, binds.clone()).await?;
    if columns.len() > MOST_COLUMNS {
        return Err(QueryError::TooManyColumns {
            by: name.to_owned(),
            columns: columns.len() as u64,
        });
    }
    let by_phase = matches!(field, Field::Loose("state") | Field::Word("phase", _));
    columns.sort_by_cached_key(|(value, _, least, _)| {
        let phase = if by_phase { least.unwrap_or(PHASES) } else { 0 };
        let step = value
            .as_deref()
            .map_or(usize::MAX, |value| step(value, by_phase));
        (
            value.is_none(),
            phase,
            step,
            Natural(value.clone().unwrap_or_default()),
        )
    });

    let most = args
        .limit
        .map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let most = binds.add(most);
    let statement = ask::cards(&source, &condition.text, &most);
    let cards: Vec<(Option<String>, ItemRow)> = sql::rows(reader, statement, binds).await?;
    let same = match source.collation {
        "LOOSE" => loose,
        "FOLD" => fold,
        _ => |left: &str, right: &str| left.cmp(right),
    };
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let mut items: Vec<Vec<ItemRow>> = columns.iter().map(|_| Vec::new()).collect();
    for (value, item) in cards {
        let place = match places.get(&value) {
            Some(place) => Some(*place),
            None => columns
                .iter()
                .position(|(column, ..)| match (column, &value) {
                    (Some(column), Some(value)) => same(column, value).is_eq(),
                    (column, value) => column == value,
                }),
        };
        if let Some(place) = place {
            places.insert(value, place);
            items[place].push(item);
        }
    }
    let columns = columns.into_iter().zip(items);
    Ok(BoardView {
        by: name.to_owned(),
        total,
        columns: columns
            .map(|((key, total, least, greatest), items)| ColumnView {
                key,
                phase: least
                    .filter(|_| by_phase && least == greatest)
                    .and_then(|phase| Some((*field::PHASES.get(phase)?).to_owned())),
                total,
                items,
            })
            .collect(),
    })
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
