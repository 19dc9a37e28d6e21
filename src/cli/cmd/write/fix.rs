//! `kanban fix`: items mended, ids parted. Never: knows what can be mended.

use std::collections::BTreeSet;

use crate::cli::args::writing::FixArgs;
use crate::cli::cmd::write::run::{each, finish, options};
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::count;
use crate::engine::{Engine, MENDABLE, Snapshot};
use crate::model::intent::Intent;
use crate::query;
use crate::query::grammar;
use crate::query::list::{self, ListArgs};
use crate::query::view::ItemRow;

pub(crate) fn fix(context: &mut Context, args: &FixArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    if args.ids {
        return part(context, &engine, snapshot, args);
    }
    let mut terms = args.query.clone();
    terms.push(format!("problem:{}", MENDABLE.join(",")));
    let items = matching(context, &engine, &snapshot, &terms)?;
    let options = options(context, &args.write, "fix".to_owned());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let tasks = each(&items, &[Intent::Mend]);
    let written = engine.write(snapshot, tasks, &options, &reporter);
    reporter.finish();
    let mut written = written?;
    // What could not be mended is told as the problems that are left.
    written.view.unchanged = 0;
    let left = engine.problems(&written.snapshot)?;
    let exit = finish(context, &engine, written, &args.write, "fix")?;
    if left > 0 && options.refresh && !options.dry_run {
        let left = count(left, "problem is", "problems are");
        let note = format!("{left} left that `fix` does not mend: see `kanban check`");
        context.printer.note(&note);
    }
    Ok(exit)
}

/// Parts items that share an id.
fn part(
    context: &mut Context,
    engine: &Engine,
    snapshot: Snapshot,
    args: &FixArgs,
) -> Result<Exit, Stop> {
    let only = match args.query.is_empty() {
        true => None,
        false => {
            let items = matching(context, engine, &snapshot, &args.query)?;
            let paths = items.into_iter().map(|item| item.path);
            Some(paths.collect::<BTreeSet<String>>())
        }
    };
    let options = options(context, &args.write, "fix --ids".to_owned());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let parted = engine.part(snapshot, only.as_ref(), &options, &reporter);
    reporter.finish();
    finish(context, engine, parted?, &args.write, "fix --ids")
}

fn matching(
    context: &mut Context,
    engine: &Engine,
    snapshot: &Snapshot,
    terms: &[String],
) -> Result<Vec<ItemRow>, Stop> {
    let query = grammar::join(terms);
    let now = Context::today();
    let ask = async |reader: &mut query::Reader| {
        let args = ListArgs {
            query: &query,
            now: &now,
            ..ListArgs::default()
        };
        list::list(reader, &args).await
    };
    Ok(context.ask(engine, snapshot, &query, ask)?.items)
}
