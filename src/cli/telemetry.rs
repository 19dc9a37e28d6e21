//! Logs to stderr: what `KANBAN_LOG` asks for (`KANBAN_LOG=debug`, `KANBAN_LOG=kanban::source=trace`), and with
//! `--log-format json` a line for each command and each step of sync.
//!
//! Lines of `engine::LOG` have `operation`, `duration_ms`, `item` where it is about one, and `error`, a code.
//! They are for others to read, and name no person. What else `KANBAN_LOG` asks for is for who looks for a
//! fault, and names folders and files.
//! With `--log-format json` all else on stderr (warnings, failures, notes) is an object of the same form, too, with
//! the target `kanban::words`; these are for people, and may name paths.
//! Gets the environment and the wish. Never: costs anything where nobody asks, logs for the library that talks
//! to servers, whatever is asked for.

use std::time::Instant;

use clap::ArgMatches;
use serde_json::{Value, json};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

use crate::base::{clock, env};
use crate::cli::args::LogFormat;
use crate::cli::error::{Failure, Stop};
use crate::cli::print::Printer;
use crate::engine::LOG;

/// Starts to log.
pub(crate) fn start(printer: &Printer, format: LogFormat) {
    let wish = match (env::log(), format) {
        (Some(wish), _) => wish,
        (None, LogFormat::Json) => format!("{LOG}=info"),
        (None, LogFormat::Text) => return,
    };
    let filter = match EnvFilter::try_new(&wish) {
        Ok(filter) => filter,
        Err(error) => {
            printer.warning(&format!("KANBAN_LOG is not understood: {error}"));
            return;
        }
    };
    let filter = filter.and(filter_fn(|metadata| is_ours(metadata.target())));
    let layer = fmt::layer()
        .with_ansi(printer.err.color)
        .with_writer(std::io::stderr);
    // A second subscriber cannot be set; the first one goes on then.
    drop(match format {
        LogFormat::Text => registry().with(layer.with_filter(filter)).try_init(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true);
            let layer = layer.with_current_span(false).with_span_list(false);
            registry().with(layer.with_filter(filter)).try_init()
        }
    });
}

/// The library that talks to servers logs what it does not understand of an address, and whole statements.
fn is_ours(target: &str) -> bool {
    !target.starts_with("sqlx")
}

/// A command has ended.
pub(crate) fn ended<T>(operation: &str, since: Instant, result: &Result<T, Stop>) {
    let duration_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    match result {
        Ok(_) | Err(Stop::Pipe) => tracing::info!(target: LOG, operation, duration_ms),
        Err(Stop::Failed(failure)) => {
            tracing::warn!(target: LOG, operation, duration_ms, error = &*failure.code);
        }
    }
}

/// The command and the ones below it: `sync.member.add`.
pub(crate) fn operation(matches: &ArgMatches) -> String {
    let mut names = Vec::new();
    let mut below = matches.subcommand();
    while let Some((name, matches)) = below {
        names.push(name);
        below = matches.subcommand();
    }
    names.join(".")
}

/// What is said to people, as a line of the log.
pub(crate) fn words(level: &str, text: &str) -> String {
    line(level, text.trim(), &json!({}))
}

/// A failure as a line of the log.
pub(crate) fn failure(failure: &Failure) -> String {
    let more = json!({"code": failure.code, "path": failure.path, "hint": failure.hint});
    line("ERROR", &failure.sentence(), &more)
}

/// As the subscriber writes them.
fn line(level: &str, message: &str, more: &Value) -> String {
    let mut line = json!({
        "timestamp": clock::iso(clock::now_ns()), "level": level, "message": message,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        if !value.is_null() {
            line[name] = value.clone();
        }
    }
    line["target"] = json!("kanban::words");
    format!("{line}\n")
}
