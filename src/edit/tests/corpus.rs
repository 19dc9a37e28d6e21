//! Every file of the fixtures, and of a folder that `KANBAN_CORPUS` names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::parse::Source;

/// A file: what to call it, its kind, its bytes.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) source: Source,
    pub(crate) bytes: Vec<u8>,
}

/// All files, at least those of the fixtures.
pub(crate) fn files() -> Vec<File> {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files = Vec::new();
    for folder in ["docs", "demo", "repos"] {
        walk(&fixtures.join(folder), &mut files);
    }
    for tree in fs::read_dir(fixtures.join("trees")).expect("fixtures/trees") {
        let text = fs::read_to_string(tree.expect("a listed file").path()).expect("a fixture");
        let mut name = String::new();
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("--- ") {
                Some(path) => {
                    name = path.trim().to_owned();
                    push(&name, Vec::new(), &mut files);
                }
                None => {
                    if let Some(file) = files.last_mut().filter(|file| file.name == name) {
                        file.bytes.extend_from_slice(line.as_bytes());
                    }
                }
            }
        }
    }
    if let Some(folder) = std::env::var_os("KANBAN_CORPUS") {
        walk(Path::new(&folder), &mut files);
    }
    assert!(files.len() > 150, "the corpus is not where it should be");
    files
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a listed file").path();
        if path.is_dir() {
            walk(&path, files);
        } else if let Ok(bytes) = fs::read(&path) {
            push(&path.to_string_lossy(), bytes, files);
        }
    }
}

fn push(name: &str, bytes: Vec<u8>, files: &mut Vec<File>) {
    let source = match name.rsplit_once('.') {
        Some((_, "md")) => Source::Markdown,
        Some((_, "yaml")) => Source::Yaml,
        _ => return,
    };
    files.push(File {
        name: name.to_owned(),
        source,
        bytes,
    });
}
