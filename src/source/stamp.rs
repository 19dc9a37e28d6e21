//! Stamps of files, and when one proves nothing.

use std::fs::Metadata;
use std::path::Path;

use crate::model::file::Stamp;

const SECOND_NS: i64 = 1_000_000_000;

/// Kernels stamp files with the time of their last clock tick, up to 10 ms ago; twice that.
const FINE_NS: i64 = 20_000_000;
/// FAT keeps every other second; others (old NFS, HFS+) whole ones.
const COARSE_NS: i64 = 2 * SECOND_NS;

/// The stamp of a file.
#[cfg(unix)]
pub(crate) fn stamp(meta: &Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    Stamp {
        size: meta.len(),
        mtime_ns: nanoseconds(meta.mtime(), meta.mtime_nsec()),
        ctime_ns: nanoseconds(meta.ctime(), meta.ctime_nsec()),
        inode: meta.ino(),
    }
}

/// The stamp of what stands at a path; nothing where it cannot be looked at.
pub(crate) fn of(path: &Path) -> Option<Stamp> {
    std::fs::metadata(path).ok().map(|meta| stamp(&meta))
}

/// The stamp of a regular file; nothing where there is none.
pub(crate) fn of_file(path: &Path) -> Option<Stamp> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    meta.is_file().then(|| stamp(&meta))
}

/// Whether a file has more than one name.
#[cfg(unix)]
pub(crate) fn has_other_names(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.nlink() > 1)
}

/// Elsewhere std tells no number of names, and there is no watcher that would have to know.
#[cfg(not(unix))]
pub(crate) fn has_other_names(_: &Path) -> bool {
    false
}

/// The device that a folder is on; nothing where it is none, or cannot be looked at.
#[cfg(unix)]
pub(crate) fn device(folder: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::symlink_metadata(folder).ok()?;
    meta.is_dir().then(|| meta.dev())
}

/// Elsewhere std tells no device.
#[cfg(not(unix))]
pub(crate) fn device(_: &Path) -> Option<u64> {
    None
}

/// Elsewhere std tells neither change time nor inode.
#[cfg(not(unix))]
pub(crate) fn stamp(meta: &Metadata) -> Stamp {
    let mtime_ns = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0);
    Stamp {
        size: meta.len(),
        mtime_ns,
        ctime_ns: 0,
        inode: 0,
    }
}

#[cfg(unix)]
fn nanoseconds(seconds: i64, nanoseconds: i64) -> i64 {
    seconds
        .saturating_mul(SECOND_NS)
        .saturating_add(nanoseconds)
}

/// Whether a file of this stamp, seen by a scan that began at `started_ns`, may have changed after it
/// was looked at and bear the same stamp: then only its bytes tell.
///
/// So is every file whose later time is not older than the scan by more than the steps in which the
/// file system counts. These are unknown; a time of whole seconds is taken for a coarse one. A time
/// in the future stays racy: such a file is read each time, which costs but cannot lie.
pub(crate) fn is_racy(stamp: &Stamp, started_ns: i64) -> bool {
    let later = stamp.mtime_ns.max(stamp.ctime_ns);
    let step = if later % SECOND_NS == 0 {
        COARSE_NS
    } else {
        FINE_NS
    };
    later >= started_ns.saturating_sub(step)
}
