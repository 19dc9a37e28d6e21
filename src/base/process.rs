//! The process itself.
//! Never: ends it, or starts another.

/// Leaves the terminal and its signals to who started us: an interrupt that is meant for git must not
/// end a refresh that git's hook has begun. Where that is not possible (the process leads a group
/// already), nothing happens.
#[cfg(unix)]
pub(crate) fn detach() {
    let _ = rustix::process::setsid();
}

/// Elsewhere a process started in the background has no terminal.
#[cfg(not(unix))]
pub(crate) fn detach() {}
