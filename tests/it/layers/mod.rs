//! The walls of src/: who may import whom, where async and which crates stand, how files begin.
//! Gets the sources of src/ and tests/ as text.
//! Gives every fault, by file.
//! Never: parses all of Rust; what the rules need is in `source`.
//! Read next: `rules`.

mod rules;
mod source;

use crate::support::tree::{files, project};

pub(crate) use rules::{FOLDERS, Folder, faults};

/// A source file: path from the root of the project, and its text.
pub(crate) type File = (String, String);

fn sources(folder: &str) -> Vec<File> {
    let root = project().join(folder);
    files(&root)
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| {
            let text = std::fs::read_to_string(root.join(&path)).unwrap();
            (format!("{folder}/{path}"), text)
        })
        .collect()
}

#[test]
fn the_sources_keep_the_walls() {
    let mut all = sources("src");
    assert!(all.len() > 20, "src/ was not read");
    all.extend(sources("tests"));
    let faults = faults(&all);
    assert!(
        faults.is_empty(),
        "{} faults:\n  {}",
        faults.len(),
        faults.join("\n  ")
    );
}

#[test]
fn every_folder_of_src_has_rules() {
    for (path, _) in sources("src") {
        let Some((folder, _)) = path["src/".len()..].split_once('/') else {
            continue;
        };
        assert!(
            FOLDERS.iter().any(|rule| rule.name == folder),
            "src/{folder} has no line in the table of tests/it/layers/rules.rs"
        );
    }
}

#[test]
fn the_table_has_no_cycle() {
    // A folder imports only folders that stand above it in the table.
    for (place, folder) in FOLDERS.iter().enumerate() {
        for import in folder.imports {
            let other = FOLDERS.iter().position(|rule| rule.name == *import);
            assert!(
                other.is_some_and(|other| other < place),
                "{} imports {import}, which does not stand above it",
                folder.name
            );
        }
    }
}

/// Every rule strikes on a file that breaks it, and spares one that does not.
#[test]
fn the_rules_can_fail() {
    let head = "//! What it is.\n//! Gets a.\n//! Gives b.\n//! Never: c.\n//! Read next: d.\n";
    let broken: &[(&str, &str, &str)] = &[
        (
            "src/model/id.rs",
            "//! x\nuse crate::stores::sqlite;",
            "imports `stores`",
        ),
        (
            "src/parse/a.rs",
            "//! x\nfn f() { crate::source::x() }",
            "imports `source`",
        ),
        (
            "src/parse/a.rs",
            "//! x\nuse crate::{base::clock, engine::Engine};",
            "imports `engine`",
        ),
        (
            "src/parse/a.rs",
            "//! x\nuse crate::{\n    model::{item, file},\n    query,\n};",
            "imports `query`",
        ),
        (
            "src/parse/a.rs",
            "//! x\nuse crate::Config;",
            "`crate::Config` is no folder",
        ),
        (
            "src/parse/a/b.rs",
            "//! x\nuse super::super::c;",
            "super::super",
        ),
        (
            "src/parse/mod.rs",
            "//! A.\nuse super::model;",
            "`super::` in the `mod.rs` of a folder",
        ),
        ("src/parse/a.rs", "//! x\nasync fn f() {}", "async"),
        ("src/source/a.rs", "//! x\nfn f() { g().await }", "async"),
        (
            "src/parse/a.rs",
            "//! x\nuse rusqlite::Connection;",
            "`rusqlite`",
        ),
        ("src/cli/a.rs", "//! x\nuse tantivy::Index;", "`tantivy`"),
        (
            "src/query/a.rs",
            "//! x\nfn f() { clap::Command::new(\"a\") }",
            "`clap`",
        ),
        (
            "src/parse/a.rs",
            "//! x\n#[test]\n#[ignore]\nfn t() {}",
            "ignore",
        ),
        ("src/parse/a.rs", "use std::fs;\n", "first line"),
        (
            "src/parse/mod.rs",
            "//! What it is.\n//! Gets a.\n//! Gives b.\n",
            "five lines",
        ),
        (
            "src/parse/mod.rs",
            "//! What.\n//! Gives b.\n//! Gets a.\n//! Never: c.\n//! Read next: d.\n",
            "five lines",
        ),
        ("src/parse/helpers.rs", "//! x\n", "`helpers`"),
        (
            "src/parse/a.rs",
            "//! x\nstruct FileManager;",
            "`FileManager`",
        ),
        ("src/parse/b.rs", "//! x\nmod gone;", "no file"),
    ];
    for (path, text, fault) in broken {
        let found = faults(&[((*path).to_owned(), (*text).to_owned())]);
        assert!(
            found.iter().any(|found| found.contains(fault)),
            "{path}: {text:?} breaks no rule with {fault:?}: {found:?}"
        );
    }
    let long = format!("//! x\n{}", "fn f() {}\n".repeat(600));
    let found = faults(&[("src/parse/a.rs".to_owned(), long)]);
    assert!(
        found.iter().any(|found| found.contains("601 lines")),
        "{found:?}"
    );

    let forgotten = [
        ("src/lib.rs".to_owned(), "//! x\nmod parse;\n".to_owned()),
        ("src/parse/mod.rs".to_owned(), format!("{head}mod yaml;\n")),
        ("src/parse/yaml.rs".to_owned(), "//! x\n".to_owned()),
        ("src/parse/json.rs".to_owned(), "//! x\n".to_owned()),
    ];
    let found = faults(&forgotten);
    assert!(
        matches!(&found[..], [one] if one.contains("src/parse/json.rs") && one.contains("forgotten")),
        "{found:?}"
    );

    let good = [
        ("src/lib.rs".to_owned(), "//! x\nmod query;\nmod parse;\n".to_owned()),
        ("src/query/mod.rs".to_owned(), format!("{head}mod sql;\n")),
        (
            "src/query/sql.rs".to_owned(),
            "//! Speaks of crate::cli and async in a comment.\nuse crate::{base::env, stores::sqlite};\n\
             use rusqlite as db;\nasync fn f<'a>(x: &'a str) -> char { g(\"crate::cli\").await; '\"' }\n"
                .to_owned(),
        ),
        ("src/parse/mod.rs".to_owned(), format!("{head}#[cfg(test)]\nmod tests;\n")),
        (
            "src/parse/tests.rs".to_owned(),
            "//! x\nuse crate::presets::load;\nuse super::parse;\n".to_owned(),
        ),
    ];
    assert_eq!(faults(&good), Vec::<String>::new());
}
