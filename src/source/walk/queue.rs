//! Folders to list, shared by the threads of one walk.
//! Gets the folders to begin with, and those found on the way; gives each to one thread.
//! Never: bounds them; the newest goes first, so few wait at a time.

use std::sync::{Condvar, Mutex, MutexGuard};

pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    waiting: Vec<T>,
    /// Given out and not yet done: these may still bring more.
    open: usize,
}

impl<T> Queue<T> {
    pub(crate) fn new(waiting: Vec<T>) -> Self {
        Self {
            state: Mutex::new(State { waiting, open: 0 }),
            changed: Condvar::new(),
        }
    }

    /// The next one, which must be reported by [`Self::done`]; `None` when nothing more can come.
    pub(crate) fn next(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.waiting.pop() {
                state.open += 1;
                return Some(task);
            }
            if state.open == 0 {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .expect("because nobody panics with the lock");
        }
    }

    /// One is done, and brought these.
    pub(crate) fn done(&self, more: Vec<T>) {
        let mut state = self.lock();
        state.open -= 1;
        let is_end = state.open == 0 && state.waiting.is_empty() && more.is_empty();
        if is_end || !more.is_empty() {
            self.changed.notify_all();
        }
        state.waiting.extend(more);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state
            .lock()
            .expect("because nobody panics with the lock")
    }
}
