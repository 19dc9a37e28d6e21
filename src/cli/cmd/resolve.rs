//! `kanban resolve`: what merges left undecided, decided by options or one by one.

use std::io::{self, BufRead, IsTerminal};
use std::path::Path;

use crate::base::env;
use crate::cli::args::merging::{ResolveArgs, Side};
use crate::cli::cmd::write::choose;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::render::resolve as render;
use crate::engine::resolve::ResolveWish;
use crate::engine::{Class, Engine};
use crate::model::merging::{About, Choice, Decision};
use crate::model::problem::Severity;
use crate::query::check::{self, CheckArgs};
use crate::query::view::{ConflictRow, ResolveView};

/// What `check` calls an item with conflicts.
const CODES: [&str; 2] = ["unresolved-conflict", "conflict-markers"];

pub(crate) fn run(context: &mut Context, args: &ResolveArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let decisions = decisions(args)?;
    let terminal = io::stdin().is_terminal() && context.printer.err.is_terminal();
    let people = (terminal || env::asks()) && !context.printer.json;
    let asks = people && decisions.is_empty() && !args.list && !args.dry_run && !args.all;
    let paths = if args.items.is_empty() {
        unresolved(context, &engine)?
    } else {
        named(context, &engine, &args.items)?
    };
    let mut wish = ResolveWish {
        decisions,
        again: args.again,
        add: args.add,
        dry_run: args.dry_run,
        seen: None,
    };
    // Nothing named, nothing decided: then nothing is written either.
    let lists =
        args.list || (args.items.is_empty() && !args.all && wish.decisions.is_empty() && !asks);
    if lists {
        wish.dry_run = true;
    }
    if !lists && !wish.decisions.is_empty() && args.items.is_empty() && !args.all {
        let failure = Failure::new(Class::Usage, "usage", "decisions need items");
        return Err(failure.hint("name the items, or say `--all`").into());
    }
    let mut view = if asks {
        let mut view = ResolveView {
            items: Vec::new(),
            dry_run: false,
        };
        for path in &paths {
            let path = std::slice::from_ref(path);
            let Some(wish) = ask(context, &engine, path, &wish)? else {
                break;
            };
            let (resolved, warnings) = engine.resolve(path, &wish)?;
            view.items.extend(resolved.items);
            warnings.into_iter().for_each(|text| context.warn(text));
        }
        view
    } else {
        let (view, warnings) = engine.resolve(&paths, &wish)?;
        warnings.into_iter().for_each(|text| context.warn(text));
        view
    };
    if lists {
        for item in &mut view.items {
            item.diff = None;
        }
    }
    context.answer(&view, |look| render::resolve(&view, look))?;
    let open =
        |row: &crate::query::view::ResolveRow| !row.conflicts.is_empty() || (lists && row.in_index);
    Ok(if view.items.iter().any(open) {
        Exit::No
    } else {
        Exit::Done
    })
}

fn decisions(args: &ResolveArgs) -> Result<Vec<Decision>, Stop> {
    let take = args.take.map(|side| Decision {
        about: About::All,
        choice: match side {
            Side::Ours => Choice::Ours,
            Side::Theirs => Choice::Theirs,
            Side::Base => Choice::Base,
        },
    });
    let mut decisions: Vec<Decision> = take.into_iter().collect();
    for text in &args.field {
        let Some((name, value)) = text.split_once('=') else {
            let failure = Failure::new(Class::Usage, "usage", format!("`{text}` has no `=`"));
            return Err(failure.hint("`--field state=theirs`").into());
        };
        decisions.push(Decision {
            about: About::Place(name.to_owned()),
            choice: match value {
                "ours" => Choice::Ours,
                "theirs" => Choice::Theirs,
                "base" => Choice::Base,
                text => Choice::Value(text.to_owned()),
            },
        });
    }
    Ok(decisions)
}

/// All items in conflict: those that git holds one of, and those that say so themselves.
fn unresolved(context: &mut Context, engine: &Engine) -> Result<Vec<String>, Stop> {
    let mut paths = engine.unmerged()?;
    let snapshot = context.snapshot(engine)?;
    let now = Context::today();
    let problems = context.ask(engine, &snapshot, "", async |reader| {
        let args = CheckArgs {
            query: "",
            now: &now,
            least: Severity::Warning,
            limit: None,
        };
        check::check(reader, &args).await
    })?;
    let open = problems
        .problems
        .into_iter()
        .filter(|row| CODES.contains(&&*row.code));
    paths.extend(open.map(|row| row.path));
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The items that the words mean. A file that one side deleted is no item any more: it is known by
/// its path.
fn named(context: &mut Context, engine: &Engine, words: &[String]) -> Result<Vec<String>, Stop> {
    let unmerged = engine.unmerged()?;
    let mut paths = Vec::new();
    for word in words {
        let written = word.trim_start_matches("./");
        let below = |path: &&String| *path == written || Path::new(path).ends_with(written);
        let mut found = unmerged.iter().filter(below);
        match (found.next(), found.next()) {
            (Some(path), None) => paths.push(path.clone()),
            _ => {
                let (_, chosen) = choose(context, engine, word)?;
                paths.extend(chosen.items.into_iter().map(|item| item.path));
            }
        }
    }
    paths.dedup();
    Ok(paths)
}

/// Asks about each conflict of an item. Gives what is wanted of what the person saw; nothing where they
/// have had enough.
fn ask(
    context: &Context,
    engine: &Engine,
    path: &[String],
    wish: &ResolveWish,
) -> Result<Option<ResolveWish>, Stop> {
    let look = ResolveWish {
        dry_run: true,
        ..wish.clone()
    };
    let (mut decisions, mut seen) = (Vec::new(), None);
    for row in engine.resolve(path, &look)?.0.items {
        let count = row.conflicts.len();
        seen = Some(row.seen);
        for (number, conflict) in row.conflicts.iter().enumerate() {
            context
                .printer
                .words(&render::conflict(&row.path, conflict, context.printer.err));
            let Some(answer) = answer(context, &format!("{}/{count}", number + 1), conflict)?
            else {
                return Ok(None);
            };
            if let Some(choice) = answer {
                decisions.push(Decision {
                    about: About::Number(number),
                    choice,
                });
            }
        }
    }
    Ok(Some(ResolveWish {
        decisions,
        seen,
        ..wish.clone()
    }))
}

/// One answer: a choice, nothing where it is left open; none where all is to end.
fn answer(
    context: &Context,
    number: &str,
    conflict: &ConflictRow,
) -> Result<Option<Option<Choice>>, Stop> {
    loop {
        let question = format!("{number} (o)urs, (t)heirs, (b)ase, (e)dit, (s)kip, (q)uit? ");
        let Some(line) = line(context, &question)? else {
            return Ok(None);
        };
        match line.trim() {
            "o" | "ours" => return Ok(Some(Some(Choice::Ours))),
            "t" | "theirs" => return Ok(Some(Some(Choice::Theirs))),
            "b" | "base" => return Ok(Some(Some(Choice::Base))),
            "s" | "skip" => return Ok(Some(None)),
            "q" | "quit" => return Ok(None),
            "e" | "edit" if conflict.in_body => {
                context
                    .printer
                    .words("open the file in an editor; then `kanban resolve` again\n");
                return Ok(Some(None));
            }
            "e" | "edit" => {
                let Some(value) = self::line(context, "value: ")? else {
                    return Ok(None);
                };
                let value = value.trim_end_matches(['\n', '\r']);
                return Ok(Some(Some(Choice::Value(value.to_owned()))));
            }
            _ => {}
        }
    }
}

/// A line from the terminal; none at its end.
fn line(context: &Context, question: &str) -> Result<Option<String>, Stop> {
    context.printer.words(question);
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).map_err(|error| {
        Failure::new(Class::Environment, "no-answer", "cannot read the answer").cause(error)
    })?;
    Ok((read > 0).then_some(line))
}
