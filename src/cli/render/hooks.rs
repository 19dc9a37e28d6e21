//! `hooks`: where they are, and a line for each, in the form of `doctor`.
//! Gets states. Gives text. Never: looks at a hook.

use crate::cli::render::doctor;
use crate::cli::style::Look;
use crate::query::view::{DoctorRow, DoctorView, HookRow, HooksView};

/// True where a hook is not as it should be.
pub(crate) fn is_bad(view: &HooksView) -> bool {
    view.hooks.iter().any(|row| verdict(row) != "ok")
}

pub(crate) fn hooks(view: &HooksView, look: Look) -> String {
    let mut folder = view.folder.clone();
    if let Some(scope) = &view.scope {
        folder += &format!(" (core.hooksPath, {scope})");
    }
    if view.configured {
        folder += ", and git's configuration";
    }
    let mut rows = vec![DoctorRow {
        name: "folder".to_owned(),
        verdict: "ok".to_owned(),
        message: folder,
        hint: String::new(),
    }];
    let mut said = "";
    for row in &view.hooks {
        rows.push(DoctorRow {
            name: row.name.clone(),
            verdict: verdict(row).to_owned(),
            message: sentence(row, view.dry_run),
            // The same advice six times is no better advice.
            hint: if row.hint == said {
                String::new()
            } else {
                row.hint.clone()
            },
        });
        said = &row.hint;
    }
    if let Some(driver) = &view.driver {
        rows.push(DoctorRow {
            name: "merge driver".to_owned(),
            verdict: match (driver.state.as_str(), driver.hint.as_str()) {
                ("foreign" | "missing" | "refused", _) => "warning",
                (_, "") => "ok",
                ("removed", _) => "ok",
                _ => "warning",
            }
            .to_owned(),
            message: format!("{}: {}", word(&driver.state, view.dry_run), driver.message),
            hint: driver.hint.clone(),
        });
    }
    doctor::doctor(&DoctorView { checks: rows }, look)
}

fn verdict(row: &HookRow) -> &'static str {
    match row.state.as_str() {
        "silent" => "error",
        "foreign" | "missing" | "refused" => "warning",
        _ => "ok",
    }
}

fn sentence(row: &HookRow, dry_run: bool) -> String {
    format!("{}: {}", word(&row.state, dry_run), row.message)
}

fn word(state: &str, dry_run: bool) -> &str {
    match (state, dry_run) {
        ("installed", true) => "would be installed",
        ("chained", true) => "would be chained",
        ("renewed", true) => "would be renewed",
        ("removed", true) => "would be removed",
        ("restored", true) => "would be restored",
        ("unchanged", true) => "would stay",
        ("refused", true) => "would not be changed",
        ("refused", false) => "not changed",
        (state, _) => state,
    }
}
