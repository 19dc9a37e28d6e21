//! Why a question has no answer, with everything that a good message needs.

use std::path::PathBuf;

use crate::query::view::ItemRow;
use crate::stores::postgres::PostgresError;

/// A failed question. `code` and `hint` are what every door (command line, JSON, later HTTP and
/// MCP) shows beside the message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum QueryError {
    /// The query cannot be read; `at` counts characters from 0.
    #[error("cannot read the query at character {}: {message}", at + 1)]
    Grammar {
        at: usize,
        message: String,
        hint: String,
    },
    /// No item has a field of that name.
    #[error("no item has a field `{field}`")]
    UnknownField { field: String, near: Vec<String> },
    /// A word where only some are allowed (`is:opn`, `--sort updatd`).
    #[error("{place} does not know `{word}`")]
    UnknownWord {
        /// `is:`, `has:`, `phase:`, `the order`, ...
        place: String,
        word: String,
        /// The near words, or all where there are few.
        near: Vec<String>,
    },
    /// The field cannot be used in that way.
    #[error("{message}")]
    Misused { message: String, hint: String },
    /// A board by a field of very many values.
    #[error("`{by}` has {columns} different values, too many for a board")]
    TooManyColumns { by: String, columns: u64 },
    /// REF names nothing.
    #[error("no item is named `{reference}`")]
    NotFound {
        reference: String,
        near: Vec<String>,
    },
    /// REF names several items in the first class that matches; all of them, by path.
    #[error("`{reference}` names {} items", candidates.len())]
    Ambiguous {
        reference: String,
        candidates: Vec<ItemRow>,
    },
    /// `sql` was refused or stopped; `at` counts characters of the statement from 0.
    #[error("{message}")]
    Sql {
        /// `sql-syntax`, `sql-denied`, `sql-deadline`, `sql-too-large` or `sql-not-one-statement`.
        code: &'static str,
        message: String,
        at: Option<usize>,
        hint: String,
    },
    /// The cache could not be opened or read: another process may have replaced or damaged it.
    #[error("cannot read the cache {}: {reason}", path.display())]
    Cache { path: PathBuf, reason: String },
    /// The shared cache did not answer.
    #[error("{message}")]
    Server {
        code: &'static str,
        message: String,
        hint: String,
    },
}

impl QueryError {
    /// Stable and kebab-case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Grammar { .. } => "query-syntax",
            Self::UnknownField { .. } => "unknown-field",
            Self::UnknownWord { .. } => "unknown-word",
            Self::Misused { .. } => "field-misused",
            Self::TooManyColumns { .. } => "too-many-columns",
            Self::NotFound { .. } => "not-found",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Sql { code, .. } => code,
            Self::Cache { .. } => "cache-unreadable",
            Self::Server { code, .. } => code,
        }
    }

    /// What to do about it, or nothing.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Grammar { hint, .. }
            | Self::Misused { hint, .. }
            | Self::Sql { hint, .. }
            | Self::Server { hint, .. } => hint.clone(),
            Self::UnknownField { near, .. } | Self::UnknownWord { near, .. } => did_you_mean(near),
            Self::NotFound { near, reference } => match did_you_mean(near) {
                hint if hint.is_empty() => format!("`kanban search {reference}` looks inside"),
                hint => hint,
            },
            Self::Ambiguous { candidates, .. } => {
                match candidates.iter().any(|row| row.repository.is_some()) {
                    true => "say of which with `--repository` and `--branch`".to_owned(),
                    false => "name it by its path".to_owned(),
                }
            }
            Self::TooManyColumns { .. } => {
                "choose a field with few values, or narrow the query".to_owned()
            }
            Self::Cache { .. } => "`kanban rebuild-index` makes it anew".to_owned(),
        };
        (!hint.is_empty()).then_some(hint)
    }
}

impl From<PostgresError> for QueryError {
    fn from(error: PostgresError) -> Self {
        Self::Server {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint().unwrap_or_default().to_owned(),
        }
    }
}

fn did_you_mean(near: &[String]) -> String {
    let quoted: Vec<String> = near.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => format!("did you mean {only}?"),
        Some((last, rest)) => format!("did you mean {} or {last}?", rest.join(", ")),
    }
}
