//! `kanban tree`: items under their parents.

use crate::cli::args::TreeArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::tree;
use crate::query::{self, reference::Here};

pub(crate) fn run(context: &mut Context, args: &TreeArgs) -> Result<Exit, Stop> {
    let answering = context.answering(&args.lines)?;
    let (root, folder) = context.place_of(&answering)?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let reference = args.reference.as_deref();
    let start = reference.map(|reference| (reference, here));
    let ask = async |reader: &mut query::Reader| query::tree::tree(reader, start).await;
    let view = context.put(&answering, reference.unwrap_or_default(), ask)?;
    context.answer(&view, |look| tree::tree(&view, args.depth, look))?;
    if view.roots.is_empty() {
        context.printer.note("no item has children");
    }
    Ok(Exit::Done)
}
