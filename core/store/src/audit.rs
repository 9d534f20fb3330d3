//! The audit: what was commanded, changed and decided. The database itself refuses to change or delete rows.

use rusqlite::{Connection, params};
use serde_json::Value;

use crate::error::StoreError;
use crate::store::Store;

/// One row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// The kind of thing: `command`, `session`, `device`, `pain`, `cap`, `screening`, `calibration`.
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
            let mut statement = connection.prepare(
                "SELECT at_ms, subject, subject_id, action, detail FROM audit
                 WHERE subject = ? AND subject_id = ? ORDER BY id",
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
