//! `kanban check`: problems in items; exit code 1 where there are any that count.

use crate::cli::args::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::{check, count, thousands};
use crate::model::problem::Severity;
use crate::query::absent::absent;
use crate::query::{self, grammar};

/// Problems on a terminal where the asker does not say.
const PROBLEMS: u64 = 50;

pub(crate) fn run(context: &mut Context, args: &CheckArgs) -> Result<Exit, Stop> {
    let answering = context.answering(&args.lines)?;
    let text = grammar::join(&args.query);
    let now = Context::today();
    let printer = context.printer;
    // Nobody asked for a number: a terminal shows what can be read, all else gets all.
    let usual = (printer.out.is_terminal() && !printer.json).then_some(PROBLEMS);
    let question = query::check::CheckArgs {
        query: &text,
        now: &now,
        least: Severity::Info,
        limit: args.limit.or(usual).filter(|&limit| limit > 0),
    };
    let ask = async |reader: &mut query::Reader| {
        let view = query::check::check(reader, &question).await?;
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
    context.answer(&view, |look| check::check(&view, look))?;
    if !printer.quiet && !printer.json {
        printer.words(&check::summary(&view, printer.err));
    }
    let shown = view.problems.len() as u64;
    if shown < view.total {
        let total = count(view.total, "problem", "problems");
        printer.note(&format!(
            "{} of {total}; --limit 0 for all",
            thousands(shown)
        ));
    }
    Ok(if check::is_bad(&view) {
        Exit::No
    } else {
        Exit::Done
    })
}
