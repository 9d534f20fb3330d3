//! How the person wants their posture watched, and their daily goal.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::audit;
use crate::error::StoreError;
use crate::store::Store;

/// The settings of posture, as the caller writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostureSettings {
    /// When they were set, in Unix milliseconds.
    pub set_at_ms: i64,
    /// All of them, as JSON.
    pub settings: String,
}

/// The daily goal, and what it needs to remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostureGoal {
    /// When it became so, in Unix milliseconds.
    pub set_at_ms: i64,
    /// The share of the time held still to be upright, in percent.
    pub share_percent: u8,
    /// Counted days in a row on which it was met.
    pub met_days: u8,
    /// Counted days in a row on which it was missed; one of the two is 0.
    pub missed_days: u8,
    /// The local day on which it last grew.
    pub grown_day: Option<i32>,
    /// The newest local day that was taken into account.
    pub closed_day: Option<i32>,
}

impl Store {
    /// Adds settings of posture; earlier ones are kept.
    pub fn save_posture_settings(&mut self, settings: &PostureSettings) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO posture_settings (set_at_ms, settings) VALUES (?, ?)",
                params![settings.set_at_ms, settings.settings],
            )?;
            let id = transaction.last_insert_rowid().to_string();
            audit::append(transaction, settings.set_at_ms, ("posture_settings", &id), "set", &json!({}))
        })
    }

    /// The settings of posture that were saved last.
    pub fn latest_posture_settings(&self) -> Result<Option<PostureSettings>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .query_row("SELECT set_at_ms, settings FROM posture_settings ORDER BY id DESC LIMIT 1", (), |row| {
                    Ok(PostureSettings { set_at_ms: row.get(0)?, settings: row.get(1)? })
                })
                .optional()?)
        })
    }

    /// Adds what the goal is from now on; what it was is kept.
    pub fn save_posture_goal(&mut self, goal: &PostureGoal) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO posture_goals (set_at_ms, share_percent, met_days, missed_days, grown_day, closed_day)
                 VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    goal.set_at_ms,
                    goal.share_percent,
                    goal.met_days,
                    goal.missed_days,
                    goal.grown_day,
                    goal.closed_day
                ],
            )?;
            let id = transaction.last_insert_rowid().to_string();
            let detail = json!({ "share_percent": goal.share_percent });
            audit::append(transaction, goal.set_at_ms, ("posture_goal", &id), "set", &detail)
        })
    }

    /// The goal that was saved last.
    pub fn latest_posture_goal(&self) -> Result<Option<PostureGoal>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .query_row(
                    "SELECT set_at_ms, share_percent, met_days, missed_days, grown_day, closed_day FROM posture_goals
                     ORDER BY id DESC LIMIT 1",
                    (),
                    |row| {
                        Ok(PostureGoal {
                            set_at_ms: row.get(0)?,
                            share_percent: row.get(1)?,
                            met_days: row.get(2)?,
                            missed_days: row.get(3)?,
                            grown_day: row.get(4)?,
                            closed_day: row.get(5)?,
                        })
                    },
                )
                .optional()?)
        })
    }
}
