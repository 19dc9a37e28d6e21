//! The laws of merging.

use crate::merge::{Merged, Sides, merge};
use crate::model::merging::{CommentRules, MergeRule, MergeRules};
use crate::parse::Source;

mod examples;
mod laws;
mod replay;
mod settling;

/// Rules as the kano preset has them, with the comments of Backlog.md.
fn rules() -> MergeRules {
    let keys = [
        ("updated", MergeRule::Max),
        ("created", MergeRule::Min),
        ("tags", MergeRule::Set),
        ("steps", MergeRule::List),
        ("links.blocks", MergeRule::Set),
        ("state", MergeRule::Latest),
        ("priority", MergeRule::Latest),
        ("owner", MergeRule::Latest),
        ("title", MergeRule::Strict),
    ];
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    MergeRules {
        keys: keys
            .iter()
            .map(|(key, rule)| ((*key).to_owned(), *rule))
            .collect(),
        updated: words(&["updated"]),
        uid: words(&["uid"]),
        state: words(&["state"]),
        transitions: vec![
            ("New".to_owned(), words(&["Ready"])),
            ("Ready".to_owned(), words(&["Done", "New"])),
            ("Done".to_owned(), Vec::new()),
        ],
        logs: words(&["Worklog"]),
        log_line: Some(r"^(?P<at>\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?) \[agent=".to_owned()),
        comments: Some(CommentRules {
            begin: "<!-- COMMENTS:BEGIN -->".to_owned(),
            end: "<!-- COMMENTS:END -->".to_owned(),
            head: Some(r"(?m)^author: .*\ncreated: (?P<at>[^\n]*)$".to_owned()),
        }),
    }
}

fn three(base: Option<&str>, ours: &str, theirs: &str) -> Merged {
    let sides = Sides {
        base: base.map(str::as_bytes),
        ours: ours.as_bytes(),
        theirs: theirs.as_bytes(),
        ours_label: "HEAD",
        theirs_label: "branch",
        base_label: None,
        marker_size: 7,
    };
    merge(&sides, Source::Markdown, &rules())
}

fn text(merged: &Merged) -> String {
    String::from_utf8(merged.bytes.clone()).unwrap()
}
