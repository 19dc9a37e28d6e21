//! `kanban completions`: made of the same definitions as the parser.

use clap::CommandFactory;

use crate::cli::args::{Args, CompletionsArgs};
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;

pub(crate) fn run(context: &Context, args: &CompletionsArgs) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "kanban", &mut script);
    context.printer.bytes(&script)?;
    Ok(Exit::Done)
}
