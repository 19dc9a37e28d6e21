//! `kanban show`: one item in full.

use crate::cli::args::ShowArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::render::show::{self, Links, Part};
use crate::engine::Engine;
use crate::query;
use crate::query::reference::{self, Here};

pub(crate) fn run(context: &mut Context, args: &ShowArgs) -> Result<Exit, Stop> {
    let part = match (args.body, args.no_body) {
        (true, _) => Part::BodyOnly,
        (false, true) => Part::NoBody,
        (false, false) => Part::All,
    };
    if let Some(revision) = &args.at {
        let engine = context.engine()?;
        return at(context, &engine, args, revision, part);
    }
    let answering = context.answering(&args.lines)?;
    let (root, folder) = context.place_of(&answering)?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let reference = args.reference.as_str();
    let ask = async |reader: &mut query::Reader| query::show::show(reader, reference, here).await;
    let view = context.put(&answering, reference, ask)?;
    context.answer(&view, |look| show::show(&view, part, Links::Found, look))?;
    Ok(Exit::Done)
}

/// The item as it was.
fn at(
    context: &Context,
    engine: &Engine,
    args: &ShowArgs,
    revision: &str,
    part: Part,
) -> Result<Exit, Stop> {
    let (root, folder) = context.place_in(engine.root())?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let paths = reference::paths(&args.reference, here);
    let (commit, found) = engine.show_at(revision, &args.reference, &paths)?;
    let view = found.map_err(|error| Failure::query(error, &args.reference))?;
    context.answer_of(&commit, &view, |look| {
        show::show(&view, part, Links::AsWritten, look)
    })?;
    Ok(Exit::Done)
}
