//! A folder that appears whole: its files are written beside it, and then it gets its name in one step.
//! Gets a folder that is empty or not there, and files. Gives nothing until all of it is there.
//! Never: adds to a folder that holds something, follows a link, leaves a half behind but where it is killed.

use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::base::{atomic, fault};
use crate::write::folder::Folder;
use crate::write::{WriteError, check_new};

/// Whether one call brings everything to the disk, so that not every file needs one.
const AT_ONCE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// A folder on its way.
#[derive(Debug)]
pub(crate) struct Fresh {
    /// Removed with all that is in it when this ends.
    stage: tempfile::TempDir,
    target: PathBuf,
    /// Only its owner may look at what it holds.
    is_private: bool,
    /// Of the empty folder that is there.
    mode: Option<Permissions>,
}

impl Fresh {
    /// # Errors
    /// Where something is in the target already, or nothing can be made beside it.
    pub(crate) fn beside(target: &Path, is_private: bool) -> Result<Self, WriteError> {
        let fail = |act, path: &Path| {
            let path = path.to_owned();
            move |error| WriteError::of_file(act, &path, error)
        };
        let (target, mode) = match fs::symlink_metadata(target) {
            Ok(_) => {
                let real = fs::canonicalize(target).map_err(fail("find", target))?;
                let mut inside = fs::read_dir(&real).map_err(fail("look into", target))?;
                let here = fs::canonicalize(".").ok();
                if inside.next().is_some() || here.is_some_and(|here| here.starts_with(&real)) {
                    return Err(WriteError::Exists { path: real });
                }
                let mode = fs::metadata(&real).map_err(fail("look at", target))?;
                (real, Some(mode.permissions()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (target.to_owned(), None),
            Err(error) => return Err(fail("look at", target)(error)),
        };
        let parent = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            Some(_) => PathBuf::from("."),
            None => return Err(WriteError::Exists { path: target }),
        };
        // Nobody else may look into it, so nobody can put a link there.
        let stage = tempfile::Builder::new()
            .prefix(atomic::TEMP_PREFIX)
            .suffix(".tmp")
            .tempdir_in(&parent)
            .map_err(fail("make a folder in", &parent))?;
        let made = Self {
            stage,
            target,
            is_private,
            mode,
        };
        made.folders(&made.root())
            .map_err(fail("make a folder in", &parent))?;
        Ok(made)
    }

    /// Makes a folder and those around it, with the rights that any new one has where that is enough.
    fn folders(&self, folder: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        if self.is_private {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        }
        builder.create(folder)
    }

    fn root(&self) -> PathBuf {
        self.stage.path().join("files")
    }

    /// Writes a file, with the folders around it.
    pub(crate) fn put(&self, path: &str, bytes: &mut dyn Read) -> Result<(), WriteError> {
        let relative = Path::new(path);
        check_new(relative)?;
        let fail = |act| move |error| WriteError::of_file(act, relative, error);
        let file = self.root().join(relative);
        if let Some(folder) = file.parent() {
            self.folders(folder).map_err(fail("make the folder of"))?;
        }
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if self.is_private {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let mut file = options.open(&file).map_err(fail("make"))?;
        io::copy(bytes, &mut file).map_err(fail("write"))?;
        match AT_ONCE {
            true => Ok(()),
            false => file.sync_all().map_err(fail("sync")),
        }
    }

    /// All files are there: the folder gets its name.
    pub(crate) fn finish(self) -> Result<(), WriteError> {
        let root = self.root();
        let fail = |act| {
            let path = self.target.clone();
            move |error| WriteError::of_file(act, &path, error)
        };
        Folder::open(&root, Path::new(""))
            .and_then(|folder| folder.sync_all())
            .map_err(fail("sync"))?;
        fault::point("import.before-rename").map_err(fail("make"))?;
        if let Some(mode) = self.mode {
            fs::set_permissions(&root, mode).map_err(fail("make"))?;
        }
        if cfg!(windows) && self.target.is_dir() {
            // Elsewhere an empty folder is replaced.
            fs::remove_dir(&self.target).map_err(fail("replace"))?;
        }
        atomic::rename(&root, &self.target).map_err(|error| fail("make")(error.source))
    }
}
