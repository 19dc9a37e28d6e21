//! What `doctor` tells of watching: who does, whether the system allows it, and on what the files stand.

use std::path::Path;

use crate::engine::Engine;
use crate::engine::doctor::{ok, warning};
use crate::query::view::DoctorRow;
use crate::source::filesystem;

const MORE_WATCHES: &str = "`sysctl fs.inotify.max_user_watches` tells the limit; raise it";

impl Engine {
    /// `folders` is how many a scan enters.
    pub(in crate::engine) fn watch_rows(&self, folders: u64) -> Vec<DoctorRow> {
        let mut rows = vec![self.watcher_row()];
        rows.extend(watches_row(folders));
        rows.push(filesystem_row(
            self.origin.root(),
            "files",
            "nobody tells a watcher what others change there: it polls",
        ));
        rows.push(filesystem_row(
            self.origin.cache_dir(),
            "cache",
            "locks may not hold there: set `KANBAN_CACHE_DIR` to a folder on a local disk",
        ));
        rows
    }

    fn watcher_row(&self) -> DoctorRow {
        let view = self.watch_status();
        let since = view.since.unwrap_or_default();
        match (view.state.as_str(), view.reason) {
            ("none", _) => ok(
                "watcher",
                "none: every question looks at the files by itself",
            ),
            (_, Some(reason)) => warning(
                "watcher",
                format!("since {since}, polling: {reason}"),
                "questions are right all the same, and look by themselves",
            ),
            (_, None) => ok(
                "watcher",
                format!("since {since}, {} folders", view.folders),
            ),
        }
    }
}

/// None where the system tells no limit.
fn watches_row(folders: u64) -> Option<DoctorRow> {
    let most = filesystem::most_watches()?;
    let message = format!("{folders} folders, and a user may watch {most}");
    Some(if folders < most {
        ok("watches", message)
    } else {
        warning(
            "watches",
            format!("{message}: a watcher polls"),
            MORE_WATCHES,
        )
    })
}

fn filesystem_row(folder: &Path, what: &str, hint: &str) -> DoctorRow {
    let name = "file system";
    match filesystem::remote(folder) {
        None => ok(name, format!("of the {what}: local")),
        Some(kind) => warning(name, format!("of the {what}: {kind}"), hint),
    }
}
