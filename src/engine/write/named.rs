//! What a new item is called: an id that nobody has, anywhere in the repository, and its path.
//! Gets a place, a recipe and what was asked for. Gives the `Name`.
//! Never: makes a file; takes an id that somebody may have for free without saying so.

use std::path::Path;

use crate::base::{clock, path};
use crate::engine::Engine;
use crate::engine::error::{Class, EngineError};
use crate::engine::snapshot::Snapshot;
use crate::engine::write::created::NewItem;
use crate::engine::write::error::{refused, unwritten};
use crate::engine::write::spot::Spot;
use crate::model::document::Value;
use crate::model::edit::Refused;
use crate::parse::{self, Source};
use crate::presets::{self, Called, Recipe, Setting};
use crate::source::read;
use crate::write;

/// What it is called in its convention.
pub(super) struct Name {
    pub id: Option<String>,
    pub number: Option<u64>,
    /// Relative to the root of the work tree.
    pub path: String,
    pub variant: usize,
}

/// A file of settings with more bytes is none.
const SETTINGS: u64 = 1 << 20;

impl Engine {
    /// Id and path of the new item.
    pub(super) fn name(
        &self,
        snapshot: &Snapshot,
        spot: &Spot,
        recipe: &Recipe,
        wish: &NewItem,
        now_ns: i64,
        warnings: &mut Vec<String>,
    ) -> Result<Name, EngineError> {
        let preset = &spot.place.preset;
        let root = spot.place.root.as_str();
        let base = path::joined(root, &spot.base);
        let no = |refusal: Refused| refused(root, &refusal);
        let (id, number) = match &wish.id {
            Some(id) => (Some(self.free(snapshot, spot, id, warnings)?), trailing(id)),
            None if recipe.id_is_given => {
                let reason = "the number of such an item comes from elsewhere";
                return Err(EngineError::usage("no-id", reason).hint("give it with `--id`"));
            }
            None if recipe.is_counted() => {
                let prefix = match recipe.has_prefix() {
                    true => self.prefix(spot, recipe)?,
                    false => String::new(),
                };
                let mut counter = recipe.counter(&prefix).map_err(no)?;
                let mut note = |path: &str, id: Option<&str>| {
                    if let Some(inner) = path::below(&base, path) {
                        counter.path(inner);
                        id.into_iter().for_each(|id| counter.id(id));
                    }
                };
                let (place, known) = (&spot.place, &spot.known);
                known
                    .iter()
                    .for_each(|(path, id)| note(path, id.as_deref()));
                let skipped = self.taken_everywhere(snapshot, place, known, &base, &mut note)?;
                warnings.extend(skipped.into_iter().map(unseen));
                let number = counter.next().map_err(no)?;
                let digits = self.setting(&base, preset.digits()).unwrap_or_default();
                (recipe.id(&prefix, number, &digits), Some(number))
            }
            None => (None, None),
        };
        let today = clock::iso(now_ns);
        let called = Called {
            title: &wish.title,
            id: id.as_deref(),
            number,
            date: &today[..10],
            base: &spot.base,
            folder: &spot.folder,
        };
        let mut inner = recipe.path(preset, called).map_err(no)?;
        if let (Some(folder), false) = (&wish.folder, recipe.leaves_folder_open()) {
            let asked = path::below(root, folder).unwrap_or_default();
            if !path::holds(asked, &inner) {
                let name = path::name_of(&inner);
                inner = path::joined(asked, name);
            }
        }
        let path = path::joined(root, &inner);
        write::check_new(Path::new(&path)).map_err(|error| unwritten(&error))?;
        let variant = preset.variant_at(&inner).ok_or_else(|| {
            let reason = format!("`{path}` would be no item of preset `{}`", preset.name);
            EngineError::usage("not-an-item", reason).hint("name another folder with `--in`")
        })?;
        Ok(Name {
            id,
            number,
            path,
            variant,
        })
    }

    /// An id that was asked for, if it is one and nobody has it.
    fn free(
        &self,
        snapshot: &Snapshot,
        spot: &Spot,
        id: &str,
        warnings: &mut Vec<String>,
    ) -> Result<String, EngineError> {
        let rules = spot.place.preset.id_rules();
        let fits = match &rules.valid {
            Some(valid) => valid.regex().is_match(id),
            None => !id.is_empty() && !id.contains(|c: char| c.is_control() || "/\\".contains(c)),
        };
        if !fits {
            let message = format!("`{id}` is no id of this convention");
            let made = EngineError::usage("id-malformed", message);
            return Err(match &rules.valid {
                Some(valid) => made.hint(format!("ids look like `{}`", valid.text())),
                None => made,
            });
        }
        let same = |other: &str| plain(other).eq_ignore_ascii_case(plain(id));
        let root = spot.place.root.as_str();
        let says = |path: &str| {
            let inner = path::below(root, path);
            let said = inner
                .zip(rules.path.as_ref())
                .and_then(|(inner, rule)| rule.first(inner));
            said.is_some_and(same)
        };
        let ids = spot.known.iter();
        let mut holder = ids
            .filter(|(path, other)| other.as_deref().is_some_and(same) || says(path))
            .map(|(path, _)| path.clone())
            .next();
        if holder.is_none() {
            let (place, known) = (&spot.place, &spot.known);
            let skipped =
                self.taken_everywhere(snapshot, place, known, root, &mut |path, id| {
                    if holder.is_none() && (id.is_some_and(same) || says(path)) {
                        holder = Some(path.to_owned());
                    }
                })?;
            warnings.extend(skipped.into_iter().map(unseen));
        }
        match holder {
            None => Ok(id.to_owned()),
            Some(path) => Err(EngineError {
                class: Class::No,
                ..EngineError::environment("id-taken", format!("`{id}` is the id of another item"))
            }
            .path(Path::new(&path))
            .hint("leave out `--id`, and it gets one that nobody has")),
        }
    }

    /// What ids begin with: as the settings of the backlog say, as most of its ids, as it is named.
    fn prefix(&self, spot: &Spot, recipe: &Recipe) -> Result<String, EngineError> {
        let rules = spot.place.preset.prefix();
        let base = path::joined(&spot.place.root, &spot.base);
        let by_file = self.setting(&base, &rules.files);
        let ids = spot.known.iter();
        let ids = ids.filter(|(path, _)| path::holds(&base, path));
        let ids = ids.filter_map(|(_, id)| id.as_deref());
        let name = Some(path::name_of(&base)).filter(|name| !name.is_empty());
        let root = self.origin.root().file_name();
        let root = root.map(|name| name.to_string_lossy().into_owned());
        let project = self.config.name.clone().or(root).unwrap_or_default();
        let derived = || presets::derived_prefix(name.unwrap_or(&project));
        let prefix = by_file
            .or_else(|| recipe.common_prefix(ids))
            .or_else(|| rules.default.clone())
            .or_else(derived);
        let sound = |prefix: &String| {
            prefix.len() <= 32
                && prefix.starts_with(|c: char| c.is_ascii_alphabetic())
                && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        prefix.filter(sound).ok_or_else(|| {
            let message = "there is no word that ids of this backlog could begin with";
            EngineError::usage("no-prefix", message).hint("give the whole id with `--id`")
        })
    }

    /// What the first file of a backlog says that says it.
    fn setting(&self, base: &str, settings: &[Setting]) -> Option<String> {
        settings.iter().find_map(|Setting { file, key }| {
            let path = self.origin.root().join(base).join(file);
            let (bytes, _) = read::read_path(&path, SETTINGS).ok()?;
            setting(file, bytes, key)
        })
    }
}

pub(super) fn unseen(part: String) -> String {
    format!("an id that is taken there may have been given again: {part}")
}

/// A value of a file of settings.
fn setting(file: &str, bytes: Vec<u8>, key: &str) -> Option<String> {
    if file.ends_with(".toml") {
        let text = String::from_utf8(bytes).ok()?;
        let mut table: toml::Table = text.parse().ok()?;
        let mut keys = key.split('.').peekable();
        loop {
            let value = table.remove(keys.next()?)?;
            match (value, keys.peek()) {
                (toml::Value::String(text), None) => return Some(text),
                (toml::Value::Integer(number), None) => return Some(number.to_string()),
                (toml::Value::Table(inner), Some(_)) => table = inner,
                _ => return None,
            }
        }
    }
    let decoded = parse::decode(bytes);
    let document = parse::parse(&decoded, Source::Yaml);
    match &document.get(key)?.node.value {
        Value::Text(text) => Some(text.trim().to_owned()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The number at the end of an id.
fn trailing(id: &str) -> Option<u64> {
    let digits = id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[id.len() - digits..].parse().ok()
}

/// A number without zeros in front; anything else as it is.
pub(super) fn plain(id: &str) -> &str {
    match id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => id.trim_start_matches('0'),
        false => id,
    }
}
