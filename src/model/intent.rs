//! What somebody wants written into an item, before anything says how a convention writes it.

use crate::model::edit::SectionChange;

/// One wish for one item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    Assign(Vec<Assignment>),
    /// Links to these items, put in or taken out.
    Link {
        rel: String,
        others: Vec<Other>,
        add: bool,
    },
    /// A line for the log.
    Log {
        author: String,
        model: Option<String>,
        text: String,
    },
    /// Lines of checklists.
    Tick {
        checks: Vec<Which>,
        done: bool,
    },
    /// The text of a section.
    Section {
        title: String,
        change: SectionChange,
    },
    /// Another name for a key of the frontmatter; dotted for one in a map.
    Rename {
        from: String,
        to: String,
    },
    /// Quotes around values that YAML refuses, and what else can be mended without a doubt.
    Mend,
    /// Nothing but the date of the change.
    Touch,
}

impl Intent {
    /// Whether it does more where it is carried out again.
    pub(crate) fn adds(&self) -> bool {
        match self {
            Self::Log { .. } => true,
            Self::Section { change, .. } => matches!(
                change,
                SectionChange::Append(_) | SectionChange::AppendLine(_)
            ),
            Self::Assign(_)
            | Self::Link { .. }
            | Self::Tick { .. }
            | Self::Rename { .. }
            | Self::Mend
            | Self::Touch => false,
        }
    }
}

/// A field, and what is to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// A public name (`state`, `owner`, `blocks`) or a key of the frontmatter, dotted for one in a map.
    pub field: String,
    pub act: Act,
}

/// What is to become of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// This text; where the field is a list, its elements parted by commas.
    Set(String),
    /// This JSON value, with its type.
    Typed(String),
    Add(Vec<String>),
    Remove(Vec<String>),
    Unset,
}

/// The other item of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Other {
    pub path: String,
    pub id: Option<String>,
    /// As the caller wrote it: what cannot be found can still be taken out.
    pub written: String,
}

/// A line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// By its number, from 1 in the order of the item.
    Number(usize),
    /// By a part of its text that no other line has.
    Text(String),
    All,
}
