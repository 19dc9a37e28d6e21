//! Every file of `fixtures/docs` gives what `fixtures/docs/expected.txt` says.
//! `UPDATE=1` writes the expectations anew; read the difference before you commit it.

use std::fs;
use std::path::PathBuf;

use crate::parse::tests::show::show;
use crate::parse::{Source, decode, parse};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/docs")
}

/// Names and bytes of the corpus, sorted by name.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = fs::read_dir(folder())
        .expect("fixtures/docs")
        .map(|file| file.expect("a listed file").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "md" || end == "yaml")
        })
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("a fixture"))
        })
        .collect::<Vec<_>>();
    files.sort();
    assert!(files.len() >= 40, "the corpus is not where it should be");
    files
}

/// The kind that the name of a fixture says.
pub(crate) fn source(name: &str) -> Source {
    match name.strip_suffix(".yaml") {
        Some(_) => Source::Yaml,
        None => Source::Markdown,
    }
}

#[test]
fn each_document_gives_what_is_expected() {
    let path = folder().join("expected.txt");
    let mut shown = String::new();
    for (name, bytes) in files() {
        let decoded = decode(bytes);
        let document = parse(&decoded, source(&name));
        shown.push_str(&format!("=== {name}\n{}\n", show(&document)));
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &shown).expect("expectations written");
    }
    let expected = fs::read_to_string(&path).expect("expectations");
    for (ours, theirs) in shown.split("=== ").zip(expected.split("=== ")) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(shown, expected);
}
