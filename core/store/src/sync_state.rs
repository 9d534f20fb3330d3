//! The connection to a clinic's server, and how syncing with it goes.
//!
//! Tokens are not here: they are secrets of the key store ([`crate::KeyStore::save_secret`]), under names that hold the connection's id.

use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::audit;
use crate::error::StoreError;
use crate::store::Store;

/// A connection to a clinic's server, as the person has agreed to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncConnection {
    /// Its id: a UUID of the caller's, never used twice, so that no secret of an earlier connection goes to this one's server, not even
    /// when a backup of another phone is restored.
    pub connection_id: String,
    /// The server's base address.
    pub base_url: String,
    /// How this app is registered there.
    pub client_id: String,
    /// The person's id there.
    pub patient_id: String,
    /// When it was made, in Unix milliseconds.
    pub connected_at_ms: i64,
}

/// What a server says it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// As JSON, as the caller needs it.
    pub statement: String,
    /// When it was read, in Unix milliseconds.
    pub read_at_ms: i64,
}

/// The connection, with how syncing goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncState {
    /// The connection.
    pub connection: SyncConnection,
    /// What the server said it can do, when that is known.
    pub capability: Option<Capability>,
    /// When all was in step last, in Unix milliseconds of the phone's clock.
    pub last_good_ms: Option<i64>,
    /// The server's clock less the phone's when they were compared last, in milliseconds: to be shown, never to be reckoned with.
    pub clock_skew_ms: Option<i64>,
    /// How often in a row it has failed since.
    pub failures: u32,
    /// Not to be tried before then, in Unix milliseconds.
    pub next_try_at_ms: Option<i64>,
}

const NO_CONNECTION: StoreError = StoreError::NotFound { what: "a connection to a clinic" };

impl Store {
    /// Keeps a connection. The same again changes nothing; another one is [`StoreError::Conflict`] until the first is forgotten.
    pub fn connect(&mut self, connection: &SyncConnection) -> Result<(), StoreError> {
        let texts = [&connection.connection_id, &connection.base_url, &connection.client_id, &connection.patient_id];
        if texts.iter().any(|text| text.is_empty()) {
            return Err(StoreError::Invalid { what: "a connection to a clinic" });
        }
        if let Some(state) = self.sync_state()? {
            let same = state.connection == *connection;
            return if same { Ok(()) } else { Err(StoreError::Conflict { what: "a connection to a clinic" }) };
        }
        self.write(|transaction| {
            let SyncConnection { connection_id, base_url, client_id, patient_id, connected_at_ms } = connection;
            transaction.execute(
                "INSERT INTO sync_connection (id, connection_id, base_url, client_id, patient_id, connected_at_ms)
                 VALUES (1, ?, ?, ?, ?, ?)",
                params![connection_id, base_url, client_id, patient_id, connected_at_ms],
            )?;
            let detail = json!({ "base_url": base_url });
            audit::append(transaction, *connected_at_ms, ("connection", connection_id), "connected", &detail)
        })
    }

    /// The connection, if there is one.
    pub fn sync_state(&self) -> Result<Option<SyncState>, StoreError> {
        self.read(|connection| {
            let query =
                "SELECT connection_id, base_url, client_id, patient_id, connected_at_ms, capability, capability_at_ms,
                             last_good_ms, clock_skew_ms, failures, next_try_at_ms FROM sync_connection";
            let found = connection.prepare_cached(query)?.query_row((), |row| {
                let (statement, read_at_ms): (Option<String>, Option<i64>) = (row.get(5)?, row.get(6)?);
                Ok(SyncState {
                    connection: SyncConnection {
                        connection_id: row.get(0)?,
                        base_url: row.get(1)?,
                        client_id: row.get(2)?,
                        patient_id: row.get(3)?,
                        connected_at_ms: row.get(4)?,
                    },
                    capability: statement
                        .zip(read_at_ms)
                        .map(|(statement, read_at_ms)| Capability { statement, read_at_ms }),
                    last_good_ms: row.get(7)?,
                    clock_skew_ms: row.get(8)?,
                    failures: row.get(9)?,
                    next_try_at_ms: row.get(10)?,
                })
            });
            Ok(found.optional()?)
        })
    }

    /// Keeps what the server says it can do; `None`: it is to be asked anew.
    pub fn save_capability(&mut self, capability: Option<&Capability>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let (statement, read_at_ms) = capability.map(|known| (known.statement.as_str(), known.read_at_ms)).unzip();
            let kept = transaction.execute(
                "UPDATE sync_connection SET capability = ?, capability_at_ms = ?",
                params![statement, read_at_ms],
            )?;
            if kept == 0 { Err(NO_CONNECTION) } else { Ok(()) }
        })
    }

    /// Notes that all was in step at `at_ms`, in Unix milliseconds of the phone's clock: nothing needs to wait any more.
    /// `clock_skew_ms`: the server's clock less the phone's, where it was told.
    pub fn note_good_sync(&mut self, at_ms: i64, clock_skew_ms: Option<i64>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let noted = transaction.execute(
                "UPDATE sync_connection SET last_good_ms = ?, clock_skew_ms = COALESCE(?, clock_skew_ms), failures = 0,
                     next_try_at_ms = NULL",
                params![at_ms, clock_skew_ms],
            )?;
            if noted == 0 { Err(NO_CONNECTION) } else { Ok(()) }
        })
    }

    /// Notes that syncing failed once more, and when it may be tried again, in Unix milliseconds. `clock_skew_ms` as for a good one.
    pub fn note_failed_sync(&mut self, next_try_at_ms: i64, clock_skew_ms: Option<i64>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let noted = transaction.execute(
                "UPDATE sync_connection SET clock_skew_ms = COALESCE(?, clock_skew_ms), failures = failures + 1,
                     next_try_at_ms = ?",
                params![clock_skew_ms, next_try_at_ms],
            )?;
            if noted == 0 { Err(NO_CONNECTION) } else { Ok(()) }
        })
    }

    /// Forgets the connection, with all that was downloaded over it and all that waited to be sent: it was made for this server. What
    /// was recorded, and the plans, stay. Tells how many entries had not arrived. To be called before the connection's secrets are
    /// deleted, so that what a failure leaves is at worst a secret that nothing refers to.
    pub fn forget_connection(&mut self, at_ms: i64) -> Result<usize, StoreError> {
        self.write(|transaction| {
            let connection_id: String = transaction
                .query_row("SELECT connection_id FROM sync_connection", (), |row| row.get(0))
                .optional()?
                .ok_or(NO_CONNECTION)?;
            let unsent: u32 =
                transaction.query_row("SELECT COUNT(*) FROM outbox WHERE state <> 'acked'", (), |row| row.get(0))?;
            // All that refers to it goes with it.
            transaction.execute("DELETE FROM sync_connection", ())?;
            let detail = json!({ "unsent": unsent });
            audit::append(transaction, at_ms, ("connection", &connection_id), "forgotten", &detail)?;
            Ok(unsent as usize)
        })
    }
}

#[cfg(test)]
#[path = "sync_state_tests.rs"]
mod tests;
