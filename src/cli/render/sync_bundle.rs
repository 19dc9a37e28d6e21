//! `sync export` and `sync import`: what was written, and from where.
//! Gets views. Gives text. Never: asks a file.

use crate::cli::render::count;
use crate::cli::render::line::line;
use crate::cli::style::{self, Look};
use crate::query::view::{ExportView, ImportView};

/// Column behind the names of facts.
const EDGE: usize = 14;

pub(crate) fn export(view: &ExportView, look: Look) -> String {
    let mut out = String::new();
    let mut head = line(style::GOOD, look.pick("✓", "+"));
    head.plain(&format!(" {} ({} bytes)", view.file, view.bytes));
    head.write_whole(&mut out, look);
    place(&view.repository, &view.branch, &view.commit, look, &mut out);
    if view.from == "server" {
        fact("rows", &view.items.to_string(), look, &mut out);
    } else {
        fact("items", &items(view.items, view.files), look, &mut out);
        let commits = count(view.commits, "commit", "commits");
        fact("history", &commits, look, &mut out);
        let audit = count(view.audit, "entry", "entries");
        fact("audit", &audit, look, &mut out);
        let outbox = count(view.outbox, "entry", "entries");
        fact("outbox", &outbox, look, &mut out);
        fact("holds", holds(view.redacted), look, &mut out);
    }
    fact("seal", &view.seal, look, &mut out);
    out
}

pub(crate) fn import(view: &ImportView, look: Look) -> String {
    let mut out = String::new();
    let mut head = line(style::GOOD, look.pick("✓", "+"));
    head.plain(&format!(" {}", view.into));
    head.write_whole(&mut out, look);
    place(&view.repository, &view.branch, &view.commit, look, &mut out);
    fact("items", &items(view.items, view.files), look, &mut out);
    let made = format!("{} by {}", view.made, view.made_by);
    fact("made", &made, look, &mut out);
    fact("holds", holds(view.redacted), look, &mut out);
    if let Some(proof) = &view.audit {
        let said = match proof.holds {
            true => "its chain holds",
            false => "its chain does not hold",
        };
        fact("audit", said, look, &mut out);
    }
    fact("seal", &view.seal, look, &mut out);
    out
}

fn items(items: u64, files: u64) -> String {
    let items = count(items, "item", "items");
    format!("{items} in {}", count(files, "file", "files"))
}

fn holds(redacted: bool) -> &'static str {
    match redacted {
        true => "only what may leave",
        false => "everything, also what is private",
    }
}

fn place(repository: &str, branch: &str, commit: &str, look: Look, out: &mut String) {
    if !repository.is_empty() {
        fact("repository", repository, look, out);
    }
    let commit = commit.get(..8).unwrap_or(commit);
    fact("branch", &format!("{branch} at {commit}"), look, out);
}

fn fact(name: &str, value: &str, look: Look, out: &mut String) {
    let mut row = line(style::DIM, name);
    row.pad(EDGE).plain(value);
    row.write_whole(out, look);
}
