//! Extended attributes of a file, its access list among them: read from one, given to another.
//! Gets open files. Gives names and values.
//! Never: takes one away but an access list that was handed on; those of the system that nobody may set are left to it.

/// Names and values.
pub(super) type Attributes = Vec<(Vec<u8>, Vec<u8>)>;

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    use std::io;

    use rustix::fd::AsFd;
    use rustix::fs::{self, XattrFlags};
    use rustix::io::Errno;

    use super::Attributes;

    const ACCESS: &[u8] = b"system.posix_acl_access";
    #[cfg(not(target_vendor = "apple"))]
    const NO_ATTRIBUTE: Errno = Errno::NODATA;
    #[cfg(target_vendor = "apple")]
    const NO_ATTRIBUTE: Errno = Errno::NOATTR;

    /// What the file has; nothing where its file system knows of none.
    pub(in crate::write) fn of(file: impl AsFd) -> io::Result<Attributes> {
        let names = match whole(|room| fs::flistxattr(&file, room)) {
            Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
            names => names?,
        };
        let mut attributes = Vec::new();
        for name in names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            match whole(|room| fs::fgetxattr(&file, name, room)) {
                Ok(value) => attributes.push((name.to_owned(), value)),
                Err(error) if is_own(name) => return Err(error.into()),
                Err(_) => {}
            }
        }
        Ok(attributes)
    }

    /// Gives them to another file; the access list that its folder has handed on to it goes.
    pub(in crate::write) fn give(file: impl AsFd, attributes: &Attributes) -> io::Result<()> {
        if !attributes.iter().any(|(name, _)| name == ACCESS) {
            match fs::fremovexattr(&file, ACCESS) {
                Ok(()) | Err(NO_ATTRIBUTE | Errno::NOTSUP | Errno::NOSYS) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for (name, value) in attributes {
            match fs::fsetxattr(&file, name.as_slice(), value, XattrFlags::empty()) {
                Err(error) if is_own(name) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it is somebody's, and not the system's: without it, something would be lost.
    fn is_own(name: &[u8]) -> bool {
        name.starts_with(b"user.") || name == ACCESS
    }

    /// Reads until there is room enough: somebody may write at the same time.
    fn whole(mut read: impl FnMut(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
        let mut room = vec![0; 1 << 10];
        loop {
            match read(&mut room) {
                Ok(size) => {
                    room.truncate(size);
                    return Ok(room);
                }
                // The system has no larger ones.
                Err(Errno::RANGE) if room.len() < 1 << 20 => room = vec![0; room.len() << 2],
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    use std::io;

    use super::Attributes;

    /// Nothing that we know of.
    pub(in crate::write) fn of<F>(_: F) -> io::Result<Attributes> {
        Ok(Vec::new())
    }

    #[cfg(unix)]
    pub(in crate::write) fn give<F>(_: F, _: &Attributes) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
pub(super) use system::give;
pub(super) use system::of;
