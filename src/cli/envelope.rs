//! `--json`: one object around every answer and every failure.
//! Gets views, failures and where the answer comes from. Gives one line of JSON.
//! Never: prints; puts a raw control character into the line, since terminals obey some of them
//! (JSON lets them be written as escapes, so no value changes).

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use crate::cli::error::Failure;
use crate::query::view::{Freshness, ItemRow, SCHEMA};

/// What stands around `data` or `error`; null where it is not known.
#[derive(Serialize)]
struct Envelope<'a, T> {
    schema: &'static str,
    cache: Option<&'a str>,
    generation: Option<u64>,
    head: Option<&'a str>,
    dirty: Option<bool>,
    fresh: Option<bool>,
    age_ms: Option<u64>,
    warnings: &'a [String],
    #[serde(flatten)]
    content: Content<'a, T>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Content<'a, T> {
    Data(&'a T),
    Error(ErrorPart<'a>),
}

#[derive(Serialize)]
struct ErrorPart<'a> {
    code: &'a str,
    message: String,
    path: Option<&'a str>,
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    candidates: &'a [ItemRow],
}

/// The line for an answer, with its line end.
pub(crate) fn answer<T: Serialize>(
    data: &T,
    freshness: Option<&Freshness>,
    warnings: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    write(Content::Data(data), freshness, warnings)
}

/// The line for an answer that comes from a commit and not from the cache.
pub(crate) fn answer_of<T: Serialize>(
    commit: &str,
    data: &T,
    warnings: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    line(&Envelope {
        schema: SCHEMA,
        cache: None,
        generation: None,
        head: Some(commit),
        dirty: None,
        fresh: None,
        age_ms: None,
        warnings,
        content: Content::Data(data),
    })
}

/// The line for a failure, with its line end.
pub(crate) fn failure(
    failure: &Failure,
    freshness: Option<&Freshness>,
    warnings: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    let error = ErrorPart {
        code: &failure.code,
        message: failure.sentence(),
        path: failure.path.as_deref(),
        hint: failure.hint.as_deref(),
        candidates: &failure.candidates,
    };
    write(Content::<()>::Error(error), freshness, warnings)
}

/// Anything as one line, with its line end.
pub(crate) fn line<T: Serialize>(data: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::with_capacity(1024);
    data.serialize(&mut Serializer::with_formatter(&mut out, Careful))?;
    out.push(b'\n');
    Ok(out)
}

fn write<T: Serialize>(
    content: Content<'_, T>,
    freshness: Option<&Freshness>,
    warnings: &[String],
) -> Result<Vec<u8>, serde_json::Error> {
    let envelope = Envelope {
        schema: SCHEMA,
        cache: freshness.map(|freshness| freshness.cache.as_str()),
        generation: freshness.map(|freshness| freshness.generation),
        head: freshness.and_then(|freshness| freshness.head.as_deref()),
        dirty: freshness.and_then(|freshness| freshness.dirty),
        fresh: freshness.map(|freshness| freshness.fresh),
        age_ms: freshness.map(|freshness| freshness.age_ms),
        warnings,
        content,
    };
    line(&envelope)
}

/// Compact JSON in which C1 controls, DEL and direction characters are written as escapes.
struct Careful;

impl Formatter for Careful {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_obeyed) {
            let (plain, behind) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut chars = behind.chars();
            if let Some(char) = chars.next() {
                write!(writer, "\\u{:04x}", u32::from(char))?;
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        CompactFormatter.write_char_escape(writer, escape)
    }
}

/// What a terminal would act on; all of it is in the first plane, so one escape each is enough.
fn is_obeyed(char: char) -> bool {
    matches!(char, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
