//! `kanban sync`: init, now, status, retry, log, member, export, import, remove and forget.
//! Gets its arguments and a `Context`.
//! Gives an `Exit` or the reason to stop.
//! Never: talks to the server itself (`engine::sharing` does).
//! Read next: `engine::sharing`.

mod bundle;
mod forget;

use crate::cli::args::sharing::{MemberCommand, MemberRole, SyncCommand, SyncNowArgs};
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::{count, sync};
use crate::engine::{MemberRole as Role, SyncWish};
use crate::query::view::SyncView;

pub(crate) fn run(context: &mut Context, command: &SyncCommand) -> Result<Exit, Stop> {
    let connects = match command {
        SyncCommand::Init
        | SyncCommand::Now(_)
        | SyncCommand::Member(_)
        | SyncCommand::Remove(_)
        | SyncCommand::Forget(_) => true,
        SyncCommand::Export(args) => args.from_server,
        SyncCommand::Status(_)
        | SyncCommand::Retry(_)
        | SyncCommand::Log(_)
        | SyncCommand::Import(_) => false,
    };
    if connects {
        context.warn_of_server();
    }
    match command {
        SyncCommand::Init => init(context),
        SyncCommand::Now(args) => now(context, args),
        SyncCommand::Status(args) => {
            let engine = context.engine()?;
            let view = engine.sharing()?.status(args.items)?;
            context.answer(&view, |look| sync::status(&view, look))?;
            let failed = view.branches.iter().any(|branch| branch.failed > 0);
            let failed = failed || view.server_error.is_some();
            Ok(if failed { Exit::No } else { Exit::Done })
        }
        SyncCommand::Retry(args) => {
            let engine = context.engine()?;
            let view = engine.sharing()?.retry(&args.paths)?;
            context.answer(&view, |_| String::new())?;
            let items = count(view.retried, "item", "items");
            context
                .printer
                .note(&format!("{items} to try again; `kanban sync now` does"));
            Ok(Exit::Done)
        }
        SyncCommand::Log(args) => {
            let engine = context.engine()?;
            let view = engine.sharing()?.log(args.limit, args.prove)?;
            context.answer(&view, |look| sync::log(&view, look))?;
            let broken = view.proof.as_ref().is_some_and(|proof| !proof.holds);
            Ok(if broken { Exit::No } else { Exit::Done })
        }
        SyncCommand::Member(command) => member(context, command),
        SyncCommand::Export(args) => bundle::export(context, args),
        SyncCommand::Import(args) => bundle::import(context, args),
        SyncCommand::Remove(args) => {
            let engine = context.engine()?;
            let reporter = Reporter::new(context.printer, Elsewhere::Nothing);
            let repository = args.repository.as_deref();
            let done = engine
                .sharing()?
                .remove(&args.branch, repository, args.dry_run, &reporter);
            reporter.finish();
            let view = done?;
            context.answer(&view, |look| sync::remove(&view, look))?;
            Ok(Exit::Done)
        }
        SyncCommand::Forget(args) => forget::run(context, args),
    }
}

fn init(context: &mut Context) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let view = engine.sharing()?.init()?;
    context.answer(&view, |look| sync::init(&view, look))?;
    Ok(Exit::Done)
}

fn now(context: &mut Context, args: &SyncNowArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let wish = SyncWish {
        full: args.full,
        take_over: args.take_over,
        allow_empty: args.allow_empty,
        anew: false,
    };
    let reporter = Reporter::new(context.printer, Elsewhere::Lines);
    let done = engine.sharing()?.now(&args.branch, wish, &reporter);
    reporter.finish();
    let (view, warnings) = done?;
    for warning in warnings {
        context.warn(warning);
    }
    context.answer(&view, |look| sync::now(&view, look))?;
    Ok(match is_level(&view) {
        true => Exit::Done,
        false => Exit::No,
    })
}

/// Offline is a state: what waits is kept, and goes later.
fn is_level(view: &SyncView) -> bool {
    view.branches.iter().all(|branch| {
        let standing = matches!(branch.standing.as_str(), "level" | "offline");
        standing && branch.failed == 0
    })
}

fn member(context: &mut Context, command: &MemberCommand) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let sharing = engine.sharing()?;
    let (view, warning) = match command {
        MemberCommand::List => sharing.members(None)?,
        MemberCommand::Add(args) => {
            let role = match args.role {
                MemberRole::Reader => Role::Reader,
                MemberRole::Writer => Role::Writer,
                MemberRole::Admin => Role::Admin,
            };
            sharing.members(Some((&named(&args.member), Some(role))))?
        }
        MemberCommand::Rm(args) => sharing.members(Some((&named(&args.member), None)))?,
    };
    if let Some(warning) = warning {
        context.warn(warning);
    }
    context.answer(&view, |look| sync::members(&view, look))?;
    if !view.all {
        context
            .printer
            .note("you see only yourself; admins see all members");
    }
    Ok(Exit::Done)
}

/// A bare name is a login.
fn named(member: &str) -> String {
    match member.starts_with("login:") || member.starts_with("user:") {
        true => member.to_owned(),
        false => format!("login:{member}"),
    }
}
