//! Every environment variable that we read, and the only place that reads one.
//! Gets the environment of the process; gives owned values. An empty variable counts as unset.
//! Never: sets a variable.

use std::ffi::OsString;
use std::path::PathBuf;

/// Parent folder of all caches, in place of the git dir; each work tree gets a folder in it.
pub(crate) const CACHE_DIR: &str = "KANBAN_CACHE_DIR";
/// Fixed time for tests and reproducible output: RFC 3339, or nanoseconds since the epoch.
pub(crate) const NOW: &str = "KANBAN_NOW";
/// Fault points that shall strike, for crash tests: see `base::fault`.
pub(crate) const FAULT: &str = "KANBAN_FAULT";
/// What is logged to stderr, in the syntax of `tracing_subscriber::EnvFilter`.
pub(crate) const LOG: &str = "KANBAN_LOG";
/// Milliseconds from one look of a polling watcher to the next.
pub(crate) const POLL_MS: &str = "KANBAN_POLL_MS";
/// So many folders a watcher may watch at most, for tests of what happens behind the system's limit.
pub(crate) const MOST_WATCHES: &str = "KANBAN_MOST_WATCHES";
/// Whether questions are asked and answered by a pipe, for tests of what a person is asked.
pub(crate) const ASK: &str = "KANBAN_ASK";
/// Who writes, for log lines.
pub(crate) const AUTHOR: &str = "KANBAN_AUTHOR";
/// The model that writes, for log lines.
pub(crate) const MODEL: &str = "KANBAN_MODEL";
/// Address of the Postgres server of the shared cache.
pub(crate) const POSTGRES_URL: &str = "KANBAN_POSTGRES_URL";
/// A file of mode 0600 that holds it.
pub(crate) const POSTGRES_URL_FILE: &str = "KANBAN_POSTGRES_URL_FILE";
/// Milliseconds after which a server that does not answer is offline, for tests.
pub(crate) const PATIENCE_MS: &str = "KANBAN_PATIENCE_MS";
/// Width of the terminal, where it is not what the system says.
pub(crate) const COLUMNS: &str = "COLUMNS";
/// The locale, the first that is set: names the character set of the terminal.
pub(crate) const LOCALE: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
/// Whether a panic prints where it came from, as in every Rust program.
pub(crate) const BACKTRACE: &str = "RUST_BACKTRACE";
/// The git dir, where the caller (git itself, running a hook) has settled it.
pub(crate) const GIT_DIR: &str = "GIT_DIR";
/// The root of the work tree; holds only together with `GIT_DIR`.
pub(crate) const GIT_WORK_TREE: &str = "GIT_WORK_TREE";
/// Folders at and above which no repository is looked for, as git has it.
pub(crate) const GIT_CEILING_DIRECTORIES: &str = "GIT_CEILING_DIRECTORIES";

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place where variables are read"
)]
fn read(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Like [`read`]; bytes that are not UTF-8 become U+FFFD.
fn text(name: &str) -> Option<String> {
    read(name).map(|value| value.to_string_lossy().into_owned())
}

/// [`CACHE_DIR`].
pub(crate) fn cache_dir() -> Option<PathBuf> {
    read(CACHE_DIR).map(PathBuf::from)
}

/// [`NOW`], as written.
pub(crate) fn now() -> Option<String> {
    text(NOW)
}

/// [`FAULT`], as written.
pub(crate) fn fault() -> Option<String> {
    text(FAULT)
}

/// [`LOG`], as written.
pub(crate) fn log() -> Option<String> {
    text(LOG)
}

/// [`POLL_MS`], where it is a number.
pub(crate) fn poll_ms() -> Option<u64> {
    text(POLL_MS).and_then(|value| value.parse().ok())
}

/// [`MOST_WATCHES`], where it is a number.
pub(crate) fn most_watches() -> Option<usize> {
    text(MOST_WATCHES).and_then(|value| value.parse().ok())
}

/// [`POSTGRES_URL`].
pub(crate) fn postgres_url() -> Option<String> {
    text(POSTGRES_URL)
}

/// [`POSTGRES_URL_FILE`].
pub(crate) fn postgres_url_file() -> Option<PathBuf> {
    read(POSTGRES_URL_FILE).map(PathBuf::from)
}

/// [`PATIENCE_MS`], where it is a number.
pub(crate) fn patience_ms() -> Option<u64> {
    text(PATIENCE_MS).and_then(|value| value.parse().ok())
}

/// Whether [`ASK`] is set.
pub(crate) fn asks() -> bool {
    read(ASK).is_some()
}

/// [`AUTHOR`], as written.
pub(crate) fn author() -> Option<String> {
    text(AUTHOR)
}

/// [`MODEL`], as written.
pub(crate) fn model() -> Option<String> {
    text(MODEL)
}

/// [`COLUMNS`], as written.
pub(crate) fn columns() -> Option<String> {
    text(COLUMNS)
}

/// [`LOCALE`], as written.
pub(crate) fn locale() -> Option<String> {
    LOCALE.into_iter().find_map(text)
}

/// Whether [`BACKTRACE`] is set to anything but 0.
pub(crate) fn backtrace() -> bool {
    text(BACKTRACE).is_some_and(|value| value != "0")
}

/// [`GIT_DIR`].
pub(crate) fn git_dir() -> Option<PathBuf> {
    read(GIT_DIR).map(PathBuf::from)
}

/// [`GIT_WORK_TREE`].
pub(crate) fn git_work_tree() -> Option<PathBuf> {
    read(GIT_WORK_TREE).map(PathBuf::from)
}

/// The absolute paths of [`GIT_CEILING_DIRECTORIES`].
pub(crate) fn git_ceilings() -> Vec<PathBuf> {
    read(GIT_CEILING_DIRECTORIES)
        .map(|list| {
            std::env::split_paths(&list)
                .filter(|path| path.is_absolute())
                .collect()
        })
        .unwrap_or_default()
}

/// What this machine calls itself; empty where it does not tell.
pub(crate) fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// The absolute path of this program; none where the system cannot tell.
pub(crate) fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// The names of all variables that git reads, so that a git of ours need not inherit them.
pub(crate) fn git_names() -> Vec<OsString> {
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| name.to_string_lossy().starts_with("GIT_"))
        .collect()
}
