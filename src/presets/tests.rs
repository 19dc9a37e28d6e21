//! The shipped presets are sound, and cheap to ask.

pub(crate) mod support;

use serde::Deserialize;

use crate::model::config::Config;
use crate::presets::Presets;
use crate::presets::file::{AtOnce, PresetFile};
use crate::presets::preset::{SHIPPED, check, merge};
use crate::presets::writing;

/// Every shipped preset holds to the form, with every regular expression and glob in it.
#[test]
fn shipped_presets_are_sound() {
    for (name, text) in SHIPPED {
        let mut table: toml::Table = text.parse().unwrap();
        merge(&mut table, writing::shipped(name).parse().unwrap());
        let file = PresetFile::<AtOnce>::deserialize(table);
        let file = file.unwrap_or_else(|error| panic!("{name}: {error}"));
        check(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(file.extends.is_none(), "{name}");
        assert!(!file.include.is_empty(), "{name}");
    }
    let presets = Presets::load(&Config::default()).unwrap();
    for preset in &presets.presets {
        for variant in 0..preset.include.len() {
            let rules = preset.rules(variant);
            assert_eq!(rules.file.include.len(), preset.include[variant].len());
            for role in &rules.file.owner.roles {
                assert!(
                    rules.file.people.contains_key(role),
                    "{} {role}",
                    preset.name
                );
            }
        }
    }
}

/// Whether a name is wanted costs a few comparisons and asks nothing else.
#[test]
fn wanted_names() {
    let presets = Presets::load(&Config::default()).unwrap();
    for name in [
        "a.md",
        "A.MD",
        "b.markdown",
        "kep.yaml",
        "config.yml",
        "backlog.config.yml",
        "README.md",
        "_config.yml",
        "hugo.toml",
        "0001-a.md",
    ] {
        assert!(presets.wants_file(name), "{name}");
    }
    for name in [
        "a.rs",
        "md",
        "a.md.bak",
        "kep.yml",
        "Makefile",
        "app.json",
        "Cargo.toml",
        "",
    ] {
        assert!(!presets.wants_file(name), "{name}");
    }
    assert!(presets.wants_dir(".obsidian"));
    assert!(!presets.wants_dir("obsidian"));
    assert!(!presets.wants_dir(".git"));
}
