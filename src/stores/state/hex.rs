//! Bytes as hexadecimal text in JSON. Never: takes half a byte.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::base::hash;

pub(super) fn write<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hash::hex(bytes))
}

pub(super) fn read<'d, D: Deserializer<'d>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    hash::unhex(&text).ok_or_else(|| D::Error::custom("no hexadecimal text"))
}

#[expect(clippy::ref_option, reason = "serde gives the field as it is")]
pub(super) fn write_maybe<S: Serializer>(
    bytes: &Option<Vec<u8>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(hash::hex).serialize(to)
}

pub(super) fn read_maybe<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let bytes = text.map(|text| hash::unhex(&text).ok_or("no hexadecimal text"));
    bytes.transpose().map_err(D::Error::custom)
}
