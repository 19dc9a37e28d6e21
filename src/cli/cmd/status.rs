//! `kanban status`: what the cache holds and how fresh it is.

use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::status;

pub(crate) fn run(context: &mut Context) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    let view = engine.status(&snapshot)?;
    context.answer(&view, |look| {
        status::status(&view, &snapshot.freshness, look)
    })?;
    Ok(Exit::Done)
}
