//! Identities that nobody else has.
//! Gets the time; gives UUIDs of version 7, which sort by the time at which they were made.
//! Never: a source for secrets.

use std::hash::{BuildHasher, RandomState};

/// A new UUID of version 7: milliseconds since 1970, then 74 random bits.
pub(crate) fn uuid(now_ns: i64) -> String {
    let millis = u64::try_from(now_ns / 1_000_000).unwrap_or_default() & 0xffff_ffff_ffff;
    // The standard library keys each hasher from the randomness of the system.
    let state = RandomState::new();
    let (a, b) = (state.hash_one(0_u8), state.hash_one(1_u8));
    let high = (millis << 16) | 0x7000 | (a & 0x0fff);
    let low = (1 << 63) | (b >> 2);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// Sixteen hexadecimal digits that are not used twice.
pub(crate) fn hex() -> String {
    format!("{:016x}", RandomState::new().hash_one(0_u8))
}
