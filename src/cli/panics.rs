//! Panics become failures: a message, a place, exit code 70.
//! Gets closures. Gives their results. Never: hides where it happened.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use crate::base::env;
use crate::cli::error::{Failure, Stop};
use crate::engine::Class;

/// What the last panic said, with its place.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps panics from printing by themselves, unless a backtrace is wanted.
pub(crate) fn keep_quiet() {
    let loud = env::backtrace();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let text = info.payload_as_str().unwrap_or("no message");
        let place = info
            .location()
            .map(|place| format!(" at {place}"))
            .unwrap_or_default();
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{text}{place}"));
        if loud {
            usual(info);
        }
    }));
}

/// Runs `work`; its panic is a failure.
pub(crate) fn catch<T>(work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
    // What the closure touched is only used to print the failure.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let cause = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
        let failure = Failure::new(
            Class::Bug,
            "bug",
            "this is a fault of kanban, not of your files",
        );
        let failure = failure
            .cause(cause.unwrap_or_else(|| "panic".to_owned()))
            .hint("please report it, with what `RUST_BACKTRACE=1` adds to this message");
        Err(failure.into())
    })
}
