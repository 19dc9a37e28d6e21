//! `kanban new`: an item that was not there. Never: knows where a convention keeps what.

use std::path::{Component, Path};

use crate::cli::args::writing::{NewArgs, WriteArgs};
use crate::cli::cmd::write::assign::assignment;
use crate::cli::cmd::write::items::{one, other};
use crate::cli::cmd::write::run::{finish, more, options};
use crate::cli::cmd::write::text::{text, text_of};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::engine::{Class, NewItem};
use crate::model::intent::Act;

pub(crate) fn new(context: &mut Context, args: &NewArgs) -> Result<Exit, Stop> {
    let mut wish = wish(args)?;
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    let (root, folder) = context.place(&snapshot)?;
    wish.here = inside(&root, &folder).unwrap_or_default();
    if let Some(asked) = &args.folder {
        wish.folder = Some(asked_folder(&root, &folder, asked)?);
    }
    if let Some(parent) = &args.parent {
        let found = more(context, &engine, &snapshot, parent)?;
        wish.parent = Some(other(one(&found.items, parent)?, parent));
    }
    let write = WriteArgs {
        dry_run: args.dry_run,
        commit: args.commit,
        message: args.message.clone(),
        ..WriteArgs::default()
    };
    let what = format!("new `{}`", wish.title);
    let options = options(context, &write, what.clone());
    let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
    let made = engine.create(snapshot, &wish, &options, &reporter);
    reporter.finish();
    let mut made = made?;
    if args.edit
        && let Some(row) = made.view.changes.first_mut()
    {
        let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
        let edited = engine.edit(made.snapshot, &row.path, &options, &reporter);
        reporter.finish();
        let (edited, _) = edited?;
        // It is new all the same; only what is in it now is another thing.
        if let Some(now) = edited.view.changes.into_iter().next() {
            row.id = now.id;
            row.uid = now.uid;
            row.title = now.title;
            row.state = now.state;
            row.after = now.after;
        }
        made.snapshot = edited.snapshot;
        made.warnings.extend(edited.warnings);
    }
    finish(context, &engine, made, &write, &what)
}

/// What was asked for, but for the places and items that must be looked up.
fn wish(args: &NewArgs) -> Result<NewItem, Stop> {
    let mut words: Vec<&String> = args.title.iter().chain(&args.assignments).collect();
    // The first word is the title, whatever signs are in it.
    let given = match words.first() {
        Some(first) if !first.starts_with("title=") => Some(words.remove(0).clone()),
        _ => None,
    };
    let mut wish = NewItem {
        title: given.unwrap_or_default(),
        kind: args.kind.clone(),
        id: args.id.clone(),
        ..NewItem::default()
    };
    for word in words {
        let assignment = assignment(word)?;
        match (assignment.field.as_str(), &assignment.act) {
            ("title", Act::Set(title)) => wish.title.clone_from(title),
            ("kind", Act::Set(kind)) => wish.kind = Some(kind.clone()),
            ("id", Act::Set(id)) => wish.id = Some(id.clone()),
            _ => wish.assignments.push(assignment),
        }
    }
    let title = wish.title.trim();
    if title.is_empty() {
        let failure = Failure::new(Class::Usage, "no-title", "a new item needs a title");
        return Err(failure.hint("`kanban new 'What it is about'`").into());
    }
    if title.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        let message = "a title is one line, without control characters";
        return Err(Failure::new(Class::Usage, "title-lines", message).into());
    }
    wish.title = title.to_owned();
    wish.body = match (&args.body, &args.body_file) {
        (Some(body), _) => Some(text(body)?),
        (None, Some(path)) => Some(text_of(path)?),
        (None, None) => None,
    };
    Ok(wish)
}

/// A folder as seen from the root, by its names alone: it need not be there yet.
fn asked_folder(root: &Path, here: &Path, asked: &Path) -> Result<String, Stop> {
    let from_here = inside(root, &here.join(asked));
    let from_root = || inside(root, &root.join(asked));
    // As for a REF: from the current folder, else from the root.
    let is_there = |folder: &String| root.join(folder).is_dir();
    let found = match from_here {
        Some(folder) if is_there(&folder) => Some(folder),
        other => from_root().filter(is_there).or(other),
    };
    found.ok_or_else(|| {
        let message = format!("`{}` is not in this repository", asked.display());
        Failure::new(Class::Usage, "outside", message).into()
    })
}

/// The way from the root to a folder in it.
fn inside(root: &Path, folder: &Path) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    for part in folder.strip_prefix(root).ok()?.components() {
        match part {
            Component::Normal(name) => names.push(name.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => {
                names.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(names.join("/"))
}
