//! `board`: columns of cards side by side on a terminal, sections in a pipe.
//! Gets a board and how many cards a column may show. Gives text. Never: groups or sorts.

use crate::cli::render::line::{Line, line};
use crate::cli::render::list::{self, Field};
use crate::cli::render::{name, thousands};
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::query::view::{BoardView, ColumnView, ItemRow};

/// Cards that a column shows on a terminal where nobody says how many.
pub(crate) const CARDS: usize = 8;
/// The same for columns of what is over.
const CLOSED_CARDS: usize = 4;
/// A column is not drawn narrower than this, if the terminal has it.
const LEAST: usize = 22;
const CLOSED_LEAST: usize = 18;
/// Wider than this, a column gains nothing.
const MOST: usize = 44;
const CLOSED_MOST: usize = 30;
/// Between two columns.
const GAP: usize = 1;
/// Lines that a title may take.
const TITLE_LINES: usize = 2;

/// The board. `limit` is the number of cards a column shows: none leaves it to the place that is
/// printed to, 0 is all.
pub(crate) fn board(view: &BoardView, limit: Option<usize>, look: Look) -> String {
    let mut out = String::new();
    match look.width {
        Some(width) => {
            let mut first = true;
            for row in rows(&view.columns, width) {
                if !std::mem::take(&mut first) {
                    out.push('\n');
                }
                draw(row, width, limit, look, &mut out);
            }
        }
        None => sections(view, limit, look, &mut out),
    }
    out
}

/// What stands over a column.
fn title(column: &ColumnView) -> &str {
    column.key.as_deref().unwrap_or("(none)")
}

/// How many cards are shown of a column.
fn shown(column: &ColumnView, limit: Option<usize>, look: Look) -> usize {
    let most = match limit {
        Some(0) => usize::MAX,
        Some(limit) => limit,
        None if !look.is_terminal() => usize::MAX,
        None if style::is_closed(column.phase.as_deref()) => CLOSED_CARDS,
        None => CARDS,
    };
    column.items.len().min(most)
}

fn sections(view: &BoardView, limit: Option<usize>, look: Look, out: &mut String) {
    const FIELDS: [Field; 4] = [Field::Id, Field::Priority, Field::Owner, Field::Title];
    for (at, column) in view.columns.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let mut head = Line::new();
        head.plain("## ").plain(title(column));
        head.plain(&format!(" ({})", thousands(column.total)));
        head.write(out, look);
        let shown = shown(column, limit, look);
        out.push_str(&list::list(&column.items[..shown], &FIELDS, look));
        let missing = column.total.saturating_sub(shown as u64);
        if missing > 0 {
            line(style::DIM, &format!("+{} more", thousands(missing))).write(out, look);
        }
    }
}

fn is_closed(column: &ColumnView) -> bool {
    style::is_closed(column.phase.as_deref())
}

fn least(column: &ColumnView) -> usize {
    if is_closed(column) {
        CLOSED_LEAST
    } else {
        LEAST
    }
}

/// The columns in as few rows as the width allows, spread evenly over them.
fn rows(columns: &[ColumnView], width: usize) -> Vec<&[ColumnView]> {
    let fits = |row: &[ColumnView]| {
        let gaps = GAP * row.len().saturating_sub(1);
        row.iter().map(least).sum::<usize>() + gaps <= width
    };
    let mut count = 1;
    while count < columns.len() {
        let split = spread(columns, count);
        if split.iter().all(|row| fits(row)) {
            return split;
        }
        count += 1;
    }
    columns.chunks(1).collect()
}

/// `count` rows whose lengths differ by one at most.
fn spread(columns: &[ColumnView], count: usize) -> Vec<&[ColumnView]> {
    let mut rows = Vec::with_capacity(count);
    let mut rest = columns;
    for left in (1..=count).rev() {
        let (row, behind) = rest.split_at(rest.len().div_ceil(left));
        rows.push(row);
        rest = behind;
    }
    rows
}

/// How wide each column of a row is drawn: what is over gets less.
fn column_widths(row: &[ColumnView], width: usize) -> Vec<usize> {
    let room = width.saturating_sub(GAP * row.len().saturating_sub(1));
    let mut widths: Vec<usize> = row.iter().map(|column| least(column).min(room)).collect();
    let mut spare = room.saturating_sub(widths.iter().sum());
    while spare > 0 {
        let mut grown = false;
        for (column, width) in row.iter().zip(&mut widths) {
            let most = if is_closed(column) { CLOSED_MOST } else { MOST };
            if spare > 0 && *width < most {
                *width += 1;
                spare -= 1;
                grown = true;
            }
        }
        if !grown {
            break;
        }
    }
    widths
}

fn draw(row: &[ColumnView], width: usize, limit: Option<usize>, look: Look, out: &mut String) {
    let widths = column_widths(row, width);
    let mut boxes: Vec<Vec<Line>> = Vec::with_capacity(row.len());
    for (column, &width) in row.iter().zip(&widths) {
        boxes.push(cards(column, width, limit, look));
    }
    let height = boxes.iter().map(Vec::len).max().unwrap_or(0);
    // All columns of a row end at the same height.
    let mut parts: Vec<std::vec::IntoIter<Line>> = Vec::with_capacity(row.len());
    for ((column, &width), mut lines) in row.iter().zip(&widths).zip(boxes) {
        let style = style::phase(column.phase.as_deref());
        lines.resize_with(height, Line::new);
        let mut framed = Vec::with_capacity(height + 2);
        framed.push(top(column, width, look));
        for inner in lines {
            let mut line = Line::new();
            line.push(style, look.pick("│", "|")).plain(" ");
            line.append(inner.fit(width.saturating_sub(4), look));
            line.pad(width.saturating_sub(1))
                .push(style, look.pick("│", "|"));
            framed.push(line);
        }
        framed.push(bottom(column, width, limit, look));
        parts.push(framed.into_iter());
    }
    for _ in 0..height + 2 {
        let mut whole = Line::new();
        let mut edge = 0;
        for (part, &width) in parts.iter_mut().zip(&widths) {
            whole.pad(edge);
            whole.append(part.next().unwrap_or_default());
            edge += width + GAP;
        }
        whole.write(out, look);
    }
}

/// `╭ ◐ InProgress ── 7 ╮`
fn top(column: &ColumnView, width: usize, look: Look) -> Line {
    let phase = column.phase.as_deref();
    let style = style::phase(phase);
    let count = thousands(column.total);
    let mut line = Line::new();
    line.push(style, look.pick("╭", "+")).plain(" ");
    line.push(style, look.glyph(phase)).plain(" ");
    let room = width.saturating_sub(line.width() + text::width(&count) + 5);
    line.cut(style.bold(), title(column), room, look).plain(" ");
    let fill = width.saturating_sub(line.width() + text::width(&count) + 3);
    line.push(style, &look.pick("─", "-").repeat(fill));
    line.plain(" ").push(style::BOLD, &count).plain(" ");
    line.push(style, look.pick("╮", "+"));
    line
}

/// `╰ +4 more ──────────╯`
fn bottom(column: &ColumnView, width: usize, limit: Option<usize>, look: Look) -> Line {
    let style = style::phase(column.phase.as_deref());
    let missing = column
        .total
        .saturating_sub(shown(column, limit, look) as u64);
    let mut line = Line::new();
    line.push(style, look.pick("╰", "+"));
    if missing > 0 {
        line.plain(" ");
        line.push(style::DIM, &format!("+{} more", thousands(missing)));
        line.plain(" ");
    }
    let fill = width.saturating_sub(line.width() + 1);
    line.push(style, &look.pick("─", "-").repeat(fill));
    line.push(style, look.pick("╯", "+"));
    line
}

/// What stands between the top and the bottom of a column.
fn cards(column: &ColumnView, width: usize, limit: Option<usize>, look: Look) -> Vec<Line> {
    let inner = width.saturating_sub(4);
    let mut lines = Vec::new();
    for (at, item) in column.items[..shown(column, limit, look)]
        .iter()
        .enumerate()
    {
        if at > 0 {
            lines.push(line(style::DIM, &look.pick("╌", "-").repeat(inner)));
        }
        card(item, inner, look, &mut lines);
    }
    lines
}

fn card(item: &ItemRow, width: usize, look: Look, lines: &mut Vec<Line>) {
    let closed = style::is_closed(item.phase.as_deref());
    let priority = item.priority.as_deref().unwrap_or_default();
    let owner = item
        .owner
        .as_deref()
        .filter(|_| !closed)
        .unwrap_or_default();
    let id = text::line(name(item, look)).into_owned();
    let id = text::truncate_start(&id, width, look.ellipsis());
    let mut head = Line::new();
    head.push(style::ID, &id);
    // Behind the id whatever there is room for, the priority first.
    let room = width.saturating_sub(head.width() + 1);
    let both = format!("{priority} {owner}");
    let facts = [both.as_str(), priority].map(|facts| text::line(facts.trim()).into_owned());
    if let Some(facts) = facts.iter().find(|facts| text::width(facts) <= room) {
        head.pad(width.saturating_sub(text::width(facts)));
        head.push(style::BOLD, facts);
    }
    lines.push(head);
    let title = text::line(&item.title);
    let title_style = style::title(item.phase.as_deref());
    let (ranges, more) = text::wrap(&title, width, TITLE_LINES);
    let last = ranges.len().saturating_sub(1);
    for (at, range) in ranges.into_iter().enumerate() {
        let piece = &title[range];
        if more && at == last {
            // The mark takes the place of the end of a full line.
            let mark = look.ellipsis();
            let room = width.saturating_sub(text::width(mark));
            let kept = &piece[..text::prefix(piece, room)];
            lines.push(line(title_style, &format!("{}{mark}", kept.trim_end())));
        } else {
            lines.push(line(title_style, piece));
        }
    }
}
