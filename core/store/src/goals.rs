//! What a person wants to do again, and how far that has come.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::audit;
use crate::convert::stored_as_text;
use crate::documents;
use crate::error::StoreError;
use crate::plans;
use crate::store::Store;

stored_as_text! {
    /// How a goal stands.
    GoalStatus {
        /// It is aimed at.
        Open = "open",
        /// It was reached.
        Reached = "reached",
        /// It is aimed at no more.
        GivenUp = "given_up",
    }
}

/// A goal. `T`: the caller's type of what it says, or [`serde_json::Value`], which reads any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal<T> {
    /// Its id: a UUID of the caller's.
    pub goal_id: String,
    /// The plan it belongs to; `None`: to none.
    pub plan_id: Option<String>,
    /// How it stands.
    pub status: GoalStatus,
    /// When it was last written, in Unix milliseconds.
    pub saved_at_ms: i64,
    /// What it says.
    pub document: T,
}

/// How far a goal has come on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoalProgress<T> {
    /// Its id: a UUID of the caller's.
    pub entry_id: String,
    /// The goal.
    pub goal_id: String,
    /// The day, in the person's own time: see [`crate::local_day`].
    pub local_day: i32,
    /// When it was last written, in Unix milliseconds.
    pub saved_at_ms: i64,
    /// What is told of it.
    pub document: T,
}

const GOAL: &str = "a goal";
const PROGRESS: &str = "the progress of a goal";

impl Store {
    /// Keeps a goal, in place of what it said before; the audit keeps that. [`StoreError::NotFound`]: its plan is not kept.
    pub fn save_goal<T: Serialize>(&mut self, goal: &Goal<T>) -> Result<(), StoreError> {
        let Goal { goal_id, plan_id, status, saved_at_ms, document } = goal;
        let document = documents::written(document, GOAL)?;
        self.write(|transaction| {
            plans::check_known(transaction, plan_id.as_deref())?;
            let query = "SELECT plan_id, status, saved_at_ms, document FROM goals WHERE goal_id = ?";
            let old = transaction.query_row(query, [goal_id], |row| {
                let document: String = row.get(3)?;
                Ok(json!({
                    "plan_id": row.get::<_, Option<String>>(0)?,
                    "status": row.get::<_, GoalStatus>(1)?.as_str(),
                    "saved_at_ms": row.get::<_, i64>(2)?,
                    "document": documents::before(&document),
                }))
            });
            let old = old.optional()?;
            transaction.execute(
                "INSERT INTO goals (goal_id, plan_id, status, saved_at_ms, document) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET plan_id = excluded.plan_id, status = excluded.status,
                     saved_at_ms = excluded.saved_at_ms, document = excluded.document",
                params![goal_id, plan_id, status, saved_at_ms, document],
            )?;
            let action = if old.is_some() { "edited" } else { "added" };
            let detail = old.unwrap_or_else(|| json!({}));
            audit::append(transaction, *saved_at_ms, ("goal", goal_id), action, &detail)
        })
    }

    /// Every goal there was, in the order in which they were first kept. [`StoreError::Document`]: one is no `T`.
    pub fn goals<T: DeserializeOwned>(&self) -> Result<Vec<Goal<T>>, StoreError> {
        let found: Vec<Goal<String>> = self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT goal_id, plan_id, status, saved_at_ms, document FROM goals ORDER BY rowid")?;
            let rows = statement.query_map((), |row| {
                Ok(Goal {
                    goal_id: row.get(0)?,
                    plan_id: row.get(1)?,
                    status: row.get(2)?,
                    saved_at_ms: row.get(3)?,
                    document: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let read = |Goal { goal_id, plan_id, status, saved_at_ms, document }: Goal<String>| {
            let document = documents::read(&document, GOAL)?;
            Ok(Goal { goal_id, plan_id, status, saved_at_ms, document })
        };
        found.into_iter().map(read).collect()
    }

    /// Keeps how far a goal has come, in place of what this entry said before; the audit keeps that.
    /// [`StoreError::NotFound`]: the goal is not kept.
    pub fn save_goal_progress<T: Serialize>(&mut self, progress: &GoalProgress<T>) -> Result<(), StoreError> {
        let GoalProgress { entry_id, goal_id, local_day, saved_at_ms, document } = progress;
        let document = documents::written(document, PROGRESS)?;
        self.write(|transaction| {
            let query = "SELECT goal_id, local_day, saved_at_ms, document FROM goal_progress WHERE entry_id = ?";
            let old = transaction.query_row(query, [entry_id], |row| {
                let document: String = row.get(3)?;
                Ok(json!({
                    "goal_id": row.get::<_, String>(0)?,
                    "local_day": row.get::<_, i32>(1)?,
                    "saved_at_ms": row.get::<_, i64>(2)?,
                    "document": documents::before(&document),
                }))
            });
            let old = old.optional()?;
            transaction.execute(
                "INSERT INTO goal_progress (entry_id, goal_id, local_day, saved_at_ms, document) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET goal_id = excluded.goal_id, local_day = excluded.local_day,
                     saved_at_ms = excluded.saved_at_ms, document = excluded.document",
                params![entry_id, goal_id, local_day, saved_at_ms, document],
            )?;
            let action = if old.is_some() { "edited" } else { "added" };
            let detail = old.unwrap_or_else(|| json!({}));
            audit::append(transaction, *saved_at_ms, ("goal_progress", entry_id), action, &detail)
        })
    }

    /// How far a goal has come: by day, and on a day as it was written. [`StoreError::Document`]: one is no `T`.
    pub fn goal_progress<T: DeserializeOwned>(&self, goal_id: &str) -> Result<Vec<GoalProgress<T>>, StoreError> {
        let found: Vec<GoalProgress<String>> = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT entry_id, goal_id, local_day, saved_at_ms, document FROM goal_progress
                 WHERE goal_id = ? ORDER BY local_day, saved_at_ms, rowid",
            )?;
            let rows = statement.query_map([goal_id], |row| {
                Ok(GoalProgress {
                    entry_id: row.get(0)?,
                    goal_id: row.get(1)?,
                    local_day: row.get(2)?,
                    saved_at_ms: row.get(3)?,
                    document: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let read = |GoalProgress { entry_id, goal_id, local_day, saved_at_ms, document }: GoalProgress<String>| {
            let document = documents::read(&document, PROGRESS)?;
            Ok(GoalProgress { entry_id, goal_id, local_day, saved_at_ms, document })
        };
        found.into_iter().map(read).collect()
    }
}
