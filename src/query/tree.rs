//! `tree`: the hierarchy by resolved parents, whole or around one item. Each item stands once,
//! under the first of its parents. Safe against cycles, and linear in the number of items.

use std::collections::HashMap;

use crate::query::Reader;
use crate::query::error::QueryError;
use crate::query::list::rows_of;
use crate::query::reference::{Here, find};
use crate::query::sql::{self, Binds, ask};
use crate::query::view::{TreeNode, TreeView};

/// Deeper levels are counted and not shown: readers of JSON bound its depth.
const DEEPEST: usize = 50;

/// Position in the order of siblings; the items of a tree are worked on by it.
type Place = usize;

/// Answers `tree`; without a REF for every item that has children and no parent.
pub(crate) async fn tree(
    reader: &mut Reader,
    reference: Option<(&str, Here<'_>)>,
) -> Result<TreeView, QueryError> {
    let start = match reference {
        Some((reference, here)) => Some(find(reader, reference, here).await?),
        None => None,
    };
    let links: Vec<(i64, i64)> =
        sql::one(reader, ask::parents(reader.dialect()), Binds::default()).await?;
    let mut keys: Vec<i64> = links
        .iter()
        .flat_map(|&(child, parent)| [child, parent])
        .collect();
    keys.extend(start);
    keys.sort_unstable();
    keys.dedup();
    let mut binds = Binds::default();
    let list = binds.add(json(&keys));
    let ordered: Vec<(i64, u8)> =
        sql::one(reader, ask::in_order(reader.dialect(), &list), binds).await?;
    let forest = Forest::new(&ordered, &links);

    let start = start.and_then(|key| forest.places.get(&key).copied());
    let roots = match start {
        Some(place) => vec![place],
        None => forest.roots(),
    };
    let mut plan = forest.plan(&roots);
    let ancestors = start.map_or(Vec::new(), |place| forest.above(place));
    let total = roots.iter().map(|&root| 1 + forest.below[root].1).sum();

    let shown = plan
        .iter()
        .map(|step| step.place)
        .chain(ancestors.iter().copied());
    let keys: Vec<i64> = shown.map(|place| ordered[place].0).collect();
    let mut rows = rows_of(reader, &keys).await?;
    let above = ancestors.iter();
    let ancestors = above.filter_map(|&place| rows.get(&ordered[place].0).cloned());
    let ancestors = ancestors.collect();

    // From the last step to the first: the children of a step stand behind it.
    let mut waiting: HashMap<usize, Vec<TreeNode>> = HashMap::new();
    let mut top = Vec::new();
    while let Some(step) = plan.pop() {
        let mut children = waiting.remove(&plan.len()).unwrap_or_default();
        children.reverse();
        // Where it stands again, its own place is still to come.
        let key = &ordered[step.place].0;
        let item = if step.cycle {
            rows.get(key).cloned()
        } else {
            rows.remove(key)
        };
        let Some(item) = item else {
            continue;
        };
        let (done, below) = forest.below[step.place];
        let node = TreeNode {
            item,
            cycle: step.cycle,
            done_below: if step.cycle { 0 } else { done },
            total_below: if step.cycle { 0 } else { below },
            children,
        };
        match step.parent {
            Some(parent) => waiting.entry(parent).or_default().push(node),
            None => top.push(node),
        }
    }
    top.reverse();
    Ok(TreeView {
        ancestors,
        roots: top,
        total,
    })
}

/// Keys as a JSON array.
pub(crate) fn json(keys: &[i64]) -> String {
    let written: Vec<String> = keys.iter().map(i64::to_string).collect();
    format!("[{}]", written.join(","))
}

/// One node of the answer, in the order of reading.
struct Step {
    place: Place,
    /// Index of the parent's step.
    parent: Option<usize>,
    cycle: bool,
}

struct Forest {
    places: HashMap<i64, Place>,
    parent: Vec<Option<Place>>,
    /// In the order of siblings.
    children: Vec<Vec<Place>>,
    /// True for the items whose ancestors lead back to themselves.
    in_cycle: Vec<bool>,
    /// How many items below each are done, and how many there are.
    below: Vec<(u64, u64)>,
}

impl Forest {
    fn new(ordered: &[(i64, u8)], links: &[(i64, i64)]) -> Self {
        let places: HashMap<i64, Place> = ordered
            .iter()
            .enumerate()
            .map(|(place, &(key, _))| (key, place))
            .collect();
        let mut parent: Vec<Option<Place>> = vec![None; ordered.len()];
        for (child, above) in links {
            if let (Some(&child), Some(&above)) = (places.get(child), places.get(above))
                && child != above
                && parent[child].is_none()
            {
                parent[child] = Some(above);
            }
        }
        let mut children = vec![Vec::new(); ordered.len()];
        for (child, above) in parent.iter().enumerate() {
            if let Some(above) = above {
                children[*above].push(child);
            }
        }
        let mut forest = Self {
            in_cycle: vec![false; ordered.len()],
            below: vec![(0, 0); ordered.len()],
            places,
            parent,
            children,
        };
        forest.count(ordered);
        forest
    }

    /// Takes leaf after leaf away and adds it to its parent. What is left over are the cycles.
    fn count(&mut self, ordered: &[(i64, u8)]) {
        let mut open: Vec<usize> = self.children.iter().map(Vec::len).collect();
        let mut leaves: Vec<Place> = (0..open.len()).filter(|&place| open[place] == 0).collect();
        while let Some(place) = leaves.pop() {
            let Some(above) = self.parent[place] else {
                continue;
            };
            let (done, below) = self.below[place];
            self.below[above].0 += done + u64::from(ordered[place].1);
            self.below[above].1 += below + 1;
            open[above] -= 1;
            if open[above] == 0 {
                leaves.push(above);
            }
        }
        self.in_cycle = open.iter().map(|&children| children > 0).collect();
        // All of a cycle is below each of its members, the member itself left out.
        let mut seen = vec![false; open.len()];
        for place in 0..open.len() {
            if !self.in_cycle[place] || seen[place] {
                continue;
            }
            let mut members = Vec::new();
            let mut at = place;
            while !seen[at] {
                seen[at] = true;
                members.push(at);
                at = self.parent[at].unwrap_or(at);
            }
            let done = |place: Place| u64::from(ordered[place].1);
            let sum = members.iter().fold((0, 0), |sum, &member| {
                let (done_below, below) = self.below[member];
                (sum.0 + done_below + done(member), sum.1 + below + 1)
            });
            for member in members {
                self.below[member] = (sum.0 - done(member), sum.1 - 1);
            }
        }
    }

    /// Tops of trees in the order of siblings: items without a parent that have children, and of
    /// each cycle its first member.
    fn roots(&self) -> Vec<Place> {
        let mut seen = vec![false; self.parent.len()];
        let mut roots = Vec::new();
        for place in 0..self.parent.len() {
            let root = if self.in_cycle[place] {
                let first = !seen[place];
                let mut at = place;
                while first && !seen[at] {
                    seen[at] = true;
                    at = self.parent[at].unwrap_or(at);
                }
                first
            } else {
                self.parent[place].is_none() && !self.children[place].is_empty()
            };
            if root {
                roots.push(place);
            }
        }
        roots
    }

    /// The nodes below the roots in the order of reading, each parent before its children.
    fn plan(&self, roots: &[Place]) -> Vec<Step> {
        let mut plan: Vec<Step> = Vec::new();
        let mut open: Vec<(Place, Option<usize>, usize, Place)> = roots
            .iter()
            .rev()
            .map(|&root| (root, None, 0, root))
            .collect();
        while let Some((place, parent, depth, root)) = open.pop() {
            let cycle = depth > 0 && place == root;
            let at = plan.len();
            plan.push(Step {
                place,
                parent,
                cycle,
            });
            if !cycle && depth < DEEPEST {
                let children = self.children[place].iter().rev();
                open.extend(children.map(|&child| (child, Some(at), depth + 1, root)));
            }
        }
        plan
    }

    /// The ancestors, topmost first.
    fn above(&self, place: Place) -> Vec<Place> {
        let mut above = Vec::new();
        let mut at = place;
        while let Some(parent) = self.parent[at] {
            if parent == place || above.len() == DEEPEST || above.last() == Some(&parent) {
                break;
            }
            above.push(parent);
            at = parent;
        }
        // An item that hangs from a cycle: the cycle is gone round once.
        let mut seen = std::collections::HashSet::new();
        above.retain(|place| seen.insert(*place));
        above.reverse();
        above
    }
}
