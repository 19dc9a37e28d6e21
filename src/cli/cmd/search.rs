//! `kanban search`: items whose text matches, best first.

use crate::cli::args::SearchArgs;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::render::{count, search, thousands};
use crate::query::absent::absent;
use crate::query::{self, grammar};

pub(crate) fn run(context: &mut Context, args: &SearchArgs) -> Result<Exit, Stop> {
    let answering = context.answering_searches(&args.lines)?;
    let text = grammar::join(&args.query);
    let now = Context::today();
    let question = query::search::SearchArgs {
        text: &args.text,
        query: &text,
        now: &now,
        limit: if args.limit == 0 {
            usize::MAX
        } else {
            args.limit
        },
        offset: args.offset,
    };
    let ask = async |reader: &mut query::Reader| {
        let view = query::search::search(reader, &question).await?;
        let absent = match view.total {
            0 => absent(reader, &text, &now).await?,
            _ => Vec::new(),
        };
        Ok((view, absent))
    };
    let (view, absent) = context.put(&answering, &text, ask)?;
    for value in absent {
        context.warn(value);
    }
    context.answer(&view, |look| search::search(&view, look))?;
    let printer = context.printer;
    let shown = view.hits.len() as u64;
    if view.total == 0 {
        printer.note("nothing matches");
    } else if view.pass == "fuzzy" {
        printer.note("nothing matches as written; these come near");
    }
    for hint in &view.hints {
        printer.note(hint);
    }
    if shown < view.total {
        let total = count(view.total, "hit", "hits");
        printer.note(&format!(
            "{} of {total}; --limit 0 for all",
            thousands(shown)
        ));
    }
    Ok(Exit::Done)
}
