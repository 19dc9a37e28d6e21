//! After some items have changed: which links of all others may lead elsewhere now, and which problems
//! across items may come or go. Only these are looked at again, with the same code that a rebuild
//! runs over everything (`projection`), on the part of the items that it can ask for.
//!
//! Never: reads a file, decides what changed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::engine::error::EngineError;
use crate::engine::plan;
use crate::model::item::Link;
use crate::model::problem::Problem;
use crate::projection::{
    ANY_BUCKET, CYCLE_CODES, DUPLICATE_CODES, Graph, LINK_CODES, Node, Others, PartLink,
    SIDE_CODES, Space, buckets, needles,
};
use crate::stores::sqlite::rows::{self, folded};
use crate::stores::sqlite::{LinkRow, Role, SqliteError, StoredLink, Update};

/// What the changes so far may reach.
#[derive(Default)]
pub(super) struct Touched {
    /// The items that are new, or whose names or links are, with their links, whose rows are not.
    pub changed: BTreeMap<i64, Vec<Link>>,
    buckets: BTreeSet<i32>,
    /// Ids and uids that somebody had or has.
    names: BTreeSet<String>,
    /// Items that were in one circle with a changed one, or its counterpart in a relation.
    around: BTreeSet<i64>,
}

fn fail(error: SqliteError) -> EngineError {
    EngineError::sqlite(&error)
}

impl Touched {
    /// Before an item is taken out or replaced.
    pub(super) fn before(&mut self, update: &Update, key: i64) -> Result<(), EngineError> {
        if update.has_problem(key, &CYCLE_CODES).map_err(fail)? {
            let reached = closure(update, [key])?;
            for other in reached.keys() {
                if update.has_problem(*other, &CYCLE_CODES).map_err(fail)? {
                    self.around.insert(*other);
                }
            }
        }
        self.around.extend(counterparts(update, key)?);
        Ok(())
    }

    /// An item had (or has now) these names, and they are not the same before and after.
    pub(super) fn named(&mut self, node: &Node) {
        self.buckets.extend(node.buckets());
        let names = node.id.iter().chain(&node.uid);
        self.names.extend(names.map(|name| name.to_string()));
    }

    /// A file that is no item came or went.
    pub(super) fn other(&mut self, path: &str) {
        self.buckets.extend(buckets([path], []));
    }
}

/// Leads the links again that may have changed, and brings the problems across items up to date.
/// Gives the unchanged items of which something was rewritten.
pub(super) fn relink(
    update: &Update,
    spaces: &[Space],
    roots: &[String],
    mut touched: Touched,
) -> Result<BTreeSet<i64>, EngineError> {
    let changed: BTreeSet<i64> = touched.changed.keys().copied().collect();
    let mut rewritten = BTreeSet::new();
    if !touched.buckets.is_empty() {
        touched.buckets.insert(ANY_BUCKET);
    }
    let mut owners = changed.clone();
    for bucket in &touched.buckets {
        owners.extend(update.owners(*bucket).map_err(fail)?);
    }
    // An unchanged item whose link leads elsewhere may leave a circle, too.
    for owner in owners.difference(&changed) {
        touched.before(update, *owner)?;
    }
    lead(
        update,
        spaces,
        roots,
        &mut touched.changed,
        &owners,
        &mut rewritten,
    )?;
    contradict(update, spaces, &touched, &owners, &mut rewritten)?;
    rewritten.retain(|key| !changed.contains(key));
    Ok(rewritten)
}

/// The nodes of a part by their keys, sorted by path.
struct Part {
    keys: Vec<i64>,
    numbers: HashMap<i64, u32>,
    nodes: Vec<Node>,
}

impl Part {
    fn of(update: &Update, keys: impl IntoIterator<Item = i64>) -> Result<Self, EngineError> {
        let mut nodes = Vec::new();
        for key in keys {
            if let Some(node) = update.node(key).map_err(fail)? {
                nodes.push((key, node));
            }
        }
        // Messages name items in the order of their paths, as in a rebuild.
        nodes.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        let keys: Vec<i64> = nodes.iter().map(|(key, _)| *key).collect();
        let numbers = (0..).zip(&keys).map(|(number, key)| (*key, number));
        Ok(Self {
            numbers: numbers.collect(),
            nodes: nodes.into_iter().map(|(_, node)| node).collect(),
            keys,
        })
    }
}

/// The links of one item that are to be led.
struct Owned {
    item: i64,
    /// They are as the file says now; the rows are those of before, or none.
    is_new: bool,
    links: Vec<StoredLink>,
}

/// Leads every link of the owners: the new links of changed items, and the recorded ones of others.
fn lead(
    update: &Update,
    spaces: &[Space],
    roots: &[String],
    changed: &mut BTreeMap<i64, Vec<Link>>,
    owners: &BTreeSet<i64>,
    rewritten: &mut BTreeSet<i64>,
) -> Result<(), EngineError> {
    let mut asked = Asked::default();
    let mut all: Vec<Owned> = Vec::new();
    for owner in owners {
        let Some(node) = update.node(*owner).map_err(fail)? else {
            continue;
        };
        let owned = match changed.remove(owner) {
            Some(links) => Owned {
                item: *owner,
                is_new: true,
                links: (0..).zip(links).map(stored).collect(),
            },
            None => Owned {
                item: *owner,
                is_new: false,
                links: update.links(*owner).map_err(fail)?,
            },
        };
        for link in &owned.links {
            asked.ask(update, &node, &spaces[node.space as usize].root, link)?;
        }
        all.push(owned);
    }
    asked.items.extend(owners);
    let part = Part::of(update, asked.items)?;
    let mut graph = Graph::part(spaces.to_vec(), part.nodes.clone());
    for owned in &all {
        let number = part.numbers[&owned.item];
        for link in &owned.links {
            graph.link(number, part_link(link, None));
        }
    }
    let resolved = graph.lead(&Others {
        files: asked.other_files.iter().map(String::as_str).collect(),
        roots: roots.iter().map(String::as_str).collect(),
    });
    // In the order in which they were added.
    let mut led = resolved.links();
    for owned in &all {
        for link in &owned.links {
            let now = led.next().expect("because each link is led");
            let target = now.target_item.map(|node| &resolved.nodes()[node as usize]);
            let row = LinkRow {
                item: owned.item,
                seq: link.seq,
                rel: now.rel,
                target: row_target(now.target, target),
                target_item: now.target_item.map(|node| part.keys[node as usize]),
                origin: now.origin,
                companion: now.companion,
                line: now.line,
                bucket: now.bucket,
            };
            update.put_link(&row).map_err(fail)?;
            if row.target_item != link.target_item {
                rewritten.insert(owned.item);
            }
        }
        if owned.is_new {
            let count = plan::number(owned.links.len());
            update.end_links(owned.item, count).map_err(fail)?;
        }
    }
    let mut problems: HashMap<i64, Vec<&Problem>> = HashMap::new();
    for (node, problem) in &resolved.problems {
        let item = part.keys[*node as usize];
        problems.entry(item).or_default().push(problem);
    }
    replace(update, owners, &LINK_CODES, &problems, rewritten)
}

/// What the look-ups of some links ask for.
#[derive(Default)]
struct Asked {
    items: BTreeSet<i64>,
    other_files: HashSet<String>,
    /// Paths and names that were asked for already.
    seen: HashSet<String>,
}

impl Asked {
    fn ask(
        &mut self,
        update: &Update,
        node: &Node,
        space: &str,
        link: &StoredLink,
    ) -> Result<(), EngineError> {
        let file = match &node.companion {
            Some(companion) if link.companion => companion,
            _ => &node.path,
        };
        let needles = needles(file, space, &link.target, link.origin);
        for path in needles.paths {
            let seen = format!("/{path}");
            if self.seen.contains(&seen) {
                continue;
            }
            match update.at_path(&path).map_err(fail)? {
                Some((Role::Other, _)) => {
                    self.other_files.insert(path);
                }
                Some((_, item)) => self.items.extend(item),
                None => {}
            }
            self.seen.insert(seen);
        }
        for name in needles.names {
            if !self.seen.contains(&name) {
                self.items.extend(update.named(&name).map_err(fail)?);
                self.seen.insert(name);
            }
        }
        Ok(())
    }
}

/// Brings shared names, cycles and one-sided relations up to date.
fn contradict(
    update: &Update,
    spaces: &[Space],
    touched: &Touched,
    owners: &BTreeSet<i64>,
    rewritten: &mut BTreeSet<i64>,
) -> Result<(), EngineError> {
    // Names: whoever holds one, and whoever else holds another name of a holder.
    let mut sharing = BTreeSet::new();
    let mut nodes = BTreeSet::new();
    // A name that thousands hold is asked for once.
    let mut asked: HashSet<String> = HashSet::new();
    for name in &touched.names {
        let folded = folded(name);
        for item in update.named(name).map_err(fail)? {
            let Some(node) = update.node(item).map_err(fail)? else {
                continue;
            };
            let own: Vec<&str> = node.id.iter().chain(&node.uid).map(|own| &**own).collect();
            if own.iter().any(|own| rows::folded(own) == folded) {
                sharing.insert(item);
                for own in own {
                    if asked.insert(rows::folded(own)) {
                        nodes.extend(update.named(own).map_err(fail)?);
                    }
                }
            }
        }
    }
    // Circles: everything that can be reached, which holds every circle that can be.
    let seeds = owners.iter().chain(&touched.around).copied();
    let reached = closure(update, seeds)?;
    let circling: BTreeSet<i64> = reached.keys().copied().collect();
    // Relations: the counterparts, and what these say.
    let mut siding: BTreeSet<i64> = owners.iter().chain(&touched.around).copied().collect();
    for owner in owners {
        siding.extend(counterparts(update, *owner)?);
    }
    let mut links = reached;
    for item in &siding {
        let mut beside = counterparts(update, *item)?;
        beside.insert(*item);
        for other in beside {
            if let std::collections::hash_map::Entry::Vacant(entry) = links.entry(other) {
                entry.insert(relations(update, other)?);
            }
        }
    }
    nodes.extend(links.keys().copied());
    let part = Part::of(update, nodes)?;
    let mut graph = Graph::part(spaces.to_vec(), part.nodes.clone());
    for (number, key) in (0..).zip(&part.keys) {
        for link in links.get(key).into_iter().flatten() {
            let target = link.target_item.and_then(|item| part.numbers.get(&item));
            if let Some(target) = target {
                graph.link(number, part_link(link, Some(*target)));
            }
        }
    }
    let found = graph.contradictions();
    let mut problems: HashMap<i64, Vec<&Problem>> = HashMap::new();
    for (node, problem) in &found {
        let item = part.keys[*node as usize];
        problems.entry(item).or_default().push(problem);
    }
    replace(update, &sharing, &DUPLICATE_CODES, &problems, rewritten)?;
    replace(update, &circling, &CYCLE_CODES, &problems, rewritten)?;
    replace(update, &siding, &SIDE_CODES, &problems, rewritten)
}

/// Puts the found problems of these codes in the place of the recorded ones.
fn replace(
    update: &Update,
    items: &BTreeSet<i64>,
    codes: &[&str],
    found: &HashMap<i64, Vec<&Problem>>,
    rewritten: &mut BTreeSet<i64>,
) -> Result<(), EngineError> {
    for item in items {
        let own = found.get(item).into_iter().flatten().copied();
        let own: Vec<&Problem> = own
            .filter(|problem| codes.contains(&problem.code))
            .collect();
        let replaced = update.replace_problems(*item, |code| codes.contains(&code), &own);
        if replaced.map_err(fail)? {
            rewritten.insert(*item);
        }
    }
    Ok(())
}

/// The links of an item that may be part of a circle or of a relation with two sides.
fn relations(update: &Update, key: i64) -> Result<Vec<StoredLink>, EngineError> {
    let mut links = update.links(key).map_err(fail)?;
    links.retain(|link| {
        matches!(&*link.rel, "parent" | "blocks" | "blocked_by") && link.target_item.is_some()
    });
    Ok(links)
}

/// Everything that can be reached along parents, and along what waits for what; with the relations
/// of each.
fn closure(
    update: &Update,
    seeds: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<StoredLink>>, EngineError> {
    let mut reached = HashMap::new();
    let mut next: Vec<i64> = seeds.into_iter().collect();
    while let Some(key) = next.pop() {
        if reached.contains_key(&key) {
            continue;
        }
        let links = relations(update, key)?;
        let ahead = links.iter().filter(|link| &*link.rel != "blocks");
        next.extend(ahead.filter_map(|link| link.target_item));
        next.extend(update.sources(key, "blocks").map_err(fail)?);
        reached.insert(key, links);
    }
    Ok(reached)
}

/// The items that block an item or are blocked by it, whichever side says so.
fn counterparts(update: &Update, key: i64) -> Result<BTreeSet<i64>, EngineError> {
    let links = relations(update, key)?;
    let mut found: BTreeSet<i64> = links
        .iter()
        .filter(|link| &*link.rel != "parent")
        .filter_map(|link| link.target_item)
        .collect();
    for rel in ["blocks", "blocked_by"] {
        found.extend(update.sources(key, rel).map_err(fail)?);
    }
    Ok(found)
}

/// A link to its target's id need not say it again.
pub(super) fn row_target<'a>(written: &'a str, target: Option<&Node>) -> Option<&'a str> {
    let id = target.and_then(|node| node.id.as_deref());
    (id != Some(written)).then_some(written)
}

fn part_link(link: &StoredLink, settled: Option<u32>) -> PartLink<'_> {
    PartLink {
        rel: &link.rel,
        target: &link.target,
        origin: link.origin,
        companion: link.companion,
        line: link.line,
        settled,
    }
}

fn stored((seq, link): (i64, Link)) -> StoredLink {
    StoredLink {
        seq,
        rel: Arc::clone(&link.rel),
        target: link.target,
        target_item: None,
        origin: link.origin,
        companion: link.companion,
        line: link.line,
        bucket: 0,
    }
}
