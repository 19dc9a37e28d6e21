//! `sync export` and `sync import`. Never: opens the file itself.

use std::path::PathBuf;

use crate::cli::args::sharing::{SyncExportArgs, SyncImportArgs};
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::sync_bundle;
use crate::engine::{ExportWish, import_bundle};

pub(super) fn export(context: &mut Context, args: &SyncExportArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let file = placed(context, &args.file);
    let wish = ExportWish {
        branch: args.branch.as_deref(),
        unredacted: args.unredacted,
        force: args.force,
    };
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let sharing = engine.sharing()?;
    let view = match args.from_server {
        true => sharing.export_rows(&file, wish),
        false => sharing.export(&file, wish, &reporter),
    };
    reporter.finish();
    let view = view?;
    context.answer(&view, |look| sync_bundle::export(&view, look))?;
    Ok(Exit::Done)
}

pub(super) fn import(context: &mut Context, args: &SyncImportArgs) -> Result<Exit, Stop> {
    let (file, into) = (placed(context, &args.file), placed(context, &args.into));
    let view = import_bundle(&file, &into, args.all)?;
    // An import needs no repository; where it is done in one, its audit has it.
    if let Ok(engine) = context.engine()
        && let Ok(sharing) = engine.sharing()
    {
        sharing.note_import(&view)?;
    }
    let is_broken = view.audit.as_ref().is_some_and(|proof| !proof.holds);
    if is_broken {
        context.warn("the chain of the exported audit does not hold".to_owned());
    }
    context.answer(&view, |look| sync_bundle::import(&view, look))?;
    Ok(Exit::Done)
}

/// As seen from the folder that the command runs in.
fn placed(context: &Context, path: &PathBuf) -> PathBuf {
    context.start.join(path)
}
