//! `kanban verify`: compares the cache with a rebuild; exit code 1 where they differ.

use crate::cli::args::VerifyArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::{count, refresh, thousands};

pub(crate) fn run(context: &mut Context, args: &VerifyArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let reporter = Reporter::new(context.printer, Elsewhere::Lines);
    let view = engine.verify(context.refreshes(), &reporter);
    reporter.finish();
    let mut view = view?;
    let found = view.drift.len();
    if args.limit > 0 {
        view.drift.truncate(args.limit);
    }
    context.answer(&view, |look| refresh::drift(&view, look))?;
    if found == 0 {
        let items = count(view.items, "item", "items");
        let search = if view.search {
            " and the search index"
        } else {
            ""
        };
        let note = format!("{items}{search} are as a rebuild gives them");
        context.printer.note(&note);
        return Ok(Exit::Done);
    }
    let mut note = count(found as u64, "difference", "differences");
    if found > view.drift.len() {
        note = format!(
            "{} of {note}; --limit 0 for all",
            thousands(view.drift.len() as u64)
        );
    }
    context.printer.note(&note);
    if !context.printer.json {
        context
            .printer
            .note("hint: `kanban rebuild-index` mends it; please report this as a bug");
    }
    Ok(Exit::No)
}
