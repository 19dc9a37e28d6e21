//! The process itself.
//! The run of the system that it belongs to.
//! Never: ends it, or starts another.

/// Names the present run of the system; another after every restart. Nothing where the system does
/// not tell.
pub(crate) fn boot() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}

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

/// The calling thread, and those that it starts, let all others go first.
#[cfg(target_os = "linux")]
pub(crate) fn step_back() {
    // Refused only where it has been limited already.
    let _ = rustix::process::nice(10);
}

/// Elsewhere this would be about the whole process.
#[cfg(not(target_os = "linux"))]
pub(crate) fn step_back() {}
