//! File names as text: any name gets a text of its own, and the way back is unique.
//! Gets bytes of a path; gives UTF-8. A byte that is not UTF-8 becomes `\xNN` (capitals); where a name
//! holds such text already, its backslash becomes `\x5C`, so that two files never share a path.

use std::borrow::Cow;
use std::path::PathBuf;

use memchr::{memchr, memchr_iter};

/// The text of a path; borrowed where it is the path itself.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) if !holds_escape(bytes) => Cow::Borrowed(text),
        _ => Cow::Owned(escape(bytes)),
    }
}

fn holds_escape(bytes: &[u8]) -> bool {
    memchr(b'\\', bytes).is_some()
        && memchr_iter(b'\\', bytes).any(|at| escaped(&bytes[at..]).is_some())
}

/// The byte that `bytes` begin to spell as `\xNN`.
fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'\\', b'x', high, low, ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    Some(digit(*high)? << 4 | digit(*low)?)
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        let mut from = 0;
        for at in memchr_iter(b'\\', valid.as_bytes()) {
            if escaped(&valid.as_bytes()[at..]).is_some() {
                text.push_str(&valid[from..at]);
                text.push_str("\\x5C");
                from = at + 1;
            }
        }
        text.push_str(&valid[from..]);
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

/// The bytes that [`text`] was made of.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                out.push(byte);
                rest = &rest[4..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// The text of a path, and the path itself where the text is another.
pub(crate) fn found(bytes: &[u8]) -> (String, Option<PathBuf>) {
    match text(bytes) {
        Cow::Borrowed(text) => (text.to_owned(), None),
        Cow::Owned(text) => (text, Some(os_path(bytes))),
    }
}

/// Bytes of a path, as git writes it, as a path of this system.
#[cfg(unix)]
pub(crate) fn os_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// Elsewhere names are Unicode; what is not cannot be there.
#[cfg(not(unix))]
pub(crate) fn os_path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Bytes of a file name.
#[cfg(unix)]
pub(crate) fn os_bytes(name: &std::ffi::OsStr) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    name.as_bytes()
}

/// Elsewhere: UTF-8, where lone surrogates stay lone.
#[cfg(not(unix))]
pub(crate) fn os_bytes(name: &std::ffi::OsStr) -> &[u8] {
    name.as_encoded_bytes()
}
