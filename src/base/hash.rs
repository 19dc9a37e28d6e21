//! Hashes of bytes: ours (blake3) and git's (SHA-1 or SHA-256 over a blob header).
//! Gets bytes; gives digests and their hexadecimal text.
//! Never: reads files, or applies git's filters.

use std::fmt::Write;

use sha1::{Digest, Sha1};

/// blake3 of the bytes.
pub(crate) fn content_hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

/// blake3 of bytes that come one after the other.
#[derive(Default)]
pub(crate) struct Hasher(blake3::Hasher);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of all bytes so far, as hexadecimal text.
    pub(crate) fn hex(&self) -> String {
        hex(self.0.finalize().as_bytes())
    }
}

/// A number for a name that is looked up: the first eight bytes of its blake3, so that nobody can
/// make two names collide cheaply.
pub(crate) fn key(name: &str) -> i64 {
    let hash = blake3::hash(name.as_bytes());
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The id git gives a blob of these bytes (`git hash-object --no-filters`): 20 bytes, or 32 in a
/// repository with `extensions.objectFormat = sha256`.
pub(crate) fn blob_oid(bytes: &[u8], sha256: bool) -> Vec<u8> {
    let header = format!("blob {}\0", bytes.len());
    if sha256 {
        let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha256);
        hasher.update(header.as_bytes());
        hasher.update(bytes);
        return hasher
            .try_finalize()
            .expect("because only SHA-1 looks for collisions")
            .as_bytes()
            .to_vec();
    }
    // Not gix's hasher: it looks for SHA-1 collisions and is several times slower. This id is
    // information for people, nothing is looked up by it.
    let mut hasher = Sha1::new();
    hasher.update(header.as_bytes());
    hasher.update(bytes);
    hasher.finalize().to_vec()
}

/// Lower-case hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("because a String takes any text");
    }
    text
}

/// The bytes of hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}
