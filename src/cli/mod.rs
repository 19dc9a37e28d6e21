//! The command line: the only place that prints.
//! Gets arguments, the environment and a terminal; asks `engine` and `query`.
//! Gives data to stdout, words to stderr and an exit code.
//! Never: knows files, SQL or presets; decides what is true.
//! Read next: `args`, then `cmd`, then `render`.

mod answering;
mod args;
mod argv;
mod cmd;
mod context;
mod envelope;
mod error;
mod exit;
mod help;
mod panics;
mod print;
mod progress;
mod render;
mod settle;
mod style;
mod telemetry;
mod text;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use clap::{CommandFactory, FromArgMatches, ValueEnum};

use crate::base::{clock, env};
use crate::cli::args::{Args, LogFormat, When};
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::print::Printer;
use crate::engine::Class;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    panics::keep_quiet();
    let args: Vec<OsString> = std::env::args_os().collect();
    run(args).into()
}

/// Parses, settles, runs; whatever happens becomes an exit code.
fn run(args: Vec<OsString>) -> Exit {
    let glimpse = argv::glimpse(&args);
    let when = glimpse
        .color
        .and_then(|when| When::from_str(&when, true).ok());
    let when = when.unwrap_or(When::Auto);
    let mut command = Args::command().color(match when {
        When::Auto => clap::ColorChoice::Auto,
        When::Always => clap::ColorChoice::Always,
        When::Never => clap::ColorChoice::Never,
    });
    let arranged = argv::arrange(args, &command);
    let parsed = command.try_get_matches_from_mut(arranged);
    let operation = match &parsed {
        Ok(matches) => telemetry::operation(matches),
        Err(_) => String::new(),
    };
    let parsed = parsed.and_then(|matches| Args::from_arg_matches(&matches));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => {
            let printer = settle::printer(glimpse.json, false, when);
            let logs = glimpse.log_format.as_deref() == Some("json");
            return usage(&error, &if logs { printer.logging() } else { printer });
        }
    };
    let mut printer = settle::printer(args.global.json, args.global.quiet, when);
    if args.global.log_format == LogFormat::Json {
        printer = printer.logging();
    }
    telemetry::start(&printer, args.global.log_format);
    let started = Instant::now();
    let mut context = Context::new(printer, &args.global);
    if let Some(now) = clock::invalid_now() {
        let message = format!("{} is no time: {now}", env::NOW);
        let failure = Failure::new(Class::Usage, "usage", message);
        return context.fail(&failure.hint("`KANBAN_NOW=2026-01-31T12:00:00Z`"));
    }
    let result = panics::catch(|| cmd::run(&mut context, args.command));
    telemetry::ended(&operation, started, &result);
    match result {
        Ok(exit) => exit,
        Err(Stop::Pipe) => Exit::Done,
        Err(Stop::Failed(failure)) => context.fail(&failure),
    }
}

/// What clap has to say: help and version are answers, all else is wrong usage.
fn usage(error: &clap::Error, printer: &Printer) -> Exit {
    if !error.use_stderr() {
        // A reader that went away is no failure here either.
        drop(error.print());
        return Exit::Done;
    }
    if !printer.json && !printer.logs {
        drop(error.print());
        return Exit::Usage;
    }
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let failure = Failure::new(Class::Usage, "usage", message).hint("`kanban --help`");
    context::fail(printer, &failure, None, &[])
}
