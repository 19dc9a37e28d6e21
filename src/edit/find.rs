//! The way to a key through the tree of a block, and what forbids to change what stands there.
//! Never: makes anything; a way that ends early says what is missing.

use crate::edit::page::Page;
use crate::edit::tree::{Kind, Node, Pair, Tagged};
use crate::model::edit::{KeyPath, Refused};

/// How far the keys of a path lead.
#[derive(Debug)]
pub(crate) struct Spot<'n> {
    /// The map that holds the last pair of the way, or would hold what is missing; and whether it
    /// stands between braces.
    pub map: &'n Node,
    pub in_flow: bool,
    /// The pairs on the way, outermost first.
    pub trail: Vec<&'n Pair>,
    /// Their keys.
    pub path: Vec<String>,
    /// Keys that are not there.
    pub missing: Vec<String>,
}

impl<'n> Spot<'n> {
    /// The pair that was asked for.
    pub(crate) fn found(&self) -> Option<&'n Pair> {
        if self.missing.is_empty() {
            self.trail.last().copied()
        } else {
            None
        }
    }
}

/// Follows a path from the outermost map. A key that is itself `a.b` is taken where there is no map
/// `a` with a `b`.
pub(crate) fn find<'n>(
    page: &Page<'_>,
    root: &'n Node,
    key: &KeyPath,
) -> Result<Spot<'n>, Refused> {
    let nested = follow(page, root, &key.0)?;
    if nested.missing.is_empty() || key.0.len() < 2 {
        return Ok(nested);
    }
    let joined = follow(page, root, &[key.0.join(".")])?;
    Ok(if joined.missing.is_empty() {
        joined
    } else {
        nested
    })
}

fn follow<'n>(page: &Page<'_>, root: &'n Node, keys: &[String]) -> Result<Spot<'n>, Refused> {
    let mut spot = Spot {
        map: root,
        in_flow: matches!(root.kind, Kind::Map { flow: true, .. }),
        trail: Vec::new(),
        path: Vec::new(),
        missing: keys.to_vec(),
    };
    let mut node = root;
    while let (Some(key), Kind::Map { flow, pairs }) = (spot.missing.first(), &node.kind) {
        spot.map = node;
        spot.in_flow |= flow;
        let mut same = pairs.iter().filter(|pair| pair.key.key_text() == Some(key));
        let Some(pair) = same.next() else {
            break;
        };
        if let Some(second) = same.next() {
            let line = page.line(second.key.span.start);
            let reason = format!("`{key}` is there twice; which one is meant cannot be told");
            return Err(Refused::at("duplicate-key", line, reason).hint("remove one of the two"));
        }
        spot.trail.push(pair);
        spot.path.push(spot.missing.remove(0));
        node = &pair.value;
    }
    Ok(spot)
}

/// Refuses where aliases repeat what would change: a value on the way, or, where the whole value
/// goes, anything in it.
pub(crate) fn refuse_shared(page: &Page<'_>, root: &Node, spot: &Spot<'_>) -> Result<(), Refused> {
    let mut aliases = Vec::new();
    root.walk(&mut |node| {
        if let Kind::Alias(id) = node.kind {
            aliases.push(id);
        }
    });
    if aliases.is_empty() {
        return Ok(());
    }
    let mut shared = None;
    let mut look = |node: &Node| {
        if node.anchor > 0 && aliases.contains(&node.anchor) {
            shared = shared.or(Some(node.span.start));
        }
    };
    for pair in &spot.trail {
        look(&pair.value);
    }
    if let Some(pair) = spot.found() {
        pair.key.walk(&mut look);
        pair.value.walk(&mut look);
    }
    match shared {
        None => Ok(()),
        Some(at) => Err(Refused::at(
            "anchor",
            page.line(at),
            "an alias repeats this value elsewhere, which would change with it",
        )
        .hint("write the value out where the alias stands")),
    }
}

/// Refuses a value that is an alias or merge key, or that has a tag.
pub(crate) fn refuse_borrowed(page: &Page<'_>, pair: &Pair) -> Result<(), Refused> {
    let line = page.line(pair.key.span.start);
    if matches!(pair.value.kind, Kind::Alias(_)) || pair.key.key_text() == Some("<<") {
        let reason = "the value is that of an anchor elsewhere in the file";
        return Err(Refused::at("anchor", line, reason).hint("write the value out first"));
    }
    if pair.value.tagged == Tagged::Other {
        let reason = "the value has a tag, which says what it means";
        return Err(Refused::at("tag", line, reason).hint("remove the tag first"));
    }
    Ok(())
}
