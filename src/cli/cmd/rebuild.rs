//! `kanban rebuild-index`: everything anew.

use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::Reporter;
use crate::cli::render::status;

pub(crate) fn run(context: &mut Context) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let reporter = Reporter::new(context.printer);
    let view = engine.rebuild(&reporter);
    reporter.finish();
    let view = view?;
    // The generation just made, without another look at the files: for the envelope and the path.
    let snapshot = engine.snapshot(false, &reporter)?;
    context.keep(&snapshot);
    for (dir, reason) in &view.unreadable {
        context.warn(format!("cannot list {dir}: {reason}"));
    }
    let summary = status::rebuilt(&view, Some(&snapshot.dir));
    context.answer(&view, |_| String::new())?;
    context.printer.note(&summary);
    Ok(Exit::Done)
}
