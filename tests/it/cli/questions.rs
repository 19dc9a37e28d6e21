//! Every question, asked of the same small backlog.

use serde_json::Value;

use crate::support::World;
use crate::support::answers::{assert_same, dump};

fn ids(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap_or("-").to_owned())
        .collect()
}

fn list(world: &World, query: &[&str]) -> Vec<String> {
    let args = ["--json", "list"].iter().chain(query);
    let mut found = ids(&world.kanban(args).data()["items"]);
    found.sort();
    found
}

#[test]
fn list_filters_sorts_and_limits() {
    let world = World::backlog();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["state:Ready,InProgress", "kind:Feature"],
            &["DM-FTR-0001"],
        ),
        (&["kind:Task", "-tag:web"], &["DM-TSK-0003"]),
        (&["kind:Task", "not:tag:web"], &["DM-TSK-0003"]),
        (&["priority:P0..P1", "kind:Task"], &["DM-TSK-0002"]),
        (&["owner:none", "kind:Task"], &["DM-TSK-0003"]),
        (&["updated:2026-01-22.."], &["DM-BUG-0001", "DM-TSK-0002"]),
        (&["updated>=2026-01-23"], &["DM-BUG-0001"]),
        (&["parent:dm-epic-0001"], &["DM-FTR-0001"]),
        (
            &["iteration:1.10", "is:open"],
            &["DM-FTR-0001", "DM-TSK-0002"],
        ),
        (&["phase:blocked"], &["DM-BUG-0001"]),
        (&["decisions:ADR-0001"], &["DM-EPIC-0001"]),
        (&["\"double charge\""], &[]),
        (&["state:Nonesuch"], &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(list(&world, query), *expected, "{query:?}");
    }

    let run = world.kanban(["--json", "list", "--sort", "-updated", "-n", "2"]);
    let data = run.data();
    assert_eq!(ids(&data["items"]), ["DM-BUG-0001", "DM-TSK-0002"]);
    assert_eq!(data["total"], 7);
    let text = world.kanban(["list", "-n", "2"]).ok();
    assert!(text.stderr().contains('7'), "the total is told\n{text}");
}

#[test]
fn show_gives_the_whole_item() {
    let world = World::backlog();
    let path = "_kano/backlog/products/demo/items/feature/0000/DM-FTR-0001_card-checkout.md";
    for reference in [
        "DM-FTR-0001",
        "dm-ftr-0001",
        path,
        "DM-FTR-0001_card-checkout",
    ] {
        let data = world.kanban(["--json", "show", reference]).data();
        assert_eq!(data["path"], path, "{reference}");
    }
    // Uids are alike in their beginning: only the last figure tells.
    let data = world
        .kanban(["--json", "show", "01940000-0000-7000-8000-000000000002"])
        .data();
    assert_eq!(data["id"], "DM-FTR-0001");
    assert_eq!(data["frontmatter"]["iteration"], "1.10");
    assert_eq!(data["checks"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["entries"][1]["author"], "jun");
    assert_eq!(data["entries"][1]["model"], "unknown");
    assert_eq!(data["children"].as_array().map(Vec::len), Some(4));
    assert!(data["blob_oid"] == world.git(["hash-object", path]).as_str());

    let ambiguous = world.kanban(["--json", "show", "01940000"]).code(1);
    let candidates = ambiguous.json()["error"]["candidates"].clone();
    assert_eq!(candidates.as_array().map(Vec::len), Some(7), "{ambiguous}");
    let unknown = world.kanban(["show", "DM-FTR-0002"]);
    unknown.explains(1, "DM-FTR-0002").hides("Card");
}

#[test]
fn show_understands_paths_from_the_current_folder() {
    let world = World::backlog();
    let folder = world.root().join("_kano/backlog/products/demo/items/task");
    let world = world.at(folder);
    let run = world.kanban(["--json", "show", "../bug/0000/DM-BUG-0001_double-charge.md"]);
    assert_eq!(run.data()["id"], "DM-BUG-0001");
}

#[test]
fn search_finds_and_marks() {
    let world = World::backlog();
    let cases = [
        ("insufficient_funds", "DM-TSK-0002"),
        ("funds", "DM-TSK-0002"),
        ("facade", "DM-TSK-0002"),
        ("tsk-0003", "DM-TSK-0003"),
        ("\"sends the form again\"", "DM-BUG-0001"),
        ("relo", "DM-BUG-0001"),
        ("insuficient", "DM-TSK-0002"),
    ];
    for (text, id) in cases {
        let data = world.kanban(["--json", "search", text]).data();
        assert_eq!(data["hits"][0]["id"], id, "{text}: {data}");
    }
    let data = world.kanban(["--json", "search", "reload"]).data();
    let snippet = &data["hits"][0]["snippet"];
    let text = snippet["text"].as_str().unwrap();
    let (from, to) = (&snippet["marks"][0][0], &snippet["marks"][0][1]);
    let mark = from.as_u64().unwrap() as usize..to.as_u64().unwrap() as usize;
    assert_eq!(text[mark].to_lowercase(), "reload", "{snippet}");

    let filtered = world.kanban(["--json", "search", "card", "kind:Task", "-n", "1"]);
    let data = filtered.data();
    assert_eq!(data["hits"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["hits"][0]["kind"], "Task");
}

#[test]
fn any_search_text_is_a_question() {
    let world = World::backlog();
    for text in [
        "\"", "(", "a AND", "*^2", "-", ":", "title:", "a:b:c", "[1 TO", "\\", "~", "'", "日本", "",
    ] {
        let run = world.kanban(["--json", "search", "--", text]);
        let code = run.output.status.code();
        assert!(code == Some(0) || code == Some(2), "{text:?}\n{run}");
        assert_eq!(run.json()["schema"], "kanban/v1");
    }
}

#[test]
fn a_value_that_no_item_has_is_told() {
    let world = World::backlog();
    let told = "no item has the state `Propsed`; near: `Proposed`";
    for args in [
        &["list", "state:Propsed"][..],
        &["board", "state:Propsed"],
        &["check", "state:Propsed"],
        &["search", "card", "state:Propsed"],
    ] {
        let run = world.kanban(args).ok();
        assert!(run.stderr().contains(told), "{run}");
        let run = world.kanban(["--json"].iter().chain(args)).ok();
        assert_eq!(run.json()["warnings"][0], told, "{run}");
    }
    let run = world.kanban(["list", "kind:Bug", "state:Done"]).ok();
    assert!(!run.stderr().contains("warning"), "{run}");
}

#[test]
fn board_groups_by_state_or_any_field() {
    let world = World::backlog();
    let data = world.kanban(["--json", "board", "kind:Task"]).data();
    assert_eq!(data["by"], "state");
    assert_eq!(data["total"], 3);
    let columns: Vec<_> = data["columns"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|column| column["total"] != 0)
        .map(|column| column["key"].as_str().unwrap())
        .collect();
    assert_eq!(columns, ["Proposed", "InProgress", "Done"], "left to right");
    let data = world.kanban(["--json", "board", "--by", "owner"]).data();
    let none = data["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|column| column["key"].is_null());
    assert!(none.is_some_and(|column| column["total"] != 0), "{data}");
    world.kanban(["board"]).ok().shows("Card checkout");
}

#[test]
fn tree_draws_children_under_parents() {
    let world = World::backlog();
    let data = world.kanban(["--json", "tree", "DM-EPIC-0001"]).data();
    let epic = &data["roots"][0];
    assert_eq!(epic["id"], "DM-EPIC-0001");
    assert_eq!(epic["done_below"], 1);
    assert_eq!(epic["total_below"], 5);
    assert_eq!(epic["children"][0]["id"], "DM-FTR-0001");
    let data = world.kanban(["--json", "tree", "DM-TSK-0001"]).data();
    assert_eq!(ids(&data["ancestors"]), ["DM-EPIC-0001", "DM-FTR-0001"]);
}

#[test]
fn a_tree_with_a_cycle_ends() {
    let world = World::backlog();
    let path = "_kano/backlog/products/demo/items/epic/0000/DM-EPIC-0001_payments.md";
    let text = world
        .read(path)
        .replace("parent: null", "parent: DM-TSK-0001");
    world.write(path, text);
    let data = world.kanban(["--json", "tree", "DM-EPIC-0001"]).data();
    assert!(data.to_string().contains("\"cycle\":true"), "{data}");
    let all = world.kanban(["--json", "tree"]).data();
    for id in ["DM-EPIC-0001", "DM-FTR-0001", "DM-TSK-0001", "DM-BUG-0001"] {
        let id = format!("\"id\":\"{id}\"");
        assert!(
            all.to_string().contains(&id),
            "{id} is lost in a cycle: {all}"
        );
    }
    world.kanban(["check"]).code(1).shows("cycle");
}

#[test]
fn check_says_what_where_and_exits_one() {
    let world = World::backlog();
    let clean = world.kanban(["--json", "check"]).data();
    assert_eq!(clean["total"], 0, "{clean}");

    let path = "_kano/backlog/products/demo/items/task/0000/DM-TSK-0003_refund.md";
    let text = world
        .read(path)
        .replace("state: Proposed", "state: Sleeping")
        .replace("DM-FTR-0001", "DM-FTR-0404");
    world.write(path, text);
    let run = world.kanban(["--json", "check"]).code(1);
    let data = run.json()["data"].clone();
    let places: Vec<_> = data["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            (
                problem["file"].as_str().unwrap(),
                problem["line"].as_u64().unwrap(),
            )
        })
        .collect();
    assert!(places.contains(&(path, 6)), "the state\n{run}");
    assert!(places.contains(&(path, 8)), "the parent\n{run}");
    world.kanban(["check"]).code(1).shows(&format!("{path}:6"));
    let others = world.kanban(["--json", "check", "kind:Bug"]).data();
    assert_eq!(others["total"], 0, "{others}");
}

#[test]
fn code_fences_hold_no_headings_checks_or_links() {
    let world = World::backlog();
    let data = world.kanban(["--json", "show", "DM-TSK-0001"]).data();
    assert_eq!(data["checks"].as_array().map(Vec::len), Some(0), "{data}");
    assert!(
        !data["sections"].to_string().contains("Not a heading"),
        "{data}"
    );
    assert!(!data["links"].to_string().contains("NOTHING"), "{data}");
}

#[test]
fn init_writes_what_is_then_used() {
    let world = World::backlog();
    let before = dump(&world);
    let dry = world.kanban(["init", "--dry-run"]).ok();
    assert!(!world.root().join("kanban.toml").exists(), "{dry}");
    world.kanban(["init"]).ok().shows("kano");
    assert!(world.read("kanban.toml").contains("kano"));
    assert_same(
        &before,
        &dump(&world),
        "what was recognized and what is configured",
    );
    world.write("kanban.toml", "# mine\n");
    world.kanban(["init"]).ok();
    assert_eq!(world.read("kanban.toml"), "# mine\n");
    world.kanban(["init", "--force"]).ok();
    assert!(world.read("kanban.toml").contains("kano"));
}

#[test]
fn an_unknown_key_in_kanban_toml_is_refused_with_a_hint() {
    let world = World::backlog();
    world.write("kanban.toml", "nam = \"demo\"\n");
    let run = world.kanban(["list"]);
    assert!(run.stderr().contains("kanban.toml"), "{run}");
    assert!(run.stderr().contains("`name`"), "the near name\n{run}");
    run.explains(2, "nam").hides("Card");
}
