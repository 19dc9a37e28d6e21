//! Linux: one inotify instance for all folders, so that its events are in order.
//!
//! A thread reads and hands on, so that the queue of the system never waits for us. Our own looks
//! raise no event: opening and reading are not asked for.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use crate::base::{env, fault};
use crate::source::watch::{Hint, Refused, Role};

/// Room for some hundred events; more come with the next read.
const BUFFER: usize = 32 << 10;

/// One event of the system, as it is.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    watch: i32,
    flags: ReadFlags,
    name: OsString,
}

/// All watches of one place.
pub(crate) struct Watcher {
    handle: Arc<OwnedFd>,
    ended: Arc<AtomicBool>,
    state: Mutex<State>,
    most: usize,
}

#[derive(Default)]
struct State {
    watches: HashMap<i32, Watched>,
    round: u64,
}

struct Watched {
    role: Role,
    /// As it was when somebody last asked for it.
    folder: PathBuf,
    /// The last round in which somebody asked for it.
    round: u64,
}

impl Watcher {
    /// Begins to watch nothing. `hand_on` is called from a thread with every batch of events, until
    /// it says that nobody listens any more.
    pub(crate) fn start(hand_on: impl Fn(Vec<Event>) -> bool + Send + 'static) -> io::Result<Self> {
        let handle = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let ended = Arc::new(AtomicBool::new(false));
        let (reads, ends) = (Arc::clone(&handle), Arc::clone(&ended));
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || read(&reads, &ends, &hand_on))?;
        Ok(Self {
            handle,
            ended,
            state: Mutex::default(),
            most: env::most_watches().unwrap_or(usize::MAX),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a folder, or goes on watching it; a folder has one role only.
    pub(crate) fn add(&self, folder: &Path, role: Role) -> Result<(), Refused> {
        // Held over the call, so that no event of the new watch is looked up before it is known.
        let mut state = self.state();
        let watch = match inotify::add_watch(&*self.handle, folder, flags(role)) {
            Ok(watch) => watch,
            Err(Errno::NOSPC) => return Err(Refused::TooMany),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => {
                return Err(Refused::Folder);
            }
            Err(error) => return Err(Refused::Other(error.into())),
        };
        let round = state.round;
        let watched = Watched {
            role,
            folder: folder.to_owned(),
            round,
        };
        state.watches.insert(watch, watched);
        if state.watches.len() > self.most {
            return Err(Refused::TooMany);
        }
        Ok(())
    }

    /// A new round begins: what is not added in it can be forgotten at its end.
    pub(crate) fn begin(&self) {
        self.state().round += 1;
    }

    /// Watches no longer what was not added in this round.
    pub(crate) fn forget_unseen(&self) {
        let mut state = self.state();
        let round = state.round;
        state.watches.retain(|watch, watched| {
            let stays = watched.round == round;
            if !stays {
                // It may be gone already.
                let _ = inotify::remove_watch(&*self.handle, *watch);
            }
            stays
        });
    }

    /// How many folders are watched.
    pub(crate) fn folders(&self) -> usize {
        self.state().watches.len()
    }

    /// What an event means; `wants` says whether a file of that name may be an item.
    pub(crate) fn meaning(&self, event: &Event, wants: &dyn Fn(&str) -> bool) -> Hint {
        if event.flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            return Hint::Lost;
        }
        let mut state = self.state();
        // Else of a watch that was given up.
        let Some(watched) = state.watches.get(&event.watch) else {
            return Hint::Nothing;
        };
        let role = watched.role;
        if event.flags.contains(ReadFlags::UNMOUNT) {
            return Hint::Setup;
        }
        let gone = ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::IGNORED;
        if event.flags.intersects(gone) {
            if event.flags.contains(ReadFlags::IGNORED) {
                state.watches.remove(&event.watch);
            }
            // Which one it was, the next look tells.
            return Hint::Setup;
        }
        let name = event.name.to_string_lossy();
        match role {
            Role::Items => match items(&name, event.flags, wants) {
                Some(hint) => hint,
                None => Hint::File(watched.folder.join(&event.name)),
            },
            Role::Git => match &*name {
                "HEAD" | "index" | "packed-refs" | "config" | "config.worktree" | "exclude"
                | "commondir" | "kanban" | "tables.list" => Hint::Setup,
                _ => Hint::Nothing,
            },
            Role::Refs if name.ends_with(".lock") => Hint::Nothing,
            Role::Refs => Hint::Setup,
            Role::Cookies => Hint::Cookie(name.into_owned()),
            Role::Requests => Hint::Request,
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // The end of a watch is an event, which wakes the thread; it sees that it is over.
        if let Ok(watch) = inotify::add_watch(&*self.handle, "/", WatchFlags::DELETE_SELF) {
            let _ = inotify::remove_watch(&*self.handle, watch);
        }
    }
}

/// What an event in a folder of items means; none for one about a file that may be an item.
fn items(name: &str, flags: ReadFlags, wants: &dyn Fn(&str) -> bool) -> Option<Hint> {
    Some(match name {
        "kanban.toml" | ".git" => Hint::Setup,
        // The folder itself, or a folder in it.
        "" => Hint::Files,
        _ if flags.contains(ReadFlags::ISDIR) => Hint::Files,
        // The second one where a folder is or was a repository of its own.
        ".gitignore" | "HEAD" => Hint::Files,
        _ if wants(name) => return None,
        _ => Hint::Nothing,
    })
}

fn flags(role: Role) -> WatchFlags {
    let folder = WatchFlags::ONLYDIR | WatchFlags::DONT_FOLLOW | WatchFlags::EXCL_UNLINK;
    let gone = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    let names = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
    let bytes = WatchFlags::MODIFY | WatchFlags::CLOSE_WRITE;
    folder
        | gone
        | match role {
            Role::Items => names | bytes | WatchFlags::ATTRIB,
            Role::Git | Role::Refs => names | bytes,
            // What we answer by renaming and removing wakes nobody.
            Role::Cookies | Role::Requests => WatchFlags::CREATE,
        }
}

/// Reads until the watcher is dropped or nobody listens.
fn read(handle: &OwnedFd, ended: &AtomicBool, hand_on: &dyn Fn(Vec<Event>) -> bool) {
    let mut buffer = vec![MaybeUninit::uninit(); BUFFER];
    let mut reader = inotify::Reader::new(handle, &mut buffer);
    let mut batch = Vec::new();
    loop {
        match reader.next() {
            Ok(event) => batch.push(Event {
                watch: event.wd(),
                flags: event.events(),
                name: event
                    .file_name()
                    .map(|name| OsString::from_vec(name.to_bytes().to_vec()))
                    .unwrap_or_default(),
            }),
            Err(Errno::INTR) => continue,
            Err(error) => {
                tracing::warn!(%error, "inotify ended");
                return;
            }
        }
        if ended.load(Ordering::SeqCst) {
            return;
        }
        if reader.is_buffer_empty() {
            if fault::point("watch.overflow").is_err() {
                // As if the queue had been full.
                batch.truncate(1);
                batch[0].flags = ReadFlags::QUEUE_OVERFLOW;
            }
            if !hand_on(std::mem::take(&mut batch)) {
                return;
            }
        }
    }
}
