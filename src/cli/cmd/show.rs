//! `kanban show`: one item in full.

use crate::cli::args::ShowArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::show::{self, Part};
use crate::query::{self, reference::Here};

pub(crate) fn run(context: &mut Context, args: &ShowArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    let (root, folder) = context.place(&snapshot)?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let reference = args.reference.as_str();
    let ask = async |reader: &mut query::Reader| query::show::show(reader, reference, here).await;
    let view = context.ask(&snapshot, reference, ask)?;
    let part = match (args.body, args.no_body) {
        (true, _) => Part::BodyOnly,
        (false, true) => Part::NoBody,
        (false, false) => Part::All,
    };
    context.answer(&view, |look| show::show(&view, part, look))?;
    Ok(Exit::Done)
}
