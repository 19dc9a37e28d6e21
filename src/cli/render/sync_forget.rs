//! `sync forget`: what was taken out, and what files and Git still hold.
//! Gets a view. Gives text. Never: a name of the person.

use crate::cli::render::count;
use crate::cli::render::line::line;
use crate::cli::style::{self, Look};
use crate::query::view::ForgetView;

/// Column behind the names of facts.
const EDGE: usize = 14;

pub(crate) fn text(view: &ForgetView, look: Look) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        let mut row = line(style::DIM, name);
        row.pad(EDGE).plain(value);
        row.write_whole(&mut out, look);
    };
    let taken = match view.dry_run {
        true => "would be taken out",
        false => "taken out",
    };
    let erased = if view.dry_run {
        "would be erased"
    } else {
        "erased"
    };
    let audit = count(view.audit, "entry", "entries");
    fact("audit", &format!("details of {audit} {erased}"));
    let outbox = count(view.outbox, "entry", "entries");
    fact("outbox", &format!("{outbox} {taken}"));
    let caches = count(view.caches, "publish cache", "publish caches");
    fact("caches", &format!("{caches} {taken}"));
    match &*view.server {
        "done" => {
            let rows = count(view.rows, "item", "items");
            fact("server", &format!("{rows} {taken}"));
            if view.rows > 0 {
                let then = "they come back without the person with the next `kanban sync now` of their branch";
                fact("", then);
            }
        }
        "none" => fact("server", "none is named"),
        other => {
            fact("server", &format!("{other}: {}", view.reason));
            fact("", "run this again to finish");
        }
    }
    if view.branches > 0 {
        let branches = count(view.branches, "branch", "branches");
        fact("", &format!("the name of {branches} stays as it is"));
    }
    for member in &view.members {
        fact(
            "member",
            &format!("{member} stays one; `kanban sync member rm` ends that"),
        );
    }
    let git = &view.git;
    let items = count(git.items, "item", "items");
    fact(
        "files",
        &format!("{items} name the person still; local caches follow the files"),
    );
    for path in &git.paths {
        fact("", path);
    }
    let commits = count(git.commits, "commit", "commits");
    let messages = count(git.messages, "message", "messages");
    fact(
        "git",
        &format!(
            "{commits} by the person, {messages} that name the person; nothing here changes them"
        ),
    );
    if !view.dry_run {
        fact("commitment", &view.commitment);
        fact(
            "salt",
            &format!("{} (keep it to prove whom the entry is about)", view.salt),
        );
    }
    out
}
