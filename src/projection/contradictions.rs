//! Problems that need more than one item to see: shared names, cycles, one-sided relations.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::problem::{Problem, Severity};
use crate::projection::graph::Graph;
use crate::projection::names::Names;

/// Codes of the problems of a link by itself.
pub(crate) const LINK_CODES: [&str; 4] = [
    "dangling-parent",
    "dangling-link",
    "ambiguous-parent",
    "ambiguous-link",
];
pub(crate) const DUPLICATE_CODES: [&str; 2] = ["duplicate-id", "duplicate-uid"];
pub(crate) const CYCLE_CODES: [&str; 2] = ["parent-cycle", "blocks-cycle"];
pub(crate) const SIDE_CODES: [&str; 1] = ["one-sided-blocks"];

/// Whether a problem of that code depends on other items.
pub(crate) fn is_across(code: &str) -> bool {
    let codes = [&LINK_CODES[..], &DUPLICATE_CODES, &CYCLE_CODES, &SIDE_CODES];
    codes.iter().any(|codes| codes.contains(&code))
}

/// How many items a message names before it only counts.
const NAMED: usize = 5;

/// Two items with one id in one space, or with one uid anywhere.
pub(super) fn duplicates(graph: &Graph, names: &Names<'_>, problems: &mut Vec<(u32, Problem)>) {
    for (code, word, class) in [
        ("duplicate-id", "id", &names.ids),
        ("duplicate-uid", "uid", &names.uids),
    ] {
        let mut shared: Vec<(&str, &[u32])> = class
            .iter()
            .map(|(name, holders)| (&**name, holders.as_slice()))
            .filter(|(_, holders)| holders.len() > 1)
            .collect();
        shared.sort_unstable();
        for (_, holders) in shared {
            let mut by_space: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for holder in holders {
                let space = graph.nodes[*holder as usize].space;
                let key = if code == "duplicate-id" { space } else { 0 };
                by_space.entry(key).or_default().push(*holder);
            }
            for group in by_space.values().filter(|group| group.len() > 1) {
                for number in group {
                    let node = &graph.nodes[*number as usize];
                    let others: Vec<&str> = group
                        .iter()
                        .filter(|other| *other != number)
                        .take(NAMED)
                        .map(|other| &*graph.nodes[*other as usize].path)
                        .collect();
                    let (name, line) = match code {
                        "duplicate-id" => (&node.id, node.id_line),
                        _ => (&node.uid, 0),
                    };
                    let name = name.as_deref().unwrap_or_default();
                    let more = match group.len() - 1 - others.len() {
                        0 => String::new(),
                        more => format!(" and {more} more"),
                    };
                    problems.push((
                        *number,
                        Problem::at(
                            code,
                            Severity::Error,
                            line,
                            0,
                            format!(
                                "the {word} `{name}` is also that of {}{more}",
                                others.join(", ")
                            ),
                        )
                        .hint("`kanban fix --ids` gives the younger one another"),
                    ));
                }
            }
        }
    }
}

/// Items that are their own ancestors, or that wait for themselves.
pub(super) fn cycles(graph: &Graph, targets: &[Option<u32>], problems: &mut Vec<(u32, Problem)>) {
    let mut parents: Vec<Vec<u32>> = vec![Vec::new(); graph.nodes.len()];
    let mut waits: Vec<Vec<u32>> = vec![Vec::new(); graph.nodes.len()];
    let mut lines: HashMap<(bool, u32, u32), u32> = HashMap::new();
    for (edge, target) in graph.edges.iter().zip(targets) {
        let Some(target) = *target else { continue };
        let (parent, from, to) = match graph.rel_of(edge) {
            "parent" => (true, edge.item, target),
            "blocked_by" => (false, edge.item, target),
            "blocks" => (false, target, edge.item),
            _ => continue,
        };
        if parent {
            parents[from as usize].push(to);
        } else {
            waits[from as usize].push(to);
        }
        if edge.item == from {
            lines.entry((parent, from, to)).or_insert(edge.line);
        }
    }
    for (parent, edges) in [(true, &parents), (false, &waits)] {
        for ring in rings(edges) {
            let members: HashSet<u32> = ring.iter().copied().collect();
            let names: Vec<&str> = ring.iter().map(|node| name_of(graph, *node)).collect();
            for node in &ring {
                let line = edges[*node as usize]
                    .iter()
                    .filter(|to| members.contains(to))
                    .find_map(|to| lines.get(&(parent, *node, *to)))
                    .copied()
                    .unwrap_or(0);
                let (code, message) = match (parent, ring.len()) {
                    (true, 1) => ("parent-cycle", "the item is its own parent".to_owned()),
                    (true, _) => (
                        "parent-cycle",
                        format!("the parents run in a circle: {}", list(&names)),
                    ),
                    (false, 1) => ("blocks-cycle", "the item blocks itself".to_owned()),
                    (false, _) => (
                        "blocks-cycle",
                        format!("these items wait for each other: {}", list(&names)),
                    ),
                };
                problems.push((
                    *node,
                    Problem::at(code, Severity::Error, line, 0, message)
                        .hint("remove one of the links"),
                ));
            }
        }
    }
}

/// `a` blocks `b`, but `b` does not say so, or the other way round.
pub(super) fn one_sided(
    graph: &Graph,
    targets: &[Option<u32>],
    problems: &mut Vec<(u32, Problem)>,
) {
    let mut said: HashSet<(bool, u32, u32)> = HashSet::new();
    let relation = |rel: &str| match rel {
        "blocks" => Some(true),
        "blocked_by" => Some(false),
        _ => None,
    };
    for (edge, target) in graph.edges.iter().zip(targets) {
        if let (Some(blocks), Some(target)) = (relation(graph.rel_of(edge)), *target) {
            said.insert((blocks, edge.item, target));
        }
    }
    for (edge, target) in graph.edges.iter().zip(targets) {
        let (Some(blocks), Some(target)) = (relation(graph.rel_of(edge)), *target) else {
            continue;
        };
        let two_sided =
            |node: u32| graph.spaces[graph.nodes[node as usize].space as usize].two_sided;
        if target == edge.item
            || !two_sided(edge.item)
            || !two_sided(target)
            || said.contains(&(!blocks, target, edge.item))
        {
            continue;
        }
        let (rel, counterpart) = if blocks {
            ("blocks", "blocked_by")
        } else {
            ("blocked_by", "blocks")
        };
        let (own, other) = (name_of(graph, edge.item), name_of(graph, target));
        problems.push((
            edge.item,
            Problem::at(
                "one-sided-blocks",
                Severity::Info,
                edge.line,
                0,
                format!("{rel} names `{other}`, whose {counterpart} does not name `{own}`"),
            )
            .hint(format!("add `{own}` to {counterpart} of {other}")),
        ));
    }
}

fn name_of(graph: &Graph, node: u32) -> &str {
    let node = &graph.nodes[node as usize];
    node.id.as_deref().unwrap_or(&node.path)
}

fn list(names: &[&str]) -> String {
    if names.len() <= NAMED {
        names.join(", ")
    } else {
        format!(
            "{} and {} more",
            names[..NAMED].join(", "),
            names.len() - NAMED
        )
    }
}

/// The strongly connected sets of more than one node, and the nodes with an edge to themselves;
/// sorted, each from its smallest node. Tarjan's algorithm without recursion, because a chain of
/// a million items must not overflow the stack.
fn rings(edges: &[Vec<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: u32 = u32::MAX;
    let mut order = vec![UNSEEN; edges.len()];
    let mut low = vec![0u32; edges.len()];
    let mut open = vec![false; edges.len()];
    let mut stack: Vec<u32> = Vec::new();
    let mut found = Vec::new();
    let mut next = 0;
    let mut calls: Vec<(u32, usize)> = Vec::new();
    for root in 0..edges.len() {
        if order[root] != UNSEEN || edges[root].is_empty() {
            continue;
        }
        calls.push((
            u32::try_from(root).expect("because nodes are numbered in 32 bits"),
            0,
        ));
        while let Some((node, at)) = calls.pop() {
            let index = node as usize;
            if at == 0 {
                order[index] = next;
                low[index] = next;
                next += 1;
                stack.push(node);
                open[index] = true;
            }
            if let Some(target) = edges[index].get(at) {
                calls.push((node, at + 1));
                let target_index = *target as usize;
                if order[target_index] == UNSEEN {
                    calls.push((*target, 0));
                } else if open[target_index] {
                    low[index] = low[index].min(order[target_index]);
                }
                continue;
            }
            if low[index] == order[index] {
                let mut ring = Vec::new();
                while let Some(member) = stack.pop() {
                    open[member as usize] = false;
                    ring.push(member);
                    if member == node {
                        break;
                    }
                }
                if ring.len() > 1 || edges[index].contains(&node) {
                    ring.sort_unstable();
                    found.push(ring);
                }
            }
            if let Some((caller, _)) = calls.last() {
                let caller = *caller as usize;
                low[caller] = low[caller].min(low[index]);
            }
        }
    }
    found.sort_unstable();
    found
}
