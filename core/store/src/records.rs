//! What the device remembered on its own: stored records, and the posture minutes among them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::clock::Marks;
use crate::convert::signed;
use crate::error::StoreError;
use crate::store::Store;
use crate::zones::Zones;

/// A stored record of a device, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The device.
    pub device_id: String,
    /// The record's number in the device's life.
    pub number: u32,
    /// The boot it belongs to.
    pub boot_id: u32,
    /// Its kind, as the device numbers them.
    pub kind: u8,
    /// When, in ticks of that boot.
    pub ticks_ms: u64,
    /// The same as wall time in Unix milliseconds; `None` when that can't be told. Saved without, it gets the time that the marks
    /// of its boot tell ([`Store::note_clock`]).
    pub at_ms: Option<i64>,
    /// The record's bytes.
    pub payload: Vec<u8>,
    /// What it says of a minute of posture, when it is of that kind.
    pub posture_minute: Option<PostureMinute>,
}

/// A minute of posture as the device judged it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostureMinute {
    /// The person's time less UTC, in seconds; makes the day and hour it counts for where no zone is known of then.
    pub utc_offset_s: i32,
    /// How its seconds were spent.
    pub seconds: PostureSeconds,
    /// Mean pitch while worn, in 0.1 degree.
    pub mean_pitch_ddeg: i16,
    /// Nudges given.
    pub nudges: u8,
}

/// Seconds by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostureSeconds {
    /// Upright.
    pub upright_s: u32,
    /// Slouched.
    pub slouched_s: u32,
    /// Leaning sideways or back.
    pub leaning_s: u32,
    /// Lying.
    pub lying_s: u32,
    /// Moving.
    pub moving_s: u32,
    /// Not worn.
    pub not_worn_s: u32,
}

impl Store {
    /// Adds records and tells how many of them were new. Only when this has returned may they be deleted on
    /// the device. [`StoreError::Conflict`], and nothing is added: a record is known with other content.
    pub fn save_records(&mut self, records: &[DeviceRecord]) -> Result<usize, StoreError> {
        self.write(|transaction| {
            let zones = Zones::read(transaction)?;
            let mut marks: Option<(&str, Marks)> = None;
            let mut new = 0;
            for record in records {
                let mut at_ms = record.at_ms;
                if at_ms.is_none() {
                    // Of an earlier boot: the phone may have met the device in it.
                    if marks.as_ref().is_none_or(|(device_id, _)| *device_id != record.device_id) {
                        marks = Some((&record.device_id, Marks::read(transaction, &record.device_id)?));
                    }
                    at_ms = marks.as_ref().and_then(|(_, marks)| marks.moment(record.boot_id, record.ticks_ms));
                }
                if insert(transaction, record, at_ms, &zones)? {
                    new += 1;
                }
            }
            Ok(new)
        })
    }

    /// The records of a device from number `from` on, at most `limit` of them. Their `posture_minute` is
    /// not read again: it is in the payload, and counted in [`Store::days`].
    pub fn records(&self, device_id: &str, from: u32, limit: u32) -> Result<Vec<DeviceRecord>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT device_id, number, boot_id, kind, ticks_ms, at_ms, payload FROM records
                 WHERE device_id = ? AND number >= ? ORDER BY number, boot_id LIMIT ?",
            )?;
            let rows = statement.query_map(params![device_id, from, limit], |row| {
                Ok(DeviceRecord {
                    device_id: row.get(0)?,
                    number: row.get(1)?,
                    boot_id: row.get(2)?,
                    kind: row.get(3)?,
                    ticks_ms: row.get::<_, i64>(4)?.cast_unsigned(),
                    at_ms: row.get(5)?,
                    payload: row.get(6)?,
                    posture_minute: None,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The highest record number of a device that is stored.
    pub fn highest_record(&self, device_id: &str) -> Result<Option<u32>, StoreError> {
        self.read(|connection| {
            let query = "SELECT MAX(number) FROM records WHERE device_id = ?";
            Ok(connection.query_row(query, [device_id], |row| row.get(0))?)
        })
    }

    /// The highest number up to which every record after `after` is stored; `after` itself when the next one
    /// isn't. `after`: what the device has deleted already, 0 = nothing.
    pub fn highest_contiguous_record(&self, device_id: &str, after: u32) -> Result<u32, StoreError> {
        self.read(|connection| {
            let stored = "EXISTS (SELECT 1 FROM records WHERE device_id = ?1 AND number = ";
            let next: bool =
                connection
                    .query_row(&format!("SELECT {stored} ?2 + 1)"), params![device_id, after], |row| row.get(0))?;
            if !next {
                return Ok(after);
            }
            let last = connection
                .query_row(
                    &format!(
                        "SELECT number FROM records AS one WHERE device_id = ?1 AND number > ?2
                         AND NOT {stored} one.number + 1) ORDER BY number LIMIT 1"
                    ),
                    params![device_id, after],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(last.unwrap_or(after))
        })
    }
}

/// Adds one record, which was at `at_ms`; false: it was there.
fn insert(
    connection: &Connection,
    record: &DeviceRecord,
    at_ms: Option<i64>,
    zones: &Zones,
) -> Result<bool, StoreError> {
    let ticks_ms = signed(record.ticks_ms, "ticks_ms")?;
    let known = connection
        .prepare_cached(
            "SELECT kind = ? AND ticks_ms = ? AND payload = ? FROM records
             WHERE device_id = ? AND number = ? AND boot_id = ?",
        )?
        .query_row(
            params![record.kind, ticks_ms, record.payload, record.device_id, record.number, record.boot_id],
            |row| row.get(0),
        )
        .optional()?;
    match known {
        Some(true) => return Ok(false),
        Some(false) => {
            return Err(StoreError::Conflict { what: "this device record" });
        }
        None => {}
    }
    connection.prepare_cached(
        "INSERT INTO records (device_id, number, boot_id, kind, ticks_ms, at_ms, payload) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?.execute(
        params![record.device_id, record.number, record.boot_id, record.kind, ticks_ms, at_ms, record.payload],
    )?;
    if let Some(minute) = &record.posture_minute {
        let seconds = &minute.seconds;
        let lived = at_ms.map(|at_ms| zones.lived(at_ms, minute.utc_offset_s));
        connection.prepare_cached(
            "INSERT INTO posture_minutes (device_id, record_number, boot_id, local_day, local_hour, at_ms, upright_s,
                 slouched_s, leaning_s, lying_s, moving_s, not_worn_s, mean_pitch_ddeg, nudges)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?.execute(
            params![
                record.device_id,
                record.number,
                record.boot_id,
                lived.map(|(day, _)| day),
                lived.map(|(_, hour)| hour),
                at_ms,
                seconds.upright_s,
                seconds.slouched_s,
                seconds.leaning_s,
                seconds.lying_s,
                seconds.moving_s,
                seconds.not_worn_s,
                minute.mean_pitch_ddeg,
                minute.nudges,
            ],
        )?;
    }
    Ok(true)
}
