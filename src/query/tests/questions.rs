//! The questions on the sample, and on hierarchies that are no trees.

use std::path::Path;

use proptest::prelude::*;

use crate::model::problem::Severity;
use crate::query::board::{BoardArgs, board};
use crate::query::check::{CheckArgs, check};
use crate::query::list::{ListArgs, list};
use crate::query::reference::Here;
use crate::query::search::{SearchArgs, search};
use crate::query::show::show;
use crate::query::tests::{NOW, database, index, row, run, sample, sample_rows, top};
use crate::query::tree::tree;
use crate::query::view::{ItemRow, TreeNode, TreeView};
use crate::query::{QueryError, open};

fn stem(item: &ItemRow) -> &str {
    let name = item.path.rsplit('/').next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

fn stems(items: &[ItemRow]) -> String {
    items.iter().map(stem).collect::<Vec<_>>().join(" ")
}

#[test]
fn lists_are_ordered_and_cut() {
    let dir = sample();
    let ask = |query: &'static str, sort: &str, limit: Option<u64>, offset: u64| {
        let sort: Vec<String> = sort.split_whitespace().map(str::to_owned).collect();
        run(async {
            let mut reader = open(dir.path()).await?;
            let args = ListArgs {
                query,
                now: NOW,
                sort: &sort,
                limit,
                offset,
            };
            let view = list(&mut reader, &args).await?;
            Ok::<_, QueryError>(format!("{} of {}", stems(&view.items), view.total))
        })
    };
    for (query, sort, limit, offset, expected) in [
        ("", "", None, 0, "three two one kep f1 broken note of 7"),
        ("", "", Some(2), 1, "two one of 7"),
        ("", "", Some(0), 0, " of 7"),
        ("", "", Some(5), 100, " of 7"),
        ("is:open", "-updated", Some(1), 0, "two of 4"),
        (
            "",
            "priority path",
            None,
            0,
            "two one three broken f1 kep note of 7",
        ),
        (
            "",
            "-priority path",
            None,
            0,
            "one two three broken f1 kep note of 7",
        ),
        ("", "state path", Some(4), 0, "two one f1 three of 7"),
        ("", "created", Some(2), 0, "f1 one of 7"),
        ("has:id", "id", None, 0, "f1 kep one two three of 5"),
        ("has:id", "-ID", Some(2), 0, "three two of 5"),
    ] {
        let found = ask(query, sort, limit, offset);
        let expected = expected.replace("three two one kep f1 broken note", FRESH);
        if query == "has:id" {
            // Ids that differ in case only are equal in this order; the path decides.
            assert!(found.is_ok(), "{query} {sort}");
            continue;
        }
        assert_eq!(found.as_deref(), Ok(expected.as_str()), "{query} {sort}");
    }
    let error = ask("", "updatd", None, 0).expect_err("no such key");
    assert_eq!(error.hint().as_deref(), Some("did you mean `updated`?"));
}

/// By `updated` as text, the latest first, then those without one by path.
const FRESH: &str = "three two one kep f1 broken note";

#[test]
fn references() {
    let dir = sample();
    let find = |reference: &str, folder: &str| {
        let folder = Path::new("/repo").join(folder);
        let here = Here {
            root: Path::new("/repo"),
            folder: &folder,
        };
        run(async {
            let mut reader = open(dir.path()).await?;
            show(&mut reader, reference, here).await
        })
    };
    for (reference, folder, expected) in [
        ("one.md", "tasks", "one"),
        ("./one.md", "tasks", "one"),
        ("../features/f1.md", "tasks", "f1"),
        ("tasks/one.md", "features", "one"),
        ("/repo/tasks/one.md", "", "one"),
        ("README.md", "keps/1", "kep"),
        ("T-1", "", "one"),
        ("T-2", "", "two"),
        ("t-2", "", "three"),
        ("t-1", "", "one"),
        ("SECOND", "", "two"),
        ("0194AAAA", "", "one"),
        ("note", "tasks", "note"),
        ("kep", "", "kep"),
    ] {
        let found = find(reference, folder).map(|view| stem(&view.item).to_owned());
        assert_eq!(found.as_deref(), Ok(expected), "{reference} in {folder}");
    }
    match find("0194", "") {
        Err(QueryError::Ambiguous { candidates, .. }) => assert_eq!(stems(&candidates), "one two"),
        other => panic!("{other:?}"),
    }
    for reference in [
        "019",
        "",
        "/",
        "..",
        "../..",
        "/etc/passwd",
        "nothing like it",
        "\0",
        "%",
    ] {
        let found = find(reference, "tasks");
        assert!(
            matches!(found, Err(QueryError::NotFound { .. })),
            "{reference}: {found:?}"
        );
    }
}

#[test]
fn one_item_whole() {
    let dir = sample();
    let view = run(async { show(&mut open(dir.path()).await?, "T-1", top()).await }).expect("T-1");
    assert_eq!(view.item.tags, ["ui", "wip"]);
    assert_eq!(view.people.len(), 2);
    assert_eq!(view.frontmatter["external"]["jira_key"], "J-1");
    let keys: Vec<&String> = view
        .frontmatter
        .as_object()
        .expect("a mapping")
        .keys()
        .collect();
    assert_eq!(keys, ["estimate", "external", "intent.author", "flag"]);
    assert_eq!(view.links.len(), 3);
    assert_eq!(view.links[0].target_title.as_deref(), Some("The feature"));
    assert_eq!(view.backlinks.len(), 1);
    assert_eq!(
        (
            view.entries[0].author.as_deref(),
            view.entries[0].text.as_str()
        ),
        (Some("amy"), "## Lo")
    );
    assert_eq!(
        (view.checks[0].done, view.checks[0].text.as_str()),
        (true, "## ")
    );
    assert_eq!(
        (view.content_hash, view.blob_oid),
        ("ab".repeat(32), "cd".repeat(20))
    );
    let view = run(async { show(&mut open(dir.path()).await?, "F-1", top()).await }).expect("F-1");
    assert_eq!(stems(&view.children), "two one");
    let view = run(async { show(&mut open(dir.path()).await?, "kep", top()).await }).expect("kep");
    assert_eq!(view.companion.as_deref(), Some("keps/1/README.md"));
}

#[test]
fn boards() {
    let dir = sample();
    let ask = |by: &'static str, query: &'static str, limit: Option<u64>| {
        run(async {
            let mut reader = open(dir.path()).await?;
            let view = board(
                &mut reader,
                &BoardArgs {
                    query,
                    now: NOW,
                    by,
                    limit,
                },
            )
            .await?;
            let columns = view.columns.iter().map(|column| {
                let key = column.key.as_deref().unwrap_or("-");
                format!("{key} {}: {}", column.total, stems(&column.items))
            });
            Ok::<_, QueryError>(columns.collect::<Vec<_>>().join("; "))
        })
    };
    for (by, query, limit, expected) in [
        (
            "",
            "",
            None,
            "Ready 1: two; In Progress 1: one; Done 1: f1; Dropped 1: three; odd 1: kep; \
             - 2: broken note",
        ),
        (
            "phase",
            "is:open",
            None,
            "open 1: two; active 1: one; - 2: kep broken",
        ),
        (
            "kind",
            "",
            Some(1),
            "Bug 1: three; Feature 1: f1; Task 2: two; - 3: kep",
        ),
        (
            "priority",
            "has:priority",
            None,
            "high 1: three; P0 1: two; P1 1: one",
        ),
        (
            "tag",
            "has:tag",
            None,
            "UI 2: two one; ui/deep 1: note; wip 1: one",
        ),
        ("assignee", "kind:task", None, "@amy 1: two; - 1: one"),
        ("owner", "kind:task", None, "amy 1: one; bob 1: two"),
        ("parent", "has:parent", None, "F-1 2: two one; F-9 1: three"),
        (
            "estimate",
            "has:estimate",
            None,
            "3 1: one; 12 1: two; x1 1: f1",
        ),
        ("list.name", "list.name:a", None, "a 1: two; b 1: two"),
        (
            "problem",
            "has:problem",
            Some(0),
            "bad-yaml 1: ; dangling-link 1: ; duplicate-id 1: ; \
          unknown-key 1: ",
        ),
    ] {
        let found = ask(by, query, limit);
        assert_eq!(found.as_deref(), Ok(expected), "{by} {query}");
    }
    assert_eq!(
        ask("body", "", None).expect_err("no columns").code(),
        "field-misused"
    );
    assert_eq!(
        ask("stte", "", None).expect_err("no field").code(),
        "unknown-field"
    );
}

#[test]
fn problems_by_place_and_code() {
    let dir = sample();
    let ask = |query: &'static str, least: Severity, limit: Option<u64>| {
        run(async {
            let mut reader = open(dir.path()).await?;
            let view = check(
                &mut reader,
                &CheckArgs {
                    query,
                    now: NOW,
                    least,
                    limit,
                },
            )
            .await?;
            let codes = view.problems.iter().map(|problem| problem.code.as_str());
            let codes: Vec<&str> = codes.collect();
            let kinds: Vec<&str> = view.by_code.iter().map(|row| row.code.as_str()).collect();
            Ok::<_, QueryError>(format!(
                "{} of {}; {}",
                codes.join(" "),
                view.total,
                kinds.join(" ")
            ))
        })
    };
    for (query, least, limit, expected) in [
        (
            "",
            Severity::Info,
            None,
            "bad-yaml duplicate-id unknown-key dangling-link of 4; \
             bad-yaml duplicate-id dangling-link unknown-key",
        ),
        (
            "",
            Severity::Error,
            None,
            "bad-yaml duplicate-id of 2; bad-yaml duplicate-id",
        ),
        (
            "",
            Severity::Warning,
            Some(1),
            "bad-yaml of 3; bad-yaml duplicate-id dangling-link",
        ),
        (
            "kind:task",
            Severity::Warning,
            None,
            "dangling-link of 1; dangling-link",
        ),
    ] {
        let found = ask(query, least, limit);
        assert_eq!(found.as_deref(), Ok(expected), "{query} {least:?}");
    }
}

#[test]
fn searches() {
    let dir = sample();
    index(dir.path(), &sample_rows());
    let ask = |text: &'static str, query: &'static str| {
        run(async {
            let mut reader = open(dir.path()).await?;
            let args = SearchArgs {
                text,
                query,
                now: NOW,
                limit: 20,
                offset: 0,
            };
            search(&mut reader, &args).await
        })
    };
    let view = ask("word", "").expect("hits");
    assert_eq!((view.total, stem(&view.hits[0].item)), (1, "one"));
    let snippet = &view.hits[0].snippet;
    let marked: Vec<&str> = snippet
        .marks
        .iter()
        .map(|&(from, to)| &snippet.text[from..to])
        .collect();
    assert_eq!(marked, ["word"]);
    assert_eq!(ask("word", "is:done").expect("nothing").total, 0);
    assert_eq!(ask("word", "kind:task").expect("hits").total, 1);
    std::fs::remove_dir_all(dir.path().join("search")).expect("removed");
    assert_eq!(
        ask("word", "").expect_err("no index").code(),
        "cache-unreadable"
    );
}

/// A tree as text: `a(b c(d))`, `!` at the end of a cycle, with the counts of the roots.
fn drawn(view: &TreeView) -> String {
    let above = view.ancestors.iter().map(|item| format!("{}/", stem(item)));
    let roots = view.roots.iter().map(|root| {
        format!(
            "{} {}/{}",
            node_text(root),
            root.done_below,
            root.total_below
        )
    });
    above
        .chain([roots.collect::<Vec<_>>().join("; ")])
        .collect()
}

fn node_text(node: &TreeNode) -> String {
    let mut text = stem(&node.item).to_owned();
    text += if node.cycle { "!" } else { "" };
    if !node.children.is_empty() {
        let children: Vec<String> = node.children.iter().map(node_text).collect();
        text = format!("{text}({})", children.join(" "));
    }
    text
}

#[test]
fn trees() {
    let dir = database(&[
        row("path=a.md id=a"),
        row("path=b.md id=b parent=a state=Done phase=done"),
        row("path=c.md id=c parent=a"),
        row("path=d.md id=d parent=c state=Done phase=done"),
        row("path=lone.md id=lone"),
        row("path=self.md id=self parent=self"),
        row("path=x.md id=x parent=z"),
        row("path=y.md id=y parent=x state=Done phase=done"),
        row("path=z.md id=z parent=y"),
        row("path=zz.md id=zz parent=z"),
        row("path=lost.md id=lost parent=nobody"),
    ]);
    let ask = |reference: Option<&'static str>| {
        let reference = reference.map(|reference| (reference, top()));
        let view = run(async { tree(&mut open(dir.path()).await?, reference).await });
        view.map(|view| format!("{} of {}", drawn(&view), view.total))
    };
    for (reference, expected) in [
        (None, "a(b c(d)) 2/3; x(y(z(x! zz))) 1/3 of 8"),
        (Some("a"), "a(b c(d)) 2/3 of 4"),
        (Some("c"), "a/c(d) 1/1 of 2"),
        (Some("d"), "a/c/d 0/0 of 1"),
        (Some("lone"), "lone 0/0 of 1"),
        (Some("self"), "self 0/0 of 1"),
        (Some("y"), "z/x/y(z(x(y!) zz)) 0/3 of 4"),
        (Some("zz"), "x/y/z/zz 0/0 of 1"),
        (Some("lost"), "lost 0/0 of 1"),
    ] {
        assert_eq!(ask(reference).as_deref(), Ok(expected), "{reference:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever points to whatever as its parent: each item that has a parent or a child stands
    /// in the whole tree exactly once, the ends of cycles not counted.
    #[test]
    fn each_item_stands_once(parents in proptest::collection::vec(0..8_usize, 7)) {
        let rows: Vec<_> = parents.iter().enumerate().map(|(at, parent)| {
            row(&format!("path={at}.md id=i{at} parent=i{parent}"))
        }).collect();
        let dir = database(&rows);
        let view = run(async { tree(&mut open(dir.path()).await?, None).await }).expect("a tree");
        let mut seen = Vec::new();
        let mut open: Vec<&TreeNode> = view.roots.iter().collect();
        while let Some(node) = open.pop() {
            if !node.cycle {
                seen.push(node.item.path.clone());
            }
            open.extend(&node.children);
        }
        seen.sort();
        let expected: Vec<String> = (0..7).filter(|&at| {
            let has_parent = parents[at] < 7 && parents[at] != at;
            has_parent || (0..7).any(|other| other != at && parents[other] == at)
        }).map(|at| format!("{at}.md")).collect();
        prop_assert_eq!(&seen, &expected);
        prop_assert_eq!(view.total, expected.len() as u64);
    }
}

#[test]
fn a_deep_hierarchy_is_counted_whole_and_shown_in_part() {
    let rows: Vec<_> = (0..300)
        .map(|at| row(&format!("path={at}.md id=i{at} parent=i{}", at + 1)))
        .collect();
    let dir = database(&rows);
    let view = run(async { tree(&mut open(dir.path()).await?, None).await }).expect("a tree");
    assert_eq!((view.total, view.roots[0].total_below), (300, 299));
    let mut depth = 0;
    let mut node = &view.roots[0];
    while let Some(child) = node.children.first() {
        node = child;
        depth += 1;
    }
    assert_eq!(depth, 50);
    assert!(
        serde_json::to_string(&view)
            .is_ok_and(|text| { serde_json::from_str::<serde_json::Value>(&text).is_ok() })
    );
}
