//! `kanban man`: pages made of the same definitions as the parser.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::roff::{Roff, roman};

use crate::base::atomic;
use crate::cli::args::{Args, ManArgs};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::engine::Class;

pub(crate) fn run(context: &Context, args: &ManArgs) -> Result<Exit, Stop> {
    let mut root = Args::command().disable_help_subcommand(true);
    root.build();
    let Some(dir) = &args.out else {
        let (_, page) = page(&root).map_err(|error| failed(Path::new("stdout"), &error))?;
        context.printer.bytes(&page)?;
        return Ok(Exit::Done);
    };
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    let mut count = 0;
    for command in all(&root) {
        let (name, page) = page(command).map_err(|error| failed(dir, &error))?;
        let path = dir.join(name);
        atomic::write(&path, &page).map_err(|error| failed(&error.path, &error.source))?;
        count += 1;
    }
    let text = format!("wrote {count} manual pages to {}", dir.display());
    context.printer.note(&text);
    Ok(Exit::Done)
}

/// The command and everything below it that is not hidden.
pub(crate) fn all(root: &Command) -> Vec<&Command> {
    let shown = root.get_subcommands().filter(|it| !it.is_hide_set());
    std::iter::once(root).chain(shown.flat_map(all)).collect()
}

/// Name and text of the page of a command.
pub(crate) fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let man = clap_mangen::Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let after = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    // What stands before the first heading are notes; each heading is a section.
    let mut roff = Roff::new();
    for (at, part) in after.split("\n\n").enumerate() {
        let mut lines: Vec<&str> = part.lines().collect();
        match lines.first().and_then(|line| line.strip_suffix(':')) {
            Some(heading) => {
                roff.control("SH", [heading.to_uppercase().as_str()]);
                lines.remove(0);
            }
            None if at == 0 => {
                roff.control("SH", ["NOTES"]);
            }
            None => {
                roff.control("PP", []);
            }
        }
        for line in lines {
            roff.text([roman(line)]);
            roff.control("br", []);
        }
    }
    roff.to_writer(&mut page)?;
    Ok((man.get_filename(), page))
}

fn failed(path: &Path, error: &io::Error) -> Stop {
    let failure = Failure::new(
        Class::Environment,
        "output-failed",
        "cannot write the manual page",
    );
    failure.path(path.display().to_string()).cause(error).into()
}
