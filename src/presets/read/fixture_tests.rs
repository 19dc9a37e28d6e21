//! Every convention's fixture: which files are items, and what is read out of them.

use crate::model::config::Config;
use crate::model::document::Origin;
use crate::model::item::{Item, Phase};
use crate::presets::Layout;
use crate::presets::tests::support::{codes, read_tree};

fn tree(name: &str) -> (Layout, Vec<Item>) {
    read_tree(&format!("repos/{name}"), &Config::default())
}

fn places(layout: &Layout) -> Vec<(&str, &str, usize)> {
    let places = layout.places.iter();
    places
        .map(|place| (&*place.preset.name, place.root.as_str(), place.items))
        .collect()
}

/// The item whose path contains a text.
fn item<'i>(items: &'i [Item], part: &str) -> &'i Item {
    let mut found = items.iter().filter(|item| item.path.contains(part));
    let item = found.next().unwrap_or_else(|| panic!("no item {part}"));
    assert!(found.next().is_none(), "{part} is not one item");
    item
}

fn links(item: &Item) -> Vec<(&str, &str)> {
    let links = item.links.iter();
    links
        .map(|link| (&*link.rel, link.target.as_str()))
        .collect()
}

fn people(item: &Item) -> Vec<(&str, &str)> {
    let people = item.people.iter();
    people
        .map(|person| (&*person.role, person.name.as_str()))
        .collect()
}

fn entries(item: &Item) -> Vec<(Option<&str>, Option<&str>, &str, u32)> {
    let entries = item.entries.iter();
    entries
        .map(|entry| {
            let text = &item.body[entry.range.clone()];
            (
                entry.at.as_deref(),
                entry.author.as_deref(),
                text,
                entry.line,
            )
        })
        .collect()
}

fn state(item: &Item) -> (Option<&str>, Option<Phase>) {
    (item.state.as_deref(), item.phase)
}

#[test]
fn kano() {
    let (layout, items) = tree("kano");
    assert_eq!(places(&layout), [("kano", "_kano/backlog", 8)]);

    let epic = item(&items, "EPIC-0001");
    assert_eq!(epic.id.as_deref(), Some("FRY-EPIC-0001"));
    assert_eq!(state(epic), (Some("InProgress"), Some(Phase::Active)));
    assert_eq!(epic.priority_rank, Some(1));
    assert_eq!(epic.owner.as_deref(), Some("nora"));
    assert_eq!(epic.tags, ["tickets", "mobile"]);
    assert_eq!(links(epic), [("decided_by", "ADR-0001")]);
    assert_eq!(epic.created.as_deref(), Some("2026-02-01"));
    assert!(epic.problems.is_empty(), "{:?}", epic.problems);

    let print = item(&items, "TSK-0001");
    assert_eq!(print.owner, None);
    assert_eq!(print.parent.as_deref(), Some("FRY-EPIC-0001"));
    assert_eq!(print.created.as_deref(), Some("2026-02-02"));
    assert_eq!(codes(print), ["unknown-priority"]);
    assert_eq!(
        links(print),
        [("blocks", "FRY-TSK-0002"), ("parent", "FRY-EPIC-0001")]
    );
    assert_eq!(
        entries(print),
        [
            (Some("2026-02-02"), Some("ole"), "A line without a time", 37),
            (
                Some("2026-02-02T11:30:00"),
                Some("ole"),
                "A line in a list",
                38
            ),
            (
                Some("2026-02-03T12:45:00"),
                Some("ole"),
                "A line with a model",
                39
            ),
        ]
    );
    assert_eq!(print.entries[2].model.as_deref(), Some("small-1"));

    let scan = item(&items, "TSK-0101");
    assert_eq!(codes(scan), ["bucket-mismatch", "invalid-date"]);
    assert_eq!(scan.kind.as_deref(), Some("task"));
    assert_eq!(state(scan), (Some("in-progress"), Some(Phase::Active)));
    assert_eq!(scan.priority_rank, Some(2));
    assert_eq!(scan.created.as_deref(), Some("2026-02-30"));
    assert_eq!(scan.updated.as_deref(), Some("2026-02-14T16:05:00"));
    assert_eq!(scan.tags, ["scanner"]);
    assert_eq!(
        people(scan),
        [
            ("owner", "ole"),
            ("author", "nora"),
            ("reviewer", "ole"),
            ("reviewer", "nora")
        ]
    );
    assert_eq!(
        links(scan),
        [
            ("parent", "FRY-EPIC-0099"),
            ("mentions", "FRY-TSK-0001_print-a-code"),
            ("mentions", "../../../views/plan.md"),
        ]
    );
    assert_eq!(scan.links[1].origin, Origin::Wikilink);

    let slips = item(&items, "TSK-0003");
    assert_eq!(
        codes(slips),
        ["id-unlike-file-name", "unknown-kind", "unknown-state"]
    );
    assert_eq!(slips.problems[1].hint, "did you mean `Task`?");
    assert_eq!(slips.problems[2].hint, "did you mean `Done`?");
    assert_eq!(slips.problems[2].line, 6);
    assert_eq!(state(slips), (Some("Dnoe"), None));

    let nameless = item(&items, "TSK-0004");
    assert_eq!(codes(nameless), ["missing-id", "missing-title"]);
    assert_eq!(
        (nameless.problems[0].line, nameless.problems[1].line),
        (2, 5)
    );
    assert_eq!((nameless.id.as_ref(), nameless.kind.as_ref()), (None, None));
    assert_eq!(nameless.title, "notes");

    let bug = item(&items, "BUG-0001");
    assert_eq!(state(bug), (Some("Duplicate"), Some(Phase::Dropped)));
    assert_eq!(links(bug), [("duplicates", "FRY-TSK-0101")]);

    let decision = item(&items, "ADR-0001_");
    assert_eq!(decision.kind.as_deref(), Some("Decision"));
    assert_eq!(state(decision), (Some("Accepted"), Some(Phase::Done)));
    assert_eq!(decision.created.as_deref(), Some("2026-02-01"));
    assert_eq!(decision.owner.as_deref(), Some("nora"));
    assert_eq!(links(decision), [("relates", "FRY-EPIC-0001")]);
    assert!(decision.problems.is_empty(), "{:?}", decision.problems);

    let appendix = item(&items, "appendix");
    assert_eq!(appendix.title, "Prices of scanners");
    assert_eq!(codes(appendix), ["missing-id"]);
}

#[test]
fn kano_single_product() {
    let (layout, items) = tree("kano-single");
    assert_eq!(places(&layout), [("kano", "_kano/backlog", 2)]);
    assert!(items.iter().all(|item| item.problems.is_empty()));
    assert_eq!(
        item(&items, "OLD-FTR").title,
        "One product, no products folder"
    );
    assert_eq!(
        state(item(&items, "ADR")),
        (Some("Draft"), Some(Phase::Open))
    );
}

#[test]
fn backlog_md() {
    let (layout, items) = tree("backlog-md");
    assert_eq!(places(&layout), [("backlog-md", "backlog", 9)]);

    let oven = item(&items, "Preheat");
    assert_eq!(oven.id.as_deref(), Some("BAKE-1"));
    assert_eq!(oven.aliases, ["task-1"]);
    assert_eq!(oven.kind.as_deref(), Some("enhancement"));
    assert_eq!(state(oven), (Some("In Progress"), Some(Phase::Active)));
    assert_eq!(oven.created.as_deref(), Some("2026-03-01T06:30:00Z"));
    assert_eq!(oven.owner.as_deref(), Some("@lou"));
    assert_eq!(oven.iteration.as_deref(), Some("m-1"));
    assert_eq!(links(oven), [("milestone", "m-1")]);
    assert_eq!(oven.checks.len(), 2);
    assert_eq!(
        oven.checks[0]
            .section
            .map(|section| &*oven.sections[section].title),
        Some("Acceptance Criteria")
    );
    assert_eq!(
        entries(oven),
        [
            (
                Some("2026-03-01T07:00:00Z"),
                Some("lou"),
                "The lamp is broken.\n\nIt has been for a week.",
                35
            ),
            (
                Some("2026-03-01T07:05:00Z"),
                Some("mae"),
                "A new one is on its way.",
                42
            ),
        ]
    );
    assert!(oven.problems.is_empty(), "{:?}", oven.problems);

    // Its frontmatter is no YAML: the name still says who it is.
    let lamp = item(&items, "lamp");
    assert_eq!(lamp.id.as_deref(), Some("bake-1.1"));
    assert_eq!(lamp.title, "Fix the lamp");
    assert_eq!(codes(lamp), Vec::<&str>::new());

    let flour = item(&items, "flour");
    assert_eq!(codes(flour), ["unknown-state", "unknown-priority"]);
    assert_eq!(flour.problems[0].hint, "did you mean `Done`?");
    assert_eq!(flour.created.as_deref(), Some("2026-02-28"));
    assert_eq!(links(flour), [("milestone", "Spring opening")]);

    assert_eq!(
        state(item(&items, "mixer")),
        (Some("To Do"), Some(Phase::Done))
    );
    assert_eq!(
        state(item(&items, "robot")),
        (Some("In Progress"), Some(Phase::Dropped))
    );
    assert_eq!(
        state(item(&items, "draft-1")),
        (Some("Draft"), Some(Phase::Open))
    );

    assert!(item(&items, "draft-1").aliases.is_empty());

    let rye = item(&items, "decision-1");
    assert_eq!(rye.kind.as_deref(), Some("decision"));
    assert_eq!(state(rye), (Some("accepted"), Some(Phase::Done)));
    assert_eq!(item(&items, "doc-001").kind.as_deref(), Some("doc"));
    let opening = item(&items, "m-1");
    assert_eq!(opening.aliases, ["Spring opening"]);
    assert_eq!(opening.due.as_deref(), Some("2026-04-01"));
}

#[test]
fn kep() {
    let (layout, items) = tree("kep");
    assert_eq!(places(&layout), [("kep", "keps", 3)]);

    let tiles = item(&items, "0012-");
    assert_eq!(
        tiles.companion.as_deref(),
        Some("keps/sig-map/0012-faster-tiles/README.md")
    );
    assert_eq!(tiles.id.as_deref(), Some("12"));
    assert_eq!(tiles.aliases, ["KEP-12"]);
    assert_eq!(state(tiles), (Some("implementable"), Some(Phase::Active)));
    assert_eq!(tiles.area.as_deref(), Some("sig-map"));
    assert_eq!(
        people(tiles),
        [
            ("author", "@nils"),
            ("author", "@oda"),
            ("approver", "@pia")
        ]
    );
    assert_eq!(links(tiles), [("relates", "/keps/sig-map/34-old-tiles")]);
    assert_eq!(tiles.updated.as_deref(), Some("2026-13-01"));
    assert_eq!(codes(tiles), ["invalid-date"]);
    assert_eq!(tiles.problems[0].hint, "did you mean `2026-01-13`?");
    assert_eq!(
        entries(tiles),
        [
            (Some("2025-11-03"), None, "written", 9),
            (Some("2026-01-10"), None, "alpha", 10)
        ]
    );
    assert!(tiles.body.starts_with("# KEP-12"));

    let old = item(&items, "34-");
    assert_eq!(old.id.as_deref(), Some("43"));
    assert_eq!(codes(old), ["id-unlike-file-name", "unknown-state"]);
    assert_eq!(old.problems[1].hint, "did you mean `implemented`?");
    assert_eq!(
        links(old),
        [("superseded_by", "/keps/sig-map/0012-faster-tiles")]
    );

    let textless = item(&items, "56-");
    assert_eq!(codes(textless), ["missing-companion", "id-malformed"]);
}

#[test]
fn madr() {
    let (layout, items) = tree("madr");
    assert_eq!(places(&layout), [("madr", "docs/decisions", 4)]);

    let first = item(&items, "0000-");
    assert_eq!(first.id.as_deref(), Some("0000"));
    assert_eq!(first.aliases, ["ADR-0000"]);
    assert_eq!(first.title, "Use Markdown decision records");
    assert_eq!(first.owner.as_deref(), Some("rae"));
    assert_eq!(state(first), (Some("accepted"), Some(Phase::Done)));

    let sql = item(&items, "0001-");
    assert_eq!(state(sql), (Some("superseded"), Some(Phase::Dropped)));
    assert_eq!(links(sql), [("superseded_by", "0002-use-files.md")]);
    assert_eq!(
        (sql.links[0].origin, sql.links[0].line),
        (Origin::Frontmatter, 2)
    );

    let files = item(&items, "0002-");
    assert_eq!(state(files), (Some("proposed"), Some(Phase::Open)));
    assert_eq!(files.created.as_deref(), Some("2026-01-04"));
    assert_eq!(links(files), [("mentions", "0001-use-sql.md")]);

    let bare = item(&items, "0003-");
    assert_eq!(bare.title, "no heading here");
    assert_eq!(codes(bare), ["missing-title", "unknown-state"]);
    assert_eq!(bare.problems[1].hint, "did you mean `accepted`?");
}

#[test]
fn nygard() {
    let (layout, items) = tree("nygard");
    assert_eq!(
        places(&layout),
        [("madr", "doc/adr", 3), ("madr", "services/mail/adr", 1)]
    );

    let first = item(&items, "0001-");
    assert_eq!(first.title, "Record decisions");
    assert_eq!(state(first), (Some("Accepted"), Some(Phase::Done)));
    assert_eq!(first.created.as_deref(), Some("2026-01-05"));
    assert!(first.problems.is_empty(), "{:?}", first.problems);

    let one = item(&items, "0004-");
    assert_eq!(state(one), (Some("Superseded"), Some(Phase::Dropped)));
    assert!(links(one).contains(&("superseded_by", "0005-two-servers.md")));
    let link = one.links.iter().find(|link| &*link.rel == "superseded_by");
    assert_eq!(
        link.map(|link| (link.origin, link.line)),
        Some((Origin::Markdown, 7))
    );

    let two = item(&items, "0005-");
    assert_eq!(state(two), (Some("Accepted"), Some(Phase::Done)));
    assert_eq!(codes(two), ["invalid-date"]);
    assert_eq!((two.problems[0].line, two.problems[0].col), (3, 7));

    let mail = item(&items, "adr-001");
    assert_eq!(mail.id.as_deref(), Some("adr-001"));
    assert_eq!(mail.title, "Plain text only");
}

#[test]
fn obsidian() {
    let (layout, items) = tree("obsidian");
    assert_eq!(places(&layout), [("obsidian", "", 4)]);

    let home = item(&items, "Home");
    assert_eq!(home.title, "Home");
    assert_eq!(
        links(home),
        [("mentions", "Projects/Garden"), ("mentions", "Garden")]
    );

    let garden = item(&items, "Garden");
    assert_eq!(garden.title, "Garden");
    assert_eq!(garden.tags, ["project", "outdoor", "soil/clay"]);
    assert_eq!(garden.aliases, ["The plot"]);
    assert_eq!(state(garden), (Some("Doing"), Some(Phase::Active)));
    assert_eq!(garden.parent.as_deref(), Some("Home"));
    assert_eq!(
        links(garden)[..3],
        [
            ("parent", "Home"),
            ("relates", "Tomatoes"),
            ("relates", "Compost")
        ]
    );
    assert_eq!(garden.checks.len(), 2);
    assert!(garden.problems.is_empty(), "{:?}", garden.problems);

    assert_eq!(item(&items, "Tomatoes").tags, ["veg", "red"]);
    assert_eq!(item(&items, "Daily").tags, ["rain"]);
}

#[test]
fn jekyll() {
    let (layout, items) = tree("jekyll");
    assert_eq!(places(&layout), [("jekyll", "", 4)]);

    let hello = item(&items, "hello");
    assert_eq!(hello.kind.as_deref(), Some("post"));
    assert_eq!(hello.created.as_deref(), Some("2026-01-15"));
    assert_eq!(hello.tags, ["first", "news", "blog"]);
    assert_eq!(hello.aliases, ["hello-world"]);
    assert_eq!(state(hello), (Some("published"), Some(Phase::Done)));

    let untitled = item(&items, "no-title");
    assert_eq!(untitled.title, "no title");
    assert_eq!(untitled.created.as_deref(), Some("2026-02-01T09:30:00Z"));
    assert_eq!(state(untitled), (Some("draft"), Some(Phase::Open)));

    let draft = item(&items, "_drafts");
    assert_eq!(draft.kind.as_deref(), Some("draft"));
    assert_eq!(state(draft), (Some("draft"), Some(Phase::Open)));

    let guide = item(&items, "_guides");
    assert_eq!(guide.kind.as_deref(), Some("guides"));
    assert_eq!(people(guide), [("author", "Uma")]);
}

#[test]
fn hugo() {
    let (layout, items) = tree("hugo");
    assert_eq!(places(&layout), [("hugo", "", 5)]);

    let first = item(&items, "first");
    assert_eq!(first.kind.as_deref(), Some("posts"));
    assert_eq!(first.created.as_deref(), Some("2026-01-20T07:00:00Z"));
    assert_eq!(first.tags, ["a", "b", "news"]);
    assert_eq!(state(first), (Some("published"), Some(Phase::Done)));

    let second = item(&items, "second");
    assert_eq!(second.title, "second post");
    assert_eq!(second.aliases, ["second"]);
    assert_eq!(state(second), (Some("draft"), Some(Phase::Open)));

    assert_eq!(item(&items, "third").aliases, ["/old/third/"]);
    assert_eq!(item(&items, "erster").kind.as_deref(), Some("posts"));
    assert_eq!(item(&items, "content/_index").kind.as_deref(), Some("page"));
}

#[test]
fn plain() {
    let (layout, items) = tree("plain");
    assert_eq!(places(&layout), [("plain", "", 4)]);

    let plan = item(&items, "plan");
    assert_eq!(state(plan), (Some("in_progress"), Some(Phase::Active)));
    assert_eq!(plan.priority_rank, Some(1));
    assert_eq!(plan.owner.as_deref(), Some("vic"));
    assert_eq!(plan.tags, ["plan", "q2"]);
    assert_eq!(links(plan), [("blocked_by", "ideas")]);
    assert_eq!(plan.created.as_deref(), Some("2026-01-02T03:04:05Z"));

    assert_eq!(item(&items, "ideas").title, "ideas");
    assert_eq!(item(&items, "notes/README").title, "notes");
    assert!(items.iter().all(|item| item.problems.is_empty()));
}

#[test]
fn several_conventions() {
    let (layout, items) = tree("mixed");
    assert_eq!(
        places(&layout),
        [
            ("obsidian", "", 2),
            ("kano", "_kano/backlog", 2),
            ("madr", "docs/adr", 1)
        ]
    );
    assert_eq!(&*item(&items, "0001-not-madr").preset, "kano");
    assert_eq!(&*item(&items, "adr/README").preset, "obsidian");
}

/// The shipped example has one problem, and that is not one of a single item.
#[test]
fn the_demo_is_clean() {
    let (layout, items) = read_tree("demo", &Config::default());
    assert_eq!(
        places(&layout),
        [("kano", "_kano/backlog", 30), ("madr", "docs/decisions", 3)]
    );
    for item in &items {
        assert!(
            item.problems.is_empty(),
            "{}: {:?}",
            item.path,
            item.problems
        );
        assert!(item.id.is_some() && item.phase.is_some(), "{}", item.path);
    }
    for phase in Phase::ALL {
        assert!(
            items.iter().any(|item| item.phase == Some(phase)),
            "{phase:?}"
        );
    }
}
