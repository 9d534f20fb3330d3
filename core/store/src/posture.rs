//! Posture: what samples at full rate and lost frames look like, and what upright is. `raw.rs` keeps the samples.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::stored_as_text;
use crate::error::StoreError;
use crate::store::Store;

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

impl Store {
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
