//! `kanban rebuild-index`: everything anew.

use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::status;

pub(crate) fn run(context: &mut Context) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let reporter = Reporter::new(context.printer, Elsewhere::Lines);
    let snapshot = engine.rebuild(&reporter);
    reporter.finish();
    let snapshot = snapshot?;
    context.keep(&snapshot);
    if let Some(view) = &snapshot.rebuilt {
        context.answer(view, |_| String::new())?;
        context.printer.note(&status::rebuilt(view));
    }
    Ok(Exit::Done)
}
