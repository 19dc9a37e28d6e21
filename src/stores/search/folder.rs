//! The folder of an index as tantivy sees it: memory maps, without tantivy's locks.
//! Gets a path. Gives reads, and writes for the builder.
//! Never: creates a lock file. Readers work on a read-only file system, and who may write is
//! settled by the lock of the whole cache.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};
use tantivy::{Directory, TantivyError};

/// tantivy's list of its files, rewritten before every new one.
const LIST: &str = ".managed.json";

/// A folder without locks.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    files: MmapDirectory,
    /// The newest list of files, which `settle` writes.
    list: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Folder {
    /// The folder at `dir`, which must exist.
    pub(crate) fn open(dir: &Path) -> Result<Self, TantivyError> {
        Ok(Self {
            files: MmapDirectory::open(dir)?,
            list: Arc::default(),
        })
    }

    /// Writes the list of files. It is kept back until here, because each of its versions would be
    /// synced to the disk, seven times a segment.
    pub(crate) fn settle(&self) -> io::Result<()> {
        let list = self
            .list
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match list {
            Some(bytes) => self.files.atomic_write(Path::new(LIST), &bytes),
            None => Ok(()),
        }
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
        self.files.open_write(path)
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
        self.files.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn acquire_lock(&self, _lock: &Lock) -> Result<DirectoryLock, LockError> {
        Ok(DirectoryLock::from(Box::new(())))
    }

    fn watch(&self, _callback: WatchCallback) -> Result<WatchHandle, TantivyError> {
        Ok(WatchHandle::empty())
    }
}
