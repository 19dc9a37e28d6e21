//! What every command needs: the printer, the engine, and what is known of the answer so far.
//! Gets the global arguments. Gives snapshots, and prints answers and failures in the right form.
//! Never: knows what a command is about.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::base::clock;
use crate::cli::args::{Global, LogFormat, Store};
use crate::cli::envelope;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::print::Printer;
use crate::cli::progress::{Elsewhere, Reporter};
use crate::cli::render::span;
use crate::cli::style::Look;
use crate::engine::{Class, Engine, Snapshot, server_warnings};
use crate::model::sharing::Outbox;
use crate::query::view::Freshness;
use crate::query::{self, QueryError, Reader};

pub(crate) struct Context {
    pub printer: Printer,
    /// The folder that the command runs in.
    pub start: PathBuf,
    pub log_format: LogFormat,
    refresh: bool,
    /// Where the caller wants questions answered from.
    pub(super) store: Option<Store>,
    pub(super) freshness: Option<Freshness>,
    warnings: Vec<String>,
}

impl Context {
    pub(crate) fn new(printer: Printer, global: &Global) -> Self {
        Self {
            printer,
            start: global.dir.clone().unwrap_or_else(|| PathBuf::from(".")),
            log_format: global.log_format,
            refresh: !global.no_refresh,
            store: global.store,
            freshness: None,
            warnings: Vec::new(),
        }
    }

    /// Whether the files are looked at before an answer.
    pub(crate) fn refreshes(&self) -> bool {
        self.refresh
    }

    pub(crate) fn engine(&self) -> Result<Engine, Stop> {
        Ok(Engine::open(&self.start)?)
    }

    /// A generation to ask, as fresh as the caller wishes.
    pub(crate) fn snapshot(&mut self, engine: &Engine) -> Result<Snapshot, Stop> {
        let reporter = Reporter::new(self.printer, Elsewhere::Nothing);
        let snapshot = engine.snapshot(self.refresh, &reporter);
        reporter.finish();
        let snapshot = snapshot?;
        self.note(&snapshot);
        Ok(snapshot)
    }

    /// The same with a search index that shows the same generation.
    pub(crate) fn searchable(&mut self, engine: &Engine) -> Result<Snapshot, Stop> {
        let snapshot = self.snapshot(engine)?;
        let reporter = Reporter::new(self.printer, Elsewhere::Nothing);
        let followed = engine.follow(&snapshot, &reporter);
        reporter.finish();
        match followed {
            Ok(None) => {}
            Ok(Some(other)) => {
                self.keep(&other);
                return Ok(other);
            }
            // What cannot be written can still be searched as it is.
            Err(error) if error.class == Class::Environment => {
                self.warn(format!("the search index could not follow: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(snapshot)
    }

    /// Keeps what a snapshot says of itself for the envelope, and tells people of it.
    fn note(&mut self, snapshot: &Snapshot) {
        self.keep(snapshot);
        if !snapshot.freshness.fresh && !self.printer.json {
            let age = span(snapshot.freshness.age_ms);
            let text = format!("the cache was last compared with the files {age} ago");
            // Who asked for it gets a note; who did not must not miss it.
            if self.refresh {
                self.printer.warning(&text);
            } else {
                self.printer.note(&text);
            }
        }
    }

    /// Keeps what a snapshot says of itself, but not its age.
    pub(crate) fn keep(&mut self, snapshot: &Snapshot) {
        self.freshness = Some(snapshot.freshness.clone());
        for warning in &snapshot.warnings {
            self.warn(warning.clone());
        }
    }

    /// Tells of something that is not as it should be: in the envelope, or on stderr.
    pub(crate) fn warn(&mut self, warning: String) {
        // A write and the question before it may come upon the same.
        if self.warnings.contains(&warning) {
            return;
        }
        if !self.printer.json {
            self.printer.warning(&warning);
        }
        self.warnings.push(warning);
    }

    /// Tells what is worth to be known of the way to the server, before anybody goes it.
    pub(crate) fn warn_of_server(&mut self) {
        for warning in server_warnings() {
            self.warn(warning);
        }
    }

    /// Asks a generation on a runtime of its own; `text` is what the caller wrote, to show where in
    /// it a fault is.
    pub(crate) fn ask<T>(
        &mut self,
        engine: &Engine,
        snapshot: &Snapshot,
        text: &str,
        question: impl AsyncFn(&mut Reader) -> Result<T, QueryError>,
    ) -> Result<T, Stop> {
        let runtime = runtime()?;
        let outbox = match query::asks_for_outbox(text) {
            true => engine.outbox()?,
            false => Outbox::default(),
        };
        self.heal(engine, snapshot, text, |dir| {
            runtime.block_on(async {
                let mut reader = query::open(dir).await?;
                reader.know(&outbox);
                question(&mut reader).await
            })
        })
    }

    /// Asks; where the cache turns out to be damaged inside, it is rebuilt and asked again.
    pub(crate) fn heal<T>(
        &mut self,
        engine: &Engine,
        snapshot: &Snapshot,
        text: &str,
        question: impl Fn(&Path) -> Result<T, QueryError>,
    ) -> Result<T, Stop> {
        let answer = match question(&snapshot.dir) {
            Err(QueryError::Cache { reason, .. }) => {
                tracing::debug!(reason, "the cache cannot be read");
                let reporter = Reporter::new(self.printer, Elsewhere::Nothing);
                let replaced = engine.replace_damaged(snapshot, &reporter);
                reporter.finish();
                let replaced = replaced?;
                self.keep(&replaced);
                question(&replaced.dir)
            }
            answer => answer,
        };
        answer.map_err(|error| Failure::query(error, text).into())
    }

    /// Root of the work tree and current folder, both without symbolic links, so that one can be
    /// found in the other.
    pub(crate) fn place(&self, snapshot: &Snapshot) -> Result<(PathBuf, PathBuf), Stop> {
        self.place_in(&snapshot.root)
    }

    /// [`Self::place`] where there is no generation.
    pub(crate) fn place_in(&self, root: &Path) -> Result<(PathBuf, PathBuf), Stop> {
        let real = |path: &Path| {
            path.canonicalize().map_err(|error| {
                let failure =
                    Failure::new(Class::Environment, "unreadable", "cannot find the folder");
                Stop::from(failure.path(path.display().to_string()).cause(error))
            })
        };
        Ok((real(root)?, real(&self.start)?))
    }

    /// Today's date.
    pub(crate) fn today() -> String {
        clock::today()
    }

    /// Prints an answer: the envelope, or what `text` makes of it.
    pub(crate) fn answer<T: Serialize>(
        &self,
        view: &T,
        text: impl FnOnce(Look) -> String,
    ) -> Result<(), Stop> {
        self.print(text, || {
            envelope::answer(view, self.freshness.as_ref(), &self.warnings)
        })
    }

    /// Prints an answer that comes from a commit, not from the cache.
    pub(crate) fn answer_of<T: Serialize>(
        &self,
        commit: &str,
        view: &T,
        text: impl FnOnce(Look) -> String,
    ) -> Result<(), Stop> {
        self.print(text, || envelope::answer_of(commit, view, &self.warnings))
    }

    fn print(
        &self,
        text: impl FnOnce(Look) -> String,
        json: impl FnOnce() -> Result<Vec<u8>, serde_json::Error>,
    ) -> Result<(), Stop> {
        if !self.printer.json {
            return self.printer.data(&text(self.printer.out));
        }
        let bytes = json().map_err(|error| {
            Failure::new(Class::Bug, "bug", "cannot write the answer as JSON").cause(error)
        })?;
        self.printer.bytes(&bytes)
    }

    /// Prints a failure.
    pub(crate) fn fail(&self, failure: &Failure) -> Exit {
        fail(
            &self.printer,
            failure,
            self.freshness.as_ref(),
            &self.warnings,
        )
    }
}

/// What questions run on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(|error| {
        let message = "cannot start to read the cache";
        let failure = Failure::new(Class::Environment, "no-runtime", message);
        failure.cause(error).into()
    })
}

/// Prints a failure: as an envelope, or for people.
pub(crate) fn fail(
    printer: &Printer,
    failure: &Failure,
    freshness: Option<&Freshness>,
    warnings: &[String],
) -> Exit {
    if !printer.json {
        printer.failure(failure);
        return failure.exit();
    }
    match envelope::failure(failure, freshness, warnings) {
        Ok(bytes) => match printer.bytes(&bytes) {
            Ok(()) => failure.exit(),
            Err(Stop::Pipe) => Exit::Done,
            Err(Stop::Failed(failure)) => {
                printer.failure(&failure);
                failure.exit()
            }
        },
        Err(error) => {
            printer.words(&format!("error: {error}\n"));
            Exit::Bug
        }
    }
}
