//! Bytes to text: valid UTF-8 without NUL and without a byte order mark.
//! Gives the text, and a problem for everything that had to be replaced.
//! Never: copies a file that is clean already, changes line endings.

use std::borrow::Cow;

use crate::model::problem::{Problem, Severity};
use crate::parse::position::Position;

/// The text of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decoded {
    /// Valid UTF-8 without NUL; what was neither is U+FFFD. The byte order mark is gone.
    pub text: String,
    /// True where the file began with a byte order mark.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "what was taken away must be known to put it back")
    )]
    pub bom: bool,
    /// `not-utf8`, `nul-byte` and `utf-16`, each at most once, at the first place.
    pub problems: Vec<Problem>,
}

/// Decodes the bytes of one file. UTF-16 with a byte order mark is read as what it says, so that
/// the item can be found, and reported, because no other tool will read it.
pub(crate) fn decode(bytes: Vec<u8>) -> Decoded {
    match bytes.get(..2) {
        Some([0xFF, 0xFE]) => return from_utf16(&bytes[2..], u16::from_le_bytes),
        Some([0xFE, 0xFF]) => return from_utf16(&bytes[2..], u16::from_be_bytes),
        _ => {}
    }
    let mut problems = Vec::new();
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let at = valid - if text.starts_with('\u{feff}') { 3 } else { 0 };
            problems.push((at, "not-utf8"));
            text
        }
    };
    let bom = text.starts_with('\u{feff}');
    if bom {
        text.drain(..3);
    }
    finish(text, bom, problems)
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let pairs = bytes.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    text.extend(
        char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]])))
            .map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)),
    );
    if odd {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    finish(text, true, vec![(0, "utf-16")])
}

/// Replaces NUL and turns places into problems.
fn finish(mut text: String, bom: bool, mut places: Vec<(usize, &'static str)>) -> Decoded {
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        places.push((at, "nul-byte"));
        places.sort_unstable();
    }
    let mut position = Position::new(&text, 1);
    let problems = places
        .into_iter()
        .map(|(at, code)| {
            let (line, col) = position.at(at);
            describe(code, line, col)
        })
        .collect::<Vec<_>>();
    if problems.iter().any(|problem| problem.code == "nul-byte") {
        text = text.replace('\0', "\u{fffd}");
    }
    Decoded {
        text,
        bom,
        problems,
    }
}

fn describe(code: &'static str, line: u32, col: u32) -> Problem {
    let (severity, message, hint) = match code {
        "not-utf8" => (
            Severity::Warning,
            "not valid UTF-8; what could not be read shows as U+FFFD",
            "save the file as UTF-8, for example with `iconv -f WINDOWS-1252 -t UTF-8`",
        ),
        "utf-16" => (
            Severity::Error,
            "the file is UTF-16, which Git and most tools take for binary",
            "convert it with `iconv -f UTF-16 -t UTF-8`",
        ),
        _ => (
            Severity::Warning,
            "the text holds a NUL character, which shows as U+FFFD",
            "remove the character",
        ),
    };
    Problem::at(code, severity, line, col, message).hint(hint)
}

/// A value without NUL, and the problem where an escape (`"\0"`, `\u0000`) had made one.
pub(crate) fn without_nul<'a>(
    value: Cow<'a, str>,
    problems: &mut Vec<Problem>,
    place: (u32, u32),
) -> Cow<'a, str> {
    // A borrowed value is a piece of the text, which has none.
    match value {
        Cow::Owned(text) if memchr::memchr(0, text.as_bytes()).is_some() => {
            problems.push(describe("nul-byte", place.0, place.1));
            Cow::Owned(text.replace('\0', "\u{fffd}"))
        }
        clean => clean,
    }
}
