//! The kanban.toml that `init` writes from what was recognized.
//! Never: opens a file.

use std::fmt::Write;

use crate::presets::glob::Name;
use crate::presets::recognize::Layout;

/// A commented kanban.toml that names the roots of a layout, and the projection if it has a name;
/// `parse_config` reads the same settings out of it.
pub(crate) fn render_config(name: Option<&str>, layout: &Layout) -> String {
    let mut out = String::from(
        "# Where the items of this repository are. All keys: docs/config.md of kanban.\n\
         # Without this file the conventions are recognized anew each time.\n\n\
         # Shown as the name of the projection; the folder's name where absent.\n",
    );
    match name {
        Some(name) => line(&mut out, "name", name),
        None => out.push_str("# name = \"my-project\"\n"),
    }
    out.push_str(
        "\n# Files that are never items, as globs from the top of the repository.\n\
         # exclude = [\"**/archive/**\", \"CHANGELOG.md\"]\n",
    );
    if layout.places.is_empty() {
        out.push_str(
            "\n# Nothing was recognized yet. Name a folder and its convention:\n\
             # [[root]]\n# path = \"docs\"\n# preset = \"plain\"\n",
        );
    }
    for place in &layout.places {
        let items = match place.items {
            1 => "1 item".to_owned(),
            n => format!("{n} items"),
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "\n# {items} when this was written\n[[root]]\n");
        line(&mut out, "path", &place.root);
        line(&mut out, "preset", &place.preset.name);
    }
    out.push_str(
        "\n# A preset can be changed, key by key:\n\
         # [preset.kano.state.phases]\n\
         # Waiting = \"blocked\"\n",
    );
    out
}

impl Layout {
    /// Lines for `.gitattributes` that give the items to something.
    pub(crate) fn attributes(&self, attribute: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for place in &self.places {
            let globs = place.preset.include.iter().flatten();
            let mut names: Vec<String> = globs.filter_map(|glob| pattern(glob.name())).collect();
            names.extend(place.preset.companion.clone());
            names.sort();
            names.dedup();
            for name in names {
                let root = match place.root.as_str() {
                    "" => String::new(),
                    // Letters that mean something in a pattern are themselves behind a backslash.
                    root => {
                        let escaped = root.chars().flat_map(|c| {
                            let special = matches!(c, '*' | '?' | '[' | ']' | '\\');
                            special.then_some('\\').into_iter().chain([c])
                        });
                        escaped.chain(['/']).collect()
                    }
                };
                lines.push(format!(
                    "{} {attribute}",
                    quoted(&format!("{root}**/{name}"))
                ));
            }
        }
        lines.dedup();
        lines
    }
}

fn pattern(name: &Name) -> Option<String> {
    match name {
        Name::Only(name) => Some(name.clone()),
        name if name.ending().starts_with('.') => Some(format!("*{}", name.ending())),
        _ => None,
    }
}

/// A pattern in quotes where git needs them.
fn quoted(pattern: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && c != '"' && !c.is_control();
    if pattern.chars().all(plain) && !pattern.starts_with(['#', '!', '"']) {
        return pattern.to_owned();
    }
    let escaped: String = pattern
        .chars()
        .flat_map(|c| {
            matches!(c, '"' | '\\')
                .then_some('\\')
                .into_iter()
                .chain([c])
        })
        .collect();
    format!("\"{escaped}\"")
}

fn line(out: &mut String, key: &str, value: &str) {
    let value = toml::Value::String(value.to_owned());
    let _ = writeln!(out, "{key} = {value}");
}
