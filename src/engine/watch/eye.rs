//! How a watcher learns of changes: by the system's events, or by looking again and again.
//!
//! Gets folders as a scan enters them. Gives hints, and where events cannot do, the reason.
//! Never: looks at files.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::base::fault;
use crate::engine::Engine;
use crate::engine::watch::home::Home;
use crate::source::filesystem;
use crate::source::repo::Kind;
use crate::source::watch::{Event, Hint, Refused, Role, Watcher};

const TOO_MANY: &str = "the system lets nobody watch so many folders (fs.inotify.max_user_watches)";

/// One of the two ways.
pub(super) enum Eye {
    Native(Native),
    /// Events cannot do; the reason.
    Polling(String),
}

pub(super) struct Native {
    watcher: Watcher,
    /// Why not every folder could be watched.
    refused: Mutex<Option<String>>,
}

impl Eye {
    /// Events, where the system and the place allow it. `hand_on` gets them, until it says no.
    pub(super) fn open(root: &Path, hand_on: impl Fn(Vec<Event>) -> bool + Send + 'static) -> Self {
        if let Some(kind) = filesystem::remote(root) {
            return Self::Polling(format!(
                "{} is on {kind}, which does not tell what others change",
                root.display()
            ));
        }
        match Watcher::start(hand_on) {
            Ok(watcher) => Self::Native(Native {
                watcher,
                refused: Mutex::default(),
            }),
            Err(error) => Self::Polling(error.to_string()),
        }
    }

    pub(super) fn mode(&self) -> &'static str {
        match self {
            Self::Native(_) => "native",
            Self::Polling(_) => "polling",
        }
    }

    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::Native(_) => None,
            Self::Polling(reason) => Some(reason.clone()),
        }
    }

    pub(super) fn folders(&self) -> u64 {
        match self {
            Self::Native(native) => native.watcher.folders() as u64,
            Self::Polling(_) => 0,
        }
    }

    /// Before a scan: what stands around the items is watched anew.
    pub(super) fn begin(&self, engine: &Engine, home: &Home, tickets: &Path) {
        let Self::Native(native) = self else {
            return;
        };
        native.watcher.begin();
        *native.lock() = None;
        for folder in [&*home.requests(), tickets] {
            native.add(folder, Role::Requests);
        }
        let place = engine.origin.place();
        if let (Some(git_dir), Some(common_dir)) = (place.git_dir(), place.common_dir()) {
            for folder in [
                git_dir,
                common_dir,
                &git_dir.join("logs"),
                &common_dir.join("info"),
                &common_dir.join("reftable"),
            ] {
                native.add(folder, Role::Git);
            }
        }
        if let Kind::Bare { git_dir } = &place.kind {
            let branch = std::fs::read_to_string(git_dir.join("HEAD")).unwrap_or_default();
            let branch = branch.strip_prefix("ref:").unwrap_or_default().trim();
            let mut folder = git_dir.join(branch);
            // A branch may come into being with the folders that its name asks for.
            while folder.pop() && folder.starts_with(git_dir) && folder != *git_dir {
                native.add(&folder, Role::Refs);
            }
        }
    }

    /// A scan enters a folder.
    pub(super) fn enter(&self, folder: &Path) {
        if let Self::Native(native) = self {
            native.add(folder, Role::Items);
        }
    }

    /// After a scan: folders that it did not enter are forgotten. Gives the reason where events
    /// cannot do.
    pub(super) fn end(&self) -> Option<String> {
        let Self::Native(native) = self else {
            return None;
        };
        native.watcher.forget_unseen();
        native.lock().take()
    }

    /// Watches the folder of the cookies; false where that is not possible.
    pub(super) fn watch_cookies(&self, home: &Home) -> bool {
        match self {
            Self::Native(native) => native.watcher.add(&home.cookies(), Role::Cookies).is_ok(),
            Self::Polling(_) => false,
        }
    }

    pub(super) fn meaning(&self, event: &Event, engine: &Engine) -> Hint {
        match self {
            Self::Native(native) => native
                .watcher
                .meaning(event, &|name| engine.presets().wants_file(name)),
            // Of a watcher that was given up.
            Self::Polling(_) => Hint::Nothing,
        }
    }
}

impl Native {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, folder: &Path, role: Role) {
        let result = match fault::point("watch.add") {
            Ok(()) => self.watcher.add(folder, role),
            Err(error) => Err(Refused::Other(error)),
        };
        let reason = match result {
            // What is gone, or closed to us, the scan tells of.
            Ok(()) | Err(Refused::Folder) => return,
            Err(Refused::TooMany) => TOO_MANY.to_owned(),
            Err(Refused::Other(error)) => {
                format!("{} cannot be watched: {error}", folder.display())
            }
        };
        self.lock().get_or_insert(reason);
    }
}
