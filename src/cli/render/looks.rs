//! How each renderer looks: what is expected stands behind a margin of `|`.

use serde_json::json;

use crate::cli::render::sample::{column, item, past, problem, showing, tree};
use crate::cli::render::{board, bytes, check, history, list, search, show, span, status, table};
use crate::cli::render::{thousands, tree as trees};
use crate::cli::style::Look;
use crate::query::view::*;

fn terminal(width: usize) -> Look {
    Look {
        width: Some(width),
        ..Look::PIPE
    }
}

/// What is expected, written with a margin: the first line end and the margin are not part of it.
fn margin(text: &str) -> String {
    let lines = text
        .lines()
        .skip(1)
        .map(|line| line.trim_start().strip_prefix('|').unwrap_or(""));
    let mut text: String = lines.flat_map(|line| [line, "\n"]).collect();
    // The line of the closing quotes.
    text.pop();
    text
}

fn check_text(actual: &str, expected: &str) {
    assert_eq!(actual, margin(expected), "\n{actual}");
}

fn demo_board() -> BoardView {
    let columns = vec![
        column(
            "Proposed",
            "open",
            12,
            vec![
                item(
                    "KABSD-TSK-0012",
                    "open/Proposed",
                    "Rebuild the cache in one pass over the files",
                ),
                item(
                    "KABSD-TSK-0013",
                    "open/Proposed",
                    "漢字のタイトルはここで折り返されるべきです、二行まで、それ以上は省略",
                ),
            ],
        ),
        column(
            "InProgress",
            "active",
            2,
            vec![
                item("KABSD-TSK-0001", "active/InProgress", "Watch the work tree"),
                item(
                    "KABSD-FTR-0002-a-very-long-name",
                    "active/InProgress",
                    "👩‍👩‍👧‍👦 family",
                ),
            ],
        ),
        column(
            "Done",
            "done",
            40,
            vec![item("KABSD-TSK-0003", "done/Done", "Read the frontmatter")],
        ),
    ];
    BoardView {
        by: "state".to_owned(),
        columns,
        total: 54,
    }
}

#[test]
fn boards() {
    check_text(
        &board::board(&demo_board(), None, terminal(50)),
        r#"
        |╭ ○ Proposed ─────── 12 ╮ ╭ ◐ InProgress ───── 2 ╮
        |│ KABSD-TSK-0012 P1 dan │ │ KABSD-TSK-0001    P1 │
        |│ Rebuild the cache in  │ │ Watch the work tree  │
        |│ one pass over the…    │ │ ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ │
        |│ ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ │ │ …02-a-very-long-name │
        |│ KABSD-TSK-0013 P1 dan │ │ 👩‍👩‍👧‍👦 family            │
        |│ 漢字のタイトルはここ  │ │                      │
        |│ で折り返されるべきで… │ │                      │
        |╰ +10 more ─────────────╯ ╰──────────────────────╯
        |
        |╭ ● Done ──────────────── 40 ╮
        |│ KABSD-TSK-0003          P1 │
        |│ Read the frontmatter       │
        |╰ +39 more ──────────────────╯
    "#,
    );
    check_text(
        &board::board(
            &demo_board(),
            None,
            Look {
                unicode: false,
                ..terminal(50)
            },
        ),
        r#"
        |+ o Proposed ------- 12 + + > InProgress ----- 2 +
        || KABSD-TSK-0012 P1 dan | | KABSD-TSK-0001    P1 |
        || Rebuild the cache in  | | Watch the work tree  |
        || one pass over the~    | | -------------------- |
        || --------------------- | | ~02-a-very-long-name |
        || KABSD-TSK-0013 P1 dan | | 👩‍👩‍👧‍👦 family            |
        || 漢字のタイトルはここ  | |                      |
        || で折り返されるべきで~ | |                      |
        |+ +10 more -------------+ +----------------------+
        |
        |+ x Done ---------------- 40 +
        || KABSD-TSK-0003          P1 |
        || Read the frontmatter       |
        |+ +39 more ------------------+
    "#,
    );
    check_text(
        &board::board(&demo_board(), None, Look::PIPE),
        r#"
        |## Proposed (12)
        |KABSD-TSK-0012  P1  dan  Rebuild the cache in one pass over the files
        |KABSD-TSK-0013  P1  dan  漢字のタイトルはここで折り返されるべきです、二行まで、それ以上は省略
        |+10 more
        |
        |## InProgress (2)
        |KABSD-TSK-0001                   P1  dan  Watch the work tree
        |KABSD-FTR-0002-a-very-long-name  P1  dan  👩‍👩‍👧‍👦 family
        |
        |## Done (40)
        |KABSD-TSK-0003  P1  dan  Read the frontmatter
        |+39 more
    "#,
    );
}

#[test]
fn lists() {
    let mut items = vec![
        item(
            "KABSD-TSK-0012",
            "open/Proposed",
            "Rebuild the cache in one pass over the files",
        ),
        item("KABSD-TSK-0013", "active/InProgress", "漢字のタイトル"),
        item("X", "done/Done", "Read\tthe \u{1b}[31mfrontmatter"),
    ];
    items[1].owner = None;
    items[2].id = None;
    check_text(
        &list::list(&items, &list::DEFAULT, terminal(60)),
        r#"
        |○ KABSD-TSK-0012  Proposed    P1  dan  Rebuild the cache in…
        |◐ KABSD-TSK-0013  InProgress  P1       漢字のタイトル
        |● x               Done        P1  dan  Read the frontmatter
    "#,
    );
    check_text(
        &list::list(&items, &list::DEFAULT, terminal(24)),
        r#"
        |○ KABSD-TSK…  Rebuild t…
        |◐ KABSD-TSK…  漢字のタ…
        |● x           Read the…
    "#,
    );
    check_text(
        &list::list(&items, &list::DEFAULT, Look::PIPE),
        r#"
        |KABSD-TSK-0012  Proposed    P1  dan  Rebuild the cache in one pass over the files
        |KABSD-TSK-0013  InProgress  P1  -    漢字のタイトル
        |backlog/x.md    Done        P1  dan  Read the frontmatter
    "#,
    );
}

#[test]
fn trees_draw() {
    let leaf = |id: &str, state: &str| tree(item(id, state, "A leaf of the tree"), 0, Vec::new());
    let mut circle = leaf("T-4", "blocked/Blocked");
    circle.item.title = "Round".to_owned();
    circle.cycle = true;
    let feature = tree(
        item("F-1", "active/InProgress", "A feature"),
        1,
        vec![leaf("T-1", "done/Done"), leaf("T-2", "open/New")],
    );
    let epic = tree(
        item(
            "E-1",
            "active/InProgress",
            "An epic with a title that is long",
        ),
        1,
        vec![feature, leaf("T-3", "open/New"), circle],
    );
    let view = TreeView {
        ancestors: vec![item("R-0", "open", "Above")],
        roots: vec![epic],
        total: 6,
    };
    check_text(
        &trees::tree(&view, None, terminal(48)),
        r#"
        |↑ ○ R-0  Above
        |◐ E-1  An epic with a title that…  █░░░░░░░ 1/5
        |├─ ◐ F-1  A feature  ████░░░░ 1/2
        |│  ├─ ● T-1  A leaf of the tree
        |│  └─ ○ T-2  A leaf of the tree
        |├─ ○ T-3  A leaf of the tree
        |└─ ■ T-4  Round  (parents go in a circle)
    "#,
    );
    check_text(
        &trees::tree(&view, Some(1), Look::PIPE),
        r#"
        |↑ R-0  Above (open)
        |E-1  An epic with a title that is long (InProgress) [1/5]
        |├─ F-1  A feature (InProgress) [1/2] …
        |├─ T-3  A leaf of the tree (New)
        |└─ T-4  Round (Blocked)  (parents go in a circle)
    "#,
    );
}

#[test]
fn shows() {
    let mut item = item("T-1", "active/InProgress", "Watch the work tree");
    item.uid = Some("0190".to_owned());
    let view = showing(item, "# Head\ntext\n");
    check_text(
        &show::show(&view, show::Part::All, show::Links::Found, terminal(60)),
        r#"
        |T-1  Watch the work tree
        |◐ InProgress (active), Task, P1
        |
        |path        backlog/t-1.md
        |uid         0190
        |people      owner # Head text
        |tags        #cache #git
        |created     2026-01-01
        |updated     2026-01-02
        |preset      kano
        |
        |links
        |  → blocks       # Head text   (not found)
        |
        |linked from
        |  ← relates      ● B  # Head text 
        |
        |children (0/1 closed)
        |  ◐ T-1  Watch the work tree
        |
        |checks 1/1  ██████████
        |  Acceptance
        |  ✓ # Head text 
        |
        |log
        |  2026-01-01  dan  # Head text
        |
        |problems
        |  warning unknown-state line 2: # Head text
        |    hint: use one of its states
        |
        |────────────────────────────────────────────────────────────
        |
        |# Head
        |text
    "#,
    );
    check_text(
        &show::show(&view, show::Part::BodyOnly, show::Links::Found, Look::PIPE),
        r#"
        |# Head
        |text
    "#,
    );
}

#[test]
fn histories() {
    check_text(
        &history::history(&past("some words"), terminal(60)),
        r#"
        |T-1  some words
        |path          a/c/x.md
        |
        |● not committed
        |│  state       some words → ∅
        |│
        |◌ 3f9a2c1b  2026-01-20 14:02  some words  moved  some words
        |│  path        a/{b → c}/x.md
        |│  state       Ready → Done
        |│  tags        −some words +some words
        |│  checks      ✓ some words
        |│  entries     + 2026-01-20 jun  some words
        |│  body        some words +3 −1
        |│
        |◉ 00000001  2026-01-20 14:02  some words  created  some wor…
        |   path        a/c/x.md
        |   with        state Ready
    "#,
    );
}

#[test]
fn searches() {
    let hit = HitRow {
        item: item("T-1", "active/InProgress", "Watch the work tree"),
        score: 2.5,
        snippet: SnippetRow {
            text: "what the\nwork tree   holds, and what the work tree does not hold".to_owned(),
            marks: vec![(9, 18), (41, 50)],
        },
    };
    let view = SearchView {
        hits: vec![hit],
        total: 1,
        pass: "exact".to_owned(),
        hints: Vec::new(),
    };
    check_text(
        &search::search(
            &view,
            Look {
                color: true,
                ..terminal(40)
            },
        )
        .replace('\u{1b}', "ESC"),
        r#"
        |ESC[33m◐ESC[0m ESC[36mT-1ESC[0m  ESC[1mWatch the work treeESC[0m  ESC[33m(InProgress)ESC[0m
        |    what the ESC[1mESC[4mwork treeESC[0m holds, and what
        |    the ESC[1mESC[4mwork treeESC[0m does not hold
    "#,
    );
    check_text(
        &search::search(&view, Look::PIPE),
        r#"
        |T-1  Watch the work tree  (InProgress)
        |    what the «work tree» holds, and what the «work tree» does not hold
    "#,
    );
}

#[test]
fn checks() {
    let problems = vec![
        problem(
            "a.md",
            4,
            "warning",
            "the state `Dne` is not known to this convention, which has only a few",
        ),
        problem("a.md", 0, "error", "no title"),
        problem("b.md", 1, "info", "worth knowing"),
    ];
    let by_code = vec![CodeRow {
        code: "unknown-state".to_owned(),
        severity: "warning".to_owned(),
        count: 3,
    }];
    let view = CheckView {
        problems,
        total: 3,
        by_code,
    };
    check_text(
        &check::check(&view, terminal(50)),
        r#"
        |a.md  T-1
        |  4:3  warning  the state `Dne` is not known to
        |                this convention, which has only a
        |                few  unknown-state
        |                hint: use one of its states
        |       error    no title  unknown-state
        |                hint: use one of its states
        |
        |b.md  T-1
        |  1:3  info     worth knowing  unknown-state
        |                hint: use one of its states
    "#,
    );
    check_text(
        &check::check(&view, Look::PIPE),
        r#"
        |a.md:4:3: warning[unknown-state]: the state `Dne` is not known to this convention, which has only a few
        |a.md:1:3: error[unknown-state]: no title
        |b.md:1:3: info[unknown-state]: worth knowing
    "#,
    );
    check_text(
        &check::summary(&view, terminal(50)),
        r#"
        |3 problems
        |  3  warning  unknown-state
    "#,
    );
}

#[test]
fn tables() {
    let view = SqlView {
        columns: vec!["state".to_owned(), "count(*)".to_owned(), "note".to_owned()],
        rows: vec![
            vec![json!("Done"), json!(40), json!(null)],
            vec![
                json!("New"),
                json!(3),
                json!("a\tb\nc\\ and more text than fits"),
            ],
        ],
        truncated: false,
    };
    check_text(
        &table::sql(&view, terminal(40)),
        r#"
        |state  count(*)  note
        |─────  ────────  ───────────────────────
        |Done         40  null
        |New           3  a b c\ and more text t…
    "#,
    );
    check_text(
        &table::sql(&view, terminal(20)),
        r#"
        |state   Done
        |count…  40
        |note    null
        |
        |state   New
        |count…  3
        |note    a b c\ and…
    "#,
    );
    check_text(
        &table::tsv(&view),
        r#"
        |state	count(*)	note
        |Done	40	
        |New	3	a\tb\nc\\ and more text than fits
    "#,
    );
}

#[test]
fn statuses() {
    let view = StatusView {
        cut_off: None,
        sync: None,
        root: "/r".to_owned(),
        git_dir: Some("/r/.git".to_owned()),
        cache_dir: "/r/.git/kanban".to_owned(),
        cache_bytes: 3_500_000,
        projected_at: "2026-01-01T00:00:00.123456Z".to_owned(),
        items: 1525,
        presets: vec![
            PresetRow {
                preset: "kano".to_owned(),
                root: String::new(),
                items: 1480,
            },
            PresetRow {
                preset: "madr".to_owned(),
                root: "docs/decisions".to_owned(),
                items: 45,
            },
        ],
        phases: vec![
            CountRow {
                key: "open".to_owned(),
                count: 1000,
            },
            CountRow {
                key: "done".to_owned(),
                count: 525,
            },
        ],
        problems: vec![
            CountRow {
                key: "bad-yaml".to_owned(),
                count: 0,
            },
            CountRow {
                key: "dangling-link".to_owned(),
                count: 7,
            },
        ],
    };
    let freshness = Freshness {
        cache: "c".to_owned(),
        generation: 7,
        head: Some("0123456789abcdef".to_owned()),
        dirty: Some(true),
        fresh: false,
        age_ms: 120_000,
    };
    check_text(
        &status::status(&view, &freshness, terminal(80)),
        r#"
        |root         /r
        |git dir      /r/.git
        |head         0123456789ab with changes
        |cache        /r/.git/kanban (3.3 MiB)
        |generation   7 of 2026-01-01T00:00:00Z
        |state        not compared with the files for 2 min
        |items        1,525
        |             1,480 kano in .
        |             45 madr in docs/decisions
        |phases       ○ 1,000 open  ● 525 done
        |problems     7 dangling-link
    "#,
    );
    let rebuilt = RebuildView {
        items: 1525,
        files: 1530,
        links: 1234,
        problems: 57,
        bytes: 9,
        cache_bytes: 9,
        cache_dir: "/c".to_owned(),
        elapsed_ms: 214,
        presets: view.presets,
        unreadable: Vec::new(),
        yielded: false,
        shared: None,
    };
    assert_eq!(
        status::rebuilt(&rebuilt),
        "indexed 1,525 items (1,480 kano, 45 madr), 1,234 links, 57 problems in 0.21 s -> /c"
    );
}

#[test]
fn numbers() {
    assert_eq!(
        [0, 999, 1000, 1_234_567].map(thousands),
        ["0", "999", "1,000", "1,234,567"]
    );
    assert_eq!(
        [0, 1023, 1536, 1 << 30].map(bytes),
        ["0 B", "1023 B", "1.5 KiB", "1.0 GiB"]
    );
    assert_eq!(
        [214, 90_000, 120_000, 7_200_000, 200_000_000].map(span),
        ["0.21 s", "90 s", "2 min", "2 h", "2 d"]
    );
    let bars = [(0, 9), (1, 9), (8, 9), (9, 9), (0, 0)].map(|(done, total)| {
        Look {
            unicode: false,
            ..Look::PIPE
        }
        .bar(done, total, 4)
        .0
    });
    assert_eq!(bars, ["", "#", "###", "####", ""]);
}
