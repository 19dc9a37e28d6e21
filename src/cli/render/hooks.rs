//! `hooks`: where they are, and a line for each, in the form of `doctor`.
//! Gets states. Gives text. Never: looks at a hook.

use crate::cli::render::doctor;
use crate::cli::render::line::Line;
use crate::cli::style::{self, Look};
use crate::query::view::{DoctorRow, DoctorView, HookRow, HooksView};

/// True where a hook is not as it should be.
pub(crate) fn is_bad(view: &HooksView) -> bool {
    view.hooks.iter().any(|row| verdict(row) != "ok")
}

pub(crate) fn hooks(view: &HooksView, look: Look) -> String {
    let mut out = String::new();
    let mut head = Line::new();
    head.plain("hooks in ").push(style::PATH, &view.folder);
    if let Some(scope) = &view.scope {
        head.push(style::DIM, &format!(" (core.hooksPath, {scope})"));
    }
    if view.configured {
        head.push(style::DIM, " and in git's configuration");
    }
    // Whoever wants to look there needs the whole path.
    head.write_whole(&mut out, look);
    let mut said = "";
    let mut rows = Vec::new();
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
    out.push_str(&doctor::doctor(&DoctorView { checks: rows }, look));
    out
}

fn verdict(row: &HookRow) -> &'static str {
    match row.state.as_str() {
        "silent" => "error",
        "foreign" | "missing" | "refused" => "warning",
        _ => "ok",
    }
}

fn sentence(row: &HookRow, dry_run: bool) -> String {
    let word = match (row.state.as_str(), dry_run) {
        ("installed", true) => "would be installed",
        ("chained", true) => "would be chained",
        ("renewed", true) => "would be renewed",
        ("removed", true) => "would be removed",
        ("restored", true) => "would be restored",
        ("unchanged", true) => "would stay",
        ("refused", true) => "would not be changed",
        ("refused", false) => "not changed",
        (state, _) => state,
    };
    format!("{word}: {}", row.message)
}
