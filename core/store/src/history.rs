//! Days, hours, months and years at a glance, from roll-ups alone: `migrations/0005_rollups.sql` tells how they are kept up.

use rusqlite::{Connection, Row};

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

/// One hour of the day over months and years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourOverMonths {
    /// The hour, 0 to 23.
    pub local_hour: u8,
    /// Posture.
    pub posture: PostureSeconds,
    /// Nudges given.
    pub nudges: u32,
}

/// What a chart shows of a day: a part of a whole. Days where the whole is 0 have nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayFigure {
    /// The sum of the pain scores, of so many entries.
    Pain,
    /// Stimulation time in seconds, of so many sessions.
    Stimulated,
    /// Sessions, of as many.
    Sessions,
    /// Seconds upright, of those held still.
    Upright,
    /// Seconds slouched, of those held still.
    Slouched,
    /// Seconds worn, of as many.
    Worn,
}

/// A part of a whole, on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPart {
    /// Which day: see [`crate::local_day`].
    pub local_day: i32,
    /// The part, as [`DayFigure`] says.
    pub part: u32,
    /// The whole.
    pub whole: u32,
}

/// What pain and posture have to do with each other, of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPainAndPosture {
    /// Which day: see [`crate::local_day`].
    pub local_day: i32,
    /// Pain entries.
    pub pain_entries: u32,
    /// The sum of their scores.
    pub pain_sum: u32,
    /// Held still, but not upright, in seconds.
    pub bent_s: u32,
    /// Held still, upright or not, in seconds.
    pub still_s: u32,
}

impl DayFigure {
    /// The part and the whole, as queries of `days`.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Pain => ("pain_sum", "pain_entries"),
            Self::Stimulated => ("stimulated_s", "sessions"),
            Self::Sessions => ("sessions", "sessions"),
            Self::Upright => ("upright_s", STILL),
            Self::Slouched => ("slouched_s", STILL),
            Self::Worn => (WORN, WORN),
        }
    }
}

const STILL: &str = "upright_s + slouched_s + leaning_s";
const WORN: &str = "upright_s + slouched_s + leaning_s + lying_s + moving_s";

/// A sum that no day can exceed, but a damaged database can.
fn sum(row: &Row<'_>, at: usize) -> rusqlite::Result<u32> {
    Ok(u32::try_from(row.get::<_, i64>(at)?.max(0)).unwrap_or(u32::MAX))
}

impl PostureSeconds {
    /// Time on a body, in seconds; no more than a `u32` holds, should the database be damaged.
    pub const fn worn_s(&self) -> u32 {
        let sitting_s = self.upright_s.saturating_add(self.slouched_s).saturating_add(self.leaning_s);
        sitting_s.saturating_add(self.lying_s).saturating_add(self.moving_s)
    }

    const fn without(&self, earlier: &Self) -> Self {
        Self {
            upright_s: self.upright_s.saturating_sub(earlier.upright_s),
            slouched_s: self.slouched_s.saturating_sub(earlier.slouched_s),
            leaning_s: self.leaning_s.saturating_sub(earlier.leaning_s),
            lying_s: self.lying_s.saturating_sub(earlier.lying_s),
            moving_s: self.moving_s.saturating_sub(earlier.moving_s),
            not_worn_s: self.not_worn_s.saturating_sub(earlier.not_worn_s),
        }
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

    /// The hours of the day over the months from `from_month` to `to_month` together, both included, in months since 1970-01. However
    /// many they are, two running totals tell.
    pub fn hours_over_months(&self, from_month: i32, to_month: i32) -> Result<Vec<HourOverMonths>, StoreError> {
        if from_month > to_month {
            return Ok(Vec::new());
        }
        self.read(|connection| {
            let mut hours = hours_through(connection, i64::from(to_month))?;
            for earlier in hours_through(connection, i64::from(from_month) - 1)? {
                if let Some(hour) = hours.iter_mut().find(|hour| hour.local_hour == earlier.local_hour) {
                    hour.posture = hour.posture.without(&earlier.posture);
                    hour.nudges = hour.nudges.saturating_sub(earlier.nudges);
                }
            }
            hours.retain(|hour| hour.posture != PostureSeconds::default() || hour.nudges > 0);
            Ok(hours)
        })
    }

    /// A figure for each of the days from `from_day` to `to_day`, both included, that has one.
    pub fn day_parts(&self, figure: DayFigure, from_day: i32, to_day: i32) -> Result<Vec<DayPart>, StoreError> {
        let (part, whole) = figure.columns();
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT local_day, {part}, {whole} FROM days WHERE local_day BETWEEN ? AND ? AND {whole} > 0 ORDER BY local_day"
            ))?;
            let rows = statement.query_map([from_day, to_day], |row| {
                Ok(DayPart { local_day: row.get(0)?, part: sum(row, 1)?, whole: sum(row, 2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Pain and posture of the days from `from_day` to `to_day`, both included, on which there was either.
    pub fn pain_and_posture(&self, from_day: i32, to_day: i32) -> Result<Vec<DayPainAndPosture>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT local_day, pain_entries, pain_sum, slouched_s + leaning_s, {STILL} FROM days
                 WHERE local_day BETWEEN ? AND ? ORDER BY local_day"
            ))?;
            let rows = statement.query_map([from_day, to_day], |row| {
                Ok(DayPainAndPosture {
                    local_day: row.get(0)?,
                    pain_entries: sum(row, 1)?,
                    pain_sum: sum(row, 2)?,
                    bent_s: sum(row, 3)?,
                    still_s: sum(row, 4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// The hours of the day over all months up to that one.
fn hours_through(connection: &Connection, month: i64) -> Result<Vec<HourOverMonths>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT local_hour, {POSTURE}, nudges FROM posture_hours_through
         WHERE through = (SELECT MAX(through) FROM posture_hours_through WHERE through <= ?) ORDER BY local_hour"
    ))?;
    let rows = statement.query_map([month], |row| {
        Ok(HourOverMonths { local_hour: row.get(0)?, posture: posture(row, 1)?, nudges: row.get(7)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
