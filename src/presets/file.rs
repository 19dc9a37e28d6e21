//! The form of a preset in TOML: what src/presets/data and the `[preset.NAME]` tables of
//! kanban.toml may say. schema/config.schema.json describes the same.
//! Never: says what a key means for an item (that is `rules` and `read`).

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

use crate::model::item::Phase;
use crate::model::merging::MergeRule;
use crate::presets::dates::Form;
use crate::presets::glob::PathGlob;

/// When patterns are compiled.
pub(crate) trait When: std::fmt::Debug + Clone + Default {
    const AT_ONCE: bool;
}

/// Where a file is read, so that a mistake has its place.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct AtOnce;

/// Where they are first asked: most commands meet few of them.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Late;

impl When for AtOnce {
    const AT_ONCE: bool = true;
}

impl When for Late {
    const AT_ONCE: bool = false;
}

/// A regular expression.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern<C: When = Late> {
    text: String,
    cell: OnceLock<Regex>,
    when: PhantomData<C>,
}

impl<C: When> TryFrom<String> for Pattern<C> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let cell = OnceLock::new();
        if C::AT_ONCE {
            let regex = Regex::new(&text)
                .map_err(|error| format!("`{text}` is no regular expression: {error}"))?;
            cell.get_or_init(|| regex);
        }
        Ok(Self {
            text,
            cell,
            when: PhantomData,
        })
    }
}

impl Pattern {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn regex(&self) -> &Regex {
        self.cell.get_or_init(|| {
            Regex::new(&self.text).expect(
                "because the patterns of the configuration were compiled when it was read, and the \
                 shipped ones by tests",
            )
        })
    }
}

/// A regular expression with a group that holds what is wanted.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Capture<C: When = Late>(Pattern<C>);

impl<C: When> TryFrom<String> for Capture<C> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let pattern = Pattern::try_from(text)?;
        match pattern.cell.get() {
            Some(regex) if regex.captures_len() < 2 => Err(format!(
                "`{regex}` has no group `(...)` around what is wanted"
            )),
            _ => Ok(Self(pattern)),
        }
    }
}

impl Capture {
    pub(crate) fn text(&self) -> &str {
        self.0.text()
    }

    pub(crate) fn regex(&self) -> &Regex {
        self.0.regex()
    }

    /// The first group that takes part in the first match.
    pub(crate) fn first<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.regex().captures(text)?;
        found.iter().skip(1).flatten().next().map(|m| m.as_str())
    }
}

/// A phase by its word.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PhaseName {
    Open,
    Active,
    Blocked,
    Done,
    Dropped,
}

impl From<PhaseName> for Phase {
    fn from(name: PhaseName) -> Self {
        match name {
            PhaseName::Open => Self::Open,
            PhaseName::Active => Self::Active,
            PhaseName::Blocked => Self::Blocked,
            PhaseName::Done => Self::Done,
            PhaseName::Dropped => Self::Dropped,
        }
    }
}

/// Declares the two forms that share the reading tables: with more keys, and without.
macro_rules! with_reading {
    ($(#[$doc:meta])* $name:ident { $($extra:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $name<C: When = Late> {
            $($extra)*
            /// Files of the convention, relative to its root.
            pub include: Vec<PathGlob>,
            /// Words that mean "nothing", beside `null`, `~`, `none` and the empty text.
            pub none: Vec<String>,
            /// Rel of `[[wikilinks]]` in keys that `links` does not name.
            pub wikilinks: Option<String>,
            pub id: Id<C>,
            pub uid: Keys,
            pub kind: Kind<C>,
            pub title: Title<C>,
            pub state: State<C>,
            pub priority: Priority,
            pub area: Keys,
            pub iteration: Keys,
            pub created: Date<C>,
            pub updated: Date<C>,
            pub due: Date<C>,
            pub dates: Dates,
            /// Role to the keys that name its people.
            pub people: BTreeMap<String, Vec<String>>,
            pub owner: Owner,
            pub tags: Tags,
            pub aliases: Aliases<C>,
            /// Rel to the keys that hold its targets.
            pub links: BTreeMap<String, Vec<String>>,
            pub log: Log<C>,
            /// Field to the keys that are written, in place of those that are read; where there are
            /// none, the folder of the file tells the field.
            pub write: BTreeMap<String, Vec<String>>,
            /// Keys that hold lists also where they are new.
            pub lists: Keys,
            /// The order of keys in a file; a name with dots is one key, as it is written here.
            pub order: Keys,
            /// Rel to the rel that the other item has for the same link.
            pub inverse: BTreeMap<String, String>,
            pub target: Target,
            /// Dotted key to how its two sides come together.
            pub merge: BTreeMap<String, Rule>,
        }
    };
}

with_reading! {
    /// A whole preset, as a person may write it.
    PresetFile {
        /// The shipped preset that a new one starts from; only in kanban.toml.
        pub extends: Option<String>,
        /// True where no other convention is looked for below its roots.
        pub exclusive: bool,
        /// Files that are no items of any convention, relative to the root.
        pub exclude: Vec<PathGlob>,
        /// Name of the file beside the included one that holds the text of the item.
        pub companion: Option<String>,
        /// What shows the convention at a root.
        pub marker: Vec<Marker>,
        /// How files are made.
        pub new: New<C>,
        /// Files of the convention that are read differently, by a name of their own.
        pub variant: BTreeMap<String, ReadingFile<C>>,
    }
}

with_reading! {
    /// How a kind of file is read.
    ReadingFile {}
}

/// One sign of a convention: a file or a folder, relative to the root.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Marker {
    /// Names of the root's folder, one or more levels; any folder where empty.
    pub root: Vec<String>,
    /// Glob of a file, relative to the root; `../` before it means beside the root.
    pub file: Option<String>,
    /// Name of a folder directly in the root.
    pub dir: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Id<C: When = Late> {
    /// The first of these keys that says something; `a.b` is `b` in the map `a`, or the key `a.b`.
    pub keys: Vec<String>,
    /// Takes the id out of the path, relative to the root, to be compared.
    pub path: Option<Capture<C>>,
    /// Take the id of the path where no key has one.
    pub from_path: bool,
    pub required: bool,
    pub valid: Option<Pattern<C>>,
    pub aliases: Vec<IdAlias<C>>,
    /// Files stand in numbered folders of so many: the folder has the lowest number in it.
    pub bucket_size: u64,
}

/// Another name that follows from the id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdAlias<C: When = Late> {
    pub id: Pattern<C>,
    /// `$1` is the first group of `id`.
    pub alias: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    pub keys: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Kind<C: When = Late> {
    pub keys: Vec<String>,
    pub path: Option<Capture<C>>,
    pub default: Option<String>,
    /// Written word to shown word.
    pub names: BTreeMap<String, String>,
    /// All kinds there are; any where empty.
    pub known: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Title<C: When = Late> {
    pub keys: Vec<String>,
    /// Take the first heading of level 1.
    pub heading: bool,
    /// What is cut from the front of the heading.
    pub strip: Option<Pattern<C>>,
    /// Takes the title out of the path; the file name where absent.
    pub path: Option<Capture<C>>,
    /// `-` and `_` of a file name are spaces.
    pub words: bool,
    pub required: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct State<C: When = Late> {
    pub keys: Vec<String>,
    /// Title of the section whose first line is the state.
    pub section: Option<String>,
    /// Takes the state out of the body.
    pub line: Option<Capture<C>>,
    /// What of the text is the state (first group), and what a link (second).
    pub pattern: Option<Capture<C>>,
    /// Rel of that link.
    pub rel: Option<String>,
    pub default: Option<String>,
    /// Written word to shown word.
    pub names: BTreeMap<String, String>,
    pub phases: BTreeMap<String, PhaseName>,
    /// The phase of all that is not done.
    pub closed_as: Option<PhaseName>,
    pub required: bool,
    /// A state without a phase is a problem.
    pub strict: bool,
    /// State to the states that may follow it; from a state that is not named here, any.
    pub transitions: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Priority {
    pub keys: Vec<String>,
    /// From the most urgent; words of one rank are parted by `|`.
    pub order: Vec<String>,
    pub strict: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Date<C: When = Late> {
    pub keys: Vec<String>,
    pub line: Option<Capture<C>>,
    pub path: Option<Capture<C>>,
    /// How it is written where no date stands yet that shows the form.
    pub write: Option<DateForm>,
    /// It is put in where it is missing, not only where it is there.
    pub add: bool,
}

/// How exact a new date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DateForm {
    /// `2026-01-31`
    Date,
    /// `2026-01-31 14:05`, in UTC.
    Minute,
    /// `2026-01-31T14:05:00Z`
    Datetime,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dates {
    /// Forms that are understood beside ISO dates.
    pub formats: Vec<Form>,
    /// Times without a zone are UTC.
    pub utc: bool,
    /// New dates are written in quotes.
    pub quoted: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Owner {
    /// The first person of the first of these roles is the owner.
    pub roles: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tags {
    pub keys: Vec<String>,
    /// Characters that part the tags in one text; not parted where empty.
    pub split: String,
    /// `#tags` in the body count.
    pub inline: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Aliases<C: When = Late> {
    pub keys: Vec<String>,
    pub path: Option<Capture<C>>,
}

/// Log lines and comments. `line` and `block` name the groups `at`, `author` and `model`; the text
/// is what stands behind the match.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log<C: When = Late> {
    /// Text that every log line holds: other lines are not looked at closely.
    pub needle: Option<String>,
    /// Title of the only section with log lines.
    pub section: Option<String>,
    /// Head of a log line; its text is the rest of the line.
    pub line: Option<Capture<C>>,
    /// Head of a comment; its text runs to the next head or to `end`.
    pub block: Option<Capture<C>>,
    /// Comments stand between these two.
    pub begin: Option<String>,
    pub end: Option<String>,
    /// Lines cut from both ends of a comment's text.
    pub trim: Vec<String>,
    /// What is written: `{date}` or `{minute}` (in UTC), `{author}`, `{text}`.
    pub write: Option<String>,
    /// The same where a model is to be named, with `{model}`; absent: models are not written.
    pub write_model: Option<String>,
    /// The heading, with its marks, that is made where there is none of that title.
    pub heading: Option<String>,
}

/// How a link to another item is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Target {
    pub form: TargetForm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetForm {
    /// Its id, or the way to it where it has none.
    #[default]
    Id,
    /// The same in upper case.
    UpperId,
    /// The way from the folder of the one file to the other file.
    Path,
    /// `/`, and the folder of the file from the top.
    Folder,
    /// `[[stem]]`
    Wikilink,
}

/// A rule by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rule {
    Latest,
    Strict,
    Set,
    List,
    Map,
    Max,
    Min,
}

impl From<Rule> for MergeRule {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Latest => Self::Latest,
            Rule::Strict => Self::Strict,
            Rule::Set => Self::Set,
            Rule::List => Self::List,
            Rule::Map => Self::Map,
            Rule::Max => Self::Max,
            Rule::Min => Self::Min,
        }
    }
}

/// How new files are made: what holds for all kinds, and what differs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct New<C: When = Late> {
    /// The kind where none is asked for.
    pub default: Option<String>,
    /// Takes the folder of the backlog, below the root, out of the path of an item; ids are counted
    /// and files made in it.
    pub base: Option<Capture<C>>,
    pub prefix: Prefix,
    /// Files of settings, the first of which that says it tells how many digits `{number}` has in ids.
    pub digits: Vec<Setting>,
    /// The number of the id is not counted, but must be given.
    pub id_is_given: bool,
    /// As in `NewKind`, for all kinds that do not say it themselves.
    pub id: Option<String>,
    pub path: Option<String>,
    pub text: Option<String>,
    pub companion: Option<String>,
    /// By kind, in the spelling of the convention.
    pub kind: BTreeMap<String, NewKind<C>>,
}

/// What ids begin with. Where no file says it, what most ids of the base begin with; where there are
/// none, the default; else it is made of the base's name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Prefix {
    pub files: Vec<Setting>,
    pub default: Option<String>,
}

/// A file of settings, relative to the base, and the dotted key in it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub file: String,
    pub key: String,
}

/// How a file of one kind is made. What a kind does not say, `[new]` says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NewKind<C: When = Late> {
    /// `{code}` of the id.
    pub code: Option<String>,
    /// `{folder}` of the path; the kind in lower case where absent.
    pub folder: Option<String>,
    /// The id, with `{prefix}`, `{code}` and `{number}`, which may say its width: `{number:4}`.
    pub id: Option<String>,
    /// Takes the numbers that are taken out of paths below the base; those of the same `id` where
    /// absent.
    pub taken: Option<Capture<C>>,
    /// The path below the base.
    pub path: Option<String>,
    /// The whole file, with empty values in the frontmatter; `{title}`, `{id}`, `{number}` and
    /// `{date}` in the body.
    pub text: Option<String>,
    /// The whole second file of a pair.
    pub companion: Option<String>,
}
