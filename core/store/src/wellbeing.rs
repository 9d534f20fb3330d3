//! How a day was: one entry a day, its medications beside it.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::{words, words_json};
use crate::error::StoreError;
use crate::store::Store;

/// How a day was. `None` and empty: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wellbeing {
    /// Which day: see [`crate::local_day`].
    pub local_day: i32,
    /// When it was last written, in Unix milliseconds.
    pub saved_at_ms: i64,
    /// Morning stiffness in minutes, 1440 at most.
    pub stiffness_min: Option<u16>,
    /// How well the person slept, 0 (very bad) to 10 (very good).
    pub sleep_quality: Option<u8>,
    /// How long the person slept in minutes, 1440 at most.
    pub sleep_min: Option<u16>,
    /// Whether heat was used.
    pub heat: bool,
    /// Whether cold was used.
    pub cold: bool,
    /// How active the day was, in a word of the caller's.
    pub activity: Option<String>,
    /// What set pain off, in words of the caller's.
    pub triggers: Vec<String>,
    /// A note.
    pub note: String,
    /// What was taken, in the order in which it was written.
    pub medications: Vec<Medication>,
}

/// A medication, as the person writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medication {
    /// Its name.
    pub name: String,
    /// The dose; may be empty.
    pub dose: String,
}

const COLUMNS: &str =
    "local_day, saved_at_ms, stiffness_min, sleep_quality, sleep_min, heat, cold, activity, triggers, note";

fn without_medications(row: &Row<'_>) -> rusqlite::Result<Wellbeing> {
    Ok(Wellbeing {
        local_day: row.get(0)?,
        saved_at_ms: row.get(1)?,
        stiffness_min: row.get(2)?,
        sleep_quality: row.get(3)?,
        sleep_min: row.get(4)?,
        heat: row.get(5)?,
        cold: row.get(6)?,
        activity: row.get(7)?,
        triggers: words(row, 8)?,
        note: row.get(9)?,
        medications: Vec::new(),
    })
}

fn medications(connection: &Connection, local_day: i32) -> Result<Vec<Medication>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, dose FROM medications WHERE local_day = ? ORDER BY position")?;
    let rows = statement.query_map([local_day], |row| Ok(Medication { name: row.get(0)?, dose: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn of(connection: &Connection, local_day: i32) -> Result<Option<Wellbeing>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM wellbeing WHERE local_day = ?"))?;
    let Some(mut day) = statement.query_row([local_day], without_medications).optional()? else { return Ok(None) };
    day.medications = medications(connection, local_day)?;
    Ok(Some(day))
}

impl Store {
    /// Writes how a day was, in place of what was written about it before; the audit keeps that.
    pub fn save_wellbeing(&mut self, day: &Wellbeing) -> Result<(), StoreError> {
        let too_long = |minutes: Option<u16>| minutes.is_some_and(|minutes| minutes > 1_440);
        if too_long(day.stiffness_min) || too_long(day.sleep_min) || day.sleep_quality.is_some_and(|of_ten| of_ten > 10)
        {
            return Err(StoreError::Invalid { what: "a value of the day" });
        }
        self.write(|transaction| {
            let old = of(transaction, day.local_day)?;
            transaction.execute("DELETE FROM medications WHERE local_day = ?", [day.local_day])?;
            transaction.execute(
                &format!(
                    "INSERT INTO wellbeing ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET saved_at_ms = excluded.saved_at_ms, stiffness_min = excluded.stiffness_min,
                         sleep_quality = excluded.sleep_quality, sleep_min = excluded.sleep_min, heat = excluded.heat,
                         cold = excluded.cold, activity = excluded.activity, triggers = excluded.triggers,
                         note = excluded.note"
                ),
                params![
                    day.local_day,
                    day.saved_at_ms,
                    day.stiffness_min,
                    day.sleep_quality,
                    day.sleep_min,
                    day.heat,
                    day.cold,
                    day.activity,
                    words_json(&day.triggers),
                    day.note,
                ],
            )?;
            for (medication, position) in day.medications.iter().zip(0_u32..) {
                transaction.execute(
                    "INSERT INTO medications (local_day, position, name, dose) VALUES (?, ?, ?, ?)",
                    params![day.local_day, position, medication.name, medication.dose],
                )?;
            }
            let (action, before) = match old {
                None => ("added", json!({})),
                Some(old) => (
                    "edited",
                    json!({
                        "saved_at_ms": old.saved_at_ms,
                        "stiffness_min": old.stiffness_min,
                        "sleep_quality": old.sleep_quality,
                        "sleep_min": old.sleep_min,
                        "heat": old.heat,
                        "cold": old.cold,
                        "activity": old.activity,
                        "triggers": old.triggers,
                        "note": old.note,
                        "medications": old.medications.iter()
                            .map(|medication| json!({ "name": medication.name, "dose": medication.dose }))
                            .collect::<Vec<_>>(),
                    }),
                ),
            };
            let subject_id = day.local_day.to_string();
            audit::append(transaction, day.saved_at_ms, ("wellbeing", &subject_id), action, &before)
        })
    }

    /// How a day was, if anything was written about it.
    pub fn wellbeing(&self, local_day: i32) -> Result<Option<Wellbeing>, StoreError> {
        self.read(|connection| of(connection, local_day))
    }

    /// The days from `from_day` to `to_day`, both included, about which something was written.
    pub fn wellbeing_between(&self, from_day: i32, to_day: i32) -> Result<Vec<Wellbeing>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM wellbeing WHERE local_day BETWEEN ? AND ? ORDER BY local_day"
            ))?;
            let mut days: Vec<Wellbeing> =
                statement.query_map([from_day, to_day], without_medications)?.collect::<Result<_, _>>()?;
            for day in &mut days {
                day.medications = medications(connection, day.local_day)?;
            }
            Ok(days)
        })
    }
}
