//! What can change without an event: time by a sleep of the machine, what is mounted, and the files
//! outside the place by which git ignores.
//! Gets a place. Gives a verdict, by comparison with the last time. Never: says what changed.

use std::path::PathBuf;
use std::time::Instant;

use crate::base::clock;
use crate::engine::Engine;
use crate::model::file::Stamp;
use crate::source::{filesystem, ignore, stamp};

/// A wall clock that goes on by this much more than ours has jumped: nanoseconds.
const JUMP: i64 = 2_000_000_000;

pub(super) struct Around {
    clocks: (Instant, i64),
    mounts: Vec<u8>,
    outside: Vec<(PathBuf, Option<Stamp>)>,
}

impl Around {
    pub(super) fn of(engine: &Engine) -> Self {
        let files = ignore::outside(engine.origin.place());
        Self {
            clocks: clocks(),
            mounts: filesystem::mounts(),
            outside: files
                .into_iter()
                .map(|path| {
                    let seen = stamp::of(&path);
                    (path, seen)
                })
                .collect(),
        }
    }

    /// Whether anything is not as it was. From now on, this is how it was.
    pub(super) fn has_changed(&mut self) -> bool {
        let (then, now) = (self.clocks, clocks());
        self.clocks = now;
        let ours = i64::try_from((now.0 - then.0).as_nanos()).unwrap_or(i64::MAX);
        let jumped = (now.1 - then.1 - ours).abs() > JUMP;
        let mounts = filesystem::mounts();
        let mounted = mounts != self.mounts;
        self.mounts = mounts;
        let mut changed = jumped || mounted;
        for (path, known) in &mut self.outside {
            let seen = stamp::of(path);
            changed |= seen != *known;
            *known = seen;
        }
        changed
    }
}

fn clocks() -> (Instant, i64) {
    (Instant::now(), clock::system_ns())
}
