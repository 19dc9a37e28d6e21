//! One function a command. Never: a rule of a convention.

use crate::cli::args::writing::{
    EditArgs, LinkArgs, LinkCommand, LogArgs, MvArgs, RmArgs, SetArgs, TagArgs, TagCommand,
    TickArgs, UnsetArgs,
};
use crate::cli::cmd::write::assign::{assignment, rename};
use crate::cli::cmd::write::run::{choose, each, finish, more, options, write};
use crate::cli::cmd::write::text::text;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::engine::{Class, Destination};
use crate::model::edit::SectionChange;
use crate::model::intent::{Act, Assignment, Intent, Other, Which};
use crate::query::view::ItemRow;

pub(crate) fn set(context: &mut Context, args: &SetArgs) -> Result<Exit, Stop> {
    let assignments = args.assignments.iter().map(|text| assignment(text));
    let assignments: Vec<Assignment> = assignments.collect::<Result<_, _>>()?;
    let renames = args.rename.iter().map(|text| rename(text));
    let mut intents: Vec<Intent> = renames.collect::<Result<_, _>>()?;
    let mut words: Vec<String> = args.rename.clone();
    for word in &mut words {
        word.insert_str(0, "--rename ");
    }
    if !assignments.is_empty() {
        intents.push(Intent::Assign(assignments));
    }
    words.extend(args.assignments.iter().cloned());
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let tasks = each(&chosen.items, &intents);
    let what = format!("set {}", words.join(" "));
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(crate) fn unset(context: &mut Context, args: &UnsetArgs) -> Result<Exit, Stop> {
    let fields = args.fields.iter().map(|field| Assignment {
        field: field.clone(),
        act: Act::Unset,
    });
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let tasks = each(&chosen.items, &[Intent::Assign(fields.collect())]);
    let what = format!("unset {}", args.fields.join(" "));
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(crate) fn tag(context: &mut Context, command: &TagCommand) -> Result<Exit, Stop> {
    let (word, args): (_, &TagArgs) = match command {
        TagCommand::Add(args) => ("add", args),
        TagCommand::Rm(args) => ("rm", args),
    };
    let tags = args
        .tags
        .iter()
        .map(|tag| tag.trim_start_matches('#').to_owned());
    let act = match command {
        TagCommand::Add(_) => Act::Add(tags.collect()),
        TagCommand::Rm(_) => Act::Remove(tags.collect()),
    };
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let field = "tags".to_owned();
    let tasks = each(
        &chosen.items,
        &[Intent::Assign(vec![Assignment { field, act }])],
    );
    let what = format!("tag {word} {}", args.tags.join(" "));
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(crate) fn link(context: &mut Context, command: &LinkCommand) -> Result<Exit, Stop> {
    let (add, args): (bool, &LinkArgs) = match command {
        LinkCommand::Add(args) => (true, args),
        LinkCommand::Rm(args) => (false, args),
    };
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let mut others = Vec::new();
    for word in &args.others {
        match more(context, &engine, &snapshot, word) {
            Ok(found) => others.extend(found.items.iter().map(|item| other(item, word))),
            // A link to what is gone can be taken out.
            Err(Stop::Failed(failure)) if !add && failure.code == "not-found" => {
                others.push(Other {
                    path: String::new(),
                    id: None,
                    written: word.clone(),
                });
            }
            Err(stop) => return Err(stop),
        }
    }
    let alone = chosen
        .items
        .iter()
        .any(|item| others.iter().any(|other| other.path == item.path));
    if add && alone {
        let failure = Failure::new(Class::Usage, "self-link", "an item does not link to itself");
        return Err(failure.into());
    }
    let intent = Intent::Link {
        rel: args.rel.clone(),
        others,
        add,
    };
    let tasks = each(&chosen.items, &[intent]);
    let word = if add { "add" } else { "rm" };
    let what = format!("link {word} {} {}", args.rel, args.others.join(" "));
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(super) fn other(item: &ItemRow, word: &str) -> Other {
    Other {
        path: item.path.clone(),
        id: item.id.clone(),
        written: word.to_owned(),
    }
}

pub(crate) fn log(context: &mut Context, args: &LogArgs) -> Result<Exit, Stop> {
    let said = text(&args.text)?;
    let engine = context.engine()?;
    let (author, model) = engine.speaker(args.author.as_deref(), args.model.as_deref());
    let author = author.ok_or_else(|| {
        Failure::new(Class::Usage, "no-author", "nobody said who writes")
            .hint("give `--author`, set `KANBAN_AUTHOR`, or run `git config user.name`")
    })?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let what = format!("log {said}");
    let intent = Intent::Log {
        author,
        model,
        text: said,
    };
    let tasks = each(&chosen.items, &[intent]);
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(crate) fn tick(context: &mut Context, args: &TickArgs, done: bool) -> Result<Exit, Stop> {
    let line = |text: &String| match text.parse() {
        Ok(number) => Which::Number(number),
        Err(_) => Which::Text(text.clone()),
    };
    let checks = match args.all {
        true => vec![Which::All],
        false => args.lines.iter().map(line).collect(),
    };
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let tasks = each(&chosen.items, &[Intent::Tick { checks, done }]);
    let word = if done { "tick" } else { "untick" };
    let what = match args.all {
        true => format!("{word} all"),
        false => format!("{word} {}", args.lines.join(" ")),
    };
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

pub(crate) fn edit(context: &mut Context, args: &EditArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let Some(title) = &args.section else {
        return in_editor(context, args);
    };
    let change = match (&args.text, &args.append) {
        (Some(new), _) => SectionChange::Replace(text(new)?),
        (None, Some(more)) => SectionChange::Append(text(more)?),
        (None, None) => {
            let failure = Failure::new(Class::Usage, "no-text", "`--section` needs a text");
            return Err(failure.hint("give `--text` or `--append`").into());
        }
    };
    let (snapshot, chosen) = choose(context, &engine, &args.reference)?;
    let mut what = format!("edit {title}");
    if let SectionChange::Append(more) = &change {
        what.push_str(&format!(": {more}"));
    }
    let intent = Intent::Section {
        title: title.clone(),
        change,
    };
    let tasks = each(&chosen.items, &[intent]);
    write(context, &engine, snapshot, tasks, &args.write, &what)
}

/// Opens the file itself: what the editor saves is an edit like anybody's.
fn in_editor(context: &mut Context, args: &EditArgs) -> Result<Exit, Stop> {
    if args.write.dry_run {
        let failure = Failure::new(
            Class::Usage,
            "no-dry-run",
            "an editor writes the file itself",
        );
        return Err(failure.hint("`--dry-run` is for `--section`").into());
    }
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.reference)?;
    let item = one(&chosen.items, &args.reference)?;
    let path = item.path.clone();
    let options = options(context, &args.write, "edit".to_owned());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let edited = engine.edit(snapshot, &path, &options, &reporter);
    reporter.finish();
    let (written, problems) = edited?;
    let exit = finish(context, &engine, written, &args.write, "edit")?;
    if !context.printer.json {
        let look = context.printer.err;
        context
            .printer
            .words(&crate::cli::render::write::problems(&path, &problems, look));
    }
    let bad = |problem: &crate::model::problem::Problem| {
        problem.severity == crate::model::problem::Severity::Error
    };
    Ok(match problems.iter().any(bad) {
        true => Exit::No,
        false => exit,
    })
}

pub(super) fn one<'i>(items: &'i [ItemRow], words: &str) -> Result<&'i ItemRow, Stop> {
    match items {
        [item] => Ok(item),
        _ => {
            let message = format!("`{words}` means {} items; one is wanted", items.len());
            Err(Failure::new(Class::Usage, "not-one", message).into())
        }
    }
}

pub(crate) fn mv(context: &mut Context, args: &MvArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.reference)?;
    let item = one(&chosen.items, &args.reference)?.clone();
    let what = match (&args.title, &args.to) {
        (Some(title), _) => format!("mv to `{title}`"),
        (None, Some(to)) => format!("mv to {to}"),
        (None, None) => "mv".to_owned(),
    };
    let options = options(context, &args.write, what.clone());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let destination = Destination {
        title: args.title.clone(),
        to: args.to.clone(),
    };
    let moved = engine.mv(snapshot, &item.path, &destination, &options, &reporter);
    reporter.finish();
    finish(context, &engine, moved?, &args.write, &what)
}

pub(crate) fn rm(context: &mut Context, args: &RmArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let (snapshot, chosen) = choose(context, &engine, &args.target)?;
    let paths: Vec<String> = chosen.items.iter().map(|item| item.path.clone()).collect();
    let options = options(context, &args.write, "rm".to_owned());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let removed = engine.rm(snapshot, &paths, args.force, &options, &reporter);
    reporter.finish();
    finish(context, &engine, removed?, &args.write, "rm")
}
