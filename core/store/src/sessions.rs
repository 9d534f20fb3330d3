//! Therapy sessions: how they went, what they delivered, and what counts towards the dose.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde_json::json;

use crate::audit;
use crate::columns::DecodeError;
use crate::convert::local_day;
use crate::error::StoreError;
use crate::store::Store;
use crate::telemetry::{self, TelemetrySample};

/// A session as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The device.
    pub device_id: String,
    /// The device's boot.
    pub boot_id: u32,
    /// The session's number on the device.
    pub session_id: u32,
    /// The programme, as text or JSON.
    pub programme: String,
    /// Planned stimulation time in seconds.
    pub planned_s: u32,
    /// The highest current any channel may reach, in 0.1 mA.
    pub limit_dma: u16,
    /// When it was asked for, in Unix milliseconds.
    pub started_at_ms: i64,
    /// The person's time less UTC, in seconds.
    pub utc_offset_s: i32,
    /// The pain entry made before it.
    pub pain_before: Option<String>,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionEnd<'a> {
    /// When, in Unix milliseconds.
    pub ended_at_ms: i64,
    /// How, such as `completed` or `stopped`.
    pub outcome: &'a str,
    /// Stimulation time in seconds.
    pub elapsed_s: u32,
    /// The highest current measured on any channel, in 0.1 mA.
    pub max_delivered_dma: u16,
    /// Whether the end was not seen, so that the plan counts as the dose.
    pub dose_uncertain: bool,
}

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id here.
    pub id: i64,
    /// As it began.
    pub start: NewSession,
    /// When it ended, in Unix milliseconds; `None` while it isn't known to be over.
    pub ended_at_ms: Option<i64>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Stimulation time in seconds, as far as it is known.
    pub elapsed_s: u32,
    /// The highest current measured on any channel, in 0.1 mA, as far as it is known.
    pub max_delivered_dma: u16,
    /// Whether the end was not seen.
    pub dose_uncertain: bool,
    /// The pain entry made after it.
    pub pain_after: Option<String>,
}

/// Something that happened in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEvent {
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What, such as `paused`, `pads_off` or `link_lost`.
    pub kind: String,
    /// More, as JSON.
    pub detail: String,
}

const COLUMNS: &str = "id, device_id, boot_id, session_id, programme, planned_s, limit_dma, started_at_ms, \
     utc_offset_s, ended_at_ms, outcome, elapsed_s, max_delivered_dma, dose_uncertain, \
     (SELECT entry_id FROM pain WHERE session = sessions.id AND context = 'before_session' ORDER BY at_ms DESC), \
     (SELECT entry_id FROM pain WHERE session = sessions.id AND context = 'after_session' ORDER BY at_ms)";

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        id: row.get(0)?,
        start: NewSession {
            device_id: row.get(1)?,
            boot_id: row.get(2)?,
            session_id: row.get(3)?,
            programme: row.get(4)?,
            planned_s: row.get(5)?,
            limit_dma: row.get(6)?,
            started_at_ms: row.get(7)?,
            utc_offset_s: row.get(8)?,
            pain_before: row.get(14)?,
        },
        ended_at_ms: row.get(9)?,
        outcome: row.get(10)?,
        elapsed_s: row.get(11)?,
        max_delivered_dma: row.get(12)?,
        dose_uncertain: row.get(13)?,
        pain_after: row.get(15)?,
    })
}

fn select(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<Session>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM sessions {rest}"))?;
    Ok(statement.query_map(values, session)?.collect::<Result<_, _>>()?)
}

const NO_SESSION: StoreError = StoreError::NotFound { what: "this session" };

impl Store {
    /// Adds a session and gives its id. The same boot and session id of a device can't be added twice.
    pub fn start_session(&mut self, start: &NewSession) -> Result<i64, StoreError> {
        self.write(|transaction| {
            transaction.prepare_cached(
                "INSERT INTO sessions (device_id, boot_id, session_id, programme, planned_s, limit_dma, started_at_ms,
                     utc_offset_s, local_day) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?.execute(params![
                    start.device_id,
                    start.boot_id,
                    start.session_id,
                    start.programme,
                    start.planned_s,
                    start.limit_dma,
                    start.started_at_ms,
                    start.utc_offset_s,
                    local_day(start.started_at_ms, start.utc_offset_s),
                ])?;
            let id = transaction.last_insert_rowid();
            if let Some(entry_id) = &start.pain_before {
                let rows =
                    transaction.execute("UPDATE pain SET session = ? WHERE entry_id = ?", params![id, entry_id])?;
                if rows == 0 {
                    return Err(StoreError::NotFound { what: "this pain entry" });
                }
            }
            let detail = json!({ "planned_s": start.planned_s, "limit_dma": start.limit_dma });
            audit::append(transaction, start.started_at_ms, ("session", &id.to_string()), "started", &detail)?;
            Ok(id)
        })
    }

    /// Ends a session and seals its telemetry. To end it again corrects it, when the device's records tell
    /// more; the audit keeps both. The highest current never goes down.
    pub fn end_session(&mut self, id: i64, end: SessionEnd<'_>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let before: Option<String> = transaction
                .query_row("SELECT outcome FROM sessions WHERE id = ?", [id], |row| row.get(0))
                .optional()?
                .ok_or(NO_SESSION)?;
            transaction
                .prepare_cached(
                    "UPDATE sessions SET ended_at_ms = ?, outcome = ?, elapsed_s = ?,
                     max_delivered_dma = MAX(max_delivered_dma, ?), dose_uncertain = ? WHERE id = ?",
                )?
                .execute(params![
                    end.ended_at_ms,
                    end.outcome,
                    end.elapsed_s,
                    end.max_delivered_dma,
                    end.dose_uncertain,
                    id
                ])?;
            seal(transaction, id)?;
            let action = if before.is_some() { "corrected" } else { "ended" };
            let detail = json!({
                "outcome": end.outcome,
                "elapsed_s": end.elapsed_s,
                "max_delivered_dma": end.max_delivered_dma,
                "dose_uncertain": end.dose_uncertain,
                "outcome_before": before,
            });
            audit::append(transaction, end.ended_at_ms, ("session", &id.to_string()), action, &detail)
        })
    }

    /// Adds telemetry of a session, and how far it has come: `elapsed_s` of stimulation.
    pub fn append_telemetry(&mut self, id: i64, elapsed_s: u32, samples: &[TelemetrySample]) -> Result<(), StoreError> {
        let blob = telemetry::encode(samples)?;
        let channels = samples.iter().flat_map(|sample| &sample.channels);
        let max_dma = channels.map(|channel| channel.delivered_dma).max().unwrap_or(0);
        self.write(|transaction| {
            let rows = transaction
                .prepare_cached(
                    "UPDATE sessions SET elapsed_s = MAX(elapsed_s, ?), max_delivered_dma = MAX(max_delivered_dma, ?)
                 WHERE id = ?",
                )?
                .execute(params![elapsed_s, max_dma, id])?;
            if rows == 0 {
                return Err(NO_SESSION);
            }
            if !samples.is_empty() {
                transaction
                    .execute("INSERT INTO telemetry_tail (session, samples) VALUES (?, ?)", params![id, blob])?;
            }
            Ok(())
        })
    }

    /// The telemetry of a session, sealed or not, in the order it was added.
    pub fn telemetry(&self, id: i64) -> Result<Vec<TelemetrySample>, StoreError> {
        self.read(|connection| read_telemetry(connection, id))
    }

    /// Adds an event to a session.
    pub fn add_session_event(&mut self, id: i64, event: &SessionEvent) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("INSERT INTO session_events (session, at_ms, kind, detail) VALUES (?, ?, ?, ?)")?
                .execute(params![id, event.at_ms, event.kind, event.detail])?;
            Ok(())
        })
    }

    /// The events of a session, in the order they were added.
    pub fn session_events(&self, id: i64) -> Result<Vec<SessionEvent>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT at_ms, kind, detail FROM session_events WHERE session = ? ORDER BY id")?;
            let rows = statement.query_map([id], |row| {
                Ok(SessionEvent { at_ms: row.get(0)?, kind: row.get(1)?, detail: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One session.
    pub fn session(&self, id: i64) -> Result<Option<Session>, StoreError> {
        self.read(|connection| Ok(select(connection, "WHERE id = ?", [id])?.pop()))
    }

    /// The session with these numbers of a device.
    pub fn session_of(&self, device_id: &str, boot_id: u32, session_id: u32) -> Result<Option<Session>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE device_id = ? AND boot_id = ? AND session_id = ?";
            Ok(select(connection, rest, params![device_id, boot_id, session_id])?.pop())
        })
    }

    /// The sessions of a device that aren't known to be over, oldest first.
    pub fn open_sessions(&self, device_id: &str) -> Result<Vec<Session>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE device_id = ? AND ended_at_ms IS NULL ORDER BY id";
            select(connection, rest, [device_id])
        })
    }

    /// Sessions started from `from_ms` to before `to_ms`, oldest first.
    pub fn sessions_between(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Session>, StoreError> {
        self.read(|connection| {
            let rest = "WHERE started_at_ms >= ? AND started_at_ms < ? ORDER BY started_at_ms, id";
            select(connection, rest, [from_ms, to_ms])
        })
    }

    /// Stimulation time, in seconds, of all sessions that ended since `from_ms`, whatever the device; each
    /// counts whole. One whose end was not seen counts as planned, or longer when it is known to have been;
    /// one that isn't known to be over counts so too, whenever it began.
    pub fn stimulated_s_since(&self, from_ms: i64) -> Result<u64, StoreError> {
        self.read(|connection| {
            let total: i64 = connection.query_row(
                "SELECT COALESCE(SUM(IIF(dose_uncertain OR ended_at_ms IS NULL, MAX(planned_s, elapsed_s), elapsed_s)), 0)
                 FROM sessions WHERE ended_at_ms >= ?1 OR ended_at_ms IS NULL
                     OR (dose_uncertain AND started_at_ms + planned_s * 1000 >= ?1)",
                [from_ms],
                |row| row.get(0),
            )?;
            u64::try_from(total).map_err(|_| StoreError::Corrupt)
        })
    }

    /// When the last session ended, in Unix milliseconds, whatever the device. One whose end was not seen
    /// counts as ended no earlier than planned; one that certainly never stimulated does not count.
    pub fn last_session_end_ms(&self) -> Result<Option<i64>, StoreError> {
        self.read(|connection| {
            Ok(connection.query_row(
                "SELECT MAX(IIF(dose_uncertain OR ended_at_ms IS NULL,
                     MAX(COALESCE(ended_at_ms, 0), started_at_ms + planned_s * 1000), ended_at_ms)) FROM sessions
                 WHERE dose_uncertain OR ended_at_ms IS NULL OR elapsed_s > 0",
                (),
                |row| row.get(0),
            )?)
        })
    }

    /// Seals what a crash has left unsealed. A session may go on afterwards: sealing adds to the blob.
    pub(crate) fn seal_left_telemetry(&mut self) -> Result<(), StoreError> {
        let left: Vec<i64> = self.read(|connection| {
            let mut statement = connection.prepare("SELECT DISTINCT session FROM telemetry_tail")?;
            Ok(statement.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        left.into_iter().try_for_each(|id| self.write(|transaction| seal(transaction, id)))
    }
}

fn read_telemetry(connection: &Connection, id: i64) -> Result<Vec<TelemetrySample>, StoreError> {
    let sealed: Option<Vec<u8>> = connection
        .query_row("SELECT telemetry FROM sessions WHERE id = ?", [id], |row| row.get(0))
        .optional()?
        .ok_or(NO_SESSION)?;
    let mut samples = sealed.as_deref().map(telemetry::decode).transpose()?.unwrap_or_default();
    let mut statement = connection.prepare("SELECT samples FROM telemetry_tail WHERE session = ? ORDER BY id")?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let blob: Vec<u8> = row.get(0)?;
        samples.extend(telemetry::decode(&blob)?);
    }
    Ok(samples)
}

/// Packs the tail into the session's blob. Samples that can't be packed together stay in the tail, where
/// they are read all the same: the end of a session must not fail on them.
fn seal(transaction: &Connection, id: i64) -> Result<(), StoreError> {
    let sealed = read_telemetry(transaction, id).and_then(|samples| Ok((samples.len(), telemetry::encode(&samples)?)));
    let blob = match sealed {
        Ok((0, _)) => return Ok(()),
        Ok((_, blob)) => blob,
        Err(StoreError::Decode(error @ (DecodeError::TooMany | DecodeError::OutOfRange(_)))) => {
            tracing::warn!(%error, "telemetry of a session stays unsealed");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    transaction.execute("UPDATE sessions SET telemetry = ? WHERE id = ?", params![blob, id])?;
    transaction.execute("DELETE FROM telemetry_tail WHERE session = ?", [id])?;
    Ok(())
}
