//! Every known convention is recognized with no configuration, several at once too.

use crate::support::answers::{column, paths, rows};
use crate::support::{World, tree};

fn convention(name: &str) -> World {
    let path = tree::project().join(format!("fixtures/trees/{name}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    World::with(&text)
}

/// The presets in use, from what the items say.
fn presets(world: &World) -> Vec<String> {
    column(world, "SELECT DISTINCT preset FROM items ORDER BY preset")
}

/// `id|state|phase` of every item, by path.
fn states(world: &World) -> Vec<String> {
    column(
        world,
        "SELECT coalesce(id, '-') || '|' || coalesce(state, '-') || '|' || coalesce(phase, '-') \
         FROM items ORDER BY path",
    )
}

#[test]
fn kano() {
    let world = convention("backlog");
    assert_eq!(presets(&world), ["kano"]);
    assert_eq!(
        states(&world),
        [
            "ADR-0001|Accepted|done",
            "DM-BUG-0001|Blocked|blocked",
            "DM-EPIC-0001|InProgress|active",
            "DM-FTR-0001|Ready|open",
            "DM-TSK-0001|Done|done",
            "DM-TSK-0002|InProgress|active",
            "DM-TSK-0003|Proposed|open",
        ]
    );
    let entries = rows(
        &world,
        "SELECT at, author, model, text FROM entries ORDER BY seq",
    );
    assert_eq!(
        serde_json::json!(entries),
        serde_json::json!([
            [
                "2026-01-03T09:00:00",
                "jun",
                null,
                "Created from the roadmap"
            ],
            ["2026-01-21T10:30:00", "jun", "unknown", "Ready for review"],
        ])
    );
    // Text stays as it was written.
    let kept = column(
        &world,
        "SELECT DISTINCT iteration FROM items WHERE iteration NOT NULL",
    );
    assert_eq!(kept, ["1.10"]);
}

#[test]
fn backlog_md() {
    let world = convention("backlog-md");
    assert_eq!(presets(&world), ["backlog-md"]);
    let ids = column(&world, "SELECT id FROM items ORDER BY path");
    assert_eq!(
        ids,
        ["TASK-3", "decision-1", "DRAFT-1", "TASK-1", "TASK-2"],
        "five items, the readme and the configuration are none"
    );
    let invalid = rows(
        &world,
        "SELECT id, title, status FROM items WHERE status <> 'ok'",
    );
    assert_eq!(
        serde_json::json!(invalid),
        serde_json::json!([["TASK-2", "Mention a person", "invalid"]]),
        "what can be read of invalid YAML is kept"
    );
    let problem = rows(
        &world,
        "SELECT line FROM problems WHERE path LIKE '%task-2%' AND severity = 'error'",
    );
    assert_eq!(serde_json::json!(problem), serde_json::json!([[5]]));
    let checks = rows(&world, "SELECT text, done FROM checks ORDER BY seq");
    assert_eq!(checks.len(), 2);
    let target = column(
        &world,
        "SELECT target_path FROM links WHERE path LIKE '%task-2%'",
    );
    assert_eq!(
        target,
        ["backlog/tasks/task-1 - Write-the-parser.md"],
        "case does not matter"
    );
}

#[test]
fn kep() {
    let world = convention("kep");
    assert_eq!(presets(&world), ["kep"]);
    assert_eq!(
        paths(&world),
        [
            "keps/sig-cli/2133-kubelet-credentials/kep.yaml",
            "keps/sig-node/1287-in-place-update/kep.yaml",
        ],
        "a pair is one item"
    );
    let states = column(
        &world,
        "SELECT state || '|' || phase FROM items ORDER BY path",
    );
    assert_eq!(states, ["provisional|open", "implemented|done"]);
    let sections = rows(
        &world,
        "SELECT file, line FROM sections WHERE path LIKE '%1287%' AND title = 'Summary'",
    );
    assert_eq!(
        serde_json::json!(sections),
        serde_json::json!([["keps/sig-node/1287-in-place-update/README.md", 3]]),
        "lines name their file"
    );
    let month = column(&world, "SELECT created FROM items WHERE path LIKE '%2133%'");
    assert_eq!(
        month,
        ["2021-13-01"],
        "a month that does not exist stays as written"
    );
}

#[test]
fn madr() {
    let world = convention("madr");
    assert_eq!(presets(&world), ["madr"]);
    let titles = column(
        &world,
        "SELECT title || '|' || phase FROM items ORDER BY path",
    );
    assert_eq!(titles, ["Use Markdown|done", "Use Git|open"]);
    let link = column(
        &world,
        "SELECT target_path FROM links WHERE origin = 'markdown'",
    );
    assert_eq!(link, ["docs/decisions/0001-use-markdown.md"]);
}

#[test]
fn decisions_without_frontmatter() {
    let world = convention("nygard");
    assert_eq!(presets(&world), ["madr"]);
    let states = column(&world, "SELECT phase FROM items ORDER BY path");
    assert_eq!(
        states,
        ["done", "dropped", "open"],
        "from the section `Status`"
    );
    let dates = column(&world, "SELECT created FROM items ORDER BY path");
    assert_eq!(dates, ["2026-01-02", "2026-01-03", "2026-01-04"]);
}

#[test]
fn obsidian() {
    let world = convention("obsidian");
    assert_eq!(presets(&world), ["obsidian"]);
    assert_eq!(
        paths(&world),
        ["Projects/Garden.md", "Soil.md"],
        ".trash is left out"
    );
    let links = rows(
        &world,
        "SELECT path, target_path FROM links WHERE origin = 'wikilink' \
         AND target_path NOT NULL ORDER BY path",
    );
    assert_eq!(
        serde_json::json!(links),
        serde_json::json!([
            ["Projects/Garden.md", "Soil.md"],
            ["Soil.md", "Projects/Garden.md"]
        ]),
        "by note name and by alias"
    );
    let tags = column(&world, "SELECT tag FROM tags ORDER BY tag");
    assert!(tags.contains(&"outside".to_owned()), "{tags:?}");
}

#[test]
fn jekyll() {
    let world = convention("jekyll");
    assert_eq!(presets(&world), ["jekyll"]);
    assert_eq!(paths(&world).len(), 3);
    let dates = column(
        &world,
        "SELECT created FROM items WHERE path LIKE '_posts/%' ORDER BY 1",
    );
    assert_eq!(dates, ["2026-01-02", "2026-01-03"], "from the file name");
}

#[test]
fn hugo() {
    let world = convention("hugo");
    assert_eq!(presets(&world), ["hugo"]);
    let titles = column(
        &world,
        "SELECT title FROM items WHERE path LIKE 'content/posts/%' ORDER BY 1",
    );
    assert_eq!(
        titles,
        ["In JSON", "In TOML", "In YAML"],
        "all three kinds of frontmatter"
    );
    let tags = column(&world, "SELECT tag FROM tags ORDER BY tag");
    assert_eq!(tags, ["a", "b"]);
}

#[test]
fn plain() {
    let world = convention("plain");
    assert_eq!(presets(&world), ["plain"]);
    let titles = column(
        &world,
        "SELECT title FROM items WHERE path LIKE 'notes/%' ORDER BY path",
    );
    assert_eq!(titles, ["A big idea", "Things to do"]);
    let checks = column(&world, "SELECT text FROM checks WHERE done ORDER BY seq");
    assert_eq!(checks, ["Read"]);
}

#[test]
fn several_conventions_in_one_repository() {
    let world = convention("mixed");
    assert_eq!(presets(&world), ["kano", "madr"]);
    assert_eq!(paths(&world).len(), 2);
}

#[test]
fn a_preset_of_kanban_toml_holds() {
    let world = convention("mixed");
    world.write(
        "kanban.toml",
        "[[root]]\npath = \"docs\"\npreset = \"plain\"\n",
    );
    assert_eq!(presets(&world), ["plain"]);
    assert_eq!(paths(&world), ["docs/decisions/0001-use-markdown.md"]);
}

/// The decisions of this project are items too.
#[test]
fn our_own_decisions() {
    let world = World::repo();
    tree::copy(&tree::project().join("docs"), &world.root().join("docs"));
    world.commit("files");
    assert_eq!(presets(&world), ["madr"]);
    let accepted = column(
        &world,
        "SELECT count(*) FROM items WHERE state = 'accepted'",
    );
    assert!(accepted[0].parse::<u64>().unwrap() >= 9, "{accepted:?}");
    assert_eq!(world.kanban(["--json", "check"]).data()["total"], 0);
}
