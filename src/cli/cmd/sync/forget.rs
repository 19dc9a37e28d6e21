//! `sync forget`. Never: repeats the person's name.

use crate::cli::args::sharing::SyncForgetArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::sync_forget;

pub(super) fn run(context: &mut Context, args: &SyncForgetArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let pseudonym = args.pseudonym.as_deref();
    let done = engine
        .sharing()?
        .forget(&args.author, pseudonym, args.dry_run, &reporter);
    reporter.finish();
    let view = done?;
    context.answer(&view, |look| sync_forget::text(&view, look))?;
    Ok(match &*view.server {
        "done" | "none" => Exit::Done,
        _ => Exit::No,
    })
}
