//! Writing items: intents to bytes, bytes to files, and the cache brought up to them.
//!
//! ```text
//! lock -> read -> intents by the convention -> edit, proved -> write -> refresh -> receipt
//!          ^------------- somebody saved meanwhile -------------|
//! ```
//!
//! Gets a snapshot and tasks. Gives a receipt for each file, and a snapshot that shows them.
//! Never: writes to the cache; touches a file that no task names.
//! Read next: `plan`, then `draft`.

mod commit;
mod created;
pub(super) mod diff;
mod draft;
mod editor;
mod error;
mod holders;
mod mended;
mod moved;
mod moving;
mod named;
mod parted;
mod plan;
mod relook;
mod removed;
mod retarget;
mod spot;
mod taken;

pub(crate) use mended::MENDABLE;
pub(crate) use moved::Destination;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::base::hash;
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::progress::Progress;
use crate::engine::snapshot::{Snapshot, Wish};
use crate::engine::write::draft::{Draft, Ground};
pub(super) use crate::engine::write::error::{refused, unwritten};
use crate::model::edit::Refused;
use crate::model::intent::Intent;
use crate::query::view::{self, CutOffView, WriteFailure, WriteView};
use crate::source::cache;
use crate::source::head;
use crate::source::repo;
use crate::write::{self, Batch, Change, CutOff, Fate, Kept, Landed, Session, Told, WriteError};

pub(crate) use created::NewItem;

/// What is wanted of one item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    /// The item, relative to the root.
    pub path: String,
    pub intents: Vec<Intent>,
}

/// How a write is to be done.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteOptions {
    /// The command with all its words, for journals.
    pub what: String,
    /// Only show what would change.
    pub dry_run: bool,
    /// Leave the date of the last change as it is.
    pub keep_updated: bool,
    /// The content hash (or the beginning of it) that the item must have.
    pub if_hash: Option<String>,
    /// Bring the cache up to what was written.
    pub refresh: bool,
}

/// Somebody who saves again and again is waited for so long.
const PATIENCE: Duration = Duration::from_secs(15);
/// So few items are not worth another thread.
const FEW: usize = 16;

/// What a write did.
#[derive(Debug)]
pub(crate) struct Written {
    pub view: WriteView,
    /// Paths that were written, to be committed.
    pub paths: Vec<String>,
    /// The snapshot that shows it; the given one where nothing was written.
    pub snapshot: Snapshot,
    /// Why the snapshot does not show it.
    pub warnings: Vec<String>,
}

/// An item with its new bytes, on the way to its files.
struct Ready {
    draft: Draft,
    changes: Vec<Change>,
}

impl Engine {
    /// Carries out the tasks. Several tasks for one item are carried out one after the other.
    pub(crate) fn write(
        &self,
        mut snapshot: Snapshot,
        tasks: Vec<Task>,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Written, EngineError> {
        let mut ground = Ground::new(self, &snapshot, &tasks, options)?;
        let mut warnings = Vec::new();
        let session = match ground.gives_ids() {
            // The bytes of an item are compared when they are written; who has an id is not.
            true => {
                let session = self.turn(&mut snapshot, options, progress)?;
                ground = Ground::new(self, &snapshot, &tasks, options)?;
                warnings = ground.know_everywhere(&snapshot)?;
                session
            }
            false if options.dry_run => None,
            false => Some(self.session()?),
        };
        let mut adds = tasks
            .iter()
            .flat_map(|task| &task.intents)
            .any(Intent::adds);
        let mut pending = merged(ground.with_inverses(tasks));
        let single = pending.len() == 1;
        let mut view = WriteView {
            dry_run: options.dry_run,
            ..WriteView::default()
        };
        let mut paths = Vec::new();
        let started = Instant::now();
        loop {
            let mut ready = Vec::new();
            for (task, planned) in self.plan_all(&ground, std::mem::take(&mut pending)) {
                match planned {
                    Ok(draft) if draft.is_unchanged() => view.unchanged += 1,
                    Ok(draft) => ready.push((
                        task,
                        Ready {
                            changes: draft.changes(),
                            draft,
                        },
                    )),
                    Err(error) if single => return Err(error),
                    Err(error) => view.failed.push(failure(&task.path, &error)),
                }
            }
            let Some(session) = &session else {
                view.changes
                    .extend(ready.iter().map(|(_, ready)| ready.draft.row(true)));
                break;
            };
            let groups: Vec<Vec<Change>> = ready
                .iter()
                .map(|(_, ready)| ready.changes.clone())
                .collect();
            if groups.is_empty() {
                break;
            }
            if std::mem::take(&mut adds) && session.was_just_finished(&options.what, &groups) {
                return Err(just_finished(&options.what));
            }
            let landed = session.apply(&Batch {
                what: &options.what,
                groups: &groups,
                first_decides: false,
            });
            let landed = landed.map_err(|error| unwritten(&error))?;
            for ((task, ready), Landed { done, error }) in ready.into_iter().zip(landed) {
                let changed = &ready.changes[..done];
                paths.extend(changed.iter().map(|change| text(change.path())));
                match error {
                    None => view.changes.push(ready.draft.row(false)),
                    // Somebody saved between our look and our write: what they saved is the ground.
                    Some(WriteError::Changed { .. })
                        if done == 0
                            && options.if_hash.is_none()
                            && started.elapsed() < PATIENCE =>
                    {
                        pending.push(task);
                    }
                    Some(error) if single && done == 0 => return Err(unwritten(&error)),
                    Some(error) => {
                        let mut failed = failure(&task.path, &unwritten(&error));
                        if let Some(change) = changed.first() {
                            let half = change.path().display();
                            failed.message.push_str(&format!("; {half} is written"));
                        }
                        view.failed.push(failed);
                    }
                }
            }
            if pending.is_empty() {
                break;
            }
        }
        view.changes.sort_by(|a, b| a.path.cmp(&b.path));
        drop(ground);
        let mut written = self.done(snapshot, view, paths, session, options, progress);
        written.warnings.splice(0..0, warnings);
        Ok(written)
    }

    /// What comes after every write: the lock is let go, and the snapshot brought up to what was written.
    fn done(
        &self,
        mut snapshot: Snapshot,
        view: WriteView,
        paths: Vec<String>,
        session: Option<Session>,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Written {
        let mut warnings = session.map_or_else(Vec::new, |session| sentences(session.end()));
        warnings.extend(self.follow_write(&mut snapshot, &paths, options.refresh, progress));
        Written {
            view,
            paths,
            snapshot,
            warnings,
        }
    }

    /// The drafts of all tasks, each with its task.
    fn plan_all(
        &self,
        ground: &Ground<'_>,
        tasks: Vec<Task>,
    ) -> Vec<(Task, Result<Draft, EngineError>)> {
        let plan = |task: Task| {
            let draft = ground.draft(&task);
            (task, draft)
        };
        if tasks.len() < FEW {
            return tasks.into_iter().map(plan).collect();
        }
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let mut parts: Vec<Vec<Task>> = Vec::new();
        let size = tasks.len().div_ceil(threads);
        let mut tasks = tasks.into_iter().peekable();
        while tasks.peek().is_some() {
            parts.push(tasks.by_ref().take(size).collect());
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = parts
                .into_iter()
                .map(|part| scope.spawn(|| part.into_iter().map(plan).collect::<Vec<_>>()))
                .collect();
            let joined = threads.into_iter().flat_map(|thread| {
                thread
                    .join()
                    .expect("because what plans an edit does not panic")
            });
            joined.collect()
        })
    }

    /// The right to write, and a snapshot that shows what others wrote before they let us: for what is true
    /// only while nobody else writes. None where nothing is to be written.
    fn turn(
        &self,
        snapshot: &mut Snapshot,
        options: &WriteOptions,
        progress: &dyn Progress,
    ) -> Result<Option<Session>, EngineError> {
        if options.dry_run {
            return Ok(None);
        }
        let session = self.session()?;
        if options.refresh {
            *snapshot = self.snapshot(true, progress)?;
        }
        Ok(Some(session))
    }

    /// The right to write.
    pub(super) fn session(&self) -> Result<Session, EngineError> {
        self.session_in(&self.write_home()?)
            .map_err(|error| unwritten(&error))
    }

    fn session_in(&self, home: &write::Home) -> Result<Session, WriteError> {
        let place = self.origin.place();
        Session::begin(self.origin.root(), home, || head::standing(place))
    }

    /// Where writers keep their lock, journal and stages; none in a bare repository.
    pub(super) fn write_place(&self) -> Option<write::Home> {
        let place = self.origin.place();
        match &place.kind {
            repo::Kind::WorkTree {
                git_dir,
                common_dir,
            } => Some(write::Home {
                top: place.root.clone(),
                lock: common_dir.join("kanban/write.lock"),
                folder: git_dir.join("kanban/write"),
            }),
            repo::Kind::Plain => {
                let folder = cache::cache_dir(place);
                Some(write::Home {
                    top: place.root.clone(),
                    lock: folder.join("write.lock"),
                    folder: folder.join("write"),
                })
            }
            repo::Kind::Bare { .. } => None,
        }
    }

    /// [`Self::write_place`], for who is about to write.
    pub(super) fn write_home(&self) -> Result<write::Home, EngineError> {
        let place = self.origin.place();
        if let repo::Kind::Plain = place.kind {
            cache::ensure_cache_dir(place).map_err(|error| EngineError::from_source(&error))?;
        }
        self.write_place().ok_or_else(|| {
            EngineError::environment(
                "bare-repository",
                "a bare repository has no files to write to",
            )
            .hint("clone it, and write there")
        })
    }

    /// Puts right what a writer left that was killed, if there is such a thing; what it left may hide
    /// what somebody saved. Gives what is to be told of it.
    pub(super) fn heal_writes(&self) -> Vec<String> {
        let abandoned = self.write_place().filter(write::Home::is_abandoned);
        let Some(home) = abandoned else {
            return Vec::new();
        };
        match self.session_in(&home) {
            Ok(session) => sentences(session.healed()),
            Err(error) => vec![format!(
                "a write that was cut off could not be put right: {error}"
            )],
        }
    }

    /// Brings the snapshot up to what was written. The files stand; that the cache could not follow is
    /// no failure of the write.
    fn follow_write(
        &self,
        snapshot: &mut Snapshot,
        paths: &[String],
        refresh: bool,
        progress: &dyn Progress,
    ) -> Vec<String> {
        if paths.is_empty() || !refresh {
            return Vec::new();
        }
        let mut sight = self.look_again(snapshot, paths);
        let renewed = match sight {
            Some(_) => self
                .renew(Wish::Refresh, &mut sight, progress)
                .and_then(|renewed| self.renewed(renewed, Vec::new())),
            None => self.snapshot(true, progress),
        };
        match renewed {
            Ok(renewed) => {
                *snapshot = renewed;
                Vec::new()
            }
            Err(error) => {
                snapshot.freshness.fresh = false;
                vec![format!(
                    "it is written, but the cache could not follow: {error}"
                )]
            }
        }
    }

    /// A write that was cut off, until somebody was told of it.
    pub(crate) fn cut_off(&self) -> Option<CutOffView> {
        let told = self.write_place()?.cut_off(self.origin.root());
        told.map(cut_off_view)
    }
}

/// What is to be told at the end of a session.
pub(super) fn sentences(told: Told) -> Vec<String> {
    let mut sentences: Vec<String> = told.kept.iter().map(kept).collect();
    sentences.extend(told.cut_off.map(|told| cut_off_view(told).sentence()));
    sentences.extend(told.aside.map(|at| {
        let at = at.display();
        format!("a newer kanban was cut off while it wrote; its journal is kept as {at}")
    }));
    sentences
}

/// A version of a file that has no other place, in a sentence.
fn kept(Kept { path, at }: &Kept) -> String {
    let (path, at) = (path.display(), at.display());
    format!("{path} was saved at the same instant; that version is kept as {at}")
}

/// One task an item.
fn merged(tasks: Vec<Task>) -> Vec<Task> {
    let mut by_path: BTreeMap<String, Vec<Intent>> = BTreeMap::new();
    for task in tasks {
        by_path.entry(task.path).or_default().extend(task.intents);
    }
    let merged = by_path.into_iter();
    merged
        .map(|(path, intents)| Task { path, intents })
        .collect()
}

fn failure(path: &str, error: &EngineError) -> WriteFailure {
    let mut message = error.message.clone();
    for cause in &error.causes {
        message.push_str(": ");
        message.push_str(cause);
    }
    WriteFailure {
        path: path.to_owned(),
        code: error.code.to_owned(),
        message,
        hint: error.hint.clone(),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Carries out changes of which none is done where one cannot be.
fn as_one(session: &Session, what: &str, changes: Vec<Change>) -> Result<Landed, EngineError> {
    let landed = session.apply(&Batch {
        what,
        groups: &[changes],
        first_decides: false,
    });
    let mut landed = landed.map_err(|error| unwritten(&error))?;
    Ok(landed.pop().expect("because there is one group"))
}

/// What adds something, and was cut off and finished, would add it again.
fn just_finished(what: &str) -> EngineError {
    let what = view::brief(what);
    let message = format!("`{what}` was cut off, and has just been finished");
    let error = EngineError {
        class: Class::No,
        ..EngineError::environment("just-finished", message)
    };
    error.hint("look with `kanban show`; repeat it if it is wanted twice")
}

/// The paths that changes touch, to be committed.
fn paths(changes: &[Change]) -> Vec<String> {
    let mut paths = Vec::new();
    for change in changes {
        paths.push(text(change.path()));
        if let Change::Move { to, .. } = change {
            paths.push(text(to));
        }
    }
    paths
}

/// A hash as it is shown.
fn shown(bytes: &[u8]) -> String {
    hash::hex(&hash::content_hash(bytes))
}

/// A refusal, for an item.
fn no(path: &str, refusal: &Refused) -> EngineError {
    refused(path, refusal)
}

/// A write that was cut off, as people are told of it.
fn cut_off_view(told: CutOff) -> CutOffView {
    let of = |wanted: Fate| {
        let files = told.files.iter().filter(|(_, fate)| *fate == wanted);
        let mut paths: Vec<String> = files.map(|(path, _)| path.clone()).collect();
        paths.sort();
        paths
    };
    CutOffView {
        done: of(Fate::Done),
        untouched: of(Fate::Untouched),
        changed: of(Fate::Other),
        ending: told.ending.as_str().to_owned(),
        what: view::brief(&told.what),
        at: told.at,
    }
}
