//! `kanban init`: recognize the conventions and write them down.

use crate::cli::args::InitArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::status;
use crate::engine::Engine;

pub(crate) fn run(context: &mut Context, args: &InitArgs) -> Result<Exit, Stop> {
    let engine = Engine::open_for_init(&context.start)?;
    let view = engine.init(args.force, args.dry_run)?;
    context.answer(&view, |look| status::init(&view, args.dry_run, look))?;
    if !view.written && !args.dry_run {
        context
            .printer
            .note("it was there already; --force replaces it");
    }
    if engine.is_in_git() && !args.dry_run {
        context.printer.note(
            "`kanban hooks install` lets git tell of what it changes, and merge items by meaning",
        );
    }
    Ok(Exit::Done)
}
