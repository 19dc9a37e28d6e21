//! How the parts of an item merge, as a preset says it; and what a merge found.

/// How the two sides of one frontmatter value come together where both changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MergeRule {
    /// The side whose `updated` is later wins; where neither is later (equal, or the same day where
    /// one has only a day), or a date is missing, that is a conflict.
    #[default]
    Latest,
    /// Any two different values are a conflict.
    Strict,
    /// A list whose order means nothing: what either side added or removed is added or removed.
    Set,
    /// A list whose order is kept.
    List,
    /// Key by key.
    Map,
    /// The greater of two dates (`updated`), or numbers.
    Max,
    /// The smaller one (`created`).
    Min,
}

/// The rules for the files of one convention.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MergeRules {
    /// Dotted key (`links.blocks`) to rule. Keys that are not named: maps key by key, lists of
    /// scalars as sets where no side reordered them and else as lists, scalars `Strict`.
    pub keys: Vec<(String, MergeRule)>,
    /// The keys whose later date decides `Latest`, in this order.
    pub updated: Vec<String>,
    /// The keys with the identity that two items never share.
    pub uid: Vec<String>,
    /// The key of the state, with the transitions that are allowed where the convention has them:
    /// from, to. A merged state that cannot follow from the base is a conflict.
    pub state: Vec<String>,
    pub transitions: Vec<(String, Vec<String>)>,
    /// Titles of the sections that are logs: unions, in order, without doubles.
    pub logs: Vec<String>,
    /// The head of a log line, as a regular expression; its lines are told apart by it.
    pub log_line: Option<String>,
    /// The block of comments in the body, which are unions, too.
    pub comments: Option<CommentRules>,
}

/// Where comments stand, and what each of them begins with (a regular expression whose group `at`
/// is the time).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CommentRules {
    pub begin: String,
    pub end: String,
    pub head: Option<String>,
}

/// What a merge left undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergeConflict {
    /// Dotted key; or the title of the section, empty for the body above the first heading, and
    /// `frontmatter` for frontmatter that could not be merged and stands in the body.
    pub place: String,
    pub in_body: bool,
    /// As JSON text for a key; none where that side has no such key.
    pub base: Option<String>,
    pub ours: Option<String>,
    pub theirs: Option<String>,
}

/// What is to hold where the sides disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    Ours,
    Theirs,
    Base,
    /// Something else.
    Value(String),
}

/// What a choice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    All,
    /// All at a place, as a `MergeConflict` names it.
    Place(String),
    /// One in the list of conflicts of the file, from 0.
    Number(usize),
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub about: About,
    pub choice: Choice,
}

/// The frontmatter key under which conflicts stand until they are resolved.
pub(crate) const CONFLICTS: &str = "_conflicts";
