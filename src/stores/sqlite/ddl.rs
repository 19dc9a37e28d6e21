//! The schema of the cache, its version, and a cheap look at whether a file is such a cache.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Raised with any change to schema/projection or to what the columns mean; older caches are
/// rebuilt, never migrated.
pub(crate) const PROJECTION_VERSION: i32 = 4;

/// `kanb` in ASCII: tells our cache from any other SQLite file.
pub(super) const APPLICATION_ID: i32 = 0x6b61_6e62;

pub(super) const TABLES: &str = include_str!("../../../schema/projection/sqlite.sql");
pub(super) const INDEXES: &str = include_str!("../../../schema/projection/sqlite-indexes.sql");

/// The page size for a cache of so many bytes of content. Rows of 3 to 4 KB leave a quarter of
/// 4 KB pages empty and a twentieth of 32 KB pages; but each of the 20 tables and indexes leaves half
/// a page empty at its end, and a change of one row writes a whole page.
pub(super) fn page_size(bytes: u64) -> u32 {
    match bytes {
        0..=2_000_000 => 4096,
        2_000_001..=20_000_000 => 16384,
        _ => 32768,
    }
}

/// Says whether the file has the header of a cache of this version and all the pages that the
/// header counts. Reads 100 bytes; does not notice garbage inside pages.
pub(crate) fn looks_whole(path: &Path) -> Result<(), &'static str> {
    let mut file = File::open(path).map_err(|_| "it cannot be opened")?;
    let size = file.metadata().map_err(|_| "it cannot be examined")?.len();
    let mut header = [0u8; 100];
    file.read_exact(&mut header)
        .map_err(|_| "it is truncated")?;
    let word = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    if &header[..16] != b"SQLite format 3\0" {
        return Err("it is not a SQLite file");
    }
    // Offsets as in the SQLite file format: 16 page size, 28 pages, 60 user version, 68 application id.
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        size => u64::from(size),
    };
    if i32::from_be_bytes(header[68..72].try_into().expect("because it is four bytes"))
        != APPLICATION_ID
    {
        return Err("it is not a cache of kanban");
    }
    if i64::from(word(60)) != i64::from(PROJECTION_VERSION) {
        return Err("it is from another version");
    }
    if u64::from(word(28)) * page > size {
        return Err("it is truncated");
    }
    Ok(())
}

/// Version of the SQLite that is linked in.
pub(crate) fn library_version() -> &'static str {
    rusqlite::version()
}
