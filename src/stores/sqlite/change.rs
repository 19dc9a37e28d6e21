//! What an update tells of items: what happened to one, and its links as they are recorded.
//! Never: SQL.

use std::sync::Arc;

use crate::model::document::Origin;
use crate::model::item::Link;

/// What happened to an item, for the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Created,
    Modified,
    Deleted,
    /// Only its links or problems changed, because other items did.
    Linked,
    /// Created, with the content of a file that is gone.
    Moved,
}

impl Change {
    /// The word that streams and receipts show.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Modified => "modified",
            Self::Deleted => "deleted",
            Self::Linked => "linked",
            Self::Moved => "moved",
        }
    }

    pub(super) fn number(self) -> i64 {
        match self {
            Self::Created => 0,
            Self::Modified => 1,
            Self::Deleted => 2,
            Self::Linked => 3,
            Self::Moved => 4,
        }
    }

    pub(super) fn of(number: i64) -> Self {
        match number {
            0 => Self::Created,
            1 => Self::Modified,
            2 => Self::Deleted,
            3 => Self::Linked,
            _ => Self::Moved,
        }
    }
}

/// A recorded link of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredLink {
    pub seq: i64,
    pub rel: Arc<str>,
    pub target: String,
    pub target_item: Option<i64>,
    pub origin: Origin,
    pub companion: bool,
    pub line: u32,
    pub bucket: i32,
}

impl StoredLink {
    /// Whether a link of a file says the same at the same place.
    pub(crate) fn is_written_as(&self, link: &Link) -> bool {
        self.rel == link.rel
            && self.target == link.target
            && self.origin == link.origin
            && self.companion == link.companion
            && self.line == link.line
    }
}
