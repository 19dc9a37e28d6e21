//! `sync`: branches with how they stand, what waits, and the audit.
//! Gets views. Gives text. Never: an address with its password (the views hold none).

use anstyle::Style;

use crate::cli::render::line::line;
use crate::cli::render::{count, span};
use crate::cli::style::{self, Look};
use crate::query::view::{
    MemberRow, MembersView, RemoveView, SyncInitView, SyncLogView, SyncRow, SyncStatusView,
    SyncView,
};

/// Column behind the names of branches.
const EDGE: usize = 22;

pub(crate) fn init(view: &SyncInitView, look: Look) -> String {
    let mut out = String::new();
    let what = match (view.before, view.before == view.version) {
        (0, _) => "made",
        (_, true) => "is there already",
        _ => "updated",
    };
    let mut head = line(style::GOOD, look.pick("✓", "+"));
    head.plain(&format!(" the shared cache on {} {what}", view.server));
    head.write(&mut out, look);
    let mut second = line(style::GOOD, look.pick("✓", "+"));
    let founded = match view.founded {
        true => "founded; you are its admin",
        false => "has members already",
    };
    second.plain(&format!(" {}: {founded}", view.repository));
    second.write(&mut out, look);
    rows(&view.members, look, &mut out);
    out
}

pub(crate) fn members(view: &MembersView, look: Look) -> String {
    let mut out = String::new();
    rows(&view.members, look, &mut out);
    out
}

fn rows(members: &[MemberRow], look: Look, out: &mut String) {
    for member in members {
        let mut row = line(style::DIM, &format!("  {:<8}", member.role));
        row.push(style::ID, &member.member);
        row.write(out, look);
    }
}

/// How a standing looks.
pub(crate) fn color(standing: &str) -> Style {
    match standing {
        "level" => style::GOOD,
        "offline" | "busy" | "new" | "pending" => style::WARNING,
        "gone" => style::DIM,
        _ => style::ERROR,
    }
}

pub(crate) fn named<'a>(branch: &'a str, draft: &str) -> std::borrow::Cow<'a, str> {
    match draft.is_empty() {
        true => branch.into(),
        false => format!("{branch} (draft of {draft}) ").into(),
    }
}

pub(crate) fn now(view: &SyncView, look: Look) -> String {
    let mut out = String::new();
    for branch in &view.branches {
        let mut row = line(style::BOLD, &named(&branch.branch, &branch.draft));
        row.pad(EDGE)
            .push(color(&branch.standing), &branch.standing);
        row.plain(&format!("  {}", did(branch)));
        row.write(&mut out, look);
        if !branch.reason.is_empty() {
            let mut reason = line(style::DIM, "");
            reason.pad(EDGE).push(style::DIM, &branch.reason);
            reason.write_whole(&mut out, look);
        }
    }
    out
}

pub(crate) fn did(row: &SyncRow) -> String {
    let mut parts = Vec::new();
    let mut part = |number: u64, what: &str| {
        if number > 0 {
            parts.push(format!("{} {what}", count(number, "item", "items")));
        }
    };
    part(row.written, "published");
    part(row.removed, "removed");
    part(row.overwritten, "overwritten");
    part(row.refused, "refused");
    part(row.pending, "waiting");
    part(row.failed, "failed");
    match parts.is_empty() {
        true => "nothing to publish".to_owned(),
        false => parts.join(", "),
    }
}

pub(crate) fn status(view: &SyncStatusView, look: Look) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        let mut row = line(style::DIM, name);
        row.pad(EDGE).plain(value);
        row.write_whole(&mut out, look);
    };
    let server = match &view.server_error {
        Some(error) => Some(error),
        None => view.server.as_ref(),
    };
    let server = server.map_or("none is named (KANBAN_POSTGRES_URL)", String::as_str);
    fact("server", server);
    fact(
        "repository",
        view.repository.as_deref().unwrap_or("has no name yet"),
    );
    if view.branches.is_empty() {
        fact("branches", "none published from here yet");
    }
    let several = distinct(view.branches.iter().map(|branch| &*branch.repository));
    for branch in &view.branches {
        let mut row = line(style::BOLD, &named(&branch.branch, &branch.draft));
        row.pad(EDGE)
            .push(color(&branch.standing), &branch.standing);
        if several {
            row.push(style::DIM, &format!("  {}", branch.repository));
        }
        row.plain(&format!(
            "  {} pending, {} failed, {} synced",
            branch.pending, branch.failed, branch.synced
        ));
        row.write(&mut out, look);
        let mut detail = |text: &str| {
            let mut row = line(style::DIM, "");
            row.pad(EDGE).push(style::DIM, text);
            row.write_whole(&mut out, look);
        };
        if !branch.reason.is_empty() {
            detail(&branch.reason);
        }
        if let Some(lag) = branch.lag_ms {
            detail(&format!("the oldest waits for {}", span(lag)));
        }
        match &branch.last_success {
            Some(at) => detail(&format!("last success {at}")),
            None => detail("no success yet"),
        }
        if let Some(at) = &branch.next_try {
            detail(&format!("next try {at}"));
        }
    }
    for item in &view.items {
        let mut row = line(item_color(&item.status), &format!("{:<8}", item.status));
        row.push(style::PATH, &item.path);
        if let Some(error) = &item.last_error {
            row.push(style::DIM, &format!("  {} times: {error}", item.attempts));
        }
        row.write(&mut out, look);
    }
    out
}

pub(crate) fn remove(view: &RemoveView, look: Look) -> String {
    let mut out = String::new();
    let mut row = line(style::GOOD, look.pick("✓", "+"));
    let what = match view.dry_run {
        true => "would go from",
        false => "are gone from",
    };
    let drafts = match view.lines.saturating_sub(1) {
        0 => String::new(),
        number => format!(" and {}", count(number, "draft", "drafts")),
    };
    row.plain(&format!(
        " {} of {}{drafts} {what} {}",
        count(view.rows, "item", "items"),
        view.branch,
        view.repository
    ));
    row.write(&mut out, look);
    out
}

/// Whether there are several names; none is no name.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut names = names.filter(|name| !name.is_empty());
    let first = names.next();
    names.any(|name| Some(name) != first)
}

fn item_color(status: &str) -> Style {
    match status {
        "synced" => style::GOOD,
        "failed" => style::ERROR,
        _ => style::WARNING,
    }
}

pub(crate) fn log(view: &SyncLogView, look: Look) -> String {
    let mut out = String::new();
    let several = distinct(view.entries.iter().map(|entry| &*entry.repository));
    for entry in &view.entries {
        let detail = |key: &str| entry.details.as_ref()?[key].as_str();
        let mut row = line(style::DIM, &entry.at);
        row.plain("  ");
        let shade = match entry.outcome.as_str() {
            "done" => style::GOOD,
            "partly" => style::WARNING,
            _ => style::ERROR,
        };
        row.push(shade, &entry.outcome);
        row.plain("  ").push(style::BOLD, &entry.act);
        if !entry.branch.is_empty() {
            let draft = detail("draft").unwrap_or_default();
            row.plain(&format!(" {}", named(&entry.branch, draft).trim_end()));
        }
        if let Some(member) = detail("member") {
            let role = detail("role").map_or("no more".to_owned(), |role| format!("as {role}"));
            row.plain(&format!(" {member} {role}"));
        }
        if several && !entry.repository.is_empty() {
            row.push(style::DIM, &format!("  {}", entry.repository));
        }
        let by = detail("by").unwrap_or("erased");
        row.push(style::DIM, &format!("  {by}"));
        if let Some(counts) = entry.counts.as_object() {
            let counts: Vec<String> = counts
                .iter()
                .map(|(name, number)| format!("{name} {number}"))
                .collect();
            row.plain(&format!("  {}", counts.join(", ")));
        }
        row.write(&mut out, look);
        if let Some(error) = detail("error") {
            let mut reason = line(style::DIM, "");
            reason.pad(EDGE).push(style::DIM, error);
            reason.write_whole(&mut out, look);
        }
    }
    if let Some(proof) = &view.proof {
        let (shade, text) = match (&proof.holds, proof.broken_at) {
            (true, _) => (style::GOOD, "the chain holds".to_owned()),
            (false, at) => (
                style::ERROR,
                format!(
                    "the chain breaks at entry {}: {}",
                    at.unwrap_or_default(),
                    proof.reason.as_deref().unwrap_or_default()
                ),
            ),
        };
        line(shade, &text).write(&mut out, look);
    }
    out
}
