//! What a folder stands on: whether a file system tells of all changes, what is mounted, what the
//! system allows a watcher. Never: a promise; what is unknown counts as ordinary.

use std::path::Path;

/// The name of a file system whose files others may change without this system's knowledge.
#[cfg(target_os = "linux")]
pub(crate) fn remote(folder: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(folder).ok()?.f_type;
    // By the numbers that statfs(2) tells.
    match u32::try_from(kind).ok()? {
        0x6969 => Some("NFS"),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x6573_5546 => Some("FUSE"),
        0x5346_414F => Some("AFS"),
        0x7375_7245 => Some("Coda"),
        0x00C3_6400 => Some("Ceph"),
        0x786F_4256 => Some("a folder shared by VirtualBox"),
        0x0BD0_0BD3 => Some("Lustre"),
        _ => None,
    }
}

/// Everything that is mounted, as text, to be compared with what was.
#[cfg(target_os = "linux")]
pub(crate) fn mounts() -> Vec<u8> {
    std::fs::read("/proc/self/mountinfo").unwrap_or_default()
}

/// How many folders all watchers of a user may watch.
#[cfg(target_os = "linux")]
pub(crate) fn most_watches() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/sys/fs/inotify/max_user_watches").ok()?;
    text.trim().parse().ok()
}

/// Elsewhere there is no watcher that would have to know.
#[cfg(not(target_os = "linux"))]
pub(crate) fn remote(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn mounts() -> Vec<u8> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn most_watches() -> Option<u64> {
    None
}
