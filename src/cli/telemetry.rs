//! Logs to stderr: what `KANBAN_LOG` asks for (`KANBAN_LOG=debug`, `KANBAN_LOG=kanban::source=trace`), and with
//! `--log-format json` a line for each command and each step of sync.
//!
//! Lines of `engine::LOG` have `operation`, `duration_ms`, `item` where it is about one, and `error`, a code.
//! They are for others to read, and name no person. What else `KANBAN_LOG` asks for is for who looks for a
//! fault, and names folders and files.
//! Gets the environment and the wish. Never: costs anything where nobody asks.

use std::time::Instant;

use tracing_subscriber::EnvFilter;

use crate::base::env;
use crate::cli::args::LogFormat;
use crate::cli::error::Stop;
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
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(printer.err.color)
        .with_writer(std::io::stderr);
    // A second subscriber cannot be set; the first one goes on then.
    drop(match format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    });
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
