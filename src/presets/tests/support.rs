//! Fixture trees, and a toy parser that is good enough for them: the real one is tested elsewhere.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::model::config::Config;
use crate::model::document::{
    BodyLink, Check, Document, Entry, Format, Node, Origin, Section, Value,
};
use crate::model::item::Item;
use crate::presets::{Layout, Presets, Reading, read_item};

/// The folder of a fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The presets of a repository without configuration, loaded once for all tests.
pub(crate) fn shipped() -> &'static Presets {
    static SHIPPED: LazyLock<Presets> =
        LazyLock::new(|| Presets::load(&Config::default()).unwrap());
    &SHIPPED
}

/// The wanted files and folders below a folder, sorted.
pub(crate) fn walk(top: &Path, presets: &Presets) -> (Vec<String>, Vec<String>) {
    let (mut files, mut dirs) = (Vec::new(), Vec::new());
    for entry in walkdir::WalkDir::new(top).min_depth(1) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(top).unwrap();
        let path = path.to_str().unwrap().to_owned();
        let name = entry.file_name().to_str().unwrap();
        if entry.file_type().is_dir() {
            dirs.extend(presets.wants_dir(name).then_some(path));
        } else {
            files.extend(presets.wants_file(name).then_some(path));
        }
    }
    files.sort();
    dirs.sort();
    (files, dirs)
}

/// Recognizes a fixture and reads every item of it.
pub(crate) fn read_tree(name: &str, config: &Config) -> (Layout, Vec<Item>) {
    let top = fixture(name);
    let presets = Presets::load(config).unwrap();
    let (files, dirs) = walk(&top, &presets);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let dirs: Vec<&str> = dirs.iter().map(String::as_str).collect();
    let layout = presets.recognize(&files, &dirs);
    let text = |index: usize| std::fs::read_to_string(top.join(files[index])).unwrap();
    let mut items = Vec::new();
    for unit in &layout.units {
        let place = &layout.places[unit.place];
        let own = text(unit.file);
        let other = unit.companion.map(text);
        let yaml = files[unit.file].ends_with(".yaml");
        let document = parse(&own, yaml);
        let companion = other.as_deref().map(|text| parse(text, false));
        items.push(read_item(Reading {
            preset: &place.preset,
            variant: unit.variant,
            root: &place.root,
            path: files[unit.file],
            document: &document,
            companion: unit.companion.map(|at| files[at]).zip(companion.as_ref()),
            frontmatter: "{}".to_owned(),
            content_hash: [0; 32],
            blob_oid: Vec::new(),
        }));
    }
    (layout, items)
}

/// Reads one file with a shipped preset, as if it stood at that path.
pub(crate) fn read_one(preset: &str, path: &str, text: &str) -> Item {
    let preset = shipped().get(preset).unwrap();
    let (folder, name) = crate::base::path::split(path);
    let variant = preset
        .include
        .iter()
        .position(|globs| {
            let mut names = globs.iter().filter_map(|glob| glob.in_folder(folder));
            names.any(|names| names.matches(name))
        })
        .unwrap();
    let document = parse(text, path.ends_with(".yaml"));
    read_item(Reading {
        preset,
        variant,
        root: "",
        path,
        document: &document,
        companion: None,
        frontmatter: "{}".to_owned(),
        content_hash: [0; 32],
        blob_oid: Vec::new(),
    })
}

/// The codes of an item's problems, in order.
pub(crate) fn codes(item: &Item) -> Vec<&'static str> {
    item.problems.iter().map(|problem| problem.code).collect()
}

/// A document of a small, well-behaved file.
pub(crate) fn parse(text: &str, yaml: bool) -> Document<'_> {
    let fence = |fence: &str| {
        let rest = text.strip_prefix(fence)?.strip_prefix('\n')?;
        let end = rest.find(&format!("\n{fence}\n"))?;
        Some((&rest[..=end], &rest[end + fence.len() + 2..]))
    };
    let (format, raw, body) = if yaml {
        (Some(Format::Yaml), text, "")
    } else if let Some((raw, body)) = fence("---") {
        (Some(Format::Yaml), raw, body)
    } else if let Some((raw, body)) = fence("+++") {
        (Some(Format::Toml), raw, body)
    } else if let Some(end) = text.starts_with('{').then(|| text.find("\n}")).flatten() {
        (Some(Format::Json), &text[..end + 2], &text[end + 2..])
    } else {
        (None, "", text)
    };
    let value: Option<serde_yaml::Value> = match format {
        Some(Format::Toml) => toml::from_str::<toml::Table>(raw)
            .ok()
            .and_then(|table| serde_yaml::to_value(plain(toml::Value::Table(table))).ok()),
        _ => serde_yaml::from_str(raw).ok(),
    };
    let before = text[..text.len() - body.len()].matches('\n').count();
    let mut document = Document {
        text,
        format,
        frontmatter: Vec::new(),
        raw_frontmatter: raw,
        invalid: false,
        conflicted: false,
        body,
        body_line: u32::try_from(before + 1).unwrap(),
        sections: Vec::new(),
        checks: Vec::new(),
        links: Vec::new(),
        opaque: Vec::new(),
        problems: Vec::new(),
    };
    match value.map(|value| node(value, 1)) {
        Some(Node {
            value: Value::Map(mut entries),
            ..
        }) => {
            for entry in &mut entries {
                let found = text.lines().position(|line| line.starts_with(&*entry.key));
                entry.line = u32::try_from(found.unwrap_or_default() + 1).unwrap();
                entry.node.line = entry.line;
            }
            document.frontmatter = entries;
        }
        _ => document.invalid = !raw.is_empty(),
    }
    markdown(&mut document);
    document
}

/// TOML's dates as text.
fn plain(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Datetime(date) => toml::Value::String(date.to_string()),
        toml::Value::Array(list) => list.into_iter().map(plain).collect::<Vec<_>>().into(),
        toml::Value::Table(table) => {
            let table = table.into_iter().map(|(key, value)| (key, plain(value)));
            toml::Value::Table(table.collect())
        }
        other => other,
    }
}

fn node<'a>(value: serde_yaml::Value, line: u32) -> Node<'a> {
    let text = |text: String| Value::Text(Cow::Owned(text));
    let value = match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(flag) => Value::Bool(flag),
        serde_yaml::Value::Number(number) => match number.as_i64() {
            Some(number) => Value::Int(number),
            None => text(number.to_string()),
        },
        serde_yaml::Value::String(string) => text(string),
        serde_yaml::Value::Sequence(list) => {
            Value::List(list.into_iter().map(|value| node(value, line)).collect())
        }
        serde_yaml::Value::Mapping(map) => Value::Map(
            map.into_iter()
                .map(|(key, value)| Entry {
                    key: Cow::Owned(key.as_str().unwrap_or("?").to_owned()),
                    line,
                    col: 1,
                    node: node(value, line),
                })
                .collect(),
        ),
        serde_yaml::Value::Tagged(tagged) => return node(tagged.value, line),
    };
    Node {
        value,
        line,
        col: 1,
    }
}

fn markdown(document: &mut Document<'_>) {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\[\[([^\]|]+)(?:\|[^\]]*)?\]\]|\]\(([^)]+)\)").unwrap());
    let (mut at, mut fence) = (0, None);
    for (line_number, line) in (document.body_line..).zip(document.body.split_inclusive('\n')) {
        let start = at;
        at += line.len();
        let text = line.trim_end();
        if text.starts_with("```") {
            fence = match fence {
                None => Some(start),
                Some(begin) => {
                    document.opaque.push(begin..at);
                    None
                }
            };
        } else if fence.is_some() {
        } else if text.starts_with("<!--") {
            document.opaque.push(start..at);
        } else if let (true, Some((marks, title))) = (text.starts_with('#'), text.split_once(' '))
            && marks.bytes().all(|byte| byte == b'#')
        {
            if let Some(last) = document.sections.last_mut() {
                last.range.end = start;
            }
            document.sections.push(Section {
                level: u8::try_from(marks.len()).unwrap(),
                title: title.to_owned(),
                range: at..document.body.len(),
                line: line_number,
            });
        } else {
            if let Some(rest) = text
                .strip_prefix("- [")
                .filter(|rest| rest.get(1..3) == Some("] "))
            {
                document.checks.push(Check {
                    done: rest.starts_with(['x', 'X']),
                    range: start + 6..start + text.len(),
                    line: line_number,
                    section: document.sections.len().checked_sub(1),
                });
            }
            for found in LINK.captures_iter(text) {
                let (target, origin) = match (found.get(1), found.get(2)) {
                    (Some(wiki), _) => (wiki.as_str(), Origin::Wikilink),
                    (_, Some(path)) => (path.as_str(), Origin::Markdown),
                    _ => continue,
                };
                document.links.push(BodyLink {
                    target: Cow::Owned(target.to_owned()),
                    origin,
                    line: line_number,
                });
            }
        }
    }
}
