//! One write: items chosen, tasks carried out, receipts printed, a commit made.

use crate::cli::args::writing::WriteArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::{count, write as render};
use crate::engine::{Engine, Snapshot, Task, WriteOptions, Written};
use crate::model::intent::Intent;
use crate::query;
use crate::query::choose::{self, Chosen};
use crate::query::reference::Here;
use crate::query::view::{ItemRow, WriteView, brief};

/// The items that the words mean, and a generation that shows them.
pub(crate) fn choose(
    context: &mut Context,
    engine: &Engine,
    words: &str,
) -> Result<(Snapshot, Chosen), Stop> {
    let snapshot = context.snapshot(engine)?;
    let chosen = more(context, engine, &snapshot, words)?;
    Ok((snapshot, chosen))
}

/// Other items in the same generation.
pub(crate) fn more(
    context: &mut Context,
    engine: &Engine,
    snapshot: &Snapshot,
    words: &str,
) -> Result<Chosen, Stop> {
    let (root, folder) = context.place(snapshot)?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let now = Context::today();
    let ask = async |reader: &mut query::Reader| choose::choose(reader, words, here, &now).await;
    let chosen = context.ask(engine, snapshot, words, ask)?;
    for value in &chosen.absent {
        context.warn(value.clone());
    }
    Ok(chosen)
}

/// Options of a write, as the caller said them.
pub(crate) fn options(context: &Context, args: &WriteArgs, what: String) -> WriteOptions {
    WriteOptions {
        what,
        dry_run: args.dry_run,
        keep_updated: args.keep_updated,
        if_hash: args.if_hash.clone(),
        refresh: context.refreshes(),
    }
}

/// The same intents for each of the items.
pub(crate) fn each(items: &[ItemRow], intents: &[Intent]) -> Vec<Task> {
    items
        .iter()
        .map(|item| Task {
            path: item.path.clone(),
            intents: intents.to_vec(),
        })
        .collect()
}

/// Writes, commits where that was asked for, and prints the receipts.
pub(crate) fn write(
    context: &mut Context,
    engine: &Engine,
    snapshot: Snapshot,
    tasks: Vec<Task>,
    args: &WriteArgs,
    what: &str,
) -> Result<Exit, Stop> {
    let options = options(context, args, what.to_owned());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let written = engine.write(snapshot, tasks, &options, &reporter);
    reporter.finish();
    finish(context, engine, written?, args, what)
}

/// What comes after every write.
pub(crate) fn finish(
    context: &mut Context,
    engine: &Engine,
    written: Written,
    args: &WriteArgs,
    what: &str,
) -> Result<Exit, Stop> {
    let Written {
        mut view,
        paths,
        snapshot,
        warnings,
    } = written;
    context.keep(&snapshot);
    for warning in warnings {
        context.warn(warning);
    }
    let mut failed = None;
    if (args.commit || args.message.is_some()) && !paths.is_empty() {
        let message = match &args.message {
            Some(message) => message.clone(),
            None => subject(&view, what),
        };
        match engine.commit(&paths, &message) {
            Ok(commit) => view.commit = commit,
            // The files are written: what is said of them must not be lost over a commit.
            Err(error) => failed = Some(Failure::from(error)),
        }
    }
    if let (Some(failure), true) = (&failed, context.printer.json) {
        context.warn(failure.sentence());
    }
    context.answer(&view, |look| render::receipt(&view, look))?;
    tell(context, &view);
    if let (Some(failure), false) = (&failed, context.printer.json) {
        context.printer.failure(failure);
    }
    Ok(match view.failed.is_empty() && failed.is_none() {
        true => Exit::Done,
        false => Exit::No,
    })
}

fn tell(context: &Context, view: &WriteView) {
    let printer = context.printer;
    if !printer.json {
        printer.words(&render::failures(view, printer.err));
    }
    // What a dry run prints is a patch; what is worth knowing stands beside it.
    if view.dry_run {
        for row in &view.changes {
            for note in &row.notes {
                printer.note(&format!("{}: {note}", row.path));
            }
        }
    }
    let mut words = Vec::new();
    if view.changes.len() != 1 || view.dry_run {
        let items = count(view.changes.len() as u64, "item", "items");
        words.push(match view.dry_run {
            true => format!("{items} would be written; nothing is"),
            false => format!("{items} written"),
        });
    }
    if view.unchanged > 0 {
        let items = count(view.unchanged, "item", "items");
        words.push(format!("{items} already so"));
    }
    if !view.failed.is_empty() {
        let items = count(view.failed.len() as u64, "item", "items");
        words.push(format!("{items} not written"));
    }
    if let Some(commit) = &view.commit {
        words.push(format!("commit {}", &commit[..commit.len().min(12)]));
    }
    if !words.is_empty() {
        printer.note(&words.join(", "));
    }
}

/// The first line of a commit.
fn subject(view: &WriteView, what: &str) -> String {
    let what = brief(what);
    match view.changes.as_slice() {
        [row] => format!("{}: {what}", row.id.as_ref().unwrap_or(&row.path)),
        rows => format!("{}: {what}", count(rows.len() as u64, "item", "items")),
    }
}
