//! `kanban list`: the items that match a query.

use crate::cli::args::ListArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::{count, list, thousands};
use crate::query::absent::absent;
use crate::query::{self, grammar};

pub(crate) fn run(context: &mut Context, args: &ListArgs) -> Result<Exit, Stop> {
    let answering = context.answering(&args.lines)?;
    let text = grammar::join(&args.query);
    let now = Context::today();
    let sort: Vec<String> = args
        .sort
        .iter()
        .flat_map(|keys| keys.split(','))
        .map(str::to_owned)
        .collect();
    let question = query::list::ListArgs {
        query: &text,
        now: &now,
        sort: &sort,
        limit: (args.limit > 0).then_some(args.limit),
        offset: args.offset,
    };
    let ask = async |reader: &mut query::Reader| {
        let view = query::list::list(reader, &question).await?;
        let absent = match view.total {
            0 => absent(reader, &text, &now).await?,
            _ => Vec::new(),
        };
        Ok((view, absent))
    };
    let (view, absent) = context.put(&answering, &text, ask)?;
    for value in absent {
        context.warn(value);
    }
    let fields = if args.columns.is_empty() {
        &list::DEFAULT
    } else {
        args.columns.as_slice()
    };
    context.answer(&view, |look| list::list(&view.items, fields, look))?;
    let shown = view.items.len() as u64;
    if view.total == 0 {
        context.printer.note("no item matches");
    } else if shown < view.total {
        let total = count(view.total, "item", "items");
        context.printer.note(&format!(
            "{} of {total}; --limit 0 for all",
            thousands(shown)
        ));
    }
    Ok(Exit::Done)
}
