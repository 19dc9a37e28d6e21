//! The fields of the query language: which name means what.
//! Never: looks at the database; a name that is none of these may be a key of the frontmatter, a
//! role or a relation, which `resolve` finds out.

/// What a field name asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// A column of `item` that compares as text without case.
    Text(&'static str),
    /// A column that compares without case, space, `_` and `-`.
    Loose(&'static str),
    /// A column of ISO dates.
    Date(&'static str),
    /// A column with few fixed words.
    Word(&'static str, &'static [&'static str]),
    /// `:` means contains.
    Title,
    Body,
    /// `:` means the folder or file.
    Path,
    Priority,
    /// The blake3 of the bytes, or the Git blob, in hex.
    Hash(&'static str),
    Tag,
    /// A person with that role, or any.
    Person(Option<String>),
    /// Linked to REF by that relation, or any.
    Link(Option<String>),
    /// Below REF.
    Under,
    /// `problem:CODE`
    Problem,
    /// `severity:error`: has a problem of that severity.
    Severity,
    Has,
    State,
    /// `sync:pending`: how the item stands in the outbox.
    Sync,
    /// `text:word`, as free words.
    Words,
    /// A dotted key of the frontmatter.
    Key(String),
}

pub(crate) const PHASES: &[&str] = &["open", "active", "blocked", "done", "dropped"];
pub(crate) const STATUSES: &[&str] = &["ok", "invalid", "conflicted"];
pub(crate) const SEVERITIES: &[&str] = &["info", "warning", "error"];

/// What follows `sync:`.
pub(crate) const SYNCED: &[&str] = &["pending", "synced", "failed"];

/// What follows `is:`.
pub(crate) const STATES: &[&str] = &[
    "open",
    "closed",
    "active",
    "blocked",
    "done",
    "dropped",
    "overdue",
    "orphan",
    "root",
    "leaf",
    "ok",
    "invalid",
    "conflicted",
];

/// What follows `has:` beside the names of fields.
pub(crate) const THINGS: &[&str] = &[
    "problem", "parent", "children", "link", "backlink", "check", "entry", "section", "tag",
    "person", "body", "alias",
];

const COMMON: &[(&str, Field)] = &[
    ("id", Field::Text("id")),
    ("uid", Field::Text("uid")),
    ("preset", Field::Text("preset")),
    ("kind", Field::Loose("kind")),
    ("title", Field::Title),
    ("body", Field::Body),
    ("state", Field::Loose("state")),
    ("phase", Field::Word("phase", PHASES)),
    ("priority", Field::Priority),
    ("area", Field::Text("area")),
    ("iteration", Field::Text("iteration")),
    ("created", Field::Date("created")),
    ("updated", Field::Date("updated")),
    ("due", Field::Date("due")),
    ("status", Field::Word("status", STATUSES)),
    ("path", Field::Path),
    ("content_hash", Field::Hash("content_hash")),
    ("blob_oid", Field::Hash("blob_oid")),
    ("tag", Field::Tag),
    ("tags", Field::Tag),
    ("person", Field::Person(None)),
    ("people", Field::Person(None)),
    ("links", Field::Link(None)),
    ("link", Field::Link(None)),
    ("under", Field::Under),
    ("problem", Field::Problem),
    ("severity", Field::Severity),
    ("has", Field::Has),
    ("is", Field::State),
    ("text", Field::Words),
    ("sync", Field::Sync),
];

/// Roles and relations that every repository may use without any item having them yet.
const ROLES: &[&str] = &["owner", "assignee", "author", "reviewer", "approver"];
const RELATIONS: &[&str] = &["parent", "blocks", "blocked_by", "relates", "mentions"];

/// The field of that name; names compare without case.
pub(crate) fn known(name: &str) -> Option<Field> {
    // A key by this name is no error where no item has it.
    if let Some((place, key)) = name.split_once('.')
        && place.eq_ignore_ascii_case("fields")
        && !key.is_empty()
    {
        return Some(Field::Key(key.to_owned()));
    }
    let is = |candidate: &str| candidate.eq_ignore_ascii_case(name);
    if let Some((_, field)) = COMMON.iter().find(|(candidate, _)| is(candidate)) {
        return Some(field.clone());
    }
    if let Some(role) = ROLES.iter().find(|role| is(role)) {
        return Some(Field::Person(Some((*role).to_owned())));
    }
    let relation = RELATIONS.iter().find(|relation| is(relation))?;
    Some(Field::Link(Some((*relation).to_owned())))
}

/// All known names, for hints.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let common = COMMON.iter().map(|(name, _)| *name);
    common
        .chain(ROLES.iter().copied())
        .chain(RELATIONS.iter().copied())
}

/// The relation that says the same from the other side.
pub(crate) fn inverse(relation: &str) -> Option<&'static str> {
    match relation {
        "blocks" => Some("blocked_by"),
        "blocked_by" => Some("blocks"),
        _ => None,
    }
}
