//! Whole file trees as one text, and copies of trees of fixtures/.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the project.
pub(crate) fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a file and the folders above it.
pub(crate) fn write(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let target = root.join(path);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(&target, bytes).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}

/// Writes the files of a text in which each begins with a line `--- path`. A plain `---` line is
/// content, so frontmatter needs no quoting.
pub(crate) fn unpack(root: &Path, text: &str) {
    for (path, content) in parse(text) {
        write(root, &path, content);
    }
}

/// The files of such a text: (path, content).
pub(crate) fn parse(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => match files.last_mut() {
                Some((_, content)) => content.push_str(line),
                None => assert!(line.trim().is_empty(), "text before the first `--- path`"),
            },
        }
    }
    assert!(!files.is_empty(), "a tree without files");
    files
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(&target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// Every file below a folder, relative, with `/`, sorted; hidden folders are left out.
pub(crate) fn files(root: &Path) -> Vec<String> {
    fn walk(dir: &Path, prefix: &str, out: &mut Vec<String>) {
        let Ok(entries) = fs::read_dir(dir) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !name.starts_with('.') {
                    walk(&entry.path(), &format!("{prefix}{name}/"), out);
                }
            } else {
                out.push(format!("{prefix}{name}"));
            }
        }
    }
    let mut out = Vec::new();
    walk(root, "", &mut out);
    out.sort();
    out
}

#[test]
fn a_tree_text_keeps_frontmatter_fences() {
    let files = parse("--- a/b.md\n---\nid: 1\n---\nbody\n--- c d.md\nx");
    assert_eq!(files[0].0, "a/b.md");
    assert_eq!(files[0].1, "---\nid: 1\n---\nbody\n");
    assert_eq!(files[1], ("c d.md".to_owned(), "x".to_owned()));
}
