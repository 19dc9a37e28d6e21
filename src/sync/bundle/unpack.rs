//! Bundles, read: whoever made one may have meant harm.
//!
//! A manifest that can be, then each of its pieces as it says, then nothing. Every entry of another name, kind,
//! size or hash ends the reading. No step takes more memory or output than the manifest has accounted for.
//! Never: gives a piece whose path or size was not checked; its hash is known only at its end.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::base::hash;
use crate::sync::bundle::{BundleError, LARGEST_MANIFEST, MANIFEST, Manifest, Piece, WINDOW};

/// What may stand between two pieces: padding, a header, and a long name with its own.
const BETWEEN: u64 = 16 << 10;
/// Zeros behind the last piece.
const TAIL: u64 = 64 << 10;

/// Reads a bundle of `packed` bytes: tells its manifest, then gives every piece in order. What was given is
/// good only where all of it was.
///
/// # Errors
/// The first reason why it is no bundle; what `begin` and `take` say.
pub(crate) fn unpack<E: From<BundleError>>(
    source: impl Read,
    packed: u64,
    begin: impl FnOnce(&Manifest) -> Result<(), E>,
    mut take: impl FnMut(&Piece, &mut dyn Read) -> Result<(), E>,
) -> Result<Manifest, E> {
    let mut decoder = zstd::Decoder::new(source).map_err(damaged)?;
    decoder.window_log_max(WINDOW).map_err(damaged)?;
    let left = Rc::new(Cell::new(BETWEEN));
    let mut archive = tar::Archive::new(Metered {
        inner: decoder,
        left: Rc::clone(&left),
    });
    let mut entries = archive.entries().map_err(damaged)?;
    let mut next =
        |path: &str, size: Option<u64>, take: &mut dyn FnMut(&mut dyn Read) -> Result<(), E>| {
            left.set(BETWEEN);
            let refuse = |reason: String| Err(E::from(BundleError::refused(reason)));
            let Some(entry) = entries.next() else {
                return refuse(format!("it ends before {path}"));
            };
            let mut entry = entry.map_err(damaged)?;
            if entry.header().entry_type() != tar::EntryType::Regular {
                return refuse(format!("what stands in place of {path} is no file"));
            }
            if *entry.path_bytes() != *path.as_bytes() {
                return refuse(format!("something else stands in place of {path}"));
            }
            if size.is_some_and(|size| size != entry.size())
                || entry.size() > LARGEST_MANIFEST.max(size.unwrap_or(0))
            {
                return refuse(format!("{path} has another size"));
            }
            left.set(entry.size().saturating_add(BETWEEN));
            take(&mut entry)
        };

    let mut text = Vec::new();
    next(MANIFEST, None, &mut |entry| {
        entry.read_to_end(&mut text).map_err(damaged)?;
        Ok(())
    })?;
    let manifest = Manifest::read(&text, packed)?;
    drop(text);
    begin(&manifest)?;
    for piece in &manifest.pieces {
        next(&piece.path, Some(piece.size), &mut |entry| {
            let mut proved = Proved {
                inner: entry,
                hasher: hash::Hasher::default(),
                seen: 0,
                lines: 0,
                failed: false,
            };
            let taken = take(piece, &mut proved);
            if proved.failed {
                // Whoever took it can only say that it could not be read.
                return Err(
                    BundleError::refused(format!("it is damaged in {}", piece.path)).into(),
                );
            }
            taken?;
            if proved.seen != piece.size || proved.hasher.hex() != piece.blake3 {
                return Err(BundleError::refused(format!(
                    "{} is not what the manifest says",
                    piece.path
                ))
                .into());
            }
            if manifest
                .lines(piece)
                .is_some_and(|lines| lines != proved.lines)
            {
                return Err(BundleError::refused(format!(
                    "{} has another number of lines than the manifest says",
                    piece.path
                ))
                .into());
            }
            Ok(())
        })?;
    }
    left.set(BETWEEN);
    if entries.next().is_some() {
        return Err(BundleError::refused("more follows than the manifest says").into());
    }
    end(archive.into_inner(), &left)?;
    Ok(manifest)
}

/// Behind the last entry stand zeros, and the end of the compressed stream is its own.
fn end<R: Read>(mut rest: Metered<R>, left: &Cell<u64>) -> Result<(), BundleError> {
    left.set(TAIL);
    let mut buffer = [0_u8; 4096];
    loop {
        match rest.read(&mut buffer).map_err(damaged)? {
            0 => return Ok(()),
            read if buffer[..read].iter().all(|byte| *byte == 0) => {}
            _ => return Err(BundleError::refused("more follows than the manifest says")),
        }
    }
}

fn damaged(error: io::Error) -> BundleError {
    BundleError::refused(format!("it is no bundle, or was cut off: {error}"))
}

/// Gives no more bytes than are left.
struct Metered<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.get()).unwrap_or(usize::MAX);
        if left == 0 && !buffer.is_empty() {
            // Whether it would go on matters only to tell an end from too much.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::other("more than was announced")),
            };
        }
        let most = buffer.len().min(left);
        let read = self.inner.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - read as u64);
        Ok(read)
    }
}

/// Hashes what it gives.
struct Proved<'a> {
    inner: &'a mut dyn Read,
    hasher: hash::Hasher,
    seen: u64,
    lines: u64,
    failed: bool,
}

impl Read for Proved<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        match &read {
            Ok(read) => {
                self.hasher.update(&buffer[..*read]);
                self.seen += *read as u64;
                let ends = buffer[..*read].iter().filter(|byte| **byte == b'\n');
                self.lines += ends.count() as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => self.failed = true,
        }
        read
    }
}
