//! Plans: every version of each, and which is in force.
//!
//! What a plan says is a document of the caller's. The store keeps beside it what it is asked by. The version in force is the one that was
//! received last: a server's versions can't be put in order, and a server that goes back to an earlier one means it.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::audit;
use crate::convert::stored_as_text;
use crate::documents;
use crate::error::StoreError;
use crate::store::Store;

stored_as_text! {
    /// Who made a plan.
    PlanSource {
        /// A clinic.
        Clinic = "clinic",
        /// The person, without a clinic.
        Own = "own",
    }
}

stored_as_text! {
    /// Whether a plan is to be followed.
    PlanStatus {
        /// It is.
        Active = "active",
        /// Not for now.
        OnHold = "on_hold",
        /// It is over.
        Ended = "ended",
        /// Whoever gave it has taken it back.
        Withdrawn = "withdrawn",
    }
}

/// A version of a plan. `T`: the caller's type of what it says, or [`serde_json::Value`], which reads any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRecord<T> {
    /// The plan's id.
    pub plan_id: String,
    /// Which version of it; only whether two are the same can be told.
    pub version: String,
    /// Who made it.
    pub source: PlanSource,
    /// Whether it is to be followed. This counts, whatever the document says.
    pub status: PlanStatus,
    /// When it came, in Unix milliseconds.
    pub received_at_ms: i64,
    /// What it says.
    pub document: T,
}

const COLUMNS: &str = "plan_id, version, source, status, received_at_ms, document";
const WHAT: &str = "a plan";
/// Of each plan the version in force.
const IN_FORCE: &str = "id IN (SELECT MAX(id) FROM plans GROUP BY plan_id)";

fn record(row: &Row<'_>) -> rusqlite::Result<PlanRecord<String>> {
    Ok(PlanRecord {
        plan_id: row.get(0)?,
        version: row.get(1)?,
        source: row.get(2)?,
        status: row.get(3)?,
        received_at_ms: row.get(4)?,
        document: row.get(5)?,
    })
}

fn select(
    connection: &Connection,
    condition: &str,
    values: impl Params,
) -> Result<Vec<PlanRecord<String>>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM plans WHERE {condition} ORDER BY id"))?;
    Ok(statement.query_map(values, record)?.collect::<Result<_, _>>()?)
}

fn all<T: DeserializeOwned>(records: Vec<PlanRecord<String>>) -> Result<Vec<PlanRecord<T>>, StoreError> {
    let read = |record: PlanRecord<String>| {
        let document = documents::read(&record.document, WHAT)?;
        let PlanRecord { plan_id, version, source, status, received_at_ms, document: _ } = record;
        Ok(PlanRecord { plan_id, version, source, status, received_at_ms, document })
    };
    records.into_iter().map(read).collect()
}

/// Whether any version of this plan is kept.
pub(crate) fn check_known(connection: &Connection, plan_id: Option<&str>) -> Result<(), StoreError> {
    let Some(plan_id) = plan_id else { return Ok(()) };
    if connection.prepare_cached("SELECT 1 FROM plans WHERE plan_id = ?")?.exists([plan_id])? {
        Ok(())
    } else {
        Err(StoreError::NotFound { what: "this plan" })
    }
}

impl Store {
    /// Keeps a version of a plan, which is in force from now on, and tells whether that changed anything. A version that is known is
    /// replaced where it says something else, its status too, and the audit keeps what was there before.
    pub fn save_plan<T: Serialize>(&mut self, plan: &PlanRecord<T>) -> Result<bool, StoreError> {
        let PlanRecord { plan_id, version, source, status, received_at_ms, document } = plan;
        let document = documents::written(document, WHAT)?;
        self.write(|transaction| {
            let known = select(transaction, "plan_id = ? AND version = ?", [plan_id, version])?.pop();
            let in_force = select(transaction, &format!("plan_id = ? AND {IN_FORCE}"), [plan_id])?.pop();
            let is_in_force = in_force.is_some_and(|in_force| in_force.version == *version);
            let same = |known: &PlanRecord<String>| {
                (known.source, known.status, &known.document) == (*source, *status, &document)
            };
            let detail = match &known {
                Some(known) if is_in_force && same(known) => return Ok(false),
                Some(known) => json!({
                    "version": version,
                    "status": status.as_str(),
                    "before": { "status": known.status.as_str(), "document": documents::before(&known.document) },
                }),
                None => json!({ "version": version, "status": status.as_str() }),
            };
            // A known one goes to the end, where the version in force is.
            transaction.execute(
                &format!(
                    "INSERT INTO plans ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
                     ON CONFLICT DO UPDATE SET id = (SELECT MAX(id) + 1 FROM plans), source = excluded.source,
                         status = excluded.status, received_at_ms = excluded.received_at_ms, document = excluded.document"
                ),
                params![plan_id, version, source, status, received_at_ms, document],
            )?;
            audit::append(transaction, *received_at_ms, ("plan", plan_id), "received", &detail)?;
            Ok(true)
        })
    }

    /// Sets whether a plan is to be followed, in its version in force. The audit keeps what it was before.
    pub fn set_plan_status(&mut self, plan_id: &str, status: PlanStatus, at_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let before: PlanStatus = transaction
                .query_row("SELECT status FROM plans WHERE plan_id = ? ORDER BY id DESC LIMIT 1", [plan_id], |row| {
                    row.get(0)
                })
                .optional()?
                .ok_or(StoreError::NotFound { what: "this plan" })?;
            if before == status {
                return Ok(());
            }
            transaction.execute(
                "UPDATE plans SET status = ? WHERE id = (SELECT MAX(id) FROM plans WHERE plan_id = ?)",
                params![status, plan_id],
            )?;
            let detail = json!({ "before": before.as_str() });
            audit::append(transaction, at_ms, ("plan", plan_id), status.as_str(), &detail)
        })
    }

    /// The plans that are active or on hold, in their version in force, in the order in which they came.
    /// [`StoreError::Document`]: one is no `T`.
    pub fn current_plans<T: DeserializeOwned>(&self) -> Result<Vec<PlanRecord<T>>, StoreError> {
        let condition = format!("status IN ('active', 'on_hold') AND {IN_FORCE}");
        all(self.read(|connection| select(connection, &condition, ()))?)
    }

    /// Every plan there was, in its version in force, in the order in which they came. [`StoreError::Document`]: one is no `T`.
    pub fn plans<T: DeserializeOwned>(&self) -> Result<Vec<PlanRecord<T>>, StoreError> {
        all(self.read(|connection| select(connection, IN_FORCE, ()))?)
    }

    /// Every version of a plan, the one in force last. [`StoreError::Document`]: one is no `T`.
    pub fn plan_versions<T: DeserializeOwned>(&self, plan_id: &str) -> Result<Vec<PlanRecord<T>>, StoreError> {
        all(self.read(|connection| select(connection, "plan_id = ?", [plan_id]))?)
    }
}
