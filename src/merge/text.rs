//! Bytes to text and back without losing one: byte order mark, line endings, a last line without an
//! end, and bytes that are no UTF-8.
//! Gets the bytes of three versions. Gives texts with `\n` alone, and the way back.
//! Never: reads a text.

use crate::merge::three::Three;

/// What is put back around the merged text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dress {
    bom: bool,
    crlf: bool,
    /// The last line has an end.
    ended: bool,
    /// The first of the 256 characters that stand for bytes.
    stand_in: u32,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The first and last places of the private planes at which stand-ins may begin.
const STAND_INS: std::ops::RangeInclusive<u32> = 0xF_0000..=0xF_FE00;

/// Undresses the three versions. None where one of them is no text.
pub(crate) fn undress(versions: &Three<&[u8]>) -> Option<(Three<String>, Dress)> {
    let all = [versions.base, versions.one, versions.other];
    if all.iter().any(|bytes| memchr::memchr(0, bytes).is_some()) {
        return None;
    }
    let valid = all.iter().all(|bytes| std::str::from_utf8(bytes).is_ok());
    let stand_in = if valid {
        *STAND_INS.start()
    } else {
        stand_in(&all)?
    };
    let bare = versions.map(|bytes| bytes.strip_prefix(BOM).unwrap_or(bytes));
    let flags = |of: fn(&[u8]) -> bool| *of_sides(&bare.map(|bytes| of(bytes)));
    let dress = Dress {
        bom: *of_sides(&versions.map(|bytes| bytes.starts_with(BOM))),
        crlf: flags(mostly_crlf),
        ended: flags(|bytes| bytes.is_empty() || bytes.ends_with(b"\n")),
        stand_in,
    };
    Some((bare.map(|bytes| text(bytes, stand_in)), dress))
}

impl Dress {
    /// The bytes of the merged text.
    pub(crate) fn bytes(self, text: &str) -> Vec<u8> {
        let mut text = text;
        if !self.ended {
            text = text.strip_suffix('\n').unwrap_or(text);
        }
        let mut bytes = if self.bom { BOM.to_vec() } else { Vec::new() };
        for c in text.chars() {
            match u8::try_from(u32::from(c).wrapping_sub(self.stand_in)) {
                Ok(byte) => bytes.push(byte),
                Err(_) if c == '\n' && self.crlf => bytes.extend_from_slice(b"\r\n"),
                Err(_) => {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        bytes
    }
}

/// A truth that three versions tell: two of them agree.
fn of_sides(truth: &Three<bool>) -> &bool {
    truth.decided().unwrap_or(&truth.one)
}

fn mostly_crlf(bytes: &[u8]) -> bool {
    let lines = memchr::memchr_iter(b'\n', bytes).count();
    let crlf = memchr::memmem::find_iter(bytes, b"\r\n").count();
    crlf * 2 > lines
}

/// A range of private characters that no version uses.
fn stand_in(all: &[&[u8]]) -> Option<u32> {
    let mut used = std::collections::HashSet::new();
    for bytes in all {
        for chunk in bytes.utf8_chunks() {
            let private = chunk
                .valid()
                .chars()
                .map(u32::from)
                .filter(|c| *c >= *STAND_INS.start());
            used.extend(private.map(|c| c >> 8));
        }
    }
    STAND_INS
        .step_by(256)
        .find(|start| !used.contains(&(start >> 8)))
}

fn text(bytes: &[u8], stand_in: u32) -> String {
    let mut text = String::with_capacity(bytes.len() + 1);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let bytes = chunk.invalid().iter();
        text.extend(bytes.filter_map(|byte| char::from_u32(stand_in + u32::from(*byte))));
    }
    if mostly_crlf(bytes) {
        text = text.replace("\r\n", "\n");
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
