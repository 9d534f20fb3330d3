//! The parts of a sealed chunk: what was appended at once, so that it comes back as it was handed over.

use crate::columns::{DecodeError, Reader, put_column, put_varint};
use crate::convert::signed;
use crate::error::StoreError;
use crate::posture::{PostureChunk, PostureSample};

const FORMAT: u8 = 1;

/// The longest time from the begin of a chunk's first part to that of its last, by the device's clock and by the person's, in
/// milliseconds. Bounds how far before a window a chunk may begin that reaches into it.
pub(crate) const SPAN_MAX_MS: i64 = 30 * 60_000;

/// All that is known of one part but its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) first_frame: u32,
    pub(crate) frame_count: u32,
    pub(crate) first_ticks_ms: i64,
    pub(crate) first_at_ms: i64,
    pub(crate) utc_offset_s: i32,
    pub(crate) interval_ms: u16,
    pub(crate) sample_count: u32,
}

impl Part {
    /// What a chunk says but for its samples.
    pub(crate) fn of(chunk: &PostureChunk) -> Result<Self, StoreError> {
        let what = "number of posture samples";
        let sample_count = u32::try_from(chunk.samples.len()).map_err(|_| StoreError::Invalid { what })?;
        Ok(Self {
            first_frame: chunk.first_frame,
            frame_count: chunk.frame_count,
            first_ticks_ms: signed(chunk.first_ticks_ms, "first_ticks_ms")?,
            first_at_ms: chunk.first_at_ms,
            utc_offset_s: chunk.utc_offset_s,
            interval_ms: chunk.interval_ms,
            sample_count,
        })
    }

    /// The chunk with its samples again.
    pub(crate) fn chunk(&self, device_id: &str, boot_id: u32, samples: Vec<PostureSample>) -> PostureChunk {
        PostureChunk {
            device_id: device_id.to_owned(),
            boot_id,
            first_frame: self.first_frame,
            frame_count: self.frame_count,
            first_ticks_ms: self.first_ticks_ms.cast_unsigned(),
            first_at_ms: self.first_at_ms,
            utc_offset_s: self.utc_offset_s,
            interval_ms: self.interval_ms,
            samples,
        }
    }

    /// Whether it may follow `last` in a chunk that begins with `first`: later by both clocks, and not too far away.
    pub(crate) fn follows(&self, last: &Self, first: &Self) -> bool {
        let within = |from: i64, to: i64| to.checked_sub(from).is_some_and(|span_ms| span_ms <= SPAN_MAX_MS);
        self.first_ticks_ms > last.first_ticks_ms
            && self.first_at_ms >= last.first_at_ms
            && within(first.first_ticks_ms, self.first_ticks_ms)
            && within(first.first_at_ms, self.first_at_ms)
    }
}

/// Packs the parts of a chunk, each of which follows the one before. Times are told from the first part's, which the reader knows.
pub(crate) fn pack(parts: &[Part]) -> Vec<u8> {
    let Some(first) = parts.first() else { return Vec::new() };
    let mut blob = vec![FORMAT];
    put_varint(&mut blob, parts.len() as u64);
    put_column(&mut blob, parts.iter().map(|part| part.first_frame.into()));
    put_column(&mut blob, parts.iter().map(|part| part.frame_count.into()));
    put_column(&mut blob, parts.iter().map(|part| part.first_ticks_ms - first.first_ticks_ms));
    put_column(&mut blob, parts.iter().map(|part| part.first_at_ms - first.first_at_ms));
    put_column(&mut blob, parts.iter().map(|part| part.utc_offset_s.into()));
    put_column(&mut blob, parts.iter().map(|part| part.interval_ms.into()));
    put_column(&mut blob, parts.iter().map(|part| part.sample_count.into()));
    blob
}

/// Unpacks the parts of a chunk whose first part began then.
pub(crate) fn unpack(blob: &[u8], first_ticks_ms: i64, first_at_ms: i64) -> Result<Vec<Part>, DecodeError> {
    let mut reader = Reader::new(blob);
    reader.format(FORMAT)?;
    let rows = reader.rows()?;
    let frames = reader.column::<u32>(rows, "frame")?;
    let frame_counts = reader.column::<u32>(rows, "frame count")?;
    let ticks = reader.column::<i64>(rows, "ticks")?;
    let times = reader.column::<i64>(rows, "time")?;
    let offsets = reader.column::<i32>(rows, "offset from UTC")?;
    let intervals = reader.column::<u16>(rows, "interval")?;
    let sample_counts = reader.column::<u32>(rows, "sample count")?;
    reader.end()?;
    let mut parts: Vec<Part> = Vec::with_capacity(rows);
    let values =
        frames.into_iter().zip(frame_counts).zip(ticks).zip(times).zip(offsets).zip(intervals).zip(sample_counts);
    for ((((((first_frame, frame_count), ticks_ms), at_ms), utc_offset_s), interval_ms), sample_count) in values {
        parts.push(Part {
            first_frame,
            frame_count,
            first_ticks_ms: first_ticks_ms.checked_add(ticks_ms).ok_or(DecodeError::OutOfRange("ticks"))?,
            first_at_ms: first_at_ms.checked_add(at_ms).ok_or(DecodeError::OutOfRange("time"))?,
            utc_offset_s,
            interval_ms,
            sample_count,
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part() -> impl Strategy<Value = Part> {
        let times = (0..SPAN_MAX_MS, 0..SPAN_MAX_MS);
        (any::<u32>(), any::<u32>(), times, any::<i32>(), any::<u16>(), any::<u32>()).prop_map(
            |(first_frame, frame_count, (ticks_ms, at_ms), utc_offset_s, interval_ms, sample_count)| Part {
                first_frame,
                frame_count,
                first_ticks_ms: ticks_ms,
                first_at_ms: i64::MIN + at_ms,
                utc_offset_s,
                interval_ms,
                sample_count,
            },
        )
    }

    proptest! {
        #[test]
        fn parts_come_back(parts in prop::collection::vec(part(), 1..60)) {
            let (ticks_ms, at_ms) = (parts[0].first_ticks_ms, parts[0].first_at_ms);
            prop_assert_eq!(unpack(&pack(&parts), ticks_ms, at_ms).unwrap(), parts);
        }

        #[test]
        fn made_up_parts_never_panic(blob in prop::collection::vec(any::<u8>(), 0..200), at in any::<i64>()) {
            let _ = unpack(&blob, at, at);
            let _ = unpack(&[vec![FORMAT, 5], blob].concat(), at, at);
        }
    }

    #[test]
    fn a_part_follows_only_by_both_clocks_and_not_from_far() {
        let first = Part {
            first_frame: 0,
            frame_count: 1,
            first_ticks_ms: 10,
            first_at_ms: 1_000,
            utc_offset_s: 0,
            interval_ms: 40,
            sample_count: 1,
        };
        let at = |ticks_ms, at_ms| Part { first_ticks_ms: ticks_ms, first_at_ms: at_ms, ..first };
        assert!(at(11, 1_000).follows(&first, &first));
        assert!(!at(10, 2_000).follows(&first, &first), "the device's clock stood still: another boot's or stream's");
        assert!(!at(11, 999).follows(&first, &first), "the person's clock was set back");
        assert!(at(10 + SPAN_MAX_MS, 1_000).follows(&first, &first));
        assert!(!at(11 + SPAN_MAX_MS, 1_000).follows(&first, &first));
        assert!(!at(11, i64::MAX).follows(&at(10, i64::MIN), &at(10, i64::MIN)), "further than can be counted");
    }
}
