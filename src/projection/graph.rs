//! The items as a graph: nodes with the names that others may use for them, and links.
//!
//! Kept small on purpose (a link is 20 bytes and its target's text), because a rebuild holds the
//! whole graph in memory until the last item is known.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::document::Origin;
use crate::model::item::Item;
use crate::model::problem::{Problem, Severity};
use crate::projection::contradictions;
use crate::projection::names::{self, Names, Others, Outcome};

/// Items of one convention at one root: ids must be unique within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Space {
    /// Relative to the root of the work tree, no slash at the end; empty for the whole.
    pub root: String,
    /// True where the convention writes both `blocks` and `blocked_by`, so that each must have
    /// its counterpart.
    pub two_sided: bool,
}

/// An item with the names that others may use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
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
    /// Edges whose target is known already, by number; none in a whole graph.
    settled: HashMap<usize, u32>,
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
    pub bucket: i32,
}

/// A link to be added to a part of the graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PartLink<'a> {
    pub rel: &'a Arc<str>,
    pub target: &'a str,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
    /// The node it leads to, where that is no question any more.
    pub settled: Option<u32>,
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
            self.edge(
                number,
                &link.rel,
                &link.target,
                link.origin,
                link.companion,
                link.line,
            );
        }
        let problems = std::mem::take(&mut item.problems);
        self.problems
            .extend(problems.into_iter().map(|problem| (number, problem)));
        self.nodes.push(Node::of(item, space));
    }

    /// A part of a graph: some items, sorted by path, without their links.
    pub(crate) fn part(spaces: Vec<Space>, nodes: Vec<Node>) -> Self {
        Self {
            spaces,
            nodes,
            ..Self::default()
        }
    }

    /// Adds a link of a node to a part. Links of one node must follow each other.
    pub(crate) fn link(&mut self, node: u32, link: PartLink<'_>) {
        if let Some(target) = link.settled {
            self.settled.insert(self.edges.len(), target);
        }
        self.edge(
            node,
            link.rel,
            link.target,
            link.origin,
            link.companion,
            link.line,
        );
    }

    fn edge(
        &mut self,
        item: u32,
        rel: &Arc<str>,
        target: &str,
        origin: Origin,
        companion: bool,
        line: u32,
    ) {
        let rel = self.rel(rel);
        let start = u32::try_from(self.targets.len())
            .expect("because link targets are far below four gigabytes");
        self.targets.push_str(target);
        self.edges.push(Edge {
            item,
            start,
            length: u32::try_from(target.len()).expect("because a target is shorter than its file"),
            line,
            rel,
            origin,
            companion,
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
        let mut targets = Vec::new();
        {
            let names = Names::new(&self.nodes, &self.spaces);
            self.lead_all(&names, others, &mut targets, &mut problems);
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

    /// [`Self::resolve`] without the problems that need more items than links may name: those of a
    /// part are found by [`Self::contradictions`].
    pub(crate) fn lead(mut self, others: &Others<'_>) -> Resolved {
        let mut problems = std::mem::take(&mut self.problems);
        let mut targets = Vec::new();
        {
            let names = Names::new(&self.nodes, &self.spaces);
            self.lead_all(&names, others, &mut targets, &mut problems);
        }
        problems.sort_by_key(|(node, _)| *node);
        Resolved {
            graph: self,
            targets,
            problems,
        }
    }

    /// The shared names, cycles and one-sided relations of a part whose links are all settled.
    pub(crate) fn contradictions(&self) -> Vec<(u32, Problem)> {
        let mut problems = Vec::new();
        let targets: Vec<Option<u32>> = (0..self.edges.len())
            .map(|number| self.settled.get(&number).copied())
            .collect();
        let names = Names::new(&self.nodes, &self.spaces);
        contradictions::duplicates(self, &names, &mut problems);
        contradictions::cycles(self, &targets, &mut problems);
        contradictions::one_sided(self, &targets, &mut problems);
        problems
    }

    fn lead_all(
        &self,
        names: &Names<'_>,
        others: &Others<'_>,
        targets: &mut Vec<Option<u32>>,
        problems: &mut Vec<(u32, Problem)>,
    ) {
        targets.reserve(self.edges.len());
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

impl Node {
    /// The names of an item of the space of that index.
    pub(crate) fn of(item: &Item, space: usize) -> Self {
        Self {
            path: item.path.as_str().into(),
            companion: item.companion.as_deref().map(Into::into),
            id: item.id.as_deref().map(Into::into),
            id_line: item.id_line,
            uid: item.uid.as_deref().map(Into::into),
            aliases: item.aliases.clone().into_boxed_slice(),
            space: u32::try_from(space).expect("because there are few spaces"),
        }
    }

    /// The buckets of its names (see `names::bucket`).
    pub(crate) fn buckets(&self) -> Vec<i32> {
        let paths = std::iter::once(&*self.path).chain(self.companion.as_deref());
        let names = self.id.as_deref().into_iter().chain(self.uid.as_deref());
        names::buckets(paths, names.chain(self.aliases.iter().map(String::as_str)))
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
                    bucket: names::bucket(self.graph.target_of(edge), edge.origin),
                }
            })
    }

    /// The nodes, in the order of their numbers.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.graph.nodes
    }
}
