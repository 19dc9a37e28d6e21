//! Laws of all renderers.

use proptest::prelude::*;
use serde_json::json;

use crate::cli::render::sample::{any_item, any_tree, column, past, problem, showing};
use crate::cli::render::{
    board, check, doctor, history, hooks, list, search, show, table, tree as trees,
};
use crate::cli::style::Look;
use crate::cli::text::{
    self,
    tests::{hostile, is_forbidden},
};
use crate::query::view::*;

fn terminal(width: usize) -> Look {
    Look {
        width: Some(width),
        ..Look::PIPE
    }
}

/// Every renderer on one item and one text.
fn all(item: &ItemRow, tree: &TreeNode, text: &str, look: Look) -> Vec<(&'static str, String)> {
    let columns = ["open", "blocked", "done"].map(|phase| ColumnView {
        key: Some(text.to_owned()),
        ..column("", phase, 30, vec![item.clone(); 9])
    });
    let board = BoardView {
        by: "state".to_owned(),
        columns: columns.into(),
        total: 90,
    };
    let view = TreeView {
        ancestors: vec![item.clone()],
        roots: vec![tree.clone()],
        total: 9,
    };
    let hit = HitRow {
        item: item.clone(),
        score: 1.0,
        snippet: SnippetRow {
            text: text.to_owned(),
            marks: vec![(0, 1), (1, 5), (3, 9), (900, 2)],
        },
    };
    let problems = vec![
        problem("a.md", 0, "error", text),
        problem("b.md", 7, text, text),
    ];
    let by_code = vec![CodeRow {
        code: text.to_owned(),
        severity: "error".to_owned(),
        count: 2,
    }];
    let problems = CheckView {
        problems,
        total: 2,
        by_code,
    };
    let rows = SqlView {
        columns: vec!["id".to_owned(), text.to_owned(), "n".to_owned()],
        rows: vec![
            vec![json!(text), json!(null), json!(7)],
            vec![json!("x"), json!(text), json!(1.5)],
        ],
        truncated: false,
    };
    let doctor = DoctorView {
        checks: vec![DoctorRow {
            name: text.to_owned(),
            verdict: "error".to_owned(),
            message: text.to_owned(),
            hint: text.to_owned(),
        }],
    };
    let row = |state: &str| HookRow {
        name: text.to_owned(),
        state: state.to_owned(),
        path: None,
        message: text.to_owned(),
        hint: text.to_owned(),
    };
    let hooking = HooksView {
        folder: text.to_owned(),
        scope: Some(text.to_owned()),
        configured: true,
        dry_run: true,
        hooks: vec![row("active"), row("refused"), row(text)],
        driver: Some(DriverView {
            state: text.to_owned(),
            command: Some(text.to_owned()),
            named: true,
            message: text.to_owned(),
            hint: text.to_owned(),
        }),
        notes: Vec::new(),
    };
    vec![
        (
            "list",
            list::list(&[item.clone(), item.clone()], &list::DEFAULT, look),
        ),
        ("board", board::board(&board, None, look)),
        ("tree", trees::tree(&view, None, look)),
        (
            "search",
            search::search(
                &SearchView {
                    hits: vec![hit],
                    total: 1,
                    pass: "exact".to_owned(),
                    hints: Vec::new(),
                },
                look,
            ),
        ),
        ("check", check::check(&problems, look)),
        ("summary", check::summary(&problems, look)),
        ("sql", table::sql(&rows, look)),
        ("doctor", doctor::doctor(&doctor, look)),
        ("hooks", hooks::hooks(&hooking, look)),
        ("history", history::history(&past(text), look)),
        (
            "show",
            show::show(
                &showing(item.clone(), text),
                show::Part::NoBody,
                show::Links::Found,
                look,
            ),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_wider_than_the_terminal(
        item in any_item(), tree in any_tree(), text in hostile(), width in 20usize..140,
    ) {
        for unicode in [true, false] {
            for (name, shown) in all(&item, &tree, &text, Look { unicode, ..terminal(width) }) {
                // Paths are never cut.
                for line in shown.lines().filter(|line| !line.starts_with("path ")) {
                    prop_assert!(text::width(line) <= width, "{name} at {width}: {line:?}");
                }
            }
        }
    }

    #[test]
    fn no_control_gets_through(item in any_item(), tree in any_tree(), text in hostile()) {
        for look in [Look::PIPE, terminal(60)] {
            let mut shown = all(&item, &tree, &text, look);
            shown.push(("body", show::show(&showing(item.clone(), &text), show::Part::All, show::Links::Found, look)));
            for (name, shown) in shown {
                let bad = |char: char| char != '\n' && char != '\t' && is_forbidden(char);
                prop_assert!(!shown.contains(bad), "{name}: {shown:?}");
                prop_assert!(name == "body" || !shown.contains('\t'), "{name}: {shown:?}");
            }
        }
    }

    #[test]
    fn a_pipe_cuts_nothing(item in any_item()) {
        let shown = list::list(std::slice::from_ref(&item), &list::DEFAULT, Look::PIPE);
        prop_assert!(shown.contains(text::line(&item.title).trim()));
        prop_assert_eq!(shown.lines().count(), 1);
    }

    #[test]
    fn colors_change_nothing_but_colors(item in any_item(), tree in any_tree(), text in hostile()) {
        let look = terminal(70);
        let plain = all(&item, &tree, &text, look);
        for ((name, plain), (_, colored)) in plain.into_iter().zip(all(&item, &tree, &text, Look { color: true, ..look })) {
            // Without colors the found words are marked by signs.
            if name != "search" {
                prop_assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain, "{}", name);
            }
        }
    }

    #[test]
    fn columns_share_the_width(natural in proptest::collection::vec(0usize..60, 1..8), max in 1usize..120) {
        let columns = vec![table::Column { least: 6, right: false }; natural.len()];
        let widths = table::widths(&natural, &columns, max);
        let shown = widths.iter().filter(|&&width| width > 0).count();
        prop_assert!(widths.iter().sum::<usize>() + 2 * shown.saturating_sub(1) <= max);
        prop_assert!(widths.iter().zip(&natural).all(|(width, natural)| width <= natural));
        if natural.iter().sum::<usize>() + 2 * (natural.len() - 1) <= max {
            prop_assert_eq!(widths, natural);
        }
    }
}
