//! The blobs whose codecs are the store's own, for the fuzzing of these (`tests/fuzz`).

use crate::columns::DecodeError;
use crate::error::StoreError;
use crate::posture::{PostureSample, pack, unpack};

/// Packs the samples of a posture chunk.
pub fn encode_posture(samples: &[PostureSample]) -> Result<Vec<u8>, StoreError> {
    pack(samples)
}

/// Unpacks the samples of a posture chunk.
pub fn decode_posture(blob: &[u8]) -> Result<Vec<PostureSample>, DecodeError> {
    unpack(blob)
}
