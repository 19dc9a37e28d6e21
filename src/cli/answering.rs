//! Who answers a question: the cache of this repository, or the one that is shared.
//! Gets what the caller wants, and what kanban.toml says. Gives a reader to the question.
//! Never: falls back from one to the other; their answers may differ.

use std::path::PathBuf;

use crate::cli::args::sharing::LineArgs;
use crate::cli::args::{Command, Store};
use crate::cli::context::{Context, runtime};
use crate::cli::error::{Failure, Stop};
use crate::cli::render::{count, span};
use crate::engine::{Class, Engine, SharedCache, SharedWish, Snapshot};
use crate::model::config;
use crate::query::view::Freshness;
use crate::query::{QueryError, Reader};

/// Who answers.
pub(crate) enum Answering {
    Own(Engine, Snapshot),
    Shared {
        cache: SharedCache,
        /// The repository around, for paths that count from the current folder.
        around: Option<Engine>,
    },
}

impl Context {
    /// Who answers a question about these lines.
    pub(crate) fn answering(&mut self, lines: &LineArgs) -> Result<Answering, Stop> {
        match self.shared(lines)? {
            Some(shared) => Ok(shared),
            None => {
                let engine = self.engine()?;
                let snapshot = self.snapshot(&engine)?;
                Ok(Answering::Own(engine, snapshot))
            }
        }
    }

    /// The same for a search.
    pub(crate) fn answering_searches(&mut self, lines: &LineArgs) -> Result<Answering, Stop> {
        match self.shared(lines)? {
            Some(shared) => Ok(shared),
            None => {
                let engine = self.engine()?;
                let snapshot = self.searchable(&engine)?;
                Ok(Answering::Own(engine, snapshot))
            }
        }
    }

    /// True where the shared cache answers. Outside a repository it has to be said.
    pub(crate) fn asks_shared(&self) -> Result<bool, Stop> {
        match self.store {
            Some(Store::Postgres) => Ok(true),
            Some(Store::Sqlite) => Ok(false),
            None => Ok(match self.engine()?.store() {
                config::Store::Sqlite => false,
                config::Store::Postgres => true,
            }),
        }
    }

    fn shared(&mut self, lines: &LineArgs) -> Result<Option<Answering>, Stop> {
        let wish = SharedWish {
            repositories: lines.repository.clone(),
            branches: lines.branch.clone(),
            draft: lines.draft.clone().unwrap_or_default(),
        };
        if !self.asks_shared()? {
            if wish == SharedWish::default() {
                return Ok(None);
            }
            let message = "the cache of this repository holds its work tree and nothing else";
            let failure = Failure::new(Class::Usage, "usage", message);
            return Err(failure
                .hint("ask the shared one: `--store postgres`")
                .into());
        }
        let around = match lines.repository.is_empty() {
            true => Some(self.engine()?),
            false => self.engine().ok(),
        };
        let cache = SharedCache::choose(around.as_ref(), &wish)?;
        Ok(Some(Answering::Shared { cache, around }))
    }

    /// Asks whoever answers; `text` is what the caller wrote, to show where in it a fault is.
    pub(crate) fn put<T>(
        &mut self,
        answering: &Answering,
        text: &str,
        question: impl AsyncFn(&mut Reader) -> Result<T, QueryError>,
    ) -> Result<T, Stop> {
        match answering {
            Answering::Own(engine, snapshot) => self.ask(engine, snapshot, text, question),
            Answering::Shared { cache, .. } => self.put_shared(cache, text, question),
        }
    }

    /// Asks lines of the shared cache.
    pub(crate) fn put_shared<T>(
        &mut self,
        cache: &SharedCache,
        text: &str,
        question: impl AsyncFn(&mut Reader) -> Result<T, QueryError>,
    ) -> Result<T, Stop> {
        self.warn_of_server();
        runtime()?.block_on(async {
            let (mut reader, freshness) = cache.open().await?;
            self.tell_lines(&reader, &freshness);
            self.freshness = Some(freshness);
            let answer = question(&mut reader).await;
            answer.map_err(|error| Failure::query(error, text).into())
        })
    }

    /// Tells people whose items they see, and how old they are.
    fn tell_lines(&mut self, reader: &Reader, freshness: &Freshness) {
        let lines = reader.lines();
        let age = span(freshness.age_ms);
        let (draft, drafts) = reader.drafts();
        let others = drafts.iter().filter(|other| *other != draft);
        let others: Vec<&str> = others.map(String::as_str).collect();
        match lines.as_slice() {
            [] if !others.is_empty() => {
                let there = others.join(", ");
                self.warn(format!("there is no draft {draft}; there are: {there}"));
            }
            [] => self.warn(
                "nothing of that name is shared with you: no such repository or branch is \
                 published, or you are no member"
                    .to_owned(),
            ),
            [(repository, branch)] => {
                let text = format!("{repository}, {branch}: published {age} ago");
                self.printer.note(&text);
            }
            many => {
                let branches = count(many.len() as u64, "branch", "branches");
                let text = format!("{branches}; the oldest was published {age} ago");
                self.printer.note(&text);
            }
        }
        let whose = |name: &str| name.rsplit_once('.').map(|(whose, _)| whose.to_owned());
        let same = others.iter().filter(|other| whose(other) == whose(draft));
        let same: Vec<&str> = same.copied().collect();
        if !lines.is_empty() && !same.is_empty() {
            let more = same.join(", ");
            self.printer.note(&format!(
                "this is the draft {draft}; there are others: {more}"
            ));
        }
    }

    /// Root and current folder for a REF; in the shared cache outside any repository paths count from
    /// the root.
    pub(crate) fn place_of(&self, answering: &Answering) -> Result<(PathBuf, PathBuf), Stop> {
        match answering {
            Answering::Own(_, snapshot) => self.place(snapshot),
            Answering::Shared {
                around: Some(engine),
                ..
            } => self.place_in(engine.root()),
            Answering::Shared { around: None, .. } => Ok((PathBuf::from("/"), PathBuf::from("/"))),
        }
    }

    /// Refuses a command that works on the files alone where somebody asks for the shared cache.
    pub(crate) fn check_store(&self, command: &Command) -> Result<(), Stop> {
        let asks = matches!(
            command,
            Command::List(_)
                | Command::Show(_)
                | Command::Search(_)
                | Command::Board(_)
                | Command::Tree(_)
                | Command::Sql(_)
                | Command::Check(_)
                | Command::RebuildIndex
        );
        if asks || self.store != Some(Store::Postgres) {
            return Ok(());
        }
        let message = "only questions and `rebuild-index` go to the shared cache";
        let failure = Failure::new(Class::Usage, "usage", message);
        Err(failure.hint("leave out `--store`").into())
    }
}
