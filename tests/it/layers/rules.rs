//! The table of folders, and one function a rule: files in, faults out.

use std::collections::BTreeSet;

use crate::layers::File;
use crate::layers::source::{code, crate_imports, declared_modules, declared_types, has_word};

/// What one folder of src/ may do.
pub(crate) struct Folder {
    pub(crate) name: &'static str,
    /// Folders above it in the table that it may import.
    pub(crate) imports: &'static [&'static str],
    pub(crate) asynchronous: bool,
}

const fn folder(name: &'static str, imports: &'static [&'static str]) -> Folder {
    Folder {
        name,
        imports,
        asynchronous: false,
    }
}

/// docs/architecture.md carries the same table, and a test compares the two.
pub(crate) const FOLDERS: [Folder; 16] = [
    folder("base", &[]),
    folder("model", &["base"]),
    folder("source", &["base", "model"]),
    folder("hooks", &["base", "model", "source"]),
    folder("parse", &["base", "model"]),
    folder("presets", &["base", "model"]),
    folder("privacy", &["base", "model"]),
    folder("edit", &["base", "model", "parse"]),
    folder("merge", &["base", "model", "parse", "edit"]),
    folder("write", &["base", "model"]),
    folder("projection", &["base", "model"]),
    Folder {
        asynchronous: true,
        ..folder("stores", &["base", "model", "projection"])
    },
    Folder {
        asynchronous: true,
        ..folder("query", &["base", "model", "stores"])
    },
    folder("sync", &["base", "model", "write"]),
    Folder {
        asynchronous: true,
        ..folder(
            "engine",
            &[
                "base",
                "model",
                "source",
                "hooks",
                "parse",
                "presets",
                "privacy",
                "edit",
                "merge",
                "write",
                "projection",
                "stores",
                "query",
                "sync",
            ],
        )
    },
    // It may see the answers and the engine, never what is below them.
    Folder {
        asynchronous: true,
        ..folder("cli", &["base", "model", "query", "engine"])
    },
];

/// Crates that only some folders may name.
const CRATES: [(&[&str], &[&str]); 7] = [
    (
        &["rusqlite", "sqlx", "libsqlite3_sys"],
        &["stores", "query"],
    ),
    (&["tantivy"], &["stores", "query"]),
    (&["gix"], &["base", "source"]),
    (&["granit_parser", "pulldown_cmark"], &["parse", "edit"]),
    (&["toml_edit", "serde_yaml"], &["edit"]),
    (&["clap", "clap_complete", "clap_mangen"], &["cli"]),
    (&["indicatif", "anstream", "anstyle"], &["cli"]),
];

/// Names that say nothing.
const EMPTY_NAMES: [&str; 7] = [
    "manager", "helper", "helpers", "util", "utils", "common", "misc",
];

const LINES: usize = 600;

/// Every fault in the files, as `path: what`.
pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in files {
        let code = code(text);
        let mut fault = |what: String| faults.push(format!("{path}: {what}"));
        head(path, text, &mut fault);
        if text.lines().count() > LINES {
            fault(format!("{} lines, at most {LINES}", text.lines().count()));
        }
        names(path, &code, &mut fault);
        for word in ["#[ignore", "#[should_panic"] {
            if code.contains(word) {
                fault(format!("`{word}]`: such a test proves nothing"));
            }
        }
        if code.contains("super::super") {
            fault("`super::super`: write `crate::folder::…`".to_owned());
        }
        if let Some(folder) = folder_of(path) {
            walls(path, folder, &code, &mut fault);
        }
    }
    modules(files, &mut faults);
    faults
}

/// The rules of a folder of src/; none for the files beside the folders.
fn folder_of(path: &str) -> Option<&'static Folder> {
    let (name, _) = path.strip_prefix("src/")?.split_once('/')?;
    FOLDERS.iter().find(|folder| folder.name == name)
}

fn walls(path: &str, folder: &Folder, code: &str, fault: &mut impl FnMut(String)) {
    // A test may set its stage with any part.
    let test = path.ends_with("/tests.rs") || path.contains("/tests/");
    for import in crate_imports(code) {
        if import == folder.name || (test && folder_of(&format!("src/{import}/")).is_some()) {
            continue;
        }
        if folder_of(&format!("src/{import}/")).is_none() {
            fault(format!("`crate::{import}` is no folder"));
        } else if !folder.imports.contains(&import.as_str()) {
            fault(format!("imports `{import}`, which {} may not", folder.name));
        }
    }
    if path.matches('/').count() == 2 && path.ends_with("/mod.rs") && code.contains("super::") {
        fault("`super::` in the `mod.rs` of a folder: it means the root".to_owned());
    }
    if !folder.asynchronous && (has_word(code, "async") || code.contains(".await")) {
        fault(format!("async in {}", folder.name));
    }
    for (crates, folders) in CRATES {
        for name in crates {
            let named = [
                format!("{name}::"),
                format!("use {name} "),
                format!("use {name};"),
            ]
            .iter()
            .any(|form| has_word(code, form));
            if named && !test && !folders.contains(&folder.name) {
                fault(format!("uses `{name}`, which only {folders:?} may"));
            }
        }
    }
}

/// A file says what it is; a folder also what it gets, gives and never does.
fn head(path: &str, text: &str, fault: &mut impl FnMut(String)) {
    // A file of tests is named by what it tests.
    if !text.starts_with("//! ") && !path.ends_with("/tests.rs") {
        fault("the first line does not say what the file is".to_owned());
    }
    if !path.ends_with("/mod.rs") {
        return;
    }
    let opening: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//! "))
        .collect();
    let mut rest = &opening[opening.len().min(1)..];
    for word in ["Gets ", "Gives ", "Never: ", "Read next: "] {
        match rest.iter().position(|line| line.starts_with(word)) {
            Some(place) => rest = &rest[place + 1..],
            None => {
                fault(format!(
                    "it does not open with the five lines (What it is. Gets … Gives … Never: … \
                     Read next: …): `{}` is missing or out of order",
                    word.trim_end()
                ));
                return;
            }
        }
    }
}

fn names(path: &str, code: &str, fault: &mut impl FnMut(String)) {
    for part in path.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            fault(format!("`{part}` says nothing"));
        }
    }
    for name in declared_types(code) {
        let lower = name.to_lowercase();
        if EMPTY_NAMES.iter().any(|word| lower.ends_with(word)) {
            fault(format!("`{name}` says nothing"));
        }
    }
}

/// Every file is somebody's module, and every module is a file.
fn modules(files: &[File], faults: &mut Vec<String>) {
    let paths: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let mut named = BTreeSet::new();
    for (path, text) in files {
        let code = code(text);
        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs" | "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => path.trim_end_matches(".rs").to_owned(),
        };
        for name in declared_modules(&code) {
            let choices = [
                format!("{folder}/{name}.rs"),
                format!("{folder}/{name}/mod.rs"),
            ];
            let found = choices
                .iter()
                .find(|choice| paths.contains(choice.as_str()));
            match found {
                Some(found) => {
                    named.insert(found.clone());
                }
                None => faults.push(format!("{path}: `mod {name};` has no file")),
            }
        }
    }
    for path in &paths {
        let root = path.matches('/').count() == 1 || path.ends_with("/main.rs");
        if !root && !named.contains(*path) {
            faults.push(format!("{path}: forgotten, no `mod` line names it"));
        }
    }
}
