//! A folder below a root, held open, so that nothing can be put in its place between two steps.
//! Gets a root that is free of links, and a path below it. Gives steps on the files in the folder.
//! Never: follows a symbolic link.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::write::WriteError;

pub(super) use system::{Folder, Meta};

/// A file as it is.
#[derive(Debug)]
pub(super) struct Current {
    pub bytes: Vec<u8>,
    pub meta: Meta,
}

impl Folder {
    /// The folder and name of the file at `path` below `root`.
    pub(super) fn of<'p>(root: &Path, path: &'p Path) -> Result<(Self, &'p OsStr), WriteError> {
        let (inner, name) = split(path)?;
        let folder = Self::open(root, inner)
            .map_err(|error| WriteError::of_file("open the folder of", path, error))?;
        Ok((folder, name))
    }

    /// The same; folders that are missing are made.
    pub(super) fn making<'p>(root: &Path, path: &'p Path) -> Result<(Self, &'p OsStr), WriteError> {
        let (inner, name) = split(path)?;
        let folder = Self::make(root, inner)
            .map_err(|error| WriteError::of_file("make the folder of", path, error))?;
        Ok((folder, name))
    }

    /// The path of a file in it, for messages.
    pub(super) fn at(&self, name: &OsStr) -> PathBuf {
        self.path().join(name)
    }
}

fn split(path: &Path) -> Result<(&Path, &OsStr), WriteError> {
    match (path.parent(), path.file_name()) {
        (Some(inner), Some(name)) => Ok((inner, name)),
        _ => Err(WriteError::Unsafe {
            path: path.to_owned(),
            reason: "it names no file".to_owned(),
        }),
    }
}

/// The folders of files one after the other: files of one folder, which follow each other as a rule,
/// share it. Few are open at a time, however many there are.
#[derive(Debug)]
pub(super) struct Folders<'r> {
    root: &'r Path,
    last: RefCell<Option<(PathBuf, Rc<Folder>)>>,
}

impl<'r> Folders<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        Self {
            root,
            last: RefCell::new(None),
        }
    }

    /// The folder and name of the file at `path`.
    pub(super) fn of<'p>(&self, path: &'p Path) -> Result<(Rc<Folder>, &'p OsStr), WriteError> {
        let (inner, name) = split(path)?;
        if let Some((last, folder)) = &*self.last.borrow()
            && last == inner
        {
            return Ok((Rc::clone(folder), name));
        }
        let (folder, name) = Folder::of(self.root, path)?;
        let folder = Rc::new(folder);
        self.last
            .replace(Some((inner.to_owned(), Rc::clone(&folder))));
        Ok((folder, name))
    }
}

/// Whether the system or the file system does not know the call.
fn is_unknown_call(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput
    )
}

#[cfg(unix)]
mod system {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::path::{Path, PathBuf};

    use rustix::fd::OwnedFd;
    use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
    use rustix::io::Errno;

    use super::{Current, is_unknown_call};
    use crate::write::attributes::{self, Attributes};

    #[derive(Debug)]
    pub(in crate::write) struct Folder {
        fd: OwnedFd,
        path: PathBuf,
    }

    /// What of a file is kept when another one takes its place.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::write) struct Meta {
        mode: u32,
        owner: (u32, u32),
        size: u64,
        /// Tells one state of a file from another: who has the same was not written to.
        pub state: (u64, i64),
    }

    impl Meta {
        /// Whether nobody may write to it.
        pub(in crate::write) fn is_read_only(&self) -> bool {
            self.mode & 0o222 == 0
        }

        #[expect(
            clippy::unnecessary_cast,
            reason = "the types differ from system to system"
        )]
        fn of(stat: &fs::Stat) -> Self {
            Self {
                mode: stat.st_mode as u32,
                owner: (stat.st_uid, stat.st_gid),
                size: stat.st_size.cast_unsigned(),
                state: (
                    stat.st_ino as u64,
                    (stat.st_mtime as i64)
                        .saturating_mul(1_000_000_000)
                        .saturating_add(stat.st_mtime_nsec as i64),
                ),
            }
        }
    }

    fn folder_flags() -> OFlags {
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
    }

    fn file_flags() -> OFlags {
        OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
    }

    impl Folder {
        pub(in crate::write) fn open(root: &Path, inner: &Path) -> io::Result<Self> {
            Self::walk(root, inner, false)
        }

        pub(in crate::write) fn make(root: &Path, inner: &Path) -> io::Result<Self> {
            Self::walk(root, inner, true)
        }

        /// Component by component: each is opened in the one before, and none may be a link.
        fn walk(root: &Path, inner: &Path, make: bool) -> io::Result<Self> {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let mut fd = fs::openat(CWD, root, flags, Mode::empty())?;
            let mut path = root.to_owned();
            for part in inner.components() {
                path.push(part);
                let name = part.as_os_str();
                let opened = fs::openat(&fd, name, folder_flags(), Mode::empty());
                fd = match opened {
                    Err(Errno::NOENT) if make => {
                        match fs::mkdirat(&fd, name, Mode::from_raw_mode(0o777)) {
                            Ok(()) | Err(Errno::EXIST) => {}
                            Err(error) => return Err(error.into()),
                        }
                        fs::openat(&fd, name, folder_flags(), Mode::empty())?
                    }
                    // A link is no folder to `O_DIRECTORY` and `O_NOFOLLOW`.
                    Err(Errno::NOTDIR) if is_link(&fd, name) => return Err(Errno::LOOP.into()),
                    opened => opened?,
                };
            }
            Ok(Self { fd, path })
        }

        pub(in crate::write) fn path(&self) -> &Path {
            &self.path
        }

        /// What it is mounted from: files change places only within one mount.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        pub(in crate::write) fn mount(&self) -> io::Result<(u64, u64)> {
            let flags = fs::StatxFlags::MNT_ID;
            let stat = fs::statx(&self.fd, "", AtFlags::EMPTY_PATH, flags)?;
            let device = (u64::from(stat.stx_dev_major) << 32) | u64::from(stat.stx_dev_minor);
            Ok((device, stat.stx_mnt_id))
        }

        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        #[expect(
            clippy::unnecessary_cast,
            reason = "the types differ from system to system"
        )]
        pub(in crate::write) fn mount(&self) -> io::Result<(u64, u64)> {
            Ok((fs::fstat(&self.fd)?.st_dev as u64, 0))
        }

        /// None where it is no regular file.
        pub(in crate::write) fn read(
            &self,
            name: &OsStr,
            limit: u64,
        ) -> io::Result<Option<Current>> {
            let flags = OFlags::RDONLY | file_flags();
            let fd = match fs::openat(&self.fd, name, flags, Mode::empty()) {
                // A socket, or a device without anything behind it.
                Err(Errno::NXIO) => return Ok(None),
                opened => opened?,
            };
            let stat = fs::fstat(&fd)?;
            if !fs::FileType::from_raw_mode(stat.st_mode).is_file() {
                return Ok(None);
            }
            let meta = Meta::of(&stat);
            let mut bytes = Vec::with_capacity(usize::try_from(meta.size).unwrap_or(0) + 1);
            let mut file = File::from(fd).take(limit.saturating_add(1));
            file.read_to_end(&mut bytes)?;
            Ok(Some(Current { bytes, meta }))
        }

        pub(in crate::write) fn meta(&self, name: &OsStr) -> io::Result<Meta> {
            let stat = fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok(Meta::of(&stat))
        }

        /// The extended attributes of a file.
        pub(in crate::write) fn attributes(&self, name: &OsStr) -> io::Result<Attributes> {
            let flags = OFlags::RDONLY | file_flags();
            attributes::of(fs::openat(&self.fd, name, flags, Mode::empty())?)
        }

        /// Makes a file that was not there, with the mode, the owner and the attributes of another one.
        pub(in crate::write) fn create(
            &self,
            name: &OsStr,
            bytes: &[u8],
            like: Option<&(Meta, Attributes)>,
        ) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | file_flags();
            // What any new file gets, less the umask; private until it has its owner.
            let mode = if like.is_some() { 0o600 } else { 0o666 };
            let fd = fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode))?;
            let mut file = File::from(fd);
            file.write_all(bytes)?;
            if let Some((like, attributes)) = like {
                let own = Meta::of(&fs::fstat(&file)?);
                if own.owner != like.owner {
                    let owner = fs::Uid::from_raw(like.owner.0);
                    let group = fs::Gid::from_raw(like.owner.1);
                    fs::fchown(&file, Some(owner), Some(group))?;
                }
                attributes::give(&file, attributes)?;
                fs::fchmod(&file, Mode::from_raw_mode(like.mode & 0o7777))?;
            }
            Ok(file)
        }

        /// Whether new files in it get another group, or other rights, than elsewhere.
        pub(in crate::write) fn hands_on(&self) -> bool {
            let mode = fs::fstat(&self.fd).map_or(0, |stat| Meta::of(&stat).mode);
            mode & 0o2000 != 0
                || fs::fgetxattr(&self.fd, "system.posix_acl_default", &mut [0_u8; 0]).is_ok()
        }

        /// Two files change places in one step; false where the file system cannot.
        pub(in crate::write) fn exchange(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
        ) -> io::Result<bool> {
            self.renamed_with(name, other, other_name, true)
        }

        /// Moves a file to a place where there must be none; in two steps where the file system
        /// knows no better.
        pub(in crate::write) fn rename_new(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
        ) -> io::Result<()> {
            if self.renamed_with(name, other, other_name, false)? {
                return Ok(());
            }
            fs::linkat(&self.fd, name, &other.fd, other_name, AtFlags::empty())?;
            self.remove(name)
        }

        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        fn renamed_with(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
            exchange: bool,
        ) -> io::Result<bool> {
            let flag = if exchange {
                fs::RenameFlags::EXCHANGE
            } else {
                fs::RenameFlags::NOREPLACE
            };
            let result = fs::renameat_with(&self.fd, name, &other.fd, other_name, flag);
            match result.map_err(io::Error::from) {
                Ok(()) => Ok(true),
                Err(error) if is_unknown_call(&error) => Ok(false),
                Err(error) => Err(error),
            }
        }

        /// Elsewhere there is no such call.
        #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
        fn renamed_with(&self, _: &OsStr, _: &Self, _: &OsStr, _: bool) -> io::Result<bool> {
            Ok(false)
        }

        /// Moves a file over whatever is there.
        pub(in crate::write) fn rename_over(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
        ) -> io::Result<()> {
            Ok(fs::renameat(&self.fd, name, &other.fd, other_name)?)
        }

        pub(in crate::write) fn remove(&self, name: &OsStr) -> io::Result<()> {
            Ok(fs::unlinkat(&self.fd, name, AtFlags::empty())?)
        }

        /// Makes what was made, renamed and removed in it durable.
        pub(in crate::write) fn sync(&self) -> io::Result<()> {
            Ok(fs::fsync(&self.fd)?)
        }

        /// Makes everything on its file system durable; false where there is no such call.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        pub(in crate::write) fn sync_all(&self) -> io::Result<bool> {
            fs::syncfs(&self.fd)?;
            Ok(true)
        }

        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        pub(in crate::write) fn sync_all(&self) -> io::Result<bool> {
            Ok(false)
        }
    }

    fn is_link(folder: &OwnedFd, name: &OsStr) -> bool {
        fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| fs::FileType::from_raw_mode(stat.st_mode).is_symlink())
    }
}

/// Elsewhere folders cannot be held open: links are looked for before each step instead, and two
/// files cannot change places.
#[cfg(not(unix))]
mod system {
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::io::{self, Read, Write};
    use std::path::{Path, PathBuf};

    use super::Current;
    use crate::write::attributes::{self, Attributes};

    #[derive(Debug)]
    pub(in crate::write) struct Folder {
        path: PathBuf,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::write) struct Meta {
        read_only: bool,
        pub state: (u64, i64),
    }

    impl Meta {
        pub(in crate::write) fn is_read_only(&self) -> bool {
            self.read_only
        }

        fn of(meta: &fs::Metadata) -> Self {
            Self {
                read_only: meta.permissions().readonly(),
                state: (0, modified_ns(meta)),
            }
        }
    }

    fn modified_ns(meta: &fs::Metadata) -> i64 {
        let modified = meta.modified().ok();
        let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or(0, |since| {
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        })
    }

    impl Folder {
        pub(in crate::write) fn open(root: &Path, inner: &Path) -> io::Result<Self> {
            let mut path = root.to_owned();
            for part in inner.components() {
                path.push(part);
                if !fs::symlink_metadata(&path)?.is_dir() {
                    return Err(io::Error::from(io::ErrorKind::NotADirectory));
                }
            }
            Ok(Self { path })
        }

        pub(in crate::write) fn make(root: &Path, inner: &Path) -> io::Result<Self> {
            fs::create_dir_all(root.join(inner))?;
            Self::open(root, inner)
        }

        pub(in crate::write) fn path(&self) -> &Path {
            &self.path
        }

        pub(in crate::write) fn mount(&self) -> io::Result<(u64, u64)> {
            Ok((0, 0))
        }

        pub(in crate::write) fn read(
            &self,
            name: &OsStr,
            limit: u64,
        ) -> io::Result<Option<Current>> {
            let path = self.path.join(name);
            let meta = fs::symlink_metadata(&path)?;
            if !meta.is_file() {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            File::open(&path)?
                .take(limit.saturating_add(1))
                .read_to_end(&mut bytes)?;
            let meta = Meta::of(&meta);
            Ok(Some(Current { bytes, meta }))
        }

        pub(in crate::write) fn meta(&self, name: &OsStr) -> io::Result<Meta> {
            fs::symlink_metadata(self.path.join(name)).map(|meta| Meta::of(&meta))
        }

        pub(in crate::write) fn attributes(&self, name: &OsStr) -> io::Result<Attributes> {
            attributes::of(self.path.join(name))
        }

        pub(in crate::write) fn create(
            &self,
            name: &OsStr,
            bytes: &[u8],
            _: Option<&(Meta, Attributes)>,
        ) -> io::Result<File> {
            let mut file = File::options()
                .write(true)
                .create_new(true)
                .open(self.path.join(name))?;
            file.write_all(bytes)?;
            Ok(file)
        }

        pub(in crate::write) fn hands_on(&self) -> bool {
            // Rights come from the folder that a file is moved to only where it is made there.
            true
        }

        pub(in crate::write) fn exchange(
            &self,
            _: &OsStr,
            _: &Self,
            _: &OsStr,
        ) -> io::Result<bool> {
            Ok(false)
        }

        pub(in crate::write) fn rename_new(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
        ) -> io::Result<()> {
            fs::hard_link(self.path.join(name), other.path.join(other_name))?;
            self.remove(name)
        }

        pub(in crate::write) fn rename_over(
            &self,
            name: &OsStr,
            other: &Self,
            other_name: &OsStr,
        ) -> io::Result<()> {
            crate::base::atomic::rename(&self.path.join(name), &other.path.join(other_name))
                .map_err(|error| error.source)
        }

        pub(in crate::write) fn remove(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.path.join(name))
        }

        pub(in crate::write) fn sync(&self) -> io::Result<()> {
            crate::base::atomic::sync_folder(&self.path)
        }

        pub(in crate::write) fn sync_all(&self) -> io::Result<bool> {
            Ok(false)
        }
    }
}
