//! `list`: one line an item, in columns.
//! Gets rows and the columns to show. Gives aligned lines. Never: sorts or filters.

use crate::cli::render::line::Line;
use crate::cli::render::name;
use crate::cli::render::table::{self, Cell, Column};
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::ItemRow;

/// A column that `--columns` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Field {
    Id,
    State,
    Priority,
    Owner,
    Title,
    Path,
    Uid,
    Preset,
    Kind,
    Phase,
    Parent,
    Area,
    Iteration,
    Created,
    Updated,
    Due,
    Status,
    Tags,
    Problems,
}

/// What `list` shows where nothing else is asked for.
pub(crate) const DEFAULT: [Field; 5] = [
    Field::Id,
    Field::State,
    Field::Priority,
    Field::Owner,
    Field::Title,
];

/// Lines for `items`. On a terminal with the default columns, those that hold nothing at all are
/// left out; in a pipe a missing value is `-`, so that columns keep their places.
pub(crate) fn list(items: &[ItemRow], fields: &[Field], look: Look) -> String {
    let rows: Vec<Vec<Cell>> = items.iter().map(|item| cells(item, fields, look)).collect();
    let columns: Vec<Column> = fields.iter().map(|&field| column(field)).collect();
    let natural = table::natural(fields.len(), rows.iter());
    let glyph = if look.is_terminal() { 2 } else { 0 };
    let widths = match look.width {
        Some(max) => fitted(&natural, &columns, fields, max.saturating_sub(glyph)),
        None => natural,
    };
    let mut out = String::new();
    for (item, cells) in items.iter().zip(&rows) {
        let mut line = Line::new();
        if look.is_terminal() {
            let phase = item.phase.as_deref();
            line.push(style::phase(phase), look.glyph(phase)).plain(" ");
        }
        line.append(table::row(cells, &columns, &widths, look));
        line.write(&mut out, look);
    }
    out
}

/// Widths for a terminal. The title matters most after the first column: where there is no room,
/// the columns before it go, from right to left.
fn fitted(natural: &[usize], columns: &[Column], fields: &[Field], max: usize) -> Vec<usize> {
    let Some(title) = fields.iter().position(|&field| field == Field::Title) else {
        return table::widths(natural, columns, max);
    };
    let mut order: Vec<usize> = (0..fields.len()).filter(|&at| at != title).collect();
    order.insert(order.len().min(1), title);
    let pick = |values: &[usize]| order.iter().map(|&at| values[at]).collect::<Vec<_>>();
    let ordered: Vec<Column> = order.iter().map(|&at| columns[at]).collect();
    let mut fitted = vec![0; fields.len()];
    for (at, width) in order
        .iter()
        .zip(table::widths(&pick(natural), &ordered, max))
    {
        fitted[*at] = width;
    }
    fitted
}

fn column(field: Field) -> Column {
    let least = match field {
        Field::Title => 10,
        Field::Problems | Field::Priority => 3,
        _ => 8,
    };
    Column {
        least,
        right: field == Field::Problems,
    }
}

fn cells(item: &ItemRow, fields: &[Field], look: Look) -> Vec<Cell> {
    let phase = item.phase.as_deref();
    let cell = |&field: &Field| {
        let tags;
        let number;
        let (style, value) = match field {
            Field::Id => (style::ID, Some(name(item, look))),
            Field::State => (style::phase(phase), item.state.as_deref()),
            Field::Phase => (style::phase(phase), phase),
            Field::Title => (style::title(phase), Some(item.title.as_str())),
            Field::Path => (style::PATH, Some(item.path.as_str())),
            Field::Priority => (style::PLAIN, item.priority.as_deref()),
            Field::Owner => (style::PLAIN, item.owner.as_deref()),
            Field::Uid => (style::DIM, item.uid.as_deref()),
            Field::Preset => (style::DIM, Some(item.preset.as_str())),
            Field::Kind => (style::PLAIN, item.kind.as_deref()),
            Field::Parent => (style::ID, item.parent.as_deref()),
            Field::Area => (style::PLAIN, item.area.as_deref()),
            Field::Iteration => (style::PLAIN, item.iteration.as_deref()),
            Field::Created => (style::PLAIN, item.created.as_deref()),
            Field::Updated => (style::PLAIN, item.updated.as_deref()),
            Field::Due => (style::PLAIN, item.due.as_deref()),
            Field::Status => match item.status.as_str() {
                "ok" => (style::PLAIN, Some("ok")),
                status => (style::WARNING, Some(status)),
            },
            Field::Tags => {
                tags = item.tags.join(",");
                (style::PLAIN, Some(tags.as_str()))
            }
            Field::Problems => {
                number = item.problems.to_string();
                let style = if item.problems > 0 {
                    style::WARNING
                } else {
                    style::DIM
                };
                (style, Some(number.as_str()))
            }
        };
        let value = value.filter(|value| !value.is_empty());
        let text = match value {
            Some(value) => text::line(value).into_owned(),
            None if look.is_terminal() => String::new(),
            None => "-".to_owned(),
        };
        Cell { style, text }
    };
    fields.iter().map(cell).collect()
}
