//! `tree`: items under their parents, with progress.
//! Gets a tree. Gives lines. Never: recurses, since a chain of parents may be of any length.

use crate::cli::render::line::{Line, line};
use crate::cli::render::reference;
use crate::cli::style::{self, Look};
use crate::query::view::{ItemRow, TreeNode, TreeView};

/// Cells of a progress bar.
const BAR: usize = 8;
/// Levels whose branches are drawn; below, a number stands for them.
const DRAWN: usize = 24;

/// The tree, `depth` levels below its roots (none: all).
pub(crate) fn tree(view: &TreeView, depth: Option<usize>, look: Look) -> String {
    let mut out = String::new();
    for (level, item) in view.ancestors.iter().enumerate() {
        let mut line = line(style::DIM, &" ".repeat(level.min(DRAWN)));
        line.push(style::DIM, look.pick("↑ ", "^ "));
        line.append(label(item, look)).write(&mut out, look);
    }
    let most = depth.unwrap_or(usize::MAX);
    // Depth first with a stack of what is still to print, and for each level whether more follows.
    let mut open: Vec<bool> = Vec::new();
    let mut stack: Vec<(usize, bool, &TreeNode)> = Vec::new();
    stack.extend(view.roots.iter().rev().map(|root| (0, false, root)));
    while let Some((level, more, node)) = stack.pop() {
        open.truncate(level.saturating_sub(1));
        let mut line = branches(&open, level, more, look);
        line.append(label(&node.item, look));
        progress(node, level >= most, look, &mut line);
        line.write(&mut out, look);
        if level > 0 {
            open.push(more);
        }
        if level < most {
            let last = node.children.len().saturating_sub(1);
            let children = node.children.iter().enumerate().rev();
            stack.extend(children.map(|(at, child)| (level + 1, at < last, child)));
        }
    }
    out
}

/// The lines that lead to an item.
fn branches(open: &[bool], level: usize, more: bool, look: Look) -> Line {
    let mut line = Line::new();
    if level == 0 {
        return line;
    }
    if level > DRAWN {
        line.push(style::DIM, &format!("{} {level} ", look.pick("┆", ":")));
        return line;
    }
    for &follows in open {
        let bar = if follows {
            look.pick("│  ", "|  ")
        } else {
            "   "
        };
        line.push(style::DIM, bar);
    }
    let branch = if more {
        look.pick("├─ ", "|- ")
    } else {
        look.pick("└─ ", "`- ")
    };
    line.push(style::DIM, branch);
    line
}

fn label(item: &ItemRow, look: Look) -> Line {
    let phase = item.phase.as_deref();
    let mut line = reference(item.id.as_deref(), &item.path, phase, look);
    line.plain("  ").push(style::title(phase), &item.title);
    if !look.is_terminal()
        && let Some(state) = &item.state
    {
        line.plain(" (").plain(state).plain(")");
    }
    line
}

/// Adds `███░░░░░ 3/8`, before a title is cut for it.
fn progress(node: &TreeNode, folded: bool, look: Look, line: &mut Line) {
    let mut tail = Line::new();
    if node.cycle {
        tail.plain("  ")
            .push(style::WARNING, "(parents go in a circle)");
    }
    if node.total_below > 0 {
        let numbers = format!("{}/{}", node.done_below, node.total_below);
        if look.is_terminal() {
            let (full, empty) = look.bar(node.done_below, node.total_below, BAR);
            tail.plain("  ").push(style::GOOD, &full);
            tail.push(style::DIM, &empty).plain(" ").plain(&numbers);
        } else {
            tail.plain(" [").plain(&numbers).plain("]");
        }
    }
    // There is more below, folded here or too deep for the answer.
    if node.total_below > 0 && (folded || node.children.is_empty()) {
        tail.plain(" ").push(style::DIM, look.ellipsis());
    }
    if let Some(max) = look.width {
        let room = max.saturating_sub(tail.width());
        let whole = std::mem::take(line);
        *line = whole.fit(room.max(max / 2), look);
    }
    line.append(tail);
}
