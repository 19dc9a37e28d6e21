//! Which files are items of what, from paths alone.

use proptest::prelude::*;

use crate::model::config::{Config, RootConfig};
use crate::presets::tests::support::shipped;
use crate::presets::{Layout, Presets};

fn recognize(config: &Config, files: &[&str], dirs: &[&str]) -> Layout {
    let mut files = files.to_vec();
    files.sort_unstable();
    if *config == Config::default() {
        return shipped().recognize(&files, dirs);
    }
    Presets::load(config).unwrap().recognize(&files, dirs)
}

/// `preset root` and the items in it, one text a place.
fn check(files: &[&str], dirs: &[&str], expected: &[&str]) {
    check_with(&Config::default(), files, dirs, expected);
}

fn check_with(config: &Config, files: &[&str], dirs: &[&str], expected: &[&str]) {
    let mut files = files.to_vec();
    files.sort_unstable();
    let layout = recognize(config, &files, dirs);
    let mut seen = Vec::new();
    for (index, place) in layout.places.iter().enumerate() {
        let units = layout.units.iter().filter(|unit| unit.place == index);
        let names: Vec<&str> = units.map(|unit| files[unit.file]).collect();
        assert_eq!(names.len(), place.items);
        seen.push(format!(
            "{} {:?}: {}",
            place.preset.name,
            place.root,
            names.join(" ")
        ));
    }
    assert_eq!(seen, expected);
}

fn roots(list: &[(&str, &str)]) -> Config {
    let root = |(path, preset): &(&str, &str)| RootConfig {
        path: (*path).to_owned(),
        preset: (*preset).to_owned(),
    };
    Config {
        roots: list.iter().map(root).collect(),
        ..Config::default()
    }
}

const PARTS: [&str; 22] = [
    "_kano",
    "backlog",
    "products",
    "p",
    "items",
    "task",
    "0000",
    "decisions",
    "docs",
    "adr",
    "keps",
    "content",
    "_posts",
    "_drafts",
    "tasks",
    ".hidden",
    "vault",
    "archive",
    "completed",
    "NNNN-kep-template",
    "node_modules",
    "a",
];
const NAMES: [&str; 13] = [
    "a.md",
    "README.md",
    "0001-a.md",
    "kep.yaml",
    "config.yml",
    "hugo.toml",
    "_config.yml",
    "2026-01-01-a.md",
    "x.index.md",
    "adr-001.md",
    "backlog.config.yml",
    "ADR-0001_a.md",
    "é.md",
];

fn path() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(&PARTS[..]), 0..6);
    (parts, prop::sample::select(&NAMES[..])).prop_map(|(parts, name)| {
        parts
            .into_iter()
            .chain([name])
            .collect::<Vec<_>>()
            .join("/")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A file is at most one item, below the root of its place, and the places count them.
    #[test]
    fn one_file_one_place(
        files in prop::collection::btree_set(path(), 0..40),
        vault in prop::option::of(prop::sample::select(&PARTS[..])),
    ) {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let vault = vault.map(|folder| format!("{folder}/.obsidian"));
        let dirs: Vec<&str> = vault.as_deref().into_iter().collect();
        let layout = recognize(&Config::default(), &files, &dirs);
        prop_assert!(layout.units.windows(2).all(|pair| pair[0].file < pair[1].file));
        let mut counts = vec![0; layout.places.len()];
        for unit in &layout.units {
            let place = &layout.places[unit.place];
            let path = files[unit.file];
            counts[unit.place] += 1;
            let inner = path.strip_prefix(place.root.as_str());
            prop_assert!(inner.is_some_and(|rest| place.root.is_empty() || rest.starts_with('/')));
            prop_assert!(unit.variant < place.preset.include.len());
            if let Some(companion) = unit.companion {
                prop_assert_eq!(files[companion].rsplit('/').next(), Some("README.md"));
            }
        }
        for (place, count) in layout.places.iter().zip(counts) {
            prop_assert!(count > 0);
            prop_assert_eq!(place.items, count);
        }
        prop_assert!(layout.places.windows(2).all(|pair| pair[0].root <= pair[1].root));
    }

    /// Named as the configuration names it, the recognized layout is the same.
    #[test]
    fn configured_as_recognized(files in prop::collection::btree_set(path(), 1..40)) {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let layout = recognize(&Config::default(), &files, &[]);
        prop_assume!(!layout.places.is_empty());
        let text = crate::presets::render_config(None, &layout);
        let config = crate::presets::parse_config(&text).unwrap();
        let again = recognize(&config, &files, &[]);
        prop_assert_eq!(layout.units, again.units);
    }
}

#[test]
fn kano_layouts() {
    check(
        &[
            "_kano/backlog/products/p/items/task/0000/P-TSK-0001_a.md",
            "_kano/backlog/products/p/items/epic/0000/P-EPIC-0001_a.index.md",
            "_kano/backlog/products/p/items/task/README.md",
            "_kano/backlog/products/p/decisions/ADR-0001_a.md",
            "_kano/backlog/products/p/decisions/README.md",
            "_kano/backlog/products/p/artifacts/P-TSK-0001/report.md",
            "_kano/backlog/products/p/views/Dashboard.md",
            "_kano/backlog/products/p/_meta/schema.md",
            "_kano/backlog/topics/t/brief.md",
            "_kano/backlog/README.md",
            "README.md",
        ],
        &[],
        &[
            "kano \"_kano/backlog\": _kano/backlog/products/p/decisions/ADR-0001_a.md \
           _kano/backlog/products/p/items/task/0000/P-TSK-0001_a.md",
        ],
    );
    check(
        &["sub/_kano/backlog/items/bug/0000/P-BUG-0001_a.md", "a.md"],
        &[],
        &["kano \"sub/_kano/backlog\": sub/_kano/backlog/items/bug/0000/P-BUG-0001_a.md"],
    );
}

#[test]
fn backlog_md_markers() {
    for marker in ["backlog/config.yml", "backlog.config.yml"] {
        check(
            &[
                marker,
                "backlog/tasks/task-1 - A.md",
                "backlog/tasks/readme.md",
                "a.md",
            ],
            &[],
            &["backlog-md \"backlog\": backlog/tasks/task-1 - A.md"],
        );
    }
    check(
        &[".backlog/config.yml", ".backlog/docs/x/doc-1 - A.md"],
        &[],
        &["backlog-md \".backlog\": .backlog/docs/x/doc-1 - A.md"],
    );
    // Without its marker a folder of that name is nothing special.
    check(
        &["backlog/tasks/task-1 - A.md"],
        &[],
        &["plain \"\": backlog/tasks/task-1 - A.md"],
    );
}

#[test]
fn decisions_anywhere() {
    check(
        &[
            "docs/adr/0001-a.md",
            "docs/adr/template.md",
            "docs/adr/old/0002-b.md",
            "src/x/architecture-decisions/ADR-003-c.md",
            "docs/migrations/0001-not-a-decision.md",
        ],
        &[],
        &[
            "madr \"docs/adr\": docs/adr/0001-a.md docs/adr/old/0002-b.md",
            "madr \"src/x/architecture-decisions\": src/x/architecture-decisions/ADR-003-c.md",
        ],
    );
}

#[test]
fn sites() {
    check(
        &[
            "site/config.toml",
            "site/content/posts/a.md",
            "site/themes/t/README.md",
        ],
        &[],
        &["hugo \"site\": site/content/posts/a.md"],
    );
    // A config.toml alone is no site.
    check(&["config.toml", "a.md"], &[], &["plain \"\": a.md"]);
    check(
        &[
            "blog/_posts/2026-01-01-a.md",
            "blog/_includes/x.md",
            "README.md",
        ],
        &[],
        &["jekyll \"blog\": blog/_posts/2026-01-01-a.md"],
    );
    check(
        &["_config.yml", "_drafts/a.md"],
        &[],
        &["jekyll \"\": _drafts/a.md"],
    );
    check(&["x/_drafts/a.md"], &[], &["plain \"\": x/_drafts/a.md"]);
}

#[test]
fn vaults_in_vaults() {
    check(
        &["a.md", "in/b.md", "in/.trash/c.md", "in/deep/d.md"],
        &[".obsidian", "in/.obsidian"],
        &[
            "obsidian \"\": a.md",
            "obsidian \"in\": in/b.md in/deep/d.md",
        ],
    );
}

#[test]
fn plain_is_the_last_resort() {
    check(
        &[
            "b.markdown",
            "a.md",
            ".github/c.md",
            "web/node_modules/x/d.md",
        ],
        &[],
        &["plain \"\": a.md b.markdown"],
    );
    check(&[], &[], &[]);
}

#[test]
fn configured_roots_are_all_there_is() {
    let files = [
        "docs/a.md",
        "docs/decisions/0001-b.md",
        "docs/skip/c.md",
        "notes/d.md",
    ];
    let mut config = roots(&[("docs", "plain"), ("docs/decisions", "madr")]);
    config.exclude = vec!["docs/skip".to_owned()];
    check_with(
        &config,
        &files,
        &[],
        &[
            "plain \"docs\": docs/a.md",
            "madr \"docs/decisions\": docs/decisions/0001-b.md",
        ],
    );
    check_with(
        &roots(&[("empty", "kano")]),
        &files,
        &[],
        &["kano \"empty\": "],
    );
    // The folder of one product is a root as well.
    check_with(
        &roots(&[("p", "kano")]),
        &["p/items/task/0000/P-TSK-0001_a.md", "p/views/v.md"],
        &[],
        &["kano \"p\": p/items/task/0000/P-TSK-0001_a.md"],
    );
}

#[test]
fn a_new_preset_with_a_marker_is_recognized() {
    let config = crate::presets::parse_config(
        "[preset.specs]\nextends = \"plain\"\ninclude = [\"*/spec.md\"]\n\
         marker = [{ root = [\"specs\"], file = \"*/spec.md\" }]\n",
    )
    .unwrap();
    check_with(
        &config,
        &["specs/one/spec.md", "specs/one/notes.md", "README.md"],
        &[],
        &["specs \"specs\": specs/one/spec.md"],
    );
}
