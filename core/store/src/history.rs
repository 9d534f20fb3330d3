//! Days, hours and months at a glance, from roll-ups alone: `migrations/0005_rollups.sql` tells how they are kept up.

use rusqlite::Row;

use crate::error::StoreError;
use crate::records::PostureSeconds;
use crate::store::Store;

/// One day of a person, in their own time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Day {
    /// Which: see [`crate::local_day`].
    pub local_day: i32,
    /// Sessions begun.
    pub sessions: u32,
    /// Of these, the ones whose end was not seen or not yet.
    pub uncertain_sessions: u32,
    /// Stimulation time of these in seconds, the uncertain ones as planned.
    pub stimulated_s: u32,
    /// Pain entries.
    pub pain_entries: u32,
    /// The lowest score; `None` without entries.
    pub pain_lowest: Option<u8>,
    /// The highest score.
    pub pain_highest: Option<u8>,
    /// The mean score.
    pub pain_mean: Option<f64>,
    /// Posture, from the device's minutes.
    pub posture: PostureSeconds,
    /// Mean pitch while worn, in 0.1 degree; `None` when it was not worn.
    pub mean_pitch_ddeg: Option<f64>,
    /// Nudges given.
    pub nudges: u32,
}

/// One hour of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// The day.
    pub local_day: i32,
    /// The hour, 0 to 23. The hour that daylight saving repeats holds up to two hours.
    pub local_hour: u8,
    /// Posture.
    pub posture: PostureSeconds,
    /// Nudges given.
    pub nudges: u32,
}

/// One hour of the day over a whole month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MonthHour {
    /// Months since 1970-01.
    pub month: i32,
    /// The hour, 0 to 23.
    pub local_hour: u8,
    /// Posture.
    pub posture: PostureSeconds,
    /// Nudges given.
    pub nudges: u32,
}

impl PostureSeconds {
    /// Time on a body, in seconds; no more than a `u32` holds, should the database be damaged.
    pub const fn worn_s(&self) -> u32 {
        let sitting_s = self.upright_s.saturating_add(self.slouched_s).saturating_add(self.leaning_s);
        sitting_s.saturating_add(self.lying_s).saturating_add(self.moving_s)
    }
}

const POSTURE: &str = "upright_s, slouched_s, leaning_s, lying_s, moving_s, not_worn_s";

fn posture(row: &Row<'_>, from: usize) -> rusqlite::Result<PostureSeconds> {
    Ok(PostureSeconds {
        upright_s: row.get(from)?,
        slouched_s: row.get(from + 1)?,
        leaning_s: row.get(from + 2)?,
        lying_s: row.get(from + 3)?,
        moving_s: row.get(from + 4)?,
        not_worn_s: row.get(from + 5)?,
    })
}

fn day(row: &Row<'_>) -> rusqlite::Result<Day> {
    let (pain_entries, pain_sum): (u32, u32) = (row.get(10)?, row.get(11)?);
    let (posture, pitch_ddeg_s) = (posture(row, 1)?, row.get::<_, i64>(14)?);
    #[expect(clippy::cast_precision_loss, reason = "a day has 86,400 s and 1,800 tenths of a degree at most")]
    let pitch_ddeg_s = pitch_ddeg_s as f64;
    let worn_s = posture.worn_s();
    Ok(Day {
        local_day: row.get(0)?,
        sessions: row.get(7)?,
        uncertain_sessions: row.get(8)?,
        stimulated_s: row.get(9)?,
        pain_entries,
        pain_lowest: row.get(12)?,
        pain_highest: row.get(13)?,
        pain_mean: (pain_entries > 0).then(|| f64::from(pain_sum) / f64::from(pain_entries)),
        posture,
        mean_pitch_ddeg: (worn_s > 0).then(|| pitch_ddeg_s / f64::from(worn_s)),
        nudges: row.get(15)?,
    })
}

impl Store {
    /// The days from `from_day` to `to_day`, both included, on which there was something.
    pub fn days(&self, from_day: i32, to_day: i32) -> Result<Vec<Day>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT local_day, {POSTURE}, sessions, uncertain_sessions, stimulated_s, pain_entries, pain_sum,
                     pain_lowest, pain_highest, pitch_ddeg_s, nudges
                 FROM days WHERE local_day BETWEEN ? AND ? ORDER BY local_day"
            ))?;
            Ok(statement.query_map([from_day, to_day], day)?.collect::<Result<_, _>>()?)
        })
    }

    /// The hours of the days from `from_day` to `to_day`, both included, in which there was posture.
    pub fn hours(&self, from_day: i32, to_day: i32) -> Result<Vec<Hour>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT local_day, local_hour, {POSTURE}, nudges FROM posture_hours
                 WHERE local_day BETWEEN ? AND ? ORDER BY local_day, local_hour"
            ))?;
            let rows = statement.query_map([from_day, to_day], |row| {
                Ok(Hour {
                    local_day: row.get(0)?,
                    local_hour: row.get(1)?,
                    posture: posture(row, 2)?,
                    nudges: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The hours of the day over each of the months from `from_month` to `to_month`, both included, in months since 1970-01.
    pub fn month_hours(&self, from_month: i32, to_month: i32) -> Result<Vec<MonthHour>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT month, local_hour, {POSTURE}, nudges FROM posture_month_hours
                 WHERE month BETWEEN ? AND ? ORDER BY month, local_hour"
            ))?;
            let rows = statement.query_map([from_month, to_month], |row| {
                Ok(MonthHour {
                    month: row.get(0)?,
                    local_hour: row.get(1)?,
                    posture: posture(row, 2)?,
                    nudges: row.get(8)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
