//! The loaded presets: the shipped ones, changed and extended by the configuration.
//! Gets the settled `Config`. Gives `Presets`, which know what to look for, and each `Preset` its
//! rules. What only the reading of items needs is compiled when a preset is first read with.
//! Never: looks at files.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use crate::model::config::{Config, RootConfig};
use crate::presets::config::ConfigError;
use crate::presets::file::{AtOnce, Marker, New, PresetFile, ReadingFile};
use crate::presets::glob::{self, Name, PathGlob};
use crate::presets::rules::Rules;
use crate::presets::writing::{self, Writing};

/// The shipped presets by name, in the order in which they are tried at one root.
pub(crate) const SHIPPED: [(&str, &str); 8] = [
    ("kano", include_str!("data/kano.toml")),
    ("backlog-md", include_str!("data/backlog-md.toml")),
    ("kep", include_str!("data/kep.toml")),
    ("madr", include_str!("data/madr.toml")),
    ("jekyll", include_str!("data/jekyll.toml")),
    ("hugo", include_str!("data/hugo.toml")),
    ("obsidian", include_str!("data/obsidian.toml")),
    ("plain", include_str!("data/plain.toml")),
];

/// The preset for repositories in which nothing else is recognized.
pub(crate) const FALLBACK: &str = "plain";

/// Every preset of a repository, and where the configuration wants them.
#[derive(Debug)]
pub(crate) struct Presets {
    pub(crate) presets: Vec<Arc<Preset>>,
    /// The roots that the configuration names; empty means: recognize.
    pub(crate) roots: Vec<RootConfig>,
    /// Files that are never items, relative to the top.
    pub(crate) exclude: Vec<PathGlob>,
    /// Whole names and endings of the files that any preset could want.
    names: Vec<String>,
    endings: Vec<String>,
    dirs: Vec<String>,
}

/// One convention.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: Arc<str>,
    pub(crate) exclusive: bool,
    pub(crate) companion: Option<String>,
    pub(crate) exclude: Vec<PathGlob>,
    pub(crate) markers: Vec<Sign>,
    /// What each variant includes; the last one is the preset itself.
    pub(crate) include: Vec<Vec<PathGlob>>,
    table: toml::Table,
    rules: OnceLock<Vec<Rules>>,
    /// The shipped preset that it is or extends.
    base: String,
    writing: OnceLock<Vec<Writing>>,
}

/// A marker, taken apart.
#[derive(Debug)]
pub(crate) enum Sign {
    /// A folder of that name directly in the root.
    Folder(String),
    /// A file below the root, or beside it.
    File(Box<FileSign>),
}

/// A marker that is a file.
#[derive(Debug)]
pub(crate) struct FileSign {
    /// Names of the root's folder; any where empty.
    pub(crate) roots: Vec<String>,
    pub(crate) beside: bool,
    /// Glob relative to the root (or to the folder that holds the root).
    pub(crate) glob: PathGlob,
    /// How many folders the glob descends, where that is one number.
    pub(crate) depth: Option<usize>,
}

/// The keys that say where items are: what must be known of every preset at every start.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Head {
    exclusive: bool,
    companion: Option<String>,
    exclude: Vec<PathGlob>,
    include: Vec<PathGlob>,
    marker: Vec<Marker>,
    variant: BTreeMap<String, VariantHead>,
}

#[derive(Deserialize)]
struct VariantHead {
    #[serde(default)]
    include: Vec<PathGlob>,
}

impl Presets {
    /// The shipped presets under a configuration. Fails where a preset of the configuration makes
    /// no sense; `parse_config` has found the mistakes that have a place in the file.
    pub(crate) fn load(config: &Config) -> Result<Self, ConfigError> {
        let mut tables: Vec<(String, String, toml::Table, bool)> = SHIPPED
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*name).to_owned(), shipped(text), false))
            .collect();
        for (name, text) in &config.presets {
            let mut own: toml::Table = text.parse().map_err(|error| in_preset(name, &error))?;
            let base = match own.remove("extends") {
                Some(toml::Value::String(base)) => base,
                _ => name.clone(),
            };
            let position = tables.iter().position(|(known, ..)| known == name);
            let mut table = match SHIPPED.iter().find(|(known, _)| *known == base) {
                Some((_, text)) => shipped(text),
                None => return Err(unknown_preset(&base)),
            };
            merge(&mut table, own);
            match position {
                Some(at) => tables[at] = (name.clone(), base, table, true),
                // A new convention is meant for this repository: it comes before the others.
                None => tables.insert(0, (name.clone(), base, table, true)),
            }
        }
        let mut presets = Vec::with_capacity(tables.len());
        for (name, base, table, own) in tables {
            let preset =
                Preset::new(&name, base, table).map_err(|error| in_preset(&name, &error))?;
            if own {
                let rules = preset.compile().map_err(|error| in_preset(&name, &error))?;
                drop(preset.rules.set(rules));
                let writing = preset.compile_writing();
                let writing = writing.map_err(|error| in_preset(&name, &error))?;
                drop(preset.writing.set(writing));
            }
            presets.push(Arc::new(preset));
        }
        for root in &config.roots {
            if !presets.iter().any(|preset| *preset.name == *root.preset) {
                return Err(unknown_preset(&root.preset));
            }
        }
        let mut exclude = Vec::new();
        for text in &config.exclude {
            exclude.extend(excluding(text).map_err(ConfigError::bare)?);
        }
        Ok(Self::new(presets, config.roots.clone(), exclude))
    }

    fn new(presets: Vec<Arc<Preset>>, roots: Vec<RootConfig>, exclude: Vec<PathGlob>) -> Self {
        let mut names = Vec::new();
        let mut endings = Vec::new();
        let mut dirs = Vec::new();
        for preset in &presets {
            names.extend(preset.companion.clone());
            let mut want = |name: &Name| match name {
                Name::Only(only) => names.push(only.clone()),
                other => endings.push(other.ending().to_owned()),
            };
            for glob in preset.include.iter().flatten() {
                want(glob.name());
            }
            for sign in &preset.markers {
                match sign {
                    Sign::Folder(name) => dirs.push(name.clone()),
                    Sign::File(sign) => want(sign.glob.name()),
                }
            }
        }
        for list in [&mut names, &mut endings, &mut dirs] {
            list.sort();
            list.dedup();
        }
        Self {
            presets,
            roots,
            exclude,
            names,
            endings,
            dirs,
        }
    }

    /// Whether a file of that name can be an item, the second file of one, or a marker.
    pub(crate) fn wants_file(&self, base_name: &str) -> bool {
        self.endings
            .iter()
            .any(|ending| glob::ends_with(base_name, ending))
            || self
                .names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(base_name))
    }

    /// Whether a folder of that name is a marker.
    pub(crate) fn wants_dir(&self, name: &str) -> bool {
        self.dirs.iter().any(|dir| dir == name)
    }

    /// The preset of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Preset>> {
        self.presets.iter().find(|preset| *preset.name == *name)
    }
}

impl Preset {
    fn new(name: &str, base: String, table: toml::Table) -> Result<Self, String> {
        let head: Head = from_table(table.clone())?;
        let mut include: Vec<_> = head.variant.into_values().map(|v| v.include).collect();
        include.push(head.include);
        for glob in include.iter().flatten() {
            if glob.name().ending().is_empty() {
                return Err(
                    "`include`: a glob ends in a file name or an extension, such as `**/*.md`"
                        .to_owned(),
                );
            }
        }
        let markers = head
            .marker
            .into_iter()
            .map(Sign::new)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .collect();
        Ok(Self {
            name: name.into(),
            exclusive: head.exclusive,
            companion: head.companion,
            exclude: head.exclude,
            markers,
            include,
            table,
            rules: OnceLock::new(),
            base,
            writing: OnceLock::new(),
        })
    }

    /// How the files of a variant are read (the number that `recognize` gave).
    pub(crate) fn rules(&self, variant: usize) -> &Rules {
        let rules = self.rules.get_or_init(|| {
            self.compile()
                .expect("because only shipped presets, which tests compile, are compiled so late")
        });
        &rules[variant]
    }

    /// How the files of a variant are written; read when something is first written.
    pub(crate) fn writing(&self, variant: usize) -> &Writing {
        let writing = self.writing.get_or_init(|| {
            self.compile_writing()
                .expect("because only shipped presets, which tests compile, are compiled so late")
        });
        &writing[variant]
    }

    /// How new files are made.
    pub(crate) fn new_files(&self) -> &New {
        &self.writing(self.include.len() - 1).new
    }

    /// The public fields for which a dotted key of the frontmatter is read in a variant.
    pub(crate) fn fields_of(&self, variant: usize, key: &str) -> Vec<String> {
        self.rules(variant).fields_of(key)
    }

    /// The name of the second file of an item, where items are pairs.
    pub(crate) fn companion(&self) -> Option<&str> {
        self.companion.as_deref()
    }

    /// Whether some variant has links of that relation.
    pub(crate) fn has_rel(&self, rel: &str) -> bool {
        self.rels().contains(rel)
    }

    /// The relations that links of its items have, each once.
    pub(crate) fn rels(&self) -> BTreeSet<&str> {
        let variants = 0..self.include.len();
        let rels = variants.flat_map(|variant| self.rules(variant).rels.iter());
        rels.map(|rel| &**rel).collect()
    }

    /// The rules of each variant in the order of `include`.
    fn compile(&self) -> Result<Vec<Rules>, String> {
        let tables = by_variant(self.table.clone())?;
        let files = tables.into_iter().map(|mut table| {
            table.remove("new");
            from_table::<ReadingFile>(table).map(Rules::new)
        });
        files.collect()
    }

    /// What is said of writing, in the same order: first by the shipped text for it, then by what
    /// the configuration lays over.
    fn compile_writing(&self) -> Result<Vec<Writing>, String> {
        let mut table = shipped(writing::shipped(&self.base));
        merge(&mut table, self.table.clone());
        let tables = by_variant(table)?;
        tables.into_iter().map(from_table).collect()
    }
}

/// The table of each variant, and that of the preset itself as the last one.
fn by_variant(mut base: toml::Table) -> Result<Vec<toml::Table>, String> {
    let variants = base.remove("variant");
    for key in ["extends", "exclusive", "exclude", "companion", "marker"] {
        base.remove(key);
    }
    let mut tables = Vec::new();
    if let Some(toml::Value::Table(variants)) = variants {
        for (_, variant) in variants {
            let toml::Value::Table(variant) = variant else {
                return Err("`variant` holds tables".to_owned());
            };
            let mut table = base.clone();
            merge(&mut table, variant);
            tables.push(table);
        }
    }
    tables.push(base);
    Ok(tables)
}

impl Sign {
    fn new(marker: Marker) -> Result<Self, String> {
        match (marker.dir, marker.file) {
            (Some(dir), None) if marker.root.is_empty() && !dir.contains('/') => {
                Ok(Self::Folder(dir))
            }
            (None, Some(file)) => {
                let (beside, text) = match file.strip_prefix("../") {
                    Some(rest) => (true, rest),
                    None => (false, file.as_str()),
                };
                let depth = (!text.contains("**")).then(|| text.matches('/').count());
                let named = !marker.root.is_empty();
                if !named && (beside || depth.is_none()) {
                    return Err(format!("marker `{file}`: `**` and `../` need a `root`"));
                }
                let glob = PathGlob::new(text)?;
                if glob.name().ending().is_empty() {
                    return Err(format!(
                        "marker `{file}`: it ends in a file name or an extension"
                    ));
                }
                Ok(Self::File(Box::new(FileSign {
                    roots: marker.root,
                    beside,
                    glob,
                    depth,
                })))
            }
            _ => Err("a marker has either `file`, or `dir` (one name, without `root`)".to_owned()),
        }
    }
}

/// The globs of an `exclude` of kanban.toml: a folder means all that is in it.
pub(crate) fn excluding(text: &str) -> Result<Vec<PathGlob>, String> {
    let text = text.trim_end_matches('/');
    Ok(vec![
        PathGlob::new(text)?,
        PathGlob::new(&format!("{text}/**/*"))?,
    ])
}

/// Whether a preset file makes sense as a whole, beyond the types of its keys.
pub(crate) fn check(file: &PresetFile<AtOnce>) -> Result<(), String> {
    for marker in &file.marker {
        Sign::new(marker.clone())?;
    }
    let includes = file.variant.values().flat_map(|variant| &variant.include);
    for glob in includes.chain(&file.include) {
        if glob.name().ending().is_empty() {
            return Err(
                "`include`: a glob ends in a file name or an extension, such as `**/*.md`"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

fn shipped(text: &str) -> toml::Table {
    text.parse()
        .expect("because the shipped presets are TOML, as the tests see")
}

fn from_table<T: serde::de::DeserializeOwned>(table: toml::Table) -> Result<T, String> {
    T::deserialize(table).map_err(|error| error.to_string().trim().to_owned())
}

/// Lays one table over another: tables key by key, all else replaced.
pub(crate) fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn in_preset(name: &str, error: &impl ToString) -> ConfigError {
    ConfigError::bare(format!("preset `{name}`: {}", error.to_string().trim()))
}

fn unknown_preset(name: &str) -> ConfigError {
    ConfigError::bare(format!("there is no preset `{name}`"))
}
