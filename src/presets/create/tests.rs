//! Laws: names are fit for every system, ids are new, recipes of the shipped presets lead to items.

use std::path::Path;

use proptest::prelude::*;

use crate::model::config::Config;
use crate::presets::create::count::{Counter, common_prefix, derived_prefix};
use crate::presets::create::name::{escaped, file_name, slug, words};
use crate::presets::create::{Called, Recipe};
use crate::presets::tests::support::shipped;
use crate::presets::{Presets, parse_config};

const TITLE: Called<'_> = Called {
    title: "A Title",
    id: None,
    number: None,
    date: "2026-01-31",
    base: "",
    folder: "",
};

fn path(preset: &str, kind: Option<&str>, called: Called<'_>) -> Result<String, &'static str> {
    let preset = shipped().get(preset).unwrap();
    let path = preset.recipe(kind).unwrap().path(preset, called);
    path.map_err(|refused| refused.code)
}

fn recipe(preset: &str, kind: Option<&str>) -> Recipe {
    shipped().get(preset).unwrap().recipe(kind).unwrap()
}

#[test]
fn slugs() {
    for (title, expected) in [
        ("Write the parser", "write-the-parser"),
        ("  a: b — c!  ", "a-b-c"),
        ("Überprüfe Größe, don't", "uberprufe-grosse-dont"),
        ("ﬁne №5 Ærø", "fine-no5-aero"),
        ("../../etc/passwd", "etc-passwd"),
        (".git", "git"),
        ("CON", "con-item"),
        ("com1.txt", "com1-txt"),
        ("$1 {id} `x`", "1-id-x"),
        ("\u{202e}right\u{2066} \u{200d}left", "right-left"),
        ("你好", ""),
        ("", ""),
        ("---", ""),
        (
            "a sentence that is a good deal longer than any slug may be",
            "a-sentence-that-is-a-good-deal-longer-than-any",
        ),
    ] {
        assert_eq!(slug(title, false), expected, "{title}");
    }
    assert_eq!(slug(&"x".repeat(90), false).len(), 50);
    assert_eq!(slug("你好 World", true), "world");
    assert_eq!(slug("你好, 世界", true), "你好-世界");
    assert_eq!(words("Write the parser (now!)"), "Write-the-parser-now");
    for (title, expected) in [
        ("What is #1: a/b?", "What is 1 a b"),
        (".obsidian", "obsidian"),
        ("Ends. ", "Ends"),
        ("aux.md", "aux.md item"),
        ("👩\u{200d}🚀 \u{202e}go", "👩\u{200d}🚀 go"),
    ] {
        assert_eq!(file_name(title), expected, "{title}");
    }
}

#[test]
fn numbers_that_nobody_has() {
    let counter = |taken: &[&str], ids: &[&str]| {
        let mut counter = recipe("kano", Some("Task")).counter("KB").unwrap();
        taken.iter().for_each(|path| counter.path(path));
        ids.iter().for_each(|id| counter.id(id));
        counter.next().map_err(|refused| refused.code)
    };
    assert_eq!(counter(&[], &[]), Ok(1));
    let paths = [
        "items/task/0000/KB-TSK-0007_a.md",
        "items/task/0000/kb-tsk-0008.md",
        "items/task/0000/KB-SUBTSK-0100_a.md",
        "items/task/0000/XKB-TSK-0200_a.md",
        "items/task/0000/a-KB-TSK-0300.md",
    ];
    assert_eq!(counter(&paths, &["KB-TSK-0009", "KB-BUG-0050"]), Ok(10));
    assert_eq!(counter(&["KB-TSK-0012/KB-TSK-3.md"], &[]), Ok(13));
    assert_eq!(counter(&["KB-TSK-99999999999999999999.md"], &[]), Ok(1));
    let last = ["KB-TSK-18446744073709551615.md"];
    assert_eq!(counter(&last, &[]), Err("no-number"));

    let mut tasks = recipe("backlog-md", None).counter("back").unwrap();
    for path in [
        "tasks/task-4 - a.md",
        "completed/back-7.2 - b.md",
        "archive/tasks/back-9 - b.md",
        "drafts/draft-50 - c.md",
    ] {
        tasks.path(path);
    }
    assert_eq!(tasks.next(), Ok(10));
    let ids = ["KB-TSK-1", "KB-BUG-2", "X-TSK-1", "odd"];
    let form = "{prefix}-{code}-{number:4}";
    assert_eq!(common_prefix(form, ids), Some("KB".to_owned()));
    assert_eq!(
        common_prefix(form, ["B-TSK-1", "A-TSK-1"]),
        Some("A".to_owned())
    );
    assert_eq!(common_prefix(form, []), None);
    for (name, expected) in [
        ("kano-agent-backlog-skill-demo", Some("KABSD")),
        ("myProductLine", Some("MPL")),
        ("ferry", Some("FR")),
        ("aia", Some("AI")),
        ("7", None),
    ] {
        assert_eq!(derived_prefix(name).as_deref(), expected, "{name}");
    }
}

#[test]
fn recipes() {
    let called = Called {
        id: Some("KB-TSK-0142"),
        number: Some(142),
        ..TITLE
    };
    let made = path("kano", None, called).unwrap();
    assert_eq!(made, "items/task/0100/KB-TSK-0142_a-title.md");
    let chinese = Called {
        title: "你好",
        ..called
    };
    let made = path("kano", Some("user story"), chinese);
    assert_eq!(made.unwrap(), "items/userstory/0100/KB-TSK-0142.md");
    let decision = Called {
        id: Some("0142"),
        ..chinese
    };
    assert_eq!(path("madr", None, decision).unwrap(), "0142-你好.md");
    let product = Called {
        base: "products/x",
        ..called
    };
    let made = path("kano", Some("bug"), product).unwrap();
    assert_eq!(made, "products/x/items/bug/0100/KB-TSK-0142_a-title.md");
    let called = Called {
        id: Some("BACK-5"),
        number: Some(5),
        ..TITLE
    };
    let made = path("backlog-md", Some("bug"), called).unwrap();
    assert_eq!(made, "tasks/back-5 - A-Title.md");
    let made = path("jekyll", None, TITLE).unwrap();
    assert_eq!(made, "_posts/2026-01-31-a-title.md");
    let made = path("hugo", Some("news"), TITLE).unwrap();
    assert_eq!(made, "content/news/a-title.md");
    let daily = Called {
        folder: "Daily",
        ..TITLE
    };
    assert_eq!(path("obsidian", None, daily).unwrap(), "Daily/A Title.md");
    let no_name = Called {
        title: "?:",
        ..TITLE
    };
    assert_eq!(path("plain", None, no_name), Err("no-file-name"));
    assert_eq!(path("obsidian", None, no_name), Err("no-file-name"));
    let hidden = Called {
        folder: ".hidden",
        ..TITLE
    };
    assert_eq!(path("plain", None, hidden), Err("not-an-item"));
    let unknown = shipped()
        .get("kano")
        .unwrap()
        .recipe(Some("Taks"))
        .unwrap_err();
    assert_eq!(unknown.hint, "did you mean `Task`?");
}

/// A new item of each kind is read by the variant that is meant for it, in a folder of its base.
#[test]
fn recipes_lead_to_items() {
    for preset in &shipped().presets {
        let new = preset.new_files();
        let kinds = new.kind.keys().map(String::as_str).map(Some);
        for kind in kinds.chain([None]) {
            let recipe = preset.recipe(kind).unwrap();
            let id = recipe.id("KB", 1234, "").filter(|_| recipe.has_id());
            let called = Called {
                id: id.as_deref(),
                number: Some(1234),
                ..TITLE
            };
            let path = recipe.path(preset, called).unwrap();
            crate::write::check_new(Path::new(&path)).unwrap();
            if recipe.is_counted() {
                let mut counter = recipe.counter("KB").unwrap();
                counter.path(&path);
                assert_eq!(counter.next().unwrap(), 1235, "{} {path}", preset.name);
            }
            let text = recipe.texts(called, "{id} $1", None).0;
            assert!(!text.contains("{title}"), "{text}");
        }
    }
}

#[test]
fn templates_of_the_configuration() {
    let load = |text: &str| {
        let config: Config = parse_config(text).unwrap();
        Presets::load(&config).unwrap()
    };
    let own = load(
        "[preset.plain.new]\npath = \"notes/{date}/{slug}.md\"\ntext = \"# {title}\\n{number}{x}\\n\"\n",
    );
    let plain = own.get("plain").unwrap();
    let recipe = plain.recipe(None).unwrap();
    assert_eq!(
        recipe.path(plain, TITLE).unwrap(),
        "notes/2026-01-31/a-title.md"
    );
    // What is put in is not looked at again, and what is no word stays.
    assert_eq!(
        recipe.texts(TITLE, "{date}", None).0,
        "# {date}\n{number}{x}\n"
    );
    let (text, _) = recipe.texts(TITLE, "T", Some("{id}\n"));
    assert_eq!(text, "# T\n\n{id}\n");
    let (text, _) = recipe.texts(TITLE, "T", Some("# Own\n"));
    assert_eq!(text, "# Own\n");
    for path in [
        "../{slug}.md",
        "/etc/{slug}.md",
        "a/../../{slug}.md",
        ".git/hooks/{slug}",
        "a\\\\{slug}.md",
        "C:{slug}.md",
        "nul/{slug}.md",
        "a/./{slug}.md",
        "a\\u0007/{slug}.md",
        "{nothing}/{slug}.md",
        "{slug}{slug}{slug}{slug}{slug}{slug}.md",
    ] {
        let own = load(&format!("[preset.plain.new]\npath = \"{path}\"\n"));
        let plain = own.get("plain").unwrap();
        let long = "a".repeat(60);
        let called = Called {
            title: &long,
            ..TITLE
        };
        let made = plain.recipe(None).unwrap().path(plain, called);
        let refused = match &made {
            Ok(path) => crate::write::check_new(Path::new(path)).is_err(),
            Err(_) => true,
        };
        // A slash in front is cut, so that the path stays below the root.
        assert!(refused || path.starts_with("/etc"), "{path}: {made:?}");
    }
}

proptest! {
    /// Law: whatever the title, the path is one that every system can hold, below the root.
    #[test]
    fn names_are_fit(title in prop_oneof![any::<String>(), "[a-zA-Z./\\\\:\u{0}-\u{1f} ~$1-]{0,300}"], which in 0..8_usize) {
        let preset = &shipped().presets[which];
        let recipe = preset.recipe(None).unwrap();
        let id = recipe.id("KB", 1, "");
        let called = Called { title: &title, id: id.as_deref(), number: Some(1), ..TITLE };
        if let Ok(path) = recipe.path(preset, called) {
            prop_assert!(crate::write::check_new(Path::new(&path)).is_ok(), "{}", path);
            prop_assert!(path.split('/').all(|part| !part.starts_with('.')), "{}", path);
            prop_assert!(!path.contains('\u{202e}'), "{}", path);
        }
    }

    /// Law: a slug is small, ASCII, and the same again.
    #[test]
    fn slugs_are_slugs(title in any::<String>()) {
        let once = slug(&title, false);
        prop_assert!(once.len() <= 55, "{}", once);
        prop_assert!(once.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
        prop_assert_eq!(slug(&once, false), once);
    }

    /// Law: a heading with an escaped title is read as that title.
    #[test]
    fn escaped_titles_are_read(title in "[ -~é\u{202e}]{1,60}") {
        let title = title.trim();
        prop_assume!(!title.is_empty());
        let text = format!("# {}\n", escaped(title));
        let decoded = crate::parse::decode(text.into_bytes());
        let document = crate::parse::parse(&decoded, crate::parse::Source::Markdown);
        prop_assert_eq!(&document.sections[0].title, title);
    }

    /// Law: the next number is greater than all that were seen.
    #[test]
    fn numbers_are_new(numbers in prop::collection::vec(0..u64::MAX, 0..20)) {
        let mut counter: Counter = recipe("kano", Some("Bug")).counter("K.B").unwrap();
        for (at, number) in numbers.iter().enumerate() {
            match at % 2 {
                0 => counter.path(&format!("items/bug/0000/K.B-BUG-{number:04}_x.md")),
                _ => counter.id(&format!("K.B-BUG-{number}")),
            }
        }
        prop_assert_eq!(counter.next().unwrap(), numbers.iter().max().map_or(1, |most| most + 1));
    }
}
