//! `kanban hooks`: install, uninstall and status.

use crate::cli::args::{HooksArgs, HooksCommand};
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::hooks;
use crate::engine;
use crate::engine::hooks::Consent;

pub(crate) fn run(context: &mut Context, command: HooksCommand) -> Result<Exit, Stop> {
    let view = match command {
        HooksCommand::Install(args) => engine::hooks::install(&context.start, consent(args)),
        HooksCommand::Uninstall(args) => engine::hooks::uninstall(&context.start, consent(args)),
        HooksCommand::Status(args) => engine::hooks::status(&context.start, args.program),
    }?;
    context.answer(&view, |look| hooks::hooks(&view, look))?;
    for note in &view.notes {
        context.printer.note(note);
    }
    Ok(if hooks::is_bad(&view) {
        Exit::No
    } else {
        Exit::Done
    })
}

fn consent(args: HooksArgs) -> Consent {
    Consent {
        shared: args.shared,
        dry_run: args.dry_run,
        program: args.program,
    }
}
