//! What can change without an event: time by a sleep of the machine, what is mounted, the files outside
//! the place by which git ignores, and HEAD, where its branch is written without a log.
//! Gets a place. Gives a verdict, by comparison with the last time. Never: says what changed.

use std::path::PathBuf;
use std::time::Instant;

use crate::base::clock;
use crate::engine::Engine;
use crate::model::file::Stamp;
use crate::source::repo::Place;
use crate::source::{filesystem, head, ignore, stamp};

/// A wall clock that goes on by this much more than ours has jumped: nanoseconds.
const JUMP: i64 = 2_000_000_000;

/// The clock that stops while the machine sleeps, and wall time in nanoseconds.
type Clocks = (Instant, i64);

pub(super) struct Around {
    clocks: Clocks,
    mounts: Vec<u8>,
    head: Option<String>,
    outside: Vec<(PathBuf, Option<Stamp>)>,
}

impl Around {
    pub(super) fn of(engine: &Engine) -> Self {
        let files = ignore::outside(engine.origin.place());
        Self {
            clocks: clocks(),
            mounts: filesystem::mounts(),
            head: engine.origin.head(),
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
    pub(super) fn has_changed(&mut self, place: &Place) -> bool {
        let now = clocks();
        let jumped = has_jumped(self.clocks, now);
        self.clocks = now;
        let mounts = filesystem::mounts();
        let mounted = mounts != self.mounts;
        self.mounts = mounts;
        // Where it cannot be read, the look says so.
        let head = head::head(place).unwrap_or_default();
        let moved = head != self.head;
        self.head = head;
        let mut changed = jumped || mounted || moved;
        for (path, known) in &mut self.outside {
            let seen = stamp::of(path);
            changed |= seen != *known;
            *known = seen;
        }
        changed
    }
}

fn clocks() -> Clocks {
    (Instant::now(), clock::system_ns())
}

/// Whether the machine has slept, or somebody has set the clock.
fn has_jumped(then: Clocks, now: Clocks) -> bool {
    let ours = i64::try_from((now.0 - then.0).as_nanos()).unwrap_or(i64::MAX);
    let wall = now.1.saturating_sub(then.1);
    wall.saturating_sub(ours).saturating_abs() > JUMP
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_sleep_and_a_set_clock_are_jumps() {
        const SECOND: i64 = 1_000_000_000;
        let then = (Instant::now(), 5 * SECOND);
        let after = |ours: u64, wall: i64| {
            let now = (then.0 + Duration::from_secs(ours), then.1 + wall * SECOND);
            has_jumped(then, now)
        };
        assert!(!after(0, 0));
        assert!(!after(300, 300), "a long wait");
        assert!(!after(15, 16), "a clock that is corrected slowly");
        assert!(after(15, 3_600), "a sleep");
        assert!(after(15, -3_600), "a clock set back");
        assert!(has_jumped(then, (then.0, i64::MIN)), "no overflow");
        assert!(has_jumped(then, (then.0, i64::MAX)), "no overflow");
    }
}
