//! The use cases of `sync`: init, now, status, retry, members and the audit.
//! Never: runs twice at once in one repository.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use crate::base::lock::{Lock, LockError};
use crate::base::{clock, unique};
use crate::engine::Engine;
use crate::engine::error::{EngineError, whole};
use crate::engine::progress::{Progress, Step};
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::draft::DraftFiles;
use crate::engine::sharing::forget::without;
use crate::engine::sharing::publish::{Wish, from_state};
use crate::engine::sharing::run;
use crate::engine::sharing::standing::is_empty_draft;
use crate::model::config::Config;
use crate::privacy::{Forgotten, Redactor};
use crate::query::view::{
    AuditRow, ImportView, MemberRow, OutboxItem, ProofRow, RetryView, SyncInitView, SyncLogView,
    SyncStatusRow, SyncStatusView, SyncView,
};
use crate::stores::postgres::{Address, Server};
use crate::stores::state::{Act, Entry, LineRow, OutboxRow, State, Status};

/// Held by the one process of a repository that syncs.
const LOCK: &str = "sync.lock";

pub(super) fn now_ms() -> i64 {
    clock::now_ns() / 1_000_000
}

pub(super) fn iso(ms: i64) -> String {
    clock::iso(ms.saturating_mul(1_000_000))
}

/// What the shared state of a repository is reached by.
pub(crate) struct Sharing<'a> {
    pub(super) engine: &'a Engine,
    pub(super) folder: PathBuf,
    /// What is found in names that the audit has; nothing where the rules make no sense.
    secrets: OnceCell<Option<Redactor>>,
}

/// A branch that is to be published.
pub(super) struct Wanted {
    pub branch: Branch,
    /// Or why it has no commit.
    pub found: Result<(), EngineError>,
}

impl Wanted {
    fn of(name: &str, branch: Result<Branch, EngineError>) -> Self {
        let (branch, found) = match branch {
            Ok(branch) => (branch, Ok(())),
            Err(error) => {
                let name = name.to_owned();
                let unfound = Branch {
                    name,
                    ..Branch::default()
                };
                (unfound, Err(error))
            }
        };
        Self { branch, found }
    }
}

impl Engine {
    /// # Errors
    /// Outside Git.
    pub(crate) fn sharing(&self) -> Result<Sharing<'_>, EngineError> {
        let common_dir = self.origin.place().common_dir().ok_or_else(|| {
            EngineError::environment("no-repository", "only a Git repository can be shared")
                .hint("run `git init`, and commit the items")
        })?;
        Ok(Sharing {
            engine: self,
            folder: common_dir.join("kanban"),
            secrets: OnceCell::new(),
        })
    }
}

impl Sharing<'_> {
    pub(super) fn state(&self) -> Result<State, EngineError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            EngineError::io("making the folder of state.db", &self.folder, &error)
        })?;
        State::open(&self.folder).map_err(|error| from_state(&error))
    }

    pub(super) fn config(&self) -> &Config {
        &self.engine.config
    }

    pub(super) fn repository(&self) -> Result<String, EngineError> {
        let configured = self.config().sync.repository.as_deref();
        self.engine.repository(configured)
    }

    /// Notes what was done. `details` says who and what; `counts` may be known to everybody.
    pub(super) fn note(
        &self,
        state: &mut State,
        (act, outcome): (Act, &str),
        (repository, branch): (&str, &str),
        counts: &serde_json::Value,
        details: &serde_json::Value,
    ) -> Result<(), EngineError> {
        // Who was forgotten may go on working; the audit says so without the name.
        let people = state.forgotten().map_err(|error| from_state(&error))?;
        let forgotten = Redactor::of_people(Forgotten::new(people));
        let details = without(details.clone(), &forgotten);
        // Others may read the names in the audit of a bundle.
        let seen = |name: &str| {
            let secrets = self
                .secrets
                .get_or_init(|| Redactor::new(&self.config().redaction).ok());
            let redactors = [secrets.as_ref(), Some(&forgotten)].into_iter().flatten();
            redactors.fold(name.to_owned(), |name, redactor| {
                redactor.redact(&name).unwrap_or(name)
            })
        };
        let entry = Entry {
            act,
            outcome,
            repository: &seen(repository),
            branch: &seen(branch),
            counts: counts.to_string(),
            details: details.to_string(),
        };
        let salt =
            crate::base::hash::content_hash([unique::hex(), unique::hex()].concat().as_bytes());
        state
            .audit(&entry, salt, now_ms())
            .map_err(|error| from_state(&error))
    }

    /// Who acts, as Git knows them; else the login on the server.
    pub(super) fn actor(&self) -> String {
        crate::base::env::author()
            .or_else(|| self.engine.git_identity())
            .or_else(|| Some(address().ok()?.login().to_owned()))
            .unwrap_or_else(|| "unknown".to_owned())
    }

    /// Makes or updates the shared cache on the server, and founds the repository in it.
    pub(crate) fn init(&self) -> Result<SyncInitView, EngineError> {
        let address = address()?;
        let repository = self.repository()?;
        let mut state = self.state()?;
        let view = run(async {
            let mut server = connect(&address).await?;
            let fail = |error| from_postgres(&error);
            let steps = server.take_steps().await.map_err(fail)?;
            let members = server.members(&repository).await.map_err(fail)?;
            let founded = match members.is_empty() {
                true => server.found(&repository).await.map_err(fail)?,
                false => false,
            };
            let members = server.members(&repository).await.map_err(fail)?;
            Ok(SyncInitView {
                server: address.shown(),
                repository: repository.clone(),
                before: steps.before,
                version: steps.now,
                founded,
                members: members
                    .into_iter()
                    .map(|member| MemberRow {
                        member: member.member,
                        role: member.role,
                    })
                    .collect(),
            })
        })?;
        let counts = json!({"before": view.before, "version": view.version});
        let details = json!({"by": self.actor(), "login": address.login()});
        self.note(
            &mut state,
            (Act::Init, "done"),
            (&repository, ""),
            &counts,
            &details,
        )?;
        Ok(view)
    }

    /// Publishes branches: those named, or those configured, or the one that is checked out. What is wrong with
    /// one holds no other.
    ///
    /// # Errors
    /// Where it is wrong with all of them, or there is only one.
    pub(crate) fn now(
        &self,
        branches: &[String],
        wish: Wish,
        progress: &dyn Progress,
    ) -> Result<(SyncView, Vec<String>), EngineError> {
        let started = Instant::now();
        let address = address()?;
        let wanted = self.branches(branches)?;
        let _lock = self.lock(progress)?;
        let mut state = self.state()?;
        let mut warnings = Vec::new();
        let mut rows = Vec::new();
        let is_only_one = wanted.len() == 1;
        for Wanted { branch, found } in wanted {
            let done = found.and_then(|()| {
                let planned = match wish.anew {
                    true => self.plan_anew(&mut state, &branch, progress)?,
                    false => self.plan(&mut state, &branch, progress)?,
                };
                warnings.extend(planned.warnings.iter().cloned());
                self.deliver(&mut state, &address, planned, wish, progress)
            });
            let planned = match done {
                Ok((row, planned)) => {
                    rows.push(row);
                    planned
                }
                Err(error) => {
                    let row = self.failed(&mut state, (&branch, ""), error.clone())?;
                    if is_only_one && row.standing == "refused" {
                        return Err(error);
                    }
                    rows.push(row);
                    continue;
                }
            };
            let draft = self.plan_draft(&mut state, &planned, DraftFiles::Looked, progress);
            let done = match draft {
                Ok(None) => continue,
                Ok(Some(draft)) => {
                    let name = draft.line.draft.clone();
                    let done = self.deliver(&mut state, &address, draft, wish, progress);
                    done.map_err(|error| (error, name))
                }
                Err(error) => Err((error, self.draft()?.own)),
            };
            rows.push(match done {
                Ok((row, _)) => row,
                Err((error, name)) => self.failed(&mut state, (&planned.branch, &name), error)?,
            });
        }
        for left in self.plan_left(&mut state, progress)? {
            let (branch, draft) = (left.branch.clone(), left.line.draft.clone());
            let done = self.deliver(&mut state, &address, left, wish, progress);
            rows.push(match done {
                Ok((row, _)) => row,
                Err(error) => self.failed(&mut state, (&branch, &draft), error)?,
            });
        }
        let first = rows.first().map(|row| row.repository.clone());
        let view = SyncView {
            server: address.shown(),
            repository: first.unwrap_or_default(),
            branches: rows,
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        Ok((view, warnings))
    }

    pub(super) fn lock(&self, progress: &dyn Progress) -> Result<Lock, EngineError> {
        if let Some(lock) = self.try_lock()? {
            return Ok(lock);
        }
        progress.step(Step::Wait);
        let path = self.folder.join(LOCK);
        Lock::exclusive(&path).map_err(|error| unlocked(&path, &error))
    }

    /// Nothing where another process syncs.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, EngineError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            EngineError::io("making the folder of state.db", &self.folder, &error)
        })?;
        let path = self.folder.join(LOCK);
        Lock::try_exclusive(&path).map_err(|error| unlocked(&path, &error))
    }

    /// # Errors
    /// Where none is like a glob of kanban.toml.
    pub(super) fn branches(&self, named: &[String]) -> Result<Vec<Wanted>, EngineError> {
        let globs = &self.config().sync.branches;
        if named.is_empty() && globs.is_empty() {
            let branch = self.engine.branch(None)?;
            return Ok(vec![Wanted {
                branch,
                found: Ok(()),
            }]);
        }
        if !named.is_empty() {
            let found = |name: &String| Wanted::of(name, self.engine.branch(Some(name)));
            return Ok(named.iter().map(found).collect());
        }
        let names = self.engine.branches_like(globs)?;
        if names.is_empty() {
            return Err(EngineError::environment(
                "no-branch",
                "no branch is as kanban.toml says (`[sync] branches`)",
            ));
        }
        let wanted = |name: &String| Wanted::of(name, self.engine.branch_or(name, None));
        Ok(names.iter().map(wanted).collect())
    }

    /// How every branch stands, without asking the server.
    pub(crate) fn status(&self, items: bool) -> Result<SyncStatusView, EngineError> {
        let fail = |error| from_state(&error);
        let state = self.state()?;
        let now = now_ms();
        let gone = self.engine.left_lines(&state)?;
        let repository = self.repository().ok();
        let mut branches = Vec::new();
        for row in state.lines().map_err(fail)? {
            let counts = state.counts(&row.line).map_err(fail)?;
            if gone.contains(&row.line) {
                branches.push(gone_row(row, counts.synced, repository.as_deref()));
                continue;
            }
            if is_empty_draft(&row, counts) {
                continue;
            }
            let lag = counts
                .oldest_ms
                .map(|oldest| (now - oldest).max(0).cast_unsigned());
            branches.push(SyncStatusRow {
                pending: counts.pending,
                synced: counts.synced,
                failed: counts.failed,
                lag_ms: lag,
                ..status_row(row)
            });
        }
        let items = match items {
            true => state
                .entries(&[Status::Pending, Status::Synced, Status::Failed])
                .map_err(fail)?,
            false => Vec::new(),
        };
        let (server, server_error) = match address() {
            Ok(address) => (Some(address.shown()), None),
            Err(error) if error.code == "no-server" => (None, None),
            Err(error) => (None, Some(told(&error))),
        };
        Ok(SyncStatusView {
            server,
            server_error,
            repository,
            branches,
            items: items
                .into_iter()
                .filter(|row| row.status == Status::Synced || !gone.contains(&row.line))
                .map(outbox_item)
                .collect(),
        })
    }

    /// Lets failed items, or those at these paths, be tried again, and no branch wait.
    pub(crate) fn retry(&self, paths: &[String]) -> Result<RetryView, EngineError> {
        let mut state = self.state()?;
        let wanted = (!paths.is_empty()).then_some(paths);
        let retried = state.retry(wanted).map_err(|error| from_state(&error))?;
        let repository = self.repository().unwrap_or_default();
        let counts = json!({"items": retried});
        let details = json!({"by": self.actor(), "paths": paths});
        self.note(
            &mut state,
            (Act::Retry, "done"),
            (&repository, ""),
            &counts,
            &details,
        )?;
        Ok(RetryView { retried })
    }

    /// What sync has done, newest first.
    pub(crate) fn log(&self, most: usize, prove: bool) -> Result<SyncLogView, EngineError> {
        let fail = |error| from_state(&error);
        let state = self.state()?;
        let value = |text: &str| serde_json::from_str(text).unwrap_or_default();
        let entries = state.audited(most).map_err(fail)?.into_iter();
        let entries = entries.map(|entry| AuditRow {
            seq: entry.seq,
            at: iso(entry.at_ms),
            act: entry.act,
            outcome: entry.outcome,
            repository: entry.repository,
            branch: entry.branch,
            counts: value(&entry.counts),
            details: entry.details.as_deref().map(value),
            hash: entry.hash,
        });
        let proof = match prove {
            false => None,
            true => {
                let broken = state.prove_audit().map_err(fail)?;
                Some(ProofRow {
                    holds: broken.is_none(),
                    broken_at: broken.as_ref().map(|broken| broken.seq),
                    reason: broken.map(|broken| broken.reason.to_owned()),
                })
            }
        };
        Ok(SyncLogView {
            entries: entries.collect(),
            proof,
        })
    }

    /// Notes that a bundle was taken, in the repository in which that was done.
    pub(crate) fn note_import(&self, view: &ImportView) -> Result<(), EngineError> {
        let counts = json!({"items": view.items, "files": view.files});
        let details = json!({"by": self.actor(), "commit": view.commit, "seal": view.seal});
        let place = (&*view.repository, &*view.branch);
        self.note(
            &mut self.state()?,
            (Act::Import, "done"),
            place,
            &counts,
            &details,
        )
    }
}

fn unlocked(path: &Path, error: &LockError) -> EngineError {
    EngineError::io("waiting for another sync", path, &error.source)
}

/// An error with its place and what to do about it, in one line.
fn told(error: &EngineError) -> String {
    let mut text = whole(error);
    if let Some(path) = &error.path {
        text = format!("{}: {text}", path.display());
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("; {hint}"));
    }
    text
}

fn status_row(row: LineRow) -> SyncStatusRow {
    SyncStatusRow {
        repository: row.line.repository,
        branch: row.line.branch,
        draft: row.line.draft,
        standing: row.standing,
        reason: row.reason,
        commit: row.cursor.commit,
        last_success: row.succeeded_ms.map(iso),
        last_try: row.tried_ms.map(iso),
        next_try: row.paused_until_ms.map(iso),
        ..SyncStatusRow::default()
    }
}

/// What waits there waits for nothing.
fn gone_row(row: LineRow, synced: u64, repository: Option<&str>) -> SyncStatusRow {
    let why = match row.is_renamed() {
        true => "published under another name of the repository since",
        false => "not in this clone any more",
    };
    let mut remove = format!("kanban sync remove --branch {}", row.line.branch);
    if repository != Some(&*row.line.repository) {
        remove.push_str(&format!(" --repository {}", row.line.repository));
    }
    SyncStatusRow {
        standing: "gone".to_owned(),
        reason: format!("{why}; `{remove}` takes it off the server"),
        synced,
        next_try: None,
        ..status_row(row)
    }
}

fn outbox_item(row: OutboxRow) -> OutboxItem {
    OutboxItem {
        branch: row.line.branch,
        draft: row.line.draft,
        path: row.path,
        act: row.act,
        status: row.status.as_str().to_owned(),
        attempts: row.attempts,
        last_error: Some(row.last_error).filter(|error| !error.is_empty()),
        since: iso(row.since_ms),
        next_try: Some(row.next_try_ms).filter(|at| *at > 0).map(iso),
        synced_at: row.synced_ms.map(iso),
    }
}

pub(super) async fn connect(address: &Address) -> Result<Server, EngineError> {
    let server = Server::connect(address).await;
    server.map_err(|error| from_postgres(&error))
}
