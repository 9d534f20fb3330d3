//! What waits to be sent to the clinic's server, and what became of it.
//!
//! An entry is a resource as it will be sent: its bytes are frozen when it is queued, so that sending it twice is harmless. Entries that
//! belong together are a group: they are queued at once and handed out at once, and what is not acknowledged of them goes on or ends
//! together. An entry waits (`Pending`), is being sent (`InFlight`), and ends acknowledged (`Acked`) or refused (`Dead`):
//!
//! ```text
//! queue -> Pending -> mark_in_flight -> InFlight -> mark_acked -> Acked
//!             ^                            |  \
//!             +-- mark_pending, or a crash +   +-> mark_dead -> Dead -> retry_dead -> Pending
//! ```
//!
//! Newer versions of a resource wait for older ones, so that a server never gets them in the wrong order. `outbox_pick` says which
//! groups are next.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;

use crate::audit;
use crate::convert::stored_as_text;
use crate::error::StoreError;
use crate::store::Store;

/// The most entries of a group: what a small server takes as one transaction (`Bundle` of type `transaction`), by the rules of sync.
pub const GROUP_ENTRIES_MAX: usize = 30;
/// The most bytes of a group, all its entries together; by the same rules.
pub const GROUP_BYTES_MAX: usize = 256 << 10;
/// The most bytes that are kept of a reason.
const REASON_BYTES_MAX: usize = 8 << 10;
/// The most characters of a resource's id, by FHIR; of a type's name there are fewer.
const ID_MAX: usize = 64;

stored_as_text! {
    /// Where an entry of the outbox is on its way.
    OutboxState {
        /// It waits to be sent.
        Pending = "pending",
        /// It is being sent, and perhaps has arrived.
        InFlight = "in_flight",
        /// The server has it.
        Acked = "acked",
        /// The server will not take it, or not what belongs to it.
        Dead = "dead",
    }
}

/// A resource to be sent. Debug output does not show its bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The entry's id: a UUID of the caller's, never used twice.
    pub entry_id: String,
    /// The resource's type, such as `Procedure`: 1 to 64 letters.
    pub resource_type: String,
    /// The resource's id on the server: 1 to 64 letters, digits, `-` and `.`.
    pub resource_id: String,
    /// What is sent, byte by byte.
    pub bytes: Vec<u8>,
}

/// An entry of the outbox. Debug output shows neither its bytes nor the reason.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its id.
    pub entry_id: String,
    /// The group it belongs to.
    pub group_id: String,
    /// The resource's type.
    pub resource_type: String,
    /// The resource's id.
    pub resource_id: String,
    /// Which of the versions of this resource it is, from 1, counted among those that were still here when it was queued.
    pub version: u32,
    /// When it was queued, in Unix milliseconds.
    pub queued_at_ms: i64,
    /// Where it is on its way.
    pub state: OutboxState,
    /// How often it was sent, since it was queued or tried again.
    pub attempts: u32,
    /// Not to be sent before then, in Unix milliseconds.
    pub next_try_at_ms: Option<i64>,
    /// When the server had it, in Unix milliseconds.
    pub acked_at_ms: Option<i64>,
    /// The server's `ETag` for it, as it came.
    pub etag: Option<String>,
    /// Why the server refused it, in the server's words: for the person, and never for a log. `None` for a dead entry: another one
    /// of its group was refused.
    pub reason: Option<String>,
    /// What is sent; empty once it is acknowledged.
    pub bytes: Vec<u8>,
}

/// An entry that the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged<'a> {
    /// The entry.
    pub entry_id: &'a str,
    /// The server's `ETag` for it, as it came, if it gave one.
    pub etag: Option<&'a str>,
}

impl fmt::Debug for NewEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NewEntry")
            .field("entry_id", &self.entry_id)
            .field("resource_type", &self.resource_type)
            .field("resource_id", &self.resource_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OutboxEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OutboxEntry")
            .field("entry_id", &self.entry_id)
            .field("group_id", &self.group_id)
            .field("resource_type", &self.resource_type)
            .field("resource_id", &self.resource_id)
            .field("version", &self.version)
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .field("next_try_at_ms", &self.next_try_at_ms)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "entry_id, group_id, resource_type, resource_id, version, queued_at_ms, state, attempts, next_try_at_ms, \
                       acked_at_ms, etag, reason, bytes";

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        entry_id: row.get(0)?,
        group_id: row.get(1)?,
        resource_type: row.get(2)?,
        resource_id: row.get(3)?,
        version: row.get(4)?,
        queued_at_ms: row.get(5)?,
        state: row.get(6)?,
        attempts: row.get(7)?,
        next_try_at_ms: row.get(8)?,
        acked_at_ms: row.get(9)?,
        etag: row.get(10)?,
        reason: row.get(11)?,
        bytes: row.get::<_, Option<Vec<u8>>>(12)?.unwrap_or_default(),
    })
}

/// Entries by a condition, oldest first.
pub(crate) fn select(
    connection: &Connection,
    condition: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<OutboxEntry>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE {condition} ORDER BY id"))?;
    Ok(statement.query_map(values, entry)?.collect::<Result<_, _>>()?)
}

const NO_ENTRY: StoreError = StoreError::NotFound { what: "this entry of the outbox" };

fn state_of(connection: &Connection, entry_id: &str) -> Result<(OutboxState, String), StoreError> {
    connection
        .prepare_cached("SELECT state, group_id FROM outbox WHERE entry_id = ?")?
        .query_row([entry_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(NO_ENTRY)
}

fn check(entries: &[NewEntry]) -> Result<(), StoreError> {
    let bytes: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
    if entries.is_empty() || entries.len() > GROUP_ENTRIES_MAX || bytes > GROUP_BYTES_MAX {
        return Err(StoreError::Invalid { what: "the size of what is to be sent together" });
    }
    let in_ids = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    for NewEntry { resource_type, resource_id, bytes, .. } in entries {
        // Both become part of an address.
        let fits = |text: &str, of: fn(u8) -> bool| (1..=ID_MAX).contains(&text.len()) && text.bytes().all(of);
        if !fits(resource_type, |byte| byte.is_ascii_alphabetic()) || !fits(resource_id, in_ids) || bytes.is_empty() {
            return Err(StoreError::Invalid { what: "an entry to be sent" });
        }
    }
    Ok(())
}

impl Store {
    /// Queues a group: 1 to [`GROUP_ENTRIES_MAX`] entries, [`GROUP_BYTES_MAX`] bytes at most, each of another resource. `group_id`: a UUID
    /// of the caller's, never used twice. In [`Store::together`] with the fact that it tells of, both are stored or neither.
    /// [`StoreError::NotFound`]: there is no connection.
    pub fn queue(&mut self, group_id: &str, entries: &[NewEntry], queued_at_ms: i64) -> Result<(), StoreError> {
        check(entries)?;
        self.write(|transaction| {
            let connected = transaction.prepare_cached("SELECT 1 FROM sync_connection")?.exists(())?;
            if !connected {
                return Err(StoreError::NotFound { what: "a connection to a clinic" });
            }
            if transaction.prepare_cached("SELECT 1 FROM outbox WHERE group_id = ?")?.exists([group_id])? {
                return Err(StoreError::Conflict { what: "this group of the outbox" });
            }
            for NewEntry { entry_id, resource_type, resource_id, bytes } in entries {
                transaction
                    .prepare_cached(
                        "INSERT INTO outbox (entry_id, group_id, resource_type, resource_id, version, queued_at_ms, byte_count, bytes)
                         VALUES (?1, ?2, ?3, ?4, (SELECT COALESCE(MAX(version), 0) + 1 FROM outbox
                             WHERE resource_type = ?3 AND resource_id = ?4), ?5, length(?6), ?6)",
                    )?
                    .execute(params![entry_id, group_id, resource_type, resource_id, queued_at_ms, bytes])?;
            }
            Ok(())
        })
    }

    /// Marks all that waits in these groups as being sent: to be called before the first byte leaves. [`StoreError::Conflict`], and
    /// nothing is marked: nothing waits in one of them.
    pub fn mark_in_flight(&mut self, group_ids: &[impl AsRef<str>]) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'in_flight', attempts = attempts + 1, next_try_at_ms = NULL
                      WHERE group_id = ? AND state = 'pending'";
        self.write(|transaction| {
            for group_id in group_ids {
                if transaction.prepare_cached(update)?.execute([group_id.as_ref()])? == 0 {
                    return Err(StoreError::Conflict { what: "this group of the outbox" });
                }
            }
            Ok(())
        })
    }

    /// Lets what is being sent of these groups wait again: the server was not reached, or asked to come later. `next_try_at_ms`: not to
    /// be sent before then, in Unix milliseconds. What is not being sent stays as it is.
    pub fn mark_pending(
        &mut self,
        group_ids: &[impl AsRef<str>],
        next_try_at_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let update =
            "UPDATE outbox SET state = 'pending', next_try_at_ms = ? WHERE group_id = ? AND state = 'in_flight'";
        self.write(|transaction| {
            for group_id in group_ids {
                transaction.prepare_cached(update)?.execute(params![next_try_at_ms, group_id.as_ref()])?;
            }
            Ok(())
        })
    }

    /// Marks entries that were being sent as acknowledged at `at_ms`, a Unix time in milliseconds, and drops their bytes. One that is
    /// acknowledged already stays as it is. [`StoreError::Conflict`], and nothing is marked: one was not being sent.
    pub fn mark_acked(&mut self, entries: &[Acknowledged<'_>], at_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            for Acknowledged { entry_id, etag } in entries {
                match state_of(transaction, entry_id)?.0 {
                    OutboxState::InFlight => transaction
                        .prepare_cached(
                            "UPDATE outbox SET state = 'acked', bytes = NULL, acked_at_ms = ?, etag = ? WHERE entry_id = ?",
                        )?
                        .execute(params![at_ms, etag, entry_id])
                        .map(drop)?,
                    OutboxState::Acked => {}
                    OutboxState::Pending | OutboxState::Dead => {
                        return Err(StoreError::Conflict { what: "this entry of the outbox" });
                    }
                }
            }
            Ok(())
        })
    }

    /// Gives entries up that the server refuses, with its reason (of which 8 KiB are kept), and with them what else of their groups it
    /// does not have: half a session is worse than none. Those stay without a reason. The audit tells of the groups, not the reason.
    /// [`StoreError::Conflict`], and nothing is given up: one is acknowledged.
    pub fn mark_dead(&mut self, entry_ids: &[impl AsRef<str>], reason: &str, at_ms: i64) -> Result<(), StoreError> {
        let reason = reason.get(..reason.floor_char_boundary(REASON_BYTES_MAX)).unwrap_or_default();
        self.write(|transaction| {
            for entry_id in entry_ids {
                let (state, group_id) = state_of(transaction, entry_id.as_ref())?;
                if state == OutboxState::Acked {
                    return Err(StoreError::Conflict { what: "this entry of the outbox" });
                }
                let given_up = transaction
                    .prepare_cached(
                        "UPDATE outbox SET state = 'dead', next_try_at_ms = NULL
                         WHERE group_id = ? AND state IN ('pending', 'in_flight')",
                    )?
                    .execute([&group_id])?;
                transaction
                    .prepare_cached("UPDATE outbox SET reason = ? WHERE entry_id = ?")?
                    .execute([reason, entry_id.as_ref()])?;
                if given_up > 0 {
                    audit::append(transaction, at_ms, ("outbox", &group_id), "dead", &json!({ "entries": given_up }))?;
                }
            }
            Ok(())
        })
    }

    /// Lets the group of a dead entry wait again, at a person's wish. [`StoreError::Conflict`]: it is not dead, or a newer version of
    /// one of its resources was queued, which this would undo.
    pub fn retry_dead(&mut self, entry_id: &str, at_ms: i64) -> Result<(), StoreError> {
        self.write(|transaction| {
            let (state, group_id) = state_of(transaction, entry_id)?;
            let overtaken = transaction
                .prepare_cached(
                    "SELECT 1 FROM outbox AS mine WHERE group_id = ? AND state = 'dead' AND EXISTS (
                         SELECT 1 FROM outbox AS newer WHERE newer.resource_type = mine.resource_type
                             AND newer.resource_id = mine.resource_id AND newer.id > mine.id)",
                )?
                .exists([&group_id])?;
            if state != OutboxState::Dead || overtaken {
                return Err(StoreError::Conflict { what: "this entry of the outbox" });
            }
            transaction
                .prepare_cached(
                    "UPDATE outbox SET state = 'pending', attempts = 0, reason = NULL WHERE group_id = ? AND state = 'dead'",
                )?
                .execute([&group_id])?;
            audit::append(transaction, at_ms, ("outbox", &group_id), "retried", &json!({}))
        })
    }

    /// Lets everything that was being sent wait again, and tells how much that was: nobody sends it any more. Opening the store does so,
    /// unless another process has it open, which may be sending.
    pub fn recover_in_flight(&mut self) -> Result<usize, StoreError> {
        // The first condition is the index's: acknowledged rows are many.
        let update =
            "UPDATE outbox SET state = 'pending' WHERE state IN ('pending', 'in_flight') AND state = 'in_flight'";
        self.write(|transaction| Ok(transaction.execute(update, ())?))
    }

    /// Forgets what was acknowledged before `before_ms`, a Unix time in milliseconds, with its `ETag`, and tells how much that was. What
    /// older versions of the same resource wait or are dead for is kept: they must not be sent over it.
    pub fn prune_acked(&mut self, before_ms: i64) -> Result<usize, StoreError> {
        self.write(|transaction| {
            Ok(transaction.execute(
                "DELETE FROM outbox WHERE state = 'acked' AND acked_at_ms < ? AND NOT EXISTS (
                     SELECT 1 FROM outbox AS open WHERE open.resource_type = outbox.resource_type
                         AND open.resource_id = outbox.resource_id AND open.state <> 'acked')",
                [before_ms],
            )?)
        })
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "outbox_trial.rs"]
mod trial;
