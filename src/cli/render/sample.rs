//! Sample answers for tests. Never: reads anything.

use proptest::prelude::*;

use serde_json::json;

use crate::query::view::*;

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
        repository: None,
        branch: None,
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

pub(crate) fn problem(file: &str, line: u64, severity: &str, message: &str) -> ProblemRow {
    ProblemRow {
        path: file.to_owned(),
        id: Some("T-1".to_owned()),
        code: "unknown-state".to_owned(),
        severity: severity.to_owned(),
        file: file.to_owned(),
        line,
        col: 3,
        message: message.to_owned(),
        hint: "use one of its states".to_owned(),
        repository: None,
        branch: None,
    }
}

/// An item with one row of everything.
pub(crate) fn showing(item: ItemRow, text: &str) -> ShowView {
    ShowView {
        companion: None,
        content_hash: String::new(),
        blob_oid: String::new(),
        frontmatter: json!({}),
        body: text.to_owned(),
        people: vec![PersonRow {
            role: "owner".to_owned(),
            seq: 0,
            name: text.to_owned(),
        }],
        links: vec![LinkRow {
            rel: "blocks".to_owned(),
            target: text.to_owned(),
            target_path: None,
            target_id: None,
            target_title: None,
            target_phase: None,
            origin: "frontmatter".to_owned(),
            file: item.path.clone(),
            line: 3,
        }],
        backlinks: vec![BacklinkRow {
            rel: "relates".to_owned(),
            path: "b.md".to_owned(),
            id: Some("B".to_owned()),
            title: text.to_owned(),
            phase: Some("done".to_owned()),
            file: "b.md".to_owned(),
            line: 1,
        }],
        children: vec![item.clone()],
        entries: vec![EntryRow {
            at: Some("2026-01-01".to_owned()),
            author: Some("dan".to_owned()),
            model: None,
            text: text.to_owned(),
            file: item.path.clone(),
            line: 9,
        }],
        checks: vec![CheckRow {
            section: Some("Acceptance".to_owned()),
            done: true,
            text: text.to_owned(),
            file: item.path.clone(),
            line: 12,
        }],
        sections: Vec::new(),
        problem_list: vec![problem(&item.path, 2, "warning", text)],
        item,
    }
}

/// A history with a change of every form, made of one text.
pub(crate) fn past(text: &str) -> HistoryView {
    let row = |field: &str, old: Option<&str>, new: Option<&str>, word: &str| FieldRow {
        field: field.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        section: (field == "body").then(|| text.to_owned()),
        lines_added: (field == "body").then_some(3),
        lines_removed: (field == "body").then_some(1),
        description: word.to_owned(),
    };
    let commit = |oid: Option<&str>, change: &str, changes| CommitRow {
        commit_oid: oid.map(str::to_owned),
        short_oid: oid.map(str::to_owned),
        at: oid.map(|_| "2026-01-20T13:02:11Z".to_owned()),
        at_local: oid.map(|_| "2026-01-20T14:02:11+01:00".to_owned()),
        author: oid.map(|_| text.to_owned()),
        email: oid.map(|_| "j@example.invalid".to_owned()),
        subject: oid.map(|_| text.to_owned()),
        path: "a/c/x.md".to_owned(),
        id: Some("T-1".to_owned()),
        change: change.to_owned(),
        old_path: None,
        changes,
    };
    let line = format!("[x] {text}");
    let some = Some(text);
    HistoryView {
        path: "a/c/x.md".to_owned(),
        id: Some("T-1".to_owned()),
        title: text.to_owned(),
        commits: vec![
            commit(None, "modified", vec![row("state", some, None, "")]),
            commit(
                Some("3f9a2c1b"),
                "moved",
                vec![
                    row("path", Some("a/b/x.md"), Some("a/c/x.md"), "moved"),
                    row("state", Some("Ready"), Some("Done"), ""),
                    row("tags", some, None, "removed"),
                    row("tags", None, some, "added"),
                    row("checks", Some(&line), Some(&line), "ticked"),
                    row("entries", None, some, "2026-01-20 jun"),
                    row("body", None, None, ""),
                ],
            ),
            commit(
                Some("00000001"),
                "created",
                vec![row("state", None, Some("Ready"), "")],
            ),
        ],
        more: false,
    }
}
