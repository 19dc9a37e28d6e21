//! `kanban check`: problems in items; exit code 1 where there are any that count.

use crate::cli::args::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::check;
use crate::model::problem::Severity;
use crate::query::{self, grammar};

pub(crate) fn run(context: &mut Context, args: &CheckArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    let text = grammar::join(&args.query);
    let now = Context::today();
    let question = query::check::CheckArgs {
        query: &text,
        now: &now,
        least: Severity::Info,
        limit: (args.limit > 0).then_some(args.limit),
    };
    let ask = async |reader: &mut query::Reader| query::check::check(reader, &question).await;
    let view = context.ask(&snapshot, &text, ask)?;
    context.answer(&view, |look| check::check(&view, look))?;
    let printer = context.printer;
    if !printer.quiet && !printer.json {
        printer.words(&check::summary(&view, printer.err));
    }
    Ok(if check::is_bad(&view) {
        Exit::No
    } else {
        Exit::Done
    })
}
