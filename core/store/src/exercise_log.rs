//! What was done of the exercises, and what was skipped.

use rusqlite::{Connection, Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::audit;
use crate::documents;
use crate::error::StoreError;
use crate::plans;
use crate::store::Store;

/// An exercise that was done or skipped. `T`: the caller's type of what is told of it, or [`serde_json::Value`], which reads any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExerciseEntry<T> {
    /// Its id: a UUID of the caller's.
    pub entry_id: String,
    /// The plan it was done for; `None`: for none.
    pub plan_id: Option<String>,
    /// The day it belongs to, in the person's own time: see [`crate::local_day`].
    pub local_day: i32,
    /// Which exercise, in a word of the caller's.
    pub exercise: String,
    /// When it was last written, in Unix milliseconds.
    pub saved_at_ms: i64,
    /// What is told of it.
    pub document: T,
}

const COLUMNS: &str = "entry_id, plan_id, local_day, exercise, saved_at_ms, document";
const WHAT: &str = "an exercise";

fn entry(row: &Row<'_>) -> rusqlite::Result<ExerciseEntry<String>> {
    Ok(ExerciseEntry {
        entry_id: row.get(0)?,
        plan_id: row.get(1)?,
        local_day: row.get(2)?,
        exercise: row.get(3)?,
        saved_at_ms: row.get(4)?,
        document: row.get(5)?,
    })
}

fn select(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<ExerciseEntry<String>>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM exercise_log {rest}"))?;
    Ok(statement.query_map(values, entry)?.collect::<Result<_, _>>()?)
}

fn with_document<T: DeserializeOwned>(entry: ExerciseEntry<String>) -> Result<ExerciseEntry<T>, StoreError> {
    let document = documents::read(&entry.document, WHAT)?;
    let ExerciseEntry { entry_id, plan_id, local_day, exercise, saved_at_ms, document: _ } = entry;
    Ok(ExerciseEntry { entry_id, plan_id, local_day, exercise, saved_at_ms, document })
}

impl Store {
    /// Adds an exercise. [`StoreError::NotFound`]: its plan is not kept.
    pub fn add_exercise<T: Serialize>(&mut self, entry: &ExerciseEntry<T>) -> Result<(), StoreError> {
        let ExerciseEntry { entry_id, plan_id, local_day, exercise, saved_at_ms, document } = entry;
        let document = documents::written(document, WHAT)?;
        self.write(|transaction| {
            plans::check_known(transaction, plan_id.as_deref())?;
            transaction.execute(
                &format!("INSERT INTO exercise_log ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"),
                params![entry_id, plan_id, local_day, exercise, saved_at_ms, document],
            )?;
            audit::append(transaction, *saved_at_ms, ("exercise", entry_id), "added", &json!({}))
        })
    }

    /// Replaces an exercise; the audit keeps what was there before.
    pub fn edit_exercise<T: Serialize>(&mut self, entry: &ExerciseEntry<T>) -> Result<(), StoreError> {
        let ExerciseEntry { entry_id, plan_id, local_day, exercise, saved_at_ms, document } = entry;
        let document = documents::written(document, WHAT)?;
        self.write(|transaction| {
            plans::check_known(transaction, plan_id.as_deref())?;
            let old = select(transaction, "WHERE entry_id = ?", [entry_id])?
                .pop()
                .ok_or(StoreError::NotFound { what: "this exercise" })?;
            transaction.execute(
                "UPDATE exercise_log SET plan_id = ?, local_day = ?, exercise = ?, saved_at_ms = ?, document = ?
                 WHERE entry_id = ?",
                params![plan_id, local_day, exercise, saved_at_ms, document, entry_id],
            )?;
            let before = json!({
                "plan_id": old.plan_id,
                "local_day": old.local_day,
                "exercise": old.exercise,
                "saved_at_ms": old.saved_at_ms,
                "document": documents::before(&old.document),
            });
            audit::append(transaction, *saved_at_ms, ("exercise", entry_id), "edited", &before)
        })
    }

    /// One exercise. [`StoreError::Document`]: it is no `T`.
    pub fn exercise<T: DeserializeOwned>(&self, entry_id: &str) -> Result<Option<ExerciseEntry<T>>, StoreError> {
        let found = self.read(|connection| Ok(select(connection, "WHERE entry_id = ?", [entry_id])?.pop()))?;
        found.map(with_document).transpose()
    }

    /// The exercises of the days from `from_day` to `to_day`, both included: by day, and on a day as they were written.
    /// [`StoreError::Document`]: one is no `T`.
    pub fn exercises_between<T: DeserializeOwned>(
        &self,
        from_day: i32,
        to_day: i32,
    ) -> Result<Vec<ExerciseEntry<T>>, StoreError> {
        let rest = "WHERE local_day BETWEEN ? AND ? ORDER BY local_day, saved_at_ms, rowid";
        let found = self.read(|connection| select(connection, rest, [from_day, to_day]))?;
        found.into_iter().map(with_document).collect()
    }
}
