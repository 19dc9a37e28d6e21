//! `kanban history`: which commits changed what in one item.

use crate::base::clock;
use crate::cli::args::HistoryArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::render::history;
use crate::engine::{Class, HistoryWish};
use crate::query::reference::{self, Here};
use crate::query::{self, QueryError, dates};

/// Commits on a terminal where the asker does not say.
const COMMITS: usize = 20;

pub(crate) fn run(context: &mut Context, args: &HistoryArgs) -> Result<Exit, Stop> {
    let since = match &args.since {
        None => None,
        Some(word) => Some(dates::resolve(word, &clock::today()).ok_or_else(|| {
            Failure::new(Class::Usage, "usage", format!("`{word}` is no date"))
                .hint("`--since 2026-01-31`, `--since yesterday` or `--since 2w`")
        })?),
    };
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    let (root, folder) = context.place(&snapshot)?;
    let here = Here {
        root: &root,
        folder: &folder,
    };
    let name = args.reference.as_str();
    let ask = async |reader: &mut query::Reader| {
        // That nothing of that name is there is no failure yet.
        match reference::row(reader, name, here).await {
            Ok(row) => Ok(Ok(row)),
            Err(error @ QueryError::NotFound { .. }) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    };
    let path = match context.ask(&engine, &snapshot, name, ask)? {
        Ok(row) => row.path,
        Err(error) => match engine.gone(&reference::paths(name, here), name)? {
            Some(path) => path,
            None => return Err(Failure::query(error, name).into()),
        },
    };
    let printer = context.printer;
    let usual = (printer.out.is_terminal() && !printer.json).then_some(COMMITS);
    let wish = HistoryWish {
        fields: args.field.clone(),
        since,
        limit: args.limit.or(usual).filter(|&limit| limit > 0),
    };
    let (view, warnings) = engine.history(&path, &wish)?;
    for warning in warnings {
        context.warn(warning);
    }
    context.answer(&view, |look| history::history(&view, look))?;
    if view.more {
        printer.note("there are older ones; --limit 0 for all");
    }
    if view.commits.is_empty() {
        printer.note("no commit changed it in that way");
    }
    Ok(Exit::Done)
}
