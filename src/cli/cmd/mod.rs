//! One file a command: asks, prints, tells the exit code.
//! Gets its arguments and a `Context`.
//! Gives an `Exit` or the reason to stop.
//! Never: draws (`render` does), converts errors (`error` does).
//! Read next: `list`.

mod board;
mod check;
mod completions;
mod doctor;
mod history;
mod hooks;
mod init;
mod list;
pub(crate) mod man;
mod merge_driver;
mod rebuild;
mod refresh;
mod resolve;
mod search;
mod show;
mod sql;
mod status;
mod sync;
mod tree;
mod verify;
mod watch;
mod write;

use crate::cli::args::Command;
use crate::cli::context::Context;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;

pub(crate) fn run(context: &mut Context, command: Command) -> Result<Exit, Stop> {
    context.check_store(&command)?;
    match command {
        Command::RebuildIndex => rebuild::run(context),
        Command::Refresh(args) => refresh::run(context, &args),
        Command::Watch(args) => watch::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::List(args) => list::run(context, &args),
        Command::Show(args) => show::run(context, &args),
        Command::History(args) => history::run(context, &args),
        Command::Search(args) => search::run(context, &args),
        Command::Board(args) => board::run(context, &args),
        Command::Tree(args) => tree::run(context, &args),
        Command::Sql(args) => sql::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::New(args) => write::new(context, &args),
        Command::Set(args) => write::set(context, &args),
        Command::Unset(args) => write::unset(context, &args),
        Command::Tag(command) => write::tag(context, &command),
        Command::Link(command) => write::link(context, &command),
        Command::Log(args) => write::log(context, &args),
        Command::Tick(args) => write::tick(context, &args, true),
        Command::Untick(args) => write::tick(context, &args, false),
        Command::Edit(args) => write::edit(context, &args),
        Command::Mv(args) => write::mv(context, &args),
        Command::Rm(args) => write::rm(context, &args),
        Command::Fix(args) => write::fix(context, &args),
        Command::Sync(command) => sync::run(context, &command),
        Command::Resolve(args) => resolve::run(context, &args),
        Command::MergeDriver(args) => merge_driver::run(context, args),
        Command::Status => status::run(context),
        Command::Doctor => doctor::run(context),
        Command::Init(args) => init::run(context, &args),
        Command::Hooks(command) => hooks::run(context, command),
        Command::Completions(args) => completions::run(context, &args),
        Command::Man(args) => man::run(context, &args),
    }
}
