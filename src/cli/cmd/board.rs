//! `kanban board`: columns of items.

use crate::cli::args::BoardArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::board;
use crate::query::absent::absent;
use crate::query::{self, grammar};

pub(crate) fn run(context: &mut Context, args: &BoardArgs) -> Result<Exit, Stop> {
    let answering = context.answering(&args.lines)?;
    let text = grammar::join(&args.query);
    let now = Context::today();
    let printer = context.printer;
    // Nobody asked for a number: a terminal shows what it has room for, all else gets all.
    let usual = (printer.out.is_terminal() && !printer.json).then_some(board::CARDS as u64);
    let question = query::board::BoardArgs {
        query: &text,
        now: &now,
        by: &args.by,
        limit: args.limit.or(usual).filter(|&limit| limit > 0),
    };
    let ask = async |reader: &mut query::Reader| {
        let view = query::board::board(reader, &question).await?;
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
    let limit = args
        .limit
        .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    context.answer(&view, |look| board::board(&view, limit, look))?;
    if view.total == 0 {
        context.printer.note("no item matches");
    }
    Ok(Exit::Done)
}
