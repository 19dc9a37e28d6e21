//! New items: which kinds there are, how their ids are counted, where their files go and what is in
//! them at first.
//! Gets a preset, a kind, a title and the ids that are taken.
//! Gives a `Recipe`, and from it an id, a path and texts with empty values.
//! Never: makes a file; puts a value into frontmatter (that is the editor's work).
//! Read next: `count`, then `name`.

mod again;
mod count;
mod name;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex::Regex;

use crate::base::path;
use crate::model::edit::Refused;
use crate::presets::file::{Id, NewKind, Prefix, Setting};
use crate::presets::glob::PathGlob;
use crate::presets::preset::Preset;
use crate::presets::rules::{alike, nearest};
use crate::presets::writing::fill;

pub(crate) use again::Series;
pub(crate) use count::{Counter, derived_prefix};
pub(crate) use name::escaped;

/// How an item of one kind is made.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// In the spelling of the convention; none where nobody asked and there is no usual one.
    pub kind: Option<String>,
    /// Whether the recipe is for that kind alone, so that the file shows it by itself.
    pub is_own: bool,
    /// The number of the id comes from elsewhere and must be given.
    pub id_is_given: bool,
    preset: Arc<str>,
    code: String,
    folder: String,
    id: Option<String>,
    taken: Option<Regex>,
    path: String,
    text: String,
    companion: Option<String>,
    bucket_size: u64,
}

/// What a new item is called, for its path and its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called<'a> {
    pub title: &'a str,
    pub id: Option<&'a str>,
    pub number: Option<u64>,
    /// `2026-01-31`
    pub date: &'a str,
    /// The folder of the backlog, below the root of the convention.
    pub base: &'a str,
    /// A folder below the base, for conventions that leave it open.
    pub folder: &'a str,
}

impl Preset {
    /// The recipe for a kind, or for the usual one.
    pub(crate) fn recipe(&self, kind: Option<&str>) -> Result<Recipe, Refused> {
        let new = self.new_files();
        let asked = kind.or(new.default.as_deref());
        let own = asked.and_then(|asked| new.kind.iter().find(|(kind, _)| alike(kind, asked)));
        if let (None, Some(asked)) = (own, asked)
            && !self.takes_kind(asked)
        {
            return Err(self.unknown_kind(asked));
        }
        let usual = || new.kind.get(new.default.as_deref()?);
        let recipe = own.map(|(_, recipe)| recipe).or_else(usual);
        let said = |one: fn(&NewKind) -> &Option<String>, all: &'_ Option<String>| {
            let own = recipe.and_then(|recipe| one(recipe).as_deref());
            own.map(str::to_owned).or_else(|| all.clone())
        };
        let path = said(|kind| &kind.path, &new.path);
        let text = said(|kind| &kind.text, &new.text);
        let (Some(path), Some(text)) = (path, text) else {
            let reason = format!("preset `{}` does not say how items are made", self.name);
            let hint = "say it in `[preset.NAME.new]` of kanban.toml, with `path` and `text`";
            return Err(Refused::at("no-recipe", 0, reason).hint(hint));
        };
        let kind = match own {
            Some((kind, _)) => Some(kind.clone()),
            None => asked.map(str::to_owned),
        };
        let lower = kind.as_deref().unwrap_or_default().to_lowercase();
        let rules = self.rules(self.include.len() - 1);
        Ok(Recipe {
            preset: Arc::clone(&self.name),
            is_own: own.is_some(),
            id_is_given: new.id_is_given,
            code: said(|kind| &kind.code, &None).unwrap_or_default(),
            folder: said(|kind| &kind.folder, &None).unwrap_or(lower),
            id: said(|kind| &kind.id, &new.id),
            taken: recipe
                .and_then(|recipe| recipe.taken.as_ref())
                .map(|taken| taken.regex().clone()),
            companion: said(|kind| &kind.companion, &new.companion),
            bucket_size: rules.file.id.bucket_size.max(1),
            kind,
            path,
            text,
        })
    }

    /// Whether a new item of the convention may be of that kind.
    pub(crate) fn takes_kind(&self, kind: &str) -> bool {
        let new = self.new_files();
        if new.kind.is_empty() {
            return true;
        }
        let rules = &self.rules(self.include.len() - 1).file.kind;
        new.kind.keys().any(|known| alike(known, kind))
            || !rules.keys.is_empty()
                && (rules.known.is_empty() || rules.known.iter().any(|known| alike(known, kind)))
    }

    /// Whether the convention has a recipe for that very kind.
    pub(crate) fn knows_kind(&self, kind: &str) -> bool {
        let kinds = self.new_files().kind.keys();
        kinds.into_iter().any(|known| alike(known, kind))
    }

    fn unknown_kind(&self, kind: &str) -> Refused {
        let kinds = || self.new_files().kind.keys().map(String::as_str);
        let hint = match nearest(kind, kinds()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("one of {}", kinds().collect::<Vec<_>>().join(", ")),
        };
        let reason = format!("preset `{}` has no kind `{kind}`", self.name);
        Refused::at("unknown-kind", 0, reason).hint(hint)
    }

    /// The folder, below the root, in which the ids of an item's neighbors are counted; of a path
    /// below the root.
    pub(crate) fn base_of<'t>(&self, inner: &'t str) -> &'t str {
        let base = self.new_files().base.as_ref();
        base.and_then(|base| base.first(inner)).unwrap_or_default()
    }

    /// Where the prefix of ids is written, and what it is where it is written nowhere.
    pub(crate) fn prefix(&self) -> &Prefix {
        &self.new_files().prefix
    }

    /// Where it is written how many digits the numbers of ids have.
    pub(crate) fn digits(&self) -> &[Setting] {
        &self.new_files().digits
    }

    /// What ids are like.
    pub(crate) fn id_rules(&self) -> &Id {
        &self.rules(self.include.len() - 1).file.id
    }

    /// The variant that reads a file at a path below the root, if any does.
    pub(crate) fn variant_at(&self, inner: &str) -> Option<usize> {
        let (folder, name) = path::split(inner);
        let matches = |globs: &[PathGlob]| {
            let mut names = globs.iter().filter_map(|glob| glob.in_folder(folder));
            names.any(|names| names.matches(name))
        };
        if matches(&self.exclude) {
            return None;
        }
        self.include.iter().position(|globs| matches(globs))
    }
}

impl Recipe {
    /// Whether the id has a prefix.
    pub(crate) fn has_prefix(&self) -> bool {
        self.id.as_ref().is_some_and(|id| id.contains("{prefix"))
    }

    /// Whether the id has a number that is counted here.
    pub(crate) fn is_counted(&self) -> bool {
        !self.id_is_given && self.id.as_ref().is_some_and(|id| id.contains("{number"))
    }

    /// Whether items of this kind have ids at all.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// Whether the path tells the kind.
    pub(crate) fn path_tells_kind(&self) -> bool {
        self.is_own || self.path.contains("{kind")
    }

    /// Counts the numbers that are taken.
    pub(crate) fn counter(&self, prefix: &str) -> Result<Counter, Refused> {
        let id = self.id.as_deref().unwrap_or_default();
        Counter::new(id, prefix, &self.code, self.taken.as_ref())
    }

    /// What most of these ids begin with.
    pub(crate) fn common_prefix<'i>(&self, ids: impl Iterator<Item = &'i str>) -> Option<String> {
        count::common_prefix(self.id.as_deref()?, ids)
    }

    /// The id with that number, of so many digits where its form does not say how many.
    pub(crate) fn id(&self, prefix: &str, number: u64, digits: &str) -> Option<String> {
        let id = self.id.as_deref()?;
        Some(fill(id, |word| match word.split_once(':') {
            Some(("prefix", "upper")) => Some(prefix.to_uppercase()),
            Some(("number", width)) => numbered(number, width),
            Some(_) => None,
            None => match word {
                "prefix" => Some(prefix.to_owned()),
                "code" => Some(self.code.clone()),
                "number" => numbered(number, digits).or_else(|| numbered(number, "0")),
                _ => None,
            },
        }))
    }

    /// The path of the file below the root, at which the convention has an item.
    pub(crate) fn path(&self, preset: &Preset, called: Called<'_>) -> Result<String, Refused> {
        // Where the name must go on behind the id, letters of other scripts are better than none.
        let mut slugs = vec![name::slug(called.title, called.id.is_none())];
        if called.id.is_some() && slugs[0].is_empty() {
            slugs.extend([name::slug(called.title, true), "untitled".to_owned()]);
        }
        let mut path = String::new();
        for slug in slugs {
            path = self.path_with(called, slug)?;
            if preset.variant_at(&path).is_some() {
                return Ok(path);
            }
        }
        let reason = format!("`{path}` would be no item of preset `{}`", self.preset);
        let hint = "name another folder, or change `path` or `include` in `[preset.NAME]`";
        Err(Refused::at("not-an-item", 0, reason).hint(hint))
    }

    fn path_with(&self, called: Called<'_>, slug: String) -> Result<String, Refused> {
        let words = name::words(called.title);
        let mut form = self.path.clone();
        for (word, value) in [("{slug}", &slug), ("{title:words}", &words)] {
            if value.is_empty() {
                for between in ["_", " - ", "-"] {
                    form = form.replace(&format!("{between}{word}"), "");
                }
            }
        }
        let mut unknown = None;
        let path = fill(&form, |word| {
            let value = self.word(word, called, &slug, &words);
            if value.is_none() {
                unknown.get_or_insert_with(|| word.to_owned());
            }
            value
        });
        if let Some(word) = unknown {
            let reason = format!("nothing is known for `{{{word}}}` in the path of a new item");
            let hint = "correct `path` in `[preset.NAME.new]`; docs/new.md names what it may hold";
            return Err(Refused::at("bad-path", 0, reason).hint(hint));
        }
        let parts = [called.base, path.trim_start_matches('/')];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let path = parts.join("/");
        let name = path::name_of(&path);
        if name.starts_with('.') || name.is_empty() {
            let reason = format!("`{}` gives no file name", called.title);
            let hint = "give it a title with a letter or a digit";
            return Err(Refused::at("no-file-name", 0, reason).hint(hint));
        }
        Ok(path)
    }

    /// What stands for a word in a path.
    fn word(&self, word: &str, called: Called<'_>, slug: &str, words: &str) -> Option<String> {
        match word.split_once(':') {
            Some(("id", "lower")) => Some(called.id?.to_lowercase()),
            Some(("title", "name")) => Some(name::file_name(called.title)),
            Some(("title", "words")) => Some(words.to_owned()),
            Some(("number", width)) => numbered(called.number?, width),
            Some(_) => None,
            None => match word {
                "id" => called.id.map(str::to_owned),
                "slug" => Some(slug.to_owned()),
                "kind" => Some(name::file_name(self.kind.as_deref()?)),
                "folder" => Some(self.folder.clone()),
                "bucket" => numbered(called.number? - called.number? % self.bucket_size, "4"),
                "number" => Some(called.number?.to_string()),
                "date" => Some(called.date.to_owned()),
                "in" => Some(called.folder.to_owned()),
                _ => None,
            },
        }
    }

    /// Whether the path leaves the folder open.
    pub(crate) fn leaves_folder_open(&self) -> bool {
        self.path.contains("{in}")
    }

    /// The file, with empty values in its frontmatter, and the second file of a pair. The title is
    /// put into the text as it is given here; `body` takes the place of the text.
    pub(crate) fn texts(
        &self,
        called: Called<'_>,
        title: &str,
        body: Option<&str>,
    ) -> (String, Option<String>) {
        let text = self.text.trim_start_matches('\n');
        let Some(companion) = &self.companion else {
            let close = text
                .strip_prefix("---\n")
                .and_then(|rest| rest.find("\n---\n"));
            let (front, rest) = text.split_at(close.map_or(0, |at| at + "---\n\n---\n".len()));
            let rest = filled(rest, called, title, body);
            return match front {
                "" => (rest.trim_start_matches('\n').to_owned(), None),
                front => (format!("{front}{rest}"), None),
            };
        };
        let companion = companion.trim_start_matches('\n');
        (
            text.to_owned(),
            Some(filled(companion, called, title, body)),
        )
    }
}

/// A text with what the item is called; where another one is given, only its heading is kept.
fn filled(text: &str, called: Called<'_>, title: &str, body: Option<&str>) -> String {
    let fill = |text: &str| {
        fill(text, |word| match word {
            "title" => Some(title.to_owned()),
            "id" => Some(called.id.unwrap_or_default().to_owned()),
            "number" => Some(called.number?.to_string()),
            "date" => Some(called.date.to_owned()),
            _ => None,
        })
    };
    let Some(body) = body else {
        return fill(text);
    };
    let mut lines = text.lines();
    let heading = lines.find(|line| line.starts_with("# ") && line.contains("{title}"));
    let heading = heading.filter(|_| !body.trim_start().starts_with("# "));
    let heading = heading.map_or_else(String::new, |line| format!("\n{}\n", fill(line)));
    format!("{heading}\n{}\n", body.trim_end_matches(['\n', '\r']))
}

/// A number with zeros in front up to a width.
fn numbered(number: u64, width: &str) -> Option<String> {
    let width: usize = width.parse().ok().filter(|width| *width <= 20)?;
    Some(format!("{number:0width$}"))
}
