//! `kanban doctor`: what is wrong around us.

use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::doctor;

pub(crate) fn run(context: &mut Context) -> Result<Exit, Stop> {
    let view = crate::engine::doctor(&context.start);
    context.answer(&view, |look| doctor::doctor(&view, look))?;
    Ok(if doctor::is_bad(&view) {
        Exit::No
    } else {
        Exit::Done
    })
}
