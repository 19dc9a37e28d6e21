//! Failures as people and programs see them. All conversions from other folders' errors are here.
//! Gets errors. Gives the text for stderr and the parts of a JSON error.
//! Never: prints, loses a cause.

use std::borrow::Cow;

use crate::cli::exit::Exit;
use crate::cli::render::line::{Line, line};
use crate::cli::render::name_of;
use crate::cli::style::{self, Look};
use crate::cli::text;
use crate::engine::{Class, EngineError};
use crate::query::QueryError;
use crate::query::view::ItemRow;

/// Why a command ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody reads our output any more: no failure.
    Pipe,
    Failed(Box<Failure>),
}

/// A failure with everything there is to say about it. `code` is stable and kebab-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub class: Class,
    pub code: Cow<'static, str>,
    pub message: String,
    pub path: Option<String>,
    /// Outermost first.
    pub causes: Vec<String>,
    pub hint: Option<String>,
    /// All that a REF could have meant.
    pub candidates: Vec<ItemRow>,
    /// Where in the words of the caller the fault is.
    pub place: Option<Place>,
}

/// A place in a text that the caller wrote; `at` counts characters from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub text: String,
    pub at: usize,
}

impl Failure {
    pub(crate) fn new(class: Class, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            code: Cow::Borrowed(code),
            message: message.into(),
            path: None,
            causes: Vec::new(),
            hint: None,
            candidates: Vec::new(),
            place: None,
        }
    }

    #[must_use]
    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    #[must_use]
    pub(crate) fn cause(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A question without an answer; `text` is what the caller asked.
    pub(crate) fn query(error: QueryError, text: &str) -> Self {
        let class = match &error {
            QueryError::Grammar { .. }
            | QueryError::UnknownField { .. }
            | QueryError::UnknownWord { .. }
            | QueryError::Misused { .. }
            | QueryError::TooManyColumns { .. }
            | QueryError::Sql { .. } => Class::Usage,
            QueryError::NotFound { .. } | QueryError::Ambiguous { .. } => Class::No,
            QueryError::Cache { .. } | QueryError::Server { .. } => Class::Environment,
        };
        let at = match &error {
            QueryError::Grammar { at, .. } => Some(*at),
            QueryError::Sql { at, .. } => *at,
            // Where the word stands is not told, but it can be found.
            QueryError::UnknownField { field: word, .. } | QueryError::UnknownWord { word, .. } => {
                place_of(word, text)
            }
            QueryError::Misused { .. }
            | QueryError::TooManyColumns { .. }
            | QueryError::NotFound { .. }
            | QueryError::Ambiguous { .. }
            | QueryError::Cache { .. }
            | QueryError::Server { .. } => None,
        };
        let mut failure = Self::new(class, error.code(), error.to_string());
        failure.hint = error.hint();
        failure.place = at.map(|at| Place {
            text: text.to_owned(),
            at,
        });
        if let QueryError::Ambiguous { candidates, .. } = error {
            failure.candidates = candidates;
        }
        failure
    }

    pub(crate) fn exit(&self) -> Exit {
        self.class.into()
    }

    /// The message and its causes as one sentence.
    pub(crate) fn sentence(&self) -> String {
        let mut sentence = self.message.clone();
        for cause in &self.causes {
            sentence.push_str(": ");
            sentence.push_str(cause);
        }
        sentence
    }

    /// The failure for stderr, in several lines.
    pub(crate) fn render(&self, look: Look) -> String {
        // Lines of an error are never cut: somebody may need every word of them.
        let look = Look {
            width: None,
            ..look
        };
        let mut out = String::new();
        let mut head = line(style::ERROR, "error:");
        head.plain(" ").plain(&self.message);
        let path = self.path.as_ref();
        if let Some(path) = path.filter(|path| !self.message.contains(path.as_str())) {
            head.plain(": ").push(style::PATH, path);
        }
        head.write(&mut out, look);
        for cause in &self.causes {
            let mut line = Line::new();
            line.plain("  caused by: ")
                .plain(cause)
                .write(&mut out, look);
        }
        if let Some(place) = &self.place {
            place.write(look, &mut out);
        }
        for candidate in &self.candidates {
            let mut line = Line::new();
            let name = name_of(candidate.id.as_deref(), &candidate.path, look);
            line.plain("  ")
                .push(style::ID, name)
                .plain("  ")
                .plain(&candidate.title);
            if candidate.id.is_some() {
                line.plain("  ").push(style::PATH, &candidate.path);
            }
            line.write(&mut out, look);
        }
        if let Some(hint) = &self.hint {
            out.push('\n');
            let mut line = line(style::COMMAND, "hint:");
            line.plain(" ").plain(hint).write(&mut out, look);
        }
        out
    }
}

impl Place {
    /// The line of the text that the place is in, with a caret under the place.
    fn write(&self, look: Look, out: &mut String) {
        let at = self.text.char_indices().nth(self.at);
        let at = at.map_or(self.text.len(), |(at, _)| at);
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |end| at + end);
        let mut line = Line::new();
        line.plain("  ")
            .plain(&self.text[start..end])
            .write(out, look);
        let mut line = Line::new();
        line.pad(2 + text::width(&text::line(&self.text[start..at])))
            .push(style::ERROR, "^");
        line.write(out, look);
    }
}

/// Where `word` stands alone in `text`, in characters.
fn place_of(word: &str, text: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let part = |char: char| char.is_alphanumeric() || char == '_';
    let alone = |&(at, _): &(usize, &str)| {
        !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part)
    };
    let (at, _) = text.match_indices(word).find(alone)?;
    Some(text[..at].chars().count())
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self {
            class: error.class,
            code: Cow::Borrowed(error.code),
            message: error.message,
            path: error.path.map(|path| path.display().to_string()),
            causes: error.causes,
            hint: error.hint,
            candidates: Vec::new(),
            place: None,
        }
    }
}

impl From<EngineError> for Stop {
    fn from(error: EngineError) -> Self {
        Failure::from(error).into()
    }
}
