//! Questionnaires that were answered: answers and score.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde_json::{Value, json};

use crate::audit;
use crate::convert::local_day;
use crate::error::StoreError;
use crate::store::Store;

/// A questionnaire, answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Questionnaire {
    /// Its id: a UUID of the caller's.
    pub entry_id: String,
    /// When it was answered, in Unix milliseconds.
    pub at_ms: i64,
    /// The person's time less UTC, in seconds.
    pub utc_offset_s: i32,
    /// Which one, in a word of the caller's.
    pub form: String,
    /// The answers, as JSON.
    pub answers: String,
    /// The score that they came to.
    pub score: f64,
}

const COLUMNS: &str = "entry_id, at_ms, utc_offset_s, form, answers, score";

fn questionnaire(row: &Row<'_>) -> rusqlite::Result<Questionnaire> {
    Ok(Questionnaire {
        entry_id: row.get(0)?,
        at_ms: row.get(1)?,
        utc_offset_s: row.get(2)?,
        form: row.get(3)?,
        answers: row.get(4)?,
        score: row.get(5)?,
    })
}

fn select(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<Questionnaire>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM questionnaires {rest}"))?;
    Ok(statement.query_map(values, questionnaire)?.collect::<Result<_, _>>()?)
}

fn check(entry: &Questionnaire) -> Result<(), StoreError> {
    if !entry.score.is_finite() {
        return Err(StoreError::Invalid { what: "a questionnaire's score" });
    }
    Ok(())
}

impl Store {
    /// Adds an answered questionnaire.
    pub fn add_questionnaire(&mut self, entry: &Questionnaire) -> Result<(), StoreError> {
        check(entry)?;
        self.write(|transaction| {
            transaction.execute(
                &format!("INSERT INTO questionnaires ({COLUMNS}, local_day) VALUES (?, ?, ?, ?, ?, ?, ?)"),
                params![
                    entry.entry_id,
                    entry.at_ms,
                    entry.utc_offset_s,
                    entry.form,
                    entry.answers,
                    entry.score,
                    local_day(entry.at_ms, entry.utc_offset_s),
                ],
            )?;
            let detail = json!({ "form": entry.form });
            audit::append(transaction, entry.at_ms, ("questionnaire", &entry.entry_id), "added", &detail)
        })
    }

    /// Replaces the answers and the score of a questionnaire; the audit keeps what was there before. `edited_at_ms`: now.
    pub fn edit_questionnaire(
        &mut self,
        entry_id: &str,
        answers: &str,
        score: f64,
        edited_at_ms: i64,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let old = select(transaction, "WHERE entry_id = ?", [entry_id])?
                .pop()
                .ok_or(StoreError::NotFound { what: "this questionnaire" })?;
            check(&Questionnaire { score, ..old.clone() })?;
            transaction.execute(
                "UPDATE questionnaires SET answers = ?, score = ? WHERE entry_id = ?",
                params![answers, score, entry_id],
            )?;
            // Kept as JSON, not as text in it.
            let answers = serde_json::from_str(&old.answers).unwrap_or(Value::Null);
            let before = json!({ "form": old.form, "answers": answers, "score": old.score });
            audit::append(transaction, edited_at_ms, ("questionnaire", entry_id), "edited", &before)
        })
    }

    /// One questionnaire.
    pub fn questionnaire(&self, entry_id: &str) -> Result<Option<Questionnaire>, StoreError> {
        self.read(|connection| Ok(select(connection, "WHERE entry_id = ?", [entry_id])?.pop()))
    }

    /// Questionnaires answered from `from_ms` to before `to_ms`, oldest first.
    pub fn questionnaires_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Questionnaire>, StoreError> {
        self.read(|connection| {
            select(connection, "WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, rowid", [from_ms, to_ms])
        })
    }

    /// The newest of a form that was answered before `before_ms`.
    pub fn questionnaire_before(&self, form: &str, before_ms: i64) -> Result<Option<Questionnaire>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE form = ? AND at_ms < ? ORDER BY at_ms DESC, rowid DESC LIMIT 1";
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM questionnaires {rest}"))?;
            Ok(statement.query_row(params![form, before_ms], questionnaire).optional()?)
        })
    }

    /// The newest score of a form on each of the days from `from_day` to `to_day`, both included.
    pub fn questionnaire_days(&self, form: &str, from_day: i32, to_day: i32) -> Result<Vec<(i32, f64)>, StoreError> {
        self.read(|connection| {
            // With MAX, SQLite takes the other columns from the row that has it.
            let mut statement = connection.prepare_cached(
                "SELECT local_day, score, MAX(at_ms) FROM questionnaires
                 WHERE form = ? AND local_day BETWEEN ? AND ? GROUP BY local_day ORDER BY local_day",
            )?;
            let rows = statement.query_map(params![form, from_day, to_day], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
