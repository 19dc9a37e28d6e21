//! Generations in the cache folder, and the pointer that names the one that serves.
//!
//! ```text
//! <cache folder>/
//!   writer.lock          held by the one process that writes
//!   CURRENT              JSON: version, cache, folder, and the generation it was made as
//!   g-12-3f9a.../        a generation: cache.db, search/, lease
//! ```
//!
//! A rebuild fills a new folder and then replaces `CURRENT` in one rename, so a process that dies
//! leaves the old generation serving. A refresh changes the serving folder in one transaction and
//! counts on inside it. A reader holds a shared lock on `lease`; a writer removes
//! only folders that nobody holds. Never: interprets what is inside a generation.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::process;
use crate::stores::sqlite::{PROJECTION_VERSION, SqliteError, Stamps, looks_whole};

const POINTER: &str = "CURRENT";
const LEASE: &str = "lease";

/// Name of the SQLite file in a generation.
pub(crate) const DATABASE: &str = "cache.db";
/// Name of the tantivy folder in a generation.
pub(crate) const SEARCH: &str = "search";
/// What a search index cannot be without.
const SEARCH_META: &str = "search/meta.json";

/// What `CURRENT` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    version: String,
    cache: String,
    generation: u64,
    folder: String,
    /// The run of the system in which it was written or proved last (see [`Generation::is_proved`]).
    boot: Option<String>,
}

/// A generation that is held open: nobody removes it while this lives.
#[derive(Debug)]
pub(crate) struct Generation {
    pub dir: PathBuf,
    pub cache: String,
    pub number: u64,
    /// False where the system was started again since: nothing that we write is synced, so it may have
    /// lost some of it.
    pub is_proved: bool,
    /// Opened when it is first asked for, and once: every opening reads the schema.
    stamps: OnceCell<Box<Stamps>>,
    _lease: File,
}

impl Generation {
    /// What is recorded in its database.
    pub(crate) fn stamps(&self) -> Result<&Stamps, SqliteError> {
        if let Some(stamps) = self.stamps.get() {
            return Ok(stamps);
        }
        let stamps = Stamps::open(&self.dir.join(DATABASE))?;
        Ok(self.stamps.get_or_init(|| Box::new(stamps)))
    }
}

/// What serves at the moment.
#[derive(Debug)]
pub(crate) enum Current {
    Missing,
    /// There is something, but it cannot be used; the reason, for a message.
    Unusable(String),
    Ready(Generation),
}

/// A generation being made. Its folder is swept away later if it is never switched to.
#[derive(Debug)]
pub(crate) struct NewGeneration {
    pub dir: PathBuf,
    pub cache: String,
    pub number: u64,
    folder: String,
}

/// The version that a cache must have been written by: the parsers and presets of another version
/// may read the same files differently.
pub(crate) fn version() -> String {
    format!(
        "kanban {} projection {PROJECTION_VERSION}",
        env!("CARGO_PKG_VERSION")
    )
}

/// Opens the generation that serves.
pub(crate) fn current(cache_dir: &Path) -> Result<Current, io::Error> {
    // A writer may switch and sweep between our two looks; then the pointer has changed, and the
    // second or third look finds what it names.
    let mut reason = String::new();
    for _ in 0..5 {
        let pointer = match read_pointer(cache_dir)? {
            Err(None) => return Ok(Current::Missing),
            Err(Some(reason)) => return Ok(Current::Unusable(reason)),
            Ok(pointer) => pointer,
        };
        if pointer.version != version() {
            return Ok(Current::Unusable("it is from another version".to_owned()));
        }
        let dir = cache_dir.join(&pointer.folder);
        let lease = match File::open(dir.join(LEASE)) {
            Ok(lease) => lease,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                "a part of it is missing".clone_into(&mut reason);
                continue;
            }
            Err(error) => return Err(error),
        };
        match lease.try_lock_shared() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                // Being swept: then another one serves already.
                "it is being removed".clone_into(&mut reason);
                std::thread::yield_now();
                continue;
            }
            // File systems without locks: nothing is swept there while it is young.
            Err(fs::TryLockError::Error(_)) => {}
        }
        if let Some(damage) = damage(&dir) {
            // Swept after the pointer was read, or really damaged: the pointer tells which.
            if read_pointer(cache_dir)?.as_ref().ok() == Some(&pointer) {
                return Ok(Current::Unusable(damage));
            }
            continue;
        }
        return Ok(Current::Ready(Generation {
            dir,
            cache: pointer.cache,
            number: pointer.generation,
            is_proved: pointer.boot == process::boot(),
            stamps: OnceCell::new(),
            _lease: lease,
        }));
    }
    Ok(Current::Unusable(reason))
}

/// Makes the folder of the next generation. `last` are cache and number of the newest generation,
/// where they can be known; else a new cache begins, with which the numbers of the old one cannot be
/// compared. The caller holds the writer's lock.
pub(crate) fn begin(
    cache_dir: &Path,
    last: Option<(&str, u64)>,
) -> Result<NewGeneration, io::Error> {
    let (cache, number) = match last {
        Some((cache, number)) => (cache.to_owned(), number + 1),
        None => (format!("{:016x}", random()), 1),
    };
    let folder = format!("g-{number}-{:016x}", random());
    let dir = cache_dir.join(&folder);
    fs::create_dir(&dir)?;
    File::create(dir.join(LEASE))?;
    Ok(NewGeneration {
        dir,
        cache,
        number,
        folder,
    })
}

/// Makes a finished generation the one that serves. The caller holds the writer's lock.
/// `replace` replaces a file atomically (see `base::atomic`).
pub(crate) fn switch(
    cache_dir: &Path,
    new: &NewGeneration,
    replace: impl FnOnce(&Path, &[u8]) -> Result<(), io::Error>,
) -> Result<(), io::Error> {
    let pointer = Pointer {
        version: version(),
        cache: new.cache.clone(),
        generation: new.number,
        folder: new.folder.clone(),
        boot: process::boot(),
    };
    let text = serde_json::to_vec_pretty(&pointer).map_err(io::Error::other)?;
    let path = cache_dir.join(POINTER);
    if path.is_dir() {
        // Not ours; a rename cannot replace it.
        fs::remove_dir_all(&path)?;
    }
    replace(&path, &text)
}

/// Notes that the serving generation was proved in this run of the system. The caller holds the
/// writer's lock.
pub(crate) fn prove(
    cache_dir: &Path,
    replace: impl FnOnce(&Path, &[u8]) -> Result<(), io::Error>,
) -> Result<(), io::Error> {
    if let Ok(mut pointer) = read_pointer(cache_dir)? {
        pointer.boot = process::boot();
        let text = serde_json::to_vec_pretty(&pointer).map_err(io::Error::other)?;
        replace(&cache_dir.join(POINTER), &text)?;
    }
    Ok(())
}

/// Removes every generation but the serving one that nobody reads. Best effort: what cannot be
/// removed now is removed next time. The caller holds the writer's lock.
pub(crate) fn sweep(cache_dir: &Path) {
    let serving = match read_pointer(cache_dir) {
        Ok(Ok(pointer)) => pointer.folder,
        _ => String::new(),
    };
    let Ok(entries) = fs::read_dir(cache_dir) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if !name.starts_with("g-") || name == serving {
            continue;
        }
        let dir = entry.path();
        if let Ok(lease) = File::open(dir.join(LEASE))
            && matches!(lease.try_lock(), Err(fs::TryLockError::WouldBlock))
        {
            continue;
        }
        drop(fs::remove_dir_all(&dir));
    }
}

/// Bytes that the generation takes on disk.
pub(crate) fn size(dir: &Path) -> Result<u64, io::Error> {
    let mut files = BTreeMap::new();
    sizes(dir, "", &mut files)?;
    Ok(files.values().sum())
}

/// The outer error is of the file system; the inner one says that there is none (`None`) or why
/// it is of no use.
fn read_pointer(cache_dir: &Path) -> Result<Result<Pointer, Option<String>>, io::Error> {
    let text = match fs::read(cache_dir.join(POINTER)) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Err(None));
        }
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            return Ok(Err(Some("its pointer is a folder".to_owned())));
        }
        Err(error) => return Err(error),
    };
    let Ok(pointer) = serde_json::from_slice::<Pointer>(&text) else {
        return Ok(Err(Some("its pointer is damaged".to_owned())));
    };
    // The pointer is data: it must not lead out of the cache folder.
    if !pointer.folder.starts_with("g-") || pointer.folder.contains(['/', '\\']) {
        return Ok(Err(Some("its pointer is damaged".to_owned())));
    }
    Ok(Ok(pointer))
}

fn damage(dir: &Path) -> Option<String> {
    for name in [DATABASE, SEARCH_META] {
        match fs::metadata(dir.join(name)) {
            Ok(metadata) if metadata.len() > 0 => {}
            Ok(_) => return Some(format!("`{name}` is empty")),
            Err(_) => return Some(format!("`{name}` is missing")),
        }
    }
    looks_whole(&dir.join(DATABASE)).err().map(str::to_owned)
}

fn sizes(dir: &Path, prefix: &str, files: &mut BTreeMap<String, u64>) -> Result<(), io::Error> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = format!("{prefix}{}", name.to_string_lossy());
        let metadata = match entry.metadata() {
            // A writer took it away after it was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        if metadata.is_dir() {
            sizes(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(name, metadata.len());
        }
    }
    Ok(())
}

/// A number that two processes do not share; not for secrets.
pub(crate) fn random() -> u64 {
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
