//! Posture: samples at full rate in chunks, the frames that were lost, and what upright is.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::columns::{DecodeError, MAX_ROWS, Reader, put_column, put_varint};
use crate::convert::{signed, stored_as_text};
use crate::error::StoreError;
use crate::store::Store;

const FORMAT: u8 = 1;

/// One sample of the sensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostureSample {
    /// Forward lean in 0.1 degree.
    pub pitch_ddeg: i16,
    /// Lean to the right in 0.1 degree.
    pub roll_ddeg: i16,
    /// How much the body moves, in the device's own unit (1/64 g).
    pub activity: u8,
    /// The device's flags.
    pub flags: u8,
}

/// Samples of neighbouring frames with no frame missing between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostureChunk {
    /// The device.
    pub device_id: String,
    /// Its boot.
    pub boot_id: u32,
    /// Number of the first frame in its stream.
    pub first_frame: u32,
    /// How many frames.
    pub frame_count: u32,
    /// When the first sample was taken, in device ticks.
    pub first_ticks_ms: u64,
    /// The same as wall time, in Unix milliseconds.
    pub first_at_ms: i64,
    /// The person's time less UTC, in seconds.
    pub utc_offset_s: i32,
    /// Time between samples in milliseconds.
    pub interval_ms: u16,
    /// The samples, oldest first.
    pub samples: Vec<PostureSample>,
}

/// Frames that never came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostureGap {
    /// The device.
    pub device_id: String,
    /// Its boot.
    pub boot_id: u32,
    /// The first missing frame.
    pub from_frame: u32,
    /// The last missing frame.
    pub to_frame: u32,
    /// When it was noticed, in Unix milliseconds.
    pub at_ms: i64,
}

/// What has been received since a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostureCounts {
    /// Frames received.
    pub frames: u64,
    /// Samples received.
    pub samples: u64,
    /// Gaps between frames.
    pub gaps: u64,
    /// Frames that are missing in them.
    pub missing_frames: u64,
}

stored_as_text! {
    /// Where the sensor's face points, seen from the person.
    SensorTurn {
        /// Ahead.
        Ahead = "ahead",
        /// To the left.
        Left = "left",
        /// Behind.
        Behind = "behind",
        /// To the right.
        Right = "right",
    }
}

/// How well upright is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalibrationQuality {
    /// How many samples it is from.
    pub sample_count: u32,
    /// Furthest that any of them was from their mean, in 0.1 degree.
    pub spread_ddeg: i16,
    /// How far the posture drifted meanwhile, in 0.1 degree.
    pub drift_ddeg: i16,
}

/// What upright is, for one device as it is worn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration {
    /// The device.
    pub device_id: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// Forward lean of the sensor in the neutral posture, in 0.1 degree.
    pub neutral_pitch_ddeg: i16,
    /// Sideways lean of the sensor in the neutral posture, in 0.1 degree.
    pub neutral_roll_ddeg: i16,
    /// Where the sensor's face points.
    pub turn: SensorTurn,
    /// How well it is known; `None` for one that was made before this was kept.
    pub quality: Option<CalibrationQuality>,
}

pub(crate) fn pack(samples: &[PostureSample]) -> Result<Vec<u8>, StoreError> {
    if samples.is_empty() || samples.len() > MAX_ROWS {
        return Err(StoreError::Invalid { what: "number of posture samples" });
    }
    let mut blob = vec![FORMAT];
    put_varint(&mut blob, samples.len() as u64);
    let columns: [fn(&PostureSample) -> i64; 4] = [
        |sample| sample.pitch_ddeg.into(),
        |sample| sample.roll_ddeg.into(),
        |sample| sample.activity.into(),
        |sample| sample.flags.into(),
    ];
    for column in columns {
        put_column(&mut blob, samples.iter().map(column));
    }
    Ok(blob)
}

pub(crate) fn unpack(blob: &[u8]) -> Result<Vec<PostureSample>, DecodeError> {
    let mut reader = Reader::new(blob);
    reader.format(FORMAT)?;
    let rows = reader.rows()?;
    let pitches = reader.column(rows, "pitch")?;
    let rolls = reader.column(rows, "roll")?;
    let activities = reader.column(rows, "activity")?;
    let flags = reader.column(rows, "flags")?;
    reader.end()?;
    let values = pitches.into_iter().zip(rolls).zip(activities).zip(flags);
    Ok(values
        .map(|(((pitch_ddeg, roll_ddeg), activity), flags)| PostureSample { pitch_ddeg, roll_ddeg, activity, flags })
        .collect())
}

impl Store {
    /// Adds what was received since the last time, some 10 s of it, and the gaps noticed meanwhile.
    pub fn append_posture(&mut self, chunks: &[PostureChunk], gaps: &[PostureGap]) -> Result<(), StoreError> {
        self.write(|transaction| {
            chunks.iter().try_for_each(|chunk| insert_chunk(transaction, chunk))?;
            for gap in gaps {
                transaction.prepare_cached(
                    "INSERT INTO posture_gaps (device_id, boot_id, from_frame, to_frame, at_ms) VALUES (?, ?, ?, ?, ?)",
                )?.execute(params![gap.device_id, gap.boot_id, gap.from_frame, gap.to_frame, gap.at_ms])?;
            }
            Ok(())
        })
    }

    /// Chunks that begin from `from_ms` to before `to_ms`, oldest first: full rate, for windows of minutes.
    pub fn posture_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<PostureChunk>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT device_id, boot_id, first_frame, frame_count, first_ticks_ms, first_at_ms, utc_offset_s,
                     interval_ms, samples FROM posture_chunks
                 WHERE first_at_ms >= ? AND first_at_ms < ? ORDER BY first_at_ms, id",
            )?;
            let mut rows = statement.query([from_ms, to_ms])?;
            let mut chunks = Vec::new();
            while let Some(row) = rows.next()? {
                let blob: Vec<u8> = row.get(8)?;
                chunks.push(PostureChunk {
                    device_id: row.get(0)?,
                    boot_id: row.get(1)?,
                    first_frame: row.get(2)?,
                    frame_count: row.get(3)?,
                    first_ticks_ms: row.get::<_, i64>(4)?.cast_unsigned(),
                    first_at_ms: row.get(5)?,
                    utc_offset_s: row.get(6)?,
                    interval_ms: row.get(7)?,
                    samples: unpack(&blob)?,
                });
            }
            Ok(chunks)
        })
    }

    /// What has been received since `from_ms`, counted without reading samples.
    pub fn posture_counts(&self, from_ms: i64) -> Result<PostureCounts, StoreError> {
        self.read(|connection| {
            let two = |query: &str| -> Result<(u64, u64), StoreError> {
                let (one, other): (i64, i64) =
                    connection.query_row(query, [from_ms], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok((one.cast_unsigned(), other.cast_unsigned()))
            };
            let (frames, samples) =
                two("SELECT COALESCE(SUM(frame_count), 0), COALESCE(SUM(sample_count), 0) FROM posture_chunks
                 WHERE first_at_ms >= ?")?;
            let (gaps, missing_frames) =
                two("SELECT COUNT(*), COALESCE(SUM(to_frame - from_frame + 1), 0) FROM posture_gaps WHERE at_ms >= ?")?;
            Ok(PostureCounts { frames, samples, gaps, missing_frames })
        })
    }

    /// Adds a calibration; earlier ones are kept.
    pub fn save_calibration(&mut self, calibration: &Calibration) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO calibrations (device_id, at_ms, neutral_pitch_ddeg, neutral_roll_ddeg, turn, sample_count,
                     spread_ddeg, drift_ddeg) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    calibration.device_id,
                    calibration.at_ms,
                    calibration.neutral_pitch_ddeg,
                    calibration.neutral_roll_ddeg,
                    calibration.turn,
                    calibration.quality.map(|quality| quality.sample_count),
                    calibration.quality.map(|quality| quality.spread_ddeg),
                    calibration.quality.map(|quality| quality.drift_ddeg),
                ])?;
            let subject = ("calibration", calibration.device_id.as_str());
            audit::append(transaction, calibration.at_ms, subject, "set", &json!({}))
        })
    }

    /// The calibration of a device saved last.
    pub fn latest_calibration(&self, device_id: &str) -> Result<Option<Calibration>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .query_row(
                    "SELECT device_id, at_ms, neutral_pitch_ddeg, neutral_roll_ddeg, turn, sample_count, spread_ddeg,
                     drift_ddeg FROM calibrations WHERE device_id = ? ORDER BY id DESC LIMIT 1",
                    [device_id],
                    |row| {
                        Ok(Calibration {
                            device_id: row.get(0)?,
                            at_ms: row.get(1)?,
                            neutral_pitch_ddeg: row.get(2)?,
                            neutral_roll_ddeg: row.get(3)?,
                            turn: row.get(4)?,
                            quality: quality(row)?,
                        })
                    },
                )
                .optional()?)
        })
    }
}

fn quality(row: &Row<'_>) -> rusqlite::Result<Option<CalibrationQuality>> {
    let (sample_count, spread_ddeg, drift_ddeg) = (row.get(5)?, row.get(6)?, row.get(7)?);
    Ok(match (sample_count, spread_ddeg, drift_ddeg) {
        (Some(sample_count), Some(spread_ddeg), Some(drift_ddeg)) => {
            Some(CalibrationQuality { sample_count, spread_ddeg, drift_ddeg })
        }
        _ => None,
    })
}

fn insert_chunk(connection: &Connection, chunk: &PostureChunk) -> Result<(), StoreError> {
    let sample_count = signed(chunk.samples.len() as u64, "number of posture samples")?;
    connection
        .prepare_cached(
            "INSERT INTO posture_chunks (device_id, boot_id, first_frame, frame_count, first_ticks_ms, first_at_ms,
             utc_offset_s, interval_ms, sample_count, samples) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            chunk.device_id,
            chunk.boot_id,
            chunk.first_frame,
            chunk.frame_count,
            signed(chunk.first_ticks_ms, "first_ticks_ms")?,
            chunk.first_at_ms,
            chunk.utc_offset_s,
            chunk.interval_ms,
            sample_count,
            pack(&chunk.samples)?,
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn samples_come_back(values in prop::collection::vec(any::<(i16, i16, u8, u8)>(), 1..300)) {
            let samples: Vec<_> = values
                .into_iter()
                .map(|(pitch_ddeg, roll_ddeg, activity, flags)| PostureSample { pitch_ddeg, roll_ddeg, activity, flags })
                .collect();
            prop_assert_eq!(unpack(&pack(&samples).unwrap()).unwrap(), samples);
        }

        #[test]
        fn made_up_blobs_never_panic(blob in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = unpack(&blob);
        }
    }
}
