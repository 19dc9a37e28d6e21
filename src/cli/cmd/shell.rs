//! `kanban completions` and `kanban man`: made of the same definitions as the parser.

use std::io;
use std::path::Path;

use clap::CommandFactory;

use crate::cli::args::{Args, CompletionsArgs, ManArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::engine::Class;

pub(crate) fn completions(context: &Context, args: &CompletionsArgs) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "kanban", &mut script);
    context.printer.bytes(&script)?;
    Ok(Exit::Done)
}

pub(crate) fn man(context: &Context, args: &ManArgs) -> Result<Exit, Stop> {
    let Some(dir) = &args.out else {
        context
            .printer
            .bytes(&page().map_err(|error| failed(Path::new("stdout"), &error))?)?;
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let mut command = Args::command();
    command.build();
    clap_mangen::generate_to(command, dir).map_err(|error| failed(dir, &error))?;
    context
        .printer
        .note(&format!("wrote manual pages to {}", dir.display()));
    Ok(Exit::Done)
}

/// The main page.
fn page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    Ok(page)
}

fn failed(path: &Path, error: &io::Error) -> Stop {
    let failure = Failure::new(
        Class::Environment,
        "output-failed",
        "cannot write the manual page",
    );
    failure.path(path.display().to_string()).cause(error).into()
}
