//! Tracing to stderr, where `KANBAN_LOG` asks for it (`KANBAN_LOG=debug`, `KANBAN_LOG=kanban::source=trace`).
//! Gets the environment. Gives nothing. Never: costs anything where the variable is not set.

use tracing_subscriber::EnvFilter;

use crate::base::env;
use crate::cli::print::Printer;

/// Starts to write traces.
pub(crate) fn start(printer: &Printer) {
    let Some(wish) = env::log() else {
        return;
    };
    match EnvFilter::try_new(&wish) {
        Ok(filter) => {
            let subscriber = tracing_subscriber::fmt()
                .with_env_filter(filter)
                .with_ansi(printer.err.color)
                .with_writer(std::io::stderr);
            // A second subscriber cannot be set; the first one goes on then.
            drop(subscriber.try_init());
        }
        Err(error) => printer.warning(&format!("KANBAN_LOG is not understood: {error}")),
    }
}
