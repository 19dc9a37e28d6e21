//! Tables: rows of cells under heads, aligned, as wide as the place allows; and `sql` answers.
//! Gets cells. Gives lines. Never: decides which columns there are.

use anstyle::Style;
use serde_json::Value;

use crate::cli::render::line::Line;
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::SqlView;

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub style: Style,
    pub text: String,
}

/// How a column behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Narrower than this it is not useful; at 0 the column may be left out.
    pub least: usize,
    pub right: bool,
}

/// Between two columns.
const GAP: usize = 2;

/// The widths of columns whose texts are `natural` wide, so that all fit into `max` with gaps: the
/// widest give first, none below its least. Columns that still do not fit get 0, the last ones
/// first; the first always gets something.
pub(crate) fn widths(natural: &[usize], columns: &[Column], max: usize) -> Vec<usize> {
    let least = |at: usize| columns[at].least.min(natural[at]);
    let mut shown: Vec<usize> = (0..natural.len()).filter(|&at| natural[at] > 0).collect();
    let gaps = |count: usize| GAP * count.saturating_sub(1);
    while shown.len() > 1
        && shown.iter().map(|&at| least(at)).sum::<usize>() + gaps(shown.len()) > max
    {
        shown.pop();
    }
    let room = max.saturating_sub(gaps(shown.len()));
    let at_level = |at: usize, level: usize| natural[at].min(level.max(least(at)));
    let total = |level: usize| shown.iter().map(|&at| at_level(at, level)).sum::<usize>();
    // The highest level at which all fit.
    let (mut low, mut high) = (0, max);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if total(middle) <= room {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut spare = room.saturating_sub(total(low));
    let mut widths = vec![0; natural.len()];
    for &at in &shown {
        widths[at] = at_level(at, low);
        if spare > 0 && widths[at] < natural[at] {
            widths[at] += 1;
            spare -= 1;
        }
    }
    if let [only] = shown[..] {
        widths[only] = widths[only].min(max);
    }
    widths
}

/// The widest cell of each column.
pub(crate) fn natural<'a>(count: usize, rows: impl Iterator<Item = &'a Vec<Cell>>) -> Vec<usize> {
    let mut widths = vec![0; count];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = text::width(&cell.text).max(*width);
        }
    }
    widths
}

/// One line of a table whose columns are `widths` wide; those of width 0 are left out.
pub(crate) fn row(cells: &[Cell], columns: &[Column], widths: &[usize], look: Look) -> Line {
    let mut line = Line::new();
    let mut edge = 0;
    for ((cell, column), &width) in cells.iter().zip(columns).zip(widths) {
        if width == 0 {
            continue;
        }
        if edge > 0 {
            edge += GAP;
        }
        let missing = width.saturating_sub(text::width(&cell.text));
        line.pad(edge + if column.right { missing } else { 0 });
        line.cut(cell.style, &cell.text, width, look);
        edge += width;
    }
    line
}

/// `sql` as an aligned table; on a terminal too narrow for it, one block of lines a row.
pub(crate) fn sql(view: &SqlView, look: Look) -> String {
    let heads: Vec<Cell> = view.columns.iter().map(|name| head(name)).collect();
    let rows: Vec<Vec<Cell>> = view
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect())
        .collect();
    let number = |at: usize| {
        view.rows
            .iter()
            .any(|row| row.get(at).is_some_and(Value::is_number))
    };
    let columns: Vec<Column> = (0..heads.len())
        .map(|at| Column {
            least: 6,
            right: number(at),
        })
        .collect();
    let all = std::iter::once(&heads).chain(&rows);
    let natural = natural(heads.len(), all);
    let widths = match look.width {
        Some(max) => widths(&natural, &columns, max),
        None => natural.clone(),
    };
    let mut out = String::new();
    if widths
        .iter()
        .zip(&natural)
        .any(|(&width, &natural)| width < natural && width == 0)
    {
        records(&heads, &rows, look, &mut out);
        return out;
    }
    row(&heads, &columns, &widths, look).write(&mut out, look);
    if look.is_terminal() {
        let rule = look.pick("─", "-");
        let cells = widths.iter().map(|&width| Cell {
            style: style::DIM,
            text: rule.repeat(width),
        });
        row(&cells.collect::<Vec<_>>(), &columns, &widths, look).write(&mut out, look);
    }
    for cells in &rows {
        row(cells, &columns, &widths, look).write(&mut out, look);
    }
    out
}

/// `sql` as tab-separated values: heads first; in values tab, line end and backslash are written
/// `\t`, `\n`, `\\`, and null is nothing.
pub(crate) fn tsv(view: &SqlView) -> String {
    let mut out = String::new();
    let heads = view.columns.iter().map(|name| escape(name));
    out.push_str(&heads.collect::<Vec<_>>().join("\t"));
    out.push('\n');
    for row in &view.rows {
        let values = row.iter().map(|value| escape(&plain(value, "")));
        out.push_str(&values.collect::<Vec<_>>().join("\t"));
        out.push('\n');
    }
    out
}

/// One block of `name  value` lines a row.
fn records(heads: &[Cell], rows: &[Vec<Cell>], look: Look, out: &mut String) {
    let widest = heads
        .iter()
        .map(|head| text::width(&head.text))
        .max()
        .unwrap_or(0);
    let edge = widest.min(look.width.unwrap_or(80) / 3);
    for (at, cells) in rows.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        for (head, cell) in heads.iter().zip(cells) {
            let mut line = Line::new();
            line.cut(head.style, &head.text, edge, look).pad(edge + GAP);
            line.push(cell.style, &cell.text);
            line.write(out, look);
        }
    }
}

fn head(name: &str) -> Cell {
    Cell {
        style: style::BOLD,
        text: text::line(name).into_owned(),
    }
}

fn cell(value: &Value) -> Cell {
    let style = if value.is_null() {
        style::DIM
    } else {
        style::PLAIN
    };
    Cell {
        style,
        text: text::line(&plain(value, "null")).into_owned(),
    }
}

fn plain(value: &Value, null: &str) -> String {
    match value {
        Value::Null => null.to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn escape(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('\r', "\\r");
    let value = value.replace('\t', "\\t").replace('\n', "\\n");
    text::line(&value).into_owned()
}
