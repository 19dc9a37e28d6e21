//! `kanban refresh`: brings the cache and the search index up to the files.

use std::time::Instant;

use crate::base::process;
use crate::cli::args::RefreshArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::{count, refresh, thousands};
use crate::engine::{Engine, Hinted, Snapshot};
use crate::query::view::{ChangeRow, RefreshView};

pub(crate) fn run(context: &mut Context, args: &RefreshArgs) -> Result<Exit, Stop> {
    if args.hook.is_some() {
        process::detach();
        // Whatever goes wrong here is told by the next question, and never to git.
        if let Err(error) = Engine::open(&context.start).and_then(|engine| engine.hint_of_hook()) {
            tracing::debug!(%error, "the hint of a hook was lost");
        }
        return Ok(Exit::Done);
    }
    let started = Instant::now();
    let engine = context.engine()?;
    if args.ticket
        && let Hinted::Queued(ticket) = engine.hint()?
    {
        let view = RefreshView {
            ticket: Some(ticket.clone()),
            ..view(None, started)
        };
        context.answer(&view, |_| format!("{ticket}\n"))?;
        return Ok(Exit::Done);
    }
    let reporter = Reporter::new(context.printer, Elsewhere::Lines);
    if let Some(ticket) = &args.wait_for {
        Engine::check_ticket(ticket)?;
    }
    let snapshot = engine.refresh(args.full, &reporter);
    reporter.finish();
    let snapshot = snapshot?;
    context.keep(&snapshot);
    let view = view(Some(&snapshot), started);
    context.answer(&view, |look| refresh::changes(&view, look))?;
    let generation = format!("generation {}", view.generation);
    context.printer.note(&match view.changes.len() as u64 {
        _ if view.rebuilt => format!("projected anew as {generation}"),
        0 => format!("nothing changed since {generation}"),
        changes => format!("{} in {generation}", count(changes, "change", "changes")),
    });
    let shown = refresh::SHOWN as u64;
    if view.changes.len() as u64 > shown && !context.printer.json {
        let note = format!("the first {} are shown; --json for all", thousands(shown));
        context.printer.note(&note);
    }
    Ok(Exit::Done)
}

fn view(snapshot: Option<&Snapshot>, started: Instant) -> RefreshView {
    let delta = snapshot.and_then(|snapshot| snapshot.delta.as_ref());
    let changes = delta.map(|delta| delta.changes.as_slice());
    let changes = changes.unwrap_or_default().iter();
    RefreshView {
        generation: snapshot.map_or(0, |snapshot| snapshot.freshness.generation),
        rebuilt: snapshot.is_some_and(|snapshot| snapshot.rebuilt.is_some()),
        changes: changes
            .map(|changed| ChangeRow {
                path: changed.path.clone(),
                change: changed.change.as_str().to_owned(),
                old_path: changed.old_path.clone(),
            })
            .collect(),
        ticket: None,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}
