//! What is in one folder, read once and asked often.
//! Gets a folder; gives names, kinds and, on demand, stamps.
//! Never: follows a symbolic link.

use std::fs::DirEntry;
use std::io;
use std::path::Path;

use crate::model::file::Stamp;
use crate::source::ignore::IGNORE_FILE;
use crate::source::walk::is_gone;
use crate::source::{name, stamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    /// Symbolic links, pipes, devices: never of interest.
    Other,
}

/// Kept from folder to folder for its memory.
#[derive(Default)]
pub(crate) struct Listing {
    entries: Vec<DirEntry>,
    /// Name's end in `names`, and kind.
    ends: Vec<(usize, Kind)>,
    names: Vec<u8>,
    pub(crate) has_dot_git: bool,
    pub(crate) has_ignore_file: bool,
}

impl Listing {
    /// Takes the folder's content in. On failure, what came before it is there.
    pub(crate) fn read(&mut self, folder: &Path) -> io::Result<()> {
        self.clear();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            // Known from the listing itself on all common file systems.
            let kind = match entry.file_type() {
                Ok(kind) if kind.is_dir() => Kind::Folder,
                Ok(kind) if kind.is_file() => Kind::File,
                Ok(_) => Kind::Other,
                Err(error) if is_gone(&error) => continue,
                Err(error) => return Err(error),
            };
            let os_name = entry.file_name();
            let bytes = name::os_bytes(&os_name);
            if bytes == b".git" {
                // A folder, or a file in linked work trees and submodules; no item in any case.
                self.has_dot_git = true;
                continue;
            }
            self.has_ignore_file |= bytes == IGNORE_FILE && kind == Kind::File;
            if kind != Kind::Other {
                self.names.extend_from_slice(bytes);
                self.ends.push((self.names.len(), kind));
                self.entries.push(entry);
            }
        }
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.ends.clear();
        self.names.clear();
        self.has_dot_git = false;
        self.has_ignore_file = false;
    }

    /// Number, name and kind of each folder and file, without `.git` and in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[u8], Kind)> {
        let mut start = 0;
        self.ends
            .iter()
            .enumerate()
            .map(move |(number, (end, kind))| {
                let name = &self.names[start..*end];
                start = *end;
                (number, name, *kind)
            })
    }

    /// The stamp of the file of this number; `None` where it is gone, or a regular file no more.
    pub(crate) fn stamp(&self, number: usize) -> io::Result<Option<Stamp>> {
        match self.entries[number].metadata() {
            Ok(meta) => Ok(meta.is_file().then(|| stamp::stamp(&meta))),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
