//! The printer: data to stdout, words to stderr, and how either place looks.
//! Gets finished text and bytes. Gives nothing back but failures to write.
//! Never: forms answers; prints two envelopes.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::error::{Failure, Stop};
use crate::cli::style::{self, Look};
use crate::cli::telemetry;
use crate::engine::Class;

/// Where all output of the program goes through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    pub json: bool,
    pub quiet: bool,
    pub out: Look,
    pub err: Look,
    pub out_color: ColorChoice,
    pub err_color: ColorChoice,
    /// Words are lines of the log: objects.
    pub logs: bool,
}

impl Printer {
    /// The same for who reads stderr as a log.
    pub(crate) fn logging(self) -> Self {
        Self {
            err: Look {
                width: None,
                color: false,
                ..self.err
            },
            err_color: ColorChoice::Never,
            logs: true,
            ..self
        }
    }

    /// Writes text for stdout.
    pub(crate) fn data(&self, text: &str) -> Result<(), Stop> {
        let stdout = AutoStream::new(io::stdout().lock(), self.out_color);
        finish(write_all(stdout, text.as_bytes()))
    }

    /// Writes bytes for stdout as they are: JSON, pages, scripts.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<(), Stop> {
        finish(write_all(io::stdout().lock(), bytes))
    }

    /// Writes text for stderr. What cannot be said is not said: there is no other place for it.
    pub(crate) fn words(&self, text: &str) {
        match self.logs {
            true => self.stderr(&telemetry::words("INFO", text)),
            false => self.stderr(text),
        }
    }

    /// Writes a failure for stderr.
    pub(crate) fn failure(&self, failure: &Failure) {
        match self.logs {
            true => self.stderr(&telemetry::failure(failure)),
            false => self.stderr(&failure.render(self.err)),
        }
    }

    fn stderr(&self, text: &str) {
        let stderr = AutoStream::new(io::stderr().lock(), self.err_color);
        drop(write_all(stderr, text.as_bytes()));
    }

    /// A line that may be left out: footers, summaries.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            let look = Look {
                width: None,
                ..self.err
            };
            let mut out = String::new();
            crate::cli::render::line::line(style::DIM, text).write(&mut out, look);
            self.words(&out);
        }
    }

    /// A line that should not be missed.
    pub(crate) fn warning(&self, text: &str) {
        if self.logs {
            return self.stderr(&telemetry::words("WARN", text));
        }
        let look = Look {
            width: None,
            ..self.err
        };
        let mut out = String::new();
        let mut line = crate::cli::render::line::line(style::WARNING, "warning:");
        line.plain(" ").plain(text).write(&mut out, look);
        self.words(&out);
    }
}

fn write_all(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

/// A reader that went away is no failure; a full disk is.
pub(crate) fn finish(result: io::Result<()>) -> Result<(), Stop> {
    match result {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Pipe),
        Err(error) => {
            let failure = Failure::new(
                Class::Environment,
                "output-failed",
                "cannot write the answer",
            );
            Err(failure.cause(error).into())
        }
    }
}
