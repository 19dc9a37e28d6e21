//! What the engine tells of long work while it goes on.

/// A step of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Waiting for another process that is writing.
    Wait,
    Scan,
    /// Reading, parsing and projecting `total` files.
    Project {
        total: u64,
    },
    /// Resolving links and finding problems across items.
    Resolve,
    /// Finishing the tables and the search index.
    Finish,
    /// Comparing two generations.
    Compare,
}

/// Somebody who shows progress; called from the thread that works.
pub(crate) trait Progress {
    /// A new step begins.
    fn step(&self, step: Step);
    /// So many files of the step are done.
    fn done(&self, count: u64);
}
