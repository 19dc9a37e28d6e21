//! `sync forget`: a person goes from the server, the outbox and the audit, and never comes back from here.
//!
//! First it is noted who is forgotten, here and on the server: from then on nobody publishes the person any
//! more. Then what is there goes. Whatever is cut off is finished by doing it again.
//! Never: keeps a name, or changes a file or a commit.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::base::{fault, hash, unique};
use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::publish::{from_state, is_offline};
use crate::engine::sharing::run;
use crate::engine::sharing::sync::{Sharing, connect, now_ms};
use crate::model::sharing::Person;
use crate::privacy::{self, Forgotten, Redactor};
use crate::query::view::{ForgetView, HeldByGit};
use crate::source::{cache, git};
use crate::stores::postgres::{Address, Gone, Server};
use crate::stores::state::{Act, State};

/// Paths that are shown of files that name the person.
const MOST_PATHS: usize = 20;

impl Sharing<'_> {
    /// Who is to be forgotten.
    pub(super) fn forgotten(&self) -> Result<Forgotten, EngineError> {
        let people = self.state()?.forgotten();
        Ok(Forgotten::new(people.map_err(|error| from_state(&error))?))
    }

    /// Forgets a person who is known by these names.
    pub(crate) fn forget(
        &self,
        written: &[String],
        pseudonym: Option<&str>,
        dry_run: bool,
        progress: &dyn Progress,
    ) -> Result<ForgetView, EngineError> {
        let names: Vec<String> = written
            .iter()
            .flat_map(|name| privacy::names(name))
            .collect();
        if names.is_empty() || names.iter().any(|name| name.chars().count() < 2) {
            return Err(
                EngineError::usage("invalid-author", "that is no name of a person")
                    .hint("`--author 'Ada Lovelace <ada@example.org>'`"),
            );
        }
        let people: Vec<Person> = names
            .iter()
            .map(|name| privacy::person(name, pseudonym))
            .collect();
        let forgotten = Forgotten::new(people.clone());
        if let Some(pseudonym) = pseudonym {
            checked(pseudonym, &forgotten)?;
        }
        let fail = |error| from_state(&error);
        let _lock = self.lock(progress)?;
        let mut state = self.state()?;
        if !dry_run {
            state.forget(&people, now_ms()).map_err(fail)?;
        }
        let strike = |name| fault::point(name).map_err(|error| EngineError::fault(&error));
        strike("forget.after-list")?;
        let mut view = ForgetView {
            dry_run,
            pseudonym: pseudonym.map(str::to_owned),
            server: "none".to_owned(),
            ..ForgetView::default()
        };
        self.on_server(&people, &forgotten, &mut view)?;
        strike("forget.after-server")?;
        self.here(&mut state, &forgotten, &mut view)?;
        strike("forget.after-erasing")?;
        view.git = self.held(&forgotten)?;
        if dry_run {
            return Ok(view);
        }
        let salt = hash::content_hash([unique::hex(), unique::hex()].concat().as_bytes());
        let commitment = [&salt[..], names.join("\n").as_bytes()].concat();
        view.salt = hash::hex(&salt);
        view.commitment = hash::hex(&hash::content_hash(&commitment));
        let repository = self.repository().unwrap_or_default();
        let outcome = match &*view.server {
            "done" | "none" => "done",
            _ => "partly",
        };
        let counts = json!({"rows": view.rows, "audit": view.audit, "outbox": view.outbox});
        let details = json!({"by": self.actor(), "commitment": view.commitment});
        let place = (&*repository, "");
        self.note(&mut state, (Act::Forget, outcome), place, &counts, &details)?;
        Ok(view)
    }

    /// State and caches of this repository.
    fn here(
        &self,
        state: &mut State,
        forgotten: &Forgotten,
        view: &mut ForgetView,
    ) -> Result<(), EngineError> {
        let fail = |error| from_state(&error);
        let caches = self.publish_caches();
        view.caches = std::fs::read_dir(&caches).map_or(0, |folders| folders.count() as u64);
        // What the server still shows by such a path is taken away by the entry.
        let is_settled = matches!(&*view.server, "done" | "none");
        if view.dry_run {
            let chain = state.audited(usize::MAX).map_err(fail)?;
            let details = chain.iter().filter_map(|entry| entry.details.as_deref());
            view.audit = details.filter(|details| names(details, forgotten)).count() as u64;
            view.outbox = state
                .entries_with(|path| forgotten.finds(path))
                .map_err(fail)?;
            return Ok(());
        }
        view.audit = state
            .erase_details(|details| names(details, forgotten))
            .map_err(fail)?;
        if is_settled {
            view.outbox = state
                .drop_entries(|path| forgotten.finds(path))
                .map_err(fail)?;
        }
        removed(&caches)
    }

    fn publish_caches(&self) -> PathBuf {
        cache::shared_cache_dir(self.engine.origin.place()).join("published")
    }

    /// Another clone has forgotten people: what this one holds of them goes, too.
    pub(super) fn erase_learned(&self, state: &mut State) -> Result<(), EngineError> {
        let fail = |error| from_state(&error);
        let forgotten = Forgotten::new(state.forgotten().map_err(fail)?);
        state
            .erase_details(|details| names(details, &forgotten))
            .map_err(fail)?;
        state
            .drop_entries(|path| forgotten.finds(path))
            .map_err(fail)?;
        removed(&self.publish_caches())
    }

    /// The server, where one is named: not to reach it ends nothing.
    fn on_server(
        &self,
        people: &[Person],
        forgotten: &Forgotten,
        view: &mut ForgetView,
    ) -> Result<(), EngineError> {
        let address = match address() {
            Ok(address) => address,
            Err(error) if error.code == "no-server" => return Ok(()),
            Err(error) => return Err(error),
        };
        match run(self.taken_out(&address, people, forgotten, view)) {
            Ok(()) => view.server = "done".to_owned(),
            Err(error) => {
                view.server = if is_offline(&error) {
                    "offline"
                } else {
                    "refused"
                }
                .to_owned();
                view.reason = error.to_string();
            }
        }
        Ok(())
    }

    async fn taken_out(
        &self,
        address: &Address,
        people: &[Person],
        forgotten: &Forgotten,
        view: &mut ForgetView,
    ) -> Result<(), EngineError> {
        let repository = self.repository()?;
        let fail = |error| from_postgres(&error);
        let mut server = connect(address).await?;
        if !view.dry_run {
            // Whoever publishes from here on has read it.
            let gone = Gone {
                people,
                ..Gone::default()
            };
            server.forget(&repository, &gone).await.map_err(fail)?;
        }
        let mut gone = Gone {
            rows: naming(&mut server, &repository, forgotten).await?,
            ..Gone::default()
        };
        for line in server.named_lines(&repository).await.map_err(fail)? {
            view.branches += u64::from(line.draft.is_empty() && forgotten.finds(&line.branch));
            if forgotten.finds(&line.draft) {
                gone.drafts.push(line.draft_hash);
            }
            if forgotten.finds(&line.publisher) {
                gone.logins.push(line.publisher_hash);
            }
        }
        let members = server.members(&repository).await.map_err(fail)?.into_iter();
        let members = members.map(|member| member.member);
        view.members = members.filter(|member| forgotten.finds(member)).collect();
        view.rows = gone.rows.len() as u64;
        if !view.dry_run {
            view.rows = server.forget(&repository, &gone).await.map_err(fail)?;
        }
        Ok(())
    }

    /// What files and Git hold.
    fn held(&self, forgotten: &Forgotten) -> Result<HeldByGit, EngineError> {
        let mut held = HeldByGit::default();
        let scan = self.engine.scan()?;
        for unit in &self.engine.recognize(&scan).units {
            let files = [Some(unit.file), unit.companion].into_iter().flatten();
            let mut files = files.map(|file| &scan.files[file]);
            let says = |found| {
                let taken = self.engine.origin.read(found).ok()?;
                Some(forgotten.finds(&String::from_utf8_lossy(&taken.bytes)))
            };
            if files.any(|found| forgotten.finds(&found.path) || says(found) == Some(true)) {
                held.items += 1;
                if held.paths.len() < MOST_PATHS {
                    held.paths.push(scan.files[unit.file].path.clone());
                }
            }
        }
        let git_dir = self
            .engine
            .origin
            .git_dir()
            .unwrap_or(self.engine.origin.root());
        let format = "--format=%x01%an%x02%ae%x02%cn%x02%ce%x02%B";
        let log = git::ask(git_dir, "read the history", &["log", "--all", format]);
        let log = log.map_err(|error| EngineError::from_source(&error))?;
        for commit in log.unwrap_or_default().split('\x01').skip(1) {
            let parts: Vec<&str> = commit.splitn(5, '\x02').collect();
            let (names, message) = parts.split_at(parts.len().min(4));
            let says = |texts: &[&str]| texts.iter().any(|text| forgotten.finds(text));
            held.commits += u64::from(says(names));
            held.messages += u64::from(says(message));
        }
        Ok(held)
    }
}

/// The rows of a repository in which somebody stands.
async fn naming(
    server: &mut Server,
    repository: &str,
    forgotten: &Forgotten,
) -> Result<Vec<i64>, EngineError> {
    let mut found = Vec::new();
    let mut after = i64::MIN;
    loop {
        let page = server.said_after(repository, after).await;
        let page = page.map_err(|error| from_postgres(&error))?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.item;
        for said in &page {
            let lists: Value = serde_json::from_str(&said.lists).unwrap_or_default();
            if forgotten.finds(&said.text) || is_said(&lists, forgotten) {
                found.push(said.item);
            }
        }
    }
}

fn names(details: &str, forgotten: &Forgotten) -> bool {
    match serde_json::from_str(details) {
        Ok(value) => is_said(&value, forgotten),
        Err(_) => true,
    }
}

fn removed(caches: &Path) -> Result<(), EngineError> {
    match std::fs::remove_dir_all(caches) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(EngineError::io(
            "removing the publish caches",
            caches,
            &error,
        )),
    }
}

fn is_said(value: &Value, forgotten: &Forgotten) -> bool {
    match value {
        Value::String(text) => forgotten.finds(text),
        Value::Array(values) => values.iter().any(|value| is_said(value, forgotten)),
        Value::Object(map) => map
            .iter()
            .any(|(key, value)| forgotten.finds(key) || is_said(value, forgotten)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The same without the people.
pub(super) fn without(value: Value, forgotten: &Redactor) -> Value {
    let text = |text: String| forgotten.redact(&text).unwrap_or(text);
    match value {
        Value::String(said) => text(said).into(),
        Value::Array(values) => {
            let values = values.into_iter().map(|value| without(value, forgotten));
            values.collect()
        }
        Value::Object(map) => {
            let pairs = map.into_iter();
            pairs
                .map(|(key, value)| (text(key), without(value, forgotten)))
                .collect()
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}

/// A pseudonym that can stand in any text, and says nobody's name.
fn checked(pseudonym: &str, forgotten: &Forgotten) -> Result<(), EngineError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let begins = pseudonym.starts_with(|c: char| c.is_ascii_alphabetic());
    let word = pseudonym.to_ascii_lowercase();
    let means = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*word);
    if !begins || means || !pseudonym.chars().all(fits) || pseudonym.len() > 64 {
        return Err(EngineError::usage(
            "invalid-pseudonym",
            "that cannot stand in place of a name",
        )
        .hint("a letter, then letters, digits, `-` and `_`, as in `person-7`"));
    }
    if forgotten.finds(pseudonym) {
        return Err(EngineError::usage(
            "invalid-pseudonym",
            "the pseudonym says the name",
        ));
    }
    Ok(())
}
