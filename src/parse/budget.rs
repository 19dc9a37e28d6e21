//! The limits that keep any frontmatter cheap, and the problem that says one was passed.
//! Never: a limit on bodies; those are read whole.

use crate::model::problem::{Problem, Severity};

/// Nodes (keys and values) of one frontmatter, after aliases are expanded.
pub(crate) const NODES: usize = 10_000;
/// Lists and mappings inside each other, the outermost mapping counted.
pub(crate) const DEPTH: usize = 32;
/// Bytes of a frontmatter block in Markdown.
pub(crate) const BLOCK: usize = 64 << 10;
/// Bytes of a file that is a mapping as a whole.
pub(crate) const WHOLE: usize = 1 << 20;
/// Bytes of text that aliases may add: without it a few aliases of one long text fill the memory.
pub(crate) const ALIAS_TEXT: usize = 1 << 20;

/// The block has more bytes or nodes than the limit.
pub(crate) fn too_large(line: u32, what: &str) -> Problem {
    Problem::at(
        "frontmatter-too-large",
        Severity::Error,
        line,
        1,
        format!("the frontmatter has more than {what}: its values are not read"),
    )
    .hint("move long text into the body")
}

/// Lists and mappings are nested deeper than the limit.
pub(crate) fn too_deep(line: u32, col: u32) -> Problem {
    Problem::at(
        "frontmatter-too-deep",
        Severity::Error,
        line,
        col,
        format!(
            "lists and mappings are nested deeper than {DEPTH} levels: the values are not read"
        ),
    )
    .hint("write the value flatter, or move it into the body")
}

/// Aliases expand to more than the limits allow.
pub(crate) fn aliases(line: u32, col: u32) -> Problem {
    Problem::at(
        "alias-budget",
        Severity::Error,
        line,
        col,
        format!(
            "aliases expand to more than {NODES} values or 1 MiB of text: the values are not read"
        ),
    )
    .hint("write the values out, or use fewer aliases")
}
