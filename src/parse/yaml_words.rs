//! What a YAML error says to a person: the place to mend, plain words, and a line to write instead.
//! Gets the parser's error; gives one `invalid-frontmatter` problem.
//! Never: repairs anything.

use granit_parser::{ErrorKind, ScanError};

use crate::model::problem::{Problem, Severity};
use crate::parse::salvage;
use crate::parse::split::line_end;

/// A value longer than this is not repeated in a hint.
const SHOWN: usize = 100;

/// An error with what the reader knew when it came.
pub(crate) struct Failure<'a> {
    pub block: &'a str,
    /// None where the parser ended without a word.
    pub error: Option<&'a ScanError>,
    /// Offset behind the last thing that was read.
    pub last_end: usize,
    /// Offset of the innermost `[` or `{` that is open.
    pub open_flow: Option<usize>,
}

/// Errors that call for the same words and the same place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Start(char),
    Alias,
    Colon,
    Joined,
    Tab,
    Quote,
    Flow,
    NoKey,
    AfterQuote,
    Escape,
    ListHere,
    Tag,
    BlockText,
    Indent,
    Other,
}

impl Failure<'_> {
    /// True where the parser gave up because of the nesting.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.kind() == Some(&ErrorKind::RecursionLimitExceeded)
    }

    /// Where a person would look: the parser often notices an open quote or bracket lines later.
    pub(crate) fn offset(&self) -> usize {
        let noticed = self.noticed();
        match self.cause() {
            Cause::Tab => self.tab(noticed).unwrap_or(noticed),
            Cause::Quote => self.quote(noticed).unwrap_or(noticed),
            Cause::Flow => self.open_flow.unwrap_or(noticed),
            _ => noticed,
        }
    }

    /// The problem, for the place of `offset`.
    pub(crate) fn problem(&self, line: u32, col: u32) -> Problem {
        let words = match self.cause() {
            Cause::Start(char) => format!("a value cannot begin with `{char}`"),
            Cause::Alias => {
                "a value that begins with `*` repeats an `&` name, and there is none".to_owned()
            }
            Cause::Colon => "a second `: ` in one value".to_owned(),
            Cause::Joined => "the line belongs to the one above, which is text already".to_owned(),
            Cause::Tab => "a tab where YAML wants spaces".to_owned(),
            Cause::Quote => "a quote is opened and not closed on its line".to_owned(),
            Cause::Flow => "a bracket is opened and not closed".to_owned(),
            Cause::NoKey => "here should be `key: value`".to_owned(),
            Cause::AfterQuote => "text follows the closing quote".to_owned(),
            Cause::Escape => "a backslash in double quotes begins an unknown escape".to_owned(),
            Cause::ListHere => "a list cannot begin here".to_owned(),
            Cause::Tag => "a value that begins with `!` names a type, and this is none".to_owned(),
            Cause::BlockText => {
                "text after `|` or `>` begins in a way that YAML does not allow".to_owned()
            }
            Cause::Indent => "the indentation fits no line above".to_owned(),
            Cause::Other => "the line cannot be read".to_owned(),
        };
        Problem::at(
            "invalid-frontmatter",
            Severity::Error,
            line,
            col,
            format!("the frontmatter is not valid YAML: {words}"),
        )
        .hint(self.hint())
    }

    fn kind(&self) -> Option<&ErrorKind> {
        self.error.map(ScanError::kind)
    }

    fn noticed(&self) -> usize {
        let at = self.error.and_then(|error| error.marker().byte_offset());
        let mut at = at.unwrap_or(self.last_end).min(self.block.len());
        while !self.block.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn cause(&self) -> Cause {
        let Some(kind) = self.kind() else {
            return Cause::Other;
        };
        let cause = match kind {
            ErrorKind::UnexpectedCharacter { character } => Cause::Start(*character),
            ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName => Cause::Alias,
            ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidMappingValueWhitespace => {
                Cause::Colon
            }
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart => Cause::Tab,
            ErrorKind::UnclosedQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::DocumentIndicatorInQuotedScalar => Cause::Quote,
            ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey => Cause::NoKey,
            ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar => Cause::AfterQuote,
            ErrorKind::UnknownQuotedScalarEscape
            | ErrorKind::InvalidQuotedScalarHexEscape
            | ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidLowSurrogate
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnpairedLowSurrogate
            | ErrorKind::InvalidUnicodeEscape => Cause::Escape,
            ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::InvalidBlockEntryWhitespace => {
                Cause::ListHere
            }
            ErrorKind::UndeclaredTagHandle
            | ErrorKind::InvalidTagTerminator
            | ErrorKind::MissingTagUri
            | ErrorKind::UnclosedVerbatimTag
            | ErrorKind::InvalidTagEscape
            | ErrorKind::ExpectedTagBang => Cause::Tag,
            ErrorKind::InvalidBlockScalarHeader
            | ErrorKind::InvalidBlockScalarIndent
            | ErrorKind::ZeroBlockScalarIndent => Cause::BlockText,
            ErrorKind::InvalidIndentation => Cause::Indent,
            ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnexpectedEofImplicitFlowMapping => Cause::Flow,
            _ => Cause::Other,
        };
        let open = self.open_flow.unwrap_or(self.block.len());
        let lines_passed = self
            .block
            .get(open..self.noticed())
            .is_some_and(|passed| passed.contains('\n'));
        match cause {
            // An open bracket swallows the next `key:` before the parser notices.
            Cause::Other | Cause::Colon | Cause::NoKey if lines_passed => Cause::Flow,
            // The colon of this line's own key: the line was read as more of the value above.
            Cause::Colon if !self.line_before_error().contains(": ") => Cause::Joined,
            cause => cause,
        }
    }

    fn line_before_error(&self) -> &str {
        let noticed = self.noticed();
        &self.block[line_start(self.block, noticed)..noticed]
    }

    /// The first tab that stands in the indentation of a line.
    fn tab(&self, from: usize) -> Option<usize> {
        let mut start = line_start(self.block, from);
        while start < self.block.len() {
            let end = line_end(self.block, start);
            let line = &self.block[start..end];
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(at) = line[..indent].find('\t') {
                return Some(start + at);
            }
            start = end;
        }
        None
    }

    /// The quote that was opened: the first one behind what was read.
    fn quote(&self, noticed: usize) -> Option<usize> {
        let unread = self.block.get(self.last_end..noticed)?;
        unread.find(['"', '\'']).map(|at| self.last_end + at)
    }

    fn hint(&self) -> String {
        let general = match self.cause() {
            Cause::Tab => return "indent with spaces".to_owned(),
            Cause::Quote => return "close the quote at the end of the value".to_owned(),
            Cause::Joined => {
                return "give the line the indentation of its neighbors, and write a space behind the colon above"
                    .to_owned();
            }
            Cause::Other => {
                return "write `key: value` lines, with special characters in quotes".to_owned();
            }
            Cause::NoKey => "write `key: value`, or put the value in quotes",
            Cause::Escape => "write `\\\\` for a backslash, or use single quotes",
            Cause::Flow => "close the bracket, or put the value in quotes",
            Cause::ListHere => "begin the list on its own line, or put the value in quotes",
            _ => "put the value in quotes",
        };
        match self.quoted_line() {
            Some(line) => format!("{general}: `{line}`"),
            None => general.to_owned(),
        }
    }

    /// The line of the error with its value in quotes, where it is a simple one.
    fn quoted_line(&self) -> Option<String> {
        let offset = self.offset();
        let start = line_start(self.block, offset);
        let line = self.block[start..line_end(self.block, offset)].trim_end();
        let content = line.trim_start_matches(' ');
        let (front, value) = match content.strip_prefix("- ") {
            Some(item) => ("- ".to_owned(), item),
            None => {
                let (_, at) = salvage::split_key(content)?;
                (format!("{} ", content[..at].trim_end()), &content[at..])
            }
        };
        let value = value.trim();
        if value.is_empty() || value.len() > SHOWN || value.contains('`') {
            return None;
        }
        Some(format!("{front}{}", quote(value)))
    }
}

fn line_start(text: &str, offset: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..offset]).map_or(0, |at| at + 1)
}

/// The value as a quoted scalar; quotes around it that did not work are taken off first.
fn quote(value: &str) -> String {
    let inner = ['"', '\'']
        .into_iter()
        .find_map(|mark| value.strip_prefix(mark)?.strip_suffix(mark))
        .unwrap_or(value);
    if inner.contains(['\'', '\\']) {
        format!("'{}'", inner.replace('\'', "''"))
    } else {
        format!("\"{}\"", inner.replace('"', "\\\""))
    }
}
