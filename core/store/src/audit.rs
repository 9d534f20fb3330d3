//! The audit: what was commanded, changed and decided. The database itself refuses to change or delete rows.
//!
//! That a command was saved and how it was settled is told by its own row in `every_command`, which the database keeps in
//! the same way.

use rusqlite::{Connection, params};
use serde_json::Value;

use crate::error::StoreError;
use crate::store::Store;

/// One row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// The kind of thing: `command`, `session`, `device`, `pain`, `wellbeing`, `questionnaire`, `cap`, `screening`, `red_flags`,
    /// `calibration`, `posture_settings`, `posture_goal`, `raw_retention`, `clock`, `plan`, `exercise`, `goal`, `goal_progress`,
    /// `connection`, `outbox` (a group's id).
    pub subject: String,
    /// Which: the thing's id.
    pub subject_id: String,
    /// What was done to it.
    pub action: String,
    /// More, as JSON; for an edit, what was there before.
    pub detail: String,
}

pub(crate) fn append(
    connection: &Connection,
    at_ms: i64,
    (subject, subject_id): (&str, &str),
    action: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO audit (at_ms, subject, subject_id, action, detail) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![at_ms, subject, subject_id, action, detail.to_string()])?;
    Ok(())
}

impl Store {
    /// The audit of one thing, oldest first.
    pub fn audit(&self, subject: &str, subject_id: &str) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|connection| {
            // Version 1 wrote what the commands' rows tell into the audit as well.
            let mut statement = connection.prepare(
                "SELECT at_ms, subject, subject_id, action, detail FROM (
                     SELECT 0 AS id, saved_at_ms AS at_ms, 'command' AS subject, command_id AS subject_id,
                         'saved' AS action, json_object('kind', kind, 'sequence', sequence) AS detail
                     FROM every_command WHERE ?1 = 'command' AND command_id = ?2
                         AND NOT EXISTS (SELECT 1 FROM audit WHERE subject = ?1 AND subject_id = ?2 AND action = 'saved')
                     UNION ALL
                     SELECT id, at_ms, subject, subject_id, action, detail FROM audit
                     WHERE subject = ?1 AND subject_id = ?2
                     UNION ALL
                     SELECT 9223372036854775807, settled_at_ms, 'command', command_id, outcome,
                         json_object('by', settled_by, 'reason', reason, 'final', json('true'))
                     FROM every_command WHERE ?1 = 'command' AND command_id = ?2 AND settled_at_ms IS NOT NULL
                         AND NOT EXISTS (SELECT 1 FROM audit WHERE subject = ?1 AND subject_id = ?2 AND detail ->> 'final')
                 ) ORDER BY id",
            )?;
            let rows = statement.query_map([subject, subject_id], |row| {
                Ok(AuditEntry {
                    at_ms: row.get(0)?,
                    subject: row.get(1)?,
                    subject_id: row.get(2)?,
                    action: row.get(3)?,
                    detail: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
