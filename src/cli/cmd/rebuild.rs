//! `kanban rebuild-index`: everything anew, here and where it is asked for in the shared cache.

use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::{status, sync};
use crate::engine::SyncWish;
use crate::query::view::{RebuildView, SyncView};

pub(crate) fn run(context: &mut Context) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let shares = context.asks_shared()?;
    let reporter = Reporter::new(context.printer, Elsewhere::Lines);
    let snapshot = engine.rebuild(&reporter);
    let shared = match &snapshot {
        Ok(_) if shares => {
            let wish = SyncWish {
                anew: true,
                ..SyncWish::default()
            };
            context.warn_of_server();
            engine.sharing()?.now(&[], wish, &reporter).map(Some)
        }
        _ => Ok(None),
    };
    reporter.finish();
    let snapshot = snapshot?;
    context.keep(&snapshot);
    if let Some(view) = &snapshot.rebuilt {
        context.printer.note(&status::rebuilt(view));
    }
    let shared = shared?.map(|(view, warnings)| {
        warnings
            .into_iter()
            .for_each(|warning| context.warn(warning));
        view
    });
    // What could not be reached was not made anew.
    let is_done = |view: &SyncView| {
        view.branches
            .iter()
            .all(|branch| branch.standing == "level" && branch.failed == 0)
    };
    let is_done = shared.as_ref().is_none_or(is_done);
    if let Some(view) = snapshot.rebuilt.clone() {
        let view = RebuildView { shared, ..view };
        context.answer(&view, |look| {
            view.shared
                .as_ref()
                .map(|shared| sync::now(shared, look))
                .unwrap_or_default()
        })?;
    }
    Ok(match is_done {
        true => Exit::Done,
        false => Exit::No,
    })
}
