//! The items as a graph: nodes with the names that others may use for them, and links.
//!
//! Kept small on purpose (a link is 20 bytes and its target's text), because a rebuild holds the
//! whole graph in memory until the last item is known.

use std::sync::Arc;

use crate::model::document::Origin;
use crate::model::item::Item;
use crate::model::problem::{Problem, Severity};
use crate::projection::contradictions;
use crate::projection::names::{Names, Others, Outcome};

/// Items of one convention at one root: ids must be unique within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Space {
    /// Relative to the root of the work tree, no slash at the end; empty for the whole.
    pub root: String,
    /// True where the convention writes both `blocks` and `blocked_by`, so that each must have
    /// its counterpart.
    pub two_sided: bool,
}

pub(super) struct Node {
    pub path: Box<str>,
    pub companion: Option<Box<str>>,
    pub id: Option<Box<str>>,
    pub id_line: u32,
    pub uid: Option<Box<str>>,
    pub aliases: Box<[String]>,
    pub space: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub item: u32,
    start: u32,
    length: u32,
    pub line: u32,
    rel: u8,
    pub origin: Origin,
    pub companion: bool,
}

/// The graph while items are added. Nodes are numbered from 0 in the order of addition.
#[derive(Default)]
pub(crate) struct Graph {
    pub(super) spaces: Vec<Space>,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    targets: String,
    rels: Vec<Arc<str>>,
    problems: Vec<(u32, Problem)>,
}

/// The graph with every link led to its target.
pub(crate) struct Resolved {
    graph: Graph,
    /// The node that each edge leads to.
    targets: Vec<Option<u32>>,
    /// Sorted by node, those of the file itself first.
    pub problems: Vec<(u32, Problem)>,
}

/// A resolved link; nodes are numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedLink<'a> {
    pub item: u32,
    /// Counts the links of the item from 0.
    pub seq: u32,
    pub rel: &'a str,
    pub target: &'a str,
    pub target_item: Option<u32>,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
}

impl Graph {
    /// A graph over these spaces.
    pub(crate) fn new(spaces: Vec<Space>) -> Self {
        Self {
            spaces,
            ..Self::default()
        }
    }

    /// Adds the next item, which belongs to the space of that index, and takes its problems.
    pub(crate) fn add(&mut self, item: &mut Item, space: usize) {
        let number =
            u32::try_from(self.nodes.len()).expect("because four billion items do not fit");
        for link in &item.links {
            let rel = self.rel(&link.rel);
            let start = u32::try_from(self.targets.len())
                .expect("because link targets are far below four gigabytes");
            self.targets.push_str(&link.target);
            self.edges.push(Edge {
                item: number,
                start,
                length: u32::try_from(link.target.len())
                    .expect("because a target is shorter than its file"),
                line: link.line,
                rel,
                origin: link.origin,
                companion: link.companion,
            });
        }
        let problems = std::mem::take(&mut item.problems);
        self.problems
            .extend(problems.into_iter().map(|problem| (number, problem)));
        self.nodes.push(Node {
            path: item.path.as_str().into(),
            companion: item.companion.as_deref().map(Into::into),
            id: item.id.as_deref().map(Into::into),
            id_line: item.id_line,
            uid: item.uid.as_deref().map(Into::into),
            aliases: std::mem::take(&mut item.aliases).into_boxed_slice(),
            space: u32::try_from(space).expect("because there are few spaces"),
        });
    }

    fn rel(&mut self, rel: &Arc<str>) -> u8 {
        let known = self
            .rels
            .iter()
            .position(|known| Arc::ptr_eq(known, rel) || known == rel);
        let index = known.unwrap_or_else(|| {
            self.rels.push(rel.clone());
            self.rels.len() - 1
        });
        u8::try_from(index).expect("because presets name far fewer than 256 relations")
    }

    pub(super) fn rel_of(&self, edge: &Edge) -> &str {
        &self.rels[usize::from(edge.rel)]
    }

    pub(super) fn target_of(&self, edge: &Edge) -> &str {
        let start = edge.start as usize;
        &self.targets[start..start + edge.length as usize]
    }

    /// Leads every link to its target and finds the problems across items. `others` are the
    /// candidate files that are no items: a link to one of them leads somewhere, if to no item.
    pub(crate) fn resolve(mut self, others: &Others<'_>) -> Resolved {
        let mut problems = std::mem::take(&mut self.problems);
        let mut targets = Vec::with_capacity(self.edges.len());
        {
            let names = Names::new(&self.nodes, &self.spaces);
            let mut scratch = String::new();
            for edge in &self.edges {
                let from = &self.nodes[edge.item as usize];
                let target = self.target_of(edge);
                let outcome = names.lookup(
                    from,
                    target,
                    edge.origin,
                    edge.companion,
                    others,
                    &mut scratch,
                );
                targets.push(match outcome {
                    Outcome::Item(node) => Some(node),
                    _ => None,
                });
                if let Some(problem) = self.complaint(edge, &outcome) {
                    problems.push((edge.item, problem));
                }
            }
            contradictions::duplicates(&self, &names, &mut problems);
        }
        contradictions::cycles(&self, &targets, &mut problems);
        contradictions::one_sided(&self, &targets, &mut problems);
        problems.sort_by_key(|(node, _)| *node);
        Resolved {
            graph: self,
            targets,
            problems,
        }
    }

    fn complaint(&self, edge: &Edge, outcome: &Outcome) -> Option<Problem> {
        let target = self.target_of(edge);
        let rel = self.rel_of(edge);
        let parent = rel == "parent";
        let mut problem = match outcome {
            Outcome::Item(_) | Outcome::Elsewhere => return None,
            Outcome::Nothing => Problem::at(
                if parent {
                    "dangling-parent"
                } else {
                    "dangling-link"
                },
                Severity::Warning,
                edge.line,
                0,
                match rel {
                    "mentions" => format!("the link to `{target}` leads nowhere"),
                    _ => format!("{rel} names `{target}`, which is no item"),
                },
            ),
            Outcome::Several(nodes, count) => {
                let paths: Vec<&str> = nodes
                    .iter()
                    .map(|node| &*self.nodes[*node as usize].path)
                    .collect();
                Problem::at(
                    if parent {
                        "ambiguous-parent"
                    } else {
                        "ambiguous-link"
                    },
                    Severity::Warning,
                    edge.line,
                    0,
                    format!(
                        "`{target}` may be any of {count} items: {}{}",
                        paths.join(", "),
                        if *count > nodes.len() { ", ..." } else { "" }
                    ),
                )
                .hint("name the file by its path, or give the items different ids")
            }
        };
        problem.companion = edge.companion;
        Some(problem)
    }
}

impl Resolved {
    /// All links in the order of their items, and within an item in the order of the file.
    pub(crate) fn links(&self) -> impl Iterator<Item = ResolvedLink<'_>> {
        let mut last = u32::MAX;
        let mut seq = 0;
        self.graph
            .edges
            .iter()
            .zip(&self.targets)
            .map(move |(edge, target)| {
                seq = if edge.item == last { seq + 1 } else { 0 };
                last = edge.item;
                ResolvedLink {
                    item: edge.item,
                    seq,
                    rel: self.graph.rel_of(edge),
                    target: self.graph.target_of(edge),
                    target_item: *target,
                    origin: edge.origin,
                    companion: edge.companion,
                    line: edge.line,
                }
            })
    }

    /// The paths of the items, in the order of their numbers.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.graph.nodes.iter().map(|node| &*node.path)
    }
}
