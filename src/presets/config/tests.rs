//! kanban.toml: what is accepted, what is said of the rest, and that schema and docs agree.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use crate::model::config::{Config, RootConfig};
use crate::presets::config::ConfigError;
use crate::presets::preset::SHIPPED;
use crate::presets::recognize::Place;
use crate::presets::tests::support::fixture;
use crate::presets::{Layout, Presets, parse_config, render_config};

fn read(path: &str) -> String {
    std::fs::read_to_string(fixture("..").join(path)).unwrap()
}

/// Reads and loads; both must go well for a file to be good.
fn load(text: &str) -> Result<Config, ConfigError> {
    let config = parse_config(text)?;
    Presets::load(&config)?;
    Ok(config)
}

/// What is wrong with a text: place, message, hint.
fn wrong(text: &str) -> (u32, u32, String, String) {
    let error = load(text).expect_err(text);
    (error.line, error.col, error.message, error.hint)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What `init` writes reads back as what was recognized.
    #[test]
    fn rendered_reads_back(
        name in prop::option::of("[^\u{0}]{0,12}"),
        places in prop::collection::vec(
            (prop::sample::select(SHIPPED.map(|(name, _)| name).to_vec()),
             "[a-zé \"'\\\\]{0,6}(/[a-z._#]{1,5})?", 0_usize..3), 0..4),
    ) {
        let presets = crate::presets::tests::support::shipped();
        let place = |(preset, root, items): &(&str, String, usize)| Place {
            preset: std::sync::Arc::clone(presets.get(preset).unwrap()),
            root: root.trim_start_matches('/').to_owned(),
            items: *items,
        };
        let places: Vec<Place> = places.iter().map(place).collect();
        prop_assume!(places.iter().all(|place| {
            !place.root.split('/').any(|part| matches!(part, "." | ".."))
        }));
        let root = |place: &Place| RootConfig {
            path: place.root.clone(),
            preset: place.preset.name.to_string(),
        };
        let expected = Config {
            name: name.clone(),
            roots: places.iter().map(root).collect(),
            ..Config::default()
        };
        let layout = Layout { places, units: Vec::new() };
        let text = render_config(name.as_deref(), &layout);
        prop_assert_eq!(parse_config(&text), Ok(expected), "{}", text);
    }

    /// No text makes it panic, and every error names a place in the text or none.
    #[test]
    fn any_text(text in "[\\[\\]a-z.=\"'\n é{},0-9#]{0,60}") {
        if let Err(error) = load(&text) {
            prop_assert!(!error.message.is_empty());
            prop_assert!(error.line as usize <= text.lines().count() + 1);
        }
    }
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(load(""), Ok(Config::default()));
}

#[test]
fn paths_are_cleaned() {
    let config = load("[[root]]\npath = \"./docs//adr/\"\npreset = \"madr\"\n").unwrap();
    assert_eq!(config.roots[0].path, "docs/adr");
    let config = load("[[root]]\npath = \".\"\npreset = \"plain\"\n").unwrap();
    assert_eq!(config.roots[0].path, "");
}

#[test]
fn mistakes_have_a_place_and_a_hint() {
    for (text, line, col, message, hint) in [
        (
            "nmae = 1",
            1,
            1,
            "unknown key `nmae`",
            "did you mean `name`?",
        ),
        (
            "name = 3",
            1,
            8,
            "invalid type: integer `3`, expected a string",
            "",
        ),
        ("é = 1", 1, 1, "invalid unquoted key", ""),
        (
            "[[root]]\npath = \"a\"\nprest = \"kano\"",
            3,
            1,
            "unknown key `prest`",
            "did you mean `preset`?",
        ),
        ("[[root]]\npath = \"a\"", 1, 1, "missing field `preset`", ""),
        (
            "[[root]]\npath = \"a\"\npreset = \"kanno\"",
            3,
            10,
            "no preset `kanno`",
            "did you mean `kano`?",
        ),
        (
            "[[root]]\npath = \"/a\"\npreset = \"kano\"",
            2,
            8,
            "not relative",
            "docs/decisions",
        ),
        (
            "[[root]]\npath = \"../a\"\npreset = \"kano\"",
            2,
            8,
            "out of the repository",
            "",
        ),
        (
            "exclude = [\"a\", \"b[\"]",
            1,
            17,
            "unclosed character class",
            "",
        ),
        (
            "[preset.kano.stat]\nkeys = []",
            1,
            14,
            "unknown key `stat`",
            "did you mean `state`?",
        ),
        (
            "[preset.kano.state]\nkeyz = []",
            2,
            1,
            "unknown key `keyz`",
            "did you mean `keys`?",
        ),
        (
            "[preset.kano.state.phases]\nX = \"opne\"",
            2,
            5,
            "unknown word `opne`",
            "did you mean `open`?",
        ),
        (
            "[preset.kano.id]\nvalid = \"(\"",
            2,
            9,
            "no regular expression",
            "",
        ),
        ("[preset.kano.id]\npath = \"a\"", 2, 8, "no group", ""),
        (
            "[preset.kano.dates]\nformats = [\"soon\"]",
            2,
            11,
            "no form of a date",
            "",
        ),
        (
            "[preset.mine]\n",
            1,
            9,
            "extends none",
            "extends = \"plain\"",
        ),
        (
            "[preset.plian]\n",
            1,
            9,
            "extends none",
            "did you mean `plain`?",
        ),
        (
            "[preset.mine]\nextends = \"other\"",
            1,
            1,
            "not shipped",
            "known are",
        ),
        (
            "[preset.kano]\ninclude = [\"notes/**\"]",
            1,
            1,
            "ends in a file name",
            "",
        ),
        (
            "[preset.kano]\nmarker = [{ file = \"a.md\", dir = \"b\" }]",
            1,
            1,
            "a marker has either",
            "",
        ),
        (
            "[preset.kano.variant.x]\nmarker = []",
            2,
            1,
            "unknown key `marker`",
            "",
        ),
    ] {
        let found = wrong(text);
        assert!(found.2.contains(message), "{text}: {found:?}");
        assert!(found.3.contains(hint), "{text}: {found:?}");
        assert_eq!((found.0, found.1), (line, col), "{text}: {found:?}");
    }
}

#[test]
fn presets_are_laid_over_the_shipped_ones() {
    let config = load("[preset.kano.state.phases]\nWaiting = \"blocked\"\n").unwrap();
    let presets = Presets::load(&config).unwrap();
    let kano = presets.get("kano").unwrap();
    let rules = kano.rules(kano.include.len() - 1);
    assert_eq!(rules.phases["waiting"], crate::model::item::Phase::Blocked);
    assert_eq!(rules.phases["done"], crate::model::item::Phase::Done);
    // The variants lie over the changed preset.
    assert!(kano.rules(0).phases.contains_key("waiting"));
}

/// The TOML examples of a page.
fn examples(page: &str) -> Vec<String> {
    let text = read(page);
    let blocks = text.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn documented_examples_are_good() {
    let schema: Value = serde_json::from_str(&read("schema/config.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut count = 0;
    let pages = ["docs/config.md", "docs/presets.md", "docs/sharing.md"];
    for example in pages.map(examples).concat() {
        load(&example).unwrap_or_else(|error| panic!("{error}\n{example}"));
        let value: Value = toml::from_str(&example).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(faults.is_empty(), "{faults:?}\n{example}");
        count += 1;
    }
    assert!(count >= 6);
    for (name, text) in SHIPPED {
        let preset: Value = toml::from_str(text).unwrap();
        let value = serde_json::json!({ "preset": { name: preset } });
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
    }
    for bad in [
        "nmae = 1",
        "name = 3",
        "[preset.kano.state]\nphases = { a = \"b\" }",
        "[sync]\nevery = \"soon\"",
        "[sync]\nrepository = \"postgres://h/d\"",
        "[redaction]\ndetectors = [\"mail\"]",
    ] {
        let value: Value = toml::from_str(bad).unwrap();
        assert!(!validator.is_valid(&value), "{bad}");
    }
}

#[test]
fn an_address_is_never_quoted() {
    for text in [
        "store = \"postgres://u:hunter2@h/d\"",
        "store = 1\nname = \"postgres://u:hunter2@h/d",
        "sync.every = \"postgres://u:hunter2@h/d\"",
        "sync.batch = \"postgres://u:hunter2@h/d\"",
        "sync.repository = \"postgres://u:hunter2@h/d\"",
        "sync.\"postgres://u:hunter2@h/d\" = 1",
        "sync = \"host=h password=hunter2\"",
        "\"postgres://u:hunter2@h/d\" = 1",
        "exclude = [\"postgres://u:hunter2@h/d\"]",
        "[[root]]\npath = \"postgres://u:hunter2@h/..\"\npreset = \"plain\"",
        "[[root]]\npath = \"/postgres://u:hunter2@h\"\npreset = \"plain\"",
        "[[root]]\npath = \"a\"\npreset = \"postgres://u:hunter2@h/d\"",
        "[preset.\"postgres://u:hunter2@h/d\"]\nname = \"a\"",
    ] {
        let Err(error) = load(text) else {
            continue;
        };
        let told = format!("{error} {}", error.hint);
        assert!(!told.contains("hunter2"), "{text}: {told}");
    }
    let error = load("\nsync.repository = \"postgres://u:hunter2@h/d\"").unwrap_err();
    assert_eq!((error.line, error.col), (2, 19));
    assert!(error.hint.contains("KANBAN_POSTGRES_URL"), "{error}");
}

/// Asks the loader for the keys of a table, by giving it one that cannot be.
fn keys_of(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<crate::presets::config::ConfigFile>(text)
        .err()
        .unwrap();
    let words: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    assert_eq!(words[0], "zzz", "{text}: {error}");
    words[1..].iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_schema_names_the_keys_that_the_loader_takes() {
    let schema: Value = serde_json::from_str(&read("schema/config.schema.json")).unwrap();
    let names = |pointer: &str| -> BTreeSet<String> {
        let object = schema.pointer(pointer).and_then(Value::as_object);
        let object = object.unwrap_or_else(|| panic!("no {pointer}"));
        object.keys().cloned().collect()
    };
    let mut tables = vec![
        ("zzz = 1".to_owned(), "/properties".to_owned()),
        (
            "[[root]]\nzzz = 1".to_owned(),
            "/properties/root/items/properties".to_owned(),
        ),
        (
            "[sync]\nzzz = 1".to_owned(),
            "/properties/sync/properties".to_owned(),
        ),
        (
            "[[sync.now]]\nzzz = 1".to_owned(),
            "/properties/sync/properties/now/items/properties".to_owned(),
        ),
        (
            "[privacy]\nzzz = 1".to_owned(),
            "/properties/privacy/properties".to_owned(),
        ),
        (
            "[redaction]\nzzz = 1".to_owned(),
            "/properties/redaction/properties".to_owned(),
        ),
        (
            "[[redaction.pattern]]\nzzz = 1".to_owned(),
            "/properties/redaction/properties/pattern/items/properties".to_owned(),
        ),
        (
            "[preset.p]\nzzz = 1".to_owned(),
            "/$defs/preset/properties".to_owned(),
        ),
        (
            "[preset.p.variant.v]\nzzz = 1".to_owned(),
            "/$defs/reading/properties".to_owned(),
        ),
        (
            "[[preset.p.marker]]\nzzz = 1".to_owned(),
            "/$defs/preset/properties/marker/items/properties".to_owned(),
        ),
        (
            "[[preset.p.id.aliases]]\nzzz = 1".to_owned(),
            "/$defs/preset/properties/id/properties/aliases/items/properties".to_owned(),
        ),
    ];
    // Every table of fixed keys in a preset, so that a new one cannot be forgotten.
    let preset = schema
        .pointer("/$defs/preset/properties")
        .unwrap()
        .as_object()
        .unwrap();
    for (key, value) in preset {
        if value.get("properties").is_some() {
            let pointer = format!("/$defs/preset/properties/{key}/properties");
            tables.push((format!("[preset.p.{key}]\nzzz = 1"), pointer));
        }
    }
    assert!(tables.len() > 18);
    for (text, pointer) in tables {
        assert_eq!(keys_of(&text), names(&pointer), "{pointer}");
    }
    let shipped: Vec<&str> = SHIPPED.map(|(name, _)| name).to_vec();
    let extends = schema
        .pointer("/$defs/preset/properties/extends/enum")
        .unwrap();
    assert_eq!(extends, &serde_json::json!(shipped));
    let phases: Vec<&str> = crate::model::item::Phase::ALL
        .map(|phase| phase.as_str())
        .to_vec();
    assert_eq!(
        schema.pointer("/$defs/phase/enum").unwrap(),
        &serde_json::json!(phases)
    );
}

/// The page names every preset, every rel and every problem.
#[test]
fn the_pages_are_complete() {
    let page = read("docs/presets.md");
    let presets = crate::presets::tests::support::shipped();
    for preset in &presets.presets {
        assert!(
            page.contains(&format!("`{}`", preset.name)),
            "{}",
            preset.name
        );
        for variant in 0..preset.include.len() {
            for rel in &preset.rules(variant).rels {
                assert!(page.contains(&format!("\n| `{rel}` |")), "{rel}");
            }
        }
    }
    let code = regex::Regex::new(r#"self\.report\(\s*"([a-z-]+)"|context\.report\(\s*"([a-z-]+)""#)
        .unwrap();
    let mut codes = 0;
    for file in ["src/presets/read/mod.rs", "src/presets/read/fields.rs"] {
        for found in code.captures_iter(&read(file)) {
            let code = found.iter().skip(1).flatten().next().unwrap().as_str();
            assert!(page.contains(&format!("\n| `{code}` |")), "{code}");
            codes += 1;
        }
    }
    assert_eq!(codes, 12);
    let config = read("docs/config.md");
    let schema: Value = serde_json::from_str(&read("schema/config.schema.json")).unwrap();
    for key in schema
        .pointer("/$defs/preset/properties")
        .unwrap()
        .as_object()
        .unwrap()
        .keys()
    {
        let named = [format!("`{key}`"), format!("`{key}.")];
        assert!(named.iter().any(|name| config.contains(name)), "{key}");
    }
}
