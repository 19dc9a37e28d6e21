//! One branch, published: the outbox brought up to its tip, and what is due delivered.
//!
//! ```text
//! publish cache at the tip -> change log -> outbox and cursor, one transaction       (works offline)
//! how the line stands -> may we? -> rows changed by others -> what is due, batch by batch
//! ```
//!
//! Dying anywhere loses nothing: an entry is synced only after the server has said so, and a batch that was
//! delivered twice is delivered once. Never: lets an item that is refused hold another.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use std::time::Instant;

use crate::base::{clock, fault};
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::Progress;
use crate::engine::sharing::address::from_postgres;
use crate::engine::sharing::branch::Branch;
use crate::engine::sharing::log;
use crate::engine::snapshot::Snapshot;
use crate::model::sharing::{Line, LineState, Person, SharedItem};
use crate::privacy;
use crate::stores::postgres::{Answer, Batch, EDITED, Gone, Server};
use crate::stores::sqlite::{Change, Feed, PROJECTION_VERSION, deleted};
use crate::stores::state::{Cursor, Delivery, Due, Enqueued, Shown, State, StateError};
use crate::sync::ancestry::Kinship;
use crate::sync::backoff;

/// Versions of the rows: of the projection, and of what redaction finds.
pub(super) const RULES: i64 = PROJECTION_VERSION as i64 * 1_000 + privacy::VERSION as i64;
/// A first load goes in larger batches.
const LARGE_BATCH: usize = 1_000;
const LARGE_BYTES: usize = 8 << 20;
/// So often another publisher may come first before we wait for the next turn.
const RACES: usize = 50;

/// What is wanted of a publication.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wish {
    /// Compare everything, also what is known to be there.
    pub full: bool,
    /// Publish though the branch and what is shown have parted.
    pub take_over: bool,
    /// Publish that there are no items any more.
    pub allow_empty: bool,
    /// Believe no row that is there, and make all of them anew.
    pub anew: bool,
}

/// How a publication of one branch ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Published {
    /// As in `state.db`: `level`, `partly`, `diverged`, `held`, `newer`, `busy`.
    pub standing: &'static str,
    pub reason: String,
    pub enqueued: u64,
    pub written: u64,
    pub removed: u64,
    pub refused: u64,
    /// How often another publisher came first.
    pub moved: u64,
    /// Paths at which the server showed something else than was delivered.
    pub overwritten: Vec<String>,
    /// Every path that was delivered.
    pub paths: Vec<String>,
    /// Others have forgotten people that we would publish: nothing goes before the cache is made anew.
    pub has_learned: bool,
}

pub(super) fn from_state(error: &StateError) -> EngineError {
    EngineError::environment("state", error.to_string())
        .hint("`kanban doctor` tells more of state.db; without it, everything is compared anew")
}

fn now_ms() -> i64 {
    clock::now_ns() / 1_000_000
}

/// A publish cache at the tip of a branch.
pub(super) struct Prepared {
    pub snapshot: Rc<Snapshot>,
    pub enqueued: u64,
}

impl Engine {
    /// Brings the publish cache and the outbox up to the tip. `self` is the engine of the publish cache.
    pub(super) fn prepare(
        &self,
        state: &mut State,
        line: &Line,
        commit: &str,
        urgent: impl Fn(&Snapshot) -> Result<Vec<String>, EngineError>,
        progress: &dyn Progress,
    ) -> Result<Prepared, EngineError> {
        let snapshot = self.snapshot(true, progress)?;
        let stamps = snapshot.generation.stamps();
        let stamps = stamps.map_err(|error| EngineError::sqlite(&error))?;
        let feed = stamps.feed().map_err(|error| EngineError::sqlite(&error))?;
        let fail = |error| EngineError::sqlite(&error);
        let now = Cursor {
            cache: feed.cache().map_err(fail)?,
            generation: feed.generation().map_err(fail)?,
            commit: commit.to_owned(),
        };
        let known = state.line(line).map_err(|error| from_state(&error))?;
        let before = known.map(|known| known.cursor).unwrap_or_default();
        let mut wanted: BTreeMap<String, Option<String>> = BTreeMap::new();
        match touched(&feed, &before.cache, before.generation)? {
            Some(paths) => {
                for path in paths {
                    let shared = feed.shared(&path).map_err(fail)?;
                    wanted.insert(path, shared.map(|(_, hash)| hash));
                }
            }
            // Another cache than the one that the cursor is of: everything is held against what we know.
            None => {
                let all = state.wanted(line).map_err(|error| from_state(&error))?;
                wanted.extend(all.into_keys().map(|path| (path, None)));
                feed.each_shared(|item, hash| {
                    wanted.insert(item.path, Some(hash));
                })
                .map_err(fail)?;
            }
        }
        drop(feed);
        let urgent = match wanted.is_empty() {
            true => Vec::new(),
            false => urgent(&snapshot)?,
        };
        let entries: Vec<Enqueued> = wanted
            .into_iter()
            .map(|(path, row_hash)| Enqueued {
                urgent: urgent.binary_search(&path).is_ok(),
                path,
                row_hash,
            })
            .collect();
        fault::point("sync.before-enqueue").map_err(|error| EngineError::fault(&error))?;
        let mut enqueued = 0;
        if now != before {
            enqueued = state
                .enqueue(line, &entries, &now, now_ms())
                .map_err(|error| from_state(&error))?;
        }
        Ok(Prepared {
            snapshot: Rc::new(snapshot),
            enqueued,
        })
    }
}

/// The paths of items that the generations of a cache after that one touched; nothing where it is another
/// cache, or its log does not reach back.
pub(super) fn touched(
    feed: &Feed<'_>,
    cache: &str,
    generation: u64,
) -> Result<Option<BTreeSet<String>>, EngineError> {
    let fail = |error| EngineError::sqlite(&error);
    if feed.cache().map_err(fail)? != cache
        || feed.generation().map_err(fail)? < generation
        || feed.log_from().map_err(fail)? > generation
    {
        return Ok(None);
    }
    let mut paths = BTreeSet::new();
    for logged in feed.since(generation).map_err(fail)? {
        if let Change::Moved = logged.change
            && let Some(old) = logged.old_path
        {
            paths.insert(old);
        }
        paths.insert(logged.path);
    }
    Ok(Some(paths))
}

/// A delivery on its way.
pub(super) struct Delivering<'a> {
    /// Of the work tree, to ask git.
    pub engine: &'a Engine,
    pub prepared: &'a Prepared,
    pub state: &'a mut State,
    pub server: &'a mut Server,
    pub line: &'a Line,
    pub branch: &'a Branch,
    pub publisher: &'a str,
    pub batch: usize,
    pub wish: Wish,
}

impl Delivering<'_> {
    /// Delivers what is due. Gives how it ended, also where nothing may be delivered.
    pub(super) async fn run(&mut self) -> Result<Published, EngineError> {
        let mut done = Published {
            standing: "busy",
            reason: "others are publishing all the time".to_owned(),
            enqueued: self.prepared.enqueued,
            ..Published::default()
        };
        let made = self.server.expect_steps().await;
        made.map_err(|error| from_postgres(&error))?;
        let mut wants_full = self.wish.full || self.wish.anew;
        let mut distrusts = self.wish.anew;
        for _ in 0..RACES {
            let known = self.state.line(self.line);
            let known = known.map_err(|error| from_state(&error))?;
            let known = known.map(|known| (known.version, known.seal));
            let (known, seal) = known.unwrap_or_default();
            let shown = self.server.line(self.line, known).await;
            let (shown, seal_there) = shown.map_err(|error| from_postgres(&error))?;
            // Another name for what we know, or none: the server was set back, or somebody changed rows.
            let after = match seal_there.is_some_and(|there| there == seal) {
                true => known,
                false => 0,
            };
            if self.learn().await? {
                done.has_learned = true;
                return Ok(done);
            }
            let kinship = self.kinship(&shown)?;
            if let Some((standing, reason)) = self.obstacle(&shown, kinship)? {
                if standing == "level" {
                    self.state
                        .supersede(self.line)
                        .map_err(|error| from_state(&error))?;
                }
                (done.standing, done.reason) = (standing, reason);
                return Ok(done);
            }
            if std::mem::take(&mut distrusts) {
                // Who dies behind this has told everybody to deliver the rows anew.
                let distrusted = self.server.distrust(self.line).await;
                distrusted.map_err(|error| from_postgres(&error))?;
                continue;
            }
            // Rows of another history: what is known of them says little.
            let follows = matches!(kinship, None | Some(Kinship::Same | Kinship::Ahead));
            let after = match wants_full || self.wish.take_over || !follows {
                true => 0,
                false => after,
            };
            self.compare(&shown, after, &mut done).await?;
            wants_full = false;
            if self.is_emptied()? {
                done.standing = "held";
                done.reason = "the branch has no items any more, and all that is shown would go; \
                               `sync now --allow-empty` publishes that"
                    .to_owned();
                return Ok(done);
            }
            if self.deliver(shown, kinship, &mut done).await? {
                let counts = self.state.counts(self.line);
                let counts = counts.map_err(|error| from_state(&error))?;
                (done.standing, done.reason) = match counts.pending + counts.failed {
                    0 => ("level", String::new()),
                    _ => (
                        "partly",
                        "some items were refused; `sync status --items` tells why".into(),
                    ),
                };
                return Ok(done);
            }
            done.moved += 1;
        }
        Ok(done)
    }

    /// Makes the list of who is forgotten one, here and on the server; true where it had others than we. It is
    /// read behind the version of the line: who forgets changes that, and then nothing of ours comes through.
    async fn learn(&mut self) -> Result<bool, EngineError> {
        let fail = |error| from_postgres(&error);
        let repository = &self.line.repository;
        let theirs = self.server.forgotten(repository).await.map_err(fail)?;
        let ours = self.state.forgotten().map_err(|error| from_state(&error))?;
        let lacks =
            |list: &[Person], one: &Person| !list.iter().any(|known| known.hash == one.hash);
        let untold: Vec<Person> = ours
            .iter()
            .filter(|one| lacks(&theirs, one))
            .cloned()
            .collect();
        if !untold.is_empty() {
            let gone = Gone {
                people: &untold,
                ..Gone::default()
            };
            let told = self.server.forget(repository, &gone).await;
            told.map_err(fail)?;
        }
        let news: Vec<Person> = theirs
            .into_iter()
            .filter(|one| !ours.contains(one))
            .collect();
        if !news.is_empty() {
            self.state
                .forget(&news, now_ms())
                .map_err(|error| from_state(&error))?;
        }
        Ok(!news.is_empty() || !untold.is_empty())
    }

    /// Takes in what others have published after that version; after 0 that is everything.
    async fn compare(
        &mut self,
        shown: &LineState,
        after: i64,
        done: &mut Published,
    ) -> Result<(), EngineError> {
        let is_full = after == 0;
        if !is_full && shown.version == after {
            return Ok(());
        }
        let rows = self.server.changed_after(self.line, after).await;
        let rows = rows.map_err(|error| from_postgres(&error))?;
        let rows: Vec<Shown> = rows
            .into_iter()
            .map(|(path, hash)| Shown {
                path,
                hash: Some(hash).filter(|hash| !hash.is_empty()),
            })
            .collect();
        let edited = rows
            .iter()
            .filter(|row| row.hash.as_deref() == Some(EDITED));
        let by_hand: HashSet<&str> = edited.map(|row| &*row.path).collect();
        let differed = self
            .state
            .reconcile(
                self.line,
                &rows,
                is_full,
                (shown.version, &shown.seal),
                now_ms(),
            )
            .map_err(|error| from_state(&error))?;
        // Where the same commit is shown, what differs was not made by a publisher.
        let is_same = shown.tip.as_deref() == Some(&*self.branch.commit) && shown.target.is_none();
        if !self.wish.anew {
            let differed = differed.into_iter();
            let by_others = differed.filter(|path| is_same || by_hand.contains(&**path));
            done.overwritten.extend(by_others);
        }
        Ok(())
    }

    /// Whether the branch has lost all its items, and the server has some.
    fn is_emptied(&self) -> Result<bool, EngineError> {
        let fail = |error| from_state(&error);
        if self.wish.allow_empty
            || !self.line.draft.is_empty()
            || self.state.wants_items(self.line).map_err(fail)?
        {
            return Ok(false);
        }
        Ok(self.state.counts(self.line).map_err(fail)?.pending > 0)
    }

    /// Delivers batch by batch; false where another publisher came first.
    async fn deliver(
        &mut self,
        shown: LineState,
        kinship: Option<Kinship>,
        done: &mut Published,
    ) -> Result<bool, EngineError> {
        let withdrawn = self.withdraws(&shown, kinship)?;
        let remote = match kinship {
            // The same commit may stand in a copy of the remote.
            Some(Kinship::Same) if !shown.remote.is_empty() => shown.remote.clone(),
            _ => Some(self.engine.remote_hash(self.branch)?)
                .filter(|ours| !ours.is_empty())
                .unwrap_or_else(|| shown.remote.clone()),
        };
        let mut version = shown.version;
        let mut is_level = shown.target.is_none()
            && shown.tip.as_deref() == Some(&*self.branch.commit)
            && shown.anchor.as_deref() == Some(&*self.branch.anchor);
        loop {
            let batch = self.next_batch()?;
            if batch.due.is_empty() && is_level {
                return Ok(true);
            }
            fault::point("sync.before-publish").map_err(|error| EngineError::fault(&error))?;
            let wanted = Batch {
                line: self.line,
                before: version,
                toward: &self.branch.commit,
                anchor: &self.branch.anchor,
                remote: &remote,
                withdrawn: &withdrawn,
                rules: RULES,
                publisher: self.publisher,
                items: &batch.items,
                gone: &batch.gone,
                finish: batch.is_last,
            };
            let started = Instant::now();
            let answer = self.server.publish(&wanted).await;
            let answer = answer.map_err(|error| from_postgres(&error))?;
            fault::point("sync.after-publish").map_err(|error| EngineError::fault(&error))?;
            let written = match answer {
                Answer::Moved => return Ok(false),
                Answer::Written(written) => written,
            };
            version = written.version;
            done.written += written.written;
            done.removed += written.removed;
            let deliveries = deliveries(&batch.due, &written.rejected);
            done.refused += deliveries
                .iter()
                .filter(|one| matches!(one, Delivery::Refused { .. }))
                .count() as u64;
            log::done("sync.batch", started, Ok(batch.due.len() as u64));
            for one in &deliveries {
                match one {
                    Delivery::Synced { path, .. } => log::item("sync.item", path, started, None),
                    Delivery::Refused { path, .. } => {
                        log::item("sync.item", path, started, Some("refused"));
                    }
                }
            }
            done.paths.extend(batch.due.into_iter().map(|due| due.path));
            self.state
                .delivered(self.line, &deliveries, (version, &written.seal), now_ms())
                .map_err(|error| from_state(&error))?;
            fault::point("sync.after-delivered").map_err(|error| EngineError::fault(&error))?;
            is_level = batch.is_last;
        }
    }

    /// The next batch.
    fn next_batch(&mut self) -> Result<Load, EngineError> {
        let fail = |error| from_state(&error);
        let longest = backoff::LONGEST_MS;
        let mut due = self
            .state
            .due(self.line, now_ms(), longest, LARGE_BATCH + 1)
            .map_err(fail)?;
        // Very many go in larger batches.
        let most = match due.len() > LARGE_BATCH {
            true => LARGE_BATCH.max(self.batch),
            false => self.batch,
        };
        let mut is_last = due.len() <= most;
        due.truncate(most);
        let stamps = self.prepared.snapshot.generation.stamps();
        let stamps = stamps.map_err(|error| EngineError::sqlite(&error))?;
        let feed = stamps.feed().map_err(|error| EngineError::sqlite(&error))?;
        let mut load = Load::default();
        let mut is_foreign = false;
        let mut bytes = 0;
        for (at, one) in due.iter().enumerate() {
            match &one.row_hash {
                None => load.gone.push(one.path.clone()),
                Some(wanted) => {
                    let found = feed.shared(&one.path);
                    match found.map_err(|error| EngineError::sqlite(&error))? {
                        Some((item, hash)) if hash == *wanted => {
                            bytes += item.body.len() + item.words.len();
                            load.items.push((item, hash));
                        }
                        _ if deleted(&one.path).1 == *wanted => load.items.push(deleted(&one.path)),
                        _ => {
                            is_foreign = true;
                            continue;
                        }
                    }
                }
            }
            load.due.push(one.clone());
            if bytes > LARGE_BYTES && at + 1 < due.len() {
                is_last = false;
                break;
            }
        }
        load.is_last = is_last || load.due.is_empty();
        if is_foreign {
            // Something was enqueued of another cache than this one: the next turn compares everything.
            self.state
                .enqueue(self.line, &[], &Cursor::default(), now_ms())
                .map_err(fail)?;
        }
        Ok(load)
    }
}

#[derive(Default)]
struct Load {
    due: Vec<Due>,
    items: Vec<(SharedItem, String)>,
    gone: Vec<String>,
    is_last: bool,
}

/// What is to be noted of a batch.
fn deliveries(due: &[Due], rejected: &[(String, String)]) -> Vec<Delivery> {
    let ended = due.iter().map(|one| {
        let refusal = rejected.iter().find(|(path, _)| *path == one.path);
        match refusal {
            None => Delivery::Synced {
                path: one.path.clone(),
                row_hash: one.row_hash.clone(),
            },
            Some((_, code)) => Delivery::Refused {
                path: one.path.clone(),
                error: format!("the server cannot hold it (SQLSTATE {code})"),
                next_try_ms: backoff::next_try_ms(now_ms(), one.attempts + 1, chance()),
            },
        }
    });
    ended.collect()
}

/// A number of 0 to 1.
pub(super) fn chance() -> f64 {
    let random = crate::stores::generation::random();
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whether a later attempt may well succeed.
pub(super) fn is_offline(error: &EngineError) -> bool {
    error.code == "server-offline"
}
