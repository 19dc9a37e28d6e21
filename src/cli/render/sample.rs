//! Sample answers for tests. Never: reads anything.

use proptest::prelude::*;

use crate::query::view::{ColumnView, ItemRow, TreeNode};

/// An item; `state` also names the phase, as the word before `/` (`active/InProgress`).
pub(crate) fn item(id: &str, state: &str, title: &str) -> ItemRow {
    let (phase, state) = state.split_once('/').unwrap_or((state, state));
    ItemRow {
        path: format!("backlog/{}.md", id.to_lowercase()),
        id: Some(id.to_owned()),
        uid: None,
        preset: "kano".to_owned(),
        kind: Some("Task".to_owned()),
        title: title.to_owned(),
        state: Some(state.to_owned()),
        phase: Some(phase.to_owned()),
        priority: Some("P1".to_owned()),
        parent: None,
        owner: Some("dan".to_owned()),
        area: None,
        iteration: None,
        created: Some("2026-01-01".to_owned()),
        updated: Some("2026-01-02".to_owned()),
        due: None,
        status: "ok".to_owned(),
        tags: vec!["cache".to_owned(), "git".to_owned()],
        problems: 0,
    }
}

pub(crate) fn column(key: &str, phase: &str, total: u64, items: Vec<ItemRow>) -> ColumnView {
    ColumnView {
        key: Some(key.to_owned()),
        phase: Some(phase.to_owned()),
        total,
        items,
    }
}

pub(crate) fn tree(item: ItemRow, done_below: u64, children: Vec<TreeNode>) -> TreeNode {
    let total_below = children.iter().map(|child| child.total_below + 1).sum();
    TreeNode {
        item,
        cycle: false,
        done_below,
        total_below,
        children,
    }
}

/// Items with any text in every field that a renderer shows.
pub(crate) fn any_item() -> impl Strategy<Value = ItemRow> {
    let text = || crate::cli::text::tests::hostile();
    let maybe = || proptest::option::of(crate::cli::text::tests::hostile());
    let phase = proptest::option::of(proptest::sample::select(vec![
        "open", "active", "blocked", "done", "dropped",
    ]));
    (text(), maybe(), text(), maybe(), phase, maybe(), maybe()).prop_map(
        |(path, id, title, state, phase, priority, owner)| ItemRow {
            path,
            id,
            title,
            state,
            phase: phase.map(str::to_owned),
            priority,
            owner,
            ..item("X", "open", "")
        },
    )
}

pub(crate) fn any_tree() -> impl Strategy<Value = TreeNode> {
    let leaf = any_item().prop_map(|item| tree(item, 0, Vec::new()));
    leaf.prop_recursive(4, 12, 3, |inner| {
        (any_item(), proptest::collection::vec(inner, 0..3))
            .prop_map(|(item, children)| tree(item, 1, children))
    })
}
