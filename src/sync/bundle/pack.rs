//! Bundles, made.
//! Never: writes a bundle that [`unpack`](super::unpack()) would refuse for its names or sizes.

use std::io::{self, Read, Write};

use crate::base::hash;
use crate::sync::bundle::{BundleError, MANIFEST, Manifest, Piece};

/// Good enough for text, and fast.
const LEVEL: i32 = 6;

/// The piece of these bytes.
pub(crate) fn measure(path: String, bytes: &[u8]) -> Piece {
    Piece {
        path,
        size: bytes.len() as u64,
        blake3: hash::hex(&hash::content_hash(bytes)),
    }
}

/// Writes a bundle. `open` gives the bytes of a piece, which are as long as it says.
///
/// # Errors
/// Where the manifest cannot be, or reading or writing fails.
pub(crate) fn pack<R: Read>(
    out: impl Write,
    manifest: &Manifest,
    mut open: impl FnMut(&Piece) -> io::Result<R>,
) -> Result<(), BundleError> {
    manifest.check()?;
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut archive = tar::Builder::new(encoder);
    let text = serde_json::to_vec(manifest).expect("because texts and numbers have a JSON form");
    append(&mut archive, MANIFEST, text.len() as u64, &*text)?;
    for piece in &manifest.pieces {
        append(&mut archive, &piece.path, piece.size, open(piece)?)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

fn append<W: Write>(
    archive: &mut tar::Builder<W>,
    path: &str,
    size: u64,
    bytes: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    let mut counted = bytes.take(size);
    archive.append_data(&mut header, path, &mut counted)?;
    match counted.limit() {
        0 => Ok(()),
        _ => Err(io::Error::other(format!("{path} became shorter"))),
    }
}
