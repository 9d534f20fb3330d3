//! The blobs whose codecs are the store's own, for the fuzzing of these (`tests/fuzz`).

use crate::columns::DecodeError;
use crate::error::StoreError;
use crate::packed::{pack, unpack};
use crate::part;
use crate::posture::{PostureChunk, PostureSample};
use crate::tail;

/// Packs the samples of a posture chunk.
pub fn encode_posture(samples: &[PostureSample]) -> Result<Vec<u8>, StoreError> {
    pack(samples)
}

/// Unpacks the samples of a posture chunk.
pub fn decode_posture(blob: &[u8]) -> Result<Vec<PostureSample>, DecodeError> {
    unpack(blob)
}

/// Unpacks the parts of a posture chunk that began at this tick and this wall time, both in milliseconds; tells how many samples they
/// claim.
pub fn decode_parts(blob: &[u8], first_ticks_ms: i64, first_at_ms: i64) -> Result<u64, DecodeError> {
    let parts = part::unpack(blob, first_ticks_ms, first_at_ms)?;
    Ok(parts.iter().map(|part| u64::from(part.sample_count)).sum())
}

/// Unpacks what waits in a slot, as it stands behind the slot's number.
pub fn decode_slot(slot: &[u8]) -> Result<PostureChunk, DecodeError> {
    tail::read_slot(slot)?.unpack()
}

/// What waits in a slot, as it stands behind the slot's number; `None`: it is too long for one.
pub fn encode_slot(chunk: &PostureChunk) -> Result<Option<Vec<u8>>, StoreError> {
    let waiting = tail::Waiting::of(chunk, part::Part::of(chunk)?)?;
    Ok(tail::write_slot(0, &waiting).map(|slot| slot.into_iter().skip(tail::NUMBER_BYTES).collect()))
}
