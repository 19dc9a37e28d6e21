//! What a pack's deltas build on, kept so that a chain of them is not undone from its beginning for
//! each of its objects.
//! Gets and gives objects by their place in a pack. Never: holds more than [`MOST`].

use std::collections::HashMap;

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;

/// Bytes; the whole is thrown away when it is full, which costs less than to know what was used last.
const MOST: usize = 32 << 20;

#[derive(Default)]
pub(super) struct Bases {
    objects: HashMap<(u32, u64), (Kind, usize, Vec<u8>)>,
    bytes: usize,
}

impl DecodeEntry for Bases {
    fn put(&mut self, pack: u32, offset: u64, data: &[u8], kind: Kind, compressed: usize) {
        // Blobs are read once.
        if !matches!(kind, Kind::Tree | Kind::Commit) || data.len() > MOST / 4 {
            return;
        }
        if self.bytes + data.len() > MOST {
            *self = Self::default();
        }
        self.bytes += data.len();
        let object = (kind, compressed, data.to_vec());
        if let Some((_, _, old)) = self.objects.insert((pack, offset), object) {
            self.bytes -= old.len();
        }
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let (kind, compressed, data) = self.objects.get(&(pack, offset))?;
        out.clear();
        out.extend_from_slice(data);
        Some((*kind, *compressed))
    }
}
