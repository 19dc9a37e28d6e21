//! Arguments, environment and terminal settled into a printer.
//! Gets the global arguments. Gives the printer. Never: looks at the repository.

use std::io::{self, IsTerminal};

use anstream::{AutoStream, ColorChoice};

use crate::base::env;
use crate::cli::args::When;
use crate::cli::print::Printer;
use crate::cli::style::Look;

/// Nothing is drawn for less.
const LEAST_WIDTH: usize = 20;
/// For a terminal that does not tell.
const USUAL_WIDTH: usize = 80;

/// The printer for these wishes.
pub(crate) fn printer(json: bool, quiet: bool, when: When) -> Printer {
    let choice = |auto: ColorChoice| match when {
        When::Auto => auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    };
    let out_color = choice(AutoStream::choice(&io::stdout()));
    let err_color = choice(AutoStream::choice(&io::stderr()));
    let unicode = speaks_utf8(env::locale().as_deref());
    let look = |terminal: bool, color: ColorChoice| Look {
        width: terminal.then(|| columns(env::columns().as_deref())),
        color: color != ColorChoice::Never,
        unicode,
    };
    Printer {
        json,
        quiet,
        out: look(io::stdout().is_terminal(), out_color),
        err: look(io::stderr().is_terminal(), err_color),
        out_color,
        err_color,
        logs: false,
    }
}

/// The width of the terminal: what `COLUMNS` says, or else what the system says.
fn columns(variable: Option<&str>) -> usize {
    let said = variable.and_then(|text| text.parse::<usize>().ok());
    let size = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let width = said
        .filter(|&width| width > 0)
        .or_else(size)
        .filter(|&width| width > 0);
    width.unwrap_or(USUAL_WIDTH).max(LEAST_WIDTH)
}

/// True unless the locale names another character set. No locale at all counts as UTF-8: that is
/// what containers have, and their terminals show it.
pub(crate) fn speaks_utf8(locale: Option<&str>) -> bool {
    let Some(locale) = locale.filter(|_| !cfg!(windows)) else {
        return true;
    };
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
