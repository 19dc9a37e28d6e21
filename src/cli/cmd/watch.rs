//! `kanban watch`: in the foreground with a log, in the background, its status and its end.

use crate::cli::args::{LogFormat, WatchArgs, WatchCommand};
use crate::cli::context::Context;
use crate::cli::envelope;
use crate::cli::error::Stop;
use crate::cli::exit::Exit;
use crate::cli::print::Printer;
use crate::cli::render::watch;
use crate::engine;
use crate::query::view::WatchLine;

pub(crate) fn run(context: &mut Context, args: &WatchArgs) -> Result<Exit, Stop> {
    if args.detached {
        engine::watch::background::detach();
    }
    let engine = context.engine()?;
    if args.command.is_none() && engine.publishes() {
        context.warn_of_server();
    }
    let view = match &args.command {
        Some(WatchCommand::Status) => engine.watch_status(),
        Some(WatchCommand::Stop) => engine.watch_stop()?,
        None if args.daemon => engine.watch_start(&options(context, args))?,
        None => {
            let printer = context.printer;
            let mut stop = None;
            engine::watch::watch(engine, args.detached, args.metrics, &mut |line| {
                match show(&printer, line) {
                    Ok(()) => true,
                    // A log that cannot be written is no reason to stop; a reader that has gone is.
                    Err(Stop::Failed(_)) if args.detached => true,
                    Err(reason) => {
                        stop = Some(reason);
                        false
                    }
                }
            })?;
            return stop.map_or(Ok(Exit::Done), Err);
        }
    };
    context.answer(&view, |look| watch::status(&view, look))?;
    // Who asks is told by the exit code too; to stop what does not run is done already.
    let is_no = view.state == "none" && matches!(args.command, Some(WatchCommand::Status));
    Ok(if is_no { Exit::No } else { Exit::Done })
}

/// What a watcher in the background is to be told.
fn options(context: &Context, args: &WatchArgs) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(address) = args.metrics {
        options.push(format!("--metrics={address}"));
    }
    if context.log_format == LogFormat::Json {
        options.push("--log-format=json".to_owned());
    }
    options
}

fn show(printer: &Printer, line: &WatchLine) -> Result<(), Stop> {
    if !printer.json {
        return printer.data(&watch::line_of(line, printer.out));
    }
    match envelope::line(line) {
        Ok(bytes) => printer.bytes(&bytes),
        // It cannot fail; if it could, the next line may be better.
        Err(_) => Ok(()),
    }
}
