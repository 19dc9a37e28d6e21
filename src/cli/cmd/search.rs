//! `kanban search`

use crate::cli::args::SearchArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::engine::Class;

pub(crate) fn run(context: &mut Context, args: &SearchArgs) -> Result<Exit, Stop> {
    let engine = context.engine()?;
    let snapshot = context.snapshot(&engine)?;
    Err(Failure::new(Class::Bug, "bug", format!("{args:?} {:?}", snapshot.dir)).into())
}
