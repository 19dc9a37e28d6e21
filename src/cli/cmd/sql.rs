//! `kanban sql`: a statement of the caller on the views of the cache.

use std::io::{self, IsTerminal, Read};

use crate::cli::args::{Format, SqlArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::render::{count, table};
use crate::engine::{Class, SharedCache};
use crate::query::Reader;
use crate::query::raw::{self, Bounds};

pub(crate) fn run(context: &mut Context, args: &SqlArgs) -> Result<Exit, Stop> {
    let statement = match args.sql.as_str() {
        "-" => stdin(context)?,
        statement => statement.to_owned(),
    };
    let bounds = Bounds {
        rows: if args.limit == 0 {
            raw::MOST_ROWS
        } else {
            args.limit
        },
        ..Bounds::default()
    };
    let view = if context.asks_shared()? {
        let ask = async |reader: &mut Reader| raw::shared(reader, &statement, &bounds).await;
        context.put_shared(&SharedCache::all()?, &statement, ask)?
    } else {
        let engine = context.engine()?;
        let snapshot = context.snapshot(&engine)?;
        context.heal(&engine, &snapshot, &statement, |dir| {
            raw::sql(dir, &statement, &bounds)
        })?
    };
    context.answer(&view, |look| match args.format {
        Some(Format::Tsv) => table::tsv(&view),
        None if !look.is_terminal() => table::tsv(&view),
        Some(Format::Table) | None => table::sql(&view, look),
    })?;
    if view.truncated {
        let rows = count(view.rows.len() as u64, "row", "rows");
        context.printer.note(&format!(
            "only the first {rows}; --limit 0 for the most there can be"
        ));
    }
    Ok(Exit::Done)
}

/// The statement that somebody pipes to us.
fn stdin(context: &Context) -> Result<String, Stop> {
    let mut input = io::stdin().lock();
    if input.is_terminal() {
        context
            .printer
            .note("reading SQL from the terminal; end it with Ctrl-D");
    }
    let mut statement = String::new();
    // One byte more than allowed, so that too much is seen as such and not as a broken statement.
    let most = raw::MOST_SQL as u64 + 1;
    let read = input.by_ref().take(most).read_to_string(&mut statement);
    read.map_err(|error| {
        Failure::new(
            Class::Environment,
            "input-failed",
            "cannot read SQL from stdin",
        )
        .cause(error)
    })?;
    Ok(statement)
}
