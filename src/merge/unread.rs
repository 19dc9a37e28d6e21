//! Frontmatter that cannot be merged: one side's stays what it is, the other one's goes into the
//! body, in a code block between markers.
//! Gives the head, and writes the block.
//! Never: loses a line of either side; makes an item invalid of which a version is valid.

use crate::merge::lines::clean_merge;
use crate::merge::markers::Output;
use crate::merge::three::Three;
use crate::merge::version::Version;

/// The place under which it is reported.
pub(crate) const PLACE: &str = "frontmatter";

/// Chooses the head and writes what gave way.
pub(crate) fn write(out: &mut Output<'_>, versions: &Three<Version<'_>>) -> String {
    let heads = versions.map(|version| version.head);
    let readable = versions.map(|version| !version.document.invalid);
    let (head, one, other) = match (versions.one.invalid, versions.other.invalid) {
        // A key that is there twice can be read, but not merged.
        (true, true) if readable.one != readable.other => {
            if readable.one {
                (heads.one, "", heads.other)
            } else {
                (heads.other, heads.one, "")
            }
        }
        (true, true) => {
            // As git would have it: no worse than both sides are.
            if let Some(head) = clean_merge(&heads) {
                return head;
            }
            if versions.base.invalid || heads.base.is_empty() {
                (heads.one, "", heads.other)
            } else {
                (heads.base, heads.one, heads.other)
            }
        }
        (true, false) => (heads.other, heads.one, ""),
        (false, _) => (heads.one, "", heads.other),
    };
    let mut head = head.to_owned();
    let empty = |version: &Version<'_>| !version.invalid && version.values.is_empty();
    if versions.one.whole && (empty(&versions.one) || empty(&versions.other)) {
        // Remarks alone are no item: a file without keys has nothing to lose.
        return [heads.one, heads.other].concat();
    }
    if versions.one.whole {
        // There is no body: what gives way becomes remarks.
        let mut remarks = Output::new(out.labels);
        remarks.conflict(PLACE, &heads);
        // For YAML a carriage return ends a line, too.
        for line in remarks.text.lines().flat_map(|line| line.split('\r')) {
            head.push_str("# ");
            head.push_str(line);
            head.push('\n');
        }
        out.conflicts.extend(remarks.conflicts);
        return head;
    }
    let block = |head: &str| {
        if head.is_empty() {
            return String::new();
        }
        // Longer than any row of backquotes in the block.
        let longest = head.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence: String = std::iter::repeat_n('`', longest.max(2) + 1).collect();
        format!("{fence}\n{head}{fence}\n")
    };
    let (one, other) = (block(one), block(other));
    let texts = Three {
        base: "",
        one: one.as_str(),
        other: &other,
    };
    out.conflict(PLACE, &texts);
    head
}
