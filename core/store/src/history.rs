//! Days at a glance.

use std::collections::BTreeMap;

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
    /// Nudges given.
    pub nudges: u32,
}

impl Store {
    /// The days from `from_day` to `to_day`, both included, on which there was something.
    pub fn days(&self, from_day: i32, to_day: i32) -> Result<Vec<Day>, StoreError> {
        self.read(|connection| {
            let mut days = Days { connection, range: [from_day, to_day], found: BTreeMap::new() };
            days.add(
                "COUNT(*), COUNT(*) FILTER (WHERE dose_uncertain OR ended_at_ms IS NULL),
                 SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s))",
                "sessions",
                |day, row| {
                    day.sessions = row.get(1)?;
                    day.uncertain_sessions = row.get(2)?;
                    day.stimulated_s = row.get(3)?;
                    Ok(())
                },
            )?;
            days.add("COUNT(*), MIN(score), MAX(score), AVG(score)", "pain", |day, row| {
                day.pain_entries = row.get(1)?;
                day.pain_lowest = row.get(2)?;
                day.pain_highest = row.get(3)?;
                day.pain_mean = row.get(4)?;
                Ok(())
            })?;
            days.add(
                "SUM(upright_s), SUM(slouched_s), SUM(leaning_s), SUM(lying_s), SUM(moving_s), SUM(not_worn_s),
                 SUM(nudges)",
                "posture_minutes",
                |day, row| {
                    day.posture = PostureSeconds {
                        upright_s: row.get(1)?,
                        slouched_s: row.get(2)?,
                        leaning_s: row.get(3)?,
                        lying_s: row.get(4)?,
                        moving_s: row.get(5)?,
                        not_worn_s: row.get(6)?,
                    };
                    day.nudges = row.get(7)?;
                    Ok(())
                },
            )?;
            Ok(days.found.into_values().collect())
        })
    }
}

struct Days<'a> {
    connection: &'a Connection,
    range: [i32; 2],
    found: BTreeMap<i32, Day>,
}

impl Days<'_> {
    fn add(
        &mut self,
        values: &str,
        table: &str,
        fill: impl Fn(&mut Day, &Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare(&format!(
            "SELECT local_day, {values} FROM {table} WHERE local_day BETWEEN ? AND ? GROUP BY local_day"
        ))?;
        let mut rows = statement.query(self.range)?;
        while let Some(row) = rows.next()? {
            let local_day = row.get(0)?;
            let day = self.found.entry(local_day).or_insert(Day { local_day, ..Day::default() });
            fill(day, row)?;
        }
        Ok(())
    }
}
