//! The folder of an index as tantivy sees it: memory maps, without tantivy's locks and syncs.
//! Gets a path. Gives reads, and writes for the builder.
//! Never: creates a lock file. Readers work on a read-only file system, and who may write is
//! settled by the lock of the whole cache. Never: waits for the disk. What the system holds is safe
//! from our own death, and after its own the index is proved before it serves (`stores::generation`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    AntiCallToken, DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory, TerminatingWrite,
    WatchCallback, WatchHandle, WritePtr,
};
use tantivy::{Directory, TantivyError};

/// tantivy's list of its files, rewritten before every new one.
const LIST: &str = ".managed.json";

/// A folder without locks.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    dir: Arc<Path>,
    files: MmapDirectory,
    /// The newest list of files, which `settle` writes.
    list: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Folder {
    /// The folder at `dir`, which must exist.
    pub(crate) fn open(dir: &Path) -> Result<Self, TantivyError> {
        Ok(Self {
            dir: dir.into(),
            files: MmapDirectory::open(dir)?,
            list: Arc::default(),
        })
    }

    /// Writes the list of files. It is kept back until here, because tantivy would write it seven
    /// times a segment.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let list = self
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match list {
            Some(bytes) => self.replace(Path::new(LIST), &bytes),
            None => Ok(()),
        }
    }

    /// Replaces a file in one step.
    fn replace(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // As any other file, so that they read it who may read the database.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(&self.dir)?;
        file.write_all(data)?;
        file.into_temp_path().persist(self.dir.join(path))?;
        Ok(())
    }
}

/// A file being written.
struct Unsynced(File);

impl Write for Unsynced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for Unsynced {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        Ok(())
    }
}

impl Directory for Folder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.files.get_file_handle(path)
    }

    fn open_read(&self, path: &Path) -> Result<FileSlice, OpenReadError> {
        self.files.open_read(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .open(self.dir.join(path));
        match file {
            Ok(file) => Ok(BufWriter::new(Box::new(Unsynced(file)))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(OpenWriteError::FileAlreadyExists(path.to_owned()))
            }
            Err(error) => Err(OpenWriteError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        if path == Path::new(LIST) {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            *list = Some(data.to_owned());
            return Ok(());
        }
        self.replace(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        Ok(())
    }

    fn acquire_lock(&self, _lock: &Lock) -> Result<DirectoryLock, LockError> {
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _callback: WatchCallback) -> Result<WatchHandle, TantivyError> {
        Ok(WatchHandle::empty())
    }
}
