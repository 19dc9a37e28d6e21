//! What a write changes in a file, as a unified diff that `git apply` and `patch` understand.
//! Never: shows a file that is not text.

use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The diff from one version of a file to another; none of them is nothing at all.
pub(in crate::engine) fn unified(old: Option<(&str, &[u8])>, new: Option<(&str, &[u8])>) -> String {
    let text = |side: &Option<(&str, &[u8])>| {
        side.map_or(String::new(), |(_, bytes)| {
            String::from_utf8_lossy(bytes).into_owned()
        })
    };
    let name = |side: &Option<(&str, &[u8])>, prefix: &str| {
        side.map_or("/dev/null".to_owned(), |(path, _)| {
            format!("{prefix}/{path}")
        })
    };
    let (before, after) = (text(&old), text(&new));
    let diff = TextDiff::from_lines(&before, &after);
    let mut out = format!("--- {}\n+++ {}\n", name(&old, "a"), name(&new, "b"));
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        out.push_str(&format!("{}\n", hunk.header()));
        for change in hunk.iter_changes() {
            out.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            out.push_str(change.value());
            if !change.value().ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// What stands before the diff of a file that gets another name, for `git apply`.
pub(super) fn renamed(from: &str, to: &str) -> String {
    format!("diff --git a/{from} b/{to}\nrename from {from}\nrename to {to}\n")
}
